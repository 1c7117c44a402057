"""What a detector may return beside bare labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..certificate import Certificate
from ..network import FlowNetwork

__all__ = ["Found"]


@dataclass(frozen=True, eq=False)
class Found:
    """Labels with what the detector knows about them.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        -1 for the rest of the economy.
    partition : ndarray of int, shape (n,), or None
        Before admission; the labels if left out.
    network : FlowNetwork or None
        With the ties that the detector chose to look at; the one it was given if left out.
    measure, resolution, null, objective_value, profile, support, verdict, certificate
        As in `Clusters`.
    loadings : DataFrame or None, shape (n, k)
        How strongly each industry belongs to each cluster, where it may belong to several; column k
        is that of label k.
    shares : ndarray or None, shape (n, k)
        Share of each industry in each cluster, column k being that of label k; rows add up to 1 at
        most, and an industry with a label has a share there. `detect` hands them on.
    """

    labels: np.ndarray
    partition: np.ndarray | None = None
    network: FlowNetwork | None = None
    measure: str = ""
    resolution: float = float("nan")
    null: str = ""
    objective_value: float | None = None
    profile: pd.DataFrame | None = None
    support: np.ndarray | None = None
    verdict: str = ""
    certificate: Certificate | None = None
    loadings: pd.DataFrame | None = None
    shares: np.ndarray | None = None
