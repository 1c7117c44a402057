"""Which industries are near each other, how near a region is to one it lacks, and complexity."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .. import ties
from ..errors import DataError, KlasternetWarning, ParameterError
from ..network import FlowNetwork
from ..qualities import number
from ..registry import choose
from .counts import called, counts, numbers, quotients, same_names

__all__ = ["Complexity", "blend", "complexity", "proximity", "relatedness_density"]

KINDS = ("conditional", "cosine", "jaccard", "association")
EVEN = 1e-12  # a quotient this little below 1 is 1


def proximity(what: pd.DataFrame | FlowNetwork, kind: str | None = None) -> pd.DataFrame:
    """Tell how near industries are: by where they are present together, or by what they trade.

    With M_ri = 1 where region r has a location quotient of 1 or more in industry i,
    C_ij = sum_r M_ri M_rj and u_i = C_ii of R regions:

    ===========  ==================================================================
    conditional  C_ij / max(u_i, u_j): the smaller of P(i | j) and P(j | i)
    cosine       C_ij / sqrt(u_i u_j)
    jaccard      C_ij / (u_i + u_j - C_ij)
    association  C_ij R / (u_i u_j): times as often as if they ignored each other
    flow         the largest of the four shares of input and sales between two
                 industries of a network (the only kind of a network)
    ===========  ==================================================================

    Parameters
    ----------
    what : DataFrame, regions x industries, or FlowNetwork
        Employment, or a frame of booleans: presence itself.
    kind : str, optional
        "conditional" if left out, "flow" of a network.

    Returns
    -------
    DataFrame, industries x industries
        Symmetric, diagonal as the formula has it (1 but for association); of flows 0.

    Raises
    ------
    ParameterError
        An unknown kind.
    DataError
        An empty region or industry.

    Notes
    -----
    Industries that are rare are near to few. Presence together does not tell why; compare with
    flows, or blend the two (`blend`).

    References
    ----------
    Hidalgo, Klinger, Barabasi and Hausmann (2007), doi:10.1126/science.1144581; van Eck and Waltman
    (2009), doi:10.1002/asi.21075.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> M = pd.DataFrame([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]).astype(bool)
    >>> kn.proximity(M).loc[0].tolist()
    [1.0, 0.75, 0.5, 0.25]
    """
    if isinstance(what, FlowNetwork):
        choose("kind of proximity of a network", kind or "flow", ("flow",))
        S = ties.strongest_share(what)
        S = S.toarray() if sparse.issparse(S) else np.array(S)
        np.fill_diagonal(S, 0.0)
        return pd.DataFrame(S, index=what.industries, columns=what.industries)
    kind = choose("kind of proximity", kind or "conditional", KINDS)
    M = _presence(what, 1.0)
    values = M.to_numpy(dtype=np.float64)
    C = values.T @ values
    u = C.diagonal()
    if kind == "conditional":
        near = C / np.maximum.outer(u, u)
    elif kind == "cosine":
        near = C / np.sqrt(np.outer(u, u))
    elif kind == "jaccard":
        near = C / (np.add.outer(u, u) - C)
    else:
        near = C * len(M) / np.outer(u, u)
    return pd.DataFrame(near, index=M.columns, columns=M.columns)


def blend(*proximities: pd.DataFrame, weights: Any = None) -> pd.DataFrame:
    """Average proximities of different kinds, each standardised over the pairs of industries.

    Parameters
    ----------
    *proximities : DataFrame, industries x industries
        Matched by name; all must name the same industries.
    weights : list of float, optional
        Equal if left out.

    Returns
    -------
    DataFrame, industries x industries
        Standard deviations from the average pair, shifted so that the farthest pair is 0 (a
        proximity may not be negative); diagonal 0.

    Raises
    ------
    AlignmentError
        Other industries.
    DataError
        A proximity that is the same for all pairs.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> a = pd.DataFrame([[0, 3, 0], [3, 0, 0], [0, 0, 0]], list("abc"), list("abc"))
    >>> kn.blend(a, a).loc["a"].round(2).tolist()
    [0.0, 2.12, 0.0]
    """
    if not proximities:
        raise ParameterError("nothing to blend; give one proximity or more.")
    share = np.ones(len(proximities)) if weights is None else np.asarray(weights, dtype=np.float64)
    if share.shape != (len(proximities),) or (share < 0).any() or not 0 < share.sum() < np.inf:
        raise ParameterError(
            "weights must be one finite number from 0 for each proximity, not all of them 0."
        )
    names = proximities[0].index
    out = np.zeros((len(names), len(names)))
    off = ~np.eye(len(names), dtype=bool)
    for k, (part, weight) in enumerate(zip(proximities, share / share.sum(), strict=True), start=1):
        for axis in (part.index, part.columns):
            same_names(axis, names, "industry", name=f"proximity {k}", exactly=True)
        values = part.reindex(index=names, columns=names).to_numpy(dtype=np.float64)
        pairs = values[off]
        if not np.isfinite(pairs).all() or not np.ptp(pairs) > 0:
            raise DataError(f"proximity {k} is not finite, or is the same for all pairs.")
        out += weight * (values - pairs.mean()) / pairs.std()
    out -= out[off].min()
    np.fill_diagonal(out, 0.0)
    return pd.DataFrame(out, index=names, columns=names)


def relatedness_density(employment: pd.DataFrame, near: pd.DataFrame | None = None) -> pd.DataFrame:
    """Tell how much of what is near an industry a region already has.

        omega_ri = sum_{j != i} M_rj phi_ij / sum_{j != i} phi_ij

    An industry does not count for itself.

    Parameters
    ----------
    employment : DataFrame, regions x industries
        Or booleans: presence M itself; else M is a location quotient of 1 or more.
    near : DataFrame, industries x industries, optional
        phi, from `proximity`, `blend` or elsewhere; conditional proximity if left out. It must
        name every industry; others are left aside.

    Returns
    -------
    DataFrame, regions x industries
        From 0 to 1; 0 for an industry that is near none.

    Raises
    ------
    AlignmentError
        A proximity that lacks an industry.
    DataError
        Negative proximities.

    References
    ----------
    Hidalgo et al. (2007), doi:10.1126/science.1144581.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> M = pd.DataFrame([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]).astype(bool)
    >>> kn.relatedness_density(M).loc[3].round(3).tolist()
    [0.0, 0.429, 0.3, 0.231]
    """
    M = _presence(employment, 1.0)
    if near is None:
        phi = proximity(M).to_numpy().copy()
    else:
        table = numbers(near, "near")
        for axis in (table.index, table.columns):
            same_names(axis, M.columns, "industry", name="near", exactly=False)
        phi = table.reindex(index=M.columns, columns=M.columns).to_numpy().copy()
    np.fill_diagonal(phi, 0.0)
    around = phi.sum(axis=1)
    held = M.to_numpy(dtype=np.float64) @ phi.T
    out = np.divide(held, around, out=np.zeros_like(held), where=around > 0)
    return pd.DataFrame(out, index=M.index, columns=M.columns)


@dataclass(frozen=True, eq=False, repr=False)
class Complexity:
    """How complex regions and industries are.

    Attributes
    ----------
    regions : DataFrame
        One row each: diversity (industries present) and eci.
    industries : DataFrame
        One row each: ubiquity (regions that have it) and pci.
    eigenvalue : float
        The second of the problem; near 1 the regions all but fall into two groups, and the indices
        tell the groups apart, not complexity.
    """

    regions: pd.DataFrame
    industries: pd.DataFrame
    eigenvalue: float

    @property
    def table(self) -> pd.DataFrame:
        """`regions`, the most complex first."""
        return self.regions.sort_values("eci", ascending=False)

    def __repr__(self) -> str:
        top = ", ".join(map(str, self.table.index[:5]))
        hard = ", ".join(map(str, self.industries["pci"].nlargest(5).index))
        return (
            f"Complexity of {len(self.regions):,} regions and {len(self.industries):,} industries\n"
            f"  most complex regions: {top}\n  most complex industries: {hard}"
        )


def complexity(employment: pd.DataFrame, threshold: float = 1.0) -> Complexity:
    """Rank regions and industries by complexity (ECI and PCI).

    With M_ri = 1 where the location quotient reaches the threshold, D the diversity of regions
    and U the ubiquity of industries, ECI is the second eigenvector of D^-1 M U^-1 M'. It is found
    from the symmetric D^-1/2 M U^-1 M' D^-1/2, which has the same eigenvalues, all real; PCI is
    U^-1 M' ECI. Both are standardised; the sign is such that ECI rises with diversity.

    Parameters
    ----------
    employment : DataFrame, regions x industries
        Employment or exports (then quotients are revealed comparative advantage), or booleans: M.
    threshold : float

    Returns
    -------
    Complexity

    Raises
    ------
    DataError
        An empty region or industry; regions that fall into groups without a common industry.

    Warns
    -----
    KlasternetWarning
        The second and third eigenvalue are equal: the index is not defined.

    References
    ----------
    Hidalgo and Hausmann (2009), doi:10.1073/pnas.0900943106. Values by the method of the
    asymmetric problem, and of an analytic case, are in the tests.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> M = pd.DataFrame([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]).astype(bool)
    >>> kn.complexity(M).regions.eci.round(3).tolist()
    [1.342, 0.447, -0.447, -1.342]
    """
    M = _presence(employment, number("threshold", threshold, 1e-9))
    values = M.to_numpy(dtype=np.float64)
    if min(values.shape) < 3:
        raise DataError("complexity needs three regions and three industries at least.")
    diversity, ubiquity = values.sum(axis=1), values.sum(axis=0)
    links = sparse.csr_array(values)
    both = sparse.block_array([[None, links], [links.T, None]], format="csr")
    groups, label = connected_components(both, directed=False)
    if groups > 1:
        small = np.bincount(label).argmin()
        where = called(pd.Index([*M.index, *M.columns]), np.argmax(label == small))
        raise DataError(
            f"the regions fall into {groups} groups that share no industry, {where} in the "
            "smallest: their complexity cannot be compared. Leave small groups out, or lower the "
            "threshold."
        )
    half = values / np.sqrt(np.outer(diversity, ubiquity))
    wide = len(values) > values.shape[1]
    S = half.T @ half if wide else half @ half.T
    value, vector = np.linalg.eigh(S)
    if value[-2] - value[-3] < 1e-10:
        warnings.warn(
            "the second and third eigenvalue are equal, so ECI and PCI are not defined. "
            "Take other regions or industries.",
            KlasternetWarning,
            stacklevel=2,
        )
    second = vector[:, -2]
    if wide:
        pci = second / np.sqrt(ubiquity)
        eci = values @ pci / diversity
    else:
        eci = second / np.sqrt(diversity)
        pci = values.T @ eci / ubiquity
    if (eci - eci.mean()) @ (diversity - diversity.mean()) < 0:
        eci, pci = -eci, -pci
    regions = {"diversity": diversity.astype(int), "eci": _standard(eci)}
    industries = {"ubiquity": ubiquity.astype(int), "pci": _standard(pci)}
    return Complexity(
        pd.DataFrame(regions, index=M.index.rename(M.index.name or "region")),
        pd.DataFrame(industries, index=M.columns.rename(M.columns.name or "industry")),
        float(value[-2]),
    )


def _standard(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / x.std()


def _presence(employment: Any, threshold: float) -> pd.DataFrame:
    """Which region has which industry: location quotient at the threshold, or as it is given."""
    if isinstance(employment, pd.DataFrame) and all(
        pd.api.types.is_bool_dtype(kind) for kind in employment.dtypes
    ):
        _empty(employment, "presence")
        return employment
    table = counts(employment)
    there = quotients(table.to_numpy()) >= threshold - EVEN
    M = pd.DataFrame(there, index=table.index, columns=table.columns)
    _empty(M, "employment", threshold)
    return M


def _empty(M: pd.DataFrame, name: str, threshold: float = 1.0) -> None:
    for axis, kind, names in ((1, "region", M.index), (0, "industry", M.columns)):
        some = M.to_numpy().any(axis=axis)
        if not some.all():
            raise DataError(
                f"{name}: {kind} {called(names, np.argmin(some))} has nothing at a quotient of "
                f"{threshold:g}. Leave it out, or lower the threshold."
            )
