"""Who works here and as what, over the API.

Whoever changes somebody's roles sends their own password again, and the code where they have a second factor:
also with a token, which anybody may have found. Neither is kept, nor part of what makes a call the same call.
"""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clock
from clinic.api.proof import SECRET, PasswordAgainSerializer
from clinic.api.seen import IF_MATCH, seen_of
from clinic.fields import IdField, LineField
from clinic.idempotency import create_once
from clinic.models import Member, MemberState, Role
from clinic.seen import tag_of
from clinic.signin import Proof
from clinic.staff import details, members, queries, ways_in
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer

ROLES: Final = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))


class MemberSerializer(serializers.ModelSerializer[Member]):
    full_name = serializers.CharField(help_text="As it was typed until they have joined.")
    email = serializers.EmailField(source="user.email")
    credentials = serializers.CharField()
    mobile = serializers.CharField()
    state = serializers.ChoiceField(choices=MemberState.choices)
    roles = serializers.SerializerMethodField(help_text="What they are here now.")
    charge = serializers.BooleanField(help_text="Charge nurse.")
    offered = serializers.ListField(
        child=serializers.ChoiceField(choices=Role.choices), help_text="Of an invitation that is open."
    )
    second_factor = serializers.BooleanField()
    elsewhere = serializers.BooleanField(help_text="Works in another clinic too.")
    last_signed_in_at = serializers.SerializerMethodField(help_text="Of who works here.")

    class Meta:
        model = Member
        fields = [
            "id",
            "clinic",
            "user",
            "full_name",
            "email",
            "credentials",
            "mobile",
            "state",
            "roles",
            "charge",
            "offered",
            "invited_by",
            "invited_until",
            "invitation_sent_at",
            "refused_at",
            "joined_at",
            "left_at",
            "second_factor",
            "elsewhere",
            "last_signed_in_at",
        ]

    @extend_schema_field(ROLES)
    def get_roles(self, member: Member) -> list[str]:
        return [role.value for role in queries.roles_of(member)]

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_last_signed_in_at(self, member: Member) -> Any:
        field = serializers.DateTimeField()
        at = member.user.last_login if member.state == MemberState.WORKING else None
        return field.to_representation(at) if at else None


class MemberChangeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    who = serializers.CharField(help_text="Empty for a command of whoever runs the server.")
    what = serializers.CharField()
    reason = serializers.CharField()
    door = serializers.CharField()


class MemberTokenSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="Its first characters.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class OfClinicSerializer(StrictSerializer):
    clinic = IdField(required=False)


class InviteSerializer(CreateSerializer, PasswordAgainSerializer):
    clinic = IdField()
    email = serializers.CharField(max_length=254)
    full_name = LineField(max_length=120)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices), max_length=8)
    credentials = LineField(
        max_length=40, required=False, default="", allow_blank=True, help_text="RN, MD, NP; for a prescriber."
    )
    mobile = serializers.CharField(
        max_length=40, required=False, default="", allow_blank=True, help_text="Where urgent tasks page them."
    )


class ChangeRolesSerializer(PasswordAgainSerializer):
    give = serializers.ListField(
        child=serializers.ChoiceField(choices=Role.choices), max_length=8, required=False, default=list
    )
    take = serializers.ListField(
        child=serializers.ChoiceField(choices=Role.choices), max_length=8, required=False, default=list
    )
    leave_none = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Take a prescriber's or a nurse's role that nobody else has here; else `last_of_role`.",
    )
    reason = serializers.CharField(max_length=240, required=False, default="", allow_blank=True)


class BringBackSerializer(PasswordAgainSerializer):
    give = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices), max_length=8)
    reason = serializers.CharField(max_length=240, required=False, default="", allow_blank=True)


class EndAccessSerializer(PasswordAgainSerializer):
    reason = serializers.CharField(max_length=240, required=False, default="", allow_blank=True)


class TakeSecondFactorSerializer(PasswordAgainSerializer):
    reason = serializers.CharField(max_length=240, required=False, default="", allow_blank=True)


