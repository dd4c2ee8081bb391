r"""LaTeX read token by token: braces, environments and mathematics on one stack.

pylatexenc's tokenizer names the tokens; its parser is not used, for it descends once a brace and takes the end of the
text for an error. A fault is what LaTeX itself stops at, as far as it is a matter of nesting: a brace, group,
environment, formula or `\left` that is closed while another is open in it, or without being open; a formula or a
displayed environment within a formula; a paragraph that ends in a formula or in a heading's argument; `\begin` or
`\end` without a name, `\left` without a delimiter, `\verb` that its line does not end. No fault is what stands in a
comment, `\verb`, a verbatim environment, after `\end{document}`, or in a definition
(`\newcommand{\be}{\begin{equation}}`), where braces alone count. `docs/syntax.md` tells where this is stricter or laxer
than LaTeX.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from pylatexenc.latexwalker import LatexToken, LatexWalker, LatexWalkerEndOfStream

from rnntui.syntax import modes
from rnntui.syntax.modes import DEFINITIONS, FORMULAE
from rnntui.syntax.nesting import Nesting, OpenElement

WRAPPERS = ("document",)
BRACE, LEFT, GROUP = "{", r"\left", r"\begingroup"
BETWEEN = "text between $"  # in a cell, whose $ a first $ has closed
_CLOSES = {closing: opening for opening, closing in FORMULAE.items()}
_NEXT = re.compile(r"[\\{}$%]|\n[^\S\n]*\n\s*")  # the next character that means something, or a blank line
_NAME = re.compile(r"\s*\{([^{}\\$%\n]+)\}")
_CUT_NAME = re.compile(r"\s*(?:\{[^{}\\$%\n]*)?\Z")
_SPACE = r"(?:\s|%[^\n]*\n)*"
_OPTIONS = r"\[[^\[\]{}\n]{0,200}\]"
# What may stand between a command and the brace of its argument.
_GAP = re.compile(rf"(?:{_SPACE}\*)?(?:{_SPACE}{_OPTIONS})*{_SPACE}|\s*(?:to|spread)\b[^\\{{}}$]*")
_VERB = re.compile(r"[^\S\n]*\n?[^\S\n]*\*?[^\S\n]*(\S)")  # \verb* up to its first delimiter
_CODE = re.compile(rf"\s*\*?(?:\s*{_OPTIONS})?\s*(\S)")  # and those that take options
_LANGUAGE = re.compile(rf"(?:\s*{_OPTIONS})?\s*\{{[^{{}}\n]*\}}")
_ADDRESS = re.compile(rf"(?:\s*{_OPTIONS})?\s*([^\sA-Za-z\\])")
_BRACE_OR_BLANK = re.compile(r"[{}]|\n[^\S\n]*\n")
_CHARACTER = re.compile(r"\s*`\\?.", re.DOTALL)
_LET = re.compile(r"\s*\\(?:[A-Za-z@]+|.)\s*=?\s?(?:\\(?:[A-Za-z@]+|.)|[^\\\s])", re.DOTALL)
_PARAMETERS = re.compile(r"\s*\\(?:[A-Za-z@]+|.)[^{}\\%\n]{0,200}(?=\{)")  # \def\name#1$#2
_STARRED = re.compile(r"\*?\s*\\")
_SKIPPED = re.compile(r"%[^\n]*|\\(?:([A-Za-z@]+)|.)", re.DOTALL)
_CELLS = {f"\\begin{{{name}}}" for name in modes.INNER}
_NEXT_DOCUMENT = re.compile(r"\\document(?:class|style)\b")


def read(text: str) -> Nesting[Any]:
    """The nesting of a LaTeX text at its end."""
    reader = _Reader(text)
    reader.read()
    return reader.nesting


@dataclass(frozen=True)
class _Command:
    """A command or `\\begin` whose next argument may begin at `end`; in `quiet` of its arguments braces alone count."""

    name: str
    end: int
    quiet: int = 0


@dataclass(frozen=True)
class _Construct(OpenElement):
    """Something open. `formula` is the place on the stack of what makes it mathematics, `unbroken` of what no paragraph
    may end in, and `in_box` in a box of text that stands here; -1 where there is none. `command` is that whose argument
    a group is.
    """

    formula: int = -1
    unbroken: int = -1
    in_box: int = -1
    command: _Command | None = None


_GROUND = _Construct("", "", 0)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.nesting: Nesting[_Construct] = Nesting(WRAPPERS)
        self._walker = LatexWalker(text, tolerant_parsing=False)
        self._state = self._walker.make_parsing_state()
        self._definition = 0  # groups in braces that the last definition may still take
        self._quiet = -1  # depth at which a group was opened in which braces alone count; -1 outside one
        self._command: _Command | None = None  # the last one, as long as an argument may follow

    def read(self) -> None:
        at = 0
        self.nesting.start(0)
        while (match := _NEXT.search(self.text, at)) is not None:
            at = self._blank_line(match) if match[0][0] == "\n" else self._token(match.start())

    def _blank_line(self, match: "re.Match[str]") -> int:
        if self._quiet < 0:
            self._end_paragraph()
        self.nesting.start(match.end())
        return match.end()

    def _end_paragraph(self) -> None:
        """Nothing that is open may forbid it; what does so is taken as closed, but for an environment."""
        nesting = self.nesting
        if nesting.top is None or nesting.top.unbroken < 0:
            return
        place = nesting.top.unbroken
        unbroken = nesting.frames[place]
        nesting.fault(unbroken.position, f"the paragraph ends inside {unbroken.written}")
        while len(nesting.frames) > place + unbroken.written.startswith(r"\begin"):
            nesting.drop()

    def _token(self, at: int) -> int:
        """Take in the token there; where to go on."""
        if self.text[at] == "{":
            self._open_brace(at)
            return at + 1
        if self.text[at] == "}":
            self._close_brace(at)
            return at + 1
        try:
            token = self._walker.get_token(at, environments=False, parsing_state=self._state)
        except LatexWalkerEndOfStream:  # a backslash that ends the text
            return len(self.text)
        if token.tok == "comment":
            end = self.text.find("\n", at)
            return len(self.text) if end < 0 else end
        if token.tok == "macro":
            return self._macro(token)
        return self._formula(token) if self._quiet < 0 else int(token.pos + token.len)

    # --- the stack ------------------------------------------------------------------------------------------------

    def _open(
        self,
        name: str,
        written: str,
        at: int,
        inside: Literal["same", "text", "formula"] = "same",
        command: _Command | None = None,
    ) -> None:
        """Put it on the stack; inside it is what is around it, text, or mathematics of its own."""
        nesting, place = self.nesting, len(self.nesting.frames)
        around = nesting.top or _GROUND
        formula, unbroken, in_box = around.formula, around.unbroken, around.in_box
        if inside == "formula":
            in_box = place if name in modes.GATHERED else unbroken if formula < 0 else in_box
            formula = unbroken = place
        elif inside == "text" and formula >= 0:
            formula, unbroken = -1, in_box
        if written != name and name == BRACE:  # the argument of a command that takes no paragraphs
            unbroken = place
        nesting.open(_Construct(name, written, at, formula, unbroken, in_box, command))

    def _formula_around(self) -> _Construct | None:
        """What makes mathematics of what comes next; `None` in text."""
        top = self.nesting.top
        return None if top is None or top.formula < 0 else self.nesting.frames[top.formula]

    def _close(self, name: str, written: str, at: int) -> None:
        """Something closes: what it fits is innermost, further out, or nowhere."""
        top = self.nesting.top
        if top is not None and top.name == name:
            self.nesting.close()
        elif self.nesting.has(name) and top is not None:
            self.nesting.fault(at, f"{written} closes while {top.written} is open")
            self.nesting.drop_through(name)
        else:
            self.nesting.fault(at, f"{written} closes what was not opened")
        if len(self.nesting.frames) <= self._quiet:
            self._quiet = -1

    # --- braces ---------------------------------------------------------------------------------------------------

    def _open_brace(self, at: int) -> None:
        if self._quiet >= 0:
            self._open(BRACE, BRACE, at)
            return
        command = self._argument_of(at)
        if self._definition > 0:
            self._definition -= 1
            self._quiet = len(self.nesting.frames)
        elif command is not None and command.quiet > 0:
            self._quiet = len(self.nesting.frames)
        name = "" if command is None else command.name
        short = modes.SHORT if self._formula_around() is None else modes.SHORT_IN_FORMULAE
        written = f"\\{name}{BRACE}" if name in short else BRACE
        inside: Literal["same", "text"] = "same" if command is None or name in modes.MATHEMATICAL else "text"
        self._open(BRACE, written, at, "formula" if name == "ensuremath" else inside, command)

    def _argument_of(self, at: int) -> _Command | None:
        """The command whose argument a brace opens."""
        command, self._command = self._command, None
        return command if command is not None and _GAP.fullmatch(self.text, command.end, at) is not None else None

    def _close_brace(self, at: int) -> None:
        top = self.nesting.top
        self._close(BRACE, "}", at)
        command = top.command if top is not None and top.name == BRACE else None
        if self._quiet < 0:  # another argument may follow
            quiet = 0 if command is None else max(0, command.quiet - 1)
            is_over = command is None or (quiet == 0 and command.name in _CELLS)
            self._command = None if command is None or is_over else _Command(command.name, at + 1, quiet)

    # --- commands -------------------------------------------------------------------------------------------------

    def _macro(self, token: LatexToken) -> int:
        name, end = str(token.arg), int(token.pos) + 1 + len(token.arg)
        if name in ("begin", "end"):
            return self._environment(name, token.pos, end)
        if end == len(self.text) and name.isalpha():  # its end may be cut off
            return end
        self.nesting.words[f"\\{name}"] += 1
        if name in modes.CODE:
            return self._code(name, int(token.pos), end)
        if name in modes.ADDRESS:
            return self._address(name, int(token.pos), end)
        if name in modes.NUMBERS or name == "let":
            match = (_LET if name == "let" else _CHARACTER).match(self.text, end)
            return end if match is None else match.end()
        return end if self._quiet >= 0 else self._obey(name, int(token.pos), end)

    def _obey(self, name: str, at: int, end: int) -> int:
        """Do what a command does to the nesting."""
        self._command = _Command(name, end, modes.COLUMNS.get(f"\\{name}", 0))
        if name in DEFINITIONS:
            is_bare = DEFINITIONS[name] == 2 and _STARRED.match(self.text, end) is not None  # \newcommand\name{…}
            self._definition = DEFINITIONS[name] - is_bare
            parameters = _PARAMETERS.match(self.text, end) if DEFINITIONS[name] == 1 else None
            return end if parameters is None else parameters.end()
        if name == "iffalse":
            return self._skip_branch(end)
        if name == "par":
            self._end_paragraph()
        elif name in ("left", "middle", "right"):
            self._delimiter(name, at, end)
        elif name == "begingroup":
            self._open(GROUP, GROUP, at)
        elif name == "endgroup":
            self._close(GROUP, r"\endgroup", at)
        elif name == "bgroup":
            self._open(BRACE, BRACE, at)
        elif name == "egroup":
            self._close(BRACE, r"\egroup", at)
        return end

    def _delimiter(self, name: str, at: int, end: int) -> None:
        r"""`\left`, `\middle` and `\right` with what they enlarge."""
        self._command = None
        if modes.CUT_DELIMITER.match(self.text, end) is not None:
            return
        if modes.DELIMITER.match(self.text, end) is None:
            self.nesting.fault(at, f"\\{name} has no delimiter")
        if name == "left":
            self._open(LEFT, LEFT, at)
        elif name == "right":
            self._close(LEFT, r"\right", at)
        elif self.nesting.top is None or self.nesting.top.name != LEFT:
            self.nesting.fault(at, r"\middle is outside \left and \right")

    def _skip_branch(self, at: int) -> int:
        r"""What `\iffalse` leaves out, up to its `\else` or `\fi`."""
        depth = 1
        for match in _SKIPPED.finditer(self.text, at):
            name = match[1] or ""
            if name.startswith("if") and name not in ("iff", "ifthenelse"):
                depth += 1
            elif name == "fi" or (name == "else" and depth == 1):
                depth -= 1
            if depth == 0:
                return match.end()
        return len(self.text)

    # --- code and addresses ---------------------------------------------------------------------------------------

    def _code(self, name: str, at: int, end: int) -> int:
        r"""`\verb|…|` and its like, which end on their line; where to go on."""
        if name == "mintinline" and (language := _LANGUAGE.match(self.text, end)) is not None:
            end = language.end()
        match = (_VERB if name == "verb" else _CODE).match(self.text, end)
        return end if match is None else self._up_to(name, match[1], at, match.end())

    def _up_to(self, name: str, opening: str, at: int, begin: int) -> int:
        closing = "}" if opening == "{" and name != "verb" else opening
        match = re.compile(f"[^{re.escape(closing)}\n]*").match(self.text, begin)
        end = begin if match is None else match.end()
        if end < len(self.text) and self.text[end] == "\n":
            self.nesting.fault(at, f"\\{name} has no second {closing} on its line")
            return end
        return min(end + 1, len(self.text))

    def _address(self, name: str, at: int, end: int) -> int:
        """An address in braces, or between two characters that are the same; where to go on."""
        match = _ADDRESS.match(self.text, end)
        if match is None:
            return end
        if match[1] != BRACE:
            return end if name == "href" else self._up_to(name, match[1], at, match.end())
        depth = 1
        for found in _BRACE_OR_BLANK.finditer(self.text, match.end()):
            depth += {"{": 1, "}": -1}.get(found[0], 0)
            if depth == 0:
                self.nesting.closed += 1
                self._command = _Command(name, found.end())
                return found.end()
            if found[0][0] == "\n":
                self.nesting.fault(at, f"the paragraph ends inside \\{name}{{")
                return found.start()
        return len(self.text)

    # --- environments ---------------------------------------------------------------------------------------------

    def _environment(self, command: str, at: int, end: int) -> int:
        match = _NAME.match(self.text, end)
        if match is None:
            if _CUT_NAME.match(self.text, end) is not None:
                return len(self.text)
            if self._quiet < 0:
                self.nesting.fault(at, f"\\{command} has no name in braces")
            return end
        name = match[1]
        if command == "begin":
            self.nesting.words[f"\\begin{{{name}}}"] += 1
        if self._quiet >= 0:
            return match.end()
        return (self._begin if command == "begin" else self._end)(name, at, match.end())

    def _begin(self, name: str, at: int, end: int) -> int:
        written = f"\\begin{{{name}}}"
        around = self._formula_around()
        if name in modes.DISPLAYS and around is not None:
            self.nesting.fault(at, f"{written} is inside {around.written}")
        is_formula = name in modes.DISPLAYS or name in modes.INNER
        self._open(name, written, at, "formula" if is_formula else "text")
        quiet = modes.COLUMNS.get(name, 0)
        self._command = _Command(written, end, quiet) if quiet or not is_formula else None
        return self._verbatim(name, end) if name in modes.VERBATIM else end

    def _end(self, name: str, at: int, end: int) -> int:
        self._command = None
        self._close(name, f"\\end{{{name}}}", at)
        if name != "document":
            return end
        match = _NEXT_DOCUMENT.search(self.text, end)
        return len(self.text) if match is None else match.start()

    def _verbatim(self, name: str, at: int) -> int:
        end = self.text.find(f"\\end{{{name}}}", at)
        return len(self.text) if end < 0 else end

    # --- formulae -------------------------------------------------------------------------------------------------

    def _formula(self, token: LatexToken) -> int:
        r"""A `$`, `$$`, `\(`, `\)`, `\[` or `\]` opens or closes a formula."""
        sign, at, end = str(token.arg), int(token.pos), int(token.pos + token.len)
        top = self.nesting.top.name if self.nesting.top is not None else ""
        if top == "$" and sign == "$$":  # two formulae side by side
            sign, end = "$", at + 1
        if top == "$$" and sign == "$" and end == len(self.text):  # half of a $$
            return end
        if top == BETWEEN and sign == "$":
            self._close(BETWEEN, sign, at)
            return end
        around = self._formula_around()
        if sign == "$" and around is self.nesting.top and top in modes.CELLS:
            self._open(BETWEEN, sign, at, "text")
            return end
        if sign in _CLOSES and (sign not in FORMULAE or (around is not None and around.name == sign)):
            self._close(_CLOSES[sign], sign, at)
            return end
        if around is not None:
            self.nesting.fault(at, f"{sign} is inside {around.written}")
            if around.name == top and top in FORMULAE:
                self.nesting.drop()
        self._open(sign, sign, at, "formula")
        return end
