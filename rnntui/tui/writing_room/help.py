"""What the writing room shows and which keys it has, in words."""

HELP = """
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

# Keys

| key | what it does |
|---|---|
| `/` | type or paste a prompt; Enter lets all write, `↑` `↓` go through the history, Esc leaves the line |
| `space` | stop writing, or write on |
| `←` `→` `↑` `↓`, a click | move the cursor in the selected page; Esc hides it |
| `Enter` | go back to the cursor and write on from there |
| `Backspace` | go back to the cursor and stay |
| `e` | edit the text and write on from the edit: only from there on the network reads anew |
| `Tab` | select the next page |
| `v` | shade by surprise, by probability, by memory, or not at all |
| `t`, `+`, `-`, `T` | temperature: the next of 0, 0.5, 1, 2; 0.1 up or down; typed |
| `k`, `p` | top-k and top-p: draw from the likeliest only |
| `x`, `n` | text at which to stop; how many characters to write |
| `r`, `R` | write anew with the next random numbers, or with those before |
| `g` | pace: to read along, faster, at once |
| `m` | time machine: the selected run at every step of its training that was kept |
| `f` | fresh weights of a run in training |
| `y`, `s` | copy the selected text; save it to a file |
| `?` | this page |
| `Ctrl+P` | all commands by name |
| `Ctrl+Z` | back to the shell, all stands still; `fg` comes back |
| `Esc` | back to the curves, where there are some |
| `q` | exit |

Temperature, top-k and top-p act on all pages while they draw alike, else on the selected one.
"""
