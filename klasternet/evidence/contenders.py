"""Several methods on one economy: what each finds, and what speaks for it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..clusters import Clusters
from ..detectors.detection import detect
from ..errors import KlasternetError, KlasternetWarning, ParameterError
from ..network import FlowNetwork
from ..repetition import drawn_seed, repeat
from .chance import significance
from .comparison import agreement
from .readings import density
from .validation import SCORES, validation_scores

__all__ = ["compare"]

METHODS = (
    *("density", "feser_bergman", "czamanski", "hoen", "persistence"),
    *("mapequation", "spectral", "hierarchy"),
)
READINGS = (  # medians over clusters, the main ones first
    *("gravity_ratio", "contrast", "contrast_low", "contrast_high", "lift_inside"),
    *("mean_density_ratio", "sales_retention", "purchase_retention", "persistence", "conductance"),
    *("e_i", "gravity_ratio_rest", "lift_rest"),
)
KINDS = ("weak", "strong", "connected")  # shares of clusters


def compare(
    network: FlowNetwork,
    methods: Iterable[Any] | Mapping[str, Any] = METHODS,
    against: Any = None,
    *,
    similarity: Any = None,
    draws: int = 0,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Find clusters by several methods, and hold the answers side by side.

    Parameters
    ----------
    network : FlowNetwork
    methods : list, or mapping of name to method
        Whatever `detect` takes: names, functions, labels; or Clusters as they are. A mapping of
        parameters that names a "method" gives it options:
        ``{"lift at 1": {"method": "density", "resolution": 1}}``.
    against : Clusters, Series, mapping or sequence, optional
        A partition to agree with, such as an official definition.
    similarity : optional
        For `validation_scores`.
    draws : int
        Random economies for `significance`, each searched anew by the same method; 0 leaves it out.
    seed : int, optional
        Of the searches and draws.
    n_jobs, progress
        As in joblib.

    Returns
    -------
    DataFrame
        One row for each method: clusters, inside and rest (industries); verdict; ari and ami with
        `against`, industries of no cluster each by itself; share_inside (of all trade between
        industries); every reading of `density`: the median over clusters, and of weak, strong and
        connected the share of clusters that are; seconds; refused ("" or why there is no answer);
        where asked for, pvalue and beyond_chance (share of clusters beyond chance by themselves),
        validation and the four scores it is the mean of. ``attrs["agreement"]`` has the ARI of
        every two.

    Raises
    ------
    ParameterError
        No methods, a name twice, or an option that a method does not take.

    Warns
    -----
    KlasternetWarning
        Methods without an answer, such as one that needs output where there is none.

    Notes
    -----
    No column is the winner's: each method is best by what it maximises. Agreement with an official
    definition is no proof of truth. A median over few clusters hides a lot; `density` has each.

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(24, 3, contrast=20, noise=0.4, seed=0)
    >>> frame = kn.compare(network, ["density", "spectral", "hierarchy"], labels, seed=0)
    >>> frame.loc["density", ["clusters", "ari"]].tolist()
    [3.0, 1.0]
    """
    asked = _named(methods)
    seed = drawn_seed(seed)

    def work(rng: np.random.Generator, at: int) -> tuple[dict[str, Any], Clusters | None]:
        return _answer(network, list(asked.values())[at], seed, draws, similarity)

    done = repeat(work, len(asked), seed, n_jobs=n_jobs, progress=progress, label="methods")
    names = list(asked)[: len(done)]
    frame = pd.DataFrame([row for row, _ in done], index=pd.Index(names, name="method"))
    found = {name: clusters for name, (_, clusters) in zip(names, done, strict=True)}
    if against is not None:
        told = {name: _agree(clusters, against) for name, clusters in found.items()}
        for place, column in enumerate(("ari", "ami")):
            frame.insert(4 + place, column, [told[name][place] for name in names])
    known = {name: clusters for name, clusters in found.items() if clusters is not None}
    frame.attrs["agreement"] = {a: {b: _agree(known[a], known[b])[0] for b in known} for a in known}
    refused = frame.loc[frame["refused"] != "", "refused"]
    if len(refused):
        warnings.warn(
            f"{', '.join(refused.index)} gave no answer: {refused.iloc[0]} "
            "The column 'refused' says why.",
            KlasternetWarning,
            stacklevel=2,
        )
    return frame


