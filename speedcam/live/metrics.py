"""The figures of all streams for Prometheus, and for whoever asks how they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from itertools import accumulate
from typing import NamedTuple

from speedcam.live.status import LATENCIES_S, Status, is_well


class Sample(NamedTuple):
    """One value of a figure, with what is added to its name and to its labels."""

    value: float
    labels: str = ""
    suffix: str = ""


class Figure(NamedTuple):
    """A figure that Prometheus keeps.

    Attributes:
        name: Without the prefix.
        kind: As Prometheus knows it.
        words: What it counts.
        samples: Of one stream.
    """

    name: str
    kind: str
    words: str
    samples: Callable[[Status], Iterator[Sample]]


def _known(value: float | None) -> Iterator[Sample]:
    if value is not None:
        yield Sample(value)


def _passages(status: Status) -> Iterator[Sample]:
    for outcome, count in sorted(status.passages.items()):
        yield Sample(count, f',outcome="{outcome}"')


def _latency(status: Status) -> Iterator[Sample]:
    ends = [*(f"{most_s:g}" for most_s in LATENCIES_S), "+Inf"]
    for end, count in zip(ends, accumulate(status.latencies), strict=True):
        yield Sample(count, f',le="{end}"', "_bucket")
    yield Sample(status.latency_s, suffix="_sum")
    yield Sample(sum(status.latencies), suffix="_count")


FIGURES = (
    Figure("up", "gauge", "1 while the stream is measured", lambda s: _known(is_well(s))),
    Figure("frames_total", "counter", "Pictures measured", lambda s: _known(s.frames)),
    Figure("dropped_total", "counter", "Pictures left out", lambda s: _known(s.dropped)),
    Figure("connections_total", "counter", "Connections", lambda s: _known(s.connections)),
    Figure("lag_seconds", "gauge", "How far measuring is behind", lambda s: _known(s.lag_s)),
    Figure(
        "frame_age_seconds",
        "gauge",
        "Since a picture was measured",
        lambda s: _known(s.frame_age_s),
    ),
    Figure(
        "clock_off_ratio",
        "gauge",
        "How far off the pace of the time stamps can be",
        lambda s: _known(s.clock_off),
    ),
    Figure("passages_total", "counter", "Passages by outcome", _passages),
    Figure(
        "passage_latency_seconds",
        "histogram",
        "From the end of the measured stretch to the disk",
        _latency,
    ),
)


def metrics(statuses: Mapping[str, Status]) -> str:
    """All figures of all streams in Prometheus' text form."""
    return "".join(f"{line}\n" for figure in FIGURES for line in _lines(figure, statuses))


def _lines(figure: Figure, statuses: Mapping[str, Status]) -> Iterator[str]:
    name = f"speedcam_{figure.name}"
    yield f"# HELP {name} {figure.words}."
    yield f"# TYPE {name} {figure.kind}"
    for stream, status in sorted(statuses.items()):
        for value, labels, suffix in figure.samples(status):
            yield f'{name}{suffix}{{stream="{stream}"{labels}}} {value:.9g}'


def health(statuses: Mapping[str, Status]) -> dict[str, object]:
    """How all streams are, for JSON; ``ok`` where each of them is measured."""
    streams = {
        name: {**asdict(status), "well": is_well(status), "frame_age_s": status.frame_age_s}
        for name, status in sorted(statuses.items())
    }
    return {"ok": all(map(is_well, statuses.values())), "streams": streams}
