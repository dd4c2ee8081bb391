"""What is on the screen, in words."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from rnntui.tui.base.dialog import Dialog

TEXT = """
# What you see

`g` looks into the selected network, `m` enlarges it, `w` shows messages; the other keys stand at the end.

Each **pane** is one network in training. The upper chart is its loss, the lower one its accuracy, over the
optimizer steps. The faint band is what single batches reach, the bright line their mean over the last steps
(`[` and `]` change over how many). A dotted line is what a simple guesser reaches: chance on the palindromes, the
commonest next character given the last one (the *bigram*) on text. Vertical lines mark a new
learning rate or clip, a divergence, and where a run went back. Of a resumed run the earlier part is drawn from the
rows on disk, usually every tenth step.

On **palindromes** the network reads T digits and must name the first one: it is right only as far as it remembers.
On **text** it predicts the next character at every step; *bits per character* say how surprised it is (fewer is
better), and the points are its score on the last tenth of the text, which it never trains on.

The **gradient horizon** (`g`) shows why a network forgets: how strongly the loss of the last step pulls at the
network's state so many steps (the *lag*) before. Its *memory* is the largest lag at which this is still above 1 %
of what it is at lag 0. It is measured anew every few seconds, and training does not notice.

Pressed again, `g` shows what the **gates** do: a raster of units × time steps for one sequence, brighter where a gate
is more open, and the mean over all units and examples with its spread to either side. `G` goes on to the next gate,
`u` to the next layer. A Phased LSTM also has the time gate *k*: its units are sorted by period, and steps at which no
unit is open are marked *deaf*. Its periods, shifts and open ratios come next, as histograms of now and of the start.

The **generation** pane shows what the text network writes by itself every so many steps, each with its step and
temperature, and its answers to what you type. An answer comes from the weights of the step in front of it, while
training goes on.
The *temperature* T says how daring it is: 0 always takes the likeliest character, 0.5 is varied and readable, 2 is
noise.

# Keys

| key | what it does |
|---|---|
| `space` | pause all runs, or go on |
| `s` | save a checkpoint of each run now |
| `/` | type a seed sentence; Enter sends it, Esc leaves the line |
| `t`, `+`, `-` | temperature: the next of 0, 0.5, 1, 2; or 0.1 up or down |
| `l`, `c` | learning rate or gradient clip of the selected run; the same value again changes nothing |
| `Tab` | select the next pane (or click it) |
| `1` `2` `3` `4` `5` `6` `7` `8` `9` | select that pane, also one for which there is no room: it comes into view |
| `L` | loss on a logarithmic or linear scale |
| `[` `]` | smooth over fewer or more steps |
| `z` | zoom into the last half, fifth or tenth of all steps, then into the last 1,000 |
| `g` | next view into the selected network: gradient horizon, gates, of a Phased LSTM its rhythms, none |
| `G`, `u` | show the gates, or the next of them; the same of the next layer |
| `v` | shade the gates over the values there are, to see small differences, or again from 0 to 1 |
| `m` | enlarge the selected pane; `m` again or Esc brings the others back |
| `W` | the writing room: the text networks as they are now continue what you type; `?` there tells the rest |
| `n` | a form to start another run, or this one anew: in the place of one, or beside it |
| `b` | go back to the newest checkpoint of the selected run; it asks first, and says how many steps that throws away |
| `w` | messages: notes and what libraries print |
| `?` | this page |
| `Ctrl+P` | all commands by name |
| `Ctrl+Z` | back to the shell, all stands still; `fg` comes back |
| `q` | save and exit; `rnntui resume last` resumes, equal to the bit |

With a chart selected, `←` and `→` move a readout along the curve; so does the mouse.
"""


class Help(Dialog[None]):
    """Explains the screen; any of its keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "cancel", "Close", id="help.close", tooltip="Back to the curves")
    ]

    def __init__(self, text: str = TEXT) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog wide"):
            yield Markdown(self._text)
