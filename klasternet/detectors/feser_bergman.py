"""Feser and Bergman's templates: industries that buy and sell alike, as overlapping factors.

Links are the largest of four correlations between purchase and sales profiles; factors are
principal components of the links, turned by varimax. An industry may belong to several.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import DataError, ParameterError
from ..network import FlowNetwork
from ..qualities import number
from ..registry import choose, detector
from .found import Found
from .literature import full_flows
from .profile_correlations import correlations, links

__all__ = ["factors", "feser_bergman", "parts", "varimax"]

ROTATIONS, STILL = 1_000, 1e-10  # rounds of varimax, and the gain that is none


@detector("feser_bergman")
def feser_bergman(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    primary: float = 0.60,
    secondary: float = 0.35,
    components: int | str = "auto",
    of: str = "links",
    loops: bool = True,
) -> Found:
    """Group industries with like purchases and sales by factor analysis (Feser and Bergman).

    With x_ij = Z_ij / sum_i Z_ij the share of supplier i in what j buys and y_ij = Z_ij / sum_j
    Z_ij the share of buyer j in what i sells, and r the correlation over industries, the link of a
    pair is

        link_kl = max( r(x_.k, x_.l), r(y_k., y_l.), r(x_.k, y_l.), r(y_k., x_.l) )

    alike as buyers, alike as sellers, and each buying where the other sells. Principal components
    with an eigenvalue above 1 (Kaiser) are kept and turned by varimax. Over clusters: industry i
    belongs to factor f as a primary member where its loading l_if is at least `primary` and none is
    larger, and as a secondary one wherever it is at least `secondary`; its share in each is

        m_if = l_if / sum of l_ig over the factors g that it belongs to

    Parameters
    ----------
    network : FlowNetwork
        Its flows; ties are not looked at.
    rng : Generator
        Not used: there is no chance in it.
    primary, secondary : float
        Least loadings.
    components : int or "auto"
        How many are kept; "auto" takes those with an eigenvalue above 1.
    of : {"links", "columns"}
        Components of the links as they stand, as if they were correlations, or of the correlations
        between their columns (industries linked to the same others).
    loops : bool
        Whether profiles hold what an industry sells to itself. An industry that feeds on its own
        product is then hardly like another one; without, the cell is 0, which is a gap in one
        profile and not in the other.

    Returns
    -------
    Found
        ``labels`` have the primary members; industries with none, or with a factor of their own,
        are the rest. ``shares`` hold m, where anybody belongs to several; who is primary nowhere
        may still be a secondary member, and the rest counts for it as a factor of loading
        `primary` (or that on a factor of its own), so that most of it stays there. From `detect`
        they are ``clusters.shares``. ``loadings`` is a frame industries x factors; column k belongs
        to label k.

    Raises
    ------
    DataError
        More than 5,000 industries.
    ParameterError
        A value out of range.

    Notes
    -----
    Misleads where profiles are alike for everybody: all industries buy wholesale trade and
    electricity, so correlations are high between strangers, and a first factor takes in most of
    the economy. Being alike is not trading with one another: two users of the same input are linked
    without a flow between them, and density inside must be read afterwards (`density`). The matrix
    of maxima is no correlation matrix, so some eigenvalues are negative and loadings may exceed 1.
    Profiles without variance are linked to nobody.

    After Feser and Bergman (2000), National industry cluster templates, Regional Studies 34, 1-19.
    Checked against the paper's abstract only; the links of Germany 1995 against an independent
    computation (tests), and varimax (Kaiser 1958, doi 10.1007/BF02289233; rows normalised) against
    scikit-learn. Thresholds of loadings differ between studies; 0.60 and 0.35 are those of accounts
    of the paper. It lists secondary members and divides nobody: shares are klasternet's own, for
    sums over clusters to count each industry once.

    Examples
    --------
    >>> import klasternet as kn
    >>> from klasternet.detectors.profile_correlations import links
    >>> table = kn.FlowNetwork.from_table(kn.datasets.load("germany_1995"))
    >>> links(table.flows).round(4)[0].tolist()
    [1.0, 0.977, 0.9634, 0.744, 0.5188, 0.7043]
    >>> usa = kn.FlowNetwork.from_table(kn.datasets.load("usa_2022"))
    >>> found = kn.detect(usa, "feser_bergman").to_frame()
    >>> found.loc["Machinery", ["cluster", "secondary"]].tolist()
    ['Fabricated metals & Machinery', 'Primary metals & Motor vehicles']
    """
    primary, secondary = number("primary", primary, 0.0, 1.0), number("secondary", secondary, 0.0)
    if secondary > primary:
        raise ParameterError(
            f"secondary is {secondary:g}, above primary, {primary:g}. Give it at most as high."
        )
    of = choose("matrix of components", of, ("links", "columns"))
    Z = full_flows(network, "feser_bergman")
    if not loops:
        np.fill_diagonal(Z, 0.0)
    R = links(Z)
    turned = factors(R if of == "links" else correlations(R, R), components)
    loadings = pd.DataFrame(
        turned, network.industries, pd.RangeIndex(turned.shape[1], name="factor")
    )
    if not turned.shape[1]:
        return Found(np.full(network.n, -1), verdict="no clusters", loadings=loadings)
    high = turned.max(axis=1)
    labels = np.where((high >= primary) & (high > 0), turned.argmax(axis=1), -1)
    size = np.bincount(labels[labels >= 0], minlength=turned.shape[1])
    labels = np.where(size[labels] > 1, labels, -1)
    verdict = "" if (labels >= 0).any() else "no clusters"
    shares = parts(turned, labels, primary, secondary)
    divided = ((shares > 0) & (shares < 1)).any()
    return Found(labels, verdict=verdict, loadings=loadings, shares=shares if divided else None)


def parts(loadings: np.ndarray, labels: np.ndarray, primary: float, secondary: float) -> np.ndarray:
    """Share of each industry in each factor that counts, shape (n, k): its loadings over their sum.

    A factor counts where a label has it, for industries with a loading of at least `secondary`. The
    rest counts as a factor for those whose label it is: with the loading `primary`, or a larger one
    of theirs on a factor that nobody shares.
    """
    common = np.isin(np.arange(loadings.shape[1]), labels)
    kept = np.where(common & (loadings >= secondary), np.maximum(loadings, 0.0), 0.0)
    rest = np.where(labels < 0, np.maximum(loadings.max(axis=1, initial=0.0), primary), 0.0)
    whole = (kept.sum(axis=1) + rest)[:, None]
    return np.divide(kept, whole, out=np.zeros_like(kept), where=whole > 0)


def factors(R: np.ndarray, components: int | str = "auto") -> np.ndarray:
    """Principal components of a symmetric matrix after varimax: loadings, shape (n, k).

    Those that weigh most come first, and each points to where its loadings are largest.
    """
    weight, vectors = np.linalg.eigh(R)
    weight, vectors = weight[::-1], vectors[:, ::-1]
    if isinstance(components, str):
        choose("number of components", components, ("auto",))
        k = int((weight > 1 + 1e-9).sum())
    else:
        k = int(number("components", components, 1, len(R)))
        if weight[k - 1] <= 0:
            raise DataError(
                f"only {int((weight > 0).sum())} components have a positive eigenvalue. "
                f"Give components={int((weight > 0).sum())} or fewer."
            )
    turned = varimax(vectors[:, :k] * np.sqrt(weight[:k]))
    turned = turned * np.where((turned**3).sum(axis=0) < 0, -1.0, 1.0)
    return turned[:, np.argsort(-(turned**2).sum(axis=0), kind="stable")]


def varimax(loadings: np.ndarray, normalise: bool = True) -> np.ndarray:
    """Turn loadings (n, k) so that the variance of their squares is largest.

    normalise : each industry counts the same, however much of it the factors hold.
    """
    k = loadings.shape[1]
    if k < 2:
        return loadings.copy()
    height = np.sqrt((loadings**2).sum(axis=1)) if normalise else np.ones(len(loadings))
    height = np.where(height > 0, height, 1.0)
    A, turn, last = loadings / height[:, None], np.eye(k), 0.0
    for _ in range(ROTATIONS):
        B = A @ turn
        U, s, V = np.linalg.svd(A.T @ (B**3 - B * (B**2).mean(axis=0)))
        turn = U @ V
        if s.sum() <= last * (1 + STILL):
            break
        last = s.sum()
    return (A @ turn) * height[:, None]
