"""significance(): whether clusters are more than chance gives an economy of such sizes.

Detection is part of the statistic: whoever looks long enough finds clusters in noise. So every
random economy is searched as the observed one was, and what is compared is the best found.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import __version__
from ..clusters import Clusters
from ..errors import ParameterError
from ..repetition import drawn_seed, repeat
from ..resuming import Record
from .judging import Outcome, known_of, plan_of

__all__ = ["Significance", "significance"]

LEVEL = 0.05  # up to here the verdict is that there is more than chance
VERDICTS = ("no cluster structure beyond the null", "cluster structure beyond the null")


@dataclass(frozen=True, eq=False, repr=False)
class Significance:
    """The outcome of a test against economies in which sizes alone decide.

    Attributes
    ----------
    statistic : float
        Q of the partition; or, where the resolution had been found by looking at the data, the
        largest of Q at several resolutions, each in standard deviations above its mean over the
        random economies (`profile`).
    pvalue : float
        (1 + number of draws that reach the statistic) / (1 + draws).
    null_distribution : ndarray, shape (draws,)
        The statistic of each random economy.
    strongest : ndarray, shape (draws,)
        Strength of the strongest cluster of each random economy; -inf where it has none.
    verdict : str
        "cluster structure beyond the null" (p <= 0.05), or "no cluster structure beyond the null".
    table : DataFrame, one row for each cluster
        industries; strength: mean density above the null times the root of the number of pairs,
        in units of what the strongest set of as many industries would reach in pure noise;
        pvalue: share of draws whose strongest cluster is as strong (holds for all clusters
        together); pvalue_like_size: share of the draws' clusters of like size that are as strong
        (for this cluster alone).
    profile : DataFrame, one row for each resolution
        Q, its mean and standard deviation over the draws, pvalue at this resolution alone.
    measure : {"lift", "flow"}
    null : str
        What was drawn from.
    draws, seed : int
    redetected : bool
        Whether clusters were looked for anew in each draw; False for clusters that were given.
    alternative : str
        "greater": more clustered than chance.
    """

    statistic: float
    pvalue: float
    null_distribution: np.ndarray
    strongest: np.ndarray
    verdict: str
    table: pd.DataFrame
    profile: pd.DataFrame
    measure: str
    null: str
    draws: int
    seed: int
    redetected: bool
    alternative: str = "greater"

    def __post_init__(self) -> None:
        self.null_distribution.setflags(write=False)
        self.strongest.setflags(write=False)

    def __repr__(self) -> str:
        return f"Significance: {self.verdict}, p = {self.pvalue:.3g} ({self.draws:,} draws)"

    def __str__(self) -> str:
        names = self.table.index.astype(str)
        rows = pd.DataFrame(
            {
                "size": self.table["industries"],
                "strength": self.table["strength"].map("{:.2f}".format),
                "p": self.table["pvalue"].map("{:.3g}".format),
                "p, like size": self.table["pvalue_like_size"].map("{:.3g}".format),
            }
        ).set_axis([name if len(name) <= 44 else name[:41] + "..." for name in names])
        best = float(np.max(self.null_distribution))
        several = len(self.profile) > 1
        unit = " standard deviations above chance" if several else ""
        how = "searched anew" if self.redetected else "with the labels held fixed"
        lines = [
            f"{self.verdict[:1].upper()}{self.verdict[1:]} (p = {self.pvalue:.3g})",
            f"  statistic {self.statistic:.4g}{unit}; largest of {self.draws:,} random economies "
            f"{best:.4g}",
            f"  null {self.null}, each draw {how}; seed {self.seed}",
        ]
        if len(rows):
            lines += ["", rows.to_string(), ""]
            lines += [
                "strength: 1 is the strongest set of that size in pure noise; p: against the",
                "strongest cluster of each draw; p, like size: against clusters of like size.",
            ]
        return "\n".join(lines)


def significance(
    clusters: Clusters,
    draws: int = 999,
    null: Any = None,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
    resume: str | Path | None = None,
) -> Significance:
    """Tell whether clusters are more than chance gives an economy of such sizes.

    Compares the objective of the clusters with that of random economies in which sizes alone
    decide and which are searched for clusters in the same way. For lift such an economy is

        ln W*_ij = a_i + b_j + s_i t_j e*_ij

    with a, b, s, t the sizes and scales of `gravity` and e* the table's own standardised residuals
    dealt out anew, stretched by what the fit had used up; empty cells stay empty, margins
    are not rebalanced, and everything is fitted again. For money it is the null model's `sample`.

    Parameters
    ----------
    clusters : Clusters
        With a recipe: every draw is searched anew. Without (`Clusters.from_labels`): the labels
        are held fixed, which is right for clusters that were not found in these data.
    draws : int
        Random economies. The smallest p-value is 1 / (1 + draws).
    null : str, object or pair of arrays, optional
        What to draw from: "lift" (above), or a null model with a `sample`, as in `detect`. By
        default "lift" for the lift measure (where "gravity" means it too), and the null model
        that clusters were found with for money.
    seed : int, optional
        Drawn and recorded if left out.
    n_jobs : int
        Workers, as in joblib; the outcome does not depend on it.
    progress : bool, optional
        By default a bar where somebody looks.
    resume : path, optional
        A file that keeps every draw once it is done (JSON lines): a run that was stopped goes on
        from there, and so does one of more draws. Draws of other clusters, options, seeds or
        versions in the file are of no effect.

    Returns
    -------
    Significance
        For the economy as a whole, and in `.table` for each cluster.

    Raises
    ------
    ParameterError
        Draws below 1, an unknown null model.
    ContractError
        A null model that cannot be drawn from.
    DataError
        "lift" draws of a network without logarithms: negative ties, or too many industries.

    Notes
    -----
    The density detector is repeated at the same measure with a search shorter than its own; the
    observed statistic comes from that same short search, so it can be a little below
    ``clusters.objective_value``. A resolution that was given is held; where it was found from
    the data, the test looks at several resolutions and takes the best, in the draws too.
    A detector of your own is run again as it is, and judged by `objective`.

    What is tested is a partition, so industries in several clusters count in their primary one.
    Clusters in `.table` are those after admission, the clusters of the draws are bare: `pvalue` of
    clusters that had to pass admission is on the safe side. `pvalue_like_size` speaks of one
    cluster that was chosen beforehand; of many, one in twenty is below 0.05 by chance, and of
    those that admission has kept, more. Small tight clusters count for little in an economy's
    total: look for them in the table.

    The `sample` of a money null calls too many structureless tables significant at resolutions
    above 1; take null="lift" there. Money has little power in any case.

    Misleads where "sizes alone" is not the question: a table filled in by proportions differs from
    every draw. Draws on a sparse network trade on its own pairs, so structure that shows in who
    trades, not in how much, is not seen.

    Draws after Phipson and Smyth (2010), doi 10.2202/1544-6115.1585 (p is never zero); the
    strongest of each draw after Westfall and Young (1993), ISBN 978-0-471-55761-6.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    >>> clusters = kn.detect(network, seed=0)
    >>> kn.significance(clusters, draws=99, seed=0)
    Significance: cluster structure beyond the null, p = 0.01 (99 draws)
    """
    if not isinstance(clusters, Clusters):
        raise ParameterError(
            f"significance needs Clusters, not a {type(clusters).__name__}. Make them with detect, "
            "or with Clusters.from_labels."
        )
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise ParameterError(f"draws is {draws!r}; give a whole number from 1.")
    seed = drawn_seed(seed)
    plan = plan_of(clusters, null, np.random.default_rng([seed, 1]))
    known = ("significance", __version__, *known_of(clusters), null, seed)
    record = Record.of(resume, *known, make=Outcome._make)
    trials = repeat(
        plan.work, int(draws), seed, n_jobs=n_jobs, progress=progress, label="random economies",
        record=record,
    )  # fmt: skip
    values = np.array([plan.observed.objective, *(trial.objective for trial in trials)])
    profile = _profile(values, plan.resolutions)
    statistic = values[:, 0]
    if plan.several:  # the last is there for single clusters alone: it was chosen by looking
        profile, values = profile.iloc[:-1], values[:, :-1]
    if len(profile) > 1:
        spread = profile["sd"].to_numpy()
        above = values - profile["mean"].to_numpy()
        z = np.divide(above, spread, out=np.zeros_like(above), where=spread > 0)
        statistic = z.max(axis=1)
    pvalue = _share(statistic[1:], statistic[0])
    strongest = np.array([trial.strengths.max(initial=-np.inf) for trial in trials])
    return Significance(
        statistic=float(statistic[0]),
        pvalue=pvalue,
        null_distribution=statistic[1:].copy(),
        strongest=strongest,
        verdict=VERDICTS[pvalue <= LEVEL],
        table=_table(clusters, plan.observed, trials, strongest),
        profile=profile,
        measure=plan.measure,
        null=plan.null,
        draws=len(trials),
        seed=seed,
        redetected=clusters.recipe is not None,
    )


def _share(drawn: np.ndarray, observed: float) -> float:
    """(1 + number of draws that reach what was observed) / (1 + draws); rounding counts as so."""
    reached = drawn >= observed - 1e-12 * max(abs(observed), 1e-300)
    return (1 + int(reached.sum())) / (1 + len(drawn))


def _profile(values: np.ndarray, resolutions: tuple[float, ...]) -> pd.DataFrame:
    """One row for each resolution; mean and deviation over all economies, observed and drawn."""
    return pd.DataFrame(
        {
            "Q": values[0],
            "mean": values.mean(axis=0),
            "sd": np.where(np.ptp(values, axis=0) > 0, values.std(axis=0), 0.0),
            "pvalue": [_share(column[1:], column[0]) for column in values.T],
        },
        index=pd.Index(resolutions, name="resolution"),
    )


def _table(
    clusters: Clusters, observed: Outcome, trials: list[Outcome], strongest: np.ndarray
) -> pd.DataFrame:
    """One row for each cluster; a cluster of one has no inside, and no strength."""
    several = np.flatnonzero(clusters.sizes > 1)
    sizes = np.concatenate([trial.sizes for trial in trials])
    strengths = np.concatenate([trial.strengths for trial in trials])
    rows = np.full((len(clusters), 3), np.nan)
    for at, (k, strength) in enumerate(zip(several, observed.strengths, strict=True)):
        if clusters.recipe is None:  # the same cluster, in every draw
            like = np.array([trial.strengths[at] for trial in trials])
        else:  # the nearest in size, about as many as there are draws
            far = np.abs(np.log(sizes / clusters.sizes[k]))
            within = np.sort(far)[: len(trials)].max(initial=0.0)
            like = strengths[far <= within]
        rows[k] = strength, _share(strongest, strength), _share(like, strength)
    out = pd.DataFrame(
        rows,
        index=pd.Index(clusters.names, name="cluster"),
        columns=["strength", "pvalue", "pvalue_like_size"],
    )
    out.insert(0, "industries", clusters.sizes)
    return out
