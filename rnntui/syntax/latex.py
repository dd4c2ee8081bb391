r"""LaTeX read token by token: braces, environments and mathematics on one stack.

pylatexenc's tokenizer names the tokens; its parser is not used, for it descends once a brace and takes the end of the
text for an error. A fault is: a brace, environment or formula that is closed while another is open in it, or without
being open; `\begin` or `\end` without a name; a blank line inside a formula. No fault is an environment or a `$` in
a definition (`\newcommand{\be}{\begin{equation}}`), where braces alone count, nor what stands in a comment,
`\verb`, or a verbatim environment.
"""

import re

from pylatexenc.latexwalker import LatexToken, LatexWalker, LatexWalkerEndOfStream

from rnntui.syntax.nesting import Nesting

WRAPPERS = ("document",)
VERBATIM = ("verbatim", "verbatim*", "lstlisting", "Verbatim", "comment", "minted")
# Definitions, and how many groups in braces they take at most.
DEFINITIONS = {"def": 1, "gdef": 1, "edef": 1, "xdef": 1, "newenvironment": 3, "renewenvironment": 3} | {
    f"{verb}{noun}": 2
    for verb in ("new", "renew", "provide", "Declare")
    for noun in ("command", "robustcmd", "RobustCommand", "MathOperator")
}
BRACE = "{"
FORMULAE = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
_CLOSES = {closing: opening for opening, closing in FORMULAE.items()}
_NEXT = re.compile(r"[\\{}$%]|\n[^\S\n]*\n\s*")  # the next character that means something, or a blank line
_NAME = re.compile(r"\s*\{([^{}\\$%\n]+)\}")
_CUT_NAME = re.compile(r"\s*(?:\{[^{}\\$%\n]*)?\Z")
_VERB = re.compile(r"\*?([^A-Za-z\s*])")


def read(text: str) -> Nesting:
    """The nesting of a LaTeX text at its end."""
    reader = _Reader(text)
    reader.read()
    return reader.nesting


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.nesting = text, Nesting(WRAPPERS)
        self._walker = LatexWalker(text, tolerant_parsing=False)
        self._state = self._walker.make_parsing_state()
        self._definition = 0  # groups in braces that the last definition may still take
        self._defining = -1  # depth at which the group of a definition was opened; -1 outside one

    def read(self) -> None:
        at = 0
        self.nesting.start(0)
        while (found := _NEXT.search(self.text, at)) is not None:
            at = self._blank_line(found) if found[0][0] == "\n" else self._token(found.start())

    def _blank_line(self, found: "re.Match[str]") -> int:
        top = self.nesting.top
        if top is not None and top.around >= 0:
            formula = self.nesting.frames[top.around]
            self.nesting.fault(formula.position, f"the paragraph ends inside {formula.written}")
            while len(self.nesting.frames) > top.around:
                self.nesting.drop()
        self.nesting.start(found.end())
        return found.end()

    def _token(self, at: int) -> int:
        """Take in the token there; where to go on."""
        try:
            token = self._walker.get_token(at, environments=False, parsing_state=self._state)
        except LatexWalkerEndOfStream:  # a backslash that ends the text
            return len(self.text)
        if token.tok == "comment":
            end = self.text.find("\n", at)
            return len(self.text) if end < 0 else end
        if token.tok == "macro":
            return self._macro(token)
        if token.tok == "brace_open":
            self._open_brace(at)
        elif token.tok == "brace_close":
            self._close(BRACE, "}", at)
        elif self._defining < 0:
            return self._formula(token)
        return int(token.pos + token.len)

    # --- braces ---------------------------------------------------------------------------------------------------

    def _open_brace(self, at: int) -> None:
        if self._defining < 0 < self._definition:
            self._definition -= 1
            self._defining = len(self.nesting.frames)
        self._open(BRACE, BRACE, at, self._formula_around())

    def _formula_around(self) -> int:
        """The place of the formula that a brace opened now belongs to; -1 outside of all."""
        return self.nesting.top.around if self.nesting.top is not None else -1

    def _open(self, name: str, written: str, at: int, around: int = -1) -> None:
        self.nesting.open(name, written, at, around)

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
        if len(self.nesting.frames) <= self._defining:
            self._defining = -1

    # --- commands -------------------------------------------------------------------------------------------------

    def _macro(self, token: LatexToken) -> int:
        name, end = str(token.arg), token.pos + 1 + len(token.arg)
        if name in ("begin", "end"):
            return self._environment(name, token.pos, end)
        if end < len(self.text) or not name.isalpha():  # else its end may be cut off
            self.nesting.words[f"\\{name}"] += 1
        if name in DEFINITIONS and self._defining < 0:
            is_bare = DEFINITIONS[name] == 2 and self.text[end : end + 1] == "\\"  # \newcommand\name{…}
            self._definition = DEFINITIONS[name] - is_bare
        if name == "verb" and (found := _VERB.match(self.text, end)) is not None:
            close = self.text.find(found[1], found.end())
            return len(self.text) if close < 0 else close + 1
        return int(end)

    def _environment(self, command: str, at: int, end: int) -> int:
        found = _NAME.match(self.text, end)
        if found is None:
            if _CUT_NAME.match(self.text, end) is not None:
                return len(self.text)
            if self._defining < 0:
                self.nesting.fault(at, f"\\{command} has no name in braces")
            return end
        name = found[1]
        if command == "begin":
            self.nesting.words[f"\\begin{{{name}}}"] += 1
        if self._defining >= 0:
            return found.end()
        if command == "end":
            self._close(name, f"\\end{{{name}}}", at)
            return found.end()
        self._open(name, f"\\begin{{{name}}}", at)
        return self._verbatim(name, found.end()) if name in VERBATIM else found.end()

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
        if sign in _CLOSES and (sign not in FORMULAE or top == sign):
            self._close(_CLOSES[sign], sign, at)
            return end
        if top in FORMULAE:
            self.nesting.fault(at, f"{sign} stands inside {top}")
            self.nesting.drop()
        self._open(sign, sign, at, len(self.nesting.frames))
        return end
