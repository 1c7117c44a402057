"""The table as a picture: industries in the order of their clusters, flows in grey, clusters boxed.

The one figure that shows the whole table. `planning` gives every text its room first; here the
plan is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..registry import choose
from . import canvas
from .canvas import INK, LINE, MM, colour, text_on
from .condensing import brief_names
from .pen import Pen
from .planning import (
    BAR,
    FOOT,
    GAP,
    LEADER,
    PIXELS,
    SECOND,
    STRIP,
    Plan,
    amount,
    indent,
    make_plan,
    matrix_cells,
    note_line,
    scale,
)
from .sheet import least_type, note_type, text_type, title_type
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..clusters import Clusters

__all__ = ["draw_matrix", "matrix_page"]

TALLEST = 170 * MM  # of a page in a journal
LEAST_BLOCK = 0.75  # points: a cluster that is smaller has no box
LABELS = ("auto", "industries", "clusters", "none")


def draw_matrix(
    clusters: Clusters,
    *,
    ax: Axes | None = None,
    width: str | float = "2col",
    labels: str = "auto",
) -> Axes:
    """Draw the flows between industries, rows and columns in the order of their clusters.

    Rows sell, columns buy. Clusters stand in the order of their internal flow, members in that of
    their trade inside the cluster, the rest of the economy last. Grey is the logarithm of the
    flow; white is no flow. Every cluster has a box, a colour, its number (as in
    `clusters.members`) and its name beside it, so that the figure reads in black and white too.
    An industry with a second cluster (see `Clusters.shares`) stands in its primary one, and has a
    hollow mark in the colour of the second beside the strip, with its number where there is room.

    Clusters found in lift (what sizes do not explain) need not be the darkest blocks: the rows
    and columns of large industries are dark everywhere.

    Parameters
    ----------
    clusters : Clusters
    ax : Axes, optional
        Where to draw; the matrix and its labels keep within the box of these axes. Without it a
        new figure of the physical width is made.
    width : {"2col", "1col"} or float
        183 mm, 89 mm, or millimetres. Of a new figure, whose height follows.
    labels : {"auto", "industries", "clusters", "none"}
        What is named. "auto": clusters, and industries where their names fit at 5 points. Clusters
        whose names find no room are counted below the figure.

    Returns
    -------
    Axes
        The cell of the i-th seller and j-th buyer is around x = j, y = i. Artists have a gid:
        "matrix", "cluster:2", "name:2", "seller:0", "buyer:0", "second_seller:0". To write a file:
        `ax.figure.savefig("matrix.pdf")`.

    Raises
    ------
    ParameterError
        Unknown `labels` or `width`; industries that cannot be named here; axes that are too small.

    Notes
    -----
    Beyond 1,500 industries a dot is the largest flow among several, and the figure says so. A
    sparse network of any size is drawn without making it dense.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1])
    >>> ax = draw_matrix(clusters, width="1col")
    >>> round(ax.figure.get_figwidth() * 25.4), [box.get_gid() for box in ax.patches][:1]
    (89, ['sellers:0'])
    """
    choose("labels", labels, LABELS)
    if ax is None:
        plan = make_plan(clusters, canvas.width_in_points(width), TALLEST, labels)
        with canvas.drawing():
            return _fill(canvas.show_page(plan.width, plan.height), clusters, plan)
    across, down = canvas.size_of(ax)
    plan = make_plan(clusters, across, down, labels)
    with canvas.drawing():
        _draw(ax, clusters, plan, across, down)
    return ax


def matrix_page(
    clusters: Clusters, width: str | float = "2col", labels: str = "auto"
) -> canvas.Page:
    """Return the figure of `draw_matrix` as a page that no window shows, to write it to files."""
    choose("labels", labels, LABELS)
    plan = make_plan(clusters, canvas.width_in_points(width), TALLEST, labels)
    page = canvas.new_page(plan.width, plan.height)
    with canvas.drawing():
        _fill(page, clusters, plan)
    return page


def _fill(page: canvas.Page, clusters: Clusters, plan: Plan) -> Axes:
    ax = page.add_axes((0, 0, 1, 1))
    _draw(ax, clusters, plan, plan.width, plan.height)
    return ax


# ----------------------------------------------------------------------------------- drawing


def _draw(ax: Axes, clusters: Clusters, plan: Plan, width: float, height: float) -> None:
    """Draw a plan into axes whose box is so large."""
    n, side, speech = clusters.network.n, plan.side, spoken()
    pen = Pen(ax, plan, width, height)
    cells = matrix_cells(clusters.network.trade, plan.order, min(n, PIXELS))
    low, high = scale(cells)
    _matrix(ax, cells, low, high, n)
    if clusters.network.loops == "aside" and plan.cell > 1:
        ax.plot([-0.5, n - 0.5], [-0.5, n - 0.5], color=LINE, lw=0.4, gid="diagonal", zorder=1.1)
    if plan.cell > 20:
        _amounts(pen, cells, low, high)
    _blocks(pen, clusters)
    _seconds(pen)
    if plan.name_type:
        _industries(pen, clusters)
    if plan.titles:
        _titles(pen, clusters)
    away = plan.margin
    if plan.name_type:  # in the corner above the names of sellers
        for row, word in enumerate(reversed(speech.say("Selling industry").split(maxsplit=1))):
            y = side + GAP + row * canvas.LEADING * title_type()
            pen.write(-away, y, word, title_type(), "axis:sellers", ha="right", va="bottom")
        away += plan.names_room + GAP
    else:
        said = speech.say("Selling industry")
        pen.write(-away, side / 2, said, title_type(), "axis:sellers", ha="right", turn=True)
    said = speech.say("Buying industry")
    pen.write(side / 2, side + away, said, title_type(), "axis:buyers", va="bottom")
    below = bool((cells[cells > 0] < low).any())
    _greys(pen, speech.unit(clusters.network.unit.partition(" (")[0]), low, high, below)


def _matrix(ax: Axes, cells: np.ndarray, low: float, high: float, n: int) -> None:
    """The picture: each cell many dots wide, so that no viewer blurs it."""
    from matplotlib.colors import LogNorm

    times = max(1, PIXELS // len(cells))
    dots = np.ma.masked_equal(cells.repeat(times, axis=0).repeat(times, axis=1), 0.0)
    ax.imshow(
        dots,
        cmap=_grey_map(),
        norm=LogNorm(low, high, clip=True),
        interpolation="none",
        extent=(-0.5, n - 0.5, n - 0.5, -0.5),
        aspect="auto",
        gid="matrix",
    )


def _grey_map() -> Any:
    """From light to near black, even in lightness; white is kept for no flow."""
    from matplotlib.colors import ListedColormap

    return ListedColormap(np.repeat(np.linspace(0.94, 0.06, 256)[:, None], 3, axis=1), "flow")


def _amounts(pen: Pen, cells: np.ndarray, low: float, high: float) -> None:
    """Write the flows into the cells of a small table, where they fit."""
    room = pen.plan.cell - 3
    texts = {(i, j): amount(cells[i, j]) for i, j in np.argwhere(cells > 0).tolist()}
    for size in (text_type(), least_type()):
        if max(canvas.text_width(text, size) for text in texts.values()) > room:
            continue
        dark = np.sqrt(low * high)
        for (i, j), text in texts.items():
            x, y = (j + 0.5) * pen.plan.cell, pen.plan.side - (i + 0.5) * pen.plan.cell
            ink = "#FFFFFF" if cells[i, j] > dark else INK
            pen.write(x, y, text, size, f"flow:{i},{j}", ink=ink)
        return


def _blocks(pen: Pen, clusters: Clusters) -> None:
    """Strips beside the matrix, lines between clusters, and their boxes."""
    from matplotlib.patches import Rectangle

    plan, ax = pen.plan, pen.ax
    for k in [*range(len(clusters)), -1]:
        begin, end = plan.block(k)
        length, paint = (end - begin) * plan.cell, colour(k)
        if length < LEAST_BLOCK:
            continue
        start = begin * plan.cell
        air = 0.35 if length > 4 else 0.0
        low, long = plan.side - end * plan.cell + air, length - 2 * air
        pen.fill(-1 - STRIP, low, STRIP, long, paint, f"sellers:{k}")
        pen.fill(plan.side + 1, low, STRIP / 3, long, paint, f"side:{k}")
        pen.fill(start + air, plan.side + 1, long, STRIP, paint, f"buyers:{k}")
        digits = str(k)
        if (
            k >= 0
            and length > least_type() + 1
            and canvas.text_width(digits, least_type()) < min(STRIP, length)
        ):
            ink, middle = text_on(paint), start + length / 2
            pen.write(
                -1 - STRIP / 2, plan.side - middle, digits, least_type(), f"mark:{k}", ink=ink
            )
            pen.write(middle, plan.side + 1 + STRIP / 2, digits, least_type(), f"mark:{k}", ink=ink)
        if begin and length > 3:
            ax.axhline(begin - 0.5, color=LINE, lw=0.3, zorder=1.2, gid="between")
            ax.axvline(begin - 0.5, color=LINE, lw=0.3, zorder=1.2, gid="between")
        if k >= 0:
            thick = min(1.1, length / 7)
            for ink, wide, gid in (("#FFFFFF", 1.7 * thick, "casing"), (paint, thick, "cluster")):
                box = Rectangle((begin - 0.5, begin - 0.5), end - begin, end - begin)
                box.set(fill=False, edgecolor=ink, linewidth=wide, joinstyle="miter", zorder=2.5)
                box.set_gid(f"{gid}:{k}")
                ax.add_artist(box)


def _seconds(pen: Pen) -> None:
    """Hollow marks beside the strips: the second cluster of an industry, by colour and number."""
    plan, near = pen.plan, 2 + STRIP
    inner = 0.8 if plan.cell > 3 else 0.0
    for place, i in enumerate(plan.order):
        k = int(plan.second[i])
        if k < 0 or plan.cell < 0.3:
            continue
        start, air = place * plan.cell, 0.35 if plan.cell > 2 else 0.0
        long, middle = plan.cell - 2 * air, start + plan.cell / 2
        low = plan.side - start - plan.cell + air
        spots = (
            (-near - SECOND, low, SECOND, long, "seller"),
            (start + air, plan.side + near, long, SECOND, "buyer"),
        )
        for x, y, wide, high, what in spots:
            gid = f"second_{what}:{i}"
            pen.fill(x, y, wide, high, colour(k), gid)
            if inner:
                pen.fill(x + inner, y + inner, wide - 2 * inner, high - 2 * inner, "#FFFFFF", gid)
        room = min(SECOND, long) - 2 * inner
        if inner and canvas.text_width(str(k), least_type()) < room and long > least_type():
            at = plan.side - middle
            pen.write(-near - SECOND / 2, at, str(k), least_type(), f"second:{i}")
            pen.write(middle, plan.side + near + SECOND / 2, str(k), least_type(), f"second:{i}")


def _industries(pen: Pen, clusters: Clusters) -> None:
    """Names of sellers at the left, of buyers above."""
    plan = pen.plan
    away = plan.margin
    brief = brief_names(clusters.network.industries)
    for place, i in enumerate(plan.order):
        name = str(clusters.network.industries[i])
        if canvas.text_width(name, plan.name_type) > plan.names_room:
            name = canvas.shorten(brief[name], plan.name_type, plan.names_room)
        middle = (place + 0.5) * plan.cell
        pen.write(-away, plan.side - middle, name, plan.name_type, f"seller:{i}", ha="right")
        pen.write(
            middle, plan.side + away, name, plan.name_type, f"buyer:{i}", va="bottom", turn=True
        )


def _titles(pen: Pen, clusters: Clusters) -> None:
    """Names of clusters at the right, each tied to its rows."""
    plan, size = pen.plan, pen.plan.title_type
    start = plan.side + 1 + STRIP / 3
    room = indent(clusters, size)
    for title in plan.titles:
        gid, x = f"name:{title.k}", start + LEADER
        pen.line(
            [start + 0.8, start + 2.5, x - 3.5, x - 1.5],
            [title.wanted, title.wanted, title.middle, title.middle],
            f"leader:{title.k}",
            LINE if title.k < 0 else colour(title.k),
            0.5,
        )
        y = title.middle + canvas.LEADING * size * (len(title.lines) - 1) / 2
        if title.k >= 0:
            pen.write(x, y, str(title.k), size, gid, ha="left", weight="bold")
        x += room
        for line in title.lines:
            pen.write(x, y, line, size, gid, ha="left")
            y -= canvas.LEADING * size


def _greys(pen: Pen, unit: str, low: float, high: float, below: bool) -> None:
    """The scale of greys, and the notes beside it."""
    top = -2 * GAP
    head = ", ".join(filter(None, (spoken().say("Flow"), unit)))
    pen.write(0, top, head, note_type(), "scale", ha="left", va="top")
    bar = pen.ax.inset_axes((0, top - 13, BAR, 5), transform=pen.points)
    bar.imshow(
        np.linspace(0, 1, 256)[None, :], cmap=_grey_map(), aspect="auto", interpolation="none"
    )
    bar.set(xticks=[], yticks=[], gid="scale")
    for spine in bar.spines.values():
        spine.set(linewidth=0.4, color=INK)
    decades = np.log10(high / low)
    free = -np.inf
    first = int(np.ceil(np.log10(low) - 1e-9))
    for power in range(first, int(np.floor(np.log10(high) + 1e-9)) + 1):
        x = (power - np.log10(low)) / decades * BAR
        pen.line([x, x], [top - 13, top - 14.5], "scale", INK, 0.4)
        text = "≤ " * (power == first and below) + amount(10.0**power)
        half = canvas.text_width(text, least_type()) / 2
        x = max(x, half)  # the first begins with the bar
        if x - half > free:
            pen.write(x, top - 16, text, least_type(), "scale", va="top")
            free = x + half + 2
    for row, line in enumerate(pen.plan.notes):
        y = -row * note_line()
        x, y = (BAR + 6 * GAP, y + top) if pen.plan.notes_beside else (0, y - FOOT + 1)
        pen.write(x, y, line, least_type(), "note", ha="left", va="top")
