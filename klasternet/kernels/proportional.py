"""Proportional fitting: the matrix of given margins that is nearest to another one.

`fit_masses` is the case of an even matrix with an empty diagonal, solved in O(n) a step;
`fit_matrix` scales any pattern by rounds of rows and columns (RAS); `fit_signed` is the same for
cells of both signs (GRAS), which RAS is the special case of. All three are one problem, and the
last two one loop.

With a zero diagonal, E_ij = x_i y_j (i != j), the 2 n unknowns hang on one number. Let
P = (sum x)(sum y), p = out / P, q = in / P, u = x / sum x, v = y / sum y. The margins say
u (1 - v) = p and v (1 - u) = q, so that u and v are the smaller roots of two quadratics,

    u = 2 p / (1 + p - q + R),  v = 2 q / (1 - p + q + R),  R^2 = (1 - p - q)^2 - 4 p q,

and P is where sum u = 1: O(n) an evaluation, some ten of them. (Rounds of row and column scaling
reach the same matrix, slowly where one industry is heavy.) An industry with far more than its
share has the larger roots, R with the other sign. Written P = P_min (1 + z^2), where P_min is the
least P that leaves every R real, its R is proportional to z: one smooth function of z, negative z
included, covers both cases.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ..errors import ConvergenceError, DataError

__all__ = ["fit_masses", "fit_matrix", "fit_signed"]

TOLERANCE = 1e-10  # largest relative miss of a margin
SLACK = 1e-12  # least share of all flow that must be left among the others
MAX_DOUBLINGS = 100  # of z, to enclose the root
MAX_ROUNDS = 20_000  # of row and column scaling
FIRST_DOUBT = 64  # round at which it is first asked whether the margins can be met at all


def fit_masses(out: np.ndarray, inn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masses x, y (n,) with x_i (sum y - y_i) = out_i, y_j (sum x - x_j) = inn_j, to 1e-10.

    Their sums agree; a zero margin has a zero mass.

    Raises
    ------
    DataError
        The margins are negative, not finite, or do not add up to the same.
    ConvergenceError
        No such masses exist. `error.industry` is the one at fault, `error.reason` the words: the
        others sell and buy too little for it (out_k + inn_k > sum), or only to and from it (=).
    """
    out, inn, total = _margins(out, inn)
    if total == 0.0:
        return np.zeros_like(out), np.zeros_like(inn)
    out, inn = out / total, inn / total
    two = np.flatnonzero(out + inn)
    if len(two) == 2 and np.allclose(out[two], inn[two[::-1]], rtol=TOLERANCE, atol=0.0):
        # all R are 0 and would be roots of what is rounded: the two trade with each other alone
        return np.sqrt(out * total), np.sqrt(inn * total)
    k = int(np.argmax(np.sqrt(out) + np.sqrt(inn)))
    z = _root(out, inn, k)
    u, v = np.empty_like(out), np.empty_like(inn)
    P = _shares(out, inn, k, z, u, v)
    x, y = u * np.sqrt(P), v * np.sqrt(P)
    missed = max(_miss(x, y, out, k), _miss(y, x, inn, k))
    if not missed <= TOLERANCE:
        raise _failure(k, f"misses its margins by {missed:.1e}; it is too large for the others")
    return x * np.sqrt(total), y * np.sqrt(total)


