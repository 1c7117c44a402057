"""Arrays in, arrays out, compiled by numba. No names, no frames, no files, no checks of input.

Each kernel has one signature and is kept small, so that the first call compiles in seconds and
every later process loads machine code from the cache. What only other kernels call is
`register_jitable`: compiled without an entry from Python, which would take a quarter more time.
"""

import atexit
import gc
import shutil
import tempfile
import warnings
from typing import Any

import numba
import numpy as np
from numba.core import event

from ..errors import KlasternetWarning


def _find_a_cache() -> None:
    """Where no folder may hold what was compiled, take one that goes with this process.

    A package installed for all on a machine and run by somebody without a home: numba would not
    even begin. A folder that stays is no answer, for whatever lies in it is run.
    """
    try:
        numba.njit(cache=True)(_find_a_cache)
    except RuntimeError:
        place = tempfile.mkdtemp(prefix="klasternet-")
        atexit.register(shutil.rmtree, place, ignore_errors=True)
        numba.config.CACHE_DIR = place
        warnings.warn(
            "what is compiled cannot be kept: neither the folder of klasternet nor a home can be "
            "written to. Every run compiles anew, for a minute; set NUMBA_CACHE_DIR to a folder "
            "of your own.",
            KlasternetWarning,
            stacklevel=2,
        )


_find_a_cache()


class _Unswept(event.Listener):
    """No search for garbage while a kernel of ours compiles, and what it calls.

    A compiler makes millions of objects that live until it is done: to look through them again and
    again takes a tenth of its time. One thread compiles at a time, under numba's lock.
    """

    def __init__(self) -> None:
        self.kernel: Any = None
        self.wanted = True

    def on_start(self, event: Any) -> None:
        """Pause, unless what calls this kernel is being compiled already."""
        kernel = event.data["dispatcher"]
        if self.kernel is None and kernel.py_func.__module__.startswith(__name__):
            self.kernel, self.wanted = kernel, gc.isenabled()
            gc.disable()

    def on_end(self, event: Any) -> None:
        """Go on as before."""
        if event.data["dispatcher"] is self.kernel:
            self.kernel = None
            if self.wanted:
                gc.enable()


event.register("numba:compile", _Unswept())


def wrapping(kernel):
    """Compile a kernel whose integers are to wrap around; uncompiled, NumPy would warn of it."""
    if numba.config.DISABLE_JIT:
        return np.errstate(over="ignore")(kernel)
    return numba.njit(cache=True, nogil=True)(kernel)
