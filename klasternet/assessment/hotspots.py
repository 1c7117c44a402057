"""Where neighbouring regions are high together: Getis-Ord G and G*, local Moran."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, stats
from scipy.spatial.distance import cdist

from ..errors import DataError, ParameterError
from ..qualities import number
from ..repetition import drawn_seed, repeat
from .counts import called, same_names
from .distances import along_ground, read_places

__all__ = ["local_g", "local_moran", "neighbours"]


def local_g(
    values: pd.Series | pd.DataFrame, weights: Any, star: bool = True, level: float = 0.95
) -> pd.DataFrame:
    """Tell around which regions high values, or low ones, gather.

    Getis and Ord's G*, standardised, over n regions, with W_i = sum_j w_ij, mean m and population
    standard deviation S of the values:

        z_i = (sum_j w_ij x_j - m W_i) / ( S sqrt{ [n sum_j w_ij^2 - W_i^2] / (n - 1) } )

    with w_ii = 1 where the weights have no diagonal of their own. G (``star=False``) leaves region
    i out of sum, mean and deviation, with n - 1 for n.

    Parameters
    ----------
    values : Series by region, or DataFrame, regions x clusters
        Employment of a cluster, or better its share or location quotient: of absolute numbers G*
        finds the large regions.
    weights : DataFrame, regions x regions, or array or sparse matrix
        Matched by name; arrays are in the order of the values. `neighbours` makes them.
    star : bool
        G* (the region counts among its neighbours) or G.
    level : float
        For `verdict`.

    Returns
    -------
    DataFrame
        One row for each region (and cluster): value, neighbours, z, pvalue (two-sided, normal),
        verdict: "hot", "cold" or "". The verdict holds the share of false ones among all found to
        1 - level (Benjamini and Hochberg), since every region is a test.

    Raises
    ------
    AlignmentError
        Weights that do not name the regions.
    DataError
        Values that are all alike; for G a region without neighbours; one with all others.

    References
    ----------
    Getis and Ord (1992), doi:10.1111/j.1538-4632.1992.tb00261.x; Ord and Getis (1995),
    doi:10.1111/j.1538-4632.1995.tb00912.x. The printed example of PySAL's esda is in the tests.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> at = pd.DataFrame({"x": [10, 20, 40, 15, 30, 30], "y": [10, 10, 10, 20, 20, 30]})
    >>> y = pd.Series([2, 3, 3.2, 5, 8, 7])
    >>> kn.local_g(y, kn.neighbours(at, within=15)).z.round(3).tolist()
    [-1.397, -0.289, 0.651, -0.289, 1.235, 2.024]
    """
    x, W = _ready(values, weights)
    level = number("level", level, 0.5, 0.9999)
    n = len(x)
    if star:
        if not W.diagonal().any():
            W = W + sparse.eye_array(n, format="csr")
        mean, spread = x.mean(axis=0).to_numpy(), x.std(axis=0, ddof=0).to_numpy()
        left = np.broadcast_to(mean, x.shape), np.broadcast_to(spread, x.shape)
        others = n
    else:
        W = sparse.csr_array(W - sparse.diags_array(W.diagonal()))
        v = x.to_numpy()
        mean = (v.sum(axis=0) - v) / (n - 1)
        square = ((v**2).sum(axis=0) - v**2) / (n - 1)
        left = mean, np.sqrt(np.clip(square - mean**2, 0, None))
        others = n - 1
    sums, squares = np.asarray(W.sum(axis=1)).ravel(), np.asarray((W * W).sum(axis=1)).ravel()
    scale = np.sqrt(np.clip((others * squares - sums**2) / (others - 1), 0, None))
    idle = scale <= 1e-12 * np.maximum(sums, 1)
    if idle.any():
        k = int(np.argmax(idle))
        why = "every region as a neighbour" if sums[k] else "no neighbour"
        raise DataError(
            f"{called(x.index, k)} has {why}, so nothing can be told of it. Give other weights"
            + ("." if star or sums[k] else ", take star=True, or leave it out.")
        )
    z = (W @ x.to_numpy() - left[0] * sums[:, None]) / (left[1] * scale[:, None])
    p = 2 * stats.norm.sf(np.abs(z))
    found = np.column_stack([_discovered(column, 1 - level) for column in p.T])
    verdict = np.where(found, np.where(z > 0, "hot", "cold"), "")
    around = np.broadcast_to(np.diff(W.indptr)[:, None] - bool(star), x.shape)
    return _long(values, x, value=x.to_numpy(), neighbours=around, z=z, pvalue=p, verdict=verdict)


def local_moran(
    values: pd.Series | pd.DataFrame,
    weights: Any,
    draws: int = 999,
    level: float = 0.95,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Tell which regions are like their neighbours, and which stand out from them.

    With z standardised values (population standard deviation) and weights that sum to 1 in each
    row:

        I_i = z_i sum_j w_ij z_j

    The p-value is of conditional permutation: region i stays, the others change places.

    Parameters
    ----------
    values, weights
        As in `local_g`; rows of the weights are made to sum to 1, their diagonal is left out.
    draws : int
    level : float
        For the verdict, as in `local_g`.
    seed, n_jobs, progress
        As everywhere; the seed is in `.attrs`.

    Returns
    -------
    DataFrame
        One row for each region (and cluster): value, neighbours, moran, quadrant ("high-high",
        "low-low", "high-low", "low-high": the region, then its neighbours), pvalue, verdict
        (the quadrant, or "" where it may be chance).

    Raises
    ------
    As `local_g`.

    References
    ----------
    Anselin (1995), doi:10.1111/j.1538-4632.1995.tb00338.x.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> at = pd.DataFrame({"x": [10, 20, 40, 15, 30, 30], "y": [10, 10, 10, 20, 20, 30]})
    >>> y = pd.Series([2, 3, 3.2, 5, 8, 7])
    >>> kn.local_moran(y, kn.neighbours(at, within=15), draws=99, seed=1).quadrant.tolist()[-1]
    'high-high'
    """
    x, W = _ready(values, weights)
    level, draws = number("level", level, 0.5, 0.9999), int(number("draws", draws, 1))
    W = sparse.csr_array(W - sparse.diags_array(W.diagonal()))
    W.eliminate_zeros()
    sums = np.asarray(W.sum(axis=1)).ravel()
    if not sums.all():
        where = called(x.index, np.argmin(sums != 0))
        raise DataError(f"{where} has no neighbour. Give it some, or leave it out.")
    W = sparse.csr_array(sparse.diags_array(1 / sums) @ W)
    v = x.to_numpy()
    z = (v - v.mean(axis=0)) / v.std(axis=0)
    lag = W @ z
    n, seed = len(z), drawn_seed(seed)
    rows = np.repeat(np.arange(n), np.diff(W.indptr))
    place = np.arange(len(rows)) - W.indptr[rows]
    deep = int(np.diff(W.indptr).max())

    def work(rng: np.random.Generator, _: int) -> np.ndarray:
        """For each region other regions in the places of its neighbours, none of them itself."""
        drawn = rng.permutation(n - 1)
        start = rng.integers(n - 1, size=n)  # one shuffle, entered by each region elsewhere
        at = drawn[(start[rows] + place) % (n - 1)]
        at = at + (at >= rows)
        return z * (sparse.csr_array((W.data, at, W.indptr), shape=W.shape) @ z)

    if deep > n - 1:
        raise ParameterError("a region has more neighbours than there are other regions.")
    observed = z * lag
    by_chance = np.array(
        repeat(work, draws, seed, n_jobs=n_jobs, progress=progress, label="permutations")
    )
    above = (by_chance >= observed - 1e-12).sum(axis=0)
    below = (by_chance <= observed + 1e-12).sum(axis=0)
    p = np.minimum(1.0, 2 * (1 + np.minimum(above, below)) / (1 + len(by_chance)))
    names = np.array([["low-low", "low-high"], ["high-low", "high-high"]], dtype=object)
    quadrant = names[(z > 0).astype(int), (lag > 0).astype(int)]
    found = np.column_stack([_discovered(column, 1 - level) for column in p.T])
    out = _long(
        values,
        x,
        value=v,
        neighbours=np.broadcast_to(np.diff(W.indptr)[:, None], v.shape),
        moran=observed,
        quadrant=quadrant,
        pvalue=p,
        verdict=np.where(found, quadrant, ""),
    )
    out.attrs["seed"], out.attrs["draws"] = seed, len(by_chance)
    return out


