"""Tables of many regions: one noun, `IOTable` with a region for every industry, seen by region.

An industry of such a table is a sector in a region, and its name is the two joined: "IDN Mining".
`Regions` (as `table.regions`) takes the two apart again: two-level labels, trade between regions,
one region as a table of its own, exports by destination, regions or sectors added up.
`from_two_levels` builds such a table from frames with two-level labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError
from . import alignment as align
from .concordance import Concordance, membership

if TYPE_CHECKING:
    from .table import IOTable

__all__ = ["Regions", "from_two_levels"]

SEPARATORS = " _-:|/."
OTHER_IMPORTS = "Imports of products not made here"
LEVELS = ["region", "sector"]


@dataclass(frozen=True, eq=False, repr=False)
class Regions:
    """A table of many regions, seen by region.

    Examples
    --------
    >>> names = pd.MultiIndex.from_product([["north", "south"], ["farms", "mills"]])
    >>> flows = pd.DataFrame(np.arange(16.0).reshape(4, 4), names, names)
    >>> final = pd.DataFrame([[5.0, 1]] * 4, names,
    ...                      pd.MultiIndex.from_tuples([("north", "homes"), ("south", "homes")]))
    >>> table = from_two_levels(flows, final_demand=final)
    >>> table.regions.between.loc["north"].tolist()
    [10.0, 18.0]
    >>> table.regions.exports_by_destination().loc["north mills"].tolist()
    [0.0, 14.0]
    >>> table.regions.select("north").flows.to_numpy()
    array([[0., 1.],
           [4., 5.]])
    """

    table: IOTable

    @property
    def names(self) -> list[str]:
        """Regions, in the order in which they are first met."""
        return list(self._region.unique())

    @cached_property
    def _region(self) -> pd.Series:
        region = self.table.region
        if region is None:
            raise DataError(
                f"{self.table.name or 'the table'} does not say which region an industry is in; "
                "pass region=, a Series, or build it with from_two_levels()."
            )
        return region

    @cached_property
    def sector(self) -> pd.Series:
        """Sector of each industry: its name without its region.

        Raises
        ------
        AlignmentError
            A name that does not begin with its region, as in "IDN Mining" or "IDN_c2".
        """
        pairs = zip(self.table.industries, self._region, strict=True)
        sectors = [_without(name, region) for name, region in pairs]
        bad = [i for i, sector in enumerate(sectors) if sector is None]
        if bad:
            name = self.table.industries[bad[0]]
            raise AlignmentError(
                f"{name!r} does not begin with its region, {self._region.iloc[bad[0]]!r}, so its "
                "sector is not known; name industries REGION SECTOR."
            )
        return pd.Series(sectors, self.table.industries, name="sector")

    def two_levels(self, part: str = "flows") -> pd.DataFrame | pd.Series:
        """Give a part of the table with labels in two levels, region and sector (or category).

        Parameters
        ----------
        part : str
            "flows", "final_demand", "value_added", "output", "exports", "satellites".
        """
        frame = getattr(self.table, part)
        if frame is None:
            raise DataError(f"the table has no {part}; take another part, such as 'flows'.")
        labels = pd.MultiIndex.from_arrays([self._region, self.sector], names=LEVELS)
        if part in ("value_added", "satellites"):
            return frame.set_axis(labels, axis=1)
        frame = frame.set_axis(labels, axis=0)
        if part == "flows":
            return frame.set_axis(labels, axis=1)
        if part == "final_demand":
            pairs = [(r or "", c) for r, c in self.final_columns()]
            columns = pd.MultiIndex.from_tuples(pairs, names=["region", "category"])
            return frame.set_axis(columns, axis=1)
        return frame

    @property
    def domestic(self) -> pd.DataFrame:
        """Flows within regions, n x n; what crosses a border is 0."""
        return self.table.flows.where(self._at_home(), 0.0)

    @property
    def traded(self) -> pd.DataFrame:
        """Flows between regions, n x n; what stays within one is 0. The two add up to flows."""
        return self.table.flows.where(~self._at_home(), 0.0)

    @property
    def between(self) -> pd.DataFrame:
        """Intermediate flows from region to region, the diagonal what stays at home."""
        S = self._members()
        cells = S @ self.table.flows.to_numpy() @ S.T
        index = pd.Index(self.names, name="seller")
        return pd.DataFrame(cells, index, index.rename("buyer"))

    def exports_by_destination(self) -> pd.DataFrame:
        """Sales of each industry to each region, inputs and final demand; its own region is 0.

        Columns of final demand that are named as exports and belong to no region of the table
        (to the rest of the world) keep a column each. Row sums are the exports.
        """
        inputs = self.table.flows.to_numpy() @ self._members().T
        sales = pd.DataFrame(inputs, self.table.industries, pd.Index(self.names))
        demand = self.table.final_demand
        outside = {}
        if demand is not None:
            for label, (region, _) in zip(demand, self.final_columns(), strict=True):
                if region is not None:
                    sales[region] += demand[label]
                else:
                    outside[label] = demand[label]
        home = sales.columns.get_indexer(self._region)
        cells = sales.to_numpy(copy=True)
        cells[np.arange(self.table.n), home] = 0.0
        sales = pd.DataFrame(cells, sales.index, sales.columns).assign(**outside)
        return sales.rename_axis(columns="destination")

    def imports_by_origin(self) -> pd.DataFrame:
        """Inputs that each industry (column) buys from each other region (row)."""
        cells = self._members() @ self.table.flows.to_numpy()
        home = pd.Index(self.names).get_indexer(self._region)
        cells[home, np.arange(self.table.n)] = 0.0
        return pd.DataFrame(cells, pd.Index(self.names, name="origin"), self.table.industries)

    def final_columns(self) -> list[tuple[str | None, str]]:
        """Region and category of each column of final demand; None for exports out of the table."""
        found: list[tuple[str | None, str]] = []
        known = sorted(self.names, key=len, reverse=True)
        for label in self.table.final_demand:
            match = ((r, _without(label, r)) for r in known)
            region, category = next(((r, c) for r, c in match if c), (None, label))
            if region is None and label not in self.table.export_columns:
                raise AlignmentError(
                    f"column {label!r} of final demand does not begin with a region, so its users "
                    "are in none; name columns REGION CATEGORY, or name it in exports=."
                )
            found.append((region, category))
        return found

    def select(self, region: str) -> IOTable:
        """Give one region as a national table: its industries are the sectors.

        What it sells to the industries and final users of another region becomes a column
        "Exports to REGION", marked as exports; what it buys from there becomes `imports`, by the
        sector that makes it (a sector that the region does not have: a row of primary inputs).
        Its own columns of final demand stay, so that identities that held still hold. Products
        that its final users import are not part of its rows, and are left out.
        """
        (region,) = align.known_names([region], pd.Index(self.names), "the region")
        t, sector = self.table, self.sector
        here = (self._region == region).to_numpy()
        home = pd.Index(sector[here])
        bought = t.flows.loc[~here, here].groupby(sector[~here].to_numpy(), sort=False).sum()
        if t.imports is not None:
            outside = t.imports.loc[:, here].groupby(sector.to_numpy(), sort=False).sum()
            bought = bought.add(outside, fill_value=0.0)
        imports = bought.reindex(home, fill_value=0.0)
        changes: dict[str, Any] = {
            "flows": t.flows.loc[here, here].set_axis(home, axis=0).set_axis(home, axis=1),
            "imports": imports.set_axis(home, axis=1),
            "exports": None,
            "region": None,
            "name": " ".join(filter(None, (t.name, region))),
            "source": "; ".join(filter(None, (t.source, f"region {region} selected"))),
        }
        if t.value_added is not None:
            primary = t.value_added.loc[:, here].set_axis(home, axis=1)
            other = bought.drop(index=home, errors="ignore").sum()
            if other.any():
                row = pd.DataFrame([other.to_numpy()], [OTHER_IMPORTS], home)
                primary = pd.concat([primary, row])
            changes["value_added"] = primary
        if t.satellites is not None:
            changes["satellites"] = t.satellites.loc[:, here].set_axis(home, axis=1)
        if t.output is not None:
            changes["output"] = t.output[here].set_axis(home)
        if t.final_demand is not None:
            columns = zip(t.final_demand, self.final_columns(), strict=True)
            own = {label: c for label, (buyer, c) in columns if buyer in (region, None)}
            demand = t.final_demand.loc[here, list(own)].rename(columns=own)
            abroad = [name for name in self.names if name != region]
            sold = self.exports_by_destination().loc[here, abroad].add_prefix("Exports to ")
            changes["final_demand"] = demand.join(sold).set_axis(home, axis=0)
            changes["exports"] = [*sold, *(c for c in own.values() if c in t.export_columns)]
        return t.replace(**changes)

    def aggregate(
        self,
        regions: Mapping[str, str] | pd.Series | None = None,
        sectors: Concordance | None = None,
        **how: Any,
    ) -> IOTable:
        """Add up regions, sectors or both; the result is again a table by region.

        Parameters
        ----------
        regions : dict or Series, optional
            Region to group of regions. Trade among the regions of a group is no export of it.
        sectors : mapping, number or concordance frame, optional
            The same in every region; with **how (weight and so on) as in `IOTable.aggregate`.

        Returns
        -------
        IOTable
            Industries "GROUP SECTOR", with the sign between the two that the table has; final
            demand is added up by group of regions too.
        """
        t, groups = self.table, {name: name for name in self.names}
        if regions is not None:
            groups = dict(membership(pd.Index(self.names), regions).idxmax())
        kinds = pd.Index(self.sector.unique())
        sign = t.industries[0][len(self._region.iloc[0])]  # between region and sector
        share = membership(kinds, {k: k for k in kinds} if sectors is None else sectors, **how)
        rows = [
            (name, f"{groups[region]}{sign}{share.index[k]}", share[sector].iloc[k], groups[region])
            for name, region, sector in zip(t.industries, self._region, self.sector, strict=True)
            for k in np.flatnonzero(share[sector])
        ]
        pairs = pd.DataFrame(rows, columns=["from", "to", "weight", "region"])
        demand, exports = t.final_demand, list(t.export_columns) or None
        if demand is not None:
            called = [c if r is None else f"{groups[r]}{sign}{c}" for r, c in self.final_columns()]
            demand = demand.T.groupby(called, sort=False).sum().T
        plain = t.replace(region=None, final_demand=demand, exports=exports)
        added = plain.aggregate(pairs, weight="weight").replace(
            region=pairs.drop_duplicates("to").set_index("to")["region"],
            source="; ".join(filter(None, (t.source, "added up by region and sector"))),
        )
        if exports is None and t.exports is not None:
            added = added.replace(exports=added.regions.exports_by_destination().sum(axis=1))
        return added

    def _members(self) -> np.ndarray:
        """Regions x industries, 1 where the industry is in the region."""
        code = pd.Index(self.names).get_indexer(self._region)
        return (np.arange(len(self.names))[:, None] == code).astype(float)

    def _at_home(self) -> np.ndarray:
        region = self._region.to_numpy()
        return region[:, None] == region


def from_two_levels(
    flows: pd.DataFrame,
    *,
    final_demand: pd.DataFrame | None = None,
    value_added: pd.DataFrame | None = None,
    output: pd.Series | None = None,
    satellites: pd.DataFrame | None = None,
    exports: Iterable[str] | pd.Series | None = None,
    **words: Any,
) -> IOTable:
    """Make a table of many regions from frames whose labels have two levels, region and sector.

    Parameters
    ----------
    flows : DataFrame, n x n
        (region, sector) on both sides.
    final_demand : DataFrame, n x f
        Columns (region, category).
    value_added, satellites : DataFrame, v x n
    output, exports : Series
        Without `exports` they are counted: what each industry sells to other regions.
    **words
        unit, year, source, name.

    Returns
    -------
    IOTable
        Industries "REGION SECTOR", `region` set, columns of final demand "REGION CATEGORY".

    Raises
    ------
    DataError
        Labels that do not have two levels.
    AlignmentError
        As `IOTable`.

    Examples
    --------
    >>> names = pd.MultiIndex.from_product([["north", "south"], ["farms", "mills"]])
    >>> table = from_two_levels(pd.DataFrame(np.ones((4, 4)), names, names), unit="million IDR")
    >>> table.industries[1], table.region.iloc[1]
    ('north mills', 'north')
    """
    from .table import IOTable

    names = _joined(flows.index, "flows")
    region = pd.Series([str(r) for r in flows.index.get_level_values(0)], names)

    def joined(part: Any, axis: int, what: str) -> Any:
        if part is None or not isinstance(part.axes[axis], pd.MultiIndex):
            return part
        return part.set_axis(_joined(part.axes[axis], what), axis=axis)

    table = IOTable(
        joined(joined(flows, 0, "flows"), 1, "flows"),
        final_demand=joined(joined(final_demand, 0, "final_demand"), 1, "final_demand"),
        value_added=joined(value_added, 1, "value_added"),
        output=joined(output, 0, "output"),
        satellites=joined(satellites, 1, "satellites"),
        exports=joined(exports, 0, "exports") if isinstance(exports, pd.Series) else exports,
        region=region,
        **words,
    )
    if exports is None and final_demand is not None:
        table = table.replace(exports=table.regions.exports_by_destination().sum(axis=1))
    return table


def _joined(axis: pd.Index, what: str) -> pd.Index:
    if not isinstance(axis, pd.MultiIndex) or axis.nlevels != 2:
        raise DataError(
            f"labels of {what} have {axis.nlevels} level{'s' * (axis.nlevels != 1)}, not two; give "
            "a MultiIndex of (region, sector)."
        )
    return pd.Index([f"{region} {name}" for region, name in axis])


def _without(name: str, region: str) -> str | None:
    """The name without the region that it begins with and the sign between; else None."""
    if name.startswith(region) and name[len(region) : len(region) + 1] in [*SEPARATORS]:
        return name[len(region) + 1 :].strip() or None
    return None
