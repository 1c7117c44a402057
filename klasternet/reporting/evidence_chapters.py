"""What can be claimed, and results of other kinds: the chapters that hang on what is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .. import wording as words
from ..phrasebook import listed
from .document import Block, Bullets, Heading, Text
from .study import UNTITLED, Study

__all__ = ["claims", "further"]

PLATEAU = ["low", "high", "plateau", "clusters", "alone", "largest", "score", "se", "chosen"]


def claims(study: Study) -> list[Block]:
    """Proof, chance, stability, resolution, and agreement with other lists."""
    from ..figures.chance import draw_null

    tongue = study.tongue
    certificate = study.first("Certificate")
    parts: list[Block] = [
        Heading(tongue.say("What can be claimed")),
        Text(words.proof(study.clusters, tongue, certificate)),
    ]
    tests = study.of("Significance")
    if not tests:
        unknown = "Whether clusters like these come about by chance was not tested."
        parts.append(Text(tongue.say(unknown)))
    for _, tested in tests:
        parts.append(Text(words.chance(tested, tongue)))
        if len(tested.table):
            caption = tongue.say("Each cluster against random economies")
            parts.append(study.frame(tested.table, caption, "significance"))
        parts.append(
            study.picture(
                "null",
                draw_null,
                tested,
                narrow=True,
                alt=tongue.say("Histogram of random economies, with the observed one marked."),
                caption=tongue.say(
                    "How clustered random economies of the same sizes are (grey), and how "
                    "clustered this one is (arrow)."
                ),
            )
        )
    for _, found in study.of("Stability"):
        parts.append(Text(words.stability(found, tongue)))
        parts.append(Bullets([_certain(study, found, name) for name in found.core]))
        caption = tongue.say("How the clusters hold in tables with noise")
        parts.append(study.frame(found.table, caption, "stability"))
    return [*parts, *_resolutions(study), *_comparisons(study)]


def _certain(study: Study, found: Any, name: str) -> Text:
    return Text(listed(found.core[name]) or study.tongue.say("nobody"), f"{name}:")


def _resolutions(study: Study) -> list[Block]:
    from ..figures.profile import draw_resolution

    tongue = study.tongue
    parts: list[Block] = []
    for _, profile in study.of("profile"):
        parts += [
            study.picture(
                "resolution",
                draw_resolution,
                profile,
                narrow=True,
                alt=tongue.say("Curves over the resolution: score, number of clusters."),
                caption=tongue.say(
                    "The resolution is chosen where the clusters tell hidden flows best. From the "
                    "top: that score, the number of clusters, how unstable they are."
                ),
            ),
            study.frame(
                _plateaus(profile),
                tongue.say("Partitions by resolution, each plateau by its widest interval"),
                "resolutions",
                of=profile.drop(columns="partition", errors="ignore"),
            ),
        ]
    return parts


def _plateaus(profile: pd.DataFrame) -> pd.DataFrame:
    width = (profile["high"] - profile["low"]).to_numpy()
    order = np.argsort(-width, kind="stable")
    first = profile.iloc[order].drop_duplicates("plateau").index
    shown = profile.loc[profile.index.isin(first) | profile["chosen"].astype(bool)]
    known = [name for name in PLATEAU if name in profile.columns]
    return shown.reset_index(drop=True)[known]


def _comparisons(study: Study) -> list[Block]:
    tongue = study.tongue
    parts: list[Block] = []
    for title, found in study.of("Agreement"):
        own = study.title(title, "agreement")
        parts += [
            Text(words.agreement(found, tongue), f"{own}:"),
            study.frame(
                found.table,
                tongue.say("Which clusters meet which"),
                study.title(title, "agreement"),
            ),
        ]
    for title, found in study.of("ValidationScores"):
        caption = tongue.say("Validation scores by similarity")
        parts += [
            Text(words.validation(found, tongue)),
            study.frame(found.table, caption, study.title(title, "validation scores")),
        ]
    return parts


def further(study: Study) -> list[Block]:
    """Clusters over the years and within clusters, and results of other kinds."""
    from ..figures.alluvial import draw_evolution

    tongue = study.tongue
    parts: list[Block] = []
    for title, found in study.of("Evolution"):
        own = study.title(title, "evolution")
        events = found.events[found.events["event"] != "continuation"]
        parts += [
            Heading(tongue.say("Over the years")),
            Text(words.evolution(found, tongue)),
            study.picture(
                "evolution",
                draw_evolution,
                found,
                alt=tongue.say("Bands of clusters over the years, with industries that move."),
                caption=tongue.say(
                    "Each band is a cluster, as wide as its share; ribbons are industries that "
                    "stay or move."
                ),
            ),
            study.frame(found.table, tongue.say("The clusters over the years"), f"{own} clusters"),
        ]
        if len(events):
            parts.append(study.frame(events, tongue.say("What happened"), f"{own} events"))
    for title, found in study.of("Levels"):
        own = study.title(title, "levels")
        parts.append(Heading(tongue.say("Clusters within clusters")))
        if len(found.splits):
            parts.append(
                study.frame(found.splits, tongue.say("Clusters that were tried"), f"{own} splits")
            )
        parts.append(study.frame(found.table, tongue.say("Every industry by level"), own, rows=12))
    for title, found in study.of("other"):
        frame = found if isinstance(found, pd.DataFrame) else found.table
        told = study.title(title, tongue.say("Result {}", title.removeprefix(UNTITLED)))
        parts += [Heading(told), study.frame(frame, told, title)]
    return parts
