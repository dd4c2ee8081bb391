"""What the time machine shows, in words."""

ABOUT = """
# What you see

One prompt and the same random numbers, through everything kept from a run's training: where two texts differ, the
difference is what the network learned in between. The **line** shows training on a logarithmic scale, `●` a checkpoint
and the faint dots below it the samples recorded during training. `▼` points to the step shown, `▽` to the one it is
compared with.

A checkpoint's text is written when you reach it, and kept. A **sample** is shown as it was recorded, with its own
prompt, temperature and length, so it is compared with the previous sample, never with a checkpoint's text.

What is **marked** in the older text is gone in the newer one, and what is marked there is new, compared word by word.
Below are the share of new words, the mean bits per character at which the network wrote its text, and its losses at
that step, in bits per character too.
"""
