"""Hypothetical extraction: what the economy would lose without an industry, or a whole cluster.

The published definitions cut different ties, and give different numbers, so each has its name.
The changed economy differs from the solved one by a matrix of low rank: no set needs an inverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..clusters import Clusters
from ..errors import ParameterError
from ..qualities import number
from ..registry import choose
from ..tables.alignment import known_names
from ..tables.table import IOTable
from .solving import System, carried, shares_of, system

__all__ = ["Extraction", "extract"]

BLOCK = 512  # columns solved at a time
KINDS = {
    "total": "all ties and final demand cut",
    "external": "ties to others cut, own ties and final demand kept",
    "internal": "ties among members cut, all others kept",
    "backward": "purchases cut",
    "forward": "sales cut, in the Ghosh model",
}


@dataclass(frozen=True, eq=False, repr=False)
class Extraction:
    """What is lost without each set of industries; losses are positive (before less after).

    Attributes
    ----------
    kind : {"total", "external", "internal", "backward", "forward"}
    share : float
        How much of the ties was cut; below 1 the extraction is partial.
    table : DataFrame, one row for each set
        industries, output (of the set), loss (of output, everywhere), loss_own (within the set),
        loss_others, loss_share (of all output); value_added and each satellite lost with it, where
        the table has them.
    losses : DataFrame, industries x sets
        Output that each industry loses.
    by_region : DataFrame or None, regions x sets
        The same by region, where the table has regions.
    """

    kind: str
    share: float
    table: pd.DataFrame
    losses: pd.DataFrame
    by_region: pd.DataFrame | None
    unit: str = ""

    @property
    def loss(self) -> pd.Series:
        """Output lost without each set."""
        return self.table["loss"]

    def __repr__(self) -> str:
        part = "" if self.share == 1 else f", {self.share:.0%} of them"
        return f"Extraction, {self.kind}: {KINDS[self.kind]}{part}; {len(self.table)} sets"

    def __str__(self) -> str:
        shown = self.table.head(40).copy()
        for column in shown.columns.drop(["industries", "loss_share"]):
            shown[column] = shown[column].map("{:,.6g}".format)
        shown["loss_share"] = shown["loss_share"].map("{:.2%}".format)
        more = f"\n  and {len(self.table) - 40:,} more" if len(self.table) > 40 else ""
        unit = f"\nMoney in {self.unit}." if self.unit else ""
        return f"{self!r}\n{shown.to_string()}{more}{unit}"


def extract(
    table: IOTable,
    industries: str | Iterable[str] | Mapping[str, Iterable[str]] | Clusters | None = None,
    kind: str = "total",
    share: float = 1.0,
) -> Extraction:
    """Tell what the economy would lose without an industry, or without a whole cluster.

    With S the set, R the rest, x output, f = x - Z 1 final demand, v = x - Z' 1 primary inputs,
    the loss is x less the output of an economy in which

    - "total": rows and columns of S in A, and f_S, are zero. S is gone; what S made for final
      users counts.
    - "external": A_SR and A_RS are zero, A_SS and f are kept (Dietzenbacher, van der Linden and
      Steenge 1993, who extract regions; of one industry: "total with the diagonal kept"). What
      the trade between S and others carries.
    - "internal": A_SS is zero off its diagonal, all else kept. What the cluster's own ties carry.
    - "backward": the columns of S in A are zero: S buys nothing (also from itself).
    - "forward": the rows of S in B are zero: S sells nothing to industries, and output follows
      from v by the Ghosh model.

    Parameters
    ----------
    table : IOTable
    industries : str, list, mapping of name to list, Clusters, optional
        One industry; a list, taken out together; several sets; or each cluster. Without it every
        industry by itself. Of an industry in several clusters only its share is taken out, as if
        it were so many industries of the same technology, each with its share of output and sales.
    kind : {"total", "external", "internal", "backward", "forward"}
    share : float
        Partial extraction: the ties, and f_S where it is cut, are multiplied by 1 - share.

    Returns
    -------
    Extraction

    Raises
    ------
    AlignmentError
        An industry, or a cluster's industries, that the table does not have.
    ParameterError
        An unknown kind, an empty set, a share out of 0 to 1.

    Notes
    -----
    The kinds answer different questions, and others publish new less old, which is negative. Final
    demand and primary inputs are what the flows leave of output, so that a rounding gap in the
    table does not show as a loss. An upper bound for the short run: nobody finds another supplier,
    and in the Ghosh model the economy makes do without the inputs. Losses of sets do not add up.

    Dietzenbacher, van der Linden and Steenge (1993), Economic Systems Research 5(2), 185-206,
    doi:10.1080/09535319300000017; backward and forward as in the documentation of the R package
    ioanalysis, total as in MacroEconometricModels.jl.

    Examples
    --------
    >>> from klasternet import datasets
    >>> table = datasets.load("miller_blair")
    >>> [extract(table, "Sector 1", kind).loss.round(1).item() for kind in KINDS]
    [1210.5, 798.8, 0.0, 413.2, 728.9]
    """
    kind = choose("kind of extraction", kind, KINDS)
    share = number("share", share, 0, 1)
    if isinstance(industries, Clusters) and industries.shares is not None:
        sets, parted = _parts(table, industries)
    else:
        sets, parted = _sets(table, industries), None
    solved = system(table)
    solve: Callable[[np.ndarray], np.ndarray] = solved.outputs
    A, x, made = solved.A, solved.output, solved.per_output(solved.output)
    if kind == "forward":  # the Ghosh model as prices: p = (I - A')^-1 v/x, and output is x p
        solve = solved.weights
    if parted is not None:
        solve = _solver(solved, parted, kind == "forward")
        A, x, made = parted.T @ A @ (parted > 0), parted.T @ x, (parted > 0).T @ made
    scale, demand = np.ones(len(x)), x - A @ x
    if kind == "forward":
        A, scale = A.T, x
        demand = made - A.sum(axis=1)
    before = solve(demand)
    losses = np.empty((len(x), len(sets)))
    for column, (at, L_S) in enumerate(_columns(solve, list(sets.values()), len(x))):
        y = before
        if kind == "total":
            y = before - L_S @ (share * demand[at])
        losses[:, column] = (before - _without(y, L_S, A, at, kind, share)) * scale
    names = pd.Index(list(sets), name="extracted")
    summary = _summary(table, sets, losses, x, parted)
    if parted is not None:
        losses = (parted > 0) @ losses
    frame = pd.DataFrame(losses, table.industries, names)
    by_region = None
    if table.region is not None:
        by_region = frame.groupby(table.region.to_numpy(), sort=False).sum()
    return Extraction(kind, share, summary, frame, by_region, table.unit)


def _columns(
    solve: Callable[[np.ndarray], np.ndarray], sets: list[np.ndarray], n: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each set with its columns of (I - A)^-1, solved for many sets at a time."""
    start = 0
    while start < len(sets):
        stop, width = start + 1, len(sets[start])
        while stop < len(sets) and width + len(sets[stop]) <= BLOCK:
            width += len(sets[stop])
            stop += 1
        members = np.concatenate(sets[start:stop])
        unit = np.zeros((n, width))
        unit[members, np.arange(width)] = 1.0
        solved, first = solve(unit), 0
        for at in sets[start:stop]:
            yield at, solved[:, first : first + len(at)]
            first += len(at)
        start = stop


