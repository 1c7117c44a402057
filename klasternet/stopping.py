"""What Ctrl-C and SIGTERM may cut short, and what not; files that are whole or not there.

Signals reach the main thread alone: in any other `stoppable` and `undisturbed` are of no effect.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import ParameterError

__all__ = ["Stopped", "stoppable", "undisturbed", "written_whole"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A signal to stop: unlike Ctrl-C in a notebook it asks for no answer from what was done."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def stoppable() -> Iterator[None]:
    """Make both unwind all of this at once, so that what was begun is cleared away."""

    def stop(number: int, _: Any) -> None:
        raise Stopped(number)

    with _handled(stop):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let both wait for the end of this, which should be an instant."""
    came: list[int] = []
    with _handled(lambda number, _: came.append(number)):
        yield
    for number in came:
        signal.raise_signal(number)


@contextmanager
def _handled(handler: Callable[[int, Any], None]) -> Iterator[None]:
    before: dict[int, Any] = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for which in SIGNALS:
                if signal.getsignal(which) not in (signal.SIG_IGN, None):
                    before[which] = signal.signal(which, handler)
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A place to write a file to, of the same ending; it takes its name when all of it is there."""
    aside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be written ({error.strerror or error}). Choose a folder that can."
        ) from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
