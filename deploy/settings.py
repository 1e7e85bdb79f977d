"""What operators' commands read from the environment: the same variables that the services have, and the superuser's address."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from sqlalchemy import URL

from deploy.names import SERVICES
from shared.kernel.refusals import Malformed
from shared.messaging.settings import BusSettings
from shared.persistence import DatabaseSettings
from shared.web import load_settings


class _OfService(BaseModel):
    model_config = ConfigDict(frozen=True)
    database: DatabaseSettings


class _OfAll(BaseModel):
    model_config = ConfigDict(frozen=True)
    bus: BusSettings


class _OfOperator(BaseModel):
    """The superuser makes roles and schemas; services never have its address."""

    model_config = ConfigDict(frozen=True)
    superuser_url: str
    superuser_password_file: Path | None = None


def database_urls(environ: Mapping[str, str]) -> dict[str, URL]:
    """Return each service's address with its password. Raises Malformed naming every variable that is missing or wrong."""
    urls: dict[str, URL] = {}
    problems: list[str] = []
    for service in SERVICES:
        try:
            urls[service] = _url(load_settings(_OfService, environ, prefix=f"{service.upper()}_").database)
        except Malformed as error:
            problems.append(str(error))
    if problems:
        raise Malformed("\n".join(problems), code="bad_settings")
    return urls


def bus_settings(environ: Mapping[str, str]) -> BusSettings:
    """Return where the bus is. Raises Malformed."""
    return load_settings(_OfAll, environ, prefix="CAUNOI_").bus


def superuser(environ: Mapping[str, str]) -> URL:
    """Return the superuser's address with its password. Raises Malformed."""
    settings = load_settings(_OfOperator, environ, prefix="CAUNOI_")
    return _url(DatabaseSettings(url=settings.superuser_url, password_file=settings.superuser_password_file))


def has_database(environ: Mapping[str, str]) -> bool:
    """Tell whether the environment says where the databases are (containers) or not (one machine)."""
    return any(f"{service.upper()}_DATABASE__URL" in environ for service in SERVICES)


def _url(settings: DatabaseSettings) -> URL:
    try:
        return settings.sqlalchemy_url()
    except OSError as error:
        raise Malformed(f"the password file cannot be read: {error}", code="bad_settings") from error
