"""The size checker checks."""

from pathlib import Path

import pytest

from tests.style.sizes import FUNCTION_LINES_MAX, MODULE_LINES_MAX, findings, main


def _function(lines: int) -> str:
    return "def long():\n" + "    x = 1\n" * (lines - 1)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (_function(FUNCTION_LINES_MAX), 0),
        (_function(FUNCTION_LINES_MAX + 1), 1),
        ("x = 1\n" * MODULE_LINES_MAX, 0),
        ("x = 1\n" * (MODULE_LINES_MAX + 1), 1),
        ("class Room:\n    " + _function(FUNCTION_LINES_MAX + 1).replace("\n", "\n    ") + "pass", 1),
    ],
)
def test_what_is_too_long_is_found(tmp_path: Path, text: str, count: int) -> None:
    path = tmp_path / "module.py"
    path.write_text(text)
    assert len(list(findings(path))) == count
    assert main([str(tmp_path)]) == (1 if count else 0)
