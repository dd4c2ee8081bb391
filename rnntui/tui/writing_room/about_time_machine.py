"""What the time machine shows, in words."""

ABOUT = """
# What you see

One prompt and the same random numbers, through all that is kept of a run's training: where two texts differ, it is what
the network learned in between. The **line** is the course of training on a logarithmic scale, `●` a checkpoint and the
faint dots below it the samples that were recorded on the way. `▼` points at the step that is shown, `▽` at the one it
is compared with.

A checkpoint's text is written when you come to it, and kept. A **sample** is shown as it was recorded: with its own
prompt, temperature and length, so it is compared with the sample before, never with a checkpoint's text.

What is **marked** in the older text is gone in the newer one, and what is marked there is new, compared word by word.
Below stand the share of new words, the mean bits per character at which the network wrote its text, and its losses at
that step, in bits per character too.
"""
