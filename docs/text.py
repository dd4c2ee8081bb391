"""What stands in `docs/results/text/`: `python docs/text.py [report|presets] [--runs FOLDER]`, of trained networks.

Each file is what one command prints, and the command stands above it; a network that is not there is left out. Those of
the presets, in `presets/`: an hour of one core for `anna`, ten minutes for each other.

    rnntui train text --preset book --corpus anna --headless --name anna
    for name in odyssey shakespeare latex html
    do rnntui train text --corpus $name --headless --name $name; done

Those of the report: 20,000 steps each with its settings, and 100,000 of `anna`:

    rnntui train text --preset report --corpus anna --headless --name anna
    for name in odyssey shakespeare latex html
    do rnntui train text --preset report --corpus $name --steps 20000 --headless --name $name; done
"""

import argparse
import json
import math
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from svg import steady

from rnntui.runs import Run, find

PROMPT = "He did not really like"
NAMES = ("anna", "odyssey", "shakespeare", "latex", "html")
BASELINES = ("uniform", "unigram", "bigram", "lzma")


@dataclass(frozen=True)
class Networks:
    """Networks that were trained alike: where their texts go, the checkpoints of `anna` that show its course, and the
    samples of it that are written at temperature 0.7.
    """

    folder: Path
    course: str
    samples: int

    def texts(self, names: list[str]) -> dict[str, list[str]]:
        """The commands whose output is a file, by its name."""
        sampled = [
            f'write anna --prompt "{PROMPT}" --temperature 0.7 --length 300 --seed {k + 1}' for k in range(self.samples)
        ]
        commands = {
            "course": [f'write anna --at {self.course} --prompt "{PROMPT}" --temperature 0.5 --seed 1'],
            "greedy": [f"write anna --at {self.course} --temperature 0 --length 100 --seed 1"],
            "temperatures": [temperatures()],
            "styles": [f'write {" ".join(names)} --prompt "{PROMPT}" --length 200 --temperature 0.5 --seed 1'],
            "samples": sampled,
        }
        return {name: typed for name, typed in commands.items() if typed}


def temperatures() -> str:
    return f'write anna --temperatures 0,0.5,1,2 --prompt "{PROMPT}" --length 200 --seed 1'


RESULTS = Path(__file__).parent / "results" / "text"
SETS = {
    "presets": Networks(RESULTS / "presets", "100,200,1000,2000,best", samples=3),
    "report": Networks(RESULTS, "100,200,1000,10000,20000,100000", samples=0),
}


def main(networks: Networks, runs: Path) -> None:
    networks.folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in NAMES if (runs / name).is_dir()]
    for name, commands in networks.texts(names).items():
        blocks = [f"$ rnntui {command}\n\n{told(f'{command} --plain', runs)}" for command in commands]
        (networks.folder / f"{name}.txt").write_text("\n".join(blocks), encoding="utf-8")
    picture = networks.folder / "temperatures.svg"
    told(f"{temperatures()} --svg {shlex.quote(str(picture))}", runs)
    picture.write_text(steady(picture.read_text(encoding="utf-8")), encoding="utf-8")
    (networks.folder / "scores.md").write_text(scores(runs, names), encoding="utf-8")


def scores(runs: Path, names: list[str]) -> str:
    """A table of held-out bits per character, as the command takes the network and when it was best in training, beside
    the baselines of each corpus.
    """
    heads = ["network", "step", "held-out", "at best", "at step", *BASELINES]
    rows = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for name in names:
        found = json.loads(told(f"score {name} --json", runs))
        loss, step = best(find(runs, name))
        values = [found["bits_per_character"], loss, *(found["baselines"][baseline] for baseline in BASELINES)]
        now, then, *baselines = (f"{value:.3f}" for value in values)
        rows.append([name, f"{found['step']:,}", now, then, f"{step:,}", *baselines])
    lines = (f"| {' | '.join(row)} |" for row in rows)
    return "$ rnntui score RUN\n\n" + "\n".join(lines) + "\n"


def best(run: Run) -> tuple[float, int]:
    """The lowest held-out bits per character while it trained, of raw or averaged weights, and the step."""
    losses = ((loss, row.step) for row in run.metrics() for loss in (row.validation_loss, row.averaged_validation_loss))
    return min((loss / math.log(2), step) for loss, step in losses if isinstance(loss, float))


def told(command: str, runs: Path) -> str:
    """Standard output of a command of rnntui's."""
    words = [sys.executable, "-m", "rnntui", *shlex.split(command), "--runs", str(runs)]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="?", choices=SETS, default="presets")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    main(SETS[options.which], options.runs)
