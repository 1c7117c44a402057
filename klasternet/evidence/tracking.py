"""Which cluster of one year is which of the next, and what happened between. Arrays and frames.

Labels are (times, n): the number of a cluster, or of an identity that lasts; -1 the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from ..labelling import REST
from .comparison import overlap

__all__ = ["events_of", "flows_of", "identities", "jaccard", "moves_of", "table_of"]

MOST = 0.5  # of a cluster's weight: from more, it came from there or went there


def jaccard(a: np.ndarray, b: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weight that clusters of a and b share over the weight in either, (clusters, clusters)."""
    k, m = int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1
    shared = overlap(a, b, k, m, weights)
    own, theirs = (_sizes(side, count, weights) for side, count in ((a, k), (b, m)))
    union = own[:, None] + theirs - shared
    return np.divide(shared, union, out=np.zeros((k, m)), where=union > 0)


def identities(
    labels: np.ndarray, weights: np.ndarray, least: float, patience: int, back: float
) -> np.ndarray:
    """Number each cluster by the identity it carries on, (times, n); -1 the rest.

    Every identity remembers its last members. Clusters of a year take over identities so that the
    weighted Jaccard index adds up to most (Hungarian method): at least `least` for one that was
    there the time before, at least `back` for one that was away up to `patience` times.
    """
    out = np.full(labels.shape, -1)
    last: list[np.ndarray] = []  # members of each identity when last seen
    seen: list[int] = []  # and when
    for t, found in enumerate(labels):
        count = int(found.max(initial=-1)) + 1
        alive = [i for i, when in enumerate(seen) if t - when <= patience + 1]
        fit = np.zeros((len(alive), count))
        for row, i in enumerate(alive):
            mean = (weights[t] + weights[seen[i]]) / 2
            likeness = jaccard(np.where(last[i], 0, -1), found, mean)[0]
            asked = least if seen[i] == t - 1 else back
            fit[row] = np.where(likeness >= asked, likeness, 0.0)
        carried = dict.fromkeys(range(count), -1)
        for row, c in zip(*linear_sum_assignment(-fit), strict=True):
            if fit[row, c] > 0:
                carried[c] = alive[row]
        for c in range(count):
            members = found == c
            if carried[c] < 0:
                carried[c] = len(last)
                last.append(members)
                seen.append(t)
            last[carried[c]], seen[carried[c]] = members, t
            out[t, members] = carried[c]
    return out


def passing(kept: np.ndarray, patience: int) -> np.ndarray:
    """Identities that come and go within `patience` times, bool (identities,): no event."""
    k = int(kept.max(initial=-1)) + 1
    there = np.array([np.bincount(row[row >= 0], minlength=k) > 0 for row in kept])
    return (there.sum(axis=0) <= patience) & ~there[0] & ~there[-1]


