"""What a story of a create call is."""

from typing import Any

from clinic.models import User

API = "/api/v1/"
# Who sends it, where to, and what: made for a house that was just built.
Call = tuple[User | None, str, dict[str, Any]]
