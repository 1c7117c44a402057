"""What comes in: frames, arrays, sparse matrices, IOTables and invoices, to a matrix and its names.

Whatever has names is matched by name. Dense stays dense, sparse stays sparse. Lazy frames are
counted, summed and numbered by their own engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from .errors import AlignmentError, DataError
from .matrices import LARGE, Matrix, canonical, cells
from .registry import choose
from .soundness import Decision
from .tables.alignment import numbers, same_names, some

__all__ = [
    "align",
    "as_array",
    "columns_frame",
    "name_index",
    "read_matrix",
    "read_ties",
    "summed_edges",
    "table_columns",
    "table_flows",
]

if TYPE_CHECKING:
    import narwhals as nw

    from .tables.table import IOTable


# ------------------------------------------------------------------------------------ names


def name_index(names: Any, what: str = "industry") -> pd.Index:
    """Return names as a unique Index called "industry"; levels of a MultiIndex are joined."""
    if isinstance(names, pd.MultiIndex):
        names = [" | ".join(map(str, name)) for name in names]
    if isinstance(names, pd.RangeIndex):
        return names.rename("industry")
    index = pd.Index(names, name="industry")
    if index.hasnans:
        at = int(np.flatnonzero(index.isna())[0])
        raise DataError(f"{what} number {at} has no name. Give every {what} one.")
    if not index.is_unique:
        doubled = index[index.duplicated()][0]
        raise DataError(
            f"the {what} {doubled!r} is there twice. Give each a name of its own, "
            "or add the two up first."
        )
    return index


def align(frame: pd.DataFrame | pd.Series, industries: pd.Index, what: str) -> Any:
    """Return the rows of `frame` in the order of `industries`, by name."""
    index = frame.index
    if isinstance(index, pd.MultiIndex):
        index = name_index(index)
    if index.equals(industries):
        return frame.set_axis(industries)
    if not index.is_unique:
        raise AlignmentError(
            f"{what} names {index[index.duplicated()][0]!r} twice. Keep one row for each industry."
        )
    same_names(index, industries, what, "tables meet by name: name the network's industries.")
    return frame.iloc[index.get_indexer(industries)].set_axis(industries)


def _pair_up(rows: pd.Index, columns: pd.Index) -> None:
    only_rows, only_columns = rows.difference(columns), columns.difference(rows)
    if not (len(only_rows) or len(only_columns)):
        return
    sides = []
    if len(only_rows):
        sides.append(f"only rows: {some(only_rows)}")
    if len(only_columns):
        sides.append(f"only columns: {some(only_columns)}")
    raise AlignmentError(
        f"sellers (rows) and buyers (columns) are not the same industries; {'; '.join(sides)} "
        f"(the table is {len(rows)} x {len(columns)}). Cut the table to the square of intermediate "
        "flows with one name for each industry; the names of the rows belong in the index."
    )


def columns_frame(columns: Any, industries: pd.Index) -> pd.DataFrame:
    """Return columns as a frame on the industries, matched by name where they have names."""
    if columns is None:
        return pd.DataFrame(index=industries)
    if isinstance(columns, pd.DataFrame):
        return align(columns, industries, "columns")
    out = {}
    for name, values in columns.items():
        if isinstance(values, pd.Series):
            out[name] = align(values, industries, f"the column {name!r}")
        else:
            values = list(values)
            if len(values) != len(industries):
                raise AlignmentError(
                    f"the column {name!r} has {len(values)} values for {len(industries)} "
                    "industries. Give one for each, or a Series by name."
                )
            out[name] = pd.Series(values, index=industries)
    return pd.DataFrame(out, index=industries)


# ----------------------------------------------------------------------------------- tables


def table_flows(table: IOTable, kind: str) -> tuple[pd.DataFrame, tuple[Decision, ...]]:
    """Return a table's domestic or total flows, and what became of its imports."""
    choose("kind of flows", kind, ("domestic", "total"))
    flows, imports = table.flows, table.imports
    if imports is None:
        if kind == "total":
            raise DataError(
                f"total flows were asked, but the table {table.name!r} has no imports. "
                "Give IOTable(imports=...), or take flows='domestic'."
            )
        return flows, ()
    amount = float(imports.to_numpy().sum())
    share = amount / (float(flows.to_numpy().sum()) + amount)
    what = "imported flows left out" if kind == "domestic" else "imported flows mixed in"
    if kind == "total":
        flows = flows + imports.loc[flows.index, flows.columns]
    return flows, (Decision(what, amount, share, (), table.unit),) * bool(amount)


