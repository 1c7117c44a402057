"""Clusters: which industries belong together, and the recipe that found it out.

A container of clusters. Every sum over them goes through the sparse membership matrix M:
flows between clusters are M' W M, also where industries belong to several. More than 400 lines, as
what the class says of itself takes half of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from . import notebook
from .certificate import Certificate
from .definitions import Definition, by_name, is_list, read_list, read_shares
from .errors import AlignmentError, KlasternetWarning, ParameterError
from .labelling import (
    REST,
    internal_flow,
    membership,
    name_clusters,
    order_labels,
    own_trade,
    set_alone,
    unique_names,
)
from .network import FlowNetwork
from .overlap import (
    flows_between,
    inside_trade,
    left_over,
    shares_of_lift,
    shares_of_trade,
    sound_shares,
)
from .phrasebook import listed
from .registry import choose
from .tables.alignment import some

__all__ = ["Clusters", "Recipe", "by_name", "order_labels"]

SHOWN = 8  # members, and industries of the rest, in one printed row
ROWS = 40  # clusters printed


@dataclass(frozen=True)
class Recipe:
    """How clusters were made, enough to make them again.

    Attributes
    ----------
    method : str
        Name of the detector.
    callable : callable
        `f(network, *, seed, **parameters) -> Clusters`.
    parameters : dict
        All parameters but the seed.
    seed : int or None
        The seed used; drawn and recorded if none was given.
    version : str
        Version of klasternet.
    overlap : dict or None
        What `Clusters.with_overlap` was asked for afterwards, if anything.
    """

    method: str
    callable: Callable[..., Clusters]
    parameters: Mapping[str, Any]
    seed: int | None
    version: str
    overlap: Mapping[str, Any] | None = None

    def repeat(self, network: FlowNetwork, seed: int | None = None) -> Clusters:
        """Follow the recipe on a network; the same network and seed give the same clusters."""
        seed = self.seed if seed is None else seed
        found = self.callable(network, seed=seed, **self.parameters)
        return found if self.overlap is None else found.with_overlap(**self.overlap)

    def __str__(self) -> str:
        known = [f"{name}={value!r}" for name, value in self.parameters.items()]
        known = [text if len(text) <= 60 else text.partition("=")[0] + "=..." for text in known]
        return ", ".join([f"method={self.method!r}", *known, f"seed={self.seed}"])

    @property
    def after(self) -> str:
        """What was called on the clusters found, as it is written: ".with_overlap(...)", or ""."""
        given = [f"{name}={value!r}" for name, value in (self.overlap or {}).items()]
        return f".with_overlap({', '.join(given)})" if given else ""


@dataclass(frozen=True, eq=False, repr=False)
class Clusters:
    """Clusters of industries, the rest of the economy, and how they were found.

    Made by `detect`, or by `Clusters.from_labels` from a list that somebody drew up.
    `len`, iteration and `members` treat it as a container of clusters.

    Attributes
    ----------
    network : FlowNetwork
    labels : ndarray of int, shape (n,)
        Cluster of each industry, its primary one where it has several. 0 is the cluster with the
        largest internal flow; -1 the rest of the economy.
    names : tuple of str
        One for each cluster.
    partition : ndarray of int, shape (n,)
        The partition before admission: every industry has a place, 0 the largest by flow.
    measure : {"lift", "flow", ""}
        What density was measured in.
    resolution : float
        The density asked of a cluster; NaN where none was.
    null : str
        The null model.
    recipe : Recipe or None
        None for clusters that were given, not found.
    objective_value : float or None
        The objective of the partition.
    profile : DataFrame or None
        Score of every resolution tried.
    support : ndarray or None, shape (n,)
        Share of folds that support an industry's place.
    verdict : {"clusters", "weak clusters", "no clusters", ""}
        "" where nothing was judged.
    certificate : Certificate or None
        How far the partition can be from the best one, where `detect` could tell quickly; see
        `certify`.
    shares : csr_array or None, shape (n, k)
        Share of each industry in each cluster, where some belong to several; rows add up to 1 at
        most, what is left belongs to the rest. Sums over clusters go by shares; `members`, `sizes`,
        `communities` and whatever needs one cluster for each industry go by `labels`.

    Examples
    --------
    >>> from klasternet import FlowNetwork
    >>> W = [[0, 9, 1, 0], [8, 0, 0, 1], [1, 0, 0, 5], [0, 1, 4, 0]]
    >>> network = FlowNetwork.from_matrix(W, industries=["ore", "steel", "milk", "cheese"])
    >>> clusters = Clusters.from_labels(network, [0, 0, 1, -1])
    >>> len(clusters), clusters.members(0), clusters.sizes.tolist()
    (2, ('ore', 'steel'), [2, 1])
    >>> clusters.between.loc["ore & steel", "rest"]
    np.float64(1.0)
    """

    network: FlowNetwork
    labels: np.ndarray
    names: tuple[str, ...]
    partition: np.ndarray
    measure: str = ""
    resolution: float = float("nan")
    null: str = ""
    recipe: Recipe | None = None
    objective_value: float | None = None
    profile: pd.DataFrame | None = None
    support: np.ndarray | None = None
    verdict: str = ""
    certificate: Certificate | None = None
    shares: sparse.csr_array | None = None

    def __post_init__(self) -> None:
        if self.shares is not None:
            shares = sound_shares(self.shares, self.labels, len(self.names))
            object.__setattr__(self, "shares", shares)
        for array in (self.labels, self.partition, self.support):
            if array is not None:
                array.setflags(write=False)

    @classmethod
    def from_labels(
        cls,
        network: FlowNetwork,
        labels: Any,
        names: Mapping[Any, str] | None = None,
        *,
        codes: Any = None,
    ) -> Clusters:
        """Make clusters from a list that is given: an official definition, a textbook.

        Do not bring labels here that another program found in these same data: pass that program
        to `detect` as a callable, or tests of significance will be too generous.

        Parameters
        ----------
        network : FlowNetwork
        labels : array, Series, mapping or DataFrame
            - One label for each industry: a sequence in their order; a Series or mapping of
              industry to cluster by name. A label is a number or a name; -1, None, NaN and "rest"
              mean no cluster.
            - A list of codes: a mapping of cluster to list of codes, or a frame with columns code,
              cluster and, if known, weight (how a code in several clusters is divided; else in
              equal parts). NAICS, NACE, ISIC or KBLI, as text: "311", "311*", "C10", "10.1",
              ranges "C10-C12" and "31-33". A code covers what is below it; the longest that fits
              decides, so that what is in two clusters must be in both lists alike.
            - Shares: a frame, industries x clusters.
        names : mapping of label to name, optional
            Names for the clusters. Labels that are text name themselves.
        codes : str, Series, mapping or DataFrame, optional
            Codes of the industries, for a list of codes: a column of ``network.columns``; a Series
            or mapping of industry to code or list of codes; a frame with columns industry, code
            and, if known, weight (the size of each code in the industry). By default the code at
            the head of each name: "C10 Food".

        Returns
        -------
        Clusters
            An industry whose codes lie in several clusters has ``shares``, by the number of its
            codes or their weight; its label is the largest, of equals that of its first code. It
            is in the rest if less than half of it is listed.

        Raises
        ------
        AlignmentError
            Labels for other industries, or for too many or too few; no industry with a listed code.
        ParameterError
            What is no code, such as a range that ends before it begins, or a number for text.
        DataError
            Shares that add up to more than 1, negative weights, a code with two weights.

        Warns
        -----
        KlasternetWarning
            Listed codes that no industry has, clusters without an industry or without a primary
            member, industries without a code: by name.

        Notes
        -----
        A list that is finer than the table needs `codes`: nothing tells which part of an industry
        a finer code is. Without weights every code counts the same, however small.

        Examples
        --------
        >>> from klasternet import FlowNetwork
        >>> W = [[0, 9, 1], [8, 0, 1], [1, 2, 0]]
        >>> network = FlowNetwork.from_matrix(W, ["C10-C12 Food", "A01 Farms", "C24 Metals"])
        >>> listed = {"Food": ["A01", "C10-C11"], "Goods": ["12", "24"]}
        >>> clusters = Clusters.from_labels(network, listed)
        >>> clusters.to_frame().loc["C10-C12 Food", ["cluster", "secondary"]].tolist()
        ['Food', 'Goods']
        """
        listed = is_list(labels)
        if codes is not None and not listed:
            raise ParameterError(
                "codes= goes with a list of codes: a mapping of cluster to list of codes, or a "
                "frame with columns 'code' and 'cluster'."
            )
        if listed:
            found = read_list(labels, codes, network.industries, network.columns)
            return cls._defined(network, found, names)
        if isinstance(labels, pd.DataFrame):
            return cls._defined(network, read_shares(labels, network.industries), names)
        if isinstance(labels, Mapping):
            labels = pd.Series(list(labels.values()), index=list(labels), dtype=object)
        if isinstance(labels, pd.Series):
            labels = by_name(labels, network.industries)
        given = pd.Series(np.asarray(labels, dtype=object).ravel())
        if len(given) != network.n:
            raise AlignmentError(
                f"{len(given)} labels for {network.n} industries. Give one for each, "
                "or a Series by name."
            )
        out = given.isna() | given.isin([-1, REST])
        codes, found = pd.factorize(given.where(~out, None))
        ordered, order = order_labels(codes, network, return_order=True)
        called = {
            number: str(found[k] if names is None else names.get(found[k], found[k]))
            for number, k in enumerate(order)
            if isinstance(found[k], str) or (names is not None and found[k] in names)
        }
        automatic = name_clusters(network, ordered)
        return cls(
            network=network,
            labels=ordered,
            names=unique_names(called.get(k, name) for k, name in enumerate(automatic)),
            partition=order_labels(set_alone(ordered), network),
        )

    @classmethod
    def _defined(
        cls, network: FlowNetwork, found: Definition, names: Mapping[Any, str] | None
    ) -> Clusters:
        """Clusters of a definition; shares that are whole are labels."""
        names = {} if names is None else names
        called = [names.get(name, name) for name in found.names]
        if ((found.shares == 0) | (found.shares == 1)).all():
            labels = [None if k < 0 else str(called[k]) for k in found.primary]
            return cls.from_labels(network, labels)
        M = sparse.csr_array(found.shares)
        flow = flows_between(network.trade, M).diagonal()[:-1]
        size = np.bincount(found.primary[found.primary >= 0], minlength=len(called))
        order = np.lexsort((np.array(called, dtype=str), -size, -flow))
        rank = np.append(np.argsort(order), -1)
        if (size == 0).any():
            bare = [name for name, members in zip(called, size, strict=True) if not members]
            warnings.warn(
                f"no industry has the largest part of it in {some(bare)}: these clusters have "
                "shares of industries, and no primary member.",
                KlasternetWarning,
                stacklevel=3,
            )
        labels = rank[found.primary]
        return cls(
            network=network,
            labels=labels,
            names=unique_names(str(called[k]) for k in order),
            partition=order_labels(set_alone(labels), network),
            shares=M[:, order],
        )

    # ---------------------------------------------------------------------------- container

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._members)

    def __getitem__(self, k: int | str) -> tuple[Any, ...]:
        return self.members(k)

    @cached_property
    def _members(self) -> list[tuple[Any, ...]]:
        order = np.argsort(self.labels, kind="stable")
        bounds = np.searchsorted(self.labels[order], np.arange(len(self) + 1))
        names = self.network.industries[order].tolist()
        return [tuple(names[a:b]) for a, b in pairwise(bounds)]

    def members(self, k: int | str) -> tuple[Any, ...]:
        """Return the industries of a cluster, given by its number or name, or "rest"."""
        if isinstance(k, str):
            if k == REST and REST not in self.names:
                return self.rest
            k = _find(k, self.names)
        if not -len(self) <= k < len(self):
            raise ParameterError(f"no cluster {k}; there are {len(self)}, numbered from 0.")
        return self._members[k]

    @property
    def rest(self) -> tuple[Any, ...]:
        """Industries of no cluster."""
        return tuple(self.network.industries[self.labels < 0].tolist())

    @cached_property
    def sizes(self) -> np.ndarray:
        """Number of industries in each cluster, shape (k,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=len(self))

    def communities(self) -> list[set[Any]]:
        """Return sets that cover every industry, singletons for the rest, as networkx expects."""
        return [set(names) for names in self] + [{name} for name in self.rest]

    def rename(self, names: Mapping[Any, str]) -> Clusters:
        """Return the same clusters under other names, given by number or present name."""
        changed = list(self.names)
        for old, new in names.items():
            k = _find(old, self.names) if isinstance(old, str) else int(old)
            if not -len(self) <= k < len(self):
                raise ParameterError(f"no cluster {k}; there are {len(self)}, numbered from 0.")
            changed[k] = str(new)
        doubled = pd.Index(changed).duplicated()
        if doubled.any():
            raise ParameterError(
                f"two clusters would be called {changed[int(np.argmax(doubled))]!r}. "
                "Give each a name of its own."
            )
        return replace(self, names=tuple(changed))

    # ---------------------------------------------------------------------------- the sums

    @cached_property
    def membership(self) -> sparse.csr_array:
        """Membership matrix M, shape (n, k): the share of each industry in each cluster.

        1 where it has no `shares` and the industry is in the cluster.
        """
        return membership(self.labels, len(self)) if self.shares is None else self.shares

    @cached_property
    def rest_share(self) -> np.ndarray:
        """Share of each industry that is in no cluster, shape (n,)."""
        return (self.labels < 0).astype(float) if self.shares is None else left_over(self.shares)

    @cached_property
    def between(self) -> pd.DataFrame:
        """Money that each cluster (row) sells to each (column), with the "rest" last.

        Loops follow the network: set aside, or kept. The sum is that of all trade.
        """
        flow = flows_between(self.network.trade, self.membership)
        names = pd.Index([*self.names, REST], name="cluster")
        return pd.DataFrame(flow, index=names, columns=names)

    @cached_property
    def own_trade(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """What each industry sells to, and buys from, its own clusters, two of shape (n, k).

        Of an industry with a share m in a cluster, m times its trade with the shares of others
        there, so that columns add up to the internal flow of each cluster.
        """
        M = self.membership
        if self.shares is not None:
            return inside_trade(self.network.trade, M)
        rows = np.flatnonzero(self.labels >= 0)
        amounts = own_trade(self.network.trade, self.labels)
        sold, bought = (
            sparse.csr_array((amount[rows], M.indices, M.indptr), shape=M.shape)
            for amount in amounts
        )
        return sold, bought

    @cached_property
    def internal_flow(self) -> np.ndarray:
        """Money that members sell to members of the same cluster, shape (k,)."""
        if self.shares is None:
            return internal_flow(self.network, self.labels)
        return np.asarray(self.own_trade[0].sum(axis=0)).ravel()

    def with_overlap(self, at_least: float = 0.25, measure: str = "auto") -> Clusters:
        """Return the same clusters with secondary members: by what ties each industry to others.

        The belonging of i to C is, with l_iC the mean lift between i and the other members of C,
        both ways, and l+ its positive part,

            lift:  b_iC = l+_iC / sum over D of l+_iD
            flow:  b_iC = s_iC / s_i

        with s_iC the flows between i and C, both ways and without loops, and s_i all its trade.
        Own stays primary. Another cluster counts from `at_least` on, where it is also more than
        chance would give: l_iC above two standard errors 2 / sqrt(cells), s_iC / s_i above the
        share of C in the trade of all others. Shares are those that count over their sum.

        Parameters
        ----------
        at_least : float
            Belonging from which on another cluster counts.
        measure : {"auto", "lift", "flow"}
            "auto": what the clusters were found with; flow where they were given. Flow goes by the
            network's ties, if none is negative.

        Returns
        -------
        Clusters
            With ``shares``; the same labels and evidence, and a recipe that repeats it. Industries
            of the rest stay there.

        Notes
        -----
        In six planted economies of 60 industries in 6 clusters (contrast 5, log-noise 0.8), a fifth
        of them with a second cluster, lift found 65 of 66 second clusters and none that was not
        there, flow 39 and 38 that were not: it misleads where trade is spread by size, since a
        large cluster takes up the trade of everybody. Lift misses second clusters where clusters
        are few and large, so that whoever has two of them raises what sizes predict. Either
        adds members to what was found, and does not search again: a cluster that is all secondary
        members is not seen. An industry with nothing in its own cluster, such as a cluster of one,
        stays whole.

        Belonging by trade after Chen, Shang, Lv and Fu (2010), doi 10.1016/j.physa.2010.05.046;
        primary and secondary members after Feser and Bergman (2000), Regional Studies 34(1), 1-19,
        who go by loadings (``detect(network, "feser_bergman")`` does). Lift, what is asked beyond
        chance, and the value 0.25 are klasternet's own.

        Examples
        --------
        >>> import klasternet as kn
        >>> W = np.zeros((6, 6))
        >>> W[[0, 1, 1, 2, 3, 4, 5], [1, 0, 2, 3, 2, 5, 4]] = 9, 8, 6, 5, 4, 30, 20
        >>> names = ["ore", "steel", "cars", "tyres", "milk", "cheese"]
        >>> network = kn.FlowNetwork.from_matrix(W, names)
        >>> clusters = kn.Clusters.from_labels(network, list("aabbcc"))
        >>> clusters.with_overlap().to_frame()["share"].round(2).tolist()
        [1.0, 0.74, 0.6, 1.0, 1.0, 1.0]
        """
        if not isinstance(at_least, (int, float)) or not 0 < at_least <= 1:
            raise ParameterError(
                f"at_least is {at_least!r}; it is a share of what ties an industry to clusters, "
                "above 0 and up to 1."
            )
        asked = choose("measure", measure, ("auto", "lift", "flow"))
        by_lift = asked == "lift" or (asked == "auto" and self.measure == "lift")
        divide = shares_of_lift if by_lift else shares_of_trade
        shares = divide(self.network, self.labels, len(self), at_least)
        overlap = {"at_least": float(at_least), "measure": "lift" if by_lift else "flow"}
        recipe = None if self.recipe is None else replace(self.recipe, overlap=overlap)
        return replace(self, shares=shares, recipe=recipe)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each industry.

        Columns: cluster (name, or "rest"), label, partition, support (where known),
        sells_inside and buys_inside (share of its trade that stays in its cluster; NaN without
        trade), and loops (what it sells to itself). Where industries belong to several: share (in
        its cluster), secondary (the next in size, "" where there is none) and secondary_share;
        `membership` has them all.
        """
        W, labels = self.network.trade, self.labels
        sold, bought = (np.asarray(W.sum(axis=axis)).ravel() for axis in (1, 0))
        sold_in, bought_in = (np.asarray(part.sum(axis=1)).ravel() for part in self.own_trade)
        columns: dict[str, Any] = {"cluster": np.array([*self.names, REST], dtype=object)[labels]}
        if self.shares is not None:
            columns |= self._overlap()
        with np.errstate(invalid="ignore"):
            columns |= {
                "label": labels,
                "partition": self.partition,
                "support": self.support,
                "sells_inside": sold_in / sold,
                "buys_inside": bought_in / bought,
                "loops": self.network.flows.diagonal(),
            }
        if self.support is None:
            del columns["support"]
        return pd.DataFrame(columns, index=self.network.industries)

    def _overlap(self) -> dict[str, np.ndarray]:
        """Share of each industry in its cluster, or the rest, and the next one in size."""
        i = np.arange(self.network.n)
        parts = np.column_stack([self.membership.toarray(), self.rest_share])
        own = parts[i, self.labels]
        parts[i, self.labels] = 0.0
        following = parts.argmax(axis=1)
        size = parts[i, following]
        called = np.array([*self.names, REST], dtype=object)[following]
        return {
            "share": own,
            "secondary": np.where(size > 0, called, ""),
            "secondary_share": size,
        }

    # ---------------------------------------------------------------------------- printing

    def __repr__(self) -> str:
        made = f"detect({self.recipe}){self.recipe.after}" if self.recipe else "given"
        name = f" of {self.network.name}" if self.network.name else ""
        return f"Clusters{name}: {self._count()}; {made}"

    def _count(self) -> str:
        inside = int((self.labels >= 0).sum())
        plural = "" if len(self) == 1 else "s"
        return f"{len(self):,} cluster{plural}, {inside:,} of {self.network.n:,} industries"

    def _told(self) -> tuple[str, list[tuple[str, ...]], list[str]]:
        """What is printed: the head, the rows of the first clusters, notes."""
        network, flow = self.network, self.internal_flow
        head = [self._count()]
        if self.measure:
            head.append(f"measure {self.measure}")
        if np.isfinite(self.resolution):
            head.append(f"resolution {self.resolution:.3g}")
        if self.verdict:
            head.append(f"verdict: {self.verdict}")
        if self.certificate is not None and len(self) and self.certificate.claim():
            head.append(self.certificate.claim())
        traded, notes = float(network.trade.sum()), list[str]()
        rows: list[tuple[str, ...]] = [
            (
                str(k),
                self.names[k],
                f"{self.sizes[k]:,}",
                f"{flow[k]:,.0f}" if traded >= 1e3 else f"{flow[k]:.4g}",
                f"{flow[k] / traded:.1%}",
                _list(self.members(k)),
            )
            for k in range(min(len(self), ROWS))
        ]
        if len(rows) < len(self):
            notes.append(f"and {len(self) - len(rows):,} more clusters")
        if len(self) and network.unit:
            notes.append(f"Flows in {network.unit}; share: of all trade between industries.")
        if self.shares is not None:
            several = int((np.diff(self.shares.indptr) > 1).sum())
            notes.append(f"{several:,} industries belong to several; flows go by their shares.")
        rest = int((self.labels < 0).sum())
        if rest:
            first = network.industries[np.flatnonzero(self.labels < 0)[: 3 * SHOWN]].tolist()
            notes.append(f"rest of the economy ({rest:,}): {_list(first, rest)}")
        return f"{network.name}: " * bool(network.name) + ", ".join(head), rows, notes

    def __str__(self) -> str:
        head, rows, notes = self._told()
        lines = [head]
        if rows:
            width = min(max(len(name) for _, name, *_ in rows), 44)
            wide = max(len(text) for text in [*(row[3] for row in rows), "internal flow"])
            lines.append(
                f"  {'':3} {'cluster':{width}} {'size':>5} {'internal flow':>{wide}}  share"
            )
        for k, name, size, money, share, members in rows:
            lines.append(
                f"  {k:>3} {_short(name, width):{width}} {size:>5} {money:>{wide}} {share:>6}  "
                f"{members}"
            )
        return "\n".join([*lines, *(f"  {note}" for note in notes)])

    def _repr_html_(self) -> str:
        head, rows, notes = self._told()
        columns = ("", "cluster", "size", "internal flow", "share", "members")
        return notebook.shown(head, rows, columns, notes, (0, 2, 3, 4))


def _find(name: str, names: tuple[str, ...]) -> int:
    if name in names:
        return names.index(name)
    import difflib

    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise ParameterError(f"no cluster called {name!r}{hint} See clusters.names.")


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _list(names: Any, total: int | None = None) -> str:
    total = len(names) if total is None else total
    shown = listed(names[:SHOWN])  # by semicolons where names have commas
    return shown + (f" and {total - SHOWN:,} more" if total > SHOWN else "")
