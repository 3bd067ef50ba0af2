"""Least squares with bounds, by coordinate descent: few unknowns, so plain Python does."""

from collections.abc import Sequence

ROUNDS = 3_000
DAMPING = 1e-6
"""Of the diagonal: columns that hardly occur stay where nothing pulls them."""


def fit(rows: Sequence[Sequence[float]], wanted: Sequence[float], free: set[int]) -> list[float]:
    """The weights whose sums over each row come closest to what is wanted; negative only those of columns in `free`."""
    width = range(len(rows[0]))
    gram = [[sum(row[i] * row[j] for row in rows) for j in width] for i in width]
    aim = [sum(row[i] * want for row, want in zip(rows, wanted, strict=True)) for i in width]
    weights = [0.0] * len(width)
    for _ in range(ROUNDS):
        for i in width:
            if gram[i][i]:
                rest = aim[i] - sum(gram[i][j] * weights[j] for j in width) + gram[i][i] * weights[i]
                best = rest / (gram[i][i] * (1 + DAMPING))
                weights[i] = best if i in free else max(0.0, best)
    return weights
