"""The keys of the training screen: its own and those of its views.

Invariant: no key of a view is taken by the screen, by a chart, by all screens or by another view.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from textual.binding import Binding, BindingType

from rnntui.tui.base.application import Application
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.main_screen import MainScreen
from rnntui.tui.chart.plot import Plot
from rnntui.tui.training.view import RunView, ViewKey
from rnntui.tui.training.views import NEXT, VIEWS

MOST_PANES = 9  # that a digit selects


def of_views(views: Iterable[type[RunView]], taken: Iterable[BindingType]) -> list[Binding]:
    """A binding for each key of the views, beside those that are taken; views that share one declare the same."""
    known: dict[str, Binding] = {}
    for binding in Binding.make_bindings(taken):
        known.setdefault(binding.key, binding)
    labels = {binding.description for binding in known.values()}
    bindings: dict[ViewKey, Binding] = {}
    for view, key in ((owner, key) for owner in views for key in owner.KEYS if key not in bindings):
        made = _key(key.means, key.action, key.label, key.tooltip, show=key.show, column="Views")
        for binding in Binding.make_bindings([made]):
            other = known.setdefault(binding.key, binding)
            assert other is binding, f"{view.__name__}: {key.name!r} is taken: {other.tooltip or other.description}"
        assert key.label not in labels, f"{view.__name__}: another key is called {key.label!r} already"
        labels.add(key.label)
        bindings[key] = made
    return list(bindings.values())


_key = partial(bound, "laboratory")


def everywhere() -> Iterator[BindingType]:
    """The bindings of every screen, and of a focused chart."""
    for owner in (*Application.__mro__, *MainScreen.__mro__, Plot):
        yield from vars(owner).get("BINDINGS", ())
    yield Application.COMMAND_PALETTE_BINDING, "command_palette", "palette"


_FIRST = [  # those of the footer by how much they are needed
    _key("go", "pause", "pause", "Pause all runs", show=True),
    _key("go", "go_on", "go on", "Go on with all runs that stand still", show=True, name="pause"),
    # Before all others, so that no letter of a sentence typed fast is still taken for a command.
    _key(
        "type",
        "type_seed",
        "prompt",
        "Type a prompt; Enter sends it, Esc leaves the line",
        show=True,
        priority=True,
    ),
    _key(
        "rate",
        "ask('learning_rate')",
        "rate",
        "Change the learning rate of the selected run; the same value changes nothing",
        show=True,
    ),
    _key(
        "new",
        "form",
        "new run",
        "Open a form to start another run, in place of the selected one or beside it",
        show=True,
    ),
    _key("view", NEXT, "views", f"Next view of the selected run: {', '.join(VIEWS)}, none", show=True, column="Views"),
    _key("save", "save", "save", "Save a checkpoint of each run now", show=True),
    _key("temperature", "next_temperature", "temperature", "Next temperature: 0, 0.5, 1, 2", show=True),
    _key(
        "detach",
        "detach",
        "detach",
        "Leave the screen and let the training go on; `rnntui attach` comes back to it",
        show=True,
    ),
    _key(
        "write",
        "write",
        "write",
        "Open the writing room with the text networks as they are now",
        show=True,
    ),
    _key(
        "zoom",
        "zoom(1)",
        "zoom",
        "Zoom into the last half, fifth or tenth of all steps, then into the last 1,000; the values follow",
        show=True,
    ),
    _key("zoom out", "zoom(-1)", "zoom out", "Zoom out again", show=True),
    _key("enlarge", "enlarge", "enlarge", "Enlarge the selected pane", show=True),
    _key("whole", "restore", "every pane", "Show all panes again"),
    _key("enlarge", "restore", "bring back", "Show the other panes again"),
    _key(
        "back to",
        "go_back",
        "go back",
        "Go back to the newest checkpoint of the selected run; it asks first",
        show=True,
    ),
    _key(
        "log",
        "log",
        "log scale",
        "Loss on a logarithmic or linear scale; before, it is logarithmic where it spans two powers of ten",
        show=True,
    ),
    _key("compare", "compare", "compare", "The curves of the runs here with the selected one's task over each other"),
    _key("time machine", "time_machine", "time machine", "What the text network wrote through its training"),
    _key("clip", "ask('clip')", "clip", "Change the gradient clip of the selected run", show=True),
    _key("messages", "messages", "messages", "Show or hide notes and what libraries print", show=True),
    _key("leave", "restore", "all panes", "Show the other panes again", show=True),
    _key(
        "end training", "end_training", "end", "Save and end the training of the selected run, wherever it is trained"
    ),
    _key("resume", "resume_lost", "resume", "Resume a run whose process is gone"),
    _key("quit", "app.quit", "quit", "Save and quit; `rnntui resume last` resumes, equal to the bit", show=True),
    _key("help", "help", "help", "List the keys of this screen; typing finds one, Enter runs it", show=True),
    _key("more", "warmer(0.1)", "warmer", "Raise the temperature by 0.1"),
    _key("less", "warmer(-0.1)", "cooler", "Lower the temperature by 0.1"),
    _key("page up", "page_text(-1)", "text back", "Scroll back in what the network has written"),
    _key("page down", "page_text(1)", "text on", "Scroll on in what the network has written"),
    _key(
        "type,temperature,more,less,write,time machine", "say_no_text", "no text", "Say why no prompt can be typed here"
    ),
    _key("less smooth", "smooth(-1)", "less smooth", "Smooth the curves over a smaller share of what is shown"),
    _key("smoother", "smooth(1)", "smoother", "Smooth the curves over a larger share of what is shown"),
]
_LAST = [
    _key("leave", "leave_input", "leave", "Leave the prompt, or show the other panes again"),
    *(
        _key(f"number {k}", f"choose({k - 1})", f"pane {k}", "Select and show the pane with that number")
        for k in range(1, MOST_PANES + 1)
    ),
]
_SHADING = _key(  # where no view has the key
    "shade",
    "shade_samples",
    "shading",
    "Shade samples by surprisal, or no more, while no gates are shown",
    column="Text",
)
KEYS = [*_FIRST, _SHADING, *of_views(VIEWS.values(), [*_FIRST, *_LAST, *everywhere()]), *_LAST]
