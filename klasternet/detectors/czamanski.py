"""Czamanski's clusters: grown along the strongest of four coefficients, members being alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..network import FlowNetwork
from ..qualities import number
from ..registry import detector
from .found import Found
from .literature import full_flows
from .profile_correlations import links

__all__ = ["coefficients", "czamanski", "homogeneity"]


@detector("czamanski")
def czamanski(
    network: FlowNetwork,
    rng: np.random.Generator,
    *,
    least: float = 0.1,
    alike: float = 0.7,
) -> Found:
    """Grow clusters along the strongest shares while their members stay alike (Czamanski).

    Over pairs, with purchases p_j = sum_i Z_ij and sales s_i = sum_j Z_ij of intermediate goods,
    four coefficients say how much two industries matter to each other, and the largest counts:

        link_ij = max( Z_ij / p_j,  Z_ji / p_i,  Z_ij / s_i,  Z_ji / s_j )          i != j

    Over clusters, with R the largest of the four correlations between purchase and sales profiles
    (as in method="feser_bergman"), members c are alike to the degree

        C_c = largest eigenvalue of R_cc / trace of R_cc                1 / |c| to 1

    The strongest pair founds a cluster; the industry with the strongest link to a member joins, and
    the next, as long as that link is at least `least` and C_c does not fall below `alike`; those
    who would lower it too much are passed over. Then the strongest pair of those left founds the
    next.

    Parameters
    ----------
    network : FlowNetwork
        Its flows; ties are not looked at. Profiles hold what an industry sells to itself.
    rng : Generator
        Not used: there is no chance in it.
    least : float
        Least share in all purchases or all sales of one of the two.
    alike : float
        Least C_c. A pair has (1 + r) / 2.

    Returns
    -------
    Found
        ``profile``: one row for each cluster, by label: industries, its founding link, C_c.

    Raises
    ------
    DataError
        More than 5,000 industries.
    ParameterError
        A value out of range.

    Notes
    -----
    Misleads in two ways. One industry that sells nearly everything to one buyer is bound to it
    however little the buyer notices: small industries decide. And growth is greedy: who came first
    keeps its members, whatever a later cluster would have made of them.

    After Czamanski and Ablas (1979), Identification of industrial clusters and complexes: a
    comparison of methods and findings, Urban Studies 16, 61-80. The paper could not be read: the
    four coefficients and the largest eigenvalue over the trace are those of the literature on it,
    the order in which clusters grow and both thresholds are ours; checked by hand (tests).

    Examples
    --------
    >>> import klasternet as kn
    >>> network, labels = kn.datasets.planted(24, 3, contrast=30, noise=0.3, sizes=0.3, seed=0)
    >>> found = kn.detect(network, "czamanski")
    >>> kn.agreement(found, kn.Clusters.from_labels(network, labels)).ari
    1.0
    """
    least, alike = number("least", least, 0.0, 1.0), number("alike", alike, 0.0, 1.0)
    Z = full_flows(network, "czamanski")
    link, R = coefficients(Z), links(Z)
    labels = np.full(network.n, -1)
    open_ = np.triu(link, 1)  # pairs that may still found a cluster
    rows: list[tuple[int, float, float]] = []
    while True:
        i, j = np.unravel_index(int(open_.argmax()), open_.shape)
        if not open_[i, j] >= max(least, 1e-300):
            break
        members, founding = [int(i), int(j)], float(open_[i, j])
        if homogeneity(R, members) < alike:
            open_[i, j] = 0.0
            continue
        wanted = np.where(labels < 0, link[:, members].max(axis=1), 0.0)
        wanted[members] = 0.0
        passed = np.zeros(network.n, dtype=bool)
        while True:
            k = int(np.where(passed, 0.0, wanted).argmax())
            if passed[k] or not wanted[k] >= max(least, 1e-300):
                break
            if homogeneity(R, [*members, k]) < alike:
                passed[k] = True
                continue
            members.append(k)
            wanted = np.where(labels < 0, np.maximum(wanted, link[:, k]), 0.0)
            wanted[members] = 0.0
        labels[members] = len(rows)
        open_[members] = open_[:, members] = 0.0
        rows.append((len(members), founding, homogeneity(R, members)))
    profile = pd.DataFrame(rows, columns=["industries", "link", "alike"]).rename_axis("label")
    return Found(labels=labels, profile=profile, verdict="" if rows else "no clusters")


def coefficients(Z: np.ndarray) -> np.ndarray:
    """The largest of the four shares that bind two industries, symmetric, zero diagonal, (n, n)."""
    bought, sold = Z.sum(axis=0), Z.sum(axis=1)[:, None]
    a = np.divide(Z, bought, out=np.zeros_like(Z), where=bought > 0)
    b = np.divide(Z, sold, out=np.zeros_like(Z), where=sold > 0)
    out = np.maximum(a, b)
    np.fill_diagonal(out, 0.0)
    return np.maximum(out, out.T)


def homogeneity(R: np.ndarray, members: list[int]) -> float:
    """Largest eigenvalue of the members' correlations over their number."""
    return float(np.linalg.eigvalsh(R[np.ix_(members, members)])[-1]) / len(members)
