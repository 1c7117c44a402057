"""The plan of the matrix figure: order, cells, scale of greys, and a place for every text.

Nothing is drawn here. Lengths are in points; what is said to be "of the matrix" counts from its
lower left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from ..errors import ParameterError
from ..labelling import own_trade
from ..matrices import Matrix, column_sums, row_sums
from . import canvas
from .canvas import MM
from .condensing import brief_titles, second_clusters
from .sheet import least_type, note_type, text_type, title_type
from .speech import amount, spoken

if TYPE_CHECKING:
    from ..clusters import Clusters

__all__ = [
    "PIXELS",
    "SECOND",
    "Plan",
    "Title",
    "amount",
    "indent",
    "make_plan",
    "matrix_cells",
    "note_line",
    "scale",
]

PIXELS = 1500  # cells to a side; beyond, a cell shows the largest flow of several industries
CELL = 14 * MM  # no cell is drawn larger
LEAST = 24.0  # side of the smallest matrix
EDGE, GAP, STRIP, LEADER = 2.0, 3.0, 7.0, 8.0
SECOND = 6.0  # of a mark beside the strip: the second cluster of an industry
FOOT = 31.0  # below the matrix: the scale of greys
BAR = 110.0  # length of the scale of greys


def note_line() -> float:
    """A line of a note, beside the scale or below it."""
    return least_type() * canvas.LEADING


def _settings() -> list[tuple[float, int]]:
    """Type and lines for the names of clusters, the best first."""
    return [(s, lines) for lines in (2, 3, 4, 1) for s in (text_type(), note_type(), least_type())]


@dataclass(frozen=True)
class Title:
    """The name of cluster k (-1: the rest), with the place of its middle in the matrix."""

    k: int
    lines: list[str]
    middle: float
    wanted: float  # the middle of its industries


@dataclass
class Plan:
    """Where everything goes."""

    width: float
    height: float
    left: float  # from the page to the matrix
    foot: float  # from the page to the matrix
    side: float  # of the matrix
    order: np.ndarray  # industries from top to bottom
    bounds: np.ndarray  # first place of each cluster and of the rest, and n
    name_type: float  # of industries; 0 where they are not named
    names_room: float
    second: np.ndarray  # the next cluster of each industry, -1 where there is none
    title_type: float = 0.0
    titles: list[Title] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    notes_beside: bool = True  # the scale, else below it

    @property
    def cell(self) -> float:
        """Side of a cell."""
        return self.side / len(self.order)

    @property
    def margin(self) -> float:
        """From the matrix to the names at the left and above: strips, and marks beside them."""
        return 1 + STRIP + (SECOND + 1 if (self.second >= 0).any() else 0.0) + GAP

    def block(self, k: int) -> tuple[float, float]:
        """Begin and end of a cluster (-1: the rest) in cells."""
        k = k if k >= 0 else len(self.bounds) - 2
        return float(self.bounds[k]), float(self.bounds[k + 1])


def make_plan(clusters: Clusters, width: float, tallest: float, labels: str) -> Plan:
    """Find the largest type that names what is asked for; see `draw_matrix`."""
    if labels == "industries" or (labels == "auto" and clusters.network.n * least_type() < tallest):
        for longest, size in product(
            (0.3, 0.17), (text_type(), note_type(), least_type())
        ):  # whole names first
            plan = _lay_out(clusters, width, tallest, name_type=size, longest=longest * width)
            if plan.cell >= _line(size):
                return plan
        if labels == "industries":
            least = least_type()
            lacking = (_line(least) - plan.cell) * clusters.network.n / MM
            raise ParameterError(
                f"the names of {clusters.network.n:,} industries do not fit at {least:g} points: "
                f"the matrix would have to be {lacking:,.0f} mm larger. "
                'Give it more room, or choose labels="clusters".'
            )
    return _lay_out(clusters, width, tallest, titled=labels != "none")


def _line(size: float) -> float:
    """Room for one line of type: from descender to ascender, and a hair of air."""
    return size


def _block(lines: int, size: float) -> float:
    """Room for several lines of type and the air around them."""
    return size * (canvas.LEADING * (lines - 1) + 1.04) + 2.0


def _lay_out(
    clusters: Clusters,
    width: float,
    tallest: float,
    *,
    name_type: float = 0.0,
    longest: float = 0.0,
    titled: bool = True,
) -> Plan:
    n, names_room = clusters.network.n, 0.0
    second = second_clusters(clusters)
    near = EDGE + STRIP + 1 + (SECOND + 1 if (second >= 0).any() else 0.0)  # at the left and above
    if name_type:
        names = [str(name) for name in clusters.network.industries]
        names_room = min(longest, max(canvas.text_width(name, name_type) for name in names))
        near += names_room + GAP
    left, top = near + (0 if name_type else title_type() + GAP), near + title_type() + GAP
    wide = 0.0
    if titled:
        wide = _titles_room(clusters, name_type > 0, width, tallest)
    right = 1 + STRIP / 3 + (LEADER + wide if titled else 0.0) + EDGE
    beside = width - left - BAR - 6 * GAP - EDGE  # room for notes at the right of the scale
    foot = FOOT if beside >= BAR else FOOT + 3 * note_line()
    side = min(width - left - right, tallest - top - foot, n * CELL)
    if side < LEAST:
        raise ParameterError(
            f"{width / MM:.0f} x {tallest / MM:.0f} mm leave no room for the matrix beside its "
            'labels. Give a larger figure, or labels="none".'
        )
    spare = (width - left - side - right) / 2  # a small matrix stands in the middle of the page
    if beside >= BAR:
        spare = min(spare, beside - BAR)
    sizes = [*clusters.sizes.tolist(), n - int(clusters.sizes.sum())]
    plan = Plan(
        width=width,
        height=top + side + FOOT,
        foot=FOOT,
        left=left + spare,
        side=side,
        order=_order(clusters),
        bounds=np.concatenate([[0], np.cumsum(sizes)]),
        name_type=name_type,
        names_room=names_room,
        second=second,
    )
    notes = _notes(clusters) + (_set_titles(clusters, plan, wide) if titled else [])
    plan.notes_beside = beside >= BAR
    room = beside - spare if plan.notes_beside else width - plan.left - EDGE
    lines = [line for note in notes for line in canvas.wrap(note, least_type(), room, 3)]
    plan.notes = lines[: 5 if plan.notes_beside else 3]
    if not plan.notes_beside:
        plan.foot += note_line() * len(plan.notes)
        plan.height += note_line() * len(plan.notes)
    return plan


# ------------------------------------------------------------------------------------ titles


def _texts(clusters: Clusters, room: float) -> list[tuple[int, str]]:
    """What could be named in a column so high: the largest clusters, and the rest."""
    last = [(-1, spoken().say("Rest of the economy"))] if (clusters.labels < 0).any() else []
    most = max(0, int(room // _block(1, least_type())) - len(last))
    return list(enumerate(brief_titles(clusters, most))) + last


def indent(clusters: Clusters, size: float) -> float:
    """Room for the number before the name of a cluster."""
    return canvas.text_width(f"{max(len(clusters) - 1, 0)}  ", size, "bold")


def _titles_room(clusters: Clusters, named: bool, width: float, tallest: float) -> float:
    """Width for the names of clusters: whole words, and two lines where there is room."""
    texts = [text for _, text in _texts(clusters, tallest)]
    words = [canvas.text_width(word, note_type()) for text in texts for word in canvas.words(text)]
    most = 0.27 * width
    if named and clusters.network.n * CELL > width / 2:
        most = min(max([0.11 * width, *words]), most)
    lines = [line for text in texts for line in canvas.wrap(text, text_type(), most, 2)]
    needed = max((canvas.text_width(line, text_type()) for line in lines), default=0.0)
    return min(most, needed) + indent(clusters, text_type())


def _set_titles(clusters: Clusters, plan: Plan, wide: float) -> list[str]:
    """Choose type and lines that fit; count the smallest clusters, which find no room."""
    texts = _texts(clusters, plan.side)
    tried: list[tuple[bool, int, int, float, list[tuple[int, list[str]]]]] = []
    for hyphens, (size, lines) in product((False, True), _settings()):
        room = wide - indent(clusters, size)
        blocks = [(k, canvas.wrap(text, size, room, lines, hyphens)) for k, text in texts]
        high = sum(_block(len(rows), size) for _, rows in blocks)
        cut = sum(row.endswith("…") for _, rows in blocks for row in rows)
        tried.append((high > plan.side, cut, len(tried), size, blocks))
        if not cut and high <= plan.side:
            break
    best = min(tried, key=lambda one: one[:3])
    *_, size, blocks = tried[-1] if best[0] else best
    wanted = [plan.cell * sum(plan.block(k)) / 2 for k, _ in blocks]
    heights = [_block(len(rows), size) for _, rows in blocks]
    middles = canvas.spread(wanted, heights, plan.side + plan.foot + EDGE - plan.height, plan.side)
    plan.title_type = size
    plan.titles = [
        Title(k, rows, plan.side - middle, plan.side - want)
        for (k, rows), middle, want in zip(blocks, middles, wanted, strict=True)
    ]
    hidden = len(clusters) - sum(k >= 0 for k, _ in blocks)
    told = spoken().say("Not named: {} smaller clusters.", spoken().form(hidden, ","))
    return [told] if hidden else []


def _notes(clusters: Clusters) -> list[str]:
    network, notes, speech = clusters.network, [], spoken()
    if network.loops == "aside" and network.flows.diagonal().any():
        told = "Sales of an industry to itself are set aside (the diagonal)."
        notes.append(speech.say(told))
    if clusters.shares is not None and (second_clusters(clusters) >= 0).any():
        notes.append(speech.say("Outer marks: the second cluster of an industry."))
    if network.n > PIXELS:
        side = -(-network.n // PIXELS)
        told = "A dot is the largest flow among up to {} sellers and as many buyers."
        notes.append(speech.say(told, speech.form(side, ",")))
    return notes


# ------------------------------------------------------------------------------------- cells


def _order(clusters: Clusters) -> np.ndarray:
    """Industries by cluster, within it by trade inside and then by all trade; the rest last."""
    W, labels = clusters.network.trade, clusters.labels
    sold, bought = own_trade(W, labels)
    inside, trade = sold + bought, row_sums(W) + column_sums(W)
    group = np.where(labels < 0, len(clusters), labels)
    return np.lexsort((np.arange(len(labels)), -trade, -inside, group))


def matrix_cells(W: Matrix, order: np.ndarray, side: int) -> np.ndarray:
    """Flows in the order given; where side < n, the largest of those that share a cell.

    Shape (side, side). Industry at place p is in cell p * side // n.
    """
    n = len(order)
    if side >= n:
        return W[order][:, order].toarray() if sparse.issparse(W) else W[np.ix_(order, order)]
    if sparse.issparse(W):
        cell = np.empty(n, dtype=np.int64)
        cell[order] = np.arange(n) * side // n
        W = W.tocoo()
        out = np.zeros(side * side)
        np.maximum.at(out, cell[W.row] * side + cell[W.col], W.data)
        return out.reshape(side, side)
    starts = -(-np.arange(side) * n // side)
    ends = np.append(starts[1:], n)
    rows = [W[order[a:b]].max(axis=0)[order] for a, b in zip(starts, ends, strict=True)]
    return np.maximum.reduceat(np.array(rows), starts, axis=1)


def scale(values: np.ndarray) -> tuple[float, float]:
    """Ends of the scale of greys: what is below the lower one adds up to under 1 % of all flow.

    One to six powers of ten lie between them.
    """
    flows = np.sort(values[values > 0])
    high, running = float(flows[-1]), np.cumsum(flows)
    low = 10 ** np.floor(np.log10(flows[np.searchsorted(running, 0.01 * running[-1])]))
    return float(np.clip(low, high / 1e6, high / 10)), high
