"""Agglomeration: the two most alike are joined, again and again, and the tree is cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..network import FlowNetwork
from ..nullmodels import null_model_of
from ..qualities import MEASURES, number, problem
from ..registry import choose, detector
from ..ties import tie
from .found import Found
from .literature import as_full, several
from .trees import cut, grown, values

__all__ = ["hierarchy", "similarity"]

LINKAGES = ("average", "complete", "ward")


@detector("hierarchy")
def hierarchy(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    of: str | Callable[..., Any] = "relatedness",
    linkage: str = "average",
    clusters: int | None = None,
    level: float | None = None,
    measure: str = "auto",
    resolution: Any = "auto",
    null: Any = "gravity",
) -> Found:
    """Join the most alike, again and again, and cut the tree (hierarchical clustering).

    Over pairs, S_ij is the tie that a rule makes of the flows between i and j, the mean of the two
    directions, and the distance is how far it falls short of the strongest, d_ij = (max S - S_ij) /
    (max S - min S). Over clusters, the two at the least distance are joined:

        average    d(c, e) = mean of d_ij over i in c, j in e
        complete   d(c, e) = largest of d_ij
        ward       least growth of the sum of squares within clusters, industries being points with
                   the coordinates S_i. (whom they are tied to)

    Parameters
    ----------
    network : FlowNetwork
    rng : Generator
        Not used: there is no chance in it.
    of : str or callable
        What makes two industries alike: a tie rule (see `tie`; "relatedness", "strongest_share",
        "lift", "log"), or "ties" for those that the network has.
    linkage : {"average", "complete", "ward"}
    clusters, level : int, float
        Where to cut: into so many, or where no join is farther than `level` (0 to 1; for ward in
        the unit of the coordinates). With neither, the cut that is best by the objective.
    measure, resolution, null
        The objective (see `objective`) by which the cut is chosen; "auto" is money at resolution 1.

    Returns
    -------
    Found
        ``profile``: one row for each number of clusters: height of the join that would follow,
        objective.

    Raises
    ------
    ParameterError
        A value out of range, both cuts, an unknown rule or linkage.
    DataError
        More than 5,000 industries; what the rule needs is not there.

    Notes
    -----
    Misleads where a few pairs are tied far more strongly than all others, as in money (of="flow"):
    all other distances are then about 1, average linkage leaves a third of the industries alone,
    and ward sees little but size. Shares are milder, lift is even. A merger is never undone, and a
    tree is grown for noise as well: cut by a number of clusters it finds that number in anything.

    Average linkage: Sokal and Michener (1958), Univ. Kansas Sci. Bull. 38, 1409-1438; Ward (1963),
    doi 10.1080/01621459.1963.10500845. On shares between industries: Delgado, Porter and Stern
    (2016), doi 10.1093/jeg/lbv017. Trees are SciPy's.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(24, 3, contrast=10, noise=0.5, seed=0)
    >>> truth = kn.Clusters.from_labels(network, labels)
    >>> kn.agreement(kn.detect(network, "hierarchy", of="lift"), truth).ari
    1.0
    >>> len(kn.detect(network, "hierarchy", clusters=3, linkage="ward"))
    3
    """
    linkage = choose("linkage", linkage, LINKAGES)
    S = similarity(network, of)
    if clusters is not None and level is not None:
        raise ParameterError("give clusters= or level=, not both.")
    n = network.n
    if linkage == "ward":
        from scipy.spatial.distance import pdist, squareform

        tree = grown(squareform(pdist(S / (np.abs(S).max() or 1.0))), "ward")
    else:
        tree = grown(_distance(S), linkage)
    measure = "flow" if measure == "auto" else choose("measure", measure, MEASURES)
    if isinstance(resolution, str):
        choose("resolution", resolution, ("auto",))
        resolution = float(measure == "flow")
    asked = problem(network, measure, number("resolution", resolution), null)
    if asked.q is None:
        raise ParameterError("hierarchy needs a table of all pairs; aggregate the network first.")
    value = (values(tree, asked.q)[::-1] + asked.constant) / asked.scale  # of 1, 2, ... clusters
    height = np.concatenate([[np.inf], tree[::-1, 2]])
    if clusters is not None:
        k = int(number("clusters", clusters, 1, n))
    elif level is not None:
        k = int((height[1:] > number("level", level, 0.0)).sum()) + 1
    else:
        k = int(np.flatnonzero(value >= value.max() - 1e-12)[0]) + 1
    index = pd.RangeIndex(1, n + 1, name="clusters")
    profile = pd.DataFrame({"height": height, "objective": value}, index=index)
    profile["chosen"] = profile.index == k
    return Found(
        **several(cut(tree, k)),
        measure=measure,
        resolution=float(resolution),
        null=null_model_of(null).name if measure == "flow" else "gravity",
        objective_value=float(value[k - 1]),
        profile=profile,
    )


def similarity(network: FlowNetwork, of: str | Callable[..., Any]) -> np.ndarray:
    """Ties by a rule, the mean of both directions, with a zero diagonal, shape (n, n)."""
    tied = network if of == "ties" else tie(network, of)
    S = as_full(tied.ties, "hierarchy")
    S = (S + S.T) / 2
    np.fill_diagonal(S, 0.0)
    return S


def _distance(S: np.ndarray) -> np.ndarray:
    off = ~np.eye(len(S), dtype=bool)
    high, low = S[off].max(), S[off].min()
    d = (high - S) / (high - low) if high > low else np.zeros_like(S)
    np.fill_diagonal(d, 0.0)
    return d
