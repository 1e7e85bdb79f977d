"""Importing real requests end to end: rows per second at the door, and until all five services are done.

Takes Boston's file where it lies beside the project, else as many made-up rows. Run: ``python -m tests.bench.bench_import [--rows N]``
"""

import argparse
import csv
import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.proc import report
from tests.bench.whole_city import running_city

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "boston311-2015-h1.csv.gz"
ROWS = 58_119
SECONDS_MAX = 120.0


def _boston(rows: int, folder: Path) -> tuple[Path, str, int]:
    """Return Boston's file, cut to `rows`."""
    part = folder / "boston.csv"
    with gzip.open(SOURCE, "rt", encoding="utf-8", newline="") as whole, part.open("w", encoding="utf-8", newline="") as out:
        reader = csv.reader(whole)
        writer = csv.writer(out)
        writer.writerow(next(reader))
        chosen = list(islice(reader, rows))
        writer.writerows(chosen)
    return part, "boston311", len(chosen)


def _made_up(rows: int, folder: Path) -> tuple[Path, str, int]:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in _rows(rows)), encoding="utf-8")
    return path, "jsonl", rows


def _rows(rows: int) -> Iterator[dict[str, object]]:
    start = datetime(2015, 1, 1, tzinfo=UTC)
    for number in range(rows):
        opened = start + timedelta(minutes=4 * number)
        yield {
            "reference": f"made-up-{number}",
            "jurisdiction": "boston",
            "office": "boston-PWDx",
            "opened_at": opened.isoformat(),
            "due_at": (opened + timedelta(days=3)).isoformat(),
            "closed_at": (opened + timedelta(days=2)).isoformat(),
            "label": "ONTIME",
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    wanted = parser.parse_args().rows
    with TemporaryDirectory() as folder, running_city() as city:
        file, form, rows = (_boston if SOURCE.exists() else _made_up)(wanted, Path(folder))
        before, began = city.cpu(), time.perf_counter()
        done = city.people.caunoi("petition", "import", str(file), "--format", form)
        assert done.returncode == 0, done.stdout + done.stderr
        door = time.perf_counter() - began
        seconds = city.settle() - began
        rates: dict[str, object] = {
            "rows": rows,
            "source": form,
            "at the door: rows /s": round(rows / door),
            "all five services done: seconds": round(seconds, 1),
            "all five services done: rows /s": round(rows / seconds),
            f"seconds by the limit of {SECONDS_MAX:.0f} s for {ROWS} rows": round(seconds / rows * ROWS / SECONDS_MAX, 2),
        }
        report("import", rates | city.cpu().since(before).per(rows))


if __name__ == "__main__":
    main()
