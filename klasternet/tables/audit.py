"""The audit of a table: which checks it passes, where it fails them, and what to do.

Diagnosis only: nothing is repaired, dropped or changed. The checks themselves are in `checks.py`.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pandas as pd

from .checks import CHECKS, accounts

if TYPE_CHECKING:
    from .table import IOTable

__all__ = ["Audit", "audit"]

COLUMNS = ["check", "status", "where", "size", "advice"]


class Audit(pd.DataFrame):
    """A frame with one row per check that prints in full."""

    @property
    def verdict(self) -> str:
        """How many checks ended how, in one line."""
        count = self["status"].value_counts()
        return ", ".join(f"{count.get(s, 0)} {s}" for s in ("pass", "warn", "fail", "skipped"))

    def __repr__(self) -> str:
        if list(self.columns) != COLUMNS:
            return super().__repr__()
        lines = [f"audit: {self.verdict}"]
        for row in self.itertuples(index=False):
            head, notes = row.where, "" if row.status == "pass" else row.advice
            if not head:
                head, notes = notes, ""
            lines.append(f"  {row.status:<8} {row.check:<20}  {head}".rstrip())
            indent = " " * 11
            lines += textwrap.wrap(notes, 96, initial_indent=indent, subsequent_indent=indent)
        return "\n".join(lines)


def audit(table: IOTable) -> Audit:
    """Say what is sound in a table and what is not.

    Row identity: sum_j Z_ij + f_i = x_i. Column identity: sum_i Z_ij + sum_i M_ij + v_j = x_j.
    A gap passes within what rounding can explain: half a unit in the last place for each cell that
    is added up, the unit being that of the part printed most coarsely, for what was computed from
    rounded numbers carries their rounding (1e-9 of output where no part is rounded). It is a
    warning within 0.1 % of output, or of no weight in the economy, and a failure beyond.

    Parameters
    ----------
    table : IOTable

    Returns
    -------
    frame with columns check, status, where, size, advice
        status is "pass", "warn", "fail" or "skipped" (cannot be judged from what is given); size
        is the number the check turns on, in the unit of the table or as a count. `.verdict` counts
        them in one line.

    Notes
    -----
    A pass says that nothing was found, not that the numbers are right: errors that keep the
    identities go unseen. Whether an imports row holds imported inputs or imports of the same
    product, no arithmetic can tell.

    Examples
    --------
    >>> import numpy as np
    >>> import klasternet as kn
    >>> table = kn.IOTable(np.array([[150.0, 500], [200, 100]]),
    ...                    final_demand=np.array([350.0, 1700]), output=np.array([1000.0, 2000]))
    >>> audit(table).verdict
    '9 pass, 0 warn, 0 fail, 2 skipped'
    """
    known = accounts(table)
    return Audit([(name, *check(known)) for name, check in CHECKS.items()], columns=COLUMNS)