def _named(methods: Any) -> dict[str, Any]:
    """Methods by the names they are shown under."""
    if isinstance(methods, str) or callable(methods):
        methods = [methods]
    if isinstance(methods, Mapping):
        asked = {str(name): method for name, method in methods.items()}
    else:
        pairs = [(_shown(method, k), method) for k, method in enumerate(methods)]
        doubled = pd.Index([name for name, _ in pairs]).duplicated()
        if doubled.any():
            raise ParameterError(
                f"two methods are called {pairs[int(doubled.argmax())][0]!r}. "
                "Give a mapping of name to method."
            )
        asked = dict(pairs)
    if not asked:
        raise ParameterError("there are no methods to compare. Name at least one.")
    return asked


def _shown(method: Any, k: int) -> str:
    if isinstance(method, str):
        return method
    if isinstance(method, Mapping) and "method" in method:
        return _shown(method["method"], k)
    return getattr(method, "__name__", f"given {k + 1}")


def _answer(
    network: FlowNetwork, method: Any, seed: int, draws: int, similarity: Any
) -> tuple[dict[str, Any], Clusters | None]:
    """One row, and the clusters; None where the method refuses the network."""
    start = time.perf_counter()
    try:
        clusters = _clusters(network, method, seed)
    except ParameterError:
        raise
    except KlasternetError as error:
        return _row(None, time.perf_counter() - start, str(error)), None
    row = _row(clusters, time.perf_counter() - start, "")
    if draws:
        test = significance(clusters, draws, seed=seed)
        row["pvalue"] = test.pvalue
        row["beyond_chance"] = (
            float((test.table["pvalue"] <= 0.05).mean()) if len(clusters) else np.nan
        )
    if similarity is not None:
        several = (clusters.sizes > 1).sum() > 1
        found = validation_scores(clusters, similarity).table.mean() if several else pd.Series()
        row |= {f"validation_{name}": found.get(name, np.nan) for name in SCORES}
        row["validation"] = found.get("score", np.nan)
    return row, clusters


def _clusters(network: FlowNetwork, method: Any, seed: int) -> Clusters:
    if isinstance(method, Clusters):
        return method
    if isinstance(method, Mapping) and "method" in method:
        return partial(detect, network, **{"seed": seed, **method})()
    if isinstance(method, Mapping | pd.Series):
        return Clusters.from_labels(network, method)
    return detect(network, method, seed=seed)


def _row(clusters: Clusters | None, seconds: float, refused: str) -> dict[str, Any]:
    if clusters is None:
        nothing = dict.fromkeys(("share_inside", *READINGS, *KINDS), np.nan)
        head: dict[str, Any] = {"clusters": 0, "inside": 0, "rest": 0, "verdict": ""}
        return {**head, **nothing, "seconds": seconds, "refused": refused}
    inside = int((clusters.labels >= 0).sum())
    readings = density(clusters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no cluster has the reading: NaN
        medians = {name: float(readings[name].median()) for name in READINGS}
    return {
        "clusters": len(clusters),
        "inside": inside,
        "rest": len(clusters.labels) - inside,
        "verdict": clusters.verdict,
        "share_inside": float(readings["internal_flow"].sum() / clusters.network.trade.sum()),
        **medians,
        **{name: float(readings[name].mean()) if len(readings) else np.nan for name in KINDS},
        "seconds": seconds,
        "refused": refused,
    }


def _agree(clusters: Clusters | None, other: Any) -> tuple[float, float]:
    if clusters is None:
        return np.nan, np.nan
    found = agreement(clusters, other)
    return found.ari, found.ami
