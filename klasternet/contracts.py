"""Does a piece of your own keep its contract? Checks to run on it, with the network that broke it.

Each check runs the piece over awkward networks and asks for the laws that the library builds on.
It returns the list of what was asked, or raises a ContractError that names every law broken and
the networks that broke it; these are at hand as `error.broken`, by name.

>>> from klasternet import contracts
>>> def own(network, rng):
...     return network.out_strength.argsort() % 2
>>> contracts.check_detector(own)
Traceback (most recent call last):
...
klasternet.errors.ContractError: the method 'own' breaks its contract.
- renaming: labels depend on the order of the industries ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .clusters import Clusters
from .detectors.detection import detect
from .evidence.comparison import agreement
from .evidence.readings import density
from .network import FlowNetwork
from .nullmodels import expected, null_model_of
from .ties import tie
from .trials import (
    SEED,
    Law,
    asked,
    awkward_networks,
    called,
    close,
    dense,
    everywhere,
    kept,
    outcome,
    plain_network,
    reordered,
    shuffled,
)

__all__ = [
    "awkward_networks",
    "check_detector",
    "check_layout",
    "check_null_model",
    "check_quality",
    "check_tie_rule",
]

DRAWS = 400  # random networks whose mean total is looked at


def check_detector(detector: Any, **params: Any) -> pd.DataFrame:
    """Check that a detector keeps its contract.

    A detector is ``f(network, rng, **params)`` that returns an integer for each industry, -1 for
    no cluster. Asked of it on every awkward network: labels of the right number and kind, the same
    for the same seed, the network and NumPy's global random state untouched. Asked of it on an
    economy whose clusters are plain: the same clusters when industries come in another order, and
    when all amounts are given in another unit.

    Parameters
    ----------
    detector : str or callable
        Also a registered name.
    **params
        Handed to the detector.

    Returns
    -------
    DataFrame
        One row for each law and network: law, network, outcome ("kept", or "refused" with the
        message where the detector raised a KlasternetError of its own).

    Raises
    ------
    ContractError
        What broke, on which networks; ``error.broken`` has them by name.

    Notes
    -----
    A piece that passes is well-behaved, not good: hold its clusters against `datasets.planted`.

    Examples
    --------
    >>> import numpy as np
    >>> def halves(network, rng):
    ...     return (network.out_strength > np.median(network.out_strength)).astype(int)
    >>> len(check_detector(halves)) > 30
    True
    """
    name = called(detector)

    def found(network: FlowNetwork, seed: int = SEED) -> np.ndarray:
        return detect(network, detector, seed=seed, **params).labels

    def seeded(where: str, network: FlowNetwork, labels: np.ndarray) -> Iterator[Law]:
        same = np.array_equal(labels, found(network))
        yield kept("seed", where, network, same, "two runs of one seed differ")

    def laws() -> Iterator[Law]:
        yield from everywhere("labels", found, seeded)
        plain = plain_network()
        labels = yield from asked("labels", "plain clusters", plain, found)
        if labels is None:
            return
        order = shuffled(plain)
        yield from _alike("renaming", plain, found(reordered(plain, order)), labels[order])
        output = plain.columns["output"] * 1e6
        scaled = replace(
            plain, flows=plain.flows * 1e6, columns=plain.columns.assign(output=output)
        )
        yield from _alike("unit", plain, found(scaled), labels)

    return outcome("method", name, laws())


def check_tie_rule(rule: Any, **params: Any) -> pd.DataFrame:
    """Check that a tie rule keeps its contract.

    A tie rule is ``f(network, **params)`` that returns a finite n x n matrix. Asked of it: shape
    and numbers; the network and NumPy's global random state untouched; the same ties when called
    again; ties that follow the industries when these come in another order.

    Parameters
    ----------
    rule : str or callable
    **params
        Handed to the rule.

    Returns
    -------
    DataFrame
        As from `check_detector`.

    Raises
    ------
    ContractError

    Examples
    --------
    >>> def square_root(network):
    ...     return network.flows**0.5
    >>> set(check_tie_rule(square_root)["outcome"])
    {'kept'}
    """

    def made(network: FlowNetwork) -> np.ndarray:
        ties = tie(network, rule, **params).ties
        return ties.toarray() if sparse.issparse(ties) else np.asarray(ties)

    def laws(where: str, network: FlowNetwork, ties: np.ndarray) -> Iterator[Law]:
        same = np.array_equal(ties, made(network))
        yield kept("repeat", where, network, same, "two calls differ")
        order = shuffled(network)
        follow = close(made(reordered(network, order)), ties[np.ix_(order, order)])
        wrong = "ties depend on the order of the industries"
        yield kept("renaming", where, network, follow, wrong)

    return outcome("tie rule", called(rule), everywhere("ties", made, laws))


def check_null_model(null: Any, draws: int = DRAWS) -> pd.DataFrame:
    """Check that a null model keeps its contract.

    A null model gives masses A, B, so that E_ij = sum_r A_ir B_jr is expected of i and j. Asked of
    it: finite masses, not negative; expected ties that add up to all ties; that follow the
    industries into another order, and the unit. Where it can be drawn from: networks of the same
    industries, never negative, the same for the same random numbers; and on an economy without
    giant flows a total that is on average that of the ties (within four standard errors).

    Parameters
    ----------
    null : str, callable, object, class or pair of arrays
        As in `detect`.
    draws : int
        Random networks whose mean total is looked at.

    Returns
    -------
    DataFrame
        As from `check_detector`.

    Raises
    ------
    ContractError

    Examples
    --------
    >>> set(check_null_model("configuration", draws=50)["outcome"])
    {'kept'}
    """
    model = null_model_of(null)
    masses = partial(expected, null=model)

    def laws(where: str, network: FlowNetwork, E: np.ndarray) -> Iterator[Law]:
        total = float(network.ties.sum())
        wrong = f"expected ties add up to {E.sum():.6g}, the ties to {total:.6g}"
        yield kept("total", where, network, bool(np.isclose(E.sum(), total)), wrong)
        order = shuffled(network)
        follow = close(masses(reordered(network, order)), E[np.ix_(order, order)])
        wrong = "masses depend on the order of the industries"
        yield kept("renaming", where, network, follow, wrong)
        follow = close(masses(replace(network, flows=network.flows * 1e3)), E * 1e3)
        yield kept("unit", where, network, follow, "masses do not follow the unit")
        if model.draw is not None:
            yield from _drawn(model, where, network)

    def all_laws() -> Iterator[Law]:
        yield from everywhere("masses", masses, laws)
        if model.draw is not None:
            yield from _mean(model, plain_network(), draws)

    return outcome("null model", model.name, all_laws())


def check_quality(quality: Any) -> pd.DataFrame:
    """Check that a quality keeps its contract.

    A quality is ``f(clusters)`` that returns one finite number for each cluster. Asked of it:
    numbers of the right count; the clusters and NumPy's global random state untouched; the same
    when industries come in another order; and either the same in every unit of money or
    proportional to it.

    Parameters
    ----------
    quality : str or callable

    Returns
    -------
    DataFrame
        As from `check_detector`.

    Raises
    ------
    ContractError

    Examples
    --------
    >>> def retention(clusters):
    ...     sold = clusters.membership.T @ clusters.network.out_strength
    ...     return clusters.internal_flow / sold
    >>> set(check_quality(retention)["outcome"])
    {'kept'}
    """

    def halves(network: FlowNetwork) -> np.ndarray:
        return np.arange(network.n) * 2 // network.n

    def read(network: FlowNetwork, labels: np.ndarray) -> np.ndarray:
        clusters = Clusters.from_labels(network, labels)
        column = density(clusters, also=quality).iloc[:, -1]
        return column.to_numpy(dtype=float)[clusters.labels]

    def laws(where: str, network: FlowNetwork, values: np.ndarray) -> Iterator[Law]:
        finite, labels = bool(np.isfinite(values).all()), halves(network)
        yield kept("finite", where, network, finite, f"a cluster has the value {values.min()}")
        if not finite:
            return
        order = shuffled(network)
        follow = close(read(reordered(network, order), labels[order]), values[order])
        yield kept("renaming", where, network, follow, "it depends on the order")
        scaled = read(replace(network, flows=network.flows * 1e3), labels)
        follow = close(scaled, values) or close(scaled, values * 1e3)
        wrong = "it is neither free of the unit nor proportional to it"
        yield kept("unit", where, network, follow, wrong)

    numbers = everywhere("numbers", lambda network: read(network, halves(network)), laws)
    return outcome("quality", called(quality), numbers)


def check_layout(layout: Any) -> pd.DataFrame:
    """Check that a layout keeps its contract.

    A layout is ``f(network)`` that returns a place (x, y) for each industry: a frame with columns
    x and y, or a mapping, by name. Asked of it: a finite place for everybody; the same when called
    again; the network and NumPy's global random state untouched; no two industries on one spot.

    Parameters
    ----------
    layout : str or callable

    Returns
    -------
    DataFrame
        As from `check_detector`.

    Raises
    ------
    ContractError

    Examples
    --------
    >>> import networkx as nx
    >>> def ring(network):
    ...     return nx.circular_layout(network.to_networkx())
    >>> set(check_layout(ring)["outcome"])
    {'kept'}
    """
    from .figures.placement import given_positions

    def placed(network: FlowNetwork) -> np.ndarray:
        return given_positions(layout, network, (0.0, 0.0, 400.0, 300.0))

    def laws(where: str, network: FlowNetwork, spots: np.ndarray) -> Iterator[Law]:
        same = np.array_equal(spots, placed(network))
        yield kept("repeat", where, network, same, "two calls differ")
        apart = len(np.unique(spots.round(6), axis=0)) == network.n
        yield kept("apart", where, network, apart, "two industries share a spot")

    return outcome("layout", called(layout), everywhere("places", placed, laws))


# ------------------------------------------------------------------------- laws in several steps


def _drawn(model: Any, where: str, network: FlowNetwork) -> Iterator[Law]:
    """Laws of a single random network."""
    rng = np.random.default_rng(SEED)
    drawn = yield from asked("draws", where, network, partial(model.sample, rng=rng))
    if drawn is None:
        return
    again = model.sample(network, np.random.default_rng(SEED))
    same = np.array_equal(dense(drawn), dense(again))
    yield kept("seed", where, network, same, "two draws of one seed differ")
    same = drawn.industries.equals(network.industries)
    yield kept("industries", where, network, same, "a draw has other industries")
    least = float(dense(drawn).min())
    yield kept("not negative", where, network, least >= 0, f"a draw holds {least:.6g}")


def _mean(model: Any, network: FlowNetwork, draws: int) -> Iterator[Law]:
    """The total is kept on average; giant flows would leave any mean of few draws in doubt."""
    rng = np.random.default_rng(SEED)
    totals = [float(model.sample(network, rng).ties.sum()) for _ in range(draws)]
    wanted, error = float(network.ties.sum()), np.std(totals, ddof=1) / np.sqrt(draws)
    wrong = f"the draws' mean total is {np.mean(totals):.6g}, the ties' {wanted:.6g}"
    near = abs(np.mean(totals) - wanted) <= 4 * error + 1e-9 * wanted
    yield kept("mean", "plain clusters", network, bool(near), wrong)


def _alike(law: str, network: FlowNetwork, labels: np.ndarray, wanted: np.ndarray) -> Iterator[Law]:
    on = reordered(network, np.arange(network.n))
    same = agreement(Clusters.from_labels(on, labels), Clusters.from_labels(on, wanted)).ari
    what = {
        "renaming": "labels depend on the order of the industries",
        "unit": "labels depend on the unit of money",
    }[law]
    yield kept(law, "plain clusters", network, same > 1 - 1e-9, what)
