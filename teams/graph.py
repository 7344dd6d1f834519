"""Walking what leads to what: rows by their primary keys, edges read once, nothing queried on the way."""

from collections import defaultdict


def neighbours(edges):
    """`{row: [rows]}` of `(from, to)` pairs, in their order."""
    found = defaultdict(list)
    for start, end in edges:
        found[start].append(end)
    return found


def reached_from(starts, edges):
    """`{row: the row before it}` of everything that the edges lead to, the nearest first; never the starts."""
    ahead, found = neighbours(edges), {}
    waiting = list(starts)
    for row in waiting:
        for each in ahead[row]:
            if each not in found and each not in starts:
                found[each] = row
                waiting.append(each)
    return found


def leads_back(row, edges):
    """Whether somebody who follows the edges from a row comes back to it."""
    nearest = {end for start, end in edges if start == row}
    return row in nearest or row in reached_from(nearest, edges)
