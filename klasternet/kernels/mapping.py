"""Local moves under the map equation: nodes change module while the code gets shorter.

Of the flow of a walk only these are needed: w, what passes between two nodes, both ways together;
and of each node VISIT (how often it is visited), TARGET (its share of teleportations), JUMP (how
often the walk teleports from it), OUT and IN (what passes along its ties). With sums over a module
and `inner`, what passes between its members,

    exit  = OUT - inner + JUMP (1 - TARGET)
    enter = IN - inner + TARGET (jumps of all - JUMP)
    L = f(sum enter) - sum f(enter) - sum f(exit) + sum f(exit + VISIT) + constant,  f(x) = x log2 x

Rows of ties have no loops: what stays with a node stays in its module.
"""

import math

import numpy as np
from numba import njit

__all__ = ["move"]

VISIT, TARGET, JUMP, OUT, IN = range(5)
SWEEPS = 1_000
LEAST = 1e-12  # bits; a smaller gain is rounding


@njit(cache=True)
def _f(x):
    return x * math.log2(x) if x > 0.0 else 0.0


@njit(cache=True)
def _module(module, c, node, i, sign, inner, jumps):
    """Enter rate and share of L of module c with (1), without (-1) or whatever of (0) node i."""
    out = module[c, OUT] + sign * node[i, OUT] - inner
    into = module[c, IN] + sign * node[i, IN] - inner
    jump = module[c, JUMP] + sign * node[i, JUMP]
    target = module[c, TARGET] + sign * node[i, TARGET]
    visit = module[c, VISIT] + sign * node[i, VISIT]
    out = max(out + jump * (1.0 - target), 0.0)
    into = max(into + target * (jumps - jump), 0.0)
    return into, _f(out + visit) - _f(out) - _f(into)


@njit(cache=True)
def move(ptr, neighbour, w, node, label, bound, order):
    """Move nodes while L falls; `label` (below n) changes in place; returns the number of moves.

    node : (n, 5), the sums of the head of this file; bound : nodes only join modules of nodes with
    the same bound; order : of visits.
    """
    n = label.size
    module = np.zeros((n, 5))
    inner = np.zeros(n)
    size = np.zeros(n, np.int64)
    limit = np.full(n, -1)
    jumps = 0.0
    for i in range(n):
        c = label[i]
        for q in range(5):
            module[c, q] += node[i, q]
        size[c] += 1
        limit[c] = bound[i]
        jumps += node[i, JUMP]
        for e in range(ptr[i], ptr[i + 1]):
            if label[neighbour[e]] == c:
                inner[c] += 0.5 * w[e]
    entered = 0.0
    for c in range(n):
        if size[c] > 0:
            entered += _module(module, c, node, 0, 0.0, inner[c], jumps)[0]
    tie = np.zeros(n)
    near = np.empty(n, np.int64)
    free = 0
    moves = 0
    for _ in range(SWEEPS):
        moved = 0
        for i in order:
            a = label[i]
            count = 0
            for e in range(ptr[i], ptr[i + 1]):
                c = label[neighbour[e]]
                if tie[c] == 0.0 and w[e] > 0.0:
                    near[count] = c
                    count += 1
                tie[c] += w[e]
            if size[a] > 1:  # or a module of its own
                while size[free] > 0:
                    free = free + 1 if free + 1 < n else 0
                if tie[free] == 0.0:
                    near[count] = free
                    count += 1
            enter_a, share_a = _module(module, a, node, i, 0.0, inner[a], jumps)
            enter_left, share_left = 0.0, 0.0
            if size[a] > 1:
                enter_left, share_left = _module(module, a, node, i, -1.0, inner[a] - tie[a], jumps)
            best, most = a, -LEAST
            enter_best = 0.0
            for k in range(count):
                b = near[k]
                if b == a or (size[b] > 0 and limit[b] != bound[i]):
                    continue
                enter_b, share_b = 0.0, 0.0
                if size[b] > 0:
                    enter_b, share_b = _module(module, b, node, i, 0.0, inner[b], jumps)
                enter_new, share_new = _module(module, b, node, i, 1.0, inner[b] + tie[b], jumps)
                total = entered - enter_a - enter_b + enter_left + enter_new
                change = _f(total) - _f(entered) + share_left + share_new - share_a - share_b
                if change < most:
                    best, most, enter_best = b, change, total
            if best != a:
                for q in range(5):
                    module[a, q] -= node[i, q]
                    module[best, q] += node[i, q]
                inner[a] -= tie[a]
                inner[best] += tie[best]
                size[a] -= 1
                size[best] += 1
                if size[a] == 0:
                    inner[a] = 0.0
                    for q in range(5):
                        module[a, q] = 0.0
                limit[best] = bound[i]
                label[i] = best
                entered = enter_best
                moved += 1
            for k in range(count):
                tie[near[k]] = 0.0
        moves += moved
        if moved == 0:
            break
    return moves
