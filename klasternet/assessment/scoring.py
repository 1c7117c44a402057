"""Evidence read, and how a value becomes a score from 0 to 1: against a reference, by a rule.

What it is compared with is always named, and never the values themselves unless that was asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..clusters import Clusters
from ..errors import AlignmentError, DataError, ParameterError
from ..registry import choose
from ..tables.alignment import some
from .factors import Indicator
from .measuring import Measured, measured

__all__ = [
    "COLUMNS",
    "RULES",
    "against_ends",
    "against_sample",
    "pool_of",
    "read_evidence",
    "scored",
]

RULES = ("rank", "minmax", "zscore")
COLUMNS = [
    "cluster", "factor", "indicator", "value", "unit", "reference", "score", "clipped", "source",
]  # fmt: skip
LONG = {"cluster", "indicator", "value"}


def read_evidence(given: Any, names: pd.Index, what: str = "evidence") -> pd.DataFrame:
    """Clusters x indicators, NaN where nothing is known."""
    if given is None:
        return pd.DataFrame(index=names)
    if not isinstance(given, pd.DataFrame):
        raise ParameterError(
            f"{what} is a {type(given).__name__}; give a DataFrame, clusters x indicators."
        )
    if set(given.columns) >= LONG:
        twice = given.duplicated(["cluster", "indicator"])
        if twice.any():
            row = given[twice].iloc[0]
            raise DataError(
                f"{what} tells {row['indicator']!r} of {row['cluster']!r} twice; keep one."
            )
        by = given.groupby("indicator", sort=False)
        given = pd.DataFrame({n: rows.set_index("cluster")["value"] for n, rows in by})
    given = given.rename(columns=str)
    for axis, kind in ((given.index, "cluster"), (given.columns, "indicator")):
        if axis.has_duplicates:
            raise DataError(f"{what}: {kind} {axis[axis.duplicated()][0]!r} stands there twice.")
    unknown = [n for n in given.index if n not in names]
    if what == "evidence" and unknown:
        raise AlignmentError(
            f"{what} names {some(unknown)}, of which there is no cluster; the clusters are "
            f"{some(names, 8)}. Call them the same: clusters.rename, or the rows of evidence."
        )
    values = _numbers(given, what)
    return values.reindex(names) if what == "evidence" else values


def _numbers(given: pd.DataFrame, what: str) -> pd.DataFrame:
    out = {}
    for name in given:
        column = pd.to_numeric(given[name], errors="coerce")
        wrong = (column.isna() & given[name].notna()) | np.isinf(column.astype(float))
        if wrong.any() or pd.api.types.is_bool_dtype(given[name]):
            at = wrong.idxmax()
            raise DataError(
                f"{what}: {name!r} of {at!r} is {given.loc[at, name]!r}; give a finite number, or "
                "leave the cell empty where it is not known."
            )
        out[name] = column.astype(float)
    return pd.DataFrame(out, index=given.index, columns=given.columns)


def pool_of(
    reference: Any, specs: dict[str, Indicator], given: pd.DataFrame, found: Any, k: int
) -> dict[str, tuple[np.ndarray, str]]:
    """Reference values of each indicator, and what they are called."""
    out: dict[str, tuple[np.ndarray, str]] = {}
    if isinstance(reference, str):
        choose("reference", reference, ["clusters"])
        for name, one in found.items():
            if specs[name].bounds is None and one.sample is None and one.score is None:
                out[name] = (one.amounts, f"{k} scored clusters themselves")
        return out
    parts = [] if reference is None else reference
    frames = []
    for part in parts if isinstance(parts, list | tuple) else [parts]:
        if isinstance(part, Clusters):
            own = measured(part, list(specs), None, None, 0)
            part = pd.DataFrame({name: one.amounts for name, one in own.items()})
        frames.append(read_evidence(part, given.index, "reference"))
    if frames:
        held = pd.concat(frames, ignore_index=True)
        unknown = [name for name in held if name not in specs]
        if unknown:
            raise DataError(
                f"reference has {some(unknown)}, which the scorecard does not look at; call "
                f"columns as the indicators: {some(specs, 9)}."
            )
        for name in held:
            known = held[name].dropna().to_numpy()
            if len(known):
                out[name] = (known, f"{len(known)} references")
    return out


def scored(
    spec: Indicator,
    one: Measured,
    names: pd.Index,
    pool: dict[str, tuple[np.ndarray, str]],
    rule: str,
) -> pd.DataFrame:
    """Rows of the long frame: values of an indicator, their reference and scores."""
    values, rule = one.amounts, spec.rule or rule
    if spec.bounds is not None:
        low, high = spec.bounds
        beyond = (values < low) | (values > high)
        if beyond.any():
            k = int(np.argmax(beyond))
            raise DataError(
                f"{spec.name!r} of {names[k]!r} is {values[k]:g}, beyond its bounds {low:g} to "
                f"{high:g}; correct the value or the bounds."
            )
    clipped = np.zeros(len(values), dtype=bool)
    if spec.target is not None:
        worst, best = spec.target
        score, clipped = against_ends(values, worst, best)
        reference = f"from {worst:g} (worst) to {best:g} (best)"
    elif spec.name in pool:
        sample, called = pool[spec.name]
        score, clipped = against_sample(values, sample, spec, rule, called)
        reference = f"{rule} among {called}"
    elif one.sample is not None:
        score, clipped = against_sample(values, one.sample, spec, rule, one.reference)
        reference = f"{rule} among {one.reference}"
    elif one.score is not None:
        score, reference = one.score, one.reference
        score = 1 - score if spec.better == "lower" else score
    elif one.ends is not None:
        score, clipped = against_ends(values, *one.ends)
        score = 1 - score if spec.better == "lower" else score
        reference = one.reference
    elif spec.bounds is not None:
        low, high = spec.bounds if spec.better == "higher" else spec.bounds[::-1]
        score, _ = against_ends(values, low, high)
        reference = "scale {:g} to {:g}".format(*spec.bounds)
    else:
        raise DataError(
            f"{spec.name!r} has nothing to be compared with; give its bounds or a target in "
            "indicators=, reference values of other regions or clusters in reference=, or say "
            'reference="clusters" to compare the scored clusters with each other.'
        )
    return pd.DataFrame(
        {
            "cluster": names,
            "factor": spec.factor,
            "indicator": spec.name,
            "value": values,
            "unit": spec.unit,
            "reference": reference,
            "score": score,
            "clipped": clipped,
            "source": np.where(np.isfinite(values), spec.source, "not assessed"),
        }
    )[COLUMNS]


def against_ends(values: np.ndarray, worst: float, best: float) -> tuple[np.ndarray, np.ndarray]:
    """(x - worst) / (best - worst), clipped to [0, 1], and where it was clipped."""
    score = (values - worst) / (best - worst)
    return np.clip(score, 0.0, 1.0), (score < 0) | (score > 1)


def against_sample(
    values: np.ndarray, sample: np.ndarray, indicator: Indicator, rule: str, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of values (k,) among what their reference has, and where they were clipped.

    With m reference values y:

        rank     (number of y below x + half the number equal to it) / m
        minmax   (x - min y) / (max y - min y), clipped to [0, 1]
        zscore   Phi((x - mean y) / s), s with m - 1, Phi the normal distribution function

    one less these where lower is better.

    Parameters
    ----------
    sample : ndarray, shape (m,) or (m, k)
        NaN where a reference is not known.
    what : str
        What the reference is, for the message.
    """
    sample = np.broadcast_to(
        sample[:, None] if sample.ndim == 1 else sample, (len(sample), len(values))
    )
    score, clipped = np.full(len(values), np.nan), np.zeros(len(values), dtype=bool)
    for k in np.flatnonzero(np.isfinite(values)):
        y, x = sample[np.isfinite(sample[:, k]), k], values[k]
        _enough(y, indicator.name, rule, what)
        if rule == "rank":
            score[k] = ((y < x).sum() + 0.5 * (y == x).sum()) / len(y)
        elif rule == "minmax":
            part = (x - y.min()) / np.ptp(y)
            score[k], clipped[k] = np.clip(part, 0.0, 1.0), not 0 <= part <= 1
        else:
            score[k] = stats.norm.cdf((x - y.mean()) / y.std(ddof=1))
    return (1 - score if indicator.better == "lower" else score), clipped


def _enough(y: np.ndarray, name: Any, rule: str, what: str) -> None:
    least = 3 if rule == "zscore" else 2
    if len(y) < least:
        raise DataError(
            f"{name!r} is known for {len(y)} of the {what}, and {rule!r} needs {least}; give more "
            'of them, or what is worst and best: indicators={..., "target": (worst, best)}.'
        )
    if rule != "rank" and not np.ptp(y) > 1e-12 * max(1e-300, np.abs(y).max()):
        raise DataError(
            f"{name!r} is {y[0]:g} in all {len(y)} {what}, so {rule!r} cannot tell what is high; "
            'use rule="rank" or a target.'
        )
