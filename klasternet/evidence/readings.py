"""How dense a cluster is, read in every way that the literature reads it, side by side.

"Denser inside than to the rest" has readings that do not agree on real tables, so all are
given, and the one that a verdict uses is named.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .. import lift
from ..clusters import Clusters
from ..errors import ContractError, ConvergenceError, ParameterError
from ..matrices import column_sums, row_sums
from ..network import FlowNetwork
from ..nullmodels import null_model_of
from ..overlap import cells, outside_trade
from ..registry import choose, qualities

__all__ = ["density"]

TIES_FROM = 500  # industries of a sparse network from which on only its ties are looked at
NORMAL = 1.959964  # two-sided 95 %
EVEN = 1e-12  # of two sums: 1 + 2 and 3 are the same in any unit, whatever floats make of them
CRITERIA = {  # name: column, least value
    "gravity": ("gravity_ratio", 1.0),
    "contrast": ("contrast_low", 1.0),
    "density": ("mean_density_ratio", 2.0),
    "persistence": ("persistence", 0.5),
    "weak": ("weak", 1.0),
    "strong": ("strong", 1.0),
}


class Readings(pd.DataFrame):
    """A frame of readings that prints the main ones of every cluster within a page's width."""

    def __repr__(self) -> str:
        if "contrast_low" not in self or "lift_rest" not in self or len(self) > 60:
            return super().__repr__()
        contrast = [
            f"{at:.1f} ({low:.1f}-{high:.1f})"
            for at, low, high in zip(
                self["contrast"], self["contrast_low"], self["contrast_high"], strict=True
            )
        ]
        shown = {
            "size": self["industries"],
            "internal flow": self["internal_flow"].map("{:,.6g}".format),
            "inside": self["gravity_ratio"].map("{:.2f}".format),
            "to rest": self["gravity_ratio_rest"].map("{:.2f}".format),
            "contrast": contrast,
            "lift": self["lift_inside"].map("{:.2f}".format),
            "sales": self["sales_retention"].map("{:.0%}".format),
            "purchases": self["purchase_retention"].map("{:.0%}".format),
        }
        if "verdict" in self:
            shown["verdict"] = self["verdict"]
        page = pd.DataFrame(shown, index=self.index).to_string()
        return (
            f"{page}\n\ninside, to rest: times the flow that sizes predict; contrast: times denser "
            "inside than to the rest;\nlift: mean inside, in standard deviations; "
            "sales, purchases: share kept inside.\n"
            f"All {self.shape[1]} readings are in the columns."
        )


