"""Validation scores of cluster definitions: related inside, more than to any other cluster?

A check from outside: similarity may come from jobs, places, patents, anything that the clusters
were not made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..clusters import Clusters
from ..errors import AlignmentError, DataError, ParameterError
from ..ties import tie

__all__ = ["ValidationScores", "validation_scores"]

HIGH = 95  # percentile of the relatedness to other clusters
SCORES = ["clusters_mean", "clusters_high", "industries_mean", "industries_high"]
SHOWN = 12  # outliers in print


@dataclass(frozen=True, eq=False, repr=False)
class ValidationScores:
    """How far industries are more related to their own cluster than to others.

    Attributes
    ----------
    score : float
        Mean of the scores over the similarities, in percent.
    table : DataFrame, one row for each similarity
        clusters_mean, clusters_high, industries_mean, industries_high: percent of clusters, and of
        industries, with more relatedness within than to other clusters on average, and than its
        95th percentile; score, the mean of the four.
    clusters : DataFrame, one row for each cluster and similarity
        within, between (mean over other clusters), high (95th percentile).
    outliers : DataFrame, one row for each similarity and industry that fits another cluster better
        similarity, industry, cluster, within, better (that cluster), there (relatedness to it).
    """

    score: float
    table: pd.DataFrame
    clusters: pd.DataFrame
    outliers: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"ValidationScores: {self.score:.1f} of 100 over {len(self.table)} similarities, "
            f"{self.outliers['industry'].nunique():,} industries fit another cluster better"
        )

    def __str__(self) -> str:
        lines = [repr(self), self.table.round(1).to_string()]
        for row in self.outliers[:SHOWN].itertuples(index=False):
            lines.append(f"  {row.industry} ({row.cluster}) fits {row.better} by {row.similarity}")
        if len(self.outliers) > SHOWN:
            lines.append(f"  and {len(self.outliers) - SHOWN:,} more in .outliers")
        return "\n".join(lines)


def validation_scores(clusters: Clusters, similarity: Any) -> ValidationScores:
    """Tell whether industries are more related within clusters than between them.

    With S a similarity, WCR the mean of S over pairs within, and BCR over pairs across,

        WCR_c = mean of S_ij, i != j in c           WCR_i = mean of S_ij, j != i in the cluster of i
        BCR_cd = mean of S_ij, i in c, j in d       BCR_id = mean of S_ij, j in d

    four scores are the percentages of clusters c with WCR_c above the mean of BCR_cd over the other
    clusters d, and above their 95th percentile; and the same of industries i. The score is their
    mean, averaged over the similarities that are given.

    Parameters
    ----------
    clusters : Clusters
        Two or more. A cluster of one industry has no pairs and is left out.
    similarity : DataFrame, str or mapping of name to either
        n x n by name, or a tie rule (see `tie`), such as "strongest_share". Of one that is not
        symmetric the mean of both directions counts.

    Returns
    -------
    ValidationScores

    Raises
    ------
    DataError
        Fewer than two clusters of two industries, or a similarity that is not finite.
    AlignmentError
        A similarity that lacks an industry of a cluster.

    Notes
    -----
    After the validation scores of Delgado, Porter and Stern (2016), doi 10.1093/jeg/lbv017; the
    details are not checked against their tables. The industries of the rest take no part; those in
    several clusters count by their shares, and their own cluster is the primary one.
    With many clusters the mean between them is easily beaten and the 95th percentile is the
    telling score; with a few the percentile is close to the largest. Similarity that the clusters
    were made from confirms them too kindly. The scores do not change when a similarity is scaled
    or shifted.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(20, 3, contrast=8, seed=0)
    >>> clusters = kn.Clusters.from_labels(network, labels)
    >>> kn.validation_scores(clusters, "lift").score > 90
    True
    """
    if not isinstance(clusters, Clusters):
        raise ParameterError(f"clusters are needed, not a {type(clusters).__name__}.")
    if not isinstance(similarity, Mapping):
        name = similarity if isinstance(similarity, str) else "similarity"
        similarity = {name: similarity}
    keep = np.flatnonzero(clusters.sizes > 1)
    if len(keep) < 2:
        raise DataError(
            f"{len(keep)} cluster of two or more industries; relatedness between clusters needs "
            "two. Give finer clusters."
        )
    number = np.full(len(clusters) + 1, -1)
    number[keep] = np.arange(len(keep))
    labels = number[clusters.labels]
    inside = np.flatnonzero(labels >= 0)
    M = clusters.membership[inside][:, keep]
    names = [clusters.names[k] for k in keep]
    industries = clusters.network.industries[inside]
    rows, by_cluster, outliers = {}, {}, []
    for called, given in similarity.items():
        S = _matrix(given, clusters, industries, called)
        within, across, own, theirs = _relatedness(S, labels[inside], M)
        scores = [*_above(within, across), *_above(own, theirs)]
        rows[called] = [*scores, np.mean(scores)]
        by_cluster[called] = pd.DataFrame(
            {
                "within": within,
                "between": np.nanmean(across, axis=1),
                "high": np.nanpercentile(across, HIGH, axis=1),
            },
            index=pd.Index(names, name="cluster"),
        )
        best = np.nanargmax(theirs, axis=1)
        there = theirs[np.arange(len(inside)), best]
        outliers += [
            (called, industries[i], names[labels[inside[i]]], own[i], names[best[i]], there[i])
            for i in np.flatnonzero(there > own)
        ]
    table = pd.DataFrame.from_dict(rows, "index", columns=[*SCORES, "score"])
    columns = ["similarity", "industry", "cluster", "within", "better", "there"]
    return ValidationScores(
        score=float(table["score"].mean()),
        table=table.rename_axis("similarity"),
        clusters=pd.concat(by_cluster, names=["similarity"]),
        outliers=pd.DataFrame(outliers, columns=columns),
    )


def _matrix(given: Any, clusters: Clusters, industries: pd.Index, called: Any) -> np.ndarray:
    """The similarity of those in clusters, both directions averaged, diagonal zero."""
    if isinstance(given, str):
        ties = tie(clusters.network, given).ties
        ties = ties.toarray() if sparse.issparse(ties) else ties
        given = pd.DataFrame(ties, clusters.network.industries, clusters.network.industries)
    if not isinstance(given, pd.DataFrame):
        raise ParameterError(
            f"{called!r} is a {type(given).__name__}; a similarity is a frame with industries as "
            "rows and columns, or the name of a tie rule."
        )
    for labels in (given.index, given.columns):
        lacking = industries.difference(labels)
        if len(lacking):
            raise AlignmentError(f"{called!r} has no {lacking[0]!r}. Give every industry.")
        if labels.has_duplicates:
            twice = labels[labels.duplicated()][0]
            raise AlignmentError(f"{called!r} names {twice!r} twice. Keep one.")
    S = given.loc[industries, industries].to_numpy(dtype=float)
    S = (S + S.T) / 2
    np.fill_diagonal(S, 0.0)
    if not np.isfinite(S).all():
        i, j = np.argwhere(~np.isfinite(S))[0]
        raise DataError(
            f"{called!r} is not finite for {industries[i]!r} and {industries[j]!r}. "
            "Give a number for every pair."
        )
    return S


def _relatedness(S: np.ndarray, labels: np.ndarray, M: sparse.csr_array) -> tuple[np.ndarray, ...]:
    """WCR and BCR of clusters, (k,) and (k, k), and of industries, (n,) and (n, k); NaN to own.

    Means over pairs of different industries, each with the product of their shares in M.
    """
    size, i = np.asarray(M.sum(axis=0)).ravel(), np.arange(len(labels))
    to = np.asarray((M.T @ S).T)
    theirs = to / (size - M.toarray())
    own = theirs[i, labels]
    theirs[i, labels] = np.nan
    across = (M.T @ to) / (np.outer(size, size) - (M.T @ M).toarray())
    within = across.diagonal().copy()
    np.fill_diagonal(across, np.nan)
    return within, across, own, theirs


def _above(own: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """Percent of those above the mean, and above the 95th percentile, of the others."""
    mean, high = np.nanmean(others, axis=1), np.nanpercentile(others, HIGH, axis=1)
    return 100 * float((own > mean).mean()), 100 * float((own > high).mean())
