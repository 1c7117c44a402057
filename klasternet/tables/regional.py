"""A regional table from a national one, by location quotients.

Most provinces, districts and cities have no input-output table. Quotients estimate one from the
national table and the size of each industry in the region: an industry that is small here cannot
supply all that is needed of it, and the rest comes from outside.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from ..registry import choose
from . import alignment as align
from .table import IOTable

__all__ = ["METHODS", "regionalise", "trade_quotients"]

METHODS = ("slq", "cilq", "rlq", "flq", "aflq")
ROUNDING = 1e-9


def regionalise(
    table: IOTable,
    regional: pd.Series,
    method: str = "FLQ",
    delta: float = 0.3,
    *,
    national: pd.Series | None = None,
    output: pd.Series | None = None,
) -> IOTable:
    """Estimate the table of a region from the national one, by location quotients.

    Answers what industries of a region may buy from one another, where nobody has asked them.
    National technology is taken for regional; what part of an input is bought within the region is

        a^r_ij = a_ij min(q_ij, 1)

    with a the national coefficients of *domestic* inputs and q one of these quotients, where
    SLQ_i = (e^r_i / e^r) / (e^n_i / e^n), e^r and e^n being the size of industries in the region
    and the nation, and lambda = [log2(1 + e^r / e^n)]^delta:

    ======  ==============================================================  ==================
    method  q_ij, off the diagonal                                          q_ii
    ======  ==============================================================  ==================
    SLQ     SLQ_i                                                           SLQ_i
    CILQ    SLQ_i / SLQ_j                                                   SLQ_i
    RLQ     SLQ_i / log2(1 + SLQ_j)                                         the same formula
    FLQ     lambda SLQ_i / SLQ_j                                            lambda SLQ_i
    AFLQ    FLQ_ij, times log2(1 + SLQ_j) where SLQ_j > 1                   the same, of FLQ_ii
    ======  ==============================================================  ==================

    SLQ_i / SLQ_i would always be 1, so CILQ and FLQ take SLQ_i on the diagonal. All are capped at
    1, AFLQ too: no more is bought in the region than is bought in the nation.

    Parameters
    ----------
    table : IOTable
        The national table, with domestic flows. Imports inside the flows would be taken for
        supply from the region: set them apart first (see ``table.audit()``).
    regional : Series by industry
        Size of each industry in the region: output, value added or jobs. Matched by name.
    method : "SLQ", "CILQ", "RLQ", "FLQ" or "AFLQ"
    delta : float, from 0 to 1
        Of FLQ and AFLQ: how much less a small region supplies itself; 0 makes FLQ the CILQ. **No
        value is right for every region**: values fitted to surveyed tables run from about 0.1
        to 0.6. 0.3 is the value most studies begin with. `source` of the result states the
        one that was used; try several, and report what changes.
    national : Series by industry, optional
        Size of each industry in the nation, in the measure and year of `regional`. By default
        output of the table.
    output : Series by industry, optional
        Output of the region where it is known, in the unit that the result is to have (name it
        with ``replace(unit=...)`` if it is not that of the table). By default national output
        times regional over national size: productivity as in the nation.

    Returns
    -------
    IOTable
        `flows`: within the region. `imports`: from the rest of the nation, and from abroad where
        the national table has imports apart; the seller is the industry of the product. Primary
        inputs and satellites: national coefficients times regional output, so that the columns
        add up as they did. Final demand is not estimated.

    Raises
    ------
    DataError
        Sizes that are negative, zero in all, or larger than those of the nation; no output.
    AlignmentError
        Sizes for other industries than the table has.
    ParameterError
        An unknown method; delta outside 0 to 1.

    Examples
    --------
    >>> names = ["farms", "mills"]
    >>> flows = pd.DataFrame([[10.0, 40], [20, 30]], names, names)
    >>> nation = IOTable(flows, output=pd.Series([100.0, 200], names))
    >>> region = regionalise(nation, pd.Series([10.0, 5], names), "SLQ")
    >>> region.flows.to_numpy()
    array([[1.   , 1.   ],
           [1.   , 0.375]])

    Notes
    -----
    **The family is biased, and mostly upwards.** All these quotients rule out cross-hauling: a
    region that sells a product is taken not to buy it elsewhere, while in truth regions do both,
    the more the smaller they are and the fewer industries the table has. SLQ and CILQ therefore
    overstate trade within the region and its multipliers nearly always; FLQ was made to correct
    this through delta, and over- or understates as delta is too low or too high. Single cells are
    wrong by much more than column sums or multipliers. Clusters found in an estimated table are
    clusters of national technology weighted by regional size: they can show which links a region
    could have, not which it has. `docs/regional-tables.md` compares two provinces of Indonesia
    with their published tables. Known totals of the region can be put in by `balance`.

    Sources: Round (1978), Journal of Regional Science 18 (RLQ); Flegg, Webber and Elliott (1995),
    Regional Studies 29; Flegg and Webber (1997), Regional Studies 31, 795-805 (the form of FLQ
    used here) and (2000), Regional Studies 34, 563-569 (AFLQ); Bonfiglio and Chelli (2008),
    doi:10.1080/09535310802344315, and Flegg and Tohmo (2013), Regional Studies 47, 703-721
    (comparisons, choice of delta); Miller and Blair (2009), chapter 8,
    doi:10.1017/CBO9780511626982.
    """
    names = table.industries
    if national is None:
        if table.output is None:
            raise DataError(
                "the table has no output to measure industries by; pass national=, in the measure "
                "of the regional sizes, and a table with output."
            )
        national = table.output
    q = trade_quotients(
        align.one_per_industry(regional, "regional", names),
        align.one_per_industry(national, "national", names),
        method,
        delta,
    )
    small = align.one_per_industry(regional, "regional", names)
    large = align.one_per_industry(national, "national", names)
    A = table.coefficients()
    x = table.output
    if output is None:
        output = x * small.div(large.where(large > 0, 1.0))
    output = align.one_per_industry(output, "output", names)
    if (output < 0).any():
        raise DataError(
            f"the output of {output.idxmin()!r} is {output.min():g}; it is not negative."
        )

    scale = output.div(x.where(x != 0, 1.0))  # from national to regional columns
    flows = A * q.clip(upper=1.0) * output
    imports = A * output - flows
    if table.imports is not None:
        imports = imports + table.imports * scale
    share = small.sum() / large.sum()
    how = f"regionalised by {method.strip().upper()}"
    if "FLQ" in how:
        how += f", delta {delta:g} (given or default, not estimated)"
    how += f"; the region is {share:.3g} of the nation"
    return IOTable(
        flows,
        value_added=None if table.value_added is None else table.value_added * scale,
        satellites=None if table.satellites is None else table.satellites * scale,
        output=output,
        imports=imports,
        unit=table.unit,
        year=table.year,
        source="; ".join(filter(None, (table.source, how))),
        name=" ".join(filter(None, (table.name, "(region)"))),
    )


def trade_quotients(
    regional: pd.Series, national: pd.Series, method: str = "FLQ", delta: float = 0.3
) -> pd.DataFrame:
    """Give the quotients q of `regionalise`, n x n and not capped.

    Parameters
    ----------
    regional, national : Series by industry
        Sizes in the same measure and year.
    method, delta
        As in `regionalise`.

    Returns
    -------
    DataFrame
        Rows sell, columns buy. Infinite where the buyer is not in the region and the seller is; 0
        where the seller is not.

    Examples
    --------
    >>> sizes = pd.DataFrame({"region": [50, 30, 20], "nation": [400, 300, 300]}, list("abc"))
    >>> trade_quotients(sizes["region"], sizes["nation"], "CILQ").round(3).to_numpy()
    array([[1.25 , 1.25 , 1.875],
           [0.8  , 1.   , 1.5  ],
           [0.533, 0.667, 0.667]])
    """
    method = choose("regionalisation method", method, METHODS)
    numeric = isinstance(delta, int | float | np.number) and not isinstance(delta, bool)
    if not (numeric and 0 <= delta <= 1):
        raise ParameterError(
            f"delta is {delta!r}; give a number from 0 (no allowance for the size of the region) "
            "to 1. Values fitted to surveyed tables run from about 0.1 to 0.6."
        )
    names = align.labels(national.index, "the national sizes")
    small = align.one_per_industry(regional, "regional", names)
    large = align.one_per_industry(national, "national", names)
    _check_sizes(small, large)
    e, n = small.to_numpy(), large.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        slq = np.where(e > 0, (e / e.sum()) / (n / n.sum()), 0.0)
        if method == "slq":
            q = np.repeat(slq[:, None], len(slq), axis=1)
        elif method == "rlq":
            q = slq[:, None] / np.log2(1.0 + slq)[None, :]
        else:
            q = slq[:, None] / slq[None, :]
            np.fill_diagonal(q, slq)
        if method in ("flq", "aflq"):
            q = q * np.log2(1.0 + e.sum() / n.sum()) ** delta
        if method == "aflq":
            q = q * np.where(slq > 1, np.log2(1.0 + slq), 1.0)[None, :]
    q[slq == 0] = 0.0  # nobody sells, whoever would buy
    return pd.DataFrame(q, names.rename("seller"), names.rename("buyer"))


def _check_sizes(small: pd.Series, large: pd.Series) -> None:
    for what, sizes in (("regional", small), ("national", large)):
        if (sizes < 0).any():
            raise DataError(
                f"the {what} size of {sizes.idxmin()!r} is {sizes.min():g}; sizes are not negative."
            )
    if not small.any():
        raise DataError("all regional sizes are zero; check the region and the measure.")
    over = small > large * (1 + ROUNDING)
    if over.any():
        name = over.idxmax()
        raise DataError(
            f"{name!r} is larger in the region ({small[name]:,.6g}) than in the nation "
            f"({large[name]:,.6g}; {int(over.sum())} such industries); both must be in the same "
            "measure, unit and year: pass national= from the source of the regional sizes."
        )