def table_columns(table: IOTable) -> dict[str, pd.Series]:
    """Gather what a table knows of each industry."""
    out: dict[str, pd.Series] = {}
    if table.output is not None:
        out["output"] = table.output
    if table.exports is not None:
        out["exports"] = table.exports
    if table.value_added is not None:
        out["value_added"] = table.value_added.sum(axis=0)
    if table.final_demand is not None:
        out["final_demand"] = table.final_demand.sum(axis=1)
    if table.region is not None:
        out["region"] = table.region
    if table.satellites is not None:
        out.update({str(name): row for name, row in table.satellites.iterrows()})
    return out


# ---------------------------------------------------------------------------------- numbers


def _array(W: Any) -> np.ndarray:
    try:
        return np.asarray(W)
    except ValueError as error:  # rows of unequal length
        raise DataError(
            f"a {type(W).__name__} that is no matrix ({error}). Give a frame, a 2-d array or a "
            "scipy sparse matrix."
        ) from error


def _dense(values: np.ndarray, names: pd.Index) -> np.ndarray:
    if values.dtype.kind in "OUS":
        return _own(numbers(pd.DataFrame(values, names, names), "the matrix of flows"))
    _amounts(values.dtype)
    return _own(values)


def _own(values: np.ndarray) -> np.ndarray:
    """Return float64 in C order that is ours, or for a large array a view of the caller's."""
    if len(values) <= LARGE:
        return np.array(values, dtype=np.float64, order="C")
    return np.ascontiguousarray(values, dtype=np.float64).view()


def _amounts(dtype: np.dtype) -> None:
    if dtype.kind not in "fiub":
        raise DataError(f"flows of type {dtype} are no amounts. Give real numbers.")


def read_matrix(W: Any, industries: Any = None) -> tuple[Matrix, pd.Index]:
    """Return (flows, names) from a frame, an array or a sparse matrix, unchecked but square."""
    if isinstance(W, pd.DataFrame):
        rows, columns = name_index(W.index, "row"), name_index(W.columns, "column")
        if not rows.equals(columns):
            _pair_up(rows, columns)
            W = W.iloc[:, columns.get_indexer(rows)]
        if industries is not None:
            W = align(W.set_axis(rows), name_index(industries), "the table")
            W = W.iloc[:, rows.get_indexer(W.index)]
            rows = W.index
        return _own(numbers(W.set_axis(rows).set_axis(rows, axis=1), "the matrix of flows")), rows
    if not sparse.issparse(W):
        W = _array(W)
    shape = W.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        raise DataError(
            f"a matrix of shape {shape} is not square. Cut it to the intermediate flows: "
            "as many buyers (columns) as sellers (rows)."
        )
    names = name_index(pd.RangeIndex(shape[0]) if industries is None else industries)
    if len(names) != shape[0]:
        raise AlignmentError(
            f"{len(names)} names for {shape[0]} industries (first {some(names[:1])}). "
            "Give one name for each row."
        )
    if not sparse.issparse(W):
        return _dense(W, names), names
    _amounts(W.dtype)
    W = sparse.csr_array(W, dtype=np.float64, copy=True)
    return canonical(W), names


def read_ties(ties: Any, industries: pd.Index) -> Matrix:
    """Return ties of some industries as a finite matrix; frames by name."""
    named = industries if isinstance(ties, pd.DataFrame) else None
    given, _ = read_matrix(ties, named)
    if given.shape[0] != len(industries):
        raise AlignmentError(
            f"ties of shape {given.shape} for {len(industries)} industries. Give one row and one "
            "column for each industry."
        )
    i, j, _ = cells(given, lambda v: ~np.isfinite(v))
    if len(i):
        raise DataError(
            f"the tie from {industries[i[0]]!r} to {industries[j[0]]!r} is not finite. "
            "A tie that is not there is 0."
        )
    return given


# -------------------------------------------------------------------------------- invoices


