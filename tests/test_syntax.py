"""Well-formed LaTeX and HTML told from broken, whatever the text."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from syntax_cases import HTML_FAULTY, HTML_LAXER, HTML_VALID, LATEX_FAULTY, LATEX_LAXER, LATEX_STRICTER, LATEX_VALID

from rnntui.syntax import Kind, baseline, check, kind_of, known
from rnntui.syntax.html import LONGEST
from rnntui.syntax.place import in_place

VALID: dict[Kind, list[str]] = {"latex": LATEX_VALID + LATEX_LAXER, "html": HTML_VALID + HTML_LAXER}
FAULTY = [("latex", *case) for case in LATEX_FAULTY + LATEX_STRICTER] + [
    *(("html", *case) for case in HTML_FAULTY),
    ("html", f"<a {'x' * 3 * LONGEST}><b></b></i>", 0, "a tag of more than"),
]
CUT = [  # what the end cuts in two, and what is open then
    ("latex", r"x \beg", ()),
    ("latex", "x \\", ()),
    ("latex", r"\begin", ()),
    ("latex", r"\begin{ali", ()),
    ("latex", "$$a$", ("$$",)),
    ("latex", r"\begin{verbatim} }", (r"\begin{verbatim}",)),
    ("html", "<b>x<", ("<b>",)),
    ("html", "<b>x</", ("<b>",)),
    ("html", "<a hre", ()),
    ("html", '<a href="x', ()),
    ("html", "<br /", ()),
    ("html", "<!DOCTY", ()),
    ("html", "<!-- x", ()),
    ("html", "<script> a < b </scr", ("<script>",)),
]
PIECES: dict[str, list[str]] = {
    "latex": [*r"\{}[]$%", "\n", "\n\n", " a", r"\begin{a}", r"\end{a}", r"\(", r"\]", r"\def", r"\verb|", "$$"],
    "html": [*"<>/=\"'!-&; a\n\r\0", "<b>", "</b>", "<p>", "</p>", "<td>", "<script>", "</script>", "<!--", "<a b="],
}
ANYTHING = st.text(st.characters()) | st.text(st.sampled_from("\\{}$<>/\"'=-! \n\r\ud800\0bp"))


# --- right and wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind in VALID for text in VALID[kind]])
def test_what_opens_and_closes_properly_is_valid(kind: Kind, text: str) -> None:
    verdict = check(kind, text)
    assert verdict.flaw is None
    assert kind == "html" or verdict.open == ()


@pytest.mark.parametrize(("kind", "text", "position", "sentence"), FAULTY)
def test_the_first_fault_is_named_where_it_is(kind: Kind, text: str, position: int, sentence: str) -> None:
    flaw = check(kind, text).flaw
    assert flaw is not None
    assert flaw.position == position
    assert sentence in flaw.sentence


@pytest.mark.parametrize(("kind", "text", "still_open"), CUT)
def test_what_the_end_cuts_in_two_is_no_fault(kind: Kind, text: str, still_open: tuple[str, ...]) -> None:
    verdict = check(kind, text)
    assert verdict.is_valid
    assert verdict.open == still_open


def test_what_is_open_at_the_end_is_counted_and_no_fault() -> None:
    verdict = check("latex", r"\begin{a} {x} $y$ { \[ ")
    assert (verdict.is_valid, verdict.open, verdict.closed) == (True, (r"\begin{a}", "{", r"\["), 2)
    verdict = check("html", "<b>x</b> <table><tr><td>")
    assert (verdict.is_valid, verdict.open, verdict.closed) == (True, ("<table>", "<tr>", "<td>"), 1)


def test_reading_goes_on_after_a_fault() -> None:
    verdict = check("latex", r"} $a$ \frac{b}{c}", known("latex", r"\frac12"))
    assert (verdict.closed, verdict.words, verdict.known) == (3, 1, 1)
    verdict = check("html", "</b> <i>a</i> <u>", known("html", "<i>"))
    assert (verdict.closed, verdict.words, verdict.known) == (1, 4, 2)
    long = f"<a {'x' * 3 * LONGEST}><i>b</i>"
    assert check("html", long).words == 2
    assert check("html", f"<!--{'- ' * LONGEST}--><i>b</i></b>").flaw.position == 2 * LONGEST + 15  # type: ignore[union-attr]


def test_commands_and_tags_are_counted_against_those_of_the_corpus() -> None:
    corpus = known("latex", r"\frac{a}{b} \begin{array} \\ \end{array} % \comment")
    assert corpus == {"\\frac", "\\begin{array}", "\\\\"}
    verdict = check("latex", r"\frac \\ \farc \begin{array} \begin{arry} \fra", corpus)
    assert (verdict.known, verdict.words) == (3, 5)  # the last may be cut off, so it counts as neither
    verdict = check("html", "<TD><b></td><q", known("html", "<td>"))
    assert (verdict.known, verdict.words) == (2, 3)


# --- for any text ---------------------------------------------------------------------------------------------------


@given(st.sampled_from(["latex", "html"]), ANYTHING)
@example("html", "<a\ud800 b='\r\n'>\x00&#xd800;")
def test_no_text_raises_and_a_fault_stands_in_the_text(kind: Kind, text: str) -> None:
    verdict = check(kind, text)
    assert verdict.flaw is None or 0 <= verdict.flaw.position < len(text)
    assert 0 <= verdict.known <= verdict.words


@pytest.mark.parametrize("kind", ["latex", "html"])
def test_the_beginning_of_a_valid_text_is_valid(kind: Kind) -> None:
    """Texts made at random from meaningful pieces, those that are valid cut at each place; and the known good ones."""
    draw = random.Random(3)
    made = ["".join(draw.choices(PIECES[kind], k=draw.randrange(2, 9))) for _ in range(400)]
    valid = [text for text in made if check(kind, text).is_valid]
    assert len(valid) > 30
    for text in [*valid, *VALID[kind]]:
        for end in range(len(text)):
            assert check(kind, text[:end]).is_valid, text[:end]


@pytest.mark.parametrize(
    ("kind", "opening", "closing", "times"),
    [
        ("latex", "{", "}", 100_000),
        ("latex", r"\begin{a}", r"\end{a}", 10_000),
        ("latex", r"\left(", r"\right)", 10_000),
        ("html", "<b>", "</b>", 10_000),
        ("html", "<ul><li>", "</ul>", 5_000),
    ],
)
def test_nothing_is_too_deep(kind: Kind, opening: str, closing: str, times: int) -> None:
    verdict = check(kind, opening * times + closing * times + " ")
    assert (verdict.is_valid, verdict.closed, verdict.open) == (True, times, ())


# --- shown, measured, told ------------------------------------------------------------------------------------------


def test_a_fault_is_shown_with_a_caret_under_it() -> None:
    text = "first line\nsome {text}} more\nlast"
    flaw = check("latex", text).flaw
    assert flaw is not None
    assert in_place(text, flaw.position) == "some {text}} more\n           ^"


@pytest.mark.parametrize(
    ("text", "position", "shown", "column"),
    [
        ("\x1b[31m}", 5, "\\x1b[31m}", 8),
        ("a\tb}", 3, "a b}", 3),
        ("日本}", 2, "日本}", 4),
        ("e\u0301}", 2, "e\u0301}", 1),
        ("x" * 100 + "}" + "y" * 100, 100, f"…{'x' * 60}}}{'y' * 17}…", 61),
        ("a\n", 2, "", 0),
        ("", 5, "", 0),
    ],
)
def test_the_line_of_a_fault_is_safe_and_short(text: str, position: int, shown: str, column: int) -> None:
    assert in_place(text, position) == f"{shown}\n{' ' * column}^"


def test_a_corpus_measures_itself_by_its_own_pieces() -> None:
    fine = "\\begin{document}\n\n" + "A {paragraph} of $x$.\n\n" * 100
    found = baseline("latex", fine, 60)
    assert found is not None
    assert (found.share, found.pieces) == (1.0, 99)
    half = "<html><body>" + "<p>good <b>text</b></p> <i>bad </b> text</i>" * 50
    found = baseline("html", half, 200)
    assert found is not None
    assert found.share == 0
    wrapped = baseline("latex", "\\begin{a}" + fine, 60)
    assert wrapped is not None
    assert wrapped.pieces == 1  # where it begins, and nowhere in it
    assert baseline("latex", fine, len(fine) + 1) is None


def test_pieces_begin_where_nothing_is_open_around_them() -> None:
    text = "<html><body>" + "<table><tr><td>x</td></tr></table>" * 40
    found = baseline("html", text, 30)
    assert found is not None
    assert found.share == 1.0


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("html", "", "html"),
        ("My.LaTeX", "", "latex"),
        ("page.htm", "\\a \\b", "html"),
        ("book", "\\section{x}", "latex"),
        ("book", "<p>a</p>", "html"),
    ],
)
def test_a_corpus_is_told_by_its_name_else_by_what_it_holds(name: str, text: str, kind: str) -> None:
    assert kind_of(name, text) == kind
