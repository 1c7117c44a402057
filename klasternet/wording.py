"""How findings are put into words: the same on the command line and in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .phrasebook import ENGLISH, Tongue, listed

if TYPE_CHECKING:
    from .certificate import Certificate
    from .clusters import Clusters
    from .evidence.chance import Significance
    from .evidence.comparison import Agreement
    from .evidence.evolution import Evolution
    from .evidence.robustness import Stability
    from .evidence.validation import ValidationScores
    from .soundness import Decision

__all__ = [
    "CLEAR",
    "SURE",
    "agreement",
    "audit_counts",
    "chance",
    "decision",
    "evolution",
    "headline",
    "interval",
    "method",
    "proof",
    "stability",
    "validation",
    "verdict",
]

CLEAR = 1.5  # times denser inside, at the lower end of the interval
SURE = 0.05  # p up to which a single cluster is beyond chance


def capital(text: str) -> str:
    """The sentence with a capital letter."""
    return text[:1].upper() + text[1:]


def interval(row: Any, tongue: Tongue = ENGLISH) -> str:
    """Contrast with its interval."""
    if not np.isfinite(row.contrast):
        return tongue.times(row.contrast)
    ends = "–".join(map(tongue.times, (row.contrast_low, row.contrast_high)))
    return f"{tongue.times(row.contrast)} ({ends})"


def headline(clusters: Clusters, tongue: Tongue = ENGLISH) -> str:
    """How many clusters, and how many industries are in them."""
    n = tongue.form(clusters.network.n, ",")
    if not len(clusters):
        return tongue.say("No cluster among {} industries", n)
    inside = tongue.form(int((clusters.labels >= 0).sum()), ",")
    found = tongue.count(len(clusters), "cluster", "clusters")
    return tongue.say("{} of {} industries are in {}", inside, n, found)


def method(clusters: Clusters, tongue: Tongue = ENGLISH) -> str:
    """How the clusters came about, in a line."""
    if clusters.recipe is None:
        return tongue.say("given, not found by klasternet")
    parts = [tongue.say("method {}", clusters.recipe.method)]
    if clusters.measure:
        parts.append(tongue.say("measure {}", clusters.measure))
    if np.isfinite(clusters.resolution):
        parts.append(tongue.say("resolution {}", tongue.form(clusters.resolution, ".3g")))
    if clusters.null:
        parts.append(tongue.say("null model {}", clusters.null))
    parts.append(tongue.say("seed {}", clusters.recipe.seed))
    return ", ".join(parts)


def verdict(clusters: Clusters, tongue: Tongue = ENGLISH) -> str:
    """What the verdict means, in a sentence or two."""
    said = {
        "clusters": "The clusters tell which flows are strong among flows that were hidden.",
        "weak clusters": "The evidence is weak: the clusters tell little about flows that were "
        "hidden. Look at another year or another table before a decision rests on them.",
        "no clusters": "Sizes alone explain these flows about as well: what is listed is a "
        "description and not a finding.",
    }
    unjudged = "Nothing was judged: there is no verdict on the whole."
    return tongue.say(said.get(clusters.verdict, unjudged))


def audit_counts(audit: pd.DataFrame, tongue: Tongue = ENGLISH) -> str:
    """How many checks ended how."""
    found = audit["status"].value_counts()
    passed, warned, failed = (int(found.get(s, 0)) for s in ("pass", "warn", "fail"))
    words = [
        tongue.count(passed, "check passed", "checks passed"),
        tongue.count(warned, "warning", "warnings"),
        tongue.count(failed, "failure", "failures"),
    ]
    if found.get("skipped", 0):
        words.append(tongue.say("{} not possible", found["skipped"]))
    return ", ".join(words)


def decision(made: Decision, tongue: Tongue = ENGLISH) -> str:
    """What was set aside or changed, and how much flow it concerns."""
    text = tongue.retell(made.what)
    if made.amount:
        amount = tongue.form(made.amount, ",.0f" if made.amount >= 100 else ".4g")
        amount = f"{amount} {tongue.unit(made.unit)}".strip()
        text = tongue.say("{}: {} ({} of all flow)", text, amount, tongue.share(made.share, 1))
    if made.where:
        more = len(made.where) - 5
        text += f": {', '.join(made.where[:5])}"
        text += tongue.say(" and {} more", more) if more > 0 else ""
    return text


# --------------------------------------------------------------------------- what can be claimed


def proof(
    clusters: Clusters, tongue: Tongue = ENGLISH, certificate: Certificate | None = None
) -> str:
    """What is proven of the partition, in a sentence."""
    certificate = clusters.certificate if certificate is None else certificate
    if certificate is None:
        return tongue.say(
            "How far the partition is from the best one was not looked into: kn.certify tells."
        )
    if certificate.optimal:
        return tongue.say(
            "Proven optimal: no partition of these {} industries, before those that do not hold "
            "go to the rest, does better by this measure.",
            tongue.form(clusters.network.n, ","),
        )
    claim = certificate.claim() or "the best possible partition may be much better"
    return tongue.say(
        "{}; kn.certify with more time may prove more.", capital(tongue.retell(claim))
    )


def chance(found: Significance, tongue: Tongue = ENGLISH) -> str:
    """What a test against random economies says, in a sentence or two."""
    how = (
        "{} (p = {}; {} random economies of the same sizes, each searched anew)."
        if found.redetected
        else "{} (p = {}; {} random economies of the same sizes, with these clusters held fixed)."
    )
    p, draws = tongue.form(found.pvalue, ".2g"), tongue.form(found.draws, ",")
    head = tongue.say(how, capital(tongue.retell(found.verdict)), p, draws)
    doubtful = found.table.index[~(found.table["pvalue"] <= SURE)]
    if not len(found.table) or found.pvalue > SURE:
        return head
    if not len(doubtful):
        return f"{head} {tongue.say('So is each cluster by itself.')}"
    some = tongue.say(
        "By themselves these could be chance (p above {}): {}.",
        tongue.form(SURE, "g"),
        listed(doubtful),
    )
    return f"{head} {some}"


def stability(found: Stability, tongue: Tongue = ENGLISH) -> str:
    """How far the clusters hold in tables with noise."""
    ari = found.agreement["ari"]
    return tongue.say(
        "In {} tables with noise the clusters agree with those found by {} ({} to {}; adjusted "
        "Rand index, 1 is the same).",
        tongue.form(len(ari), ","),
        *(tongue.form(x, ".2f") for x in (ari.mean(), ari.quantile(0.025), ari.quantile(0.975))),
    )


def agreement(found: Agreement, tongue: Tongue = ENGLISH) -> str:
    """How far two lists of clusters agree."""
    return tongue.say(
        "Over {} industries the two agree by {} (adjusted Rand index) and {} (adjusted mutual "
        "information); 1 is the same, 0 is chance.",
        tongue.form(found.industries, ","),
        tongue.form(found.ari, ".2f"),
        tongue.form(found.ami, ".2f"),
    )


def validation(found: ValidationScores, tongue: Tongue = ENGLISH) -> str:
    """How well members fit their clusters."""
    return tongue.say(
        "The clusters score {} of 100 (validation scores of Delgado, Porter and Stern).",
        tongue.form(found.score, ".1f"),
    )


def evolution(found: Evolution, tongue: Tongue = ENGLISH) -> str:
    """How many clusters lasted."""
    lasting = int((found.table["times"] == len(found.times)).sum())
    return tongue.say(
        "{} clusters were followed from {} to {}, {} of them are there all along.",
        tongue.form(len(found.table), ","),
        found.times[0],
        found.times[-1],
        tongue.form(lasting, ","),
    )
