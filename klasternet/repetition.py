"""Repeats a piece of work, each time with random numbers of its own.

In parallel where asked, with progress where somebody looks, stopped cleanly by Ctrl-C, gone on with
from a file. What comes out does not depend on the number of workers, nor on what kind they are.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from multiprocessing import current_process
from typing import Any

import numpy as np

from .errors import KlasternetError, KlasternetWarning, ParameterError
from .resuming import Record

__all__ = ["drawn_seed", "nested", "repeat", "watched"]

WAIT = 1.0  # seconds before a progress bar shows
WITHIN: ContextVar[bool] = ContextVar("within", default=False)
LEAVING: list[int] = []
CHUNKS = 40  # a worker is sent about so many pieces of work: few enough to cost nothing


def drawn_seed(seed: int | None) -> int:
    """The seed itself, or a fresh one, to be recorded."""
    if seed is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ParameterError(f"seed is {seed!r}; give an integer from 0, or None to draw one.")
    return int(seed)


def repeat(
    work: Callable[[np.random.Generator, int], Any],
    count: int,
    seed: int,
    *,
    n_jobs: int = 1,
    progress: bool | None = None,
    label: str = "",
    record: Record | None = None,
) -> list[Any]:
    """Return [work(rng, k) for k in 0 .. count - 1], every rng a stream of its own.

    n_jobs is joblib's: threads by default, whatever `joblib.parallel_config` says otherwise.
    progress: None shows a bar on a terminal or in a notebook, once a second has passed.
    Ctrl-C ends it with what has been done, in order from the first, and a warning; but within
    another repetition it goes on to that one, for a piece of work that is cut short is none.
    record: what it has done is not done again, and what is done is added to it.
    """
    streams = np.random.SeedSequence(seed).spawn(count)
    done: list[Any] = record.pieces()[:count] if record is not None else []
    bar = _Bar(count, label, progress)

    def add(pieces: list[Any]) -> None:
        for piece in pieces:
            if record is not None:
                record.add(len(done), piece)
            done.append(piece)
        bar.reach(len(done))

    chunks = _chunks(len(done), count, n_jobs)
    try:
        if n_jobs == 1:
            for k in range(len(done), count):
                with _inside():
                    piece = work(np.random.default_rng(streams[k]), k)
                add([piece])
        else:
            from joblib import Parallel, delayed

            home = os.getpid()
            with _post(home) as folder:
                parallel = Parallel(
                    n_jobs=n_jobs, prefer="threads", return_as="generator", **_start(home)
                )
                tasks = (
                    delayed(_piece)(work, part, [streams[k] for k in part], home, folder)
                    for part in chunks
                )
                for handed in parallel(tasks):
                    add(_opened(handed))
    except BrokenExecutor as error:
        raise KlasternetError(
            f"a worker was killed after {len(done):,} of {count:,}{' ' * bool(label)}{label}, most "
            "often for want of memory; no result was made of these. Take fewer workers (n_jobs), "
            "or threads."
        ) from error
    except KeyboardInterrupt:
        if not done or nested():
            raise
        warnings.warn(
            f"interrupted after {len(done):,} of {count:,}{' ' * bool(label)}{label}; "
            "the result rests on these.",
            KlasternetWarning,
            stacklevel=3,
        )
    finally:
        bar.close()
    return done


def _piece(
    work: Callable[..., Any],
    part: range,
    streams: list[np.random.SeedSequence],
    home: int,
    folder: str | None,
) -> list[Any] | str:
    """Several repetitions in one go, by a thread or a process that the process `home` started.

    folder : where a worker process leaves them.
    """
    _leave_with(home, os.path.dirname(folder or ""))
    with _inside():
        pieces = [
            work(np.random.default_rng(stream), k) for k, stream in zip(part, streams, strict=True)
        ]
    if folder is None or os.getpid() == home:
        return pieces
    return _left(pieces, os.path.join(folder, str(part.start)))


@contextmanager
def _post(home: int) -> Iterator[str | None]:
    """A folder where joblib's worker processes leave what they have done, if there will be any.

    Through their pipe they tell where, in so few bytes that the system writes all or nothing. Of
    a longer message a worker that is killed may leave half, and joblib waits for the rest for ever.
    """
    folder, place = None, _place_of(home) if _by_processes() else ""
    with suppress(OSError):  # there is no room: a pipe is better than no answer
        folder = tempfile.mkdtemp(dir=place) if place else None
    try:
        yield folder
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@cache
def _place_of(home: int) -> str:
    """Where the folders of a process are, and go with it; nowhere if there is no room."""
    try:
        place = tempfile.mkdtemp(prefix="klasternet-")
    except OSError:
        return ""
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def _left(pieces: list[Any], path: str) -> list[Any] | str:
    """Where they have been left; they themselves, if there is no room or no way to write them."""
    from joblib import dump

    try:
        dump(pieces, path)
    except Exception:  # what is wrong, if anything is, joblib tells on its own way
        return pieces
    return path


def _opened(handed: list[Any] | str) -> list[Any]:
    """What a worker has done, wherever it was left."""
    if not isinstance(handed, str):
        return handed
    from joblib import load

    pieces = load(handed)
    os.unlink(handed)
    return list(pieces)


def _by_processes() -> bool:
    """Whether joblib will start worker processes on this machine."""
    from joblib.parallel import get_active_backend

    return type(get_active_backend(prefer="threads")[0]).__name__ == "LokyBackend"


def _start(home: int) -> dict[str, Any]:
    """What joblib's worker processes are to do first, unless the caller has told them already."""
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend(prefer="threads")
    if not _by_processes() or "initializer" in backend.backend_kwargs:
        return {}
    return {"initializer": _leave_with, "initargs": (home, _place_of(home))}


def _leave_with(home: int, place: str) -> None:
    """See that joblib's worker process, and what it left, goes when the one it works for is killed.

    It would finish what was sent to it, and then wait for minutes; if nothing was, for ever.
    """
    if LEAVING or type(current_process()).__name__ != "LokyProcess" or os.getpid() == home:
        return

    def watch() -> None:
        while os.getppid() == home:
            time.sleep(WAIT)
        if place:
            shutil.rmtree(place, ignore_errors=True)
        os._exit(1)

    LEAVING.append(home)
    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _inside() -> Iterator[None]:
    token = WITHIN.set(True)
    try:
        yield
    finally:
        WITHIN.reset(token)


def nested() -> bool:
    """Whether this is a piece of somebody else's repetition."""
    return WITHIN.get()


def _chunks(first: int, count: int, n_jobs: int) -> list[range]:
    """Consecutive runs of repetitions, small enough to share out evenly."""
    size = max(1, (count - first) // (CHUNKS * max(abs(n_jobs), 1)))
    return [range(start, min(start + size, count)) for start in range(first, count, size)]


class _Bar:
    """A progress bar that appears only where somebody waits for it."""

    def __init__(self, count: int, label: str, progress: bool | None) -> None:
        self.wanted = watched() if progress is None else progress
        self.count, self.label, self.start = count, label, time.monotonic()
        self.patience = WAIT if progress is None else 0.0
        self.bar: Any = None

    def reach(self, done: int) -> None:
        """Show that so many are done."""
        if not self.wanted:
            return
        if self.bar is None:
            if time.monotonic() - self.start < self.patience:
                return
            from tqdm.auto import tqdm

            self.bar = tqdm(total=self.count, desc=self.label or None)
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def watched() -> bool:
    """Whether somebody looks: a terminal, or a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules
