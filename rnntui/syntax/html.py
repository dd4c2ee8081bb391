"""HTML read tag by tag: html5lib's tokenizer, with the elements that are open on a stack (`elements`).

A fault is what the HTML standard calls a parse error, as far as it is a matter of tags, comments, character references
and nesting: a tag that cannot be read (quotes and names of attributes), an end tag of nothing that is open or of
something in which another is open, an end tag of an element that has none (`</br>`), `<b/>`, a start tag that ends an
element in which another is open. Tags that the standard's parser supplies itself may be missing (`</li>`, `<tbody>`).
No fault is a missing doctype, an unknown element, or what may stand in what. `docs/syntax.md` tells where this is
stricter or laxer than the standard.
"""

import re
from io import StringIO
from types import SimpleNamespace
from typing import Any

import html5lib
from html5lib.constants import E, tokenTypes

from rnntui.syntax import references
from rnntui.syntax.elements import Elements

LONGEST = 20_000  # characters of one tag; the tokenizer's time grows with their square
_TAGS = {tokenTypes["StartTag"], tokenTypes["EndTag"]}
_RAW = ("style", "xmp", "iframe", "noembed", "noframes")  # text alone until they are closed
_NO_FAULTS = (  # errors of the tokenizer: control characters, `a < b`, `<>`, `<?xml …?>`
    "invalid-codepoint",
    "expected-tag-name",
    "expected-tag-name-but-got-right-bracket",
    "expected-tag-name-but-got-question-mark",
)
_SECTION, _COMMENT = "<![CDATA[", "<!--"
_BEGUN = ("</", _COMMENT, "<!doctype", _SECTION.lower())
_NESTED = re.compile("<!--(?=[^>])")
_FOREIGN = SimpleNamespace(namespace="foreign")  # tells the tokenizer that <![CDATA[ may stand here
_LONE = re.compile("[\ud800-\udfff]")


def read(text: str) -> Elements:
    """The nesting of an HTML text at its end."""
    plain = _LONE.sub("�", text.replace("\r\n", " \n").replace("\r", "\n"))  # each position stays what it was
    tags = _Tags(plain)
    at: int | None = 0
    while at is not None:
        at = _Parser(tags, at).go_on()
    return tags.elements


class _TooLong(Exception):
    """A tag or comment goes on for longer than what the tokenizer can be trusted with."""


class _Source(StringIO):
    """The text from a place on, which stops where one construct takes too much of it."""

    def __init__(self, tags: "_Tags", begin: int) -> None:
        super().__init__(tags.text[begin:], newline="")
        self._tags, self._begin = tags, begin

    def read(self, size: int | None = -1, /) -> str:
        began = self._tags.text.find("<", self._tags.at)
        if 0 <= began < self._begin + self.tell() - LONGEST:
            raise _TooLong
        return super().read(size)


class _Parser(html5lib.HTMLParser):  # type: ignore[misc]
    """html5lib's parser with its tree left out: each token goes to `tags`."""

    def __init__(self, tags: "_Tags", begin: int) -> None:
        super().__init__()
        self._tags, self._begin = tags, begin
        self._lines = [begin, *(newline.end() for newline in re.compile("\n").finditer(tags.text, begin))]

    def go_on(self) -> int | None:
        """Read to the end, or to a tag or comment that is too long; where to begin anew after it."""
        try:
            self.parse(_Source(self._tags, self._begin))
        except _TooLong:
            return self._tags.skip()
        return None

    def mainLoop(self) -> None:
        for token in self.tokenizer:
            line, column = self.tokenizer.stream.position()
            at = min(self._lines[line - 1] + column, len(self._tags.text))
            if token["type"] == tokenTypes["ParseError"]:
                self._tags.error(token["data"], token.get("datavars", {}), at)
                continue
            self._tags.token(token, at)
            if token["type"] == tokenTypes["StartTag"] and self._read_as(token["name"]):
                return
            self.tree.openElements = [_FOREIGN] if self._tags.elements.innermost.is_foreign else []

    def _read_as(self, name: str) -> bool:
        """Let the tokenizer read what stands in an element as HTML has it; whether all of it is text, to the end."""
        element = self._tags.elements.innermost
        if element.name != name or element.is_foreign:
            return False
        if name == "script":
            self.tokenizer.state = self.tokenizer.scriptDataState
        elif name in _RAW:
            self.tokenizer.state = self.tokenizer.rawtextState
        elif name in ("title", "textarea"):
            self.tokenizer.state = self.tokenizer.rcdataState
        return name == "plaintext"


