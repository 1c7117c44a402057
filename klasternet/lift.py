"""Lift: how far a flow stands above what the sizes of seller and buyer predict.

The standardised residual of a gravity equation, the density that clusters are made of. It has no
unit and does not change when rows or columns are rescaled: flows, input shares and sales shares
have the same lift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .errors import AlignmentError, DataError, ParameterError
from .network import FlowNetwork

__all__ = ["Gravity", "cells", "fit", "fit_once", "gravity", "logs_of", "source"]

CLIP = 5.0  # lift is clipped here: one mistyped cell must not make a cluster
SHRINK = 200.0  # cells' worth of the common scale in the scale of each seller and buyer
ROUNDS = 60  # of the fit, at most
LARGEST = 12_000  # industries; beyond, a dense table does not fit

_SAME_LIFT = ("flow", "input_share", "sales_share", "lift")  # rules whose lift is that of the flows


@dataclass(frozen=True, eq=False, repr=False)
class Gravity:
    """What sizes alone predict of each flow, and how far it departs.

    Attributes
    ----------
    expected : DataFrame, shape (n, n)
        Predicted flow exp(a_i + b_j), a geometric mean, in the network's unit.
    lift : DataFrame, shape (n, n)
        Departure in standard deviations, clipped to +-5; sellers are rows. 0 on the diagonal and
        for industries that do not trade; for an empty cell, what is to be expected of it.
    sigma : DataFrame, shape (n, n)
        Standard deviation s_i t_j of the log of each flow.
    table : DataFrame, one row for each industry
        seller_size (a), buyer_size (b), seller_scale (s), buyer_scale (t).
    never : float
        Share of pairs that never trade: empty cells that are not just too small to be shown.
    offset : ndarray or None
        What distance and blocks add to the log of the expected flow.
    """

    expected: pd.DataFrame
    lift: pd.DataFrame
    sigma: pd.DataFrame
    table: pd.DataFrame
    never: float
    offset: np.ndarray | None = None

    def __repr__(self) -> str:
        spread = float(np.exp(np.median(np.log(self.sigma.to_numpy()))))
        return (
            f"Gravity of {len(self.lift):,} industries: a flow is within a factor "
            f"{np.exp(spread):.3g} of what sizes predict, two times in three"
        )


def cells(W: np.ndarray) -> np.ndarray:
    """Tell apart cells with a flow (1), empty ones (2) and those that take no part (0)."""
    off = ~np.eye(len(W), dtype=bool)
    flows = (W > 0) & off
    part = off & flows.any(axis=1, keepdims=True) & flows.any(axis=0)
    return np.where(flows, np.int8(1), np.where(part, np.int8(2), np.int8(0)))


def fit(logs: np.ndarray, kind: np.ndarray, rounds: int = ROUNDS) -> tuple[Any, ...]:
    """Fit on log flows: (lift, a, b, s, t, never), arrays; the mean of both directions.

    The steps of the fit go by rows first; fitted once more by columns first, and averaged, a table
    and its transpose have the same lift to the last digit.
    """
    lift, a, b, s, t, never = fit_once(logs, kind, rounds)
    turned, d, c, v, u, as_well = fit_once(
        np.ascontiguousarray(logs.T), np.ascontiguousarray(kind.T), rounds
    )
    a, b, s, t = (a + c) / 2, (b + d) / 2, np.sqrt(s * u), np.sqrt(t * v)
    seen = kind == 1
    e = np.clip((logs - (a[:, None] + b)) / (s[:, None] * t), -CLIP, CLIP)
    level = float(np.exp(np.log(t[seen.any(axis=0)]).mean())) if seen.any() else 1.0
    s, t = s * level, t / level  # only their product is known: t keeps geometric mean one
    if not lift.any() or not turned.any():  # sizes explain everything
        lift = np.zeros_like(lift)
    else:
        lift = np.where(seen, e, (lift + turned.T) / 2)
    return lift, a, b, s, t, (never + as_well) / 2


def fit_once(logs: np.ndarray, kind: np.ndarray, rounds: int) -> tuple[Any, ...]:
    """Fit by rows first; the same as `fit` where the iteration has converged."""
    from .kernels.gravity import fit_lift

    return fit_lift(logs, kind, rounds, CLIP, SHRINK)


def source(network: FlowNetwork) -> Any:
    """What lift is made of: the flows for ties that are but rescaled flows, else the ties."""
    return network.flows if network.tie_rule in _SAME_LIFT else network.ties


def logs_of(network: FlowNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Return the log flows that lift is made of, and the kind of each cell, both (n, n).

    Flows are counted in the largest of them, so that whole numbers in another unit have the same
    logs to the last digit, and what is chosen among near equals does not hang on the unit.
    """
    W = source(network)
    if network.n > LARGEST:
        raise DataError(
            f"lift needs a table of all pairs; {network.n:,} industries are too many for it. "
            "Use measure='flow'."
        )
    W = W.toarray() if sparse.issparse(W) else np.asarray(W)
    if W.min() < 0:
        raise DataError(
            f"ties by the rule {network.tie_rule!r} are negative in places and have no logarithm. "
            "Use a tie rule that gives none."
        )
    kind = cells(W)
    unit = _unit(W, kind)
    return np.log(np.where(kind == 1, W / unit, 1.0)), kind


