"""Large dense tables as problems: read where they lie, the resolution in the masses.

From LARGE industries on a table of all pairs is not written anew but read a few times, whatever the
resolution; `kernels.large` says how. A hidden cell pulls neither way: it is left out
of the ties and, a fifth being hidden everywhere alike, a fifth of the masses with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from .. import lift
from ..labelling import set_alone
from ..matrices import LARGE
from ..network import FlowNetwork
from ..nullmodels import NullModel

__all__ = [
    "HOLE", "LARGE", "LargeProblem", "fit_large", "is_large", "log_table", "pose_fitted",
    "pose_flow", "pose_lift", "sides_of",
]  # fmt: skip

SETTLED = 2e-5  # largest change of a log scale, or of a size in units of scale, that ends the fit
ROUNDS = 60
HOLE = -1e30  # marks cells that take no part


@dataclass(frozen=True, eq=False)
class LargeProblem:
    """A table less masses, to be summed within clusters; see `qualities.Problem`.

    Attributes
    ----------
    table : ndarray of float, shape (n, n)
        Ties, read-only; the diagonal takes no part.
    out_masses, in_masses : ndarray, shape (n,)
        The pull of a pair is T_ij + T_ji - resolution (a_i b_j + b_i a_j).
    unit : float
        Pulls are searched in units of it, in which float32 can hold them.
    """

    resolution: float
    scale: float
    table: np.ndarray
    out_masses: np.ndarray
    in_masses: np.ndarray
    unit: float = 1.0
    constant: float = 0.0

    @property
    def n(self) -> int:
        """Number of industries."""
        return len(self.table)

    @property
    def ties(self) -> None:
        """No sparse matrix; see `qualities.Problem`."""

    @property
    def given(self) -> tuple[np.ndarray, float]:
        """The table and what brings it to units, as kernels take them."""
        return self.table, 1.0 / self.unit

    @cached_property
    def masses(self) -> tuple[np.ndarray, np.ndarray]:
        """Masses with the resolution folded in, float32, in units."""
        root = np.sqrt(self.resolution) if self.resolution > 0 else 0.0
        out, inn = (m / np.sqrt(self.unit) for m in (self.out_masses, self.in_masses))
        if self.resolution < 0:
            return (-self.resolution * out).astype(np.float32), (-inn).astype(np.float32)
        return (root * out).astype(np.float32), (root * inn).astype(np.float32)

    @cached_property
    def size(self) -> float:
        """What a negligible gain is measured against: about a mean row of ties, both ways."""
        sums = []
        for i in range(0, self.n, max(1, self.n // 64)):
            row = np.abs(self.table[i])
            row[i] = 0.0
            sums.append(row.sum(dtype=np.float64))
        return 2.0 * float(np.mean(sums))

    @cached_property
    def q(self) -> np.ndarray:
        """The matrix written out, for what cannot do without: as much memory again, and more."""
        a, b = self.out_masses, self.in_masses
        q = self.table + self.table.T.astype(np.float64)
        q -= self.resolution * np.outer(a, b)
        q -= self.resolution * np.outer(b, a)
        np.fill_diagonal(q, 0.0)
        return q

    def to_own(self, labels: np.ndarray) -> np.ndarray:
        """Sum of q between each industry and the others of its cluster (labels < 0: none), (n,)."""
        from ..kernels.large import own_sums

        inside = labels >= 0
        whole = set_alone(labels)
        given, got = own_sums(self.table, whole)
        a, b = self.out_masses, self.in_masses
        A, B = (np.bincount(whole, part)[whole] for part in (a, b))
        return inside * (given + got - self.resolution * (a * (B - b) + b * (A - a)))

    def value(self, labels: np.ndarray) -> float:
        """Q of a partition; labels are integers from 0."""
        from ..kernels.large import own_sums

        a, b = self.out_masses, self.in_masses
        labels = labels.astype(np.int64)
        inside = own_sums(self.table, labels)[0].sum()
        spent = np.bincount(labels, a) @ np.bincount(labels, b) - a @ b
        return float(inside - self.resolution * spent + self.constant) / self.scale


def is_large(network: FlowNetwork) -> bool:
    """Whether the network is a dense table of many industries."""
    return network.n > LARGE and not any(map(sparse.issparse, (network.flows, network.given_ties)))


def pose_flow(network: FlowNetwork, model: NullModel) -> Callable[[float], Any] | None:
    """The problem of money as a function of gamma; None where the null has several masses."""
    A, B = model.masses(network)
    if A.ndim > 1 and A.shape[1] > 1:
        return None
    a, b, W = A.ravel(), B.ravel(), network.ties
    scale, loops = float(network.out_strength.sum()), float(W.diagonal().sum())
    filled = float(a @ b) if model.fills_diagonal(network) else 0.0
    seen = W.view()
    seen.setflags(write=False)  # one type of array, one compilation
    return lambda gamma: LargeProblem(gamma, scale, seen, a, b, scale, loops - gamma * filled)


def log_table(network: FlowNetwork) -> np.ndarray | None:
    """Log flows in float32, holes where a pair cannot trade; None unless all others do."""
    W = lift.source(network)
    if sparse.issparse(W) or not network.n > LARGE:
        return None
    y = np.empty(W.shape, np.float32)
    for first in range(0, len(W), 64):
        block = W[first : first + 64]
        if block.min() < 0:
            return None
        with np.errstate(divide="ignore"):
            np.log(block, out=y[first : first + 64], casting="same_kind")
    np.fill_diagonal(y, -np.inf)
    empty = np.isneginf(y)
    sells, buys = ~empty.all(axis=1), ~empty.all(axis=0)
    loops = int((sells & buys).sum())
    if int(empty.sum()) != y.size - int(sells.sum()) * int(buys.sum()) + loops:
        return None
    y[empty] = HOLE
    return y


def sides_of(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who sells and who buys at all in a table of log flows, 1 or 0, each (n,)."""
    sells, buys = ((y > np.float32(HOLE)).any(axis=axis).astype(float) for axis in (1, 0))
    return sells, buys


