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

from ..errors import DataError, ParameterError
from ..registry import choose
from . import alignment as align
from .table import IOTable

__all__ = ["from_supply_use"]

ADJUSTMENT = "International trade adjustment"
NONCOMPETITIVE = "Noncompetitive imports"
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
    imports_use: pd.DataFrame | None = None,
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

    With `imports_use`, the imported part of the use table, domestic flows are U - U_m and Y - Y_m;
    D U_m (or U_m T) becomes ``table.imports``: each imported product stands beside the domestic
    industries that it competes with.

    Parameters
    ----------
    supply : DataFrame, industry x product
        Who makes what: a make table. A supply table with products in its rows must be transposed.
    use : DataFrame, product x industry
        Intermediate use, imports included. Rows and columns are matched to `supply` by name.
    model : "D" or "B"
    final_demand : DataFrame, product x category, optional
    value_added : DataFrame, primary input x industry, optional
    imports_use : DataFrame, product x (industry and category), optional
        Imported part of `use` and of `final_demand`.
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
        Cells that are no finite number; makers of a product that cancel each other.
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
    Misleads where an industry's makers sell to different customers: market shares are the same for
    all users. Scrap and second-hand goods are the usual case, and the usual source of negatives.
    Models A and C need product technology and can give negative flows; they are not available.

    Sources: Eurostat Manual of Supply, Use and Input-Output Tables (2008), chapter 11; United
    Nations Handbook on Supply and Use Tables and Input-Output Tables (2018), chapter 12; Miller and
    Blair (2009), chapter 5, doi:10.1017/CBO9780511626982.
    """
    model = _choose_model(model)
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

    imported = None
    if imports_use is not None:
        categories = final_demand.columns.drop(imports)
        imported_use = _aligned_imports(imports_use, products, industries, categories)
        imported = imported_use[industries]
        adjustment = final_demand[imports].sum(axis=1) + imported_use.sum(axis=1)
        use = use - imported
        final_demand = final_demand[categories] - imported_use[categories]
        if imports:
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
        output = supply.sum(axis=1) if model == "d" else supply.sum()
    return IOTable(
        flows,
        final_demand=final_demand if final_demand.shape[1] else None,
        value_added=value_added if len(value_added) else None,
        output=output,
        imports=imported,
        exports=exports,
        unit=unit,
        year=year,
        source=source,
        name=name,
    )


def _choose_model(model: Any) -> str:
    """Give "b" or "d"; say why A and C are not to be had."""
    if isinstance(model, str) and model.strip().lower() in ("a", "c"):
        raise ParameterError(
            f"supply-and-use model {model!r} (product technology or fixed industry sales) is not "
            "available; use model='D' (industry x industry) or model='B' (product x product)."
        )
    return choose("supply-and-use model", model, ["d", "b"])


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
    totals = supply.sum(axis=0 if model == "d" else 1)
    shares = supply.div(totals.where(totals != 0, 1.0), axis=1 if model == "d" else 0)
    if model == "d":
        return shares, _identity(supply.index)
    return _identity(supply.columns), shares


def _identity(names: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(np.eye(len(names)), index=names, columns=names)


def _with_row(frame: pd.DataFrame, name: str, row: pd.Series) -> pd.DataFrame:
    added = pd.DataFrame([row], index=[name])
    return pd.concat([frame, added]) if len(frame) else added


def _split(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells above zero and those below; they add up to the frame."""
    return frame.clip(lower=0.0), frame.clip(upper=0.0)
