"""Logs: one JSON object per line on stderr, with the trace and span id where there is one.

Invariant: no personal data. Texts of exceptions lose the values that libraries put into them.
"""

import logging
import re
import sys
import traceback
from datetime import UTC, datetime

import orjson
from opentelemetry import trace

from shared.telemetry.traces import is_tracing

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_VALUES = (
    (re.compile(r"input_value=.*?, input_type", re.DOTALL), "input_value=…, input_type"),  # Pydantic
    (re.compile(r"\[parameters: .*?\]\n", re.DOTALL), "[parameters: …]\n"),  # SQLAlchemy
    (re.compile(r"(DETAIL|CONTEXT): .*"), r"\1: …"),  # PostgreSQL
)
_QUIET = ("httpx", "httpcore", "asyncio", "alembic", "PIL", "multipart", "mail", "aiosmtplib", "fontTools")


class JsonLines(logging.Formatter):
    """A record as one JSON line; what is passed as `extra` becomes fields of it."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": _without_values(record.getMessage()),
        }
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        line.update(_trace_ids())
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = _without_values("".join(traceback.format_exception(record.exc_info[1])))
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _trace_ids() -> dict[str, str]:
    context = trace.get_current_span().get_span_context() if is_tracing() else trace.INVALID_SPAN_CONTEXT
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def _without_values(text: str) -> str:
    for pattern, replacement in _VALUES:
        text = pattern.sub(replacement, text)
    return text


def install(service: str, *, level: str) -> None:
    """Make `JsonLines` the only handler of this process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    hush()


def hush() -> None:
    """Silence what writes down more than we may: who asked for which address, to whom a mail went, a receipt's letters."""
    logging.getLogger("uvicorn.access").disabled = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
