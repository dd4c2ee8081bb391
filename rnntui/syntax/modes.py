r"""What LaTeX's commands and environments do to what stands in them: mathematics, code, or groups nobody reads yet.

Each rule was tried with pdfTeX. An unknown command may do anything, so what stands in its argument is read as text.
"""

import re


def _names(written: str) -> frozenset[str]:
    return frozenset(written.split())


# --- code: no character of it means anything -------------------------------------------------------------------------

VERBATIM = _names(
    """
    verbatim verbatim* Verbatim Verbatim* BVerbatim LVerbatim lstlisting minted comment filecontents
    filecontents*
    """
)
CODE = ("verb", "Verb", "lstinline", "mintinline")  # between two characters that are the same, on one line
ADDRESS = ("url", "path", "nolinkurl", "href")  # the first argument is an address, where % and # are characters
NUMBERS = ("char", "catcode", "lccode", "uccode", "sfcode", "mathcode", "delcode")  # of a character after a backquote

# --- groups that are kept for later: braces alone count ---------------------------------------------------------------

DEFINITIONS = {"def": 1, "gdef": 1, "edef": 1, "xdef": 1, "newenvironment": 3, "renewenvironment": 3} | {
    f"{verb}{noun}": 2
    for verb in ("new", "renew", "provide", "Declare")
    for noun in ("command", "robustcmd", "RobustCommand", "MathOperator")
}
DEFINITIONS |= {"newcolumntype": 2} | {
    f"{verb}Document{noun}": groups
    for verb in ("New", "Renew", "Provide", "Declare")
    for noun, groups in (("Command", 3), ("Environment", 4))
}
COLUMNS = {  # how many groups up to the one that tells the columns, as in \begin{tabular}{>{$}c<{$}}
    r"\multicolumn": 2,
    **dict.fromkeys(("tabular", "array", "longtable", "supertabular", "tabu"), 1),
    **dict.fromkeys(("tabular*", "tabularx", "tabulary", "xltabular"), 2),
}

# --- mathematics -----------------------------------------------------------------------------------------------------

FORMULAE = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
_ALIGNED = {"split", "aligned", "alignedat"}
_GATHERED = {f"{name}{star}" for name in ("align", "alignat", "flalign", "gather", "multline") for star in ("", "*")}
GATHERED = _GATHERED | _ALIGNED | {"gathered"}  # read as one argument, in which no paragraph ends
DISPLAYS = {"math", "displaymath", "equation", "equation*", "eqnarray", "eqnarray*"} | _GATHERED
_MATRICES = {f"{border}matrix" for border in ("", "b", "B", "p", "v", "V", "small")}
CELLS = _MATRICES | {"array", "subarray", "cases", "dcases", "gathered"}  # TeX puts $ before and after each cell
INNER = CELLS | _ALIGNED
# Commands whose arguments are mathematics where the commands stand in a formula.
MATHEMATICAL = _names(
    """
    frac dfrac tfrac cfrac binom dbinom tbinom sqrt overline underline overset underset stackrel substack
    operatorname hat widehat check tilde widetilde acute grave dot ddot dddot breve bar vec mathring overbrace
    underbrace overrightarrow overleftarrow underrightarrow underleftarrow xrightarrow xleftarrow mathop mathbin
    mathrel mathord mathopen mathclose mathpunct mathinner mathbb mathbf mathcal mathfrak mathit mathrm mathscr
    mathsf mathtt mathnormal boldsymbol bm phantom hphantom vphantom smash ensuremath textcolor
    """
)
# Commands whose argument is one piece of a paragraph.
SHORT = _names(
    """
    emph textbf textit textmd textnormal textrm textsc textsf textsl texttt textup textsubscript textsuperscript
    section subsection subsubsection paragraph subparagraph author date label ref index
    """
)
SHORT_IN_FORMULAE = SHORT | {"text"}
DELIMITER = re.compile(r"\s*(?:[()\[\]/|.<>%]|\\.|[^\x00-\x7f])", re.DOTALL)  # after \left, \middle or \right
CUT_DELIMITER = re.compile(r"\s*\\?\Z")
