"""`caunoi report on-time`: how clocks ended, always twice: with the extensions that were taken, and without.

With `--against-source`: our verdicts beside those that the source itself gave its petitions.

Invariant: every imported petition is counted exactly once: compared, or left out for one named reason.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from deploy.cli.client import client, pages
from deploy.cli.groups import group
from shared.contracts.counting import CELL_MIN, is_small

ACCOUNT = "kiemtoan"
PAGE_SIZE = 5000
SOURCE_RULE = "SOURCE.DUE"
VERDICTS = {"ONTIME": "on_time", "OVERDUE": "overdue"}
"""The source's words for ours."""

COLUMNS = {
    "on_time": 10,
    "on_time_without_extension": 14,
    "overdue": 10,
    "overdue_without_extension": 14,
    "running": 10,
}
"""Each verdict beside what it would be had nobody taken more time; with the width of its column."""
WITHOUT = "_without_extension"
SMALL, UNTOLD = f"<{CELL_MIN}", "–"
NOTE = (
    f"Tố cáo: ô dưới {CELL_MIN} không nêu số. · Denunciations: cells below {CELL_MIN} are not told "
    f"({SMALL}, {UNTOLD} where a neighbour would tell them), nor counted in beside others."
)

LEFT_OUT = {
    "still_open": "the source has not closed it",
    "no_target": "the source gives no target",
    "no_label": "the source gives no verdict",
}
DISAGREEMENTS = {
    "source_on_time_ours_overdue": "the source says in time, we say overdue",
    "source_overdue_ours_on_time": "the source says overdue, we say in time",
    "not_decided_yet": "closed at the source, still running here",
    "no_verdict": "we have no deadline for it",
    "unknown_label": "the source's verdict is not a word we know",
}


@dataclass(slots=True)
class Comparison:
    """What came out; `examples` are references of petitions on which we disagree."""

    source: str
    petitions: int = 0
    agreed: int = 0
    disagreed: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    closed_before_opened: int = 0
    examples: list[str] = field(default_factory=list)

    def record(self) -> dict[str, object]:
        """Return the report as plain values for JSON."""
        disagreed = sum(self.disagreed.values())
        return {
            "source": self.source,
            "petitions": self.petitions,
            "total": self.agreed + disagreed,
            "agreed": self.agreed,
            "disagreed": disagreed,
            "disagreed_by_kind": {kind: self.disagreed[kind] for kind in DISAGREEMENTS},
            "left_out": {reason: self.left_out[reason] for reason in LEFT_OUT},
            "contradictory": {"closed_before_opened": self.closed_before_opened},
            "examples": self.examples,
        }


def register(root: typer.Typer) -> None:
    """Add `caunoi report on-time`."""
    group(root, "report", help_text="Reports from what was recorded.").command("on-time")(on_time)


def on_time(
    against_source: Annotated[bool, typer.Option("--against-source", help="compare with the source's own verdicts")] = False,  # noqa: FBT002 - a command-line flag
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,  # noqa: FBT002 - a command-line flag
    source: Annotated[str, typer.Option(help="the import's source")] = "boston311",
) -> None:
    """Count verdicts by rule; --against-source: compare, exit status 1 where we disagree with a source that judged."""
    if not against_source:
        with client(ACCOUNT) as http:
            counts = by_rule(pages(http, "/escalation/api/verdicts", limit=PAGE_SIZE))
        print(json.dumps(counts, indent=2) if as_json else counted(counts))
        return
    with client(ACCOUNT) as http:
        ours = {
            item["petition_id"]: item["verdict"]
            for item in pages(http, "/escalation/api/verdicts", limit=PAGE_SIZE)
            if item["rule"] == SOURCE_RULE
        }
        result = compare(pages(http, "/intake/api/imports/labels", {"source": source}, limit=PAGE_SIZE), ours, source=source)
    print(json.dumps(result.record(), indent=2) if as_json else as_text(result))
    if result.disagreed:
        raise typer.Exit(1)


