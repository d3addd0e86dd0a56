"""Plates as text: what a recogniser's probabilities spell, and what several frames agree on.

Pure: no pictures, no files. A plate that is not sure is a :class:`~speedcam.model.Refusal`;
nothing here ever guesses. The thresholds and the reasons for them stand in ``docs/plates.md``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from speedcam.model import Floats, PlateReading, PlateSighting, Reason, Refusal

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What a plate may bear. Column ``i + 1`` of a recogniser's steps is ``ALPHABET[i]``."""

MIN_WIDTH_PX = 60.0
"""Below it one view in five is misread even when rectified, so no reading is offered."""
MIN_FRAMES = 3
"""Frames that must show a legible text: two may share an accident, a third breaks the tie."""
MIN_AGREEING = 2
"""Frames that must spell the whole winning text, each by itself."""
MIN_SHARE = 0.6
"""Weight of the winning character among all characters seen in its place."""
MIN_MARGIN = 0.3
"""By how much that share must beat the runner-up's."""
MIN_CONFIDENCE = 0.6
"""Of a whole text in a known format: seven characters of 0.93 each. On 152 drawn vehicles that no
threshold was chosen on, the two misread ones reached 0.29."""
MIN_CONFIDENCE_FREE = 0.9
"""Of a whole text in no known format, which nothing but the pixels supports."""
MIN_AGREEING_FREE = 3
"""Frames that must spell a text in no known format."""
DOUBTFUL_LETTERS = frozenset("IOQ")
"""Often G, D or 1 misread. No source says that plates leave them out, so a very sure reading
with one of them stands, and a person must confirm it."""

_TWINS = ("0ODQ", "1I", "8B", "5S", "2Z", "6G")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateFormat:
    """A country's plate: one ``L`` (letter) or ``D`` (digit) per character.

    Attributes:
        pattern: For example ``"LLDDDLL"``.
        country: ISO 3166-1 alpha-2; a guess, as neighbours share formats.
    """

    pattern: str
    country: str

    def fits(self, text: str) -> bool:
        """Whether every character is of its place's kind."""
        return len(text) == len(self.pattern) and all(
            character.isdigit() == (kind == "D")
            for character, kind in zip(text, self.pattern, strict=True)
        )


FORMATS = (PlateFormat(pattern="LLDDDLL", country="AL"),)
"""Albania since 16 February 2011. Other plates pass as free text when they are very sure."""


def decode(steps: Floats) -> tuple[str, tuple[float, ...]]:
    """The text that a recogniser's steps spell, read greedily after the CTC rule.

    Args:
        steps: ``(time, 1 + len(ALPHABET))`` probabilities; column 0 is the blank.

    Returns:
        The text, and for each character the greatest probability of its run.
    """
    text: list[str] = []
    confidence: list[float] = []
    previous = 0
    for row, best in zip(steps, steps.argmax(axis=1), strict=True):
        if best and best == previous:
            confidence[-1] = max(confidence[-1], float(row[best]))
        elif best:
            text.append(ALPHABET[best - 1])
            confidence.append(float(row[best]))
        previous = int(best)
    return "".join(text), tuple(confidence)


def width_px(sighting: PlateSighting) -> float:
    """Width of the plate at its mid-height, in pixels."""
    top_left, top_right, bottom_right, bottom_left = sighting.corners_px
    return math.dist(
        ((top_left[0] + bottom_left[0]) / 2, (top_left[1] + bottom_left[1]) / 2),
        ((top_right[0] + bottom_right[0]) / 2, (top_right[1] + bottom_right[1]) / 2),
    )


def repair(text: str, plate_format: PlateFormat) -> str | None:
    """``text`` with look-alikes put right by their place, or None where that is no fit.

    Only twins change places: O, D, Q and 0; I and 1; B and 8; S and 5; Z and 2; G and 6. Where
    several letters look like one digit (0) the place alone cannot choose, so there is no fit.
    """
    if len(text) != len(plate_format.pattern):
        return None
    fitted = [
        _of_kind(character, kind == "D")
        for character, kind in zip(text, plate_format.pattern, strict=True)
    ]
    return None if None in fitted else "".join(filter(None, fitted))


def vote(
    sightings: Sequence[PlateSighting], formats: Sequence[PlateFormat] = FORMATS
) -> PlateReading | Refusal:
    """What the frames agree on, or why they do not.

    The order of ``sightings`` does not matter. Each character is voted for by the frames whose
    text has the same length, weighted by their confidence in it; the winner also needs the most
    heads, so that a few sure frames never outvote many.
    """
    if not sightings:
        return Refusal(reason=Reason.PLATE_NOT_FOUND)
    wide = [sighting for sighting in sightings if width_px(sighting) >= MIN_WIDTH_PX]
    if not wide:
        widest = max(map(width_px, sightings))
        return Refusal(reason=Reason.PLATE_TOO_SMALL, numbers={"width_px": round(widest, 1)})
    ballots = [_ballot(sighting, formats) for sighting in wide if sighting.text]
    ballots = _same_length(ballots)
    if len(ballots) < MIN_FRAMES:
        return _not_sure(frames=len(ballots), frames_wanted=MIN_FRAMES)
    return _count(ballots, formats)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ballot:
    """One frame's text after repair, and whether repair changed it."""

    text: str
    weights: tuple[float, ...]
    repaired: bool
    banded: bool