def fit_large(y: np.ndarray, rounds: int = ROUNDS) -> tuple[np.ndarray, ...]:
    """Fit log flows that have no empty cells, in place: y becomes lift; (lift, a, b, s, t)."""
    from ..kernels.large_gravity import centre, fit_round, lift_of

    n = len(y)
    used = y > np.float32(HOLE)
    rows, columns = used.sum(axis=1), used.sum(axis=0)
    cells = float(rows.sum())
    free = max(cells - int((rows > 0).sum() + (columns > 0).sum()) + 1.0, 1.0) / max(cells, 1.0)
    a, b, s, t = np.zeros(n), np.zeros(n), np.ones(n), np.ones(n)
    first = centre(y, a, b)
    left = centre(y, a, b)
    left = centre(y, a, b)
    spread = max(first, left)
    if cells == 0 or left <= 1e-12 * spread:  # sizes explain everything
        y[:] = 0.0
        return y, a, b, s, t
    s[:] = np.sqrt(left / free)
    common = np.array([left / free, 1.0])
    for _ in range(rounds):
        if fit_round(y, a, b, s, t, common, lift.CLIP, lift.SHRINK, free) <= SETTLED:
            break
    lift_of(y, a, b, s, t, lift.CLIP)
    return y, a, b, s, t


def pose_lift(network: FlowNetwork) -> Callable[[float], Any] | None:
    """The problem of lift as a function of theta; None where empty cells have to be fitted."""
    y = log_table(network)
    if y is None:
        return None
    sides = sides_of(y)
    return pose_fitted(fit_large(y)[0], sides)


def pose_fitted(
    lift: np.ndarray, sides: tuple[np.ndarray, np.ndarray], share: float = 1.0
) -> Callable[[float], Any]:
    """The problem of a lift table by theta.

    sides : who sells and who buys at all, 1 or 0; share : of the cells that are not hidden.
    """
    sells, buys = sides
    pairs = float(sells.sum() * buys.sum() - sells @ buys)
    lift.setflags(write=False)
    return lambda theta: LargeProblem(theta, pairs, lift, share * sells, buys)
