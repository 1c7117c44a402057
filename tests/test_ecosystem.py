"""There and back again: pymrio, networkx, igraph, geopandas, pandas, Polars, Excel, Gephi, sklearn.

With the packages themselves. One economy, the embedded table of Germany, whose six industries have
flows of every size, and its clusters.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np
import pandas as pd
import pytest

import klasternet as kn

GEXF, VIZ = "{http://www.gexf.net/1.2draft}", "{http://www.gexf.net/1.2draft/viz}"


@pytest.fixture(scope="module")
def table():
    return kn.datasets.load("germany_1995")


@pytest.fixture(scope="module")
def network(table):
    return kn.FlowNetwork.from_table(table)


@pytest.fixture(scope="module")
def clusters(network):
    return kn.Clusters.from_labels(network, [0, 1, 1, 2, 2, -1])


def as_frame(network):
    W = network.flows
    W = W.toarray() if hasattr(W, "toarray") else W
    names = network.industries.tolist()
    return pd.DataFrame(W, names, names).sort_index().sort_index(axis=1)


def same_flows(a, b):
    pd.testing.assert_frame_equal(as_frame(a), as_frame(b), check_names=False)


# -------------------------------------------------------------------------------------- tables


def test_pymrio_there_and_back(table):
    pymrio = pytest.importorskip("pymrio")
    system = kn.to_pymrio(table)
    assert isinstance(system, pymrio.IOSystem)
    system.calc_all()
    A = table.flows.to_numpy() / table.output.to_numpy()
    assert system.A.to_numpy() == pytest.approx(A)
    assert system.L.to_numpy() == pytest.approx(np.linalg.inv(np.eye(table.n) - A))
    back = kn.from_pymrio(system)
    assert back.flows.to_numpy() == pytest.approx(table.flows.to_numpy())
    assert back.industries.tolist() == table.industries.tolist()
    assert back.output.to_numpy() == pytest.approx(table.output.to_numpy())
    found = [kn.detect(kn.FlowNetwork.from_table(t), seed=0).labels for t in (table, back)]
    assert np.array_equal(*found)


def test_excel_there_and_back(table, tmp_path):
    """Written by pandas and openpyxl as any office would, read as a labelled table."""
    frame = pd.concat([table.flows, table.final_demand], axis=1)
    frame = pd.concat([frame, table.value_added]).rename_axis("industry")
    path = tmp_path / "economy.xlsx"
    frame.to_excel(path, sheet_name="1995")
    parts = {"final_demand": list(table.final_demand), "value_added": list(table.value_added.index)}
    back = kn.read_table(path, sheet="1995", **parts, empty=0)
    for part in ("flows", "final_demand", "value_added"):
        a, b = getattr(table, part), getattr(back, part)
        assert b.index.tolist() == a.index.tolist() and b.columns.tolist() == a.columns.tolist()
        assert b.to_numpy() == pytest.approx(a.to_numpy())
    # What is reported can be kept in a workbook, too.
    clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_table(back), [0, 1, 1, 2, 2, -1])
    clusters.to_frame().to_excel(tmp_path / "clusters.xlsx")
    kept = pd.read_excel(tmp_path / "clusters.xlsx", index_col=0)
    again = kn.Clusters.from_labels(clusters.network, kept["label"])
    assert np.array_equal(again.labels, clusters.labels)


def test_pandas_and_polars_there_and_back(network):
    polars = pytest.importorskip("polars")
    frame = network.to_edges()
    same_flows(kn.FlowNetwork.from_edges(frame), network)
    assert frame.dtypes["weight"] == np.float64
    edges = polars.from_pandas(frame.reset_index(drop=True))
    same_flows(kn.FlowNetwork.from_edges(edges), network)
    same_flows(kn.FlowNetwork.from_edges(edges.lazy()), network)
    table = polars.from_pandas(kn.detect(network, seed=0).to_frame().reset_index())
    assert table.height == network.n


# -------------------------------------------------------------------------------------- graphs


def test_networkx_there_and_back(table, network, clusters):
    nx = pytest.importorskip("networkx")
    G = network.to_networkx()
    assert isinstance(G, nx.DiGraph)
    same_flows(kn.FlowNetwork.from_networkx(G), network)
    # Communities are as networkx has them, both ways.
    parts = clusters.communities()
    assert nx.community.is_partition(G, parts)
    place = {name: k if len(part) > 1 else -1 for k, part in enumerate(parts) for name in part}
    back = kn.Clusters.from_labels(network, place)
    assert set(map(frozenset, back.communities())) == set(map(frozenset, parts))
    kept = kn.FlowNetwork.from_table(table, loops="keep")
    whole = kn.Clusters.from_labels(kept, [0, 1, 1, 2, 2, 0])
    Q = nx.community.modularity(kept.to_networkx(), whole.communities(), weight="weight")
    assert kn.objective(whole, "flow", 1, "configuration") == pytest.approx(Q, rel=1e-12)


def test_igraph_there_and_back(table, network):
    igraph = pytest.importorskip("igraph")
    g = igraph.Graph.from_networkx(network.to_networkx())
    G = g.to_networkx(vertex_attr_hashable="_nx_name")
    same_flows(kn.FlowNetwork.from_networkx(G), network)
    frame = g.get_edge_dataframe()
    names = g.vs["_nx_name"]
    frame = frame.assign(source=[names[k] for k in frame["source"]],
                         target=[names[k] for k in frame["target"]])  # fmt: skip
    same_flows(kn.FlowNetwork.from_edges(frame), network)
    # igraph's measures take our labels, and our Clusters those of igraph.
    kept = kn.FlowNetwork.from_table(table, loops="keep")
    g = igraph.Graph.from_networkx(kept.to_networkx())
    found = g.community_walktrap(weights="weight").as_clustering(2)
    names = g.vs["_nx_name"]
    ours = kn.Clusters.from_labels(kept, dict(zip(names, found.membership, strict=True)))
    place = dict(zip(kept.industries, ours.partition.tolist(), strict=True))
    labels = [place[name] for name in names]
    assert igraph.compare_communities(found.membership, labels, method="adjusted_rand") == 1.0
    Q = g.modularity(labels, weights="weight")
    assert kn.objective(ours, "flow", 1, "configuration") == pytest.approx(Q, rel=1e-12)


def test_sklearn_measures_take_labels(network, clusters):
    metrics = pytest.importorskip("sklearn.metrics")
    other = kn.Clusters.from_labels(network, [0, 0, 1, 1, 2, -1])
    ours = kn.agreement(clusters, other)
    a, b = clusters.labels, other.labels
    assert metrics.adjusted_rand_score(a, a) == 1.0
    alone = [np.where(x < 0, x.max() + 1 + np.arange(len(x)), x) for x in (a, b)]
    assert ours.ari == pytest.approx(metrics.adjusted_rand_score(*alone))
    assert ours.ami == pytest.approx(metrics.adjusted_mutual_info_score(*alone))
    pair = metrics.cluster.pair_confusion_matrix(a, b)
    assert pair.sum() == len(a) * (len(a) - 1)
    from_sklearn = pytest.importorskip("sklearn.cluster").SpectralClustering(
        2, affinity="precomputed", random_state=0
    )
    W = as_frame(network).loc[network.industries, network.industries].to_numpy()
    given = kn.Clusters.from_labels(network, from_sklearn.fit_predict(W + W.T))
    assert len(given) == 2


def test_geopandas_regions_are_mapped():
    geopandas = pytest.importorskip("geopandas")
    shapely = pytest.importorskip("shapely")
    squares = [shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2)]
    frame = geopandas.GeoDataFrame({"name": ["a", "b", "c"]}, geometry=squares, crs="EPSG:4326")
    employment = pd.DataFrame({"fish": [90, 20, 10], "shops": [100, 200, 290]}, ["a", "b", "c"])
    lq = kn.location_quotients(employment)["lq"].xs("fish", level=1)
    regions = frame.set_index("name").join(lq)
    ax = kn.draw_map(regions, regions["lq"])
    assert [p.get_gid() for p in ax.patches][:3] == ["region:a", "region:b", "region:c"]
    # The same through a file, as statistical offices publish them.
    read = geopandas.GeoDataFrame.from_features(json.loads(frame.to_json())).set_crs("EPSG:4326")
    again = kn.draw_map(read, lq, names="name")
    for one, two in zip(ax.patches[:3], again.patches[:3], strict=True):
        assert np.allclose(one.get_path().vertices, two.get_path().vertices)
        assert one.get_facecolor() == two.get_facecolor()
    ax.figure.clear()
    again.figure.clear()


# ------------------------------------------------------------------------------------- Gephi

# The rules of the schema of GEXF 1.2 as far as our files go, read off gexf.xsd, data.xsd and
# viz.xsd of the format's makers; namespaces as their examples, Gephi and networkx write them.
# Element: required attributes, others that are allowed, elements within, which are in order.
NUMBER = r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
POSITIVE, CHANNEL, ANY, COUNT = NUMBER[2:], r"1?\d?\d|2[0-4]\d|25[0-5]", r"(?s).*", r"\d+"
TYPES = "integer|long|double|float|boolean|liststring|string|anyURI"
RULES: dict[str, tuple[dict[str, str], dict[str, str], set[str]]] = {
    "gexf": ({"version": r"1\.2"}, {"variant": ANY}, {"meta", "graph"}),
    "meta": ({}, {"lastmodifieddate": r"\d{4}-\d\d-\d\d"}, {"creator", "keywords", "description"}),
    "creator": ({}, {}, set()),
    "description": ({}, {}, set()),
    "graph": (
        {},
        {"defaultedgetype": "directed|undirected|mutual", "idtype": "integer|string",
         "mode": "static|dynamic", "timeformat": "integer|double|date|dateTime"},
        {"attributes", "nodes", "edges"},
    ),
    "attributes": ({"class": "node|edge"}, {"mode": "static|dynamic"}, {"attribute"}),
    "attribute": ({"id": ANY, "title": ANY, "type": TYPES}, {}, {"default", "options"}),
    "nodes": ({}, {"count": COUNT}, {"node"}),
    "edges": ({}, {"count": COUNT}, {"edge"}),
    "node": ({"id": ANY}, {"label": ANY, "pid": ANY},
             {"attvalues", "viz:color", "viz:position", "viz:size", "viz:shape"}),
    "edge": ({"id": ANY, "source": ANY, "target": ANY},
             {"label": ANY, "weight": NUMBER, "type": "directed|undirected|mutual"},
             {"attvalues", "viz:color", "viz:thickness", "viz:shape"}),
    "attvalues": ({}, {}, {"attvalue"}),
    "attvalue": ({"for": ANY, "value": ANY}, {}, set()),
    "viz:color": (dict.fromkeys("rgb", CHANNEL), {"a": r"0(\.\d+)?|1(\.0+)?"}, set()),
    "viz:position": (dict.fromkeys("xyz", NUMBER), {}, set()),
    "viz:size": ({"value": POSITIVE}, {}, set()),
    "viz:thickness": ({"value": POSITIVE}, {}, set()),
}  # fmt: skip
READS = {"integer": int, "long": int, "double": float, "float": float, "string": str}
READS["boolean"] = lambda text: {"true": True, "false": False}[text]


def faults(root):
    """What breaks a rule of the schema: a sentence for each."""
    found = []

    def called(element):
        return element.tag.replace(VIZ, "viz:").replace(GEXF, "")

    for element in root.iter():
        name = called(element)
        if name not in RULES:
            found.append(f"no element {name}")
            continue
        required, allowed, within = RULES[name]
        found += [f"{name} lacks {key}" for key in required if key not in element.attrib]
        for key, value in element.attrib.items():
            if key.startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
                continue
            rule = (required | allowed).get(key)
            if rule is None:
                found.append(f"{name} has {key}")
            elif not re.fullmatch(rule, value):
                found.append(f"{name} {key}={value!r}")
        found += [f"{name} holds {called(e)}" for e in element if called(e) not in within]
    graph = root.findall(f"{GEXF}graph")
    found += ["not one graph"] * (len(graph) != 1 or root[-1] is not graph[0])
    # What the schema cannot say: ids are there once, and what refers to one finds it.
    types = {
        kind.get("class"): {a.get("id"): a.get("type") for a in kind}
        for kind in root.iter(f"{GEXF}attributes")
    }
    ids = Counter(node.get("id") for node in root.iter(f"{GEXF}node"))
    found += [f"node {name} twice" for name, number in ids.items() if number > 1]
    edges = Counter(edge.get("id") for edge in root.iter(f"{GEXF}edge"))
    found += [f"edge {name} twice" for name, number in edges.items() if number > 1]
    for edge in root.iter(f"{GEXF}edge"):
        found += [f"no node {edge.get(end)}" for end in ("source", "target")
                  if edge.get(end) not in ids]  # fmt: skip
    for kind in ("node", "edge"):
        for item in root.iter(GEXF + kind):
            for value in item.iter(f"{GEXF}attvalue"):
                of = types.get(kind, {}).get(value.get("for"))
                if of is None:
                    found.append(f"no attribute {value.get('for')}")
                    continue
                try:
                    READS[of](value.get("value"))
                except (ValueError, KeyError):
                    found.append(f"{value.get('value')!r} is no {of}")
    return found


def test_gexf_keeps_its_schema(network, clusters, tmp_path):
    import matplotlib

    matplotlib.use("Agg")
    ax = kn.draw_network(clusters, width="1col", seed=0)
    drawn = {"positions": kn.network_positions(ax), "arrows": kn.network_arrows(ax)}
    parts = [[1, 0, 0], [0, 1, 0], [0, 0.6, 0.4], [0, 0, 1], [0, 0, 1], [0, 0, 0]]
    several = kn.Clusters.from_labels(network, pd.DataFrame(parts, network.industries, list("abc")))
    ways = {"bare": ((), {}), "clusters": ((clusters,), {}), "drawn": ((clusters,), drawn),
            "shared": ((several,), {})}  # fmt: skip
    for name, (given, more) in ways.items():
        path = network.write(tmp_path / f"{name}.gexf", *given, **more)
        root = ET.parse(path).getroot()
        assert faults(root) == [], name
        assert root.find(f"{GEXF}meta/{GEXF}description").text == network.name
        again = network.write(tmp_path / "again.gexf", *given, **more)
        assert again.read_bytes() == path.read_bytes()  # undated


def test_the_schema_bites(network, tmp_path):
    """Each spoiled file is found out; the first is what networkx writes by itself."""
    nx = pytest.importorskip("networkx")
    G = network.to_networkx()
    G.graph["name"] = "x"
    nx.write_gexf(G, tmp_path / "plain.gexf")
    assert faults(ET.parse(tmp_path / "plain.gexf").getroot()) == ["graph has name"]
    good = network.write(tmp_path / "good.gexf").read_text(encoding="utf-8")
    for a, b, told in (
        ('version="1.2"', 'version="9"', "version="),
        (' target="', ' target="no', "no node"),
        ('type="double"', 'type="decimal"', "attribute type="),
        ("<nodes>", "<nodes><node/>", "node lacks id"),
        ("<edges>", "<edges><wire/>", "no element wire"),
        (' weight="', ' weight="much', "edge weight="),
        ("<attvalue for", "<attvalue unfor", "attvalue lacks for"),
    ):
        assert a in good
        found = faults(ET.fromstring(good.replace(a, b, 1)))
        assert any(told in fault for fault in found), (told, found)
