"""The factored system behind every reading of accounts, and the accounts that it carries.

I - A is factored once and kept with the table; what follows is a solve. Which rows are value
added, which inputs are imported, and how households close the model is settled here, once.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import lapack, lu_solve

from ..clusters import Clusters
from ..errors import ConvergenceError, DataError, KlasternetWarning, ParameterError
from ..labelling import REST
from ..tables.alignment import known_names, one_per_industry, same_names, some
from ..tables.table import IOTable

__all__ = [
    "System",
    "account",
    "carried",
    "closure",
    "imported",
    "regions_of",
    "rounds",
    "shares_of",
    "system",
    "tells_imports",
    "value_added_rows",
]

OUTPUT, VALUE_ADDED = "output", "value added"
HOPELESS = 1e10  # output for a unit of demand from which on rounding is all there is
IMPORTED = re.compile(r"\bimpor", re.IGNORECASE)
EARNED = re.compile(r"value added|nilai tambah", re.IGNORECASE)
MONEY = re.compile(r"\bwages?\b|compensation|salar(y|ies)|payroll|\bupah\b|\bgaji\b", re.IGNORECASE)
PEOPLE = re.compile(
    r"\bemploy|\bjobs?\b|\bpersons?\b|\bworkers?\b|\blabou?r\b|\bhours?\b|tenaga kerja|pekerja",
    re.IGNORECASE,
)
BEYOND = 1.5  # wages over output, from which on their unit is doubtful
STRANGE, NOT_TINY, MANY = 300.0, 0.01, 5  # jobs against the others', their share, how many others
NOT_EARNED = re.compile(  # rows of primary inputs that are no value added at basic prices
    r"\bimpor|product tax|taxes on products|pajak produk\b|paid abroad|di luar negeri"
    r"|^negative|other industries",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class System:
    """(I - A), factored, with the output that the coefficients were taken from."""

    A: np.ndarray
    output: np.ndarray
    factor: tuple[np.ndarray, np.ndarray]

    def outputs(self, demand: np.ndarray) -> np.ndarray:
        """L y: what each industry makes for the final demand y, (n,) or (n, k)."""
        return lu_solve(self.factor, demand)

    def weights(self, row: np.ndarray) -> np.ndarray:
        """c L: what a unit of demand for each industry carries of an account, (n,) or (n, k)."""
        return lu_solve(self.factor, row, trans=1)

    def per_output(self, amounts: np.ndarray) -> np.ndarray:
        """Amounts per unit of output; 0 for an industry without output."""
        return np.divide(amounts, self.output, out=np.zeros(amounts.shape), where=self.output != 0)


def system(table: IOTable, home: bool = False) -> System:
    """The factored system of a table; with `home`, of the flows within its regions alone."""
    home = home and table.region is not None
    key = "home system" if home else "system"
    if key not in table._cache:
        A = table.coefficients().to_numpy()
        if home:
            region = table.region.to_numpy()
            A = np.where(region[:, None] == region, A, 0.0)
        factored, pivots, singular = lapack.dgetrf(np.eye(table.n) - A)
        solved = System(A, table.output.to_numpy(), (factored, pivots))
        # With A >= 0, demand of one unit everywhere has a positive answer if and only if the
        # spectral radius is below 1 (Hawkins and Simon); otherwise leontief() looks at the
        # eigenvalues, and says what is wrong.
        called = solved.outputs(np.ones(table.n))
        lost = bool(singular) or not np.abs(called).max() < HOPELESS
        if lost or (A < 0).any() or (called <= 0).any():
            table.leontief()
        if lost:
            raise ConvergenceError(
                f"I - A cannot be told from a singular matrix: {called.max():.2g} units of output "
                "for a unit of demand. Check output and its unit with audit()."
            )
        table._cache[key] = solved
    return table._cache[key]


def regions_of(table: IOTable) -> tuple[pd.Index, np.ndarray]:
    """Names of regions, and the number of the region of each industry; one region, number 0."""
    if table.region is None:
        return pd.Index([""]), np.zeros(table.n, dtype=int)
    names = pd.Index(table.regions.names)
    return names, names.get_indexer(table.region)


def account(table: IOTable, of: Any) -> tuple[str, np.ndarray]:
    """Name and amounts of an account, one for each industry.

    Parameters
    ----------
    of : str, list of str or Series
        "output", "value added", "imports", a row of `value_added` or `satellites`, several such
        rows (added up), or amounts by industry.

    Warns of amounts that stand in another unit, where that shows.
    """
    if isinstance(of, pd.Series):
        amounts = one_per_industry(of, "the account", table.industries).to_numpy()
        _warn_of_units(table, str(of.name or "account"), amounts)
        return str(of.name or "account"), amounts
    if of == OUTPUT:
        return OUTPUT, system(table).output
    if of == "imports":
        return "imports", imported(table)
    if isinstance(of, str) and of.replace("_", " ") == VALUE_ADDED:
        rows = value_added_rows(table)
        amounts = table.value_added.loc[rows].sum().to_numpy()
        below = table.industries[amounts < 0]
        if len(below):
            warnings.warn(
                f"value added is negative in {some(below)}; what is carried there counts "
                "against the total. See table.audit().",
                KlasternetWarning,
                stacklevel=3,
            )
        return VALUE_ADDED, amounts
    parts = [part for part in (table.value_added, table.satellites) if part is not None]
    if not parts:
        raise DataError(
            f"the table has no account {of!r}: it holds neither value added nor satellites; pass "
            "value_added= or satellites= to IOTable, or give a Series by industry."
        )
    held = pd.concat(parts)
    names = known_names([of] if isinstance(of, str) else of, held.index, "the account")
    twice = held.index[held.index.duplicated()].intersection(names)
    if len(twice):
        raise DataError(
            f"{twice[0]!r} is a row of value added and a satellite; rename one of them."
        )
    for name in names:
        if table.satellites is not None and name in table.satellites.index:
            _warn_of_units(table, name, held.loc[name].to_numpy())
    return " + ".join(names), held.loc[names].sum().to_numpy()


def _warn_of_units(table: IOTable, name: str, amounts: np.ndarray) -> None:
    """Warn of wages in another unit than the table's money, and of jobs in another than the rest.

    Wages are seen where they are far above output, jobs where one industry has hundreds of times
    what the others have for a unit of output. A row of jobs that is wholly in another unit looks
    like any other; emissions differ as much by nature.
    """
    x = table.output.to_numpy()
    high = (x > 0) & (amounts > BEYOND * x)
    if MONEY.search(name) and high.any():
        k = int(np.argmax(np.where(high, amounts, -np.inf)))
        warnings.warn(
            f"{name!r} of {table.industries[k]!r} is {amounts[k] / x[k]:,.4g} times its output; "
            f"give it in the unit of the table{f', {table.unit}' if table.unit else ''}.",
            KlasternetWarning,
            stacklevel=4,
        )
        return
    if not PEOPLE.search(name) or np.count_nonzero(amounts) <= MANY:
        return
    rest, base = amounts.sum() - amounts, x.sum() - x
    strange = (x > 0) & (rest > 0) & (amounts >= NOT_TINY * np.abs(amounts).sum())
    strange &= amounts * base > STRANGE * rest * x
    if strange.any():
        k = int(np.argmax(np.where(strange, amounts, -np.inf)))
        warnings.warn(
            f"{name!r} of {table.industries[k]!r} is, for a unit of output, "
            f"{amounts[k] * base[k] / (rest[k] * x[k]):,.4g} times what the others have: a cell in "
            "another unit, or a slip of the decimal point? Give the whole row in one unit.",
            KlasternetWarning,
            stacklevel=4,
        )


def value_added_rows(table: IOTable) -> list[str]:
    """Rows of primary inputs that are value added: no imports, no taxes on products.

    Imports are known by `import_rows` or by name, taxes on products by name.
    """
    if table.value_added is None:
        raise DataError(
            f"{table.name or 'the table'} has no value added; pass value_added= to IOTable, or "
            "give the amounts as a Series by industry."
        )
    names = list(table.value_added.index)
    mixed = [n for n in names if IMPORTED.search(n) and EARNED.search(n)]
    if mixed:
        raise DataError(
            f"the row {mixed[0]!r} holds imports and value added together; give value added "
            "alone, as a Series by industry, or split the row."
        )
    rows = [n for n in names if n not in table.import_rows and not NOT_EARNED.search(n)]
    if not rows:
        raise DataError(
            f"none of the rows of primary inputs is value added: {some(names)}; name the rows "
            "that are, as in multipliers(table, [...])."
        )
    return rows


def carried(table: IOTable) -> dict[str, np.ndarray]:
    """Accounts that follow output: value added where the table tells it, and each satellite.

    Value added is left out where there is none, or where it stands in one row with imports.
    """
    found = {}
    if table.value_added is not None:
        names = table.value_added.index.difference(list(table.import_rows))
        told = any(not NOT_EARNED.search(n) for n in names)
        if told and not any(IMPORTED.search(n) and EARNED.search(n) for n in names):
            found["value_added"] = account(table, VALUE_ADDED)[1]
    if table.satellites is not None:
        found |= {str(name): row.to_numpy() for name, row in table.satellites.iterrows()}
    for name in [n for n in found if n != "value_added"]:
        _warn_of_units(table, name, found[name])
    return found


def _import_rows(table: IOTable) -> list[str]:
    """Rows of primary inputs that are imports and nothing else."""
    rows = [] if table.value_added is None else list(table.value_added.index)
    named = [n for n in rows if IMPORTED.search(n) and not EARNED.search(n)]
    return [n for n in rows if n in table.import_rows or n in named]


def tells_imports(table: IOTable, home: bool = False) -> bool:
    """Whether the table tells what inputs come from outside, or, `home`, from other regions."""
    traded = home and table.region is not None
    return traded or table.imports is not None or bool(_import_rows(table))


def imported(table: IOTable, home: bool = False) -> np.ndarray:
    """Inputs that each industry buys from outside the table, shape (n,).

    From `imports` and the rows of primary inputs that are imports; with `home`, for the system of
    flows within regions, those from the table's other regions as well.
    """
    if not tells_imports(table, home):
        raise DataError(
            f"{table.name or 'the table'} does not tell imported inputs; pass imports=, a frame "
            "n x n or the names of rows of value_added."
        )
    total = np.zeros(table.n)
    if home and table.region is not None:
        total += table.regions.traded.to_numpy().sum(axis=0)
    if table.imports is not None:
        total += table.imports.to_numpy().sum(axis=0)
    rows = _import_rows(table)
    if rows:
        total += table.value_added.loc[rows].to_numpy().sum(axis=0)
    return total


def closure(
    table: IOTable, households: str | Iterable[str], income: str | Iterable[str] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Spending per unit of households' income H, n x r, and income per unit of output W, r x n.

    One household sector for each region, which spends at home and abroad what is earned at home.

    Parameters
    ----------
    households : str or list of str
        Columns of final demand; in a table of regions, the categories, the same everywhere.
    income : str or list of str
        Rows of value added that households earn and spend, such as compensation.
    """
    wanted = [households] if isinstance(households, str) else list(households)
    parts = {"final demand": table.final_demand, "income": income, "households": wanted or None}
    lacking = [name for name, part in parts.items() if part is None]
    if lacking:
        raise ParameterError(
            f"the closing for households lacks {lacking[0]}; give households=, columns of final "
            "demand, and income=, the rows of value added that they spend."
        )
    solved, demand = system(table), table.final_demand
    earned = account(table, income)[1]
    names, place = regions_of(table)
    if table.region is None:
        spenders = [(0, name) for name in demand]
    else:
        spenders = [
            (int(names.get_indexer([region])[0]), category)
            for region, category in table.regions.final_columns()
        ]
    known_names(wanted, pd.Index(dict.fromkeys(c for _, c in spenders)), "households=")
    member = (np.arange(len(names))[:, None] == place).astype(float)
    H = np.zeros((table.n, len(names)))
    for column, (region, category) in enumerate(spenders):
        if category in wanted:
            H[:, region] += demand.iloc[:, column].to_numpy()
    total = member @ earned
    if (total <= 0).any():
        where = "" if table.region is None else f" in {names[total.argmin()]!r}"
        raise DataError(
            f"households have no income{where} from {income!r}; name rows that they earn."
        )
    H = H / total
    if (H.sum(axis=0) > 1).any():
        warnings.warn(
            f"households spend {H.sum(axis=0).max():.2f} times the income they are given on "
            "products of the table, so induced effects are too large; name more rows in income=.",
            KlasternetWarning,
            stacklevel=3,
        )
    return H, member * solved.per_output(earned)


def rounds(W: np.ndarray, LH: np.ndarray) -> np.ndarray:
    """I - W L H, what a unit of households' income leaves after it came round, checked."""
    back = W @ LH
    radius = float(np.abs(np.linalg.eigvals(back)).max())
    if radius >= 1:
        raise ConvergenceError(
            f"a unit of households' income comes round as {radius:.4g}, so that spending would "
            "never end; name more rows in income=, or fewer columns in households=."
        )
    return np.eye(len(back)) - back


def shares_of(clusters: Clusters, table: IOTable) -> pd.DataFrame:
    """Share of each industry of the table in each cluster, the rest last where there is one.

    Both must name the same industries.
    """
    names = pd.Index(clusters.network.industries).astype(str)
    same_names(
        names,
        table.industries,
        "the clusters' network",
        "take the table that the network was made from.",
    )
    held, rest = clusters.membership.toarray(), clusters.rest_share
    found = [*clusters.names]
    if rest.any():
        held, found = np.column_stack([held, rest]), [*found, REST]
    at = names.get_indexer(table.industries)
    return pd.DataFrame(held[at], table.industries, pd.Index(found, name="cluster"))
