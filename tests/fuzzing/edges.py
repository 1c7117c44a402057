"""Frames of flows for `FlowNetwork.from_edges`, spoilt, in several engines; and files of them.

The twin is a dictionary: the weights of each pair added up in plain Python. What is read must hold
exactly these names and these sums.
"""

from __future__ import annotations

import datetime
import decimal
import io
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

import klasternet as kn

from .verdict import Outcome, settle

ENGINES = ("pandas", "pandas", "polars", "polars lazy", "pyarrow")


@dataclass
class Edges:
    """A case: columns of a frame, the engine that holds it, and the arguments."""

    mutation: str
    columns: dict[str, list[Any]]
    engine: str = "pandas"
    arguments: dict[str, Any] = field(default_factory=dict)
    frame: Any = None  # where the frame is no frame of these columns
    kind: str = "edges"


Change = Callable[[Edges, np.random.Generator], None]
CHANGES: dict[str, Change] = {}


def change(name: str) -> Callable[[Change], Change]:
    def keep(function: Change) -> Change:
        CHANGES[f"edges: {name}"] = function
        return function

    return keep


def draw(rng: np.random.Generator) -> Edges:
    n = int(rng.integers(3, 12))
    m = int(rng.integers(3, 40))
    names = [f"firm {k}" for k in range(n)]
    columns = {
        "source": [names[k] for k in rng.integers(n, size=m)],
        "target": [names[k] for k in rng.integers(n, size=m)],
        "weight": [float(w) for w in rng.integers(1, 100, m)],
    }
    name = str(rng.choice(list(CHANGES)))
    case = Edges(name, columns, str(rng.choice(ENGINES)))
    CHANGES[name](case, rng)
    return case


def run(case: Edges) -> Outcome:
    try:
        frame = _frame(case) if case.frame is None else case.frame
    except Exception as error:  # the engine itself holds no such column
        return Outcome("no frame", type(error).__name__)
    return settle(
        lambda: kn.FlowNetwork.from_edges(frame, **case.arguments),
        lambda network: _judge(network, frame, case),
        list(case.columns),
    )


def _frame(case: Edges) -> Any:
    if case.engine == "pandas":
        return pd.DataFrame({name: pd.Series(cells) for name, cells in case.columns.items()})
    if case.engine.startswith("polars"):
        import polars as pl

        frame = pl.DataFrame(case.columns)
        return frame.lazy() if case.engine.endswith("lazy") else frame
    import pyarrow as pa

    return pa.table(case.columns)


def _missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell))


def _judge(network: kn.FlowNetwork, frame: Any, case: Edges) -> str | None:
    """Compare names and sums with those of the twin."""
    if not isinstance(network, kn.FlowNetwork):
        return f"unsound: a {type(network).__name__}"
    if case.frame is not None and not isinstance(frame, pd.DataFrame):
        return None
    native = frame.collect() if hasattr(frame, "collect") else frame
    at = {end: case.arguments.get(end, end) for end in ("source", "target", "weight")}
    if isinstance(native, pd.DataFrame):
        cells = {end: list(native[name]) for end, name in at.items()}
    else:
        cells = {end: native[name].to_pylist() if hasattr(native[name], "to_pylist")
                 else native[name].to_list() for end, name in at.items()}  # fmt: skip
    sums: dict[Any, float] = {}
    for seller, buyer, weight in zip(*cells.values(), strict=True):
        if _missing(seller) or _missing(buyer) or _missing(weight):
            return "unsound: something is missing and was read"
        sums[str(seller), str(buyer)] = sums.get((str(seller), str(buyer)), 0.0) + float(weight)
    names = {name for pair in sums for name in pair}
    if {str(name) for name in network.industries} != names or network.n != len(names):
        return f"lost: names {sorted(names ^ {str(name) for name in network.industries})[:4]}"
    held = network.flows.tocoo()
    wanted = {pair: value for pair, value in sums.items() if value}
    place = [str(name) for name in network.industries]
    found = {
        (place[i], place[j]): v for i, j, v in zip(held.row, held.col, held.data, strict=True) if v
    }
    loops = {pair: v for pair, v in wanted.items() if pair[0] == pair[1]}
    off = {pair: v for pair, v in wanted.items() if pair[0] != pair[1]}
    if found.keys() not in (off.keys(), wanted.keys()):
        return f"lost: pairs {list(found.keys() ^ off.keys())[:3]}, loops {len(loops)}"
    for pair, value in found.items():
        if not math.isclose(value, wanted[pair], rel_tol=1e-9) or not math.isfinite(value):
            return f"wrong: {pair} holds {value!r}, not {wanted[pair]!r}"
    return None


@change("nothing")
def nothing(case, rng):
    pass


ODD_NAMES = [
    *(
        None,
        math.nan,
        pd.NA,
        pd.NaT,
        "",
        " ",
        1,
        1.5,
        True,
        b"firm",
        "firm\x00",
        "\u202efirm",
        "é",
        "e\u0301",
    ),
    *(
        "x" * 50_000,
        10**30,
        datetime.date(2020, 1, 1),
        pd.Timestamp("2020-01-01"),
        ("a", 1),
        "Total",
    ),
    *(frozenset({1}), decimal.Decimal("1.5"), ["a"], {"a": 1}, np.inf, "nan", "None", 1 + 2j),
]
ODD_WEIGHTS = [
    *(
        None,
        math.nan,
        pd.NA,
        math.inf,
        -math.inf,
        -1.0,
        0.0,
        "5",
        "n.a.",
        "",
        True,
        1 + 2j,
        10**30,
        10**400,
    ),
    *(
        1e308,
        1e-320,
        decimal.Decimal("1.5"),
        datetime.date(2020, 1, 1),
        pd.Timedelta(1, "s"),
        b"5",
        [1.0],
    ),
    *(np.float32(1.5), np.int8(3), -0.0, "1,5", 2**63, {"a": 1}),
]


