"""Tables as files: CSV that no spreadsheet takes for a formula, LaTeX that no name can break."""

from __future__ import annotations

import csv
import math
import re
from typing import Any

import pandas as pd

from .document import Table

__all__ = ["csv_text", "latex_text", "pasted"]

# Where a cell begins so, spreadsheets compute; and in half of the world semicolons part cells.
FORMULA = re.compile(r"^(?=[=+\-@\t\r\n＝＋－＠])|(?<=[;|\t\r\n])(?=\s*[=+\-@＝＋－＠])")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
COMPUTED = re.compile(r"\s*[=+\-@＝＋－＠]")  # of a cell that is pasted: no sign parts it in two
PRINTED = re.compile(r"\s*[+-]?\d[\d.,\s]*([eE][+-]?\d+)?\s*%?")  # a number, in any language
LONG = 45  # rows from which a table may run over pages
TINY = "\\scriptsize"
ROOM = {"": 72, "\\footnotesize": 90, TINY: 105}  # letters in a line of a page, by size of type

LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "–": "--",
    "−": "$-$",
    "∞": r"$\infty$",
    "[": "{[}",
    "]": "{]}",
}


def csv_text(frame: pd.DataFrame) -> str:
    """A frame as CSV, numbers in full; an apostrophe stands before what begins like a formula.

    All text is in quotation marks: the bare writer leaves them out around a carriage return.
    """
    safe = frame.copy()
    safe.columns = _safe_index(safe.columns)
    safe.index = _safe_index(safe.index)
    for at, kind in enumerate(safe.dtypes):
        if kind.kind not in "biuf":
            safe.isetitem(at, [_safe(value) for value in safe.iloc[:, at]])
    return str(safe.to_csv(lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC))


def _safe_index(index: pd.Index) -> pd.Index:
    if isinstance(index, pd.MultiIndex):
        names = [_safe(name) for name in index.names]
        return pd.MultiIndex.from_tuples([tuple(map(_safe, key)) for key in index], names=names)
    return pd.Index([_safe(value) for value in index], name=_safe(index.name))


def _safe(value: Any) -> Any:
    if isinstance(value, tuple | list | set | frozenset):
        parts = sorted(map(str, value)) if isinstance(value, set | frozenset) else value
        value = "; ".join(map(str, parts))
    if not isinstance(value, str) or NUMBER.fullmatch(value):
        return value
    return FORMULA.sub("'", value)


def pasted(text: str) -> str:
    """A cell of a page, from where it may be pasted into a spreadsheet: guarded as in CSV."""
    return f"'{text}" if COMPUTED.match(text) and not PRINTED.fullmatch(text) else text


def latex_text(table: Table) -> str:
    r"""A table as LaTeX, to be taken in by \input; needs the packages booktabs and array."""
    shown = table.shown
    long = len(shown) > LONG
    columns, size = _columns(table)
    head = " & ".join(_escaped(name) for name in shown.columns) + r" \\"
    rows = [
        " & ".join(_escaped(cell) for cell in row) + r" \\"
        for row in shown.to_numpy(dtype=object).tolist()
    ]
    caption = rf"\caption{{{_escaped(table.caption)}}}\label{{tab:{table.name}}}"
    needed = "booktabs, array and longtable" if long else "booktabs and array"
    lines = [f"% Needs {needed}, and a Unicode engine or \\usepackage[T1]{{fontenc}}."]
    if long:
        top = [r"\toprule", head, r"\midrule"]
        lines += [rf"{{{size}", rf"\begin{{longtable}}{{{columns}}}", caption + r" \\"]
        lines += [*top, r"\endfirsthead", *top, r"\endhead", r"\bottomrule", r"\endfoot"]
        lines += [*rows, r"\end{longtable}", "}"]
    else:
        lines += [r"\begin{table}", r"\centering", caption, size]
        lines += [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *rows]
        lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(line for line in lines if line) + "\n"


def _columns(table: Table) -> tuple[str, str]:
    """Kinds of columns and size of type, so that a table of many columns fits a page's width."""
    texts = [
        [str(head), *map(str, table.shown.iloc[:, at])]
        for at, head in enumerate(table.shown.columns)
    ]
    wanted = [max(map(len, column)) for column in texts]
    if sum(wanted) + 2 * len(wanted) <= ROOM[""]:
        return "".join("r" if number else "l" for number in table.numeric), ""
    least = [max((len(word) for text in column for word in text.split()), default=1)
             for column in texts]  # fmt: skip
    gaps = 1.5 * len(least)
    size = next((name for name in ROOM if sum(least) + gaps <= 0.8 * ROOM[name]), TINY)
    room = max(ROOM[size] - gaps, float(sum(least)))
    more = [
        math.sqrt(a) - math.sqrt(b) if a > b else 0.0 for a, b in zip(wanted, least, strict=True)
    ]
    spare = (room - sum(least)) / (sum(more) or 1.0)
    kinds = []
    for number, word, extra in zip(table.numeric, least, more, strict=True):
        side = "raggedleft" if number else "raggedright"
        share = (word + extra * spare) / (room + gaps)
        kinds.append(rf">{{\{side}\arraybackslash}}p{{{share:.3f}\linewidth}}")
    return "@{}" + "".join(kinds) + "@{}", f"{size}\\setlength{{\\tabcolsep}}{{3pt}}"


def _escaped(text: Any) -> str:
    return "".join(LATEX.get(letter, letter) for letter in re.sub(r"\s+", " ", str(text)))
