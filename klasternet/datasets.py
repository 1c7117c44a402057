"""Small real tables that come with klasternet, and planted economies with known clusters.

Each real table is one CSV file in `klasternet/data/` with all its quadrants: industries, primary
inputs, the row "Output" and, below it, satellite rows, against industries, final demand and the
column "Output". Where it comes from is told here and, at length, in `klasternet/data/README.md`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from .planting import planted
from .registry import choose
from .tables.table import IOTable

__all__ = ["load", "names", "planted"]

DATA = Path(__file__).resolve().parent / "data"

TABLES: dict[str, dict[str, Any]] = {
    "usa_2022": {
        "year": 2022,
        "unit": "million USD",
        "exports": "Exports",
        "name": "United States 2022",
        "source": "computed by klasternet from the make, use and import tables of the "
        "U.S. Bureau of Economic Analysis (public domain)",
    },
    "germany_1995": {
        "year": 1995,
        "unit": "million EUR",
        "exports": "Exports",
        "name": "Germany 1995",
        "source": "Eurostat Manual of Supply, Use and Input-Output Tables (2008)",
    },
    "miller_blair": {
        "unit": "money",
        "name": "Miller and Blair, two sectors",
        "source": "Miller and Blair (2009), Tables 2.3 and 2.4, doi:10.1017/CBO9780511626982",
    },
}


def names() -> list[str]:
    """List the tables that `load` knows.

    Examples
    --------
    >>> names()
    ['usa_2022', 'germany_1995', 'miller_blair']
    """
    return list(TABLES)


def load(name: str) -> IOTable:
    """Load one of the small real tables that come with klasternet.

    Parameters
    ----------
    name : str
        ``"usa_2022"``: domestic flows between 71 industries in million U.S. dollars, imported
        inputs apart, negative flows set apart as a column and a row of their own, so that no flow
        is negative. ``"germany_1995"``: six branches, million euros, with employment.
        ``"miller_blair"``: the two-sector example of the textbook.

    Returns
    -------
    IOTable

    Raises
    ------
    ParameterError
        An unknown name; the nearest is given.

    Examples
    --------
    >>> load("miller_blair").flows.to_numpy()
    array([[150., 500.],
           [200., 100.]])

    Notes
    -----
    Identities hold to the rounding of the published numbers: in usa_2022 a row or column misses its
    output by up to 9 million dollars. The other two are exact.
    """
    name = choose("embedded table", name, TABLES)
    frame = _read(f"{name}.csv")
    industries = frame.columns[frame.columns.isin(frame.index)].drop("Output")
    last = frame.index.get_loc("Output")
    primary, satellites = frame.index[len(industries) : last], frame.index[last + 1 :]
    categories = frame.columns[len(industries) : frame.columns.get_loc("Output")]
    imports = DATA / f"{name}_imports.csv"
    return IOTable(
        frame.loc[industries, industries],
        final_demand=frame.loc[industries, categories],
        value_added=frame.loc[primary, industries],
        output=frame.loc[industries, "Output"],
        satellites=frame.loc[satellites, industries] if len(satellites) else None,
        imports=_read(imports.name) if imports.exists() else None,
        **TABLES[name],
    )


def _read(file: str) -> pd.DataFrame:
    return pd.read_csv(DATA / file, index_col=0).astype(float)
