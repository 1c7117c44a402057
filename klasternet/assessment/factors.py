"""The nine factors of a scorecard and the six aims beside it: names, and what is measured here.

The names are the keys everywhere; `FACTOR_NAMES` and `AIM_NAMES` say them in English and Indonesian
for whoever prints or draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ..errors import DataError, ParameterError
from ..qualities import number
from ..registry import choose

__all__ = [
    "AIMS",
    "AIM_NAMES",
    "FACTORS",
    "FACTOR_NAMES",
    "MEASURED",
    "NOT_ASSESSED",
    "Indicator",
    "factor_called",
    "indicators_of",
    "names_in",
]

_FACTORS = {
    "specialisation": "spesialisasi",
    "research and development": "penelitian dan pengembangan",
    "knowledge and skills": "pengetahuan dan keterampilan",
    "human-resource development": "pengembangan sumber daya manusia",
    "networks of cooperation and social capital": "jaringan kerja sama dan modal sosial",
    "proximity to suppliers": "kedekatan dengan pemasok",
    "availability of capital": "ketersediaan modal",
    "entrepreneurship": "kewirausahaan",
    "leadership and shared vision": "kepemimpinan dan visi bersama",
}
_AIMS = {
    "people": "manusia",
    "productivity and jobs": "produktivitas dan lapangan kerja",
    "infrastructure": "infrastruktur",
    "growth with agro-industry": "pertumbuhan dengan agroindustri",
    "investment": "investasi",
    "environment": "lingkungan hidup",
}
FACTORS, AIMS = tuple(_FACTORS), tuple(_AIMS)
FACTOR_NAMES = {"en": {name: name for name in FACTORS}, "id": _FACTORS}
AIM_NAMES = {"en": {name: name for name in AIMS}, "id": _AIMS}
NOT_ASSESSED = {"en": "not assessed", "id": "tidak dinilai"}


@dataclass(frozen=True)
class Indicator:
    """What is measured, what factor it speaks of, and how a value becomes a score."""

    name: str
    factor: str
    better: str = "higher"
    bounds: tuple[float, float] | None = None  # ends of the scale: no value lies beyond
    target: tuple[float, float] | None = None  # worst and best: what lies beyond is clipped
    rule: str | None = None
    unit: str = ""
    source: str = "given"


MEASURED = {
    one.name: one
    for one in (
        Indicator("location quotient", "specialisation", unit="ratio", source="computed"),
        Indicator(
            "purchase retention", "proximity to suppliers",
            bounds=(0, 1), unit="share of purchases", source="computed",
        ),
        Indicator(
            "coagglomeration", "proximity to suppliers",
            unit="mean gamma of pairs", source="computed",
        ),
        Indicator(
            "reciprocity", "networks of cooperation and social capital",
            bounds=(0, 1), unit="share of internal flow", source="computed",
        ),
        Indicator(
            "density of ties", "networks of cooperation and social capital",
            bounds=(0, 1), unit="share of pairs", source="computed",
        ),
    )
}  # fmt: skip


def names_in(names: Mapping[str, Mapping[str, str]], language: str) -> Mapping[str, str]:
    """Names in a language."""
    return names[choose("language", language, names)]


def factor_called(name: Any, kind: str = "factor", names: Any = FACTOR_NAMES) -> str:
    """The factor (or aim) of that name, English or Indonesian, or an error with the nearest."""
    english = {_plain(key): key for key in names["en"]}
    known = {_plain(translated): key for key, translated in names["id"].items()} | english
    text = _plain(str(name))
    return known[text] if text in known else english[choose(kind, text, english)]


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def indicators_of(given: Any, columns: Any) -> dict[str, Indicator]:
    """The indicators that are looked at: those measured here and one for each column of evidence.

    Parameters
    ----------
    given : mapping, DataFrame or None
        Indicator to factor, to None (left out), or to a mapping of the fields of `Indicator`.
    columns : iterable of str
        Indicators that evidence is given for; one called as a factor needs no entry.
    """
    if isinstance(given, pd.DataFrame):
        given = {name: row.dropna().to_dict() for name, row in given.iterrows()}
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise ParameterError(
            f"indicators is a {type(given).__name__}; give a mapping of indicator to factor, such "
            'as {"patents per firm": "research and development"}.'
        )
    found, columns = dict(MEASURED), [str(c) for c in columns]
    taken = [c for c in columns if c in MEASURED]
    if taken:
        raise DataError(
            f"evidence has a column {taken[0]!r}, which is measured here; call it otherwise."
        )
    for name, fields in given.items():
        if fields is None:
            found.pop(str(name), None)
            continue
        if str(name) not in columns and str(name) not in MEASURED:
            raise DataError(
                f"indicators names {str(name)!r}, of which there is no evidence; add a column "
                "with empty cells if it is to count as not assessed, or take it out."
            )
        found[str(name)] = _indicator(str(name), fields)
    for name in columns:
        if name not in found and not (name in given and given[name] is None):
            try:
                found[name] = Indicator(name, factor_called(name))
            except ParameterError:
                raise DataError(
                    f"evidence has an indicator {name!r} of no factor; name its factor: "
                    f'indicators={{{name!r}: "research and development"}}, or None to leave it '
                    "out."
                ) from None
    return found


def _indicator(name: str, fields: Any) -> Indicator:
    """One indicator from what the user wrote of it, checked."""
    fields = {"factor": fields} if isinstance(fields, str) else dict(fields)
    start = MEASURED.get(name)
    known = [*Indicator.__dataclass_fields__][1:]
    for field in fields:
        choose(f"field of indicator {name!r}", field, known)
    if start is None and "factor" not in fields:
        raise ParameterError(f"indicator {name!r} has no factor; give one of {', '.join(FACTORS)}.")
    if "factor" in fields:
        fields["factor"] = factor_called(fields["factor"])
    if fields.get("rule") is not None:
        fields["rule"] = choose("rule", fields["rule"], ("rank", "minmax", "zscore"))
    for ends in ("bounds", "target"):
        if fields.get(ends) is not None:
            fields[ends] = _ends(name, ends, fields[ends])
    if fields.get("target") is not None and "better" in fields:
        raise ParameterError(
            f"indicator {name!r} has a target, worst to best, which tells what is better; leave "
            "better= out."
        )
    if "better" in fields:
        fields["better"] = choose("direction", fields["better"], ("higher", "lower"))
    if start is not None:
        return replace(start, **fields)
    if fields.get("bounds") is not None:
        fields.setdefault("source", "survey")
    return Indicator(name, **fields)


def _ends(name: str, ends: str, given: Any) -> tuple[float, float]:
    try:
        low, high = (number(f"{ends} of {name!r}", end) for end in given)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{ends} of {name!r} is {given!r}; give two numbers.") from error
    if low == high or (ends == "bounds" and low > high):
        cure = "lowest and highest of the scale" if ends == "bounds" else "worst and best, apart"
        raise ParameterError(f"{ends} of {name!r} is {given!r}; give the {cure}.")
    return low, high
