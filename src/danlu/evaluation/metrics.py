"""Figures from tag scores: pure functions of arrays.

Scores are probabilities of shape (N, T): N pictures, T tags of the tagger. A tag is there at the threshold or above.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Shares = NDArray[np.float64]

LOGIT_LIMIT = 0.01
"""Probabilities nearer to 0 or 1 say no more than this."""


def trait_shares(scores: Scores, traits: Sequence[int], threshold: float) -> Shares:
    """Which share of the traits (columns of `scores`) each picture has: (N,) between 0 and 1."""
    return (scores[:, list(traits)] >= threshold).mean(axis=1)


def asked_shares(scores: Scores, asked: Sequence[Sequence[int]], threshold: float) -> Shares:
    """Which share of the tags asked of it each picture has: (N,); rows that ask nothing are left out."""
    rows = zip(scores, asked, strict=True)
    return np.array([(row[list(columns)] >= threshold).mean() for row, columns in rows if columns], np.float64)


def likeness(scores: Scores, base: Scores, training: Scores) -> Shares:
    """How far each picture lies on the way from the base's pictures to the training pictures: (N,), within 0 and 1.

    In the space of tag logits, with the means b and t: ⟨x - b, t - b⟩ / |t - b|².
    """
    start = _logits(base).mean(axis=0)
    way = _logits(training).mean(axis=0) - start
    length = float(way @ way)
    if length == 0:
        return np.ones(len(scores))
    return np.clip((_logits(scores) - start) @ way / length, 0, 1)


def standard_error(shares: Shares) -> float:
    """Of the mean of independent pictures; 0 for fewer than two."""
    return float(shares.std(ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else 0.0


def mean(shares: Shares) -> float:
    """The mean; 0 of nothing."""
    return float(shares.mean()) if len(shares) else 0.0


def _logits(scores: Scores) -> Shares:
    clipped = np.clip(scores.astype(np.float64), LOGIT_LIMIT, 1 - LOGIT_LIMIT)
    return np.log(clipped / (1 - clipped))
