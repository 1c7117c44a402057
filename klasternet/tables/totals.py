"""Totals and subtotals that stand among industries or final uses: known by label, or by sums.

Counted as industries they would trade with everybody and swallow every cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

__all__ = ["looks_like_output", "looks_like_total", "printed_unit", "sums_of_runs"]

SEVERAL = 20  # numbers that share a unit by more than accident
# Whole words, where digits and underscores also part words: TOT_CA, CPA_TOTAL, TTL_INT_FNL.
_TOTAL = re.compile(
    r"(?<![a-z])(sub[\s_-]?totals?|(grand[\s_-]?)?totals?|tot|ttl|sum|jumlah|insgesamt"
    r"|t[iv]u|tfu|tii|tva|tfinu)(?![a-z])",
    re.IGNORECASE,
)
_OUTPUT = re.compile(
    r"(total|gross|domestic)?[\s_-]*outputs?([\s_-]+(at|total)\b.*)?|total[\s_-]*inputs?|go|x|xt"
    r"|output[\s_-]*total|(jumlah|total)[\s_-]*(output|input)",
    re.IGNORECASE,
)


def looks_like_total(labels: Iterable[str]) -> list[str]:
    """Return the labels that call themselves a total or a subtotal.

    Examples
    --------
    >>> looks_like_total(["CPA_TOTAL", "Totally woven goods", "Jumlah permintaan", "C10"])
    ['CPA_TOTAL', 'Jumlah permintaan']
    """
    return [label for label in labels if _TOTAL.search(label)]


def looks_like_output(labels: Iterable[str]) -> list[str]:
    """Return the labels that call themselves gross output.

    Examples
    --------
    >>> looks_like_output(["GO", "Total Output", "Output at basic prices", "Outputs of mills"])
    ['GO', 'Total Output', 'Output at basic prices']
    """
    return [label for label in labels if _OUTPUT.fullmatch(label.strip())]


def printed_unit(cells: np.ndarray) -> float:
    """Return the unit in the last place that numbers were printed with, 0 if they were not rounded.

    A unit above 1, or of more than seven decimals, is believed where many different numbers share
    it: a table rounded to millions and told in thousands.

    Examples
    --------
    >>> printed_unit(np.array([12.0, 7.0])), printed_unit(np.array([1.25, 3.5]))
    (1.0, 0.01)
    """
    values = np.abs(cells[cells != 0])
    if not len(values):
        return 0.0
    first, last = min(0, _power(values.min())), -7
    if (
        len(np.unique(values)) >= SEVERAL
    ):  # that many are multiples of 1,000 only where it is a unit
        first, last = _power(values.min()), -300
    for power in range(first, max(last, _power(values.max()) - 12) - 1, -1):
        scaled = values / 10.0**power if power > 0 else values * 10.0**-power
        whole = np.rint(scaled)
        if whole.min() >= 1 and np.abs(scaled - whole).max() < 1e-3:
            return 10.0**power
    return 0.0


def _power(value: float) -> int:
    return int(np.floor(np.log10(value) + 1e-9))


def sums_of_runs(*matrices: np.ndarray) -> dict[int, list[int]]:
    """Find rows that are, in every matrix, the sum of a run of neighbours or of all the others.

    The matrices share their rows. Rows found are left out of the sums in a second round, so that
    a grand total beside subtotals is found as well. A row within reach of rounding is not judged.

    Returns
    -------
    dict of row to the rows it adds up

    Examples
    --------
    >>> sums_of_runs(np.array([[1.5, 2.0], [3.0, 4.5], [4.5, 6.5]]))
    {2: [0, 1]}
    """
    n = len(matrices[0])
    units = [printed_unit(matrix) for matrix in matrices]
    found: dict[int, list[int]] = {}
    for _ in range(2):
        live = np.array([i not in found for i in range(n)])
        busy = live & np.any([matrix.any(axis=1) for matrix in matrices], axis=0)
        counts = np.r_[0, np.cumsum(busy)]
        sums = [np.vstack([0 * m[:1], np.cumsum(m * live[:, None], axis=0)]) for m in matrices]
        for i in np.flatnonzero(busy):
            starts, stops = _runs(int(i), n)
            own = (starts <= i) & (i < stops)
            terms = counts[stops] - counts[starts] - own
            fits = terms >= 2
            for matrix, total, unit in zip(matrices, sums, units, strict=True):
                row = matrix[i]
                slack = unit / 2 * (terms + 1)
                fits &= np.abs(row).sum() > 10 * slack * len(row)
                largest = np.argsort(-np.abs(row), kind="stable")
                for columns in (largest[:1], largest[1:4], largest):  # all, for the few left
                    at, cells = np.flatnonzero(fits), row[columns]
                    gap = total[np.ix_(stops[at], columns)] - total[np.ix_(starts[at], columns)]
                    gap -= np.outer(1 + own[at], cells)  # a run around the row holds the row too
                    near = np.abs(gap) <= slack[at, None] + 1e-9 * np.abs(cells)
                    fits[at] = near.all(axis=1)
            if fits.any():
                start, stop = starts[fits][0], stops[fits][0]
                found[int(i)] = [k for k in range(start, stop) if live[k] and k != i]
    return dict(sorted(found.items()))


def _runs(i: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Where runs start and stop that end before row i, begin after it, or hold everything."""
    before, after = np.arange(i), np.arange(i + 2, n + 1)
    starts = np.r_[before, np.full(len(after), i + 1), 0]
    return starts, np.r_[np.full(len(before), i), after, n]
