"""The corpus that a trained run learned, known by the hash of its bytes, wherever it lies now."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from rnntui.config import Settings, spec
from rnntui.corpora.catalogue import fetchable
from rnntui.corpora.corpus import Corpus
from rnntui.corpora.decoding import WESTERN, codec_of
from rnntui.corpora.folders import flat_texts_in
from rnntui.corpora.parts import How, Part, Progress, beginning_of, parts_of, total_size
from rnntui.corpora.places import CorpusSource, find, listing
from rnntui.corpora.reading import fingerprint, hash_of, is_large, load, load_parts
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
    """Where a run's corpus is: where it was (`here`), there at the beginning of a longer text (`grown`), elsewhere
    (`moved`), or no longer (`changed`, `gone`).

    `unknown`: the run has not begun, and so no hash is known. `place` is what `load` takes, `sha256` what is there now.
    """

    state: Literal["here", "grown", "moved", "changed", "gone", "unknown"]
    place: str
    sha256: str = ""
    learned: int = 0  # bytes, where the text has grown
    parts: tuple[Part, ...] | None = field(default=None, compare=False, repr=False)  # of a text that is here or grown

    @property
    def growth(self) -> str:
        """What is said where the text has grown since it was learned, else empty."""
        beginning = f"its first {self.learned:,} bytes are the corpus, as before"
        return f"the corpus has grown since this run began: {beginning}" if self.state == "grown" else ""


def of_run(run: Trained, progress: Progress | None = None) -> Corpus:
    """The corpus that a run learned, as it learned it: in the same encoding, lower case where the run says so.

    It is looked for where it was, then among what `rnntui corpora` lists; of a text that has grown since it is the
    beginning. Raises `ValueError` for a run of another task and where the corpus has changed or is gone.
    """
    return _loaded(run, locate(run), progress)


def of_data(place: str, settings: Settings, data: CorpusFacts, progress: Progress | None = None) -> Corpus:
    """The corpus at a place as the run learned it whose `config.json` has that `data`; raises as `load`."""
    source = find(place)
    if data.sha256 and (corpus := _whole_at(source, settings, data, progress)) is not None:
        return corpus
    parts = _parts_at(source, data) if data.sha256 else None
    if parts is None:
        return load(place, settings.lower, progress, settings.encoding)
    return load_parts(source, parts, how_learned(settings, data), progress)


def _whole_at(source: CorpusSource, settings: Settings, data: CorpusFacts, progress: Progress | None) -> Corpus | None:
    """The corpus at a place where all of it is what the run learned: hashed as it is read, and not before."""
    if source.path is None or total_size(parts := parts_of(source.path)) != _size(data):
        return None
    corpus = load_parts(source, parts, how_learned(settings, data), progress)
    return corpus if corpus.sha256 == data.sha256 else None


def _loaded(run: Trained, where: Whereabouts, progress: Progress | None) -> Corpus:
    """The corpus that was found, its bytes not hashed once more where they are known to be the ones."""
    settings, data = run.settings(), run.config().data
    if where.parts is None:
        return of_data(where.place, settings, data, progress)
    return load_parts(find(where.place), where.parts, how_learned(settings, data), progress)


def how_learned(settings: Settings, data: CorpusFacts) -> How:
    """In what way a run's bytes became text. Before guesses were kept, what is not UTF-8 was taken for Western."""
    if settings.encoding or not data.sha256:
        return How(settings.lower, settings.encoding and codec_of(settings.encoding))
    return How(settings.lower, WESTERN) if data.guesses is None else How(settings.lower, guesses=data.guesses)


def prepare(run: Trained, progress: Progress) -> None:
    """Make the tokens of a run's corpus where they are needed and not there; else nothing. Raises as `of_run`."""
    if not spec(run.settings()).has_corpus:
        return
    where = locate(run)
    if (path := find(where.place).path) is not None and is_large(path):
        _loaded(run, where, progress)


def place_of_run(run: Trained) -> str:
    """A name that `load` takes for the corpus that a run learned. Raises as `of_run`."""
    return locate(run).place


