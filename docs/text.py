"""What stands in `docs/results/text/`: `python docs/text.py [--runs FOLDER]`, once the networks are trained.

Each file is what one command prints, and the command stands above it. The networks, 20,000 steps each with the
settings of the report, and 100,000 of `anna`:

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
from pathlib import Path

from rnntui.runs import Run, find

PROMPT = "He did not really like"
NAMES = ("anna", "odyssey", "shakespeare", "latex", "html")
TEXTS = {
    "course": [f'write anna --at 100,200,1000,10000,20000,100000 --prompt "{PROMPT}" --temperature 0.5 --seed 1'],
    "greedy": ["write anna --at 100,200,1000,10000,20000,100000 --temperature 0 --length 100 --seed 1"],
    "temperatures": [f'write anna --temperatures 0,0.5,1,2 --prompt "{PROMPT}" --length 200 --seed 1'],
    "styles": [f'write {" ".join(NAMES)} --prompt "{PROMPT}" --length 200 --temperature 0.5 --seed 1'],
}
PICTURES = {
    "temperatures": TEXTS["temperatures"][0],
}
BASELINES = ("uniform", "unigram", "bigram", "lzma")


def main(runs: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name, commands in TEXTS.items():
        blocks = [f"$ rnntui {command}\n\n{told(f'{command} --plain', runs)}" for command in commands]
        (to / f"{name}.txt").write_text("\n".join(blocks), encoding="utf-8")
    for name, command in PICTURES.items():
        told(f"{command} --svg {shlex.quote(str(to / f'{name}.svg'))}", runs)
    (to / "scores.md").write_text(scores(runs), encoding="utf-8")


def scores(runs: Path) -> str:
    """A table of held-out bits per character, now and when they were best, beside the baselines of each corpus."""
    heads = ["network", "step", "held-out", "at best", "at step", *BASELINES]
    rows = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for name in NAMES:
        found = json.loads(told(f"score {name} --json", runs))
        loss, step = best(find(runs, name))
        values = [found["bits_per_character"], loss, *(found["baselines"][baseline] for baseline in BASELINES)]
        now, then, *baselines = (f"{value:.3f}" for value in values)
        rows.append([name, f"{found['step']:,}", now, then, f"{step:,}", *baselines])
    lines = (f"| {' | '.join(row)} |" for row in rows)
    return "$ rnntui score RUN\n\n" + "\n".join(lines) + "\n"


def best(run: Run) -> tuple[float, int]:
    """The lowest held-out bits per character while it trained, and the step."""
    scored = (row for row in run.metrics() if row.get("validation_loss") is not None)
    return min((row["validation_loss"] / math.log(2), row["step"]) for row in scored)


def told(command: str, runs: Path) -> str:
    """Standard output of a command of rnntui's."""
    words = [sys.executable, "-m", "rnntui", *shlex.split(command), "--runs", str(runs)]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--to", type=Path, default=Path(__file__).parent / "results" / "text")
    options = parser.parse_args()
    main(options.runs, options.to)
