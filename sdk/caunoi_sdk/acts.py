"""The acts on a petition. Each names the version that was seen, so that nobody acts on what is no longer so."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from caunoi_sdk.events.words import Procedure, Step, Trait
from caunoi_sdk.models import Done, Paper, Petition, Point
from caunoi_sdk.transport import Transport


class Acts:
    """The acts on the petition `code`.

    Without `seen` an act is done on the version that the petition has now; with `seen(version)` only on that one, else Outdated.
    Without `stated(at, evidence)` it is effective now. Every act raises Refused where the law or the state says no.
    """

    def __init__(
        self,
        transport: Transport,
        code: str,
        *,
        version: int | None = None,
        at: datetime | None = None,
        evidence: str | None = None,
    ) -> None:
        self._transport = transport
        self._code = code
        self._version = version
        self._at = at
        self._evidence = evidence

    def seen(self, version: int) -> "Acts":
        """Return the same acts, to be done on this version only."""
        return Acts(self._transport, self._code, version=version, at=self._at, evidence=self._evidence)

    def stated(self, at: datetime, evidence: str) -> "Acts":
        """Return the same acts, effective at an instant that a paper or a stored file shows."""
        return Acts(self._transport, self._code, version=self._version, at=at, evidence=evidence)

    async def accept(self, *, requests: Sequence[str] = (), traits: Iterable[Trait] = ()) -> Done:
        """Take it on (thụ lý)."""
        return await self.do("accept", requests=list(requests), traits=[str(trait) for trait in traits])

    async def refuse(self, ground: str) -> Done:
        """Decline it on a listed ground."""
        return await self.do("refuse", ground=ground)

    async def guide(self, ground: str, to_body: str) -> Done:
        """Show the petitioner the competent body."""
        return await self.do("guide", ground=ground, to_body=to_body)

    async def transfer(self, to_office: str, reason: str) -> Done:
        """Pass it to another office."""
        return await self.do("transfer", to_office=to_office, reason=reason)

    async def give_back(self, reason: str) -> Done:
        """Give it back to the office that sent it."""
        return await self.do("return", reason=reason)

    async def convert(self, procedure: Procedure, reason: str) -> Done:
        """Treat it by another procedure."""
        return await self.do("convert", procedure=str(procedure), reason=reason)

    async def classify(self, topic: str) -> Done:
        """Say what it is about."""
        return await self.do("classify", topic=topic)

    async def suspend(self, ground: str, document: Paper) -> Done:
        """Suspend it by a written decision: clocks stop."""
        return await self.do("suspend", ground=ground, document=document.as_json())

    async def resume(self, document: Paper) -> Done:
        """Continue by a written decision."""
        return await self.do("resume", document=document.as_json())

    async def extend(self, rule: str, ground: str, amount: int, document: Paper) -> Done:
        """Take more time for one step, within what the law allows."""
        return await self.do("extend", rule=rule, ground=ground, amount=amount, document=document.as_json())

    async def terminate(self, ground: str, document: Paper) -> Done:
        """End it by a written decision without deciding the matter."""
        return await self.do("terminate", ground=ground, document=document.as_json())

    async def record(self, step: Step, *, document: Paper | None = None, planned_on: date | None = None) -> Done:
        """Note a step of the file."""
        more: dict[str, Any] = {"document": document.as_json()} if document else {}
        if planned_on is not None:
            more["planned_on"] = planned_on.isoformat()
        return await self.do("record", step=str(step), **more)

    async def answer(
        self,
        text: str,
        *,
        evidence: Sequence[UUID] = (),
        points: Sequence[Point] = (),
        grounds: Sequence[str] = (),
        appeal: str | None = None,
    ) -> Done:
        """Answer in words. A complaint's or denunciation's waits for a second person: `Done.proposal` names it."""
        body: dict[str, Any] = {"text": text, "evidence": [str(each) for each in evidence]}
        body |= {"points": [point.as_json() for point in points], "grounds": list(grounds)}
        if appeal is not None:
            body["appeal"] = appeal
        return await self.do("answer", **body)

    async def close(self) -> Done:
        """End the procedure."""
        return await self.do("close")

    async def reopen(self, reason: str) -> Done:
        """Take the answer back."""
        return await self.do("reopen", reason=reason)

    async def merge(self, into: str) -> Done:
        """Deal with it together with another one."""
        return await self.do("merge", into=into)

    async def unmerge(self) -> Done:
        """Deal with it by itself again."""
        return await self.do("unmerge")

    async def confirm(self, proposal: UUID) -> Done:
        """Confirm as the second person what somebody else proposed."""
        path = f"/routing/api/petitions/{self._code}/proposals/{proposal}/confirm"
        return Done.model_validate(await self._transport.post(path))

    async def do(self, act: str, *, key: str | None = None, **body: Any) -> Done:
        """Do an act by its name, with the members of its body."""
        version = self._version
        if version is None:
            now = Petition.model_validate(await self._transport.get(f"/routing/api/petitions/{self._code}"))
            version = now.version
        body["version"] = version
        if self._at is not None:
            body |= {"effective_at": self._at.isoformat(), "time_evidence": self._evidence}
        path = f"/routing/api/petitions/{self._code}/{act}"
        return Done.model_validate(await self._transport.post(path, body, key=key))
