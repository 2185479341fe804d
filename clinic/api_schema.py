"""What OpenAPI says of every operation beside its own answers: how it refuses, as clinic.problems words it.

Named in the settings. What an operation takes and gives stands at the operation itself.
"""

from functools import cache
from typing import Any, Final

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry
from rest_framework import serializers

from clinic.problems import PROBLEM_JSON

UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class FieldProblemSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="The field's place in what was sent, such as `phases.0.minutes`.")
    code = serializers.CharField()
    detail = serializers.CharField(help_text="What is wrong, and how to mend it.")


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details. By its code a problem may have further members, such as `blockers`."""

    type = serializers.CharField(help_text="`urn:chairside:problem:` and the code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong, and how to mend it.")
    code = serializers.CharField(help_text="Stable: decide by this one.")
    errors = FieldProblemSerializer(  # type: ignore[assignment]  # a serializer has `errors` of its own
        many=True, required=False, help_text="Each field that needs mending."
    )


class TokenScheme(KnoxTokenScheme):
    """Our tokens are told of as knox's are: spectacular finds the way of signing in by its class's path."""

    target_class = "clinic.tokens.TokenAuthentication"


class DocumentOnce(SchemaGenerator):
    """The document is the same for whoever asks, and takes longer to make than any page: it is made once for
    each process."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        return _document()


@cache
def _document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return made


class ApiSchema(AutoSchema):
    def get_tags(self) -> list[str]:
        """The noun of the address, `patient-imports`: what the manual lists the operations under."""
        noun = self.path.removeprefix("/api/").strip("/").split("/")[1:2]
        return noun or super().get_tags()

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(
            path, path_regex, path_prefix, method, registry
        )
        if operation is not None:
            problem = self.resolve_serializer(ProblemSerializer, "response").ref
            for status, when in self._refusals(operation).items():
                answer = {"description": when, "content": {PROBLEM_JSON: {"schema": problem}}}
                operation["responses"].setdefault(status, answer)
        return operation

    def _refusals(self, operation: dict[str, Any]) -> dict[str, str]:
        """The statuses of the problems that this operation may answer with, and when it does."""
        parameters = operation.get("parameters", [])
        names, places = {each["name"] for each in parameters}, {each["in"] for each in parameters}
        writes, takes = self.method in UNSAFE, "requestBody" in operation
        signed_in = {} not in operation.get("security", [{}])
        may = {
            "400": ("What was sent can't be read, or a field needs mending.", takes or "query" in places),
            "401": ("Nobody is signed in, or the token isn't valid.", signed_in),
            "403": ("Your role doesn't allow this.", signed_in),
            "404": ("There is no such record for you.", takes or places & {"path", "query"}),
            "409": ("What is asked can't be done now.", writes or "query" in places),
            "412": ("This changed while you were looking at it.", "If-Match" in names),
            "413": ("More was sent than is read.", takes),
            "415": ("This isn't sent in a form that is read.", takes),
            "429": (
                "Too many calls: `Retry-After` says when to come back.",
                self.view.get_throttles() or hasattr(self.view, "counts_inside"),
            ),
            "503": ("Too much is happening at once: send the same call again.", writes),
        }
        return {status: when for status, (when, applies) in may.items() if applies}
