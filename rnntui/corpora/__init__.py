"""Texts to learn: what a name stands for, and the text with what was done to it.

A name is a text in the corpora folder, a file, a folder of text files, or a built-in text, such as Python's own
documentation (`pydoc`), so that the first run needs no network. Loading the same bytes gives the same text.
What is larger than `parts.LARGE` is read from a file of tokens beside it.
"""

from rnntui.corpora.builtin import BUILT_IN
from rnntui.corpora.corpus import Corpus, Large, Small, check_length, split, vocabulary
from rnntui.corpora.folders import TEXT_SUFFIXES
from rnntui.corpora.labels import labels
from rnntui.corpora.parts import Progress
from rnntui.corpora.places import (
    PREFERRED,
    CorpusSource,
    Entry,
    find,
    folder,
    listing,
    pin,
)
from rnntui.corpora.reading import fingerprint, is_slow, load, size
from rnntui.corpora.trained import (
    changed,
    check_same_here,
    locate,
    of_data,
    of_run,
    place_of_run,
    prepare,
    short,
    whereabouts,
)

__all__ = [
    "BUILT_IN",
    "PREFERRED",
    "TEXT_SUFFIXES",
    "Corpus",
    "CorpusSource",
    "Entry",
    "Large",
    "Progress",
    "Small",
    "changed",
    "check_length",
    "check_same_here",
    "find",
    "fingerprint",
    "folder",
    "is_slow",
    "labels",
    "listing",
    "load",
    "locate",
    "of_data",
    "of_run",
    "pin",
    "place_of_run",
    "prepare",
    "short",
    "size",
    "split",
    "vocabulary",
    "whereabouts",
]
