"""The city's doors, typed: lodge, look, find, act, and ask whether all is well."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from caunoi_sdk.acts import Acts
from caunoi_sdk.events.words import ReadingPurpose
from caunoi_sdk.models import Attachment, Deadline, Found, Health, Lodging, Petition, Receipt, Status
from caunoi_sdk.tokens import TokenProvider
from caunoi_sdk.transport import TRIES, Transport

SERVICES = ("intake", "routing", "escalation", "notify", "audit")
UNAVAILABLE = 503


class City:
    """A client of the city at `url` (``https://kiennghi.hanoi.example``).

    `token` gives access tokens (caunoi_sdk.tokens); without it only what everybody may do is there. `language` is that of
    problems: ``vi`` or ``en``. Every method raises Problem (its subclasses say which) and Unreachable.
    """

    def __init__(
        self,
        url: str,
        *,
        token: TokenProvider | None = None,
        language: str = "vi",
        tries: int = TRIES,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.transport = Transport(url, token=token, language=language, tries=tries, http=http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self.transport.close()

    # Anybody
    async def lodge(self, petition: Lodging, *, key: str | None = None) -> Receipt:
        """Lodge a petition. Under the same `key` it is lodged once, however often it is sent."""
        return Receipt.model_validate(await self.transport.post("/intake/api/petitions", petition.as_json(), key=key))

    async def status(self, code: str) -> Status:
        """Look as whoever has the code: state, office, due date, steps; never the content."""
        return Status.model_validate(await self.transport.get(f"/intake/api/petitions/{code}"))

    async def answer(self, code: str, secret: str) -> Mapping[str, Any]:
        """Read the answer as the petitioner."""
        found: Mapping[str, Any] = await self.transport.post(f"/intake/api/petitions/{code}/answer", {"secret": secret})
        return found

    # Offices
    def petition(self, code: str) -> Acts:
        """Return the acts on a petition; nothing is asked yet."""
        return Acts(self.transport, code)

    async def look(self, code: str) -> Petition:
        """Look at a petition of the own office: state, version, possible acts, evidence."""
        return Petition.model_validate(await self.transport.get(f"/routing/api/petitions/{code}"))

    async def queue(self, *, office: str | None = None, state: str | None = None) -> AsyncIterator[Petition]:
        """Yield the petitions of the own office, the oldest first: the open ones, or those in a state."""
        async for item in self.transport.pages("/routing/api/queue", {"office": office, "state": state}):
            yield Petition.model_validate(item)

    async def search(self, words: str = "", **narrowed: str | bool | None) -> AsyncIterator[Found]:
        """Yield petitions with these words (without accents too); `narrowed` by office, state, kind, commune …"""
        async for item in self.transport.pages("/intake/api/search", {"q": words or None, **narrowed}):
            yield Found.model_validate(item)

    async def deadlines(self, code: str) -> list[Deadline]:
        """Return every clock of a petition, with why it is due then."""
        found = await self.transport.get(f"/escalation/api/petitions/{code}/deadlines")
        return [Deadline.model_validate(item) for item in found["items"]]

    async def reveal(self, code: str, fields: Sequence[str], *, purpose: ReadingPurpose) -> Mapping[str, Any]:
        """Read protected fields (name, text …) for a purpose. The reading is recorded under your name."""
        body = {"fields": list(fields), "purpose": str(purpose)}
        found: Mapping[str, Any] = (await self.transport.post(f"/intake/api/petitions/{code}/reveal", body))["fields"]
        return found

    async def attach(
        self, code: str, files: Mapping[str, bytes], *, purpose: str = "evidence", secret: str | None = None
    ) -> list[Attachment]:
        """Add files (JPEG, PNG, WebP, PDF): evidence of the office, or with the `secret` the petitioner's own."""
        parts = [("files", (name, content)) for name, content in files.items()]
        headed: dict[str, Any] = {"data": {"secret": secret}} if secret is not None else {"params": {"purpose": purpose}}
        found = await self.transport.post(f"/intake/api/petitions/{code}/attachments", files=parts, **headed)
        return [Attachment.model_validate(item) for item in found["attachments"]]

    # Everything else
    async def health(self) -> list[Health]:
        """Ask each service whether it can do its work."""
        found = []
        for name in SERVICES:
            answer = await self.transport.raw("GET", f"/{name}/ready")
            read = answer.json() if answer.status_code in (httpx.codes.OK, UNAVAILABLE) else {}
            problems = read.get("problems", [f"it answers {answer.status_code}"])
            found.append(Health(service=name, is_ready=bool(answer.is_success), problems=problems))
        return found

    async def get(self, path: str, **parameters: Any) -> Any:
        """Ask any other door: each service describes its own at ``/<service>/api/openapi.json``."""
        return await self.transport.get(path, parameters)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Send to any other door."""
        return await self.transport.post(path, body, key=key)
