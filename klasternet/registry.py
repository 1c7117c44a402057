"""Names to callables: the extension points.

A registry is a dictionary with good manners: names are normalised before they are compared,
an unknown one raises with the nearest known, and wherever a name is accepted a callable is too.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .errors import ParameterError

__all__ = ["Registry", "choose", "detector", "null_model", "tie_rule"]


def _normal(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def choose(kind: str, name: Any, known: Iterable[str]) -> str:
    """Return `name` as one of `known`, or raise naming the nearest and all that would do."""
    known = list(known)
    if isinstance(name, str):
        if _normal(name) in known:
            return _normal(name)
        near = difflib.get_close_matches(_normal(name), known, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else "."
    else:
        hint = "."
    raise ParameterError(f"no {kind} called {name!r}{hint} Known: {', '.join(known)}.")


class Registry:
    """The named pieces of one extension point."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, Any] = {}

    def register(self, name: str) -> Callable[[Any], Any]:
        """Decorate a piece with the name it is to be called by."""
        key = _normal(name)
        if key in self._entries:
            raise ParameterError(
                f"a {self.kind} called {key!r} is registered already; choose another name."
            )

        def keep(piece: Any) -> Any:
            self._entries[key] = piece
            return piece

        return keep

    def forget(self, name: str) -> None:
        """Take a name out again."""
        del self._entries[choose(self.kind, name, self._entries)]

    def find(self, name: str) -> Any:
        """Return the piece of that name."""
        return self._entries[choose(self.kind, name, self._entries)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)


detectors = Registry("method")
tie_rules = Registry("tie rule")
null_models = Registry("null model")

detector = detectors.register
tie_rule = tie_rules.register
null_model = null_models.register
