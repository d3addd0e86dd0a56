"""The few colours of a report, and what each reason for not using a position looks like."""

from __future__ import annotations

from speedcam.workings import Use

INK = "#12171d"
FADED = "#66717d"
HAIR = "#d5dbe1"
WASH = "#eef2f5"
BLUE = "#1673a8"
GREEN = "#1f8a4c"
AMBER = "#c98a00"
RED = "#b8322a"

USE_COLOURS: dict[Use, str] = {
    Use.USED: GREEN,
    Use.OFF_THE_LINE: RED,
    Use.NOT_FITTED: BLUE,
    Use.OUTSIDE_ZONE: "#8d98a4",
    Use.NO_EDGE: "#7a5cc0",
    Use.MERGED: AMBER,
    Use.BORDER: "#a8693a",
    Use.CORRUPT: "#d1495b",
    Use.ADRIFT: "#c2389a",
}

USE_WORDS: dict[Use, str] = {
    Use.USED: "used",
    Use.OFF_THE_LINE: "too far off the line",
    Use.NOT_FITTED: "good, but refused",
    Use.OUTSIDE_ZONE: "outside the zone",
    Use.NO_EDGE: "no road edge found",
    Use.MERGED: "outline shared",
    Use.BORDER: "cut by the picture's edge",
    Use.CORRUPT: "damaged frame",
    Use.ADRIFT: "camera had moved",
}


def blue_green_red(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as OpenCV wants it."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return blue, green, red
