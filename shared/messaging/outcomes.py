"""The one place that turns an error into the fate of a message, and of a background step.

| error | fate |
|---|---|
| Refused | acknowledged: the answer is no, and it is recorded |
| Malformed | parked at once with its reason, for a person |
| Trouble | again later with a growing delay; parked after TROUBLE_DELIVERIES_MAX deliveries (about ten hours) |
| anything else | a bug: again a few times, then parked |
| too early (no error: an earlier event is missing) | again soon; parked after EARLY_DELIVERIES_MAX deliveries |

Never TERM without parking, never an immediate NAK: FastStream's defaults do both and lose or burn messages.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from shared.kernel.refusals import Malformed, Refused, Trouble

DELAY_FIRST_SECONDS = 0.2
TROUBLE_DELAY_SECONDS_MAX = 60.0
TROUBLE_DELIVERIES_MAX = 600
BUG_DELIVERIES_MAX = 5
EARLY_DELAY_SECONDS_MAX = 10.0
EARLY_DELIVERIES_MAX = 60
STEP_RETRY_SECONDS = 1.0

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """Acknowledge; `refused_as` names the refusal where the answer was no."""

    refused_as: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Deliver again after `delay_seconds`."""

    delay_seconds: float


@dataclass(frozen=True, slots=True)
class Park:
    """Keep for a person, with the reason."""

    reason: str


Outcome = Done | Later | Park


def outcome_of(error: Exception, *, deliveries: int) -> Outcome:
    """Return the fate of a message whose handling raised `error` at its `deliveries`-th delivery (from 1)."""
    match error:
        case Refused():
            return Done(refused_as=error.code)
        case Malformed():
            return Park(f"{error.code}: {error.detail}")
        case Trouble() if deliveries < TROUBLE_DELIVERIES_MAX:
            return Later(_growing(deliveries, TROUBLE_DELAY_SECONDS_MAX))
        case Trouble():
            return Park(f"{error.code}: {error.detail}, after {deliveries} deliveries")
        case _ if deliveries < BUG_DELIVERIES_MAX:
            return Later(_growing(deliveries, TROUBLE_DELAY_SECONDS_MAX))
        case _:
            return Park(f"bug: {type(error).__name__}, after {deliveries} deliveries")


def outcome_of_early(*, deliveries: int, waits_for: str) -> Outcome:
    """Return the fate of a message that came before one that it depends on."""
    if deliveries < EARLY_DELIVERIES_MAX:
        return Later(_growing(deliveries, EARLY_DELAY_SECONDS_MAX))
    return Park(f"too_early: {waits_for}, after {deliveries} deliveries")


def _growing(deliveries: int, most: float) -> float:
    return float(min(DELAY_FIRST_SECONDS * 2 ** min(deliveries - 1, 20), most))


@dataclass(frozen=True, slots=True)
class Failed:
    """What went wrong."""

    error: Exception


async def attempt(work: Callable[[], Awaitable[T]]) -> T | Failed:
    """Do `work`; return its result, or Failed instead of raising. Cancellation passes through."""
    try:
        return await work()
    except Exception as error:  # noqa: BLE001 - this is the outcome rule: every error gets its fate here
        return Failed(error)


async def keep_doing(name: str, step: Callable[[], Awaitable[None]], *, problems: dict[str, str], until: asyncio.Event) -> None:
    """Repeat `step` until `until` is set. A failed step is told in `problems` (for readiness) and tried again after a moment."""
    while not until.is_set():
        result = await attempt(step)
        if not isinstance(result, Failed):
            problems.pop(name, None)
            continue
        error = result.error
        if isinstance(error, Trouble):
            problems[name] = error.detail
            _log.warning("%s: %s", name, error.detail, extra={"code": error.code})
        else:
            problems[name] = f"{name} fails: {type(error).__name__}"
            _log.error("%s failed", name, exc_info=error)
        await asyncio.sleep(STEP_RETRY_SECONDS)
