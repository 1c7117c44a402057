"""What a region lacks of the clusters it has: missing suppliers, how near they are, in money."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..clusters import Clusters
from ..errors import DataError, ParameterError
from ..overlap import cells
from ..qualities import number
from ..tables.table import IOTable
from .counts import called, counts, numbers, quotients, same_names, same_table, warn_of_slips
from .relatedness import proximity, relatedness_density

__all__ = ["cluster_employment", "gaps", "opportunities", "portfolio"]


def opportunities(
    clusters: Clusters,
    employment: pd.DataFrame,
    *,
    near: pd.DataFrame | None = None,
    imports: pd.DataFrame | None = None,
    present: float = 1.0,
) -> pd.DataFrame:
    """Tell which industries the clusters of each region lack, how near they are, and their worth.

    A cluster is present where its location quotient is at least `present`. Of its members, those
    without employment are missing, those with a location quotient below 1 are thin. With W_jm what
    j sells to m in the network, and t_rm = e_rm / e_m the region's share in industry m,

        need_rj = sum_{m in cluster} W_jm t_rm      what the region's members buy of j
        own_rj  = t_rj sum_{m in cluster} W_jm      what its own j sells to such members
        supply_gap = max(0, need - own)

    An industry in several clusters is in each with its share of employment, short and trade.

    Parameters
    ----------
    clusters : Clusters
        Of the nation; flows in money.
    employment : DataFrame, regions x industries
        All regions of the nation, with every industry of the network.
    near : DataFrame, industries x industries, optional
        Proximity for the relatedness density: from `proximity` or `blend`. If left out, the flows
        of the network.
    imports : DataFrame, industries x industries, optional
        Intermediates bought abroad (``table.imports``), to tell what part of the need comes from
        there.
    present : float

    Returns
    -------
    DataFrame
        One row for each region, cluster and industry (index), the best first in each region:
        status ("missing" or "thin"), employment, lq, cluster_lq, short (persons to reach
        LQ = 1), relatedness (density, 0 to 1: share of what is near that the region has), need,
        supply_gap (money of the network), imported (where `imports` is given), and rank in the
        region: by the mean of the ranks of relatedness and supply gap, then by the gap.

    Raises
    ------
    AlignmentError
        Industries of the network that employment lacks, named.
    DataError
        An empty region or industry.

    Notes
    -----
    The need takes the nation's input shares and the same productivity everywhere; that others buy
    from the region's suppliers too is not seen. A gap is a question to ask of firms, not a
    forecast: an input may be better bought elsewhere.

    References
    ----------
    Feser and Bergman (2000), Regional Studies 34(1), 1-19, use national clusters as templates to
    find regional gaps. The commodity balance is that of supply-demand pooling: Miller and Blair
    (2009), doi:10.1017/CBO9780511626982.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> names = ["ore", "steel", "milk", "cheese"]
    >>> W = pd.DataFrame([[0, 9, 1, 0], [1, 0, 0, 1], [1, 0, 0, 8], [0, 1, 1, 0]], names, names)
    >>> clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), [0, 0, 1, 1])
    >>> e = pd.DataFrame([[9, 5, 1, 1], [0, 5, 1, 1], [1, 0, 8, 8]], ["a", "b", "c"], names)
    >>> best = kn.opportunities(clusters, e).loc["b"]
    >>> best.index[0], best.status.iloc[0], float(best.supply_gap.iloc[0])
    (('ore & steel', 'ore'), 'missing', 4.5)
    """
    industries = clusters.network.industries
    table = _of_network(clusters, employment)
    e = table.to_numpy()
    held, lq = e @ clusters.membership.toarray(), quotients(e)
    share = held / e.sum(axis=1, keepdims=True)
    cluster_lq = share / (held.sum(axis=0) / e.sum())
    t = e / e.sum(axis=0)
    (at, of), part = cells(clusters.membership), clusters.membership.data
    need, own = _supply(clusters, clusters.network.trade, t)
    if near is None:
        near = proximity(clusters.network)
    dense = relatedness_density(table, near).to_numpy()
    where = cluster_lq[:, of]
    wanted = (where >= number("present", present, 0)) & (lq[:, at] < 1)
    r, p = np.nonzero(wanted)
    i = at[p]
    expected = e.sum(axis=1)[r] * e.sum(axis=0)[i] / e.sum()
    columns: dict[str, Any] = {
        "status": np.where(e[r, i] > 0, "thin", "missing"),
        "employment": part[p] * e[r, i],
        "lq": lq[r, i],
        "cluster_lq": where[r, p],
        "short": part[p] * (expected - e[r, i]),
        "relatedness": dense[r, i],
        "need": need[r, p],
        "supply_gap": np.maximum(need - own, 0)[r, p],
    }
    if imports is not None:
        abroad = same_table(imports, pd.DataFrame(0.0, industries, industries), "imports")
        columns["imported"] = _supply(clusters, abroad.to_numpy(), t)[0][r, p]
    names = np.array(clusters.names, dtype=object)[of[p]]
    index = pd.MultiIndex.from_arrays(
        [table.index[r], names, industries[i]], names=["region", "cluster", "industry"]
    )
    out = pd.DataFrame(columns, index=index)
    in_region = out.groupby("region", sort=False)
    score = sum(in_region[c].rank(ascending=False) for c in ("relatedness", "supply_gap"))
    # equal scores: the larger gap in money first, so that the order of industries has no say
    order = np.lexsort((-out["supply_gap"].to_numpy(), np.asarray(score), r))
    out = out.iloc[order]
    return out.assign(rank=out.groupby("region", sort=False).cumcount() + 1)


def gaps(
    clusters: Clusters, region: pd.Series | IOTable, nation: pd.Series | IOTable | None = None
) -> pd.DataFrame:
    """Tell, for one region, which members of each cluster it has, and what it buys elsewhere.

    The clusters of the nation serve as templates. Formulas as in `opportunities`, for every member
    of every cluster, whether the cluster is present or not.

    Parameters
    ----------
    clusters : Clusters
    region : Series by industry, or IOTable
        Output or employment of the region, 0 where there is none; of a table its output. Every
        industry of the network, by name.
    nation : Series by industry, or IOTable, optional
        The same of the nation. If left out, the network's output: then `region` must be output in
        the same unit.

    Returns
    -------
    DataFrame
        One row for each cluster and industry (index): status ("missing", "thin", "present";
        "nowhere" where the nation has none either), share (of the nation's industry), lq, need,
        own, supply_gap (money of the network). `.attrs` holds `covered`: by cluster, the part of
        the need that the region itself can meet.

    Raises
    ------
    AlignmentError
        Industries that the region or nation lacks, named.
    DataError
        A region with more of an industry than the nation; no output to compare with; money in two
        units; a region that is itself the economy that the clusters were found in.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> names = ["ore", "steel", "milk", "cheese"]
    >>> W = pd.DataFrame([[0, 9, 1, 0], [1, 0, 0, 1], [1, 0, 0, 8], [0, 1, 1, 0]], names, names)
    >>> clusters = kn.Clusters.from_labels(kn.FlowNetwork.from_matrix(W), [0, 0, 1, 1])
    >>> region = pd.Series([0, 5, 1, 1], names)
    >>> kn.gaps(clusters, region, nation=pd.Series(10, names))["status"].tolist()
    ['missing', 'present', 'thin', 'thin']
    """
    industries = clusters.network.industries
    e, whole = _compared(clusters, region, nation)
    beyond = e > whole * (1 + 1e-9)
    if beyond.any():
        k = int(np.argmax(beyond))
        raise DataError(
            f"the region has more of {called(industries, k)} ({e[k]:,g}) than the nation "
            f"({whole[k]:,g}). Give both in the same unit."
        )
    if not e.sum() > 0:
        raise DataError("the region is empty. Give its output or employment by industry.")
    share = np.divide(e, whole, out=np.zeros(len(e)), where=whole > 0)
    lq = share / (e.sum() / whole.sum())
    need, own = (part[0] for part in _supply(clusters, clusters.network.trade, share[None, :]))
    at, of = cells(clusters.membership)
    order = np.argsort(of, kind="stable")
    at, need, own = at[order], need[order], own[order]
    names = np.array(clusters.names, dtype=object)[of[order]]
    index = pd.MultiIndex.from_arrays([names, industries[at]], names=["cluster", "industry"])
    kinds = [whole[at] == 0, e[at] == 0, lq[at] < 1]
    out = pd.DataFrame(
        {
            "status": np.select(kinds, ["nowhere", "missing", "thin"], "present"),
            "share": share[at],
            "lq": lq[at],
            "need": need,
            "own": own,
            "supply_gap": np.maximum(need - own, 0),
        },
        index=index,
    )
    sums = out[["need", "supply_gap"]].groupby("cluster", sort=False).sum()
    met = 1 - sums["supply_gap"] / sums["need"].where(sums["need"] > 0)
    out.attrs["covered"] = met.fillna(1.0).to_dict()
    return out


def _compared(clusters: Clusters, region: Any, nation: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of the region's industries and of the nation's, in the order of the network."""
    network, alone = clusters.network, nation is None
    e = _sizes(clusters, region, "region")
    if alone:
        if "output" not in network.columns:
            raise DataError(
                "the network has no output to compare the region with. Give nation=Series by "
                "industry, in the unit of the region."
            )
        nation = network.columns["output"]
    units = getattr(region, "unit", ""), network.unit if alone else getattr(nation, "unit", "")
    if all(units) and units[0] != units[1]:
        raise DataError(
            f"the region is in {units[0]}, the nation in {units[1]}. Give both in the same unit: "
            "table.output times a factor, as a Series."
        )
    whole = _sizes(clusters, nation, "nation")
    if alone and np.array_equal(e, whole):
        raise DataError(
            "the region is the economy that the clusters were found in, so nothing can be missing. "
            "Give a part of it, or nation= beside it; what its clusters buy abroad is in "
            "cluster_profile(clusters, table).suppliers."
        )
    return e, whole


def _sizes(clusters: Clusters, part: Any, name: str) -> np.ndarray:
    """Amounts by industry of the network, of a Series or of a table's output."""
    industries = clusters.network.industries
    if isinstance(part, IOTable):
        if part.output is None:
            raise DataError(f"the table of the {name} has no output; pass output= to IOTable.")
        part = part.output.rename({str(i): i for i in industries})
    if not isinstance(part, pd.Series):
        raise ParameterError(
            f"{name} is a {type(part).__name__}; give a Series by industry, such as "
            "employment.loc['West'] with nation=employment.sum(), or an IOTable."
        )
    given = numbers(part.to_frame(name), name, "industry")[name]
    same_names(given.index, industries, "industry", name=name, exactly=False)
    return given.reindex(industries).to_numpy()


def portfolio(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Tell, for each region and industry, specialisation by growth by size.

    Parameters
    ----------
    before, after : DataFrame, regions x industries (or clusters: `cluster_employment`)
        All regions of the nation.

    Returns
    -------
    DataFrame
        One row for each region and industry: size (after), share (of the region's total), lq
        (after), growth (e'/e - 1; infinite where the industry begins, 0 where it never was),
        relative_growth (growth less the nation's of the industry), quadrant: "strong" (lq >= 1,
        grows at least as the nation's), "under threat" (lq >= 1, grows less), "emerging" (lq < 1,
        grows at least as much), "weak".

    Raises
    ------
    AlignmentError
        Tables with other regions or industries.
    DataError
        An empty region or industry after, or an industry that the nation begins.

    Warns
    -----
    KlasternetWarning
        A cell that is not tiny changes tenfold: more often a slip than growth.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> a = pd.DataFrame({"fish": [90, 10], "shops": [110, 290]}, ["coast", "city"])
    >>> b = pd.DataFrame({"fish": [80, 20], "shops": [120, 300]}, ["coast", "city"])
    >>> kn.portfolio(a, b).quadrant.tolist()
    ['under threat', 'emerging', 'emerging', 'under threat']
    """
    table = counts(after, name="after")
    e1 = table.to_numpy()
    e0 = same_table(before, table, "before").to_numpy()
    warn_of_slips(pd.DataFrame(e0), table)
    begun = e0.sum(axis=0) == 0
    if begun.any():
        raise DataError(
            f"{called(table.columns, np.argmax(begun))} begins in between, so its growth has no "
            "number. Merge it with a related industry in both tables, or leave it out."
        )
    lq = quotients(e1)
    never = np.where(e1 > 0, np.inf, 0.0)
    growth = np.divide(e1 - e0, e0, out=never, where=e0 > 0)
    relative = growth - (e1.sum(axis=0) / e0.sum(axis=0) - 1)
    high, fast = lq >= 1, relative >= 0
    quadrant = np.select([high & fast, high, fast], ["strong", "under threat", "emerging"], "weak")
    index = pd.MultiIndex.from_product(
        [table.index, table.columns],
        names=[table.index.name or "region", table.columns.name or "industry"],
    )
    columns = {
        "size": e1,
        "share": e1 / e1.sum(axis=1, keepdims=True),
        "lq": lq,
        "growth": growth,
        "relative_growth": relative,
        "quadrant": quadrant,
    }
    return pd.DataFrame({name: part.ravel() for name, part in columns.items()}, index=index)


def cluster_employment(clusters: Clusters, employment: pd.DataFrame) -> pd.DataFrame:
    """Add up employment by cluster: regions x clusters, with the "rest" of the economy last.

    An industry in several clusters is divided by its shares.

    Parameters
    ----------
    clusters : Clusters
    employment : DataFrame, regions x industries
        Every industry of the network; any unit.

    Raises
    ------
    AlignmentError
        Industries of the network that employment lacks, named.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> W = [[0, 9, 1, 0], [8, 0, 0, 1], [1, 0, 0, 5], [0, 1, 4, 0]]
    >>> names = ["ore", "steel", "milk", "cheese"]
    >>> network = kn.FlowNetwork.from_matrix(W, names)
    >>> clusters = kn.Clusters.from_labels(network, [0, 0, 1, 1])
    >>> e = pd.DataFrame([[9, 5, 1, 1], [0, 5, 8, 8]], ["a", "b"], names)
    >>> kn.cluster_employment(clusters, e).loc["a"].astype(int).to_dict()
    {'ore & steel': 14, 'milk & cheese': 2}
    """
    table = _of_network(clusters, employment)
    values = table.to_numpy()
    out = pd.DataFrame(
        values @ clusters.membership.toarray(),
        index=table.index,
        columns=pd.Index(clusters.names, name="cluster"),
    )
    rest = clusters.rest_share > 0
    if rest.any():
        out["rest"] = (values[:, rest] * clusters.rest_share[rest]).sum(axis=1)
    return out


def _of_network(clusters: Clusters, employment: Any) -> pd.DataFrame:
    """Employment in the network's industries, in their order."""
    industries = clusters.network.industries
    table = numbers(employment, "employment")
    same_names(table.columns, industries, "industry", name="employment", exactly=False)
    empty = ~table[industries].any().to_numpy()
    if empty.any():
        raise DataError(
            f"employment: nobody has industry {called(industries, np.argmax(empty))}, so it has no "
            "shares. Add it to another in table and employment alike: table.aggregate(...)."
        )
    return counts(table[industries])


def _supply(clusters: Clusters, W: Any, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What members of the same cluster need of each member, and what there is of it.

    `share` is that of each region in each industry of the nation, (regions, industries); what
    comes back has a column for each member in each cluster that it is in.
    """
    M = clusters.membership
    at, of = cells(M)
    if sparse.issparse(W):
        inside = sparse.csr_array(W.tocsr()[at].multiply(M.T.tocsr()[of]))
        inside = sparse.diags_array(M.data, format="csr") @ inside
        need = np.asarray((inside @ share.T).T)
    else:
        inside = M.data[:, None] * np.asarray(W)[at] * M.T.toarray()[of]
        need = share @ inside.T
    return need, share[:, at] * np.asarray(inside.sum(axis=1)).ravel()