def _ballot(sighting: PlateSighting, formats: Sequence[PlateFormat]) -> _Ballot:
    fits = any(plate_format.fits(sighting.text) for plate_format in formats)
    repairs = [repair(sighting.text, plate_format) for plate_format in formats]
    text = sighting.text if fits else next(filter(None, repairs), sighting.text)
    return _Ballot(
        text=text,
        weights=sighting.character_confidence,
        repaired=text != sighting.text,
        banded=sighting.white_edges_px is not None,
    )


def _same_length(ballots: list[_Ballot]) -> list[_Ballot]:
    """The ballots of the length that more than half of them have, or none."""
    if not ballots:
        return []
    length, heads = Counter(len(ballot.text) for ballot in ballots).most_common(1)[0]
    if heads * 2 <= len(ballots):
        return []
    return [ballot for ballot in ballots if len(ballot.text) == length]


def _count(ballots: list[_Ballot], formats: Sequence[PlateFormat]) -> PlateReading | Refusal:
    elected = [_elect(ballots, place) for place in range(len(ballots[0].text))]
    if None in elected:
        return _not_sure(frames=len(ballots), unsure_characters=elected.count(None))
    winners = [winner for winner in elected if winner is not None]
    text = "".join(character for character, _ in winners)
    confidence = math.prod(weight for _, weight in winners)
    agreeing = [ballot for ballot in ballots if ballot.text == text]
    country = next((known.country for known in formats if known.fits(text)), None)
    if country is None and not _may_be_foreign(text, ballots, formats):
        return _not_sure(frames=len(ballots), length=len(text))
    wanted = MIN_AGREEING if country else MIN_AGREEING_FREE
    doubtful = not DOUBTFUL_LETTERS.isdisjoint(text)
    floor = MIN_CONFIDENCE if country and not doubtful else MIN_CONFIDENCE_FREE
    if len(agreeing) < wanted or confidence < floor:
        return _not_sure(agreeing=len(agreeing), confidence=round(confidence, 3))
    as_seen = sum(not ballot.repaired for ballot in agreeing)
    return PlateReading(
        text=text,
        confidence=confidence,
        frames=len(ballots),
        repaired=as_seen < MIN_AGREEING or (doubtful and country is not None),
        country=country,
    )


def _elect(ballots: list[_Ballot], place: int) -> tuple[str, float] | None:
    """The character of one place and its mean confidence over all frames, or None in doubt."""
    heads = Counter(ballot.text[place] for ballot in ballots)
    # Sorted, so that the sums do not depend on the order of the frames.
    weight = {
        character: math.fsum(
            ballot.weights[place] for ballot in ballots if ballot.text[place] == character
        )
        for character in heads
    }
    winner = max(sorted(weight), key=lambda character: weight[character])
    total = math.fsum(weight.values())
    runner_up = max((weight[other] for other in weight if other != winner), default=0.0)
    most_heads = all(heads[winner] > heads[other] for other in heads if other != winner)
    if not most_heads or total <= 0.0:
        return None
    if weight[winner] / total < MIN_SHARE or (weight[winner] - runner_up) / total < MIN_MARGIN:
        return None
    return winner, weight[winner] / len(ballots)


def _may_be_foreign(text: str, ballots: list[_Ballot], formats: Sequence[PlateFormat]) -> bool:
    """Whether a text in no known format can be a plate, and not a known one misread."""
    digits = sum(character.isdigit() for character in text)
    plausible = 6 <= len(text) <= 9 and digits >= 2 and len(text) - digits >= 1
    banded = sum(ballot.banded for ballot in ballots) * 2 > len(ballots)
    return plausible and not banded and not any(_one_off(text, known) for known in formats)


def _one_off(text: str, known: PlateFormat) -> bool:
    """Whether dropping one character, or missing one, would make ``text`` of a known format."""
    kinds = "".join("D" if character.isdigit() else "L" for character in text)
    shorter, longer = sorted((kinds, known.pattern), key=len)
    return len(longer) == len(shorter) + 1 and any(
        longer[:cut] + longer[cut + 1 :] == shorter for cut in range(len(longer))
    )


def _of_kind(character: str, digit: bool) -> str | None:
    """``character``, or its only twin of the wanted kind, or None."""
    if character.isdigit() == digit:
        return character
    group = next((twins for twins in _TWINS if character in twins), "")
    others = [twin for twin in group if twin.isdigit() == digit]
    # 0 has several letters: O is the common misreading, but the place cannot tell it from D.
    return others[0] if len(others) == 1 else None


def _not_sure(**numbers: float) -> Refusal:
    return Refusal(reason=Reason.PLATE_NOT_SURE, numbers=numbers)
