"""Names to callables: the extension points.

A registry is a dictionary with good manners: names are normalised before they are compared,
an unknown one raises with the nearest known, and wherever a name is accepted a callable is too.
An installed package adds names by entry points of the registry's group; they are loaded when they
are first asked for:

    [project.entry-points."klasternet.detectors"]
    spinglass = "mypackage.detectors:spinglass"
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from .errors import ContractError, ParameterError

__all__ = ["Registry", "choose", "detector", "layout", "null_model", "quality", "tie_rule"]


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
    """The named pieces of one extension point.

    Parameters
    ----------
    kind : str
        What a piece is called in messages.
    group : str
        Group of the entry points by which installed packages add pieces.
    """

    def __init__(self, kind: str, group: str) -> None:
        self.kind, self.group = kind, group
        self._entries: dict[str, Any] = {}

    @cached_property
    def _installed(self) -> dict[str, EntryPoint]:
        return {_normal(point.name): point for point in entry_points(group=self.group)}

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
        """Return the piece of that name, our own before those of installed packages.

        Raises
        ------
        ContractError
            An installed package announces the piece and fails to hand it over.
        """
        key = choose(self.kind, name, self)
        if key not in self._entries:
            point = self._installed[key]
            try:
                piece = point.load()
            except Exception as error:
                raise ContractError(
                    f"the {self.kind} {key!r} is announced by an installed package as "
                    f"{point.value!r}, which cannot be loaded ({type(error).__name__}: {error}). "
                    "Mend or remove that package."
                ) from error
            self._entries.setdefault(key, piece)  # its module may have registered itself
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._entries, *self._installed]))


detectors = Registry("method", "klasternet.detectors")
tie_rules = Registry("tie rule", "klasternet.tie_rules")
null_models = Registry("null model", "klasternet.null_models")
qualities = Registry("quality", "klasternet.qualities")
layouts = Registry("layout", "klasternet.layouts")

detector = detectors.register
tie_rule = tie_rules.register
null_model = null_models.register
quality = qualities.register
layout = layouts.register