def _unit(W: np.ndarray, kind: np.ndarray) -> float:
    """The largest flow; 1 where the smallest would vanish beside it."""
    seen = W[kind == 1]
    top = float(seen.max(initial=0.0))
    return top if top > 0 and seen.min() / top > 1e-300 else 1.0


def gravity(
    network: FlowNetwork, distance: pd.DataFrame | None = None, blocks: Any = None
) -> Gravity:
    """Tell what sizes alone predict of each flow, and how far it departs from that.

    Fits, over the flows between different industries,

        ln W_ij = a_i + b_j [- beta ln d_ij] [+ c_(block of i, block of j)] + s_i t_j e_ij

    and returns lift, the estimate of e_ij: how many standard deviations the log of a flow stands
    above the prediction. Sizes a, b by weighted least squares; scales s, t by seller and buyer
    in turn, shrunk towards one common scale where a table has few cells. An empty cell is
    taken as a flow too small to be shown, or as a pair that never trades, in the proportions that
    fit best, and gets its expected lift.

    Parameters
    ----------
    network : FlowNetwork
    distance : DataFrame, shape (n, n), optional
        Distances between industries, positive off the diagonal; matched by name.
    blocks : str, Series or sequence, optional
        A block for each industry, such as its region; a str names one of the network's columns.
        Each pair of blocks gets a level of its own.

    Returns
    -------
    Gravity

    Raises
    ------
    DataError
        Negative ties, distances that are not positive, or more industries than memory allows.
    AlignmentError
        Distances or blocks for other industries.

    Notes
    -----
    Misleads where most cells are empty: use the money measure there. A table filled in
    mechanically (by proportions) has little lift to find, and says so.
    After the log-linear gravity equation with seller and buyer effects, Anderson and van Wincoop
    (2003), doi 10.1257/000282803321455214; empty cells after Tobin (1958), doi 10.2307/1907382.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    >>> lift = kn.gravity(network).lift
    >>> lift.shape
    (71, 71)
    """
    if not isinstance(network, FlowNetwork):
        raise ParameterError(
            f"gravity needs a FlowNetwork, not a {type(network).__name__}. Make one with "
            "FlowNetwork.from_table or from_matrix."
        )
    logs, kind = logs_of(network)
    terms = _terms(network, distance, blocks)
    offset = _fit_terms(logs, kind, terms) if terms else None
    lift, a, b, s, t, never = fit(logs if offset is None else logs - offset, kind)
    W = source(network)
    unit = _unit(W.toarray() if sparse.issparse(W) else np.asarray(W), kind)
    a = np.where((kind == 1).any(axis=1), a + np.log(unit), a)  # back to the unit of the ties
    names = network.industries

    def frame(values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(values, names.rename("seller"), names.rename("buyer"))

    level = a[:, None] + b[None, :] + (0.0 if offset is None else offset)
    with np.errstate(over="ignore"):  # sizes near the largest float predict infinity
        expected = np.where(kind > 0, np.exp(level), 0.0)
    table = pd.DataFrame(
        {"seller_size": a, "buyer_size": b, "seller_scale": s, "buyer_scale": t}, index=names
    )
    return Gravity(
        expected=frame(expected),
        lift=frame(lift),
        sigma=frame(s[:, None] * t[None, :]),
        table=table,
        never=float(never) if (kind == 2).any() else 0.0,
        offset=offset,
    )


def _terms(network: FlowNetwork, distance: Any, blocks: Any) -> list[Any]:
    """Check the further terms; a list of distance logs (n, n) and block numbers (n,)."""
    names = network.industries
    terms: list[Any] = []
    if distance is not None:
        if not isinstance(distance, pd.DataFrame):
            raise ParameterError("distance must be a frame with industries as rows and columns.")
        missing = names.difference(distance.index).union(names.difference(distance.columns))
        if len(missing):
            raise AlignmentError(f"no distance for {missing[0]!r}. Give one for every pair.")
        for labels in (distance.index, distance.columns):
            if labels.has_duplicates:
                twice = labels[labels.duplicated()][0]
                raise AlignmentError(f"distance names {twice!r} twice. Keep one.")
        try:
            d = distance.loc[names, names].to_numpy(dtype=float)
        except (TypeError, ValueError) as error:
            raise DataError(f"distance holds something that is no number: {error}.") from None
        off = ~np.eye(len(names), dtype=bool)
        if not (np.isfinite(d[off]) & (d[off] > 0)).all():
            i, j = np.argwhere(off & ~(np.isfinite(d) & (d > 0)))[0]
            raise DataError(
                f"distance from {names[i]!r} to {names[j]!r} is {d[i, j]}; it must be positive. "
                "Give places in one spot a typical distance within it."
            )
        terms.append(np.log(np.where(off, d, 1.0)))
    if blocks is not None:
        if isinstance(blocks, str):
            if blocks not in network.columns:
                raise ParameterError(f"no column {blocks!r} in network.columns to make blocks of.")
            blocks = network.columns[blocks]
        if isinstance(blocks, pd.Series):
            missing = names.difference(blocks.index)
            if len(missing):
                raise AlignmentError(f"no block for {missing[0]!r}. Give one for every industry.")
            if blocks.index.has_duplicates:
                twice = blocks.index[blocks.index.duplicated()][0]
                raise AlignmentError(f"blocks name {twice!r} twice. Keep one.")
            blocks = blocks.loc[names]
        values = np.asarray(blocks, dtype=object)
        if values.ndim != 1:
            raise AlignmentError("blocks are one label for each industry, not a table.")
        block, known = pd.factorize(values)
        if len(block) != len(names) or (block < 0).any():
            raise AlignmentError(f"give a block for each of the {len(names)} industries.")
        terms.append((block, len(known)))
    return terms


def _fit_terms(logs: np.ndarray, kind: np.ndarray, terms: list[Any]) -> np.ndarray:
    """Fit distance and blocks beside the sizes, by alternation on the flows seen: the offset."""
    seen = np.where(kind == 1, np.int8(1), np.int8(0))
    on = seen == 1
    parts = [np.zeros_like(logs) for _ in terms]
    before = np.inf
    for _ in range(200):
        _, a, b, *_scales = fit_once(logs - sum(parts), seen, rounds=1)
        left = np.where(on, logs - a[:, None] - b[None, :] - sum(parts), 0.0)
        now = float((left**2).sum())
        if before - now <= 1e-10 * now:
            break
        before = now
        for k, term in enumerate(terms):
            if isinstance(term, tuple):
                block, count = term
                pair = (block[:, None] * count + block[None, :])[on]
                number = np.bincount(pair, minlength=count**2)
                level = np.bincount(pair, left[on], count**2) / np.maximum(number, 1)
                step = level[block[:, None] * count + block[None, :]]
            else:  # the slope on what sizes leave of the distance
                _, a, b, *_scales = fit_once(term, seen, rounds=1)
                pure = np.where(on, term - a[:, None] - b[None, :], 0.0)
                step = term * float((pure * left).sum() / max((pure**2).sum(), 1e-300))
            parts[k] += step
            left = np.where(on, left - step, 0.0)
    return np.sum(parts, axis=0)
