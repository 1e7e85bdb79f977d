"""Synthetic petitions: a past that is imported with its own times, and a present that is lodged through the front door.

Pure: the same seed, day and communes make the same petitions.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from deploy.cli.demonstration.words import FAMILY_NAMES, GIVEN_NAMES, MARK, STREETS, TOPICS

_NAMESPACE = UUID("7f0c3d54-9b3e-5a5e-8a51-3f4f3a4f2d10")
LIVE_SHARE = 5
LIVE_MAX = 40
FAVOURITE = "00070"
FAVOURITE_PERCENT = 15
HOT_TOPIC, HOT_DAYS, HOT_PERCENT = "rac-thai", 7, 8
DUE_DAYS = (3, 7, 15)
OPENING_HOURS = (6, 22)
_CENTRE = (21.0285, 105.8522)
_SPREAD_DEGREES = 0.08


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made. `now` ends the past; `communes` are five-digit codes."""

    petitions: int
    days: int
    seed: int
    now: datetime
    communes: Sequence[str]

    @property
    def live(self) -> int:
        """How many are lodged now; all others lie in the past."""
        return min(self.petitions // LIVE_SHARE, LIVE_MAX)


def past(plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the rows of an import: most answered in time, some late, some open, some overdue now; one ward heats up."""
    dice = random.Random(f"past {plan.seed}")  # noqa: S311 - reproducible on purpose, guards nothing
    midnight = plan.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(plan.petitions - plan.live):
        said = _said(dice, plan.communes)
        ago = dice.randrange(1, plan.days + 1)
        if dice.randrange(100) < HOT_PERCENT:
            said |= {"commune": FAVOURITE, "topic": HOT_TOPIC, "text": _text(dice, HOT_TOPIC)}
            ago = dice.randrange(1, min(HOT_DAYS, plan.days) + 1)
        opened_at = midnight - timedelta(days=ago) + timedelta(minutes=dice.randrange(*(60 * hour for hour in OPENING_HOURS)))
        due_at = opened_at + timedelta(days=dice.choice(DUE_DAYS))
        yield {
            **said,
            "reference": f"{midnight:%Y%m%d}-{plan.seed}-{plan.days}-{number}",
            "opened_at": opened_at.isoformat(),
            "due_at": due_at.isoformat(),
            "closed_at": _closed_at(dice, opened_at, due_at, midnight),
        }


def present(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield idempotency key and body of each petition that is lodged now."""
    dice = random.Random(f"present {plan.seed}")  # noqa: S311 - reproducible on purpose, guards nothing
    for number in range(plan.live):
        said = _said(dice, plan.communes)
        if number % 2 == 0:  # the demo officers' own
            said["commune"] = FAVOURITE
        if number % 7 == 6:  # noqa: PLR2004 - every seventh says too little for the rules: the reception office's pool
            said |= {"commune": None, "topic": None, "text": f"{MARK} Tôi muốn gặp người phụ trách để trình bày một việc."}
        name = f"{dice.choice(FAMILY_NAMES)} Thị {dice.choice(GIVEN_NAMES)} (giả lập)"
        person = {"name": name, "email": f"nguoi-dan-{number}@example.vn"}
        channel = dice.choice(("web", "app", "app"))
        key = str(uuid5(_NAMESPACE, f"{plan.now:%Y-%m-%d} {plan.seed} {number}"))
        yield key, {**said, "kind": "field_report", "petitioner": person, "channel": channel}


def _said(dice: random.Random, communes: Sequence[str]) -> dict[str, Any]:
    topic = dice.choices([name for name, _, _ in TOPICS], weights=[weight for _, weight, _ in TOPICS])[0]
    latitude, longitude = (round(centre + dice.uniform(-1, 1) * _SPREAD_DEGREES, 5) for centre in _CENTRE)
    commune = FAVOURITE if dice.randrange(100) < FAVOURITE_PERCENT else dice.choice(communes)
    return {
        "text": _text(dice, topic),
        "topic": topic,
        "commune": commune,
        "latitude": latitude,
        "longitude": longitude,
        "place": f"{dice.randrange(1, 300)} {dice.choice(STREETS)}",
    }


def _text(dice: random.Random, topic: str) -> str:
    sentences = next(texts for name, _, texts in TOPICS if name == topic)
    return f"{MARK} {dice.choice(sentences).format(street=dice.choice(STREETS), number=dice.randrange(1, 300))}"


def _closed_at(dice: random.Random, opened_at: datetime, due_at: datetime, latest: datetime) -> str | None:
    """Return when it was closed: seven of ten in time, one late, two not yet."""
    fate = dice.randrange(10)
    if fate < 7:  # noqa: PLR2004 - see above
        closed_at = opened_at + (due_at - opened_at) * dice.uniform(0.1, 0.95)
    else:
        closed_at = due_at + timedelta(hours=dice.randrange(2, 200))
    is_open = fate >= 8 or closed_at > latest  # noqa: PLR2004 - see above
    return None if is_open else closed_at.replace(microsecond=0).isoformat()
