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
from numba.core import config, event

from ..errors import KlasternetWarning

BRANCHING = ("bending", "overlaps", "placing", "separation")  # of figures and of proofs


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
        config.CACHE_DIR = place
        warnings.warn(
            "what is compiled cannot be kept: neither the folder of klasternet nor a home can be "
            "written to. Every run compiles anew, for half a minute; set NUMBA_CACHE_DIR to a "
            "folder of your own.",
            KlasternetWarning,
            stacklevel=2,
        )


_find_a_cache()


class _Compiling(event.Listener):
    """What holds while a kernel of ours compiles, and what it calls.

    No search for garbage: a compiler makes millions of objects that live until it is done, and to
    look through them again and again takes a tenth of its time. And no unrolling of loops in
    kernels that branch at every turn, which run as quickly without it. One thread compiles at a
    time, under numba's lock.
    """

    def __init__(self) -> None:
        self.kernel: Any = None
        self.before: tuple[bool, Any, Any] = gc.isenabled(), config.OPT, config.LOOP_VECTORIZE

    def on_start(self, event: Any) -> None:
        """Begin, unless what calls this kernel is being compiled already."""
        kernel = event.data["dispatcher"]
        package, _, file = (kernel.py_func.__module__ or "").rpartition(".")
        if self.kernel is None and package == __name__:
            self.kernel = kernel
            self.before = gc.isenabled(), config.OPT, config.LOOP_VECTORIZE
            gc.disable()
            if file in BRANCHING:
                config.OPT, config.LOOP_VECTORIZE = type(config.OPT)(min(config.OPT, 1)), 0

    def on_end(self, event: Any) -> None:
        """Go on as before."""
        if event.data["dispatcher"] is self.kernel:
            self.kernel = None
            wanted, config.OPT, config.LOOP_VECTORIZE = self.before
            if wanted:
                gc.enable()


event.register("numba:compile", _Compiling())


def wrapping(kernel):
    """Compile a kernel whose integers are to wrap around; uncompiled, NumPy would warn of it."""
    if config.DISABLE_JIT:
        return np.errstate(over="ignore")(kernel)
    return numba.njit(cache=True, nogil=True)(kernel)
