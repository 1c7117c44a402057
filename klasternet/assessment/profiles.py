"""All that is known of each cluster on one page, and what is not known, with the cure.

Nothing is computed anew here: the readings of the other rooms are brought together, on one
factored system, and what the data do not allow is listed instead of left blank.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..clusters import Clusters
from ..errors import KlasternetWarning, ParameterError
from ..registry import choose
from ..tables.table import IOTable
from .extraction import KINDS
from .gathering import Draft
from .portraits import page

if TYPE_CHECKING:
    from ..certificate import Certificate
    from ..evidence.chance import Significance
    from ..evidence.robustness import Stability

__all__ = ["ClusterProfile", "cluster_profile"]


@dataclass(frozen=True, eq=False, repr=False)
class ClusterProfile:
    """What each cluster is and does, and what is not known of it. It prints as a page to read.

    Attributes
    ----------
    table : DataFrame, one row for each cluster
        The headline numbers; ``attrs["units"]`` has the unit of every column.
    members : DataFrame, one row for each cluster and member
        core, sold_inside, bought_inside, sold_outside, bought_outside, z, participation, role;
        with a table output, output_share (of the cluster), upstreamness, downstreamness, kind (as
        in `key_industries`), exports, export_share, value_added and satellites, imported (what the
        cluster's members buy abroad of its product), where the table tells.
    suppliers, buyers : DataFrame, one row for each cluster and industry outside of it
        partner (its own cluster, or "rest"), amount, share (of what the members buy from, or sell
        to, industries); imported, as above. The largest first; what is inside and all shares add
        up to 1.
    regions : DataFrame, one row for each cluster and region
        employment (or output, in a table of regions), share (of the cluster's), lq; z and verdict
        of `local_g` on lq, where neighbours were given. The largest first.
    gaps : DataFrame
        Of `gaps`, for the region that was given.
    opportunities : DataFrame
        Of `opportunities`, for all regions of the employment.
    missing : DataFrame
        what was not assessed, why, and the cure.
    notes : tuple of str
        What makes numbers doubtful: all that was warned of, and more.
    core_by : str
        What made a member core.
    extraction : str
        Kind of `extract` that the losses are of.
    clusters : Clusters
    unit : str
        Of money.
    """

    table: pd.DataFrame
    members: pd.DataFrame
    suppliers: pd.DataFrame
    buyers: pd.DataFrame
    regions: pd.DataFrame
    gaps: pd.DataFrame
    opportunities: pd.DataFrame
    missing: pd.DataFrame
    notes: tuple[str, ...]
    core_by: str
    extraction: str
    clusters: Clusters
    certificate: Certificate | None
    unit: str = ""

    def of(self, cluster: int | str) -> ClusterProfile:
        """Return the profile of one cluster, by its number or name."""
        self.clusters.members(cluster)  # names what is not there
        name = cluster if isinstance(cluster, str) else self.clusters.names[cluster]
        frames = ("table", "members", "suppliers", "buyers", "regions", "gaps", "opportunities")
        return replace(self, **{part: _only(getattr(self, part), name) for part in frames})

    def __repr__(self) -> str:
        n, name = len(self.table), self.clusters.network.name
        return (
            f"ClusterProfile{' of ' * bool(name)}{name}: {n:,} cluster{'s' * (n != 1)}, "
            f"{self.table.shape[1]} numbers each, {len(self.missing)} not assessed"
        )

    def __str__(self) -> str:
        return page(self)


def _only(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    if "cluster" not in frame.index.names:
        return frame
    return frame[frame.index.get_level_values("cluster") == name]


def cluster_profile(
    clusters: Clusters,
    table: IOTable | None = None,
    *,
    employment: pd.DataFrame | None = None,
    neighbours: Any = None,
    region: str | pd.Series | IOTable | None = None,
    density: pd.DataFrame | None = None,
    significance: Significance | None = None,
    stability: Stability | None = None,
    certificate: Certificate | None = None,
    scorecard: Any = None,
    extraction: str = "total",
) -> ClusterProfile:
    """Tell what each cluster is, what it does for the economy, and what is not known of it.

    Parameters
    ----------
    clusters : Clusters
        Found or given.
    table : IOTable, optional
        The table their network was made from. Without it only trade is assessed.
    employment : DataFrame, regions x industries, optional
        All regions of the nation: where the clusters are, and what the regions lack of them. In a
        table of many regions, output by region serves where it is left out.
    neighbours : DataFrame or matrix, optional
        Of these regions (`neighbours`): where the clusters gather, by `local_g`.
    region : str, Series or IOTable, optional
        The region whose gaps are asked for: a row of `employment`, or as in `gaps`.
    density : DataFrame, optional
        Of `density` for these clusters, where it was made with options of its own.
    significance, stability : optional
        Of the tests of that name, for these clusters. `stability` tells the core members.
    certificate : Certificate, optional
        Of `certify`; by default the one that `detect` left.
    scorecard : Scorecard or DataFrame, optional
        Of `scorecard`, or a frame with a row for each cluster.
    extraction : {"total", "external", "internal", "backward", "forward"}
        What the economy would lose without the cluster: which definition; see `extract`.

    Returns
    -------
    ClusterProfile
        ``.table`` has, as far as the data go:

        industries, core
            Members, and core members (`core_by` says how they were told).
        internal_flow, inward, outward, sales_retention, purchase_retention
            As in `density`.
        output, output_share, value_added, value_added_share, NAME and NAME_share
            Of the cluster and of the economy; NAME is a satellite (jobs, emissions).
        imported_inputs
            Bought outside the table.
        upstreamness, downstreamness
            Weighted by output, closed economy. The second is the members' output multiplier.
        key_industries
            Members that are key by `key_industries`.
        loss, loss_share, loss_others, NAME_lost
            Of `extract` on the whole cluster; loss_others is what is lost outside of it.
        exports, export_share, intensity, carried_share, kind, domestic_value_added, domestic_share
            Of `export_role`; NAME_carried for value added and satellites.
        regional_employment, largest_region, largest_share
            Where `employment` (or a table of regions) tells.
        supply_gap, covered
            Of `gaps`, summed over members.
        gravity_ratio, contrast, ..., pvalue, membership, jaccard
            Of `density`, `significance`, `stability`.
        score, score_low, score_high, score_coverage
            Of `scorecard`: over what is known, the range if the rest were worst or best, and the
            share of the weights that rests on evidence.

    Raises
    ------
    AlignmentError
        A table, employment, region or evidence of other industries or clusters.
    ParameterError
        A region that is not in employment, or neighbours without regions.

    Warns
    -----
    KlasternetWarning
        Whatever makes numbers doubtful, once; also in ``.notes``.

    Notes
    -----
    Roles are those of Guimera and Amaral (2005), doi:10.1038/nature03288, on money instead of
    links: z compares a member's trade inside with that of other members, and participation tells
    how evenly its trade is spread over clusters. Hubs have z of 2.5 or more, which no cluster of
    fewer than eight members can have, as z is at most sqrt(n - 1). The limits were drawn
    for networks of links: read the role of a member as a hint, the amounts as the finding.

    Where neither `stability` nor `detect` tells, the core is the fewest members that carry 80 % of
    the trade inside: a convention of this package.

    Losses of clusters do not add up, nor do they say that a cluster is worth its loss: nobody finds
    another supplier in that model. The flows of a network and of a table are the same only where
    the network took what the table calls domestic.

    Examples
    --------
    >>> import klasternet as kn
    >>> table = kn.datasets.load("germany_1995")
    >>> network = kn.FlowNetwork.from_table(table)
    >>> clusters = kn.Clusters.from_labels(network, ["goods"] * 3 + ["services"] * 2 + [None])
    >>> profile = kn.cluster_profile(clusters, table)
    >>> profile.table.loc["goods", ["output_share", "export_share"]].astype(float).round(3).tolist()
    [0.44, 0.837]
    >>> profile.missing["what"].tolist()[-3:]
    ['stability', 'optimality', 'scorecard']
    """
    if not isinstance(clusters, Clusters):
        raise ParameterError(f"cluster_profile needs Clusters, not a {type(clusters).__name__}.")
    kind = choose("kind of extraction", extraction, KINDS)
    certificate = clusters.certificate if certificate is None else certificate
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        draft = Draft(clusters, table)
        suppliers, buyers = draft.trade(table, stability)
        draft.accounts(table)
        if table is not None:
            draft.model(table, kind)
        regions = draft.places(table, employment, neighbours)
        there, every = draft.lacks(table, employment, region)
        draft.evidence(density, significance, stability, certificate, scorecard)
    told = dict.fromkeys((str(warning.message), warning.category) for warning in heard)
    for text, category in told:  # each once, and where the caller stands
        warnings.warn(text, category, stacklevel=2)
    headline, members, missing = draft.finished()
    return ClusterProfile(
        table=headline,
        members=members,
        suppliers=suppliers,
        buyers=buyers,
        regions=regions,
        gaps=there,
        opportunities=every,
        missing=missing,
        notes=(*draft.notes, *(t for t, kind_of in told if issubclass(kind_of, KlasternetWarning))),
        core_by=draft.core_by,
        extraction=kind,
        clusters=clusters,
        certificate=certificate,
        unit=draft.money,
    )
