"""Awkward networks, and how a law is asked of a third party's piece on one of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from .errors import ContractError, KlasternetError
from .matrices import canonical
from .network import FlowNetwork
from .planting import planted

__all__ = [
    "Law",
    "asked",
    "awkward_networks",
    "called",
    "close",
    "dense",
    "everywhere",
    "kept",
    "outcome",
    "plain_network",
    "prints",
    "random_state",
    "reordered",
    "shuffled",
    "untouched",
]

SEED = 1


class Law(NamedTuple):
    """A law, the network on which it was asked for, and how it was broken ("" where it holds)."""

    law: str
    network: str
    broken: str
    on: FlowNetwork


def awkward_networks() -> dict[str, FlowNetwork]:
    """Return small networks that break careless code, by name.

    Two industries; one without trade; two components; a chain, whose last industry sells nothing;
    equal flows; huge, tiny and mixed amounts; loops kept; a thin network stored sparsely; names
    that are no text; columns with output, regions and places.
    """
    rng = np.random.default_rng(SEED)
    full = rng.lognormal(0.0, 1.5, (12, 12))
    np.fill_diagonal(full, 0.0)
    alone, parts = full.copy(), full.copy()
    alone[4] = alone[:, 4] = 0.0
    parts[:6, 6:] = parts[6:, :6] = 0.0
    thin = np.where(rng.random((40, 40)) < 0.08, rng.lognormal(0.0, 1.0, (40, 40)), 0.0)
    thin[np.arange(39), np.arange(1, 40)] = 1.0  # nobody is without trade
    np.fill_diagonal(thin, 0.0)
    loops = full + np.diag(full.sum(axis=1) * 3)
    made = {
        "two industries": np.array([[0.0, 3.0], [1.0, 0.0]]),
        "an industry without trade": alone,
        "two components": parts,
        "a chain": np.diag(np.arange(1.0, 9.0), 1),
        "equal flows": np.ones((7, 7)) - np.eye(7),
        "huge amounts": full * 1e12,
        "tiny amounts": full * 1e-9,
        "amounts of every size": np.where(full > 0, np.exp(6 * np.log(full + (full == 0))), 0.0),
        "many flows": full,
        "a thin network": sparse.csr_array(thin),
    }
    out = {name: FlowNetwork.from_matrix(W) for name, W in made.items()}
    out["large loops"] = FlowNetwork.from_matrix(loops, loops="keep")
    columns = pd.DataFrame(
        {
            "output": full.sum(axis=1) * 2 + 1,
            "region": ["north"] * 5 + ["south"] * 7,
            "longitude": rng.random(12),
            "latitude": rng.random(12),
        },
        index=[("row", k) if k % 2 else k for k in range(12)],
    )
    names = pd.Index(columns.index, tupleize_cols=False)
    out["names that are no text"] = FlowNetwork.from_matrix(
        pd.DataFrame(full, index=names, columns=names), columns=columns.set_axis(names)
    )
    return out


def kept(law: str, where: str, network: FlowNetwork, holds: bool, wrong: str) -> Law:
    """A law that holds, or what is wrong."""
    return Law(law, where, "" if holds else wrong, network)


def called(piece: Any) -> str:
    return piece if isinstance(piece, str) else getattr(piece, "__name__", type(piece).__name__)


def asked(law: str, where: str, network: FlowNetwork, run: Callable[[FlowNetwork], Any]) -> Any:
    """Run a piece; yield what it broke, and return its answer, None where it has none.

    A KlasternetError is an honest refusal, unless it says that the contract was broken.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = run(network)
    except ContractError as error:
        yield Law(law, where, str(error), network)
    except KlasternetError as error:
        yield Law(law, where, f"refused: {error}", network)
    except Exception as error:  # whatever a third party's code may raise is told, not swallowed
        yield Law(law, where, f"{type(error).__name__}: {error}", network)
    else:
        yield Law(law, where, "", network)
        return answer
    return None


def everywhere(
    law: str,
    run: Callable[[FlowNetwork], Any],
    more: Callable[[str, FlowNetwork, Any], Iterator[Law]],
) -> Iterator[Law]:
    """Run a piece on every awkward network; where it has an answer, ask for more laws of it.

    In the end the network and NumPy's global random state must be as they were.
    """
    for where, network in awkward_networks().items():
        before = prints(network), random_state()
        answer = yield from asked(law, where, network, run)
        if answer is not None:
            yield from more(where, network, answer)
            yield from untouched(where, network, before)


def untouched(where: str, network: FlowNetwork, before: tuple[Any, Any]) -> Iterator[Law]:
    same = prints(network) == before[0]
    yield kept("untouched", where, network, same, "the network was changed")
    same = random_state() == before[1]
    yield kept("randomness", where, network, same, "NumPy's global random state was used")


def plain_network() -> FlowNetwork:
    """An economy in which every method that looks for clusters sees the same."""
    network, labels = planted(24, 3, contrast=50.0, noise=0.3, sizes=0.3, seed=SEED)
    columns = {"output": network.out_strength * 2, "region": labels % 2}
    return replace(network, columns=network.columns.assign(**columns))


def reordered(network: FlowNetwork, order: np.ndarray) -> FlowNetwork:
    flows = network.flows[order][:, order]
    return replace(
        network,
        industries=network.industries[order],
        flows=canonical(flows) if sparse.issparse(flows) else np.ascontiguousarray(flows),
        columns=network.columns.iloc[order],
    )


def shuffled(network: FlowNetwork) -> np.ndarray:
    """Another order of its industries, always the same."""
    return np.random.default_rng(SEED).permutation(network.n)


def prints(network: FlowNetwork) -> tuple[Any, ...]:
    return (dense(network).tobytes(), tuple(network.industries), network.columns.to_csv())


def random_state() -> str:
    """All of NumPy's global generator: its key changes only once in 624 numbers."""
    kind, key, *place = np.random.get_state()  # noqa: NPY002
    return f"{kind} {np.asarray(key).tobytes().hex()} {place}"


def dense(network: FlowNetwork) -> np.ndarray:
    ties = network.ties
    return ties.toarray() if sparse.issparse(ties) else np.asarray(ties)


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return np.allclose(a, b, rtol=1e-6, atol=1e-9 * float(np.abs(b).max(initial=0.0)))


def outcome(kind: str, name: str, laws: Iterator[Law]) -> pd.DataFrame:
    """What was asked and how it went; raises where a law is broken."""
    asked = list(laws)
    refused = [one.broken.startswith("refused: ") for one in asked]
    broken = [one for one, no in zip(asked, refused, strict=True) if one.broken and not no]
    if broken:
        lines = [f"- {one.law}: {one.broken} (network: {one.network})." for one in broken]
        error = ContractError(f"the {kind} {name!r} breaks its contract.\n" + "\n".join(lines))
        error.broken = {one.network: one.on for one in broken}  # type: ignore[attr-defined]
        raise error
    outcomes = [one.broken or "kept" for one in asked]
    return pd.DataFrame(
        {"law": [a.law for a in asked], "network": [a.network for a in asked], "outcome": outcomes}
    )