class LinkSerializer(serializers.Serializer[Any]):
    link = serializers.CharField(help_text="Shown once: those of before open nothing any more.")
    sets_password = serializers.BooleanField(help_text="Else it leads to where they sign in and answer.")
    invited_until = serializers.DateTimeField(source="member.invited_until")


class DetailsSerializer(StrictSerializer):
    full_name = LineField(max_length=120, required=False)
    credentials = LineField(max_length=40, required=False, allow_blank=True)
    mobile = serializers.CharField(max_length=40, required=False, allow_blank=True)
    charge = serializers.BooleanField(required=False)


class TokenKeySerializer(StrictSerializer):
    key = serializers.CharField(max_length=64, help_text="Its first characters, as the list shows them.")


class MembersViewSet(ClinicViewSet):
    """Everybody who works in the caller's clinics, is invited, or was there."""

    access = dict.fromkeys(
        (
            "list",
            "create",
            "retrieve",
            "partial_update",
            "roles",
            "end_access",
            "bring_back",
            "invite_again",
            "withdraw",
            "tokens",
            "revoke_token",
            "sign_out",
            "take_second_factor",
            "link",
            "history",
        ),
        access.MANAGE_STAFF,
    )
    queryset = Member.objects.all()
    serializer_class = MemberSerializer

    @extend_schema(parameters=[OfClinicSerializer])
    def list(self, request: Request) -> Response:
        chosen = self.parse_query(OfClinicSerializer)
        if "clinic" in chosen:
            access.fetch_clinic(self.actor, self.permission, chosen["clinic"])
        return self.page(queries.members(Member.objects.filter(**chosen)), MemberSerializer)

    @extend_schema(request=InviteSerializer, responses={200: MemberSerializer, 201: MemberSerializer})
    def create(self, request: Request) -> Response:
        """Invite somebody: what is offered is theirs once they have accepted (`/me/invitations/`)."""
        data = self.parse(InviteSerializer)
        clinic = access.fetch_clinic(self.actor, self.permission, data["clinic"])
        body: Any = request.data
        sent = {name: value for name, value in body.items() if name not in SECRET}
        member, made = create_once(
            actor=self.actor,
            noun="member",
            id=data["id"],
            body=sent,
            make=lambda: members.invite(
                actor=self.actor,
                id=data["id"],
                clinic=clinic,
                email=data["email"],
                full_name=data["full_name"],
                offered=_roles(data["roles"]),
                credentials=data["credentials"],
                mobile=data["mobile"],
                proof=_proof(data),
                now=clock.now(),
            ),
            find=lambda: Member.objects.get(pk=data["id"]),
        )
        return self._answer(member, status=201 if made else 200)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._answer(self._member())

    @extend_schema(parameters=[IF_MATCH], request=DetailsSerializer, responses=MemberSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change name, credentials, the number that pages them, or who is charge nurse.

        Of somebody who works in another clinic too the first three only by who manages all of their clinics.
        """
        member = self._member()
        changes = self.parse(DetailsSerializer)
        changed = details.change_details(
            actor=self.actor, member=member, seen=seen_of(request), now=clock.now(), **changes
        )
        return self._answer(changed)

    @extend_schema(request=ChangeRolesSerializer, responses=MemberSerializer)
    @action(detail=True, methods=["post"])
    def roles(self, request: Request, pk: UUID) -> Response:
        """Give and take roles, at once."""
        member = self._member()
        data = self.parse(ChangeRolesSerializer)
        changed = members.change_roles(
            actor=self.actor,
            member=member,
            give=_roles(data["give"]),
            take=_roles(data["take"]),
            leave_none=data["leave_none"],
            reason=data["reason"],
            proof=_proof(data),
            now=clock.now(),
        )
        return self._answer(changed)

    @extend_schema(request=EndAccessSerializer, responses=MemberSerializer)
    @action(detail=True, methods=["post"], url_path="end-access")
    def end_access(self, request: Request, pk: UUID) -> Response:
        """They no longer work here, from this moment."""
        member = self._member()
        data = self.parse(EndAccessSerializer)
        gone = members.end_access(
            actor=self.actor, member=member, reason=data["reason"], proof=_proof(data), now=clock.now()
        )
        return self._answer(gone)

    @extend_schema(request=BringBackSerializer, responses=MemberSerializer)
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: UUID) -> Response:
        """Invite somebody again who left or refused, in the roles that are offered now."""
        member = self._member()
        data = self.parse(BringBackSerializer)
        back = members.bring_back(
            actor=self.actor,
            member=member,
            give=_roles(data["give"]),
            reason=data["reason"],
            proof=_proof(data),
            now=clock.now(),
        )
        return self._answer(back)

    @extend_schema(request=None, responses=MemberSerializer)
    @action(detail=True, methods=["post"], url_path="invite-again")
    def invite_again(self, request: Request, pk: UUID) -> Response:
        """Mail the link of an open invitation once more."""
        member = self._member()
        return self._answer(members.invite_again(actor=self.actor, member=member, now=clock.now()))

    @extend_schema(request=None, responses=MemberSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID) -> Response:
        """Take an open invitation back; its link opens nothing any more."""
        member = self._member()
        return self._answer(members.withdraw_invitation(actor=self.actor, member=member, now=clock.now()))

    @extend_schema(responses=MemberTokenSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def tokens(self, request: Request, pk: UUID) -> Response:
        """Their tokens that still open something, the newest first."""
        listed = queries.tokens_of(self._member(), now=clock.now())
        return Response(MemberTokenSerializer(listed, many=True).data)

    @extend_schema(request=TokenKeySerializer, responses=MemberSerializer)
    @action(detail=True, methods=["post"], url_path="revoke-token")
    def revoke_token(self, request: Request, pk: UUID) -> Response:
        """One of their tokens opens nothing any more: of who works in no clinic that you don't manage."""
        member = self._member()
        key = self.parse(TokenKeySerializer)["key"]
        return self._answer(ways_in.revoke_token(actor=self.actor, member=member, key=key, now=clock.now()))

    @extend_schema(request=None, responses=MemberSerializer)
    @action(detail=True, methods=["post"], url_path="sign-out")
    def sign_out(self, request: Request, pk: UUID) -> Response:
        """End all their sessions in a browser: of who works in no clinic that you don't manage."""
        member = self._member()
        return self._answer(ways_in.sign_out(actor=self.actor, member=member, now=clock.now()))

    @extend_schema(request=TakeSecondFactorSerializer, responses=MemberSerializer)
    @action(detail=True, methods=["post"], url_path="take-second-factor")
    def take_second_factor(self, request: Request, pk: UUID) -> Response:
        """Somebody's second factor is lost: of who works in no clinic that you don't manage. Not your own."""
        member = self._member()
        data = self.parse(TakeSecondFactorSerializer)
        changed = ways_in.take_second_factor(
            actor=self.actor, member=member, reason=data["reason"], proof=_proof(data), now=clock.now()
        )
        return self._answer(changed)

    @extend_schema(request=PasswordAgainSerializer, responses=LinkSerializer)
    @action(detail=True, methods=["post"])
    def link(self, request: Request, pk: UUID) -> Response:
        """The link of an open invitation, to be handed over: only of an installation that sends no mail."""
        member = self._member()
        data = self.parse(PasswordAgainSerializer)
        shown = members.hand_over(actor=self.actor, member=member, proof=_proof(data), now=clock.now())
        return Response(LinkSerializer(shown).data)

    @extend_schema(responses=MemberChangeSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: UUID) -> Response:
        """The latest 200 changes of their roles and invitations."""
        return Response(MemberChangeSerializer(queries.changes_of(self._member()), many=True).data)

    def _member(self) -> Member:
        return self.fetch(queries.members(), pk=self.kwargs["pk"])

    def _answer(self, member: Member, *, status: int = 200) -> Response:
        """As it stands after what was done, with the ETag of the details that `partial_update` changes."""
        row = queries.members().get(pk=member.pk)
        tag = {"ETag": tag_of(details.details_of(row))}
        return Response(MemberSerializer(row).data, status=status, headers=tag)


def _roles(sent: list[str]) -> list[Role]:
    return [Role(role) for role in sent]


def _proof(data: dict[str, Any]) -> Proof:
    return Proof(data["password"], data["code"])
