"""profile_resolution(): which partition is best at which resolution, and what speaks for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .. import lift
from ..errors import DataError, ParameterError
from ..network import FlowNetwork
from ..nulldraws import LiftNull, lift_null
from ..nullmodels import NullModel, null_model_of
from ..qualities import Problem, lift_problem, number
from ..repetition import drawn_seed, repeat
from .dense_clusters import measure_of, poser, tried
from .envelope import PARALLEL, Line, envelope
from .searching import best_partition

__all__ = ["Profile", "profile_resolution"]

ALIKE = 0.1  # of ln n: partitions this near in variation of information are one plateau
COLUMNS = (
    "low", "high", "score", "se", "chosen", "clusters", "alone", "largest", "objective", "inside",
    "outside", "newman", "fixed_point", "z", "vi_folds", "vi", "nested", "plateau",
    "plateau_width", "partition",
)  # fmt: skip
ROWS = 30  # intervals printed; of more, the plateaus


class Profile(pd.DataFrame):
    """A frame of resolutions that prints its intervals, or its plateaus where those are many."""

    def __repr__(self) -> str:
        if list(self.columns) != list(COLUMNS) or "range" not in self.attrs:
            return super().__repr__()
        rows = self if len(self) <= ROWS else plateaus(self)
        shown = {
            "from": rows["low"].map("{:.3g}".format),
            "to": rows["high"].map("{:.3g}".format),
            "plateau": rows["plateau"],
            "clusters": rows["clusters"],
            "alone": rows["alone"],
            "largest": rows["largest"],
            "score": [
                "" if np.isnan(score) else f"{score:.3f} ({se:.3f})"
                for score, se in zip(rows["score"], rows["se"], strict=True)
            ],
            "unstable": rows["vi_folds"].map("{:.2f}".format),
            "nested": rows["nested"].map(lambda v: "" if np.isnan(v) else f"{v:.0%}"),
            "newman": rows["newman"].map("{:.3g}".format) + np.where(rows["fixed_point"], " *", ""),
            "": np.where(rows["chosen"], "<- chosen", ""),
        }
        if rows["z"].notna().any():
            shown["z"] = rows["z"].map("{:.1f}".format)
        page = pd.DataFrame(shown).to_string(index=False)
        what = "plateaus, each by its widest interval" if rows is not self else "rows"
        count = len(self[["low", "high"]].drop_duplicates())
        return (
            f"{count} partitions are best somewhere; {len(rows)} {what}\n{page}\n\n"
            "score: held out, with its standard error; unstable: nats between this partition and "
            "those\nfound with a fifth of the flows hidden; nested: share of its pairs that are "
            "together in the row\nabove; newman: likeliest resolution, * if within the interval. "
            f"All {self.shape[1]} columns are in the frame."
        )


def plateaus(profile: pd.DataFrame) -> pd.DataFrame:
    """One row for each plateau: that of its widest interval, with the range of the plateau."""
    letters = profile["plateau"].to_numpy()
    width = pd.Series(_width(profile, *profile.attrs["range"]))
    groups = profile.groupby("plateau", sort=False)
    rows = pd.DataFrame(profile.iloc[width.groupby(letters, sort=False).idxmax().to_numpy()])
    for column, how in (("low", "min"), ("high", "max"), ("chosen", "any"), ("fixed_point", "any")):
        rows[column] = getattr(groups[column], how)().to_numpy()
    rows["nested"] = _nested(rows["partition"].tolist())
    return rows


def profile_resolution(
    network: FlowNetwork,
    resolutions: Sequence[float] | None = None,
    *,
    measure: str = "auto",
    null: Any = "gravity",
    draws: int = 0,
    seed: int | None = 0,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Tell which partition is best at which resolution, and what speaks for each.

    The Q of one partition falls along a straight line as the resolution grows, so each partition
    is best on one interval, or nowhere. All of these are found: beyond a grid of resolutions, the
    search goes on where two neighbouring lines cross until no line lies above a crossing (in
    tables of hundreds of industries, until some hundreds of crossings have been searched;
    ``profile.attrs["complete"]`` tells).

    Parameters
    ----------
    network : FlowNetwork
    resolutions : sequence of float, optional
        Thetas of the lift measure or gammas of the flow measure: one row for each, and no search
        beyond them. If left out, one row for each interval between the ends of the usual grid.
    measure, null
        As in `detect`.
    draws : int
        Random economies for the column z; 0 leaves it empty.
    seed : int, optional
        With the seed of `detect`, the held-out flows are those of `detect`.
    n_jobs : int
        Searches at a time, as in joblib; it does not change the outcome.
    progress : bool, optional
        Whether to show a bar; None: only where somebody looks.

    Returns
    -------
    DataFrame, indexed by resolution: the one given, or the middle of the interval; it prints
        low, high
            Interval in which the partition is best of those found.
        score, se
            Held out: a fifth of the flows is hidden at a time; the score is the Matthews
            correlation, over the hidden flows, between "same cluster" and "among the strongest
            5 %", with its standard error over folds. Between the resolutions tried it is
            interpolated.
        chosen
            Where ``resolution="auto"`` lies: the coarsest within one standard error of the best.
        clusters, alone, largest
            Clusters of at least two, industries by themselves, members of the largest.
        objective
            Q at the resolution of the index.
        inside, outside
            Density of all pairs within clusters and of all others: mean lift, or multiples of the
            null model.
        newman, fixed_point
            The resolution at which a planted partition with these two densities has its largest
            likelihood, and whether the partition is best there:
            (inside - outside) / (ln inside - ln outside) for flow; (inside + outside) / 2 for
            lift, whose noise is normal with standard deviation one.
        z
            Q against that of random economies in which sizes alone decide, in their standard
            deviations, all found by the same quick search; interpolated as the score.
        vi_folds
            Mean variation of information, in nats, to the partitions found with a fifth of the
            flows hidden, at the nearest resolution tried: 0 is perfectly stable.
        vi
            Variation of information to the partition of the row before; NaN in the first.
        nested
            Share of the pairs together here that are together in the row before.
        plateau, plateau_width
            Neighbouring intervals whose partitions are within a tenth of ln n in variation of
            information of their widest share a letter; and how wide they are together.
        partition
            Labels, (n,).

    Raises
    ------
    ParameterError
        No network, no resolutions, or a value out of range.
    DataError
        Too few flows to hide any.

    Notes
    -----
    A wide interval is no proof of structure: the coarsest and the finest partitions have the
    widest. Newman's estimate takes flows for Poisson counts, and all clusters for equally dense.
    Intervals are exact for the partitions found; a partition that the search missed could narrow
    them.
    Convex hull of admissible partitions: Weir, Emmons, Gibson, Taylor and Mucha (2017),
    doi 10.3390/a10030093. Likelihood: Newman (2016), doi 10.1103/PhysRevE.94.052315. Variation of
    information: Meila (2007), doi 10.1016/j.jmva.2006.11.013.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, _ = kn.datasets.planted(30, 3, seed=1)
    >>> profile = kn.profile_resolution(network, [0.0, 0.5, 1.0], seed=0)
    >>> profile.index.tolist()
    [0.0, 0.5, 1.0]
    >>> whole = kn.profile_resolution(network, seed=0)
    >>> bool((whole["high"].to_numpy()[:-1] == whole["low"].to_numpy()[1:]).all())
    True
    """
    if not isinstance(network, FlowNetwork):
        raise ParameterError(
            f"profile_resolution needs a FlowNetwork, not a {type(network).__name__}. Make one "
            "with FlowNetwork.from_table or from_matrix."
        )
    measure = measure_of(network, measure)
    draws, seed = int(number("draws", draws, 0, 1e6)), drawn_seed(seed)
    grid = None
    if resolutions is not None:
        given = [resolutions] if isinstance(resolutions, str) else list(resolutions)
        least = 0.0 if measure == "flow" else -1e100
        grid = np.array([number("a resolution", value, least) for value in given])
        if not len(grid):
            raise ParameterError("resolutions is empty; give at least one, or leave it out.")
    model = null_model_of(null)
    trials = tried(network, measure, model, grid, np.random.default_rng(seed))
    if not trials.any:
        raise DataError("there are too few flows to hide any of them; give a larger network.")
    pose = poser(network, measure, model)
    work: dict[str, Any] = {"n_jobs": n_jobs, "progress": progress}
    order = np.argsort(trials.resolutions, kind="stable")
    tried_at = trials.resolutions[order]
    span = float(tried_at[0]), float(tried_at[-1])
    lines, complete = envelope(pose, tried_at, seed, refine=grid is None, **work)
    z = np.full(len(order), np.nan)
    if draws > 1:
        z = _z(network, measure, model, tried_at, draws, seed, **work)
    rows = _intervals(lines, measure, tried_at)
    ends = rows["high"].to_numpy()
    if grid is not None:
        rows = rows.iloc[_place(ends, grid)].set_axis(grid)
        rows["chosen"] = np.arange(len(grid)) == trials.choose()
    else:
        rows["chosen"] = np.arange(len(rows)) == _place(ends, trials.resolutions[trials.choose()])
    rows = rows.rename_axis("resolution")
    centre, parts = rows.index.to_numpy(), [line.labels for line in rows["line"]]
    seen = (trials.mean[order], trials.error[order], z)
    for name, values in zip(("score", "se", "z"), seen, strict=True):
        rows[name] = np.interp(centre, tried_at, values)
    sizes = [np.bincount(labels) for labels in parts]
    rows["clusters"] = [int((size > 1).sum()) for size in sizes]
    rows["alone"] = [int((size == 1).sum()) for size in sizes]
    rows["largest"] = [int(size.max()) for size in sizes]
    rows["objective"] = [line.at(float(r)) for r, line in zip(centre, rows["line"], strict=True)]
    folds = [trials.partitions[:, int(np.abs(trials.resolutions - r).argmin())] for r in centre]
    rows["vi_folds"] = [
        float(np.mean([variation(labels, fold) for fold in several]))
        for labels, several in zip(parts, folds, strict=True)
    ]
    rows["vi"] = [np.nan, *(variation(a, b) for a, b in pairwise(parts))]
    rows["nested"] = _nested(parts)
    rows["plateau"], rows["plateau_width"] = _plateaus(parts, _width(rows, *span))
    rows["partition"] = parts
    out = Profile(rows[list(COLUMNS)])
    out.attrs.update(complete=complete, range=span)
    return out


