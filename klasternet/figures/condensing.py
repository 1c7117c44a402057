"""What a network diagram shows: every industry, or in large networks the largest of each cluster.

The industries that are not shown share one disc for their cluster, so that no flow is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..clusters import Clusters
from ..labelling import membership
from ..matrices import column_sums, row_sums
from ..network import FlowNetwork
from ..tables.shortening import shorten
from .speech import spoken

__all__ = ["Shown", "brief_names", "brief_titles", "condense", "second_clusters"]

MOST = 150  # industries drawn one by one
LARGEST = 80  # of those of a larger network
MANY = 1000  # names, beyond which they are not shortened
LONG = 24  # characters, beyond which a name is shortened
TITLES = 12  # clusters drawn, the others being industries of the rest


@dataclass(frozen=True)
class Shown:
    """Industries, or what stands for several, in the order they have in the network."""

    network: FlowNetwork
    names: list[str]
    labels: np.ndarray
    titles: list[str]
    sizes: np.ndarray
    sized: str  # what the sizes are
    note: str = ""
    second: np.ndarray | None = None  # label of the next cluster of each, -1 where it has none


def condense(clusters: Clusters) -> Shown:
    """Choose what is drawn."""
    network, drawn = clusters.network, np.flatnonzero(clusters.sizes)
    rank = np.full(len(clusters) + 1, -1)
    rank[drawn] = np.arange(len(drawn))
    labels = rank[clusters.labels]
    output = network.columns.get("output")
    if output is not None and bool((output >= 0).all()) and float(output.max()) > 0:
        sizes, sized = output.to_numpy(float), "Output"
    else:
        sizes, sized = row_sums(network.trade) + column_sums(network.trade), "Trade"
    full = [str(name) for name in network.industries]
    brief = brief_names(full)
    titles = _called([clusters.names[u] for u in drawn], brief)
    absent = [title for title, size in zip(clusters.names, clusters.sizes, strict=True) if not size]
    speech = spoken()
    bare = "Not drawn, as no industry is mainly in them: {}."
    bare = speech.say(bare, ", ".join(absent)) if absent else ""
    if network.n <= MOST:
        names = [brief[name] for name in full]
        plain = FlowNetwork.from_matrix(
            network.flows,
            network.industries,
            columns=network.columns,
            unit=network.unit,
            name=network.name,
        )
        return Shown(
            plain, names, labels, titles, sizes, sized, bare, second_clusters(clusters, rank)
        )
    shown = min(len(drawn), TITLES)
    labels[labels >= shown] = -1
    turn = np.empty(network.n)
    for u in range(-1, shown):
        own = np.flatnonzero(labels == u)
        turn[own[np.argsort(-sizes[own], kind="stable")]] = np.arange(len(own))
    kept = np.sort(np.lexsort((-sizes, turn))[:LARGEST])
    group = np.full(network.n, -1)
    group[kept] = np.arange(len(kept))
    names, of = [brief[full[i]] for i in kept], list(labels[kept])
    for u in range(-1, shown):
        others = np.flatnonzero((labels == u) & (group < 0))
        if len(others):
            group[others] = len(names)
            count = speech.form(len(others), ",")
            names.append(speech.say("{} others" if u < 0 else "{} more", count))
            of.append(u)
    M = membership(group, len(names))
    flows = (M.T.tocsr() @ network.trade) @ M
    flows = flows.toarray() if hasattr(flows, "toarray") else np.asarray(flows)
    # Discs of one name are told apart by number in the network that is drawn.
    unique = [f"{k} {name}" for k, name in enumerate(names)]
    small = FlowNetwork.from_matrix(flows, unique, unit=network.unit, name=network.name)
    summed = np.bincount(group, sizes, len(names))
    note = speech.say(
        "The {} largest of {} industries are drawn one by one, the others as one disc for each "
        "cluster.",
        *(speech.form(number, ",") for number in (len(kept), network.n)),
    )
    note = f"{note} {bare}".rstrip()
    second = np.full(len(names), -1)
    second[: len(kept)] = second_clusters(clusters, rank)[kept]
    second[second >= shown] = -1
    return Shown(small, names, np.array(of), titles[:shown], summed, sized, note, second)


def second_clusters(clusters: Clusters, rank: np.ndarray | None = None) -> np.ndarray:
    """The next cluster of each industry, -1 where there is none; rank: what it is drawn as."""
    rank = np.append(np.arange(len(clusters)), -1) if rank is None else rank
    if clusters.shares is None or not len(clusters):
        return np.full(clusters.network.n, -1)
    parts, inside = clusters.shares.toarray(), np.flatnonzero(clusters.labels >= 0)
    parts[inside, clusters.labels[inside]] = 0.0
    return np.where(parts.any(axis=1), rank[parts.argmax(axis=1)], -1)


def brief_names(names: Iterable[Any]) -> dict[str, str]:
    """What industries are called in figures: the long ones by their short names.

    Firms, of which there may be thousands, keep their names: telling them apart takes too long.
    """
    names = [str(name) for name in names]
    shorter = shorten(names) if len(names) <= MANY else dict(zip(names, names, strict=True))
    return {name: short if len(name) > LONG else name for name, short in shorter.items()}


def brief_titles(clusters: Clusters, most: int | None = None) -> list[str]:
    """What the first clusters are called in figures, the same in every one."""
    return _called(clusters.names[:most], brief_names(clusters.network.industries))


def _called(titles: Sequence[str], brief: dict[str, str]) -> list[str]:
    """Titles with the short names of their industries; the longest are looked for first."""
    shortened = sorted((n for n in brief if brief[n] != n), key=len, reverse=True)
    out = []
    for title in titles:
        for name in shortened:
            if name in title:
                title = title.replace(name, brief[name])
        out.append(title)
    return out
