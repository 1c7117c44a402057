"""How steady clusters are when the table is not quite right: who is certain, who is not.

Published tables are estimates. Each draw shakes their cells, restores their margins, and finds
clusters again by the recipe that found the first ones; what comes back is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import squareform

from .. import __version__
from ..clusters import Clusters
from ..errors import DataError, ParameterError
from ..labelling import REST, membership, set_alone
from ..qualities import number
from ..repetition import drawn_seed, repeat
from ..resuming import Record
from .comparison import overlap, scores
from .judging import known_of
from .noise import Draw, found_again, rules_for, spread_of
from .readings import density

__all__ = ["Stability", "stability"]

ELSEWHERE = "another cluster"
LARGEST = 10_000  # industries; beyond, a table of all pairs does not fit
INTERVAL = (0.025, 0.975)
SHOWN, WIDE = 12, 44  # industries of a line, and letters of a name, in print


@dataclass(frozen=True, eq=False, repr=False)
class Stability:
    """How steady clusters are under noise in the table.

    Attributes
    ----------
    comembership : DataFrame, shape (n, n)
        Share of draws in which two industries are in one cluster; 1 on the diagonal.
    membership_probability : DataFrame, one row for each industry
        Share of draws in which it is in each cluster (as the draw's clusters match them), in
        "another cluster" that matches none, and in the "rest"; a row adds up to 1.
    secondary_probability : DataFrame or None, one row for each industry
        Share of draws in which it is a secondary member of each cluster, where the clusters have
        any; all else here goes by primary members, but for the readings, which go by shares.
    core, fringe : dict of cluster to tuple of str
        Industries in the cluster in at least `certain` of the draws; and those, members or not,
        in it in fewer, but in more than 1 - certain. Most probable first.
    agreement : DataFrame, one row for each draw
        ari, ami, vi (nats) with the clusters as found, each industry of the rest alone; clusters,
        rest (industries), resolution.
    table : DataFrame, one row for each cluster
        industries; core and fringe (how many); membership (mean probability of its members);
        jaccard (with the most similar cluster of a draw, mean); found (share of draws where that
        is at least a half); gravity_ratio with low and high.
    readings : DataFrame, one row for each cluster and reading of `density`
        value, low, high: as found, and the 95 % interval over the noisy tables, members held.
    clusters : Clusters
        Those that were tested.
    noise : float or DataFrame
    resolution : float or "auto"
        What was held fixed, or "auto".
    certain : float
    seed : int
    """

    comembership: pd.DataFrame
    membership_probability: pd.DataFrame
    core: dict[str, tuple[Any, ...]]
    fringe: dict[str, tuple[Any, ...]]
    agreement: pd.DataFrame
    table: pd.DataFrame
    readings: pd.DataFrame
    clusters: Clusters
    noise: Any
    resolution: Any
    certain: float
    seed: int
    secondary_probability: pd.DataFrame | None = None

    @cached_property
    def hierarchy(self) -> np.ndarray:
        """Average linkage on 1 - co-membership, shape (n - 1, 4), as SciPy's dendrogram takes it.

        The height of a join is the chance that a pair across it is not together.
        """
        apart = 1.0 - self.comembership.to_numpy()
        return linkage(squareform(apart, checks=False), "average")

    def consensus(self, at_least: float = 0.5) -> Clusters:
        """Clusters whose industries are together in at least so many draws, on average.

        The hierarchy cut at 1 - at_least; industries alone there go to the rest.
        """
        at_least = number("at_least", at_least, 0.0, 1.0)
        cut = fcluster(self.hierarchy, 1.0 - at_least + 1e-12, "distance") - 1
        labels = np.where(np.bincount(cut)[cut] > 1, cut, -1)
        return Clusters.from_labels(self.clusters.network, labels)

    def __repr__(self) -> str:
        ari = self.agreement["ari"]
        return (
            f"Stability over {len(ari):,} draws: ARI {ari.mean():.2f} on average, "
            f"{sum(map(len, self.core.values())):,} industries certain"
        )

    def __str__(self) -> str:
        ari, count = self.agreement["ari"], self.agreement["clusters"]
        low, high = ari.quantile(INTERVAL)
        network = self.clusters.network
        lines = [
            f"Stability{' of ' * bool(network.name)}{network.name}: {len(ari):,} draws, "
            f"{self._shaken()}{self._held()}",
            f"Agreement with the clusters as found: ARI {ari.mean():.2f} ({low:.2f}-{high:.2f}); "
            f"{count.min()} to {count.max()} clusters",
        ]
        if len(self.table):
            shown = self.table[["industries", "core", "fringe"]].copy()
            for column in ("membership", "jaccard", "found"):
                form = "{:.2f}" if column == "jaccard" else "{:.0%}"
                shown[column] = self.table[column].map(form.format)
            shown["gravity ratio"] = [
                f"{at:.2f} ({low:.2f}-{high:.2f})"
                for at, low, high in self.table[["gravity_ratio", "low", "high"]].to_numpy()
            ]
            shown.index = pd.Index([_short(name) for name in shown.index], name="cluster")
            lines.append(shown.to_string())
        for name in self.table.index:
            chance = self.membership_probability[name]
            perhaps = [f"{industry} {chance[industry]:.0%}" for industry in self.fringe[name]]
            lines.append(f"{name}\n  certain: {_listed(self.core[name]) or 'nobody'}")
            lines.extend([f"  perhaps: {_listed(perhaps)}"] * bool(perhaps))
            if self.secondary_probability is not None:
                often = self.secondary_probability[name].sort_values(ascending=False, kind="stable")
                also = [f"{i} {p:.0%}" for i, p in often[often >= 0.5].items()]
                lines.extend([f"  also, in half of the draws: {_listed(also)}"] * bool(also))
        flat = _flat_top(self.clusters)
        if self.resolution != "auto" and flat is not None and flat[0] < flat[1]:
            lines.append(
                f"Resolutions {flat[0]:g} to {flat[1]:g} tell hidden flows about equally well; "
                "resolution='auto' lets every table choose its own."
            )
        return "\n".join(lines)

    def _shaken(self) -> str:
        if isinstance(self.noise, pd.DataFrame):
            return "noise given by cell, margins kept"
        return f"cell noise {self.noise:.0%}, margins kept" if self.noise else "seeds alone"

    def _held(self) -> str:
        if self.resolution == "auto":
            return ", resolution chosen anew"
        return f", resolution {self.resolution:.3g} held" if np.isfinite(self.resolution) else ""


def stability(
    clusters: Clusters,
    draws: int = 200,
    noise: float | pd.DataFrame = 0.1,
    seed: int | None = None,
    *,
    resolution: Any = None,
    ties: str | Sequence[Any] | None = None,
    certain: float = 0.9,
    n_jobs: int = 1,
    progress: bool | None = None,
    resume: str | Path | None = None,
) -> Stability:
    """Tell which members of which clusters are certain when the table is not quite right.

    Each draw takes the table W* = x_i W_ij exp(noise e_ij) y_j, e standard normal, with x, y such
    that it has the margins of W; empty cells and the diagonal stay as they are. On it clusters are
    found by the recipe that found the given ones, with another seed, and matched with them by the
    Hungarian method on their Jaccard index.

    Parameters
    ----------
    clusters : Clusters
        Made by `detect`.
    draws : int
    noise : float or DataFrame, shape (n, n)
        Standard deviation of the log of a cell: 0.1 is ten per cent. A frame, matched by name, has
        one for each cell. 0 leaves the seeds alone.
    seed : int, optional
        Drawn and recorded if left out.
    resolution : float or "auto", optional
        By default that of the clusters, held fixed: how certain members are at this resolution.
        "auto" chooses anew on each table, as `detect` does: then it also tells how certain the
        resolution is. Where a range of resolutions scores about equally (the printed result says
        so), those answers differ more, and are the honest ones for a claim that no resolution
        was asked for.
    ties : str or sequence of str, optional
        Tie rules taken in turn (see `tie`): how much hangs on the choice of weights. By default
        that of the network.
    certain : float
        Share of draws from which on a member is called core.
    n_jobs : int
        As in joblib. Numbers do not depend on it.
    progress : bool, optional
        Show a bar; by default on a terminal or in a notebook.
    resume : path, optional
        A file that keeps every draw once it is done, as in `significance`.

    Returns
    -------
    Stability
        It prints who is certain. ``hierarchy`` and ``consensus()`` hold what the draws agree on.

    Raises
    ------
    ParameterError
        Clusters that were given, not found: there is nothing to find again.
    DataError
        A network too large for a table of all pairs, or ties that cannot be made again.

    Notes
    -----
    Steady is not the same as true: a table filled in by proportions gives the same clusters again
    and again. Lift does not change when rows or columns are rescaled, so that for it the margins
    matter to the readings in money alone. The admission of members draws lots too, which flows to
    hide: noise=0 shows how much hangs on that alone. It costs most of the time; clusters found with
    support=0 and contrast=0 are tested several times as fast, and large tables with a smaller
    effort. Ties "binary" do not feel cell noise.

    Clusters of noisy tables: Rifki, Ono and Kagawa (2017), doi 10.1186/s40008-017-0062-2. Jaccard
    by cluster: Hennig (2007), doi 10.1016/j.csda.2006.11.025. Co-membership and its hierarchy:
    McNerney, Fath and Silverberg (2013), Physica A 392, 6427-6441, arXiv:1204.4122.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, _ = kn.datasets.planted(30, 3, contrast=8, noise=0.6, seed=1)
    >>> clusters = kn.detect(network, seed=0)
    >>> steady = kn.stability(clusters, draws=20, seed=0)
    >>> steady.membership_probability.shape
    (30, 5)
    >>> bool((steady.agreement["ari"] > 0.9).all())
    True
    """
    if not isinstance(clusters, Clusters):
        raise ParameterError(f"stability needs Clusters, not a {type(clusters).__name__}.")
    if clusters.recipe is None:
        raise ParameterError(
            "these clusters were given, not found, so they cannot be found again. Use "
            "detect(network), or detect(network, labels) to hold the labels fixed."
        )
    network = clusters.network
    if network.n > LARGEST:
        raise DataError(
            f"co-membership is a table of all pairs; {network.n:,} industries are too many. "
            "Select some, or aggregate."
        )
    draws = int(number("draws", draws, 1))
    certain = number("certain", certain, 0.5, 1.0)
    spread = spread_of(noise, network)
    rules = rules_for(ties, network, noisy=bool(np.any(spread)))
    parameters = dict(clusters.recipe.parameters)
    if resolution is not None and "resolution" not in parameters:
        raise ParameterError(f"the method {clusters.recipe.method!r} takes no resolution.")
    if "resolution" in parameters:
        held = clusters.resolution if np.isfinite(clusters.resolution) else None
        resolution = held if resolution is None else resolution
        parameters["resolution"] = parameters["resolution"] if resolution is None else resolution
    if clusters.recipe.method == "density":
        parameters["certify"] = False  # nobody asks a draw for its proof
    if clusters.measure and "measure" in parameters:
        parameters["measure"] = clusters.measure
    seed = drawn_seed(seed)
    work = partial(
        found_again, clusters=clusters, spread=spread, rules=rules, parameters=parameters
    )
    known = ("stability", __version__, *known_of(clusters), spread, rules, parameters, seed)
    record = Record.of(resume, *known)
    done = repeat(work, draws, seed, n_jobs=n_jobs, progress=progress, label="noisy tables",
                  record=record)  # fmt: skip
    return _counted(clusters, done, noise, np.nan if resolution is None else resolution, certain,
                    seed)  # fmt: skip


def _counted(
    clusters: Clusters,
    done: list[Draw],
    noise: Any,
    resolution: Any,
    certain: float,
    seed: int,
) -> Stability:
    """Put together what the draws gave."""
    network, k, labels = clusters.network, len(clusters), clusters.labels
    names, n, draws = network.industries, network.n, len(done)
    together = np.zeros((n, n))
    places, best, rows = np.zeros((n, k + 2)), np.zeros((draws, k)), []
    whole = set_alone(labels)
    second = np.zeros((n, k + 2))
    for d, (found, theta, _, other) in enumerate(done):
        several = int(found.max(initial=-1)) + 1
        M = membership(found, several)
        together += (M @ M.T).toarray()
        shared = overlap(labels, found, k, several)
        union = clusters.sizes[:, None] + np.bincount(found[found >= 0], minlength=several) - shared
        jaccard = shared / np.maximum(union, 1)
        best[d] = jaccard.max(axis=1, initial=0.0)
        stands_for = np.full(several + 1, k)  # another cluster
        stands_for[-1] = k + 1  # label -1: the rest
        for own, theirs in zip(*linear_sum_assignment(-jaccard), strict=True):
            if shared[own, theirs]:
                stands_for[theirs] = own
        places[np.arange(n), stands_for[found]] += 1
        second[other[:, 0], stands_for[other[:, 1]]] = (
            second[other[:, 0], stands_for[other[:, 1]]] + 1
        )
        rows.append((*scores(whole, set_alone(found)), several, int((found < 0).sum()), theta))
    np.fill_diagonal(together, draws)
    places /= draws
    chance = pd.DataFrame(places, names, [*clusters.names, ELSEWHERE, REST])
    core, fringe = {}, {}
    for c, name in enumerate(clusters.names):
        order = np.argsort(-places[:, c], kind="stable")
        share = places[order, c]
        core[name] = tuple(names[order[share >= certain]].tolist())
        fringe[name] = tuple(names[order[(share < certain) & (share > 1 - certain)]].tolist())
    readings = _readings(clusters, np.array([draw[2] for draw in done]))
    own = pd.Series(places[np.arange(n), np.where(labels < 0, k + 1, labels)])
    index = pd.Index(clusters.names, name="cluster")
    table = pd.DataFrame(
        {
            "industries": clusters.sizes,
            "core": [len(core[name]) for name in clusters.names],
            "fringe": [len(fringe[name]) for name in clusters.names],
            "membership": [own[labels == c].mean() for c in range(k)],
            "jaccard": best.mean(axis=0),
            "found": (best >= 0.5).mean(axis=0),
        },
        index=index,
    )
    ratio = readings[readings.index.get_level_values("reading") == "gravity_ratio"]
    ratio = ratio.droplevel("reading").rename(columns={"value": "gravity_ratio"})
    columns = ["ari", "ami", "vi", "clusters", "rest", "resolution"]
    return Stability(
        comembership=pd.DataFrame(together / draws, names, names),
        membership_probability=chance,
        core=core,
        fringe=fringe,
        agreement=pd.DataFrame(rows, columns=columns).rename_axis("draw"),
        table=table.join(ratio),
        readings=readings,
        clusters=clusters,
        noise=noise if isinstance(noise, pd.DataFrame) else float(noise),
        resolution=resolution,
        certain=certain,
        seed=seed,
        secondary_probability=None
        if clusters.shares is None
        else pd.DataFrame(second[:, :k] / draws, names, list(clusters.names)),
    )


def _short(name: str) -> str:
    return name if len(name) <= WIDE else name[: WIDE - 3] + "..."


def _listed(names: Sequence[Any]) -> str:
    left = len(names) - SHOWN
    return ", ".join(map(str, names[:SHOWN])) + f" and {left:,} more" * (left > 0)


def _readings(clusters: Clusters, drawn: np.ndarray) -> pd.DataFrame:
    """Every reading as found, with its interval over the draws; drawn is (draws, k, readings)."""
    found = pd.DataFrame(density(clusters)).drop(columns="industries")
    index = pd.MultiIndex.from_product([found.index, found.columns], names=["cluster", "reading"])
    flat = pd.DataFrame(drawn.reshape(len(drawn), -1))
    low, high = (flat.quantile(at).to_numpy() for at in INTERVAL)
    value = found.to_numpy(dtype=float).ravel()
    return pd.DataFrame({"value": value, "low": low, "high": high}, index=index)


def _flat_top(clusters: Clusters) -> tuple[float, float] | None:
    """The resolutions whose held-out score is within one standard error of the best."""
    profile = clusters.profile
    if profile is None or "score" not in profile or profile.index.nlevels > 1:
        return None
    best = profile["score"].idxmax()
    near = profile.index[profile["score"] >= profile["score"][best] - profile["se"][best]]
    return float(near.min()), float(near.max())
