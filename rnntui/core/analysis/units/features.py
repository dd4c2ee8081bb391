"""What may be said of each character of a text by what stands around it: the features that units are compared with.

A feature's value at a character is what a reader knows who has just read it, so an opening quote is inside the quotes
and the closing one is not; those of the next character alone look ahead. `FEATURES` is the whole table.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]  # (N,)
    Counts = NDArray[np.int64]  # (N,)
    Columns = NDArray[np.float32]  # (N, K)

LEAST = 10  # characters that must have, and must lack, what is yes or no
PAIRS = {")": "(", "]": "[", "}": "{", "）": "（", "］": "［", "】": "【", "〉": "〈", "》": "《"}
# By what opens them; where „ or » opens, the others of its kind close.
QUOTES = {"“": "”", "«": "»", "「": "」", "『": "』", "„": "“”", "»": "«"}
ALPHABETS = ("LATIN ", "GREEK ", "CYRILLIC ")
VOWELS = frozenset("aeiouаеиоуыэюяαεηιουω")
SENTENCE_ENDS = frozenset(".!?…。！？‽")
APOSTROPHES = frozenset("'’ʼ")
BEGIN_OR_END = re.compile(r"\\(begin|end)[ \t]*\{([^{}\n]{1,80})\}")
TAG = re.compile(r"<[/!?A-Za-z][^<>]*>")
WHOLE_DOCUMENT = "document"  # the environment that holds all of a LaTeX text


class AnnotatedText:
    """A text as an array, and what the features are made of."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        self._distinct, self._which = np.unique(self.codes, return_inverse=True)

    def __len__(self) -> int:
        return len(self.text)

    def are(self, test: Callable[[str], bool]) -> "Bools":
        """Where a character is of a kind."""
        if not len(self):
            return np.zeros(0, bool)
        known = np.array([test(chr(code)) for code in self._distinct], bool)
        return np.asarray(known[self._which])

    def among(self, characters: Iterable[str]) -> "Bools":
        """Where a character is one of these."""
        return np.isin(self.codes, [ord(character) for character in characters])

    @cached_property
    def blanks(self) -> "Bools":
        return self.are(str.isspace)

    @cached_property
    def newlines(self) -> "Bools":
        return self.among("\n")

    @cached_property
    def punctuation(self) -> "Bools":
        return self.are(lambda character: unicodedata.category(character)[0] == "P")

    @cached_property
    def in_words(self) -> "Bools":
        """Letters, digits and marks, and an apostrophe between two of them."""
        letters = self.are(lambda character: character.isalnum() or unicodedata.category(character)[0] == "M")
        between = self.among(APOSTROPHES) & _after(letters) & _before(letters)
        return np.asarray(letters | between)

    @cached_property
    def paragraph_ends(self) -> "Bools":
        """The newline at the end of each blank line."""
        last_newline = _latest(_after(self.newlines))
        return np.asarray(self.newlines & (_latest(~self.blanks) < last_newline))

    @cached_property
    def sentence_ends(self) -> "Bools":
        """A full stop and its like before a blank or a closing mark, and the end of a paragraph."""
        closed = _before(self.blanks | self.among("\"'”’)]»"))
        return np.asarray(self.among(SENTENCE_ENDS) & closed | self.paragraph_ends)

    @cached_property
    def line_starts(self) -> "Counts":
        """How many characters of its line stand before each."""
        return _since(_after(self.newlines))

    @cached_property
    def depth(self) -> "Counts":
        """How many pairs of brackets are open; a bracket without its other half is none of them."""
        opens = {ord(opening): opening for opening in PAIRS.values()}
        closes = {ord(closing): opening for closing, opening in PAIRS.items()}
        at = np.flatnonzero(np.isin(self.codes, [*opens, *closes])).tolist()
        codes = self.codes[at].tolist()
        marks = ((place, opens.get(code) or closes[code], code in opens) for place, code in zip(at, codes, strict=True))
        return self._nested(marks)

    @cached_property
    def environments(self) -> "Counts":
        r"""How many of `\begin{…}` are open, but for the document's own."""
        found = (match for match in BEGIN_OR_END.finditer(self.text) if match[2] != WHOLE_DOCUMENT)
        return self._nested((match.end() - 1, match[2], match[1] == "begin") for match in found)

    def _nested(self, marks: "Iterable[tuple[int, str, bool]]") -> "Counts":
        """How many pairs are open, of marks by place, kind and whether they open."""
        steps = np.zeros(len(self), np.int64)
        stack, waiting = list[tuple[int, str]](), dict[str, int]()
        for place, kind, opens in marks:
            if opens:
                stack.append((place, kind))
                waiting[kind] = waiting.get(kind, 0) + 1
            elif waiting.get(kind):
                while True:
                    begun, other = stack.pop()
                    waiting[other] -= 1
                    if other == kind:
                        break
                steps[begun] += 1
                steps[place] -= 1
        return np.cumsum(steps)

    @cached_property
    def in_quotes(self) -> "Bools":
        """Between quotes, until they close or the paragraph ends. Single ones count where there are no double ones."""
        straight = _odd(self.among('"'), self.paragraph_ends)
        pairs = _quotes_of(self.text)
        if not pairs and '"' not in self.text and "‘" in self.text:
            pairs = {"‘": "’"}
        inside = straight
        for opening, closing in pairs.items():
            closes = self.among(closing)
            if closing == "’":
                closes &= ~_before(self.in_words)  # elsewhere it is an apostrophe
            inside = inside | _between(self.among(opening), closes | self.paragraph_ends)
        if "``" in self.text and "''" in self.text:  # as TeX writes them
            ticks, marks = self.among("`"), self.among("'")
            inside = inside | _between(ticks & _after(ticks), marks & _after(marks) | self.paragraph_ends)
        return np.asarray(inside)

    @cached_property
    def in_dollars(self) -> "Bools":
        """Between dollars that close within their paragraph; two beside each other are one."""
        dollars = self.among("$")
        dollars &= ~_after(self.among("\\")) & ~_after(dollars)
        forward = _odd(dollars, self.paragraph_ends)
        paragraph = np.cumsum(_after(self.paragraph_ends))
        in_all = np.bincount(paragraph, dollars, minlength=1) if len(self) else np.zeros(1)
        seen = _count_since(dollars, self.paragraph_ends)
        return np.asarray(forward & (seen < in_all[paragraph]))

    @cached_property
    def in_tags(self) -> "Bools":
        steps = np.zeros(len(self), np.int64)
        for match in TAG.finditer(self.text):
            steps[match.start()] += 1
            steps[match.end() - 1] -= 1
        return np.cumsum(steps) > 0

    @cached_property
    def first_words(self) -> "Bools":
        """The first word of each sentence."""
        begins = self.in_words & ~_after(self.in_words)
        count = _count_since(begins, self.sentence_ends)
        return np.asarray(self.in_words & (count == 1))

    @cached_property
    def capitalised(self) -> "Bools":
        """Words that begin with a capital."""
        begins = _latest(self.in_words & ~_after(self.in_words))
        capitals = self.are(str.isupper)
        return np.asarray(self.in_words & (begins >= 0) & capitals[begins])