def _without(
    y: np.ndarray, L_S: np.ndarray, A: np.ndarray, at: np.ndarray, kind: str, share: float
) -> np.ndarray:
    """(I - A + share D)^-1 demand, given y = (I - A)^-1 demand (Woodbury).

    D is what is cut: U V with U the unit columns of the set (its rows of A cut, V holds them) or
    its columns of A (V picks the set). As L A = L - I, the columns of L are all that is solved.
    """
    own = A[np.ix_(at, at)]
    place = np.arange(len(at))
    picks = np.zeros((len(at), len(A)))
    picks[place, at] = 1.0
    pull = L_S.copy()
    pull[at, place] -= 1.0  # L A_S
    if kind == "internal":
        rows = np.zeros((len(at), len(A)))
        rows[:, at] = own - np.diag(own.diagonal())
        LU, V = L_S, rows
    elif kind in ("backward", "forward"):
        LU, V = pull, picks
    else:  # cells within the set stand in the rows, and go only with "total"
        rows = A[at].copy()
        if kind == "external":
            rows[:, at] = 0.0
        LU, V = np.hstack([L_S, pull - L_S @ own]), np.vstack([rows, picks])
    LU = share * LU
    return y - LU @ np.linalg.solve(np.eye(len(V)) + V @ LU, V @ y)


