"""What the page says, in the order in which a planner asks: what was found, what it is, how sure.

Findings first, then what they rest on: the evidence, the rest of the economy, the data with their
faults, the method, and where it all comes from.
"""

from __future__ import annotations

from typing import Any

from .. import wording as words
from ..phrasebook import listed
from .document import Block, Bullets, Code, Document, Files, Heading, Text
from .evidence_chapters import claims, further
from .portraits import cluster_chapter, short_list
from .region_chapters import region
from .study import Study

__all__ = ["compose"]

NAMES = 300  # names that are listed; beyond, the file has them


def compose(study: Study, known: dict[str, Any]) -> Document:
    """The whole page; its figures are drawn on the way."""
    clusters, tongue = study.clusters, study.tongue
    called = clusters.network.name or (study.table.name if study.table is not None else "")
    title = tongue.say("Industrial clusters")
    if called:
        title = tongue.say("Industrial clusters of {}", called)
    page = Document(title, tongue.language, tongue.say("Contents"))
    page.add(*_found(study), *_picture(study), *cluster_chapter(study), *region(study))
    page.add(*claims(study), *further(study), *_rest(study), *_data(study), *_method(study))
    page.add(*_provenance(study, known, page))
    return page


def _found(study: Study) -> list[Block]:
    clusters, tongue = study.clusters, study.tongue
    said = [f"{words.headline(clusters, tongue)}."]
    lead = ""
    if clusters.verdict:
        lead = tongue.say("Verdict: {}.", tongue.retell(clusters.verdict))
    said.append(words.verdict(clusters, tongue))
    failed = 0 if study.audit is None else int((study.audit["status"] == "fail").sum())
    if failed:
        number = tongue.count(failed, "check", "checks")
        said.append(tongue.say("The table fails {} of its audit; see the chapter on it.", number))
    definition = tongue.say(
        "A cluster is a set of industries whose flows of goods and services among each other are "
        "much denser than their flows to the rest of the economy."
    )
    parts: list[Block] = [Heading(tongue.say("What was found")), Text(" ".join(said), lead)]
    tested = study.first("Significance")
    if tested is not None:
        parts.append(Text(words.chance(tested, tongue)))
    return [*parts, *short_list(study), Text(definition)]


def _picture(study: Study) -> list[Block]:
    """The network, since a picture says most."""
    from ..figures.network import caption, draw_network

    clusters, tongue = study.clusters, study.tongue
    if not len(clusters):
        return []
    plain = tongue.say(
        "A disc is an industry, its area its size. Colour and outline are those of its cluster; "
        "grey is the rest of the economy. An arrow is money sold, from seller to buyer; only the "
        "flows that tell most are drawn."
    )

    def told(ax: Any) -> str:
        return f"{plain} {caption(ax)}"

    alt = tongue.say(
        "Network diagram of {} industries in {}; the table of clusters has the same in numbers.",
        tongue.form(clusters.network.n, ","),
        tongue.count(len(clusters), "cluster", "clusters"),
    )
    picture = study.picture("network", draw_network, clusters, alt=alt, caption=told)
    return [Heading(tongue.say("The picture")), picture]


def _rest(study: Study) -> list[Block]:
    rest, tongue = study.clusters.rest, study.tongue
    parts: list[Block] = []
    if rest:
        number = tongue.count(len(rest), "industry belongs", "industries belong")
        names = listed(rest[:NAMES])
        if len(rest) > NAMES:
            names += tongue.say(" and {} more", tongue.form(len(rest) - NAMES, ","))
        parts.append(Text(tongue.say("{} to no cluster: {}.", number, names)))
    industries = study.clusters.to_frame()
    known = study.clusters.network.columns
    industries = industries.join(known[known.columns.difference(industries.columns, sort=False)])
    if study.called:
        before = {new: old for old, new in study.called.items()}
        industries["industry_in_table"] = [before.get(name, name) for name in industries.index]
    industries.index.name = "industry"
    inside = industries.drop(columns=["label", "partition"])
    caption = tongue.say("All industries and their clusters")
    table = study.frame(inside, caption, "industries", rows=0)
    table = type(table)(**(vars(table) | {"data": industries, "left_out": "", "rows": 0}))
    study.files["industries"] = table
    return [Heading(tongue.say("The rest of the economy")), *parts] if parts else []


