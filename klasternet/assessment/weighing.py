"""Weights of factors, by whatever way they come, and how far a ranking rests on them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..errors import AlignmentError, DataError, KlasternetWarning, ParameterError
from ..tables.alignment import labels, some
from .factors import FACTORS, factor_called

__all__ = ["dominance", "pairwise_weights", "rank_shares", "ranks_of", "weights_of"]

TIE = 1e-12
ACCEPTED = 0.1  # consistency ratio that Saaty lets pass
# Mean consistency index of random comparisons of 3, 4, ... things on the scale 1/9 to 9.
RANDOM_INDEX = (0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59)


def pairwise_weights(comparisons: pd.DataFrame) -> pd.Series:
    """Turn comparisons of two factors at a time into weights, and tell how consistent they are.

    With a_ij how many times i matters more than j, a_ji = 1 / a_ij, the weights w are the principal
    eigenvector, and of n things

        A w = lambda w,  CI = (lambda - n) / (n - 1),  consistency ratio = CI / RI_n

    with RI_n the mean CI of random comparisons.

    Parameters
    ----------
    comparisons : DataFrame, square, with the same names as rows and columns
        Positive, commonly 1 (equal), 3, 5, 7, 9 and their reciprocals. A cell left empty (NaN) is
        the reciprocal of its mirror: one triangle will do.

    Returns
    -------
    Series
        Weights, adding up to 1. Its ``attrs`` hold consistency_ratio, eigenvalue, and
        worst_triad: the three judgements a_ij, a_jk, a_ik that agree least, as names and numbers.

    Warns
    -----
    KlasternetWarning
        A ratio above 0.1: judgements contradict each other; the worst triad is named.

    Raises
    ------
    AlignmentError
        Rows and columns of other names.
    DataError
        Judgements that are not positive, not reciprocal, or missing on both sides.
    ParameterError
        Fewer than two or more than fifteen things.

    Notes
    -----
    Consistent is not the same as right, and one person's judgement is not a region's. Beyond seven
    things or so people tire: compare groups first.

    References
    ----------
    Saaty (2008), Int. J. Services Sciences 1, 83-98, doi:10.1504/IJSSCI.2008.017590; his example of
    seven drinks is a test. The random indices are those of Saaty (2005), Theory and Applications of
    the Analytic Network Process, as other programs quote them; older texts have 0.58, 0.90, 1.12,
    1.24, 1.32, 1.41, 1.45. All 4,913 comparisons of three things, in the tests, give 0.52.

    Examples
    --------
    >>> import pandas as pd, klasternet as kn
    >>> names = ["skills", "capital", "networks"]
    >>> a = pd.DataFrame([[1, 3, 5], [None, 1, 2], [None, None, 1]], names, names)
    >>> w = kn.pairwise_weights(a)
    >>> w.round(3).to_dict(), round(w.attrs["consistency_ratio"], 3)
    ({'skills': 0.648, 'capital': 0.23, 'networks': 0.122}, 0.004)
    """
    A, names = _reciprocal(comparisons)
    n = len(names)
    values, vectors = np.linalg.eig(A)
    k = int(np.argmax(values.real))
    w = np.abs(vectors[:, k].real)
    out = pd.Series(w / w.sum(), index=names, name="weight")
    eigenvalue = float(values[k].real)
    ratio = 0.0 if n < 3 else max(0.0, (eigenvalue - n) / (n - 1)) / RANDOM_INDEX[n - 3]
    triad = _worst_triad(A, names)
    out.attrs |= {"consistency_ratio": ratio, "eigenvalue": eigenvalue, "worst_triad": triad}
    if ratio > ACCEPTED and triad is not None:
        (i, j, k3), (ij, jk, ik) = triad
        warnings.warn(
            f"comparisons contradict each other: consistency ratio {ratio:.2f}, above {ACCEPTED}. "
            f"The least consistent: {i!r} to {j!r} is {ij:.3g}, {j!r} to {k3!r} {jk:.3g}, which "
            f"would make {i!r} to {k3!r} {ij * jk:.3g}, but it is {ik:.3g}. Judge these anew.",
            KlasternetWarning,
            stacklevel=2,
        )
    return out


def _reciprocal(comparisons: Any) -> tuple[np.ndarray, pd.Index]:
    """The matrix filled up by reciprocals, columns in the order of the rows, checked."""
    if not isinstance(comparisons, pd.DataFrame):
        raise ParameterError(
            f"comparisons are a {type(comparisons).__name__}; give a DataFrame with the same names "
            "as rows and columns."
        )
    names = labels(comparisons.index, "comparisons (rows)")
    columns = labels(comparisons.columns, "comparisons (columns)")
    odd = names.symmetric_difference(columns, sort=False)
    if len(odd):
        raise AlignmentError(f"comparisons name {some(odd)} on one side only; give a square.")
    if not 2 <= len(names) <= len(RANDOM_INDEX) + 2:
        raise ParameterError(f"{len(names)} things to compare; give 2 to {len(RANDOM_INDEX) + 2}.")
    try:
        A = comparisons.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError("comparisons hold text; give numbers, such as 3 or 1/3.") from None
    A = A[:, columns.get_indexer(names)]
    np.fill_diagonal(A, np.where(np.isnan(A.diagonal()), 1.0, A.diagonal()))
    A = np.where(np.isnan(A), 1 / A.T, A)
    for wrong, what in (
        (~np.isfinite(A), "not known, in neither direction"),
        (~(A > 0), "not positive"),
        (np.abs(A * A.T - 1) > 0.02, "not the reciprocal of its mirror"),  # 0.33 for 1/3 passes
    ):
        if wrong.any():
            i, j = np.argwhere(wrong)[0]
            raise DataError(
                f"the comparison of {names[i]!r} with {names[j]!r} is {what} ({A[i, j]:.4g} and "
                f"{A[j, i]:.4g}). Give how many times more the first matters; leave the mirror "
                "empty, or give the reciprocal."
            )
    return A, names


def _worst_triad(A: np.ndarray, names: pd.Index) -> tuple[Any, Any] | None:
    """The three things whose judgements agree least, and the judgements ij, jk, ik."""
    L = np.log(A)
    triads = list(combinations(range(len(names)), 3))
    if not triads:
        return None
    i, j, k = max(triads, key=lambda t: abs(L[t[0], t[1]] + L[t[1], t[2]] - L[t[0], t[2]]))
    judged = (float(A[i, j]), float(A[j, k]), float(A[i, k]))
    return (str(names[i]), str(names[j]), str(names[k])), judged


def weights_of(given: Any) -> pd.Series:
    """Weights of the nine factors: equal, given by name, or from comparisons by pairs.

    Equal weights are a decision as well; whoever gives none makes it.
    """
    if given is None or (isinstance(given, str) and given == "equal"):
        out = pd.Series(1 / len(FACTORS), index=list(FACTORS), name="weight")
        out.attrs["from"] = "equal"
        return out
    if isinstance(given, pd.DataFrame):
        given = given.rename(index=factor_called, columns=factor_called)
        out, how = pairwise_weights(given), "pairwise comparison"
    elif isinstance(given, Mapping | pd.Series):
        out, how = _given(given), "given"
    else:
        raise ParameterError(
            f"weights are {given!r}; give a mapping of factor to weight, a frame of comparisons, "
            "or None for equal ones."
        )
    lacking = [f for f in FACTORS if f not in out.index]
    if lacking:
        raise AlignmentError(
            f"weights lack {some(lacking, 9)}; name all nine, 0 for a factor that is not to count."
        )
    kept = out.attrs
    out = out.reindex(list(FACTORS))
    out.attrs |= kept | {"from": how}
    return out


def _given(given: Any) -> pd.Series:
    names = [factor_called(name) for name in given.keys()]  # noqa: SIM118, a Series has values
    twice = pd.Index(names).duplicated()
    if twice.any():
        raise AlignmentError(f"weights name {names[int(np.argmax(twice))]!r} twice; keep one.")
    try:
        values = np.array([float(given[name]) for name in given.keys()])  # noqa: SIM118
    except (TypeError, ValueError):
        raise DataError("weights hold what is no number; give one for each factor.") from None
    if not np.isfinite(values).all() or (values < 0).any():
        k = int(np.argmin(np.where(np.isfinite(values), values, -np.inf)))
        raise DataError(f"the weight of {names[k]!r} is {values[k]:g}; give a number from 0.")
    if abs(values.sum() - 1) > 1e-6:
        raise DataError(
            f"weights add up to {values.sum():.6g}, not to 1; divide them by their sum, if "
            "proportions are what they are."
        )
    return pd.Series(values, index=names, name="weight")


# --------------------------------------------------------------------------------- rankings


def ranks_of(scores: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, 1 the highest; equals share the better rank."""
    out = np.empty(scores.shape, dtype=int)
    for k in range(scores.shape[-1]):
        out[..., k] = 1 + (scores > scores[..., k : k + 1] + TIE).sum(axis=-1)
    return out


def rank_shares(scores: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Share of all weights under which each row of (k, m) holds each rank, shape (k, k).

    Weights are drawn uniformly from those that are not negative and add up to 1.
    """
    k, m = scores.shape
    rng = np.random.default_rng(seed)
    weights = rng.standard_exponential((draws, m))
    ranks = ranks_of((weights / weights.sum(axis=1, keepdims=True)) @ scores.T)
    return np.stack([(ranks == r).mean(axis=0) for r in range(1, k + 1)], axis=1)


def dominance(scores: pd.DataFrame) -> pd.DataFrame:
    """Pairs of rows of which one is nowhere lower and somewhere higher: no weights undo it."""
    S = scores.to_numpy()
    never_lower = (S[:, None] >= S[None] - TIE).all(axis=2)
    higher = (S[:, None] > S[None] + TIE).any(axis=2)
    i, j = np.nonzero(never_lower & higher)
    return pd.DataFrame({"better": scores.index[i], "worse": scores.index[j]})
