"""How legible a network diagram is, measured on what was drawn, in points."""

from __future__ import annotations

import io
import re
from html import unescape
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.path import Path

from ..errors import DataError
from .canvas import MM, contrast

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["areas", "legibility", "stress"]

SLACK = 0.4  # points that boxes of text may share: their edges are empty
RIM = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def legibility(ax: Axes, *, written: bool = False) -> dict[str, float]:
    """Measure a network diagram.

    Parameters
    ----------
    ax : Axes
        Of `draw_network`.
    written : bool
        Measure the files as well; the whole figure is written, in memory, as PDF and SVG.

    Returns
    -------
    dict
        ``label_label``, ``label_disc``, ``disc_disc``: overlaps; a label within its own disc is
        none. ``clipped``: texts that leave the axes. ``foreign_in_halo``, ``halo_halo``: discs
        within the outline of another cluster, and outlines that overlap. ``halo_parts``: outlines
        beyond one for each cluster. ``ambiguous``: share of labels with another disc nearer than
        their own. ``edges_through_discs``: share of arrows over a disc that is neither end.
        ``labels_touched``: share of names that an arrow passes under. ``crossings``: of arrows
        without a common end, for each arrow. ``angle``: their mean, in degrees. ``heads_covered``:
        tips within a disc, and heads that text lies on. ``smallest_type``, ``thinnest_line``:
        points. ``contrast``: least of text on its ground (WCAG). ``page_use``: box of all that is
        drawn over the page. ``stress``: of distances within clusters, see Notes. ``flow_kept``:
        share of all flow that the arrows carry. ``discs``, ``edges``, ``labels``: how many there
        are. Of files: ``pdf_kb``, ``pdf_width`` and ``pdf_height`` in millimetres, ``type3_fonts``,
        and ``texts_lost``, lines that are no text in the SVG.

    Raises
    ------
    DataError
        Axes without a network diagram.

    Notes
    -----
    Measured with the boxes that matplotlib gives text, wider than the ink by a little.

    Stress is sqrt(sum w (d - a t)^2 / sum w d^2) over pairs within clusters: d on the page, t = 1 /
    sqrt(affinity), w = 1 / t^2, and a the scale that makes it least. 0: distances tell
    relatedness; labels and few crossings are paid for in stress, so there is no target.

    Examples
    --------
    >>> import klasternet as kn
    >>> network = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> clusters = kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1])
    >>> measures = legibility(kn.draw_network(clusters))
    >>> measures["label_label"], measures["disc_disc"], measures["smallest_type"]
    (0, 0, 5.0)
    """
    discs = {_number(art): (*art.get_center(), art.get_radius()) for art in _of(ax, "disc")}
    if not discs:
        raise DataError("these axes hold no network diagram. Give those of draw_network.")
    D = np.array(list(discs.values()))
    boxes = _text_boxes(ax)
    lines = {art.get_gid()[5:]: _middle(art.get_xy()) for art in _of(ax, "edge")}
    names = {gid: box for gid, box in boxes.items() if gid.startswith(("label:", "title:"))}
    width, height = ax.get_xlim()[1], ax.get_ylim()[1]
    out: dict[str, Any] = {
        "label_label": sum(
            any(_overlap(p, q) for p in a for q in b) for a, b in combinations(boxes.values(), 2)
        ),
        "label_disc": _labels_on_discs(boxes, discs),
        "disc_disc": _discs_on_discs(D),
        "clipped": sum(
            bool((b < -0.01).any() or b[:, 2].max() > width + 0.01 or b[:, 3].max() > height + 0.01)
            for b in boxes.values()
        ),
        **_halos(ax, discs),
        "ambiguous": _ambiguous(names, discs),
    }
    samples = {edge: _fine(line) for edge, line in lines.items()}
    out["edges_through_discs"] = _share(
        any(
            (np.hypot(*(line - disc[:2]).T) < disc[2]).any()
            for i, disc in discs.items()
            if i not in _ends(edge)
        )
        for edge, line in samples.items()
    )
    touched = np.vstack([*samples.values(), np.full((1, 2), -1e6)])
    out["labels_touched"] = _share(
        any(_within(touched, box).any() for box in rows) for rows in names.values()
    )
    met, angles = _crossings(lines)
    out["crossings"] = met / max(len(lines), 1)
    out["angle"] = float(np.mean(angles)) if angles else 90.0
    out["heads_covered"] = sum(
        bool((np.hypot(*(D[:, :2] - head[1]).T) < D[:, 2] - 0.05).any())
        or any(_under(head, box) for rows in boxes.values() for box in rows)
        for head in (_head(art.get_xy()) for art in _of(ax, "edge"))
    )
    texts = [text for text in ax.texts if text.get_text()]
    out["smallest_type"] = min((float(text.get_fontsize()) for text in texts), default=np.inf)
    drawn = [art for art in ax.patches if art.get_linewidth() > 0 and art.get_edgecolor() != "none"]
    out["thinnest_line"] = min((float(art.get_linewidth()) for art in drawn), default=np.inf)
    spans = [art.get_window_extent().get_points() for art in ax.patches]
    out["contrast"] = min(_contrasts(ax, boxes, spans), default=21.0)
    out["page_use"] = _page_use(ax, boxes, spans, width, height)
    out |= _told(ax)
    out |= {"discs": len(discs), "edges": len(lines), "labels": len(names)}
    return out | _files(ax) if written else out