def neighbours(
    points: pd.DataFrame, within: float | None = None, nearest: int | None = None
) -> pd.DataFrame:
    """Make weights from where regions lie: 1 for neighbours, 0 else.

    Parameters
    ----------
    points : DataFrame
        One row for each region, by name, with columns x and y, or lat and lon (degrees).
    within : float
        Regions at most so far apart are neighbours (km for lat and lon).
    nearest : int
        Or each region's so many nearest; not symmetric. Of regions equally far the first counts.

    Returns
    -------
    DataFrame, regions x regions
        Diagonal 0.

    Raises
    ------
    ParameterError
        Neither or both of `within` and `nearest`.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> at = pd.DataFrame({"x": [0, 1, 5], "y": [0, 0, 0]}, index=["a", "b", "c"])
    >>> kn.neighbours(at, within=2).loc["a"].tolist()
    [0.0, 1.0, 0.0]
    """
    if (within is None) == (nearest is None):
        raise ParameterError("give either within=distance or nearest=number of neighbours.")
    at, unit = read_places(points, "points")
    apart = along_ground(cdist(at, at), unit)
    np.fill_diagonal(apart, np.inf)
    if within is not None:
        W = apart <= number("within", within, 0)
    else:
        k = int(number("nearest", nearest, 1, len(at) - 1))
        W = np.zeros(apart.shape, dtype=bool)
        np.put_along_axis(W, np.argsort(apart, axis=1, kind="stable")[:, :k], True, axis=1)
    return pd.DataFrame(W.astype(np.float64), index=points.index, columns=points.index)


