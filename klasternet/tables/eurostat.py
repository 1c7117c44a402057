"""Reader of symmetric tables as Eurostat publishes them: CPA or NACE codes, ESA transactions.

A page of domestic or of total use, wide or long, or a folder with ``siot_dom`` and ``siot_imp``.
Such tables carry totals beside their parts, and not the same ones in every country: P3 beside
P3_S13, P5 beside P51G, P6 beside P6_S21. Which cut through them holds everything once is decided
by the table's own identities, and where none closes that is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from .alignment import some
from .pages import (
    Codes,
    Page,
    Placed,
    called_after,
    known_share,
    open_page,
    place,
    rectangle,
    text,
    year_in,
)
from .rectangles import need_columns, read_csv
from .sectors import call_sectors, short_names
from .table import IOTable

__all__ = ["read_eurostat", "recognise"]

DOMESTIC, IMPORTED = "siot_dom.csv.gz", "siot_imp.csv.gz"
LONG = ("prod_na", "induse", "values")
# National spellings of ESA transactions.
ALIAS = {
    "D21_M_D31": "D21X31",
    "D29_M_D39": "D29X39",
    "K1": "P51C",
    "B2N_B3N": "B2A3N",
    "B2G_B3G": "B2A3G",
    "TFINU": "TFU",
    "SUPBP": "TS_BP",
}
CONSUMPTION = (("P3_S14", "P3_S15", "P3_S13"), ("P3_S14", "P3_S13"), ("P3",))
CAPITAL = (
    *(("P51G", "P52", "P53"), ("P51", "P52", "P53"), ("P51G", "P5M"), ("P51", "P52_P53")),
    *(("P5",), ("P5", "P52")),
)
EXPORTS = (("P6_S21", "P6_S22"), ("P6_B0", "P6_D0"), ("P6",))
VALUE_ADDED = (("D1", "D29X39", "P51C", "B2A3N"), ("B1G",))
FOREIGN: tuple[tuple[str, ...], ...] = (("IMP",), (), ("P7",))  # imported inputs as a row
JOBS = ("EMP-WS", "EMP-FTE", "EMP")
UNITS = {"MIO_EUR": "million EUR", "MIO_NAC": "million national currency", "kHRK": "thousand HRK"}


def _spelt(code: str) -> str:
    """C10-C12, CPA_C10-12 and C10_12 are one code."""
    code = code.removeprefix("CPA_")
    code = re.sub(r"^([A-OQ-U])(\d\d)[-_]\1?(\d\d)$", r"\1\2-\3", code)
    return ALIAS.get(code, code)


def _codes(cuts: Iterable[tuple[str, ...]]) -> dict[str, str]:
    return {code: code for cut in cuts for code in cut}


SECTOR = r"[A-U](-[A-U]|\d\d[A-Z]?(-\d\d)?)?"
COLUMNS = Codes(
    SECTOR,
    _codes((*CONSUMPTION, *CAPITAL, *EXPORTS)),
    frozenset({"TOTAL", "TU", "TFU", "P6_S2111", "P6_S2112"}),
    ("P6",),
    _spelt,
)
ROWS = Codes(
    SECTOR,
    _codes((*VALUE_ADDED, *FOREIGN, JOBS)) | {"D21X31": "taxes", "P1": "output"},
    frozenset(
        {"TOTAL", "P2", "P2_ADJ", "TS_BP", "TOT_CA", "D11", "B2A3G", "B3G"}
        | {"P7_B0", "P7_D0", "P7_S21", "P7_S22", "P7_S2111", "P7_S2112"}
    ),
    ("D21X31", "B1G", "P1"),
    _spelt,
)
IMPORT_ROWS = Codes(SECTOR, {}, frozenset({"TOTAL"}), ("TOTAL",), _spelt)


def read_eurostat(
    source: Page | Path, *, names: str | Mapping[str, str] | None = None, language: str = "en"
) -> IOTable:
    """Read a symmetric input-output table of an EU member, at basic prices.

    Parameters
    ----------
    source : Page or folder
        A folder holds ``siot_dom.csv.gz`` and ``siot_imp.csv.gz``; ``imports`` is then n x n. A
        page may be wide, or long with columns prod_na, induse and values.
    names : "short", "code", "published" or mapping, optional
        Published names stand in ``labels.csv`` beside the table.
    language : "en" or "id"
        Of the short names.

    Returns
    -------
    IOTable
        Of domestic use: imported inputs are a table or a row of primary inputs. Of total use: the
        imports of each product (P7) are a negative column of final demand, and the audit warns.
        The unit is given where the file says it.

    Raises
    ------
    DataError
        Codes that are missing or not known; uses or inputs that add up to their total in no cut.

    Notes
    -----
    Domestic: sum_j Z + f = P1. Total: sum_j Z + f = TU = P1 + P7; where P7 is more than the uses
    show, as in Czechia (128,076 against 125,820 million euros in 2015), the audit names the gap.
    Columns: Z + imported inputs + D21X31 + value added = P1. An empty cell of a final use means
    that nothing was recorded there, as the totals of the row show.
    """
    folder = source if isinstance(source, Path) else None
    page = open_page(source / DOMESTIC) if isinstance(source, Path) else source
    labels: dict[str, str] = {}
    unit = next((unit for mark, unit in UNITS.items() if mark in page.path.name), "")
    if _is_long(page):
        page, labels, unit = _widened(page)
    placed = place(page, "eurostat", ROWS, COLUMNS)
    codes = placed.sectors
    uses, exports, foreign, inputs, total = _cuts(placed)
    labels |= _labels(page.path.parent / "labels.csv")

    def called(some_codes: Sequence[str], classification: str) -> dict[str, str]:
        short = short_names(classification, language)
        return call_sectors(some_codes, names, short=short, published=labels)

    name = called(codes, "nace2")
    use = called(uses, "eurostat_final_demand")
    final = placed.amounts(codes, uses, empty=0.0)
    if total:
        use["P7"] = "P7" if names == "code" else "Imports"
        final["P7"] = -placed.amounts(["P7"], codes).loc["P7"]
    imports: pd.DataFrame | list[str] | None = None
    if folder is not None:
        imported = place(open_page(folder / IMPORTED), "eurostat", IMPORT_ROWS, COLUMNS)
        imports = imported.amounts(codes, codes).rename(index=name, columns=name)
        inputs = [code for code in inputs if code not in foreign]
    row = called(inputs, "eurostat_value_added")
    if imports is None and foreign:
        imports = [row[code] for code in foreign]
    jobs = [code for code in JOBS if code in placed.cells.index]
    return IOTable(
        placed.amounts(codes, codes).rename(index=name, columns=name),
        final_demand=final.rename(index=name, columns=use),
        value_added=placed.amounts(inputs, codes).rename(index=row, columns=name),
        output=placed.amounts(["P1"], codes).loc["P1"].rename(name),
        imports=imports,
        exports=[use[code] for code in exports],
        satellites=placed.amounts(jobs, codes).rename(columns=name) if jobs else None,
        unit=unit,
        year=year_in(called_after(page.path), page.path.resolve().parent.name),
        source="symmetric input-output table in the codes of Eurostat, basic prices",
        name=page.path.resolve().parent.name,
    )


def _cuts(placed: Placed) -> tuple[list[str], list[str], list[str], list[str], bool]:
    """Final uses, exports, imported inputs, all inputs; and whether use includes imports."""
    codes, where = placed.sectors, placed.page.where
    flows = placed.amounts(codes, codes)
    output = placed.amounts(["P1"], codes).loc["P1"]

    # What all uses of a product add up to: said by TU, or by TFU with or without the flows.
    totals = [c for c in ("TU", "TFU") if c in placed.cells]
    if not totals:
        raise DataError(
            f"{where} has neither 'TU' nor 'TFU', by which to tell totals from their parts among "
            "the final uses; name the quadrants with layout='labelled'."
        )
    all_uses = placed.amounts(codes, totals[:1], empty=0.0).iloc[:, 0]
    wanted = [all_uses] if totals[0] == "TU" else [flows.sum(axis=1) + all_uses, all_uses]
    uses, total_use = _fitting(placed, (CONSUMPTION, CAPITAL, EXPORTS), 1, flows, wanted, "uses")
    exports = [code for code in uses if code.startswith("P6")]

    inputs, _ = _fitting(placed, (FOREIGN, (("D21X31",),), VALUE_ADDED), 0, flows, [output], "P1")
    foreign = [code for code in inputs if code in ("IMP", "P7")]
    if _miss(total_use - output, output) < SLACK:
        return uses, exports, foreign, inputs, False
    if "P7" in placed.cells.index and not foreign:
        supply = output + placed.amounts(["P7"], codes).loc["P7"]
        if 10 * _miss(total_use - supply, output) < _miss(total_use - output, output):
            return uses, exports, foreign, inputs, True
    gap = (total_use - output).abs()
    raise DataError(
        f"{where}: what is used of {gap.idxmax()!r} ({total_use[gap.idxmax()]:,.6g}) is neither "
        f"its output P1 ({output[gap.idxmax()]:,.6g}) nor output and imports P1 + P7; check these "
        "lines, or name the quadrants with layout='labelled'."
    )


SLACK = 2e-4  # of the largest total: published rounding, but no line of any size


def _miss(gap: pd.Series, size: pd.Series) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):  # nothing fits where all is zero
        return float(np.divide(gap.abs().max(), size.abs().max()))


def _fitting(
    placed: Placed,
    groups: tuple[tuple[tuple[str, ...], ...], ...],
    axis: int,
    flows: pd.DataFrame,
    wanted: list[pd.Series],
    what: str,
) -> tuple[list[str], pd.Series]:
    """The finest cut through totals and parts that, with the flows, adds up to what is wanted."""
    held = placed.cells.columns if axis else placed.cells.index
    there = [[cut for cut in group if set(cut) <= set(held)] for group in groups]
    lacking = [group for group, cuts in zip(groups, there, strict=True) if not cuts]
    if lacking:
        raise DataError(
            f"{placed.page.where} has none of {some(lacking[0], 8)} in full, which the {what} "
            "need; use the file as published, or name the quadrants with layout='labelled'."
        )
    best, nearest = np.inf, ""
    for cuts in product(*there):
        chosen = [code for cut in cuts for code in cut]
        cells = (placed.sectors, chosen) if axis else (chosen, placed.sectors)
        amounts = placed.amounts(*cells, empty=0.0 if axis else None)
        for total in wanted:
            miss = _miss(flows.sum(axis=axis) + amounts.sum(axis=axis) - total, total)
            if miss < SLACK:
                return chosen, total
            if miss < best:
                best, nearest = miss, some(chosen, 12)
    raise DataError(
        f"{placed.page.where}: no choice among totals and parts adds up to "
        f"{'the total of all uses' if axis else 'output P1'}; nearest are {nearest}, "
        f"which miss by {best:.2%} of the largest. Check the {what} lines for one that is left "
        "out or slipped, or name the quadrants with layout='labelled'."
    )


def _is_long(page: Page) -> bool:
    return not isinstance(page.cells, pd.DataFrame) and set(LONG) <= {*page.cells[0]}


def _widened(page: Page) -> tuple[Page, dict[str, str], str]:
    """A long page as a wide one, the labels it gives, and its unit."""
    lines = rectangle(page)
    need_columns(lines, [*LONG, *(c for c in ("prod_na_lab", "unit") if c in lines)], page.where)
    row, column, value = LONG
    doubled = lines[lines.duplicated([row, column], keep=False)]
    if len(doubled):
        first = doubled[(doubled[[row, column]] == doubled[[row, column]].iloc[0]).all(axis=1)]
        varies = [name for name in lines if name not in LONG and len({*first[name]}) > 1]
        raise DataError(
            f"{page.where} holds several values for row {doubled[row].iloc[0]!r}, column "
            f"{doubled[column].iloc[0]!r}; keep one value of {some(varies) or 'each line'}."
        )
    rows, columns = list(dict.fromkeys(lines[row])), list(dict.fromkeys(lines[column]))
    cells = np.full((len(rows) + 1, len(columns) + 1), None, dtype=object)
    cells[0, 1:], cells[1:, 0] = columns, rows
    at = pd.Index(rows).get_indexer(lines[row]), pd.Index(columns).get_indexer(lines[column])
    cells[1:, 1:][at] = lines[value]
    labels = {}
    if "prod_na_lab" in lines:
        labels = {
            _spelt(text(code)): text(label)
            for code, label in zip(lines[row], lines["prod_na_lab"], strict=True)
        }
    units = set(lines["unit"]) if "unit" in lines else set()
    unit = UNITS.get(units.pop(), "") if len(units) == 1 else ""
    signs = (page.decimal, page.thousands, page.empty)
    return Page(cells, page.path, page.sheet, *signs), labels, unit


def _labels(file: Path) -> dict[str, str]:
    """Published names by code, where the file of labels is at hand."""
    if not file.is_file():
        return {}
    names = read_csv(file.parent, file.name, dtype=str)
    need_columns(names, ["name"], file.name)
    return {_spelt(text(code)): name for code, name in names["name"].dropna().items()}


def recognise(source: Page | Path) -> str | None:
    """Say by what the folder or page is known to be of this layout, or None."""
    if isinstance(source, Path):
        held = all((source / file).is_file() for file in (DOMESTIC, IMPORTED))
        return f"by the files {DOMESTIC} and {IMPORTED}" if held else None
    if _is_long(source):
        return f"by the columns {', '.join(LONG)}"
    share = known_share(source, ROWS, COLUMNS)
    return "by the codes P1, B1G, D21X31 and P6 of Eurostat" if share >= 0.5 else None
