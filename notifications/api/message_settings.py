"""A clinic's messages as its manager settles them, over the API: rules, words, quiet hours, caps, and the
preview of a change on a real visit. Each is read by all who work there."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api.seen import ETAG_HELP, IF_MATCH, seen_of, with_tag
from clinic.fields import IdField
from clinic.models import Clinic
from clinic.seen import tag_of
from clinic.viewsets import ClinicViewSet, StrictSerializer
from notifications import access
from notifications.models import ClinicMessaging, Form, MessageText, QuietHours
from notifications.planning import own_texts, rule_settings, rules
from notifications.planning.stage_words import origin, title_of, when
from notifications.reporting import preview, touching
from notifications.reporting.settings_history import changes_of
from notifications.wording.writing import LANGUAGES, OwnText
from scheduler.models import Appointment

STAGE: Final = "Which message; see the list."


class RuleSerializer(serializers.Serializer[Any]):
    """One stage as the clinic has it."""

    stage = serializers.CharField()
    title = serializers.SerializerMethodField()
    when = serializers.SerializerMethodField(help_text="In words.")
    enabled = serializers.BooleanField()
    days = serializers.IntegerField(allow_null=True)
    hours = serializers.IntegerField(allow_null=True)
    at = serializers.TimeField(allow_null=True, format="%H:%M")
    forms = serializers.ListField(child=serializers.ChoiceField(choices=Form.choices))
    falls_back = serializers.BooleanField()
    merges = serializers.BooleanField()
    last_only = serializers.BooleanField(
        help_text="Of what follows an infusion: after the last of a series and no other."
    )
    capped = serializers.BooleanField()
    is_default = serializers.SerializerMethodField()
    origin = serializers.SerializerMethodField(
        help_text="Of a default that no source gives, that it is this product's own; else empty."
    )
    etag = serializers.SerializerMethodField(help_text=ETAG_HELP)

    def get_etag(self, rule: rules.Rule) -> str:
        return tag_of(rule_settings.settings_of_rule(rule))

    def get_title(self, rule: rules.Rule) -> str:
        return title_of(rule.stage)

    def get_when(self, rule: rules.Rule) -> str:
        return when(rule)

    def get_is_default(self, rule: rules.Rule) -> bool:
        return rule in rules.DEFAULTS

    def get_origin(self, rule: rules.Rule) -> str:
        return origin(rule)


class RuleChangeSerializer(StrictSerializer):
    stage = serializers.CharField(help_text=STAGE)
    enabled = serializers.BooleanField(required=False)
    days = serializers.IntegerField(required=False, help_text="Of stages that are counted in days.")
    hours = serializers.IntegerField(required=False, help_text="Of stages that are counted in hours.")
    at = serializers.TimeField(
        required=False, allow_null=True, help_text="Wall-clock time where the patient is; null: as the visit."
    )
    forms = serializers.ListField(child=serializers.ChoiceField(choices=Form.choices), required=False)
    last_only = serializers.BooleanField(required=False, help_text="Of the questions a week later.")
    falls_back = serializers.BooleanField(required=False)
    merges = serializers.BooleanField(required=False)


class RuleTouchesSerializer(serializers.Serializer[Any]):
    """How many visits to come a stage would be said of, beside the rule that holds. Merging, caps and
    addresses are one visit's: `message-preview`."""

    visits = serializers.IntegerField(help_text="Visits to come that were looked at.")
    told = serializers.IntegerField(help_text="Of how many of them it would still be said.")
    new = serializers.IntegerField(help_text="Of how many it wouldn't be under the rule that holds.")
    gone = serializers.IntegerField(help_text="Of how many it would no longer be.")
    moved = serializers.IntegerField(help_text="Of how many at another time.")
    at_once = serializers.IntegerField(
        help_text="How many messages go out as soon as the change is kept, because their moment has passed by"
        " then: also of visits that are over, and of a stage that no visit to come settles. While sending is"
        " paused they wait."
    )
    next_at = serializers.DateTimeField(allow_null=True, help_text="When it is due first from now on.")
    more = serializers.BooleanField(help_text="There are more visits to come than were looked at.")


class StageSerializer(StrictSerializer):
    stage = serializers.CharField(help_text=STAGE)


