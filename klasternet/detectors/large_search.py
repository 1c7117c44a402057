"""The search of a large dense table: best partners first, then their groups, then single moves.

A pass over the table costs more than all the search on groups, so the search is done there, with
perturbation as on small tables, and the table itself is read four times: to pair up, to add up
what the groups give each other, to see what every cluster pulls every industry, and to add up the
parts that clusters are taken apart into. After that only the lines are read of those that move;
see `kernels.large`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .searching import descend

__all__ = ["partitions_of", "search_large"]

NEGLIGIBLE = 1e-7  # a gain below this share of a mean row of ties is rounding
TURNS = 12  # times that the parts are searched again after single moves, at most
BATCHES = 20  # of single moves between them, at most
FINER = 2.0  # by how much of itself the resolution is raised where parts of clusters are made
SHAKES, PATIENCE = 300, 30  # perturbations of parts of clusters, and in a row without a gain
BLOCKS = 8  # parts of clusters tried elsewhere, with the single moves that follow
ASTRAY = 50  # parts are made anew when one in so many industries has left the cluster of theirs
AT_HAND = 8  # lines of one in so many industries are held at a time


class _Rooms:
    """Room for pulls between k groups, (k * k,), twice: new memory costs more than to fill it."""

    def __init__(self) -> None:
        self.rooms = [np.empty(0), np.empty(0)]

    def spare(self, k: int) -> np.ndarray:
        """The one that is not in use."""
        if len(self.rooms[1]) < k * k:
            self.rooms[1] = np.empty(k * k + k * k // 8)
        return self.rooms[1]

    def use(self, q: np.ndarray) -> np.ndarray:
        """Pulls that were written to the spare one, which is in use from now on."""
        self.rooms.reverse()
        return q


class _Places:
    """Where every industry is, and what each cluster pulls it: (clusters and an empty one, n)."""

    def __init__(self, problem: Any, labels: np.ndarray, eps: float) -> None:
        self.problem, self.eps = problem, eps
        self.start(labels)

    def start(self, labels: np.ndarray) -> None:
        """Begin at labels from 0, in one pass over the table."""
        from ..kernels.large import pulls_of

        k = int(labels.max()) + 1
        self.labels, self.pulls = labels, np.empty((k + 1, len(labels)))
        self.size = np.bincount(labels, minlength=k + 1)
        pulls_of(*self.problem.given, labels, k, *self.problem.masses, self.pulls)

    def lines(self, who: np.ndarray) -> np.ndarray:
        """Pulls of some industries on all, (m, n)."""
        from ..kernels.large_moves import lines_of

        return lines_of(*self.problem.given, who, *self.problem.masses)

    def compact(self) -> np.ndarray:
        """Labels without empty clusters between them."""
        from ..kernels.dense import compact

        labels = self.labels.copy()
        compact(labels)
        return labels

    def settle(self) -> float:
        """Move single industries as long as one gains; the gain."""
        from ..kernels.large_moves import gains_of, move_some

        won, at_once = 0.0, len(self.labels) // AT_HAND + 1
        for _ in range(BATCHES):
            self.keep_an_empty_one()
            gain = gains_of(self.pulls, self.labels, self.size)
            who = np.flatnonzero(gain > self.eps)
            if not len(who):
                break
            if len(who) > at_once:
                who = np.sort(np.argsort(-gain, kind="stable")[:at_once])
            lines = self.lines(who)
            won += move_some(who, lines, self.labels, self.size, self.pulls, self.eps)
        return won

    def keep_an_empty_one(self) -> int:
        """The number of an empty cluster."""
        if (self.size > 0).all():
            self._grow(1)
        return int(np.flatnonzero(self.size == 0)[0])

    def follow(self, labels: np.ndarray) -> None:
        """Go over to other labels, most of whose clusters are as they were."""
        from ..kernels.large_moves import shift

        labels = self._matched(labels)
        changed = np.flatnonzero(labels != self.labels)
        if len(changed) > len(labels) // AT_HAND:
            self.labels = labels
            self.start(self.compact())
            return
        for i, line in zip(changed, self.lines(changed), strict=True):
            shift(self.pulls, line, self.labels[i], labels[i])
        self.labels = labels
        self.size = np.bincount(labels, minlength=len(self.pulls))
        self.pulls[self.size == 0] = 0.0

    def _grow(self, rows: int) -> None:
        self.pulls = np.vstack([self.pulls, np.zeros((rows, len(self.labels)))])
        self.size = np.append(self.size, np.zeros(rows, np.int64))

    def _matched(self, labels: np.ndarray) -> np.ndarray:
        """Labels numbered like the clusters with which they share most members."""
        width = int(labels.max()) + 1
        shared = np.bincount(self.labels * width + labels)
        pairs = np.flatnonzero(shared)
        number, free = np.full(width, -1), np.ones(max(width, len(self.pulls)), dtype=bool)
        for pair in pairs[np.argsort(-shared[pairs], kind="stable")]:
            old, new = divmod(int(pair), width)
            if number[new] < 0 and free[old]:
                number[new], free[old] = old, False
        number[number < 0] = np.flatnonzero(free)[: int((number < 0).sum())]
        if len(free) > len(self.pulls):
            self._grow(len(free) - len(self.pulls))
        return number[labels]

    def pull_of(self, who: np.ndarray, whom: np.ndarray) -> np.ndarray:
        """What some industries together pull each of others, (whom,)."""
        from ..kernels.large_moves import pull_of

        return np.asarray(pull_of(*self.problem.given, who, whom, *self.problem.masses))

    def try_block(self, who: np.ndarray, to: int, gain: float) -> bool:
        """Send some industries of one cluster to another if that, with single moves, pays.

        gain : of their move alone; seldom more than nothing when this is called. Whether it may pay
        is asked of the two clusters alone, whose members it concerns most: most tries end there.
        """
        from ..kernels.large_moves import after_shift

        home = int(self.labels[who[0]])
        near = np.flatnonzero((self.labels == home) | (self.labels == to))
        pull = self.pull_of(who, near)
        if gain + after_shift(self.pulls, self.labels, who, near, pull, home, to) <= self.eps:
            return False
        pull = self.pull_of(who, np.arange(len(self.labels)))
        kept = self.labels.copy(), self.pulls.copy(), self.size.copy()
        self.labels[who] = to
        self.pulls[home] -= pull
        self.pulls[to] += pull
        self.size = np.bincount(self.labels, minlength=len(self.pulls))
        self.pulls[self.size == 0] = 0.0
        if gain + self.settle() > self.eps:
            return True
        self.labels, self.pulls, self.size = kept
        return False


def recombine(
    places: _Places,
    rooms: _Rooms,
    q: np.ndarray,
    groups: np.ndarray,
    above: np.ndarray,
    state: np.ndarray,
    effort: float,
) -> bool:
    """Let parts of clusters change places, the parts at a higher resolution; whether it paid."""
    from ..kernels.dense import aggregate, compact, perturb
    from ..kernels.large_moves import finer

    eps = places.eps
    masses = [np.bincount(groups, part, len(q)) for part in places.problem.masses]
    raised = finer(q, FINER * masses[0], masses[1], rooms.spare(len(q)))
    rival = descend(raised, eps, state, above)
    parts = above * (int(rival.max()) + 1) + rival
    count = compact(parts)
    level, start = aggregate(q, parts, count), np.empty(count, dtype=np.int64)
    start[parts] = above
    old = start.copy()
    gain, _ = perturb(level, start, eps, int(effort * SHAKES), PATIENCE, state)
    if gain > eps:
        places.follow(start[parts][groups])
        return True
    member = parts[groups]
    pulls = level @ np.eye(int(old.max()) + 2)[old]
    at = np.arange(count)
    own = pulls[at, old]
    pulls[at, old] = -np.inf
    pulls[np.bincount(old)[old] == 1, -1] = -np.inf  # all of a cluster: no new one
    to, gain = pulls.argmax(axis=1), pulls.max(axis=1) - own
    lost = np.where(np.bincount(member) * 4 * count >= len(member), -gain, np.inf)
    of = np.empty(len(pulls[0]), dtype=np.int64)
    of[old[member]] = places.labels
    of[-1] = places.keep_an_empty_one()
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.argsort(lost / own, kind="stable")[: int(np.ceil(effort * BLOCKS))]
    return any(
        places.try_block(np.flatnonzero(member == p), int(of[to[p]]), float(gain[p]))
        for p in first
        if np.isfinite(lost[p])
    )


def _add_up(problem: Any, groups: np.ndarray, count: int, rooms: _Rooms) -> np.ndarray:
    """Pulls between groups, in one pass over the table."""
    from ..kernels.large import between

    room = rooms.spare(count)
    return rooms.use(between(*problem.given, groups, count, *problem.masses, room))


def _parts(problem: Any, labels: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, int]:
    """The parts of clusters, numbered from 0, and how many there are."""
    from ..kernels.dense import compact
    from ..kernels.large import take_apart

    groups = take_apart(*problem.given, *problem.masses, labels, int(labels.max()) + 1, state)
    return groups, compact(groups)


def _above(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The cluster of each group, from those of its members."""
    from ..kernels.dense import compact

    above = np.empty(int(groups.max()) + 1, dtype=np.int64)
    above[groups] = labels
    compact(above)
    return above


