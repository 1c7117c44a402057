"""The same network drawn by networkx, igraph and netgraph, and by draw_network.

`python -m benchmarks.figures --data FOLDER [--seeds 3] [--out FOLDER]` prints one table: means over
seeds, for the summary table of the BEA at 89 and 183 mm and WIOD USA at 183 mm. With --out, one
picture a table shows all panels at printed size, 300 dots to the inch.

All draw what draw_network draws: the same arrows and widths, discs and colours, names (with their
breaks), type and page; the others without titles and key, which ours has to place too. Each is
tuned: weighted layouts, fitted to the page. What they drew is carried over (middles of discs, lines
of arrows, places of names) to the artists that `legibility` measures, so that one ruler serves all.
netgraph (GPL-3) is a peer here and nowhere else, and is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import io
import random
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import klasternet as kn
from benchmarks.legibility import found
from klasternet.figures import canvas
from klasternet.figures.routing import tapered
from klasternet.figures.sheet import open_sheet

MARGIN = 16.0
DOTS = 300
SHOWN = [
    *("label_label", "label_disc", "disc_disc", "clipped", "ambiguous", "heads_covered"),
    *("edges_through_discs", "labels_touched", "crossings", "angle", "page_use"),
]


@dataclass(frozen=True)
class Task:
    """What is to be drawn: taken off the figure of draw_network."""

    width: float
    height: float
    radius: np.ndarray
    paint: list[str]
    names: list[str]  # with line breaks; empty where ours found no room
    type: float
    ends: np.ndarray
    wide: np.ndarray
    edge_paint: list[str]
    flows: np.ndarray
    labels: np.ndarray

    def fitted(self, X: np.ndarray) -> np.ndarray:
        """A layout stretched over the page; industries without arrows at its foot."""
        low, high = np.array([MARGIN] * 2), np.array([self.width, self.height]) - MARGIN
        tied = np.isin(np.arange(len(X)), self.ends)
        X = low + (X - X[tied].min(axis=0)) / np.ptp(X[tied], axis=0) * (high - low)
        for k, i in enumerate(np.flatnonzero(~tied), 1):
            X[i] = MARGIN * k, MARGIN
        return X


@dataclass(frozen=True)
class Drawn:
    """What came out: a figure, and where it put things."""

    figure: Figure
    spots: np.ndarray
    lines: list[np.ndarray]
    names: np.ndarray  # middles of names


def task_of(ax: Axes, clusters: kn.Clusters) -> Task:
    """The arrows, discs and names of a figure."""
    network = clusters.network
    places = kn.network_positions(ax).loc[network.industries]
    arrows = kn.network_arrows(ax)
    number = {name: k for k, name in enumerate(network.industries)}
    ends = np.array([[number[a], number[b]] for a, b in zip(arrows["source"], arrows["target"],
                                                             strict=True)])  # fmt: skip
    rows: dict[int, list[str]] = {}
    size = 0.0
    for text in ax.texts:
        if str(text.get_gid()).startswith("label:"):
            rows.setdefault(int(str(text.get_gid())[6:]), []).append(text.get_text())
            size = float(text.get_fontsize())
    W = network.flows.toarray() if network.is_sparse else np.asarray(network.flows)
    return Task(
        ax.get_xlim()[1], ax.get_ylim()[1], places["radius"].to_numpy(), places["colour"].tolist(),
        ["\n".join(rows.get(i, [])) for i in range(network.n)], size, ends,
        arrows["width"].to_numpy(), arrows["colour"].tolist(), W[ends[:, 0], ends[:, 1]],
        np.array(clusters.labels),
    )  # fmt: skip


def page(task: Task) -> tuple[Figure, Axes]:
    """An empty page whose unit is the point."""
    figure = pyplot.figure(figsize=(task.width / 72, task.height / 72), dpi=DOTS)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, task.width), ylim=(0, task.height))
    ax.set_axis_off()
    return figure, ax


def straight(task: Task, X: np.ndarray) -> list[np.ndarray]:
    """Arrows from rim to rim."""
    out = []
    for i, j in task.ends:
        way = (X[j] - X[i]) / max(float(np.hypot(*(X[j] - X[i]))), 1e-9)
        ends = X[i] + way * task.radius[i], X[j] - way * task.radius[j]
        out.append(ends[0] + np.linspace(0, 1, 24)[:, None] * (ends[1] - ends[0]))
    return out


def by_networkx(task: Task, seed: int) -> Drawn:
    """Spring layout of the undirected network with the root of the flow as weight."""
    G = nx.DiGraph()
    G.add_nodes_from(range(len(task.names)))
    for (i, j), flow in zip(task.ends.tolist(), task.flows, strict=True):
        G.add_edge(i, j, weight=float(np.sqrt(flow / task.flows.max())))
    tied = G.to_undirected().subgraph(np.unique(task.ends).tolist())
    found = nx.spring_layout(tied, weight="weight", iterations=500, seed=seed)
    X = task.fitted(np.array([found.get(i, (0.0, 0.0)) for i in range(len(task.names))]))
    figure, ax = page(task)
    at = dict(enumerate(X))
    sizes = (2 * task.radius) ** 2
    nx.draw_networkx_nodes(
        G, at, ax=ax, node_size=sizes, node_color=task.paint, edgecolors="white", linewidths=0.4
    )
    nx.draw_networkx_edges(
        G, at, ax=ax, edgelist=task.ends.tolist(), node_size=sizes, width=task.wide,
        edge_color=task.edge_paint, arrowsize=4,
    )  # fmt: skip
    nx.draw_networkx_labels(G, at, dict(enumerate(task.names)), ax=ax, font_size=task.type)
    ax.set(xlim=(0, task.width), ylim=(0, task.height))
    return Drawn(figure, X, straight(task, X), X)


def by_igraph(task: Task, seed: int, layout: str) -> Drawn:
    """Fruchterman-Reingold with weights, or Kamada-Kawai from there; mutual arrows bent a little.

    Its discs and heads are measured in dots of the screen, so they are right at one resolution.
    """
    import igraph

    random.seed(seed)
    igraph.set_random_number_generator(random)
    pairs = task.ends.tolist()
    graph = igraph.Graph(n=len(task.names), edges=pairs, directed=True)
    weights = np.sqrt(task.flows / task.flows.max())
    found = graph.layout_fruchterman_reingold(weights=weights.tolist(), niter=2000)
    if layout == "kk":
        found = graph.layout_kamada_kawai(seed=found)
    X = task.fitted(np.array(found.coords))
    figure, ax = page(task)
    dots = DOTS / 72
    mutual = {(i, j) for i, j in pairs} & {(j, i) for i, j in pairs}
    art = igraph.plot(
        graph, target=ax, layout=X.tolist(), vertex_size=(2 * task.radius * dots).tolist(),
        vertex_color=task.paint, vertex_frame_color="white", vertex_frame_width=0.4,
        vertex_label=task.names, vertex_label_size=task.type, edge_width=task.wide.tolist(),
        edge_color=task.edge_paint, edge_arrow_size=4 * dots, edge_arrow_width=3 * dots,
        autocurve=False, edge_curved=[0.15 if tuple(pair) in mutual else 0.0 for pair in pairs],
    )  # fmt: skip
    figure.canvas.draw()
    lines = []
    for path in art.get_edges().get_paths():
        v = path.vertices  # from the head back to the tail, then the head with its tip
        if path.codes is not None and 4 in path.codes:
            t = np.linspace(0, 1, 24)[:, None]
            bent = (1 - t) ** 3 * v[0] + 3 * (1 - t) ** 2 * t * v[1]
            line = bent + 3 * (1 - t) * t**2 * v[2] + t**3 * v[3]
        else:
            line = v[0] + np.linspace(0, 1, 24)[:, None] * (v[1] - v[0])
        centre, radius = X[pairs[len(lines)][1]], task.radius[pairs[len(lines)][1]]
        tip = v[-3] - centre  # sizes are cut to whole dots there: up to 0.2 points
        tip *= max(1.0, radius / float(np.hypot(*tip)))
        lines.append(np.vstack([line[::-1], centre + tip]))
    return Drawn(figure, X, lines, X)


def by_netgraph(task: Task, seed: int) -> Drawn:
    """Its layout for communities, with curved arrows; grey industries are a community each."""
    import netgraph

    np.random.seed(seed)  # noqa: NPY002 netgraph takes no seed
    groups = task.labels.copy()
    groups[groups < 0] = groups.max() + 1 + np.arange((groups < 0).sum())
    pairs = [tuple(pair) for pair in task.ends.tolist()]
    nodes = range(len(task.names))
    size = np.array([task.width, task.height]) - 2 * MARGIN
    economy = nx.DiGraph(pairs)
    economy.add_nodes_from(nodes)
    figure, ax = page(task)
    graph = netgraph.Graph(
        economy, ax=ax, origin=(MARGIN, MARGIN), scale=tuple(size), arrows=True,
        node_layout="community",
        node_layout_kwargs={"node_to_community": dict(zip(nodes, groups.tolist(), strict=True))},
        edge_layout="curved", node_size={i: 100 * task.radius[i] for i in nodes},
        node_color=dict(zip(nodes, task.paint, strict=True)), node_edge_width=0, node_alpha=1,
        edge_width=dict(zip(pairs, 100 * task.wide, strict=True)), edge_alpha=1,
        edge_color=dict(zip(pairs, task.edge_paint, strict=True)),
        node_labels={i: name for i, name in enumerate(task.names) if name},
        node_label_fontdict={"size": task.type}, node_label_offset=0.0,
    )  # fmt: skip
    ax.set(xlim=(0, task.width), ylim=(0, task.height))
    X = np.array([graph.node_positions[i] for i in nodes])
    lines = []
    for i, j in pairs:
        line = np.asarray(graph.edge_paths[i, j])
        within = np.hypot(*(line - X[i]).T) < task.radius[i]
        within |= np.hypot(*(line - X[j]).T) < task.radius[j]
        lines.append(line[~within] if (~within).sum() > 3 else line)
    middles = X.copy()
    for i, art in graph.node_label_artists.items():
        middles[i] = art.get_position()
    return Drawn(figure, X, lines, middles)


PEERS: dict[str, Callable[[Task, int], Drawn]] = {
    "networkx": by_networkx,
    "igraph, Fruchterman-Reingold": lambda task, seed: by_igraph(task, seed, "fr"),
    "igraph, Kamada-Kawai": lambda task, seed: by_igraph(task, seed, "kk"),
    "netgraph, communities": by_netgraph,
}


def measured(task: Task, drawn: Drawn) -> dict[str, float]:
    """What a peer drew, by the ruler for our figures."""
    sheet = open_sheet(page(task)[1], task.width, task.height)
    sheet.ax.set_gid("network:0:0")  # what only draw_network can tell
    for (i, j), line, wide in zip(task.ends.tolist(), drawn.lines, task.wide, strict=True):
        sheet.polygon(tapered(line, wide), "#808080", f"edge:{i}-{j}")
    for i, (x, y) in enumerate(drawn.spots):
        sheet.disc(x, y, task.radius[i], task.paint[i], f"disc:{i}")
    for i, name in enumerate(task.names):
        if name:
            x, y = drawn.names[i]
            sheet.write(x, y, name.split("\n"), task.type, gid=f"label:{i}", ha="center")
    return kn.legibility(sheet.ax)


def size_of_pdf(figure: Figure) -> float:
    """Kilobytes."""
    file = io.BytesIO()
    figure.savefig(file, format="pdf")
    return len(file.getvalue()) / 1000


def compare(
    clusters: kn.Clusters, width: str, seeds: int
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Means over seeds of every measure, and the pictures of the first seed."""
    rows, pictures = [], {}
    for seed in range(seeds):
        start = time.process_time()
        ax = kn.draw_network(clusters, width=width, seed=seed)
        took = time.process_time() - start
        figure = ax.get_figure(root=True)
        task = task_of(ax, clusters)
        rows.append({"drawn by": "klasternet", "s": took, "PDF KB": size_of_pdf(figure)})
        rows[-1] |= kn.legibility(ax)
        figures = {"klasternet": figure}
        for name, draw in PEERS.items():
            start = time.process_time()
            try:
                drawn = draw(task, seed)
            except ImportError as error:
                print(f"{name}: left out ({error})")
                continue
            took = time.process_time() - start
            rows.append({"drawn by": name, "s": took, "PDF KB": size_of_pdf(drawn.figure)})
            rows[-1] |= measured(task, drawn)
            figures[name] = drawn.figure
        if seed == 0:
            for name, figure in figures.items():
                figure.set_dpi(DOTS)
                figure.canvas.draw()
                pictures[name] = np.asarray(figure.canvas.buffer_rgba())[:, :, :3].copy()
        pyplot.close("all")
    frame = pd.DataFrame(rows).groupby("drawn by", sort=False)[[*SHOWN, "s", "PDF KB"]].mean()
    return frame, pictures


