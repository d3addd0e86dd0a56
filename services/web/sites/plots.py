"""What a survey comes to, drawn: on the camera's picture, from above, and as expected doubt.

Each is SVG that the style sheet colours. What is drawn on the picture is in its own pixels.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil, floor, inf

from markupsafe import Markup

from services.sites.sketch import Above, Line, PointSketch, Sketch, Spot
from speedcam.model import Passage, SpeedMeasurement

ACROSS, LEFT, FOOT = 240, 46, 26
"""Width of the road from above, and the room beside and under it for metres."""
WIDE, HIGH, TOP, RIGHT = 460, 300, 16, 76
"""Of the curves, and the room over and beside them."""
EVERY_M = 5
LEAST, MOST = (253, 246, 228), (190, 84, 58)
"""Colours of no doubt, and of the most."""
HEAD_PX = 9.0
"""Length of an arrow's head, of a picture 1000 pixels wide."""


def drawn_svg(sketch: Sketch) -> Markup:
    """Grid, lanes, zone, points and arrows, to lie on the picture."""
    return Markup("").join(  # each part escapes its words
        [
            *(_polyline("grid", line) for line in sketch.grid),
            *(_polyline("edge", line) for line in sketch.edges),
            *(_polyline("end", line) for line in sketch.ends),
            *(_label("mark", each.text, each.at, shift="2.2em") for each in sketch.marks),
            *(_label("lane", each.text, each.at) for each in sketch.lanes),
            *(_point(number, point) for number, point in enumerate(sketch.points)),
            *(
                _arrow(point.px, point.tip, HEAD_PX * sketch.size_px[0] / 1000)
                for point in sketch.points
                if point.tip
            ),
        ]
    )


def paths_svg(passages: Sequence[Passage], size_px: tuple[int, int]) -> Markup:
    """Where each vehicle was measured, in the picture's pixels, with its speed at the end.

    The latest speeds are written; others only where there is room for them.
    """
    parts, taken = list[Markup](), list[Spot]()
    for each in reversed(passages):
        speed = each.speed
        if not isinstance(speed, SpeedMeasurement) or not speed.samples:
            continue
        line = [(sample.u_px, sample.v_px) for sample in speed.samples]
        is_above = speed.speed_kmh > (each.limit_kmh or inf)
        parts.append(_polyline("path above" if is_above else "path", line))
        if all(_is_apart(line[-1], spot, size_px[0]) for spot in taken):
            taken.append(line[-1])
            parts.append(_label("mark", f"{speed.speed_kmh:.1f}", line[-1]))
    return Markup("").join(parts)


def _is_apart(one: Spot, other: Spot, wide: int) -> bool:
    """Whether two speeds beside each other can be read, in letters of a 56th of the picture."""
    return abs(one[0] - other[0]) > wide / 18 or abs(one[1] - other[1]) > wide / 50


def above_svg(sketch: Sketch, label: str) -> Markup:
    """The road rectified, with lanes, zone and points."""
    above = sketch.above
    place = _plan(above)
    high = _high(above)
    data = b64encode(above.jpeg).decode()
    parts = [
        Markup(
            '<image x="{}" y="0" width="{}" height="{:.1f}" preserveAspectRatio="none" '
            'href="data:image/jpeg;base64,{}"/>'
        ).format(LEFT, ACROSS, high, data),
        *_edges(above, place),
        *(_dot(place(point.m)) for point in sketch.points),
        *(
            _label("number", str(number), _beside(place(point.m)))
            for number, point in enumerate(sketch.points)
        ),
        *_metres(above, place),
    ]
    return _svg(parts, label, LEFT + ACROSS, high + FOOT)


def doubt_svg(sketch: Sketch, label: str) -> Markup:
    """What the survey alone leaves in doubt of a speed at the limit, place by place."""
    above = sketch.above
    place, high = _plan(above), _high(above)
    parts = [*_cells(above, place), *_edges(above, place), *_metres(above, place)]
    parts += _figures(above, place)
    return _svg(parts, label, LEFT + ACROSS, high + FOOT)


def expected_svg(sketch: Sketch, label: str, across: str) -> Markup:
    """The uncertainty of a speed over the shortest stretch along the zone, and through it all.

    Args:
        sketch: Of the site.
        label: What is seen, for who cannot see it.
        across: Name of the axis along the road.
    """
    near_m, far_m = sketch.above.zone_m
    most = max(kmh for each in sketch.expected for _, kmh in each.along)
    step = _step(most)
    top = step * ceil(most / step + 0.2)

    def place(at: tuple[float, float]) -> Spot:
        y_m, kmh = at
        right = LEFT + (WIDE - LEFT - RIGHT) * (y_m - near_m) / (far_m - near_m)
        return right, TOP + (HIGH - TOP - 2 * FOOT) * (1 - kmh / top)

    values = [step * n for n in range(round(top / step) + 1)]
    parts = [_polyline("rule", [place((near_m, v)), place((far_m, v))]) for v in values]
    parts += [_label("tick", f"{v:g}", (LEFT - 8, place((near_m, v))[1] + 4)) for v in values]
    for y_m in _marks(near_m, far_m):
        parts.append(_label("number", f"{y_m} m", (place((y_m, 0))[0], HIGH - 2 * FOOT + 18)))
    parts.append(_label("number", across, ((LEFT + WIDE - RIGHT) / 2, HIGH - 10)))
    for order, each in enumerate(sketch.expected):
        end = place(each.along[-1])
        whole = [place((near_m, each.whole_kmh)), place((far_m, each.whole_kmh))]
        parts.append(_polyline(f"curve c{order}", [place(at) for at in each.along]))
        parts.append(_polyline(f"curve whole c{order}", whole))
        parts.append(_label("name", f"{each.speed_kmh:g} km/h", (end[0] + 6, end[1] + 4)))
    return _svg(parts, label, WIDE, HIGH)