def variation(a: np.ndarray, b: np.ndarray) -> float:
    """Variation of information between two partitions, labels from 0, in nats."""
    n, width = len(a), int(b.max()) + 1
    return max(2 * _entropy(a.astype(np.int64) * width + b, n) - _entropy(a, n) - _entropy(b, n), 0)


def _entropy(labels: np.ndarray, n: int) -> float:
    count = np.bincount(labels)
    share = count[count > 0] / n
    return float(-(share * np.log(share)).sum())


def _place(ends: np.ndarray, resolution: Any) -> Any:
    """Which interval, given by its upper end, a resolution lies in."""
    return np.minimum(np.searchsorted(ends, resolution, side="right"), len(ends) - 1)


def _intervals(lines: list[Line], measure: str, grid: np.ndarray) -> pd.DataFrame:
    """One row for each line that is highest between the ends of the grid."""
    crossings = [a.crosses(b) for a, b in pairwise(lines)]
    low, high = np.array([-np.inf, *crossings]), np.array([*crossings, np.inf])
    if measure == "flow":
        low = np.maximum(low, 0.0)
    first, last = grid[0], grid[-1]
    kept = np.flatnonzero((high > first) & ((low < last) | (low == first)))
    rows = []
    for k in kept:
        inside, outside = _densities(lines[k], lines[0])
        best = _newman(inside, outside, measure)
        low_, high_ = low[k], high[k]
        if k > 0:
            low_ = max(low_, first)
        if k < len(lines) - 1:
            high_ = min(high_, last)
        rows.append((low_, high_, lines[k], inside, outside, best, low[k] <= best < high[k]))
    names = ["low", "high", "line", "inside", "outside", "newman", "fixed_point"]
    frame = pd.DataFrame(rows, columns=names)
    middle = (np.maximum(low[kept], first) + np.minimum(high[kept], last)) / 2
    return frame.set_axis(middle)


