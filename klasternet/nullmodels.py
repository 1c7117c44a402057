"""Null models in money: what a tie would be if sizes alone decided.

A null model enters everywhere as masses A, B, (n,) or (n, r): the expected tie of i to j is
E_ij = sum_r A[i, r] B[j, r]. So it runs at the full speed of
the engines, on a million firms too. One of your own is a function that returns two arrays, or an
object with `masses(network)` and, to be drawn from in its own way, `sample(network, rng)`:

>>> from klasternet import null_model
>>> @null_model("square root")
... def root(network):
...     size = network.out_strength**0.5
...     return size, size
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .errors import ContractError, ConvergenceError, DataError, ParameterError
from .matrices import canonical, cells
from .network import FlowNetwork
from .registry import choose, null_model, null_models

__all__ = ["NullModel", "expected", "null_model_of"]

Masses = tuple[np.ndarray, np.ndarray]
LARGEST = 20_000  # industries of which all pairs are written down


@dataclass(frozen=True)
class NullModel:
    """What is expected of each tie, and random networks of that kind.

    Attributes
    ----------
    name : str
    rule : callable
        network -> (A, B), unchecked.
    draw : callable or None
        (network, rng) -> FlowNetwork; None where the model cannot be drawn from.
    """

    name: str
    rule: Callable[[FlowNetwork], Any]
    draw: Callable[[FlowNetwork, np.random.Generator], FlowNetwork] | None = None

    def fills_diagonal(self, network: FlowNetwork) -> bool:
        """Whether E_ii = A_i . B_i counts; else it is 0, as in the ties.

        Models made for zeros where the ties have them (gravity, uniform, capacity) expect nothing
        of an industry with itself when loops are aside; all others are taken at their word.
        """
        return network.loops == "keep" or self.rule not in _EMPTY_DIAGONAL

    def masses(self, network: FlowNetwork) -> Masses:
        """Return A, B of E_ij = sum_r A[i, r] B[j, r], each (n,) or (n, r).

        Raises
        ------
        ContractError
            What the model gives is no pair of finite, non-negative arrays for the industries.
        """
        return _checked(self.rule(network), network, self.name)

    def sample(self, network: FlowNetwork, rng: np.random.Generator) -> FlowNetwork:
        """Return a random network in which sizes alone decide.

        Unless the model has a draw of its own: every expected tie times an observed ratio of
        tie to expectation, the ratios dealt out anew, scaled so that the total is kept on
        average. Empty cells stay empty (a sparse network trades on its own pairs), margins are
        not rebalanced (that would shrink the noise twice and find clusters everywhere), loops
        stay where they are set aside and are dealt out among loops where they are kept.

        Raises
        ------
        ContractError
            The model has no `sample`.
        """
        if self.draw is None:
            raise ContractError(
                f"the null model {self.name!r} has no method 'sample', so nothing can be judged "
                "against it. Add sample(self, network, rng), or give its masses alone."
            )
        return self.draw(network, rng)


def null_model_of(choice: Any) -> NullModel:
    """Return the null model of a name, a function, an object with masses, or a pair of arrays.

    Parameters
    ----------
    choice : str, callable, object or pair of ndarray
        "gravity", "configuration", "uniform", "capacity", "blocks" or a registered name;
        f(network) -> (A, B); an object (or its class) with `masses(network)` and, to be drawn
        from, `sample(network, rng)`; the masses (out, in) themselves.

    Raises
    ------
    ParameterError
        A name that is not known; the nearest is given.
    ContractError
        None of these.

    Examples
    --------
    >>> null_model_of("gravity").name
    'gravity'
    """
    name, piece = "", choice
    if isinstance(choice, str):
        name = choose("null model", choice, null_models)
        piece = null_models.find(name)
    if isinstance(piece, NullModel):
        return piece
    if isinstance(piece, type):
        name, piece = name or piece.__name__, piece()
    name = name or getattr(piece, "__name__", type(piece).__name__)
    if hasattr(piece, "masses"):
        return NullModel(name, piece.masses, getattr(piece, "sample", None))
    if isinstance(piece, tuple | list) and len(piece) == 2:
        name, piece = "given masses", partial(_given, tuple(piece))
    if callable(piece):
        return NullModel(name, piece, partial(_redealt, name, piece))
    raise ContractError(
        f"a {name} is no null model. Give a name ({', '.join(null_models)}), a function or an "
        "object with masses(network), or a pair of arrays (out, in)."
    )


def expected(network: FlowNetwork, null: Any = "gravity") -> np.ndarray:
    """Return the expected ties E, shape (n, n), in the unit of the ties.

    Parameters
    ----------
    network : FlowNetwork
    null : str, callable, object or pair of ndarray
        As in `null_model_of`.

    Notes
    -----
    With loops aside E_ii is 0 under gravity, uniform and capacity.

    Examples
    --------
    >>> W = np.array([[9.0, 3, 1], [1, 9, 3], [3, 1, 9]])
    >>> expected(FlowNetwork.from_matrix(W))
    array([[0., 2., 2.],
           [2., 0., 2.],
           [2., 2., 0.]])
    """
    if network.n > LARGEST:
        raise ParameterError(
            f"the expected ties of all pairs of {network.n:,} industries would not fit. "
            "Use null_model_of(null).masses(network)."
        )
    model = null_model_of(null)
    A, B = model.masses(network)
    E = np.outer(A, B) if A.ndim == 1 else A @ B.T
    if not model.fills_diagonal(network):
        np.fill_diagonal(E, 0.0)
    return E


# ------------------------------------------------------------------------- the money nulls


@null_model("gravity")
def _gravity(network: FlowNetwork) -> Masses:
    """E_ij = x_i y_j off the diagonal with the margins of the ties: the maximum-entropy null.

    With loops kept there are no structural zeros, and it is the configuration null.
    """
    from .kernels.proportional import fit_masses

    if network.loops == "keep":
        return _configuration(network)
    out, inn, _ = _strengths(network)
    try:
        return fit_masses(out, inn)
    except ConvergenceError as error:
        name = network.industries[error.industry]  # type: ignore[attr-defined]
        raise ConvergenceError(
            f"no gravity null without loops has the margins of this network: {name!r} "
            f"{error.reason}. Take null='configuration', or leave {name!r} out."  # type: ignore[attr-defined]
        ) from error


@null_model("configuration")
def _configuration(network: FlowNetwork) -> Masses:
    """E_ij = o_i t_j / m, loops included: with loops kept, networkx's directed modularity."""
    out, inn, total = _strengths(network)
    root = np.sqrt(total) or 1.0
    return out / root, inn / root


