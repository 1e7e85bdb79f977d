"""The comparison with a source: each petition once, nothing hidden."""

from deploy.cli.report import as_text, by_rule, compare, counted


def label(petition_id: str, **changes: str | None) -> dict[str, str | None]:
    item: dict[str, str | None] = {
        "petition_id": petition_id,
        "reference": f"ref-{petition_id}",
        "label": "ONTIME",
        "opened_at": "2015-01-01T05:00:00Z",
        "due_at": "2015-01-03T05:00:00Z",
        "closed_at": "2015-01-02T05:00:00Z",
    }
    return item | changes


def verdict(rule: str, name: str, *, without: str | None = None, is_sealed: bool = False) -> dict[str, object]:
    return {"rule": rule, "verdict": name, "verdict_without_extension": without or name, "is_sealed": is_sealed}


def test_every_petition_is_compared_or_left_out_for_one_reason() -> None:
    labels = [
        label("agrees"),
        label("late", label="OVERDUE"),
        label("differs", label="OVERDUE"),
        label("lost"),
        label("running"),
        label("open", closed_at=None, due_at=None),
        label("aimless", due_at=None),
        label("unlabelled", label=None),
        label("backwards", closed_at="2014-12-31T05:00:00Z"),
    ]
    ours = {"agrees": "on_time", "late": "overdue", "differs": "on_time", "running": "running", "backwards": "on_time"}
    record = compare(labels, ours, source="boston311").record()
    assert record["petitions"] == 9
    assert (record["total"], record["agreed"], record["disagreed"]) == (6, 3, 3)
    assert record["disagreed_by_kind"] == {
        "source_on_time_ours_overdue": 0,
        "source_overdue_ours_on_time": 1,
        "not_decided_yet": 1,
        "no_verdict": 1,
        "unknown_label": 0,
    }
    assert record["left_out"] == {"still_open": 1, "no_target": 1, "no_label": 1}
    assert record["contradictory"] == {"closed_before_opened": 1}
    assert record["examples"] == ["ref-differs", "ref-lost", "ref-running"]


def test_the_text_names_what_is_left_out() -> None:
    text = as_text(compare([label("aimless", due_at=None)], {}, source="boston311"))
    assert "1  the source gives no target" in text


def test_on_time_is_counted_twice_with_and_without_extensions() -> None:
    verdicts = [
        verdict("A", "on_time", without="overdue"),
        verdict("A", "on_time"),
        verdict("A", "overdue"),
        verdict("B", "running"),
    ]
    counts = by_rule(verdicts)
    assert counts["A"] == {
        "on_time": 2,
        "on_time_without_extension": 1,
        "overdue": 1,
        "overdue_without_extension": 2,
        "running": 0,
    }
    assert counts["B"]["running"] == 1
    assert [line.split()[0] for line in counted(counts).splitlines()[:3]] == ["rule", "A", "B"]


def test_denunciations_are_told_in_cells_of_five_and_nothing_tells_of_a_smaller_one() -> None:
    many = [verdict("TC.INIT", "on_time", is_sealed=True) for _ in range(5)]
    few = [verdict("TC.RESOLVE", "on_time", is_sealed=True, without="overdue") for _ in range(2)]
    beside = [*[verdict("TCD.45", "running", is_sealed=True)] * 3, *[verdict("TCD.45", "running")] * 2]
    extended = [
        *[verdict("TC.NOTIFY", "on_time", is_sealed=True)] * 5,
        verdict("TC.NOTIFY", "on_time", is_sealed=True, without="overdue"),
    ]
    counts = by_rule([*many, *few, *beside, *extended])
    assert (counts["TC.INIT"]["on_time"], counts["TC.INIT"]["on_time_without_extension"]) == (5, 5)
    assert counts["TC.RESOLVE"] == {
        "on_time": "<5",
        "on_time_without_extension": "–",
        "overdue": "<5",
        "overdue_without_extension": "–",
        "running": "<5",
    }
    assert (counts["TC.NOTIFY"]["on_time"], counts["TC.NOTIFY"]["overdue_without_extension"]) == (6, "–")
    assert counts["TCD.45"]["running"] == 2
    assert "<5" in counted(counts)
    assert "cells below 5" in counted(counts)