def _densities(line: Line, whole: Line) -> tuple[float, float]:
    """Density of the pairs within clusters and of all others, given the line of one cluster."""
    out = [
        level / slope if slope > PARALLEL else np.nan
        for level, slope in (
            (line.level, line.slope),
            (whole.level - line.level, whole.slope - line.slope),
        )
    ]
    return out[0], out[1]


def _newman(inside: float, outside: float, measure: str) -> float:
    """The likeliest resolution of a planted partition with these densities."""
    if measure == "lift":
        return (inside + outside) / 2
    if not min(inside, outside) > 0 or inside == outside:
        return np.nan
    return (inside - outside) / float(np.log(inside / outside))


def _nested(parts: list[np.ndarray]) -> list[float]:
    """Share of the pairs of each partition that are together in the one before."""
    out = [np.nan]
    for before, now in pairwise(parts):
        both = np.bincount(now.astype(np.int64) * (int(before.max()) + 1) + before)
        pairs, kept = (float((m * (m - 1.0)).sum()) for m in (np.bincount(now), both))
        out.append(kept / pairs if pairs > 0 else np.nan)
    return out


def _width(rows: pd.DataFrame, first: float, last: float) -> np.ndarray:
    """How wide each interval is within the range that was looked at."""
    low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
    return np.maximum(np.minimum(high, last) - np.maximum(low, first), 0.0)