@null_model("uniform")
def _uniform(network: FlowNetwork) -> Masses:
    """The same for every pair that may trade: gamma is a density relative to the mean one."""
    out, inn, total = _strengths(network)
    trades = (out > 0) | (inn > 0)
    return _proportional(trades.astype(float), total, network)


@null_model("capacity")
def _capacity(network: FlowNetwork) -> Masses:
    """In proportion to the total output of seller and buyer, whoever it is sold to."""
    out, inn, total = _strengths(network)
    given = _column(network, "output", "the total output of each industry")
    output = np.asarray(pd.to_numeric(given, errors="coerce"), dtype=np.float64)
    bad = ~(np.isfinite(output) & (output >= 0))
    if bad.any():
        k = int(np.argmax(bad))
        raise DataError(
            f"the null model 'capacity' cannot use the output of {network.industries[k]!r}: "
            f"{given.iloc[k]}. Give a number, not negative, for every industry."
        )
    return _proportional(np.where((out > 0) | (inn > 0), output, 0.0), total, network)


@null_model("blocks")
def _blocks(network: FlowNetwork) -> Masses:
    """E_ij = o_i t_j F_rs / (O_r T_s): regions trade as they do, industries within by size.

    r, s are the regions of i, j; F_rs is the trade between them, O_r and T_s its sums.
    """
    out, inn, total = _strengths(network)
    given = _column(network, "region", "the region of each industry")
    code, regions = pd.factorize(given)
    if (code < 0).any():
        name = network.industries[int(np.argmax(code < 0))]
        raise DataError(
            f"the null model 'blocks' does not know the region of {name!r}. "
            "Give one for every industry."
        )
    n, r, at = network.n, len(regions), np.arange(network.n)
    member = sparse.csr_array((np.ones(n), (at, code)), shape=(n, r))
    between = member.T @ (network.ties @ member)
    between = between.toarray() if sparse.issparse(between) else between
    share_out = _share(out, np.bincount(code, out, r)[code])
    share_in = _share(inn, np.bincount(code, inn, r)[code])
    root = np.sqrt(total) or 1.0
    A = np.zeros((n, r))
    A[at, code] = share_out * root
    return A, between.T[code] * share_in[:, None] / root


