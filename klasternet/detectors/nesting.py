"""levels(): clusters within clusters, as far down as held-out flows support it.

Inside a cluster the gravity equation is fitted anew to the cluster's own table, so that what made
its members a cluster is taken for granted, and the same objective is maximised there. All clusters
of a level are tried together: they share their resolution where their own flows leave it open,
and what may be split is decided with the share of false splits held down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from .. import __version__
from ..clusters import Clusters, Recipe
from ..errors import ConvergenceError, ParameterError
from ..labelling import REST, name_clusters, order_labels, unique_names
from ..network import FlowNetwork
from ..nullmodels import null_model_of
from ..qualities import number
from ..repetition import drawn_seed, repeat
from .admission import admit
from .dense_clusters import TRIABLE, measure_of, poser, tried
from .detection import detect
from .heldout import GAMMAS, SPARSE_GAMMAS, THETAS, is_thin
from .parting import Attempt, judge
from .searching import best_partition

__all__ = ["Levels", "levels"]

SHOWN = 8  # members printed of a cluster
DEEPEST = 20
COLUMNS = ["level", "cluster", "size", "resolution", "score", "se", "pvalue", "outcome"]


@dataclass(frozen=True, eq=False, repr=False)
class Levels:
    """Nested clusters, from the coarsest level to the finest; prints as a tree.

    `len` is the number of levels; iteration gives the `Clusters` of each, the coarsest first.

    Attributes
    ----------
    table : DataFrame, one row for each industry
        The name of its cluster at level 1, 2, ...; "rest" where it is in none.
    splits : DataFrame, one row for each cluster that was tried
        level, cluster, size, resolution, score (within the cluster, over hidden flows: rank
        correlation of being in one part and exceeding what sizes predict), se (its standard
        error), pvalue and outcome: "split", or why it is whole.
    """

    of: tuple[Clusters, ...]
    splits: pd.DataFrame

    def __len__(self) -> int:
        return len(self.of)

    def __iter__(self) -> Iterator[Clusters]:
        return iter(self.of)

    def to_clusters(self, level: int = -1) -> Clusters:
        """Return the clusters of a level, numbered from 1; -1 is the finest."""
        at = level - 1 if level > 0 else level
        if level == 0 or not -len(self) <= at < len(self):
            raise ParameterError(f"no level {level}; there are {len(self)}, numbered from 1.")
        return self.of[at]

    @property
    def table(self) -> pd.DataFrame:
        columns = {
            k: np.array([*clusters.names, REST], dtype=object)[clusters.labels]
            for k, clusters in enumerate(self.of, start=1)
        }
        table = pd.DataFrame(columns, index=self.of[0].network.industries)
        return table.rename_axis(columns="level")

    def __repr__(self) -> str:
        count = ", ".join(str(len(clusters)) for clusters in self.of)
        name = self.of[0].network.name
        plural = "" if len(self) == 1 else "s"
        return f"{name}: " * bool(name) + f"{len(self)} level{plural}, with {count} clusters"

    def __str__(self) -> str:
        labels = np.column_stack([clusters.labels for clusters in self.of])
        return "\n".join([repr(self), *self._branch(labels, np.arange(len(labels)), 0)])

    def _branch(self, labels: np.ndarray, members: np.ndarray, level: int) -> Iterator[str]:
        """Lines of the clusters of a level among some members."""
        parts = np.unique(labels[members, level])
        for k in [*parts[parts >= 0], *parts[parts < 0]]:
            inside = members[labels[members, level] == k]
            name = self.of[level].names[k] if k >= 0 else REST
            below = level + 1
            while k >= 0 and below < len(self) and len(np.unique(labels[inside, below])) == 1:
                below += 1  # not split there
            leaf = k < 0 or below == len(self)
            some = self.of[0].network.industries[inside[:SHOWN]].astype(str)
            text = ": " + ", ".join(some) if leaf else ""
            more = f" and {len(inside) - SHOWN:,} more" if leaf and len(inside) > SHOWN else ""
            yield f"{'  ' * (level + 1)}{name} ({len(inside)}){text}{more}"
            if not leaf:
                yield from self._branch(labels, inside, below)


def levels(
    start: FlowNetwork | Clusters,
    *,
    resolution: Any = None,
    measure: str = "auto",
    null: Any = "gravity",
    support: float = 0.5,
    contrast: float = 1.0,
    depth: int | None = None,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> Levels:
    """Find clusters within clusters: where a cluster has parts, and where it is one piece.

    The first level holds whatever is denser than sizes predict. Within every cluster of at least 12
    industries the sizes are fitted anew, to the flows among its members alone, and Q is maximised
    as `detect` does, at the resolution whose parts best tell which hidden flows are strong; where
    its score leaves that open, at the one that suits all clusters of the level together. A cluster
    is split where being together and being strong go together over the hidden flows so clearly
    that of all splits of a level one in twenty is expected to be false. Its parts are admitted as
    in `detect`, and tried in turn.

    Parameters
    ----------
    start : FlowNetwork or Clusters
        A network; or its first level: clusters found in a way of your choice, or given, such as
        regions.
    resolution : float or "auto", optional
        Of the first level of a network, as in `detect`. By default what sizes predict, theta 0 or
        gamma 1; "auto" is often so fine that little is left to split.
    measure, null
        As in `detect`; those of the clusters where they were found with some.
    support, contrast : float
        As in `detect`, within each cluster.
    depth : int, optional
        Most levels; as many as there are if left out.
    seed : int, optional
        Same seed, same levels.
    n_jobs : int
        Clusters tried at a time, as in joblib; it does not change the outcome.
    progress : bool, optional
        Whether to show a bar; None: only where somebody looks.

    Returns
    -------
    Levels
        ``print(levels)`` shows the tree, ``levels.table`` the cluster of each industry at each
        level, ``levels.to_clusters(2)`` is level 2 as `Clusters`, ``levels.splits`` tells what
        was tried and why. Industries of a cluster that are in none of its parts are the rest at
        that level; a cluster that is not split is handed down as it is.

    Raises
    ------
    ParameterError
        Neither a network nor clusters, or a value out of range.

    Notes
    -----
    Misleads where clusters are small: whole means that flows cannot show parts, not that there are
    none. p-values rest on this: where there are no parts, the number of industries times the
    correlation has a mean near 1/2 and a standard deviation of at most about 1. That is measured
    for lift, whatever the noise. In money it fails for logs with tails as heavy as Student's t
    with 3 degrees of freedom: up to one in five regions without parts was split.
    Benjamini and Hochberg (1995), doi 10.1111/j.2517-6161.1995.tb02031.x (share of false splits);
    Storey (2002), doi 10.1111/1467-9868.00346 (share of clusters without parts).

    Examples
    --------
    >>> import klasternet as kn
    >>> network, _ = kn.datasets.planted(20, 4, regions=4, contrast=5, noise=0.8, seed=1)
    >>> levels = kn.levels(network, seed=0)
    >>> [len(clusters) for clusters in levels]
    [4, 16]
    """
    if not isinstance(start, FlowNetwork | Clusters):
        raise ParameterError(
            f"levels needs a FlowNetwork or Clusters, not a {type(start).__name__}. Make one with "
            "FlowNetwork.from_table or from_matrix, or with detect."
        )
    own = {
        "measure": measure,
        "null": null,
        "support": number("support", support, 0.0, 1.0),
        "contrast": number("contrast", contrast, 0.0),
    }
    depth = DEEPEST if depth is None else int(number("depth", depth, 1, DEEPEST))
    seed = drawn_seed(seed)
    if isinstance(start, FlowNetwork):
        own["measure"] = measure_of(start, measure)
        if resolution is None:
            resolution = float(own["measure"] == "flow")  # what sizes predict
        top = detect(start, resolution=resolution, seed=seed, **own)
    elif resolution is None:
        top = start
    else:
        raise ParameterError(
            "resolution is for networks; here the clusters given are the first level. Leave it out."
        )
    own["measure"] = top.measure or measure_of(top.network, measure)
    if top.recipe is not None:
        own["null"] = top.recipe.parameters.get("null", null)
    found, rows, untried = [top], [], np.arange(len(top))
    for level, stream in enumerate(np.random.SeedSequence(seed).generate_state(depth - 1), 1):
        above = found[-1]
        places = untried[above.sizes[untried] >= TRIABLE]
        if not len(places):
            break
        tries = repeat(
            partial(_try, above, places, own), len(places), int(stream),
            n_jobs=n_jobs, progress=progress, label=f"clusters of level {level}",
        )  # fmt: skip
        rng = np.random.default_rng(stream)
        tries = [_part(above, each, own, rng) for each in judge(tries, own["measure"])]
        rows += [(level, above.names[each.place], *each.row()) for each in tries]
        split = [each for each in tries if each.parts is not None]
        if not split:
            break
        recipe = Recipe("levels", partial(_again, level + 1, top), own, seed, __version__)
        below, untried = _below(above, split, recipe)
        found.append(below)
    return Levels(tuple(found), pd.DataFrame(rows, columns=COLUMNS))


def _again(
    level: int, top: Clusters, network: FlowNetwork, *, seed: int | None, **own: Any
) -> Clusters:
    """The clusters of a level, found anew on a network."""
    if top.recipe is not None:
        start = top.recipe.repeat(network, seed)
    else:
        start = Clusters.from_labels(network, pd.Series(top.labels, top.network.industries))
    return levels(start, seed=seed, depth=level, **own).to_clusters()


def _try(
    above: Clusters, places: np.ndarray, own: dict[str, Any], rng: np.random.Generator, k: int
) -> Attempt:
    """Held-out trials within a cluster."""
    place, measure = int(places[k]), own["measure"]
    inside = above.network.select(above.members(place))
    blank = Attempt(place, np.flatnonzero(above.labels == place), inside)
    grid = THETAS if measure == "lift" else GAMMAS
    if measure == "flow" and is_thin(above.network):
        grid = SPARSE_GAMMAS
    try:
        trials = tried(inside, measure, null_model_of(own["null"]), grid, rng)
    except ConvergenceError:
        return replace(blank, outcome="whole: no null model has its sizes")
    if not trials.any:
        return replace(blank, outcome="whole: too few flows to hide any")
    return replace(blank, trials=trials)


def _part(above: Clusters, each: Attempt, own: dict[str, Any], rng: np.random.Generator) -> Attempt:
    """Split a cluster that may be split, as `detect` would: labels, partition and support."""
    if each.outcome:
        return each
    assert each.trials is not None
    measure = own["measure"]
    pose = poser(each.network, measure, null_model_of(own["null"]))
    partition = best_partition(pose(float(each.trials.resolutions[each.at])), rng)
    labels = np.where(np.bincount(partition)[partition] > 1, partition, -1)
    backed = None
    if own["support"] > 0 or own["contrast"] > 0:
        plain = pose(float(measure == "flow"))
        labels, backed = admit(labels, plain, each.trials, each.at, own["support"], own["contrast"])
    if (labels == labels[0]).all():
        why = "whole: one piece" if labels[0] >= 0 else "whole: no part holds out of sample"
        return replace(each, outcome=why)
    return replace(each, outcome="split", parts=(labels, partition, backed))


def _below(above: Clusters, split: list[Attempt], recipe: Recipe) -> tuple[Clusters, np.ndarray]:
    """The next level, and which of its clusters are new."""
    labels, partition = above.labels.copy(), above.partition.copy()
    support = np.full(len(labels), np.nan) if above.support is None else above.support.copy()
    for each in split:
        assert each.parts is not None
        within, whole, backed = each.parts
        labels[each.members] = np.where(within < 0, -1, within + labels.max() + 1)
        partition[each.members] = whole + partition.max() + 1
        support[each.members] = np.nan if backed is None else backed
    old = np.unique(labels[labels >= 0])
    ordered, order = order_labels(labels, above.network, return_order=True)
    new = old[order] >= len(above)
    automatic = name_clusters(above.network, ordered)
    names = [
        name if fresh else above.names[k]
        for name, fresh, k in zip(automatic, new, old[order], strict=True)
    ]
    below = Clusters(
        network=above.network,
        labels=ordered,
        names=unique_names(names),
        partition=order_labels(partition, above.network),
        measure=recipe.parameters["measure"],
        null=above.null,
        recipe=recipe,
        support=None if np.isnan(support).all() else support,
    )
    return below, np.flatnonzero(new)
