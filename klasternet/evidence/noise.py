"""A table that is not quite right: noise on its cells, its margins kept, its ties made again.

And what is found on such a table, by the recipe that found the first clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from .. import overlap
from ..clusters import Clusters
from ..errors import AlignmentError, ConvergenceError, DataError, ParameterError
from ..matrices import column_sums, row_sums, without_diagonal
from ..network import FlowNetwork
from ..qualities import number
from ..registry import tie_rules
from ..ties import tie
from .readings import density

__all__ = ["Draw", "found_again", "rules_for", "shaken", "spread_of"]


def shaken(network: FlowNetwork, spread: Any, rng: np.random.Generator) -> FlowNetwork:
    """The network with noise on the flows between industries, of the same margins."""
    if not np.any(spread):
        return network
    from ..kernels.proportional import fit_matrix

    diagonal, W = network.flows.diagonal(), without_diagonal(network.flows)
    out, inn = row_sums(W), column_sums(W)
    thin = sparse.issparse(W)
    cells = W.data if thin else W
    sd = spread
    if thin and np.ndim(spread):
        rows = np.repeat(np.arange(network.n), np.diff(W.indptr))
        sd = spread[rows, W.indices]
    noisy = cells * np.exp(sd * rng.standard_normal(cells.shape))
    if thin:
        noisy = sparse.csr_array((noisy, W.indices, W.indptr), shape=W.shape)
    try:
        x, y = fit_matrix(noisy, out, inn)
    except ConvergenceError as error:
        name = network.industries[error.industry]  # type: ignore[attr-defined]
        raise ConvergenceError(
            f"the margins cannot be restored: {name!r} {error.reason}. "  # type: ignore[attr-defined]
            "Leave it out with network.select, or use noise=0."
        ) from error
    if thin:
        flows = sparse.csr_array(sparse.diags_array(x) @ noisy @ sparse.diags_array(y))
        flows = sparse.csr_array(flows + sparse.diags_array(diagonal)) if diagonal.any() else flows
        flows.sort_indices()
    else:
        flows = x[:, None] * noisy * y
        np.fill_diagonal(flows, diagonal)
    return replace(network, flows=flows, given_ties=None, tie_rule="flow")


def spread_of(noise: Any, network: FlowNetwork) -> Any:
    """The standard deviation of log cells: a number, or one for each cell in order."""
    if not isinstance(noise, pd.DataFrame):
        return number("noise", noise, 0.0, 10.0)
    names = network.industries
    lacking = names.difference(noise.index).union(names.difference(noise.columns))
    if len(lacking):
        raise AlignmentError(f"no noise for {lacking[0]!r}. Give one for every pair.")
    values = noise.loc[names, names].to_numpy(dtype=float)
    if values.shape != (network.n, network.n) or not (values >= 0).all() or np.isinf(values).any():
        raise DataError("noise must be a finite number from 0 for every pair, each named once.")
    return values


def rules_for(ties: Any, network: FlowNetwork, noisy: bool) -> Sequence[Any]:
    """The tie rules to be taken in turn; None leaves the ties as they are."""
    if ties is not None:
        rules = [ties] if isinstance(ties, str) or callable(ties) else list(ties)
        if not rules:
            raise ParameterError("ties is empty; give at least one rule, or leave it out.")
        for rule in rules:
            if not callable(rule):
                tie_rules.find(rule)
        return rules
    if network.given_ties is None or not noisy:
        return [None]
    if network.tie_rule not in tie_rules:
        raise DataError(
            f"ties by the rule {network.tie_rule!r} cannot be made again from noisy flows. "
            "Name rules with ties=[...], or use noise=0."
        )
    return [network.tie_rule]


# labels, resolution, readings of the given clusters, pairs (industry, cluster) of secondary members
Draw: TypeAlias = tuple[np.ndarray, float, np.ndarray, np.ndarray]


def found_again(
    rng: np.random.Generator,
    k: int,
    *,
    clusters: Clusters,
    spread: Any,
    rules: Sequence[Any],
    parameters: dict[str, Any],
) -> Draw:
    """What is found on one noisy table, and the readings of the given clusters there."""
    recipe = clusters.recipe
    assert recipe is not None
    network = shaken(clusters.network, spread, rng)
    rule = rules[k % len(rules)]
    if rule is not None:
        network = tie(network, rule)
    again = replace(recipe, parameters=parameters)
    found = again.repeat(network, seed=int(rng.integers(2**32)))
    readings = density(replace(clusters, network=network)).drop(columns="industries")
    M = found.membership
    other = np.column_stack(overlap.cells(M))
    other = other[other[:, 1] != found.labels[other[:, 0]]]
    return found.labels, found.resolution, readings.to_numpy(dtype=float), other
