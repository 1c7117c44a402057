"""Economies without clusters, under noise of many kinds: what no test may call significant."""

from dataclasses import replace

import numpy as np

import klasternet as kn

NOISE = {
    "log-normal": "standard deviation 1",
    "size-dependent": "log-normal, standard deviation (u_i v_j)^-0.15",
    "strongly so": "log-normal, standard deviation (u_i v_j)^-0.3",
    "t3": "Student's t, 3 degrees of freedom",
    "log-gamma": "log of an exponential variable: skewness -1.1",
    "log-gamma, right": "the same with the sign changed",
    "zeros": "log-normal; 30 % of cells empty, at random",
    "small zeros": "log-normal; the smallest 30 % of flows empty",
}


def economy(n: int, noise: str, seed: int) -> kn.FlowNetwork:
    """An economy without clusters."""
    rng = np.random.default_rng([n, *noise.encode(), seed])
    u, v = rng.normal(0.0, 1.2, (2, n))
    size = u[:, None] + v
    e = rng.normal(size=(n, n))
    if noise in ("size-dependent", "strongly so"):
        e *= np.exp((-0.15 if noise == "size-dependent" else -0.3) * size)
    elif noise == "t3":
        e = np.clip(rng.standard_t(3, (n, n)), -60.0, 60.0)
    elif noise.startswith("log-gamma"):
        e = np.log(rng.gamma(1.0, size=(n, n))) * (-1.0 if "right" in noise else 1.0)
    W = np.exp(size + e)
    if noise == "zeros":
        W[rng.random((n, n)) < 0.3] = 0.0
    elif noise == "small zeros":
        W[np.quantile(W, 0.3) > W] = 0.0
    np.fill_diagonal(W, 0.0)
    return kn.FlowNetwork.from_matrix(W / W.sum())


def bare(network: kn.FlowNetwork, measure: str = "lift") -> kn.Clusters:
    """Clusters as if their resolution had been found from the data, without the cost of finding it.

    What is tested does not depend on it: every resolution of a grid is looked at.
    """
    found = kn.detect(
        network, measure=measure, resolution=float(measure == "flow"), support=0, contrast=0,
        effort=0, seed=0,
    )  # fmt: skip
    recipe = found.recipe
    assert recipe is not None
    auto = replace(recipe, parameters={**recipe.parameters, "resolution": "auto"})
    return replace(found, recipe=auto)
