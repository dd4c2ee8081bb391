"""`rnntui units`: what each unit of a trained network follows in a text, as tables, JSON, a figure or a picture."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from rnntui import corpora
from rnntui.commands import input_text
from rnntui.commands.network_names import say_checkpoints
from rnntui.commands.progress import waiting
from rnntui.commands.progress.counting import Counting
from rnntui.config import spec
from rnntui.corpora.baselines import shown
from rnntui.corpora.decoding import lowered
from rnntui.probes import CORRELATION, Measure
from rnntui.runs.networks import NetworkSpec
from rnntui.system import pattern
from rnntui.system.output import as_json, say
from rnntui.text.format import counted, listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from rnntui.commands.units_similar import SimilarPlaces
    from rnntui.core.analysis.units.survey import FollowedFeature, UnitSurvey
    from rnntui.core.generation.loading import TextModel

FEATURE = "--feature"
TOP, DRAWN, PRINTED = 20, 6, 3  # units that are listed, of these drawn, and drawn for print
READ, MOST_READ = 100_000, 2_000_000  # characters
FEW = 1_000  # characters, in which a unit may follow anything
PASSAGE, STRIP = 320, 40  # characters of a picture, and of a row in a table


def measure(name: str) -> Measure:
    """The measure of that name. Raises `ValueError`."""
    found = next((each for each in get_args(Measure) if each == name), None)
    if found is None:
        raise ValueError(f"--by {name!r} is unknown: there are {' and '.join(get_args(Measure))}")
    return found  # type: ignore[no-any-return]


@dataclass(frozen=True)
class UnitsRequest:
    """Which units of a network are compared with what, and what becomes of it."""

    patterns: tuple[str, ...] = ()
    layer: int | None = None
    state: str | None = None
    top: int = TOP
    characters: int = READ
    similar: str | None = None  # where the state is looked for elsewhere as it is after this first occurs
    unit: int | None = None  # of the one state that was chosen
    figure: Path | None = None
    svg: Path | None = None
    wants_json: bool = False
    by: Measure = CORRELATION

    def check(self) -> None:
        """Raise `ValueError`, naming the option, for what cannot be done, before anything is read."""
        for expression in self.patterns:
            pattern.check(expression, FEATURE)
        if self.top < 1:
            raise ValueError(f"--top must be at least 1, not {self.top}")
        if not 2 <= self.characters <= MOST_READ:
            raise ValueError(f"--characters must be at least 2 and at most {MOST_READ:,}, not {self.characters:,}")
        if self.similar == "":
            raise ValueError("--similar is empty: give some characters of the text, and the place is after them")
        if self.unit is not None and self.similar is None:
            raise ValueError("--unit is for --similar: it says which unit is to be as it is there")
        if self.svg is not None:
            from rnntui.commands.text_picture import check_file as check_picture

            check_picture(self.svg)
        if self.figure is not None:
            from rnntui.plots import check_file

            check_file(self.figure)


@dataclass(frozen=True)
class ReadText:
    """A text that a network reads: what it is, and its characters that the network knows, with their places in it."""

    what: str
    whole: str
    text: str
    places: "NDArray[np.int64] | None"  # `None` where it knows all
    left_out: Mapping[str, int]
    notes: tuple[str, ...]  # of how it was decoded


@dataclass(frozen=True, eq=False)
class Passage:
    """A part of a text, and the states `(characters, U)` there."""

    text: str
    states: "NDArray[np.float32]"


@dataclass(frozen=True, eq=False)
class FoundUnits:
    """What came out; a passage of the text is drawn, and a short one is shown in tables."""

    network: NetworkSpec
    read: "TextModel"
    given: ReadText
    survey: "UnitSurvey"
    by_feature: "list[FollowedFeature]"
    ranked: "list[FollowedFeature]"
    passage: "Passage"
    strip: "Passage"
    similar: "SimilarPlaces | None" = None

    @property
    def title(self) -> str:
        return f"{self.network.in_words([(self.read.step, self.read.weights)])} · {self.given.what}"


def run(network: NetworkSpec, file: str | None, request: UnitsRequest, encoding: str = "") -> None:
    """Read a text, or the held-out part of the run's corpus, and print which unit follows what.

    Raises `ValueError` for a run without a checkpoint, a text that is gone or has nothing to follow, and for what was
    asked that cannot be.
    """
    request.check()
    found = find_units(network, file, request, encoding)
    from rnntui.commands.units_report import as_columns, facts, tell, tell_places

    if request.wants_json:
        print(as_json(facts(found, request.top)))
    elif found.similar is not None:
        tell_places(found.title, found.similar)
    else:
        tell(found, request.top, asked=bool(request.patterns))
    drawn = found.by_feature if not request.patterns else found.ranked
    drawn = drawn[: min(DRAWN, request.top)]
    if request.svg is not None:
        from rnntui.commands.units_picture import draw

        draw(request.svg, found.title, found.passage.text, as_columns(found, drawn))
        say(f"drawn: {request.svg}")
    if request.figure is not None:
        from rnntui.plots.units import draw_units

        draw_units(request.figure, found.title, found.passage.text, as_columns(found, drawn))


# --- what is read ---------------------------------------------------------------------------------------------------


def find_units(network: NetworkSpec, file: str | None, request: UnitsRequest, encoding: str = "") -> FoundUnits:
    """What each unit follows in a text, in the held-out part of the run's corpus, or in sequences of another task.

    Raises as `run`.
    """
    if not spec(network.run.settings()).has_corpus:
        from rnntui.commands.units_sequences import find_sequences

        return find_sequences(network, file, request, encoding)
    from rnntui.core.analysis.units.features import measure_features
    from rnntui.core.analysis.units.states import groups, states_at
    from rnntui.core.analysis.units.survey import telling_passage
    from rnntui.core.generation.loading import read_text_model

    read = read_text_model(network.run, network.step)
    chosen = groups(read.model, request.layer, request.state)
    given = _given(network, file, request.characters, encoding, read.vocabulary)
    say_checkpoints([(network, [(read.step, read.weights)])])
    with waiting.named("looking for the features in the text"):
        covered = {each: pattern.covered(each, given.whole, FEATURE) for each in request.patterns}
        features = measure_features(given.whole, covered).at(given.places)
    for expression in request.patterns:
        if expression in features.left_out:
            raise ValueError(f"{FEATURE} '{expression}': {features.left_out[expression]} in {given.what}")
    if not features.names:
        raise ValueError(f"{given.what} has nothing that a unit could follow: give a longer text")
    if request.similar is not None:
        from rnntui.commands.units_similar import check

        check(given, chosen, request.similar, request.unit)
    if len(given.text) < FEW:
        say(f"only {counted(len(given.text), 'character')}: what units follow in so few may be chance")
    characters = _encoded(given.text, read.vocabulary)
    survey = _surveyed(read, characters, features, chosen, len(given.text)).ranked_by(request.by)
    asked = [features.names.index(expression) for expression in request.patterns] or None
    ranked, by_feature = survey.ranked(asked), survey.best_units()
    if not ranked:
        raise ValueError(f"no unit of {network.name} moves with this text: the network has diverged or learned nothing")
    column = features.columns[:, (ranked if asked else by_feature)[0].feature]

    def passage(length: int) -> Passage:
        begin = telling_passage(column, given.text, length)
        end = min(len(given.text), begin + length)
        return Passage(given.text[begin:end], states_at(read.model, characters, chosen, begin, end))

    similar = None
    if request.similar is not None:
        from rnntui.commands.units_similar import find

        similar = find(read.model, characters, given, survey, request.similar, request.unit)
    return FoundUnits(network, read, given, survey, by_feature, ranked, passage(PASSAGE), passage(STRIP), similar)


def _given(network: NetworkSpec, file: str | None, most: int, encoding: str, vocabulary: str) -> ReadText:
    """The text to be read, at most so many characters of it."""
    if file is None:
        if encoding:
            raise ValueError("--encoding is for a FILE: the run's own corpus is read as it was learned")
        with waiting.reading(network.run.settings().corpus) as progress:
            corpus = corpora.of_run(network.run, progress)
        what, whole, notes = f"the held-out part of {corpus.name}", corpus.held_out_beginning(most), corpus.notes
        count = corpus.length - corpus.trained_on
    else:
        decoded = input_text.read(file, encoding)
        whole, notes = lowered(decoded.text) if network.lower else decoded.text, decoded.notes
        what, count = "standard input" if file == input_text.STANDARD_INPUT else file, len(whole)
        whole = whole[:most]
    if count > len(whole):
        what = f"the first {len(whole):,} of {count:,} characters of {what}"
    return _known(what, whole, vocabulary, notes)


def _known(what: str, whole: str, vocabulary: str, notes: tuple[str, ...]) -> ReadText:
    """A text without the characters that the network lacks. Raises `ValueError` where fewer than 2 are left."""
    import numpy as np

    known = set(vocabulary)
    left_out = Counter(character for character in whole if character not in known)
    text = "".join(character for character in whole if character in known) if left_out else whole
    if len(text) < 2:
        raise ValueError(f"{what} has {counted(len(text), 'character')} that the network knows: give a longer text")
    if not left_out:
        return ReadText(what, whole, text, None, left_out, notes)
    each = listed([f"{shown(character)} ×{times:,}" for character, times in left_out.most_common()])
    say(f"left out: {counted(left_out.total(), 'character')} not in the network's corpus: {each}")
    places = np.array([k for k, character in enumerate(whole) if character in known])
    return ReadText(what, whole, text, places, left_out, notes)


def _encoded(text: str, vocabulary: str) -> "Tensor":
    from rnntui.core.tasks.text import encode

    return encode(text, tuple(vocabulary))


def _surveyed(read: "TextModel", characters: "Tensor", features: Any, chosen: Any, total: int) -> "UnitSurvey":
    from rnntui.core.analysis.units.survey import UnitSurvey, survey_units

    done, survey = 0, None
    with Counting("reading", total) as progress:
        for told in survey_units(read.model, characters, features, chosen):
            if isinstance(told, UnitSurvey):
                survey = told
            elif told > done:
                progress.advance(told - done)
                done = told
    assert survey is not None
    return survey
