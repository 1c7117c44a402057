"""Places and ways on a ring of clusters: discs, names, stubs, and arrows bent round them.

`Ring` finds the places for `flows`, `routes` the curves, `arrow` the corners of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ParameterError
from . import canvas
from .canvas import MM
from .sheet import Sheet, balanced, least_type, note_type, text_type

__all__ = ["AIR", "Groups", "Ring", "arrow", "head", "routes"]

AIR = 3.0
STUB = 15.0  # length of the arrows to and from abroad
BENDS = (0.16, 0.08, 0.26, -0.08, 0.38, -0.16, 0.5, -0.26, 0.64, -0.38, -0.5, -0.64, 0.8, -0.8)
POINTS = 14  # by which arrows are kept apart
STEPS = np.linspace(0, 1, 161)


@dataclass
class Groups:
    """What is drawn: groups on the ring, then the rest in the middle if there is any."""

    names: list[str]
    colours: list[str]
    flow: np.ndarray  # money, seller by buyer
    size: np.ndarray  # area of the disc
    sized: str  # what that is
    exports: np.ndarray | None
    imports: np.ndarray | None
    middle: bool  # whether the last group is the rest
    unit: str

    @property
    def kept(self) -> np.ndarray:
        """Share of its sales to industries that a group makes to itself."""
        sold = self.flow.sum(axis=1)
        return np.divide(self.flow.diagonal(), sold, out=np.zeros(len(sold)), where=sold > 0)

    @property
    def shares(self) -> list[str]:
        """The same, as it is printed."""
        return [f"{share:.0%}" for share in self.kept]


# ------------------------------------------------------------------------------------ the ring


class Ring:
    """Places of discs, stubs and names.

    A class because the pieces are found together: names push the ring in, which moves discs.
    """

    def __init__(self, sheet: Sheet, groups: Groups, foot: float, radial: bool) -> None:
        self.groups, n = groups, len(groups.names)
        self.outer = n - groups.middle
        self.low = np.array([AIR, foot + AIR])  # corners of the page
        self.high = np.array([sheet.width - AIR, sheet.height - AIR])
        self.radial = radial
        self.stub = 0.0
        if groups.exports is not None or groups.imports is not None:
            self.stub = STUB if radial else 0.75 * STUB
        below = groups.middle and self.stub > 0  # the rest has its stubs at the foot of the ring
        self.order = _round(groups.flow[: self.outer, : self.outer])
        slots = self.outer + below
        start = np.pi / 2 if not below else -np.pi / 2 - 2 * np.pi / slots
        self.turns = start - 2 * np.pi * np.arange(self.outer) / slots
        self._fit(sheet.width)

    def _fit(self, across: float) -> None:
        """Find type, lines and discs so that nothing overlaps: whole names before large discs."""
        rooms = ((0.17, 3), (0.14, 4)) if self.radial else ((0.2, 3), (0.26, 3), (0.22, 4))
        if not self.radial and self.outer <= 6:
            rooms = ((0.28, 2), *rooms)
        for self.hyphens, cut in ((False, False), (True, False), (True, True)):
            for self.shrink in (1.0, 0.75, 0.55):
                for room, lines in rooms:
                    for self.size in (text_type(), note_type(), least_type()):
                        self._settle(room * across, lines)
                        if not self._clash() and (cut or not self._shortened()):
                            return
        raise ParameterError(
            f"the names of {self.outer} clusters do not fit {across / MM:.0f} mm without "
            "overlaps. Give a larger figure, or shorter names (Clusters.rename)."
        )

    def _shortened(self) -> bool:
        return any(row.endswith("…") for rows in self.lines for row in rows)

    def _settle(self, room: float, lines: int) -> None:
        """Find the largest ring whose names keep on the page."""
        for self.inside in (True, False):  # the shares, in discs or below names
            self._name(room, lines)
            self.centre, radii = (self.low + self.high) / 2, (self.high - self.low) * 0.4
            for _ in range(40):
                self._place(radii)
                low, high = self._hull()
                radii = radii + 0.35 * (self.high - self.low - (high - low))
                self.centre = self.centre + (self.low + self.high - high - low) / 2
                if radii.min() < 25:
                    raise ParameterError(
                        f"{self.high[0] / MM:.0f} x {self.high[1] / MM:.0f} mm leave no room for "
                        f"{self.outer} clusters and their names. Give a larger figure."
                    )
            wide = [canvas.text_width(share, note_type()) for share in self.groups.shares]
            if (np.array(wide) < 1.75 * self.radius).all():
                return

    def _name(self, room: float, lines: int) -> None:
        self.lines = []
        for g in self.order:
            words = canvas.words(self.groups.names[g])
            most = max(room, *(canvas.text_width(word, self.size, "bold") for word in words))
            most = min(most, 0.32 * self.high[0])
            rows = balanced(self.groups.names[g], self.size, most, lines, self.hyphens)
            self.lines.append(rows)
        wide = [max(canvas.text_width(t, self.size, "bold") for t in rows) for rows in self.lines]
        more = 0 if self.inside else 1
        tall = [(len(rows) + more) * self.size * canvas.LEADING for rows in self.lines]
        self.boxes = np.column_stack([wide, tall])

    def _place(self, radii: np.ndarray) -> None:
        fine = np.linspace(0, 2 * np.pi, 721)
        curve = np.column_stack([radii[0] * np.cos(fine), radii[1] * np.sin(fine)])
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
        # Even along the ellipse, not in angle: discs at its flat sides would touch.
        at = np.interp((self.turns / (2 * np.pi)) % 1 * along[-1], along, fine)
        spots = np.column_stack([radii[0] * np.cos(at), radii[1] * np.sin(at)])
        step = along[-1] / max(len(spots), 4)
        most = self.shrink * min(
            0.34 * step, 0.34 * radii.min(), 0.055 * float(sum(self.high - self.low))
        )
        n = len(self.groups.names)
        self.radius = np.maximum(most * np.sqrt(self.groups.size / self.groups.size.max()), 3.5)
        self.spot, self.out = np.empty((n, 2)), np.zeros((n, 2))
        names = []
        for place, g in enumerate(self.order):
            self.spot[g] = self.centre + spots[place]
            normal = spots[place] / radii**2
            self.out[g] = normal / np.hypot(*normal)
            if not self.radial:
                up = np.array([0.0, 1.0 if normal[1] > 1e-9 else -1.0])
                self.out[g] = (1.0 if normal[0] > -1e-9 else -1.0), 0.0
                name = self.spot[g] + up * (self.radius[g] + self.boxes[place][1] / 2 + 1.5)
                edge = self.boxes[place][0] / 2
                if abs(spots[place][0]) > 0.5 * radii[0]:  # leave the way inside to arrows
                    outward = self.out[g][0] * max(0.0, edge - self.radius[g])
                    name[0] += outward
                else:
                    name[0] = np.clip(name[0], self.low[0] + edge, self.high[0] - edge)
            else:
                clear = self.radius[g] + (self.stub + 1.5 if self.stub else 0) + AIR
                name = self.spot[g] + self.out[g] * _push(self.boxes[place], self.out[g], clear)
            names.append(name)
        if self.groups.middle:
            self.spot[-1], self.out[-1] = self.centre, (0.0, -1.0)
        self.names = np.array(names)

    def _hull(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of all that is on the ring."""
        own = self.spot[self.order]
        reach = self.radius[self.order][:, None] + (0 if self.radial else self.stub + 1.5)
        reach = np.hstack([reach, self.radius[self.order][:, None]])
        low = np.minimum(self.names - self.boxes / 2, own - reach).min(axis=0)
        high = np.maximum(self.names + self.boxes / 2, own + reach).max(axis=0)
        if self.groups.middle:  # beyond the ring where that is of one or two
            beyond = self.radius[-1] + np.array([0.0, self.stub])
            low = np.minimum(low, self.spot[-1] - beyond)
            high = np.maximum(high, self.spot[-1] + self.radius[-1])
        return low, high

    def _clash(self) -> bool:
        """Whether two names, or a name and another's disc, overlap."""
        half = self.boxes / 2
        for a in range(self.outer):
            apart = np.abs(self.names[a] - self.names) - half[a] - half
            if (apart.max(axis=1) < 1)[np.arange(self.outer) != a].any():
                return True
            for g in range(len(self.spot)):
                gap = np.maximum(np.abs(self.names[a] - self.spot[g]) - half[a], 0)
                if g != self.order[a] and np.hypot(*gap) < self.radius[g] + 2:
                    return True
        return False