def summed_edges(
    edges: nw.LazyFrame[Any], source: str, target: str
) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Numbers of sellers then buyers, the sum of each pair's weights, and the names, sorted.

    edges : columns "source", "target" and "weight", as float; `source` and `target` are what the
    caller calls them. The engine lists the names, is told their numbers, and sums the rows of each
    pair, wherever the rows are: what is fetched is one row for each name and one for each pair.
    Others (Dask) sum pairs of names, which are numbered here.
    """
    import narwhals as nw

    for end in ("source", "target"):
        if isinstance(edges.collect_schema()[end], nw.Categorical | nw.Enum):
            edges = edges.with_columns(nw.col(end).cast(nw.String))  # each has codes of its own
    schema = edges.collect_schema()
    if schema["source"] != schema["target"]:
        raise DataError(
            f"sellers in {source!r} are of type {schema['source']}, buyers in {target!r} of type "
            f"{schema['target']}. Give both the same type, so that they meet by name."
        )
    ends = [edges.select(nw.col(end).alias("name")) for end in ("source", "target")]
    if not _takes_tables(edges):
        summed = _summed(edges, "source", "target")
        codes, names = pd.factorize(
            np.concatenate([summed["source"].to_numpy(), summed["target"].to_numpy()]), sort=True
        )
        if (codes < 0).any():
            _missing_name(edges, source, target)
    else:
        listed = nw.concat(ends).group_by("name").agg(nw.len())  # `unique` would sort in DuckDB
        found = listed.select("name").collect().sort("name").with_row_index("number")
        if found["name"].is_null().any():
            _missing_name(edges, source, target)
        known = _handed_back(found, edges)
        for end, number in (("source", "i"), ("target", "j")):
            edges = edges.join(known.rename({"name": end, "number": number}), on=end, how="inner")
        summed = _summed(edges, "i", "j")
        names = as_array(found["name"])
        codes = np.concatenate([summed["i"].to_numpy(), summed["j"].to_numpy()])
    if not len(summed):
        raise DataError(f"the table of edges ({source!r} to {target!r}) is empty. Was it read?")
    return codes, summed["weight"].to_numpy().astype(np.float64), pd.Index(names)


def as_array(column: nw.Series[Any]) -> np.ndarray:
    """A column as an array; texts as objects, as those of fixed width lose zeros at their end."""
    import narwhals as nw

    if column.implementation.is_polars() and column.dtype in (nw.String, nw.Categorical, nw.Enum):
        return np.array([*column.to_list(), None], dtype=object)[:-1]
    return np.asarray(column.to_numpy())


def _takes_tables(edges: nw.LazyFrame[Any]) -> bool:
    """Whether a small table can be handed to the engine."""
    engine = edges.implementation
    return engine.is_polars() or engine.is_duckdb() or engine.is_pyspark()


def _handed_back(found: nw.DataFrame[Any], edges: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """A small table in the engine, and on the connection, of the edges."""
    import narwhals as nw

    native: Any = edges.to_native()
    if edges.implementation.is_duckdb():
        numbered_names = found.to_arrow()  # noqa: F841  DuckDB finds it by its name
        return nw.from_native(native.query("edges", "SELECT * FROM numbered_names"))
    if edges.implementation.is_pyspark():
        return nw.from_native(native.sparkSession.createDataFrame(found.to_pandas()))
    return found.lazy()


def _summed(edges: nw.LazyFrame[Any], source: str, target: str) -> nw.DataFrame[Any]:
    """One row for each pair, computed by the engine."""
    import narwhals as nw

    weight = nw.col("weight")
    pairs = edges.group_by(source, target).agg(
        weight.sum(), weight.count().alias("known"), nw.len().alias("all")
    )
    # Engines add a missing weight as 0; here it stays missing.
    known = nw.when(nw.col("known") == nw.col("all")).then(weight)
    return pairs.select(source, target, known.alias("weight")).collect()


def _missing_name(edges: nw.LazyFrame[Any], source: str, target: str) -> None:
    """Say where a name is missing, and at which other end."""
    import narwhals as nw

    for end, other, column in (("source", "target", source), ("target", "source", target)):
        row = edges.filter(nw.col(end).is_null()).head(1).collect()
        if len(row):
            raise DataError(
                f"a name is missing in the column {column!r} (the other end is "
                f"{row[other].to_list()[0]!r}). Fill it, or leave the edge out."
            )
