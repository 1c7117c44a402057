"""What detectors of the literature share: full flows, and clusters out of a bare partition."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from ..errors import DataError
from ..matrices import Matrix
from ..network import FlowNetwork

__all__ = ["FULL_UP_TO", "as_full", "column", "full_flows", "several"]

FULL_UP_TO = 5_000  # industries of which all pairs are written down


def full_flows(network: FlowNetwork, method: str) -> np.ndarray:
    """Flows of all pairs, loops included, shape (n, n)."""
    return as_full(network.flows, method)


def as_full(W: Matrix, method: str) -> np.ndarray:
    """A matrix of all pairs, or a DataError where it would not fit."""
    n = W.shape[0]
    if n > FULL_UP_TO:
        raise DataError(
            f"the method {method!r} looks at all pairs of industries, and {n:,} industries "
            f"are more than {FULL_UP_TO:,}. Aggregate the network, or take method='density'."
        )
    return W.toarray() if sparse.issparse(W) else np.array(W, dtype=np.float64)


def column(network: FlowNetwork, name: str, method: str) -> np.ndarray:
    """What is known of each industry as finite numbers, shape (n,)."""
    if name not in network.columns:
        raise DataError(
            f"the method {method!r} needs {name.replace('_', ' ')}, and the network has no column "
            f"{name!r}. Give columns={{{name!r}: ...}}, or make the network from an IOTable that "
            "knows it."
        )
    try:
        out = network.columns[name].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"the method {method!r} needs numbers in the column {name!r} ({error}). Correct it."
        ) from error
    if not np.isfinite(out).all():
        at = network.industries[int(np.argmin(np.isfinite(out)))]
        raise DataError(
            f"the method {method!r} needs a number for every industry in the column {name!r}; "
            f"{at!r} has none. Correct it."
        )
    return out


def several(partition: np.ndarray) -> dict[str, Any]:
    """Labels and verdict of a partition: industries that are alone belong to the rest.

    A partition that keeps the whole economy together has found no cluster in it, and neither has
    one that leaves everybody alone.
    """
    partition = np.asarray(partition, dtype=np.int64)
    size = np.bincount(partition)
    if size.max() == len(partition):
        return {"labels": np.full_like(partition, -1), "partition": partition,
                "verdict": "no clusters"}  # fmt: skip
    labels = np.where(size[partition] > 1, partition, -1)
    verdict = "" if (labels >= 0).any() else "no clusters"
    return {"labels": labels, "partition": partition, "verdict": verdict}
