"""An identity provider for tests: one key, its JSON Web Key Set over real HTTP, tokens for anybody."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import RSAKey

AUDIENCE = "caunoi"
FAR_FUTURE = 4_102_444_800  # 2100-01-01, in seconds since 1970


class KeyIssuer:
    """Signs tokens; `environ` is what a service is given to trust them."""

    def __init__(self, address: str, directory: Path) -> None:
        self.address = address
        self.secret_file = directory / "service-secret"
        self.secret_file.write_text("s" * 48)
        self._key = RSAKey.generate_key(2048, {"kid": "test", "alg": "RS256", "use": "sig"})

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CAUNOI_IDENTITY__ISSUER": self.address,
            "CAUNOI_IDENTITY__JWKS_URL": f"{self.address}/jwks",
            "CAUNOI_IDENTITY__SERVICE_SECRET_FILE": str(self.secret_file),
        }

    def keys(self) -> dict[str, object]:
        return {"keys": [self._key.as_dict(private=False)]}

    def token(self, subject: str, *, roles: Sequence[str], office: str | None = None, ends: int = FAR_FUTURE) -> str:
        """Return a token; `ends` is in seconds since 1970."""
        claims: dict[str, object] = {"iss": self.address, "aud": AUDIENCE, "sub": subject, "roles": list(roles), "exp": ends}
        if office is not None:
            claims["office"] = office
        return jwt.encode({"alg": "RS256", "kid": "test"}, claims, self._key)


@contextmanager
def serving_issuer(directory: Path) -> Iterator[KeyIssuer]:
    """Serve the key set of a new issuer on a free port of the loopback interface."""
    issuers: list[KeyIssuer] = []

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(issuers[0].keys()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    issuers.append(KeyIssuer(f"http://127.0.0.1:{server.server_address[1]}", directory))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuers[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
