"""How much the answer moves with choices that nobody can call wrong: all of them, side by side."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import __version__
from ..clusters import Clusters
from ..detectors.detection import detect
from ..errors import AlignmentError, DataError, KlasternetError, KlasternetWarning, ParameterError
from ..labelling import set_alone
from ..network import FlowNetwork
from ..repetition import drawn_seed, repeat
from ..resuming import add_line, fingerprint, kept_lines
from ..tables.concordance import membership
from ..tables.table import IOTable
from ..ties import tie
from .comparison import scores
from .noise import shaken

__all__ = ["multiverse"]

TABLE = ("flows", "loops", "negatives")  # choices that make the network
OTHERS = ("table", "groups", "noise", "ties", "seed")  # the rest goes to detect
TOLD = ("clusters", "inside", "resolution", "verdict", "refused", "seconds")


def multiverse(
    table: IOTable | Mapping[Any, IOTable],
    over: Mapping[str, Iterable[Any]],
    *,
    seed: int | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
    resume: str | Path | None = None,
    **fixed: Any,
) -> pd.DataFrame:
    """Find the clusters of one economy under every combination of choices.

    The first option of each choice is the reference; ARI and AMI tell how far the clusters of
    every universe agree with those of the reference, industries of no cluster each by itself.

    Parameters
    ----------
    table : IOTable, or mapping of name to IOTable
        Several tables (years, editions, unit conventions) of the same industries are a choice,
        "table".
    over : mapping of choice to options
        flows, loops, negatives : as in `FlowNetwork.from_table`.
        ties : tie rules, as in `tie`; None leaves the flows.
        groups : concordances as in `IOTable.aggregate`, or None. Clusters of groups count for
        the industries in them. Options of several parts may be named: a mapping of name to option.
        noise : standard deviation of log cells, margins kept: another draw for every universe.
        seed : seeds of the search.
        All others go to `detect`: method, measure, null, resolution, support, contrast, and
        parameters of the detector.
    seed : int, optional
        Of the search, and of the noise. Drawn if left out.
    n_jobs, progress
        As in joblib; the numbers do not depend on it.
    resume : path, optional
        A file that keeps every universe once it is done (JSON lines). A run that was stopped goes
        on from there; universes of other tables, options or versions in the file are of no effect.
    **fixed
        Choices that are the same everywhere.

    Returns
    -------
    DataFrame
        One row for each universe: the choices, clusters, inside (industries in clusters),
        resolution, verdict, ari, ami, refused ("" or why there is no answer), seconds.
        ``attrs["labels"]`` has the labels of each universe, ``attrs["industries"]`` the names.

    Raises
    ------
    ParameterError
        No choice, an empty one, one made twice, or one that nothing knows.
    AlignmentError
        Tables of different industries.

    Warns
    -----
    KlasternetWarning
        Universes without an answer (flows that a table does not have, a measure that does not
        suit); their rows say why.

    Notes
    -----
    Universes are not a sample: the share of them in which something holds is no probability. After
    Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), doi 10.1177/1745691616658637.

    Examples
    --------
    >>> import klasternet as kn
    >>> table = kn.datasets.load("germany_1995")
    >>> frame = kn.multiverse(table, {"loops": ["aside", "keep"], "null": ["gravity"]},
    ...                       measure="flow", resolution=1, seed=0)
    >>> frame[["loops", "clusters", "ari"]].round(2).to_numpy().tolist()
    [['aside', 2, 1.0], ['keep', 3, 0.24]]
    """
    tables = dict(table) if isinstance(table, Mapping) else {"": table}
    choices = _choices(tables, over, fixed)
    industries = next(iter(tables.values())).industries
    for name, one in tables.items():
        if not one.industries.sort_values().equals(industries.sort_values()):
            raise AlignmentError(
                f"the table {name!r} has other industries than the first. Bring them to one "
                "classification with aggregate first."
            )
    universes = [dict(zip(choices, combination, strict=True)) for combination in _all(choices)]
    seed = drawn_seed(seed)
    prints = _prints(tables)
    keys = [_key(u, prints, fixed, seed) for u in universes]
    kept = kept_lines(resume, (*TOLD, "labels"))
    left = [k for k, key in enumerate(keys) if key not in kept]

    def work(rng: np.random.Generator, at: int) -> dict[str, Any]:
        k = left[at]
        options = {name: option for name, (_, option) in universes[k].items()}
        # the noise of a universe is its own, whatever is left to do and in whatever order
        own = np.random.default_rng([seed, int(keys[k][:12], 16)])
        row = _universe(tables, {**fixed, **options}, own, seed, industries)
        if resume is not None:
            add_line(resume, keys[k], row)
        return row

    done = repeat(work, len(left), seed, n_jobs=n_jobs, progress=progress, label="universes")
    kept |= {keys[k]: row for k, row in zip(left, done, strict=False)}
    shown = [k for k, key in enumerate(keys) if key in kept]  # fewer after Ctrl-C
    rows = [kept[keys[k]] for k in shown]
    frame = pd.DataFrame(
        [{name: shown_as for name, (shown_as, _) in universes[k].items()} for k in shown],
        columns=list(choices),
    )
    frame.index = pd.RangeIndex(len(frame), name="universe")
    for column in TOLD[:4]:
        frame[column] = [row[column] for row in rows]
    frame["ari"], frame["ami"] = _agreement(rows)
    for column in TOLD[4:]:
        frame[column] = [row[column] for row in rows]
    frame.attrs["industries"] = tuple(industries)
    frame.attrs["labels"] = {k: tuple(row["labels"]) for k, row in enumerate(rows)}
    refused = [row["refused"] for row in rows if row["refused"]]
    if refused:
        warnings.warn(
            f"{len(refused):,} of {len(rows):,} universes have no answer: {refused[0]} "
            "The column 'refused' says why.",
            KlasternetWarning,
            stacklevel=2,
        )
    return frame


Options = dict[str, list[tuple[Any, Any]]]  # choice: options, each with what it is shown as


def _choices(tables: Mapping[Any, IOTable], over: Any, fixed: Mapping[str, Any]) -> Options:
    """Choices and their options, checked."""
    if not isinstance(over, Mapping) or not over:
        raise ParameterError("over is empty; give choices and their options, {'ties': [...]}.")
    out: Options = {}
    if len(tables) > 1:
        out["table"] = [(name, name) for name in tables]
    for name, options in over.items():
        if name == "table" or name in fixed:
            raise ParameterError(f"the choice {name!r} is made twice; make it once.")
        if isinstance(options, Mapping):
            pairs = list(options.items())
        else:
            if isinstance(options, str) or not isinstance(options, Iterable):
                raise ParameterError(f"options of {name!r} are {options!r}; give a list.")
            pairs = [(_shown(option), option) for option in options]
        if not pairs:
            raise ParameterError(f"the choice {name!r} has no options.")
        doubled = pd.Index([str(shown) for shown, _ in pairs]).duplicated()
        if doubled.any():
            raise ParameterError(
                f"two options of {name!r} are both shown as {pairs[int(doubled.argmax())][0]!r}. "
                "Name them: a mapping of name to option."
            )
        out[name] = pairs
    return out


def _all(choices: Options) -> Iterable[tuple[tuple[Any, Any], ...]]:
    return product(*choices.values())


def _shown(option: Any) -> Any:
    """What stands for an option in the frame."""
    if option is None:
        return "none"
    if isinstance(option, bool | int | float | str | np.generic):
        return option
    return getattr(option, "__name__", type(option).__name__)


def _universe(
    tables: Mapping[Any, IOTable],
    options: dict[str, Any],
    rng: np.random.Generator,
    seed: int,
    industries: pd.Index,
) -> dict[str, Any]:
    """One answer, as it is kept; a refusal is an answer too."""
    options = dict(options)
    table = tables[options.pop("table", next(iter(tables)))]
    groups, noise = options.pop("groups", None), options.pop("noise", 0.0)
    rule, seed = options.pop("ties", None), options.pop("seed", seed)
    made = {name: options.pop(name) for name in TABLE if name in options}
    start = time.perf_counter()
    try:
        where = None
        if groups is not None:
            where = membership(table.industries, groups).idxmax()
            table = table.aggregate(groups)
        network = FlowNetwork.from_table(table, **made)
        network = shaken(network, noise, rng) if noise else network
        network = network if rule is None else tie(network, rule)
        clusters = detect(network, seed=seed, **options)
    except ParameterError:
        raise  # a wrong option is no universe
    except KlasternetError as error:
        nothing = {"clusters": 0, "inside": 0, "resolution": np.nan, "verdict": ""}
        took = time.perf_counter() - start
        return {**nothing, "labels": [], "refused": str(error), "seconds": took}
    by_name = pd.Series(clusters.labels, index=clusters.network.industries)
    labels = by_name.reindex(industries if where is None else where.reindex(industries))
    if labels.isna().any():
        raise DataError(f"the universe has no label for {labels.index[labels.isna()][0]!r}.")
    return {
        **_told(clusters),
        "inside": int((labels >= 0).sum()),
        "labels": labels.astype(int).tolist(),
        "refused": "",
        "seconds": time.perf_counter() - start,
    }


def _told(clusters: Clusters) -> dict[str, Any]:
    return {
        "clusters": len(clusters),
        "resolution": float(clusters.resolution),
        "verdict": clusters.verdict,
    }


def _agreement(rows: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """ARI and AMI of every universe with the first that has an answer; NaN without one."""
    answers = [np.array(row["labels"]) for row in rows]
    first = next((labels for labels in answers if len(labels)), None)
    ari, ami = [], []
    for labels in answers:
        pair = (np.nan, np.nan)
        if first is not None and len(labels):
            pair = scores(set_alone(first), set_alone(labels))[:2]
        ari.append(pair[0])
        ami.append(pair[1])
    return ari, ami


def _prints(tables: Mapping[Any, IOTable]) -> dict[Any, str]:
    """Fingerprint of all that each table holds."""
    return {
        name: fingerprint(one.flows, one.final_demand, one.value_added, one.output, one.imports)
        for name, one in tables.items()
    }


def _key(universe: Mapping[str, Any], prints: Mapping[Any, str], fixed: Any, seed: int) -> str:
    """Name of a universe: what it is of, its options, seed and version."""
    options = {name: option for name, (_, option) in universe.items()}
    table = prints[options.pop("table", next(iter(prints)))]
    choices = sorted({**fixed, **options}.items())
    return fingerprint(table, choices, seed, __version__)
