"""The description of a section between two cameras: closed, in YAML."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from services.rules.edition import read_model
from services.rules.entries import Closed, Words

Metres = Annotated[float, Field(allow_inf_nan=False)]


class End(Closed):
    """Where a section begins or ends.

    Attributes:
        site: Id of the camera there.
        line_m: The line across the road, metres along it on that site's own axis, within the
            stretch in which its camera follows vehicles.
    """

    site: Words
    line_m: Metres


class DistanceCertificate(Closed):
    """Who certified the distance, and until when that holds."""

    body: Words
    number: Words
    valid_until: date


class Section(Closed):
    """Two lines across a road and the certified way between them.

    Attributes:
        id: Of the section.
        entry: Where it begins, in the direction of travel.
        exit: Where it ends.
        distance_m: The shortest way that a vehicle can drive between the lines.
        uncertainty_m: Expanded uncertainty of it, k = 2.
        certificate: Of the distance.
        limit_kmh: The lowest limit that holds all along; where it changes, the highest.
        limit_mph: The same where signs are in miles per hour.
        longest_s: Who takes longer has stopped or turned, and is not matched.
    """

    id: Words
    entry: End
    exit: End
    distance_m: Annotated[float, Field(ge=200, le=100_000, allow_inf_nan=False)]
    uncertainty_m: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    certificate: DistanceCertificate
    limit_kmh: Annotated[int, Field(ge=5, le=150)]
    limit_mph: Annotated[int, Field(ge=5, le=90)] | None = None
    longest_s: Annotated[int, Field(ge=10, le=14_400)]


def read_section(text: bytes, name: str) -> Section:
    """The section in ``text``.

    Raises:
        PackError: It is not one; every fault with its line.
    """
    return read_model(Section, text, name)