class TextSerializer(serializers.Serializer[Any]):
    stage = serializers.CharField()
    language = serializers.CharField()
    subject = serializers.CharField()
    email = serializers.CharField()
    sms = serializers.CharField()
    written_by = IdField(source="written_by_id")
    created_at = serializers.DateTimeField()
    refused = serializers.SerializerMethodField(
        help_text="Why nothing can be sent in these words any more, with the word; empty while they can be."
    )
    etag = serializers.SerializerMethodField(help_text=ETAG_HELP)

    def get_etag(self, row: MessageText) -> str:
        return tag_of(vars(own_texts.as_own(row)))

    def get_refused(self, row: MessageText) -> list[str]:
        return own_texts.refused_now(row)


class TextChangeSerializer(StrictSerializer):
    stage = serializers.CharField(help_text=STAGE)
    language = serializers.ChoiceField(choices=list(LANGUAGES))
    subject = serializers.CharField()
    email = serializers.CharField()
    sms = serializers.CharField()


class StageAndLanguageSerializer(StrictSerializer):
    stage = serializers.CharField(help_text=STAGE)
    language = serializers.ChoiceField(choices=list(LANGUAGES))


class QuietHoursSerializer(serializers.ModelSerializer[QuietHours]):
    class Meta:
        model = QuietHours
        fields = ["id", "state", "day_begins", "day_ends"]


class QuietHoursChangeSerializer(StrictSerializer):
    state = serializers.CharField(help_text="As it stands in patients' addresses, such as IL.")
    day_begins = serializers.TimeField()
    day_ends = serializers.TimeField()


class QuietHoursDropSerializer(StrictSerializer):
    quiet_hours = IdField()


class MessagingSerializer(serializers.ModelSerializer[ClinicMessaging]):
    sms_number = serializers.CharField()

    class Meta:
        model = ClinicMessaging
        fields = ["sms_number", "most_a_day", "most_a_week", "moves_itself_hours", "paused_at", "paused_why"]


class MessagingChangeSerializer(StrictSerializer):
    sms_number = serializers.CharField(required=False, allow_blank=True)
    most_a_day = serializers.IntegerField(required=False)
    most_a_week = serializers.IntegerField(required=False)
    moves_itself_hours = serializers.IntegerField(
        required=False, allow_null=True, help_text="Null: patients ask, and a person moves the visit."
    )


class PreviewRequestSerializer(StrictSerializer):
    appointment = IdField()
    rules = RuleChangeSerializer(many=True, required=False, help_text="Tried, not kept.")
    texts = TextChangeSerializer(many=True, required=False, help_text="Tried, not kept.")


class WrittenSerializer(serializers.Serializer[Any]):
    form = serializers.ChoiceField(choices=Form.choices)
    subject = serializers.CharField()
    body = serializers.CharField(help_text="`{link}` stands for the patient's own link.")
    goes = serializers.BooleanField()
    length = serializers.IntegerField(allow_null=True)


class ForeseenMessageSerializer(serializers.Serializer[Any]):
    """One message that the visit's patient would be told, or why not."""

    stage = serializers.CharField()
    title = serializers.CharField()
    due_at = serializers.DateTimeField()
    why_not = serializers.CharField()
    said_with = serializers.CharField()
    presumed = serializers.BooleanField(help_text="Goes by what is booked, not by what has been.")
    written = WrittenSerializer(many=True)


class SettingsChangeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    subject = serializers.CharField()
    done = serializers.CharField()
    who = serializers.CharField()
    stage = serializers.CharField()