@change("an odd name")
def odd_name(case, rng):
    cells = case.columns[str(rng.choice(["source", "target"]))]
    for _ in range(int(rng.integers(1, 4))):
        cells[int(rng.integers(len(cells)))] = ODD_NAMES[int(rng.integers(len(ODD_NAMES)))]


@change("an odd weight")
def odd_weight(case, rng):
    cells = case.columns["weight"]
    for _ in range(int(rng.integers(1, 4))):
        cells[int(rng.integers(len(cells)))] = ODD_WEIGHTS[int(rng.integers(len(ODD_WEIGHTS)))]


@change("huge weights")
def huge(case, rng):
    factor = float(rng.choice([1e300, 1e306, 1e-310, 1e16]))
    case.columns["weight"] = [w * factor for w in case.columns["weight"]]


@change("a column missing, doubled or under another name")
def columns(case, rng):
    name = str(rng.choice(list(case.columns)))
    way = int(rng.integers(5))
    if way == 0:
        del case.columns[name]
    elif way == 1:
        case.columns[name.upper()] = case.columns.pop(name)
    elif way == 2:
        frame = pd.DataFrame(case.columns)
        frame.columns = [name if c == str(rng.choice(list(frame))) else c for c in frame]
        case.frame = frame
    elif way == 3:
        case.arguments = {name: str(rng.choice(["source", "target", "weight", "nothing", ""]))}
    else:
        case.arguments = {name: [None, 1, ("a",), ["source"], 1.5][int(rng.integers(5))]}


@change("names of another type")
def types(case, rng):
    ways = [
        lambda cells: [int(cell.split()[1]) for cell in cells],
        lambda cells: [float(cell.split()[1]) for cell in cells],
        lambda cells: [cell.encode() for cell in cells],
        lambda cells: [pd.Timestamp(2000 + int(cell.split()[1]), 1, 1) for cell in cells],
        lambda cells: [cell == "firm 1" for cell in cells],
        lambda cells: [int(cell.split()[1]) * 10**17 for cell in cells],
        lambda cells: [-int(cell.split()[1]) for cell in cells],
    ]
    ends = ["source", "target"] if rng.random() < 0.6 else [str(rng.choice(["source", "target"]))]
    way = ways[int(rng.integers(len(ways)))]
    for end in ends:
        case.columns[end] = way(case.columns[end])


@change("columns of another kind")
def kinds(case, rng):
    frame = pd.DataFrame(case.columns)
    end = str(rng.choice(list(frame)))
    to = {
        "source": ["category", "string", "string[pyarrow]", object],
        "target": ["category", "string", "string[pyarrow]", object],
        "weight": [
            *("Int64", "float32", "Float64", "int8", "category", object, "string", "complex128"),
            *("float16", "uint64", "datetime64[ns]", "timedelta64[ns]", "bool", "float64[pyarrow]"),
            "Sparse[float]",
        ],
    }[end]
    frame[end] = frame[end].astype(to[int(rng.integers(len(to)))])
    if rng.random() < 0.3:
        frame = frame.mask(rng.random(frame.shape) < 0.05)
    case.frame = frame


@change("rows none, one, doubled")
def rows(case, rng):
    take = [[], [0], [0, 0], [*range(len(case.columns["source"]))] * 2][int(rng.integers(4))]
    case.columns = {name: [cells[k] for k in take] for name, cells in case.columns.items()}


@change("no frame at all")
def no_frame(case, rng):
    things = [
        *(
            "edges.csv",
            b"bytes",
            5,
            [],
            {},
            [("a", "b", 1.0)],
            {"source": ["a"]},
            np.ones((3, 3)),
            object(),
        ),
        *(pd.Series([1.0]), pd.DataFrame(), pd.Index(["a"]), iter([]), type, lambda: 0, math.nan),
        pd.DataFrame(np.ones((3, 3))),
        pd.DataFrame(np.ones((2, 3)), columns=pd.MultiIndex.from_product([["source"], [*"abc"]])),
    ]
    case.frame = things[int(rng.integers(len(things)))]


@change("a spoilt file of edges")
def file(case, rng):
    """Read by pandas, as a user would; what it cannot read is no frame."""
    content = bytearray(pd.DataFrame(case.columns).to_csv(index=False).encode())
    for _ in range(int(rng.integers(1, 8))):
        at = int(rng.integers(len(content)))
        way = int(rng.integers(4))
        if way == 0:
            content[at] = int(rng.integers(256))
        elif way == 1:
            del content[at : at + int(rng.integers(1, 30))]
        elif way == 2:
            content[at:at] = content[at : at + 30]
        else:
            content[at:at] = [b",", b'"', b"\n", b";", b"\r", b" ", b"-", b"e9"][
                int(rng.integers(8))
            ]
        content = content or bytearray(b"source")
    try:
        case.frame = pd.read_csv(io.BytesIO(bytes(content)), on_bad_lines="skip")
    except Exception:
        case.columns, case.frame = {"source": [object()], "weight": [1]}, None
        case.engine = "pyarrow"
