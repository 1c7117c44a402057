"""One random economy after another, judged in the same way as the observed one.

A plan says how economies are drawn and how they are judged: the best objective that a search
finds at each resolution, and how strong each cluster is. Judges are four: the density detector
on log flows (compiled, what nearly everybody runs) and on any network, a detector of somebody
else, and labels held fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import gammaln

from .. import lift
from ..clusters import Clusters, Recipe
from ..detectors.dense_clusters import measure_of, poser
from ..detectors.searching import best_partition
from ..labelling import membership
from ..matrices import canonical, cells
from ..network import FlowNetwork
from ..nulldraws import LiftNull, lift_null, light_fit
from ..nullmodels import NullModel, null_model_of
from ..qualities import DENSE_UP_TO, problem
from ..ties import tie

__all__ = ["Outcome", "Plan", "known_of", "plan_of"]

THETAS = (0.0, 0.2, 0.5)  # looked at where the resolution was found by looking at the data
GAMMAS = (1.0,)  # higher ones hang on a few giant ties, which a money null's draws have too few of
SHAKES, MEDIUM = 100, 45  # of the short search; fewer in a table of more industries than this
LONGEST = 4_000  # shakes that `best_partition` takes for an effort of 1
OWN = "lift"  # the null that deals out residuals of the gravity fit


class Outcome(NamedTuple):
    """What was found in one economy.

    objective : the best at each resolution; sizes, strengths : members of each cluster of at
    least two, and how strong it is.
    """

    objective: np.ndarray
    sizes: np.ndarray
    strengths: np.ndarray


class Yard(NamedTuple):
    """What every judge measures with: single clusters are judged at the last resolution."""

    measure: str
    model: NullModel
    resolutions: tuple[float, ...]
    shakes: int


@dataclass(frozen=True, eq=False)
class Plan:
    """How economies are drawn and judged.

    Attributes
    ----------
    observed : Outcome
        Of the observed economy, by the same search; sizes and strengths of the clusters tested.
    work : callable
        work(rng, k) -> Outcome of one random economy.
    resolutions : tuple of float
        One for each objective.
    several : bool
        Whether the last resolution is there for single clusters alone.
    measure, null : str
    """

    observed: Outcome
    work: Callable[[np.random.Generator, int], Outcome]
    resolutions: tuple[float, ...]
    several: bool
    measure: str
    null: str


def known_of(clusters: Clusters) -> tuple[Any, ...]:
    """All of the clusters that a draw rests on, for the fingerprint of a study."""
    return (
        clusters.network, clusters.labels, clusters.shares, clusters.resolution, clusters.measure,
        clusters.null, clusters.recipe,
    )  # fmt: skip


def plan_of(clusters: Clusters, null: Any, rng: np.random.Generator) -> Plan:
    """How clusters are to be tested; null as in `significance`."""
    network, recipe = clusters.network, clusters.recipe
    made = recipe.parameters if recipe is not None else {}
    measure = clusters.measure or measure_of(network)
    model = null_model_of(made.get("null", clusters.null or "gravity"))
    own = float(clusters.resolution)
    resolutions: tuple[float, ...] = (own if np.isfinite(own) else float(measure == "flow"),)
    name, source = _drawing(network, null, measure, model, rng)
    density = recipe is not None and recipe.method == "density"
    several = density and isinstance(made.get("resolution", "auto"), str)
    several = several and (measure == "lift" or network.n <= DENSE_UP_TO)
    if several:
        resolutions = (*(THETAS if measure == "lift" else GAMMAS), *resolutions)
    yard = Yard(measure, model, resolutions, int(SHAKES * min(1.0, MEDIUM / network.n)))
    held = partial(_judge_held, yard=yard, clusters=clusters)
    judge: Callable[[FlowNetwork, np.random.Generator], Outcome] = held
    if recipe is not None and not density:
        judge = partial(_judge_repeat, yard=yard, recipe=recipe)
    if density:
        judge = partial(_judge_search, yard=yard)
    if density and measure == "lift" and isinstance(source, LiftNull):
        logs, kind = lift.logs_of(network)
        on_logs = partial(_judge_logs, yard=yard, kind=kind)
        values = on_logs(logs, rng).objective
        work: Callable[..., Outcome] = partial(_on_logs, source=source, judge=on_logs)
    else:
        values = (judge if density else held)(network, rng).objective
        work = partial(_on_network, source=source, network=network, judge=judge)
    observed = Outcome(values, *_strengths(network, clusters.labels, measure, model))
    return Plan(observed, work, resolutions, several, measure, name)


# ----------------------------------------------------------------------------------- drawing


def _drawing(
    network: FlowNetwork, null: Any, measure: str, model: NullModel, rng: np.random.Generator
) -> tuple[str, LiftNull | NullModel]:
    """What is drawn from, and its name."""
    by_lift = measure == "lift" and (null is None or null == "gravity")
    if by_lift or (isinstance(null, str) and null == OWN):
        return OWN, lift_null(*lift.logs_of(network), rng)
    chosen = model if null is None else null_model_of(null)
    return chosen.name, chosen


def _economy(
    source: LiftNull | NullModel, network: FlowNetwork, rng: np.random.Generator
) -> FlowNetwork:
    """A random economy as a network: loops as observed, ties by the rule of the observed ones."""
    if isinstance(source, NullModel):
        return source.sample(network, rng)
    logs = source.draw(rng)
    top = logs.max(initial=0.0)  # flows near the largest float are scaled down together
    W = np.where(source.kind == 1, np.exp(logs - max(top - 600.0, 0.0)), 0.0)
    if lift.source(network) is not network.flows:
        return network.with_ties(W, network.tie_rule)
    np.fill_diagonal(W, network.flows.diagonal())
    flows = canonical(sparse.csr_array(W)) if network.is_sparse else W
    economy = replace(network, flows=flows, given_ties=None, tie_rule="flow")
    return economy if network.given_ties is None else tie(economy, network.tie_rule)


def _on_logs(
    rng: np.random.Generator,
    k: int,
    source: LiftNull,
    judge: Callable[[np.ndarray, np.random.Generator], Outcome],
) -> Outcome:
    return judge(source.draw(rng), rng)


def _on_network(
    rng: np.random.Generator,
    k: int,
    source: LiftNull | NullModel,
    network: FlowNetwork,
    judge: Callable[[FlowNetwork, np.random.Generator], Outcome],
) -> Outcome:
    return judge(_economy(source, network, rng), rng)


# ----------------------------------------------------------------------------------- judging


def _judge_logs(
    logs: np.ndarray, rng: np.random.Generator, yard: Yard, kind: np.ndarray
) -> Outcome:
    """The density detector on log flows, fitted and searched by compiled code alone."""
    from ..kernels.draws import search

    found = light_fit(logs, kind)[0]
    state = np.array([rng.integers(2**63)], dtype=np.uint64)
    values, labels = search(found, kind, np.array(yard.resolutions), yard.shakes, state)
    return Outcome(values, *_lift_strengths(found, kind, labels[-1]))


def _judge_search(network: FlowNetwork, rng: np.random.Generator, yard: Yard) -> Outcome:
    """The density detector on a network."""
    pose = poser(network, yard.measure, yard.model)
    posed = [pose(resolution) for resolution in yard.resolutions]
    found = [best_partition(problem, rng, yard.shakes / LONGEST) for problem in posed]
    values = [problem.value(labels) for problem, labels in zip(posed, found, strict=True)]
    return Outcome(np.array(values), *_strengths(network, found[-1], yard.measure, yard.model))


def _judge_repeat(
    network: FlowNetwork, rng: np.random.Generator, yard: Yard, recipe: Recipe
) -> Outcome:
    """A detector of somebody else, run again as it is."""
    again = recipe.repeat(network, seed=int(rng.integers(2**32)))
    return _judge_held(network, rng, yard, again)


def _judge_held(
    network: FlowNetwork, rng: np.random.Generator, yard: Yard, clusters: Clusters
) -> Outcome:
    """Labels that were given."""
    posed = problem(network, yard.measure, yard.resolutions[-1], yard.model)
    own = _strengths(network, clusters.labels, yard.measure, yard.model)
    return Outcome(np.array([posed.value(clusters.partition)]), *own)


def _strengths(
    network: FlowNetwork, labels: np.ndarray, measure: str, model: NullModel
) -> tuple[np.ndarray, np.ndarray]:
    """Members and strength of each cluster of at least two."""
    if measure == "lift":
        logs, kind = lift.logs_of(network)
        return _lift_strengths(light_fit(logs, kind)[0], kind, labels)
    labels, sizes = _several(labels)
    M = membership(labels, len(sizes))
    A, B = (side.reshape(network.n, -1) for side in model.masses(network))
    W = network.ties
    i, j, amount = cells(W, lambda value: value != 0)
    off = i != j
    i, j, amount = i[off], j[off], amount[off]
    same = (labels[i] == labels[j]) & (labels[i] >= 0)
    got = np.bincount(labels[i[same]], amount[same], len(sizes))
    own = (A * B).sum(axis=1)  # of an industry with itself, which is no pair
    expected = ((M.T @ A) * (M.T @ B)).sum(axis=1) - M.T @ own
    square = np.array(
        [
            np.sum((A[c].T @ A[c]) * (B[c].T @ B[c])) - (own[c] ** 2).sum()
            for c in (np.flatnonzero(labels == k) for k in range(len(sizes)))
        ]
    )
    # variance of a tie in units of its squared expectation, the same for all
    whole = np.sum((A.T @ A) * (B.T @ B)) - (own**2).sum()
    at_tie = sum(a[i] * b[j] for a, b in zip(A.T, B.T, strict=True))
    spread = ((amount - at_tie) ** 2).sum() + whole - (at_tie**2).sum()
    unit = np.sqrt(np.maximum(square * spread / max(whole, 1e-300), 0.0))
    return sizes, _against_noise((got - expected), unit, sizes, network.n)


def _lift_strengths(
    found: np.ndarray, kind: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    from ..kernels.draws import inside

    labels, sizes = _several(labels)
    total, pairs = inside(found, kind, labels, len(sizes))
    return sizes, _against_noise(total, np.sqrt(pairs), sizes, len(kind))


def _several(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels of clusters of at least two from 0 in their order, else -1; and their sizes."""
    count = np.bincount(labels[labels >= 0], minlength=int(labels.max(initial=-1)) + 1)
    number = np.where(count > 1, np.cumsum(count > 1) - 1, -1)
    number = np.append(number, -1)  # where labels are -1
    return number[labels], count[count > 1]


def _against_noise(excess: np.ndarray, unit: np.ndarray, sizes: np.ndarray, n: int) -> np.ndarray:
    """Excess in standard deviations over what the strongest of all sets of that size would reach.

    In normal noise the largest of N standardised sums is near sqrt(2 ln N), N the number of sets.
    """
    sets = gammaln(n + 1) - gammaln(sizes + 1) - gammaln(n - sizes + 1) + np.log(n)
    z = np.divide(excess, unit, out=np.zeros(len(excess)), where=unit > 0)
    return z / np.sqrt(2.0 * sets)