def _sets(table: IOTable, industries: Any) -> dict[str, np.ndarray]:
    """Sets by name, each as positions in the table."""
    if industries is None:
        return {str(name): np.array([i]) for i, name in enumerate(table.industries)}
    if isinstance(industries, Clusters):
        if not len(industries):
            raise ParameterError("there are no clusters to extract; name industries instead.")
        shares = shares_of(industries, table).to_numpy()
        return {name: np.flatnonzero(shares[:, k]) for k, name in enumerate(industries.names)}
    if isinstance(industries, str):
        industries = {industries: [industries]}
    elif not isinstance(industries, Mapping):
        names = list(industries)
        label = str(names[0]) if len(names) == 1 else f"{len(names)} industries"
        industries = {label: names}
    out = {}
    for name, members in industries.items():
        members = [members] if isinstance(members, str) else list(members)
        if not members:
            raise ParameterError(f"the set {name!r} is empty; name one industry or more.")
        names = known_names(members, table.industries, f"the set {name!r}")
        out[str(name)] = table.industries.get_indexer(names)
    return out


def _parts(table: IOTable, clusters: Clusters) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Each cluster as positions among the parts of industries, and the parts, (n, parts).

    A column of the second holds the share that the part has in its industry.
    """
    shares = shares_of(clusters, table).to_numpy()
    i, k = np.nonzero(shares)
    parted = np.zeros((table.n, len(i)))
    parted[i, np.arange(len(i))] = shares[i, k]
    sets = {name: np.flatnonzero(k == at) for at, name in enumerate(clusters.names)}
    return sets, parted


def _solver(
    solved: System, parted: np.ndarray, transposed: bool
) -> Callable[[np.ndarray], np.ndarray]:
    """(I - A)^-1 b among parts of industries, from that among industries.

    With R the shares, E what adds parts up, E R = I, the coefficients among parts are R A E, and
    (I - R A E)^-1 = I + R (L - I) E.
    """
    R, E = parted.T, (parted > 0).astype(float)

    def solve(b: np.ndarray) -> np.ndarray:
        if transposed:
            return b + E.T @ (solved.weights(R.T @ b) - R.T @ b)
        return b + R @ (solved.outputs(E @ b) - E @ b)

    return solve


def _summary(
    table: IOTable,
    sets: dict[str, np.ndarray],
    loss: np.ndarray,
    x: np.ndarray,
    parted: np.ndarray | None,
) -> pd.DataFrame:
    own = np.array([loss[at, column].sum() for column, at in enumerate(sets.values())])
    total = loss.sum(axis=0)
    out = pd.DataFrame(
        {
            "industries": [len(at) for at in sets.values()],
            "output": [x[at].sum() for at in sets.values()],
            "loss": total,
            "loss_own": own,
            "loss_others": total - own,
            "loss_share": total / x.sum(),
        },
        pd.Index(list(sets), name="extracted"),
    )
    by_industry = loss if parted is None else (parted > 0) @ loss
    for label, amounts in carried(table).items():
        out[label] = system(table).per_output(amounts) @ by_industry
    return out