def _plateaus(parts: list[np.ndarray], width: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Letter and width of each row's plateau: the widest intervals first take their neighbours."""
    near = ALIKE * np.log(len(parts[0]))
    group = np.full(len(parts), -1)
    for widest in np.argsort(-width, kind="stable"):
        if group[widest] >= 0:
            continue
        for side in (range(widest, len(parts)), range(widest - 1, -1, -1)):
            for k in side:
                if group[k] >= 0 or variation(parts[widest], parts[k]) > near:
                    break
                group[k] = widest
    _, rank = np.unique(group, return_inverse=True)
    return [_letters(int(k)) for k in rank], np.bincount(rank, width)[rank]


def _letters(k: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    return (_letters(k // 26 - 1) if k >= 26 else "") + chr(ord("A") + k % 26)


def _z(
    network: FlowNetwork,
    measure: str,
    model: NullModel,
    grid: np.ndarray,
    draws: int,
    seed: int,
    **work: Any,
) -> np.ndarray:
    """Q at each resolution in standard deviations of that of random economies."""
    rng = np.random.default_rng([seed, 1])
    if measure == "lift":
        drawn = partial(_lift_draw, lift_null(*lift.logs_of(network), rng))
    else:
        drawn = partial(_flow_draw, network, model)

    def quick(pose: Callable[[float], Problem], rng: np.random.Generator) -> list[float]:
        posed = [pose(float(r)) for r in grid]
        return [problem.value(best_partition(problem, rng, 0.0)) for problem in posed]

    values = repeat(
        lambda rng, k: quick(drawn(rng), rng), draws, seed, label="random economies", **work
    )
    observed = np.array(quick(poser(network, measure, model), rng))
    mean, spread = np.mean(values, axis=0), np.std(values, axis=0, ddof=1)
    return np.where(spread > 0, (observed - mean) / np.where(spread > 0, spread, 1.0), np.nan)


def _lift_draw(null: LiftNull, rng: np.random.Generator) -> Callable[[float], Problem]:
    values = lift.fit(null.draw(rng), null.kind)[0]
    return lambda theta: lift_problem(values, null.kind, theta)


def _flow_draw(
    network: FlowNetwork, model: NullModel, rng: np.random.Generator
) -> Callable[[float], Problem]:
    return poser(model.sample(network, rng), "flow", model)
