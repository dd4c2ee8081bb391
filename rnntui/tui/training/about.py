"""What the training screen shows, in words."""

ABOUT = """
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
unit is open are marked *gaps*. Its periods, shifts and open ratios come next, as histograms of now and of the start.

The **generation** pane shows what the text network writes by itself every so many steps, each with its step and
temperature, and its answers to what you type. An answer comes from the weights of the step in front of it, while
training goes on.
The *temperature* T says how daring it is: 0 always takes the likeliest character, 0.5 is varied and readable, 2 is
noise.

With a chart selected, `←` and `→` move a readout along the curve; so does the mouse.
"""
