"""Supply and use tables made into one symmetric input-output table.

Statistical offices publish which industry makes which product and which industry uses it. A
network of industries needs the two joined: who buys from whom. This file does the joining and
knows no file format (see `bea` for one).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..registry import choose
from . import alignment as align
from .table import IOTable

__all__ = ["from_supply_use"]

ADJUSTMENT = "International trade adjustment"
NONCOMPETITIVE = "Noncompetitive imports"
MODELS = {
    "d": "fixed product sales structure",
    "b": "industry technology",
    "a": "product technology",
    "c": "fixed industry sales structure",
}
ASSUMPTIONS = {
    "proportional": "imports spread over users at home by import proportionality",
    "proportional_with_reexports": "imports spread over all users, exports too, by import "
    "proportionality",
}
NEGATIVE_USE = "Negative use"
NEGATIVE_INPUTS = "Negative inputs"
NEGATIVE_IMPORTS = "Negative imports"
ORIENTATION = (
    "supply is industry x product and use is product x industry, with the same names: transpose, "
    "rename or complete the table."
)


def from_supply_use(
    supply: pd.DataFrame,
    use: pd.DataFrame,
    *,
    model: str = "D",
    final_demand: pd.DataFrame | None = None,
    value_added: pd.DataFrame | None = None,
    imports_use: pd.DataFrame | str | None = None,
    imports: str | Sequence[str] = (),
    exports: str | Sequence[str] | None = None,
    output: pd.Series | None = None,
    noncompetitive: Sequence[str] = (),
    negatives: str = "keep",
    unit: str = "",
    year: int | None = None,
    source: str = "",
    name: str = "",
) -> IOTable:
    """Join a supply and a use table into an input-output table of domestic flows.

    Answers who buys from whom when the statistics only tell who makes what and who uses what.

    With V the supply table (industry x product), U and Y the use table and final demand (product
    rows), W the primary inputs, q = V'1 product totals and g = V1 industry totals:

    - **Model D** (industry x industry, fixed product sales structure): every user of a product buys
      it from its makers in the proportion of their market shares, D = V diag(q)^-1. Then
      Z = D U, final demand D Y, primary inputs W, output g. Without negative cells in V and U
      there is none in Z.
    - **Model B** (product x product, industry technology): an industry makes all its products with
      the same inputs, T = diag(g)^-1 V. Then Z = U T, final demand Y, primary inputs W T, output q.
      No negatives either.
    - **Model A** (product x product, product technology): a product is made with the same inputs
      whoever makes it, T = (V')^-1 diag(q). Then as in B.
    - **Model C** (industry x industry, fixed industry sales structure): an industry sells all its
      products to the same users, D = diag(g) (V')^-1. Then as in D.

    A and C need as many products as industries and a supply table that can be inverted, and they
    can give negative flows. These are counted and named in `table.source`, and never clipped.

    With `imports_use`, the imported part of the use table, domestic flows are U - U_m and Y - Y_m;
    D U_m (or U_m T) becomes ``table.imports``: each imported product stands beside the domestic
    industries that it competes with. Without an import matrix, ``imports_use="proportional"``
    makes one by the import-proportionality assumption: of a product, every user at home takes the
    same share from abroad, imports over all use at home (q + M - E where the table balances), and
    nothing imported is exported again. ``"proportional_with_reexports"`` counts exports among the
    users.

    Parameters
    ----------
    supply : DataFrame, industry x product
        Who makes what: a make table. A supply table with products in its rows must be transposed.
    use : DataFrame, product x industry
        Intermediate use, imports included. Rows and columns are matched to `supply` by name.
    model : "D", "B", "A" or "C"
    final_demand : DataFrame, product x category, optional
    value_added : DataFrame, primary input x industry, optional
    imports_use : DataFrame, product x (industry and category), or str, optional
        Imported part of `use` and of `final_demand`; or "proportional" (needs `imports`, and
        `exports` to know what is wholly domestic) or "proportional_with_reexports".
    imports : name or names
        Columns of `final_demand` that hold total imports as negative numbers. With `imports_use`
        they leave final demand; where they and `imports_use` differ (duties and domestic transport
        in the value of imports) the difference is kept as "International trade adjustment".
        Without `imports_use` they stay, as the row identity needs them.
    exports : name or names
        Export columns of `final_demand`.
    output : Series, optional
        Output of industries (D) or products (B); by default the totals of `supply`.
    noncompetitive : names of products
        Products whose imports compete with no domestic maker. Their imports, and all use of
        products that nobody makes, become the primary input row "Noncompetitive imports".
    negatives : "keep" or "apart"
        What to do with negative cells of Z. "apart" moves them, without loss, to a final demand
        column "Negative use" (row sums) and a primary input row "Negative inputs" (column sums);
        negative cells of the imports go to the row "Negative imports".
    unit, year, source, name
        Handed on to the table.

    Returns
    -------
    IOTable
        Rows: output = Z1 + final demand. Columns: output = Z'1 + imports'1 + primary inputs. Both
        hold as exactly as they do in the tables given.

    Raises
    ------
    AlignmentError
        Industries, products or categories that one table has and another lacks; doubled names.
    DataError
        Cells that are no finite number; makers of a product that cancel each other; for A and C a
        supply table that is not square or cannot be inverted; imports larger than what is used at
        home, under "proportional".
    ParameterError
        An unknown model or policy.

    Examples
    --------
    >>> supply = pd.DataFrame([[90, 0], [10, 100]], ["Farms", "Food"], ["crops", "meals"])
    >>> use = pd.DataFrame([[20, 50], [10, 0]], ["crops", "meals"], ["Farms", "Food"])
    >>> from_supply_use(supply, use).flows.to_numpy()
    array([[18., 45.],
           [12.,  5.]])

    Notes
    -----
    Misleads where the makers of a product sell to different customers (D), or where one industry
    makes its products in different ways (B). Scrap and second-hand goods are the usual case. The
    negatives of A and C mean that the assumption does not hold for the pair, or that the data are
    at odds; the Handbook reports that the inverse of market shares holds negatives whatever the
    data (12.95). It recommends D, on rectangular tables (12.76), and finds A and D best by the
    usual criteria (12.108).

    Import proportionality spreads imports as evenly as can be. An industry that lives on imported
    parts looks as domestic as its neighbours, so that links at home are overstated for it.

    Sources: Eurostat Manual of Supply, Use and Input-Output Tables (2008), chapter 11; United
    Nations Handbook on Supply and Use Tables and Input-Output Tables (2018), chapter 12, box 12.3
    and the worked example of tables 12.3 to 12.16; Miller and Blair (2009), chapter 5,
    doi:10.1017/CBO9780511626982.
    """
    model = choose("supply-and-use model", model, list(MODELS))
    negatives = choose("policy for negatives", negatives, ["keep", "apart"])
    supply = _aligned(supply, "supply")
    industries, products = supply.index, supply.columns
    use = _aligned(use, "use", products, industries)
    if final_demand is None:
        final_demand = pd.DataFrame(index=products)
    final_demand = _aligned(final_demand, "final_demand", products)
    if value_added is None:
        value_added = pd.DataFrame(columns=industries, dtype=float)
    value_added = _aligned(value_added, "value_added", None, industries)
    imports = _listed(imports, "imports", final_demand.columns)
    noncompetitive = _listed(noncompetitive, "noncompetitive", products)

    said = [source] * bool(source)
    imported = None
    spread = isinstance(imports_use, str)
    if spread:
        assumption = choose("import assumption", imports_use, list(ASSUMPTIONS))
        abroad = [] if exports is None else _listed(exports, "exports", final_demand.columns)
        if assumption == "proportional_with_reexports":
            abroad = []
        imports_use = _proportional_imports(use, final_demand, imports, abroad)
        said.append(ASSUMPTIONS[assumption])
    if imports_use is not None:
        categories = final_demand.columns.drop(imports)
        imported_use = _aligned_imports(imports_use, products, industries, categories)
        imported = imported_use[industries]
        adjustment = final_demand[imports].sum(axis=1) + imported_use.sum(axis=1)
        use = use - imported
        final_demand = final_demand[categories] - imported_use[categories]
        if imports and (adjustment.any() if not spread else (adjustment > 1e-9).any()):
            final_demand[ADJUSTMENT] = adjustment

    # What no domestic maker competes with has no row to stand in: it becomes a primary input.
    made = _is_made(supply)
    apart = use[~made].sum()
    if imported is not None:
        alone = ~made | products.isin(noncompetitive)
        apart = apart + imported[alone].sum()
        imported = imported.mul(~alone, axis=0)
    if apart.any():
        value_added = _with_row(value_added, NONCOMPETITIVE, apart)
    use = use.mul(made, axis=0)
    final_demand = final_demand.mul(made, axis=0)

    to_sellers, to_buyers = _model_matrices(supply, model)
    flows = to_sellers @ use @ to_buyers
    final_demand = to_sellers @ final_demand
    value_added = value_added @ to_buyers
    if imported is not None:
        imported = to_sellers @ imported @ to_buyers
    said.append(f"model {model.upper()}, {MODELS[model]}")
    if model in "ac":
        said[-1] += _told_negatives(flows, negatives)
    if negatives == "apart":
        flows, taken = _split(flows)
        if taken.any(axis=None):
            final_demand[NEGATIVE_USE] = taken.sum(axis=1)
            value_added = _with_row(value_added, NEGATIVE_INPUTS, taken.sum())
        if imported is not None:
            imported, taken = _split(imported)
            if taken.any(axis=None):
                value_added = _with_row(value_added, NEGATIVE_IMPORTS, taken.sum())
    if output is None:
        output = supply.sum(axis=1) if model in "cd" else supply.sum()
    return IOTable(
        flows,
        final_demand=final_demand if final_demand.shape[1] else None,
        value_added=value_added if len(value_added) else None,
        output=output,
        imports=imported,
        exports=exports,
        unit=unit,
        year=year,
        source="; ".join(said),
        name=name,
    )


def _proportional_imports(
    use: pd.DataFrame,
    final_demand: pd.DataFrame,
    imports: list[str],
    exports: list[str],
) -> pd.DataFrame:
    """The import matrix if all users at home take the same share of a product from abroad."""
    if not imports:
        raise DataError(
            "imports_use='proportional' spreads the imports of each product, and there are none; "
            "name the column of final_demand that holds them, as negative numbers, in imports=."
        )
    total = -final_demand[imports].sum(axis=1)
    at_home = pd.concat([use, final_demand.drop(columns=[*imports, *exports])], axis=1)
    # Users rather than supply in the denominator: the two agree where the table balances, and
    # only then would the other form spread exactly what was imported.
    base = at_home.sum(axis=1)
    total = total.clip(lower=0.0)  # a positive cell is no import: it stays, as an adjustment
    over = total > base.clip(lower=0.0) * (1 + 1e-9)
    if over.any():
        name = over.idxmax()
        raise DataError(
            f"imports of {name!r} are {total[name]:,.6g}, and all use at home is "
            f"{base[name]:,.6g} ({int(over.sum())} such products), so part of them is exported "
            "again; give an import matrix, or take imports_use='proportional_with_reexports'."
        )
    spread = at_home.mul(total / base.where(base != 0, 1.0), axis=0)
    return spread.reindex(columns=[*use, *final_demand.columns.drop(imports)], fill_value=0.0)


def _told_negatives(flows: pd.DataFrame, policy: str) -> str:
    """What model A or C did to signs, in words."""
    cells = flows.to_numpy()
    below = cells < -1e-12 * np.abs(cells).max()
    if not below.any():
        return " (no negative flow)"
    i, j = np.unravel_index(cells.argmin(), cells.shape)
    many, done = "s" if below.sum() > 1 else "", {"keep": "kept", "apart": "set apart"}[policy]
    return (
        f" ({below.sum()} negative flow{many}, together {cells[below].sum():,.6g}, the largest "
        f"{cells[i, j]:,.6g} from {flows.index[i]} to {flows.columns[j]}; {done})"
    )


def _aligned(
    frame: Any, what: str, rows: pd.Index | None = None, columns: pd.Index | None = None
) -> pd.DataFrame:
    """Give the frame as floats in the order of the names wanted, or say what is wrong with it."""
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            f"{what} is a {type(frame).__name__}; pass a pandas DataFrame with names on both sides."
        )
    given = [
        align.labels(frame.index, f"{what} (rows)"),
        align.labels(frame.columns, f"{what} (columns)"),
    ]
    for side, axis, wanted in zip(("rows", "columns"), given, (rows, columns), strict=True):
        if wanted is not None:
            align.same_names(axis, wanted, f"{what} ({side})", ORIENTATION)
    cells = pd.DataFrame(align.numbers(frame, what), *given)
    return cells.reindex(index=rows, columns=columns)


def _aligned_imports(
    frame: Any, products: pd.Index, industries: pd.Index, categories: pd.Index
) -> pd.DataFrame:
    """The imported part of use and final demand; other columns, totals say, are left alone."""
    both = industries.intersection(categories)
    if len(both):
        raise DataError(
            f"{both[0]!r} is an industry and a category of final demand, so a column of "
            "imports_use could mean either; rename one."
        )
    wanted = industries.append(categories)
    if isinstance(frame, pd.DataFrame):
        frame = frame.loc[:, frame.columns.astype(str).isin(wanted)]
    return _aligned(frame, "imports_use", products, wanted)


def _listed(names: str | Sequence[str], what: str, known: pd.Index) -> list[str]:
    """Give one name or many as a list, all of them known."""
    return align.known_names([names] if isinstance(names, str) else names, known, what)


def _is_made(supply: pd.DataFrame) -> np.ndarray:
    """Which products have a domestic maker."""
    total = supply.sum().to_numpy()
    cancelled = (total == 0) & (supply != 0).any().to_numpy()
    if cancelled.any():
        raise DataError(
            f"the makers of {supply.columns[cancelled][0]!r} add up to zero, so their market "
            "shares are not defined; correct the negative cells of supply."
        )
    return total != 0


def _model_matrices(supply: pd.DataFrame, model: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What turns product rows into sellers, and industry columns into buyers."""
    industries, products = supply.index, supply.columns
    if model in "bd":
        totals = supply.sum(axis=0 if model == "d" else 1)
        shares = supply.div(totals.where(totals != 0, 1.0), axis=1 if model == "d" else 0)
    else:
        inverse = _inverted(supply, model)
        totals = supply.sum(axis=1 if model == "c" else 0)
        shares = inverse.mul(totals, axis=0 if model == "c" else 1)
    if model in "cd":
        return shares, _identity(industries)
    return _identity(products), shares


def _inverted(supply: pd.DataFrame, model: str) -> pd.DataFrame:
    """(V')^-1, industry x product; a product that nobody makes has no row to invert."""
    made = supply.loc[:, _is_made(supply)]
    n, m = made.shape
    what = f"model {model.upper()} inverts the supply table"
    if n != m:
        raise DataError(
            f"{what}, which has {n} industries and {m} products that are made: it must be square. "
            "Add up products or industries until they match, or use model='D' or 'B'."
        )
    # The rank is judged on shares, so that the size of products does not count.
    shares = (made / made.sum()).to_numpy()
    if np.linalg.cond(shares) > 1e12:
        mix = np.abs(np.linalg.svd(shares)[0][:, -1])
        pair = supply.index[np.argsort(-mix)[:2]]
        raise DataError(
            f"{what}, and it is singular: industries such as {align.some(pair)} make their "
            "products in the same proportions. Add them up, or use model='D' or 'B'."
        )
    inverse = np.linalg.inv(shares).T / made.sum().to_numpy()
    return pd.DataFrame(inverse, supply.index, made.columns).reindex(
        columns=supply.columns, fill_value=0.0
    )


def _identity(names: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(np.eye(len(names)), index=names, columns=names)


def _with_row(frame: pd.DataFrame, name: str, row: pd.Series) -> pd.DataFrame:
    added = pd.DataFrame([row], index=[name])
    return pd.concat([frame, added]) if len(frame) else added


def _split(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells above zero and those below; they add up to the frame."""
    return frame.clip(lower=0.0), frame.clip(upper=0.0)
