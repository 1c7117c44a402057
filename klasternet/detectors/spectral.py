"""Bisection by the leading eigenvector of the modularity matrix, each split finely tuned."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ParameterError
from ..network import FlowNetwork
from ..nullmodels import null_model_of
from ..qualities import MEASURES, number, problem
from ..registry import choose, detector
from .found import Found
from .literature import several

__all__ = ["bisect", "spectral"]

NEGLIGIBLE = 1e-10  # gain, as a share of the mean row of |q|, that is rounding


@detector("spectral")
def spectral(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    measure: str = "auto",
    resolution: Any = "auto",
    null: Any = "gravity",
    tuning: bool = True,
) -> Found:
    """Split in two by the leading eigenvector of the modularity matrix, and again (Leicht, Newman).

    Over pairs, with ties W, null model E and resolution gamma,

        q_ij = (W_ij - gamma E_ij) + (W_ji - gamma E_ji)

    (or lift - theta in its place). Over clusters: a set c is split into the industries where the
    leading eigenvector of

        q^(c)_ij = q_ij - delta_ij sum over l in c of q_il              i, j in c

    is positive and those where it is not; with tuning, every industry then changes sides once, the
    one that gains most first, and the best division on the way is kept, until that gains nothing. A
    split is accepted if the objective gains.

    Parameters
    ----------
    network : FlowNetwork
    rng : Generator
        Not used: there is no chance in it.
    measure : {"auto", "flow", "lift"}
        "auto" is money, as in the paper.
    resolution : float or "auto"
        gamma or theta; "auto" is 1 for money and 0 for lift.
    null : str, object or pair of arrays
        Of the money measure; null="configuration" is the directed modularity of the paper.
    tuning : bool

    Returns
    -------
    Found

    Raises
    ------
    ParameterError
        A value out of range; a sparse network of more than 2,000 industries.

    Notes
    -----
    Misleads where the best division has an odd number of parts: what the first cut has torn is
    never sewn together. Its objective is often a little below that of method="density" at the same
    resolution. A split that gains nothing ends it: an economy that cannot be divided has no
    clusters, but those of modularity have a resolution limit (Fortunato and Barthelemy 2007, doi
    10.1073/pnas.0605965104).

    Leicht and Newman (2008), doi 10.1103/PhysRevLett.100.118703; tuning after Newman (2006), doi
    10.1073/pnas.0601602103.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(40, 4, contrast=20, noise=0.5, seed=0)
    >>> found = kn.detect(network, "spectral", null="configuration")
    >>> kn.agreement(found, kn.Clusters.from_labels(network, labels)).ari
    1.0
    """
    measure = "flow" if measure == "auto" else choose("measure", measure, MEASURES)
    if isinstance(resolution, str):
        choose("resolution", resolution, ("auto",))
        resolution = float(measure == "flow")
    posed = problem(network, measure, number("resolution", resolution), null)
    if posed.q is None:
        raise ParameterError(
            f"spectral needs a table of all pairs; {network.n:,} industries in a sparse network "
            "are too many. Take method='density'."
        )
    eps = NEGLIGIBLE * posed.size
    partition = np.zeros(network.n, dtype=np.int64)
    waiting = [np.arange(network.n)]
    while waiting:
        members = waiting.pop()
        first = bisect(posed.q[np.ix_(members, members)], eps, tuning)
        if first is not None:
            partition[members[first]] = partition.max() + 1
            waiting += [members[first], members[~first]]
    return Found(
        **several(partition),
        measure=measure,
        resolution=float(resolution),
        null=null_model_of(null).name if measure == "flow" else "gravity",
        objective_value=posed.value(partition),
    )


def bisect(q: np.ndarray, eps: float = 0.0, tuning: bool = True) -> np.ndarray | None:
    """Which members of a set go to one side, bool (n,), or None where no division gains.

    q : symmetric, zero diagonal; a division s = +-1 gains (s'q s - sum of q) / 4.
    """
    from scipy.linalg import eigh

    n = len(q)
    if n < 2:
        return None
    B = q - np.diag(q.sum(axis=1))
    _, vector = eigh(B, subset_by_index=[n - 1, n - 1])
    s = np.where(vector[:, 0] > 0, 1.0, -1.0)
    if s[np.argmax(np.abs(vector[:, 0]))] < 0:
        s = -s
    while tuning:
        better = _tuned(q, s)
        if better is None or s @ q @ s + 4 * eps >= better @ q @ better:
            break
        s = better
    gain = (s @ q @ s - q.sum()) / 4
    return s > 0 if gain > eps and (s > 0).any() and (s < 0).any() else None


def _tuned(q: np.ndarray, s: np.ndarray) -> np.ndarray | None:
    """The best division on the way when everybody changes sides once, or None where none gains."""
    s = s.copy()
    pull = q @ s
    kept, won, best = None, 0.0, 0.0
    free = np.ones(len(s), dtype=bool)
    for _ in range(len(s)):
        gain = np.where(free, -4 * s * pull, -np.inf)
        i = int(gain.argmax())
        won += gain[i]
        s[i] = -s[i]
        free[i] = False
        pull += 2 * s[i] * q[:, i]
        if won > best:
            kept, best = s.copy(), won
    return kept