@dataclass(frozen=True)
class ContextFeature:
    """A row of the table: its name, what it is, and how it is found; a number, or yes and no."""

    name: str
    words: str
    values: Callable[[AnnotatedText], Any]  # (N,)


def _is_vowel(character: str) -> bool:
    return unicodedata.normalize("NFD", character)[0].casefold()[:1] in VOWELS


def _is_consonant(character: str) -> bool:
    has_vowels = unicodedata.name(character, "").startswith(ALPHABETS)
    return has_vowels and character.isalpha() and not _is_vowel(character)


FEATURES = (
    ContextFeature(
        "inside quotes", "“…”, \"…\", «…», „…“ or ``…''; the end of a paragraph closes them", lambda t: t.in_quotes
    ),
    ContextFeature("inside brackets", "(…), […] or {…} that close", lambda t: t.depth > 0),
    ContextFeature("bracket depth", "how many of them are open", lambda t: t.depth),
    ContextFeature(
        "inside an environment", r"\begin{…} … \end{…}, but for the document's own", lambda t: t.environments > 0
    ),
    ContextFeature("inside dollars", "$…$ within a paragraph", lambda t: t.in_dollars),
    ContextFeature("inside a tag", "<…>", lambda t: t.in_tags),
    ContextFeature("in a capitalised word", "a word that begins with a capital", lambda t: t.capitalised),
    ContextFeature(
        "in a sentence's first word", "since a full stop, or its like, or a blank line", lambda t: t.first_words
    ),
    ContextFeature("in the indentation", "blanks at the beginning of a line", lambda t: _indented(t)),
    ContextFeature("position in line", "characters since the newline", lambda t: t.line_starts),
    ContextFeature(
        "position in word",
        "letters and digits so far; 0 between words",
        lambda t: np.arange(len(t)) - _latest(~t.in_words),
    ),
    ContextFeature(
        "position in sentence", "characters since a full stop or its like", lambda t: _since(t.sentence_ends)
    ),
    ContextFeature("position in paragraph", "characters since a blank line", lambda t: _since(t.paragraph_ends)),
    ContextFeature("after a blank", "a blank, tab or newline was read last", lambda t: t.blanks),
    ContextFeature("after a newline", "a newline was read last", lambda t: t.newlines),
    ContextFeature("after punctuation", "a mark such as , or - was read last", lambda t: t.punctuation),
    ContextFeature("after a capital", "a capital was read last", lambda t: t.are(str.isupper)),
    ContextFeature("after a digit", "a digit was read last", lambda t: t.are(str.isdigit)),
    ContextFeature("vowel", "a vowel was read last, Latin, Greek or Cyrillic", lambda t: t.are(_is_vowel)),
    ContextFeature("consonant", "another letter of those alphabets was read last", lambda t: t.are(_is_consonant)),
    ContextFeature("next is a blank", "a blank, tab or newline comes next", lambda t: _before(t.blanks)),
    ContextFeature("next is a newline", "a newline comes next", lambda t: _before(t.newlines)),
    ContextFeature("next is punctuation", "a mark comes next", lambda t: _before(t.punctuation)),
    ContextFeature("next is a capital", "a capital comes next", lambda t: _before(t.are(str.isupper))),
)