def locate(run: Trained) -> Whereabouts:
    """Where the corpus is that a run learned. Raises as `of_run`."""
    settings = run.settings()
    if not spec(settings).has_corpus:
        raise ValueError(f"run {run.name!r} was trained on {settings.task}s, not text: it has no corpus")
    data = run.config().data
    where = whereabouts(data, settings)
    if where.state == "changed":
        raise ValueError(changed(run.name, where.place, data.sha256, where.sha256))
    if where.state == "gone":
        raise ValueError(
            f"the corpus of run {run.name!r} is no longer there: {settings.corpus!r} "
            f"(sha256 {short(data.sha256)}): {_way_back(data.sha256)}"
        )
    return where


def whereabouts(data: CorpusFacts, settings: Settings) -> Whereabouts:
    """Where the corpus is that `config.json`'s `data` tells of. What was recorded without a hash counts as here."""
    wanted = data.sha256
    if not wanted:
        return Whereabouts("unknown", settings.corpus)
    now = ""
    with suppress(ValueError):
        source = find(settings.corpus)
        if (parts := _parts_at(source, data)) is not None:
            is_all = source.path is None or _is_all(source.path, parts)
            return Whereabouts("here" if is_all else "grown", settings.corpus, wanted, total_size(parts), parts)
        now = fingerprint(source)[1]
    for entry in listing():
        if entry.is_here and _may_be(entry.size, data):
            with suppress(ValueError):
                if (parts := _parts_at(CorpusSource(entry.name, entry.path), data)) is not None:
                    place = entry.name if entry.path is None else str(entry.path.resolve())
                    return Whereabouts("moved", place, wanted)
    return Whereabouts("changed" if now else "gone", settings.corpus, now)


def _parts_at(source: CorpusSource, data: CorpusFacts) -> tuple[Part, ...] | None:
    """The files at a place that hold the bytes that a run learned, at their beginning; `None` where they do not.

    Of a built-in text there are none. Earlier versions took fewer files of a folder. Raises `ValueError` where the
    files cannot be read.
    """
    wanted, size = data.sha256, _size(data)
    if source.path is None:
        return () if fingerprint(source)[1] == wanted else None
    ways = [parts_of(source.path)]
    if source.path.is_dir():
        ways.append(parts_of(source.path, flat_texts_in(source.path)))
    for parts in ways:
        if (size is None or total_size(parts) == size) and hash_of(source.path, parts) == wanted:
            return tuple(parts)
    for parts in ways:
        if size and size < total_size(parts) and hash_of(source.path, beginning_of(parts, size)) == wanted:
            return tuple(beginning_of(parts, size))
    return None


def _is_all(path: Path, parts: Sequence[Part]) -> bool:
    """Whether those are all the bytes of what lies there, in the files that some version takes of a folder."""
    size = total_size(parts)
    flat = [parts_of(path, flat_texts_in(path))] if path.is_dir() else []
    return any(total_size(way) == size for way in (parts_of(path), *flat))


def changed(run: str, place: str, then: str, now: str) -> str:
    """The sentence for a corpus that is no longer what a run learned."""
    return (
        f"corpus {place!r} has changed since run {run!r} learned it (sha256 {short(then)} then, {short(now)} now): "
        f"{_way_back(then)}"
    )


def check_same_here(name: str, sha256: str) -> None:
    """Raise `ValueError` where a corpus of that name is another text on this machine, or none."""
    now = fingerprint(find(name))[1]
    if now != sha256:
        raise ValueError(
            f"corpus {name!r} on {socket.gethostname()} is not the text that the sweep was begun with (sha256 "
            f"{short(now)}, not {short(sha256)}): {_way_back(sha256)}"
        )


def short(sha256: str) -> str:
    """The first digits of a hash: `46a1dc…`."""
    return f"{sha256[:SHOWN]}…"


def _way_back(sha256: str) -> str:
    known = next((text.name for text in fetchable().values() if text.sha256 == sha256), None)
    if known is not None:
        return f"put that text back, or fetch it with `rnntui corpora get {known}`"
    return "put that text back, or put a copy of it into the corpora folder under any name"


def _may_be(size: int, data: CorpusFacts) -> bool:
    """Whether a text of so many bytes can be the one; a run recorded before they were kept has the hash alone."""
    wanted = _size(data)
    return wanted is None or size >= wanted


def _size(data: CorpusFacts) -> int | None:
    """The bytes of a run's text, where they are known."""
    if data.size is not None:
        return data.size
    return next((text.size for text in fetchable().values() if text.sha256 == data.sha256), None)
