"""The network diagram: clusters apart on the page, their industries, and the flows that tell most.

`arrangement` finds the places, `halos` the outlines, `routing` the arrows; here the page is planned
and drawn. Discs first, then what is written: text lies on top of everything and on clear ground.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import KlasternetWarning, ParameterError
from ..registry import choose, layouts
from . import canvas
from .arrangement import Placed, block_height, bodies, place
from .canvas import MM, colour, text_on
from .condensing import Shown, condense
from .hyphenation import SOFT
from .key import EDGE, Scales, draw_key, key_height, key_rows, ring
from .measuring import stress
from .placement import given_positions
from .publishing import Type, current
from .routing import LEAST, tapered
from .settling import Settled, settle
from .sheet import Sheet, balanced, open_sheet, room_of, tint
from .sizing import NARROW, affinity, chosen_labels, edges, radii
from .sizing import height as page_height
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..clusters import Clusters

__all__ = ["caption", "draw_network"]

BACKBONES = ("mst+relatedness", "mst+flow")
LABELS = ("auto", "all", "none")
GREY = "#B4B4B4"  # flows between clusters
BROAD = 0.8  # width of an arrow from where a white line sets it off


def draw_network(
    clusters: Clusters,
    *,
    backbone: str = "mst+relatedness",
    n_edges: int | None = None,
    labels: str = "auto",
    names: Mapping[Any, str] | None = None,
    layout: Any = "auto",
    seed: int = 0,
    height: float | None = None,
    ax: Axes | None = None,
    width: str | float = "2col",
) -> Axes:
    """Draw the industries of every cluster and the flows between them that tell most.

    A disc is an industry, its area its output (without output: its trade). Colour, outline and
    title are those of its cluster; grey is the rest of the economy. An arrow is money sold; its
    width grows with the square root of the flow. Only a `backbone` of the flows is drawn: most
    tables have a flow in nearly every cell. `caption` tells the share of flow that it carries.

    Parameters
    ----------
    clusters : Clusters
        Beyond 150 industries the largest members are drawn, and one disc for the others of
        each cluster.
    backbone : {"mst+relatedness", "mst+flow"}
        See `klasternet.backbone`.
    n_edges : int, optional
        Flows to draw; 2 n, in a narrow figure 1.6 n, fewer beyond 50 industries.
    labels : {"auto", "all", "none"}
        "auto" names the largest of every cluster, as many as fit, and warns which it left out.
    names : mapping, optional
        Other names for industries, by the network's names.
    layout : str, frame, mapping or callable
        "auto" puts related clusters side by side. "geo" takes the columns longitude and latitude
        of the network, "supply_chain" puts those far from final demand at the left; a frame
        with columns x and y (of `network_positions`), a mapping of name to (x, y), a function of
        the network that returns either, or the name of one (`klasternet.layout`), puts industries
        where it says, in any unit. Discs that would overlap are moved apart.
    seed : int
        The same seed gives the same figure, to the byte.
    height : float, optional
        Millimetres, of a new figure; as much as it needs, to 170.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"2col", "1col"} or float
        183 mm, 89 mm, or millimetres.

    Returns
    -------
    Axes
        Its unit is the point. Gids: "disc:3", "label:3", "edge:3-8", "second:3" (a ring in the
        colour of its next cluster, where an industry is in several) by number of the industry,
        "halo:0", "title:0" by cluster. `legibility` measures it.

    Raises
    ------
    ParameterError
        An unknown option; fewer edges than a spanning tree has; axes that are too small.
    AlignmentError
        Positions for other industries.

    Warns
    -----
    KlasternetWarning
        Labels left out, what overlaps on a page that is too small, and clusters that are drawn in
        several areas because others stand between their members.

    Notes
    -----
    Nearness on the page is a rough picture: no two dimensions hold all flows. Read sizes and
    shares off `clusters.to_frame()`, not off the figure.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1])
    >>> ax = draw_network(clusters, width="1col")
    >>> round(ax.figure.get_figwidth() * 25.4), sum(a.get_gid() == "disc:3" for a in ax.patches)
    (89, 1)
    """
    choose("labels", labels, LABELS)
    choose("backbone", backbone, BACKBONES)
    shown = condense(clusters)
    across, down = room_of(ax, width)
    sizes = current() if across >= NARROW else current().narrow
    ends, flows = edges(shown, backbone, n_edges, across)
    called = _names(shown, names)
    pad = 3.2 if across < NARROW else 4.2
    titles = [balanced(name, sizes.title, 0.16 * across + 54, 3) for name in shown.titles]
    key = key_rows(shown, across, sizes)
    foot = 2 * EDGE + key_height(key, sizes)
    if down is None:
        down = page_height(called, shown, titles, across, foot, sizes, pad, height)
    page = (EDGE, foot, across - EDGE, down - EDGE)
    if page[3] - page[1] < 60 or page[2] - page[0] < 60:
        raise ParameterError(
            f"{across / MM:.0f} x {down / MM:.0f} mm leave no room for a network. "
            "Give a larger figure."
        )
    radius = radii(shown.sizes, page)
    seen = chosen_labels(called, shown, radius, titles, page, sizes, pad, labels)
    made = bodies(called, radius, seen, sizes.text)
    start = None
    if not _is_auto(layout):  # a title has room above the highest place, too
        tallest = max((block_height(len(lines), sizes.title) for lines in titles), default=0.0)
        start = given_positions(layout, shown.network, (*page[:3], page[3] - tallest))
    rng = np.random.default_rng(seed)
    near, wide = affinity(shown, ends), _widths(flows, across)
    drop = shown.sizes if labels == "auto" else None
    wall = (0.5, page[1] - EDGE, across - 0.5, down - 0.5)

    def laid_out() -> Placed:
        return place(
            list(made), shown.labels, titles, ends, wide, near, page, sizes, pad, rng, start, drop
        )

    settled = settle(
        laid_out, ends, wide, page, wall, rng, free=start is None, drop=drop is not None
    )
    placed = settled.placed
    drawing = _Drawing(shown, called, settled, ends, flows, page, sizes, wide, start is None)
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        _draw(sheet, drawing)
        scales = Scales(shown.sizes.max(), radius.max(), flows.max(), wide.max())
        draw_key(sheet, shown, scales, sizes, key)
    sheet.ax.set_label(_caption(shown, flows, backbone))
    apart = stress(placed.spot, placed.unit, near)
    kept = flows.sum() / shown.network.trade.sum()
    sheet.ax.set_gid(f"network:{apart:.4f}:{kept:.6f}")  # for `legibility`
    seen = np.array([bool(lines) for lines in map(placed.lines, range(len(called)))])
    enough = page_height(called, shown, titles, across, foot, sizes, pad, None, bounded=False)
    _tell(drawing, seen, labels, across, down, enough)
    _tell_parts(drawing)
    return sheet.ax


def caption(ax: Axes) -> str:
    """Sentences for the caption of a network diagram: flows drawn and what they carry.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1])
    >>> caption(draw_network(clusters, width="1col")).split(". ")[0]
    'The 10 arrows drawn (of 30 flows) carry 74 % of all flow between industries'
    """
    text = str(ax.get_label())
    if not str(ax.get_gid()).startswith("network:"):
        raise ParameterError("these axes hold no network diagram. Give those of draw_network.")
    return text


# ------------------------------------------------------------------------------------- the plan


@dataclass(frozen=True)
class _Drawing:
    shown: Shown
    called: list[str]
    settled: Settled
    ends: np.ndarray
    flows: np.ndarray
    page: tuple[float, float, float, float]
    sizes: Type
    wide: np.ndarray  # widths of arrows
    free: bool  # discs were placed here

    @property
    def placed(self) -> Placed:
        return self.settled.placed

    @property
    def type(self) -> float:
        return self.sizes.text


def _names(shown: Shown, names: Mapping[Any, str] | None) -> list[str]:
    """What industries are called: as told, else by the short name."""
    own = dict(names or {})
    return [
        _printable(str(own.get(full, own.get(short, short))))
        for full, short in zip(shown.network.industries, shown.names, strict=True)
    ]


def _printable(name: str) -> str:
    """The name without control characters, which some tables carry for dashes.

    Soft hyphens stay: they tell where a name may be broken.
    """
    return " ".join("".join(c if c.isprintable() or c == SOFT else " " for c in name).split())


def _is_auto(layout: Any) -> bool:
    return isinstance(layout, str) and choose("layout", layout, ("auto", *layouts)) == "auto"


# --------------------------------------------------------------------------------- the drawing


def _draw(sheet: Sheet, drawing: _Drawing) -> None:
    placed, shown, lines = drawing.placed, drawing.shown, drawing.settled.lines
    for u, outline in enumerate(drawing.settled.outlines):
        if outline is not None:
            own = " ".join(map(str, placed.members(u)))
            _outline(sheet, outline, colour(u), f"halo:{u}", own)
    for same in (False, True):
        for (i, j), line, width in zip(drawing.ends.tolist(), lines, drawing.wide, strict=True):
            inner = placed.unit[i] == placed.unit[j]
            if inner == same:
                paint = tint(colour(int(shown.labels[i])), 0.8) if inner else GREY
                gap = 0.25 if width > BROAD else 0.0
                sheet.polygon(tapered(line, width), paint, f"edge:{i}-{j}", "#FFFFFF", gap)
    for i in np.argsort(-placed.radius, kind="stable").tolist():
        paint = colour(int(shown.labels[i]))
        x, y = placed.spot[i]
        sheet.disc(x, y, placed.radius[i], paint, f"disc:{i}", "#FFFFFF", 0.4)
        sheet.ax.patches[-1].set_label(str(shown.network.industries[i]))
        if shown.second is not None and shown.second[i] >= 0:
            ring(sheet, x, y, placed.radius[i], colour(int(shown.second[i])), f"second:{i}")
    for i in range(len(placed.spot)):
        _label(sheet, drawing, i)
    for u, rows in enumerate(placed.titles):
        x, y, w, h = _title_box(drawing, u)
        sheet.box(x - w, y - h, 2 * w, 2 * h, "#FFFFFF", f"ground:title:{u}")
        size = drawing.sizes.title
        sheet.write(
            x, y - 0.27 * size, rows, size,
            gid=f"title:{u}", ha="center", va="baseline", weight="bold",
        )  # fmt: skip


def _widths(flows: np.ndarray, across: float) -> np.ndarray:
    most = 3.4 if across >= NARROW else 2.4
    return np.maximum(most * np.sqrt(flows / flows.max()), LEAST)


def _title_box(drawing: _Drawing, u: int) -> np.ndarray:
    lines, size = drawing.placed.titles[u], drawing.sizes.title
    wide = max(canvas.text_width(line, size, "bold") for line in lines)
    return np.array([*drawing.placed.heads[u], wide / 2, block_height(len(lines), size) / 2])


def _outline(sheet: Sheet, path: Any, paint: str, gid: str, own: str) -> None:
    from matplotlib.patches import PathPatch

    shape = PathPatch(path, facecolor=tint(paint, 0.13), edgecolor=tint(paint, 0.55))
    shape.set(gid=gid, label=own, linewidth=0.5, joinstyle="round", zorder=2.0, clip_on=False)
    sheet.ax.add_artist(shape)


def _label(sheet: Sheet, drawing: _Drawing, i: int) -> None:
    placed, size = drawing.placed, drawing.type
    lines = placed.lines(i)
    if not lines:
        return
    paint, (x, y), ink = colour(int(drawing.shown.labels[i])), placed.spot[i], canvas.INK
    box = placed.label_box(i)
    if box is None:
        ink = text_on(paint)
    else:
        x, y, w, h = box
        ground = "#FFFFFF" if drawing.shown.labels[i] < 0 else tint(paint, 0.13)
        sheet.box(x - w, y - h, 2 * w, 2 * h, ground, f"ground:{i}")
    sheet.write(
        x, y - 0.27 * size, lines, size, gid=f"label:{i}", ha="center", va="baseline", ink=ink
    )


# ---------------------------------------------------------------------------------- what is told


def _caption(shown: Shown, flows: np.ndarray, method: str) -> str:
    trade = shown.network.trade
    every = trade.nnz if shown.network.is_sparse else int(np.count_nonzero(trade))
    speech = spoken()
    unit = f" ({speech.unit(shown.network.unit)})" if shown.network.unit else ""
    first = {"Output": "output", "Trade": "purchases and sales"}[shown.sized]
    rule = {"mst+relatedness": "relatedness", "mst+flow": "flow"}[method]
    text = speech.say(
        "The {} arrows drawn (of {} flows) carry {} % of all flow between industries. They are a "
        "maximum spanning tree and the strongest of the others by {}. Area of a disc: {}; width "
        "of an arrow: square root of the flow.",
        speech.form(len(flows), ","),
        speech.form(every, ","),
        f"{100 * flows.sum() / trade.sum():.0f}",
        speech.say(rule),
        f"{speech.say(first)}{unit}",
    )
    return f"{text} {shown.note}".rstrip()


def _tell(
    drawing: _Drawing, seen: np.ndarray, labels: str, across: float, down: float, enough: float
) -> None:
    """Warn of labels left out and of what overlaps."""
    hidden = [
        name.replace(SOFT, "") for name, on in zip(drawing.called, seen, strict=True) if not on
    ]
    if labels == "auto" and hidden:
        some = ", ".join(hidden[:8]) + (f" and {len(hidden) - 8:,} more" if len(hidden) > 8 else "")
        warnings.warn(
            f"{len(hidden):,} of {len(seen):,} industries are not named for want of room: {some}. "
            'Give a larger page, or shorter names; labels="none" names none.',
            KlasternetWarning,
            stacklevel=3,
        )
    placed = drawing.placed
    worse = int((placed.bad > 0).sum() + (placed.bad_title > 0).sum())
    if worse:
        more = max(1.3 * down, enough) / MM
        warnings.warn(
            f"{worse} discs, labels or titles come too close to others on a page of "
            f"{across / MM:.0f} x {down / MM:.0f} mm. A page of {across / MM:.0f} x {more:.0f} mm "
            'should hold them, or labels="auto" fewer.',
            KlasternetWarning,
            stacklevel=3,
        )


def _tell_parts(drawing: _Drawing) -> None:
    """Warn of clusters whose members are parted by others."""
    parts = drawing.settled.areas
    torn = [(drawing.shown.titles[u], count) for u, count in enumerate(parts) if count > 1]
    if torn:
        some = ", ".join(f"{name!r} ({count})" for name, count in torn)
        advice = "Another seed or a larger page may keep each together."
        if not drawing.free:
            advice = (
                "The positions given mix clusters: tell them apart by colour and say so in the "
                'caption, or let layout="auto" put members side by side.'
            )
        warnings.warn(
            f"{len(torn)} of {len(parts)} clusters fall into several areas, for others stand "
            f"between their members: {some}. {advice}",
            KlasternetWarning,
            stacklevel=3,
        )
