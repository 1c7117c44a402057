"""Who sells to whom, cluster by cluster: one disc each, the rest of the economy in the middle.

`ring` finds room for discs, names and stubs, and bends the arrows round what stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..clusters import by_name
from ..errors import DataError, ParameterError
from ..labelling import membership
from ..qualities import number
from . import canvas
from .canvas import MM, colour, text_on
from .condensing import brief_titles
from .ring import AIR, Groups, Ring, arrow, head, routes
from .sheet import (
    DARK,
    TALLEST,
    Sheet,
    note_line,
    note_lines,
    note_type,
    open_sheet,
    room_of,
    round_down,
    tint,
)
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..clusters import Clusters

__all__ = ["draw_cluster_flows"]

MOST = 12  # discs on the ring; smaller clusters share one
LEAST = 0.5  # width of the thinnest arrow
NARROW = 130 * MM  # below, names stand over and under discs, not beside them


def draw_cluster_flows(
    clusters: Clusters,
    *,
    imports: Any = None,
    share: float = 0.8,
    ax: Axes | None = None,
    width: str | float = "2col",
) -> Axes:
    """Draw what clusters sell to each other, to the rest of the economy, and abroad.

    A disc is a cluster, with the share of its sales to industries that stay inside; its area is its
    output. An arrow is money sold, as wide as its amount; arrows outward are exports, dark ones
    inward imported inputs. The largest flows are drawn until they carry `share` of all flow between
    groups, and the largest of every group; what they carry is told below.

    Parameters
    ----------
    clusters : Clusters
        Beyond twelve, the smallest share one disc. Industries in several count by their shares.
    imports : Series or DataFrame, optional
        Imported inputs of each industry, or from products to buying industries (columns), as
        `IOTable.imports`; by name. In the unit of the flows.
    share : float
        Of the flow between groups, from 0 to 1.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"2col", "1col"} or float
        183 mm, 89 mm, or millimetres. Of a new figure, whose height follows.

    Returns
    -------
    Axes
        Its unit is the point. Gids: "disc:2", "name:2", "flow:0,2", "exports:2", "imports:2", with
        -1 for the rest.

    Raises
    ------
    ParameterError
        A share out of range; no clusters; axes that are too small.
    AlignmentError
        Imports of other industries.

    Notes
    -----
    The flow between two clusters grows with their sizes; a wide arrow is no sign of a tie.
    For that, see `density`.

    Examples
    --------
    >>> import klasternet as kn
    >>> table = kn.datasets.load("usa_2022")
    >>> clusters = kn.detect(kn.FlowNetwork.from_table(table), seed=0)
    >>> ax = draw_cluster_flows(clusters, imports=table.imports, width="1col")
    >>> sum(text.get_gid() == "note" for text in ax.texts)
    2
    """
    share = number("share", share, 0.0, 1.0)
    groups = _groups(clusters, imports)
    across, down = room_of(ax, width)
    links = _links(groups.flow, share)
    wide = across > NARROW
    if down is None:
        high = 0.6 if wide else 1.0 if len(groups.names) < 8 else 1.2
        high *= 0.7 if len(groups.names) < 4 else 1.0
        down = min(TALLEST, high * across + 4 * _line())
    per = _scale(groups, links, 0.011 * (across + down) + 2)
    key = _key(groups, links, per, across)
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        ring = Ring(sheet, groups, _line() * len(key), wide)
        _draw(sheet, groups, ring, links, per)
        for row, pieces in enumerate(key):
            _draw_key(sheet, pieces, _line() * (len(key) - row - 0.5) + 1)
    return sheet.ax


# ---------------------------------------------------------------------------------- the groups


def _groups(clusters: Clusters, imports: Any) -> Groups:
    network, k = clusters.network, len(clusters)
    if not k:
        raise ParameterError("there are no clusters to draw. See clusters.verdict.")
    shown = k if k <= MOST else MOST - 1
    rest, speech = clusters.rest_share, spoken()
    names = brief_titles(clusters, shown)
    colours = [colour(i) for i in range(shown)]
    if k > shown:
        names.append(speech.say("{} smaller clusters", speech.form(k - shown, ",")))
        colours.append("#7A7A7A")
    middle = bool(rest.any())
    if middle:
        names.append(speech.say("Rest of the economy"))
        colours.append(colour(-1))
    # of each cluster and the rest, the disc that holds it
    disc = np.append(np.minimum(np.arange(k), shown), len(names) - 1)
    whole = sparse.hstack([clusters.membership, sparse.csr_array(rest[:, None])], format="csr")
    M = whole @ membership(disc, len(names))
    flow = (M.T.tocsr() @ network.trade) @ M
    flow = flow.toarray() if hasattr(flow, "toarray") else np.asarray(flow)

    def summed(values: Any) -> np.ndarray:
        return np.asarray(M.T @ np.asarray(values, dtype=float))

    exports = network.columns.get("exports")
    output = network.columns.get("output")
    sized = "output" if output is not None and (output >= 0).all() else "sales to industries"
    return Groups(
        names=names,
        colours=colours,
        flow=flow,
        size=summed(output) if sized == "output" else flow.sum(axis=1),
        sized=sized,
        exports=None if exports is None else np.maximum(summed(exports), 0.0),
        imports=None if imports is None else summed(_imports(imports, network.industries)),
        middle=middle,
        unit=speech.unit(network.unit.partition(" (")[0]),
    )


def _imports(given: Any, industries: pd.Index) -> pd.Series:
    if isinstance(given, pd.DataFrame):
        given = given.sum(axis=0)
    if not isinstance(given, pd.Series):
        given = pd.Series(np.asarray(given, dtype=float), industries)
    given = by_name(given, industries).astype(float)
    if not (np.isfinite(given) & (given >= 0)).all():
        worst = given.index[~(np.isfinite(given) & (given >= 0))][0]
        raise DataError(f"the imports of {worst!r} are {given[worst]}. Give amounts from 0.")
    return given


def _links(flow: np.ndarray, share: float) -> list[tuple[int, int]]:
    """The largest flows between groups that carry the share, and the largest of each group."""
    between = flow.copy()
    np.fill_diagonal(between, 0.0)
    order = np.argsort(-between, axis=None, kind="stable")
    total, carried = between.sum(), 0.0
    chosen: list[tuple[int, int]] = []
    seen: set[int] = set()
    for at in order:
        i, j = (int(v) for v in np.unravel_index(at, flow.shape))
        if between[i, j] <= 0:
            break
        if carried < share * total or not {i, j} <= seen:
            chosen.append((i, j))
            carried += between[i, j]
            seen |= {i, j}
    return chosen


# ------------------------------------------------------------------------------------- drawing


def _scale(groups: Groups, links: list[tuple[int, int]], most: float) -> float:
    """Points for a unit of money."""
    amounts = [groups.flow[link] for link in links]
    for values in (groups.exports, groups.imports):
        amounts += [] if values is None else values.tolist()
    largest = max(amounts, default=0.0)
    return most / largest if largest > 0 else 0.0


def _draw(
    sheet: Sheet, groups: Groups, ring: Ring, links: list[tuple[int, int]], per: float
) -> None:
    n = len(groups.names)
    label = [-1 if groups.middle and g == n - 1 else g for g in range(n)]
    widths = np.array([max(per * groups.flow[link], LEAST) for link in links])

    stubs = [stub for g in range(n) for stub in _stubs(groups, ring, g, label[g], per)]
    curves = routes(ring, links, widths, stubs)
    arrows = [
        (line, wide, tint(groups.colours[i], 0.7), f"flow:{label[i]},{label[j]}")
        for (i, j), line, wide in zip(links, curves, widths, strict=True)
    ]
    for line, wide, paint, gid in sorted(arrows, key=lambda one: -one[1]) + stubs:
        sheet.polygon(
            arrow(line, wide), paint, gid, edge="#FFFFFF" if wide > 1 else "none", line=0.4
        )
    for g, (x, y) in enumerate(ring.spot):
        sheet.disc(x, y, ring.radius[g], groups.colours[g], f"disc:{label[g]}")
        ink, lines = text_on(groups.colours[g]), [groups.shares[g]] if ring.inside else []
        if label[g] == -1:
            lines = _fitted(groups.names[g], groups.shares[g], ring.radius[g])
            if not lines:
                (x, y), lines, ink = _beside(ring, curves), [spoken().say("Rest")], canvas.INK
        if lines:
            sheet.write(x, y, lines, note_type(), gid=f"kept:{label[g]}", ha="center", ink=ink)
    for place, g in enumerate(ring.order):
        x, y = ring.names[place]
        ha = "center"
        if ring.radial and abs(ring.out[g][0]) > 0.35:
            ha = "left" if ring.out[g][0] > 0 else "right"
            x -= np.copysign(0.5 * ring.boxes[place][0], ring.out[g][0])
        rows, step = ring.lines[place], canvas.LEADING * ring.size
        if not ring.inside:
            low = y - step * len(rows) / 2
            sheet.write(x, low, groups.shares[g], ring.size, gid=f"kept:{g}", ha=ha)
            y += step / 2
        sheet.write(x, y, rows, ring.size, gid=f"name:{g}", ha=ha, weight="bold")


def _fitted(name: str, share: str, radius: float) -> list[str]:
    """Lines for the disc in the middle, as much as it holds."""
    for lines in (
        [*canvas.wrap(name, note_type(), 1.6 * radius, 3, hyphens=False), share],
        [spoken().say("Rest"), share],
        [spoken().say("Rest")],
    ):
        half = note_line() * len(lines) / 2
        wide = max(canvas.text_width(line, note_type()) for line in lines) / 2
        if "…" not in "".join(lines) and np.hypot(wide, 0.8 * half) < radius:
            return lines
    return []


def _beside(ring: Ring, curves: list[np.ndarray]) -> np.ndarray:
    """Place for a word beside the disc in the middle: where fewest arrows pass."""
    wide = canvas.text_width(spoken().say("Rest"), note_type()) / 2
    half = np.array([wide + 1, note_type() / 2 + 1])
    sides = np.array([(1, 0), (-1, 0), (0, 1), (1, 1), (-1, 1), (1, -1), (-1, -1)])
    places = ring.spot[-1] + sides * (half + 0.8 * ring.radius[-1])
    places[:3] += 0.3 * ring.radius[-1] * sides[:3]
    points = np.vstack([*curves, np.zeros((1, 2))])
    touched = [(np.abs(points - place) < half).all(axis=1).sum() for place in places]
    return np.asarray(places[int(np.argmin(touched))])


def _stubs(
    groups: Groups, ring: Ring, g: int, label: int, per: float
) -> list[tuple[np.ndarray, float, str, str]]:
    """The arrows from and to abroad, side by side: line, width, colour, gid."""
    out, aside = ring.out[g], np.array([ring.out[g][1], -ring.out[g][0]])
    ends = ring.radius[g] + 1.2 + np.array([0.0, ring.stub])
    found = []
    for values, way, kind in ((groups.exports, 1, "exports"), (groups.imports, -1, "imports")):
        if values is not None and values[g] > 0:
            paint = tint(groups.colours[g], 0.85) if kind == "exports" else DARK
            found.append((max(per * values[g], LEAST), way, paint, f"{kind}:{label}"))
    lane = sum(head(wide)[1] for wide, *_ in found) / 2 + 0.6
    return [
        (
            ring.spot[g]
            + way * aside * (lane / 2 if len(found) == 2 else 0)
            + np.linspace(ends[::way][0], ends[::way][1], 9)[:, None] * out,
            wide,
            paint,
            gid,
        )
        for wide, way, paint, gid in found
    ]


def _key(
    groups: Groups, links: list[tuple[int, int]], per: float, across: float
) -> list[list[tuple[float, float, str, str]]]:
    """Rows of the key: place, width of the arrow (0: none), its colour, text."""
    pieces: list[tuple[float, str, str]] = []
    speech = spoken()
    if per:
        top = round_down(6.5 / per)
        unit = f"× {groups.unit}" if groups.unit[:1].isdigit() else groups.unit
        for value, more in ((top / 10, ""), (top, unit)):
            text = speech.form(value, ",.0f" if value >= 1 else ".3g")
            pieces.append((max(per * value, LEAST), "#8C8C8C", f"{text} {more}".strip()))
    if groups.exports is not None:
        pieces.append((2.4, tint(colour(0), 0.75), speech.say("exports")))
    if groups.imports is not None:
        pieces.append((2.4, DARK, speech.say("imported inputs")))
    rows: list[list[tuple[float, float, str, str]]] = [[]]
    x = AIR
    for wide, paint, text in pieces:
        room = 21 + canvas.text_width(text, note_type())
        if x + room > across - AIR:
            rows.append([])
            x = AIR
        rows[-1].append((x, wide, paint, text))
        x += room + 10
    between = float(groups.flow.sum() - groups.flow.diagonal().sum())
    carried = sum(groups.flow[link] for link in links) / between if between > 0 else 1.0
    note = speech.say(
        "Disc: {}. %: sales to industries kept inside. Arrows between discs carry {} of what "
        "groups sell each other.",
        speech.say(groups.sized),
        f"{carried:.0%}",
    )
    lines = note_lines(note, across - 2 * AIR, 3)
    return rows + [[(AIR, 0.0, "", line)] for line in lines]


def _line() -> float:
    """Height of a row of the key."""
    return 1.5 * note_type()


def _draw_key(sheet: Sheet, pieces: list[tuple[float, float, str, str]], y: float) -> None:
    for x, wide, paint, text in pieces:
        if wide:
            sheet.polygon(arrow(np.linspace((x, y), (x + 18, y), 9), wide), paint, "key")
        sheet.write(x + 21 * bool(wide), y, text, note_type(), gid="key" if wide else "note")
