"""certify(): how far clusters can be from the best partition there is."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..certificate import Certificate
from ..clusters import Clusters
from ..detectors.certifying import certified
from ..detectors.searching import best_partition
from ..errors import KlasternetWarning, ParameterError
from ..qualities import number, posed
from ..repetition import drawn_seed, watched

__all__ = ["certify"]


def certify(
    clusters: Clusters,
    time_limit: float = 60.0,
    *,
    seed: int | None = 0,
    progress: bool | None = None,
) -> Certificate:
    """Prove how good a partition is: tell the largest Q that any partition can have.

    With q the symmetric matrix behind `objective`, x_ij = 1 where i and j share a cluster:

        maximise  sum_{i<j} q_ij x_ij,    x_ij in {0, 1},    x_ij + x_ik - x_jk <= 1

    (clique partitioning). A strong search gives the best partition known. The relaxation
    0 <= x <= 1, tightened by triangle and two-partition inequalities, is bounded by dual ascent;
    branching closes what is left.

    Parameters
    ----------
    clusters : Clusters
        What counts is ``clusters.partition``, before admission, under the measure, resolution and
        null model it was found with; lift at resolution 0 where the clusters were given.
    time_limit : float
        Seconds. When they are spent the best bound so far is returned, and no claim.
    seed : int, optional
        Of the searches; the bound holds for every seed.
    progress : bool, optional
        A line on the gap; by default on a terminal or in a notebook.

    Returns
    -------
    Certificate
        value, upper_bound, gap (in units of Q), optimal, nodes, rows, seconds, and `best`,
        the best partition known.

    Raises
    ------
    ParameterError
        A sparse network of more than 2,000 industries.

    Notes
    -----
    The bound is safe in floating point: it is computed from multipliers, whose choice can make it
    weak but never wrong, and every rounding is added to it. ``optimal`` is claimed only when
    bound and value are within 1e-9.
    A partition has no shares: industries in several clusters count in their primary one.
    The best partition for this objective is not "the true clusters"; near-ties are common, and
    `stability` shows them.
    Groetschel and Wakabayashi (1989), doi 10.1007/BF01589097, and (1990), doi 10.1007/BF01582256;
    safe bounds after Neumaier and Shcherbina (2004), doi 10.1007/s10107-003-0433-3.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.detect(network, measure="flow", support=0, contrast=0, seed=0)
    >>> proof = kn.certify(clusters)
    >>> proof.optimal, round(proof.value, 6)
    (True, 0.074733)
    """
    if not isinstance(clusters, Clusters):
        raise ParameterError(f"certify needs Clusters, not a {type(clusters).__name__}.")
    limit = number("time_limit", time_limit, 0.0)
    problem, measure = posed(clusters)
    rng = np.random.default_rng(drawn_seed(seed))
    start = clusters.partition
    if problem.q is not None:
        found = best_partition(problem, rng)
        if problem.value(found) > problem.value(start):
            start = found
    state = np.array([rng.integers(2**63)], dtype=np.uint64)
    with _gap_shown(limit, watched() if progress is None else progress) as tell:
        proof = certified(
            problem, clusters.partition, state, measure, start=start, seconds=limit, progress=tell
        )
    if proof.ended == "interrupted":
        warnings.warn(
            f"interrupted; the bound so far is {proof.upper_bound:.6g}.",
            KlasternetWarning,
            stacklevel=2,
        )
    return proof


@contextmanager
def _gap_shown(limit: float, wanted: bool) -> Iterator[Any]:
    """A bar of the time spent that tells the gap left."""
    if not wanted:
        yield None
        return
    from tqdm.auto import tqdm

    start = time.monotonic()
    layout = "{desc}: {n:.0f} of {total:.0f} s{postfix}"
    with tqdm(total=limit, desc="proof", bar_format=layout, leave=False, delay=1.0) as bar:

        def tell(value: float, upper: float) -> None:
            gap = (upper - value) / abs(value) if value else float("inf")
            bar.set_postfix_str(f"gap {gap:.2%}", refresh=False)
            bar.update(min(time.monotonic() - start, limit) - bar.n)

        yield tell
