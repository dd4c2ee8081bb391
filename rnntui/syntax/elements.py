"""The elements of HTML that are open: which tags end others unsaid, and which may not stand where they do.

As the HTML standard's parser has it (13.2.6, "in body" and the modes of tables): an end tag may be missing where the
parser supplies it without calling that an error, and a start tag too (`html`, `head`, `body`, `tbody`, `colgroup`).

Invariant: a tag costs a constant time and one step for each element that it ends.
"""

from collections import defaultdict
from dataclasses import dataclass

from rnntui.syntax.nesting import Nesting, OpenElement

WRAPPERS = ("html", "body")


def _names(written: str) -> frozenset[str]:
    return frozenset(written.split())


VOID = _names(
    """
    area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr
    """
)
# Their end tags are implied wherever an element around them ends.
IMPLIED = _names(
    """
    dd dt li optgroup option p rb rp rt rtc
    """
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CLOSING_P = HEADINGS | _names(
    """
    address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer
    form header hgroup hr li listing main menu nav ol p plaintext pre search section summary table ul xmp
    """
)
# Their end tags imply those of `IMPLIED`; the others' only those of `_SLIGHT`.
_BLOCKS = _CLOSING_P | frozenset(("applet", "button", "marquee", "object", "select", "template", "body"))
_SLIGHT = frozenset(["optgroup", "option", "rb", "rp", "rt", "rtc"])
_ITEMS = {"li": ("li",), "dd": ("dd", "dt"), "dt": ("dd", "dt")}
# At the top of the stack, these are ended by that start tag.
_ENDED = {
    "option": ("option",),
    **dict.fromkeys(("optgroup", "hr"), ("option", "optgroup")),
    **dict.fromkeys(("rb", "rtc"), ("rb", "rt", "rp", "rtc")),
    **dict.fromkeys(("rt", "rp"), ("rb", "rt", "rp")),
}
_ONCE = ("a", "button", "form", "nobr")  # none of them may be inside another of its name
_CELLS, _ROW, _SECTIONS = ("td", "th", "caption"), ("tr",), ("tbody", "thead", "tfoot")
_PARTS = {  # of a table; what the start tag of each ends, innermost first
    **dict.fromkeys(("td", "th"), (_CELLS,)),
    "tr": (_CELLS, _ROW),
    **dict.fromkeys((*_SECTIONS, "caption", "col", "colgroup"), (_CELLS, _ROW, _SECTIONS)),
}
_INSIDE = {  # a table, and its parts; what the end tag of each ends in it, innermost first
    "table": (_CELLS, _ROW, _SECTIONS),
    **dict.fromkeys(_SECTIONS, (_CELLS, _ROW)),
    "tr": (_CELLS,),
    **dict.fromkeys(_CELLS, ()),
}
_HEAD = _names(
    """
    html head base basefont bgsound link meta noframes noscript script style template title
    """
)
_FOREIGN = ("svg", "math")
# Elements of SVG and MathML in which HTML stands.
_INTEGRATION = _names(
    """
    foreignobject desc title annotation-xml mi mo mn ms mtext
    """
)
_SCOPES = _names(
    """
    applet caption html marquee object table td template th
    """
)
_STOPS_ITEM = _SCOPES | _CLOSING_P - {"address", "div", "p"} | {"body", "button", "select", "noscript", "iframe"}


@dataclass(frozen=True)
class Element(OpenElement):
    """An open element. Its numbers are places on the stack, itself included, -1 where there is none: of the innermost
    element that needs its end tag, that `</…>` does not reach beyond, that is a table, that is a paragraph to be ended
    by a block, and that may be a list's item.
    """

    needed: int = -1
    scope: int = -1
    table: int = -1
    paragraph: int = -1
    item: int = -1
    is_foreign: bool = False  # of SVG or MathML

    @property
    def holds_foreign(self) -> bool:
        return self.is_foreign and self.name not in _INTEGRATION


_GROUND = Element("", "", 0)


class Elements(Nesting[Element]):
    """The stack, and what of the document's frame may still be implied."""

    def __init__(self) -> None:
        super().__init__(WRAPPERS)
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        self._unsaid = {"html", "head", "body"}  # whose start tags may still have been left out
        self._bodies: set[int] = set()  # the tables in which a row implied a body
        self._columns = -1  # the table in which a column has just implied a group of them

    @property
    def innermost(self) -> Element:
        return self.frames[-1] if self.frames else _GROUND

    def open(self, frame: Element) -> None:
        self._places[frame.name].append(len(self.frames))
        super().open(frame)

    def drop(self) -> Element:
        frame = super().drop()
        self._places[frame.name].pop()
        return frame

    def _place(self, *names: str) -> int:
        """Of the innermost element with one of the names."""
        return max((self._places[name][-1] for name in names if self._places[name]), default=-1)

    def _drop_to(self, size: int) -> None:
        while len(self.frames) > size:
            self.drop()

    # --- text and start tags ----------------------------------------------------------------------------------------

    def text(self) -> None:
        """Characters other than white space: they belong to no head and no group of columns."""
        self._columns = -1
        self._leave("")
        if self.innermost.name in ("", "html"):
            self._unsaid.discard("head")

    def begin(self, name: str, position: int, *, is_closed: bool) -> None:
        """Take in a start tag; `<b/>` is one that `is_closed`."""
        if self.innermost.holds_foreign:
            self._push(name, position, is_foreign=True, is_closed=is_closed)
            return
        self._leave(name)
        self._make_way(name, position)
        self.start(position)
        self._note(name)
        if name in VOID:
            return
        is_foreign = name in _FOREIGN
        if is_closed and not is_foreign:
            self.fault(position, f"<{name}/> closes itself, and only void elements may")
        self._push(name, position, is_foreign=is_foreign, is_closed=is_closed)

    def _push(self, name: str, position: int, *, is_foreign: bool, is_closed: bool) -> None:
        if is_closed:
            return
        place, top = len(self.frames), self.innermost
        self.open(
            Element(
                name,
                f"<{name}>",
                position,
                needed=top.needed if name in IMPLIED and not is_foreign else place,
                scope=place if name in _SCOPES or is_foreign else top.scope,
                table=place if name in ("table", "template", "html") else top.table,
                paragraph=self._paragraph_in(name, is_foreign),
                item=place if name in _STOPS_ITEM or is_foreign else top.item,
                is_foreign=is_foreign,
            )
        )

    def _paragraph_in(self, name: str, is_foreign: bool) -> int:
        if name == "p" and not is_foreign:
            return len(self.frames)
        return -1 if name in _SCOPES or name == "button" or is_foreign else self.innermost.paragraph

    def _leave(self, name: str) -> None:
        """The head and a group of columns end before what has no place in them."""
        if self.innermost.name == "head" and name not in _HEAD:
            self.drop()
        if self.innermost.name == "colgroup" and name not in ("col", "template"):
            self.drop()

    def _make_way(self, name: str, position: int) -> None:
        """End what a start tag ends by itself."""
        tag = f"<{name}> begins"
        for group in _PARTS.get(name, ()):
            self._finish(group, tag, position)
        if name in _ITEMS and self._name_at(self.innermost.item) in _ITEMS[name]:
            self._end_at(self.innermost.item, tag, position)
        if name in _CLOSING_P and self.innermost.paragraph >= 0:
            self._end_at(self.innermost.paragraph, f"{tag} inside a <p>", position)
        while self.innermost.name in _ENDED.get(name, ()):
            self.drop()
        if name in HEADINGS and self.innermost.name in HEADINGS:
            self.fault(position, f"{tag} inside {self.drop().written}")
        elif name in _ONCE and self._place(name) > self.innermost.scope:
            self.fault(position, f"{tag} inside <{name}>")
            self.drop_through(name)

    def _name_at(self, place: int) -> str:
        return self.frames[place].name if place >= 0 else ""

    def _finish(self, names: tuple[str, ...], tag: str, position: int) -> None:
        """End the innermost element of one of these names in the table."""
        place = self._place(*names)
        if place > self.innermost.table:
            self._end_at(place, tag, position)

    def _end_at(self, place: int, tag: str, position: int) -> None:
        """End an element whose end tag was left out; a fault where something that needs its own is open in it."""
        needed = self.innermost.needed
        if needed > place:
            inside = " in it" if tag.endswith("<p>") else f" in {self.frames[place].written}"
            self.fault(position, f"{tag} while {self.frames[needed].written} is open{inside}")
        self._drop_to(place)

    def _note(self, name: str) -> None:
        """What a start tag says of the start tags that were left out."""
        self._columns = len(self.frames) - 1 if name == "col" and self.innermost.name == "table" else -1
        if name == "table":
            self._bodies.discard(len(self.frames))
        elif self.innermost.name == "table" and name in _PARTS:
            (self._bodies.add if name in ("tr", "td", "th") else self._bodies.discard)(len(self.frames) - 1)
        self._unsaid -= {"html", "head", "body"} if name == "body" else {name}
        if name not in _HEAD:
            self._unsaid.discard("head")

    # --- end tags ---------------------------------------------------------------------------------------------------

    def end(self, name: str, position: int) -> None:
        """Take in an end tag."""
        columns, self._columns = self._columns, -1
        if name in VOID:
            self.fault(position, f"</{name}>: such an element has no closing tag")
        elif name == "html":
            self._end_document(position)
        elif name in _INSIDE and not self.innermost.is_foreign:
            self._end_part(name, position)
        elif name == "colgroup" and columns >= 0:
            self.closed += 1
        elif name in self._unsaid:
            self._end_unsaid(name, position)
        elif not self.has(name):
            self.fault(position, f"</{name}> closes what was not opened")
        else:
            self._end_element(name, position)

    def _end_element(self, name: str, position: int) -> None:
        place, top = self._place(name), self.innermost
        if name in _BLOCKS:
            if top.needed <= place:
                self._drop_to(place + 1)
        else:
            if self.innermost.name != name:
                self._leave("")
            while self.innermost.name in _SLIGHT and self.innermost.name != name:
                self.drop()
        if len(self.frames) == place + 1:
            self.close()
            return
        self.fault(position, f"</{name}> closes while {self._in_the_way(place)} is open")
        if self.innermost.scope <= place:
            self._drop_to(place)

    def _in_the_way(self, place: int) -> str:
        top = self.innermost
        return self.frames[top.needed].written if top.needed > place else top.written

    def _end_part(self, name: str, position: int) -> None:
        """The end of a table, or of a part of the innermost one."""
        is_table, boundary = name == "table", self.innermost.table
        place = self._place(name)
        is_unsaid = name == "tbody" and place <= boundary and boundary in self._bodies
        if is_unsaid:
            place = boundary
        elif place < boundary or (place == boundary and not is_table) or place < 0:
            opened = self.has(name)
            way = f"closes while {self._in_the_way(place)} is open" if opened else "closes what was not opened"
            self.fault(position, f"</{name}> {way}")
            return
        self._leave("")
        for group in _INSIDE[name]:
            self._finish(group, f"</{name}> closes", position)
        if is_unsaid:
            self._bodies.discard(boundary)
        self._end_table_part(name, place, position, is_unsaid=is_unsaid)

    def _end_table_part(self, name: str, place: int, position: int, *, is_unsaid: bool) -> None:
        if self.innermost.needed > place:
            self.fault(position, f"</{name}> closes while {self._in_the_way(place)} is open")
            self._drop_to(place + is_unsaid)
            return
        self._drop_to(place + 1)
        if is_unsaid:
            self.closed += 1
        else:
            self.close()

    def _end_unsaid(self, name: str, position: int) -> None:
        """The end of a head or body whose start was left out."""
        self._unsaid -= {"head", name}
        if name == "body":
            self._leave("")
        ground = self._place("html")
        if self.innermost.needed > ground:
            self.fault(position, f"</{name}> closes while {self._in_the_way(ground)} is open")
        else:
            self.closed += 1
        self._drop_to(ground + 1)

    def _end_document(self, position: int) -> None:
        """The end of `html`, with what it implies; another document may follow."""
        ground = self._place("html")
        self._leave("")
        while self.innermost.name in IMPLIED or (self.innermost.name == "body" and len(self.frames) > ground + 1):
            self.drop()
        if ground < 0 and "html" not in self._unsaid:
            self.fault(position, "</html> closes what was not opened")
        elif len(self.frames) > ground + 1:
            self.fault(position, f"</html> closes while {self._in_the_way(ground)} is open")
        else:
            self.closed += 1
        self._drop_to(max(ground, 0))
        self._unsaid = {"head", "body"}
