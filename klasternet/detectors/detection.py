"""detect(): the one door to every detector. Checks, runs, orders and wraps what comes back."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .. import __version__
from ..clusters import Clusters, Recipe, by_name
from ..errors import ContractError, ParameterError
from ..labelling import name_clusters, order_labels, own_trade, set_alone
from ..network import FlowNetwork
from ..registry import detectors
from . import dense_clusters as _dense_clusters  # noqa: F401 - each registers itself, ours first

# isort: split
from . import consensus as _consensus  # noqa: F401
from . import czamanski as _czamanski  # noqa: F401
from . import feser_bergman as _feser_bergman  # noqa: F401
from . import hierarchy as _hierarchy  # noqa: F401
from . import hoen as _hoen  # noqa: F401
from . import mapequation as _mapequation  # noqa: F401
from . import minimal_flow as _minimal_flow  # noqa: F401
from . import own_objective as _own_objective  # noqa: F401
from . import persistence as _persistence  # noqa: F401
from . import spectral as _spectral  # noqa: F401
from .found import Found

__all__ = ["detect"]

_OWN = ("measure", "resolution", "null", "support", "contrast")


def detect(
    network: FlowNetwork,
    method: Any = "density",
    *,
    measure: str = "auto",
    resolution: Any = "auto",
    null: Any = "gravity",
    support: float = 0.5,
    contrast: float = 1.0,
    seed: int | None = None,
    **params: Any,
) -> Clusters:
    """Find the clusters of an economy: industries whose flow is denser inside than to the rest.

    The density detector maximises, over all partitions,

        lift:  Q(theta) = 1/N sum_c sum_{i != j in c} (lift_ij - theta)
        flow:  Q(gamma) = 1/m sum_c sum_{i, j in c} (W_ij - gamma E_ij)

    At the optimum clusters are denser than the resolution inside, and thinner to one another. What
    is found is then held against flows that the search had not seen: industries and clusters that
    do not hold go to the rest of the economy.

    Parameters
    ----------
    network : FlowNetwork
    method : str, callable or array
        "density"; the literature's "feser_bergman", "minimal_flow", "hoen", "czamanski",
        "persistence", "mapequation", "spectral", "hierarchy" and "consensus"; "own_objective" (a
        score of your own, at compiled speed); or another registered name. What each looks for
        and takes: `klasternet.detectors` and the module of its name. A function
        f(network, rng, **params) that returns an integer label for each industry (-1: no cluster);
        or the labels themselves.
    measure : {"auto", "lift", "flow"}
        lift: departures from what sizes predict, in standard deviations (see `gravity`); it does
        not change when rows or columns are rescaled. flow: money, as modularity counts it.
        "auto" takes lift where at least half of the pairs trade and there are 8 industries or
        more, else flow; ``clusters.measure`` tells which.
    resolution : float or "auto"
        The density asked of a cluster: theta in standard deviations, or gamma in multiples of the
        null model. "auto" takes the one whose clusters best tell which unseen flows are strong,
        the coarser within a standard error; ``clusters.profile`` has the score of each. For a
        network of which fewer than one pair in ten trades, it also takes the best of the ties
        "flow", "log" and "binary" (see `tie`), unless ties were given;
        ``clusters.network.tie_rule`` tells.
    null : str, object or pair of arrays
        Null model of the flow measure: "gravity", "configuration", "uniform", "capacity",
        "blocks", a registered name, or one of your own (see `null_model`).
    support : float
        Least share of folds in which an industry stays with most of its cluster; 0 asks nothing.
    contrast : float
        Least number of times that a cluster is denser inside than to the rest: the lower 95 %
        bound of a geometric mean over unseen flows; 0 asks nothing. With support=0 and contrast=0
        the bare partition counts.
    seed : int, optional
        Same seed, same clusters. Drawn and recorded in ``clusters.recipe`` if left out.
    **params
        Further parameters of the detector; the density detector takes ``effort`` (1 by default;
        more searches longer, 0 not at all beyond a single descent; sparse networks know no less
        than 1), and ``start`` with ``inertia``: an earlier answer (Clusters, Series or labels),
        from which the search sets out, and how much lower the resolution is for pairs that were
        together in it; who was admitted then needs half of the support, and their cluster a
        contrast whose estimate, not its lower bound, reaches the least; and half of the score is
        enough to say that there are clusters (see `evolve`).

        Up to 115 industries the search is followed by a proof of its partition, as far as half a
        second or so gets (``clusters.certificate``); ``certify=False`` leaves it out. From some
        100,000 members on, ``n_jobs`` threads search a sparse network: the same clusters, sooner.

    Returns
    -------
    Clusters

    Raises
    ------
    ParameterError
        An unknown method, measure, null model or parameter, or a value out of range.
    ContractError
        A detector of your own that does not return one integer for each industry.
    ConvergenceError
        Sizes that no network without loops can have, under the gravity null.

    Notes
    -----
    Misleads on tables filled in by proportions, where lift has nothing to find (verdict "weak" or
    "no clusters"), and on tables of few industries, where nothing can be held out. Under 12
    industries nothing is judged and the resolution is that of the null model.
    Search: after Traag, Waltman and van Eck (2019), doi 10.1038/s41598-019-41695-z.
    Threshold as density: Traag, Van Dooren and Nesterov (2011), doi 10.1103/PhysRevE.84.016114.
    Held-out score: Matthews (1975), doi 10.1016/0005-2795(75)90109-9.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    >>> clusters = kn.detect(network, seed=0)
    >>> clusters.measure, clusters.verdict
    ('lift', 'clusters')
    """
    if not isinstance(network, FlowNetwork):
        raise ParameterError(
            f"detect needs a FlowNetwork, not a {type(network).__name__}. Make one with "
            "FlowNetwork.from_table, from_matrix, from_edges or from_networkx."
        )
    own = dict(zip(_OWN, (measure, resolution, null, support, contrast), strict=True))
    name, piece = _piece(method)
    takes = _parameters(piece)
    given = {key: own[key] for key in own if takes is None or _wants(takes, key, own[key])}
    unknown = [] if takes is None else [key for key in params if key not in takes]
    if unknown:
        raise ParameterError(
            f"the method {name!r} takes no {unknown[0]!r}. It takes: {', '.join(takes or ())}."
        )
    parameters = {**given, **params}
    seed = int(np.random.default_rng().integers(2**32)) if seed is None else _seed(seed)
    found = piece(network, np.random.default_rng(seed), **parameters)
    if not isinstance(found, Found):
        found = Found(labels=_labels(found, network, name))
    recipe = Recipe(name, partial(detect, method=method), parameters, seed, __version__)
    return _wrap(network, found, recipe)


def _piece(method: Any) -> tuple[str, Callable[..., Any]]:
    """A name and the callable behind a method."""
    if isinstance(method, str):
        return method.strip().lower(), detectors.find(method)
    if callable(method):
        return getattr(method, "__name__", type(method).__name__), method
    return "given labels", lambda network, rng: method


def _parameters(piece: Callable[..., Any]) -> dict[str, Any] | None:
    """What a detector takes beside network and rng, and defaults; None where it takes anything."""
    parameters = list(inspect.signature(piece).parameters.values())[2:]
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return {p.name: p.default for p in parameters}


def _wants(takes: dict[str, Any], key: str, value: Any) -> bool:
    """Whether a detector takes a parameter of `detect`, and has no default of its own instead."""
    if key not in takes:
        return False
    usual = (detect.__kwdefaults__ or {})[key]
    return value != usual or takes[key] is inspect.Parameter.empty or takes[key] == usual


def _seed(seed: Any) -> int:
    try:
        number = int(seed)
        if number == seed and number >= 0:
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    raise ParameterError(f"seed is {seed!r}; give a whole number from 0, or None.")


def _labels(labels: Any, network: FlowNetwork, name: str) -> np.ndarray:
    """The labels of a third party, or a ContractError that says what they lack."""
    if isinstance(labels, pd.Series):
        labels = by_name(labels, network.industries)
    try:
        labels = np.asarray(labels)
    except ValueError:
        labels = np.asarray(labels, dtype=object)
    if labels.ndim != 1 or len(labels) != network.n:
        shape = f"{len(labels)} labels" if labels.ndim == 1 else f"an array {labels.shape}"
        raise ContractError(
            f"the method {name!r} returned {shape} for {network.n} industries. "
            "Return one integer for each, in their order."
        )
    if labels.dtype.kind == "f" and np.isfinite(labels).all() and (labels % 1 == 0).all():
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iub":
        raise ContractError(
            f"the method {name!r} returned labels of type {labels.dtype}. Return integers, "
            "-1 for an industry of no cluster."
        )
    return labels.astype(np.int64)


def _wrap(network: FlowNetwork, found: Found, recipe: Recipe) -> Clusters:
    network = network if found.network is None else found.network
    labels = np.maximum(np.asarray(found.labels, dtype=np.int64), -1)
    own = own_trade(network.trade, labels)
    old = np.unique(labels[labels >= 0])
    labels, order = order_labels(labels, network, own=own, return_order=True)
    shares = None
    if found.shares is not None:
        shares = sparse.csr_array(np.asarray(found.shares)[:, old[order]])
    whole = set_alone(labels)
    if found.partition is not None and not _same(whole, np.asarray(found.partition)):
        whole = order_labels(found.partition, network)
    return Clusters(
        network=network,
        labels=labels,
        names=name_clusters(network, labels, own),
        partition=whole,
        measure=found.measure,
        resolution=found.resolution,
        null=found.null,
        recipe=recipe,
        objective_value=found.objective_value,
        profile=found.profile,
        support=found.support,
        verdict=found.verdict,
        certificate=found.certificate,
        shares=shares,
    )


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two labellings make the same partition."""
    pairs = len(np.unique(a * (int(b.max()) + 1) + b))
    return pairs == len(np.unique(a)) == len(np.unique(b))
