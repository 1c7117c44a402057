"""Do industries that belong together locate together? Ellison and Glaeser between industries.

It needs no plants: sizes of plants cancel out between industries.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..clusters import Clusters
from ..errors import DataError, ParameterError
from ..qualities import number
from ..repetition import drawn_seed, repeat
from .counts import counts, reference_shares, same_names
from .plants import lists_plants, plant_shares, plants_by_region, read_plants

__all__ = ["coagglomeration", "group_coagglomeration"]

COLUMNS = [
    "industries",
    "employment",
    "inside",
    "rest",
    "difference",
    "mean_gamma",
    "pvalue",
    "verdict",
]


def coagglomeration(
    what: Clusters | pd.DataFrame,
    employment: pd.DataFrame | None = None,
    *,
    reference: Any = None,
    draws: int = 999,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Tell which industries, or clusters of them, locate in the same regions.

    With s_ri the share of region r in industry i, x_r in the reference, X = sum x_r^2:

        gamma_ij = sum_r (s_ri - x_r)(s_rj - x_r) / (1 - X)

    It needs no plant sizes. For a cluster, `inside` is the group index of its members, their
    pairwise gammas weighted by w_i w_j (shares of employment), and `rest` the same between members
    and industries of no or another cluster. Its p-value is the share of draws in which as many
    industries taken at random locate together as closely (mean gamma of pairs, unweighted).
    Industries in several clusters count by their shares throughout.

    Parameters
    ----------
    what : Clusters, or DataFrame
        Clusters, found by trade. Or employment, regions x industries; or plants, one row each
        with columns region, industry, employment.
    employment : DataFrame, regions x industries, or plants
        For clusters only: it must have every industry of the network.
    reference : Series by region, "equal" or None
        As in `concentration`.
    draws : int
        Random groups for the p-value.
    seed, n_jobs, progress
        As everywhere; the seed is in `.attrs`.

    Returns
    -------
    DataFrame
        Of employment or plants: gamma, industries x industries; the diagonal is G / (1 - X), raw
        concentration of the industry itself. Of clusters: one row each, with industries,
        employment, inside, rest, difference, mean_gamma, pvalue, and verdict: "together" where
        pvalue <= 0.05; "apart" where at most 1 in 20 draws is as far apart: they trade together
        and keep away from each other; "as chance" where neither shows; "one industry".

    Raises
    ------
    AlignmentError
        Industries of the network that employment lacks, named.
    DataError
        As in `concentration`.

    Notes
    -----
    Values near 0 mean no tendency; they are small numbers, a few hundredths at most. A p-value
    by cluster says how unusual the group is among the industries of this table, not whether firms
    gain from it: industries may seek the same port without knowing each other.

    References
    ----------
    Ellison and Glaeser (1997), doi:10.1086/262098; Ellison, Glaeser and Kerr (2010),
    doi:10.1257/aer.100.3.1195. That the group index is the weighted mean of the pairs is a test.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> e = pd.DataFrame({"ore": [9, 1, 0], "steel": [8, 2, 0], "milk": [0, 2, 8]}, ["a", "b", "c"])
    >>> kn.coagglomeration(e).loc["ore", ["steel", "milk"]].round(2).tolist()
    [0.25, -0.57]
    """
    if not isinstance(what, Clusters):
        if employment is not None:
            raise ParameterError(
                "employment is given twice. Give coagglomeration(employment), or clusters first: "
                "coagglomeration(clusters, employment)."
            )
        gamma, _, names = _pairs(what, reference)
        return pd.DataFrame(gamma, index=names, columns=names)
    if employment is None:
        raise ParameterError(
            "clusters have no places of their own. Give coagglomeration(clusters, employment) "
            "with employment by region and industry."
        )
    wanted = what.network.industries
    if lists_plants(employment):
        table = plants_by_region(read_plants(employment))
        if isinstance(reference, pd.Series):  # it may have regions without a plant
            table = table.reindex(table.index.union(reference.index, sort=False), fill_value=0.0)
    else:
        table = counts(employment, empty_regions=reference is not None)
    same_names(table.columns, wanted, "industry", name="employment", exactly=False)
    x = reference if reference is not None else table.sum(axis=1)  # all jobs, in the network or not
    gamma, jobs, _ = _pairs(table[wanted], x)
    return _of_clusters(
        what, gamma, jobs, int(number("draws", draws, 1)), drawn_seed(seed), n_jobs, progress
    )


