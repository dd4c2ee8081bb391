"""HTML read tag by tag: html5lib's tokenizer, with the names of what is open on a stack.

A fault is: what the HTML standard calls a parse error within a tag (quotes and names of attributes, `<` before what is
no name), a `<` in an attribute's value (the quote before it was not closed), a closing tag of nothing that is open, or
of something in which another is open, a closing tag of an element that has none (`</br>`), `<b/>`, and a block that
begins inside a paragraph in which something else is open. End tags that HTML lets one leave out may be missing
(`</li>`, `</p>`, …). No fault is a missing doctype, an unknown element, what may stand in what, a misspelt entity.
"""

import re
from io import StringIO
from typing import Any

import html5lib
from html5lib.constants import E, tokenTypes, voidElements
from html5lib.filters.optionaltags import Filter

from rnntui.syntax.nesting import Nesting

WRAPPERS = ("html", "body")
LONGEST = 20_000  # characters of one tag; the tokenizer's time grows with their square
_TAGS = {tokenTypes["StartTag"], tokenTypes["EndTag"]}
_RAW = ("style", "xmp", "iframe", "noembed", "noframes")  # text alone until they are closed
_FOREIGN = ("svg", "math")  # where every element may close itself
# The edges of a paragraph's scope: inside them another paragraph is no part of the one around.
_SCOPES = {"html", "table", "td", "th", "caption", "button", "object", "applet", "marquee", "template", *_FOREIGN}
_OF_CHARACTERS = ("invalid-codepoint", "entity")  # parts of the names of errors that are none of tags
_LONE = re.compile("[\ud800-\udfff]")
_optional_end = Filter(()).is_optional_end


def read(text: str) -> Nesting:
    """The nesting of an HTML text at its end."""
    plain = _LONE.sub("�", text.replace("\r\n", " \n").replace("\r", "\n"))  # each position stays what it was
    tags = _Tags(plain)
    at: int | None = 0
    while at is not None:
        at = _Parser(tags, at).go_on()
    return tags.nesting


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
        self._lines = [begin, *(found.end() for found in re.compile("\n").finditer(tags.text, begin))]

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
            if token["type"] in _TAGS:
                self._tags.tag(token, at)
            self._tags.at = at
            if token["type"] == tokenTypes["StartTag"]:
                self._read_as(token["name"])

    def _read_as(self, name: str) -> None:
        """Let the tokenizer read what stands in an element as HTML has it."""
        if name == "script":
            self.tokenizer.state = self.tokenizer.scriptDataState
        elif name in _RAW:
            self.tokenizer.state = self.tokenizer.rawtextState
        elif name in ("title", "textarea"):
            self.tokenizer.state = self.tokenizer.rcdataState


class _Tags:
    """The tags of a text in their order; `at` is the end of the last token."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.nesting = text, 0, Nesting(WRAPPERS)
        self.nesting.start(0)

    # --- what cannot be read ----------------------------------------------------------------------------------------

    def error(self, code: str, values: dict[str, Any], at: int) -> None:
        """The tokenizer has met an error just before `at`."""
        if any(part in code for part in _OF_CHARACTERS):
            return
        began = self._began()
        tail = self.text[began:].lower() if at >= len(self.text) else ""
        if "eof" in code.lower():
            if "attribute-value" in code and "<" in tail[1:]:
                self._unclosed_quote(began)
        elif self.text[began + 1 : began + 2].isalpha() and "<" in self.text[began + 1 : at - 1]:
            self._unclosed_quote(began)
        elif not _is_cut(tail):
            sentence = E.get(code, code) % values
            self.nesting.fault(max(began, at - 1), sentence[0].lower() + sentence[1:].rstrip("."))

    def skip(self) -> int | None:
        """Leave a tag or comment that is too long; where to go on, `None` where it goes on to the end."""
        began = self._began()
        ending = "-->" if self.text.startswith("<!--", began) else ">"
        if ending == ">":
            self.nesting.fault(began, f"a tag of more than {LONGEST:,} characters")
        end = self.text.find(ending, began + LONGEST)
        self.at = end + len(ending)
        return None if end < 0 else self.at

    def _began(self) -> int:
        """Where the tag began that is being read."""
        return max(self.text.find("<", self.at), self.at)

    def _unclosed_quote(self, began: int) -> None:
        self.nesting.fault(began, "the quote around an attribute's value is not closed before the next tag")

    # --- tags -------------------------------------------------------------------------------------------------------

    def tag(self, token: dict[str, Any], end: int) -> None:
        """Take in a tag that ends before `end`."""
        name, began = str(token["name"]), self._began()
        self.nesting.words[name] += 1
        if any("<" in value for value in dict(token["data"]).values()):
            self._unclosed_quote(began)
        if token["type"] == tokenTypes["StartTag"]:
            self._open(name, began, is_closed=token["selfClosing"])
        else:
            self._close(name, began)

    def _open(self, name: str, began: int, *, is_closed: bool) -> None:
        nesting = self.nesting
        self._end_implied(name)
        if (paragraph := self._paragraph()) >= 0 and _ends("p", "StartTag", name):
            inner = nesting.frames[-1].written
            nesting.fault(began, f"<{name}> begins inside a <p> while {inner} is open in it")
            while len(nesting.frames) > paragraph:
                nesting.drop()
        nesting.start(began)
        if name in voidElements:
            return
        if is_closed:
            if not any(nesting.has(each) for each in _FOREIGN):
                nesting.fault(began, f"<{name}/> closes itself, which only void elements do")
            return
        place = len(nesting.frames)
        around = place if name == "p" else -1 if name in _SCOPES else self._paragraph()
        nesting.open(name, f"<{name}>", began, around)

    def _paragraph(self) -> int:
        """The place of the open `<p>` in scope; -1 where there is none."""
        return self.nesting.top.around if self.nesting.top is not None else -1

    def _end_implied(self, name: str) -> None:
        """End what a start tag ends by itself: `<li>` a list item and the paragraph in it."""
        frames, last = self.nesting.frames, -1
        for place in range(len(frames) - 1, -1, -1):
            if _ends(frames[place].name, "StartTag", name):
                last = place
            if not _ends(frames[place].name, "EndTag", ""):
                break
        while 0 <= last < len(frames):
            self.nesting.drop()

    def _close(self, name: str, began: int) -> None:
        nesting = self.nesting
        if name in voidElements:
            nesting.fault(began, f"</{name}>: such an element has no closing tag")
            return
        if not nesting.has(name):
            nesting.fault(began, f"</{name}> closes what was not opened")
            return
        while nesting.frames[-1].name != name and _ends(nesting.frames[-1].name, "EndTag", name):
            nesting.drop()
        if nesting.frames[-1].name == name:
            nesting.close()
            return
        nesting.fault(began, f"</{name}> closes while {nesting.frames[-1].written} is open")
        nesting.drop_through(name)


def _ends(name: str, kind: str, following: str) -> bool:
    """Whether HTML lets one leave out the end tag of an element before that start or end tag."""
    if name == "body":
        return kind == "EndTag" and following == "html"
    if name == "head":
        return following == "body"
    if name == "html" or following == "col":
        return False
    return bool(_optional_end(name, {"type": kind, "name": following}))


def _is_cut(tail: str) -> bool:
    """Whether this end of a text, from a `<` on, may be the beginning of something right."""
    if not tail:
        return False
    return any(whole.startswith(tail) for whole in ("</", "<!--", "<!doctype")) or (
        tail.startswith("<!doctype") and ">" not in tail
    )
