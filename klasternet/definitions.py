"""Clusters that somebody drew up: labels by name, lists of codes, concordances, shares.

A listed code covers what is below it, the longest that fits decides, and a code in several lists
is shared out. With S the shares of codes in industries (by count or weight) and D those of codes in
clusters, the shares of industries in clusters are S D.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .errors import AlignmentError, DataError, KlasternetWarning, ParameterError
from .labelling import REST
from .tables.alignment import numbers, same_names, some

__all__ = ["Definition", "by_name", "is_list", "read_list", "read_shares"]

SEVERAL = (list, tuple, set, frozenset, np.ndarray, pd.Index, pd.Series)
RANGE = re.compile(r"([A-Z]?)(\d+)[-T]([A-Z]?)(\d+)")
SECTIONS = re.compile(r"([A-Z])-([A-Z])")
WITH_LETTER = re.compile(r"([A-Z])(\d\w*)?")
HEAD = re.compile(  # "C10-C12 Food", "311: Food", "C", not "T-shirts"
    r"([A-Z]?\d[\w.]*(?:[-–][A-Z]?\d[\d.]*)?(?=$|[\s:,;)–-])|[A-Z](?:-[A-Z])?(?=$|[\s:,;)]))"
)
LISTED = 20  # codes that a warning names
SAME = 12  # decimals to which two shares are compared

Code = tuple[str, str]  # section letter or "", and what follows it


class Definition(NamedTuple):
    """Shares in clusters, (n, k); the clusters; and the cluster of each industry, -1 the rest."""

    shares: np.ndarray
    names: list[Any]
    primary: np.ndarray


def by_name(labels: pd.Series, industries: pd.Index) -> pd.Series:
    """Labels in the order of the industries, matched by name."""
    doubled = labels.index.duplicated()
    if doubled.any():
        raise AlignmentError(
            f"the labels name {labels.index[doubled][0]!r} twice. Keep one for each industry."
        )
    missing, unknown = industries.difference(labels.index), labels.index.difference(industries)
    if len(missing) or len(unknown):
        which = f"lack {missing[0]!r}" if len(missing) else f"have unknown {unknown[0]!r}"
        raise AlignmentError(
            f"the labels {which}. Give one label for each industry of the network; "
            "None for an industry of no cluster."
        )
    return labels.reindex(industries)


def is_list(labels: Any) -> bool:
    """Whether labels are a list of codes: a frame of pairs, or a mapping of cluster to codes."""
    if isinstance(labels, pd.DataFrame):
        return {"code", "cluster"} <= set(labels.columns)
    return isinstance(labels, Mapping) and any(isinstance(v, SEVERAL) for v in labels.values())


def read_shares(frame: pd.DataFrame, industries: pd.Index) -> Definition:
    """Shares given as they are, industries x clusters."""
    same_names(frame.index, industries, "the frame of shares")
    if not frame.index.is_unique or not frame.columns.is_unique:
        raise AlignmentError("the frame of shares names an industry or a cluster twice; keep one.")
    frame = frame.drop(columns=[c for c in frame if c in (-1, REST)]).reindex(industries)
    S = numbers(frame, "the frame of shares")
    sums = S.sum(axis=1)
    bad = (S < 0).any(axis=1) | (sums > 1 + 1e-9)
    if bad.any():
        i = int(np.argmax(bad))
        raise DataError(
            f"the shares of {industries[i]!r} add up to {sums[i]:g}, the least is {S[i].min():g}; "
            "shares are not negative and add up to 1 at most, what is left being the rest of the "
            "economy. For a list of codes name the columns 'code' and 'cluster'."
        )
    names = list(frame.columns)
    first = np.tile(np.argsort(np.argsort([str(name) for name in names])), (len(S), 1))
    return _without_empty(S, names, first)


def read_list(listed: Any, codes: Any, industries: pd.Index, columns: pd.DataFrame) -> Definition:
    """Shares of industries in the clusters of a list of codes, and what does not meet, warned of.

    Parameters
    ----------
    listed : mapping of cluster to codes, or frame with code, cluster and, optionally, weight
    codes : as in `Clusters.from_labels`
    """
    held, told = _codes_of(industries, columns, codes)
    entries, patterns = _entries(_pairs(listed))
    names = sorted({c for entry in entries.values() for c in entry if c is not None}, key=str)
    at = {name: k for k, name in enumerate(names)}
    S = np.zeros((len(industries), len(names)))
    first = np.full(S.shape, np.iinfo(np.int64).max)
    order = {code: rank for rank, code in enumerate(sorted({c for h in held for c in h}))}
    by_digits: dict[str, dict[str, dict[Any, float]]] = {}
    for (letter, digits), entry in entries.items():
        by_digits.setdefault(digits, {})[letter] = entry
    used: set[Code] = set()
    for i, of_industry in enumerate(held):
        for code, part in of_industry.items():
            found, clusters = _covering(code, by_digits)
            used |= found
            for name, weight in clusters.items():
                if name is not None:
                    S[i, at[name]] += part * weight
                    first[i, at[name]] = min(first[i, at[name]], order[code])
    if not used:
        some_codes = ["".join(code) for of_industry in held for code in of_industry]
        raise AlignmentError(
            f"no industry has a listed code: the list names {some(patterns, 4)}, the industries "
            f"have {some(some_codes, 4)}. Give their codes in the classification of the list: "
            "codes=, a Series of industry to code."
        )
    told += _not_met(patterns, used, held)
    lost = [name for k, name in enumerate(names) if not S[:, k].any()]
    if lost:
        told.append(f"Left out, as no industry is in them: {some(lost, LISTED)}.")
    if told:
        warnings.warn(" ".join(told), KlasternetWarning, stacklevel=3)
    return _without_empty(S, names, first)


def _without_empty(S: np.ndarray, names: list[Any], first: np.ndarray) -> Definition:
    """The clusters with a share, and primary members: the largest, ties to the first code."""
    keep = np.flatnonzero(S.any(axis=0))
    S, first, names = S[:, keep], first[:, keep], [names[k] for k in keep]
    if not names:
        return Definition(S, names, np.full(len(S), -1))
    rounded = S.round(SAME)
    best = np.where(rounded == rounded.max(axis=1, keepdims=True), first, np.iinfo(np.int64).max)
    primary = np.where(S.sum(axis=1) >= 0.5 - 1e-9, best.argmin(axis=1), -1)
    return Definition(S, names, primary)


# -------------------------------------------------------------------------------- the list


def _pairs(listed: Any) -> list[tuple[Any, Any, float | None]]:
    """(cluster, pattern, weight) of each line; None is the rest."""
    if isinstance(listed, pd.DataFrame):
        weights: Iterable[Any] = [None] * len(listed)
        if "weight" in listed:
            weights = numbers(listed[["weight"]], "the weights of the list")[:, 0]
        clusters = [_cluster(name) for name in listed["cluster"]]
        return list(zip(clusters, listed["code"], weights, strict=True))
    odd = [name for name, codes in listed.items() if not isinstance(codes, SEVERAL)]
    if odd:
        raise ParameterError(
            f"a list of codes gives each cluster a list; {odd[0]!r} has {listed[odd[0]]!r}. Write "
            f"{{{odd[0]!r}: [...]}}, or give a mapping of industry to cluster throughout."
        )
    empty = [name for name, codes in listed.items() if not len(codes)]
    if empty:
        raise ParameterError(f"cluster {empty[0]!r} lists no code; give it one, or leave it out.")
    return [(_cluster(name), code, None) for name, codes in listed.items() for code in codes]


def _cluster(name: Any) -> Any:
    nothing = name is None or (pd.api.types.is_scalar(name) and pd.isna(name))
    return None if nothing or name in (-1, REST) else name


def _entries(
    pairs: list[tuple[Any, Any, float | None]],
) -> tuple[dict[Code, dict[Any, float]], dict[str, list[Code]]]:
    """Each listed code with its shares in clusters, and the codes of each pattern."""
    weights: dict[Code, dict[Any, float]] = {}
    patterns: dict[str, list[Code]] = {}
    for cluster, pattern, weight in pairs:
        where = f"the list of {REST if cluster is None else cluster!r}"
        size = 1.0 if weight is None else float(weight)
        if size < 0:
            raise DataError(f"{where} weighs {pattern!r} {size:g}; weights are not negative.")
        patterns[pattern] = _parsed(pattern, where)
        for code in patterns[pattern]:
            entry = weights.setdefault(code, {})
            if entry.setdefault(cluster, size) != size:
                raise DataError(
                    f"{where} has {''.join(code)!r} twice, with weights {entry[cluster]:g} and "
                    f"{size:g}; keep one."
                )
    for code, entry in weights.items():
        total = sum(entry.values())
        if total <= 0:
            raise DataError(f"all weights of listed code {''.join(code)!r} are zero; give it one.")
        weights[code] = {cluster: size / total for cluster, size in entry.items()}
    return weights, patterns


def _parsed(pattern: Any, where: str) -> list[Code]:
    """The codes that a pattern names: "311*", "C10", "C10-C12", "31-33", "C31_32"."""
    if not isinstance(pattern, str):
        raise ParameterError(
            f"{where} names {pattern!r}, a {type(pattern).__name__}; codes are text, since numbers "
            'lose leading zeros: read them with dtype=str, write "0111".'
        )
    out = []
    letter = ""
    for part in re.sub(r"[\s.]", "", pattern).replace("–", "-").split("_"):
        plain = part.rstrip("*")
        if letter and plain.isdigit():
            plain = letter + plain  # C31_32
        listed = _range(plain, pattern, where)
        if not listed:
            if not re.fullmatch(r"[A-Za-z0-9]+", plain):
                raise ParameterError(
                    f"{where} names {pattern!r}, which is no code; write '311', '311*', 'C10', "
                    "'C10-C12' or '31-33'."
                )
            if plain.isdigit() and len(plain) == 1 and part == plain:
                raise ParameterError(
                    f"{where} names {pattern!r}, a single digit; codes have two or more. Write "
                    f"'0{plain}' for a code that lost its zero, '{plain}*' for all that begin so."
                )
            matched = WITH_LETTER.fullmatch(plain)
            listed = [(matched[1], matched[2] or "") if matched else ("", plain)]
        letter = listed[-1][0]
        out += listed
    return out


def _range(plain: str, pattern: str, where: str) -> list[Code]:
    """The codes of a range, none where it is no range."""
    sections = SECTIONS.fullmatch(plain)
    if sections:
        first, last = (ord(letter) for letter in sections.groups())
        listed = [(chr(at), "") for at in range(first, last + 1)]
    else:
        ends = RANGE.fullmatch(plain)
        if not ends:
            return []
        letter, low, other, high = ends.groups()
        if other not in ("", letter) or len(low) != len(high):
            raise ParameterError(
                f"{where} names the range {pattern!r}, whose ends are of two kinds; write them "
                "alike: 'C10-C12', '31-33'."
            )
        listed = [(letter, f"{at:0{len(low)}}") for at in range(int(low), int(high) + 1)]
    if not listed:
        raise ParameterError(f"{where} names the range {pattern!r}, which ends before it begins.")
    return listed


def _covering(
    code: Code, by_digits: dict[str, dict[str, dict[Any, float]]]
) -> tuple[set[Code], dict[Any, float]]:
    """The longest listed codes that cover a code, and its shares in clusters by them.

    A section's letter before digits may be missing on either side: 10 is C10.
    """
    letter, digits = code
    for length in range(len(digits), -1, -1):
        listed = by_digits.get(digits[:length], {})
        fits = [at for at in listed if at == letter or (length and "" in (at, letter))]
        if fits:
            clusters: dict[Any, float] = {}
            for at in fits:
                for name, weight in listed[at].items():
                    clusters[name] = clusters.get(name, 0.0) + weight / len(fits)
            return {(at, digits[:length]) for at in fits}, clusters
    return set(), {}


def _not_met(
    patterns: dict[str, list[Code]], used: set[Code], held: list[dict[Code, float]]
) -> list[str]:
    """What to tell of listed codes that no industry has."""
    idle = [name for name, listed in patterns.items() if not used.intersection(listed)]
    if not idle:
        return []
    text = f"{len(idle)} of {len(patterns)} listed codes decide nothing here: {some(idle, LISTED)}."
    above = {code for of_industry in held for code in of_industry}
    finer = [
        name
        for name in idle
        if any((a, d[:n]) in above for a, d in patterns[name] for n in range(1, len(d)))
    ]
    if finer:
        text += (
            f" {len(finer)} of them are finer than the industries, such as {finer[0]!r}: codes= "
            "can give an industry the codes that it consists of."
        )
    return [text]


# ------------------------------------------------------------------- codes of the industries


def _codes_of(
    industries: pd.Index, columns: pd.DataFrame, codes: Any
) -> tuple[list[dict[Code, float]], list[str]]:
    """Codes of each industry with their shares in it, and what to tell of those that do not meet.

    A code that covers another one of the same industry does not count beside it.
    """
    if codes is None:
        names = [str(name).rsplit(" | ", 1)[-1].strip() for name in industries]
        heads = [HEAD.match(name) for name in names]
        if not any(heads):
            raise AlignmentError(
                f"the industries are {some(industries, 3)}: their names carry no code. Give "
                "codes=, a column of network.columns, or a Series of industry to code."
            )
        rows = [(name, head[1], 1.0) for name, head in zip(industries, heads, strict=True) if head]
    else:
        rows = _given_codes(columns, codes)
    parts: dict[Any, dict[Code, float]] = {}
    for name, code, size in rows:
        listed = _parsed(code, f"{'the name' if codes is None else 'codes= for'} {name!r}")
        for one in listed:
            held = parts.setdefault(name, {})
            held[one] = held.get(one, 0.0) + size / len(listed)
    told = []
    unknown = [name for name in parts if name not in industries]
    if unknown:
        told.append(f"codes= names {some(unknown)}, which the network does not have.")
    bare = [name for name in industries if name not in parts]
    if bare:
        whose = "The name" if codes is None else "codes="
        told.append(f"{whose} tells no code of {some(bare)}; they are the rest.")
    return [_leaves(name, parts.get(name, {})) for name in industries], told


def _given_codes(columns: pd.DataFrame, codes: Any) -> list[tuple[Any, Any, float]]:
    """(industry, code, size) of each code."""
    if isinstance(codes, str):
        if codes not in columns:
            raise ParameterError(
                f"the network has no column {codes!r}; it has {some(columns.columns, 8)}. codes= "
                "is one of them, or a Series of industry to code."
            )
        codes = columns[codes]
    if isinstance(codes, pd.DataFrame):
        if not {"industry", "code"} <= set(codes.columns):
            raise ParameterError(
                f"codes= is a frame with columns {some(codes.columns, 8)}; it needs 'industry' and "
                "'code', and may have 'weight'."
            )
        codes = codes.dropna(subset=["industry", "code"])
        sizes = np.ones(len(codes))
        if "weight" in codes:
            sizes = numbers(codes[["weight"]], "the weights of codes=")[:, 0]
        else:
            codes = codes.drop_duplicates(["industry", "code"])
            sizes = sizes[: len(codes)]
        if (sizes < 0).any():
            i = int(np.argmax(sizes < 0))
            raise DataError(
                f"codes= weighs {codes['code'].iloc[i]!r} of {codes['industry'].iloc[i]!r} "
                f"{sizes[i]:g}; weights are not negative."
            )
        return list(zip(codes["industry"], codes["code"], sizes, strict=True))
    if not isinstance(codes, (Mapping, pd.Series)):
        raise ParameterError(
            f"codes= is a {type(codes).__name__}; give a column of network.columns, a Series or "
            "mapping of industry to code or codes, or a frame with 'industry' and 'code'."
        )
    pairs = [
        (name, code)
        for name, one in codes.items()
        for code in (one if isinstance(one, SEVERAL) else [one])
        if code is not None and not (isinstance(code, float) and np.isnan(code))
    ]
    return [(name, code, 1.0) for name, code in dict.fromkeys(pairs)]


def _leaves(name: Any, held: dict[Code, float]) -> dict[Code, float]:
    """Codes that cover no other one of the industry, with sizes that add up to 1."""
    ordered = sorted(held)  # what a code covers follows it
    covers = [b[0] == a[0] and b[1].startswith(a[1]) for a, b in pairwise(ordered)]
    kept = {
        code: held[code]
        for code, more in zip(ordered, [*covers, False][: len(ordered)], strict=True)
        if not more
    }
    total = sum(kept.values())
    if kept and total <= 0:
        raise DataError(f"all weights of the codes of {name!r} are zero; give one of them a size.")
    return {code: size / total for code, size in kept.items()}
