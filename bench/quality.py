"""Held-out bits a character over CPU seconds: `python bench/quality.py TEXT`, rnntui's presets beside other programs.

Each trains in a process of its own, one after the other, on one thread or `--threads`, on the first nine tenths of the
text; the last tenth is held out. What counts is the CPU time of training alone.

rnntui        a run of each preset that is named, headless, as `rnntui train text --preset … --corpus TEXT`
tutorial      the plain script of `tutorial.py`: two layers of `nn.LSTM`, 512 units
nanogpt       nanoGPT's recipe for a CPU, where `--nanogpt` names its folder: 2,000 steps of a small transformer. Its
              own estimate from 20 random batches counts, and CPU time with these estimates; its folder is left alone

`--only NAME` runs one again and keeps the other figures of the same text; `--seconds` ends each run early.
"""

import argparse
import dataclasses
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from machine import RESULTS, describe
from tutorial import Point
from tutorial import train as train_tutorial

from rnntui.plots.curves import Curve, draw
from rnntui.specs import TASKS

FIGURES = Path(__file__).parents[1] / "docs" / "results" / "text"
FILE = RESULTS / "quality.json"
NANOGPT = (  # its README's recipe for a CPU
    "config/train_shakespeare_char.py --device=cpu --compile=False --eval_iters=20 --log_interval=1 --block_size=64 "
    "--batch_size=12 --n_layer=4 --n_head=4 --n_embd=128 --max_iters=2000 --lr_decay_iters=2000 --dropout=0.0"
)
STEP = re.compile(r"step (\d+): train loss [\d.]+, val loss ([\d.]+)")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--presets", default="default,tiny", help="rnntui's; default is none")
    parser.add_argument("--seconds", type=float, default=3_600.0, help="of CPU, after which a run ends")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nanogpt", type=Path, metavar="FOLDER")
    parser.add_argument("--only", default="", metavar="NAME", help="a preset, tutorial or nanogpt")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where rnntui's runs stay; without it they go")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        for point in train(asked.one, asked):
            print(json.dumps(dataclasses.asdict(point)), flush=True)
        return
    if not asked.text.is_file():
        parser.error(f"{asked.text}: there is no such file")
    there = ["default", *TASKS["text"].presets, "tutorial", "nanogpt"]
    if unknown := [name for name in (*asked.presets.split(","), asked.only) if name and name not in there]:
        parser.error(f"{unknown[0]!r} is none of {', '.join(there)}")
    names = [*asked.presets.split(","), "tutorial", *(["nanogpt"] if asked.nanogpt else [])]
    known = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"texts": {}}
    of_text = known["texts"].setdefault(asked.text.stem, {})
    for name in [asked.only] if asked.only else names:
        of_text[name] = {"threads": asked.threads, "seed": asked.seed, "points": list(_run(name))}
        known["machine"] = describe()
        FILE.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    picture(asked.text.stem, of_text)


def _run(name: str) -> Iterator[dict[str, Any]]:
    """The points of one, by a process of its own, printed as they come."""
    command = [sys.executable, __file__, *sys.argv[1:], "--one", name]
    points = list[float]()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            point = json.loads(line)
            print(f"{name:<12} {point['seconds']:>8,.0f} s {point['characters'] / 1e6:>7.2f} M characters "
                  f"{point['nats']:.4f} nats {point['nats'] / math.log(2):.4f} bits", flush=True)  # fmt: skip
            points.append(point["nats"])
            yield point
    if process.returncode:
        raise SystemExit(f"{name} failed")
    if points:
        print(f"{name:<12} ends {(points[-1] - min(points)) / math.log(2):.4f} bits above its best", flush=True)


def train(name: str, asked: argparse.Namespace) -> Iterator[Point]:
    """The points of a program's training, by its name."""
    import torch

    torch.set_num_threads(asked.threads)
    if name == "tutorial":
        yield from train_tutorial(asked.text.read_text(encoding="utf-8"), asked.seconds, asked.seed)
    elif name == "nanogpt":
        yield from train_nanogpt(asked)
    else:
        yield from train_rnntui(name, asked)


def train_rnntui(preset: str, asked: argparse.Namespace) -> Iterator[Point]:
    """A point at each held-out score; where weights are averaged, the better of the two counts."""
    from rnntui.core.training.trainer import open_trainer
    from rnntui.runs import Run, making

    given = {"corpus": str(asked.text), "seed": asked.seed, "threads": asked.threads, "device": "cpu"}
    settings = making.settings("text", given, None if preset == "default" else preset)
    with tempfile.TemporaryDirectory() as folder:
        trainer = open_trainer(Run.create(asked.keep or Path(folder), None, settings))
        used, began = 0.0, time.process_time()
        for report in trainer:
            if report.validation is None:
                used, began = used + time.process_time() - began, time.process_time()
            elif report.validation.done == 1.0:
                loss = trainer.figures.held_out_loss
                assert loss is not None
                trainer.save()
                yield Point(used, trainer.step * settings.batch * settings.length, loss)
            began = time.process_time()
            if used >= asked.seconds:
                return


def train_nanogpt(asked: argparse.Namespace) -> Iterator[Point]:
    """nanoGPT in a copy of its folder, so that nothing is written into it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "nanogpt"
        shutil.copytree(asked.nanogpt, folder, ignore=shutil.ignore_patterns(".git", "out*"))
        data = folder / "data" / "shakespeare_char"
        (data / "input.txt").write_text(asked.text.read_text(encoding="utf-8"), encoding="utf-8")
        subprocess.run([sys.executable, "prepare.py"], cwd=data, check=True, stdout=subprocess.DEVNULL)
        environment = {**os.environ, "OMP_NUM_THREADS": str(asked.threads)}
        command = [sys.executable, "-u", "train.py", *NANOGPT.split()]
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if found := STEP.match(line):
                    seconds = _cpu_seconds(process.pid)
                    yield Point(seconds, int(found[1]) * 12 * 64, float(found[2]))


def _cpu_seconds(pid: int) -> float:
    """User and system time of another process, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def picture(text: str, of_text: dict[str, Any]) -> None:
    """Draw the curves of a text."""
    curves = [
        Curve(_label(name), [p["seconds"] for p in found["points"]], [p["nats"] / math.log(2) for p in found["points"]])
        for name, found in of_text.items()
        if found["points"]
    ]
    file = FIGURES / f"quality-{text}.svg"
    draw([file], curves, x_label="CPU seconds of training", y_label="held-out bits per character")
    print(f"drawn: {file}")


def _label(name: str) -> str:
    return {"tutorial": "tutorial, nn.LSTM 2×512", "nanogpt": "nanoGPT's CPU recipe", "default": "rnntui"}.get(
        name, f"rnntui --preset {name}"
    )


if __name__ == "__main__":
    main()