def _push(box: np.ndarray, out: np.ndarray, clear: float) -> float:
    """How far out a box has its middle when its nearest point is `clear` away."""
    half, (a, b) = box / 2, np.abs(out)
    if a > 1e-12 and b * (half[0] + clear) / a <= half[1]:  # a side is nearest
        return float((half[0] + clear) / a)
    if b > 1e-12 and a * (half[1] + clear) / b <= half[0]:
        return float((half[1] + clear) / b)
    along = a * half[0] + b * half[1]  # a corner is
    return float(along + np.sqrt(max(along**2 - half @ half + clear**2, 0.0)))


def _round(flow: np.ndarray) -> list[int]:
    """An order on the ring that keeps large flows short; the first stays first."""
    n, both = len(flow), flow + flow.T
    place = np.arange(n)
    apart = np.abs(place[:, None] - place)
    apart = np.minimum(apart, n - apart)

    def cost(order: list[int]) -> float:
        return float((both[np.ix_(order, order)] * apart).sum())

    best = list(range(n))
    improved = True
    while improved:
        improved = False
        for i in range(1, n):
            for j in range(i + 1, n):
                for tried in (
                    [*best[:i], *best[i : j + 1][::-1], *best[j + 1 :]],
                    [*best[:i], *best[i + 1 : j + 1], best[i], *best[j + 1 :]],
                ):
                    if cost(tried) < cost(best) * (1 - 1e-12):
                        best, improved = tried, True
    return best


