"""Where an industry stands in the chain: distance to final use, length of paths, influence.

Each is read off L, the Ghosh inverse or the flows themselves; none needs a second inverse.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from ..errors import DataError, ParameterError
from ..registry import choose
from ..tables.alignment import known_names, some
from ..tables.table import IOTable
from .solving import IMPORTED, imported, system

__all__ = [
    "average_propagation_length",
    "downstreamness",
    "field_of_influence",
    "multiplier_product_matrix",
    "upstreamness",
    "vertical_specialisation",
]

STOCKS = re.compile(r"inventor|\bstocks?\b|persediaan", re.IGNORECASE)


def upstreamness(table: IOTable, economy: str = "closed") -> pd.Series:
    """Tell how far an industry's output is from final use: 1 sells to final users alone.

    Closed: U = (I - B)^-1 1 with B_ij = Z_ij / x_i, the row sums of the Ghosh inverse. Open: the
    same with D_ij = Z_ij / (x_i - X_i + M_i - N_i), where X are exports, M imports that Z holds
    and N changes of stocks, so that what is exported is taken to be used as what stays.

    Parameters
    ----------
    table : IOTable
    economy : {"closed", "open"}
        "closed" counts an export as a final use. "open" needs exports; imports and changes of
        stocks are columns of final demand, known by their names.

    Returns
    -------
    Series, one number of steps for each industry, at least 1

    Raises
    ------
    DataError
        "open" without exports, in a table of many regions (which follows trade itself, so that
        "closed" is right), or for an industry that uses nothing at home.

    Notes
    -----
    For an economy that exports much the two differ, and "closed" makes an exporter of parts look
    as near to final use as one of furniture. Depends on how finely industries are told apart.
    Row sums of L are not upstreamness.

    Antras, Chor, Fally and Hillberry (2012), doi:10.1257/aer.102.3.412. The correction for trade
    and stocks is that of their own code for the table of 2002, in a public translation: flows over
    all use at home, exports, imports and changes of stocks left out.

    Examples
    --------
    >>> from klasternet import datasets
    >>> upstreamness(datasets.load("miller_blair")).round(4).tolist()
    [1.9142, 1.2541]
    """
    solved = system(table)
    if choose("economy", economy, ("closed", "open")) == "closed":
        steps = solved.per_output(solved.outputs(solved.output))
        steps[solved.output == 0] = 1.0
    else:
        use = _absorption(table)
        flows = table.flows.to_numpy()
        bad = (use <= 0) & (flows.sum(axis=1) > 0)
        if bad.any():
            raise DataError(
                f"{some(table.industries[bad])} sells to industries at home, but output less "
                "exports leaves nothing at home; check exports, or take economy='closed'."
            )
        D = np.divide(flows, use[:, None], out=np.zeros_like(flows), where=use[:, None] > 0)
        steps = np.linalg.solve(np.eye(table.n) - D, np.ones(table.n))
    return pd.Series(steps, table.industries, name="upstreamness")


def _absorption(table: IOTable) -> np.ndarray:
    """Output less exports and changes of stocks, with the imports that flows hold."""
    _no_regions(table, "an open economy")
    if table.exports is None:
        raise DataError(
            "an open economy needs exports, and the table has none; name them in exports=, or "
            "take economy='closed'."
        )
    use = table.output.to_numpy() - table.exports.to_numpy()
    if table.final_demand is not None:
        for name, column in table.final_demand.items():
            if STOCKS.search(str(name)) or (IMPORTED.search(str(name)) and column.sum() < 0):
                use = use - column.to_numpy()
    return use


def _no_regions(table: IOTable, what: str) -> None:
    if table.region is not None and len(table.regions.names) > 1:
        raise DataError(
            f"{what} is for a table of one region; this one follows trade between "
            f"{len(table.regions.names)} regions itself: take economy='closed'."
        )


def downstreamness(table: IOTable, economy: str = "closed") -> pd.Series:
    """Tell how far an industry is from primary inputs: 1 uses value added alone.

    Closed: D = (I - A')^-1 1, column sums of L; imports count as primary inputs. Open: imported
    inputs are taken to be made as domestic ones are, A_ij = (Z_ij + M_ij) / x_j.

    Parameters
    ----------
    table : IOTable
    economy : {"closed", "open"}
        "open" needs `imports` as a frame.

    Returns
    -------
    Series, one number of steps for each industry, at least 1

    Notes
    -----
    Up- and downstreamness rise together over industries, in random tables too (Bartolucci and
    others 2023, arXiv:2303.06603): neither alone places an industry in a chain.

    Examples
    --------
    >>> from klasternet import datasets
    >>> downstreamness(datasets.load("miller_blair")).round(4).tolist()
    [1.5182, 1.4521]
    """
    solved = system(table)
    if choose("economy", economy, ("closed", "open")) == "open":
        _no_regions(table, "an open economy")
        if table.imports is None:
            raise DataError(
                "an open economy needs imported inputs by product; pass imports=, an n x n frame, "
                "or take economy='closed'."
            )
        solved = system(table.replace(flows=table.flows + table.imports, imports=None))
    steps = solved.weights(np.ones(table.n))
    return pd.Series(steps, table.industries, name="downstreamness")


def average_propagation_length(table: IOTable) -> pd.DataFrame:
    """Tell in how many steps, on average, a change in one industry reaches another.

        V_ij = [L (L - I)]_ij / (L - I)_ij = sum_k k [A^k]_ij / sum_k [A^k]_ij

    Parameters
    ----------
    table : IOTable

    Returns
    -------
    DataFrame, n x n
        Steps from the seller (row) to the buyer (column); 0 where no path leads.

    Notes
    -----
    A length, not a strength: read it beside L - I, and leave weak ties out of pictures. The same
    for cost pushes and demand pulls.

    Dietzenbacher, Romero and Bosma (2005), Estudios de Economia Aplicada 23(2), 405-422.

    Examples
    --------
    >>> from klasternet import datasets
    >>> average_propagation_length(datasets.load("miller_blair")).round(4).to_numpy()
    array([[1.597 , 1.3762],
           [1.3762, 1.8357]])
    """
    A, L = system(table).A, table.leontief().to_numpy()
    rounds = A @ L  # L - I, without the loss of digits
    reached = _reached(A)
    steps = np.divide(L @ rounds, rounds, out=np.zeros_like(L), where=reached & (rounds != 0))
    return pd.DataFrame(steps, table.industries, table.industries)


def _reached(A: np.ndarray) -> np.ndarray:
    """Which industries a chain of sales leads to, n x n: rounding must not open a path."""
    sells = A != 0
    count, part = connected_components(sells, connection="strong")
    chain = np.zeros((count, count), dtype=bool)
    i, j = np.nonzero(sells)
    chain[part[i], part[j]] = True
    while True:
        longer = chain | ((chain.astype(np.float32) @ chain.astype(np.float32)) > 0)
        if (longer == chain).all():
            return chain[np.ix_(part, part)]
        chain = longer


def field_of_influence(
    table: IOTable, seller: str | None = None, buyer: str | None = None
) -> pd.DataFrame:
    """Tell how much a change in one input coefficient changes the whole Leontief inverse.

        F(i, j) = L[:, i] L[j, :]       dL = e F(i, j) / (1 - e L_ji)       for a_ij + e

    Parameters
    ----------
    table : IOTable
    seller, buyer : str, optional
        The coefficient a_ij. Without them every coefficient is summed up.

    Returns
    -------
    DataFrame, n x n
        F(i, j); without a pair S, with S_ij the sum of squares of F(i, j), that is
        (sum_x L_xi^2) (sum_y L_jy^2): which ties matter most if they change.

    Notes
    -----
    S is a product of one number for the seller and one for the buyer: it ranks industries more
    than it ranks ties.

    Sonis and Hewings (1992), Economic Systems Research 4(2), doi:10.1080/09535319200000013, as in
    the documentation of the R package ioanalysis; the closed form of S follows from F, and is
    tested against changed inverses.

    Examples
    --------
    >>> from klasternet import datasets
    >>> field_of_influence(datasets.load("miller_blair")).round(4).to_numpy()
    array([[2.7623, 2.1827],
           [2.3007, 1.8179]])
    """
    if (seller is None) != (buyer is None):
        raise ParameterError("one end of a tie is given; give seller= and buyer=, or neither.")
    L = table.leontief().to_numpy()
    if seller is None:
        cells = np.outer((L**2).sum(axis=0), (L**2).sum(axis=1))
    else:
        known_names(dict.fromkeys([seller, buyer]), table.industries, "the tie")
        i, j = table.industries.get_indexer([seller, buyer])
        cells = np.outer(L[:, i], L[j])
    return pd.DataFrame(cells, table.industries, table.industries)


def multiplier_product_matrix(table: IOTable) -> pd.DataFrame:
    """Return what L would be if every industry pulled in the same proportions.

    M_ij = (row sum of L)_i (column sum of L)_j / (sum of L): the landscape of backward and forward
    multipliers, in which ordering rows and columns by size shows the economy's hierarchy (Nazara,
    Guo, Hewings and Dridi 2003, REAL Discussion Paper 03-T-23, as in the documentation of the R
    package ioanalysis).

    Examples
    --------
    >>> from klasternet import datasets
    >>> multiplier_product_matrix(datasets.load("miller_blair")).round(4).to_numpy()
    array([[0.8097, 0.7745],
           [0.7085, 0.6777]])
    """
    L = table.leontief().to_numpy()
    cells = np.outer(L.sum(axis=1), L.sum(axis=0))
    return pd.DataFrame(cells / L.sum(), table.industries, table.industries)


def vertical_specialisation(table: IOTable) -> pd.DataFrame:
    """Tell how much of each industry's exports is made of imported inputs.

    With A the flows within the region per unit of output and m imported inputs per unit of output,

        content_j = [m (I - A)^-1]_j            VS = sum_j content_j e_j / sum_j e_j

    Parameters
    ----------
    table : IOTable
        With exports, and imported inputs. In a table of regions both are counted region by region,
        and what crosses a border between them is trade.

    Returns
    -------
    DataFrame, one row for each industry
        exports; import_content (share of a unit of its exports); imported (money). The share of
        all exports, VS, is in ``attrs["share"]``, and by region in ``attrs["by_region"]``.

    Notes
    -----
    Counts imported content once however often it crossed the border before, and content made at
    home that comes back as imports as foreign.

    Hummels, Ishii and Yi (2001), doi:10.1016/S0022-1996(00)00093-3.

    Examples
    --------
    >>> from klasternet import datasets
    >>> vs = vertical_specialisation(datasets.load("germany_1995"))
    >>> round(vs.attrs["share"], 4)
    0.1946
    """
    if table.exports is None:
        raise DataError(
            "vertical specialisation needs exports, and the table has none; name them in exports=."
        )
    solved, exports = system(table, home=True), table.exports
    content = solved.weights(solved.per_output(imported(table, home=True)))
    out = pd.DataFrame(
        {"exports": exports, "import_content": content, "imported": content * exports},
        table.industries,
    )
    total = float(exports.sum())
    out.attrs["share"] = float(out["imported"].sum()) / total if total else 0.0
    if table.region is not None:
        sums = out.groupby(table.region.to_numpy(), sort=False)[["imported", "exports"]].sum()
        out.attrs["by_region"] = (sums["imported"] / sums["exports"]).to_dict()
    return out