def density(
    clusters: Clusters,
    criterion: str | None = None,
    at_least: float | None = None,
    null: Any = None,
    also: Any = (),
) -> pd.DataFrame:
    """Tell how much denser each cluster is inside than to the rest, in every reading.

    Industries in several clusters count by their shares, M_ik for 1: a secondary member is a part
    that must trade more inside than outside as well for `strong`, and `connected` holds for primary
    and secondary members together. `industries` are primary members.

    W are the flows under the network's loops policy, w_in = W(C, C), w_out = W(C, rest),
    w_back = W(rest, C), E the null model, n_C of n active industries in the cluster.

    Parameters
    ----------
    clusters : Clusters
    criterion : {"gravity", "contrast", "density", "persistence", "weak", "strong"}, optional
        Reading that a verdict is made of; adds the column "verdict".
    at_least : float, optional
        What the reading must reach: by default gravity 1, contrast 1 (its lower bound), density
        2, persistence 0.5.
    null : str, object or pair of arrays, optional
        Null model of the gravity ratios; "gravity" by default, with zeros where the ties have them.
    also : str, callable or list of them, optional
        Qualities of your own, each a column: names registered with `klasternet.quality`, or
        functions of the clusters that return a number for each.

    Returns
    -------
    DataFrame, one row for each cluster; it prints its main columns
        industries
            n_C.
        internal_flow, outward, inward
            w_in, w_out, w_back, in the network's unit.
        sales_retention, purchase_retention
            w_in / (w_in + w_out), w_in / (w_in + w_back): shares of sales and purchases kept.
        persistence
            Chance that money which walks from seller to buyer stays for a step, in the stationary
            state (Piccardi 2011, doi 10.1371/journal.pone.0027028), on the largest strongly
            connected part of the network; NaN for a cluster outside it.
        mean_density_ratio
            [w_in / (n_C (n_C - 1))] / [(w_out + w_back) / (2 n_C (n - n_C))]. Favours small sets.
        lift_inside, lift_rest
            Mean lift within the cluster, and between it and all others, in standard deviations;
            NaN where the network is too large for lift.
        gravity_ratio, gravity_ratio_rest
            Times the flow that sizes predict, inside and to the rest: w_in / E_in and
            (w_out + w_back) / (E_out + E_back). NaN where no gravity null exists: one industry
            takes part in every flow.
        contrast, contrast_low, contrast_high
            Times denser inside than to the rest: ratio of the geometric means of flow over
            expectation, with a 95 % interval that takes the members as given.
        conductance
            (w_out + w_back) / (2 w_in + w_out + w_back).
        e_i
            (w_out + w_back - w_in) / (w_out + w_back + w_in), from -1 (all inside) to 1.
        weak, strong
            2 w_in > w_out + w_back; and every member trades more inside than outside
            (Radicchi et al. 2004, doi 10.1073/pnas.0400054101).
        connected
            Members hang together by flows among themselves.

    Notes
    -----
    Readings on money (retention, weak, conductance) are met by hardly any cluster of an open,
    dense table, the mean density ratio by nearly any small set; lift and gravity ratios are free
    of size. The interval of the contrast does not account for the search that chose the members;
    admission by `detect` does, on flows held out.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.Clusters.from_labels(network, [0, 0, 0, 1, 1, 1])
    >>> kn.density(clusters)["gravity_ratio"].round(3).tolist()
    [1.174, 1.286]
    """
    if criterion is not None:
        criterion = choose("criterion", criterion, CRITERIA)
    network, W, M = clusters.network, clusters.network.trade, clusters.membership
    sold, bought = row_sums(W), column_sums(W)
    sold_in, bought_in = clusters.own_trade
    w_in = _by_cluster(sold_in)
    w_out = _by_cluster(outside_trade(sold, sold_in, M))
    w_back = _by_cluster(outside_trade(bought, bought_in, M))
    cross = w_out + w_back
    trades = network.active.astype(float)  # who trades with nobody is in no pair
    size, square = M.T @ trades, M.power(2).T @ trades
    pairs = size**2 - square, 2 * (size * (trades.sum() - size) - (size - square))
    expected_in, expected_cross = _expected(network, M, null)
    departures = _departures(clusters)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = {
            "industries": clusters.sizes,
            "internal_flow": w_in,
            "outward": w_out,
            "inward": w_back,
            "sales_retention": w_in / (w_in + w_out),
            "purchase_retention": w_in / (w_in + w_back),
            "persistence": _persistence(W, M),
            "mean_density_ratio": (w_in / pairs[0]) / (cross / pairs[1]),
            "lift_inside": departures["lift_inside"],
            "lift_rest": departures["lift_rest"],
            "gravity_ratio": w_in / expected_in,
            "gravity_ratio_rest": cross / expected_cross,
            **{name: departures[name] for name in ("contrast", "contrast_low", "contrast_high")},
            "conductance": cross / (2 * w_in + cross),
            "e_i": (cross - w_in) / (cross + w_in),
            "weak": 2 * w_in - cross > EVEN * cross,
            "strong": _strong(sold_in.data + bought_in.data, sold + bought, M),
            "connected": _connected(W, M),
        }
    frame = Readings(out, index=pd.Index(clusters.names, name="cluster"))
    if criterion is not None:
        column, least = CRITERIA[criterion]
        frame["verdict"] = frame[column] >= (least if at_least is None else at_least)
    for name, values in (_own(piece, clusters) for piece in _several(also)):
        if name in frame:
            raise ParameterError(f"there is a reading {name!r} already. Give yours another name.")
        frame[name] = values
    return frame


