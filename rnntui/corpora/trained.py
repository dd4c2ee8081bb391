"""The corpus that a trained run learned, known by the hash of its bytes, wherever it lies now."""

from dataclasses import dataclass
from typing import Literal, Protocol

from rnntui.config import Settings
from rnntui.corpora.catalogue import CATALOGUE
from rnntui.corpora.corpus import Corpus
from rnntui.corpora.places import Source, find, listing
from rnntui.corpora.reading import Progress, fingerprint, is_slow, load
from rnntui.schemas import CorpusFacts, RunConfig

SHOWN = 6  # digits of a hash in a sentence


class Trained(Protocol):
    """What is asked of a run: its name, its settings, and `config.json`, whose `data` tells of the corpus."""

    @property
    def name(self) -> str: ...

    def settings(self) -> Settings: ...

    def config(self) -> RunConfig: ...


@dataclass(frozen=True)
class Whereabouts:
    """Where a run's corpus is: where it was (`here`), elsewhere (`moved`), or no longer (`changed`, `gone`).

    `unknown`: the run has not begun, and so no hash is known. `place` is what `load` takes, `sha256` what is there now.
    """

    state: Literal["here", "moved", "changed", "gone", "unknown"]
    place: str
    sha256: str = ""


def of_run(run: Trained, progress: Progress | None = None) -> Corpus:
    """The corpus that a run learned, as it learned it: lower case where the run says so.

    It is looked for where it was, then among what `rnntui corpora` lists. Raises `ValueError` for a run of another task
    and where the corpus has changed or is gone.
    """
    return load(place_of_run(run), run.settings().lower, progress)


def prepare(run: Trained, progress: Progress) -> None:
    """Make the tokens of a run's corpus where they are needed and not there; else nothing. Raises as `of_run`."""
    if run.settings().task == "text" and is_slow(place := place_of_run(run), run.settings().lower):
        load(place, run.settings().lower, progress)


def place_of_run(run: Trained) -> str:
    """A name that `load` takes for the corpus that a run learned. Raises as `of_run`."""
    settings = run.settings()
    if settings.task != "text":
        raise ValueError(f"run {run.name!r} learned {settings.task}s, not text: it has no corpus")
    data = run.config().data
    found = whereabouts(data, settings)
    if found.state == "changed":
        raise ValueError(changed(run.name, found.place, data.sha256, found.sha256))
    if found.state == "gone":
        raise ValueError(
            f"the corpus of run {run.name!r} is no longer there: {settings.corpus!r} "
            f"(sha256 {short(data.sha256)}): {_way_back(data.sha256)}"
        )
    return found.place


def whereabouts(data: CorpusFacts, settings: Settings) -> Whereabouts:
    """Where the corpus is that `config.json`'s `data` tells of. What was recorded without a hash counts as here."""
    wanted = data.sha256
    if not wanted:
        return Whereabouts("unknown", settings.corpus)
    now = _hash_at(settings.corpus)
    if now == wanted:
        return Whereabouts("here", settings.corpus, now)
    for entry in listing():
        if entry.is_here and _may_be(entry.size, data) and _hash_of(Source(entry.name, entry.path)) == wanted:
            return Whereabouts("moved", entry.name if entry.path is None else str(entry.path.resolve()), wanted)
    return Whereabouts("changed" if now else "gone", settings.corpus, now)


def changed(run: str, place: str, then: str, now: str) -> str:
    """The sentence for a corpus that is no longer what a run learned."""
    return (
        f"corpus {place!r} has changed since run {run!r} learned it (sha256 {short(then)} then, {short(now)} now): "
        f"{_way_back(then)}"
    )


def short(sha256: str) -> str:
    """The first digits of a hash: `46a1dc…`."""
    return f"{sha256[:SHOWN]}…"


def _way_back(sha256: str) -> str:
    known = next((text.name for text in CATALOGUE.values() if text.sha256 == sha256), None)
    if known is not None:
        return f"put that text back, or fetch it with rnntui corpora get {known}"
    return "put that text back, or a copy of it into the corpora folder: any name will do"


def _may_be(size: int, data: CorpusFacts) -> bool:
    """Whether a text of so many bytes can be the one; a run recorded before they were kept has the hash alone."""
    known = next((text.size for text in CATALOGUE.values() if text.sha256 == data.sha256), None)
    wanted = known if data.size is None else data.size
    return wanted is None or size == wanted


def _hash_at(place: str) -> str:
    """The hash of what lies at a place, empty where there is nothing."""
    try:
        return _hash_of(find(place))
    except ValueError:
        return ""


def _hash_of(source: Source) -> str:
    try:
        return fingerprint(source)[1]
    except ValueError:
        return ""
