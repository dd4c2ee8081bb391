"""Where the command `rnntui` and `python -m rnntui` begin: before anything heavy is imported.

Invariant: an interrupt ends the process quietly from the first line on, and no file that is opened later takes the
place of a standard stream that was closed.
"""

try:
    import os
    import signal
    import sys
    from types import FrameType
except KeyboardInterrupt:
    raise SystemExit(130) from None

INTERRUPTED = 128 + signal.SIGINT
SPINS = "GOMP_SPINCOUNT", "10000"


def main() -> None:
    """Run the command line."""
    quiet = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN  # as `nohup … &` leaves it
    if quiet:
        signal.signal(signal.SIGINT, _leave)
    _fill_gaps()
    share_cores()
    if "TORCHELASTIC_RUN_ID" in os.environ:
        _train_along()
    from rnntui.cli import main as run

    try:
        if quiet:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _leave)


def share_cores() -> bool:
    """Let the threads of the library's products wait asleep, if it is loaded after this; what the user has set stands.

    Returns whether that was to be set.

    GNU's OpenMP has them spin some 300,000 times after each product, on the core that a thread of the compiled kernels
    wants: two threads were no faster than one on short sequences. With 10,000 they are 1.4 times as fast, and the
    products by themselves 3 % slower (`docs/kernels.md`).
    """
    if os.environ.keys() & {SPINS[0], "OMP_WAIT_POLICY"}:
        return False
    os.environ.update([SPINS])
    return True


def _train_along() -> None:
    """Where torchrun started this process to train along with another, do that and end."""
    from rnntui.system.world import followed

    if (world := followed()) is not None:
        from rnntui.commands.follow import follow

        sys.exit(follow(world))


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


def _fill_gaps() -> None:
    """Let standard streams that were closed lead nowhere; what is written to such a standard output fails."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if descriptor == 2 else os.O_RDONLY)  # takes the lowest that is free
