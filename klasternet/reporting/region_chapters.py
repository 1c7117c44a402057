"""What the clusters do for their region: profile, scorecard, location quotients, maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..phrasebook import listed
from .document import Block, Bullets, Heading, Table, Text
from .study import Study

__all__ = ["region"]

REGIONS = 6  # whose location quotients are drawn
EACH = 4  # suppliers, buyers, regions, gaps of each cluster on the page
MEMBERS = ["core", "role", "output_share", "export_share", "upstreamness", "kind", "imported"]
PARTNERS = ["partner", "amount", "share", "imported"]
REGION = ["employment", "output", "share", "lq", "z", "verdict"]
GAPS = ["status", "lq", "need", "own", "supply_gap"]


def region(study: Study) -> list[Block]:
    """The chapters, as far as results for them were given."""
    return [*_profiles(study), *_scorecards(study), *_quotients(study), *_maps(study)]


def _profiles(study: Study) -> list[Block]:
    tongue = study.tongue
    parts: list[Block] = []
    for title, found in study.of("ClusterProfile"):
        own = study.title(title, "profile")
        parts.append(Heading(tongue.say("What the clusters do for the economy")))
        parts.append(study.frame(found.table, tongue.say("The clusters in numbers"), own))
        parts.append(Text(_conventions(study, found)))
        for part, caption, columns, rows in (
            ("members", "Members and their roles", MEMBERS, _all(found.members)),
            ("suppliers", "The largest suppliers outside each cluster", PARTNERS,
             _first(found.suppliers)),
            ("buyers", "The largest buyers outside each cluster", PARTNERS, _first(found.buyers)),
            ("regions", "Where the clusters are: the largest regions", REGION,
             _first(found.regions)),
            ("gaps", "What is missing or thin", GAPS, _gaps(found.gaps)),
        ):  # fmt: skip
            if not len(rows):
                continue
            shown = rows[[name for name in columns if name in rows]]
            whole, name = getattr(found, part), f"{own} {part}"
            parts.append(_sparing(study.frame(shown, tongue.say(caption), name, of=whole)))
        for note in found.notes:
            parts.append(Text(note, tongue.say("To be read with care:")))
        if len(found.missing):
            parts.append(Text(tongue.say("What was not assessed, and why:")))
            parts.append(Bullets([_unknown(row, study) for row in found.missing.itertuples()]))
    return parts


def _conventions(study: Study, found: Any) -> str:
    if "loss" not in found.table:
        return study.tongue.say("Core members: {}.", found.core_by)
    return study.tongue.say(
        "Core members: {}. Output lost: by hypothetical extraction ({}); the losses of several "
        "clusters do not add up.",
        found.core_by,
        found.extraction,
    )


def _unknown(row: Any, study: Study) -> Text:
    tell = study.tongue.retell
    return Text(f"{tell(row.why)} ({row.cure})", f"{tell(row.what)}:")


def _all(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def _first(frame: pd.DataFrame) -> pd.DataFrame:
    """The first rows of each cluster, which are the largest."""
    return frame.groupby(level="cluster", sort=False).head(EACH) if len(frame) else frame


def _gaps(frame: pd.DataFrame) -> pd.DataFrame:
    if not len(frame) or "status" not in frame or "supply_gap" not in frame:
        return frame
    lacking = frame[(frame["status"] != "present") & (frame["supply_gap"] > 0)]
    order = np.argsort(-lacking["supply_gap"].to_numpy(), kind="stable")
    ranked = lacking.iloc[order]
    number = pd.factorize(frame.index.get_level_values("cluster"))[1]
    place = number.get_indexer(ranked.index.get_level_values("cluster"))
    return _first(ranked.iloc[np.argsort(place, kind="stable")])


def _sparing(table: Table) -> Table:
    """The name of a cluster once, not in every row."""
    shown = table.shown.copy()
    first = shown.iloc[:, 0]
    shown.isetitem(0, first.where(first != first.shift(), ""))
    return Table(shown, table.numeric, table.caption, table.name, table.data, table.left_out,
                 table.rows)  # fmt: skip


# --------------------------------------------------------------------------------- the scorecard


def _scorecards(study: Study) -> list[Block]:
    from ..figures.cards import draw_scorecard

    tongue = study.tongue
    parts: list[Block] = []
    for title, found in study.of("Scorecard"):
        own = study.title(title, "scorecard")
        parts.append(Heading(tongue.say("Scorecard")))
        text = "On average {} of the weight rests on evidence; what is not known is not assessed."
        parts.append(Text(tongue.say(text, tongue.share(float(found.coverage.mean())))))
        scores = found.to_frame(tongue.language)
        parts.append(
            study.picture(
                own,
                draw_scorecard,
                found,
                alt=tongue.say("Scorecard: clusters by factors, the darker the higher."),
                caption=tongue.say(
                    "The larger and darker the dot, the higher the score; a dash is not assessed."
                ),
            )
        )
        unknown = tongue.say("not assessed")
        shown = study.frame(scores, tongue.say("Scores from 0 to 1"), f"{own} factors")
        parts.append(_told(shown, unknown))
        ranks = found.ranks.rename(columns={"first": "comes_first"})
        caption = "Scores over what is known, and how much of them rests on evidence"
        parts.append(study.frame(found.score, tongue.say(caption), f"{own} score"))
        caption = "Ranks, and under how many weights they hold"
        parts.append(study.frame(ranks, tongue.say(caption), f"{own} ranks"))
        parts += _indicators(study, found, own)
    return parts


def _told(table: Table, unknown: str) -> Table:
    shown = table.shown.replace("–", unknown)
    return Table(shown, table.numeric, table.caption, table.name, table.data)


def _indicators(study: Study, found: Any, own: str) -> list[Block]:
    """What was measured, and the aims, each called in the language of the report."""
    from ..assessment.factors import AIM_NAMES, FACTOR_NAMES, names_in

    tongue = study.tongue
    parts: list[Block] = []
    for part, column, names, columns, caption in (
        ("indicators", "factor", FACTOR_NAMES,
         ["cluster", "factor", "indicator", "value", "reference", "score", "source"],
         "The indicators and what they are compared with"),
        ("aims", "aim", AIM_NAMES,
         ["cluster", "aim", "account", "amount", "share", "per_demand"],
         "The aims of cluster development"),
    ):  # fmt: skip
        frame = getattr(found, part)
        called = names_in(names, tongue.language)
        if part == "aims":
            known = set(frame.loc[frame["account"] != "", "aim"])
            lacking = [called[name] for name in called if name not in known]
            frame = frame[frame["account"] != ""]
        shown = frame[[name for name in columns if name in frame]]
        shown = shown.assign(**{column: [called.get(name, name) for name in shown[column]]})
        if len(shown):
            name = f"{own} {part}"
            table = study.frame(shown, tongue.say(caption), name, 60, getattr(found, part))
            parts.append(table)
        if part == "aims" and lacking:
            parts.append(Text(tongue.say("Aims not assessed: {}.", listed(lacking))))
    return parts


# ---------------------------------------------------------------------------------------- places


def _quotients(study: Study) -> list[Block]:
    from ..figures.quotients import draw_location_quotients

    tongue = study.tongue
    parts: list[Block] = []
    for title, frame in study.of("quotients"):
        parts.append(Heading(study.title(title, tongue.say("Location quotients"))))
        several = frame.index.nlevels > 1
        places = list(frame.index.get_level_values(0).unique()) if several else [None]
        caption = tongue.say(
            "Location quotients with their intervals: above 1 the industry is stronger here than "
            "elsewhere."
        )
        alt = tongue.say("Dots of location quotients by industry.")
        shown = places if len(places) <= REGIONS else []
        for place in shown:
            name = "location-quotients" if place is None else f"location-quotients-{place}"
            told = caption if place is None else f"{place}: {caption}"
            parts.append(
                study.picture(name, draw_location_quotients, frame, place, alt=alt, caption=told)
            )
        parts.append(
            study.frame(
                frame, tongue.say("Location quotients"), study.title(title, "quotients"), rows=40
            )
        )
    return parts


def _maps(study: Study) -> list[Block]:
    from ..figures.maps import draw_map

    tongue = study.tongue
    parts: list[Block] = []
    for title, frame in study.of("map"):
        kind = "lq" if "lq" in frame.columns else "z"
        parts.append(Heading(study.title(title, tongue.say("Map"))))
        parts.append(
            study.picture(
                f"{title} map",
                draw_map,
                frame,
                frame[kind],
                kind="lq" if kind == "lq" else "g",
                width="2col",
                alt=tongue.say("Map of the regions, the darker the stronger."),
                caption=tongue.say("High is warm, low is cold and hatched; dotted is not known."),
            )
        )
        plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        parts.append(study.frame(plain, title, title))
    return parts
