"""docker-compose.yml, Dockerfile and .env.example: read, for nothing here can start them.

The whole file is checked against the Compose specification's own schema, which check-jsonschema ships;
every variable against those that the settings read.
"""

import ast
import json
import re
from importlib import resources
from typing import Any

import gunicorn.config  # type: ignore[import-untyped]
import jsonschema
import pytest
import yaml

from embedded import caller
from embedded.place import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
Services = dict[str, dict[str, Any]]
OURS = ("web", "worker", "clocks", "beat", "monitors", "migrate")

# Read by the images of others, and by embedded/roles.sql inside PostgreSQL's.
READ_BY_OTHERS = {
    "postgres": {
        "POSTGRES_PASSWORD",
        "POSTGRES_INITDB_ARGS",
        "CHAIRSIDE_OWNER_PASSWORD",
        "CHAIRSIDE_APP_PASSWORD",
    },
    "mail": {"MP_DATABASE"},
}
# Read by docker-compose.yml itself, to fill in the others.
READ_BY_COMPOSE = {
    "OWNER_DATABASE_URL",
    "POSTGRES_PASSWORD",
    "CHAIRSIDE_OWNER_PASSWORD",
    "CHAIRSIDE_APP_PASSWORD",
}


def read_by_settings() -> set[str]:
    """The first argument of every `env.something("NAME", ...)` in config/settings.py."""
    return {
        call.args[0].value
        for call in ast.walk(ast.parse((ROOT / "config" / "settings.py").read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE)


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> Services:
    return compose["services"]


def test_it_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    vendored = resources.files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json")
    schema = json.loads(vendored.read_text())

    jsonschema.validate(compose, schema, cls=jsonschema.validators.validator_for(schema))


def test_the_settings_reader_finds_what_settings_read() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "CHAIRSIDE_MODE"} <= read_by_settings()


def test_each_variable_of_the_app_is_one_that_settings_read(services: Services) -> None:
    for name in OURS:
        assert set(services[name]["environment"]) == read_by_settings()


def test_each_other_variable_is_one_that_its_image_reads(services: Services) -> None:
    others = {
        name: set(service.get("environment", {})) for name, service in services.items() if name not in OURS
    }

    assert {name: variables for name, variables in others.items() if variables} == READ_BY_OTHERS


def test_every_setting_is_explained_in_the_example_and_nothing_else_is() -> None:
    explained = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE))

    assert explained == read_by_settings() | READ_BY_COMPOSE


def test_every_variable_that_compose_fills_in_is_in_the_example() -> None:
    filled_in = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))

    assert filled_in <= read_by_settings() | READ_BY_COMPOSE
    assert filled_in >= READ_BY_COMPOSE


def test_what_the_example_shows_is_what_holds_without_it(services: Services) -> None:
    shown = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, flags=re.MULTILINE))
    defaults = dict(re.findall(r"\$\{([A-Z_]+):-([^${}]+)\}", COMPOSE))

    assert {name: value for name, value in defaults.items() if name in shown} == {
        name: value for name, value in shown.items() if name in defaults
    }
    assert len(defaults) > 5


def test_embedded_runs_set_every_setting_so_none_comes_from_an_env_file() -> None:
    assert set(caller.SETTINGS) == read_by_settings()


def test_the_migrations_run_as_the_owner_and_everything_else_as_the_application(
    services: Services,
) -> None:
    urls = {name: services[name]["environment"]["DATABASE_URL"] for name in OURS}

    assert "//chairside_owner:" in urls.pop("migrate")
    assert all("//chairside_app:" in url and "OWNER" not in url for url in urls.values())


def test_the_application_waits_for_the_migrations_and_both_databases(
    services: Services,
) -> None:
    for name in ("web", "worker", "clocks", "beat", "monitors"):
        conditions = {other: wait["condition"] for other, wait in services[name]["depends_on"].items()}
        assert conditions == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }


def test_whatever_stays_up_says_whether_it_is_well(services: Services) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate"}


def test_data_lives_in_named_volumes_and_postgresql_18_finds_its_own(compose: dict[str, Any]) -> None:
    mounted = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    }

    assert {name for name in mounted if not name.startswith(".")} == set(compose["volumes"])
    assert "postgres:/var/lib/postgresql" in compose["services"]["postgres"]["volumes"]
    assert compose["services"]["postgres"]["image"] == "postgres:18"


def test_both_ways_of_running_share_the_file_of_roles(services: Services) -> None:
    [roles] = [volume for volume in services["postgres"]["volumes"] if volume.startswith("./")]
    host, inside, mode = roles.split(":")

    assert (ROOT / host).read_text().startswith("-- The two roles")
    assert inside.startswith("/docker-entrypoint-initdb.d/")
    assert mode == "ro"


def test_nothing_is_reachable_from_outside_the_machine(services: Services) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_runs_as_an_unprivileged_user_with_flags_that_gunicorn_knows() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    [command] = re.findall(r"^CMD (\[.*\])", dockerfile.replace("\\\n", ""), flags=re.MULTILINE)

    _, *arguments = json.loads(command)
    assert gunicorn.config.Config().parser().parse_args(arguments).control_socket_disable
    assert dockerfile.rindex("USER chairside") > dockerfile.rindex("RUN ")
    assert "--require-hashes" in dockerfile
