"""The audit of a table: which checks it passes, where it fails them, and what to do.

Diagnosis only: nothing is repaired, dropped or changed. The checks are in `checks.py` (structure)
and `identities.py` (arithmetic), their Indonesian in `phrases.py`.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..phrasebook import tongue
from ..registry import choose
from .accounts import accounts
from .checks import CHECKS
from .phrases import PHRASES, STATUS

if TYPE_CHECKING:
    from .table import IOTable

__all__ = ["Audit", "audit"]

COLUMNS = ["check", "status", "where", "size", "advice"]
WORST_FIRST = ["fail", "warn", "pass", "skipped"]


class Audit(pd.DataFrame):
    """A frame with one row per check that prints in full, as a page to read."""

    @property
    def verdict(self) -> str:
        """How many checks ended how, in one line."""
        count = self["status"].value_counts()
        words = STATUS[self.attrs.get("language", "en")]
        return ", ".join(f"{count.get(s, 0)} {words[s]}" for s in words)

    def __repr__(self) -> str:
        if list(self.columns) != COLUMNS:
            return super().__repr__()
        language = self.attrs.get("language", "en")
        words, status = PHRASES.get(language, {}), STATUS[language]
        lines = [f"{self.attrs.get('head', 'audit')}: {self.verdict}"]
        order = self["status"].map(WORST_FIRST.index).sort_values(kind="stable").index
        for row in self.loc[order].itertuples(index=False):
            check = words.get(row.check, row.check)
            head, notes = row.where, "" if row.status == "pass" else row.advice
            if not head:
                head, notes = notes, ""
            first, *more = textwrap.wrap(head, 66) or [""]
            lines.append(f"  {status[row.status]:<8} {check:<22}  {first}".rstrip())
            lines += [" " * 35 + line for line in more]
            indent = " " * 11
            lines += textwrap.wrap(notes, 100, initial_indent=indent, subsequent_indent=indent)
        return "\n".join(lines)


def audit(table: IOTable, language: str = "en") -> Audit:
    """Say what is sound in a table and what is not.

    Row identity: sum_j Z_ij + f_i = x_i. Column identity: sum_i Z_ij + sum_i M_ij + v_j = x_j.
    A gap passes within what rounding can explain: half a unit in the last place for each cell that
    is added up, the unit being that of the part printed most coarsely, for what was computed from
    rounded numbers carries their rounding (1e-9 of output where no part is rounded). It is a
    warning within 0.1 % of output, or of no weight in the economy, and a failure beyond. A failure
    is looked at for what it might be: a line counted twice or left out, one factor for all, a
    factor of ten, labels in another order.

    Parameters
    ----------
    table : IOTable
    language : "en" or "id"
        Of where and advice, and of the page as it prints. check and status stay English, so that
        code can rely on them.

    Returns
    -------
    frame with columns check, status, where, size, advice
        status is "pass", "warn", "fail" or "skipped" (cannot be judged from what is given); size
        is the number the check turns on, in the unit of the table or as a count. `.verdict` counts
        them in one line. Printed, the failures stand first.

    Raises
    ------
    ParameterError
        A language that is not known.

    Notes
    -----
    A pass says that nothing was found, not that the numbers are right: errors that keep the
    identities go unseen. Whether an imports row holds imported inputs or imports of the same
    product, no arithmetic can tell, and of the price basis it tells only what shows: margins as a
    column, taxes on products as a row, trade that sells far less than it makes.

    The spectral radius decides whether (I - A) has a meaningful inverse; column sums of A above 1
    do not, a subsidised industry has them and does no harm.

    Examples
    --------
    >>> import numpy as np
    >>> import klasternet as kn
    >>> table = kn.IOTable(np.array([[150.0, 500], [200, 100]]),
    ...                    final_demand=np.array([350.0, 1700]), output=np.array([1000.0, 2000]))
    >>> audit(table).verdict
    '12 pass, 0 warn, 0 fail, 3 skipped'
    """
    language = choose("language", language, STATUS)
    with np.errstate(over="ignore", invalid="ignore"):  # a cell of 1e308 shows in the identities
        known = accounts(table, language)
        found = [(name, *check(known)) for name, check in CHECKS.items()]
    page = Audit(found, columns=COLUMNS)
    page.attrs["language"] = language
    about = [known.say("{} industries", table.n)]
    about += [str(word) for word in (table.year, tongue(language).unit(table.unit)) if word]
    title = known.say("Audit of {}", table.name) if table.name else known.say("audit")
    page.attrs["head"] = ", ".join([title, *about])
    return page