class _Tags:
    """The tags of a text in their order; `at` is the end of the last token."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.elements = text, 0, Elements()
        self.elements.start(0)
        self._judged = -1  # where the last character reference began

    # --- what cannot be read ----------------------------------------------------------------------------------------

    def error(self, code: str, values: dict[str, Any], at: int) -> None:
        """The tokenizer has met an error just before `at`."""
        if "entity" in code:
            self._reference(at)
        elif code not in _NO_FAULTS and "comment" not in code and "eof" not in code.lower():
            self._malformed(code, values, at)

    def _malformed(self, code: str, values: dict[str, Any], at: int) -> None:
        began = self._began()
        if self.text[began + 1 : began + 2].isalpha() and "<" in self.text[began + 1 : at - 1]:
            self.elements.fault(began, "the quote around an attribute's value is not closed before the next tag")
        elif at < len(self.text) or not _is_cut(self.text[began:].lower()):
            sentence = E.get(code, code) % values
            self.elements.fault(max(began, at - 1), sentence[0].lower() + sentence[1:].rstrip("."))

    def _reference(self, at: int) -> None:
        """Judge the character reference before `at` as the standard of today has it."""
        began = self.text.rfind("&", self.at, at)
        if began in (self._judged, -1):
            return
        self._judged = began
        sentence = references.fault(self.text, began, in_attribute=self._began() < began)
        if sentence is not None:
            self.elements.fault(began, sentence)

    def _comment(self, began: int, end: int) -> None:
        """Judge a comment as the standard of today has it: `--` may stand in it."""
        written = self.text[began:end]
        if written in ("<!-->", "<!--->"):
            self.elements.fault(began, f"{written} ends a comment before it began")
        elif written.startswith(_COMMENT) and (inner := _NESTED.search(written, len(_COMMENT))) is not None:
            self.elements.fault(began + inner.start(), "a comment begins inside a comment")
        elif written.startswith(_COMMENT) and written.endswith("--!>"):
            self.elements.fault(end - 4, "a comment ends with -->, not with --!>")

    def skip(self) -> int | None:
        """Leave a tag or comment that is too long; where to go on, `None` where it goes on to the end."""
        began = self._began()
        ending = ">"
        if self.text.startswith(_COMMENT, began):
            ending = "-->"
        elif self.text.startswith(_SECTION, began):
            ending = "]]>"
        else:
            self.elements.fault(began, f"a tag of more than {LONGEST:,} characters")
        end = self.text.find(ending, began + LONGEST)
        self.at = end + len(ending)
        return None if end < 0 else self.at

    def _began(self) -> int:
        """Where the tag began that is being read."""
        began = self.text.find("<", self.at)
        return began if began >= 0 else len(self.text)

    # --- what can ---------------------------------------------------------------------------------------------------

    def token(self, token: dict[str, Any], end: int) -> None:
        """Take in what ends before `end`: characters, a comment or a tag."""
        kind, began = token["type"], self._began()
        if kind == tokenTypes["Characters"]:
            self.elements.text()
        elif kind == tokenTypes["Comment"]:
            self._comment(began, end)
        elif kind in _TAGS:
            name = str(token["name"])
            self.elements.words[name] += 1
            if kind == tokenTypes["StartTag"]:
                self.elements.begin(name, began, is_closed=token["selfClosing"])
            else:
                self.elements.end(name, began)
        self.at = end


def _is_cut(tail: str) -> bool:
    """Whether this end of a text, from a `<` on, may be the beginning of something right."""
    return any(whole.startswith(tail) for whole in _BEGUN) or (tail.startswith("<!doctype") and ">" not in tail)
