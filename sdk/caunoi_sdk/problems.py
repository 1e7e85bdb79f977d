"""What the city answers when it cannot do what was asked: problems (RFC 9457) as exceptions, each with code and remedy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

_OWN = {"type", "title", "status", "detail", "code", "trace", "errors"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One field that is not right: where, why, and what to do."""

    field: str
    reason: str
    remedy: str


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """The city's answer where it is no success. `code` never changes; `detail` and `remedy` are to be shown to people.

    `facts` are what the problem says beside (for example `possible` acts); `trace` is to be told to the city's operators.
    """

    def __init__(self, status: int, body: Mapping[str, Any], *, retry_after_seconds: float | None = None) -> None:
        self.status = status
        self.code = str(body.get("code", f"http_{status}"))
        self.title = str(body.get("title", ""))
        self.detail = str(body.get("detail", ""))
        self.trace: str | None = body.get("trace")
        self.errors: Sequence[Mistake] = [_mistake(each) for each in body.get("errors") or ()]
        self.facts: Mapping[str, Any] = {name: value for name, value in body.items() if name not in _OWN}
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{status} {self.code}: {self.detail or self.title}")

    @property
    def remedy(self) -> str:
        """What to do: of each field that is not right, else what the detail says."""
        return "; ".join(f"{each.field}: {each.remedy}" for each in self.errors) or self.detail


class NotSignedIn(Problem):
    """401: no token, or one that is not taken."""


class NotAllowed(Problem):
    """403: the role does not carry this right; `facts["roles"]` says which do."""


class NotFound(Problem):
    """404: it does not exist, or it is not yours."""


class Refused(Problem):
    """409: the law or the present state says no."""


class Outdated(Problem):
    """412: somebody else did something with the petition since you looked; look again and decide anew."""


class Malformed(Problem):
    """422 and other answers to what cannot be read: `errors` names each field."""


class Busy(Problem):
    """429: too many requests, even after having waited as often as was allowed."""


class Trouble(Problem):
    """5xx: a part of the city is down, or it is the city's mistake (then `trace` is set)."""


class Unreachable(Exception):  # noqa: N818 - it is what the city is
    """The city does not answer, after all tries. What was asked may have been done: ask under the same key."""


_BY_STATUS: Mapping[int, type[Problem]] = {
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Refused,
    412: Outdated,
    429: Busy,
}
SERVER = 500


def problem_of(answer: httpx.Response) -> Problem:
    """Return the exception that an answer is."""
    try:
        read = answer.json()
    except ValueError:
        read = {}
    body = read if isinstance(read, dict) else {}
    kind = _BY_STATUS.get(answer.status_code, Trouble if answer.status_code >= SERVER else Malformed)
    return kind(answer.status_code, body, retry_after_seconds=retry_after(answer))


def retry_after(answer: httpx.Response) -> float | None:
    """Return after how many seconds the answer says to ask again, None where it does not."""
    written = answer.headers.get("retry-after", "")
    return float(written) if written.isdigit() else None


def _mistake(given: Mapping[str, Any]) -> Mistake:
    return Mistake(*(str(given.get(name, "")) for name in ("field", "reason", "remedy")))