def fit_matrix(
    weights: np.ndarray, out: np.ndarray, inn: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Masses x, y (n,) such that x_i weights_ij y_j has the margins out and inn, to 1e-10.

    Row and column scaling (RAS) on a dense matrix, for any pattern of structural zeros.

    Raises
    ------
    DataError
        As `fit_masses`.
    ConvergenceError
        The pattern does not carry the margins; `error.industry` misses its own by most.
    """
    out, inn, total = _margins(out, inn)
    if total == 0.0:
        return np.array(inn > 0, dtype=float), np.array(inn > 0, dtype=float)
    x, y, _, missed = fit_signed(weights, out, inn)
    if not missed.max() <= TOLERANCE:
        k = int(np.argmax(missed[: len(out)] + missed[len(out) :]))
        raise _failure(k, f"misses its margins by {missed.max():.1e}")
    return x, y


def fit_signed(
    weights: Any,
    out: np.ndarray,
    inn: np.ndarray,
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """Factors r (n,), s (m,) such that w r s (w > 0) and w / (r s) (w < 0) have the margins.

    Returns r, s, the rounds taken and by how much each row, then each column, misses its margin
    as a share of its absolute flow. It stops at the tolerance, at max_rounds, when four times the
    rounds have brought nothing, or as soon as it is proven that no matrix of this pattern has the
    margins; the caller judges what is missed.
    Weights may be sparse. Margins are of the caller's making: finite, with equal sums.

    In a round each row takes the r that meets its margin, r p - n / r = out with p = W+ s and
    n = W- (1 / s); then each column the same. A line that is to be 0 and has cells of one sign
    only gets the factor that empties it (0, or infinity where its cells are negative).
    """
    positive, negative = _sides(weights)
    across, back = (positive, negative), (_turned(positive), _turned(negative))
    out, inn = np.asarray(out, dtype=np.float64), np.asarray(inn, dtype=np.float64)
    r, s = np.ones(len(out)), np.ones(len(inn))
    doubt, before = FIRST_DOUBT, np.inf
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        gain, loss = _pull(across, s)
        for turn in range(1, max_rounds + 1):
            r = _factor(out, gain, loss)
            column_pull = _pull(back, r)
            s = _factor(inn, *column_pull)
            gain, loss = _pull(across, s)
            missed = np.concatenate([_gap(out, r, gain, loss), _gap(inn, s, *column_pull)])
            if missed.max() <= tolerance or not np.isfinite(missed).all():
                break
            if turn == doubt:
                if missed.max() > 0.9 * before:
                    break
                doubt, before = 4 * doubt, missed.max()
                if negative is None:
                    rows, _, excess = overfull(positive, r * gain, out, inn)
                    far = missed.max() * turn > tolerance * max_rounds  # at 1 / rounds
                    if len(rows) and (excess > 0 or far):
                        break
    return r, s, turn, missed


def overfull(
    weights: Any, sums: np.ndarray, out: np.ndarray, inn: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Rows that fill the columns open to them, these columns, and what is left over.

    With something left over, no matrix of this pattern has the margins. With nothing left (0), the
    other cells of these columns would have to be empty, which scaling comes near to at one part
    in so many rounds. Empty arrays where neither was found. Rows are tried in order of how far
    their sums fall short: scaling leaves the guilty ones behind.
    """
    order = np.argsort(np.divide(sums, out, out=np.ones_like(sums), where=out > 0), kind="stable")
    filled = (_dense(weights)[order] > 0) & (out[order] > 0)[:, None] & (inn > 0)
    first = np.where(filled.any(axis=0), filled.argmax(axis=0), len(order))
    room = np.cumsum(np.bincount(first, inn, len(order) + 1)[:-1])
    excess = np.cumsum(out[order]) - room
    k = int(np.argmax(excess))
    if excess[k] > 1e-9 * out.sum():
        return order[: k + 1], np.flatnonzero(first <= k), float(excess[k])
    last = len(order) - 1 - filled[::-1].argmax(axis=0)  # last row with a cell, by column
    for k in np.flatnonzero(excess > -1e-12 * out.sum())[:-1]:
        if (last[first <= k] > k).any():
            return order[: k + 1], np.flatnonzero(first <= k), 0.0
    return np.array([], dtype=int), np.array([], dtype=int), 0.0


def _dense(weights: Any) -> np.ndarray:
    return weights.toarray() if hasattr(weights, "toarray") else np.asarray(weights)


def _sides(weights: Any) -> tuple[Any, Any]:
    """The positive cells, and the size of the negative ones (None where there are none)."""
    if weights.min() >= 0:
        return weights, None
    if hasattr(weights, "toarray"):
        return weights.maximum(0).tocsr(), (-weights).maximum(0).tocsr()
    return np.maximum(weights, 0.0), np.maximum(-weights, 0.0)


def _turned(side: Any) -> Any:
    """The side with rows for columns, stored so that its products are as quick."""
    if side is None:
        return None
    return side.T.tocsr() if hasattr(side, "toarray") else side.T


def _pull(sides: tuple[Any, Any], factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What positive and negative cells of each line come to before its own factor."""
    positive, negative = sides
    gain = positive @ np.where(np.isfinite(factor), factor, 0.0)
    if negative is None:
        return gain, np.zeros_like(gain)
    return gain, negative @ np.divide(1.0, factor, out=np.zeros_like(factor), where=factor > 0)


def _factor(margin: np.ndarray, gain: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """The r > 0 of r gain - loss / r = margin; 0 or infinity for a line that is to be empty."""
    if not loss.any():
        return _quotient(margin, gain)
    root = np.sqrt(margin * margin + 4.0 * gain * loss)
    return np.where(
        margin > 0,
        np.divide(margin + root, 2.0 * gain, out=np.zeros_like(gain), where=gain > 0),
        np.divide(2.0 * loss, root - margin, out=np.zeros_like(gain), where=loss > 0),
    )


def _gap(margin: np.ndarray, r: np.ndarray, gain: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """By how much lines miss their margins, as a share of their absolute flow."""
    more = np.where(gain > 0, r * gain, 0.0)
    less = np.divide(loss, r, out=np.zeros_like(loss), where=loss > 0)
    size = np.maximum(more + less, np.abs(margin))
    return np.abs(more - less - margin) / np.where(size > 0, size, 1.0)


def _margins(out: np.ndarray, inn: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The margins as float64 with their sum, or a DataError."""
    out, inn = np.asarray(out, dtype=np.float64), np.asarray(inn, dtype=np.float64)
    for name, margin in (("out", out), ("in", inn)):
        bad = ~(np.isfinite(margin) & (margin >= 0))
        if bad.any():
            k = int(np.argmax(bad))
            raise DataError(
                f"the {name}-margin of industry number {k} is {margin[k]:g}. "
                "Margins are finite sums of flows, not negative."
            )
    sold, bought = float(out.sum()), float(inn.sum())
    if abs(sold - bought) > 1e-9 * max(sold, bought):
        raise DataError(
            f"out-margins add up to {sold:.10g}, in-margins to {bought:.10g}. "
            "What is sold is bought: take both from one matrix."
        )
    return out, inn, sold


def _failure(k: int, why: str) -> ConvergenceError:
    """The error that names industry number k, to be told again with its name."""
    error = ConvergenceError(
        f"no matrix of this pattern has these margins: industry number {k} {why}. "
        "Leave it out, or allow the diagonal."
    )
    error.industry, error.reason = k, why  # type: ignore[attr-defined]
    return error


def _root(out: np.ndarray, inn: np.ndarray, k: int) -> float:
    """The z at which the shares add up to 1."""
    from scipy.optimize import brentq

    if abs(_excess(0.0, out, inn, k)) < 1e-14 * len(out):
        return 0.0
    step = 1.0
    if _excess(0.0, out, inn, k) < 0:
        heavy = int(np.argmax(out + inn))
        left = float(np.delete(out, heavy).sum()) - inn[heavy]
        if left < -SLACK:
            raise _failure(heavy, "sells and buys more than all others together can take and give")
        if left <= SLACK:
            raise _failure(heavy, "takes part in every flow, and the others trade nothing directly")
        step = -1.0
    low, high = 0.0, step
    for _ in range(MAX_DOUBLINGS):
        if (_excess(high, out, inn, k) < 0) == (step > 0):
            break
        low, high = high, 2 * high
    return brentq(_excess, low, high, args=(out, inn, k), xtol=1e-300, rtol=1e-15)


def _miss(x: np.ndarray, y: np.ndarray, margin: np.ndarray, k: int) -> float:
    """Largest relative miss of x_i (sum y - y_i) = margin_i; k may hold nearly all of y."""
    rest = y.sum() - y
    rest[k] = y[:k].sum() + y[k + 1 :].sum()
    here = margin > 0
    return float(np.max(np.abs(x * rest - margin)[here] / margin[here]))


def _quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, and 0 where a is 0 or b has run out."""
    return np.divide(a, b, out=np.zeros_like(a), where=(a > 0) & (b > 0))


@njit(cache=True)
def _signed_root(z, p, q, own):
    """R of an industry; that of the heaviest (own) follows from z and carries its sign."""
    apart = 1.0 - (np.sqrt(p) - np.sqrt(q)) ** 2
    if own:
        return z * np.sqrt(max(apart, 0.0) / (1.0 + z * z))
    near = 1.0 - (np.sqrt(p) + np.sqrt(q)) ** 2
    return np.sqrt(max(near * apart, 0.0))


@njit(cache=True)
def _smaller(p, divisor):
    """The smaller root, 0 for nothing sold (where the divisor may vanish)."""
    return 2.0 * p / divisor if p > 0.0 else 0.0


@njit(cache=True)
def _excess(z, out, inn, k):
    """P (sum u - 1); with negative z as P (sum of the others' u - (1 - u_k)), without loss."""
    P = (np.sqrt(out[k]) + np.sqrt(inn[k])) ** 2 * (1.0 + z * z)
    total = 0.0
    for i in range(out.size):
        p, q = out[i] / P, inn[i] / P
        R = _signed_root(z, p, q, i == k)
        if i == k and z < 0.0:
            total -= _smaller(inn[i], 1.0 - p + q - R)
        else:
            total += _smaller(out[i], 1.0 + p - q + R)
    return total if z < 0.0 else total - P


@njit(cache=True)
def _shares(out, inn, k, z, u, v):
    """Fill u and v, return P."""
    P = (np.sqrt(out[k]) + np.sqrt(inn[k])) ** 2 * (1.0 + z * z)
    for i in range(out.size):
        p, q = out[i] / P, inn[i] / P
        R = _signed_root(z, p, q, i == k)
        if i == k and z < 0.0:
            u[i] = (1.0 + p - q - R) / 2.0
            v[i] = (1.0 - p + q - R) / 2.0
        else:
            u[i] = _smaller(p, 1.0 + p - q + R)
            v[i] = _smaller(q, 1.0 - p + q + R)
    return P
