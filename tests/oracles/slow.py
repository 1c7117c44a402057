"""Slow twins: formulas written down once more, as directly as can be."""

import numpy as np


def partitions(n):
    """Every partition of n things as labels numbered by first appearance (203 for n = 6)."""

    def grow(labels, used):
        if len(labels) == n:
            yield np.array(labels)
            return
        for c in range(used + 1):
            yield from grow([*labels, c], max(used, c + 1))

    yield from grow([], 0)


def flow_value(W, E, labels, gamma=1.0):
    """Q of the flow measure, cell by cell; W and E are what is tied and what is expected."""
    inside = 0.0
    for i in range(len(W)):
        for j in range(len(W)):
            if labels[i] == labels[j]:
                inside += W[i, j] - gamma * E[i, j]
    return inside / W.sum()


def lift_value(lift, pairs, labels, theta=0.0):
    """Q of the lift measure, cell by cell; pairs tells which cells may trade."""
    inside = 0.0
    for i in range(len(lift)):
        for j in range(len(lift)):
            if pairs[i, j] and labels[i] == labels[j]:
                inside += lift[i, j] - theta
    return inside / pairs.sum()


def expected(W, null, loops):
    """Expected ties under a null model, (n, n): gravity by proportional fitting of a full table."""
    n, out, inn, m = len(W), W.sum(axis=1), W.sum(axis=0), W.sum()
    if null == "configuration" or (null == "gravity" and loops == "keep"):
        return np.outer(out, inn) / m
    E = np.ones((n, n))
    if loops == "aside":
        np.fill_diagonal(E, 0.0)
    if null == "uniform":
        trades = (out > 0) | (inn > 0)
        E *= np.outer(trades, trades)
        return E * m / E.sum()
    assert null == "gravity"
    for _ in range(20_000):
        E *= (out / E.sum(axis=1))[:, None]
        E *= inn / E.sum(axis=0)
    return E


def best(value, n):
    """The highest value of any partition of n things, and the first to reach it."""
    return max(((value(labels), labels) for labels in partitions(n)), key=lambda pair: pair[0])


def symmetric(cells):
    """Both directions of a matrix of pulls added up, without the diagonal."""
    q = cells + cells.T
    np.fill_diagonal(q, 0.0)
    return q


def within(q, labels):
    """Sum of a symmetric q over the pairs of each cluster."""
    n = len(labels)
    return sum(q[i, j] for i in range(n) for j in range(i) if labels[i] == labels[j])


def two_way(y, weight):
    """Sizes a_i + b_j that fit y best by weighted least squares, by a generic solver; (n, n)."""
    n = len(y)
    i, j = np.nonzero(weight)
    design = np.zeros((len(i), 2 * n))
    design[np.arange(len(i)), i] = design[np.arange(len(i)), n + j] = 1.0
    root = np.sqrt(weight[i, j])
    sizes, *_ = np.linalg.lstsq(design * root[:, None], y[i, j] * root, rcond=None)
    return sizes[:n, None] + sizes[None, n:]


def lift(W, clip=5.0, shrink=200.0, rounds=300):
    """Lift of a table without an empty cell: the fit of sizes and scales run to its fixed point."""
    n = len(W)
    off = ~np.eye(n, dtype=bool)
    y = np.where(off, np.log(np.where(off, W, 1.0)), 0.0)
    count, free = n - 1, 1 - (2 * n - 1) / (n * (n - 1))
    level = two_way(y, off * 1.0)
    s, t = np.full(n, np.sqrt(((y - level)[off] ** 2).sum() / (off.sum() * free))), np.ones(n)
    for _ in range(rounds):
        level = two_way(y, off / np.outer(s, t) ** 2)
        for scale, axis in ((s, 1), (t, 0)):
            e = np.clip((y - level) / np.outer(s, t), -clip, clip) * off
            spent = (e**2).sum(axis=axis) * scale**2 / free
            common = spent.sum() / (count * n)
            scale[:] = np.sqrt((spent + shrink * common) / (count + shrink))
        s, t = s * np.exp(np.log(t).mean()), t / np.exp(np.log(t).mean())
    return np.clip((y - level) / np.outer(s, t), -clip, clip) * off