def _data(study: Study) -> list[Block]:
    clusters, tongue, table, audit = study.clusters, study.tongue, study.table, study.audit
    network = clusters.network
    flows = f"{tongue.money(network.total)} {tongue.unit(network.unit)}".strip()
    said = tongue.say("{} industries, flows of {} in all.", tongue.form(network.n, ","), flows)
    if table is not None and table.year is not None:
        said = f"{tongue.say('Year {}.', table.year)} {said}"
    parts: list[Block] = [Heading(tongue.say("The table and its faults")), Text(said)]
    if table is not None and table.source:
        parts.append(Text(tongue.say("Source: {}.", table.source.rstrip("."))))
    if audit is not None:
        parts.append(Text(tongue.say("Audit: {}.", words.audit_counts(audit, tongue))))
        found = audit[audit["status"].isin(["warn", "fail"])]
        parts += [Bullets([_fault(row, study) for row in found.itertuples()])] * bool(len(found))
    if network.decisions:
        parts.append(Text(tongue.say("Set aside or changed before anything was computed:")))
        parts.append(Bullets([Text(words.decision(made, tongue)) for made in network.decisions]))
    else:
        parts.append(Text(tongue.say("Nothing was set aside or changed.")))
    return parts


def _fault(row: Any, study: Study) -> Text:
    from ..tables.phrases import PHRASES, STATUS

    language = study.tongue.language
    check = PHRASES.get(language, {}).get(row.check, row.check)
    return Text(f"{row.where}. {row.advice}", f"{STATUS[language][row.status]}: {check}:")


def _method(study: Study) -> list[Block]:
    clusters, tongue = study.clusters, study.tongue
    how = words.method(clusters, tongue)
    parts: list[Block] = [Heading(tongue.say("The method"))]
    if clusters.recipe is None:
        parts.append(Text(tongue.say("Clusters were {}.", how)))
    else:
        parts.append(Text(tongue.say("Clusters were found by: {}.", how)))
    if clusters.measure == "lift":
        parts.append(
            Text(
                tongue.say(
                    "Density is measured as lift: how many standard deviations the logarithm of a "
                    "flow stands above what the sizes of seller and buyer predict. It is the same "
                    "for flows, input shares and sales shares. The resolution is the density that "
                    "is asked of a cluster."
                )
            )
        )
    parts.append(
        Text(
            tongue.say(
                "What sizes predict is the flow that a gravity equation gives to a seller and a "
                "buyer. Readings describe clusters in the flows in which they were found; they "
                "are no test."
            )
        )
    )
    return parts


def _provenance(study: Study, known: dict[str, Any], page: Document) -> list[Block]:
    tongue = study.tongue
    versions = ", ".join(f"{name} {at}" for name, at in known["versions"].items())
    parts: list[Block] = [
        Heading(tongue.say("Where this comes from")),
        Text(tongue.say("Made with {}.", versions)),
        Text(tongue.say("SHA-256 of the flows: {}.", known["input"]["flows_sha256"])),
    ]
    recipe = known["recipe"]
    if recipe is not None:
        parts.append(Text(tongue.say("The same clusters again, from the same table:")))
        given = [f"{name}={value!r}" for name, value in recipe["parameters"].items()]
        given = [f"method={recipe['method']!r}", *given, f"seed={recipe['seed']}"]
        parts.append(Code(f"kn.detect(network, {', '.join(given)}){recipe['after']}"))
    files = [
        ("clusters.csv", tongue.say("every cluster: members, readings, sums")),
        ("industries.csv", tongue.say("every industry: its cluster, and what is known of it")),
        *((f"{table.name}.csv", table.caption) for table in page.tables()),
        ("provenance.json", tongue.say("versions, seeds, decisions, hashes of all files")),
    ]
    files = list(dict(reversed(files)).items())[::-1]
    parts.append(Text(tongue.say("Files with the numbers; NAME.tex has each table for print:")))
    return [*parts, Files(files)]
