"""What the services of a city on one machine read, and how a wrong environment is told."""

from pathlib import Path

import pytest

from deploy.local.environment import Places, environment, make_secrets
from deploy.names import SERVICES
from deploy.settings import bus_settings, database_urls, superuser
from shared.kernel.refusals import Malformed

PLACES = Places(url="http://127.0.0.1:8000", postgres_port=5433, nats_url="nats://127.0.0.1:4223", smtp_port=2526)


def test_what_operators_read_is_what_services_are_given(tmp_path: Path) -> None:
    passwords = make_secrets(tmp_path)
    environ = environment(tmp_path, PLACES, given={})
    urls = database_urls(environ)
    assert {service: url.password for service, url in urls.items()} == passwords
    assert {url.port for url in urls.values()} == {PLACES.postgres_port}
    assert bus_settings(environ).url == PLACES.nats_url


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    assert make_secrets(tmp_path) == make_secrets(tmp_path)
    assert len(bytes.fromhex((tmp_path / "secrets" / "master-key").read_text())) == 32
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "secrets").iterdir())


def test_another_citys_variables_are_left_out_and_the_rest_is_kept(tmp_path: Path) -> None:
    strange = {"INTAKE_DATABASE__POOL_SIZE": "1", "CAUNOI_BUS__BATCH_SIZE": "7", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://o:4318"}
    environ = environment(tmp_path, PLACES, given=strange)
    assert "INTAKE_DATABASE__POOL_SIZE" not in environ
    assert "CAUNOI_BUS__BATCH_SIZE" not in environ
    assert environ["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://o:4318"


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(Malformed) as refusal:
        database_urls({})
    assert all(f"{service.upper()}_DATABASE" in str(refusal.value) for service in SERVICES)


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    environ = {
        "CAUNOI_SUPERUSER_URL": "postgresql://postgres@db/postgres",
        "CAUNOI_SUPERUSER_PASSWORD_FILE": str(tmp_path / "no"),
    }
    with pytest.raises(Malformed, match=str(tmp_path / "no")):
        superuser(environ)
