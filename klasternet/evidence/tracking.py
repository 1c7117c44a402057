"""Which cluster of one year is which of the next, and what happened between. Arrays and frames.

Each time is a membership matrix, industries x clusters (or identities that last), with rows that
add up to 1 at most; what is left is the rest. With whole members these are sets.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from ..labelling import REST
from ..overlap import cells, left_over

__all__ = ["carried_on", "events_of", "flows_of", "identities", "jaccard", "moves_of", "table_of"]

MOST = 0.5  # of a cluster's weight: from more, it came from there or went there

Members: TypeAlias = sparse.csr_array


def jaccard(a: Members, b: Members, weights: np.ndarray) -> np.ndarray:
    """Weight that clusters of a and b share over the weight in either, (clusters, clusters).

    Of an industry with a share in both, the smaller one is shared and the larger one in either.
    """
    at, k, m, part, other = _meetings(a, b)
    shape = a.shape[1], b.shape[1]
    code, shared = k * shape[1] + m, weights[at] * np.minimum(part, other)
    shared = np.bincount(code, shared, shape[0] * shape[1]).reshape(shape)
    union = (a.T @ weights)[:, None] + b.T @ weights - shared
    return np.divide(shared, union, out=np.zeros(shape), where=union > 0)


def _meetings(a: Members, b: Members) -> tuple[np.ndarray, ...]:
    """Every industry in a cluster of a and one of b: industry, both clusters, both shares."""
    at, k = cells(a)
    count = np.diff(b.indptr)[at]
    pair = np.repeat(np.arange(a.nnz), count)
    at, k, part = at[pair], k[pair], a.data[pair]
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    there = b.indptr[at] + nth
    return at, k, b.indices[there], part, b.data[there]


def identities(
    members: list[Members], weights: np.ndarray, least: float, patience: int, back: float
) -> list[np.ndarray]:
    """Number of the identity that each cluster of each time carries on.

    Every identity remembers its last members. Clusters of a year take over identities so that the
    weighted Jaccard index adds up to most (Hungarian method): at least `least` for one that was
    there the time before, at least `back` for one that was away up to `patience` times.
    """
    out = []
    last: list[Members] = []  # members of each identity when last seen, (n, 1)
    seen: list[int] = []  # and when
    for t, found in enumerate(members):
        alive = [i for i, when in enumerate(seen) if t - when <= patience + 1]
        fit = np.zeros((len(alive), found.shape[1]))
        for row, i in enumerate(alive):
            likeness = jaccard(last[i], found, (weights[t] + weights[seen[i]]) / 2)[0]
            asked = least if seen[i] == t - 1 else back
            fit[row] = np.where(likeness >= asked, likeness, 0.0)
        carried = np.full(found.shape[1], -1)
        for row, c in zip(*linear_sum_assignment(-fit), strict=True):
            if fit[row, c] > 0:
                carried[c] = alive[row]
        columns = found.tocsc()
        for c in range(len(carried)):
            own = sparse.csr_array(columns[:, [c]])
            if carried[c] < 0:
                carried[c] = len(last)
                last.append(own)
                seen.append(t)
            last[carried[c]], seen[carried[c]] = own, t
        out.append(carried)
    return out


def carried_on(members: list[Members], carried: list[np.ndarray]) -> list[Members]:
    """Members of every identity at each time, (n, identities); none where it is not there."""
    k = max((int(numbers.max(initial=-1)) for numbers in carried), default=-1) + 1
    out = []
    for found, numbers in zip(members, carried, strict=True):
        at, c = cells(found)
        out.append(sparse.csr_array((found.data, (at, numbers[c])), shape=(found.shape[0], k)))
    return out


def _there(parts: list[Members]) -> np.ndarray:
    """Whether each identity is there at each time, bool (times, identities)."""
    return np.array([np.bincount(part.indices, minlength=part.shape[1]) > 0 for part in parts])


def passing(there: np.ndarray, patience: int) -> np.ndarray:
    """Identities that come and go within `patience` times, bool (identities,): no event."""
    return (there.sum(axis=0) <= patience) & ~there[0] & ~there[-1]


def events_of(
    kept: np.ndarray,
    parts: list[Members],
    weights: np.ndarray,
    times: list[Any],
    names: list[str],
    industries: pd.Index,
    patience: int,
) -> pd.DataFrame:
    """One row for each event: time, event, cluster, other, share, industries.

    kept : identity of each industry at each time, of its primary cluster; -1 the rest.
    """
    there = _there(parts)
    brief = passing(there, patience)
    rows: list[tuple[Any, ...]] = []
    for t in range(1, len(kept)):
        before, now = kept[t - 1], kept[t]
        alike = jaccard(parts[t - 1], parts[t], (weights[t - 1] + weights[t]) / 2).diagonal()
        for i in np.flatnonzero((there[t - 1] | there[t]) & ~brief):
            if there[t - 1, i] and there[t, i]:
                rows.append((times[t], "continuation", names[i], None, alike[i], now == i))
            elif there[t, i] and not there[:t, i].any():
                source, share = _most(parts[t - 1], parts[t], int(i), weights[t])
                event = "birth" if source is None else "split"
                other = None if source is None else names[source]
                rows.append((times[t], event, names[i], other, share, now == i))
            elif there[t - 1, i] and not there[t:, i].any():
                target, share = _most(parts[t], parts[t - 1], int(i), weights[t - 1])
                event = "death" if target is None else "merge"
                other = None if target is None else names[target]
                rows.append((times[t], event, names[i], other, share, before == i))
    columns = ["time", "event", "cluster", "other", "share", "industries"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame["industries"] = [tuple(industries[members].tolist()) for members in frame["industries"]]
    return frame.astype({"share": float})


def flows_of(
    parts: list[Members], weights: np.ndarray, times: list[Any], names: list[str]
) -> pd.DataFrame:
    """Weight that passes from each cluster, or the rest, to each of the next time.

    Of an industry with shares, as much as can stays where it is; what a cluster loses goes to
    those that gain, in proportion.
    """
    k = len(names)
    called = [*names, REST]
    whole = [
        sparse.csr_array(sparse.hstack([part, sparse.csr_array(left_over(part)[:, None])]))
        for part in parts
    ]
    rows = []
    for t in range(len(parts) - 1):
        at, a, b, part, other = _meetings(whole[t], whole[t + 1])
        stays = np.where(a == b, np.minimum(part, other), 0.0)
        held = sparse.csr_array((stays, (at, a)), shape=whole[t].shape)
        lost, gained = (np.maximum((side - held).toarray(), 0.0) for side in whole[t : t + 2])
        moved = lost.sum(axis=1)
        moves = np.divide(
            lost[at, a] * gained[at, b], moved[at], out=np.zeros(len(at)), where=moved[at] > 1e-12
        )
        amount = stays + moves
        some = amount > 0
        at, amount, pair = at[some], amount[some], (a * (k + 1) + b)[some]
        found, turn, number = np.unique(pair, return_inverse=True, return_counts=True)
        share, after = (np.bincount(turn, w[at] * amount) for w in (weights[t], weights[t + 1]))
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
    parts: list[Members],
    weights: np.ndarray,
    times: list[Any],
    names: list[str],
    industries: pd.Index,
    events: pd.DataFrame,
) -> pd.DataFrame:
    """One row for each identity; kept as in `events_of`."""
    rows, all_there = [], _there(parts)
    alike = [
        jaccard(parts[t], parts[t + 1], (weights[t] + weights[t + 1]) / 2).diagonal()
        for t in range(len(parts) - 1)
    ]
    size = np.array([part.T @ w for part, w in zip(parts, weights, strict=True)])
    for i, name in enumerate(names):
        members = kept == i
        there = np.flatnonzero(all_there[:, i])
        first, last = there[0], there[-1]
        own = events[events["cluster"] == name].set_index("event")
        began = "at the start" if first == 0 else _how(own, ("birth", "split"), "from")
        ended = "lasts" if last == len(times) - 1 else _how(own, ("death", "merge"), "into")
        steady = [alike[t][i] for t in there if t + 1 in there]
        rows.append(
            {
                "first": times[first],
                "last": times[last],
                "times": len(there),
                "began": began,
                "ended": ended,
                "industries_first": int(members[first].sum()),
                "industries_last": int(members[last].sum()),
                "share_first": size[first, i],
                "share_last": size[last, i],
                "steady": np.mean(steady) if steady else np.nan,
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


def _most(where: Members, now: Members, i: int, weights: np.ndarray) -> tuple[int | None, float]:
    """The cluster that holds more than half of the weight of i, and the largest such share."""
    own = now[:, [i]].toarray().ravel() * weights
    if not own.sum() > 0:
        return None, 0.0
    shares = (where.T @ own) / own.sum()
    top = int(shares.argmax())
    return (top if shares[top] > MOST else None), float(shares[top])
