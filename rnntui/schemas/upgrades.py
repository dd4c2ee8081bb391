"""How a file of an earlier version becomes one of today's: the one place for it.

A file states its version as `format`. An upgrade takes the content of one version and gives that of the next; what it
gives is checked by today's schema like any other content. Files of every version are kept in `tests/folders/`.
"""

from collections.abc import Callable
from typing import Any

Content = dict[str, Any]
Upgrade = Callable[[Any], Content]


def _failures_without_format(content: Content) -> Content:
    """Until 0.1 `failed.json` was an object of reasons by run, and nothing else."""
    return {"format": 1, "failures": {name: {"reason": reason} for name, reason in content.items()}}


def _prompts_without_format(content: list[Any]) -> Content:
    """Until 0.1 the file of prompts was a list of them."""
    return {"format": 1, "prompts": content}


def _dropout_between_layers_alone(content: Content) -> Content:
    """Until 0.2 a plan's `dropout` was that between layers; since then the read-out's goes with it."""
    plan = content.get("plan")
    if not isinstance(plan, dict):
        return {**content, "format": 2}
    parts = [plan.get(part) for part in ("base", "axes")]
    variants = plan.get("variants")
    parts += list(variants.values()) if isinstance(variants, dict) else []
    if not any(isinstance(part, dict) and "dropout" in part for part in parts) or not isinstance(parts[0], dict):
        return {**content, "format": 2}
    return {**content, "format": 2, "plan": {**plan, "base": {**parts[0], "dropout_output": 0.0}}}


# By the name of the schema, the kind of JSON, and the version that the file has; `None` is a file without one.
UPGRADES: dict[tuple[str, type, int | None], Upgrade] = {
    ("FailuresFile", dict, None): _failures_without_format,
    ("SweepFile", dict, 1): _dropout_between_layers_alone,
    ("PromptsFile", list, None): _prompts_without_format,
}


def upgraded(schema: str, content: Any) -> Content | None:
    """The content as today's version of a schema has it; `None` where no way leads there."""
    newer: Content | None = None
    while (upgrade := UPGRADES.get((schema, type(content), _version(content)))) is not None:
        newer = content = upgrade(content)
    return newer


def _version(content: Any) -> int | None:
    has = content.get("format") if isinstance(content, dict) else None
    return has if type(has) is int else None
