"""Words that a network made up: `python bench/invented_words.py CORPUS WRITTEN.json…`, of `rnntui write RUN --json`.

A word is a run of letters, in small ones; it is made up where it stands nowhere in the corpus, held-out part included.
"""

import argparse
import json
import re
from pathlib import Path

WORD = re.compile(r"[^\W\d_]+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("written", type=Path, nargs="+")
    asked = parser.parse_args()
    try:
        known = set(words(asked.corpus.read_text(encoding="utf-8-sig")))
        written = [json.loads(file.read_text(encoding="utf-8")) for file in asked.written]
    except OSError as error:
        parser.error(f"{error.filename} cannot be read: {error.strerror}")
    except ValueError:
        parser.error("WRITTEN is not what `rnntui write RUN --json` wrote, or CORPUS no text in UTF-8")
    for of_network in written:
        every = words(of_network["text"])
        invented = [word for word in every if word not in known]
        print(f"{of_network['run']}, step {of_network['step']:,}: {len(invented):,} of {len(every):,} words made up, "
              f"as {', '.join(invented[:5])}")  # fmt: skip


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


if __name__ == "__main__":
    main()
