"""A profile as a page to read: for each cluster a few labelled lines in plain words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .extraction import KINDS

if TYPE_CHECKING:
    from .profiles import ClusterProfile

__all__ = ["page"]

WIDTH, MARGIN = 96, 13
FEW = 4  # suppliers, buyers, regions, gaps in a line
MANY = 12  # members in a line
SHOWN = 30  # clusters on a page
LEVEL = 0.05  # p up to which a cluster is beyond chance
GONE = {
    "total": "without it",
    "external": "if it traded with nobody outside",
    "internal": "if members did not trade with each other",
    "backward": "if it bought from nobody",
    "forward": "if it sold to no industry",
}


def page(profile: ClusterProfile) -> str:
    """The whole profile."""
    table, network = profile.table, profile.clusters.network
    head = [f"{network.name}: " * bool(network.name) + _count(len(table), "cluster") + " profiled"]
    head.append(f"money in {profile.unit}" if profile.unit != "money" else "unit of money not told")
    parts = ["; ".join(head) + "."]
    if profile.clusters.verdict:
        parts[0] += f" Verdict of the search: {profile.clusters.verdict}."
    if profile.certificate is not None and profile.certificate.claim():
        parts[0] += f" The partition is {profile.certificate.claim()}."
    parts[0] = textwrap.fill(parts[0], WIDTH)
    if not len(table):
        parts.append("There is no cluster to profile.")
    for name in table.index[:SHOWN]:
        parts.append("\n".join([_title(profile, name), *_lines(profile, name)]))
    if len(table) > SHOWN:
        parts.append(f"and {len(table) - SHOWN:,} more clusters: profile.of(name) prints one.")
    if len(table):
        parts.append("\n".join(_wrapped(*line) for line in _legend(profile)))
    parts += [_wrapped("doubtful", note) for note in profile.notes]
    if len(profile.missing):
        rows = [f"{row.what}: {row.why}. Cure: {row.cure}." for row in profile.missing.itertuples()]
        parts.append("\n".join(["Not assessed", *(_bullet(row) for row in rows)]))
    return "\n\n".join(parts)


def _legend(profile: ClusterProfile) -> list[tuple[str, str]]:
    lines = [("* core", profile.core_by)]
    if "upstreamness" in profile.table:
        lines.append(("chain", "an industry that sells to final users alone is 1 step from them"))
    if "kind" in profile.table:
        text = "exports carry more of its output, directly or not, than of the economy's"
        lines.append(("traded", text))
    if "loss" in profile.table:
        text = f"extraction {profile.extraction!r}: {KINDS[profile.extraction]}"
        lines.append(("weight", f"{text}; the losses of several clusters do not add up"))
    if len(profile.regions):
        lines.append(("LQ", "times the share that the cluster has in all regions together"))
    if len(profile.gaps) or len(profile.opportunities):
        text = "there, but less than in all regions together; bought elsewhere: what members in "
        text += "the region need of it, at the input shares of all, less what it makes itself"
        lines.append(("thin", text))
    return lines


def _title(profile: ClusterProfile, name: str) -> str:
    number = profile.clusters.names.index(name)
    return f"{number} {name} ({_count(int(profile.table.loc[name, 'industries']), 'industry')})"


def _lines(profile: ClusterProfile, name: str) -> list[str]:
    row = profile.table.loc[name]
    one = profile.of(name)
    members = one.members.droplevel("cluster")
    says = {
        "members": _members(members),
        "size": _size(row, profile),
        "trade": _trade(row),
        "buys from": _partners(one.suppliers, "of purchases") + _abroad(one),
        "sells to": _partners(one.buyers, "of sales"),
        "chain": _chain(row, members),
        "exports": _exports(row),
        "weight": _loss(row, profile),
        "where": _where(one.regions),
        "lacks": _lacks(row, one.gaps),
        "could grow": _openings(one.opportunities),
        "evidence": _evidence(row),
    }
    return [_wrapped(label, text) for label, text in says.items() if text]


def _members(members: pd.DataFrame) -> str:
    inside = members["sold_inside"] + members["bought_inside"]
    order = np.lexsort((-inside.to_numpy(), ~members["core"].to_numpy()))
    names = [f"{m}{'*' * bool(members['core'].iloc[k])}" for k in order for m in [members.index[k]]]
    hubs = members.index[members["role"].str.contains("hub")]
    hub = f". Hub{'s' * (len(hubs) > 1)}: {_listed(hubs, MANY)}" if len(hubs) else ""
    nobody = "" if members["core"].any() else ". None is certain to belong"
    return _listed(names, MANY) + nobody + hub


def _size(row: Any, profile: ClusterProfile) -> str:
    said = []
    for column in profile.table.columns[profile.table.columns.str.endswith("_share")]:
        name = column.removesuffix("_share")
        if name in row and name not in ("export", "loss", "largest", "domestic"):
            words = name.replace("_", " ")
            said.append(f"{words} {_amount(row[name])} ({_percent(row[column])} of the economy)")
    if "regional_employment" in row:
        said.append(f"{_amount(row['regional_employment'])} in the regions' own data")
    if "imported_inputs" in row:
        said.append(f"inputs from outside the economy {_amount(row['imported_inputs'])}")
    return ", ".join(said)


def _trade(row: Any) -> str:
    text = f"{_amount(row['internal_flow'])} between members"
    parts = {"sales_retention": "of what they sell", "purchase_retention": "of what they buy"}
    shares = [f"{_percent(row[c])} {words}" for c, words in parts.items() if row[c] == row[c]]
    return text + (f": {' and '.join(shares)} among industries" if shares else "")


def _partners(frame: pd.DataFrame, of: str) -> str:
    rows = frame[frame["amount"] > 0].head(FEW)
    said = []
    for (_, name), row in rows.iterrows():
        said.append(f"{name} {_amount(row['amount'])} ({_percent(row['share'])})")
    if said:
        said[0] = said[0][:-1] + f" {of})"
    return _listed(said)


def _abroad(one: ClusterProfile) -> str:
    if "imported" not in one.suppliers:
        return ""
    every = pd.concat([one.suppliers["imported"], one.members["imported"]]).droplevel("cluster")
    largest = every[every > 0].sort_values(ascending=False, kind="stable").head(FEW)
    said = [f"{name} {_amount(amount)}" for name, amount in largest.items()]
    return f". Imports: {_listed(said)}" if said else ""


def _chain(row: Any, members: pd.DataFrame) -> str:
    if "upstreamness" not in row or row["upstreamness"] != row["upstreamness"]:
        return ""
    text = (
        f"{row['upstreamness']:.2f} steps from final use, "
        f"{row['downstreamness']:.2f} from primary inputs"
    )
    key = members.index[members["kind"] == "key"]
    text += f". Key industries: {_listed(key, MANY)}" if len(key) else ". No key industry"
    return text


def _exports(row: Any) -> str:
    if "exports" not in row:
        return ""
    text = (
        f"{_amount(row['exports'])}, {_percent(row['export_share'])} of all exports; "
        f"{_percent(row['intensity'])} of output is exported, {_percent(row['carried_share'])} "
        f"with what goes into others' exports: {row['kind']}"
    )
    if "domestic_share" in row and row["exports"] > 0:
        text += f". {_percent(row['domestic_share'])} of these exports is value added at home"
    return text


def _loss(row: Any, profile: ClusterProfile) -> str:
    if "loss" not in row:
        return ""
    text = (
        f"{GONE[profile.extraction]} the economy loses {_percent(row['loss_share'])} of output, "
        f"{_amount(row['loss_others'])} of it outside the cluster"
    )
    if row["output"] > 0:
        text += f" ({row['loss_others'] / row['output']:.2f} for each unit of its own)"
    lost = {name.removesuffix("_lost"): row[name] for name in row.index if name.endswith("_lost")}
    also = [f"{name.replace('_', ' ')} {_amount(amount)}" for name, amount in lost.items()]
    return f"{text}; with it {_listed(also)}" if also else text


def _where(regions: pd.DataFrame) -> str:
    if not len(regions):
        return ""
    said = []
    for (_, name), row in regions[regions["share"] > 0].head(FEW).iterrows():
        said.append(f"{name} {_percent(row['share'])} (LQ {row['lq']:.2f})")
    text = _listed(said)
    if "verdict" in regions:
        hot = regions.index[regions["verdict"] == "hot"].get_level_values(1)
        text += f". Gathers around: {_listed(hot, FEW)}" if len(hot) else ". Gathers nowhere"
    return text


def _lacks(row: Any, gaps: pd.DataFrame) -> str:
    if "supply_gap" not in row:
        return ""
    wanting = gaps[gaps["supply_gap"] > 0].sort_values("supply_gap", ascending=False, kind="stable")
    if not len(wanting):
        return "nothing: the region can supply what its members need of each other"
    said = [
        f"{name} ({r['status']}, {_amount(r['supply_gap'])} bought elsewhere)"
        for (_, name), r in wanting.head(FEW).iterrows()
    ]
    return f"{_listed(said)}. The region itself covers {_percent(row['covered'])} of the need"


def _openings(opportunities: pd.DataFrame) -> str:
    if not len(opportunities):
        return ""
    best = opportunities.sort_values("supply_gap", ascending=False, kind="stable")
    best = best[best["supply_gap"] > 0].head(FEW)
    said = [
        f"{industry} in {region} ({row['status']}, {_amount(row['supply_gap'])} bought elsewhere)"
        for (region, _, industry), row in best.iterrows()
    ]
    return _listed(said)


def _evidence(row: Any) -> str:
    said = []
    if "contrast" in row and row["contrast"] == row["contrast"]:
        low, high = row["contrast_low"], row["contrast_high"]
        sure = ": unsure" * bool(low < 1)
        span = f"{_times(low)} to {_times(high)}{sure}" if low == low else "too few flows to say"
        said.append(f"{_times(row['contrast'])} times denser inside than to the rest ({span})")
    if "gravity_ratio" in row and row["gravity_ratio"] == row["gravity_ratio"]:
        said.append(f"{_times(row['gravity_ratio'])} times what sizes predict")
    if "pvalue" in row:
        beyond = "beyond chance" if row["pvalue"] <= LEVEL else "could be chance"
        said.append(f"{beyond} (p {row['pvalue']:.2g})")
    if "membership" in row:
        said.append(f"members stay in {_percent(row['membership'])} of noisy tables")
    if "score" in row and row["score"] == row["score"]:
        text = f"score {row['score']:.2f} of 1"
        if "score_coverage" in row:
            text += f" on {_percent(row['score_coverage'])} of the weights"
        said.append(text)
    return ", ".join(said)


def _amount(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 100 or x == 0 else f"{x:.3g}"


def _percent(x: float) -> str:
    return f"{x:.0%}" if abs(x) >= 0.0995 or x == 0 else f"{x:.1%}" if abs(x) >= 5e-4 else "<0.1%"


def _times(x: float) -> str:
    return f"{x:,.0f}" if x >= 9.95 else f"{x:.1f}"


def _count(number: int, one: str) -> str:
    many = one[:-1] + "ies" if one.endswith("y") else one + "s"
    return f"{number:,} {one if number == 1 else many}"


def _listed(names: Iterable[Any], limit: int | None = None) -> str:
    texts = [str(name) for name in names]
    more = "" if limit is None or len(texts) <= limit else f" and {len(texts) - limit} more"
    apart = "; " if any("," in text for text in texts) else ", "
    return apart.join(texts[:limit]) + more


def _wrapped(label: str, text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"  {label:<{MARGIN - 2}}",
        subsequent_indent=" " * MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _bullet(text: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
    )
