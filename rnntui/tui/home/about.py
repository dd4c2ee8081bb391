"""What the list of runs shows, in words."""

ABOUT = """
# What you see

All runs and sweeps of a folder, a line each: how it stands, its name, what it learns with which network, how far it
is, its one figure, the course of its accuracy (of a text: its loss), and when it was last written to. Of a text the
figure is the best held-out loss, `train 2.31` while none is scored; losses and accuracies of the training are means
over the last 100 steps.

| sign | the run |
|---|---|
| `●` | is being trained |
| `✓` | has solved its task; the figure says at which step |
| `↓` | had solved its task and gives wrong answers again |
| `○` | is finished |
| `‖` | was stopped, and can be resumed |
| `!` | diverged: its loss is no longer finite |
| `?` | has lost the process that trained it |
| `✗` | is worse than guessing, or cannot be read: the state says which |
| `▦` | is a sweep; `✓29 ↓3 ○28` are its runs that solved their task, lost it again, and never did |

Below is more about the run under the cursor. `Enter` opens it: one that trains with every key of the training screen,
one that is finished with its curves, its views and what it writes, from its best checkpoint. One that was stopped is
resumed or looked at, as you say. What is resumed or begun here is trained by a process of its own: it goes on when you
leave, until it is finished or `Q` ends it.

The filter (`/`) finds words of the name, the task, the text, the network (`lstm`) and the state (`stopped`).
"""
