"""A process that writes in a leased run as fast as it can, for tests that stop it: `frozen_holder.py RUN`.

Its lock is useless, as on a disk whose locks are not kept between machines, and so it says it is of another machine.
"""

import sys
import time
from pathlib import Path

from rnntui.runs import METRICS, Run
from rnntui.schemas import MetricsRow
from rnntui.system import lease, lock
from rnntui.system.lease import LeaseLost

lock._lock = lambda descriptor: None
lease.machine = lambda: "of the holder"
lease.TRUSTED_SECONDS, lease.BEAT_SECONDS = 2.0, 0.1

run = Run(Path(sys.argv[1]))
run.lock(leased=True)
print("held", flush=True)
step, stood_at, before = 0, 0, time.monotonic()
try:
    while not stood_at or step < stood_at + 20:
        step += 1
        if time.monotonic() - before > lease.TRUSTED_SECONDS:
            stood_at = stood_at or step
        before = time.monotonic()
        run.append(
            METRICS, MetricsRow(step=step, loss=1.0, accuracy=0.5, gradient_norm=1.0, learning_rate=0.1, seconds=1)
        )
        run.write_checkpoint(step, [("model.safetensors", bytes(100)), ("optimizer.safetensors", bytes(100))])
    print("it went on", flush=True)
except LeaseLost as lost:
    run.unlock()
    print(lost, flush=True)
