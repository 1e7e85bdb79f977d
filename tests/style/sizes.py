"""Refuse functions and modules that have grown too long: python -m tests.style.sizes FOLDER...

Long ones are split by what changes together; a module that outgrows its limit becomes a folder of the same name. The one
exception is a file that must work alone (docs/adr/0024-the-log.md).
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

FUNCTION_LINES_MAX = 40
MODULE_LINES_MAX = 300
STANDS_ALONE = {"shared/tlog/verify.py": 700}


def findings(path: Path) -> Iterator[str]:
    """Yield one sentence for every limit that `path` exceeds."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    most = STANDS_ALONE.get(path.as_posix(), MODULE_LINES_MAX)
    if lines > most:
        yield f"{path}:1: the module has {lines} lines, at most {most}: make it a folder"
    for node in ast.walk(ast.parse(text, filename=str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES_MAX}: split it"


def main(folders: Sequence[str]) -> int:
    """Print every finding; return 1 where there is one."""
    found = [line for folder in folders for path in sorted(Path(folder).rglob("*.py")) for line in findings(path)]
    print("\n".join(found) or "sizes: every function and module is within its limit")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
