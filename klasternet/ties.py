"""From flows to ties: what detectors see instead of money, and backbones for drawing.

A tie rule is a function `f(network, **params)` that returns an n x n matrix. Rules read the
flows, never earlier ties. Shares of a sparse network stay sparse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from .errors import ContractError, ConvergenceError, DataError, ParameterError
from .matrices import Matrix, canonical, column_sums, freeze, row_sums, without_diagonal
from .network import Decision, FlowNetwork
from .registry import choose, tie_rule, tie_rules
from .tables.table import spectral_radius

__all__ = ["backbone", "tie"]

DENSE_UP_TO = 20_000  # industries for which a full matrix may be made of a sparse one


def tie(
    network: FlowNetwork, rule: str | Callable[..., Any] = "flow", **params: Any
) -> FlowNetwork:
    """Return the network with ties made by a rule; its flows stay.

    With Z the flows and x the output (where the network does not know output: the sum of the
    buyer's purchases for input shares, of the seller's sales for sales shares):

    ==================  =====================================================================
    flow                Z_ij, money
    input_share         Z_ij / x_j: what the buyer needs of the seller
    sales_share         Z_ij / x_i: what the seller owes to the buyer
    log                 ln(1 + Z_ij / median flow): who trades, and a little how much
    binary              1 where there is a flow: who trades, not how much
    relatedness         Z_ij / x_j + Z_ij / x_i
    strongest_share     the largest of the four shares between two industries; symmetric
    leontief            (I - A)^-1 - I: direct and indirect needs; needs output; dense
    lift                how far a flow stands above what sizes predict (`klasternet.gravity`);
                        may be negative; dense
    beyond              Z_ij over what distance or blocks (`blocks="region"`) add to its
                        prediction: flows as if borders did not matter; dense
    ==================  =====================================================================

    Shares answer another question than flows, and clusters found in them differ (adjusted Rand
    index 0.4 between flows and input shares on real tables). Lift is the same for all three.

    Parameters
    ----------
    network : FlowNetwork
    rule : str or callable
        A name above or registered with `klasternet.tie_rule`, or a function
        `f(network, **params)` that returns an n x n frame (matched by name), array or sparse
        matrix of finite numbers.
    **params
        For the rule.

    Returns
    -------
    FlowNetwork
        Whether ties hold the diagonal follows `network.loops`, as before.

    Raises
    ------
    ParameterError
        No rule of that name.
    DataError
        The rule needs output that the network does not have, or output is zero for an
        industry with flows.
    ContractError
        A rule returned something else than a finite n x n matrix.

    References
    ----------
    Strongest shares: Delgado, Porter and Stern (2016), doi:10.1093/jeg/lbv017. Leontief inverse:
    Miller and Blair (2009), doi:10.1017/CBO9780511626982.

    Examples
    --------
    >>> network = FlowNetwork.from_matrix([[0, 30], [10, 0]], columns={"output": [100, 60]})
    >>> tie(network, "input_share").ties
    array([[0. , 0.5],
           [0.1, 0. ]])
    """
    if callable(rule):
        name, make = getattr(rule, "__name__", type(rule).__name__), rule
    else:
        make = tie_rules.find(rule)
        name = choose("tie rule", rule, tie_rules)
    if make is flow:
        return replace(network, given_ties=None, tie_rule="flow")
    ties = _kept_contract(make(network, **params), network, name)
    return replace(network, given_ties=ties, tie_rule=name)


def _kept_contract(ties: Any, network: FlowNetwork, name: str) -> Matrix:
    """Return what a rule gave as a matrix, or say how it broke its contract."""
    try:
        return network.with_ties(ties).given_ties
    except DataError as error:
        raise ContractError(
            f"the tie rule {name!r} returned {_described(ties)} for {network.n} industries: "
            f"{error} A tie rule returns a finite n x n matrix."
        ) from error


def _described(thing: Any) -> str:
    shape = getattr(thing, "shape", None)
    return type(thing).__name__ + ("" if shape is None else f" of shape {shape}")


# ------------------------------------------------------------------------------------ rules


@tie_rule("flow")
def flow(network: FlowNetwork) -> Matrix:
    """Z_ij."""
    return network.flows


@tie_rule("input_share")
def input_share(network: FlowNetwork) -> Matrix:
    """Z_ij / x_j."""
    Z = network.flows
    sizes = _sizes(network, column_sums(Z))
    if not sparse.issparse(Z):
        return np.divide(Z, sizes, out=np.zeros_like(Z), where=sizes != 0)
    return _like(Z, Z.data / sizes[Z.indices])


@tie_rule("sales_share")
def sales_share(network: FlowNetwork) -> Matrix:
    """Z_ij / x_i."""
    Z = network.flows
    sizes = _sizes(network, row_sums(Z))
    if not sparse.issparse(Z):
        by_row = sizes[:, None]
        return np.divide(Z, by_row, out=np.zeros_like(Z), where=by_row != 0)
    return _like(Z, Z.data / np.repeat(sizes, np.diff(Z.indptr)))


@tie_rule("log")
def log(network: FlowNetwork) -> Matrix:
    """ln(1 + Z_ij / median of the flows that are not zero)."""
    Z = network.flows
    data = Z.data if sparse.issparse(Z) else Z
    small = np.median(data[data > 0])
    return _like(Z, np.log1p(data / small)) if sparse.issparse(Z) else np.log1p(data / small)


@tie_rule("binary")
def binary(network: FlowNetwork) -> Matrix:
    """1 where Z_ij > 0."""
    Z = network.flows
    return _like(Z, np.ones_like(Z.data)) if sparse.issparse(Z) else (Z > 0).astype(float)


@tie_rule("relatedness")
def relatedness(network: FlowNetwork) -> Matrix:
    """Z_ij / x_j + Z_ij / x_i."""
    return input_share(network) + sales_share(network)


@tie_rule("strongest_share")
def strongest_share(network: FlowNetwork) -> Matrix:
    """The largest of Z_ij / x_j, Z_ij / x_i, Z_ji / x_i, Z_ji / x_j."""
    one_way = _larger(input_share(network), sales_share(network))
    return _larger(one_way, one_way.T)


@tie_rule("leontief")
def leontief(network: FlowNetwork) -> np.ndarray:
    """(I - A)^-1 - I with A_ij = Z_ij / x_j."""
    if "output" not in network.columns:
        raise DataError(
            "the Leontief inverse needs output, and the network has no column 'output'. "
            "Give columns={'output': ...}, or make the network from an IOTable with output."
        )
    if network.n > DENSE_UP_TO:
        raise DataError(
            f"the Leontief inverse of {network.n:,} industries would be a full matrix. "
            "Aggregate the network first."
        )
    A = input_share(network)
    A = A.toarray() if sparse.issparse(A) else A
    radius = spectral_radius(A)
    if radius >= 1:
        worst = network.industries[int(A.sum(axis=0).argmax())]
        raise ConvergenceError(
            f"the Leontief inverse does not exist: the spectral radius of A is {radius:.4g}, not "
            f"below 1; the heaviest inputs are those of {worst!r}. Check its output and unit."
        )
    return np.linalg.inv(np.eye(network.n) - A) - np.eye(network.n)


@tie_rule("lift")
def lift(network: FlowNetwork, **params: Any) -> Any:
    """(ln W_ij - a_i - b_j) / (s_i t_j), the standardised residual of the gravity fit."""
    from .lift import gravity

    return gravity(network, **params).lift


@tie_rule("beyond")
def beyond(network: FlowNetwork, blocks: Any = "region", **params: Any) -> Any:
    """Z_ij exp(-c): c is what blocks and distance add to the log of a flow in the gravity fit.

    Clusters of these ties are of industries that belong together wherever they are. In a table of
    many regions, clusters of the flows themselves are little else than the regions.
    """
    from .lift import gravity

    offset = gravity(network, blocks=blocks, **params).offset
    if offset is None:
        raise ParameterError(
            "the tie rule 'beyond' needs something to look beyond; give blocks= or distance=."
        )
    return network.flows * np.exp(-offset)


def _sizes(network: FlowNetwork, sums: np.ndarray) -> np.ndarray:
    """Return output where it is known, else the sums of flows; checked to be fit to divide by."""
    if "output" not in network.columns:
        return sums
    sizes = network.columns["output"].to_numpy(dtype=np.float64)
    bad = ~np.isfinite(sizes) | (sizes < 0) | ((sizes == 0) & (sums > 0))
    if bad.any():
        k = int(np.argmax(bad))
        raise DataError(
            f"the output of {network.industries[k]!r} is {sizes[k]:g}, while its flows add up to "
            f"{sums[k]:,.6g}. Correct the column 'output', or leave it out: shares then are of "
            "all intermediate flow."
        )
    return sizes


def _like(Z: sparse.csr_array, data: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array((data, Z.indices, Z.indptr), shape=Z.shape)


def _larger(A: Matrix, B: Matrix) -> Matrix:
    return sparse.csr_array(A.maximum(B)) if sparse.issparse(A) else np.maximum(A, B)


# -------------------------------------------------------------------------------- backbones


def backbone(
    network: FlowNetwork, method: str = "mst+relatedness", n_edges: int | None = None
) -> FlowNetwork:
    """Return the network with only its most telling ties, for drawing.

    The maximum spanning tree of S, the larger of the two directions counting, keeps every
    industry connected; then come the strongest of the other ties, up to a budget. S is what the
    method names after "mst+": relatedness (input share plus sales share) keeps ties that matter
    to a small partner, flow those that are large. The budget of twice as many ties as industries
    (mean degree 4) is that of the product space.

    Detection on a backbone finds the backbone's structure, not the economy's: use it for figures.

    Parameters
    ----------
    network : FlowNetwork
    method : {"mst+relatedness", "mst+flow"}
    n_edges : int, optional
        Directed ties to keep, those of the tree included; 2 n by default.

    Returns
    -------
    FlowNetwork
        Ties are those of `network` where kept, else 0. The flow left out is the last of
        `decisions`: captions need it.

    Raises
    ------
    ParameterError
        An unknown method, or fewer edges than the spanning tree has.

    References
    ----------
    Hidalgo, Klinger, Barabasi and Hausmann (2007), doi:10.1126/science.1144581.

    Examples
    --------
    >>> network = FlowNetwork.from_matrix([[0, 5, 1], [4, 0, 1], [0, 9, 0]])
    >>> backbone(network, n_edges=3).ties
    array([[0., 5., 0.],
           [4., 0., 0.],
           [0., 9., 0.]])
    """
    method = choose("backbone", method, ("mst+relatedness", "mst+flow"))
    S = sparse.coo_array(without_diagonal(tie_rules.find(method.partition("+")[2])(network)))
    n = network.n
    i, j = S.row.astype(np.int64), S.col.astype(np.int64)
    strongest = np.lexsort((j, i, -S.data))
    i, j = i[strongest], j[strongest]
    # Ranks for costs: all distinct, and never zero, which would mean no edge.
    cost = np.arange(1.0, len(i) + 1)
    low, high = np.minimum(i, j), np.maximum(i, j)
    pairs, first = np.unique(low * n + high, return_index=True)
    ends = [end.astype(np.int32) for end in (pairs // n, pairs % n)]  # older SciPy asks for these
    G = sparse.csr_array((cost[first], ends), shape=(n, n))
    tree = csgraph.minimum_spanning_tree(G).data.astype(np.int64) - 1
    budget = 2 * n if n_edges is None else int(n_edges)
    if budget < len(tree):
        raise ParameterError(
            f"n_edges={n_edges} is less than the {len(tree)} ties of the spanning tree. "
            "Allow at least as many, better 2 n."
        )
    others = np.setdiff1d(np.arange(len(i)), tree, assume_unique=True)
    kept = np.concatenate([tree, others[: budget - len(tree)]])
    mask = sparse.csr_array((np.ones(len(kept)), (i[kept], j[kept])), shape=(n, n))
    ties = _masked(network.ties, mask)
    trade = network.trade
    lost = float(trade.sum()) - float(_masked(trade, mask).sum())
    left = Decision(
        f"flows outside the backbone ({method}, {len(kept):,} ties) left out of the ties",
        lost,
        lost / network.total,
        (),
        network.unit,
    )
    return replace(
        network,
        given_ties=freeze(ties),
        tie_rule=f"{network.tie_rule}, backbone {method}",
        decisions=(*network.decisions, left),
    )


def _masked(W: Matrix, mask: sparse.csr_array) -> Matrix:
    if sparse.issparse(W):
        return canonical(sparse.csr_array(W.multiply(mask)))
    return W * mask.toarray()
