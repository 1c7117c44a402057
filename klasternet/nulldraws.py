"""Random economies in which sizes alone decide: the log flows of a table, dealt out anew.

    ln W*_ij = a_i + b_j + s_i t_j e*_ij     e* its own standardised residuals, permuted

Three things keep such draws as wild as the table they stand for; without any of them a test calls
structureless economies significant, or misses clusters (`docs/design.md` has the numbers).

Residuals are smaller and more normal than the noise they stem from, as the fit has used some of it
up. So e* is stretched until residuals fitted to the draws are spread like the observed ones.

Scales that are fitted to noise differ even where the truth is one scale, and scales shrunk
too far hide that some industries are noisier. So s and t are moved towards their mean by the share
of their variance that is sampling error (empirical Bayes).

Empty cells stay empty. Where those are the small ones, a flow seen says "above the limit": it is
dealt only a residual that keeps it there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lift import fit_once

__all__ = ["LiftNull", "lift_null", "light_fit"]

ROUNDS = 8  # of the fit
TURNS = 3  # of the stretching, each by the mean of several draws
CELLS = 6_000  # cells that such a mean rests on, at least, with up to four draws
SMALL = 2 / 3  # chance that an empty cell's ends are smaller than a flow's: else empty at random


@dataclass(frozen=True, eq=False)
class LiftNull:
    """What it takes to draw the log flows of a table in which sizes alone decide.

    Attributes
    ----------
    kind : ndarray of int8, shape (n, n)
        As in `lift.cells`; the m cells with a flow are those dealt to.
    level, scale : ndarrays, shape (m,)
        a_i + b_j and s_i t_j of each flow.
    residuals : ndarray, shape (m,)
        What is dealt out, in ascending order.
    rank : ndarray of int, shape (m,)
        Place of each flow's own residual among them.
    least : ndarray of int, shape (m,)
        Lowest place that leaves a flow above the limit of what is shown.
    """

    kind: np.ndarray
    level: np.ndarray
    scale: np.ndarray
    residuals: np.ndarray
    rank: np.ndarray
    least: np.ndarray

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Log flows of a random economy, shape (n, n); 0 where there is no flow."""
        from .kernels.draws import deal

        order = self.rank.copy()
        deal(order, self.least, np.array([rng.integers(2**63)], dtype=np.uint64))
        out = np.zeros(self.kind.shape)
        out[self.kind == 1] = self.level + self.scale * self.residuals[order]
        return out


def light_fit(logs: np.ndarray, kind: np.ndarray) -> tuple[np.ndarray, ...]:
    """Fit in few rounds: lift, a, b, s, t as in `lift.fit`."""
    return fit_once(logs, kind, ROUNDS)[:5]


def lift_null(logs: np.ndarray, kind: np.ndarray, rng: np.random.Generator) -> LiftNull:
    """Fit to a table what its random economies are drawn from.

    logs : log flows (n, n); kind : kinds of the cells, as in `lift.cells`.
    """
    level, scale, residuals, limit = _standardised(logs, kind)
    rank = np.empty(len(residuals), dtype=np.int64)
    rank[np.argsort(residuals, kind="stable")] = np.arange(len(residuals))
    observed = np.sort(residuals)
    least = np.zeros_like(rank)
    if limit is not None:
        least = np.minimum(np.searchsorted(observed, limit), rank)
    dealt, known = observed, None if limit is None else scale
    draws = int(np.clip(-(-CELLS // max(len(rank), 1)), 1, 4))
    for _ in range(TURNS):
        null = LiftNull(kind, level, scale, dealt, rank, least)
        fitted = [np.sort(_standardised(null.draw(rng), kind, known)[2]) for _ in range(draws)]
        dealt = np.sort(dealt + observed - np.mean(fitted, axis=0))
    return LiftNull(kind, level, scale, dealt, rank, least)


def _standardised(
    logs: np.ndarray, kind: np.ndarray, known: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Level, scale and residual of each flow (m,), and the limit in units of residuals.

    The limit is None where small flows are not empty. Where they are, what is seen of small
    industries is too one-sided to tell their scales, and the fit's are taken, which knows of the
    empty cells; draws are then measured in the observed ones (`known`).
    """
    seen = kind == 1
    _, a, b, s, t = light_fit(logs, kind)
    whole = a[:, None] + b
    level, limited = whole[seen], _small_are_empty(whole, kind)
    if not limited:
        s, t = _scales(np.where(seen, logs - whole, 0.0), seen)
    scale = (s[:, None] * t)[seen] if known is None else known
    limit = (_least(logs, kind)[seen] - level) / scale if limited else None
    return level, scale, (logs[seen] - level) / scale, limit


def _least(logs: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Two-way limit of what is shown, the largest u_i + v_j below all flows, (n, n)."""
    from .kernels.gravity import _limits

    u, v = np.empty((2, len(logs)))
    _limits(logs, kind, np.zeros(len(logs)), u, v)  # whoever's they are, small ones are not printed
    return u[:, None] + v


def _scales(left: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales of sellers and buyers (n,), (n,), moved to their mean by their sampling error."""
    n, square = len(left), left**2
    rows, columns = seen.sum(axis=1), seen.sum(axis=0)
    common = square.sum() / max(seen.sum(), 1)
    s, t = np.full(n, np.sqrt(common)), np.ones(n)
    if not common > 0:
        return np.ones(n), t
    for _ in range(TURNS):  # one cell's worth of the common scale: no scale is zero
        s = np.sqrt(((square / t**2).sum(axis=1) + common) / (rows + 1))
        t = np.sqrt(((square / s[:, None] ** 2).sum(axis=0) + 1) / (columns + 1))
    z = square[seen] / (s[:, None] * t)[seen] ** 2
    kurtosis = float((z**2).mean() / z.mean() ** 2)
    return _shrunk(s, rows, kurtosis), _shrunk(t, columns, kurtosis)


def _shrunk(scale: np.ndarray, count: np.ndarray, kurtosis: float) -> np.ndarray:
    """Scales whose logs are moved to their mean: the log of one has variance (k - 1) / (4 m)."""
    on = count > 0
    out, log = np.ones(len(scale)), np.log(scale[on])
    error = (kurtosis - 1) / (4 * (count[on] + 1))
    true = max(float(log.var(ddof=1) - error.mean()), 0.0) if len(log) > 1 else 0.0
    share = true / np.maximum(true + error, 1e-300)
    out[on] = np.exp(log.mean() + share * (log - log.mean()))
    return out


def _small_are_empty(level: np.ndarray, kind: np.ndarray) -> bool:
    """Whether empty cells lie between small industries rather than anywhere."""
    flows, empty = np.sort(level[kind == 1]), level[kind == 2]
    if not len(empty) or not len(flows):
        return False
    return 1.0 - float(np.searchsorted(flows, empty).mean()) / len(flows) > SMALL
