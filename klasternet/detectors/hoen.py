"""Hoen's diagonalisation: blocks of pairs that are strong in four matrices at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..network import FlowNetwork
from ..qualities import number
from ..registry import choose, detector
from ..ties import input_share, leontief, sales_share
from .found import Found
from .literature import as_full, column, full_flows, several
from .trees import cut, grown

__all__ = ["hoen", "strengths"]

UNLINKED = 2.0  # stands for a pair that no share links


@detector("hoen")
def hoen(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    share: float | str = "auto",
) -> Found:
    """Set small cells to zero in four matrices at once, and read the blocks that are left (Hoen).

    Over pairs, i and j are linked if the cell (i, j) or (j, i) is among the largest of all cells
    off the diagonal in each of

        Z flows,   A = Z x^-1 what j needs of i,   B = x^-1 Z what i owes to j,   L = (I - A)^-1

    largest: the first part `share` of them. Over clusters: with all other cells at zero, rows and
    columns can be reordered to diagonal blocks, the connected components of the links.

    Parameters
    ----------
    network : FlowNetwork
        Its flows, loops included in A and L; needs ``columns`` with output.
    rng : Generator
        Not used: there is no chance in it.
    share : float or "auto"
        Part of the cells that count as large in each matrix, above 0 and at most 1. "auto" takes
        the one that leaves most blocks of two or more industries; of several, the largest, in which
        fewest industries are alone.

    Returns
    -------
    Found
        ``profile``: one row for each share at which blocks change: their number, industries in
        them, the size of the largest, whether it was taken. ``resolution``: the share.

    Raises
    ------
    DataError
        Output is not known; more than 5,000 industries.
    ConvergenceError
        The Leontief inverse does not exist.

    Notes
    -----
    Misleads as single linkage does: one strong cell joins two clusters that share nothing else, so
    that with a larger share there is soon one block with everybody. What is asked of a pair at once
    in money and in both shares is asked of large industries more easily than of small ones. In
    tables of 50 industries and more about two thirds of them are left to the rest.

    After Hoen (2002), Identifying linkages with a cluster-based methodology, Economic Systems
    Research 14, 131-146. Only abstracts could be read, his and that of Gurgul and Majdosz on a
    modification: that four matrices must agree is taken from accounts of his method, the choice of
    the share is ours; checked by brute force (tests).

    Examples
    --------
    >>> import klasternet as kn
    >>> usa = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    >>> found = kn.detect(usa, "hoen")
    >>> len(found) > 3
    True
    """
    column(network, "output", "hoen")
    strength = np.minimum(strengths(network), UNLINKED)
    np.fill_diagonal(strength, 0.0)
    tree = grown(strength, "single")
    profile = _blocks(tree)
    if isinstance(share, str):
        choose("share", share, ("auto",))
        profile = profile[profile.index < UNLINKED]
        if not len(profile):
            return Found(**several(np.arange(network.n)), profile=profile)
        most = profile["clusters"].to_numpy()
        profile["chosen"] = np.arange(len(profile)) == np.flatnonzero(most == most.max())[-1]
        part = float(profile.index[profile["chosen"]][0])
    else:
        part = number("share", share, 0.0, 1.0)
        profile = profile[profile.index < UNLINKED]
        within = np.flatnonzero(profile.index <= part)
        profile["chosen"] = np.isin(np.arange(len(profile)), within[-1:])
    joins = int((tree[:, 2] <= part).sum())
    return Found(**several(cut(tree, network.n - joins)), profile=profile, resolution=part)


def _blocks(tree: np.ndarray) -> pd.DataFrame:
    """Blocks of two or more after every join of the tree, one row for each share at which some are.

    Blocks of linked pairs are the branches of single linkage.
    """
    n = len(tree) + 1
    size = np.concatenate([np.ones(n), tree[:, 3]])
    a, b = size[tree[:, :2].astype(int)].T
    frame = pd.DataFrame(
        {
            "clusters": (1 - (a > 1).astype(int) - (b > 1)).cumsum(),
            "industries": ((a == 1).astype(int) + (b == 1)).cumsum(),
            "largest": np.maximum.accumulate(tree[:, 3]).astype(int),
        },
        index=pd.Index(tree[:, 2], name="share"),
    )
    return frame[~frame.index.duplicated(keep="last")]


def strengths(network: FlowNetwork) -> np.ndarray:
    """The share of cells at which each pair is linked in all four matrices, symmetric (n, n).

    That is the rank of its cell among all cells off the diagonal, as a part of their number, in the
    matrix in which it ranks last, and the better of the two directions; infinite where one of them
    has a zero there.
    """
    n = network.n
    off = ~np.eye(n, dtype=bool)
    last = np.zeros((n, n))
    matrices = (
        full_flows(network, "hoen"),
        as_full(input_share(network), "hoen"),
        as_full(sales_share(network), "hoen"),
        leontief(network),
    )
    for matrix in matrices:
        cells = matrix[off]
        above = len(cells) - np.searchsorted(
            np.sort(cells), cells, side="left"
        )  # ties share the last
        rank = np.where(cells > 0, above / len(cells), np.inf)
        last[off] = np.maximum(last[off], rank)
    last[~off] = np.inf
    return np.minimum(last, last.T)