def events_of(
    kept: np.ndarray,
    weights: np.ndarray,
    times: list[Any],
    names: list[str],
    industries: pd.Index,
    patience: int,
) -> pd.DataFrame:
    """One row for each event: time, event, cluster, other, share, industries."""
    k = len(names)
    there = np.array([np.bincount(row[row >= 0], minlength=k) > 0 for row in kept])
    brief = passing(kept, patience)
    rows: list[tuple[Any, ...]] = []
    for t in range(1, len(kept)):
        before, now = kept[t - 1], kept[t]
        for i in np.flatnonzero((there[t - 1] | there[t]) & ~brief):
            if there[t - 1, i] and there[t, i]:
                mean = (weights[t - 1] + weights[t]) / 2
                alike = jaccard(np.where(before == i, 0, -1), np.where(now == i, 0, -1), mean)
                rows.append((times[t], "continuation", names[i], None, alike[0, 0], now == i))
            elif there[t, i] and not there[:t, i].any():
                source, share = _most(before, now == i, weights[t], k)
                event = "birth" if source is None else "split"
                other = None if source is None else names[source]
                rows.append((times[t], event, names[i], other, share, now == i))
            elif there[t - 1, i] and not there[t:, i].any():
                target, share = _most(now, before == i, weights[t - 1], k)
                event = "death" if target is None else "merge"
                other = None if target is None else names[target]
                rows.append((times[t], event, names[i], other, share, before == i))
    columns = ["time", "event", "cluster", "other", "share", "industries"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame["industries"] = [tuple(industries[members].tolist()) for members in frame["industries"]]
    return frame.astype({"share": float})


def flows_of(
    kept: np.ndarray, weights: np.ndarray, times: list[Any], names: list[str]
) -> pd.DataFrame:
    """Weight that passes from each cluster, or the rest, to each of the next time."""
    k = len(names)
    called = [*names, REST]
    rows = []
    for t in range(len(kept) - 1):
        pair = np.where(kept[t] < 0, k, kept[t]) * (k + 1) + np.where(
            kept[t + 1] < 0, k, kept[t + 1]
        )
        found, number = np.unique(pair, return_counts=True)
        share, after = (np.bincount(pair, w)[found] for w in (weights[t], weights[t + 1]))
        for code, *amounts in zip(found, number, share, after, strict=True):
            source, target = divmod(int(code), k + 1)
            rows.append((times[t], times[t + 1], called[source], called[target], *amounts))
    columns = ["time", "next", "source", "target", "industries", "share", "share_next"]
    return pd.DataFrame(rows, columns=columns)


def moves_of(
    kept: np.ndarray, times: list[Any], names: list[str], industries: pd.Index
) -> pd.DataFrame:
    """One row for each industry that changed its place: time, industry, source, target."""
    called = np.array([*names, REST], dtype=object)
    t, i = np.nonzero(kept[1:] != kept[:-1])
    return pd.DataFrame(
        {
            "time": [times[at + 1] for at in t],
            "industry": industries[i],
            "source": called[kept[t, i]],
            "target": called[kept[t + 1, i]],
        }
    )


def table_of(
    kept: np.ndarray,
    weights: np.ndarray,
    times: list[Any],
    names: list[str],
    industries: pd.Index,
    events: pd.DataFrame,
) -> pd.DataFrame:
    """One row for each identity."""
    rows = []
    for i, name in enumerate(names):
        members = kept == i
        there = np.flatnonzero(members.any(axis=1))
        first, last = there[0], there[-1]
        alike = [
            jaccard(np.where(members[t], 0, -1), np.where(members[t + 1], 0, -1),
                    (weights[t] + weights[t + 1]) / 2)[0, 0]
            for t in there if t + 1 in there
        ]  # fmt: skip
        own = events[events["cluster"] == name].set_index("event")
        began = "at the start" if first == 0 else _how(own, ("birth", "split"), "from")
        ended = "lasts" if last == len(times) - 1 else _how(own, ("death", "merge"), "into")
        rows.append(
            {
                "first": times[first],
                "last": times[last],
                "times": len(there),
                "began": began,
                "ended": ended,
                "industries_first": int(members[first].sum()),
                "industries_last": int(members[last].sum()),
                "share_first": weights[first, members[first]].sum(),
                "share_last": weights[last, members[last]].sum(),
                "steady": np.mean(alike) if alike else np.nan,
                "always": tuple(industries[members[there].all(axis=0)].tolist()),
            }
        )
    columns = [
        "first", "last", "times", "began", "ended", "industries_first", "industries_last",
        "share_first", "share_last", "steady", "always",
    ]  # fmt: skip
    return pd.DataFrame(rows, index=pd.Index(names, name="cluster"), columns=columns)


def _how(own: pd.DataFrame, kinds: tuple[str, str], word: str) -> str:
    for kind in kinds:
        if kind in own.index:
            other = own.loc[[kind], "other"].iloc[0]
            return kind if other is None else f"{kind} {word} {other}"
    return "passing"


def _most(
    where: np.ndarray, members: np.ndarray, weights: np.ndarray, k: int
) -> tuple[int | None, float]:
    """The cluster that holds more than half of the members' weight, and the largest such share."""
    whole = weights[members].sum()
    if not k or not whole > 0:
        return None, 0.0
    shares = _sizes(np.where(members, where, -1), k, weights) / whole
    top = int(shares.argmax())
    return (top if shares[top] > MOST else None), float(shares[top])


def _sizes(labels: np.ndarray, k: int, weights: np.ndarray) -> np.ndarray:
    inside = labels >= 0
    return np.bincount(labels[inside], weights[inside], k)
