"""What is around an agency when parts are killed: as in the tests of its parts."""

from tests.component.agencies.conftest import accounts, bus, given, issuer, js, nats_server, scene

__all__ = ["accounts", "bus", "given", "issuer", "js", "nats_server", "scene"]
