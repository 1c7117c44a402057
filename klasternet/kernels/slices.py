"""Work shared out to threads in contiguous slices: the outcome never hangs on how many there are.

Kernels let go of the interpreter's lock, so that threads of Python will do: nothing to compile
twice, and nothing left behind in processes that fork.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

__all__ = ["ALONE", "Slices"]


class Slices:
    """Calls work(slice, first, last) for slices of 0 .. n - 1, each on a thread of its own.

    Without more threads than the caller's there is one slice. To be closed, by `with`.
    """

    def __init__(self, threads: int = 1) -> None:
        self.count = threads
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def __call__(self, n: int, work: Callable[[int, int, int], Any]) -> list[Any]:
        """What work returned for each slice, in their order."""
        ends = [n * k // self.count for k in range(self.count + 1)]
        if self._pool is None:
            return [work(0, 0, n)]
        rest = [self._pool.submit(work, k, ends[k], ends[k + 1]) for k in range(1, self.count)]
        first = work(0, 0, ends[1])
        return [first, *(each.result() for each in rest)]

    def __enter__(self) -> Slices:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._pool is not None:
            self._pool.shutdown()


ALONE = Slices()