def stress(spot: np.ndarray, unit: np.ndarray, affinity: np.ndarray) -> float:
    """Normalised stress of distances within units; 0 where no pair is related."""
    i, j = np.nonzero(np.triu((unit[:, None] == unit) & (affinity > 0), 1))
    if not len(i):
        return 0.0
    d, w = np.hypot(*(spot[i] - spot[j]).T), affinity[i, j]
    t = 1 / np.sqrt(w)
    a = (w * d * t).sum() / (w * t * t).sum()
    return float(np.sqrt((w * (d - a * t) ** 2).sum() / (w * d * d).sum()))


def _told(ax: Axes) -> dict[str, float]:
    """What `draw_network` has written into the gid of its axes: "network", stress, flow kept."""
    _, apart, kept = str(ax.get_gid()).split(":")
    return {"stress": float(apart), "flow_kept": float(kept)}


def _files(ax: Axes) -> dict[str, float]:
    figure = ax.get_figure(root=True)
    assert figure is not None
    pdf, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(pdf, format="pdf")
    figure.savefig(svg, format="svg")
    data, page = pdf.getvalue(), svg.getvalue().decode()
    box = re.search(rb"/MediaBox \[ ?([\d. ]+)\]", data)
    assert box is not None
    left, low, right, high = map(float, box.group(1).split())
    found = {unescape(text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", page)}
    lost = sum(text.get_text() not in found for text in ax.texts if text.get_text())
    return {
        "pdf_kb": len(data) / 1024,
        "pdf_width": (right - left) / MM,
        "pdf_height": (high - low) / MM,
        "type3_fonts": data.count(b"/Type3"),
        "texts_lost": lost,
    }


def _of(ax: Axes, kind: str) -> list[Any]:
    return [art for art in ax.patches if str(art.get_gid()).startswith(kind + ":")]


def _number(art: Any) -> int:
    return int(art.get_gid().split(":")[1])


def _ends(edge: str) -> tuple[int, int]:
    i, j = edge.split("-")
    return int(i), int(j)


def _share(found: Any) -> float:
    found = list(found)
    return float(sum(found)) / max(len(found), 1)


def _text_boxes(ax: Axes) -> dict[str, np.ndarray]:
    """Lines of each text (left, low, right, high), in points; those of the key by themselves."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    back = ax.transData.inverted()
    out: dict[str, list[np.ndarray]] = {}
    for k, text in enumerate(ax.texts):
        gid = str(text.get_gid())
        gid = f"{gid}:{k}" if gid == "key" else gid
        box = text.get_window_extent(renderer)
        out.setdefault(gid, []).append(back.transform(box.get_points()).ravel())
    return {gid: np.array(rows) for gid, rows in out.items()}


def _head(corners: np.ndarray) -> np.ndarray:
    """Wing, tip and wing of an arrow from its corners (see `routing.tapered`)."""
    corners = corners[:-1] if np.allclose(corners[0], corners[-1]) else corners
    count = (len(corners) - 3) // 2
    return corners[count : count + 3]


def _under(head: np.ndarray, box: np.ndarray) -> bool:
    """Whether a triangle and a box have ground in common (separating axes)."""
    box = box + SLACK * np.array([1, 1, -1, -1])
    corners = box[[[0, 1], [2, 1], [2, 3], [0, 3]]]
    sides = np.diff(head, axis=0, append=head[:1])
    for along in (*np.eye(2), *np.column_stack([-sides[:, 1], sides[:, 0]])):
        p, q = head @ along, corners @ along
        if p.max() <= q.min() or q.max() <= p.min():
            return False
    return True


def _middle(corners: np.ndarray) -> np.ndarray:
    """Middle line of an arrow from its corners (see `routing.tapered`)."""
    corners = corners[:-1] if np.allclose(corners[0], corners[-1]) else corners
    count = (len(corners) - 3) // 2
    sides = (corners[:count] + corners[::-1][:count]) / 2
    return np.vstack([sides, corners[count + 1]])


def _fine(line: np.ndarray) -> np.ndarray:
    steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    t = np.linspace(0, steps[-1], max(8, int(steps[-1] / 0.7)))
    return np.column_stack([np.interp(t, steps, line[:, axis]) for axis in (0, 1)])


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]) > SLACK).all())


def _within(points: np.ndarray, box: np.ndarray) -> np.ndarray:
    return np.asarray(((points > box[:2] + SLACK) & (points < box[2:] - SLACK)).all(axis=1))


def _to_box(box: np.ndarray, x: float, y: float) -> float:
    dx = max(box[0] - x, 0.0, x - box[2])
    dy = max(box[1] - y, 0.0, y - box[3])
    return float(np.hypot(dx, dy))


def _labels_on_discs(
    boxes: dict[str, np.ndarray], discs: dict[int, tuple[float, float, float]]
) -> int:
    return sum(
        any(_to_box(box, x, y) < r - SLACK for box in rows)
        for gid, rows in boxes.items()
        for i, (x, y, r) in discs.items()
        if gid != f"label:{i}"
    )


def _discs_on_discs(D: np.ndarray) -> int:
    apart = np.hypot(*(D[:, None, :2] - D[None, :, :2]).transpose(2, 0, 1))
    close = apart < D[:, 2][:, None] + D[:, 2] - 0.01
    return int(np.triu(close, 1).sum())


def _halos(ax: Axes, discs: dict[int, tuple[float, float, float]]) -> dict[str, int]:
    shapes = {_number(art): art for art in _of(ax, "halo")}
    foreign = 0
    for art in shapes.values():
        own = {int(text) for text in str(art.get_label()).split()}
        for i, (x, y, r) in discs.items():
            if i not in own:
                rim = np.column_stack([x + r * np.cos(RIM), y + r * np.sin(RIM)])
                foreign += bool(_inside(art.get_path(), np.array([(x, y), *rim])).any())
    pairs = combinations([art.get_path() for art in shapes.values()], 2)
    meet = sum(bool(_inside(a, b.vertices).any() or _inside(b, a.vertices).any()) for a, b in pairs)
    parts = sum(max(areas(art.get_path()) - 1, 0) for art in shapes.values())
    return {"foreign_in_halo": foreign, "halo_halo": meet, "halo_parts": parts}


def areas(path: Path) -> int:
    """Areas of a shape that hang together: its rings that are no holes."""
    rings = [np.asarray(ring) for ring in path.to_polygons(closed_only=True)]
    around = [
        sum(
            Path(other).contains_point((ring[0, 0], ring[0, 1]))
            for other in rings
            if other is not ring
        )
        for ring in rings
    ]
    return sum(count % 2 == 0 for count in around)


def _inside(path: Path, points: np.ndarray) -> np.ndarray:
    """Whether points are in a shape; what a hole of it holds is not."""
    around = [Path(ring).contains_points(points) for ring in path.to_polygons(closed_only=True)]
    odd = np.sum(around, axis=0) % 2 == 1 if around else np.zeros(len(points), bool)
    return np.asarray(odd)


def _ambiguous(names: dict[str, np.ndarray], discs: dict[int, tuple[float, float, float]]) -> float:
    found = []
    for gid, rows in names.items():
        kind, number = gid.split(":")
        if kind == "label":
            gaps = {
                i: min(_to_box(box, x, y) for box in rows) - r for i, (x, y, r) in discs.items()
            }
            found.append(gaps[int(number)] > min(gaps.values()) + 0.01)
    return _share(found)


def _crossings(lines: dict[str, np.ndarray]) -> tuple[int, list[float]]:
    count, angles = 0, []
    every = [(set(_ends(edge)), line) for edge, line in lines.items()]
    spans = [(line.min(axis=0), line.max(axis=0)) for _, line in every]
    for e, f in combinations(range(len(every)), 2):
        if every[e][0] & every[f][0]:
            continue
        if (spans[e][0] > spans[f][1]).any() or (spans[f][0] > spans[e][1]).any():
            continue
        p, q = every[e][1], every[f][1]
        a, b = p[:-1, None], p[1:, None]
        c, d = q[None, :-1], q[None, 1:]
        u, v = b - a, d - c
        hit = _side(u, c - a) * _side(u, d - a) < 0
        hit &= _side(v, a - c) * _side(v, b - c) < 0
        for k, m in np.argwhere(hit):
            count += 1
            s, t = u[k, 0], v[0, m]
            turn = abs(np.degrees(np.arctan2(_side(s, t), s @ t)))
            angles.append(min(turn, 180 - turn))
    return count, angles


def _side(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]


def _contrasts(ax: Axes, boxes: dict[str, np.ndarray], spans: list[np.ndarray]) -> list[float]:
    """Contrast of every text with the last opaque ground under its middle, arrows apart."""
    grounds = [
        (art, span)
        for art, span in zip(ax.patches, spans, strict=True)
        if str(art.get_gid()).split(":")[0] != "edge"
    ]
    out = []
    for text in ax.texts:
        rows = boxes.get(str(text.get_gid()))
        if rows is None:  # the key, on white
            out.append(contrast(to_rgb(text.get_color()), (1, 1, 1)))
            continue
        middle = (rows[:, :2].min(axis=0) + rows[:, 2:].max(axis=0)) / 2
        at, paint = ax.transData.transform(middle), (1.0, 1.0, 1.0)
        for art, span in grounds:
            near = bool((span[0] <= at).all() and (at <= span[1]).all())
            if near and art.contains_point((at[0], at[1]), 0):
                paint = to_rgb(art.get_facecolor())
        out.append(contrast(to_rgb(text.get_color()), paint))
    return out


def _page_use(
    ax: Axes,
    boxes: dict[str, np.ndarray],
    spans: list[np.ndarray],
    width: float,
    height: float,
) -> float:
    back = ax.transData.inverted()
    corners = [box.reshape(2, 2) for rows in boxes.values() for box in rows]
    corners += [back.transform(span) for span in spans]
    points = np.clip(np.vstack(corners), 0, (width, height))
    extent = np.ptp(points, axis=0)
    return float(extent.prod() / (width * height))