def by_rule(verdicts: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int | str]]:
    """Count how clocks of each rule ended, with and without extensions; one that runs counts as running.

    Denunciations are told in cells of five or more only: a rule that has a smaller one is told without extensions not at all.
    """
    ordinary: dict[str, Counter[str]] = defaultdict(Counter)
    sealed: dict[str, Counter[str]] = defaultdict(Counter)
    for item in verdicts:
        found = (sealed if item["is_sealed"] else ordinary)[item["rule"]]
        found[item["verdict"]] += 1
        found[f"{item['verdict_without_extension']}{WITHOUT}"] += 1
    return {rule: _told(ordinary[rule], sealed[rule]) for rule in sorted({*ordinary, *sealed})}


def _told(ordinary: Counter[str], sealed: Counter[str]) -> dict[str, int | str]:
    if not any(map(is_small, sealed.values())):
        return {name: ordinary[name] + sealed[name] for name in COLUMNS}
    if ordinary:
        return {name: ordinary[name] for name in COLUMNS}
    cells: dict[str, int | str] = {name: SMALL if sealed[name] < CELL_MIN else sealed[name] for name in COLUMNS}
    return cells | {name: UNTOLD for name in COLUMNS if name.endswith(WITHOUT)}


def counted(counts: Mapping[str, Mapping[str, int | str]]) -> str:
    """Return the counts for people."""
    head = f"{'rule':<20}{'on time':>10}{'without ext.':>14}{'overdue':>10}{'without ext.':>14}{'running':>10}"
    lines = [f"{rule:<20}{''.join(f'{row[name]:>{width}}' for name, width in COLUMNS.items())}" for rule, row in counts.items()]
    return "\n".join([head, *lines, "", NOTE])


def compare(labels: Iterable[Mapping[str, Any]], ours: Mapping[str, str], *, source: str) -> Comparison:
    """Compare each labelled petition with our verdict by petition id."""
    result = Comparison(source)
    for item in labels:
        result.petitions += 1
        closed_at, opened_at = item["closed_at"], item["opened_at"]
        if closed_at and opened_at and closed_at < opened_at:
            result.closed_before_opened += 1
        reason = _left_out(item)
        if reason is not None:
            result.left_out[reason] += 1
            continue
        kind = _disagreement(item["label"], ours.get(item["petition_id"]))
        if kind is None:
            result.agreed += 1
        else:
            result.disagreed[kind] += 1
            result.examples = [*result.examples, item["reference"]][:20]
    return result


def _left_out(item: Mapping[str, Any]) -> str | None:
    if not item["closed_at"]:
        return "still_open"
    if not item["due_at"]:
        return "no_target"
    return None if item["label"] else "no_label"


def _disagreement(label: str, verdict: str | None) -> str | None:
    source = VERDICTS.get(label.upper())
    if source is None:
        return "unknown_label"
    if verdict is None:
        return "no_verdict"
    if verdict == source:
        return None
    return "not_decided_yet" if verdict == "running" else f"source_{source}_ours_{verdict}"


def as_text(result: Comparison) -> str:
    """Return the report for people."""
    record = result.record()
    lines = [
        f"imported petitions    {record['petitions']:>8}",
        f"compared (total)      {record['total']:>8}   closed, with a target and the source's verdict",
        f"  agreed              {result.agreed:>8}",
        f"  disagreed           {record['disagreed']:>8}",
        *(f"    {count:>6}  {DISAGREEMENTS[kind]}" for kind, count in sorted(result.disagreed.items())),
        "left out, by reason:",
        *(f"    {result.left_out[reason]:>6}  {text}" for reason, text in LEFT_OUT.items()),
        "contradictory at the source (compared where it has target and verdict):",
        f"    {result.closed_before_opened:>6}  closed before it was opened",
    ]
    if result.examples:
        lines.append(f"for example: {', '.join(result.examples)}")
    return "\n".join(lines)
