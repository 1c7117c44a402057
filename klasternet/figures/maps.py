"""Regions shaded by what a cluster is there: location quotients, or the z of hot spots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError, ParameterError
from ..registry import choose
from . import canvas
from .canvas import INK, LEADING, text_on
from .sheet import TALLEST, Sheet, note_type, open_sheet, room_of, text_type
from .speech import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_map"]

AIR = 3.0
EDGE = "#6E6E6E"
FINEST = 0.15  # points
SWATCH = ((0, -2.5), (9, -2.5), (9, 2.5), (0, 2.5), (0, -2.5))
UNKNOWN = ("#FFFFFF", "....")
# Classes from low to high: upper end, colour, hatching. What is low is hatched too: it is told
# from what is high without colour.
KINDS: dict[str, dict[str, Any]] = {
    "lq": {
        "title": "Location quotient",
        "ends": (0.5, 0.8, 1.25, 2.0),
        "words": ("below 0.5", "0.5 to 0.8", "0.8 to 1.25", "1.25 to 2", "above 2"),
    },
    "g": {
        "title": "Hot spots, z",
        "ends": (-2.58, -1.96, 1.96, 2.58),
        "words": ("below −2.58", "−2.58 to −1.96", "not told from chance", "1.96 to 2.58",
                  "above 2.58"),
    },
}  # fmt: skip
FILLS = (
    ("#4393C3", "/////"),
    ("#B5D6E8", "/////"),
    ("#F0F0F0", ""),
    ("#F4A582", ""),
    ("#B2182B", ""),
)


def draw_map(
    regions: Any,
    values: Any,
    *,
    kind: str = "lq",
    names: str | None = None,
    labels: str = "auto",
    ax: Axes | None = None,
    width: str | float = "1col",
) -> Axes:
    """Draw regions shaded by a cluster's location quotient, or by the z of G*.

    Five classes, with ends that do not depend on the data, so that maps can be compared: for
    quotients 0.5, 0.8, 1.25 and 2, for z the usual 1.96 and 2.58. High is warm, low is cold and
    hatched; what is not known is dotted.

    Parameters
    ----------
    regions : GeoDataFrame, GeoSeries, or path
        Shapes of the regions, named by the index or by the column `names`. A path is that of a
        file that geopandas reads, and needs `names`. Degrees are drawn with the true
        proportions of their middle latitude; for other projections, project first.
    values : Series or DataFrame
        By region name: quotients or z. A frame needs the column "lq" or "z" (`local_g`).
    kind : {"lq", "g"}
    names : str, optional
        The column with the names of regions.
    labels : {"auto", "none"}
        "auto" names the regions that have room for their names.
    ax : Axes, optional
        Where to draw, within the box of these axes; without it a new figure is made.
    width : {"1col", "2col"} or float
        89 mm, 183 mm, or millimetres. Of a new figure, whose height follows.

    Returns
    -------
    Axes
        Its unit is the point. Gids: "region:NAME", "name:NAME", "key".

    Raises
    ------
    ImportError
        A path, and geopandas is not installed: ``pip install klasternet[geo]``.
    AlignmentError
        Values for regions that are not on the map, or for none of those on it.
    DataError
        Regions without shapes.
    ParameterError
        No such column, or none named for a file.

    Notes
    -----
    Large regions catch the eye whatever they make; a quotient is no size. z of more than 1.96 is
    found by chance in one of twenty regions: `local_g` has a verdict that allows for it.

    Examples
    --------
    A map needs shapes; anything with ``__geo_interface__`` will do.

    >>> class Square:
    ...     def __init__(self, x):
    ...         ring = [(x, 0), (x + 1, 0), (x + 1, 1), (x, 1), (x, 0)]
    ...         self.__geo_interface__ = {"type": "Polygon", "coordinates": [ring]}
    >>> shapes = pd.Series([Square(0), Square(1)], ["coast", "hills"])
    >>> ax = draw_map(shapes, pd.Series({"coast": 2.4, "hills": 0.7}))
    >>> [patch.get_gid() for patch in ax.patches][:2]
    ['region:coast', 'region:hills']
    """
    kind = choose("kind", kind, KINDS)
    labels = choose("labels", labels, ("auto", "none"))
    shapes, level = _shapes(regions, names)
    given = _values(values, kind, shapes.index)
    rings = {name: list(_rings(shape)) for name, shape in shapes.items()}
    if not any(rings.values()):
        raise DataError("no region has a shape that could be drawn. Give polygons.")
    every = np.vstack([ring for several in rings.values() for ring in several])
    low, high = every.min(axis=0), every.max(axis=0)
    stretch = np.array([np.cos(np.radians(np.clip((low[1] + high[1]) / 2, -80, 80))), 1.0])
    stretch = stretch if level else np.ones(2)
    extent = np.maximum((high - low) * stretch, 1e-12)
    across, down = room_of(ax, width)
    rows = _key_rows(kind, bool(given.isna().any()), across)
    foot = AIR + (len(rows) + 1) * LEADING * text_type() + 6
    if down is None:
        down = min(TALLEST, (across - 2 * AIR) * extent[1] / extent[0] + foot + AIR)
    room = np.array([across - 2 * AIR, down - foot - AIR])
    if room.min() < 20:
        raise ParameterError("the axes are too small for a map and its key. Give larger ones.")
    scale = float((room / extent).min())
    start = np.array([AIR, foot]) + (room - extent * scale) / 2
    with canvas.drawing():
        sheet = open_sheet(ax, across, down)
        placed = {
            name: [_thinned((ring - low) * stretch * scale + start) for ring in several]
            for name, several in rings.items()
        }
        for name, several in placed.items():
            if several:
                _region(sheet, several, *_fill(given[name], kind), f"region:{name}")
        if labels == "auto":
            _names(sheet, placed, given, kind)
        _key(sheet, rows, spoken().say(KINDS[kind]["title"]))
    return sheet.ax


# ------------------------------------------------------------------------------------- reading


def _shapes(regions: Any, names: str | None) -> tuple[pd.Series, bool]:
    """Shapes by name, and whether their coordinates are degrees."""
    if isinstance(regions, str | FilePath):
        try:
            import geopandas
        except ImportError as error:
            raise ImportError(
                f"reading {str(regions)!r} needs geopandas: pip install klasternet[geo]. "
                "Or give a GeoDataFrame."
            ) from error
        regions = geopandas.read_file(regions)
        if names is None:
            known = ", ".join(map(str, regions.columns[:12]))
            raise ParameterError(f"name the column with the regions: names=... Known: {known}.")
    if names is not None:
        if names not in getattr(regions, "columns", ()):
            raise ParameterError(f"the map has no column {names!r} to name regions by.")
        regions = regions.set_index(names)
    shapes = getattr(regions, "geometry", regions)
    if not isinstance(shapes, pd.Series) or not len(shapes):
        raise DataError(
            f"regions is a {type(regions).__name__} without shapes. Give a GeoDataFrame, a series "
            "of shapes by name, or a file of them."
        )
    doubled = shapes.index.duplicated()
    if doubled.any():
        raise DataError(
            f"the map has {shapes.index[doubled][0]!r} twice. Dissolve it to one shape for each."
        )
    crs = getattr(shapes, "crs", None)
    return shapes, bool(crs is not None and crs.is_geographic)


def _values(values: Any, kind: str, names: pd.Index) -> pd.Series:
    if isinstance(values, pd.DataFrame):
        column = {"lq": "lq", "g": "z"}[kind]
        if column not in values:
            raise DataError(f"the values have no column {column!r}. Give a series by region.")
        values = values[column]
    values = pd.Series(values, dtype=float)
    doubled = values.index.duplicated()
    if doubled.any():
        raise AlignmentError(
            f"the values name {values.index[doubled][0]!r} twice. Choose one cluster."
        )
    unknown = values.index.difference(names)
    if len(unknown) or not len(values):
        which = f"{unknown[0]!r} is not on the map" if len(unknown) else "there are no values"
        raise AlignmentError(f"{which}. Name regions as the index of the map does.")
    return values.reindex(names)


def _rings(shape: Any) -> Iterator[np.ndarray]:
    """Outlines and holes of a shape."""
    geometry = getattr(shape, "__geo_interface__", None)
    if geometry is None or geometry.get("coordinates") is None:
        return
    parts = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        parts = [parts]
    elif geometry["type"] != "MultiPolygon":
        raise DataError(f"a region is a {geometry['type']}, not an area. Give polygons.")
    for polygon in parts:
        for ring in polygon:
            yield np.asarray(ring, dtype=float)[:, :2]


# ------------------------------------------------------------------------------------- drawing


def _fill(value: float, kind: str) -> tuple[str, str]:
    if np.isnan(value):
        return UNKNOWN
    return FILLS[int(np.searchsorted(KINDS[kind]["ends"], value, side="right"))]


def _region(sheet: Sheet, rings: list[np.ndarray], paint: str, hatch: str, gid: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    path = Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))
    shape = PathPatch(path, facecolor=paint, edgecolor=EDGE, hatch=hatch or None)
    if hasattr(shape, "set_hatch_linewidth"):
        shape.set_hatch_linewidth(0.35)
    shape.set(gid=gid, linewidth=0.3, zorder=2, clip_on=False, joinstyle="round")
    sheet.ax.add_artist(shape)


def _thinned(ring: np.ndarray) -> np.ndarray:
    """An outline without points that no print can tell from the one before."""
    cells = np.floor(ring / FINEST)
    kept = (np.diff(cells, axis=0, prepend=np.nan) != 0).any(axis=1)
    kept[[0, -1]] = True
    return ring[kept] if kept.sum() > 3 else ring


def _names(sheet: Sheet, placed: dict[Any, list[np.ndarray]], given: pd.Series, kind: str) -> None:
    """Names that lie wholly within their region; larger regions first."""
    from matplotlib.path import Path

    tall = 0.8 * note_type()
    for name, rings in placed.items():
        if not rings:
            continue
        area = [abs(_area(ring)) for ring in rings]
        ring = rings[int(np.argmax(area))]
        text = str(name)
        half = np.array([canvas.text_width(text, note_type()) / 2 + 1, tall / 2 + 0.8])
        path = Path(ring, closed=True)
        low, high = ring.min(axis=0) + half, ring.max(axis=0) - half
        if (low > high).any():
            continue
        spots = np.array(
            [
                (x, y)
                for y in np.linspace(low[1], high[1], 15)
                for x in np.linspace(low[0], high[0], 15)
            ]
        )
        frame = np.array([(i, j) for i in np.linspace(-1, 1, 7) for j in (-1, 0, 1)]) * half
        inside = path.contains_points((spots[:, None] + frame).reshape(-1, 2))
        good = spots[inside.reshape(len(spots), -1).all(axis=1)]
        if not len(good):
            continue
        x, y = good[np.hypot(*(good - _middle(ring)).T).argmin()]
        paint, hatch = _fill(given[name], kind)
        if hatch:
            sheet.box(x - half[0], y - half[1], 2 * half[0], 2 * half[1], paint, f"ground:{name}")
        sheet.write(x, y, text, note_type(), gid=f"name:{name}", ha="center", ink=text_on(paint))


def _area(ring: np.ndarray) -> float:
    x, y = ring.T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def _middle(ring: np.ndarray) -> np.ndarray:
    """Centre of gravity of an outline."""
    cross = ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]
    if not cross.sum():
        return np.asarray(ring.mean(axis=0))
    middle = ((ring[:-1] + ring[1:]) * cross[:, None]).sum(axis=0) / (3 * cross.sum())
    return np.asarray(middle)


def _key_rows(kind: str, unknown: bool, across: float) -> list[list[tuple[float, str, str, str]]]:
    """Rows of the key: place, colour, hatching, words."""
    said = [spoken().say(words) for words in (*KINDS[kind]["words"], "not known")]
    fills = (*FILLS, UNKNOWN) if unknown else FILLS
    entries = [(*fill, words) for fill, words in zip(fills, said, strict=False)]
    rows: list[list[tuple[float, str, str, str]]] = [[]]
    x = AIR
    for paint, hatch, words in entries:
        room = 13 + canvas.text_width(words, note_type())
        if x + room > across - AIR and rows[-1]:
            rows.append([])
            x = AIR
        rows[-1].append((x, paint, hatch, words))
        x += room + 8
    return rows


def _key(sheet: Sheet, rows: list[list[tuple[float, str, str, str]]], title: str) -> None:
    step = LEADING * text_type()
    sheet.write(AIR, AIR + step * (len(rows) + 0.5), title, text_type(), gid="key", weight="bold")
    for row, entries in enumerate(rows):
        y = AIR + step * (len(rows) - row - 0.5)
        for x, paint, hatch, words in entries:
            corners = np.array([(x + a, y + b) for a, b in SWATCH])
            _region(sheet, [corners], paint, hatch, "key")
            sheet.write(x + 12, y, words, note_type(), gid="key", ink=INK)
