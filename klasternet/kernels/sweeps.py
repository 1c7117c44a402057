"""Sweeps of the sparse engine: nodes looked at in batches, and moved between communities.

What pays, by measurement: a community's accumulator, size and masses in one record, a power of two
wide, of a flat array (a third off the time of moving); communities touched and nodes queued are
written first and kept by advancing the end, without a branch. See `kernels.sparse`.
"""

import numpy as np
from numba import njit

__all__ = [
    "MIN_GAIN", "advance", "begin", "largest_degree", "propose", "record_shift", "settle", "take",
]  # fmt: skip

# A move must gain more than this share of the terms it gives up: rounding alone moves nobody.
MIN_GAIN = 1e-9
# No sweep visits more than this many times the number of nodes (5 to 10 are usual): no weights,
# however odd, make an endless loop.
MAX_VISITS = 200

# A community's record: ties to it, its size (or its ties to its surroundings), A_1 B_1 A_2 B_2 ...
TIE, SIZE, CUT, A, B = 0, 1, 1, 2, 3


@njit(cache=True)
def record_shift(mass):
    """Records are 2 ** shift numbers wide: room for two and the masses."""
    shift = 2
    while (1 << shift) < A + mass.shape[1]:
        shift += 1
    return shift


@njit(cache=True, inline="always")  # a call would cost a fifth of the time of moving
def both_ways(a, b, mass, i, box, at):
    """What the null expects between node i and the community at `at`, both ways, i included.

    `a` and `b` are the first masses of i, at hand in registers.
    """
    total = a * box[at + B] + b * box[at + A]
    for q in range(2, mass.shape[1], 2):
        total += mass[i, q] * box[at + B + q] + mass[i, q + 1] * box[at + A + q]
    return total


@njit(cache=True)
def itself(mass, i):
    """What the null expects on the diagonal of node i, both ways."""
    total = 0.0
    for q in range(0, mass.shape[1], 2):
        total += 2.0 * mass[i, q] * mass[i, q + 1]
    return total


@njit(cache=True)
def largest_degree(ptr):
    most = np.int64(0)
    for i in range(ptr.size - 1):
        most = max(most, ptr[i + 1] - ptr[i])
    return most


@njit(cache=True, nogil=True)
def begin(label, mass, box, free, waiting):
    """Fill the empty records and the list of free numbers; returns how many are free."""
    n, width, shift = label.size, mass.shape[1], record_shift(mass)
    for i in range(n):
        home = np.int64(label[i]) << shift
        box[home + SIZE] += 1.0
        for q in range(width):
            box[home + A + q] += mass[i, q]
    frees = 0
    for c in range(n):
        free[frees] = c
        frees += box[(c << shift) + SIZE] == 0.0
        waiting[c] = 1
    return frees


@njit(cache=True, nogil=True)
def propose(
    ptr,
    neighbour,
    weight,
    mass,
    label,
    box,
    waiting,
    slot,
    batch,
    goals,
    ties,
    touched,
    first,
    last,
):
    """The best community of each node of a batch as things stand, n for one of their own.

    Fills `goals` and the ties to goal and home, (m, 2); who would move waits for it (2).
    """
    n, shift = label.size, record_shift(mass)
    for k in range(first, last):
        i = batch[k]
        c = label[i]
        home = np.int64(c) << shift
        a, b = mass[i, 0], mass[i, 1]
        count = 0
        for e in range(ptr[i], ptr[i + 1]):
            d = label[neighbour[e]]
            at = np.int64(d) << shift
            touched[count] = d
            count += box[at + TIE] == 0.0
            box[at + TIE] += weight[e]
        stay, least, alone, own = 0.0, 0.0, box[home + SIZE] == 1.0, box[home + TIE]
        if not alone:
            expected = both_ways(a, b, mass, i, box, home) - itself(mass, i)
            stay = own - expected
            least = MIN_GAIN * (abs(own) + expected)
        best, goal, tie = stay + least, np.int64(c), own
        for t in range(count):
            d = touched[t]
            at = np.int64(d) << shift
            between = box[at + TIE]
            box[at + TIE] = 0.0
            gain = between - both_ways(a, b, mass, i, box, at)
            if gain > best and d != c:
                best, goal, tie = gain, np.int64(d), between
        if best < 0.0 and not alone:
            goal, tie = np.int64(n), 0.0
        goals[k], ties[k, 0], ties[k, 1], slot[i] = goal, tie, own, k
        waiting[i] = 2 * (goal != c)