def _by_cluster(part: sparse.csr_array) -> np.ndarray:
    return np.asarray(part.sum(axis=0)).ravel()


def _strong(inside: np.ndarray, trade: np.ndarray, M: sparse.csr_array) -> np.ndarray:
    """Whether every member of a cluster, or part of one, trades more inside than outside."""
    at, of = cells(M)
    whole = M.data * trade[at]
    weak = 2 * inside - whole <= EVEN * whole
    return np.bincount(of, weak, M.shape[1]) == 0


def _several(also: Any) -> list[Any]:
    return list(also) if isinstance(also, list | tuple) else [also]


def _own(piece: Any, clusters: Clusters) -> tuple[str, np.ndarray]:
    """Name and values of a quality that somebody brought."""
    name = piece if isinstance(piece, str) else getattr(piece, "__name__", type(piece).__name__)
    values = (qualities.find(piece) if isinstance(piece, str) else piece)(clusters)
    values = np.asarray(values)
    if values.shape != (len(clusters),) or values.dtype.kind not in "biuf":
        raise ContractError(
            f"the quality {name!r} returned {type(values).__name__} of shape {values.shape} and "
            f"type {values.dtype} for {len(clusters)} clusters. Return one number for each."
        )
    return name, values


def _expected(network: FlowNetwork, M: sparse.csr_array, null: Any) -> tuple[np.ndarray, ...]:
    """Flow that the null model expects inside each cluster, and between it and all others."""
    money = network if network.given_ties is None else network.with_ties(network.flows, "flow")
    model = null_model_of("gravity" if null is None else null)
    try:
        A, B = model.masses(money)
    except ConvergenceError:
        if null is not None:
            raise
        return np.full(M.shape[1], np.nan), np.full(M.shape[1], np.nan)
    inside, cross, all_of_it = np.zeros((3, M.shape[1]))
    square = M.power(2)
    full = model.fills_diagonal(money)
    for a, b in zip(A.reshape(network.n, -1).T, B.reshape(network.n, -1).T, strict=True):
        out, inn = M.T @ a, M.T @ b
        inside += out * inn - (0.0 if full else square.T @ (a * b))
        cross += out * (b.sum() - inn) + inn * (a.sum() - out)
        all_of_it += out * b.sum() + inn * a.sum()
        if not full:  # the parts of one industry in several clusters do not trade
            cross -= 2 * ((M - square).T @ (a * b))
    return inside, np.where(cross > 1e-12 * all_of_it, cross, 0.0)  # a rest of nobody: rounding


def _persistence(W: Any, M: sparse.csr_array) -> np.ndarray:
    """Share of the stationary walk's steps from each cluster that stay in it, shape (k,)."""
    P = sparse.csr_array(W)
    _, part = connected_components(P, connection="strong")
    inside = part == np.argmax(np.bincount(part))
    n = int(inside.sum())
    if n < 2:
        return np.full(M.shape[1], np.nan)
    P, M = P[inside][:, inside], M[inside]
    P = sparse.diags_array(1.0 / P.sum(axis=1)) @ P
    if n <= 3_000:
        system = np.eye(n) - P.T.toarray()
        system[0] = 1.0  # one equation is redundant: the shares add up to one
        pi = np.linalg.solve(system, np.eye(n)[0])
    else:
        pi, Q = np.full(n, 1.0 / n), P.T.tocsr()
        for _ in range(10_000):  # half a step at a time, so that no cycle can ring
            new = 0.5 * (pi + Q @ pi)
            moved = np.abs(new - pi).sum()
            pi = new / new.sum()
            if moved < 1e-12:
                break
    with np.errstate(invalid="ignore"):
        return (((P @ M) * M).T @ pi) / (M.T @ pi)


