"""Slow twin of `density`: every reading of one cluster, cell by cell, in plain Python."""

import math

import numpy as np


def of_money(W, labels, c, active):
    """Readings on flows under the loops policy (W, a list of lists)."""
    n = len(W)
    inside, outward, inward = [], [], []
    for i in range(n):
        for j in range(n):
            if labels[i] == c and labels[j] == c:
                inside.append(W[i][j])
            elif labels[i] == c:
                outward.append(W[i][j])
            elif labels[j] == c:
                inward.append(W[i][j])
    w_in, w_out, w_back = math.fsum(inside), math.fsum(outward), math.fsum(inward)
    size, busy = sum(label == c for label in labels), sum(active)
    cross = w_out + w_back
    live = sum(label == c and bool(trades) for label, trades in zip(labels, active, strict=True))
    pairs = live * (live - 1), 2 * live * (busy - live)
    strong = True
    for i in range(n):
        if labels[i] == c:
            own = math.fsum(W[i][j] + W[j][i] for j in range(n) if labels[j] == c)
            other = math.fsum(W[i][j] + W[j][i] for j in range(n) if labels[j] != c)
            strong &= own - other > 1e-12 * other
    return {
        "industries": size,
        "internal_flow": w_in,
        "outward": w_out,
        "inward": w_back,
        "sales_retention": _share(w_in, w_in + w_out),
        "purchase_retention": _share(w_in, w_in + w_back),
        "mean_density_ratio": _share(_share(w_in, pairs[0]), _share(cross, pairs[1])),
        "conductance": _share(cross, 2 * w_in + cross),
        "e_i": _share(cross - w_in, cross + w_in),
        "weak": 2 * w_in - cross > 1e-12 * cross,
        "strong": strong,
        "connected": _connected(W, [i for i in range(n) if labels[i] == c]),
    }


def of_expectation(W, E, labels, c):
    """Times the flow that a null model expects, inside and to the rest."""
    n, sums = len(W), {}
    for i in range(n):
        for j in range(n):
            side = (labels[i] == c) + (labels[j] == c)
            flow, level = sums.setdefault(side, ([], []))
            flow.append(W[i][j])
            level.append(E[i][j])
    ratio = [
        _share(math.fsum(sums[side][0]), math.fsum(sums[side][1])) if side in sums else math.nan
        for side in (2, 1)
    ]
    return {"gravity_ratio": ratio[0], "gravity_ratio_rest": ratio[1]}


def of_lift(lift, logs, kind, labels, c):
    """Mean lift and contrast; logs: log of flow over what sizes predict, where kind is 1."""
    n, lifts, ratios = len(lift), {1: [], 2: []}, {1: [], 2: []}
    for i in range(n):
        for j in range(n):
            side = (labels[i] == c) + (labels[j] == c)
            if side and kind[i][j] > 0:
                lifts[side].append(lift[i][j])
            if side and kind[i][j] == 1:
                ratios[side].append(logs[i][j])
    (inside, error), (rest, error_rest) = _mean(ratios[2]), _mean(ratios[1])
    spread = 1.959964 * math.hypot(error, error_rest)
    return {
        "lift_inside": _mean(lifts[2])[0],
        "lift_rest": _mean(lifts[1])[0],
        "contrast": math.exp(inside - rest),
        "contrast_low": math.exp(inside - rest - spread),
        "contrast_high": math.exp(inside - rest + spread),
    }


def persistence(W, labels, c):
    """Chance to stay of money that walks on the largest strongly connected part."""
    n = len(W)
    reach = [[i == j or W[i][j] > 0 for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                reach[i][j] |= reach[i][k] and reach[k][j]
    parts = [frozenset(j for j in range(n) if reach[i][j] and reach[j][i]) for i in range(n)]
    most = max(len(part) for part in parts)
    largest = {part for part in parts if len(part) == most}
    if most < 2 or len(largest) > 1:
        return None  # none, or no single one
    walk = sorted(largest.pop())
    P = np.array([[W[i][j] for j in walk] for i in walk])
    P /= P.sum(axis=1, keepdims=True)
    lazy, pi = (P + np.eye(most)) / 2, None
    for _ in range(64):  # squared again and again: 2^64 half steps
        lazy = lazy @ lazy
        lazy /= lazy.sum(axis=1, keepdims=True)
    pi = lazy[0]
    inside = [a for a, i in enumerate(walk) if labels[i] == c]
    stays = math.fsum(pi[a] * P[a, b] for a in inside for b in inside)
    return _share(stays, math.fsum(pi[a] for a in inside))


def _share(part, whole):
    if whole == 0:
        return math.copysign(math.inf, part) if part and not math.isnan(part) else math.nan
    return part / whole


def _mean(values):
    if not values:
        return math.nan, math.nan
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return mean, math.nan
    square = math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)
    return mean, math.sqrt(square / len(values))


def _connected(W, members):
    seen, queue = {members[0]}, [members[0]]
    while queue:
        i = queue.pop()
        for j in members:
            if j not in seen and (W[i][j] > 0 or W[j][i] > 0):
                seen.add(j)
                queue.append(j)
    return len(seen) == len(members)