def _strengths(network: FlowNetwork) -> tuple[np.ndarray, np.ndarray, float]:
    """Out-strength, in-strength and their sum, of ties that are not negative."""
    ties = network.given_ties
    if ties is not None and ties.min() < 0:
        raise DataError(
            f"ties by the rule {network.tie_rule!r} are negative in places, and no null in money "
            "fits them. Take measure='lift', or another tie rule."
        )
    return network.out_strength, network.in_strength, float(network.out_strength.sum())


def _proportional(size: np.ndarray, total: float, network: FlowNetwork) -> Masses:
    """Masses in proportion to size that sum to the total over the cells allowed."""
    size = size / (size.max() or 1.0)
    allowed = size.sum() ** 2 - (size @ size if network.loops == "aside" else 0.0)
    mass = size * np.sqrt(total / allowed if allowed > 0 else 0.0)
    return mass, mass


def _column(network: FlowNetwork, name: str, what: str) -> pd.Series:
    """A column that a null model needs."""
    if name not in network.columns:
        null = {"output": "capacity", "region": "blocks"}[name]
        raise DataError(
            f"the null model {null!r} needs {what}, and the network has no column {name!r}. "
            f"Give columns={{{name!r}: ...}}, or an IOTable that knows it."
        )
    return network.columns[name]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


_EMPTY_DIAGONAL = (_gravity, _uniform, _capacity)


# --------------------------------------------------------------------- any model's masses


def _given(masses: Masses, network: FlowNetwork) -> Masses:
    return masses


def _checked(masses: Any, network: FlowNetwork, name: str) -> Masses:
    """The masses as float64 arrays, or a ContractError that names the null model."""
    cure = f"Its masses are two arrays of shape ({network.n},) or ({network.n}, r)"
    if not (isinstance(masses, tuple | list) and len(masses) == 2):
        raise ContractError(f"the null model {name!r} gave a {type(masses).__name__}. {cure}.")
    try:
        A, B = (np.asarray(side, dtype=np.float64) for side in masses)
    except (TypeError, ValueError) as error:
        raise ContractError(f"the null model {name!r} gave no numbers ({error}). {cure}.") from None
    if A.shape != B.shape or A.ndim not in (1, 2) or len(A) != network.n:
        raise ContractError(
            f"the null model {name!r} gave masses of shape {A.shape} and {B.shape}. {cure}."
        )
    for side, mass in (("out", A), ("in", B)):
        bad = ~(np.isfinite(mass) & (mass >= 0)).reshape(network.n, -1).all(axis=1)
        if bad.any():
            k = int(np.argmax(bad))
            raise ContractError(
                f"the null model {name!r} gave {network.industries[k]!r} the {side}-mass "
                f"{mass[k]}. {cure}, finite and not negative."
            )
    return A, B


def _redealt(
    name: str, rule: Callable[..., Any], network: FlowNetwork, rng: np.random.Generator
) -> Any:
    """A network whose ratios of tie to expectation have changed places; see `sample`."""
    A, B = _checked(rule(network), network, name)
    W = network.flows if network.given_ties is None else network.given_ties
    i, j, data = cells(W, lambda tie: tie != 0)
    at_cell = np.zeros_like(data)
    for a, b in zip(A.reshape(network.n, -1).T, B.reshape(network.n, -1).T, strict=True):
        at_cell += a[i] * b[j]
    ratio = _share(data, at_cell)  # where nothing is expected the tie stays as it is
    drawn = data.copy()
    loops = i == j
    for these in (~loops, loops) if network.loops == "keep" else (~loops,):
        here = np.flatnonzero(these & (at_cell > 0))
        if len(here):
            drawn[here] = at_cell[here] * rng.permutation(ratio[here])
            on_average = at_cell[here].sum() * ratio[here].mean()
            drawn[here] *= data[here].sum() / on_average
    if sparse.issparse(W):
        new = canonical(sparse.csr_array((drawn, (i, j)), shape=W.shape))
    else:
        new = np.zeros_like(W)
        new[i, j] = drawn
    if network.given_ties is None:
        return replace(network, flows=new)
    return network.with_ties(new, rule=network.tie_rule)
