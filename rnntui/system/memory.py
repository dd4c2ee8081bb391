"""How much memory this machine has, how much of it this process holds, and how much it may still take."""

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FLOAT32 = 4  # bytes of a value
UNLIMITED = 1 << 60  # bytes: what an older kernel gives for no limit is above
CGROUPS = Path("/sys/fs/cgroup")


def memory() -> int:
    """Bytes of memory that this machine has; a bound that no machine reaches where it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 1 << 50


def taken() -> int:
    """Bytes of the machine's memory that this process holds now; the most it ever held where that alone is known."""
    statm = Path("/proc/self/statm")
    with suppress(OSError, ValueError, IndexError):
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # bytes on macOS, KiB elsewhere


@dataclass(frozen=True)
class Free:
    """Bytes that may still be taken, and whose they are, as a sentence ends: `of memory are free`."""

    bytes: int
    of: str


def free() -> Free:
    """The least of what the machine, the limits of its control groups and that of this process leave.

    Pages of files that are kept only for speed count as free, and so does swap: what is refused could not be had.
    """
    return min((_of_machine(), *_of_groups(), *_of_process()), key=lambda bound: bound.bytes)


def _of_machine() -> Free:
    known = _numbers(Path("/proc/meminfo"))
    available = known.get("MemAvailable:")
    return Free(memory() if available is None else (available + known.get("SwapFree:", 0)) * 1024, "of memory are free")


def _of_groups() -> Iterator[Free]:
    """What is left of the limits of this process's control groups and of those above them, versions 2 and 1."""
    of = "are left of the memory limit of this container or control group"
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, name = line.split(":", 2)
            if not controllers:
                root, names = CGROUPS, ("memory.max", "memory.current", "memory.swap.max", "memory.swap.current")
            elif "memory" in controllers.split(","):
                root, names = CGROUPS / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes", "", "")
            else:
                continue
            group = root / name.lstrip("/")
            for folder in (group, *(above for above in group.parents if above.is_relative_to(root))):
                if (left := _left(folder, *names)) is not None:
                    yield Free(left, of)


def _left(folder: Path, most: str, used: str, most_swap: str, used_swap: str) -> int | None:
    """What a control group's limit leaves; `None` where it has none."""
    limit, usage = _number(folder / most), _number(folder / used)
    if limit is None or usage is None or limit >= UNLIMITED:
        return None
    known = _numbers(folder / "memory.stat")
    files = sum(known.get(name, 0) for name in ("inactive_file", "active_file"))
    swap = (_number(folder / most_swap) or 0) - (_number(folder / used_swap) or 0) if most_swap else 0
    return max(0, limit - usage + files + max(0, swap))


def _of_process() -> Iterator[Free]:
    """What `ulimit -v` leaves of addresses."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = _number(Path("/proc/self/statm"))
    if limit != resource.RLIM_INFINITY and pages is not None:
        yield Free(max(0, limit - pages * os.sysconf("SC_PAGE_SIZE")), "are left of this process's limit (ulimit -v)")


def _number(path: Path) -> int | None:
    """The number that a file of the kernel's begins with; `None` where there is none."""
    with suppress(OSError, ValueError, IndexError):
        return int(path.read_text().split()[0])
    return None


def _numbers(path: Path) -> dict[str, int]:
    """The numbers of a file of lines `name number`."""
    with suppress(OSError):
        words = [line.split() for line in path.read_text().splitlines()]
        return {line[0]: int(line[1]) for line in words if len(line) > 1 and line[1].isdigit()}
    return {}
