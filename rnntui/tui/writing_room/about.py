"""What the writing room shows, in words."""

ABOUT = """
# What you see

Each **page** is one network that continues your prompt: a run, the step of its weights, and how it samples. All
continue the same prompt with the same random numbers, so any difference comes from the networks. Your prompt has a
different colour from what the network wrote; a character that its corpus lacks is struck out and was not read. A `·`
replaces what terminals draw differently (joined emoji, flags, some marks); the text itself keeps it.

The shade behind a character is its **surprisal** under the network, in bits: 0 is certain, 1 a coin toss, 8 and more a
wild guess. `v` shades by *probability*, where what is unlikely has the same colours, or by *memory* instead, or not at
all. `r` lists the **units** of the selected page's network by what they follow on that page (inside quotes, position in
line, after a blank, …) and shades by the state of the one that you choose: blue where it is below 0, orange above. Of
several networks that write as one it is the first, and of one that adapts the network as it was trained. `rnntui units
RUN` and `r` on the training screen rank them on held-out text, which says more than one page. The scale at the top has
each shade, and where it begins.

The **figures** of a page, below it or in the table of all pages: the mean bits per character of what the network wrote,
and of the prompt. Paste a text of your own with a length of 0 (`N`) to see how well the network predicts it. What was
**copied** is shown too: the longest passage that stands in the training text word for word is underlined, and of all
pieces of 4, 8, 16 and 32 letters that the network wrote it is said how many stand there. Almost all short ones do; if
the network has memorized its text, long ones do too.

Move the **cursor** into a page and the lines below show the alternatives at that position, most likely first: the
network's probability, its bar, and after the arrow the probability of drawing it at this temperature.

`a` lets the networks **adapt**: they go on learning from their pages, prompt and writing, 20 characters at a time
(dynamic evaluation). A page says how many bits per character that gains over the network as it was trained. Going back
and editing leave nothing behind: what has been learned follows from the text alone.

Temperature, top-k and top-p apply to all pages while these sample alike, otherwise to the selected one.
"""
