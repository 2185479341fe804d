"""Addresses of the pages in web.views.own, beside those of the sign-in (clinic.signin_urls)."""

from django.urls import URLPattern, path

from web.views.own import clinics, details, invitations, signed_in

urlpatterns: list[URLPattern] = [
    path("clinics/", clinics.clinics, name="clinics"),
    path("clinic/switch/", clinics.switch, name="switch_clinic"),
    path("accounts/sessions/", signed_in.signed_in, name="usersessions_list"),
    path("accounts/sign-ins/", signed_in.sign_ins, name="own_sign_ins"),
    path("accounts/details/", details.details, name="own_details"),
    path("accounts/invitations/", invitations.invitations, name="own_invitations"),
    path("accounts/invitations/<uuid:pk>/accept/", invitations.accept, name="accept_invitation"),
    path("accounts/invitations/<uuid:pk>/refuse/", invitations.refuse, name="refuse_invitation"),
]
