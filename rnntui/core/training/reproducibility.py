"""Whether a resumed run goes on equal to the bit: what differs from when it was recorded, and what is said of it."""

import platform

import numpy as np
import torch
from msgspec import UNSET

import rnntui
from rnntui.core.device import describe
from rnntui.core.training.learner import Learner
from rnntui.corpora import changed
from rnntui.schemas import CorpusFacts, RunConfig


def versions() -> dict[str, str]:
    """Versions that the bits of a run depend on."""
    return {
        "rnntui": rnntui.__version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def differences(name: str, config: RunConfig, learner: Learner) -> list[str]:
    """What differs from the process that wrote the run's `config.json`, a sentence each; empty for a new run.

    Raises `ValueError` where it learned another text.
    """
    notes = []
    was, now = config.data, learner.task.facts()
    if was.sha256 and was.sha256 != now.sha256:
        raise ValueError(changed(name, learner.settings.corpus, was.sha256, now.sha256))
    if was != CorpusFacts() and was.vocabulary != now.vocabulary:
        raise ValueError(
            f"the corpus {now.corpus!r} has a different vocabulary than when this run began: it cannot resume"
        )
    if config.device and config.device != describe(learner.device):
        notes.append(
            f"recorded on {config.device}, now on {describe(learner.device)}: results will not be equal to the bit"
        )
    if config.threads not in (None, learner.settings.threads):
        threads = f"--threads {config.threads}, now {learner.settings.threads}"
        notes.append(f"recorded with {threads}: results may not be equal to the bit")
    were = 1 if config.processes is UNSET else config.processes
    if config.device and were != learner.processes:
        notes.append(
            f"recorded with {_processes(were)}, now {learner.processes}: results will not be equal to the bit, since "
            f"gradients are summed in another order"
        )
    kernel = learner.model.kernel.name
    if config.kernel not in ("", kernel) and config.device == describe(learner.device):
        notes.append(f"recorded with the kernel {config.kernel}, now {kernel}: results will not be equal to the bit")
    for package, version in config.versions.items():
        if package in ("torch", "rnntui") and version != versions()[package]:
            notes.append(
                f"recorded with {package} {version}, now {versions()[package]}: results may not be equal to the bit"
            )
    return notes


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
