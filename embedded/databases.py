"""PostgreSQL and Valkey as one set: ready to use, with their addresses.

Chairside's own processes do not belong here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from embedded.place import Place
from embedded.postgres import Postgres
from embedded.supervisor import Supervisor
from embedded.valkey import Valkey


@dataclass(frozen=True)
class Databases:
    """The addresses that settings read; the owner migrates, the app does everything else."""

    owner_url: str
    app_url: str
    redis_url: str


def addresses(place: Place, outside: Mapping[str, str]) -> Databases:
    """Where the databases of `place` are, or the outside ones that DATABASE_URL and REDIS_URL name."""
    postgres, valkey = Postgres(place), Valkey(place)
    given = outside.get("DATABASE_URL")
    return Databases(
        owner_url=outside.get("OWNER_DATABASE_URL") or given or postgres.url("chairside_owner"),
        app_url=given or postgres.url("chairside_app"),
        redis_url=outside.get("REDIS_URL") or valkey.url(),
    )


def start(
    place: Place, supervisor: Supervisor, *, outside: Mapping[str, str], throw_away: bool = False
) -> Databases:
    """Start what is not outside, below `place`, making its data when there is none."""
    postgres = Postgres(place, throw_away=throw_away)
    valkey = Valkey(place, throw_away=throw_away)
    place.make()
    if not outside.get("DATABASE_URL"):
        postgres.make_data(supervisor.wait)
        supervisor.start(postgres)
        postgres.make_roles()
    if not outside.get("REDIS_URL"):
        supervisor.start(valkey)
    return addresses(place, outside)
