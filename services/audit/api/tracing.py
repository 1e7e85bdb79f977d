"""Door: HTTP, JSON. For auditors: a petition's whole life."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.audit.handlers import tracing
from services.audit.handlers.tracing import Tracer
from services.audit.wire.trace_answers import TraceAnswer
from services.audit.wire.tracing import trace_answer
from shared.contracts.words import Role
from shared.identity import Principal
from shared.web import language_of, problems, requires

problems.register(
    {
        "petition_not_heard_of": (
            "Nhật ký chưa ghi nhận hồ sơ này: hãy kiểm tra lại mã, hoặc thử lại sau ít giây nếu vừa nộp.",
            "The log has not heard of this petition: check the code, or try again in a few seconds if it was only just lodged.",
        )
    }
)

Auditor = Annotated[Principal, Depends(requires(Role.AUDITOR))]


def router(tracer: Tracer) -> APIRouter:
    """Return the door."""
    routes = APIRouter(prefix="/api", tags=["audit"])

    @routes.get("/petitions/{key}/trace", response_model=TraceAnswer)
    async def trace(
        key: str,
        request: Request,
        reader: Auditor,
        compare: Annotated[bool, Query(description="hold it against the services' own records")] = True,  # noqa: FBT002 - in a query
    ) -> Response:
        """Everything that happened to a petition (by code or id): oddities and gaps, readings, clocks, causes, rights, rules."""
        told = await tracing.life_of(tracer, reader, key, is_compared=compare)
        answer = trace_answer(told, language=language_of(request))
        return Response(answer.model_dump_json(), media_type="application/json")  # FastAPI would go through all of it once more

    return routes
