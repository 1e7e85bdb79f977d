"""Door: HTTP, HTML. Where who lodged fetches the file of his receipt: with code and secret, or with the phrase of a denunciation.

Both travel in a form's body, never in an address; the page works without scripts.
"""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.intake.gateways.log import Log
from services.intake.handlers import receipting
from services.intake.handlers.petitioning import Around, Said
from services.intake.handlers.receipting import Given
from services.intake.wire.receipts import MEDIA_TYPE, file_name
from shared.kernel.clock import Clock
from shared.kernel.refusals import CauNoiError, NotYet
from shared.telemetry import current_traceparent
from shared.web import language_of
from shared.web.pages import page
from shared.web.problems import told

PATH = "/receipt"
TEMPLATE = "receipt.html"
CHARACTERS_MAX = 200
FIELDS = ("code", "secret", "phrase")
YES = "yes"


def router(around: Around, log: Log, clock: Clock, *, proof_url: str) -> APIRouter:
    """Return the doors."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(PATH)
    async def ask(request: Request) -> Response:
        """Fetch the file of a receipt."""
        return _shown(request, {}, proof_url)

    @routes.post(PATH)
    async def fetch(request: Request) -> Response:
        """Give the file, or say on the page what is missing."""
        async with request.form(max_files=0, max_fields=len(FIELDS) + 1) as form:
            written = {name: str(form.get(name, ""))[:CHARACTERS_MAX].strip() for name in FIELDS}
            with_petitioner = form.get("with_petitioner") == YES
        is_sealed = bool(written["phrase"])
        code, secret = (None, written["phrase"]) if is_sealed else (written["code"], written["secret"])
        said = Said(code, secret, None, language_of(request), clock.now(), current_traceparent())
        try:
            given = await receipting.receipt(said, around, log, with_petitioner=with_petitioner)
        except CauNoiError as error:
            return _shown(request, written, proof_url, error)
        return _file(given)

    return routes


def _shown(request: Request, written: dict[str, str], proof_url: str, error: CauNoiError | None = None) -> Response:
    """Return the form as it was filled in, with what is wrong."""
    status, problem = told(error, language=language_of(request)) if error else (200, None)
    wait = error.retry_after_seconds if isinstance(error, NotYet) else None
    answer = page(request, TEMPLATE, status=status, written=written, problem=problem, wait=wait, proof_url=proof_url)
    if wait is not None:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _file(given: Given) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{file_name(given.code)}"', "Cache-Control": "no-store"}
    return Response(given.text, media_type=MEDIA_TYPE, headers=headers)