class MessageSettingsViewSet(ClinicViewSet):
    """Rules, words, quiet hours and caps of a clinic's messages. A change counts from now on."""

    access = {
        "message_rules": access.VIEW_MESSAGE_RULES,
        "change_message_rule": access.CHANGE_MESSAGE_RULES,
        "check_message_rule": access.CHANGE_MESSAGE_RULES,
        "reset_message_rule": access.CHANGE_MESSAGE_RULES,
        "message_texts": access.VIEW_MESSAGE_RULES,
        "write_message_text": access.CHANGE_MESSAGE_RULES,
        "reset_message_text": access.CHANGE_MESSAGE_RULES,
        "quiet_hours": access.VIEW_MESSAGE_RULES,
        "set_quiet_hours": access.CHANGE_MESSAGE_RULES,
        "drop_quiet_hours": access.CHANGE_MESSAGE_RULES,
        "messaging": access.VIEW_MESSAGE_RULES,
        "change_messaging": access.CHANGE_MESSAGE_RULES,
        "message_preview": access.CHANGE_MESSAGE_RULES,
        "message_changes": access.CHANGE_MESSAGE_RULES,
    }
    queryset = Clinic.objects.all()
    serializer_class = RuleSerializer
    pagination_class = None  # type: ignore[assignment]

    def clinic(self, pk: UUID) -> Clinic:
        return ground.fetch_clinic(self.actor, self.permission, pk)

    @extend_schema(responses=RuleSerializer(many=True))
    @action(detail=True, url_path="message-rules")
    def message_rules(self, request: Request, pk: UUID) -> Response:
        """Every stage as the clinic has it, switched off ones too."""
        clinic = self.clinic(pk)
        return Response(RuleSerializer(rule_settings.effective_rules([clinic.pk])[clinic.pk], many=True).data)

    @extend_schema(parameters=[IF_MATCH], request=RuleChangeSerializer, responses=RuleSerializer)
    @message_rules.mapping.patch
    def change_message_rule(self, request: Request, pk: UUID) -> Response:
        """Change what is given of one stage."""
        clinic, changes = self.clinic(pk), self.parse(RuleChangeSerializer)
        stage = changes.pop("stage")
        rule = rule_settings.change_rule(
            actor=self.actor, clinic=clinic, stage=stage, changes=changes, seen=seen_of(request)
        )
        return with_tag(RuleSerializer(rule).data, rule_settings.settings_of_rule(rule))

    @extend_schema(request=RuleChangeSerializer, responses={200: RuleTouchesSerializer, 204: None})
    @action(detail=True, methods=["post"], url_path="message-rules/check")
    def check_message_rule(self, request: Request, pk: UUID) -> Response:
        """Whom a change would touch, tried and not kept. 204 for a stage that is said when something happens,
        where nothing goes out at once: no visit to come is touched before."""
        clinic, changes = self.clinic(pk), self.parse(RuleChangeSerializer)
        rule = rule_settings.tried(rule_settings.rule_of(clinic, changes.pop("stage")), changes)
        found = touching.touched(clinic, rule, now=clock.now())
        return Response(status=204) if found is None else Response(RuleTouchesSerializer(found).data)

    @extend_schema(request=StageSerializer, responses=RuleSerializer)
    @action(detail=True, methods=["post"], url_path="message-rules/reset")
    def reset_message_rule(self, request: Request, pk: UUID) -> Response:
        """One stage back to the default."""
        clinic, asked = self.clinic(pk), self.parse(StageSerializer)
        rule = rule_settings.reset_rule(actor=self.actor, clinic=clinic, stage=asked["stage"])
        return Response(RuleSerializer(rule).data)

    @extend_schema(responses=TextSerializer(many=True))
    @action(detail=True, url_path="message-texts")
    def message_texts(self, request: Request, pk: UUID) -> Response:
        """The clinic's own words; of a stage and language without them the house's are said."""
        return Response(TextSerializer(list(own_texts.own_texts(self.clinic(pk)).values()), many=True).data)

    @extend_schema(parameters=[IF_MATCH], request=TextChangeSerializer, responses=TextSerializer)
    @message_texts.mapping.patch
    def write_message_text(self, request: Request, pk: UUID) -> Response:
        """Say one stage in one language in the clinic's own words."""
        clinic, given = self.clinic(pk), self.parse(TextChangeSerializer)
        row = own_texts.write_text(
            actor=self.actor,
            clinic=clinic,
            stage=given["stage"],
            language=given["language"],
            own=_own(given),
            seen=seen_of(request),
            now=clock.now(),
        )
        return with_tag(TextSerializer(row).data, vars(own_texts.as_own(row)))

    @extend_schema(request=StageAndLanguageSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="message-texts/reset")
    def reset_message_text(self, request: Request, pk: UUID) -> Response:
        """Back to the words of the house."""
        clinic, asked = self.clinic(pk), self.parse(StageAndLanguageSerializer)
        own_texts.reset_text(actor=self.actor, clinic=clinic, **asked)
        return Response(status=204)

    @extend_schema(responses=QuietHoursSerializer(many=True))
    @action(detail=True, url_path="quiet-hours")
    def quiet_hours(self, request: Request, pk: UUID) -> Response:
        """States with stricter hours than 8:00 to 21:00."""
        rows = QuietHours.objects.filter(clinic=self.clinic(pk)).order_by("state")
        return Response(QuietHoursSerializer(rows, many=True).data)

    @extend_schema(request=QuietHoursChangeSerializer, responses=QuietHoursSerializer)
    @quiet_hours.mapping.patch
    def set_quiet_hours(self, request: Request, pk: UUID) -> Response:
        """Set one state's hours."""
        clinic, given = self.clinic(pk), self.parse(QuietHoursChangeSerializer)
        row = rule_settings.set_quiet_hours(actor=self.actor, clinic=clinic, **given)
        return Response(QuietHoursSerializer(row).data)

    @extend_schema(request=QuietHoursDropSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="quiet-hours/drop")
    def drop_quiet_hours(self, request: Request, pk: UUID) -> Response:
        """Take one state's hours back."""
        clinic, asked = self.clinic(pk), self.parse(QuietHoursDropSerializer)
        row = self.fetch(QuietHours.objects.filter(clinic=clinic), pk=asked["quiet_hours"])
        rule_settings.drop_quiet_hours(actor=self.actor, quiet=row)
        return Response(status=204)

    @extend_schema(responses=MessagingSerializer)
    @action(detail=True)
    def messaging(self, request: Request, pk: UUID) -> Response:
        """Caps, the number that texts come from, and until when patients move visits themselves."""
        return self._messaging(rule_settings.messaging_of(self.clinic(pk)))

    @extend_schema(parameters=[IF_MATCH], request=MessagingChangeSerializer, responses=MessagingSerializer)
    @messaging.mapping.patch
    def change_messaging(self, request: Request, pk: UUID) -> Response:
        """Change what is given."""
        clinic, changes = self.clinic(pk), self.parse(MessagingChangeSerializer)
        row = rule_settings.change_messaging(
            actor=self.actor, clinic=clinic, changes=changes, seen=seen_of(request)
        )
        return self._messaging(row)

    def _messaging(self, row: ClinicMessaging) -> Response:
        return with_tag(MessagingSerializer(row).data, rule_settings.settings_of_messaging(row))

    @extend_schema(request=PreviewRequestSerializer, responses=ForeseenMessageSerializer(many=True))
    @action(detail=True, methods=["post"], url_path="message-preview")
    def message_preview(self, request: Request, pk: UUID) -> Response:
        """What a visit's patient would be told from now on, to the word, with changes that are only tried."""
        clinic, asked = self.clinic(pk), self.parse(PreviewRequestSerializer)
        here = Appointment.objects.filter(clinic=clinic)
        visits = here.select_related("patient__clinic", "clinic", "protocol", "plan")
        visit = self.fetch(visits, pk=asked["appointment"])
        ground.log_look(self.actor, visit.patient, what="message preview")
        texts = asked.get("texts", [])
        for text in texts:
            own_texts.check(clinic, text["stage"], text["language"], _own(text))
        lines = preview.foreseen(
            visit,
            clock.now(),
            clinic_rules=_tried_rules(clinic, asked.get("rules", [])),
            tried_texts={(text["stage"], text["language"]): _own(text) for text in texts},
        )
        return Response(ForeseenMessageSerializer(lines, many=True).data)

    @extend_schema(responses=SettingsChangeSerializer(many=True))
    @action(detail=True, url_path="message-changes")
    def message_changes(self, request: Request, pk: UUID) -> Response:
        """Who changed what, the latest first."""
        return Response(SettingsChangeSerializer(changes_of(self.clinic(pk)), many=True).data)


def _own(given: dict[str, Any]) -> OwnText:
    return OwnText(subject=given["subject"], email=given["email"], sms=given["sms"])


def _tried_rules(clinic: Clinic, changes: list[dict[str, Any]]) -> list[rules.Rule]:
    tried = []
    for change in changes:
        wanted = dict(change)
        tried.append(rule_settings.tried(rule_settings.rule_of(clinic, wanted.pop("stage")), wanted))
    return list(rules.overlaid(tried, rule_settings.effective_rules([clinic.pk])[clinic.pk]))
