"""What went wrong while running, in one sentence that says what would help."""

import errno

from rnntui.corpora.catalogue import FetchError
from rnntui.system.user_code import UserCodeError


def explain(error: BaseException) -> str:
    """One sentence for an error: a user's mistake speaks for itself, a full disk or memory says what to do."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, ValueError | FetchError | UserCodeError):
        return said
    if _is_disk_full(error):
        return "the disk is full: the checkpoint could not be written, the ones before are kept; make room and resume"
    if isinstance(error, MemoryError) or "out of memory" in said.lower() or "can't allocate memory" in said.lower():
        return "out of memory: lower --batch, --length, --hidden or --layers"
    return f"{type(error).__name__}: {said}"


def _is_disk_full(error: BaseException) -> bool:
    full = (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, OSError) and (error.errno in full or "No space left" in str(error))
