"""The map equation: modules in which a walk along the flows stays long, by the length of its code.

The search is our own (`kernels.mapping`): local moves, refinement within modules and aggregation
over levels, as in Leiden, and iterated: industries are shaken out of the best modules, and it
begins again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from ..errors import DataError, ParameterError
from ..matrices import Matrix
from ..network import FlowNetwork
from ..qualities import number
from ..registry import choose, detector
from .found import Found
from .literature import several

__all__ = ["codelength", "mapequation"]

SOLVED = 3_000  # industries up to which visits come from one linear system
STEPS, SETTLED = 10_000, 1e-14  # of the walk beyond that
PASSES, LEVELS = 50, 50
FRESH = 3  # every so many searches begin anew, the others with industries shaken out of the best
SHAKEN = (0.05, 0.1, 0.2, 0.4)  # share of industries that are


class Flow(NamedTuple):
    """Rows of what passes between two nodes, and the five sums of each (see `kernels.mapping`)."""

    between: sparse.csr_array
    node: np.ndarray
    constant: float  # - sum of p log2 p over industries


@detector("mapequation")
def mapequation(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    teleportation: float = 0.15,
    recorded: bool = True,
    to: str = "links",
    runs: int = 30,
) -> Found:
    """Find modules in which a walk along the flows stays long (two-level map equation, Infomap).

    A walker at industry i goes on to j with probability P_ij = (1 - tau) W_ij / o_i, and with
    probability tau (always, where it sells nothing) to an industry drawn from v. In the long run
    it visits i with probability p_i. Its path is written down with one code book for entering
    modules and one for each module, with a word for leaving; over pairs F_ij = p_i T_ij is what
    passes from i to j, over clusters

        exit_c  = sum over i in c, j not in c of F_ij        enter_c = the other way
        L = q H(enter / q) + sum_c (exit_c + p_c) H(exit_c, {p_i}) bits a step,   q = sum_c enter_c

    and the partition of least L is sought.

    Parameters
    ----------
    network : FlowNetwork
        Its ties, not negative; loops as they are there.
    rng : Generator
    teleportation : float
        tau, above 0 and below 1.
    recorded : bool
        Whether teleportations count as steps of the path. If not, the code is of one step along
        the ties after the walk has settled, as Infomap does unless told otherwise.
    to : {"links", "nodes"}
        Where teleportations lead: v in proportion to what an industry buys (recorded) or sells
        (not recorded, so that the step that counts leads to buyers), or the same for all.
    runs : int
        Searches: one in three begins anew, the others where industries have been shaken out of the
        best modules so far; the shortest code counts.

    Returns
    -------
    Found
        ``objective_value`` is minus the code length in bits, so that more is better. Where no
        split shortens the code there are no clusters.

    Raises
    ------
    DataError
        Negative ties.
    ParameterError
        A value out of range.

    Notes
    -----
    Misleads on dense tables: a walk that may go anywhere at each step stays nowhere, and one module
    has the shortest code for most national tables of money. It does not ask whether flows exceed
    what sizes predict: a giant wholesaler holds its buyers together. Teleportation blurs: the more
    of it, the fewer modules.

    Rosvall and Bergstrom (2008), doi 10.1073/pnas.0706851105; teleportation after Lambiotte and
    Rosvall (2012), doi 10.1103/PhysRevE.85.056107. The code length of a given partition is that of
    the infomap package to 1e-9 in all four ways of teleporting (tests). Search after Traag,
    Waltman and van Eck (2019), doi 10.1038/s41598-019-41695-z.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(20, 2, contrast=50, noise=0.3, sizes=0.3, seed=0)
    >>> found = kn.detect(network, "mapequation", seed=0)
    >>> kn.agreement(found, kn.Clusters.from_labels(network, labels)).ari
    1.0
    """
    if isinstance(runs, bool) or not isinstance(runs, int | np.integer) or runs < 1:
        raise ParameterError(f"runs is {runs!r}; give a whole number from 1.")
    flow = _flow(network.ties, teleportation, recorded, to)
    best, shortest = np.zeros(network.n, dtype=np.int64), _length(flow, np.zeros(network.n, int))
    for run in range(runs):
        start = np.arange(network.n)
        if run % FRESH:  # shake the best one
            share = rng.choice(SHAKEN)
            out = rng.random(network.n) < share
            if run % FRESH == 1:  # whole modules
                out = (rng.random(network.n) < share)[best]
            start = np.where(out, network.n + start, best)
        labels = _search(flow, np.unique(start, return_inverse=True)[1], rng)
        length = _length(flow, labels)
        if length < shortest - 1e-12:
            best, shortest = labels, length
    return Found(**several(best), objective_value=-shortest)


def codelength(
    network: FlowNetwork,
    labels: np.ndarray,
    *,
    teleportation: float = 0.15,
    recorded: bool = True,
    to: str = "links",
) -> float:
    """Length of the two-level code of a partition in bits a step; labels are integers from 0.

    The other parameters are those of `mapequation`.

    Examples
    --------
    >>> network = FlowNetwork.from_matrix([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    >>> round(codelength(network, np.array([0, 0, 0])), 6)
    1.584963
    """
    flow = _flow(network.ties, teleportation, recorded, to)
    return _length(flow, np.unique(labels, return_inverse=True)[1])


def _flow(W: Matrix, teleportation: float, recorded: bool, to: str) -> Flow:
    tau = number("teleportation", teleportation, 0.0, 1.0)
    if not 0 < tau < 1:
        raise ParameterError(f"teleportation is {tau}; give a number above 0 and below 1.")
    W = sparse.csr_array(W)
    if W.nnz and W.data.min() < 0:
        raise DataError(
            "the map equation needs ties that are not negative. Take ties of money or shares: "
            "kn.tie(network, 'flow')."
        )
    if not W.sum() > 0:
        raise DataError("the ties add up to nothing. There is no flow to map.")
    n, size = W.shape[0], W.data.max()
    W = W / size
    sold, bought = W.sum(axis=1), W.sum(axis=0)
    to = choose("aim of teleportation", to, ("links", "nodes"))
    v = np.ones(n) if to == "nodes" else (bought if recorded else sold)
    v = v / v.sum()
    P = sparse.diags_array(1.0 / np.where(sold > 0, sold, 1.0)) @ W
    p = _visits(P, v, tau)
    F = sparse.csr_array(sparse.diags_array(p) @ P)
    if recorded:
        F = F * (1 - tau)
        jump = np.where(sold > 0, tau, 1.0) * p
    else:
        F = F / F.sum()
        p, jump = F.sum(axis=0), np.zeros(n)
    loops = F.diagonal()
    node = np.column_stack([p, v, jump, F.sum(axis=1) - loops, F.sum(axis=0) - loops])
    return Flow(_rows(F), node, -float(_f(p).sum()))


def _visits(P: sparse.csr_array, v: np.ndarray, tau: float) -> np.ndarray:
    """Long-run share of visits: p = (1 - tau) P'p + (what teleports) v."""
    n, Q = len(v), P.T.tocsr() * (1 - tau)
    if n <= SOLVED:
        p = np.linalg.solve(np.eye(n) - Q.toarray(), v)
    else:
        p = v
        for _ in range(STEPS):
            new = v + Q @ p
            moved, p = np.abs(new - p).sum() / new.sum(), new
            if moved < SETTLED:
                break
    p = np.maximum(p, 0.0)
    return p / p.sum()


def _rows(F: sparse.csr_array) -> sparse.csr_array:
    """What passes between two nodes, both ways together, without loops."""
    S = sparse.coo_array(F + F.T)
    apart = S.row != S.col
    S = sparse.csr_array((S.data[apart], (S.row[apart], S.col[apart])), shape=S.shape)
    S.sort_indices()
    return S


def _f(x: np.ndarray) -> np.ndarray:
    return x * np.log2(np.where(x > 0, x, 1.0))


def _joined(flow: Flow, label: np.ndarray, k: int) -> tuple[Flow, np.ndarray]:
    """Modules as nodes, and what passes between the members of each."""
    n = len(label)
    M = sparse.csr_array((np.ones(n), (np.arange(n), label)), shape=(n, k))
    between = sparse.csr_array(M.T @ flow.between @ M)
    inner = between.diagonal() / 2
    node = np.asarray(M.T @ flow.node)
    node[:, 3:] = np.maximum(node[:, 3:] - inner[:, None], 0.0)
    return Flow(_rows(between / 2), node, flow.constant), inner


def _length(flow: Flow, label: np.ndarray) -> float:
    node = _joined(flow, label, int(label.max()) + 1)[0].node
    visit, target, jump, out, inn = node.T
    leave = out + jump * (1 - target)
    enter = inn + target * (jump.sum() - jump)
    total = _f(np.array([enter.sum()]))[0] - _f(enter).sum() - _f(leave).sum()
    return float(total + _f(leave + visit).sum() + flow.constant)


def _search(flow: Flow, label: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moves, refinement and aggregation by turns until a whole pass moves nobody."""
    for _ in range(PASSES):
        level, group, upper, moved = flow, np.arange(len(label)), label, 0
        for _level in range(LEVELS):
            upper, moves = _moved(level, upper, np.zeros_like(upper), rng)
            moved += moves
            parts, _ = _moved(level, np.arange(len(upper)), upper, rng)
            if parts.max() + 1 == len(parts):  # nothing joined within modules: take them whole
                parts = upper
                if parts.max() + 1 == len(parts):
                    break
            k = int(parts.max()) + 1
            above = np.empty(k, dtype=np.int64)
            above[parts] = upper
            level, group, upper = _joined(level, parts, k)[0], parts[group], above
        label = upper[group]
        if not moved:
            break
    return label


def _moved(
    flow: Flow, label: np.ndarray, bound: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    from ..kernels.mapping import move

    S, label = flow.between, label.astype(np.int64)
    rows = S.indptr.astype(np.int64), S.indices.astype(np.int64), S.data
    order = rng.permutation(len(label))
    moves = move(*rows, flow.node, label, bound.astype(np.int64), order)
    return np.unique(label, return_inverse=True)[1].astype(np.int64), moves
