"""FlowNetwork: an economy as a network, with its money flows and the ties that detectors see.

Flows and ties are two fields because they are two things: accounts are read off the money,
clusters are looked for in the ties. Sellers are rows, buyers are columns. More
than 400 lines, since one class cannot be halved and half of them are what its methods promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from . import exchange, intake, notebook
from .errors import AlignmentError, ParameterError
from .matrices import Matrix, column_sums, freeze, row_sums, square, without_diagonal
from .soundness import Decision, admit
from .stopping import written_whole

if TYPE_CHECKING:
    import networkx as nx

    from .clusters import Clusters
    from .tables.table import IOTable

__all__ = ["Decision", "FlowNetwork"]


@dataclass(frozen=True, eq=False, repr=False)
class FlowNetwork:
    """Industries and the flows of goods and services between them.

    Made by `from_table`, `from_matrix`, `from_edges` or `from_networkx`, which check once;
    nothing after them checks again. Frozen, with read-only arrays: a change makes a new network.

    Attributes
    ----------
    industries : Index
        Unique names, called "industry".
    flows : ndarray or csr_array, shape (n, n)
        Money that row sells to column; the diagonal is kept; finite, not negative.
        Sparse when built from a sparse matrix, edges or a graph.
    columns : DataFrame
        What is known of each industry: output, exports, value_added, final_demand, region.
    loops : {"aside", "keep"}
        Whether ties hold the diagonal, what an industry sells to itself.
    unit, name : str
        For labels.
    decisions : tuple of Decision
        What was set aside or changed, with amounts.
    tie_rule : str
        How the ties follow from the flows.
    given_ties : ndarray, csr_array or None
        Ties set by `with_ties`; they may be negative (lift).

    Examples
    --------
    >>> import pandas as pd
    >>> names = ["farms", "food", "steel"]
    >>> W = pd.DataFrame([[5, 40, 0], [10, 20, 0], [1, 2, 0]], names, names)
    >>> network = FlowNetwork.from_matrix(W, unit="million USD")
    >>> network
    FlowNetwork: 3 industries, 6 flows, 78 million USD
    >>> network.out_strength
    array([40., 10.,  3.])
    """

    industries: pd.Index
    flows: Matrix
    columns: pd.DataFrame
    loops: str = "aside"
    unit: str = ""
    name: str = ""
    decisions: tuple[Decision, ...] = ()
    tie_rule: str = "flow"
    given_ties: Matrix | None = None

    def __post_init__(self) -> None:
        for matrix in (self.flows, self.given_ties):
            freeze(matrix)

    # ------------------------------------------------------------------------- constructors

    @classmethod
    def from_table(
        cls,
        table: IOTable,
        *,
        flows: str = "domestic",
        loops: str = "aside",
        negatives: str = "raise",
    ) -> FlowNetwork:
        """Make the network of a table's intermediate flows.

        Parameters
        ----------
        table : IOTable
            What it knows becomes `columns`: output, exports, value_added (the sum of its primary
            inputs), final_demand, region and satellites.
        flows : {"domestic", "total"}
            Domestic flows alone, or domestic plus imported. Imports tie an industry to
            foreign suppliers: they tell of technology, not of a cluster at home.
        loops, negatives
            As in `from_matrix`.

        Raises
        ------
        DataError
            When total flows are asked of a table that does not know its imports.
        """
        wanted, decisions = intake.table_flows(table, flows)
        W, industries = intake.read_matrix(wanted)
        known = intake.table_columns(table)
        return cls._admit(W, industries, known, table.unit, table.name, loops, negatives, decisions)

    @classmethod
    def from_matrix(
        cls,
        W: Any,
        industries: Iterable[Any] | None = None,
        columns: pd.DataFrame | Mapping[str, Any] | None = None,
        unit: str = "",
        name: str = "",
        *,
        loops: str = "aside",
        negatives: str = "raise",
    ) -> FlowNetwork:
        """Make a network from a square matrix.

        Parameters
        ----------
        W : DataFrame, ndarray or scipy sparse, shape (n, n)
            A frame's rows and columns are matched by name; levels of a MultiIndex are joined
            with " | ". An array of up to 2,000 industries is copied; a larger float64 array is
            shared, so do not change it afterwards.
        industries : sequence, optional
            Names; numbers from 0 if left out.
        columns : DataFrame or mapping of name to Series or sequence, optional
            What is known of each industry. Frames and Series meet by name.
        unit, name : str
        loops : {"aside", "keep"}
            "aside": ties have a zero diagonal (an industry's trade with itself says nothing of
            its neighbours); flows keep it.
        negatives : {"raise", "transpose", "aside"}
            "transpose" makes a negative sale a purchase; "aside" takes it as 0.

        Raises
        ------
        DataError
            Not square, doubled names, text, NaN, infinity, a negative flow under "raise", a total
            among the industries, nothing but zeros, fewer than two industries.
        AlignmentError
            Rows and columns, or `columns`, do not name the same industries.
        """
        flows, names = intake.read_matrix(W, industries)
        return cls._admit(flows, names, columns, unit, name, loops, negatives)

    @classmethod
    def from_edges(
        cls,
        frame: Any,
        source: str = "source",
        target: str = "target",
        weight: str = "weight",
        unit: str = "",
        name: str = "",
        *,
        columns: pd.DataFrame | Mapping[str, Any] | None = None,
        loops: str = "aside",
        negatives: str = "raise",
    ) -> FlowNetwork:
        """Make a sparse network from a table of flows, one row each.

        Parameters
        ----------
        frame : any data frame that narwhals knows (pandas, polars, pyarrow, duckdb, dask ...)
            Repeated pairs are summed; in a lazy frame by its engine, before it is collected.
        source, target, weight : str
            The columns with seller, buyer and amount.
        unit, name, columns, loops, negatives
            As in `from_matrix`. Industries are in sorted order.

        Raises
        ------
        DataError
            A column that is not there, a missing name or amount, and as in `from_matrix`.
        """
        W, names = exchange.read_edges(frame, source, target, weight)
        return cls._admit(W, names, columns, unit, name, loops, negatives)

    @classmethod
    def from_networkx(
        cls,
        G: nx.Graph,
        weight: str | None = "weight",
        unit: str = "",
        name: str = "",
        *,
        loops: str = "aside",
        negatives: str = "raise",
    ) -> FlowNetwork:
        """Make a sparse network from a networkx graph.

        An undirected edge is a flow both ways; parallel edges are summed; node attributes
        become columns. `weight=None` takes every edge as 1.

        Raises
        ------
        DataError
            An edge without the weight attribute, and as in `from_matrix`.
        """
        W, names, columns = exchange.read_graph(G, weight)
        name = name or str(G.graph.get("name", ""))
        return cls._admit(W, names, columns, unit, name, loops, negatives)

    @classmethod
    def _admit(
        cls,
        W: Matrix,
        industries: pd.Index,
        columns: Any,
        unit: str,
        name: str,
        loops: str,
        negatives: str,
        decisions: tuple[Decision, ...] = (),
    ) -> FlowNetwork:
        """Check and build; keep what the checks computed."""
        passed = admit(W, industries, loops=loops, negatives=negatives, unit=unit)
        network = cls(
            industries=industries,
            flows=passed.flows,
            columns=intake.columns_frame(columns, industries),
            loops=loops,
            unit=unit,
            name=name,
            decisions=decisions + passed.decisions,
        )
        network.__dict__.update(total=passed.total, active=freeze(passed.active))
        if passed.strengths is not None:
            out, inn = passed.strengths
            network.__dict__.update(out_strength=freeze(out), in_strength=freeze(inn))
        return network

    # ------------------------------------------------------------------------------ derived

    @property
    def n(self) -> int:
        """Number of industries."""
        return len(self.industries)

    @property
    def is_sparse(self) -> bool:
        """Whether flows are held as compressed sparse rows."""
        return sparse.issparse(self.flows)

    @cached_property
    def total(self) -> float:
        """Sum of all flows, loops included."""
        return float(self.flows.sum())

    @cached_property
    def loop_share(self) -> float:
        """Share of all flow that industries sell to themselves."""
        return float(self.flows.diagonal().sum()) / self.total

    @cached_property
    def trade(self) -> Matrix:
        """Flows in money under the loops policy: a zero diagonal when loops are aside."""
        return self.flows if self.loops == "keep" else without_diagonal(self.flows)

    @cached_property
    def ties(self) -> Matrix:
        """What detectors see: the given ties, else the flows; loops by policy. Read-only."""
        if self.given_ties is None:
            return self.trade
        return self.given_ties if self.loops == "keep" else without_diagonal(self.given_ties)

    @cached_property
    def out_strength(self) -> np.ndarray:
        """Row sums of the ties, shape (n,)."""
        return freeze(row_sums(self.ties))

    @cached_property
    def in_strength(self) -> np.ndarray:
        """Column sums of the ties, shape (n,)."""
        return freeze(column_sums(self.ties))

    @cached_property
    def active(self) -> np.ndarray:
        """Whether an industry sells to or buys from another one, shape (n,), bool."""
        W = without_diagonal(self.flows)
        return freeze(row_sums(W != 0) + column_sums(W != 0) > 0)

    # -------------------------------------------------------------------------------- verbs

    def with_ties(self, ties: Any, rule: str = "given") -> FlowNetwork:
        """Return the same network with other ties; flows stay.

        Parameters
        ----------
        ties : DataFrame, ndarray or sparse, shape (n, n)
            Finite; may be negative. A frame is matched by name.
        rule : str
            What to call them.

        Raises
        ------
        DataError, AlignmentError
            Wrong shape or names, or a tie that is not finite.
        """
        given = intake.read_ties(ties, self.industries)
        return replace(self, given_ties=given, tie_rule=rule)

    def select(self, names: Iterable[Any]) -> FlowNetwork:
        """Return the network among some industries, in the order given.

        What they trade with the others is recorded in `decisions`.

        Raises
        ------
        AlignmentError
            A name that the network does not have, or has been given twice.
        """
        wanted = intake.name_index(list(names))
        at = self.industries.get_indexer(wanted)
        if (at < 0).any():
            raise AlignmentError(
                f"no industry called {wanted[at < 0][0]!r} in the network. See network.industries."
            )
        flows = square(self.flows, at)
        lost = self.total - float(flows.sum())
        what = f"{self.n - len(at)} industries left out by select, with their flows"
        left = Decision(what, lost, lost / self.total, (), self.unit)
        return replace(
            self,
            industries=self.industries[at],
            flows=flows,
            columns=self.columns.iloc[at],
            given_ties=None if self.given_ties is None else square(self.given_ties, at),
            decisions=(*self.decisions, left),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the flows as a frame, sellers by buyers; beyond 20,000 industries: `to_edges`."""
        if self.n > 20_000:
            raise ParameterError(
                f"a frame of {self.n:,} x {self.n:,} cells would not fit. Use to_edges()."
            )
        W = self.flows.toarray() if self.is_sparse else self.flows.copy()
        return pd.DataFrame(W, index=self.industries, columns=self.industries)

    def to_edges(self) -> pd.DataFrame:
        """Return one row for each flow: source, target, weight, and tie where ties were given."""
        return exchange.edge_frame(self)

    def to_networkx(self) -> nx.DiGraph:
        """Return a networkx DiGraph: weights are flows, node attributes are the columns."""
        return exchange.graph(self)

    def write(
        self,
        path: str | Path,
        clusters: Clusters | None = None,
        *,
        positions: pd.DataFrame | None = None,
        arrows: pd.DataFrame | None = None,
    ) -> Path:
        """Write the network for other programs, with each industry's cluster when given.

        The ending tells the format: `.graphml` (Gephi, yEd, Cytoscape), `.gexf` (Gephi), `.net`
        (Pajek) and `.csv` (one row for each flow). Node attributes are the columns and, when
        clusters are given, `cluster` (its name) and `cluster_number` (-1: the rest); where
        industries are in several, also `share`, `secondary` and `secondary_share`.

        With `positions` a figure opens there as it was drawn. Gephi takes places, radii and colours
        from both of its formats. Cytoscape makes columns of them: in its style, pass x, y_down
        (its y counts downwards), diameter and color through to location, size and fill.

        Names are written as they are, so that they come back: a spreadsheet would compute one that
        begins like a formula. The files of `report` are safe to open there.

        Parameters
        ----------
        path : path
        clusters : Clusters, optional
        positions : DataFrame, optional
            One row for each industry with x and y, and if known radius and colour (#RRGGBB): of
            `network_positions`. Not for `.csv`.
        arrows : DataFrame, optional
            Flows to write, by source and target, and if known width and colour: of
            `network_arrows`. Without it all flows are written.

        Raises
        ------
        ParameterError
            An ending that is not known, or that has no place for positions; a file that cannot be
            written.
        AlignmentError
            Clusters, positions or arrows of other industries; arrows without a flow.
        DataError
            Positions that are not finite numbers, colours that are none.

        Examples
        --------
        >>> import klasternet as kn, tempfile
        >>> network, labels = kn.datasets.planted(8, 2, contrast=6, seed=1)
        >>> clusters = kn.Clusters.from_labels(network, labels)
        >>> ax = kn.draw_network(clusters, seed=0)
        >>> file = Path(tempfile.mkdtemp()) / "economy.gexf"
        >>> drawn = {"positions": kn.network_positions(ax), "arrows": kn.network_arrows(ax)}
        >>> network.write(file, clusters, **drawn).name
        'economy.gexf'
        """
        path = Path(path)
        with written_whole(path) as aside:
            exchange.write(self, aside, clusters, positions, arrows)
        return path

    # ----------------------------------------------------------------------------- printing

    def _headline(self) -> str:
        count = self.flows.nnz if self.is_sparse else np.count_nonzero(self.flows)
        money = f"{self.total:,.0f}" if 100 <= self.total < 1e15 else f"{self.total:.4g}"
        return f"{self.n:,} industries, {count:,} flows, {money} {self.unit}".rstrip()

    def __repr__(self) -> str:
        ties = "" if self.given_ties is None else f", ties {self.tie_rule}"
        loops = ", loops kept" if self.loops == "keep" else ""
        return " ".join(["FlowNetwork", self.name]).strip() + f": {self._headline()}{ties}{loops}"

    def _notes(self) -> list[str]:
        known = ", ".join(map(str, self.columns.columns))
        return [*map(str, self.decisions), *([f"known of each: {known}"] if known else [])]

    def __str__(self) -> str:
        return "\n".join([repr(self), *(f"  {note}" for note in self._notes())])

    def _repr_html_(self) -> str:
        return notebook.shown(repr(self), notes=self._notes())
