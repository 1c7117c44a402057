"""Proportional fitting: the matrix of given margins that is otherwise as even as can be.

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

import numpy as np
from numba import njit

from ..errors import ConvergenceError, DataError

__all__ = ["fit_masses", "fit_matrix"]

TOLERANCE = 1e-10  # largest relative miss of a margin
SLACK = 1e-12  # least share of all flow that must be left among the others
MAX_DOUBLINGS = 100  # of z, to enclose the root
MAX_ROUNDS = 20_000  # of row and column scaling


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
    y = np.array(inn > 0, dtype=float)
    if total == 0.0:
        return y, y
    missed = np.full(len(out), np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(MAX_ROUNDS):
            x = _quotient(out, weights @ y)
            y = _quotient(inn, weights.T @ x)
            sides = (x * (weights @ y) - out, out), (y * (weights.T @ x) - inn, inn)
            now = np.max(
                [np.abs(miss) / np.where(side > 0, side, 1) for miss, side in sides], axis=0
            )
            if not np.isfinite(now).all():  # the masses run off
                break
            missed = now
            if missed.max() <= TOLERANCE:
                return x, y
    raise _failure(int(np.argmax(missed)), f"misses its margins by {missed.max():.1e}")


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
