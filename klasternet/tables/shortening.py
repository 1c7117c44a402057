"""Long names of industries to short ones, by rule, where no list has them.

For figures and tables with little room: what stands in brackets or after a semicolon goes, so do
words that all industries share ("manufacturing", "Industri"); then as many words as fit. Names
that would then be alike are told apart by a word that the others lack. No word is cut in two
unless a single one is too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from ..errors import ParameterError
from .alignment import labels

__all__ = ["shorten"]

_ASIDE = re.compile(r"\([^)]*\)|\[[^]]*\]|;.*$|\s[-–]\s.*$")
# Words that say that it is an industry, which a reader knows; English, Indonesian.
_EMPTY = re.compile(
    r"(?<![\w-])(manufactur(e|es|ing)( of)?|products of|production( of)?|services?( to)?|activities"
    r"|industr(y|ies)|processing( of)?|merchant wholesalers|all other|(and|or) related \w+"
    r"|n\.?e\.?c\.?|industri( pengolahan)?|kegiatan|aktivitas|usaha|barang dari|jasa"
    r"|dan sejenisnya|ytdl)(?![\w-])",
    re.IGNORECASE,
)
_EXCEPT = re.compile(
    r",?\s*\b(except|excluding|including|not elsewhere|kecuali|termasuk)\b.*$", re.I
)
_SHORT = {  # words with a shorter one that means the same
    "transportation": "transport",
    "communications": "telecom",
    "equipment": "equip.",
    "miscellaneous": "misc.",
    "construction": "constr.",
    "manufacturing": "mfg",
    "administration": "admin",
    "professional": "prof.",
    "perdagangan": "dagang",
    "pertambangan": "tambang",
    "pengolahan": "olahan",
    "government": "govt",
}
_JOINS = {"and", "or", "of", "the", "for", "with", "by", "in", "on", "to", "from", "a", "other"}
_JOINS |= {"dan", "atau", "dari", "untuk", "yang", "di", "ke", "serta", "&", "-", "as", "not"}


def shorten(names: Iterable[str], limit: int = 20) -> dict[str, str]:
    """Map long names to short ones, no two alike.

    Parameters
    ----------
    names : iterable of str
        Unique.
    limit : int
        Of characters, at least 8.

    Returns
    -------
    dict of name to short name
        A name that fits stays as it is.

    Raises
    ------
    AlignmentError
        Names that are empty or stand twice.
    ParameterError
        A limit below 8.

    Examples
    --------
    >>> shorten(["Cement manufacturing", "Nonferrous metal rolling, drawing and extruding",
    ...          "Nonferrous metal (except aluminum) smelting"])  # doctest: +NORMALIZE_WHITESPACE
    {'Cement manufacturing': 'Cement manufacturing',
     'Nonferrous metal rolling, drawing and extruding': 'Nonferrous rolling',
     'Nonferrous metal (except aluminum) smelting': 'Nonferrous metal'}
    """
    full = list(labels(names, "names"))
    if limit < 8:
        raise ParameterError(f"limit={limit!r} leaves no room for a word; take 8 or more.")
    words = {name: _words(name) for name in full}
    short = {name: name if len(name) <= limit else _fit(words[name], limit) for name in full}
    for names in _alike(short):
        for name in sorted(names, key=len, reverse=True)[:-1]:  # the plainest keeps its short name
            others = [_bare(word) for other in names if other != name for word in other.split()]
            own = [w.strip("(),;") for w in name.split() if _bare(w) not in {*others, *_JOINS}]
            own = [word for word in own if re.search(r"\w", word)]  # no dash by itself
            told = (_told_apart(words[name], word, limit) for word in own)
            held = {text.lower() for text in short.values()}
            short[name] = next((text for text in told if text.lower() not in held), short[name])
    taken = {text.lower() for text in short.values()}
    for names in _alike(short):
        for name in names[1:]:
            tries = (f"{short[name][: limit - 1 - len(str(k))]} {k}" for k in count(2))
            short[name] = next(text for text in tries if text.lower() not in taken)
            taken.add(short[name].lower())
    return short


def _bare(word: str) -> str:
    return word.strip("(),;").lower()


def _words(name: str) -> list[str]:
    """Words that say what the industry is, or all of them where none would be left."""
    plain = _ASIDE.sub(" ", name)
    for rule in (_EXCEPT, _EMPTY):
        less = rule.sub(" ", plain)
        if re.search(r"\w{3}", less):
            plain = less
    words = re.sub(r"\s+,", ",", plain).split()
    while words and (_bare(words[0]) in _JOINS - {"other"} or not _bare(words[0]).strip(".-'&/")):
        words = words[1:]
    return _once(words) or [name]


def _once(words: list[str]) -> list[str]:
    """Without what a word only repeats, since what told the two apart is gone: "Paper, paper"."""
    kept: list[str] = []
    for word in words:
        last = next((k for k in reversed(range(len(kept))) if _bare(kept[k]) not in _JOINS), None)
        if last is not None and _bare(kept[last]) == _bare(word):
            kept = kept[:last]
        kept.append(word)
    return kept


def _fit(words: list[str], limit: int) -> str:
    """As many words as fit from the first on: as they are, shorter ones, or without "and"."""
    brief = [_brief(word) for word in words]
    forms = [words, brief, _listed(words), _listed(brief)]
    kept = [_from_first(form, limit) for form in forms]
    best = max(kept, key=lambda form: sum(_bare(word) not in _JOINS for word in form))
    return _sentence(best)[:limit].rstrip(" ,")


def _brief(word: str) -> str:
    return _SHORT.get(_bare(word), word.rstrip(",")) + "," * word.endswith(",")


def _listed(words: list[str]) -> list[str]:
    """Words that join become commas, or nothing."""
    listed: list[str] = []
    for word in words:
        if _bare(word) in _JOINS - {"other"}:
            if listed and _bare(word) in ("and", "or", "dan", "atau", "&"):
                listed[-1] = listed[-1].rstrip(",") + ","
        else:
            listed.append(word)
    return listed


def _from_first(words: list[str], limit: int) -> list[str]:
    kept = list(words)
    while len(kept) > 1 and (len(_sentence(kept)) > limit or _bare(kept[-1]) in _JOINS):
        kept = kept[:-1]
    return kept


def _told_apart(words: list[str], word: str, limit: int) -> str:
    """The first words that leave room for the one that tells it apart, and that one."""
    told = _brief(word)[: limit - 4]
    bare = [_bare(each) for each in words]
    before = words[: bare.index(word.lower())] if word.lower() in bare else words
    before = _from_first(before, limit - len(told) - 1) if before else []
    before = [each.rstrip(",") for each in before]
    room = limit - len(told) - 1
    if before and len(before[0]) > room:
        before = [before[0][: room - 1] + "."] if room > 4 else []
    return _sentence([*before, told])


def _sentence(words: list[str]) -> str:
    text = " ".join(words).rstrip(",")
    return text[:1].upper() + text[1:]


def _alike(short: dict[str, str]) -> list[list[str]]:
    """Groups of names that have one short name."""
    groups: dict[str, list[str]] = {}
    for name, text in short.items():
        groups.setdefault(text.lower(), []).append(name)
    return [names for names in groups.values() if len(names) > 1]
