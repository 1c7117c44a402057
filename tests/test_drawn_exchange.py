"""A drawn network in other programs: GEXF and GraphML with places, sizes, colours, clusters."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import matplotlib as mpl
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

import klasternet as kn
from klasternet.figures.routing import LEAST

VIZ = "{http://www.gexf.net/1.2draft/viz}"  # of the published schema of GEXF 1.2
GEXF = "{http://www.gexf.net/1.2draft}"


@pytest.fixture(scope="module")
def drawn():
    mpl.use("Agg")
    network, labels = kn.datasets.planted(24, 3, contrast=6, seed=1)
    clusters = kn.Clusters.from_labels(network, np.where(labels < 2, labels, -1))
    ax = kn.draw_network(clusters, seed=0, labels="none", height=100)
    yield clusters, kn.network_positions(ax), kn.network_arrows(ax)
    pyplot.close("all")


def channels(colour):
    return [str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)]


def test_gexf_has_what_was_drawn(drawn, tmp_path):
    clusters, positions, arrows = drawn
    path = clusters.network.write(tmp_path / "x.gexf", clusters, positions=positions, arrows=arrows)
    root = ET.parse(path).getroot()
    nodes = root.findall(f".//{GEXF}node")
    assert {node.get("label") for node in nodes} == set(positions.index)
    for node in nodes:
        row = positions.loc[node.get("id")]
        at, size, paint = (node.find(VIZ + name) for name in ("position", "size", "color"))
        assert [float(at.get(c)) for c in "xyz"] == [row["x"], row["y"], 0.0]
        assert float(size.get("value")) == row["radius"]
        assert [paint.get(c) for c in "rgb"] == channels(row["colour"])
    edges = root.findall(f".//{GEXF}edge")
    assert len(edges) == len(arrows)
    look = arrows.set_index(["source", "target"])
    names = clusters.network.industries
    W = pd.DataFrame(clusters.network.flows, names, names)
    for edge in edges:
        row = look.loc[(edge.get("source"), edge.get("target"))]
        assert float(edge.find(VIZ + "thickness").get("value")) == pytest.approx(row["width"])
        assert [edge.find(VIZ + "color").get(c) for c in "rgb"] == channels(row["colour"])
        assert float(edge.get("weight")) == W.loc[edge.get("source"), edge.get("target")]


def test_graphml_has_what_was_drawn(drawn, tmp_path):
    clusters, positions, arrows = drawn
    path = clusters.network.write(
        tmp_path / "x.graphml", clusters, positions=positions, arrows=arrows
    )
    G = nx.read_graphml(path)
    place = clusters.to_frame()["cluster"]
    for name, row in positions.iterrows():
        node = G.nodes[name]
        assert (node["x"], node["y"], node["y_down"]) == (row["x"], row["y"], -row["y"])
        assert (node["size"], node["diameter"]) == (row["radius"], 2 * row["radius"])
        assert [str(node[c]) for c in "rgb"] == channels(row["colour"])
        assert (node["color"], node["cluster"]) == (row["colour"], place[name])
    assert set(G.edges) == set(zip(arrows["source"], arrows["target"], strict=True))


@pytest.mark.parametrize("ending", ["gexf", "graphml"])
def test_all_flows_come_back(drawn, tmp_path, ending):
    clusters, positions, _ = drawn
    path = clusters.network.write(tmp_path / f"x.{ending}", clusters, positions=positions)
    G = {"gexf": nx.read_gexf, "graphml": nx.read_graphml}[ending](path)
    again = kn.FlowNetwork.from_networkx(G).select(list(clusters.network.industries))
    W = again.flows.toarray() if again.is_sparse else again.flows
    np.testing.assert_array_equal(W, clusters.network.flows)


def test_a_drawing_read_back_is_drawn_again(drawn, tmp_path):
    clusters, positions, _ = drawn
    path = clusters.network.write(tmp_path / "x.graphml", clusters, positions=positions)
    G = nx.read_graphml(path)
    again = pd.DataFrame.from_dict(dict(G.nodes(data=True)), orient="index")[["x", "y"]]
    ax = kn.draw_network(clusters, layout=again, labels="none", height=100)
    moved = kn.network_positions(ax).loc[positions.index, ["x", "y"]] - positions[["x", "y"]]
    assert np.median(np.hypot(moved["x"], moved["y"])) < 20  # of a page of 519 points


def test_arrows_are_as_wide_as_the_root_of_flows(drawn):
    clusters, _, arrows = drawn
    W = pd.DataFrame(
        clusters.network.flows, clusters.network.industries, clusters.network.industries
    )
    flows = np.array([W.loc[a, b] for a, b in zip(arrows["source"], arrows["target"], strict=True)])
    wide = arrows["width"] > 1.01 * LEAST
    ratio = arrows["width"][wide] / np.sqrt(flows[wide])
    assert wide.sum() > 10
    assert ratio.max() / ratio.min() < 1.01


def test_pajek_and_csv(drawn, tmp_path):
    clusters, positions, arrows = drawn
    network = clusters.network
    text = network.write(tmp_path / "x.net", positions=positions).read_text("utf-8")
    name, x, y = positions.index[0], positions["x"].iloc[0], positions["y"].iloc[0]
    line = next(line for line in text.splitlines() if name in line)
    assert f"{x} {y}" in line
    rows = pd.read_csv(network.write(tmp_path / "x.csv", clusters, arrows=arrows))
    assert len(rows) == len(arrows)
    with pytest.raises(kn.ParameterError, match="no place for positions"):
        network.write(tmp_path / "y.csv", positions=positions)


def test_what_does_not_fit_is_refused(drawn, tmp_path):
    clusters, positions, arrows = drawn
    network, path = clusters.network, tmp_path / "x.gexf"
    with pytest.raises(kn.AlignmentError, match="positions are of other industries"):
        network.write(path, positions=positions.iloc[1:])
    with pytest.raises(kn.DataError, match="no column 'y'"):
        network.write(path, positions=positions.drop(columns="y"))
    with pytest.raises(kn.DataError, match="not finite"):
        network.write(path, positions=positions.assign(x=np.nan))
    with pytest.raises(kn.DataError, match="#RRGGBB"):
        network.write(path, positions=positions.assign(colour="red"))
    with pytest.raises(kn.AlignmentError, match="no flow for the arrow"):
        network.write(path, arrows=arrows.assign(target="nowhere"))
    with pytest.raises(kn.DataError, match="no column 'target'"):
        network.write(path, arrows=arrows.drop(columns="target"))
    assert not path.exists()
