"""The engine against cases of other systems and of the law (the yardstick file beside the project, where there is one)."""

from pathlib import Path

from services.escalation.wire.vectors import check_file


def test_every_vector_of_the_yardstick_holds(shared_files: Path) -> None:
    checked = check_file(shared_files / "yardsticks" / "deadline_vectors.json")
    assert list(checked.differences) == []
    assert checked.passed == 100
