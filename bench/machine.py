"""The machine that a benchmark ran on, and the file its figures go to."""

import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def describe() -> dict[str, Any]:
    """Processor, cores this process may use, Python, date; torch and its device only where torch is loaded."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    facts = {
        "cpu": _cpu_model(),
        "cores": cores,
        "system": platform.system(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        facts["torch"] = torch.__version__
        facts["threads"] = torch.get_num_threads()
        if torch.cuda.is_available():
            facts["gpu"] = torch.cuda.get_device_name()
    return facts


def write(name: str, figures: Mapping[str, Any], *, keeps_others: bool = False) -> Path:
    """Write figures and machine to `bench/results/<name>.json`, alone or beside those of cases not run now: then each
    case has the machine that it ran on.
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    told = {"machine": describe(), **figures}
    if keeps_others:
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        told = known | {case: {**found, "machine": describe()} for case, found in figures.items()}
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return path


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
