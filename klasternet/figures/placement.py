"""Positions that are given: by coordinates, by place in the supply chain, or by the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from ..errors import AlignmentError, DataError
from ..matrices import row_sums
from ..registry import layout as register
from ..registry import layouts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..network import FlowNetwork

__all__ = ["given_positions", "network_arrows", "network_positions"]


def given_positions(
    layout: Any, network: FlowNetwork, page: tuple[float, float, float, float]
) -> np.ndarray:
    """Positions (n, 2) in points within a page (left, low, right, high).

    One scale serves both directions, or maps would be distorted; unless a frame says
    ``attrs["stretch"]``.
    """
    low, high = np.array(page[:2]) + 16, np.array(page[2:]) - 16
    if isinstance(layout, str):
        layout = layouts.find(layout)
    if callable(layout):
        layout = layout(network)
    if isinstance(layout, Mapping):
        layout = pd.DataFrame.from_dict(dict(layout), orient="index", columns=["x", "y"])
    missing = network.industries.difference(layout.index)
    if len(missing):
        raise AlignmentError(f"the layout has no position for {missing[0]!r}. Give one for each.")
    X = layout.loc[network.industries, ["x", "y"]].to_numpy(dtype=float)
    if not np.isfinite(X).all():
        k = int(np.argmin(np.isfinite(X).all(axis=1)))
        raise DataError(f"the position of {network.industries[k]!r} is not finite. Correct it.")
    scale = (high - low) / np.maximum(np.ptp(X, axis=0), 1e-12)
    scale = scale if layout.attrs.get("stretch") else scale.min()
    return (low + high) / 2 + (X - (X.min(axis=0) + X.max(axis=0)) / 2) * scale


@register("geo")
def _geo(network: FlowNetwork) -> pd.DataFrame:
    """Longitude and latitude, columns of the network."""
    lacking = [name for name in ("longitude", "latitude") if name not in network.columns]
    if lacking:
        raise DataError(
            f"the network has no column {lacking[0]!r}. Give columns= longitude and latitude."
        )
    return network.columns[["longitude", "latitude"]].set_axis(["x", "y"], axis=1)


@register("supply_chain")
def _supply_chain(network: FlowNetwork) -> pd.DataFrame:
    """Far from final demand at the left; down the page by size, largest in the middle.

    Upstreamness is 1 plus the mean upstreamness of buyers weighted by sales shares (Antras and
    others 2012, doi 10.1257/aer.102.3.412), here of the ranks, so that no column is crowded.
    """
    Z = network.flows.toarray() if network.is_sparse else np.asarray(network.flows)
    sold = row_sums(Z)
    output = network.columns.get("output")
    x = np.maximum(np.asarray(output, float), sold * 1.0001) if output is not None else 1.5 * sold
    shares = Z / np.where(x > 0, x, 1)[:, None]
    up = np.linalg.solve(np.eye(network.n) - shares, np.ones(network.n))
    rank = np.argsort(np.argsort(-up, kind="stable"), kind="stable")
    down = 0.5 + 0.5 * np.where(rank % 2, 1, -1) * ((rank * 0.618034) % 1)
    places = pd.DataFrame({"x": (rank + 0.5) / network.n, "y": down}, index=network.industries)
    places.attrs["stretch"] = True
    return places


def network_positions(ax: Axes) -> pd.DataFrame:
    """Places of industries in a network diagram, to draw another year alike or elsewhere.

    Returns
    -------
    DataFrame
        Columns x, y and radius, in points from the lower left corner, and colour; index: the
        industries. It is a `layout` of `draw_network`, and `positions` of `FlowNetwork.write`.

    Raises
    ------
    DataError
        Axes without a network diagram.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(8, 2, contrast=6, seed=1)
    >>> ax = kn.draw_network(kn.Clusters.from_labels(network, labels), seed=0)
    >>> kn.network_positions(ax).columns.tolist()
    ['x', 'y', 'radius', 'colour']
    """
    rows = [
        (disc.get_label(), *disc.get_center(), disc.get_radius(), _paint(disc))
        for disc in _drawn(ax, "disc")
    ]
    frame = pd.DataFrame(rows, columns=["industry", "x", "y", "radius", "colour"])
    return frame.set_index("industry")


def network_arrows(ax: Axes) -> pd.DataFrame:
    """The arrows of a network diagram, one row for each, as they were drawn.

    Returns
    -------
    DataFrame
        Columns source and target (industries), width in points, and colour. They are `arrows` of
        `FlowNetwork.write`.

    Raises
    ------
    DataError
        Axes without a network diagram.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(8, 2, contrast=6, seed=1)
    >>> ax = kn.draw_network(kn.Clusters.from_labels(network, labels), n_edges=9, seed=0)
    >>> kn.network_arrows(ax).shape
    (9, 4)
    """
    names = {disc.get_gid()[5:]: disc.get_label() for disc in _drawn(ax, "disc")}
    rows = []
    for arrow in _drawn(ax, "edge"):
        source, target = arrow.get_gid()[5:].split("-")
        shape = np.asarray(arrow.get_xy())
        shape = shape[:-1] if np.allclose(shape[0], shape[-1]) else shape
        neck = (len(shape) - 3) // 2  # the last of one side; beyond the head the other begins
        width = float(np.hypot(*(shape[neck - 1] - shape[neck + 3])))
        rows.append((names[source], names[target], width, _paint(arrow)))
    return pd.DataFrame(rows, columns=["source", "target", "width", "colour"])


def _drawn(ax: Axes, kind: str) -> list[Any]:
    found = [art for art in ax.patches if str(art.get_gid()).startswith(f"{kind}:")]
    if not found and kind == "disc":
        raise DataError("these axes hold no network diagram. Give those of draw_network.")
    return found


def _paint(art: Any) -> str:
    return str(to_hex(art.get_facecolor()))
