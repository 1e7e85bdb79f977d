"""Three kinds of trouble, three fates (docs/architecture.md): Refused, Malformed, Trouble. Anything else is a bug.

Messages are catalogued by `code` in shared.web.problems in Vietnamese and English; the texts here are the English ones.
"""

from collections.abc import Mapping


class CauNoiError(Exception):
    """Base of the three. `code` never changes once published; `detail` is for people; `facts` go into the answer."""

    code = "error"

    def __init__(self, detail: str = "", *, code: str | None = None, facts: Mapping[str, object] | None = None) -> None:
        super().__init__(detail or (code or type(self).code))
        self.code = code or type(self).code
        self.detail = detail or self.code
        self.facts: dict[str, object] = dict(facts or {})


class Refused(CauNoiError):  # noqa: N818 - a refusal is an answer, not an error
    """The law or the state says no. HTTP 409 with a stable code; on the bus acknowledged and recorded."""

    code = "refused"


class Unknown(Refused):
    """It does not exist, or it is not yours: the same answer for both. HTTP 404."""

    code = "not_found"


class Outdated(Refused):
    """The request was meant for an earlier version, which it names (If-Match, RFC 9110, 13.1.1). HTTP 412."""

    code = "outdated"


class NotYet(Refused):
    """It will be there in a moment: ask again after `retry_after_seconds`. HTTP 409 with Retry-After."""

    code = "not_yet"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        facts: Mapping[str, object] | None = None,
        retry_after_seconds: int = 5,
    ) -> None:
        super().__init__(detail, code=code, facts=facts)
        self.retry_after_seconds = retry_after_seconds


class Malformed(CauNoiError):  # noqa: N818 - named after the input, not after the error
    """We cannot read it. HTTP 422 with the place; on the bus the message is parked for a human.

    `errors` lists every mistake found: ``{"field": "commune", "reason": "...", "remedy": "..."}``. The reason is a code or in the
    asker's language; a remedy written ``Vietnamese · English`` is answered in the language that was asked for.
    """

    code = "malformed"

    def __init__(self, detail: str = "", *, code: str | None = None, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail, code=code, facts={"errors": errors or []})


class Trouble(CauNoiError):  # noqa: N818 - named after the world's state
    """The world is broken (a server is down). HTTP 503 with Retry-After; on the bus: later, with a growing delay."""

    code = "trouble"
