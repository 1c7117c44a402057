"""A scorecard of clusters by nine factors of success, with the six aims beside it.

What is not known is not assessed: it is no zero, it is filled in by nothing, and the score says how
much of it rests on evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..clusters import Clusters
from ..errors import ParameterError
from ..qualities import number
from ..registry import choose
from ..repetition import drawn_seed
from .aims import aims_of
from .factors import FACTOR_NAMES, FACTORS, NOT_ASSESSED, indicators_of, names_in
from .measuring import Measured, measured
from .scorecards import sheet
from .scoring import COLUMNS, RULES, pool_of, read_evidence, scored
from .weighing import dominance, rank_shares, ranks_of, weights_of

__all__ = ["Scorecard", "Scores", "scorecard"]


class Scores(pd.DataFrame):
    """Scores, clusters x factors, that print factors down and what is missing as not assessed."""

    def _page(self) -> pd.DataFrame:
        missing = NOT_ASSESSED["en"]
        return self.map(lambda s: missing if np.isnan(s) else f"{s:.2f}").T.rename_axis(None)

    def __repr__(self) -> str:
        return self._page().to_string()

    def _repr_html_(self) -> str:
        return self._page().to_html()


@dataclass(frozen=True, eq=False, repr=False)
class Scorecard:
    """How clusters stand in nine factors, and how much of that rests on evidence.

    Attributes
    ----------
    table : DataFrame, clusters x factors
        Scores from 0 to 1; NaN where a factor is not assessed, and printed so.
    score : DataFrame, one row for each cluster
        score, over what is known; low and high, if all that is not known were worst or best;
        coverage.
    coverage : Series
        Share of the weights that rests on evidence.
    ranks : DataFrame, one row for each cluster
        score over what is known of every ranked cluster; rank by it; holds, the share of all
        weights under which that rank holds; first, the share under which it is the first; best and
        worst, the ranks possible at these weights, whatever is not known. NaN for a cluster
        without evidence.
    robustness : DataFrame, clusters x ranks
        Share of all weights under which each rank holds.
    dominance : DataFrame
        Pairs better, worse that no weights undo.
    indicators : DataFrame
        cluster, factor, indicator, value, unit, reference, score, clipped (beyond the ends of its
        reference), source (computed, given, survey).
    aims : DataFrame
        cluster, aim, account, amount, share, per_demand, source.
    weights : Series
        By factor; ``attrs["from"]`` is equal, given, or pairwise comparison, that with its
        consistency_ratio.
    compared : tuple of str
        The indicators that ranks, robustness and dominance rest on.
    draws, seed : int
    """

    table: pd.DataFrame
    score: pd.DataFrame
    ranks: pd.DataFrame
    robustness: pd.DataFrame
    dominance: pd.DataFrame
    indicators: pd.DataFrame
    aims: pd.DataFrame
    weights: pd.Series
    compared: tuple[str, ...]
    draws: int
    seed: int
    region: str = field(default="")

    @property
    def coverage(self) -> pd.Series:
        """Share of the weights that rests on evidence."""
        return self.score["coverage"]

    def to_frame(self, language: str = "en") -> pd.DataFrame:
        """Return scores, clusters x factors, the factors called in "en" or "id"."""
        return pd.DataFrame(self.table).rename(columns=dict(names_in(FACTOR_NAMES, language)))

    def to_text(self, language: str = "en") -> str:
        """Return the sheet that print shows, in "en" or "id"."""
        return sheet(self, language)

    def __repr__(self) -> str:
        known = int(self.table.notna().any().sum())
        return (
            f"Scorecard: {len(self.table)} clusters, {known} of {len(FACTORS)} factors assessed; "
            f"{self.coverage.mean():.0%} of the weight rests on evidence"
        )

    def __str__(self) -> str:
        return self.to_text()


def scorecard(
    clusters: Clusters,
    evidence: pd.DataFrame | None = None,
    *,
    indicators: Any = None,
    employment: pd.DataFrame | None = None,
    region: Any = None,
    reference: Any = None,
    rule: str = "rank",
    weights: Any = None,
    table: Any = None,
    aims: Any = None,
    draws: int = 10_000,
    seed: int | None = None,
) -> Scorecard:
    """Score clusters by the nine factors, from what is measured here and what a survey tells.

    An indicator's value becomes a score s from 0 to 1 against its reference. A factor's score is
    the mean over its indicators that are known; with w_f its weight and k_f the share of its
    indicators that are known,

        coverage = sum w_f k_f        score = sum w_f k_f s_f / coverage
        low = coverage score          high = low + 1 - coverage

    Measured here are the location quotient (specialisation; needs employment and region),
    purchase retention and coagglomeration (proximity to suppliers; the second needs employment),
    reciprocity, the sum of min(W_ij, W_ji) over that of W_ij inside, and density of ties, the share
    of pairs that trade, from that of the whole economy up (networks of cooperation; left out where
    nine tenths of all pairs trade, as in most aggregated tables).

    Parameters
    ----------
    clusters : Clusters
    evidence : DataFrame, optional
        Clusters x indicators; or long, with columns cluster, indicator, value. Empty cells and
        clusters that are not named are not assessed.
    indicators : mapping of indicator to factor, or DataFrame, optional
        Instead of the factor alone, a mapping (or a row) with factor; better, "higher" or "lower";
        bounds, the ends of its scale, such as (1, 5); target, (worst, best); rule; unit; source.
        None leaves an indicator out. A column called as a factor (in English or Indonesian) needs
        no entry.
    employment : DataFrame, regions x industries, optional
        Persons, or value added; all regions of the nation.
    region : optional
        The row of employment that is scored; all others are its reference regions.
    reference : DataFrame, Clusters, list of these, or "clusters", optional
        What values are compared with: reference clusters or regions x indicators; clusters of
        another region, of which the same is measured; or "clusters", the scored clusters
        themselves, said in the result. An indicator with neither target, nor reference, nor bounds
        raises.
    rule : {"rank", "minmax", "zscore"}
        How a value stands among its reference values y: the share of them below it, equals half;
        (x - min y) / (max y - min y), clipped; or Phi((x - mean y) / s).
    weights : mapping or Series of factor to weight, DataFrame, or None
        All nine, adding up to 1; comparisons by pairs, see `pairwise_weights`; equal if left out.
    table : IOTable, optional
        For the aims.
    aims : mapping of aim to account, column of final demand, industries or Series, optional
        What speaks of an aim. If left out, what the names of rows and columns tell.
    draws : int
        Weights drawn for the robustness of ranks, uniformly from all that add up to 1.
    seed : int, optional

    Returns
    -------
    Scorecard
        It prints as a sheet; `draw_scorecard` draws it.

    Raises
    ------
    AlignmentError
        Evidence of unknown clusters; weights that lack a factor.
    DataError
        Values beyond the bounds, text, an indicator of no factor or without a reference, too few
        reference values (a single region).
    ParameterError
        An unknown factor, rule or field.

    Notes
    -----
    Misleads in four ways. What is computed here from flows stands for trade: trust, vision and
    leadership are asked for, not computed. Clusters that were found by their flows are dense by
    construction: compare with clusters of other regions. A rank says nothing of distance. And a
    score with little coverage says little, however high: read low and high.

    Ranks compare what is known of every cluster, by SMAA-2 (Lahdelma and Salminen 2001,
    doi:10.1287/opre.49.3.444.11220). Reciprocity: Squartini et al. (2013), doi:10.1038/srep02729.
    Rules: OECD (2008), Handbook on Constructing Composite Indicators,
    doi:10.1787/9789264043466-en. The factors are after Rosenfeld (1997),
    doi:10.1080/09654319708720381, which was not at hand: who quotes it lists twelve, and
    docs/theory/scorecard.md tells how these nine compare.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.Clusters.from_labels(
    ...     network, [0, 0, 0, 1, 1, 1], names={0: "goods", 1: "services"}
    ... )
    >>> survey = pd.DataFrame({"trust": [4, 2]}, ["goods", "services"])
    >>> trust = {"factor": "leadership and shared vision", "bounds": (1, 5)}
    >>> card = kn.scorecard(clusters, survey, indicators={"trust": trust}, seed=0)
    >>> card.score.round(2)
              score   low  high  coverage
    services   0.43  0.14  0.81      0.33
    goods      0.45  0.15  0.82      0.33
    """
    if not isinstance(clusters, Clusters) or not len(clusters):
        raise ParameterError("a scorecard needs Clusters, one at least.")
    rule, seed = choose("rule", rule, RULES), drawn_seed(seed)
    draws = int(number("draws", draws, 1))
    names = pd.Index(clusters.names, name="cluster")
    given = read_evidence(evidence, names)
    specs = indicators_of(indicators, given.columns)
    w = weights_of(weights)
    found = measured(clusters, [n for n in specs if n not in given], employment, region, seed)
    for name in given:
        if name in specs:
            found[name] = Measured(given[name].to_numpy())
    pool = pool_of(reference, specs, given, found, len(names))
    parts = {n: scored(specs[n], found[n], names, pool, rule) for n in specs if n in found}
    long = pd.concat(parts.values(), ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    wide = pd.DataFrame({n: part["score"].to_numpy() for n, part in parts.items()}, names)
    of = pd.Series({n: specs[n].factor for n in parts}, dtype=object)
    scores, share = _by_factor(wide, of)
    total = _total(scores, share, w)
    ranks, held, pairs, compared = _ranking(wide, of, w, total, draws, seed)
    return Scorecard(
        table=Scores(scores),
        score=total,
        ranks=ranks,
        robustness=held,
        dominance=pairs,
        indicators=long,
        aims=aims_of(clusters, table, aims),
        weights=w,
        compared=compared,
        draws=draws,
        seed=seed,
        region="" if region is None else str(region),
    )


def _by_factor(wide: pd.DataFrame, of: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean score of each factor over what is known, and the share of its indicators known."""
    of_factor = (of.to_numpy()[:, None] == np.array(FACTORS)).astype(float)
    known = wide.notna().to_numpy(dtype=float)
    count, of_all = known @ of_factor, of_factor.sum(axis=0)
    with np.errstate(invalid="ignore"):
        scores = (wide.fillna(0.0).to_numpy(dtype=float) @ of_factor) / count
        share = np.where(of_all > 0, count / of_all, 0.0)
    columns = list(FACTORS)
    return pd.DataFrame(scores, wide.index, columns), pd.DataFrame(share, wide.index, columns)