# ---------------------------------------------------------------------------------- the arrows


def _curve(ring: Ring, i: int, j: int, bend: float) -> np.ndarray:
    """Middle line of an arrow from rim to rim."""
    a, b = ring.spot[i], ring.spot[j]
    across = b - a
    control = (a + b) / 2 + bend * np.array([across[1], -across[0]])
    t = STEPS[:, None]
    line = (1 - t) ** 2 * a + 2 * t * (1 - t) * control + t**2 * b
    free = np.hypot(*(line - a).T) >= ring.radius[i] + 1.0
    free &= np.hypot(*(line - b).T) >= ring.radius[j] + 1.4
    return line[free] if free.sum() >= 5 else line[len(line) // 2 - 5 : len(line) // 2 + 6]


def routes(
    ring: Ring, links: list[tuple[int, int]], wide: np.ndarray, stubs: list[Any]
) -> list[np.ndarray]:
    """A curve for each link, bent so that it is clear of discs, names, stubs and other arrows."""
    tried = [[_curve(ring, i, j, bend) for bend in BENDS] for i, j in links]
    # The same curves by a few points, shape (links, bends, points, 2).
    spare = np.array([[_spaced(line) for line in lines] for lines in tried])
    half = ring.boxes / 2

    def standing(line: np.ndarray, link: int) -> float:
        cost, room = 0.0, wide[link] / 2 + 1.5
        for g in range(len(ring.spot)):
            if g not in links[link]:
                gap = np.hypot(*(line - ring.spot[g]).T) - ring.radius[g] - room
                cost += 12 * (gap < 0).sum()
        for place in range(ring.outer):
            gap = np.abs(line - ring.names[place]) - half[place] - room + 1
            cost += 40 * (gap.max(axis=1) < 0).sum()
        outside = (line < ring.low + room) | (line > ring.high - room)
        cost += 12 * outside.any(axis=1).sum()
        return cost + sum(3 * _near(line, stub, room + broad / 2) for stub, broad, *_ in stubs)

    fixed = np.array(
        [
            [standing(line, link) + 8 * abs(bend) for bend, line in zip(BENDS, lines, strict=True)]
            for link, lines in enumerate(spare)
        ]
    )
    units = [
        (a, links.index((j, i))) if (j, i) in links else (a,)
        for a, (i, j) in enumerate(links)
        if (j, i) not in links[:a]
    ]
    bends = np.array(BENDS)
    chosen = [0] * len(links)
    for sweep in range(4):
        before = list(chosen)
        for unit in units:
            costs = []
            for link in unit:
                others = [other for other in range(len(links)) if sweep and other not in unit]
                ways = spare[others, [chosen[other] for other in others]]
                room = (wide[link] + wide[others]) / 2 + 1
                cost = fixed[link] + 1.2 * _met(spare[link], ways, room)
                costs.append(cost)
            if len(unit) == 1:
                chosen[unit[0]] = int(costs[0].argmin())
            else:
                i, j = links[unit[0]]
                long = float(np.hypot(*(ring.spot[i] - ring.spot[j])))
                # There and back: one must not lie upon the other.
                needed = 2 * (0.85 * (wide[unit[0]] + wide[unit[1]]) + 1.0) / long
                close = np.abs(bends[:, None] + bends) < max(needed, 0.15)
                both = costs[0][:, None] + costs[1] + 100.0 * close
                a, b = np.unravel_index(both.argmin(), both.shape)
                chosen[unit[0]], chosen[unit[1]] = int(a), int(b)
        if sweep and chosen == before:
            break
    return [lines[b] for lines, b in zip(tried, chosen, strict=True)]


def _spaced(line: np.ndarray) -> np.ndarray:
    """Points of a line, evenly among its own."""
    return line[np.linspace(0, len(line) - 1, POINTS).astype(int)]


def _near(line: np.ndarray, points: np.ndarray, within: float) -> int:
    """How many points of a line are near to others."""
    apart = np.hypot(line[:, None, 0] - points[:, 0], line[:, None, 1] - points[:, 1])
    return int((apart.min(axis=1) < within).sum())


def _met(lines: np.ndarray, others: np.ndarray, within: np.ndarray) -> np.ndarray:
    """For each line how many of its points are near to others, counted for each of these."""
    if not len(others):
        return np.zeros(len(lines))
    x = lines[:, :, None, None, 0] - others[..., 0]
    y = lines[:, :, None, None, 1] - others[..., 1]
    near = (x * x + y * y).min(axis=-1) < within**2
    return near.sum(axis=(1, 2)).astype(float)


def head(width: float) -> tuple[float, float]:
    """Length and breadth of an arrow's head."""
    return max(0.9 * width, 3.2), max(1.7 * width, width + 2.2)


def arrow(line: np.ndarray, width: float) -> np.ndarray:
    """Corners of an arrow of even width along a line, its tip at the end."""
    steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    length = steps[-1]
    long, broad = head(width)
    long = min(long, 0.55 * length)
    neck = np.array([np.interp(length - long, steps, line[:, axis]) for axis in (0, 1)])
    shaft = np.vstack([line[steps < length - long], neck])
    tip, onward = line[-1], line[-1] - neck
    onward = onward / max(np.hypot(*onward), 1e-9)
    tangent = np.gradient(shaft, axis=0) if len(shaft) > 1 else np.array([onward])
    tangent[-1] = onward
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    side = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    left, right = shaft + side * width / 2, shaft - side * width / 2
    wing = np.array([-onward[1], onward[0]]) * broad / 2
    return np.vstack([left, neck + wing, tip, neck - wing, right[::-1]])
