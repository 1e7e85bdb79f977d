"""How good suggestions are on the frozen, made-up set: ``python -m tests.topics.report``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.routing.domain.topic_model import TopicModel
from services.routing.domain.topics import Lexicon
from services.routing.wire.competence_files import shipped_lexicon
from services.routing.wire.topic_model_file import shipped_model
from tests.topics.petitions import Example, calibration, frozen

SURE = 0.7
PAGE = Path(__file__).resolve().parents[2] / "docs" / "topics.md"
BINS = 10
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


@dataclass(frozen=True)
class Measured:
    """Shares of all examples, but `right_where_clear` and `right_where_sure`, which are shares of those covered.

    `error` is how far probabilities lie from what happens (expected calibration error), `loss` the mean negative log-likelihood.
    """

    number: int
    first: float
    among_three: float
    clear: float
    right_where_clear: float
    sure: float
    right_where_sure: float
    error: float
    loss: float


def measured(model: TopicModel, lexicon: Lexicon, examples: Sequence[Example]) -> Measured:
    """Measure suggestions, and the lexicon alone, which routes where it is clear."""
    clear, sure, firsts, threes, losses = [], [], [], [], []
    binned: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for example in examples:
        reading = lexicon.read(example.text)
        if reading.clear_topic:
            clear.append(reading.clear_topic == example.topic)
        ranked = model.suggest(example.text, reading, number=len(model.topics))
        is_first, likely = ranked[0].topic == example.topic, ranked[0].probability
        firsts.append(is_first)
        threes.append(example.topic in [item.topic for item in ranked[:3]])
        losses.append(-math.log(max(1e-6, next(item.probability for item in ranked if item.topic == example.topic))))
        binned[min(BINS - 1, int(likely * BINS))].append((likely, is_first))
        if likely >= SURE:
            sure.append(is_first)
    error = sum(abs(sum(p for p, _ in part) - sum(right for _, right in part)) for part in binned) / len(examples)
    return Measured(
        len(examples),
        _mean(firsts),
        _mean(threes),
        len(clear) / len(examples),
        _mean(clear),
        len(sure) / len(examples),
        _mean(sure),
        error,
        sum(losses) / len(losses),
    )


def report(model: TopicModel, lexicon: Lexicon) -> str:
    """Return the figures on both sets as a table."""
    sets = {"frozen": measured(model, lexicon, frozen()), "calibration": measured(model, lexicon, calibration())}
    rows = [
        ("petitions, all made up", *(str(found.number) for found in sets.values())),
        ("first suggestion right", *(f"{found.first:.1%}" for found in sets.values())),
        ("among three", *(f"{found.among_three:.1%}" for found in sets.values())),
        (f"sure (p ≥ {SURE})", *(f"{found.sure:.1%}" for found in sets.values())),
        ("right where sure", *(f"{found.right_where_sure:.1%}" for found in sets.values())),
        ("lexicon clear (it routes by itself)", *(f"{found.clear:.1%}" for found in sets.values())),
        ("right where clear", *(f"{found.right_where_clear:.1%}" for found in sets.values())),
        ("calibration error", *(f"{found.error:.3f}" for found in sets.values())),
    ]
    lines = [f"| | {' | '.join(sets)} |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def write(model: TopicModel, lexicon: Lexicon) -> None:
    """Put the figures on the page, between its marks."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{report(model, lexicon)}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    print(report(shipped_model(), shipped_lexicon()))