def _strays(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Who is not in the cluster in which most of their group are."""
    height, width = int(groups.max()) + 1, int(labels.max()) + 1
    shared = np.bincount(groups * width + labels, minlength=height * width)
    main = shared.reshape(height, width).argmax(axis=1)
    return np.flatnonzero(labels != main[groups])


def search_large(
    problem: Any, state: np.ndarray, effort: float = 1.0, start: np.ndarray | None = None
) -> np.ndarray:
    """Labels (n,) from 0; see `searching.best_partition`."""
    from ..kernels.dense import compact, within
    from ..kernels.large import pair_best
    from ..kernels.large_moves import set_apart

    eps, rooms = NEGLIGIBLE * problem.size / problem.unit, _Rooms()
    if start is None:
        groups = pair_best(*problem.given, *problem.masses)
        q = _add_up(problem, groups, compact(groups), rooms)
        labels = descend(q, eps, state)[groups]
    else:
        labels = np.unique(start, return_inverse=True)[1].astype(np.int64)
    places = _Places(problem, labels, eps)
    places.settle()
    groups, count = _parts(problem, places.compact(), state)
    q = _add_up(problem, groups, count, rooms)
    for _turn in range(TURNS):
        astray = _strays(groups, places.labels)
        if len(astray) > len(groups) // ASTRAY:
            groups, count = _parts(problem, places.compact(), state)
            q = _add_up(problem, groups, count, rooms)
        elif len(astray):
            room = rooms.spare(len(q) + len(astray))
            q = rooms.use(set_apart(q, groups, astray, places.lines(astray), room))
        before = _above(groups, places.labels)
        above = descend(q, eps, state, before)
        if not np.array_equal(above, before) and within(q, above) > within(q, before) + eps:
            places.follow(above[groups])
        elif not (effort > 0 and recombine(places, rooms, q, groups, before, state, effort)):
            break
        places.settle()
    labels = places.labels
    apart = (problem.out_masses == 0) & (problem.in_masses == 0)  # nothing ties them to anybody
    labels = np.where(apart, labels.max() + 1 + apart.cumsum(), labels)
    compact(labels)
    return labels


def partitions_of(
    pose: Callable[[float], Any], resolutions: np.ndarray, state: np.ndarray
) -> np.ndarray:
    """Quick partitions at several resolutions, (t, n): of parts made at the finest one."""
    finest, bare = pose(float(resolutions.max())), pose(0.0)
    groups, count = _parts(finest, search_large(finest, state, effort=0.0), state)
    ties = _add_up(bare, groups, count, _Rooms())
    sums = [np.bincount(groups, part, count) for part in (bare.out_masses, bare.in_masses)]
    spent = np.outer(*sums) / bare.unit
    spent += spent.T
    np.fill_diagonal(spent, 0.0)
    eps = NEGLIGIBLE * bare.size / bare.unit
    found = [descend(ties - r * spent, eps, state)[groups] for r in resolutions]
    return np.array(found, dtype=np.int32)