def _departures(clusters: Clusters) -> dict[str, np.ndarray]:
    """Mean lift inside and to the rest, and the contrast, from one gravity fit."""
    network, k = clusters.network, len(clusters)
    if network.n > (TIES_FROM if network.is_sparse else lift.LARGEST):
        nothing = np.full(k, np.nan)
        return {"lift_inside": nothing, "lift_rest": nothing} | _contrast_of_ties(clusters)
    logs, kind = lift.logs_of(network)
    values, a, b, *_scales = lift.fit(logs, kind)
    inside, rest = _means(clusters, values, kind > 0)
    left = logs - a[:, None] - b[None, :]
    (mean, error), (mean_rest, error_rest) = _means(clusters, left, kind == 1)
    contrast = _interval(mean - mean_rest, np.hypot(error, error_rest))
    return {"lift_inside": inside[0], "lift_rest": rest[0]} | contrast


def _interval(level: np.ndarray, error: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "contrast": np.exp(level),
        "contrast_low": np.exp(level - NORMAL * error),
        "contrast_high": np.exp(level + NORMAL * error),
    }


def _means(clusters: Clusters, values: np.ndarray, use: np.ndarray) -> Any:
    """Mean and its standard error over cells inside, and between cluster and others."""
    M = clusters.membership
    values = np.where(use, values, 0.0)
    sums = []
    for part in (use.astype(float), values, values**2):
        inside = np.asarray(((M.T @ part) * M.T.toarray()).sum(axis=1)).ravel()
        both = M.T @ (part.sum(axis=1) + part.sum(axis=0))
        sums.append((inside, both - 2 * inside))
    return [_mean(*(pair[side] for pair in sums)) for side in (0, 1)]


def _mean(number: np.ndarray, total: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, ...]:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(number > 0, total / number, np.nan)
        spread = np.maximum(square / number - mean**2, 0.0) * number / (number - 1)
        return mean, np.sqrt(spread / number)


def _contrast_of_ties(clusters: Clusters) -> dict[str, np.ndarray]:
    """The same over the ties of a large network, against the gravity of the money null."""
    network, labels, k = clusters.network, clusters.labels, len(clusters)
    money = network if network.given_ties is None else network.with_ties(network.flows, "flow")
    try:
        A, B = null_model_of("gravity").masses(money)  # (n,) each
    except ConvergenceError:
        return _interval(np.full(k, np.nan), np.full(k, np.nan))
    W = sparse.coo_array(network.trade)
    i, j = W.row, W.col
    departure = np.log(W.data) - np.log(A[i] * B[j])
    inside, rest = np.zeros((3, k)), np.zeros((3, k))
    if clusters.shares is None:
        same = labels[i] == labels[j]
        for side, end, which in ((inside, i, same), (rest, i, ~same), (rest, j, ~same)):
            use = which & (labels[end] >= 0)
            for power in range(3):
                side[power] += np.bincount(labels[end[use]], departure[use] ** power, k)
    else:
        M = clusters.shares
        for power in range(3):
            part = sparse.csr_array((departure**power, (i, j)), shape=W.shape)
            inside[power] = _by_cluster(sparse.csr_array(M.multiply(part @ M)))
            rest[power] = M.T @ (row_sums(part) + column_sums(part)) - 2 * inside[power]
    (mean, error), (mean_rest, error_rest) = _mean(*inside), _mean(*rest)
    return _interval(mean - mean_rest, np.hypot(error, error_rest))


def _connected(W: Any, M: sparse.csr_array) -> np.ndarray:
    """Whether the members of each cluster hang together by flows among themselves."""
    at, of = cells(M)  # parts of industries: joined where their cluster is one and they trade
    if not sparse.issparse(W):
        members = (at[of == k] for k in range(M.shape[1]))
        return np.array([_one_part(W[np.ix_(c, c)]) for c in members], dtype=bool)
    W = sparse.csr_array(W)[at][:, at].tocoo()
    same = of[W.row] == of[W.col]
    inner = sparse.csr_array((np.ones(same.sum()), (W.row[same], W.col[same])), shape=W.shape)
    _, part = connected_components(inner, connection="weak")
    pairs = np.unique(np.column_stack([of, part]), axis=0)
    return np.bincount(pairs[:, 0], minlength=M.shape[1]) == 1


def _one_part(block: np.ndarray) -> bool:
    """Whether a full matrix hangs together; SciPy would take flows below 1e-8 for none."""
    return connected_components(block > 0)[0] == 1
