"""PostgreSQL and Valkey as one set: ready to use, with their addresses.

Chairside's own processes do not belong here.
"""

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


def start(place: Place, supervisor: Supervisor, *, throw_away: bool = False) -> Databases:
    """Start both below `place`, making their data when there is none."""
    postgres = Postgres(place, throw_away=throw_away)
    valkey = Valkey(place, throw_away=throw_away)
    place.make()
    postgres.make_data(supervisor.wait)
    supervisor.start(postgres, valkey)
    postgres.make_roles()
    return Databases(
        owner_url=postgres.url("chairside_owner"),
        app_url=postgres.url("chairside_app"),
        redis_url=valkey.url(),
    )
