"""What operators' commands read from the environment: the same variables that the services have, and the superuser's address.

Invariant: a missing or unreadable variable is named together with what to do about it, all of them at once.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import URL

from deploy.names import SERVICES
from shared.kernel.refusals import Malformed
from shared.messaging.settings import BusSettings
from shared.persistence import DatabaseSettings


class SuperuserSettings(BaseModel):
    """The address that makes roles and schemas; services never have it."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="postgresql://postgres@host:port/postgres")
    password_file: Path | None = None

    def sqlalchemy_url(self) -> URL:
        return DatabaseSettings(url=self.url, password_file=self.password_file).sqlalchemy_url()


def database_urls(environ: Mapping[str, str]) -> dict[str, URL]:
    """Return each service's address with its password. Raises Malformed naming every variable that is missing or wrong."""
    problems: list[str] = []
    urls: dict[str, URL] = {}
    for service in SERVICES:
        prefix = f"{service.upper()}_DATABASE"
        try:
            urls[service] = DatabaseSettings.model_validate(_given(environ, prefix)).sqlalchemy_url()
        except (ValidationError, OSError, ValueError) as error:
            problems.append(_named(prefix, error))
    _raise(problems)
    return urls


def bus_settings(environ: Mapping[str, str]) -> BusSettings:
    """Return where the bus is."""
    try:
        return BusSettings.model_validate(_given(environ, "CAUNOI_BUS"))
    except ValidationError as error:
        raise Malformed(_named("CAUNOI_BUS", error), code="settings") from error


def superuser(environ: Mapping[str, str]) -> URL:
    """Return the superuser's address with its password."""
    given = {
        name: environ[variable]
        for name, variable in (("url", "CAUNOI_SUPERUSER_URL"), ("password_file", "CAUNOI_SUPERUSER_PASSWORD_FILE"))
        if variable in environ
    }
    try:
        return SuperuserSettings.model_validate(given).sqlalchemy_url()
    except (ValidationError, OSError) as error:
        raise Malformed(_named("CAUNOI_SUPERUSER", error, joint="_"), code="settings") from error


def has_database(environ: Mapping[str, str]) -> bool:
    """Tell whether the environment says where the databases are (containers) or not (one machine)."""
    return any(f"{service.upper()}_DATABASE__URL" in environ for service in SERVICES)


def _given(environ: Mapping[str, str], prefix: str) -> dict[str, str]:
    start = f"{prefix}__"
    return {name.removeprefix(start).lower(): value for name, value in environ.items() if name.startswith(start)}


def _named(prefix: str, error: Exception, *, joint: str = "__") -> str:
    if not isinstance(error, ValidationError):
        return f"{prefix}: {error}"
    return "; ".join(f"{prefix}{joint}{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors(include_input=False))


def _raise(problems: list[str]) -> None:
    if problems:
        raise Malformed("; ".join(problems), code="settings")
