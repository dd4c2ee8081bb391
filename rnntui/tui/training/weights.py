"""The weights and gradients of a network in training: spectra, histograms, the size of a step; ‖∇‖ and the rate."""

import math
import time
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize

from rnntui.probes import Insight, NetworkWeights
from rnntui.sessions.contract import Session
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import ChartBaseline, Series
from rnntui.tui.training.view import GATE, LAYER, RunView, ViewKey
from rnntui.tui.training.weights_place import WeightsPlace, places
from rnntui.tui.training.weights_sketch import WeightsSketch

BESIDE_FROM = 100  # columns from which on the curves have room beside the weights
TOLD_SECONDS = 2.0  # from one look at how often the clip acted to the next
TRAINS = ("loading", "running", "paused")
NORM, RATE = "‖∇‖ before clipping", "learning rate"


ABOUT = """
The eigenvalues λ of each recurrent matrix, `W_hh[i]` that from the state to gate i, in the complex plane, with the unit
circle (what lies outside of it grows from step to step, what lies inside fades), its largest |λ| and its largest
singular value σ; the matrix itself, blue below 0 and orange above, the units with the largest weights first, a row for
the weights to each; the weights of the layer as histograms, now and at the start; and ‖Δθ‖/‖θ‖, how much of the norm of
each layer the newest step changed (some 0.001 is usual). Histograms of the sizes of the gradients, on a batch that is
the same for both, have an axis of powers of ten: what vanishes lies to the left. `G` goes through the matrices, each in
two parts where the screen is small, `u` through the layers. Beside them, or after the last matrix where the screen is
narrow, are the norm of the gradient ‖∇‖ with the line at which it is clipped, and the learning rate.
"""


class WeightsView(RunView):
    """One recurrent matrix at a time, with the weights of its layer; the curves beside them, or after the last one."""

    ABOUT = ABOUT
    DEFAULT_CSS = styles_of(__file__)
    KEYS = (GATE, LAYER)
    MEASURES = "weights"
    WAITING = "measuring the weights"
    IS_TALL = True

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.sketch = WeightsSketch(self.WAITING)
        self.norm, self.rate = Plot(NORM), Plot(RATE)
        self.norm.log_scale = True
        self.over_steps = (self.norm, self.rate)
        self._weights: NetworkWeights | None = None
        self._place: WeightsPlace | None = None  # `None`: the curves, where they have no room beside
        self._trains = False  # whether steps are to come
        self._clip = math.nan  # as drawn
        self._told_at = 0.0  # how often it acted

    def compose(self) -> ComposeResult:
        yield self.sketch
        yield Vertical(self.norm, self.rate)

    def connect(self) -> None:
        curves = self.session.curves
        self.norm.show([Series("training", curves.gradient_norm)])
        self.rate.show([Series("learning rate", curves.learning_rate, exact=True)])

    def take(self, seen: Insight | None) -> None:
        self._draw_clip()
        self.rate.smoothing = 1  # whatever that of the others: a mean of rates is none
        trains, self._trains = self._trains, self.session.status.run.state in TRAINS
        if not (seen is None or isinstance(seen, NetworkWeights)):
            return
        if seen is self._weights and trains == self._trains:
            return
        is_first, self._weights = self._weights is None, seen
        if is_first and seen is not None:
            self._place = self._places(seen)[0]
        self._show()

    def say_waiting(self, words: str) -> None:
        self.sketch.say_waiting(words)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= BESIDE_FROM, "beside")
        if self.has_class("beside") and self._place is None and self._weights is not None:
            self._place = self._places(self._weights)[0]
        self._show()

    def does(self, key: ViewKey) -> bool:
        return True  # the read-out comes after the last layer

    def next_gate(self) -> bool:
        """Show the next matrix, first the rest of this one where it has no room at once; after a layer's last the first
        of the next layer, after all the curves.
        """
        if self._weights is not None:
            every: list[WeightsPlace | None] = [*self._places(self._weights)]
            if not self.has_class("beside"):
                every.append(None)
            place = self._place
            if place is not None and place not in every:
                place = replace(place, is_second=False)
            self._place = every[(every.index(place) + 1) % len(every)] if place in every else every[0]
            self._show()
        return True

    def next_layer(self) -> bool:
        """Show the same matrix of the next layer, or its first; the read-out comes after the last."""
        if self._weights is not None:
            every = self._places(self._weights)
            now = self._place or every[-1]
            number = (now.layer + 1) % len(self._weights.layers)
            same = replace(now, layer=number)
            self._place = same if same in every else next(place for place in every if place.layer == number)
            self._show()
        return True

    def _places(self, weights: NetworkWeights) -> list[WeightsPlace]:
        return places(weights, is_whole=self.sketch.is_whole)

    def _show(self) -> None:
        self.set_class(self._place is None and self._weights is not None, "curves")
        self.sketch.show(self._weights, self._place or WeightsPlace(0), trains=self._trains)

    def _draw_clip(self) -> None:
        """The clip as a line, and in words how often it acted."""
        clip, now = self.session.status.clip, time.monotonic()
        if clip == self._clip and now - self._told_at < TOLD_SECONDS:
            return
        self._clip, self._told_at = clip, now
        share = self.session.curves.clipped.mean_over_steps()
        lines = [ChartBaseline("clip", clip)] if clip > 0 else []
        self.norm.title = NORM if share is None else f"‖∇‖ · clipped in {share:.1%} of the steps"
        self.norm.show(baselines=lines)
