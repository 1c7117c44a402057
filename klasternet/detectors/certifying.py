"""From a partition to its certificate: the problem taken apart, each part proven or bounded.

Industries between which no path of positive q leads are never better together, so each such part
is a problem of its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..certificate import Certificate
from ..errors import ParameterError
from ..qualities import DENSE_UP_TO, Problem
from .exact import UNIT, Proof, prove

__all__ = ["certified", "prove_all"]


def certified(
    problem: Problem,
    labels: np.ndarray,
    state: np.ndarray,
    measure: str = "",
    *,
    start: np.ndarray | None = None,
    seconds: float = math.inf,
    work: float = math.inf,
    progress: Callable[[float, float], None] | None = None,
) -> Certificate:
    """The certificate of a partition; `start` is the best one known, limits as in `exact.prove`."""
    if problem.q is None:
        raise ParameterError(
            f"{problem.ties.shape[0]:,} industries are too many to be certified; "  # type: ignore[union-attr]
            f"up to {DENSE_UP_TO:,} can be. Aggregate the network, or select a part of it."
        )
    began = time.perf_counter()
    known = labels if start is None else start
    proof = prove_all(problem.q, known, state, seconds=seconds, work=work, progress=progress)
    i, j = np.triu_indices(len(labels), 1)
    inside = labels[i] == labels[j]
    own = math.fsum(problem.q[i[inside], j[inside]])

    def scaled(total: float) -> float:
        return (total + problem.constant) / problem.scale if problem.scale > 0 else 0.0

    value = scaled(own)
    # q itself is rounded: each strength by up to n u of its size, and what is made of them by a few
    # u more, so that all pairs together miss the Q of the flows by less than this.
    rounding = 6 * (len(labels) + 2) * UNIT * (1 + abs(problem.resolution))
    upper = math.nextafter(max(scaled(proof.upper), value) + rounding, math.inf)
    return Certificate(
        value=value,
        upper_bound=upper,
        nodes=proof.nodes,
        rows=proof.rows,
        seconds=time.perf_counter() - began,
        best=proof.labels if proof.value > own else labels.copy(),
        best_value=scaled(max(proof.value, own)),
        measure=measure,
        resolution=problem.resolution,
        ended=proof.ended,
    )


def prove_all(
    q: np.ndarray,
    labels: np.ndarray,
    state: np.ndarray,
    *,
    seconds: float = math.inf,
    work: float = math.inf,
    progress: Callable[[float, float], None] | None = None,
) -> Proof:
    """A proof for each part that positive q holds together, and what they come to."""
    stop = time.monotonic() + seconds
    power = math.frexp(float(np.abs(q).max(initial=0.0)))[1]
    if power < -900:  # beside the smallest floats no share of a gap is small
        proof = prove_all(
            np.ldexp(q, -power), labels, state, seconds=seconds, work=work, progress=progress
        )
        upper = math.nextafter(math.ldexp(proof.upper, power), math.inf)
        return replace(proof, value=math.ldexp(proof.value, power), upper=upper)
    count, part = connected_components(csr_array(q > 0), directed=False)
    sizes = np.bincount(part, minlength=count)
    out = np.full(len(q), -1, dtype=np.int64)
    values, uppers, nodes, rows, ended, free = [], [], 0, 0, "closed", 0
    for c in np.argsort(sizes, kind="stable"):
        members = np.flatnonzero(part == c)
        inner = np.unique(labels[members], return_inverse=True)[1].astype(np.int64)
        if len(members) == 1:
            out[members], free = free, free + 1
            continue
        own = np.ascontiguousarray(q[np.ix_(members, members)])
        left = stop - time.monotonic()
        proof = prove(own, inner, state, seconds=left, work=work, progress=progress)
        out[members] = proof.labels + free
        free += int(proof.labels.max()) + 1
        values.append(proof.value)
        uppers.append(proof.upper)
        nodes, rows = max(nodes, proof.nodes), rows + proof.rows
        ended = proof.ended if proof.ended != "closed" else ended
    upper = math.fsum(uppers)
    if len(uppers) > 1:
        upper = math.nextafter(upper, math.inf)
    return Proof(out, math.fsum(values), upper, nodes, rows, ended)
