"""From one classification to another: which industry goes to which group, and in what share.

A concordance is given as a mapping, as the length of a code's prefix, or as a frame with one row
per pair (NAICS, NACE, ISIC, KBLI, WIOD and BEA publish theirs so). One industry may go to several
groups only where the shares are stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError, ParameterError
from . import alignment as align

__all__ = ["Concordance", "membership", "reclassify"]

Concordance: TypeAlias = Mapping[str, str] | pd.Series | pd.DataFrame | int


def membership(
    industries: pd.Index,
    concordance: Concordance,
    *,
    source: str | None = None,
    target: str | None = None,
    weight: str | None = None,
    prefix: bool = False,
) -> pd.DataFrame:
    """Share of each industry that goes to each group, groups x industries; columns add up to 1.

    Parameters
    ----------
    industries : Index of text
    concordance : dict, Series, DataFrame or int
        - Mapping: industry to group.
        - Frame: one row per pair of industry (column `source`, by default the first) and group
          (`target`, by default the second).
        - Number: industries are codes, and the group is their first so many characters.

        What it says of industries that are not asked for is of no effect.
    source, target : str, optional
        Columns of a frame.
    weight : str, optional
        Needed where an industry goes to several groups: the column of a frame with the size of
        each part (employment, output), or "equal". Shares are these over their sum.
    prefix : bool
        What the mapping or frame names are prefixes of codes; the longest that fits decides.

    Raises
    ------
    AlignmentError
        An industry without a group, or with several and no weights.
    DataError
        Weights that are no numbers, negative, or nothing but zeros for an industry.
    ParameterError
        A column that the frame does not have; a prefix of no length.

    Examples
    --------
    >>> pairs = pd.DataFrame({"wiod": ["c17", "c17", "c18"], "isic": ["D", "E", "F"],
    ...                       "output": [90, 10, 50]})
    >>> membership(pd.Index(["c17", "c18"]), pairs, weight="output")
       c17  c18
    D  0.9  0.0
    E  0.1  0.0
    F  0.0  1.0
    """
    if isinstance(concordance, int) and not isinstance(concordance, bool):
        if concordance < 1:
            raise ParameterError(
                f"the prefix has {concordance} characters; give 1 or more, such as 2 for divisions."
            )
        concordance = {name: name[:concordance] for name in industries}
    if weight is not None and not isinstance(concordance, pd.DataFrame):
        raise ParameterError(
            f"weight={weight!r} needs a concordance frame; a mapping gives each one group."
        )
    if isinstance(concordance, pd.DataFrame):
        pairs = _pairs(concordance, source, target, weight)
    else:
        mapping = pd.Series(concordance, dtype=object)
        mapping.index = align.labels(mapping.index, "the mapping")
        pairs = pd.DataFrame({"source": mapping.index, "target": mapping.to_numpy(), "size": 1.0})
    pairs = pairs[pairs["target"].notna()].astype({"target": str})
    keys = pd.Series(industries, industries)
    if prefix:
        keys = keys.map(lambda name: _longest_prefix(name, set(pairs["source"])))
    lost = keys.index[~keys.isin(pairs["source"])]
    if len(lost):
        hint = ""
        if not prefix and len(lost) == len(keys):
            hint = f" It knows {align.some(pairs['source'], 3)}: are both codes, both text?"
        raise AlignmentError(
            f"the mapping gives no group for {align.some(lost)}; every industry needs one.{hint}"
        )
    found = keys.rename("source").rename_axis("industry").reset_index()
    found = found.merge(pairs, on="source", how="left")
    split = found.loc[found["industry"].duplicated(keep=False)]
    if len(split) and weight is None:
        name = split["industry"].iloc[0]
        groups = split.loc[split["industry"] == name, "target"]
        raise AlignmentError(
            f"{name!r} goes to {len(groups)} groups ({align.some(groups)}) and nothing says in "
            "what shares; name the column of sizes in weight=, take weight='equal', or keep one."
        )
    whole = found.groupby("industry")["size"].transform("sum")
    if (whole <= 0).any():
        name = found.loc[whole <= 0, "industry"].iloc[0]
        raise DataError(
            f"all weights of {name!r} are zero, so it cannot be split; give one of them a size."
        )
    shares = pd.DataFrame(
        0.0, index=pd.Index(found["target"].unique()), columns=pd.Index(list(industries))
    )
    rows = shares.index.get_indexer(found["target"])
    columns = shares.columns.get_indexer(found["industry"])
    cells = shares.to_numpy(copy=True)
    cells[rows, columns] = found["size"] / whole
    return pd.DataFrame(cells, shares.index, shares.columns)


def reclassify(
    values: pd.Series | pd.DataFrame, concordance: Concordance, **how: Any
) -> pd.Series | pd.DataFrame:
    """Add amounts up from one classification to another: jobs by NAICS to jobs by cluster, say.

    Parameters
    ----------
    values : Series by industry, or DataFrame regions x industries
        Amounts, not shares or ratios: they are added up.
    concordance, **how
        As in `membership`: source, target, weight, prefix.

    Returns
    -------
    Series by group, or DataFrame regions x groups
        With the total of what was given.

    Examples
    --------
    >>> jobs = pd.Series({"0111": 5, "0112": 7, "1011": 3})
    >>> reclassify(jobs, {"01": "Farms", "10": "Food"}, prefix=True)
    Farms    12.0
    Food      3.0
    dtype: float64
    """
    if isinstance(values, pd.Series):
        names = align.labels(values.index, "the values")
        amounts = align.numbers(values.to_frame(), "the values")[:, 0]
        shares = membership(names, concordance, **how)
        return pd.Series(shares.to_numpy() @ amounts, shares.index, name=values.name)
    names = align.labels(values.columns, "the values (columns)")
    shares = membership(names, concordance, **how)
    amounts = align.numbers(values, "the values")
    return pd.DataFrame(amounts @ shares.to_numpy().T, values.index, shares.index)


def _pairs(
    frame: pd.DataFrame, source: str | None, target: str | None, weight: str | None
) -> pd.DataFrame:
    """The frame as source, target, size, each pair once."""
    if frame.shape[1] < 2:
        raise DataError(
            f"the concordance has {frame.shape[1]} column; it needs two, industry and group. Pass "
            "frame.reset_index() where the industries are its index."
        )
    columns = [source or frame.columns[0], target or frame.columns[1]]
    for column in [*columns, *([] if weight in (None, "equal") else [weight])]:
        if column not in frame:
            raise ParameterError(
                f"the concordance has no column {column!r}; it has {align.some(frame.columns)}."
            )
    pairs = frame[columns].set_axis(["source", "target"], axis=1)
    pairs = pairs.assign(size=1.0)
    if weight not in (None, "equal"):
        size = align.numbers(frame[[weight]], f"the weights {weight!r}")[:, 0]
        if (size < 0).any():
            k = int(np.argmax(size < 0))
            raise DataError(
                f"the weight of {pairs['source'].iloc[k]!r} in {pairs['target'].iloc[k]!r} is "
                f"{size[k]:g}; sizes are not negative."
            )
        pairs = pairs.assign(size=size)
    pairs = pairs[pairs["source"].notna()].astype({"source": str})
    grouped = pairs.groupby(["source", "target"], sort=False, dropna=False)["size"]
    pairs = (grouped.first() if weight in (None, "equal") else grouped.sum()).reset_index()
    return pairs


def _longest_prefix(name: str, known: set[str]) -> str:
    """The longest beginning of the name that is known; the name itself where none is."""
    return next((name[:k] for k in range(len(name), 0, -1) if name[:k] in known), name)
