"""A scorecard as a sheet to read, in English or Indonesian."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..registry import choose
from .factors import AIM_NAMES, AIMS, FACTOR_NAMES, NOT_ASSESSED

if TYPE_CHECKING:
    from .rosenfeld import Scorecard

__all__ = ["sheet"]

WORDS = {
    "en": {
        "title": "Scorecard{where}: {k} by nine factors, scores from 0 to 1",
        "clusters": ("cluster", "clusters"),
        "weight": "weight",
        "score": "score, of what is known",
        "coverage": "rests on evidence",
        "bounds": "if the rest were worst; best",
        "rank": "rank, of what is known of all",
        "holds": "  holds for so many weights",
        "possible": "  possible, whatever the rest",
        "missing": "-  not assessed: no evidence; counted neither as 0 nor as a mean.",
        "equal": "Weights: equal (a decision as well).",
        "given": "Weights: given.",
        "pairwise comparison": "Weights: pairwise comparison, consistency ratio {ratio:.2f}.",
        "ranks": "Ranks rest on {what}; {draws} weights drawn, seed {seed}.",
        "none": "Nothing is known of every cluster: there are no ranks.",
        "compared": "How values became scores:",
        "six": "the six aims",
        "aims": "Aims: share of the economy's; per unit of demand for the cluster",
    },
    "id": {
        "title": "Kartu nilai{where}: {k} menurut sembilan faktor, nilai 0 sampai 1",
        "clusters": ("klaster", "klaster"),
        "weight": "bobot",
        "score": "nilai, dari yang diketahui",
        "coverage": "didukung bukti",
        "bounds": "bila sisanya terburuk; terbaik",
        "rank": "peringkat, dari bukti bersama",
        "holds": "  bertahan pada bobot sebanyak",
        "possible": "  mungkin, apa pun sisanya",
        "missing": "-  tidak dinilai: tanpa bukti; tidak dihitung nol ataupun rata-rata.",
        "equal": "Bobot: sama (ini pun suatu keputusan).",
        "given": "Bobot: ditentukan pengguna.",
        "pairwise comparison": "Bobot: perbandingan berpasangan, rasio konsistensi {ratio:.2f}.",
        "ranks": "Peringkat memakai {what}; {draws} bobot acak, seed {seed}.",
        "none": "Tidak ada yang diketahui untuk semua klaster: tanpa peringkat.",
        "compared": "Cara angka menjadi nilai:",
        "six": "keenam tujuan",
        "aims": "Tujuan: pangsa dari seluruh ekonomi; per unit permintaan akan klaster",
    },
}
INDONESIAN = (  # what the indicators say of themselves
    (r"^location quotient$", "kuosien lokasi (LQ)"),
    (r"^purchase retention$", "pangsa pembelian di dalam klaster"),
    (r"^coagglomeration$", "koaglomerasi"),
    (r"^reciprocity$", "timbal balik"),
    (r"^density of ties$", "kepadatan hubungan"),
    (r"^computed$", "dihitung"),
    (r"^given$", "diberikan"),
    (r"^survey$", "survei"),
    (r"^scale (\S+) to (\S+)$", r"skala \1 sampai \2"),
    (r"^from (\S+) \(worst\) to (\S+) \(best\)$", r"dari \1 (terburuk) sampai \2 (terbaik)"),
    (r"^from (\S+), as in the whole economy, to 1$", r"dari \1, seperti seluruh ekonomi, sampai 1"),
    (r"^rank among (\d+) other regions$", r"peringkat di antara \1 wilayah lain"),
    (r"^rank among (\d+) references$", r"peringkat di antara \1 pembanding"),
    (r"^(\w+) among (\d+) other regions$", r"\1 di antara \2 wilayah lain"),
    (r"^(\w+) among (\d+) references$", r"\1 di antara \2 pembanding"),
    (
        r"^(\w+) among (\d+) scored clusters themselves$",
        r"\1 di antara \2 klaster yang dinilai itu sendiri",
    ),
    (
        r"^share of (\d+) random groups of industries less together$",
        r"pangsa dari \1 kelompok acak yang kurang berdekatan",
    ),
    (r"^output of (.*)$", r"output \1"),
    (r"^output for (.*)$", r"output untuk \1"),
)
NAME, WIDE, ACROSS, PAGE = 60, 11, 5, 100  # letters; ACROSS: clusters beside each other

COMMA = str.maketrans(".,", ",.")
Rows = list[tuple[str, list[str]]]


def sheet(card: Scorecard, language: str = "en") -> str:
    """The whole card: factors down, clusters across, and what it all rests on."""
    language = choose("language", language, WORDS)
    words: dict[str, Any] = WORDS[language]
    rows = _rows(card, words, language)
    left = max(len(name) for name, cells in rows if cells[0])
    k = len(card.table)
    counted = f"{k} {words['clusters'][k != 1]}"
    where = f", {card.region}" if card.region else ""
    lines = [words["title"].format(k=counted, where=where)]
    for start in range(0, k, ACROSS):
        for name, cells in rows:
            some = cells[start : start + ACROSS]
            for_all = len(set(cells)) == 1 and cells[0] == NOT_ASSESSED[language]
            told = "  " + cells[0] if for_all else "".join(f"{c:>{WIDE}}" for c in some)
            lines.append(f"  {name:{left}}{told}".rstrip())
        lines.append("")
    lines += [f"  {i}  {_short(name)}" for i, name in enumerate(card.table.index, 1)]
    if card.table.isna().to_numpy().any():
        lines.append(f"  {words['missing']}")
    for text in _foundations(card, words, language):
        inset = " " * (len(text) - len(text.lstrip()) + 2)
        lines += textwrap.wrap(
            text.lstrip(), PAGE, initial_indent=inset, subsequent_indent=inset + "  "
        )
    return "\n".join(lines)


def _rows(card: Scorecard, words: dict[str, Any], language: str) -> Rows:
    """Every row with a cell for each cluster."""
    k = len(card.table)
    factors, missing = FACTOR_NAMES[language], NOT_ASSESSED[language]
    broad = max(len(name) for name in factors.values()) + 1
    rows: Rows = [(f"{'':{broad}}{words['weight']:>6}", [str(i + 1) for i in range(k)])]
    for factor, column in card.table.items():
        weight = card.weights[factor]
        cells = _cells(column, ".2f") if column.notna().any() else [missing] * k
        rows.append((f"{factors[str(factor)]:{broad}}{weight:6.0%}", cells))
    total, ranks = card.score, card.ranks
    rows += [
        ("", [""] * k),
        (words["score"], _cells(total["score"], ".2f")),
        (words["coverage"], _cells(total["coverage"], ".0%")),
        (words["bounds"], _pairs(total[["low", "high"]], ".2f", ";")),
    ]
    if card.compared:
        rows.append((words["rank"], _cells(ranks["rank"], ".0f")))
        rows.append((words["holds"], _cells(ranks["holds"], ".0%")))
    rows += [(words["possible"], _pairs(ranks[["best", "worst"]], ".0f", "-")), ("", [""] * k)]
    rows += _aims(card, words, language)
    if language == "id":
        rows = [(name, [cell.translate(COMMA) for cell in cells]) for name, cells in rows]
    return rows


def _aims(card: Scorecard, words: dict[str, Any], language: str) -> Rows:
    """A row for each account that speaks of an aim; one row if none does."""
    k, missing = len(card.table), NOT_ASSESSED[language]
    if (card.aims["account"] == "").all():
        return [(words["six"], [missing] * k)]
    rows: Rows = [(words["aims"], [""] * k)]
    for aim in AIMS:
        part = card.aims[card.aims["aim"] == aim]
        for account, of in part.groupby("account", sort=False):
            called = AIM_NAMES[language][aim]
            called += f": {_short(_said(str(account), language), 30)}" if account else ""
            told = of[["share", "per_demand"]].to_numpy()
            cells = [f"{share:.0%};{carried:.2g}" for share, carried in told]
            rows.append((f"  {called}", cells if account else [missing] * k))
    return rows


def _foundations(card: Scorecard, words: dict[str, Any], language: str) -> Iterator[str]:
    """Weights, what the ranks rest on, and what each indicator was compared with."""
    ratio = card.weights.attrs.get("consistency_ratio", np.nan)
    yield words[card.weights.attrs["from"]].format(ratio=ratio)
    what = ", ".join(_said(name, language) for name in card.compared)
    draws = f"{card.draws:,}".translate(COMMA if language == "id" else {})
    told = words["ranks"].format(what=what, draws=draws, seed=card.seed)
    yield told if card.compared else words["none"]
    if len(card.indicators):
        yield words["compared"]
    for name, part in card.indicators.groupby("indicator", sort=False):
        source = part["source"].mask(part["source"] == "not assessed").dropna()
        if len(source):
            said = [
                _said(t, language) for t in (str(name), source.iloc[0], part["reference"].iloc[0])
            ]
            factor = FACTOR_NAMES[language][part["factor"].iloc[0]]
            yield f"  {said[0]} ({factor}; {said[1]}): {said[2]}"


def _said(text: str, language: str) -> str:
    """What is said here in English, in the language."""
    for pattern, said in INDONESIAN if language == "id" else ():
        if re.search(pattern, text):
            return re.sub(r"(\d)\.(\d)", r"\1,\2", re.sub(pattern, said, text))
    return text


def _cells(values: Any, form: str) -> list[str]:
    return ["-" if np.isnan(value) else f"{value:{form}}" for value in np.asarray(values, float)]


def _pairs(frame: Any, form: str, between: str) -> list[str]:
    return [
        "-" if np.isnan(a) else f"{a:{form}}{between}{b:{form}}" for a, b in frame.to_numpy(float)
    ]


def _short(name: object, room: int = NAME) -> str:
    text = str(name)
    return text if len(text) <= room else text[: room - 3] + "..."
