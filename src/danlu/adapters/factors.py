"""How a width is split into two factors, by the rule that LyCORIS' files follow."""

import math


def split_width(width: int, limit: int | None) -> tuple[int, int]:
    """(m, n) with m · n = width and m ≤ n. A limit that divides the width is one of them; else m is the divisor up to
    the limit (or any) with which m + n is smallest.
    """
    if limit is not None and width % limit == 0:
        return min(limit, width // limit), max(limit, width // limit)
    divisors = [m for m in range(1, math.isqrt(width) + 1) if width % m == 0 and (limit is None or m <= limit)]
    return divisors[-1], width // divisors[-1]
