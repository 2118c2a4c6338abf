"""Accounts of one event put together: average linkage over the probabilities of pairs."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from anoa.same_event.accounts import Account, compare
from anoa.same_event.model import Weights

Near = dict[int, float]


def groups(accounts: Sequence[Account], weights: Weights) -> tuple[tuple[str, ...], ...]:
    """Ids of accounts that may tell of one event, in groups of two and more.

    The pairs of a group are probable enough on average, so that no chain of doubtful pairs draws
    a whole week into one event. A proposal: nothing is merged by it.
    """
    pairs = compare(accounts)
    links = zip(pairs.first.tolist(), pairs.second.tolist(),
                weights.probability(pairs).tolist(), strict=True)  # fmt: skip
    found = linked(len(accounts), list(links), weights.grouping)
    return tuple(tuple(accounts[one].id for one in group) for group in found)


def linked(
    count: int, links: Sequence[tuple[int, int, float]], least: float
) -> list[tuple[int, ...]]:
    """Groups by average linkage: the two that fit best are joined while they fit well enough.

    ``links`` are pairs with their probability; a pair that is not named has none.

    >>> linked(3, [(0, 1, 0.9), (1, 2, 0.5)], 0.4)
    [(0, 1)]
    """
    near: list[Near] = [{} for _ in range(count)]
    for one, other, found in links:
        near[one][other] = near[other][one] = found
    members: list[list[int]] = [[one] for one in range(count)]
    heap = [(-found, one, other, 1, 1) for one, other, found in links if found >= least]
    heapq.heapify(heap)
    while heap:
        _, one, other, size, other_size = heapq.heappop(heap)
        if (len(members[one]), len(members[other])) != (size, other_size):
            continue  # one of them was joined since
        _join(near, members, one, other)
        for third, total in near[one].items():
            mean = total / (len(members[one]) * len(members[third]))
            if mean >= least:
                heapq.heappush(heap, (-mean, one, third, len(members[one]), len(members[third])))
    return sorted(tuple(sorted(group)) for group in members if len(group) > 1)


def _join(near: list[Near], members: list[list[int]], one: int, other: int) -> None:
    """Put the second group into the first; sums of probabilities are kept for each neighbour."""
    for third, total in near[other].items():
        if third != one:
            near[one][third] = near[third][one] = near[one].get(third, 0.0) + total
            near[third].pop(other, None)
    near[one].pop(other, None)
    near[other] = {}
    members[one] += members[other]
    members[other] = []
