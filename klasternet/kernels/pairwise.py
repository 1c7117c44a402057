"""What every pair of things on a network diagram costs, in one table: only what moves is measured.

Things are numbered: bodies, titles, chains of clusters (`joining`), lines between bodies, boxes of
clusters. A pair of them costs something where one lies upon or crosses the other, and on the
diagonal stands what a thing costs by itself. So a move costs the rows of what moves, each pair
once: with what stays, and with what moves too and comes before.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from .joining import join, standing_on
from .overlaps import (
    DEPTH,
    OVERLAP,
    TELL,
    crosses,
    over_box,
    over_disc,
    text_outside,
    texts,
    texts_apart,
)

RIM = 1.5  # from a disc to lines that pass by
INTRUSION = 0.7  # of an overlap: an industry of no cluster within a cluster's box


class Page(NamedTuple):
    """All that there is on a page: n bodies, titles, and from `first_...` on what else there is."""

    n: int
    first_chain: int
    first_line: int
    first_box: int
    rows: np.ndarray  # see `page_of`
    unit: np.ndarray  # to which cluster a thing belongs
    meets: np.ndarray  # which things it may meet: from one to before another
    own: np.ndarray  # what a point of a chain's excess, of a line, of the sides of a box costs
    ends: np.ndarray
    heft: np.ndarray  # for how many lines one counts that runs over a label
    pad: np.ndarray
    start: np.ndarray
    order: np.ndarray
    links: np.ndarray  # of chains, as they are and as they would be
    sides: np.ndarray  # of the page
    gap: float
    air: float  # things whose bounds are farther apart cost nothing
    limit: float  # of a link
    weigh: np.ndarray


def page_of(
    spot, radius, unit, start, order, box, chosen, title, pad, ends, within, heft, page, gap,
    limit, weigh,
):  # fmt: skip
    """All things of a diagram; only bodies have a place yet.

    A row for each, as those of `overlaps.texts`: of a chain its excess first; of a line its ends in
    place of a box, of a box the place of its title. All have bounds.
    """
    n, units, lines = len(spot), len(start) - 1, len(ends)
    many = int((title[:, 0] > 0).cumprod().sum())
    diagonal = np.hypot(page[2] - page[0], page[3] - page[1])
    each, air = np.arange(units), gap + 2 * pad.max(initial=0.0) + TELL
    pull = np.where(within, 1.6, 1.0) * weigh[4] / diagonal
    wide = weigh[5] / diagonal * (0.8 + 0.05 * np.diff(start))
    own = np.concatenate([np.zeros(n + many), np.full(many, weigh[6]), pull, wide])
    rows = np.zeros((len(own), 13))
    rows[: n + many] = texts(spot, radius, box, chosen, title[:many], np.zeros((many, 2)))
    first_chain, first_line, first_box = n + many, n + 2 * many, n + 2 * many + lines
    meets = np.zeros((len(own), 2), np.int64)  # boxes meet boxes, and chains no lines
    meets[:, 1] = first_box
    meets[first_chain:first_line, 1] = first_line
    meets[first_box:] = first_box, len(own)
    return Page(
        n, first_chain, first_line, first_box, rows,
        np.concatenate([unit, each[:many], each[:many], np.zeros(lines, np.int64), each]),
        meets, own, ends, heft, pad, start, order, np.full((2, n), -1), page, gap, max(air, RIM),
        limit, weigh,
    )  # fmt: skip


@register_jitable
def before(some, count, moved, meets, table):
    """What the first of some things, which are going to move, cost now."""
    cost = 0.0
    for k in range(count):
        p = some[k]
        for q in range(meets[p, 0], meets[p, 1]):
            if q <= p or not moved[q]:
                cost += table[p, q]
    return cost


@register_jitable
def after(some, count, moved, page, table, loose, far, most):
    """The same once they moved, written into a table; it stops where the cost is above `most`.

    Chains are set anew when it is their turn.
    """
    rows, unit, own, ends, pad, weigh, order, start, links, meets = (
        page.rows, page.unit, page.own, page.ends, page.pad, page.weigh, page.order, page.start,
        page.links, page.meets,
    )  # fmt: skip
    n, first_chain, first_line, first_box = (
        page.n, page.first_chain, page.first_line, page.first_box,
    )  # fmt: skip
    cost = 0.0
    for k in range(count):
        p = some[k]
        if first_chain <= p < first_line:
            u = unit[p]
            rows[p, 0] = join(order, start[u], start[u + 1], rows, page.limit, links[1], loose, far)
        left, low = rows[p, 9] - page.air, rows[p, 10] - page.air
        right, high = rows[p, 11] + page.air, rows[p, 12] + page.air
        for q in range(meets[p, 0], meets[p, 1]):
            if q > p and moved[q]:
                continue
            table[p, q] = 0.0
            if rows[q, 9] > right or rows[q, 11] < left or rows[q, 10] > high or rows[q, 12] < low:
                continue
            (i, j), one = (p, q) if p > q else (q, p), 0.0
            u, v = unit[i], unit[j]
            a, b, c, d = rows[i, 3], rows[i, 4], rows[i, 5], rows[i, 6]
            if i < first_chain:
                if i == j:
                    one = rows[i, 7] + text_outside(i, n, rows, unit, pad, page.sides)
                else:
                    one = texts_apart(i, j, n, rows, unit, pad, page.gap)
            elif i < first_line:
                if i == j:
                    one = own[i] * rows[i, 0]
                elif u != v and j < first_chain:
                    room = pad[u] if j < n else 0.0
                    chain = links[1 if moved[i] else 0]
                    one = weigh[7] * standing_on(
                        j, room, order, start[u], start[u + 1], rows, chain
                    )
            elif i < first_box:
                e = i - first_line
                s, t = ends[e, 0], ends[e, 1]
                if i == j:
                    one = own[i] * np.hypot(c - a, d - b)
                elif j < first_chain:
                    r = rows[j, 2] + RIM
                    if j != s and j != t and over_disc(a, b, c, d, rows[j, 0], rows[j, 1], r):
                        one = weigh[1]
                    w = rows[j, 5]
                    if w > 0 and over_box(a, b, c, d, rows[j, 3], rows[j, 4], w, rows[j, 6]):
                        one += weigh[2] * page.heft[e] if j < n else weigh[3]
                elif j >= first_line:
                    f = j - first_line
                    apart = s != ends[f, 0] and s != ends[f, 1]
                    apart = apart and t != ends[f, 0] and t != ends[f, 1]
                    if apart and crosses(
                        a, b, c, d, rows[j, 3], rows[j, 4], rows[j, 5], rows[j, 6]
                    ):
                        one = weigh[0]
            elif i == j:
                one = own[i] * (rows[i, 11] - rows[i, 9] + rows[i, 12] - rows[i, 10])
            else:
                px = min(rows[i, 11], rows[j, 11]) - max(rows[i, 9], rows[j, 9]) + pad[u] + pad[v]
                py = min(rows[i, 12], rows[j, 12]) - max(rows[i, 10], rows[j, 10]) + pad[u] + pad[v]
                if px > 0 and py > 0:
                    both = max(u, v) < first_line - first_chain
                    one = (OVERLAP + DEPTH * min(px, py)) * (1.0 if both else INTRUSION)
            table[p, q] = one
            cost += one
            if cost > most:
                return cost
    return cost


@register_jitable
def commit(some, count, moved, meets, new, old):
    """Take over what `after` wrote for a move that is made."""
    for k in range(count):
        p = some[k]
        for q in range(meets[p, 0], meets[p, 1]):
            if q <= p or not moved[q]:
                old[p, q] = old[q, p] = new[p, q]
