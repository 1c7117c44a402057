"""Short English names of sectors, by the code of a published classification.

One CSV file holds them all (`klasternet/data/sector_names.csv`), so that the readers, the embedded
tables and the figures call an industry by the same name.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from ..registry import choose

__all__ = ["sector_names"]

FILE = Path(__file__).resolve().parents[1] / "data" / "sector_names.csv"


@cache
def _all_names() -> pd.DataFrame:
    return pd.read_csv(FILE, dtype=str, keep_default_na=False)


def sector_names(classification: str) -> pd.DataFrame:
    """Give the short and the full name of every code of a classification.

    Parameters
    ----------
    classification : str
        ``"bea_summary"``, ``"bea_final_demand"``, ``"bea_value_added"``, ``"wiod2013"``,
        ``"wiod2016"``, ``"wiod_final_demand"`` or ``"germany_1995"``.

    Returns
    -------
    pandas.DataFrame
        Index `code` (text); columns `short_name` (at most 20 characters, unique) and `full_name`.

    Examples
    --------
    >>> sector_names("bea_summary").loc["3361MV", "short_name"]
    'Motor vehicles'
    """
    names = _all_names()
    known = names["classification"].unique()
    chosen = names[names["classification"] == choose("classification", classification, known)]
    return chosen.drop(columns="classification").set_index("code")
