"""Short names of sectors, in English and Indonesian, by the code of a published classification.

One CSV file holds them all (`klasternet/data/sector_names.csv`), so that the readers, the embedded
tables and the figures call an industry by the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from ..errors import AlignmentError
from ..registry import choose

__all__ = ["LANGUAGES", "WAYS", "call_sectors", "sector_names"]

FILE = Path(__file__).resolve().parents[1] / "data" / "sector_names.csv"
LANGUAGES = {"en": "short_name", "id": "short_name_id"}
WAYS = ["short", "code", "published"]  # ways to call a sector


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
        Index `code` (text); columns `short_name` (English) and `short_name_id` (Indonesian), each
        at most 20 characters and unique, and `full_name`.

    Examples
    --------
    >>> sector_names("bea_summary").loc["3361MV", "short_name"]
    'Motor vehicles'
    """
    names = _all_names()
    known = names["classification"].unique()
    chosen = names[names["classification"] == choose("classification", classification, known)]
    return chosen.drop(columns="classification").set_index("code")


def call_sectors(
    codes: Iterable[str],
    names: str | Mapping[str, str] | None,
    *,
    short: Mapping[str, str],
    published: Mapping[str, str],
) -> dict[str, str]:
    """Map codes to unique names.

    Parameters
    ----------
    codes : iterable of str
    names : "short", "code", "published", mapping or None
        A mapping of codes or published names to names goes before the short ones. None: short
        where every code has one, else published.
    short, published : mapping
        Code to name; a published name may be missing or stand twice.

    Raises
    ------
    AlignmentError
        The mapping gives two sectors one name.
    """
    codes = list(codes)
    own: Mapping[str, str] = {}
    if isinstance(names, Mapping):
        own, names = names, None
    if names is not None:
        names = choose("way to name industries", names, WAYS)
    if names is None:
        names = "short" if all(code in short or code in own for code in codes) else "published"
    listed = {"short": {**published, **short}, "published": published, "code": {}}[names]
    called = {code: listed.get(code) or code for code in codes}
    doubled = pd.Series(called).duplicated(keep=False)
    called = {c: f"{name} ({c})" if doubled[c] else name for c, name in called.items()}
    for code in codes:
        called[code] = own.get(code, own.get(published.get(code, code), called[code]))
    twice = pd.Series(called)[pd.Series(called).duplicated(keep=False)]
    if len(twice):
        raise AlignmentError(
            f"names= calls both {twice.index[0]!r} and {twice.index[1]!r} {twice.iloc[0]!r}; give "
            "every sector a name of its own, or add them up with aggregate()."
        )
    return called


def short_names(classification: str, language: str = "en") -> dict[str, str]:
    """Map the codes of a classification to their short names in one language."""
    column = LANGUAGES[choose("language", language, LANGUAGES)]
    return sector_names(classification)[column].to_dict()
