"""How far two sets of clusters agree: adjusted Rand index, adjusted mutual information,
variation of information, and which cluster of one is which cluster of the other.

The two meet by name. What is compared are partitions, so what becomes of the rest of the economy,
which is no cluster, is asked for and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.special import gammaln, xlogy

from ..clusters import Clusters, by_name
from ..errors import AlignmentError, DataError
from ..labelling import REST, set_alone
from ..registry import choose

__all__ = ["Agreement", "agreement", "overlap", "scores"]

RESTS = ("alone", "out", "together")
SHOWN = 40  # matched clusters in print


@dataclass(frozen=True, eq=False, repr=False)
class Agreement:
    """How far two sets of clusters agree.

    Attributes
    ----------
    ari : float
        Adjusted Rand index: 1 the same, 0 what chance gives.
    ami : float
        Adjusted mutual information, by the arithmetic mean of the entropies: 1 the same, 0 chance.
    vi : float
        Variation of information in nats: 0 the same, at most ln(industries).
    industries : int
        How many were compared.
    rest : {"alone", "out", "together"}
        What was done with industries of no cluster.
    table : DataFrame
        One row for each pair of matched clusters, and for each left without a partner: a, b (names,
        None for none), shared (industries in both), size_a, size_b, jaccard.
    """

    ari: float
    ami: float
    vi: float
    industries: int
    rest: str
    table: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"Agreement over {self.industries:,} industries: ARI {self.ari:.3f}, "
            f"AMI {self.ami:.3f}, VI {self.vi:.3f} nats (rest {self.rest})"
        )

    def __str__(self) -> str:
        pairs = self.table[:SHOWN].copy()
        pairs["jaccard"] = pairs["jaccard"].map("{:.2f}".format)
        more = f"\nand {len(self.table) - SHOWN:,} more" if len(self.table) > SHOWN else ""
        return f"{self!r}\n{pairs.fillna('-').to_string(index=False)}{more}"


def agreement(a: Any, b: Any, *, rest: str = "alone") -> Agreement:
    """Tell how far two sets of clusters of the same industries agree, and which match.

    With n_kl the industries that cluster k of a shares with cluster l of b, p = n_kl / n, H the
    entropy and I the mutual information of the two partitions:

        ARI = (pairs together in both - expected) / (mean pairs together - expected)
        AMI = (I - E I) / ((H_a + H_b) / 2 - E I)
        VI  = H_a + H_b - 2 I

    expectations over partitions of the same sizes, at random. Clusters are matched so that matched
    ones share as many industries as can be (Hungarian method).

    Parameters
    ----------
    a, b : Clusters, Series, mapping or sequence
        Clusters; labels by name of industry; or bare labels, in the order of the other's
        industries. -1, None, NaN and "rest" mean no cluster.
    rest : {"alone", "out", "together"}
        Industries of no cluster are a cluster each ("alone"), left out where either has them in
        none ("out"), or one cluster ("together": two answers that only share a large rest then
        seem to agree).

    Returns
    -------
    Agreement

    Raises
    ------
    AlignmentError
        The two do not name the same industries.
    DataError
        Nothing is left to compare.

    Notes
    -----
    ARI is moved by large clusters, AMI by small ones as well. Neither weighs industries by size;
    `evolve` does. With rest="out" the score says nothing about who was admitted: tell both.
    Partitions are compared: industries in several clusters count in their primary one.

    Adjusted Rand: Hubert and Arabie (1985), doi 10.1007/BF01908075. AMI: Vinh, Epps and Bailey
    (2010), JMLR 11, 2837-2854. VI: Meila (2007), doi 10.1016/j.jmva.2006.11.013.

    Examples
    --------
    >>> import klasternet as kn
    >>> mine = {"farms": "food", "mills": "food", "ore": "metal", "steel": "metal", "law": None}
    >>> theirs = {"steel": 1, "ore": 1, "mills": 2, "farms": 2, "law": 1}
    >>> found = kn.agreement(mine, theirs)
    >>> round(found.ari, 3)
    0.545
    >>> found.table[["a", "b", "shared"]].to_numpy().tolist()
    [['food', '2', 2], ['metal', '1', 2]]
    >>> kn.agreement(mine, theirs, rest="out").ari
    1.0
    """
    rest = choose("treatment of the rest", rest, RESTS)
    first, second = _labels(a), _labels(b)
    if first.index.equals(second.index):
        pass
    elif _unnamed(b) and len(second) == len(first):
        second.index = first.index
    elif _unnamed(a) and len(second) == len(first):
        first.index = second.index
    elif _unnamed(a) or _unnamed(b):
        raise AlignmentError(
            f"{len(first)} labels cannot be compared with {len(second)}. Give one for each "
            "industry, or Series by name."
        )
    else:
        second = by_name(second, first.index)
    x, names_a = _numbers(first)
    y, names_b = _numbers(second)
    if rest == "out":
        both = (x >= 0) & (y >= 0)
        x, y = x[both], y[both]
    if not len(x):
        raise DataError("no industry is in a cluster of both. Use rest='alone'.")
    table = _matching(x, y, names_a, names_b)
    if rest == "alone":
        x, y = set_alone(x), set_alone(y)
    ari, ami, vi = scores(x, y)
    return Agreement(ari, ami, vi, len(x), rest, table)


def scores(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """ARI, AMI and VI of two partitions, arrays (n,) of any integers."""
    n = len(a)
    _, a, size_a = np.unique(a, return_inverse=True, return_counts=True)
    _, b, size_b = np.unique(b, return_inverse=True, return_counts=True)
    _, shared = np.unique(a.astype(np.int64) * len(size_b) + b, return_counts=True)
    if len(shared) == len(size_a) == len(size_b):  # the same partition
        return 1.0, 1.0, 0.0
    both, pairs_a, pairs_b = (float((s * (s - 1.0)).sum()) for s in (shared, size_a, size_b))
    chance = pairs_a * pairs_b / (n * (n - 1.0))
    ari = (both - chance) / ((pairs_a + pairs_b) / 2 - chance)
    H_a, H_b, H_both = (-float(xlogy(s / n, s / n).sum()) for s in (size_a, size_b, shared))
    mutual, by_chance = H_a + H_b - H_both, _expected(size_a, size_b, n)
    ami = (mutual - by_chance) / ((H_a + H_b) / 2 - by_chance)
    return ari, ami, max(H_a + H_b - 2 * mutual, 0.0)


def _expected(size_a: np.ndarray, size_b: np.ndarray, n: int) -> float:
    """Expected mutual information of two random partitions of these sizes, in nats.

    The number that two clusters share is hypergeometric; sizes that come up again are done once.
    """
    out = 0.0
    sizes_b = list(zip(*np.unique(size_b, return_counts=True), strict=True))
    for a, times_a in zip(*np.unique(size_a, return_counts=True), strict=True):
        for b, times_b in sizes_b:
            k = np.arange(max(1, a + b - n), min(a, b) + 1, dtype=float)
            chance = np.exp(
                gammaln([a + 1, b + 1, n - a + 1, n - b + 1]).sum()
                - gammaln(n + 1)
                - gammaln([k + 1, a - k + 1, b - k + 1, n - a - b + k + 1]).sum(axis=0)
            )
            out += times_a * times_b * float((k / n * np.log(n * k / (a * b)) * chance).sum())
    return out


def overlap(
    a: np.ndarray, b: np.ndarray, k: int, m: int, weights: np.ndarray | None = None
) -> np.ndarray:
    """Number (or weight) of the industries in each cluster of a and each of b, shape (k, m).

    Labels from 0; negative ones are no cluster.
    """
    both = (a >= 0) & (b >= 0)
    weights = None if weights is None else weights[both]
    return np.bincount(a[both] * m + b[both], weights, k * m).reshape(k, m)


def _matching(x: np.ndarray, y: np.ndarray, names_a: list[str], names_b: list[str]) -> pd.DataFrame:
    """The matching that shares most, one row for each pair, then those without a partner."""
    shared = overlap(x, y, len(names_a), len(names_b))
    size_a = np.bincount(x[x >= 0], minlength=len(names_a))
    size_b = np.bincount(y[y >= 0], minlength=len(names_b))
    pairs = [(k, m) for k, m in zip(*linear_sum_assignment(-shared), strict=True) if shared[k, m]]
    pairs.sort(key=lambda pair: (-shared[pair], pair))
    rows: list[tuple[Any, ...]] = [
        (names_a[k], names_b[m], shared[k, m], size_a[k], size_b[m],
         shared[k, m] / (size_a[k] + size_b[m] - shared[k, m]))
        for k, m in pairs
    ]  # fmt: skip
    taken_a, taken_b = {k for k, _ in pairs}, {m for _, m in pairs}
    rows += [(n, None, 0, size_a[k], 0, 0.0) for k, n in enumerate(names_a) if k not in taken_a]
    rows += [(None, n, 0, 0, size_b[m], 0.0) for m, n in enumerate(names_b) if m not in taken_b]
    return pd.DataFrame(rows, columns=["a", "b", "shared", "size_a", "size_b", "jaccard"])


def _unnamed(given: Any) -> bool:
    return not isinstance(given, Clusters | Mapping | pd.Series)


def _labels(given: Any) -> pd.Series:
    """Names of clusters by industry, None for no cluster."""
    if isinstance(given, Clusters):
        names = np.array([*given.names, None], dtype=object)[given.labels]
        return pd.Series(names, index=given.network.industries, dtype=object)
    if isinstance(given, Mapping):
        given = pd.Series(list(given.values()), index=list(given), dtype=object)
    if not isinstance(given, pd.Series):
        given = pd.Series(np.asarray(given, dtype=object).ravel())
    return given.astype(object)


def _numbers(labels: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Numbers from 0, -1 for no cluster, and the names of the numbers in order of appearance."""
    out = labels.isna() | labels.isin([-1, REST])
    codes, found = pd.factorize(labels.where(~out, None))
    return codes.astype(np.int64), [str(name) for name in found]
