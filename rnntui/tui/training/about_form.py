"""What the form of a new run explains of itself, in Markdown."""

ABOUT = """
# A new run

Each field is a setting, as an option of `rnntui train` is. The line below the fields says what the one with the focus
is for. `•` marks what is not what a new run of this task, preset and text starts with. Dimmed fields are **unused**
beside the others: their help says why, and what would give them one.

**preset** fills the fields; what you changed by hand stays. **from** begins with the weights of another run.

Tab and Shift+Tab go from field to field, Enter in a field, or the button, starts the run, Esc starts none. Where a run
of the task is on the screen you are asked whether the new one goes in its place or beside it.
"""
