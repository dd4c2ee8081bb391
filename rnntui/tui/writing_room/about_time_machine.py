"""What the time machine shows, in words."""

ABOUT = """
# What you see

One prompt and the same random numbers, through everything kept from a run's training: where two texts differ, the
difference is what the network learned in between. The **curve** is the loss over the steps of the training, which are
on a logarithmic scale; the held-out loss is dashed. `●` is a checkpoint, `┬` on the axis a sample recorded during
training. `▼` points to the step shown, `▽` to the one it is compared with.

A checkpoint's text is written when you reach it, and kept. A **sample** is shown as it was recorded, with its own
prompt, temperature and length, so it is compared with the previous sample, never with a checkpoint's text.

What the older text has and the newer one lacks is grey; what is new is bold, underlined and coloured. They are compared
word by word. `c` compares with the last stop in place of the one before; then the text above is the later one. Below
the curve are the share of new words, and in bits per character how surprised the network was by its own writing and its
losses at that step. The lower border of a text says how surprised the network was by it and how much of it is
**copied**: `copies 22 in a row` is the longest passage that stands in the training text word for word. `v` shades both
texts, as in the writing room.
"""