@dataclass(frozen=True, eq=False)
class MeasuredFeatures:
    """The features of a text by name, as columns `(N, K)`; `are_marks` says which are yes or no.

    `left_out` are those that tell nothing of this text, with the reason.
    """

    names: tuple[str, ...]
    columns: "Columns"
    are_marks: tuple[bool, ...]
    left_out: dict[str, str]

    def at(self, places: "Counts | None") -> "MeasuredFeatures":
        """The features at some of the characters; `None` are all."""
        return self if places is None else replace(self, columns=self.columns[places])

    @property
    def averages(self) -> list[float]:
        """The share of the characters that have each, or the mean of a number."""
        return [float(mean) for mean in self.columns.mean(0, dtype=np.float64)]


def measure_features(text: str, covered: Mapping[str, bytes] | None = None) -> MeasuredFeatures:
    """Every feature of a text; first, by their expressions, which characters the matches of a pattern cover
    (`system.pattern`).
    """
    return collect_features(len(text), _every(AnnotatedText(text), covered or {}))


def collect_features(count: int, every: "Iterable[tuple[str, Any]]") -> MeasuredFeatures:
    """Features by name, `(count,)` each: Booleans where they are yes or no. What tells nothing is left out."""
    names, columns, are_marks, left_out = list[str](), list[Any](), list[bool](), dict[str, str]()
    for name, values in every:
        if reason := _why_left_out(values):
            left_out[name] = reason
        else:
            names.append(name)
            columns.append(values)
            are_marks.append(values.dtype == bool)
    held = np.zeros((count, len(names)), np.float32)
    for k, values in enumerate(columns):
        held[:, k] = values
    return MeasuredFeatures(tuple(names), held, tuple(are_marks), left_out)


def _every(text: AnnotatedText, covered: Mapping[str, bytes]) -> Iterator[tuple[str, Any]]:
    for expression, marks in covered.items():
        yield expression, np.frombuffer(marks, np.uint8) > 0
    for feature in FEATURES:
        if feature.name not in covered:
            yield feature.name, feature.values(text)


def _why_left_out(values: Any) -> str:
    if values.dtype != bool:
        return "" if len(values) and values.max() > values.min() else "it is the same throughout"
    has = int(values.sum())
    if has < LEAST:
        return "it does not occur" if not has else f"it occurs at {has} character{'s' if has > 1 else ''} only"
    return "it is so almost throughout" if len(values) - has < LEAST else ""


# --- runs of characters ---------------------------------------------------------------------------------------------


def _after(marks: "Bools") -> "Bools":
    """Where the character before is marked."""
    shifted = np.zeros_like(marks)
    shifted[1:] = marks[:-1]
    return shifted


def _before(marks: "Bools") -> "Bools":
    """Where the next character is marked."""
    shifted = np.zeros_like(marks)
    shifted[:-1] = marks[1:]
    return shifted


def _latest(marks: "Bools") -> "Counts":
    """The place of the last mark so far, -1 before the first."""
    places = np.where(marks, np.arange(len(marks)), -1)
    return np.asarray(np.maximum.accumulate(places)) if len(marks) else places


def _since(marks: "Bools") -> "Counts":
    """How many characters ago the last mark was, 0 at a mark; before the first, those so far."""
    here = np.arange(len(marks))
    latest = _latest(marks)
    return np.where(latest < 0, here, here - latest)


def _between(opens: "Bools", closes: "Bools") -> "Bools":
    """From each opening on until a closing."""
    return np.asarray(_latest(opens) > _latest(closes))


def _count_since(marks: "Bools", resets: "Bools") -> "Counts":
    """How many marks there were since the last reset, the present one included."""
    count = np.cumsum(marks)
    latest = _latest(resets)
    return np.where(latest < 0, count, count - count[latest])


def _odd(marks: "Bools", resets: "Bools") -> "Bools":
    """Where an odd number of marks was read since the last reset."""
    return np.asarray(_count_since(marks, resets) % 2 == 1)


def _quotes_of(text: str) -> dict[str, str]:
    """The quotes that a text has: of those that other languages turn around, the kind whose opening comes first."""
    found = {opening: closing for opening, closing in QUOTES.items() if opening in text}
    if "„" in found:
        found.pop("“", None)
    if "«" in found and "»" in found:
        found.pop("«" if text.index("»") < text.index("«") else "»")
    return found


def _indented(text: AnnotatedText) -> "Bools":
    begun = _latest(~text.blanks) > _latest(text.newlines)  # something else of the line was read
    return np.asarray(text.blanks & ~text.newlines & ~begun)