def panels(pictures: dict[str, np.ndarray], file: Path) -> None:
    """All pictures side by side under their names, at printed size."""
    high, wide = (max(p.shape[side] for p in pictures.values()) for side in (0, 1))
    columns = 3
    rows = -(-len(pictures) // columns)
    head = 60
    figure = pyplot.figure(figsize=(columns * wide / 300, rows * (high + head) / 300), dpi=300)
    for k, (name, picture) in enumerate(pictures.items()):
        left, low = k % columns * wide, (rows - 1 - k // columns) * (high + head)
        figure.figimage(picture, left, low)
        figure.text(
            (left + 30) / (columns * wide), (low + high + 15) / (rows * (high + head)), name, size=9
        )
    figure.savefig(file)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    pyplot.switch_backend("agg")
    usa = found(kn.read_table(options.data / "wiod2016_niot_usa"))
    bea = found(kn.datasets.load("usa_2022"))
    with kn.style("nature"):
        for name, clusters, width in (
            ("BEA summary", bea, "1col"),
            ("BEA summary", bea, "2col"),
            ("WIOD USA", usa, "2col"),
        ):
            frame, pictures = compare(clusters, width, options.seeds)
            print(f"\n{name}, {canvas.WIDTHS[width]:.0f} mm, means of {options.seeds} seeds")
            with pd.option_context("display.width", 250, "display.max_columns", 30):
                print(frame.round(2).to_string())
            ours, other = frame.loc["klasternet", "crossings"], frame.filter(like="igraph", axis=0)
            print(f"crossings against the better igraph: {ours / other['crossings'].min():.2f}")
            if options.out:
                panels(pictures, options.out / f"compare-{name.replace(' ', '-')}-{width}.png")


if __name__ == "__main__":
    main()
