"""Short names of sectors, in English and Indonesian, by the code of a published classification.

One CSV file holds them all (`klasternet/data/sector_names.csv`), so that the readers, the embedded
tables and the figures call an industry by the same name. Where no list has a name, `shortening`
makes one by rule. A user's own names go before both, and two sectors never get one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from ..errors import AlignmentError, ParameterError
from ..registry import choose
from .alignment import some
from .shortening import shorten
from .table import IOTable

__all__ = ["call_sectors", "name_sectors", "sector_names", "short_names"]

FILE = Path(__file__).resolve().parents[1] / "data" / "sector_names.csv"
LANGUAGES = {"en": "short_name", "id": "short_name_id"}


@cache
def _all_names() -> pd.DataFrame:
    return pd.read_csv(FILE, dtype=str, keep_default_na=False)


def sector_names(classification: str) -> pd.DataFrame:
    """Give the short and the full name of every code of a classification.

    Parameters
    ----------
    classification : str
        Industries: ``"isic3"`` (Rev. 3.1) and ``"isic4"``, sections and divisions; ``"nace2"``,
        sections, divisions with their letter ("C10") and the published groups ("C10-12");
        ``"naics"``, sectors; ``"kbli"`` (2015 and 2020), sections and divisions; ``"bps17"``;
        ``"wiod2013"``; ``"wiod2016"``; ``"oecd45"``; ``"bea_summary"``; ``"germany_1995"``.
        Final demand and primary inputs: ``"bps_final_demand"``, ``"bps_value_added"`` and the same
        of nbs, oecd, eurostat, ons and bea; ``"wiod_final_demand"``.

    Returns
    -------
    pandas.DataFrame
        Index `code` (text); columns `short_name` (English) and `short_name_id` (Indonesian), each
        at most 20 characters and unique, and `full_name` as published.

    Raises
    ------
    ParameterError
        A classification that is not known; the nearest is named.

    Examples
    --------
    >>> sector_names("bea_summary").loc["3361MV", "short_name"]
    'Motor vehicles'
    >>> sector_names("kbli").loc["10", ["short_name_id", "full_name"]].tolist()
    ['Makanan', 'Industri Makanan']

    Notes
    -----
    Sources of the full names: ISIC Rev. 3.1 and Rev. 4, United Nations Statistics Division; NACE
    Rev. 2, Regulation (EC) 1893/2006; NAICS 2017, U.S. Census Bureau; KBLI 2020, BPS regulation 2
    of 2020. The short names are klasternet's own.
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
        "short" shortens by rule what no list has. A mapping of codes or published names to names
        goes before the short ones. None: short where every code has one, else published.
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
        names = choose("way to name industries", names, ["short", "code", "published"])
    if names is None:
        names = "short" if all(code in short or code in own for code in codes) else "published"
    listed = {"short": short, "published": published, "code": {}}[names]
    unlisted = {c: published.get(c) or c for c in codes if c not in short}
    if names == "short" and unlisted:
        by_rule = shorten(dict.fromkeys(unlisted.values()))
        listed = {**{c: by_rule[name] for c, name in unlisted.items()}, **short}
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


def name_sectors(
    table: IOTable,
    classification: str | None = None,
    *,
    language: str = "en",
    names: Mapping[str, str] | None = None,
) -> IOTable:
    """Return the table with short names of its industries.

    Parameters
    ----------
    table : IOTable
    classification : str, optional
        One of `sector_names`: industries that are its codes, its full names or its short names in
        either language get its short name. Industries that it does not have, or all where none is
        given, are shortened by rule to 20 characters.
    language : "en" or "id"
        Of the names of the classification; the rule makes no translation.
    names : mapping, optional
        Your own: industry as it is called now, or code, to name. It goes before everything.

    Returns
    -------
    IOTable
        The same numbers.

    Raises
    ------
    AlignmentError
        Two industries would be called the same: both are named.
    ParameterError
        A classification of which the table has no industry.

    Examples
    --------
    >>> import klasternet as kn
    >>> table = kn.datasets.load("usa_2022")
    >>> kn.name_sectors(table, "bea_summary", language="id").industries[:3].tolist()
    ['Pertanian, ternak', 'Kehutanan, perikanan', 'Minyak dan gas bumi']
    >>> kn.name_sectors(table, names={"Farms": "Agriculture"}).industries[0]
    'Agriculture'
    """
    current = list(table.industries)
    own = dict(names or {})
    unknown = [name for name in own if name not in current]
    found: dict[str, str] = {}
    if classification is not None:
        short = short_names(classification, language)
        listed = sector_names(classification)
        for column in ("short_name_id", "short_name", "full_name"):
            found |= {listed.loc[code, column]: code for code in listed.index}
        found |= {code: code for code in listed.index}
        coded = {name: found[name] for name in current if name in found}
        if not coded:
            raise ParameterError(
                f"no industry of the table is in classification {classification!r}; they are "
                f"{some(current, 3)}, its codes {some(listed.index, 3)}."
            )
        found = {name: short[code] for name, code in coded.items()}
        own |= {name: own[code] for name, code in coded.items() if code in own}
        unknown = [name for name in unknown if name not in coded.values()]
    if unknown:
        raise ParameterError(
            f"names= calls {some(unknown)}, which the table does not have; its industries are "
            f"{some(current, 4)}."
        )
    short_now = shorten(name for name in current if name not in found and name not in own)
    called = {name: own.get(name, found.get(name, short_now.get(name, name))) for name in current}
    twice = pd.Series(called)[pd.Series(called).duplicated(keep=False)].sort_values()
    if len(twice):
        raise AlignmentError(
            f"{twice.index[0]!r} and {twice.index[1]!r} would both be called {twice.iloc[0]!r}; "
            "give one of them another name by names=, or add them up with aggregate()."
        )
    return _renamed(table, called)


def _renamed(table: IOTable, called: Mapping[str, str]) -> IOTable:
    """The table with its industries called otherwise in every part."""
    both, rows = ("flows", "imports"), ("final_demand", "output", "region")
    parts: dict[str, pd.DataFrame | pd.Series] = {}
    for part in (*both, *rows, "value_added", "satellites"):
        held = getattr(table, part)
        if held is None or (part == "output" and table.output_derived):
            continue
        if part in both:
            parts[part] = held.rename(index=called, columns=called)
        elif part in rows:
            parts[part] = held.rename(index=called)
        else:
            parts[part] = held.rename(columns=called)
    if table.exports is not None and not table.export_columns:
        parts["exports"] = table.exports.rename(index=called)
    return table.replace(**parts)
