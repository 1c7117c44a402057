"""IOTable: the accounts of an economy, aligned by name and frozen.

Intermediate flows between industries, and around them what makes the identities close: final
demand, primary inputs, output, imported intermediates. Rows sell, columns buy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import notebook
from ..errors import ConvergenceError, DataError
from ..matrices import spectral_radius
from . import alignment as align
from .contents import contents

if TYPE_CHECKING:
    from .audit import Audit
    from .concordance import Concordance
    from .multiregional import Regions

__all__ = ["IOTable", "spectral_radius"]


def _part(name: str, doc: str) -> property:
    """A part of the table, handed out as a copy: nobody can change the table through it."""

    def read(self: IOTable) -> Any:
        part = self._parts[name]
        return None if part is None else part.copy()

    return property(read, doc=doc)


class IOTable:
    """An input-output table: who sells how much to whom, and the accounts around it.

    Rows sell, columns buy. With Z the flows, f the final demand and v the primary inputs (imports
    that are not in Z among them), a table is complete when for every industry

        sum_j Z_ij + sum f_i = x_i      and      sum_i Z_ij + sum_i M_ij + sum v_j = x_j

    where x is output and M the imported intermediates. The constructor checks names and numbers;
    `audit` checks the economics. Nothing is repaired.

    Parameters
    ----------
    flows : frame, n x n
        Intermediate flows in money, domestic where the source tells. Columns may stand in another
        order than rows: they are aligned by name. An n x n array is taken too; its industries are
        then named "1" to "n", and the other parts may be arrays in the same order.
    final_demand : frame n x f, or Series
        Sales to final users by category.
    value_added : frame v x n, or Series
        Primary inputs: value added by kind, taxes, and imports where these are one row.
    output : Series, optional
        Gross output. Without it, but with final demand, it is derived as the row sum of flows and
        final demand, and `output_derived` says so; the row identity then holds by construction.
    imports : frame n x n, or str or list of str, optional
        Imported intermediates: product of the row's industry, bought by the column's. Or the rows
        of `value_added` that are imports, where the source does not tell by product; `imports`
        is then None and `import_rows` names them.
    satellites : frame s x n, optional
        Jobs, emissions and other accounts, in their own units.
    exports : str, list of str, or Series, optional
        The columns of `final_demand` that are exports; or exports as numbers, which are then a
        part of the uses and add nothing to them.
    region : Series, optional
        Region of each industry, for tables of many regions.
    unit, source, name : str
    year : int, optional

    Attributes
    ----------
    industries : Index of n names
    n : int
    output_derived : bool
    export_columns, import_rows : tuple of str

    Raises
    ------
    AlignmentError
        Names that are missing, doubled, or not the same everywhere.
    DataError
        Text, empty or infinite cells; fewer than two industries; nothing but zeros.

    Examples
    --------
    >>> import pandas as pd
    >>> names = ["farms", "mills"]
    >>> flows = pd.DataFrame([[150, 500], [200, 100]], names, names)
    >>> table = IOTable(flows, final_demand=pd.Series([350, 1700], names), unit="million USD")
    >>> table.output.tolist(), table.output_derived
    ([1000.0, 2000.0], True)
    """

    _parts: dict[str, Any]
    _cache: dict[str, Any]
    industries: pd.Index
    unit: str
    year: int | None
    source: str
    name: str
    output_derived: bool
    export_columns: tuple[str, ...]
    import_rows: tuple[str, ...]

    flows = _part("flows", "Intermediate flows, n x n: the row sells to the column.")
    final_demand = _part("final_demand", "Sales to final users, n x f, or None.")
    value_added = _part("value_added", "Primary inputs, v x n, or None.")
    output = _part("output", "Gross output, one number per industry, or None.")
    imports = _part("imports", "Imported intermediates, n x n, or None.")
    satellites = _part("satellites", "Other accounts, s x n, in their own units, or None.")
    exports = _part("exports", "Exports, one number per industry, or None.")
    region = _part("region", "Region of each industry, or None.")

    def __init__(
        self,
        flows: pd.DataFrame | np.ndarray,
        *,
        final_demand: pd.DataFrame | pd.Series | None = None,
        value_added: pd.DataFrame | pd.Series | None = None,
        output: pd.Series | None = None,
        imports: pd.DataFrame | str | Iterable[str] | None = None,
        satellites: pd.DataFrame | pd.Series | None = None,
        exports: str | Iterable[str] | pd.Series | None = None,
        region: pd.Series | None = None,
        unit: str = "",
        year: int | None = None,
        source: str = "",
        name: str = "",
    ) -> None:
        flows = align.square(flows, "flows")
        names = flows.index.rename("industry")
        flows.index, flows.columns = names, names
        if len(names) < 2:
            raise DataError(
                f"the table has {len(names)} industry ({align.some(names)}); flows between "
                "industries need at least two."
            )
        if not flows.to_numpy().any():
            raise DataError(
                f"all {len(names)} x {len(names)} flows are zero; check the sheet, the quadrant "
                "and the unit that were read."
            )

        def aligned(part: Any, how: Callable[..., Any], what: str, *other: str) -> Any:
            return None if part is None else how(part, what, names, *other)

        demand = aligned(final_demand, align.by_industry, "final_demand", "final demand")
        primary = aligned(value_added, align.by_buyer, "value_added", "value added")
        derived = output is None and demand is not None
        if derived:
            output = flows.sum(axis=1) + demand.sum(axis=1)
        export_columns: tuple[str, ...] = ()
        import_rows: tuple[str, ...] = ()
        if not (exports is None or isinstance(exports, (pd.Series, np.ndarray))):
            export_columns = _lines(exports, "exports", "final_demand", demand, 1)
            exports = demand[list(export_columns)].sum(axis=1)
        if not (imports is None or isinstance(imports, (pd.DataFrame, np.ndarray))):
            import_rows = _lines(imports, "imports", "value_added", primary, 0)
            imports = None
        parts = {
            "flows": flows,
            "final_demand": demand,
            "value_added": primary,
            "output": aligned(output, align.one_per_industry, "output"),
            "imports": None if imports is None else align.square(imports, "imports", names),
            "satellites": aligned(satellites, align.by_buyer, "satellites", "satellite"),
            "exports": aligned(exports, align.one_per_industry, "exports"),
            "region": aligned(region, align.text_per_industry, "region"),
        }
        self.__dict__.update(
            _parts=parts,
            _cache={},
            industries=names,
            unit=unit,
            year=year,
            source=source,
            name=name,
            output_derived=derived,
            export_columns=export_columns,
            import_rows=import_rows,
        )

    def __setattr__(self, name: str, value: Any = None) -> None:
        raise FrozenInstanceError(f"an IOTable cannot be changed; use replace({name}=...).")

    __delattr__ = __setattr__

    @property
    def n(self) -> int:
        """Number of industries."""
        return len(self.industries)

    def replace(self, **changes: Any) -> IOTable:
        """Return the same table with other parts or other words, checked as when it was made.

        Examples
        --------
        >>> IOTable(np.ones((2, 2))).replace(unit="million EUR").unit
        'million EUR'
        """
        now: dict[str, Any] = dict(self._parts)
        if self.output_derived:
            now["output"] = None
        if self.export_columns:
            now["exports"] = list(self.export_columns)
        if self.import_rows:
            now["imports"] = list(self.import_rows)
        for word in ("unit", "year", "source", "name"):
            now[word] = getattr(self, word)
        return IOTable(**(now | changes))

    def audit(self, language: str = "en") -> Audit:
        """Return what is sound and what is not, one row per check; see `klasternet.tables.audit`.

        In English ("en") or Indonesian ("id"). The table is never changed.
        """
        from .audit import audit

        return audit(self, language)

    def aggregate(self, mapping: Concordance, **how: Any) -> IOTable:
        """Return the table with industries added up to groups, every part consistently.

        Z' = S Z S^T with S the groups x industries shares; identities that held still hold.
        Groups stand in the order in which they are first met. A group that spans regions carries
        their names joined by " + ".

        Parameters
        ----------
        mapping : dict, Series, DataFrame or int
            Industry name to group name; a concordance frame, one row per pair; or the number of
            characters of a code that are the group. Names the table does not have are of no
            effect, so that one list may serve several tables.
        **how
            source, target : columns of a frame, by default the first and the second. weight :
            its column of sizes, or "equal", where an industry goes to several groups: all its
            flows are then split in these shares, as if its parts traded alike. prefix=True :
            names of the mapping are prefixes of codes. See `klasternet.tables.concordance`.

        Raises
        ------
        AlignmentError
            An industry without a group, or with several and no weights.

        Examples
        --------
        >>> table = IOTable(np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]))
        >>> table.aggregate({"1": "goods", "2": "goods", "3": "services"}).flows.to_numpy()
        array([[12.,  9.],
               [15.,  9.]])
        """
        from .reshaping import aggregate

        return aggregate(self, mapping, **how)

    def select(self, names: Iterable[str]) -> IOTable:
        """Return the table of some of its industries, with the others outside of it.

        What the selected sell to the others becomes a column of final demand, "Other industries
        (sales)", and what they buy from them a row of primary inputs, "Other industries
        (purchases)" (their imports of the others' products: "Other industries (imports)"), so
        that identities that held still hold. Without final demand, or without value added, there
        is no identity to keep and that column or row is left out.

        Parameters
        ----------
        names : iterable of str
            Industries, in the order wanted.

        Examples
        --------
        >>> table = IOTable(np.ones((3, 3)), final_demand=np.ones(3))
        >>> table.select(["1", "2"]).final_demand["Other industries (sales)"].tolist()
        [1.0, 1.0]
        """
        from .reshaping import select

        return select(self, names)

    @property
    def regions(self) -> Regions:
        """The table by region: trade between them, one of them, exports by destination."""
        from .multiregional import Regions

        return Regions(self)

    def coefficients(self) -> pd.DataFrame:
        """Return A, the inputs from each industry per unit of the buyer's output.

        A_ij = Z_ij / x_j. An industry without output gets a column of zeros.

        Examples
        --------
        >>> IOTable(np.array([[150.0, 500], [200, 100]]), output=np.array([1000.0, 2000])
        ...         ).coefficients().to_numpy()
        array([[0.15, 0.25],
               [0.2 , 0.05]])
        """
        if self._parts["output"] is None:
            raise DataError(
                "coefficients need output, and the table has none; pass output=, or final_demand= "
                "from which it is derived."
            )
        output = self._parts["output"].to_numpy()
        share = np.divide(1.0, output, out=np.zeros(self.n), where=output != 0)
        return self._parts["flows"] * share

    def leontief(self) -> pd.DataFrame:
        """Return L = (I - A)^-1: what each industry makes per unit of final demand.

        L_ij is the output of i that one unit of final demand for j calls forth, directly and
        through all suppliers of suppliers (Leontief 1936; Miller and Blair 2009, chapter 2). It is
        computed once and kept.

        Raises
        ------
        ConvergenceError
            The spectral radius of A is 1 or more: the economy would use up more than it makes.

        Examples
        --------
        >>> IOTable(np.array([[150.0, 500], [200, 100]]), output=np.array([1000.0, 2000])
        ...         ).leontief().round(4).to_numpy()
        array([[1.2541, 0.33  ],
               [0.264 , 1.1221]])
        """
        if "leontief" not in self._cache:
            A = self.coefficients()
            radius = spectral_radius(A.to_numpy())
            if radius >= 1:
                heavy = A.sum().sort_values(ascending=False).head(3)
                raise ConvergenceError(
                    f"I - A has no meaningful inverse: the spectral radius of A is "
                    f"{radius:.4g}, not below 1. Heaviest inputs per unit of output: "
                    + ", ".join(f"{name!r} {share:.3g}" for name, share in heavy.items())
                    + ". Check their output and unit with audit()."
                )
            inverse = np.linalg.inv(np.eye(self.n) - A.to_numpy())
            self._cache["leontief"] = pd.DataFrame(inverse, self.industries, self.industries)
        return self._cache["leontief"].copy()

    def __repr__(self) -> str:
        head, rows, notes = contents(self)
        lines = [f"  {label:<20}{total:>18}  {note}".rstrip() for label, total, note in rows]
        return "\n".join([head, *lines, *(f"  {note}" for note in notes)])

    def _repr_html_(self) -> str:
        head, rows, notes = contents(self)
        return notebook.shown(head, rows, notes=notes, numbers=[1])


def _lines(
    names: Any, what: str, part: str, frame: pd.DataFrame | None, axis: int
) -> tuple[str, ...]:
    """Names of lines of a part of the table, each of which must be there."""
    if frame is None:
        raise DataError(f"{what} names lines of {part}, and there is none; pass {part}= as well.")
    names = [names] if isinstance(names, str) else names
    return tuple(align.known_names(names, frame.axes[axis], what))
