"""The services, as they see themselves: ready or not, and why."""

from collections.abc import Iterator

import httpx

from deploy.doctor.finding import Finding, fail, ok
from deploy.names import SERVICES

TIMEOUT_SECONDS = 5.0


def look(url: str) -> Iterator[Finding]:
    """Ask every service whether it is ready."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS) as http:
        for service in SERVICES:
            yield _ready(http, service)


def _ready(http: httpx.Client, service: str) -> Finding:
    remedy = f"start it (`make run`, or docker compose up {service}); its log says why it does not come up"
    try:
        answer = http.get(f"/{service}/ready")
        problems = answer.json().get("problems", [])
    except httpx.TransportError as error:
        return fail(service, f"does not answer: {error or type(error).__name__}", remedy)
    except ValueError:
        return fail(service, f"answers {answer.status_code}, but not as a service does", "is CAUNOI_URL the address of the city?")
    if not answer.is_success:
        return fail(service, f"not ready: {'; '.join(problems)}", remedy)
    return ok(service, "ready")