def group_coagglomeration(
    what: pd.DataFrame, industries: Any = None, reference: Any = None
) -> float:
    """Tell how much a group of industries locates together: Ellison and Glaeser's gamma^c.

    With G of the pooled group, w_i the shares of its industries in its employment,
    H = sum w_i^2 H_i, and gamma_i, H_i as in `ellison_glaeser`:

        gamma^c = [ G/(1 - X) - H - sum gamma_i w_i^2 (1 - H_i) ] / (1 - sum w_i^2)

    Plant sizes cancel out, and this is the mean of pairwise gammas weighted by w_i w_j, i != j,
    which is how it is computed.

    Parameters
    ----------
    what : DataFrame
        Employment, regions x industries; or plants, one row each.
    industries : list, optional
        The group; all industries if left out.
    reference : Series by region, "equal" or None
        As in `concentration`.

    Returns
    -------
    float
        0 is the expectation of industries that ignore each other. At most about 1.

    Raises
    ------
    ParameterError
        Fewer than two industries, or an unknown one.

    References
    ----------
    Ellison and Glaeser (1997), doi:10.1086/262098, equation 5.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> e = pd.DataFrame({"ore": [9, 1, 0], "steel": [8, 2, 0], "milk": [0, 2, 8]}, ["a", "b", "c"])
    >>> round(kn.group_coagglomeration(e, ["ore", "steel"]), 3)
    0.253
    """
    gamma, jobs, names = _pairs(what, reference)
    at = np.arange(len(names))
    if industries is not None:
        same_names(names, pd.Index(industries), "industry", name="the table", exactly=False)
        at = names.get_indexer(pd.Index(industries).unique())
    if len(at) < 2:
        raise ParameterError(f"a group of {len(at)} industries; give two or more.")
    return _weighted(gamma, jobs, at, at)


def _pairs(what: Any, reference: Any) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Pairwise gamma, employment and names of industries."""
    if lists_plants(what):
        table = read_plants(what)
        jobs = table.groupby("industry", sort=False, observed=True)["employment"].sum()
        s, x = plant_shares(table, reference)
        names, held = pd.Index(table["industry"].unique(), name="industry"), jobs.to_numpy()
    else:
        wide = counts(what, empty_regions=reference is not None)
        x = reference_shares(reference, wide)
        held = wide.to_numpy().sum(axis=0)
        s, names = wide.to_numpy() / held, wide.columns.rename(wide.columns.name or "industry")
    X = (x**2).sum()
    if X > 1 - 1e-12:
        raise DataError("all employment is in one region. Give two regions at least.")
    beyond = s - x[:, None]
    return beyond.T @ beyond / (1 - X), held, names


def _weighted(gamma: np.ndarray, jobs: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Mean of gamma between two groups, or of the pairs within one, weighted by employment."""
    return _paired(gamma, jobs[a], jobs[b], a, b)


def _paired(
    gamma: np.ndarray, own: np.ndarray, other: np.ndarray, a: np.ndarray, b: np.ndarray
) -> float:
    """Mean of gamma over pairs of an industry of a and another of b, weighted by the products."""
    weights = np.outer(own, other)
    weights[a[:, None] == b] = 0.0
    total = weights.sum()
    return float((weights * gamma[np.ix_(a, b)]).sum() / total) if total else float("nan")


def _mean_pair(gamma: np.ndarray, at: np.ndarray, shares: np.ndarray | None = None) -> float:
    if shares is not None:
        return _paired(gamma, shares, shares, at, at)
    block = gamma[np.ix_(at, at)]
    n = len(at)
    return float((block.sum() - np.trace(block)) / (n * (n - 1))) if n > 1 else float("nan")


def _of_clusters(
    clusters: Clusters,
    gamma: np.ndarray,
    jobs: np.ndarray,
    draws: int,
    seed: int,
    n_jobs: int,
    progress: bool | None,
) -> pd.DataFrame:
    """One row for each cluster."""
    n = len(gamma)
    M = clusters.membership.toarray()
    groups = [np.flatnonzero(shares) for shares in M.T]
    parts = [M[at, k] for k, at in enumerate(groups)]
    whole = clusters.shares is None
    # groups of as many industries, with the same shares, are drawn once
    kinds = [(len(part),) if whole else tuple(np.sort(part)) for part in parts]
    drawn_kinds = sorted({kind for kind, part in zip(kinds, parts, strict=True) if len(part) > 1})

    def work(rng: np.random.Generator, _: int) -> list[float]:
        order = rng.permutation(n)
        if whole:
            return [_mean_pair(gamma, order[:size]) for (size,) in drawn_kinds]
        return [_mean_pair(gamma, order[: len(kind)], np.array(kind)) for kind in drawn_kinds]

    drawn = np.array(repeat(work, draws, seed, n_jobs=n_jobs, progress=progress, label="groups"))
    rows = []
    for kind, at, part in zip(kinds, groups, parts, strict=True):
        mean = _mean_pair(gamma, at, None if whole else part)
        p, low = float("nan"), float("nan")
        if len(at) > 1:
            by_chance = drawn[:, drawn_kinds.index(kind)]
            p, low = (
                (1 + int(extreme.sum())) / (1 + len(by_chance))
                for extreme in (by_chance >= mean - 1e-15, by_chance <= mean + 1e-15)
            )
        own, left = jobs[at] * part, jobs.copy()
        left[at] -= own  # what is not in it, of members too
        others = np.flatnonzero(left > 0)
        inside = _paired(gamma, own, own, at, at)
        rest = _paired(gamma, own, left[others], at, others)
        verdict = "together" if p <= 0.05 else "apart" if low <= 0.05 else "as chance"
        verdict = verdict if len(at) > 1 else "one industry"
        rows.append((len(at), own.sum(), inside, rest, inside - rest, mean, p, verdict))
    out = pd.DataFrame(rows, index=pd.Index(clusters.names, name="cluster"), columns=COLUMNS)
    out.attrs["seed"], out.attrs["draws"] = seed, len(drawn)
    return out
