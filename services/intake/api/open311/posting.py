"""What clients with a key may post: requests, which are lodged like any field report, and words for the office."""

import os
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from services.intake.api.doors import Doors
from services.intake.api.lodge import CREATED, PETITIONER, secret_for
from services.intake.api.open311.forms import Form, form_of
from services.intake.api.open311.reading import answered, check, is_english, topic_of
from services.intake.api.petitions import PETITION_PURPOSE
from services.intake.domain import code as codes
from services.intake.domain.files import too_many
from services.intake.domain.lodging import LEGAL_ZONE, TEXT_CHARACTERS_MAX, Lodging, mistakes_in
from services.intake.domain.mistakes import Mistake
from services.intake.domain.open311 import STATUS_OPEN, status_of
from services.intake.handlers import open311 as handlers
from services.intake.handlers import viewing
from services.intake.handlers.attaching import AttachFiles, Clean, clean, keep
from services.intake.handlers.commenting import Comment, comment
from services.intake.handlers.lodging import LodgePetition, Receipt
from services.intake.store.reading import Petition
from services.intake.wire import open311 as wire
from services.intake.wire.open311_asked import code_of, first, lodging_of, wants_extensions, words_of
from shared.kernel.ids import uuid7
from shared.telemetry import current_traceparent
from shared.web import language_of

_NOTICES = (
    "Phản ánh được chuyển ngay tới cơ quan có thẩm quyền để trả lời trong thời hạn luật định. Theo dõi bằng mã {code}.",
    "It goes to the competent office, which answers within the time that the law gives. Follow it by the code {code}.",
)


class Posting:
    """The doors that keep something."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def request(self, request: Request) -> Response:
        """Lodge a field report, with its files where there are some: checked before it is lodged, kept behind it."""
        form, now = await form_of(request, self._doors), self._doors.clock.now()
        lodging = await self._lodging(request, form, now)
        cleaned = await self._cleaned(request, form)
        receipt = await self._doors.desk.lodge(_command(lodging, form, now))
        if cleaned:
            await self._keep(request, await viewing.find(self._doors.database, receipt.code), cleaned, PETITIONER)
        return answered(request, self._receipt(request, form, receipt), status=CREATED, is_repeat=receipt.is_repeat)

    async def update(self, request: Request) -> Response:
        """Add words for the office to an open report, and files. Whoever has a key may; nobody is shown them but the office."""
        form, now = await form_of(request, self._doors), self._doors.clock.now()
        number = first(form.fields, "service_request_id")
        words, mistakes = words_of(form.fields, TEXT_CHARACTERS_MAX)
        missing = [Mistake(name, "missing") for name in ("service_request_id", "description") if name not in form.fields]
        check(request, [*missing, *mistakes])
        cleaned = await self._cleaned(request, form)
        found = await handlers.report(code_of(number or ""), self._doors.database, now=now, with_notes=False)
        petition = await viewing.find(self._doors.database, found.reports[0].code)
        command = Comment(petition, words, form.key, form.actor, now, current_traceparent())
        if cleaned and status_of(found.reports[0].state) == STATUS_OPEN:
            await self._keep(request, petition, cleaned, form.actor)
        kept = await comment(command, database=self._doors.database, cipher=self._doors.cipher)
        return answered(request, wire.commented(petition.code, kept.number), status=CREATED, is_repeat=kept.is_repeat)

    async def _lodging(self, request: Request, form: Form, now: datetime) -> Lodging:
        """Return what is to be lodged. Raises Unknown (the service), Malformed with every mistake."""
        code = first(form.fields, "service_code")
        check(request, [] if code else [Mistake("service_code", "missing")])
        topic = await topic_of(self._doors, code or "")
        posted = lodging_of(form.fields, topic, language_of(request))
        lodging, communes = await self._doors.register.located(posted.lodging, now)
        wrong = mistakes_in(lodging, communes=communes, today=now.astimezone(LEGAL_ZONE).date())
        check(request, [*posted.mistakes, *wrong])
        return lodging

    async def _cleaned(self, request: Request, form: Form) -> Clean:
        """Return the files as they may be kept. Raises Malformed naming each that may not."""
        if not form.files:
            return ()
        mistake = too_many(0, len(form.files))
        check(request, [mistake] if mistake else [])
        return await clean(form.files, self._doors.files.cleaner, language=language_of(request))

    async def _keep(self, request: Request, petition: Petition, cleaned: Clean, actor: str) -> None:
        command = AttachFiles(
            petition=petition,
            files=(),
            purpose=PETITION_PURPOSE,
            actor=actor,
            language=language_of(request),
            now=self._doors.clock.now(),
            traceparent=current_traceparent(),
        )
        await keep(command, cleaned, self._doors.files)

    def _receipt(self, request: Request, form: Form, receipt: Receipt) -> wire.Answer:
        """Return the receipt; with the petitioner's secret where more is asked for than the standard has."""
        wants = wants_extensions(form.fields)
        secret = secret_for(self._doors.cipher, receipt.petition_id, is_sealed=receipt.is_sealed) if wants else None
        return wire.lodged(receipt.code, _NOTICES[is_english(request)].format(code=receipt.code), secret)


def _command(lodging: Lodging, form: Form, now: datetime) -> LodgePetition:
    return LodgePetition(
        lodging=lodging,
        petition_id=uuid7(now),
        code=codes.mint(os.urandom(codes.ENTROPY_BYTES)),
        key=form.key,
        actor=PETITIONER,
        now=now,
        traceparent=current_traceparent(),
    )
