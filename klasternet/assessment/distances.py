"""Do plants locate close to each other, at which distances: Duranton and Overman's K density.

Regions and their borders play no part. Pairs are counted by distance on a fine grid, then
smoothed; 20,000 plants are 200 million pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from ..qualities import number
from ..repetition import drawn_seed, repeat

__all__ = ["KDensity", "along_ground", "k_density", "read_places"]

EARTH = 6371.0088  # mean radius in km
FINE = 20  # grid steps of the pair counts in one bandwidth
TAIL = 6.0  # bandwidths after which the normal kernel counts for nothing
ROUGH = 8192  # steps of the count that finds quartiles
SAMPLE = 3_000  # sites that tell the median distance between sites


@dataclass(frozen=True, eq=False, repr=False)
class KDensity:
    """Density of distances between plants, and what chance gives.

    Attributes
    ----------
    table : DataFrame
        Index distance; columns k, and with sites: expected (mean of the draws), low and high
        (local limits, distance by distance), global_low and global_high (limits that a draw
        leaves anywhere only with probability 1 - level on either side), localisation and
        dispersion (how far k is above the upper, below the lower global limit).
    bandwidth : float
        Of the kernel, in the unit of distance.
    level : float
    draws : int
    seed : int or None
    verdict : {"localised", "dispersed", "neither", ""}
        Localised if k passes the upper global limit anywhere; dispersed if it passes the lower
        and not the upper; "" without sites.
    unit : str
    """

    table: pd.DataFrame
    bandwidth: float
    level: float
    draws: int
    seed: int | None
    verdict: str
    unit: str

    def __repr__(self) -> str:
        most = self.table.index[-1]
        head = f"K density up to {most:.4g} {self.unit}".rstrip()
        tests = f": {self.verdict} ({self.draws:,} draws, level {self.level:g})"
        lines = [head + tests * bool(self.verdict)]
        if self.verdict == "localised":
            above = self.table.index[self.table["localisation"] > 0]
            lines.append(
                f"  above chance between {above[0]:.4g} and {above[-1]:.4g} {self.unit}".rstrip()
            )
        lines.append(f"  bandwidth {self.bandwidth:.4g} {self.unit}".rstrip())
        return "\n".join(lines)


def k_density(
    points: pd.DataFrame,
    sites: pd.DataFrame | None = None,
    *,
    weights: str | None = None,
    distances: int | np.ndarray = 101,
    bandwidth: float | None = None,
    draws: int = 1000,
    level: float = 0.95,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> KDensity:
    """Tell at which distances the plants of an industry are closer together than chance has it.

    Over the pairs of n plants, with phi the normal density and h the bandwidth,

        K(d) = 1/(S h) sum_{i<j} w_i w_j [ phi((d - d_ij)/h) + phi((d + d_ij)/h) ]

    and S = sum_{i<j} w_i w_j; the second term reflects what would fall below 0. Chance: the same
    number of plants (with the same weights) at sites drawn without replacement from all sites.

    Parameters
    ----------
    points : DataFrame
        One row for each plant, with columns x and y (in a plane, any unit), or lat and lon
        (degrees; distances are then great circles, in km).
    sites : DataFrame, optional
        All places where a plant could stand, those of `points` among them: plants of all
        industries, with the same columns. No envelope without.
    weights : str, optional
        Column of `points` with weights, such as employment.
    distances : int or array
        How many distances from 0 to the median distance between sites (points without sites), or
        the distances themselves.
    bandwidth : float, optional
        Silverman's 0.9 min(sd, IQR/1.34) N^(-1/5) of the N distances, if left out.
    draws : int
    level : float
        0.95: one in twenty draws passes the upper global limit, one in twenty the lower.
    seed, n_jobs, progress
        As everywhere.

    Returns
    -------
    KDensity

    Raises
    ------
    ParameterError
        Columns that are not there; more plants than sites.
    DataError
        Fewer than three plants, missing coordinates, all at one point; a plant at none of the
        sites.

    Notes
    -----
    K is a density: where it is above chance at short distances it must be below elsewhere, so
    that dispersion is read only within the range. Local limits test one distance; many are looked
    at, and about half of all random industries leave them somewhere: judge by the global ones.
    Time grows with n^2: about a second for a draw of 20,000; `n_jobs` shares draws out.

    References
    ----------
    Duranton and Overman (2005), doi:10.1111/0034-6527.00362. Silverman (1986), Density Estimation,
    section 3.4.2. The global limits are those order statistics of each distance, the same at all,
    that a share `level` of the draws keeps everywhere.

    Examples
    --------
    >>> import numpy as np, pandas as pd, klasternet as kn
    >>> rng = np.random.default_rng(1)
    >>> sites = pd.DataFrame(rng.uniform(0, 100, (400, 2)), columns=["x", "y"])
    >>> near = sites[(sites.x < 30) & (sites.y < 30)]
    >>> kn.k_density(near, sites, draws=99, seed=1).verdict
    'localised'
    """
    level = number("level", level, 0.5, 0.9999)
    places, unit = read_places(points, "points")
    n = len(places)
    if n < 3:
        raise DataError(f"{n} plants make {n * (n - 1) // 2} pairs; give three plants or more.")
    w = np.ones(n) if weights is None else _column(points, weights, "points")
    if (w < 0).any() or np.count_nonzero(w) < 3:
        raise DataError(f"weights {weights!r} must not be negative, and positive for three plants.")
    where = places
    if sites is not None:
        where, site_unit = read_places(sites, "sites")
        if site_unit != unit:
            raise ParameterError("points and sites must both have x and y, or both lat and lon.")
        if len(where) < n:
            raise ParameterError(
                f"{n:,} plants and {len(where):,} sites: give all sites, those of the plants too."
            )
        known = set(map(tuple, where.tolist()))
        strange = [tuple(place) not in known for place in places.tolist()]
        if any(strange):
            raise DataError(
                f"plant {strange.index(True)} stands at none of the sites, so chance could not put "
                "it there. Give all sites, those of the plants too, from the same source."
            )
    h = _silverman(places, w, unit) if bandwidth is None else number("bandwidth", bandwidth)
    if not h > 0:
        raise DataError("the plants stand at one point, or the bandwidth is not positive.")
    at = _grid(distances, where, unit)
    step = h / FINE
    bins = int(np.ceil(_straight(at[-1] + TAIL * h, unit) / step)) + 2
    binned = along_ground(np.arange(bins) * step, unit)
    smooth = np.exp(-0.5 * ((at[:, None] - binned) / h) ** 2)
    smooth += np.exp(-0.5 * ((at[:, None] + binned) / h) ** 2)
    smooth /= h * np.sqrt(2 * np.pi) * (w.sum() ** 2 - (w**2).sum()) / 2
    k = smooth @ _count(places, w, step, bins)
    index = pd.Index(at, name="distance")
    if sites is None:
        return KDensity(pd.DataFrame({"k": k}, index=index), h, level, 0, None, "", unit)
    draws, seed = int(number("draws", draws, 1)), drawn_seed(seed)

    def work(rng: np.random.Generator, _: int) -> np.ndarray:
        drawn = where[rng.choice(len(where), n, replace=False)]
        return smooth @ _count(drawn, w, step, bins)

    by_chance = np.array(
        repeat(work, draws, seed, n_jobs=n_jobs, progress=progress, label="K density")
    )
    table = pd.DataFrame({"k": k, **_envelopes(by_chance, level)}, index=index)
    table["localisation"] = np.maximum(k - table["global_high"], 0)
    table["dispersion"] = np.maximum(table["global_low"] - k, 0)
    verdict = "neither"
    if (table["localisation"] > 0).any():
        verdict = "localised"
    elif (table["dispersion"] > 0).any():
        verdict = "dispersed"
    return KDensity(table, h, level, len(by_chance), seed, verdict, unit)


def _envelopes(by_chance: np.ndarray, level: float) -> dict[str, np.ndarray]:
    """Mean of draws, local and global limits at each distance."""
    draws = len(by_chance)
    ordered = np.sort(by_chance, axis=0)
    low, high = np.quantile(by_chance, [1 - level, level], axis=0)
    # The highest rank that a draw reaches anywhere; `level` of the draws stay at or below `top`.
    rank = by_chance.argsort(axis=0).argsort(axis=0)
    kept = int(np.ceil(level * draws)) - 1
    top = np.sort(rank.max(axis=1))[kept]
    bottom = np.sort(rank.min(axis=1))[draws - 1 - kept]
    return {
        "expected": by_chance.mean(axis=0),
        "low": low,
        "high": high,
        "global_low": ordered[bottom],
        "global_high": ordered[top],
    }


def read_places(points: Any, name: str) -> tuple[np.ndarray, str]:
    """Coordinates in space, (n, 3), and "km" for places on the globe, "" for a plane."""
    if not isinstance(points, pd.DataFrame):
        raise ParameterError(f"{name} is a {type(points).__name__}; give a DataFrame.")
    if {"x", "y"} <= set(points.columns):
        x, y = (_column(points, axis, name) for axis in ("x", "y"))
        return np.column_stack([x, y, np.zeros(len(x))]), ""
    if not {"lat", "lon"} <= set(points.columns):
        raise ParameterError(f"{name} needs columns x and y, or lat and lon.")
    lat, lon = (_column(points, axis, name) for axis in ("lat", "lon"))
    wrong = (np.abs(lat) > 90) | (np.abs(lon) > 360)
    if wrong.any():
        k = int(np.argmax(wrong))
        raise DataError(
            f"row {k} of {name} is at latitude {lat[k]:g}, longitude {lon[k]:g}. Give degrees; "
            "call coordinates in metres x and y."
        )
    lat, lon = np.radians(lat), np.radians(lon)
    around = np.cos(lat)
    xyz = np.column_stack([around * np.cos(lon), around * np.sin(lon), np.sin(lat)])
    return EARTH * xyz, "km"


def _column(points: pd.DataFrame, column: str, name: str) -> np.ndarray:
    if column not in points:
        raise ParameterError(f"{name} has no column {column!r}.")
    values = pd.to_numeric(points[column], errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        k = int(np.argmin(np.isfinite(values)))
        raise DataError(f"{column} of row {k} of {name} is not a number. Leave the row out.")
    return values


def _count(places: np.ndarray, w: np.ndarray, step: float, bins: int) -> np.ndarray:
    """Pairs by straight distance."""
    from ..kernels.pairs import pairs_by_distance

    x, y, z = (np.ascontiguousarray(column) for column in places.T)
    return np.asarray(pairs_by_distance(x, y, z, w, step, bins))


def along_ground(straight: np.ndarray, unit: str) -> np.ndarray:
    """Distances along the ground: on the globe those of great circles."""
    if not unit:
        return straight
    return 2 * EARTH * np.arcsin(np.minimum(1.0, straight / (2 * EARTH)))


def _straight(along: float, unit: str) -> float:
    """The inverse: the length of the chord."""
    return float(2 * EARTH * np.sin(min(np.pi / 2, along / (2 * EARTH)))) if unit else along


def _roughly(places: np.ndarray, w: np.ndarray, unit: str) -> tuple[np.ndarray, np.ndarray]:
    """All pairs, counted on a coarse grid: distances, and shares of the pairs."""
    widest = float(np.sqrt((np.ptp(places, axis=0) ** 2).sum()))
    step = max(widest, 1e-300) * (1 + 1e-9) / (ROUGH - 2)
    weight = _count(places, w, step, ROUGH)
    return along_ground(np.arange(ROUGH) * step, unit), weight / weight.sum()


def _silverman(places: np.ndarray, w: np.ndarray, unit: str) -> float:
    d, share = _roughly(places, w, unit)
    spread = float(np.sqrt(share @ (d - share @ d) ** 2))
    low, high = np.interp([0.25, 0.75], np.cumsum(share) - share / 2, d)
    spread = min(spread, (high - low) / 1.34) if high > low else spread
    n = len(places)
    return float(0.9 * spread * (n * (n - 1) / 2) ** -0.2)


def _grid(distances: Any, where: np.ndarray, unit: str) -> np.ndarray:
    """The distances to tell K at, rising from 0 or more."""
    if np.ndim(distances) == 0:
        count = int(number("distances", distances, 2, 100_000))
        part = where
        if len(where) > SAMPLE:
            rng = np.random.default_rng(0)  # the same sample always: the range is no result
            part = where[rng.choice(len(where), SAMPLE, replace=False)]
        d, share = _roughly(part, np.ones(len(part)), unit)
        most = float(np.interp(0.5, np.cumsum(share) - share / 2, d))
        if not most > 0:
            raise DataError("half of all pairs of sites are at one point; give distances=[...].")
        return np.linspace(0, most, count)
    at = np.asarray(distances, dtype=np.float64)
    if at.ndim != 1 or len(at) < 2 or not np.isfinite(at).all() or (np.diff(at) <= 0).any():
        raise ParameterError("distances must be a rising list of two finite numbers or more.")
    if at[0] < 0:
        raise ParameterError(f"distances begin at {at[0]:g}; begin at 0 or above.")
    return at