def _total(scores: pd.DataFrame, share: pd.DataFrame, w: pd.Series) -> pd.DataFrame:
    """Score over what is known, its bounds, and the coverage."""
    coverage = share @ w
    low = (scores.fillna(0.0) * share) @ w
    score = (low / coverage).where(coverage > 0)
    out = {"score": score, "low": low, "high": low + 1 - coverage, "coverage": coverage}
    return pd.DataFrame(out).clip(0.0, 1.0).rename_axis(None)


def _ranking(
    wide: pd.DataFrame, of: pd.Series, w: pd.Series, total: pd.DataFrame, draws: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Ranks on what is known of every cluster with evidence, and how far they rest on weights."""
    names = wide.index
    seen = wide.notna().any(axis=1)
    common = wide.loc[seen].dropna(axis=1)
    ranks = pd.DataFrame(np.nan, names, ["score", "rank", "holds", "first", "best", "worst"])
    held = pd.DataFrame(np.nan, names, pd.RangeIndex(1, int(seen.sum()) + 1, name="rank"))
    low, high = total.loc[seen, "low"].to_numpy(), total.loc[seen, "high"].to_numpy()
    above = (low[None] > high[:, None] + 1e-12).sum(axis=1)
    may_be_above = (high[None] > low[:, None] + 1e-12) & ~np.eye(len(low), dtype=bool)
    ranks.loc[seen, "best"], ranks.loc[seen, "worst"] = 1 + above, 1 + may_be_above.sum(axis=1)
    if not common.size:
        return ranks, held, pd.DataFrame(columns=["better", "worse"]), ()
    scores, share = _by_factor(common, of[common.columns])
    scores = scores.loc[:, share.any()]
    S, weight = scores.to_numpy(), w[scores.columns].to_numpy()
    shares = rank_shares(S, draws, seed)
    held.loc[seen] = shares
    ranks.loc[seen, "first"] = shares[:, 0]
    if weight.sum() > 0:
        ranks.loc[seen, "score"] = S @ weight / weight.sum()
        rank = ranks_of(S @ weight / weight.sum())
        ranks.loc[seen, "rank"] = rank
        ranks.loc[seen, "holds"] = shares[np.arange(len(S)), rank - 1]
    return ranks, held, dominance(scores), tuple(str(c) for c in common.columns)
