"""The density detector: clusters whose internal flow is denser than a threshold, and no others.

One engine for both measures. At an optimum no two clusters can be merged, so their mutual density
is at most the resolution on average, and none can be split, so every way to cut a cluster in two
carries at least that density. Industries that meet it with nobody are the rest of the economy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .. import lift
from ..certificate import Certificate
from ..clusters import Clusters, by_name
from ..errors import ParameterError
from ..network import FlowNetwork
from ..nullmodels import NullModel, null_model_of
from ..qualities import DENSE_UP_TO, MEASURES, Problem, flow_problem, lift_problem, number
from ..registry import choose, detector
from ..ties import tie
from .admission import admit
from .certifying import certified
from .found import Found
from .heldout import GAMMAS, MANY, SPARSE_GAMMAS, THETAS, Trials, is_thin, try_flow, try_lift
from .large_tables import is_large, pose_flow, pose_lift
from .large_trials import try_large
from .searching import best_partition, threads_of

__all__ = ["density", "measure_of", "poser", "remember", "tried", "verdict_of"]

FULL = 0.5  # share of pairs that trade from which on lift has enough to stand on
ENOUGH = 8  # industries from which on lift has enough degrees of freedom (see docs/design.md)
TRANSFORMS = ("log", "binary")  # of the ties of a thin network, tried beside the flows
LOOK = np.array([2.0])  # the resolution at which they are compared on large ones
TRIABLE = 12  # industries from which on a fifth of the cells can be spared
CLEAR, FAINT = 10.0, 5.0  # least held-out score over its standard error: clusters, weak clusters
CLEAR_SCORE = 0.1  # and least score itself
STEADIED = 150  # industries up to which members are admitted after more trials than those that
STEADIER = 4.0  # chose the resolution, by this factor: fewer hang on which flows were hidden
CERTIFIED = 115  # industries up to which an answer carries its proof,
PROOF = 1e6  # and the rounds that the proof may take, over the square of industries


def measure_of(network: FlowNetwork, measure: str = "auto") -> str:
    """The measure that suits a network: lift where at least half of the pairs trade, else flow."""
    if choose("measure", measure, ("auto", *MEASURES)) != "auto":
        return choose("measure", measure, MEASURES)
    active = int(network.active.sum())
    if active < ENOUGH or network.n > lift.LARGEST:
        return "flow"
    return "flow" if is_thin(network, FULL) or lift.source(network).min() < 0 else "lift"


@detector("density")
def density(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    measure: str = "auto",
    resolution: Any = "auto",
    null: Any = "gravity",
    support: float = 0.5,
    contrast: float = 1.0,
    effort: float = 1.0,
    start: Any = None,
    inertia: float = 0.0,
    certify: bool = True,
    n_jobs: int = 1,
) -> Found:
    """Maximise density above a threshold; see `detect`.

    n_jobs : threads that search a sparse network from some 100,000 members on; same labels.
    """
    threads_of(n_jobs)
    measure = measure_of(network, measure)
    auto = isinstance(resolution, str)
    if auto:
        choose("resolution", resolution, ("auto",))
    else:
        resolution = number("resolution", resolution, 0.0 if measure == "flow" else -1e100)
    support, contrast = number("support", support, 0.0, 1.0), number("contrast", contrast, 0.0)
    effort = number("effort", effort, 0.0, 1e6)
    before, lean, members = remember(network, start, number("inertia", inertia, 0.0))
    model = null_model_of(null)
    judged = (support > 0 or contrast > 0) and network.n >= TRIABLE
    trials, profile, at = None, None, 0
    theta = float(measure == "flow") if auto else float(resolution)
    if auto and network.n >= TRIABLE:
        network, trials, profile = choose_ties(network, measure, model, rng)
        if trials.any:
            at = trials.choose()
            theta = float(trials.resolutions[at])
    elif judged:
        trials = tried(network, measure, model, np.array([theta]), rng)
    if trials is not None and not trials.any:  # too few flows to hide any
        trials = profile = None
    pose = poser(network, measure, model)
    posed = pose(theta)
    leant = posed if np.ndim(lean) == 0 else poser(network, measure, model, lean)(theta)
    partition = best_partition(leant, rng, effort, before, n_jobs)
    proof = None
    if certify and effort > 0 and leant is posed:
        partition, proof = proven(posed, partition, measure, rng)
    labels, backed = np.where(np.bincount(partition)[partition] > 1, partition, -1), None
    verdict = ""
    if support > 0 or contrast > 0:
        plain = pose(float(measure == "flow"))  # what sizes predict, no more asked
        known, place = trials, at
        if trials is not None and network.n <= STEADIED and not is_thin(network):
            again = tried(network, measure, model, np.array([theta]), rng, STEADIER)
            known, place = trials.and_more(at, again), 0
        labels, backed = admit(labels, plain, known, place, support, contrast, members)
    if trials is not None and judged:
        verdict = verdict_of(trials, at, labels, known=members is not None and members.any())
        if verdict == "no clusters":
            labels = np.full_like(labels, -1)
    return Found(
        labels=labels,
        partition=partition,
        network=network,
        measure=measure,
        resolution=theta,
        null=model.name if measure == "flow" else "gravity",
        objective_value=posed.value(partition),
        profile=profile,
        support=backed,
        verdict=verdict,
        certificate=proof,
    )


def proven(
    posed: Problem, partition: np.ndarray, measure: str, rng: np.random.Generator
) -> tuple[np.ndarray, Certificate | None]:
    """The partition, or a better one that its proof found, and the proof, where it costs little."""
    if len(partition) > CERTIFIED or posed.q is None:
        return partition, None
    state = np.array([rng.integers(2**63)], dtype=np.uint64)
    proof = certified(posed, partition, state, measure, work=PROOF // len(partition) ** 2)
    if not proof.improved:
        return partition, proof
    return proof.best.copy(), replace(proof, value=proof.best_value)


def choose_ties(
    network: FlowNetwork, measure: str, model: NullModel, rng: np.random.Generator
) -> tuple[FlowNetwork, Trials, pd.DataFrame | None]:
    """The network with the ties that tell most about hidden flows, its trials and the profile.

    On a thin network who trades may say more than how much; elsewhere ties are left as they are.
    """
    if measure == "lift" or network.given_ties is not None or not is_thin(network):
        trials = tried(network, measure, model, None, rng)
        return network, trials, trials.profile(trials.choose()) if trials.any else None
    seen = [network, *(tie(network, rule) for rule in TRANSFORMS)]
    if network.n >= MANY:  # a look at each is enough, they differ by far
        state = rng.integers(2**63)
        looks = [
            try_flow(view, LOOK, model, np.random.default_rng(state), thin_folds=1) for view in seen
        ]
        if not all(len(look.scores) for look in looks):
            return network, looks[0], None
        seen = [seen[int(np.argmax([float(look.mean.max()) for look in looks]))]]
    trials_of = [tried(view, measure, model, None, rng) for view in seen]
    if not all(trials.any for trials in trials_of):
        return network, trials_of[0], None
    best = int(np.argmax([float(trials.mean.max()) for trials in trials_of]))
    profiles = []
    for k, trials in enumerate(trials_of):
        profile = trials.profile(trials.choose())
        profiles.append(profile.assign(chosen=profile["chosen"] & (k == best)))
    rules = [view.tie_rule for view in seen]
    return seen[best], trials_of[best], pd.concat(profiles, keys=rules, names=["ties"])


def remember(network: FlowNetwork, start: Any, inertia: float) -> tuple[Any, Any, Any]:
    """An earlier answer: its partition, how much pairs lean on it, (n, n), and who was admitted."""
    if start is None:
        return None, 0.0, None
    if not isinstance(start, Clusters):
        start = Clusters.from_labels(network, start)
    names = start.network.industries
    labels, admitted = (
        by_name(pd.Series(part, names), network.industries).to_numpy()
        for part in (start.partition, start.labels >= 0)
    )
    if inertia == 0:
        return labels, 0.0, None
    if network.is_sparse and network.n > DENSE_UP_TO:
        raise ParameterError(
            f"inertia needs a table of all pairs; {network.n:,} industries are too many. "
            "Use inertia=0."
        )
    together = labels[:, None] == labels
    np.fill_diagonal(together, False)
    return labels, inertia * together, admitted


def poser(
    network: FlowNetwork, measure: str, model: NullModel, lean: Any = 0.0
) -> Callable[[float], Problem]:
    """The problem as a function of resolution; what does not depend on it is done once.

    `lean`, (n, n), lowers the resolution for some pairs.
    """
    if is_large(network) and np.ndim(lean) == 0:
        large = pose_flow(network, model) if measure == "flow" else pose_lift(network)
        if large is not None:
            return large
    if measure == "flow":
        return lambda gamma: flow_problem(network, gamma, model, lean)
    logs, kind = lift.logs_of(network)
    values = lift.fit(logs, kind)[0] + lean
    return lambda theta: lift_problem(values, kind, theta)


def tried(
    network: FlowNetwork,
    measure: str,
    null: Any,
    resolutions: np.ndarray | None,
    rng: np.random.Generator,
    often: float = 1.0,
) -> Trials:
    """Held-out trials at some resolutions, or on the usual grid; `often` repeats them more."""
    if is_large(network):
        grid = {"lift": THETAS, "flow": GAMMAS}[measure] if resolutions is None else resolutions
        trials = try_large(network, measure, null_model_of(null), grid, rng)
        if trials is not None:
            return trials
    if measure == "lift":
        logs, kind = lift.logs_of(network)
        return try_lift(logs, kind, THETAS if resolutions is None else resolutions, rng, often)
    if resolutions is None:
        resolutions = SPARSE_GAMMAS if is_thin(network) else GAMMAS
    return try_flow(network, resolutions, null, rng, often)


def verdict_of(trials: Trials, at: int, labels: np.ndarray, known: bool = False) -> str:
    """Whether the held-out score at a resolution speaks of clusters at all; half will do if known.

    known : the same economy had clusters at another time.
    """
    score, error = trials.mean[at], trials.error[at]
    if not score > FAINT * (0.5 if known else 1.0) * error or not (labels >= 0).any():
        return "no clusters"
    return "clusters" if score > max(CLEAR * error, CLEAR_SCORE) else "weak clusters"
