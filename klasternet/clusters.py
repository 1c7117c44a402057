"""Clusters: which industries belong together, and the recipe that found it out.

A container of clusters. Every sum over them goes through the sparse membership matrix M:
flows between clusters are M' W M.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .certificate import Certificate
from .errors import AlignmentError, ParameterError
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
    """

    method: str
    callable: Callable[..., Clusters]
    parameters: Mapping[str, Any]
    seed: int | None
    version: str

    def repeat(self, network: FlowNetwork, seed: int | None = None) -> Clusters:
        """Follow the recipe on a network; the same network and seed give the same clusters."""
        seed = self.seed if seed is None else seed
        return self.callable(network, seed=seed, **self.parameters)

    def __str__(self) -> str:
        known = [f"{name}={value!r}" for name, value in self.parameters.items()]
        known = [text if len(text) <= 60 else text.partition("=")[0] + "=..." for text in known]
        return ", ".join([f"method={self.method!r}", *known, f"seed={self.seed}"])


@dataclass(frozen=True, eq=False, repr=False)
class Clusters:
    """Clusters of industries, the rest of the economy, and how they were found.

    Made by `detect`, or by `Clusters.from_labels` from a list that somebody drew up.
    `len`, iteration and `members` treat it as a container of clusters.

    Attributes
    ----------
    network : FlowNetwork
    labels : ndarray of int, shape (n,)
        0 is the cluster with the largest internal flow; -1 the rest of the economy.
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

    def __post_init__(self) -> None:
        for array in (self.labels, self.partition, self.support):
            if array is not None:
                array.setflags(write=False)

    @classmethod
    def from_labels(
        cls, network: FlowNetwork, labels: Any, names: Mapping[Any, str] | None = None
    ) -> Clusters:
        """Make clusters from a list that is given: an official definition, a textbook.

        Do not bring labels here that another program found in these same data: pass that program
        to `detect` as a callable, or tests of significance will be too generous.

        Parameters
        ----------
        network : FlowNetwork
        labels : array, Series or mapping of industry to cluster
            A sequence has one label for each industry, in order; a Series or mapping is matched by
            name. A label is a number or a name; -1, None, NaN and "rest" mean no cluster.
        names : mapping of label to name, optional
            Names for the clusters. Labels that are text name themselves.

        Raises
        ------
        AlignmentError
            Labels for other industries, or for too many or too few.
        """
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
        """Membership matrix M, shape (n, k): 1 where the industry is in the cluster."""
        return membership(self.labels, len(self))

    @cached_property
    def between(self) -> pd.DataFrame:
        """Money that each cluster (row) sells to each (column), with the "rest" last.

        Loops follow the network: set aside, or kept. The sum is that of all trade.
        """
        k = len(self)
        labels = np.where(self.labels < 0, k, self.labels)
        M = membership(labels, k + 1)
        flow = (M.T.tocsr() @ self.network.trade) @ M
        flow = flow.toarray() if sparse.issparse(flow) else np.asarray(flow)
        names = pd.Index([*self.names, REST], name="cluster")
        return pd.DataFrame(flow, index=names, columns=names)

    @cached_property
    def internal_flow(self) -> np.ndarray:
        """Money that members sell to members of the same cluster, shape (k,)."""
        return internal_flow(self.network, self.labels)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each industry.

        Columns: cluster (name, or "rest"), label, partition, support (where known),
        sells_inside and buys_inside (share of its trade that stays in its cluster; NaN without
        trade), and loops (what it sells to itself).
        """
        W, labels = self.network.trade, self.labels
        sold, bought = (np.asarray(W.sum(axis=axis)).ravel() for axis in (1, 0))
        sold_in, bought_in = own_trade(W, labels)
        with np.errstate(invalid="ignore"):
            columns = {
                "cluster": np.array([*self.names, REST], dtype=object)[labels],
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

    # ---------------------------------------------------------------------------- printing

    def __repr__(self) -> str:
        made = f"detect({self.recipe})" if self.recipe else "given"
        name = f" of {self.network.name}" if self.network.name else ""
        return f"Clusters{name}: {self._count()}; {made}"

    def _count(self) -> str:
        inside = int((self.labels >= 0).sum())
        plural = "" if len(self) == 1 else "s"
        return f"{len(self):,} cluster{plural}, {inside:,} of {self.network.n:,} industries"

    def __str__(self) -> str:
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
        lines = [f"{network.name}: " * bool(network.name) + ", ".join(head)]
        traded = float(network.trade.sum())
        shown = min(len(self), ROWS)
        if shown:
            width = min(max(len(name) for name in self.names[:shown]), 44)
            money = [f"{amount:,.0f}" if traded >= 1e3 else f"{amount:.4g}" for amount in flow]
            wide = max(len(text) for text in [*money[:shown], "internal flow"])
            lines.append(
                f"  {'':3} {'cluster':{width}} {'size':>5} {'internal flow':>{wide}}  share"
            )
        for k in range(shown):
            lines.append(
                f"  {k:3} {_short(self.names[k], width):{width}} {self.sizes[k]:5,} "
                f"{money[k]:>{wide}} {flow[k] / traded:6.1%}  {_list(self.members(k))}"
            )
        if shown < len(self):
            lines.append(f"  and {len(self) - shown:,} more clusters")
        if len(self) and network.unit:
            lines.append(f"  Flows in {network.unit}; share: of all trade between industries.")
        rest = int((self.labels < 0).sum())
        if rest:
            some = network.industries[np.flatnonzero(self.labels < 0)[: 3 * SHOWN]].tolist()
            lines.append(f"  rest of the economy ({rest:,}): {_list(some, rest)}")
        return "\n".join(lines)


def by_name(labels: pd.Series, industries: pd.Index) -> pd.Series:
    """Labels in the order of the industries, matched by name."""
    doubled = labels.index.duplicated()
    if doubled.any():
        raise AlignmentError(
            f"the labels name {labels.index[doubled][0]!r} twice. Keep one for each industry."
        )
    missing, unknown = industries.difference(labels.index), labels.index.difference(industries)
    if len(missing) or len(unknown):
        which = f"lack {missing[0]!r}" if len(missing) else f"have unknown {unknown[0]!r}"
        raise AlignmentError(
            f"the labels {which}. Give one label for each industry of the network; "
            "None for an industry of no cluster."
        )
    return labels.reindex(industries)


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
    shown = ", ".join(str(name) for name in names[:SHOWN])
    return shown + (f" and {total - SHOWN:,} more" if total > SHOWN else "")