def _ready(values: Any, weights: Any) -> tuple[pd.DataFrame, sparse.csr_array]:
    """Values as a frame, weights as a sparse matrix in their order; both checked."""
    if not isinstance(values, pd.Series | pd.DataFrame):
        raise ParameterError(
            f"values is a {type(values).__name__}; give a Series by region, or a DataFrame."
        )
    x = values.to_frame() if isinstance(values, pd.Series) else values
    twice = x.index.duplicated()
    if twice.any():
        raise DataError(f"values: region {called(x.index, np.argmax(twice))} stands there twice.")
    x = x.astype(np.float64)
    finite = np.isfinite(x.to_numpy())
    if not finite.all():
        where = called(x.index, np.argmin(finite.all(axis=1)))
        raise DataError(f"the value of {where} is missing or infinite. Give it, or leave it out.")
    n = len(x)
    if n < 4:
        raise DataError(f"{n} regions; give four or more.")
    alike = x.std(axis=0, ddof=0) <= 1e-12 * x.abs().max(axis=0)
    if alike.any():
        name = alike.idxmax()
        of = "" if isinstance(values, pd.Series) else f" of {name!r}"
        raise DataError(f"the values{of} are the same everywhere, so nothing is hot or cold.")
    if isinstance(weights, pd.DataFrame):
        for names in (weights.index, weights.columns):
            same_names(names, x.index, "region", name="weights", exactly=True)
        weights = weights.reindex(index=x.index, columns=x.index).to_numpy()
    W = sparse.csr_array(weights, dtype=np.float64)
    if W.shape != (n, n):
        raise ParameterError(f"weights are {W.shape[0]} x {W.shape[1]} for {n} regions.")
    if not np.isfinite(W.data).all() or (W.data < 0).any():
        raise DataError("weights must be finite and not negative; 0 for those who do not adjoin.")
    W.eliminate_zeros()
    return x, W


def _discovered(p: np.ndarray, rate: float) -> np.ndarray:
    """Benjamini and Hochberg: which p-values are small enough for that rate of false ones."""
    order = np.argsort(p)
    good = p[order] <= rate * np.arange(1, len(p) + 1) / len(p)
    out = np.zeros(len(p), dtype=bool)
    if good.any():
        out[order[: int(np.flatnonzero(good)[-1]) + 1]] = True
    return out


def _long(values: Any, x: pd.DataFrame, **columns: np.ndarray) -> pd.DataFrame:
    """One row for each region, or for each cluster and region."""
    region = x.index.name or "region"
    if isinstance(values, pd.Series):
        index = x.index.rename(region)
        return pd.DataFrame({name: part[:, 0] for name, part in columns.items()}, index=index)
    both = pd.MultiIndex.from_product([x.columns, x.index], names=["cluster", region])
    return pd.DataFrame({name: part.T.ravel() for name, part in columns.items()}, index=both)
