"""What is about whoever calls, in whichever clinic: the invitations to them, and their own details.

Nobody's role opens it; it tells and changes nothing of anybody else.
"""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.api.proof import PasswordAgainSerializer
from clinic.models import Member, Role, User
from clinic.signin import Proof
from clinic.staff import invitations, joining, own_details, queries
from clinic.viewsets import ClinicViewSet, StrictSerializer

ROLES: Final = serializers.ChoiceField(choices=Role.choices)


class InvitationSerializer(serializers.ModelSerializer[Member]):
    clinic_name = serializers.CharField(source="clinic.name")
    invited_by = serializers.CharField(source="invited_by.full_name", default="")
    roles = serializers.ListField(source="offered", child=ROLES)
    link_needed = serializers.SerializerMethodField(
        help_text="Whether it is accepted with the `key` of its link only: another clinic was shown a link to"
        " your login."
    )

    class Meta:
        model = Member
        fields = ["id", "clinic", "clinic_name", "roles", "invited_by", "invited_until", "link_needed"]

    def get_link_needed(self, member: Member) -> bool:
        return invitations.link_needed(member, self.context["shown_by"])


class PlaceSerializer(serializers.ModelSerializer[Member]):
    """What became of an invitation."""

    clinic_name = serializers.CharField(source="clinic.name")
    state = serializers.CharField()

    class Meta:
        model = Member
        fields = ["id", "clinic", "clinic_name", "state", "joined_at", "refused_at"]


class AcceptSerializer(StrictSerializer):
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=Role.choices),
        max_length=8,
        help_text="As the invitation told them: nobody accepts what they haven't seen.",
    )
    key = serializers.CharField(
        max_length=100,
        allow_blank=True,
        default="",
        help_text="Of the invitation's link; needed where it says `link_needed`.",
    )


class MeSerializer(serializers.ModelSerializer[User]):
    mobile = serializers.CharField()

    class Meta:
        model = User
        fields = ["id", "email", "full_name", "credentials", "mobile"]


class ChangeMeSerializer(PasswordAgainSerializer):
    mobile = serializers.CharField(
        max_length=40, allow_blank=True, help_text="Where urgent tasks page you; empty: by e-mail."
    )


class OwnInvitationsViewSet(ClinicViewSet):
    """Invitations to whoever calls."""

    permission_classes = [IsAuthenticated]
    queryset = Member.objects.none()
    serializer_class = InvitationSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=InvitationSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Those that you may accept now, the latest first."""
        found = queries.invitations_of(self.actor.user_id, now=clock.now())
        context = {"shown_by": invitations.clinics_shown_a_link(self.actor.user_id)}
        return Response(InvitationSerializer(found, many=True, context=context).data)

    @extend_schema(request=AcceptSerializer, responses=PlaceSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: UUID) -> Response:
        """You work there from now on. Accepting again changes nothing."""
        mine = queries.invitation_of(self.actor.user_id, pk)
        data = self.parse(AcceptSerializer)
        roles = [Role(role) for role in data["roles"]]
        joined = joining.accept(actor=self.actor, member=mine, roles=roles, key=data["key"], now=clock.now())
        return Response(PlaceSerializer(joined).data)

    @extend_schema(request=None, responses=PlaceSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: UUID) -> Response:
        """You don't work there. Refusing again changes nothing."""
        mine = queries.invitation_of(self.actor.user_id, pk)
        return Response(PlaceSerializer(joining.refuse(actor=self.actor, member=mine, now=clock.now())).data)


class MeViewSet(ClinicViewSet):
    """Your own details. Name and credentials stand beside signatures: your manager changes them."""

    permission_classes = [IsAuthenticated]
    queryset = User.objects.none()
    serializer_class = MeSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=MeSerializer)
    def retrieve(self, request: Request) -> Response:
        return Response(MeSerializer(User.objects.get(pk=self.actor.user_id)).data)

    @extend_schema(request=ChangeMeSerializer, responses=MeSerializer)
    def partial_update(self, request: Request) -> Response:
        """Change the number on which you are paged, in every clinic that you work in."""
        data: Any = self.parse(ChangeMeSerializer)
        proof = Proof(data["password"], data["code"])
        changed = own_details.change_own_mobile(
            actor=self.actor, mobile=data["mobile"], proof=proof, now=clock.now()
        )
        return Response(MeSerializer(changed).data)
