"""What the training screen shows, in words; what its views show stands with them."""

ABOUT = """
# What you see

Each **pane** is one network in training. Its first line is the **verdict**: the figure that counts (what is held
out for text, else the accuracy), `✓` for what is reached, such as being solved or better than guessing, `▲` where a
network overfits (its last two scores are worse than its best) or has fallen back, and `✗` where its loss is more than
twice that of uniform guessing, or it ended badly. Its last line is a gauge of the steps; below the charts of a finished
run stand where it is kept and what to press. The upper chart is its
loss, the lower one its accuracy, over the optimizer steps. The faint band spans single batches, the bright line is
their mean over a share of what is shown (`[` and `]` change it). A dotted line is a baseline: chance for
palindromes; for text, always guessing the most common next character after the current one (the *bigram*). Signs on
the horizontal axis are what changed the training: `◆` a learning rate, `◇` a clip, `▸` another number of steps, `✗` a
divergence, `↶` where a run went back; the arrow keys in a chart read them, and so does the mouse. A `?` stands where
values were not finite. The earlier part of a resumed run is drawn from the rows on disk, each of which has the range
and the mean of ten steps.

With the mouse: the wheel over a chart zooms, two clicks enlarge a pane, and the borders between panes can be dragged.

On **palindromes** the network reads as many digits as its *length* says and must name the first one: it can only know
it by remembering.
On **text** it predicts the next character at every step; *bits per character* say how surprised it is (fewer is
better), and the points are its score on the last tenth of the text, which it never trains on.

The text network writes samples at regular intervals, each with its step and temperature. Where there is room, **how
it writes** keeps one of each decade of steps (1, 2, 5, 10, …) and the newest, so that one reads from top to bottom
what it has learned; answers to your prompts stand beside them. `v` shades these samples by *surprisal*, as pages of
the writing room are: the stronger, the less the network expected what it wrote. On a narrow terminal all share the
**generation** pane, and are shaded there. An answer is written with the weights of the step in front of it, while
training continues. The *temperature* sets how random the text is: 0 always takes the most likely character, 0.5 is
varied and readable, 2 is noise.

# The words on the frames

| words | what they say |
|---|---|
| `lr` | the learning rate, and the course that it is on, such as warm-up or cosine |
| `‖∇‖` | the norm of the gradient before it is clipped |
| `steps/s` | optimizer steps a second; of text also the characters read a second |
| `kernel`, on this page | the code that computes: `compiled` is rnntui's own C with the instructions behind it, `oneDNN` PyTorch's, `reference loop` the equations step by step; all compute the same. With `open units only` a Phased LSTM computes the units alone whose time gate is open |
| `no fast kernel` | this network is computed by the equations step by step, which takes longer, and why |
| `kernel oneDNN: …` | PyTorch's kernel trains it, and why not rnntui's own |
| `held-out`, `averaged` | the score on what the network never trains on, of its weights as they are and of their average over the steps (`--average`); both begin with the first evaluation, and where they run through the same cells these have the colour of each by turns; a narrow chart says `avg`, and `train` for the training |
| `88-step mean` | each point of a line is the mean of so many steps around it, at the newest of those there are; on a logarithmic axis it is their `geometric mean`, which one large loss among hundreds does not lift. The faint band is all that was measured at its steps: where a curve is steep the line may run beside it |
| `▴` `▾` | the line is above or below what the axis shows: at rare values, and in the first steps of a course, where their fall or their rise would leave the rest few rows |
| `own axis` | charts of one task beside each other have one vertical axis; on it this one would be nearly a level line, or it would leave the others little room |
| `loss, nats` | the cross-entropy; on text bits, which are nats / ln 2 |
"""  # noqa: E501