@njit(cache=True, nogil=True)
def settle(
    ptr, neighbour, weight, mass, label, boxes, free, waiting, slot, queue, ring, batch, goals, ties
):
    """Move the nodes of a batch that still gain by it, one after another; returns the gain.

    Ties follow the neighbours that have moved, masses are as they are by then, so that every move
    gains exactly what is reckoned. Who would lose is looked at again later.
    """
    n, width, shift = label.size, mass.shape[1], record_shift(mass)
    tail, length, frees = ring[1], ring[2], ring[3]
    box = boxes[0]
    gained = 0.0
    for k in range(batch.size):
        i = batch[k]
        if waiting[i] != 2:
            continue
        c, goal = label[i], goals[k]
        home = np.int64(c) << shift
        if goal < n and box[(np.int64(goal) << shift) + SIZE] == 0.0:
            goal = n  # all have left it since: its number is free
        a, b = mass[i, 0], mass[i, 1]
        stay, least, best, alone = 0.0, 0.0, 0.0, box[home + SIZE] == 1.0
        if not alone:
            expected = both_ways(a, b, mass, i, box, home) - itself(mass, i)
            stay = ties[k, 1] - expected
            least = MIN_GAIN * (abs(ties[k, 1]) + expected)
        if goal < n:
            best = ties[k, 0] - both_ways(a, b, mass, i, box, np.int64(goal) << shift)
        waiting[i] = best <= stay + least
        queue[tail] = i
        tail += waiting[i]
        length += waiting[i]
        if tail == n:
            tail = 0
        if waiting[i]:
            continue
        if goal == n:
            frees -= 1
            goal = free[frees]
        gained += best - stay
        label[i] = goal
        to = np.int64(goal) << shift
        for t in range(boxes.shape[0]):
            boxes[t, home + SIZE] -= 1.0
            boxes[t, to + SIZE] += 1.0
            for q in range(width):
                boxes[t, home + A + q] = 0.0 if alone else boxes[t, home + A + q] - mass[i, q]
                boxes[t, to + A + q] += mass[i, q]
        free[frees] = c
        frees += alone
        for e in range(ptr[i], ptr[i + 1]):
            j = neighbour[e]
            queue[tail] = j
            fresh = (waiting[j] == 0) & (label[j] != goal)
            if waiting[j] == 2:
                s = slot[j]
                ties[s, 0] += weight[e] * ((goals[s] == goal) - np.float64(goals[s] == c))
                ties[s, 1] += weight[e] * ((label[j] == goal) - np.float64(label[j] == c))
            waiting[j] |= fresh
            length += fresh
            tail += fresh
            if tail == n:
                tail = 0
    ring[1], ring[2], ring[3] = tail, length, frees
    return gained


@njit(cache=True, nogil=True)
def take(queue, ring, batch):
    """Take the first nodes off the ring into a batch."""
    head = ring[0]
    for k in range(batch.size):
        batch[k] = queue[head]
        head += 1
        if head == queue.size:
            head = 0
    ring[0] = head
    ring[2] -= batch.size
    ring[4] += batch.size


@njit(cache=True, nogil=True)
def advance(
    ptr,
    neighbour,
    weight,
    mass,
    label,
    boxes,
    free,
    waiting,
    slot,
    queue,
    ring,
    batch,
    goals,
    ties,
    touched,
    until,
):
    """Batch after batch until none waits, or a batch is `until` long; returns the gain."""
    gained = 0.0
    while ring[2] > 0 and ring[4] < MAX_VISITS * label.size:
        m = min(batch.size, ring[2])
        if m >= until:
            break
        part = batch[:m]
        take(queue, ring, part)
        propose(
            ptr,
            neighbour,
            weight,
            mass,
            label,
            boxes[0],
            waiting,
            slot,
            part,
            goals,
            ties,
            touched,
            0,
            m,
        )
        gained += settle(
            ptr,
            neighbour,
            weight,
            mass,
            label,
            boxes,
            free,
            waiting,
            slot,
            queue,
            ring,
            part,
            goals,
            ties,
        )
    return gained
