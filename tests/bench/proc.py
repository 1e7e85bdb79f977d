"""What a run cost: CPU of this process and of a server with its children, WAL, percentiles; a table and a JSON file of it."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
OUT = Path(__file__).resolve().parents[2] / "var" / "bench"


def own_cpu_seconds() -> float:
    """Return the CPU time of this process."""
    return time.process_time()


def family_cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, of its ended children, and of those that live."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(entry.name) == pid:
            total += sum(map(int, fields[11:15]))
        elif int(fields[1]) == pid:
            total += sum(map(int, fields[11:13]))
    return total / TICKS_PER_SECOND


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which `percent` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def report(name: str, rows: Mapping[str, object]) -> None:
    """Print a table and write it as JSON."""
    OUT.mkdir(parents=True, exist_ok=True)
    width = max(map(len, rows))
    for key, value in rows.items():
        print(f"  {key:<{width}}  {value}")
    (OUT / f"{name}.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
