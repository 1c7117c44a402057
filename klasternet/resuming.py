"""Long work that a stop does not undo: a file of JSON lines, one for each piece that is done.

A line belongs to a study, which is told by the fingerprint of all that its numbers rest on: data,
options, seed, version. Lines of other studies in the file are of no effect.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .errors import DataError, ParameterError

__all__ = ["Record", "add_line", "fingerprint", "kept_lines"]


@dataclass(frozen=True)
class Record:
    """The pieces of one study, in a file that may hold others.

    Attributes
    ----------
    path : path
    study : str
        Its fingerprint.
    make : callable
        A piece from the list of its parts: numbers and arrays.
    """

    path: str | Path
    study: str
    make: Callable[[Iterable[Any]], Any]

    @classmethod
    def of(
        cls, path: str | Path | None, *things: Any, make: Callable[[Iterable[Any]], Any] = tuple
    ) -> Record | None:
        """The record of a study that rests on these things; None without a path."""
        return None if path is None else cls(path, fingerprint(*things), make)

    def pieces(self) -> list[Any]:
        """Those that are done, in order from the first, up to one that is missing."""
        known = kept_lines(self.path, ("parts",))
        done: list[Any] = []
        while (line := known.get(f"{self.study}-{len(done)}")) is not None:
            done.append(self.make(_unpacked(part) for part in line["parts"]))
        return done

    def add(self, k: int, piece: Iterable[Any]) -> None:
        add_line(self.path, f"{self.study}-{k}", {"parts": [_packed(part) for part in piece]})


def _packed(part: Any) -> Any:
    if isinstance(part, np.ndarray):
        return {"kind": part.dtype.str, "shape": part.shape, "cells": part.ravel().tolist()}
    return part.item() if isinstance(part, np.generic) else part


def _unpacked(part: Any) -> Any:
    if isinstance(part, Mapping):
        return np.array(part["cells"], dtype=part["kind"]).reshape(part["shape"])
    return part


# ------------------------------------------------------------------------------------ lines


def kept_lines(path: str | Path | None, columns: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Lines that a file has, by key; what a stop left of its last line is cut off."""
    if path is None or not Path(path).exists():
        return {}
    columns, kept = tuple(columns), {}
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be read ({error.strerror or error}). Choose another resume file."
        ) from error
    whole = text[: text.rfind(b"\n") + 1]
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            row = json.loads(line)
            key = str(row.pop("key"))
            if not row:
                raise ValueError("nothing but a key")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise DataError(
                f"line {number} of {path} is none that was kept here ({error}). Give another file "
                "to resume."
            ) from error
        if all(name in row for name in columns):  # others may be of another kind of study
            kept[key] = {name: row[name] for name in columns}
    if len(whole) < len(text):
        os.truncate(path, len(whole))
    return kept


def add_line(path: str | Path, key: str, row: Mapping[str, Any]) -> None:
    """Add a line to the file in a single write, so that two workers' lines never mix."""
    line = (json.dumps({"key": key, **row}) + "\n").encode()
    try:
        with Path(path).open("ab", buffering=0) as file:
            if file.write(line) != len(line):
                raise OSError("no room for all of a line")
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be written ({error.strerror or error}). Choose another resume file."
        ) from error


# ------------------------------------------------------------------------------ fingerprints


def fingerprint(*things: Any) -> str:
    """A name for all that these hold: two that differ in anything have different ones."""
    said = json.dumps([_told(thing, ()) for thing in things], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _told(thing: Any, above: tuple[int, ...]) -> Any:
    """A thing as JSON can tell it apart; functions by their code, objects by their attributes."""
    if thing is None or isinstance(thing, bool | int | float | str):
        return thing
    if id(thing) in above:
        return "..."
    told = partial(_told, above=(*above, id(thing)))
    if isinstance(thing, Mapping):
        return {"mapping": [[told(key), told(value)] for key, value in thing.items()]}
    if isinstance(thing, list | tuple):
        return [told(value) for value in thing]
    if isinstance(thing, set | frozenset):
        return {"set": sorted(json.dumps(told(value)) for value in thing)}
    if isinstance(thing, np.generic):
        return told(thing.item())
    if isinstance(thing, np.ndarray):
        if thing.dtype == object:
            return [told(value) for value in thing.tolist()]
        held = np.ascontiguousarray(thing)
        return [thing.dtype.str, thing.shape, hashlib.sha256(held.tobytes()).hexdigest()]
    if sparse.issparse(thing):
        cells = thing.tocsr()
        return ["sparse", told(cells.shape), told(cells.indptr), told(cells.indices),
                told(cells.data)]  # fmt: skip
    if isinstance(thing, pd.DataFrame):
        return ["frame", told(thing.columns), told(thing.index), told(thing.to_numpy())]
    if isinstance(thing, pd.Series):
        return ["series", told(thing.index), told(thing.to_numpy())]
    if isinstance(thing, pd.Index):
        return ["index", told(thing.to_numpy())]
    if isinstance(thing, partial):
        return ["partial", told(thing.func), told(thing.args), told(thing.keywords)]
    kind = thing if hasattr(thing, "__qualname__") else type(thing)
    name = f"{kind.__module__}.{kind.__qualname__}"
    code = getattr(thing, "__code__", None)
    if code is not None:
        cells = [cell.cell_contents for cell in thing.__closure__ or ()]
        constants = [each for each in code.co_consts if not hasattr(each, "co_code")]
        inside = [each.co_code.hex() for each in code.co_consts if hasattr(each, "co_code")]
        return [name, code.co_code.hex(), inside, told(constants), list(code.co_names),
                told(thing.__defaults__), told(thing.__kwdefaults__), told(cells)]  # fmt: skip
    if kind is thing:
        return name
    if is_dataclass(thing):  # what it is made of, not what it has reckoned since
        return [name, *(told(getattr(thing, field.name)) for field in fields(thing))]
    return [name, told(vars(thing))] if hasattr(thing, "__dict__") else [name, repr(thing)]
