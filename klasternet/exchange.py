"""Other programs' shapes: edge lists of any data frame engine, networkx graphs, files.

Reading gives (sparse flows, names, ...), unchecked; `FlowNetwork` checks them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from .errors import AlignmentError, DataError, ParameterError
from .intake import as_array, name_index, summed_edges
from .matrices import canonical
from .registry import choose
from .tables.alignment import told

if TYPE_CHECKING:
    import networkx as nx

    from .clusters import Clusters
    from .network import FlowNetwork

GEXF_SIZES = (("radius", "size"), ("width", "thickness"))

__all__ = ["edge_frame", "graph", "read_edges", "read_graph", "write"]


def read_edges(
    frame: Any, source: str, target: str, weight: str
) -> tuple[sparse.csr_array, pd.Index]:
    """Return (flows, names) from a data frame with one row for each flow."""
    import narwhals as nw

    for column in (source, target, weight):
        if not isinstance(column, str):
            raise ParameterError(f"{told(column)} names no column of the edges. Give text.")
    try:
        data = nw.from_native(frame)
        schema = data.collect_schema()
    except nw.exceptions.DuplicateError as error:
        raise DataError(
            f"the edges have several columns of one name ({told(error)}). Give each its own."
        ) from error
    except TypeError as error:
        raise DataError(
            f"edges of type {type(frame).__name__} are no data frame. "
            "Give a frame of pandas, polars, pyarrow or another engine that narwhals knows."
        ) from error
    for column in (source, target, weight):
        if column not in schema:
            raise DataError(
                f"no column {told(column)} among the edges; there are "
                f"{', '.join(map(str, schema.names()[:20]))}. "
                "Name them with source=, target= and weight=."
            )
    if not (schema[weight].is_numeric() or schema[weight] == nw.Boolean):
        raise DataError(
            f"the weights in {weight!r} are of type {schema[weight]}, not numbers. "
            "Read the edges so that every weight is a number."
        )
    edges = data.select(
        nw.col(source).alias("source"),
        nw.col(target).alias("target"),
        nw.col(weight).cast(nw.Float64).alias("weight"),
    )
    if _alike(schema[source]) != _alike(schema[target]):
        raise DataError(
            f"sellers in {source!r} are of type {schema[source]}, buyers in {target!r} of type "
            f"{schema[target]}. Give both the same type, so that they meet by name."
        )
    if isinstance(edges, nw.LazyFrame):
        codes, weights, names = summed_edges(edges, source, target)
        i, j = codes[: len(weights)], codes[len(weights) :]
        return _assemble(i, j, weights, len(names)), name_index(names)
    if not len(edges):
        raise DataError(f"the table of edges ({source!r} to {target!r}) is empty. Was it read?")
    sellers, buyers, weights = (as_array(edges[name]) for name in edges.columns)
    i, j, names = _numbered(sellers, buyers, source, target)
    weights = weights.astype(np.float64, copy=False)
    return _assemble(i, j, weights, len(names)), name_index(names)


def _numbered(
    sellers: np.ndarray, buyers: np.ndarray, source: str, target: str
) -> tuple[np.ndarray, np.ndarray, Any]:
    """Return the numbers of sellers and of buyers, and the names in sorted order."""
    sides = sellers, buyers
    if all(side.dtype.kind in "iu" and len(side) for side in sides):
        low = min(int(side.min()) for side in sides)
        span = max(int(side.max()) for side in sides) - low + 1
        if span <= 8 * len(sellers) and low + span < 2**63:  # nearly 0 to n - 1: no hashing
            there = np.zeros(span, dtype=bool)
            for side in sides:
                there[_from(side, low)] = True
            number: np.ndarray = np.cumsum(there, dtype=_index(span))
            number -= 1
            i, j = (number[_from(side, low)] for side in sides)
            return i, j, np.flatnonzero(there) + low
    try:
        codes, names = pd.factorize(np.concatenate(sides), sort=True)
    except TypeError as error:
        raise DataError(_unlike(source, target, error)) from error
    if (codes < 0).any():
        at = int(np.flatnonzero(codes < 0)[0])
        column = source if at < len(sellers) else target
        other = buyers[at] if at < len(sellers) else sellers[at - len(sellers)]
        raise DataError(
            f"a name is missing in the column {column!r} (the other end is {other!r}). "
            "Fill it, or leave the edge out."
        )
    codes = codes.astype(_index(len(names)))
    return codes[: len(sellers)], codes[len(sellers) :], names


def _from(side: np.ndarray, low: int) -> np.ndarray:
    """Counted from the lowest; the same memory where that is 0."""
    return side if low == 0 else side.astype(np.int64) - low


def _index(size: int) -> type:
    """The type of numbers up to a size."""
    return np.int32 if size < 2**31 else np.int64


def _alike(kind: Any) -> str:
    """Names of these types can meet: numbers numbers, text text, and else the same type."""
    import narwhals as nw

    text = (nw.String, nw.Categorical, nw.Enum, nw.Object, nw.Unknown)
    return "number" if kind.is_numeric() else "text" if kind in text else str(kind)


def _unlike(source: str, target: str, error: Exception) -> str:
    return (
        f"the names in {source!r} and {target!r} cannot be put in order ({told(error)}). Give all "
        "of them as text."
    )


def _assemble(i: np.ndarray, j: np.ndarray, weights: np.ndarray, n: int) -> sparse.csr_array:
    small = _index(max(n, len(weights)))
    i, j = (end.astype(small, copy=False) for end in (i, j))
    return canonical(sparse.coo_array((weights, (i, j)), shape=(n, n)).tocsr())


def read_graph(
    G: nx.Graph, weight: str | None
) -> tuple[sparse.csr_array, pd.Index, pd.DataFrame | None]:
    """Return (flows, names, columns) of a networkx graph."""
    nodes = list(G)
    number = {node: k for k, node in enumerate(nodes)}
    edges = list(G.edges(data=weight, default=None) if weight else G.edges(data="", default=1.0))
    for u, v, value in edges:
        if value is None:
            raise DataError(
                f"the edge from {u!r} to {v!r} has no attribute {weight!r}. "
                "Set it, or name another with weight=."
            )
        if isinstance(value, str):
            raise DataError(
                f"the weight {value!r} of the edge from {u!r} to {v!r} is text. Make it a number."
            )
    i = np.array([number[u] for u, _, _ in edges], dtype=np.int64)
    j = np.array([number[v] for _, v, _ in edges], dtype=np.int64)
    w = np.array([value for _, _, value in edges], dtype=np.float64)
    if not G.is_directed():
        other = i != j
        i, j, w = np.r_[i, j[other]], np.r_[j, i[other]], np.r_[w, w[other]]
    names = name_index(nodes)
    known = pd.DataFrame.from_records([G.nodes[node] for node in nodes], index=names)
    W = _assemble(i, j, w, len(nodes))
    return W, names, known if len(known.columns) else None


def edge_frame(network: FlowNetwork) -> pd.DataFrame:
    """Return one row for each flow (or tie) of the network."""
    flows = sparse.coo_array(network.flows)
    given = network.given_ties
    names = network.industries
    if given is None:
        return pd.DataFrame(
            {"source": names[flows.row], "target": names[flows.col], "weight": flows.data}
        )
    ties = sparse.coo_array(network.ties)
    n = network.n
    both = [
        pd.Series(m.data, index=m.row.astype(np.int64) * n + m.col, name=name)
        for m, name in ((flows, "weight"), (ties, "tie"))
    ]
    frame = pd.concat(both, axis=1).fillna(0.0).sort_index()
    frame.insert(0, "source", names[frame.index // n])
    frame.insert(1, "target", names[frame.index % n])
    return frame.reset_index(drop=True)


def graph(network: FlowNetwork) -> nx.DiGraph:
    """Return the network as a networkx DiGraph."""
    import networkx as nx

    G = nx.DiGraph(name=network.name, unit=network.unit)
    G.add_nodes_from(network.industries.tolist())
    for name, column in network.columns.items():
        values = column.dropna()
        nx.set_node_attributes(G, dict(zip(values.index, values.tolist(), strict=True)), str(name))
    edges = edge_frame(network)
    ends = zip(edges["source"].tolist(), edges["target"].tolist(), strict=True)
    kinds = [name for name in ("weight", "tie") if name in edges]
    values = zip(*(edges[name].tolist() for name in kinds), strict=True)
    G.add_edges_from(
        (u, v, dict(zip(kinds, value, strict=True)))
        for (u, v), value in zip(ends, values, strict=True)
    )
    return G


def write(
    network: FlowNetwork,
    path: Path,
    clusters: Clusters | None,
    positions: pd.DataFrame | None = None,
    arrows: pd.DataFrame | None = None,
) -> Path:
    """Write the network in the format that the ending of the path tells."""
    ending = choose("file format", path.suffix.lstrip("."), ("graphml", "gexf", "net", "csv"))
    if clusters is not None and not clusters.network.industries.equals(network.industries):
        raise AlignmentError(
            "the clusters are of other industries than the network. Write clusters.network."
        )
    if ending == "csv":
        if positions is not None:
            raise ParameterError("a .csv has no place for positions. Write .gexf or .graphml.")
        edges = edge_frame(network)
        if arrows is not None:
            edges = edges.iloc[_rows_of(arrows, edges[["source", "target"]])]
        if clusters is not None:
            place = clusters.to_frame()["cluster"]
            edges = edges.assign(
                source_cluster=place.loc[edges["source"]].to_numpy(),
                target_cluster=place.loc[edges["target"]].to_numpy(),
            )
        edges.to_csv(path, index=False)
        return path
    import networkx as nx

    G = graph(network)
    if clusters is not None:
        place = clusters.to_frame()
        told = {"cluster": "cluster", "cluster_number": "label"}
        told |= {name: name for name in ("share", "secondary", "secondary_share") if name in place}
        for name, column in told.items():
            values = dict(zip(place.index, place[column].tolist(), strict=True))
            nx.set_node_attributes(G, values, name)
    if arrows is not None:
        known = pd.DataFrame(list(G.edges), columns=["source", "target"])
        kept = known.iloc[_rows_of(arrows, known)].itertuples(index=False, name=None)
        G.remove_edges_from(set(G.edges) - set(kept))
        _set_looks(G.edges, list(zip(arrows["source"], arrows["target"], strict=True)), arrows,
                   ending)  # fmt: skip
    if positions is not None:
        if not network.industries.sort_values().equals(positions.index.sort_values()):
            raise AlignmentError(
                "the positions are of other industries than the network. Give one row for each."
            )
        _set_looks(G.nodes, positions.index, positions, ending)
    if ending == "net":  # Pajek's node attributes are text
        for _, known in G.nodes(data=True):
            known.update({name: str(value) for name, value in known.items()})
    writers = {"graphml": nx.write_graphml, "gexf": _write_gexf, "net": nx.write_pajek}
    writers[ending](G, path)
    return path


def _write_gexf(G: nx.Graph, path: Path) -> None:
    """As networkx does, but valid and undated: a graph has no name by the schema."""
    from xml.etree.ElementTree import SubElement

    from networkx.readwrite.gexf import GEXFWriter

    writer = GEXFWriter(version="1.2draft")
    writer.add_graph(G)
    meta = writer.xml.find("meta")
    del writer.graph_element.attrib["name"], meta.attrib["lastmodifieddate"]
    if G.name:
        SubElement(meta, "description").text = G.name
    writer.write(path)


def _rows_of(arrows: pd.DataFrame, flows: pd.DataFrame) -> np.ndarray:
    """Where the flows are that arrows show."""
    for name in ("source", "target"):
        if name not in arrows:
            raise DataError(f"the arrows have no column {name!r}. Give those of network_arrows.")
    pairs = pd.MultiIndex.from_frame(arrows[["source", "target"]])
    at = pd.MultiIndex.from_frame(flows).get_indexer(pairs)
    if (at < 0).any():
        raise AlignmentError(
            f"the network has no flow for the arrow from {pairs[at < 0][0][0]!r} to "
            f"{pairs[at < 0][0][1]!r}. Give arrows of this network."
        )
    return np.asarray(at)


def _set_looks(items: Any, keys: Any, looks: pd.DataFrame, ending: str) -> None:
    """Give nodes or edges of a graph their places, sizes and colours, as the format has them.

    GEXF has elements for them; elsewhere they are attributes under the names that Gephi knows
    (x, y, size: the radius; color) and those that Cytoscape's styles need.
    """
    numbers = [name for name in ("x", "y", "radius", "width") if name in looks]
    lacking = {"x", "y"} - {*numbers} if "source" not in looks else set()
    if lacking:
        raise DataError(f"the positions have no column {min(lacking)!r}. Give x and y.")
    values = looks[numbers].to_numpy(dtype=float)
    if not np.isfinite(values).all():
        k = int(np.argmin(np.isfinite(values).all(axis=1)))
        raise DataError(f"the place or size of {keys[k]!r} is not finite. Correct it.")
    colours = looks["colour"].astype(str).tolist() if "colour" in looks else [""] * len(looks)
    for key, row, colour in zip(keys, values.tolist(), colours, strict=True):
        look: dict[str, Any] = dict(zip(numbers, row, strict=True))
        if colour and not re.fullmatch("#[0-9A-Fa-f]{6}", colour):
            raise DataError(f"the colour {colour!r} of {key!r} is none. Write it as #RRGGBB.")
        rgb = {c: int(colour[k : k + 2], 16) for c, k in (("r", 1), ("g", 3), ("b", 5)) if colour}
        if ending == "gexf":
            viz: dict[str, Any] = {"color": rgb} if colour else {}
            if "x" in look:
                viz["position"] = {"x": look["x"], "y": look["y"], "z": 0.0}
            viz |= {to: look[of] for of, to in GEXF_SIZES if of in look}
            items[key]["viz"] = viz
            continue
        known = {"width": look["width"]} if "width" in look else {}
        if "x" in look:
            known |= {"x": look["x"], "y": look["y"], "y_down": -look["y"]}
        if "radius" in look:
            known |= {"size": look["radius"], "diameter": 2 * look["radius"]}
        items[key].update(known | rgb | ({"color": colour} if colour else {}))
