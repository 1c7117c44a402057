"""Large dense tables as problems: both directions once in float32, the resolution in the masses.

From LARGE industries on a table of all pairs is held once at half its size and read a few times,
whatever the resolution; `kernels.large` says how. A hidden cell pulls neither way: it is left out
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
from ..network import FlowNetwork
from ..nullmodels import NullModel

__all__ = [
    "HOLE", "LARGE", "LargeProblem", "fit_large", "is_large", "log_table", "pose_both", "pose_flow",
    "pose_lift", "sides_of",
]  # fmt: skip

LARGE = 2_000  # industries above which a dense table is large
SETTLED = 2e-5  # largest change of a log scale, or of a size in units of scale, that ends the fit
ROUNDS = 60
HOLE = -1e30  # marks cells that take no part


@dataclass(frozen=True, eq=False)
class LargeProblem:
    """A symmetric matrix less masses, to be summed within clusters; see `qualities.Problem`.

    Attributes
    ----------
    both : ndarray of float32, shape (n, n)
        Ties of both directions, in units of `unit`, zero diagonal.
    out_masses, in_masses : ndarray, shape (n,)
        The pull of a pair is both_ij - resolution (a_i b_j + b_i a_j).
    inner : callable
        labels -> the sum of ties within clusters, loops aside, in float64 from the source.
    """

    resolution: float
    scale: float
    both: np.ndarray
    out_masses: np.ndarray
    in_masses: np.ndarray
    unit: float = 1.0
    constant: float = 0.0
    inner: Callable[[np.ndarray], float] | None = None

    @property
    def n(self) -> int:
        """Number of industries."""
        return len(self.both)

    @property
    def ties(self) -> None:
        """No sparse matrix; see `qualities.Problem`."""

    @cached_property
    def masses(self) -> tuple[np.ndarray, np.ndarray]:
        """Masses with the resolution folded in, float32, in the unit of `both`."""
        root = np.sqrt(self.resolution) if self.resolution > 0 else 0.0
        out, inn = (m / np.sqrt(self.unit) for m in (self.out_masses, self.in_masses))
        if self.resolution < 0:
            return (-self.resolution * out).astype(np.float32), (-inn).astype(np.float32)
        return (root * out).astype(np.float32), (root * inn).astype(np.float32)

    @cached_property
    def size(self) -> float:
        """What a negligible gain is measured against: about a mean row of ties."""
        return self.unit * float(np.abs(self.both[:: max(1, self.n // 64)]).sum(axis=1).mean())

    @cached_property
    def q(self) -> np.ndarray:
        """The matrix written out, for what cannot do without: four times the memory."""
        a, b = self.out_masses, self.in_masses
        q = self.both * np.float64(self.unit)
        q -= self.resolution * np.outer(a, b)
        q -= self.resolution * np.outer(b, a)
        np.fill_diagonal(q, 0.0)
        return q

    def to_own(self, labels: np.ndarray) -> np.ndarray:
        """Sum of q between each industry and the others of its cluster (labels < 0: none), (n,)."""
        out = np.zeros(len(labels))
        for c in np.unique(labels[labels >= 0]):
            at = np.flatnonzero(labels == c)
            a, b = self.out_masses[at], self.in_masses[at]
            ties = self.both[np.ix_(at, at)].sum(axis=1, dtype=np.float64) * self.unit
            out[at] = ties - self.resolution * (a * (b.sum() - b) + b * (a.sum() - a))
        return out

    def value(self, labels: np.ndarray) -> float:
        """Q of a partition; labels are integers from 0."""
        a, b = self.out_masses, self.in_masses
        order = np.argsort(labels, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
        spent = sum(a[at].sum() * b[at].sum() for at in groups) - a @ b
        if self.inner is not None:
            inside = self.inner(labels)
        else:
            blocks = (self.both[np.ix_(at, at)].sum(dtype=np.float64) for at in groups)
            inside = 0.5 * self.unit * float(sum(blocks))
        return (inside - self.resolution * float(spent) + self.constant) / self.scale


def is_large(network: FlowNetwork) -> bool:
    """Whether the network is a dense table of many industries."""
    return network.n > LARGE and not any(map(sparse.issparse, (network.flows, network.given_ties)))


def pose_flow(network: FlowNetwork, model: NullModel) -> Callable[[float], Any] | None:
    """The problem of money as a function of gamma; None where the null has several masses."""
    from ..kernels.large import both_ways

    A, B = model.masses(network)
    if A.ndim > 1 and A.shape[1] > 1:
        return None
    a, b, W = A.ravel(), B.ravel(), network.ties
    scale, loops = float(network.out_strength.sum()), W.diagonal().copy()
    filled = float(a @ b) if model.fills_diagonal(network) else 0.0
    both = np.empty(W.shape, np.float32)
    seen = W.view()
    seen.setflags(write=False)  # one type of array, one compilation
    both_ways(seen, 1.0 / scale, both)

    def inner(labels: np.ndarray) -> float:
        order = np.argsort(labels, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
        return float(sum(W[np.ix_(at, at)].sum() for at in groups)) - float(loops.sum())

    return lambda gamma: LargeProblem(
        gamma, scale, both, a, b, scale, float(loops.sum()) - gamma * filled, inner
    )


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
    return pose_both(fit_large(y)[0], sides)


def pose_both(both: np.ndarray, sides: tuple[np.ndarray, np.ndarray], share: float = 1.0) -> Any:
    """The problem of a lift table, which becomes that of both directions, by theta.

    sides : who sells and who buys at all, 1 or 0; share : of the cells that are not hidden.
    """
    from ..kernels.large_gravity import add_transpose

    sells, buys = sides
    pairs = float(sells.sum() * buys.sum() - sells @ buys)
    add_transpose(both)
    return lambda theta: LargeProblem(theta, pairs, both, share * sells, buys)
