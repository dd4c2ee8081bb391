"""Whether figures that the documents quote in words are those of the tables: `python docs/check_figures.py`.

Each claim is a sentence of a document with places for figures, and the figures are computed from `docs/results/`: the
sentence must stand in the document with just these. Exit status 1 where one does not.
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import mean

DOCS = Path(__file__).parent
RESULTS = DOCS / "results"
README, RESULTS_README = DOCS.parent / "README.md", RESULTS / "README.md"
Row = dict[str, str]
SOLVED = 0.98  # accuracy from which a palindrome counts as solved


@dataclass(frozen=True)
class Claim:
    """What must stand in a document, word for word; where lines break does not matter."""

    document: Path
    sentence: str

    @property
    def holds(self) -> bool:
        return _one_line(self.sentence) in _one_line(self.document.read_text(encoding="utf-8"))


def claims() -> Iterator[Claim]:
    """All claims, with the figures of the tables."""
    yield from _lengths()
    yield from _ten_seeds()
    yield from _init()
    yield from _optimizers()
    yield from _first_task()
    yield from _noise()
    yield from _frequency()
    yield from _text()


def _lengths() -> Iterator[Claim]:
    solved = defaultdict(list)
    for row in _rows("lengths"):
        solved[row["cell"], int(row["length"])].append(_is_solved(row))
    lengths = sorted({length for _, length in solved})
    surest = {cell: _last_sure([(n, all(solved[cell, n])) for n in lengths]) for cell in ("rnn", "lstm")}
    both = min(surest.values())
    yield Claim(README, f"Up to {both} digits, both cells succeed; beyond that, success depends on the seed")
    yield Claim(RESULTS_README, f"both cells are sure up to {both} digits, the LSTM up to {surest['lstm']} in each run")
    rnn = [row for row in _rows("lengths") if row["cell"] == "rnn"]
    ever = [row for row in rnn if row["solved_at"]]
    fallen = [row for row in ever if float(row["fresh_accuracy"]) < SOLVED]
    yield Claim(RESULTS_README, f"{len(ever)} of the {len(rnn)} RNN runs were solved at some step")
    yield Claim(RESULTS_README, f"and {len(fallen)} of these had fallen back by the end")


def _ten_seeds() -> Iterator[Claim]:
    rows = _rows("lengths/ten-seeds")
    solved = defaultdict(int)
    for row in rows:
        solved[row["cell"], int(row["length"])] += bool(row["solved_at"])
    first, *others, last = (solved["lstm", n] for n in (12, 13, 14, 15))
    numbers = f"{first}, {', '.join(map(str, others))} and {last}"
    yield Claim(RESULTS_README, f"of 12, 13, 14 and 15 digits {numbers} did")
    far = [row for row in rows if row["cell"] == "lstm" and int(row["length"]) >= 12]
    yield Claim(README, f"({sum(bool(row['solved_at']) for row in far)} of {len(far)} runs at 12 to 15)")
    nine, *others, last = (solved["rnn", n] for n in range(9, 16))
    yield Claim(RESULTS_README, f"{nine} of 10 seeds at 9 digits, then {', '.join(map(str, others))} and {last} of 10")
    ever = {cell: [row for row in rows if row["cell"] == cell and row["solved_at"]] for cell in ("rnn", "lstm")}
    fallen = {cell: [row for row in found if float(row["fresh_accuracy"]) < SOLVED] for cell, found in ever.items()}
    yield Claim(RESULTS_README, f"{len(fallen['rnn'])} of these {len(ever['rnn'])} have fallen back by the end")
    assert not fallen["lstm"]
    yield Claim(RESULTS_README, f"of the {len(ever['lstm'])} LSTMs that solved their length none has")


def _last_sure(lengths: list[tuple[int, bool]]) -> int:
    """The last length before the first that a run did not solve."""
    last = 0
    for length, is_sure in lengths:
        if not is_sure:
            break
        last = length
    return last


def _init() -> Iterator[Claim]:
    steps = _solved_at("init", "length", "init")
    five, ten = (tuple(_count(steps[n, init]) for init in ("orthogonal", "normal")) for n in ("5", "10"))
    yield Claim(RESULTS_README, f"({five[0]} against {five[1]}, and {ten[0]} against {ten[1]}, means of three seeds)")
    yield Claim(RESULTS_README, f"no seed solves from N(0, 0.0001²), at step {_count(steps['20', 'orthogonal'])}")


def _optimizers() -> Iterator[Claim]:
    best = {name: _count(steps) for name, steps in _best_rate("optimizers", "optimizer").items()}
    yield Claim(
        RESULTS_README,
        f"(Adam and AdamW at about step {best['adam']}, momentum {best['momentum']}, RMSprop {best['rmsprop']}, "
        f"Adagrad {best['adagrad']}, SGD {best['sgd']})",
    )


def _first_task() -> Iterator[Claim]:
    for variant in {row["variant"]: 0 for row in _rows("first-task")}:
        at = [row["solved_at"] for row in _rows("first-task") if row["variant"] == variant]
        solved = sorted(int(step) for step in at if step)
        said = f"{variant.replace(' digits', '')} | {len(solved)} of {len(at)} | {solved[0]:,} to {solved[-1]:,} |"
        yield Claim(RESULTS_README, said)
        if variant.startswith("20 digits, orthogonal"):
            words = f"five of five seeds solve at step {solved[0]:,} to {solved[-1]:,}"
            yield Claim(DOCS / "changelog.md", words)


def _noise() -> Iterator[Claim]:
    best = _best_rate("phased/noise", "variant")
    plain, chrono, known = (best.pop(name) for name in ("LSTM", "LSTM, chrono", _KNOWN))
    phased = f"{_count(min(best.values()))} to {_count(max(best.values()))}"
    yield Claim(
        README,
        f"the networks need {_count(plain)} (LSTM), {_count(chrono)} (LSTM, chrono gates), {phased} (Phased LSTM) and "
        f"{_count(known)} steps (Phased LSTM that opens at the known times)",
    )
    yield Claim(
        RESULTS_README,
        f"LSTM {_count(plain)}, LSTM with chrono gates {_count(chrono)}, Phased LSTM {phased} whatever of its gate is "
        f"learned, and {_count(known)} where period and shift are set to the signal's",
    )


def _frequency() -> Iterator[Claim]:
    best = _best_rate("phased/frequency", "variant")
    chrono = best.pop("LSTM, chrono")
    phased = [steps for name, steps in best.items() if name.startswith("Phased")]
    words = f"{_count(min(phased))} to {_count(max(phased))}"
    yield Claim(
        README,
        f"a Phased LSTM needs {words} training steps, an LSTM with chrono gates {_count(chrono)}, and",
    )
    yield Claim(RESULTS_README, f"it needs {_count(chrono)} steps and ends most exact")
    yield Claim(RESULTS_README, f"the Phased LSTM needs {words} and ends")


def _text() -> Iterator[Claim]:
    scores, presets = ({row["network"]: row for row in _scores(folder)} for folder in ("text", "text/presets"))
    for name, title in _TITLES.items():
        row = scores[name]
        figures = [_hundredths(row[column]) for column in ("at best", "held-out", "bigram", "lzma")]
        by_preset = _hundredths(presets[name]["at best"]) if name in presets else "not trained"
        yield Claim(README, f"| {title} | {by_preset} | {' | '.join(figures)} |")
    below = {name: float(row["lzma"]) - float(row["at best"]) for name, row in scores.items()}
    yield Claim(
        RESULTS_README,
        f"the networks are below it on `anna` (by {below['anna']:.2f} bits), `odyssey` (by {below['odyssey']:.2f}) and "
        f"`shakespeare` (by {below['shakespeare']:.2f}); on `latex` (by {-below['latex']:.2f}) and `html` (by "
        f"{-below['html']:.2f}) it is below them",
    )
    last = [name for name, row in scores.items() if float(row["held-out"]) < float(row["lzma"])]
    yield Claim(RESULTS_README, f"After the last step only the network of `{'`, `'.join(last)}` is below it")


_KNOWN = "Phased, rhythm known"
_TITLES = {
    "anna": "Anna Karenina",
    "odyssey": "The Odyssey",
    "shakespeare": "in Shakespeare's manner (100 kB)",
    "latex": "LaTeX source",
    "html": "HTML page",
}


# --- tables ---------------------------------------------------------------------------------------------------------


def _rows(name: str) -> list[Row]:
    with open(RESULTS / name / "results.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _scores(folder: str) -> Iterator[Row]:
    """The rows of the table of scores in a folder."""
    lines = [line for line in (RESULTS / folder / "scores.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    heads, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    for row in rows:
        yield dict(zip(heads, row, strict=True))


def _is_solved(row: Row) -> bool:
    return bool(row["solved_at"])


def _solved_at(name: str, *axes: str) -> dict[tuple[str, ...], float]:
    """The mean step at which the runs of each place on the axes were solved, where all of them were."""
    runs = defaultdict(list)
    for row in _rows(name):
        runs[tuple(row[axis] for axis in axes)].append(row)
    return {
        place: mean(int(row["solved_at"]) for row in rows) for place, rows in runs.items() if all(map(_is_solved, rows))
    }


def _best_rate(name: str, line: str) -> dict[str, float]:
    """The mean step at which each line of a sweep was solved at the best of its rates."""
    best: dict[str, float] = {}
    for (what, _), steps in _solved_at(name, line, "lr").items():
        best[what] = min(best.get(what, steps), steps)
    return best


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _hundredths(written: str) -> str:
    return str(Decimal(written).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def main() -> int:
    """Say which claims do not hold; the exit status."""
    wrong = [claim for claim in claims() if not claim.holds]
    for claim in wrong:
        print(f"{claim.document.name} lacks: {claim.sentence}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
