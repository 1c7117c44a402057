"""Clusters over the years: which last, which are born, split, merge and die.

Two things make clusters flicker from year to year though nothing happened: a resolution chosen anew
each time, and industries that hang in the balance. So all years share one resolution, and a pair
that was together stays so until its density falls clearly below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..clusters import Clusters, by_name
from ..detectors.dense_clusters import measure_of, tried
from ..detectors.detection import detect
from ..detectors.heldout import Trials, is_thin
from ..errors import AlignmentError, ParameterError
from ..labelling import REST, unique_names
from ..matrices import column_sums, row_sums
from ..network import FlowNetwork
from ..nullmodels import null_model_of
from ..qualities import number
from ..repetition import drawn_seed, repeat
from .tracking import carried_on, events_of, flows_of, identities, moves_of, table_of

__all__ = ["Evolution", "evolve"]

TOLD = {"birth": "born", "split": "split off", "merge": "merged into", "death": "dissolved"}
SHOWN, WIDE = 8, 44  # industries of a line, and letters of a name, in print


@dataclass(frozen=True, eq=False, repr=False)
class Evolution:
    """Clusters over the years.

    Attributes
    ----------
    clusters : tuple of Clusters
        One for each time; a cluster that lasts has the same name in all.
    times : list
    labels : DataFrame, industries x times
        Name of each industry's cluster, its primary one, or "rest".
    table : DataFrame, one row for each cluster that was there at any time
        first, last, times (how many it was there); began ("at the start", "birth", "split from
        ...", "passing"), ended ("lasts", "death", "merge into ...", "passing"); industries_first,
        industries_last; share_first, share_last (of all weight, when first and last there); steady
        (mean weighted Jaccard index from each time to the next); always (tuple of its members at
        every time it was there). Where industries belong to several clusters, weights go by their
        shares; industries_first, industries_last and always are primary members.
    events : DataFrame, one row for each
        time, event (birth, split, merge, death, continuation), cluster, other (whence it split,
        with what it merged), share (of its weight that came from there or went there, the largest
        part; for a continuation the weighted Jaccard index), industries (members concerned).
    flows : DataFrame, for an alluvial figure
        time, next, source, target (names, or "rest"), industries (how many), share and share_next
        (of all weight at either time). Of an industry with shares, as much as can stays where it
        is, and what clusters lose goes to those that gain, in proportion.
    moves : DataFrame, one row for each industry that changed its (primary) place
        time, industry, source, target.
    weights : {"output", "trade"}
        What industries were weighed by.
    resolution : float
        Held for all times; NaN where clusters were given, or each time has its own.
    """

    clusters: tuple[Clusters, ...]
    times: list[Any]
    labels: pd.DataFrame
    table: pd.DataFrame
    events: pd.DataFrame
    flows: pd.DataFrame
    moves: pd.DataFrame
    weights: str
    resolution: float

    def __repr__(self) -> str:
        lasting = int((self.table["times"] == len(self.times)).sum())
        return (
            f"Evolution of {len(self.labels):,} industries, {self.times[0]} to {self.times[-1]}: "
            f"{len(self.table):,} clusters, {lasting:,} of them all along"
        )

    def __str__(self) -> str:
        held = f"; resolution {self.resolution:.3g} held" if np.isfinite(self.resolution) else ""
        lines = [f"{self!r}{held}"]
        if len(self.table):
            there = [
                "".join("=" if (column == name).any() else "." for _, column in self.labels.items())
                for name in self.table.index
            ]
            weight = f"share of {self.weights}"
            shown = pd.DataFrame(
                {
                    "there": there,
                    "industries": [_arrow(row, "industries", "{}") for row in self._rows()],
                    weight: [_arrow(row, "share", "{:.1%}") for row in self._rows()],
                    "steady": ["-" if np.isnan(j) else f"{j:.2f}" for j in self.table["steady"]],
                },
                index=[n if len(n) <= WIDE else n[: WIDE - 3] + "..." for n in self.table.index],
            )
            lines.append(shown.to_string())
            lines += [
                f"  {name}: always {_some(own)}" for name, own in self.table["always"].items()
            ]
        told = self.events[self.events["event"] != "continuation"]
        for row in told.itertuples(index=False):
            of = "" if row.other is None else f" {row.other}"
            lines.append(
                f"  {row.time}  {row.cluster} {TOLD[row.event]}{of}: {_some(row.industries)}"
            )
        if not len(told):
            lines.append("  no cluster was born, split, merged or dissolved")
        rest = int(((self.moves["source"] == REST) | (self.moves["target"] == REST)).sum())
        lines.append(
            f"  {len(self.moves):,} times an industry changed its place, "
            f"{rest:,} of them from or to the rest of the economy"
        )
        return "\n".join(lines)

    def _rows(self) -> list[dict[str, Any]]:
        return self.table.to_dict("records")


def evolve(
    stages: Sequence[Any],
    times: Sequence[Any] | None = None,
    *,
    resolution: Any = "auto",
    inertia: float = 0.2,
    least: float = 0.3,
    back: float = 0.5,
    patience: int = 1,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
    **params: Any,
) -> Evolution:
    """Follow clusters over the years.

    Networks are searched one after another. One resolution is held for all: the one with the best
    held-out score over all years together (see `detect`). The search begins with the year of the
    best score and goes on and back from there; each sets out from the answer of the year next to
    it, and pairs that were together in it need a density of only

        resolution - inertia

    to stay so: a place is kept until leaving it gains enough. Admission has such a memory too (see
    `detect`). Then, or for clusters that are given, each cluster carries on the identity whose
    members it shares, by output w: identities are handed on so that

        J(A, B) = w(A and B) / w(A or B)

    (of shares in both, the smaller counts in "and", the larger in "or") adds up to most (Hungarian
    method), with J at least `least`. A cluster that is away for up to `patience` times keeps its
    identity if it comes back with J at least `back`; one that is only there for as long, and
    neither at the start nor at the end, is "passing" and makes no event. One that ends has merged
    if more than half of its output is in one other cluster then, else died; one that begins has
    split off if more than half of its output was in one other, else it was born.

    Parameters
    ----------
    stages : sequence of FlowNetwork or of Clusters
        One for each time, in order, of the same industries (matched by name).
    times : sequence, optional
        Years, or other names of the times; 0, 1, ... if left out.
    resolution : float or "auto"
        Of the search in networks.
    inertia : float
        As above, in the unit of the resolution; 0 searches each year by itself.
    least, back : float
        Least J to carry on an identity, and to take it up again.
    patience : int
        For how many times a cluster may be away, or there, without its being told.
    seed, n_jobs, progress
        As in `detect` and `stability`.
    **params
        For `detect`: method, measure, null, support, contrast. A method that takes no start
        searches each year by itself.

    Returns
    -------
    Evolution
        It prints what lasted and what happened.

    Raises
    ------
    ParameterError
        No stages, both kinds mixed, or other parameters where clusters are given.
    AlignmentError
        Stages of other industries, or as many times as there are not stages.

    Notes
    -----
    Tables in current prices: shares of output move with relative prices. Lift does not (a price
    scales a seller's row), so clusters found with it need no deflated tables; money does.
    With `inertia` changes may be told some years late, or early before the first year searched, and
    a slight one not at all; where that is the question, compare with inertia=0. Admission is judged
    each year, on flows held out, so industries in the balance still come and go between a cluster
    and the rest; `moves` tells.

    Matching and events: Greene, Doyle and Cunningham (2010), doi 10.1109/ASONAM.2010.17. Smoothing
    over time: Chakrabarti, Kumar and Tomkins (2006), doi 10.1145/1150402.1150467.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(12, 3, seed=1)
    >>> early = kn.Clusters.from_labels(network, labels)
    >>> late = kn.Clusters.from_labels(network, [-1 if k == 2 else k for k in labels])
    >>> story = kn.evolve([early, late], [2000, 2010])
    >>> sorted(story.events["event"])
    ['continuation', 'continuation', 'death']
    """
    stages = list(stages)
    times = list(range(len(stages))) if times is None else list(times)
    if not stages:
        raise ParameterError("stages is empty; give networks or clusters, one for each time.")
    if len(times) != len(stages):
        raise AlignmentError(f"{len(times)} times for {len(stages)} stages. Give one for each.")
    if len(set(times)) < len(times):
        raise AlignmentError("a time is given twice. Name each stage differently.")
    inertia = number("inertia", inertia, 0.0)
    least, back = number("least", least, 0.0, 1.0), number("back", back, 0.0, 1.0)
    patience = int(number("patience", patience, 0))
    held = float("nan")
    if all(isinstance(stage, FlowNetwork) for stage in stages):
        seed = drawn_seed(seed)
        done, held = _search(stages, resolution, inertia, seed, n_jobs, progress, params)
        found, times = [done[t] for t in sorted(done)], [times[t] for t in sorted(done)]
    elif all(isinstance(stage, Clusters) for stage in stages):
        if params:
            raise ParameterError(
                f"{next(iter(params))!r} is for the search; these clusters have been found already."
            )
        found = stages
    else:
        raise ParameterError("stages must be FlowNetworks or Clusters, all of one kind.")
    return _told(found, times, held, least, back, patience)


def _search(
    networks: list[FlowNetwork],
    resolution: Any,
    inertia: float,
    seed: int,
    n_jobs: int,
    progress: bool | None,
    params: dict[str, Any],
) -> tuple[dict[int, Clusters], float]:
    """Clusters of each network, each search setting out from the answer next to it.

    By position; fewer than there are networks, but no gaps, where somebody stopped it.
    """
    method = params.get("method", "density")
    if method != "density":
        own = {} if resolution == "auto" else {"resolution": resolution}
        singly = repeat(
            lambda rng, t: detect(networks[t], seed=seed, **own, **params),
            len(networks), seed, n_jobs=n_jobs, progress=progress, label="times",
        )  # fmt: skip
        return dict(enumerate(singly)), float("nan")
    measures = {measure_of(network, params.get("measure", "auto")) for network in networks}
    measure = "lift" if measures == {"lift"} else "flow"
    auto, first = isinstance(resolution, str), 0
    if not (auto and measure == "flow" and any(map(is_thin, networks))):
        null = null_model_of(params.get("null", "gravity"))
        grid = None if auto else np.array([number("resolution", resolution)])
        trials = repeat(
            lambda rng, t: tried(networks[t], measure, null, grid, rng),
            len(networks), seed, n_jobs=n_jobs, progress=progress, label="resolution",
        )  # fmt: skip
        resolution, first = _clearest(trials, resolution)
    order = [*range(first, len(networks)), *range(first - 1, -1, -1)]
    found: dict[int, Clusters] = {}

    def search(rng: np.random.Generator, k: int) -> None:
        t = order[k]
        near = found.get(t - 1) or found.get(t + 1)
        memory: dict[str, Any] = {} if near is None else {"start": near, "inertia": inertia}
        settings = {**params, "measure": measure, "resolution": resolution}
        found[t] = detect(networks[t], seed=seed, **settings, **memory)

    repeat(search, len(networks), seed, progress=progress, label="times")
    held = float("nan") if isinstance(resolution, str) else float(resolution)
    return found, held


def _clearest(trials: list[Trials], resolution: Any) -> tuple[Any, int]:
    """The resolution that scores best over all times, and the time that scores best at it."""
    if not all(trial.any for trial in trials):
        return resolution, 0
    scores = np.array([trial.mean for trial in trials])
    pooled = replace(trials[0], scores=scores if len(scores) > 1 else trials[0].scores)
    at = pooled.choose()
    return float(pooled.resolutions[at]), int(scores[:, at].argmax())


def _told(
    found: list[Clusters], times: list[Any], held: float, least: float, back: float, patience: int
) -> Evolution:
    """Hand identities on, and tell what happened."""
    industries = found[0].network.industries
    at = [  # of each industry in the networks, which may have them in another order
        by_name(pd.Series(range(c.network.n), c.network.industries), industries).to_numpy()
        for c in found
    ]
    members = [sparse.csr_array(c.membership[rows]) for c, rows in zip(found, at, strict=True)]
    kind, weights = _weights(found, industries)
    carried = identities(members, weights, least, patience, back)
    parts = carried_on(members, carried)
    kept = np.array(
        [np.append(own, -1)[c.labels[rows]]
         for c, own, rows in zip(found, carried, at, strict=True)]
    )  # fmt: skip
    names = _names(found, carried, at, industries)
    renamed = tuple(
        clusters.rename({k: names[i] for k, i in enumerate(own)})
        for clusters, own in zip(found, carried, strict=True)
    )
    events = events_of(kept, parts, weights, times, names, industries, patience)
    return Evolution(
        clusters=renamed,
        times=times,
        labels=pd.DataFrame(
            np.array([*names, REST], dtype=object)[kept].T, index=industries, columns=times
        ),
        table=table_of(kept, parts, weights, times, names, industries, events),
        events=events,
        flows=flows_of(parts, weights, times, names),
        moves=moves_of(kept, times, names, industries),
        weights=kind,
        resolution=held,
    )


def _weights(found: list[Clusters], industries: pd.Index) -> tuple[str, np.ndarray]:
    """What industries weigh at each time, adding up to one: output, or else their trade."""
    known = [c.network.columns.get("output") for c in found]
    if all(
        w is not None and np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0 for w in known
    ):
        kind, sizes = "output", [w.reindex(industries).to_numpy(dtype=float) for w in known]
    else:
        kind, sizes = "trade", []
        for c in found:
            trade = row_sums(c.network.trade) + column_sums(c.network.trade)
            sizes.append(pd.Series(trade, c.network.industries).reindex(industries).to_numpy())
    return kind, np.array([w / w.sum() for w in sizes])


def _names(
    found: list[Clusters], carried: list[np.ndarray], at: list[np.ndarray], industries: pd.Index
) -> list[str]:
    """Each identity after the two members with the largest internal flow over all its times."""
    k = max((int(own.max(initial=-1)) for own in carried), default=-1) + 1
    weight = np.full((k, len(industries)), -1.0)  # of those that were never a member
    for clusters, own, rows in zip(found, carried, at, strict=True):
        inner = sum(part.toarray() for part in clusters.own_trade)[rows] / clusters.network.total
        for c, i in enumerate(own):
            there = clusters.membership[:, [c]].toarray().ravel()[rows] > 0
            weight[i, there] = np.maximum(weight[i, there], 0.0) + inner[there, c]
    called = []
    for own in weight:
        two = [at for at in np.argsort(-own, kind="stable")[:2] if own[at] >= 0]
        called.append(" & ".join(str(industries[at]) for at in two))
    return list(unique_names(called))


def _arrow(row: dict[str, Any], what: str, form: str) -> str:
    a, b = (form.format(row[f"{what}_{end}"]) for end in ("first", "last"))
    return a if a == b else f"{a} to {b}"


def _some(names: Sequence[Any]) -> str:
    left = len(names) - SHOWN
    return (", ".join(map(str, names[:SHOWN])) or "nobody") + f" and {left} more" * (left > 0)