def _plan(above: Above) -> Callable[[tuple[float, float]], Spot]:
    """Where metres across and along lie in the drawing."""
    scale = ACROSS / (above.right_m - above.left_m)
    return lambda m: (LEFT + scale * (m[0] - above.left_m), scale * (above.far_m - m[1]))


def _high(above: Above) -> float:
    return ACROSS * (above.far_m - above.near_m) / (above.right_m - above.left_m)


def _edges(above: Above, place: Callable[[tuple[float, float]], Spot]) -> Iterator[Markup]:
    near_m, far_m = above.zone_m
    for x_m in above.edges_m:
        yield _polyline("edge", [place((x_m, near_m)), place((x_m, far_m))])
    left_m, right_m = min(above.edges_m), max(above.edges_m)
    for y_m in above.zone_m:
        yield _polyline("end", [place((left_m, y_m)), place((right_m, y_m))])


def _metres(above: Above, place: Callable[[tuple[float, float]], Spot]) -> Iterator[Markup]:
    for y_m in _marks(above.near_m, above.far_m):
        yield _label("tick", f"{y_m} m", (LEFT - 6, place((0, y_m))[1] + 4))
    for x_m in _marks(above.left_m, above.right_m):
        yield _label("number", f"{x_m} m", (place((x_m, 0))[0], _high(above) + 18))


def _marks(start_m: float, end_m: float) -> range:
    return range(ceil(start_m / EVERY_M) * EVERY_M, floor(end_m) + 1, EVERY_M)


def _cells(above: Above, place: Callable[[tuple[float, float]], Spot]) -> Iterator[Markup]:
    most = max(map(max, above.doubt_kmh)) or 1.0
    rows = list(zip(above.doubt_y_m, above.doubt_kmh, strict=True))
    half_x_m = (above.doubt_x_m[1] - above.doubt_x_m[0]) / 2
    half_y_m = (above.doubt_y_m[1] - above.doubt_y_m[0]) / 2
    for y_m, row in rows:
        for x_m, kmh in zip(above.doubt_x_m, row, strict=True):
            left = max(x_m - half_x_m, above.doubt_x_m[0])
            right = min(x_m + half_x_m, above.doubt_x_m[-1])
            far = min(y_m + half_y_m, above.doubt_y_m[-1])
            near = max(y_m - half_y_m, above.doubt_y_m[0])
            (u, v), (end_u, end_v) = place((left, far)), place((right, near))
            yield Markup(
                '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>'
            ).format(u, v, end_u - u + 0.3, end_v - v + 0.3, _colour(kmh / most))


def _colour(share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(LEAST, MOST, strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _figures(above: Above, place: Callable[[tuple[float, float]], Spot]) -> Iterator[Markup]:
    """What the map holds in the middle of each lane, every five metres inside the zone."""
    near_m, far_m = above.zone_m
    for left_m, right_m in zip(above.edges_m, above.edges_m[1:], strict=False):
        x_m = (left_m + right_m) / 2
        for y_m in _marks(near_m + 1, far_m - 1):
            row = _nearest(above.doubt_y_m, y_m)
            kmh = above.doubt_kmh[row][_nearest(above.doubt_x_m, x_m)]
            u, v = place((x_m, y_m))
            yield _label("figure", f"{kmh:.2f}", (u, v + 4))


def _nearest(places_m: Sequence[float], wanted_m: float) -> int:
    return min(range(len(places_m)), key=lambda n: abs(places_m[n] - wanted_m))


def _step(most: float) -> float:
    """A round step of which at most five are needed."""
    return next(
        s for power in (0.01, 0.1, 1, 10, 100) for m in (1, 2, 5) if 5 * (s := m * power) >= most
    )


def _point(number: int, point: PointSketch) -> Markup:
    u, v = point.px
    return Markup(
        '<g class="still"><circle class="spot" cx="{:.2f}" cy="{:.2f}" r="6"/>{}</g>'
    ).format(u, v, _label("number", str(number), (u + 12, v - 8)))


def _arrow(start: Spot, tip: Spot, head: float) -> Markup:
    """A line with two barbs; none where it is shorter than its head."""
    right, down = tip[0] - start[0], tip[1] - start[1]
    length = (right**2 + down**2) ** 0.5
    if length < head:
        return Markup("")
    along, aside = (
        (right / length * head, down / length * head),
        (-down / length * head / 2, right / length * head / 2),
    )
    barbs = [
        (tip[0] - along[0] + side * aside[0], tip[1] - along[1] + side * aside[1])
        for side in (1, -1)
    ]
    return _polyline("arrow", [start, tip, barbs[0], tip, barbs[1]])


def _beside(at: Spot) -> Spot:
    return at[0] + 10, at[1] - 6


def _dot(at: Spot) -> Markup:
    return Markup('<circle class="spot" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(*at)


def _polyline(kind: str, line: Line) -> Markup:
    points = " ".join(f"{u:.1f},{v:.1f}" for u, v in line)
    return Markup('<polyline class="{}" points="{}"/>').format(kind, points)


def _label(kind: str, words: str, at: Spot, shift: str = "0") -> Markup:
    text = Markup('<text class="{}" x="{:.1f}" y="{:.1f}" dx="{}">{}</text>')
    return text.format(kind, *at, shift, words)


def _svg(parts: Iterable[Markup], label: str, wide: float, high: float) -> Markup:
    return Markup(
        '<svg class="plot" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}</svg>'
    ).format(wide, high, label, Markup("").join(parts))
