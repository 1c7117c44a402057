"""Each cluster in a paragraph: who is in it, how dense, what it makes, sells and buys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .. import wording as words
from ..phrasebook import listed
from ..wording import CLEAR, SURE
from .document import Block, Bullets, Heading, Table, Text
from .study import Study
from .tallies import partners, satellites_of

__all__ = ["cluster_chapter", "short_list"]

SHORT = 12  # clusters up to which each is told at the head of the page
PORTRAITS = 40  # clusters that get a paragraph
MEMBERS = 120  # members named in it
OTHERS = 4  # satellites told of


def short_list(study: Study) -> list[Block]:
    """One line for each cluster, at the head of the page."""
    tongue, readings = study.tongue, study.readings
    if not 0 < len(readings) <= SHORT:
        return []
    lines = []
    for row in readings.itertuples():
        said = [tongue.count(int(row.industries), "industry", "industries")]
        if np.isfinite(row.contrast):
            times, verdict = tongue.times(row.contrast), tongue.retell(row.verdict)
            said.append(tongue.say("{} times as dense inside as to the rest ({})", times, verdict))
        for name, text in (("output_share", "{} of output"), ("exports_share", "{} of exports")):
            part = getattr(row, name, np.nan)
            said += [tongue.say(text, tongue.share(part))] if np.isfinite(part) else []
        lines.append(Text("; ".join(said) + ".", f"{row.Index}:"))
    return [Bullets(lines)]


def cluster_chapter(study: Study) -> list[Block]:
    """The table of clusters, what they trade, and a paragraph for each."""
    tongue, readings = study.tongue, study.readings
    parts: list[Block] = [Heading(tongue.say("The clusters"))]
    table = _table(study)
    if not len(readings):
        study.files["clusters"] = table
        return [*parts, Text(tongue.say("There is none.")), _matrix(study)]
    parts += [table, Text(_key(study))]
    for row in list(readings.itertuples())[:PORTRAITS]:
        parts += [Heading(f"{row.number} {row.Index}", 3), *_portrait(study, row)]
    if len(readings) > PORTRAITS:
        more = tongue.form(len(readings) - PORTRAITS, ",")
        parts.append(Text(tongue.say("clusters.csv has {} more.", more)))
    return [*parts, Heading(tongue.say("What they trade")), _flows(study), _matrix(study)]


def _key(study: Study) -> str:
    return study.tongue.say(
        "Times as dense: inside, as to the rest of the economy, with its interval. Clear: even the "
        "lower end of the interval is {} or more. Fair: it is above 1. Unsure: it is not.",
        study.tongue.form(CLEAR, "g"),
    )


def _table(study: Study) -> Table:
    tongue, readings = study.tongue, study.readings
    unit = tongue.unit(study.clusters.network.unit)
    caption = tongue.say("The clusters; flows in {}", unit) if unit else tongue.say("The clusters")
    if not len(readings):
        empty = pd.DataFrame(columns=[tongue.head("number"), tongue.head("cluster")])
        return Table(empty, [True, False], caption, "clusters", readings)
    rows = {
        "": [str(number) for number in readings["number"]],
        tongue.head("cluster"): list(readings.index),
        tongue.head("industries"): [tongue.form(int(n), ",") for n in readings["industries"]],
        tongue.head("internal_flow"): [tongue.money(x) for x in readings["internal_flow"]],
        tongue.head("contrast"): [words.interval(row, tongue) for row in readings.itertuples()],
    }
    for name in ("output_share", "exports_share", "imported_inputs_share"):
        if name in readings:
            rows[tongue.head(name)] = [tongue.share(x, 1) for x in readings[name]]
    rows[tongue.head("verdict")] = [tongue.retell(text) for text in readings["verdict"]]
    shown = pd.DataFrame(rows)
    numeric = [True, False, *([True] * (len(rows) - 3)), False]
    return Table(shown, numeric, caption, "clusters", readings)


# --------------------------------------------------------------------------------- a paragraph


def _portrait(study: Study, row: Any) -> list[Text]:
    """Who is in it and how dense; what it makes, sells and buys; how sure all that is."""
    tongue, clusters = study.tongue, study.clusters
    members = clusters.members(row.number)
    number = tongue.count(len(members), "industry", "industries")
    names = listed(members[:MEMBERS])
    if len(members) > MEMBERS:
        names += tongue.say(" and {} more", tongue.form(len(members) - MEMBERS, ","))
    parts = (
        ("", [f"{number}: {names}."]),
        ("Density.", _density(study, row)),
        ("Economy.", [*_accounts(study, row), *_partners(study, row)]),
        ("Evidence.", _sureness(study, row)),
    )
    return [Text(" ".join(said), lead and tongue.say(lead)) for lead, said in parts if said]


def _density(study: Study, row: Any) -> list[str]:
    tongue = study.tongue
    unit = tongue.unit(study.clusters.network.unit)
    amount = f"{tongue.money(row.internal_flow)} {unit}".strip()
    said = [
        tongue.say(
            "They sell {} to each other, {} of all trade between industries.",
            amount,
            tongue.share(row.share_of_trade, 1),
        )
    ]
    if np.isfinite(row.gravity_ratio):
        said.append(
            tongue.say(
                "That is {} times what their sizes predict; with all others they trade {} times "
                "what sizes predict.",
                tongue.times(row.gravity_ratio),
                tongue.times(row.gravity_ratio_rest),
            )
        )
    if np.isfinite(row.contrast):
        said.append(
            tongue.say(
                "So flows are {} times as dense inside as to the rest of the economy (interval {} "
                "to {}): {}.",
                *map(tongue.times, (row.contrast, row.contrast_low, row.contrast_high)),
                tongue.retell(row.verdict),
            )
        )
    return said


def _accounts(study: Study, row: Any) -> list[str]:
    """Output, exports, jobs and whatever else the network knows."""
    tongue, readings = study.tongue, study.readings.loc[row.Index]
    unit = tongue.unit(study.clusters.network.unit)
    said = []
    if "output" in readings:
        share = tongue.share(readings["output_share"], 1)
        said.append(tongue.say("They make {} of all output.", share))
    if "exports" in readings:
        amount = f"{tongue.money(readings['exports'])} {unit}".strip()
        share = tongue.share(readings["exports_share"], 1)
        if "export_intensity" in readings:
            own = tongue.share(readings["export_intensity"], 1)
            text = "Exports are {}: {} of their output, and {} of all exports."
            said.append(tongue.say(text, amount, own, share))
        else:
            said.append(tongue.say("Exports are {}, {} of all exports.", amount, share))
    for name in satellites_of(study.clusters.network)[:OTHERS]:
        if f"{name}_share" in readings:
            amount, share = tongue.money(readings[name]), tongue.share(readings[f"{name}_share"], 1)
            said.append(tongue.say("{}: {}, {} of all.", name, amount, share))
    return said


def _partners(study: Study, row: Any) -> list[str]:
    """What is kept inside, and who is at the other end of the rest."""
    tongue = study.tongue
    said = [
        tongue.say(
            "{} of their sales to industries and {} of their purchases stay in the cluster.",
            tongue.share(row.sales_retention),
            tongue.share(row.purchase_retention),
        )
    ]
    ends = (
        (False, "From outside the cluster they buy most from {}."),
        (True, "Outside the cluster they sell most to {}."),
    )
    for sells, text in ends:
        found = partners(study.clusters, row.number, sells)
        if found:
            shares = [f"{name} ({tongue.share(part)})" for name, part in found]
            said.append(tongue.say(text, listed(shares)))
    abroad = getattr(row, "imported_inputs_share", np.nan)
    if np.isfinite(abroad):
        text = "{} of the goods and services that they use as inputs are imported."
        said.append(tongue.say(text, tongue.share(abroad)))
    return said


def _sureness(study: Study, row: Any) -> list[str]:
    tongue, said = study.tongue, []
    if np.isfinite(getattr(row, "support", np.nan)):
        text = "A member held its place in {} of the trials with hidden flows."
        said.append(tongue.say(text, tongue.share(row.support)))
    tested = study.first("Significance")
    if tested is not None and len(tested.table) == len(study.readings):
        p = float(tested.table["pvalue"].iloc[row.number])
        text = "By itself the cluster is more than chance gives (p = {})."
        if not p <= SURE:
            text = "By itself the cluster could be chance (p = {})."
        said += [tongue.say(text, tongue.form(p, ".2g"))] if np.isfinite(p) else []
    return said


# ------------------------------------------------------------------------------------- figures


def _flows(study: Study) -> Block:
    from ..figures.flows import draw_cluster_flows

    tongue, table = study.tongue, study.table
    imports = table.imports if table is not None else None
    if imports is not None and set(imports.columns) != set(study.clusters.network.industries):
        imports = None
    return study.picture(
        "flows",
        draw_cluster_flows,
        study.clusters,
        imports=imports,
        alt=tongue.say("Diagram of the flows between clusters, to the rest, and abroad."),
        caption=tongue.say(
            "A disc is a cluster, its area its output, with the share of its sales to industries "
            "that stays inside. An arrow is money sold, as wide as its amount; arrows outward are "
            "exports, dark ones inward imported inputs, where the table tells them."
        ),
    )


def _matrix(study: Study) -> Block:
    from ..figures.matrix import draw_matrix

    tongue = study.tongue
    return study.picture(
        "matrix",
        draw_matrix,
        study.clusters,
        alt=tongue.say("The table of flows as a matrix, in the order of its clusters."),
        caption=tongue.say(
            "The whole table in the order of its clusters. Rows sell, columns buy; clusters are "
            "boxed; grey is the logarithm of the flow, white is no flow."
        ),
    )
