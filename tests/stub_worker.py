"""A sweep's worker without torch: it says what the real one says, and misbehaves as its first argument asks.

`well` trains; `refuses` has no device; `dies` ends before it can begin; `second-dies` does so unless it is the first;
`dies-at-work` ends in its first run; `interrupts` sends its parent a SIGINT after its first run and trains no other;
`babbles` also prints what is no message.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from rnntui.config import from_dict
from rnntui.sweeps.folder import Result, write_result
from rnntui.system.folder import Folder


def say(**message: Any) -> None:
    print(json.dumps(message), flush=True)


def main(behaviour: str) -> None:
    first = Path(sys.argv[2])
    is_first = not first.exists()
    first.touch()
    if behaviour == "refuses":
        say(refused="--device cuda: there is none", is_mistake=True)
        return
    if behaviour == "dies" or (behaviour == "second-dies" and not is_first):
        sys.exit("no memory to load with")
    if behaviour == "babbles":
        print("hello\n{ not json\n{}\n[1]\n3\n" + json.dumps({"run": "nobody's", "step": 1}), flush=True)
    say(device="cpu")
    is_interrupted = False
    for line in sys.stdin:
        message = json.loads(line)
        if "drop" in message or is_interrupted:
            continue
        if behaviour == "dies-at-work" and is_first:
            print("x" * 3000, file=sys.stderr)
            os.abort()
        folder, settings = Path(message["folder"]) / message["run"], from_dict(message["settings"])
        folder.mkdir(exist_ok=True)
        result = Result("finished", settings.steps, 0.5, 0.9, 0.9, 0.5, 7, 1.0)
        with Folder(folder, "the run") as run:
            write_result(run, settings, result)
        say(run=message["run"], step=3, accuracy=0.5, loss=None, steps_per_second=1.0)
        say(run=message["run"], result=vars(result))
        if behaviour == "interrupts":
            is_interrupted = True
            os.kill(os.getppid(), signal.SIGINT)


main(sys.argv[1])
