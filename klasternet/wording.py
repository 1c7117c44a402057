"""How findings are put into words: the same on the command line and in the report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .clusters import Clusters
    from .evidence.chance import Significance

__all__ = [
    "CLEAR",
    "audit_counts",
    "chance",
    "count",
    "headline",
    "interval",
    "listed",
    "method",
    "money",
    "proof",
    "times",
    "verdict",
]

CLEAR = 1.5  # times denser inside, at the lower end of the interval
SURE = 0.05  # p up to which a single cluster is beyond chance


def money(amount: float) -> str:
    """An amount with as many digits as it deserves."""
    return f"{amount:,.0f}" if 1e3 <= amount < 1e13 or amount == 0 else f"{amount:.4g}"


def times(ratio: float) -> str:
    """A ratio to two digits, "-" where there is none."""
    if not np.isfinite(ratio):
        return "-"
    return f"{ratio:,.0f}" if ratio >= 99.5 else f"{ratio:.1f}" if ratio >= 0.95 else f"{ratio:.2f}"


def count(number: int, one: str, many: str) -> str:
    """A number and its noun."""
    return f"{number:,} {one if number == 1 else many}"


def listed(names: Iterable[Any]) -> str:
    """Names in a row; parted by semicolons where commas are in the names."""
    texts = [str(name) for name in names]
    return ("; " if any("," in text for text in texts) else ", ").join(texts)


def interval(row: Any) -> str:
    """Contrast with its interval."""
    if not np.isfinite(row.contrast):
        return "-"
    return f"{times(row.contrast)} ({times(row.contrast_low)} to {times(row.contrast_high)})"


def headline(clusters: Clusters) -> str:
    """How many clusters, and how many industries are in them."""
    inside = int((clusters.labels >= 0).sum())
    found = count(len(clusters), "cluster", "clusters") if len(clusters) else "No cluster"
    holds = "holds" if len(clusters) == 1 else "hold"
    if not len(clusters):
        return f"{found} among {clusters.network.n:,} industries"
    return f"{found} {holds} {inside:,} of {clusters.network.n:,} industries"


def method(clusters: Clusters) -> str:
    """How the clusters came about, in a line."""
    if clusters.recipe is None:
        return "given, not found by klasternet"
    parts = [f"method {clusters.recipe.method}"]
    if clusters.measure:
        parts.append(f"measure {clusters.measure}")
    if np.isfinite(clusters.resolution):
        parts.append(f"resolution {clusters.resolution:.3g}")
    if clusters.null:
        parts.append(f"null model {clusters.null}")
    parts.append(f"seed {clusters.recipe.seed}")
    return ", ".join(parts)


def verdict(clusters: Clusters) -> str:
    """What the verdict means, in a sentence or two."""
    return {
        "clusters": "The clusters tell which flows are strong among flows that were hidden.",
        "weak clusters": "The evidence is weak: the clusters tell little about flows that were "
        "hidden. Look at another year or another table before a decision rests on them.",
        "no clusters": "Sizes alone explain these flows about as well: what is listed is a "
        "description and not a finding.",
    }.get(clusters.verdict, "Nothing was judged: there is no verdict on the whole.")


def audit_counts(audit: pd.DataFrame) -> str:
    """How many checks ended how."""
    found = audit["status"].value_counts()
    passed, warned, failed = (int(found.get(s, 0)) for s in ("pass", "warn", "fail"))
    words = [
        count(passed, "check passed", "checks passed"),
        count(warned, "warning", "warnings"),
        count(failed, "failure", "failures"),
    ]
    if found.get("skipped", 0):
        words.append(f"{found['skipped']} not possible")
    return ", ".join(words)


def proof(clusters: Clusters) -> str:
    """What is proven of the partition, in a sentence."""
    certificate = clusters.certificate
    if certificate is None:
        return "How far the partition is from the best one was not looked into: kn.certify tells."
    if certificate.optimal:
        return (
            f"Proven optimal: no partition of these {clusters.network.n:,} industries, before "
            "those that do not hold go to the rest, does better by this measure."
        )
    claim = certificate.claim() or "The best possible partition may be much better"
    return f"{claim[:1].upper()}{claim[1:]}; kn.certify with more time may prove more."


def chance(found: Significance) -> str:
    """What a test against random economies says, in a sentence or two."""
    head = (
        f"{found.verdict[:1].upper()}{found.verdict[1:]} (p = {found.pvalue:.2g}; "
        f"{found.draws:,} random economies of the same sizes, each searched anew)."
    )
    doubtful = found.table.index[~(found.table["pvalue"] <= SURE)]
    if not len(found.table) or found.pvalue > SURE:
        return head
    if not len(doubtful):
        return f"{head} So is each cluster by itself."
    return f"{head} By themselves these could be chance (p above {SURE:g}): {listed(doubtful)}."
