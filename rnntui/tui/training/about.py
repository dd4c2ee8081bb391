"""What the training screen shows, in words."""

ABOUT = """
# What you see

`g` looks into the selected network, `m` enlarges it, `w` shows messages; all keys are listed at the end.

Each **pane** is one network in training. Its first line is the **verdict**: the figure that counts (what is held
out for text, else the accuracy), `✓` for what is reached, such as being solved or better than guessing, and `▲`
where a network overfits (its last two scores are worse than its best) or has fallen back. The upper chart is its
loss, the lower one its accuracy, over the optimizer steps. The faint band spans single batches, the bright line is
their mean over a share of what is shown (`[` and `]` change it). A dotted line is a baseline: chance for
palindromes; for text, always guessing the most common next character after the current one (the *bigram*). Signs on
the horizontal axis are what changed the training: `◆` a learning rate, `◇` a clip, `✗` a divergence, `↶` where a run
went back; the arrow keys in a chart read them. A `?` stands where values were not finite. The earlier part of a
resumed run is drawn from the rows on disk, usually every tenth step.

On **palindromes** the network reads T digits and must name the first one: it can only know it by remembering.
On **text** it predicts the next character at every step; *bits per character* say how surprised it is (fewer is
better), and the points are its score on the last tenth of the text, which it never trains on.

The **gradient horizon** (`g`) shows why a network forgets: how strongly the loss at the last step depends on the
network's state a number of steps (the *lag*) earlier. Its *memory* is the largest lag at which this is still above
1 % of what it is at lag 0. It is measured again every few seconds, without any effect on training.

Pressed again, `g` shows what the **gates** do: a raster of units × time steps for one sequence, brighter where a gate
is more open, and the mean over all units and examples with its spread to either side. `G` shows the next gate,
`u` to the next layer. A Phased LSTM also has the time gate *k*: its units are sorted by period, and steps at which no
unit is open are marked *gaps*. Its periods, shifts and open ratios come next, as histograms, now and at the start.

`r`, or `g` once more, shows the network **reading**: text that it never trains on (of other tasks a sequence a line),
each character coloured by the state of one unit after it: blue where it is low, orange where it is high, with the
scale to the right. Below are the units with what they follow best (inside quotes, position in line, after a blank, …),
its correlation *r* with their state, and the state around the cursor as bars. `↑` `↓` choose a unit, `←` `→` move
through the text, `u` and `h` go to the next layer and state, `o` orders the units, `f` ranks them by a regular
expression. Enter looks for the ten places in the text where the unit is most as it is at the cursor, Enter again for
those where all units of its layer are.

Last come **weights and gradients**: the eigenvalues λ of each recurrent matrix in the complex plane, with the unit
circle (what lies outside of it grows from step to step, what lies inside fades), its largest |λ| and its largest
singular value σ; the weights of the layer as histograms, now and at the start; and ‖Δθ‖/‖θ‖, how much of the norm of
each layer the newest step changed (some 0.001 is usual). `G` goes through the matrices, `u` through the layers. Beside
them, or after the last matrix where the screen is narrow, are the norm of the gradient ‖∇‖ with the line at which it
is clipped, and the learning rate.

The text network writes samples at regular intervals, each with its step and temperature. Where there is room, **how
it writes** keeps one of each decade of steps (1, 2, 5, 10, …) and the newest, so that one reads from top to bottom
what it has learned; answers to your prompts stand beside them. On a narrow terminal all share the **generation**
pane. An answer is written with the weights of the step in front of it, while training continues. The *temperature*
sets how random the text is: 0 always takes the most likely character, 0.5 is varied and readable, 2 is noise.

With a chart selected, `←` and `→` move a readout along the curve; so does the mouse.
"""
