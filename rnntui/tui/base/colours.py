"""The colours of each theme, by what they mean. `themes.py` makes Textual's themes of them.

Blue is the training, orange what is held out; only what was reached is green, what is wrong red, a warning yellow; what
is selected is white, on a light ground black. They were searched for so that people with any of the three colour
deficiencies tell them apart (`tests/test_themes.py`). Text has a contrast of 4.5 with its ground, a line of 3. Sixteen
colours are too few for that: what was reached and what is wrong bear a sign besides.
"""

from dataclasses import dataclass

# matplotlib's viridis, by Nathaniel J. Smith, Stefan van der Walt and Eric Firing (CC0), at 17 places.
VIRIDIS = (
    *("#440154", "#48186A", "#472D7B", "#424086", "#3B528B", "#33638D", "#2C728E", "#26828E", "#21918C"),
    *("#1FA088", "#28AE80", "#3FBC73", "#5EC962", "#84D44B", "#ADDC30", "#D8E219", "#FDE725"),
)


@dataclass(frozen=True)
class Colours:
    """The colours of a theme. `quiet` is text that is not read first, `frame` are axes and borders.

    `shades` are the levels of a raster of what has no sign, the least first: the ground. `third` is a line of averaged
    weights, and what is new in a text; it and `fourth` are dashed. `lines` are those of runs over each other, which
    bear letters.
    """

    ground: str
    surface: str  # of inputs
    panel: str  # of headings and the footer
    foreground: str
    quiet: str
    frame: str
    selection: str
    training: str
    held_out: str
    reached: str
    wrong: str
    warning: str
    third: str
    fourth: str
    lines: tuple[str, ...]
    shades: tuple[str, ...]
    is_dark: bool = True


DARK = Colours(
    ground="#101114",
    surface="#1A1B20",
    panel="#23252B",
    foreground="#E6E6E6",
    quiet="#A9ABB2",
    frame="#6F727B",
    selection="#FFFFFF",
    training="#47C2FF",
    held_out="#F09800",
    reached="#269779",
    wrong="#ED3252",
    warning="#F7E497",
    third="#9D5FED",
    fourth="#B0B0B0",
    lines=("#47C2FF", "#F09800", "#F3FF4F", "#FF3888", "#13844F", "#C2FFC2", "#8D0AFF", "#DB0000"),
    shades=("#101114", *VIRIDIS[1:]),
)
LIGHT = Colours(
    ground="#FFFFFF",
    surface="#F2F3F5",
    panel="#E4E6EA",
    foreground="#16171A",
    quiet="#55585F",
    frame="#85888F",
    selection="#000000",
    training="#0041F5",
    held_out="#D48024",
    reached="#008464",
    wrong="#D40444",
    warning="#5C4C00",
    third="#4B1084",
    fourth="#6B6E76",
    lines=("#0041F5", "#D48024", "#330D00", "#4C9999", "#8C3175", "#2D5900", "#73675C", "#030F33"),
    shades=("#FFFFFF", *VIRIDIS[-2::-1]),
    is_dark=False,
)
HIGH_CONTRAST = Colours(
    ground="#000000",
    surface="#0C0C0C",
    panel="#1C1C1C",
    foreground="#FFFFFF",
    quiet="#E5ECF7",
    frame="#B7C6E3",
    selection="#FFFFFF",
    training="#1FA0FF",
    held_out="#FA6C00",
    reached="#A3FFB4",
    wrong="#CA948D",
    warning="#FFDA1F",
    third="#A290AA",
    fourth="#C0C0C0",
    lines=("#47C2FF", "#FA8500", "#EFFF0F", "#C600F7", "#169C81", "#FFC7D6", "#A3663E", "#B7D694"),
    shades=("#000000", *VIRIDIS[1:]),
)

# On terminals of sixteen colours, by the values that these have by their names (IBM's): each is met exactly.
BLACK, RED, GREEN, BROWN = "#000000", "#AA0000", "#00AA00", "#AA5500"
BLUE, MAGENTA, CYAN, SILVER = "#0000AA", "#AA00AA", "#00AAAA", "#AAAAAA"
GREY, BRIGHT_RED, BRIGHT_GREEN, YELLOW = "#555555", "#FF5555", "#55FF55", "#FFFF55"
BRIGHT_BLUE, PINK, BRIGHT_CYAN, WHITE = "#5555FF", "#FF55FF", "#55FFFF", "#FFFFFF"
DARK_OF_SIXTEEN = Colours(
    ground=BLACK,
    surface=BLACK,
    panel=BLACK,
    foreground=WHITE,
    quiet=SILVER,
    frame=SILVER,
    selection=WHITE,
    training=BRIGHT_BLUE,
    held_out=BROWN,
    reached=GREEN,
    wrong=BRIGHT_RED,
    warning=YELLOW,
    third=PINK,
    fourth=SILVER,
    lines=(BRIGHT_BLUE, BROWN, GREEN, BRIGHT_RED, YELLOW, PINK, BRIGHT_CYAN, SILVER),
    shades=(BLACK, *[BRIGHT_BLUE] * 4, *[CYAN] * 4, *[BRIGHT_GREEN] * 4, *[YELLOW] * 4),
)
LIGHT_OF_SIXTEEN = Colours(
    ground=WHITE,
    surface=WHITE,
    panel=WHITE,
    foreground=BLACK,
    quiet=GREY,
    frame=GREY,
    selection=BLACK,
    training=BLUE,
    held_out=BROWN,
    reached=GREEN,
    wrong=RED,
    warning=MAGENTA,  # no yellow is read on white
    third=BRIGHT_BLUE,
    fourth=GREY,
    lines=(BLUE, BROWN, GREEN, RED, MAGENTA, BRIGHT_BLUE, BLACK, GREY),
    shades=(WHITE, *[GREEN] * 4, *[BRIGHT_BLUE] * 4, *[BLUE] * 4, *[BLACK] * 4),
    is_dark=False,
)

THEMES = {"dark": DARK, "light": LIGHT, "high-contrast": HIGH_CONTRAST}
OF_SIXTEEN = {"dark": DARK_OF_SIXTEEN, "light": LIGHT_OF_SIXTEEN, "high-contrast": DARK_OF_SIXTEEN}
