"""This floor's addresses."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from clinic.api.activity import MemberActivityViewSet, OwnSignInsViewSet
from clinic.api.allergies import AllergiesViewSet
from clinic.api.clinics import ClinicsViewSet
from clinic.api.consents import ConsentsViewSet
from clinic.api.me import MeViewSet, OwnInvitationsViewSet
from clinic.api.members import MembersViewSet
from clinic.api.patient_imports import PatientImportsViewSet
from clinic.api.patients import PatientsViewSet

router = SimpleRouter(use_regex_path=False)
router.register("clinics", ClinicsViewSet, basename="clinic")
router.register("members", MembersViewSet, basename="member")
router.register("me/invitations", OwnInvitationsViewSet, basename="own_invitation")
router.register("patients", PatientsViewSet, basename="patient")
router.register("patient-imports", PatientImportsViewSet, basename="patient_import")
router.register("allergies", AllergiesViewSet, basename="allergy")
router.register("consents", ConsentsViewSet, basename="consent")

urlpatterns: list[URLPattern | URLResolver] = [
    *(
        path(
            f"members/<uuid:pk>/{address}/",
            MemberActivityViewSet.as_view({"get": action}),
            name=f"member_{action}",
        )
        for address, action in (
            ("charts-opened", "charts_opened"),
            ("sign-ins", "sign_ins"),
            ("looks", "looks"),
        )
    ),
    path("me/sign-ins/", OwnSignInsViewSet.as_view({"get": "list"}), name="own_sign_ins_list"),
    path("me/", MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="me"),
    *router.urls,
]
