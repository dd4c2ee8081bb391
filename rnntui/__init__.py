"""rnntui: the laboratory for recurrent networks that opens in a terminal."""

__version__ = "0.1.0"
