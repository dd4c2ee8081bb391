"""What the writing room shows, in words."""

ABOUT = """
# What you see

Each **page** is one network that continues your prompt: a run, the step of its weights, and how it draws. All go on
from the same prompt with the same random numbers, so that where they differ it is the networks that do. What you gave
has another colour than what the network wrote; a character that its corpus lacks is struck out and was not read. A `·`
stands for what terminals do not draw alike: joined emoji, flags, some marks; the text keeps it.

The shade behind a character says how it **surprised** the network, in bits: 0 is sure, 1 a coin's toss, 8 and more a
wild guess. `v` shades by *probability* or by *memory* instead, or not at all. Below each page stand the mean bits per
character of what the network wrote, and of what it was given: paste a text of your own with a length of 0 (`n`) and
read how well the network knew it.

The **memory meter** says what was copied: the longest run that stands word for word in the training text is underlined,
and of all n-grams that the network wrote it tells the share that the training text has. Almost all of the short ones
will be; a network that has learned by heart has the long ones too.

Move the **cursor** into a page and the line below shows what else might have stood there, likeliest first: the share
that the network gives it, and behind the arrow how likely it is drawn at this temperature.

Temperature, top-k and top-p act on all pages while they draw alike, else on the selected one.
"""
