"""Where a report comes from: versions, seeds, recipe, decisions, and what every file must hold.

No time and no machine: the same inputs must give the same bytes anywhere.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .. import __version__
from ..clusters import Clusters
from ..network import FlowNetwork
from ..tables.table import IOTable

__all__ = ["FILE", "described", "flows_hash", "listed_files", "provenance", "versions", "write"]

FILE = "provenance.json"
PACKAGES = ("numpy", "scipy", "pandas", "networkx", "numba", "matplotlib")


def versions() -> dict[str, str]:
    """Versions of klasternet, Python and the packages whose numbers and figures these are."""
    known = {name: version(name) for name in PACKAGES}
    return {"klasternet": __version__, "python": platform.python_version(), **known}


def provenance(
    clusters: Clusters,
    table: IOTable | None,
    results: Mapping[str, Any],
    language: str,
    called: Mapping[str, str],
) -> dict[str, Any]:
    """All but the hashes of files, as what JSON knows."""
    network, recipe = clusters.network, clusters.recipe
    made: dict[str, Any] = {
        "name": network.name,
        "source": "" if table is None else table.source,
        "year": None if table is None or table.year is None else described(table.year),
        "unit": network.unit,
        "industries": network.n,
        "flows_sha256": flows_hash(network),
        "tie_rule": network.tie_rule,
        "loops": network.loops,
        "decisions": [
            {
                "what": decision.what,
                "amount": described(decision.amount),
                "share": described(decision.share),
                "where": list(decision.where),
                "unit": decision.unit,
            }
            for decision in network.decisions
        ],
    }
    if called:
        made["industries_translated"] = dict(called)
    return {
        "versions": versions(),
        "language": language,
        "input": made,
        "recipe": None
        if recipe is None
        else {
            "method": recipe.method,
            "parameters": {name: described(value) for name, value in recipe.parameters.items()},
            "seed": recipe.seed,
            "version": recipe.version,
            "after": recipe.after,
        },
        "results": [
            {"title": title, "kind": type(result).__name__, **_seed(result)}
            for title, result in results.items()
        ],
    }


def _seed(result: Any) -> dict[str, Any]:
    known = {name: getattr(result, name, None) for name in ("seed", "draws")}
    whole = {name: value for name, value in known.items() if isinstance(value, int | np.integer)}
    return {name: int(value) for name, value in whole.items()}


def described(value: Any) -> Any:
    """A parameter as JSON: plain values as they are, callables by name, arrays by their bytes."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.generic):
        return described(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(name): described(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [described(part) for part in value]
    if isinstance(value, np.ndarray | pd.DataFrame | pd.Series):
        array = np.asarray(value)
        known = {"array": list(array.shape)}
        if array.dtype.kind in "biuf":
            return known | {"sha256": _hashed(array)}
        return known
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"


def flows_hash(network: FlowNetwork) -> str:
    """SHA-256 of the industries' names and their flows, whatever machine holds them."""
    W = network.flows
    digest = hashlib.sha256()
    names = json.dumps([str(name) for name in network.industries], ensure_ascii=False)
    digest.update(names.encode())
    parts = (W.indptr, W.indices, W.data) if sparse.issparse(W) else (W,)
    for part in parts:
        digest.update(_hashed(part).encode())
    return digest.hexdigest()


def _hashed(array: Any) -> str:
    kind = "<i8" if array.dtype.kind in "biu" else "<f8"
    return hashlib.sha256(np.ascontiguousarray(array, dtype=kind).tobytes()).hexdigest()


def write(folder: Path, known: dict[str, Any]) -> None:
    """Add the hash of every file in the folder, and write it there."""
    files = {
        path.name: hash_of(path) for path in sorted(folder.iterdir(), key=lambda path: path.name)
    }
    told = known | {"files_sha256": files}
    text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8", newline="\n")


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def outdated(folder: Path, kept: Iterable[str]) -> list[Path]:
    """Files that an earlier report wrote here, that nobody has changed, and that are not kept."""
    try:
        known = json.loads((folder / FILE).read_text(encoding="utf-8"))["files_sha256"]
        listed = {str(name): str(digest) for name, digest in known.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []  # no report of ours
    names = sorted(set(listed) - set(kept))
    paths = [folder / name for name in names if Path(name).name == name]
    return [path for path in paths if path.is_file() and hash_of(path) == listed[path.name]]


def listed_files(folder: Path) -> list[Path]:
    """The files that a folder's provenance lists, and the provenance."""
    known = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return [*(folder / name for name in known["files_sha256"]), folder / FILE]
