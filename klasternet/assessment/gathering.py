"""What a profile is made of: the readings of other rooms, by cluster, and what is not assessed.

A part that the data do not allow is noted with the reason and the cure; input that is wrong is an
error as everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..clusters import Clusters
from ..errors import AlignmentError, ConvergenceError, DataError, ParameterError
from ..evidence import readings
from ..labelling import REST, membership
from ..matrices import column_sums, row_sums
from ..overlap import outside_trade
from ..tables.table import IOTable
from .exports import export_role
from .extraction import extract
from .hotspots import local_g
from .opportunity import cluster_employment, gaps, opportunities
from .positions import downstreamness, upstreamness
from .quotients import location_quotients
from .roles import core_of, members_of, partners_of
from .solving import (
    carried,
    imported,
    shares_of,
    system,
    tells_imports,
    value_added_rows,
)

__all__ = ["Draft"]

SHARE, TIMES, STEPS, NUMBER, CHANCE = "share", "times", "steps", "number", "probability"
KINDS = np.array([["weak", "forward"], ["backward", "key"]], dtype=object)  # power, sensitivity
OTHER = 1e-3  # relative difference from which on a network holds other flows than the table
READINGS = {
    "gravity_ratio": TIMES,
    "gravity_ratio_rest": TIMES,
    "contrast": TIMES,
    "contrast_low": TIMES,
    "contrast_high": TIMES,
}
NO_OUTPUT = ("its members make nothing", "see output in table.audit()")
NO_NULL = ("sizes leave no room for another flow there, or pairs are too few", "kn.density tells")
BLANK = {  # why a column can lack a number for some cluster
    "sales_retention": ("its members sell nothing to industries", "final demand takes it all"),
    "purchase_retention": ("its members buy nothing from industries", "value added and imports"),
    "upstreamness": NO_OUTPUT,
    "downstreamness": NO_OUTPUT,
    "score": ("none of its factors is known", "give indicators to kn.scorecard"),
    **dict.fromkeys(READINGS, NO_NULL),
}
SCORES = {"low": "score_low", "high": "score_high", "coverage": "score_coverage"}
EXPORTS = {  # of export_role; "" is money
    "exports": "",
    "export_share": SHARE,
    "intensity": SHARE,
    "carried_share": SHARE,
    "kind": "",
    "domestic_value_added": "",
    "domestic_share": SHARE,
}


class Draft:
    """A profile in the making: columns by cluster, by industry, and what is missing."""

    def __init__(self, clusters: Clusters, table: IOTable | None) -> None:
        self.clusters = clusters
        self.industries = clusters.network.industries
        self.names = pd.Index(clusters.names, name="cluster")
        self.M = clusters.membership.T.tocsr()
        self.heads = membership(clusters.labels, len(clusters)).T.tocsr()  # primary members
        self.money = clusters.network.unit or (table.unit if table is not None else "") or "money"
        self.columns: dict[str, np.ndarray] = {}
        self.units: dict[str, str] = {}
        self.missing: list[tuple[str, str, str]] = []
        self.members = members_of(clusters)
        self.place = np.arange(clusters.network.n)  # of each industry in the table
        self.notes: list[str] = []
        if clusters.shares is not None:
            self.notes.append(
                "sums go by the shares of industries in clusters; members, core and key industries "
                "are primary members, with all their trade."
            )
        if table is not None:
            shares_of(clusters, table)  # names what does not meet
            self.place = table.industries.get_indexer(pd.Index(self.industries).astype(str))
            total, known = clusters.network.total, float(table.flows.to_numpy().sum())
            if abs(total - known) > OTHER * known:
                self.notes.append(
                    f"the network's flows add up to {total:,.6g}, those of the table to "
                    f"{known:,.6g}: trade, suppliers and buyers are read off the network, which "
                    "may hold imports, and all else off the table."
                )

    def put(self, name: str, values: Any, unit: str) -> None:
        """Add a column; an account that has the name of another number is told apart."""
        name = f"{name} (account)" if name in self.columns else name
        self.columns[name] = np.asarray(values, dtype=int if unit == NUMBER else None)
        self.units[name] = unit

    def lack(self, what: str, why: str, cure: str) -> None:
        self.missing.append((what, why, cure))

    def summed(self, by_industry: np.ndarray) -> np.ndarray:
        """Sum over members, (k,), of amounts in the order of the table."""
        return np.asarray(self.M @ by_industry[self.place])

    # ---------------------------------------------------------------------------- the parts

    def trade(self, table: IOTable | None, stability: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Members, core, and the suppliers and buyers that are handed back."""
        if stability is not None:
            self.same_clusters(stability.table, "stability")
        core, self.core_by = core_of(self.clusters, self.members, stability)
        self.members.insert(0, "core", core)
        imports = None if table is None or table.imports is None else table.imports.to_numpy()
        if imports is not None:
            imports = imports[np.ix_(self.place, self.place)]
            labels = self.clusters.labels
            bought = np.append(self.M @ imports.T, np.zeros((1, len(labels))), axis=0)
            self.members["imported"] = bought[labels, np.arange(len(labels))]
        elif table is not None:
            self.lack(
                "imports by product",
                "the table does not tell which product its imported inputs are",
                "imports=, a frame n x n, in IOTable",
            )
        W, held = self.clusters.network.trade, self.clusters.own_trade
        sides = [
            outside_trade(total, part, self.clusters.membership)
            for total, part in zip((row_sums(W), column_sums(W)), held, strict=True)
        ]
        inside, outward, inward = (
            np.asarray(part.sum(axis=0)).ravel() for part in (held[0], *sides)
        )
        self.put("industries", self.clusters.sizes, NUMBER)
        self.put("core", self.heads @ core.astype(int), NUMBER)
        self.put("internal_flow", inside, self.money)
        self.put("inward", inward, self.money)
        self.put("outward", outward, self.money)
        self.put("sales_retention", _ratio(inside, inside + outward), SHARE)
        self.put("purchase_retention", _ratio(inside, inside + inward), SHARE)
        return partners_of(self.clusters, imports)

    def accounts(self, table: IOTable | None) -> None:
        """Size in the economy: output, value added, satellites, inputs from outside."""
        if table is None:
            what = "output, value added, exports, position, multipliers"
            self.lack(
                what, "there is no table beside the network", "cluster_profile(clusters, table)"
            )
            return
        amounts = {} if table.output is None else {"output": table.output.to_numpy()}
        amounts |= carried(table)
        for name, values in amounts.items():
            unit = self.money if name in ("output", "value_added") else ""
            self.put(name, self.summed(values), unit)
            if values.sum() > 0:
                self.put(f"{name}_share", self.summed(values) / values.sum(), SHARE)
            self.members[name if name not in self.members else f"{name} (account)"] = values[
                self.place
            ]
        if "output" not in amounts:
            self.lack("output", "the table has none", "output= or final_demand= in IOTable")
        if "value_added" not in amounts:
            try:
                value_added_rows(table)
            except DataError as error:
                self.lack("value added", str(error), "value_added= in IOTable")
        if table.satellites is None:
            why = "the table has no satellites"
            self.lack("jobs and other accounts", why, "satellites= in IOTable, a frame s x n")
        if tells_imports(table):
            self.put("imported_inputs", self.summed(imported(table)), self.money)
        else:
            why = "the table does not tell them"
            self.lack("imported inputs", why, "imports= in IOTable, a frame or names of rows")

    def model(self, table: IOTable, kind: str) -> None:
        """Position, key industries, and what the economy would lose: one factored system."""
        what = "position, key industries, losses, exports carried"
        if table.output is None:
            self.lack(what, "there is no output to divide by", "output= in IOTable")
            return
        try:
            solved = system(table)
        except ConvergenceError as error:
            self.lack(what, str(error), "table.audit() shows where")
            return
        up, down = upstreamness(table).to_numpy(), downstreamness(table).to_numpy()
        whole = self.summed(solved.output)
        for name, steps in (("upstreamness", up), ("downstreamness", down)):
            self.put(name, _ratio(self.summed(steps * solved.output), whole), STEPS)
            self.members[name] = steps[self.place]
        # power and sensitivity: column sums of L and row sums of G, over their means
        kinds = KINDS[(down > down.mean()).astype(int), (up > up.mean()).astype(int)]
        self.members["kind"] = kinds[self.place]
        self.put("key_industries", self.heads @ (kinds == "key")[self.place].astype(int), NUMBER)
        if len(self.names):
            lost = extract(table, self.clusters, kind).table
            self.put("loss", lost["loss"], self.money)
            self.put("loss_share", lost["loss_share"], SHARE)
            self.put("loss_others", lost["loss_others"], self.money)
            for name in carried(table):
                self.put(f"{name}_lost", lost[name], self.units.get(name, ""))
        self.exports(table)

    def exports(self, table: IOTable) -> None:
        """What the cluster does for exports."""
        if table.exports is None:
            self.lack("exports", "the table has none", "exports= in IOTable: columns or a Series")
            return
        try:
            role = export_role(self.clusters, table)
        except (DataError, ConvergenceError) as error:
            self.lack("exports", str(error), "exports= in IOTable: columns or a Series")
            return
        role = role.loc[self.names]
        carry = {f"{name}_carried": self.units.get(name, "") for name in carried(table)}
        for name, unit in (EXPORTS | carry).items():
            if name in role:
                money = name in ("exports", "domestic_value_added")
                self.put(name, role[name], self.money if money else unit)
        sold = table.exports.to_numpy()
        self.members["exports"] = sold[self.place]
        self.members["export_share"] = sold[self.place] / sold.sum()

    def places(self, table: IOTable | None, employment: Any, neighbours: Any) -> pd.DataFrame:
        """Where the clusters are: employment by region, or output in a table of regions."""
        if employment is not None:
            of, by = "employment", cluster_employment(self.clusters, employment)
        elif table is not None and table.output is not None and _several(table):
            of, by = "output", self.output_by_region(table)
        else:
            if neighbours is not None:
                raise ParameterError("neighbours are of regions; give employment= as well.")
            why = "no employment by region was given"
            self.lack("regions", why, "employment=, a frame regions x industries")
            return pd.DataFrame()
        here = by[self.names]
        quotients = location_quotients(by, level=None)["lq"].to_numpy()
        lq = pd.DataFrame(quotients.reshape(by.shape), by.index, by.columns)[self.names]
        columns = {of: here, "share": here / here.sum(), "lq": lq}
        if neighbours is None:
            why = "no neighbours of the regions were given"
            self.lack("where clusters gather", why, "neighbours=kn.neighbours(coordinates, ...)")
        elif len(self.names):
            around = local_g(lq, neighbours)
            # local_g goes through the regions of one cluster after another
            columns |= {
                name: pd.DataFrame(around[name].to_numpy().reshape(lq.shape[::-1]).T)
                for name in ("z", "verdict")
            }
        if of == "employment":
            self.put("regional_employment", here.sum(), "")
        self.put("largest_region", here.idxmax() if len(here) else [], "")
        self.put("largest_share", (here / here.sum()).max(), SHARE)
        k, r = len(self.names), len(here)
        index = pd.MultiIndex.from_product(
            [self.names, here.index], names=["cluster", here.index.name or "region"]
        )
        values = {name: part.to_numpy().T.ravel() for name, part in columns.items()}
        out = pd.DataFrame(values, index=index)
        order = np.lexsort((-out[of].to_numpy(), np.repeat(np.arange(k), r)))
        return out.iloc[order]

    def output_by_region(self, table: IOTable) -> pd.DataFrame:
        """Output by region and cluster, the rest last."""
        member = shares_of(self.clusters, table)
        amounts = member.mul(table.output.to_numpy(), axis=0)
        return amounts.groupby(table.region.to_numpy(), sort=False).sum().rename_axis("region")

    def lacks(
        self, table: IOTable | None, employment: Any, region: Any
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Gaps of the region, opportunities of all regions."""
        there, every = pd.DataFrame(), pd.DataFrame()
        if isinstance(region, (pd.Series, IOTable)):
            there = gaps(self.clusters, region)
        elif region is not None:
            if employment is None or region not in employment.index:
                raise ParameterError(
                    f"region {region!r} is no row of employment; name one that is, or give its "
                    "output by industry, or its table."
                )
            there = gaps(self.clusters, employment.loc[region], employment.sum())
        else:
            why = "no region was named to compare the clusters with"
            self.lack("gaps of a region", why, "region=: a row of employment, a Series, a table")
        if employment is None:
            why = "no employment by region was given"
            self.lack("opportunities", why, "employment=, a frame regions x industries")
        else:
            imports = None if table is None else table.imports
            if imports is not None:
                imports = imports.iloc[self.place, self.place]
                imports = imports.set_axis(self.industries).set_axis(self.industries, axis=1)
            every = opportunities(self.clusters, employment, imports=imports)
        if len(there):
            gap = there["supply_gap"].groupby(level="cluster").sum().reindex(self.names)
            self.put("supply_gap", gap, self.money)
            self.put("covered", pd.Series(there.attrs["covered"]).reindex(self.names), SHARE)
        return there, every

    def evidence(
        self, density: Any, significance: Any, stability: Any, certificate: Any, scorecard: Any
    ) -> None:
        """How sure all this is."""
        given = self.clusters.recipe is None
        density = readings.density(self.clusters) if density is None else density
        self.same_clusters(density, "density")
        for name, unit in READINGS.items():
            if name in density:
                self.put(name, density.loc[self.names, name].astype(float), unit)
        if significance is not None:
            self.same_clusters(significance.table, "significance")
            self.put("pvalue", significance.table.loc[self.names, "pvalue"], CHANCE)
        else:
            why = "whether such clusters come about by chance was not tested"
            self.lack("chance", why, "significance=kn.significance(clusters)")
        if stability is not None:
            for name in ("membership", "jaccard"):
                self.put(name, stability.table.loc[self.names, name], CHANCE)
        elif given:
            why = "the clusters were given, so they cannot be found again in noisy tables"
            self.lack("stability", why, "kn.detect(network), and stability of what it finds")
        else:
            why = "how steady the clusters are under noise was not tested"
            self.lack("stability", why, "stability=kn.stability(clusters)")
        if certificate is None:
            why = "how far the partition is from the best one is not known"
            self.lack("optimality", why, "certificate=kn.certify(clusters)")
        if scorecard is None:
            why = "the nine factors of success were not scored"
            self.lack("scorecard", why, "scorecard=kn.scorecard(clusters, ...)")
        else:
            scores = getattr(scorecard, "score", scorecard)
            self.same_clusters(scores, "scorecard")
            for name, column in scores.loc[self.names].items():
                self.put(SCORES.get(str(name), str(name)), column, "score")

    def same_clusters(self, frame: Any, what: str) -> None:
        """Raise where evidence is of other clusters."""
        if not isinstance(frame, pd.DataFrame):
            raise ParameterError(f"{what} is a {type(frame).__name__}; give a frame by cluster.")
        lacking = self.names.difference(frame.index)
        if len(lacking) or len(frame) != len(self.names):
            which = f"lacks {lacking[0]!r}" if len(lacking) else "has others as well"
            raise AlignmentError(
                f"{what} is of other clusters: it {which}. Compute it for these clusters."
            )

    # -------------------------------------------------------------------------------- the end

    def finished(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Table, members and missing; what has no number is missing too, by name."""
        table = pd.DataFrame(self.columns, index=self.names)
        for name in table.columns[table.isna().any()]:
            at = self.names[table[name].isna()]
            why, cure = BLANK.get(name, ("it cannot be told from these data", "see its source"))
            self.lack(f"{name} of {', '.join(map(str, at))}", why, cure)
        table.attrs["units"] = self.units
        order = np.argsort(self.clusters.labels, kind="stable")
        order = order[self.clusters.labels[order] >= 0]
        called = np.array([*self.clusters.names, REST], dtype=object)[self.clusters.labels[order]]
        members = self.members.iloc[order]
        members.index = pd.MultiIndex.from_arrays(
            [called, self.industries[order]], names=["cluster", "industry"]
        )
        if "output" in members:
            whole = members["output"].groupby(level="cluster", sort=False).transform("sum")
            at = members.columns.get_loc("output") + 1
            members.insert(at, "output_share", _ratio(members["output"], whole))
        return table, members, pd.DataFrame(self.missing, columns=["what", "why", "cure"])


def _ratio(part: Any, whole: Any) -> np.ndarray:
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole != 0)


def _several(table: IOTable) -> bool:
    return table.region is not None and len(table.regions.names) > 1
