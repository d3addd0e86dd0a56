"""What a sample can prove of all readings to come."""

from __future__ import annotations


def share_beyond_at_most(beyond: int, n: int, confidence: float = 0.95) -> float:
    """The largest share beyond a limit that ``beyond`` of ``n`` readings leave credible.

    The one-sided upper bound of Clopper and Pearson (*Biometrika* 26, 1934): for none beyond about
    3 / n at 95 %. 1.0 without a reading.
    """
    # Slow to load, and only reports want it.
    from scipy.stats import beta  # noqa: PLC0415

    if beyond >= n:
        return 1.0
    return float(beta.ppf(confidence, beyond + 1, n - beyond))
