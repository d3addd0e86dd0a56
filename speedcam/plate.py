"""Plates as text: what a recogniser's probabilities spell, and what several frames agree on.

Pure: no pictures, no files. A plate that is not sure is a :class:`~speedcam.model.Refusal`;
nothing here ever guesses. The thresholds and the reasons for them stand in ``docs/plates.md``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

import numpy as np

from speedcam.model import Floats, PlateRead, PlateReading, PlateSighting, Reason, Refusal

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What a plate may bear. Column ``i + 1`` of a recogniser's steps is ``ALPHABET[i]``."""

HIDDEN = "*"
"""In place of a character that may be of somebody else's plate."""

LONGEST_TEXT = 9
"""Characters: no plate of Europe bears more."""

MIN_WIDTH_PX = 60.0
"""Below it one view in five is misread even when rectified, so no reading is offered."""
MIN_FRAMES = 3
"""Frames that must show a legible text: two may share an accident, a third breaks the tie."""
MIN_AGREEING = 2
"""Frames that must spell the whole winning text, each by itself."""
MIN_SURE = 0.3
"""How sure of the whole text such a frame must be: one sure frame among blurred ones is alone."""
MIN_SHARE = 0.6
"""Weight of the winning character among all characters seen in its place."""
MIN_MARGIN = 0.3
"""By how much that share must beat the runner-up's."""
MIN_CONFIDENCE = 0.9
"""Of a whole text in a known format; two in a thousand such texts were wrong (docs/plates.md)."""
MIN_CONFIDENCE_FREE = 0.98
"""Of a whole text in no known format, which nothing but the pixels supports."""
READ_CONFIDENCE = 0.98
"""Below it a reading is doubtful: a person must look at the plate. No wrong text reached it in
photos, drawn traffic and whole clips (docs/plates.md)."""
MIN_AGREEING_FREE = 3
"""Frames that must spell a text in no known format."""
MOST_REPAIRS = 2
"""Look-alikes that are put right in one text."""
DOUBTFUL_LETTERS = frozenset("IOQ")
"""Often G, D or 1 misread. No source says that plates leave them out, so a very sure reading
with one of them stands, and a person must confirm it."""

_OFFSET, _SLOPE = 2.4, 0.85
_IMPLAUSIBLE, _CONTESTED = 5.2, 4.0
_SCORES = (1e-3, 0.995)
"""Of the curve that turns a score into a confidence, and the scores beyond which it is flat. Fitted
on one half of drawn plates and photos, checked on the other (docs/plates.md)."""

_TWINS = ("0ODQ", "1I", "8B", "5S", "2Z", "6G")


class Outcome(StrEnum):
    """What came of a vehicle's plate."""

    READ = "read"
    """Sure enough to be acted on."""
    DOUBTFUL = "doubtful"
    """Something is legible; a person must look, and nobody may rely on it."""
    UNREADABLE = "unreadable"
    """No plate, or one too small to be legible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateFormat:
    """A format of plates: one ``L`` (letter) or ``D`` (digit) per character.

    Attributes:
        pattern: For example ``"LLDDDLL"``.
        countries: All whose plates have it, ISO 3166-1 alpha-2, in order of the alphabet.
    """

    pattern: str
    countries: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether every character is of its place's kind."""
        return len(text) == len(self.pattern) and all(
            character.isdigit() == (kind == "D")
            for character, kind in zip(text, self.pattern, strict=True)
        )


FORMATS = (
    PlateFormat(pattern="LLDDDLL", countries=("AL", "FR", "GE", "HR", "IT", "MK", "RS", "SK")),
)
"""Albania since 16 February 2011, Italy since 1994, France since 2009, and others whose plates
spell the same (docs/plates.md). Other plates pass as free text when they are very sure."""


def decode(steps: Floats) -> tuple[str, tuple[float, ...]]:
    """The text that a recogniser's steps spell, read greedily after the CTC rule.

    Args:
        steps: ``(time, 1 + len(ALPHABET))`` probabilities; column 0 is the blank.

    Returns:
        The text, and for each character the greatest probability of its run.
    """
    runs = _runs(steps)
    text = "".join(ALPHABET[column - 1] for column, _, _ in runs)
    return text, tuple(float(steps[first:last, column].max()) for column, first, last in runs)


def centres(steps: Floats) -> Floats:
    """Where each character that :func:`decode` spells is, as a share of the line's length."""
    weighted = [
        np.average(np.arange(first, last) + 0.5, weights=steps[first:last, column])
        for column, first, last in _runs(steps)
    ]
    return np.array(weighted) / len(steps)


def _runs(steps: Floats) -> list[tuple[int, int, int]]:
    """Of each character its column, its first step and the one after its last."""
    best = steps.argmax(axis=1)
    starts = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    runs = ((int(best[first]), first, last) for first, last in pairwise(starts) if first < last)
    return [run for run in runs if run[0]]


def could_be_plate(text: str) -> bool:
    """Whether a text has the length and the mixture of some country's plate."""
    digits = sum(character.isdigit() for character in text)
    return 5 <= len(text) <= LONGEST_TEXT and 1 <= digits < len(text)


def countries_of(text: str, formats: Sequence[PlateFormat] = FORMATS) -> tuple[str, ...]:
    """All whose plates are written like ``text``, in order of the alphabet; empty: not known."""
    return tuple(sorted({c for known in formats if known.fits(text) for c in known.countries}))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the frames say together, before anybody asks whether it is enough.

    Attributes:
        text: The likeliest text.
        confidence: 0..1, that it is right; see :func:`calibrated`.
        score: 0..1, what the confidence was made from: no probability.
        frames: Frames that voted.
        agreeing: Those that spell the whole text, each by itself and sure enough of it.
        unsure: Places in which no character has won.
        repaired: A person must confirm the text if it is to stand.
        countries: All whose plates have its format; empty where that is not known.
        foreign: Whether a text of no known format can be a plate, and not a known one misread.
    """

    text: str
    confidence: float
    score: float
    frames: int
    agreeing: int
    unsure: int
    repaired: bool
    countries: tuple[str, ...]
    foreign: bool


def _modest_repair(text: str, plate_format: PlateFormat) -> str | None:
    """A repair of few characters: with more, another country's plate becomes our own."""
    fitted = repair(text, plate_format)
    changed = sum(a != b for a, b in zip(text, fitted or "", strict=False))
    return fitted if changed <= MOST_REPAIRS else None


def shows(text: str, plate: str) -> bool:
    """Whether a frame that spells ``text`` shows that plate for sure, or was not read."""
    return text in {"", plate}


def vote(
    sightings: Sequence[PlateSighting], formats: Sequence[PlateFormat] = FORMATS
) -> PlateReading | Refusal:
    """What the frames agree on, or why they do not.

    The order of ``sightings`` does not matter. Each character is voted for by the frames whose
    text has the same length, weighted by their confidence in it and in the whole; the winner also
    needs the most heads, so that a few sure frames never outvote many.
    """
    told = tally(sightings, formats)
    if isinstance(told, Refusal):
        return told
    if told.frames < MIN_FRAMES:
        return _not_sure(frames=told.frames, frames_wanted=MIN_FRAMES)
    if told.unsure:
        return _not_sure(frames=told.frames, unsure_characters=told.unsure)
    if not (told.countries or told.foreign):
        return _not_sure(frames=told.frames, length=len(told.text))
    wanted = MIN_AGREEING if told.countries else MIN_AGREEING_FREE
    plain = told.countries and DOUBTFUL_LETTERS.isdisjoint(told.text)
    floor = MIN_CONFIDENCE if plain else MIN_CONFIDENCE_FREE
    if told.agreeing < wanted or told.confidence < floor:
        return _not_sure(agreeing=told.agreeing, confidence=round(told.confidence, 3))
    return PlateReading(
        text=told.text,
        confidence=told.confidence,
        frames=told.frames,
        repaired=told.repaired,
        country=_whose(told, sightings),
        countries=told.countries,
        reads=tuple(
            _read(sighting, told.text)
            for sighting in sorted(sightings, key=lambda sighting: sighting.time_s)
        ),
    )


def _read(sighting: PlateSighting, plate: str) -> PlateRead:
    sure = math.prod(sighting.character_confidence) if sighting.text else 0.0
    return PlateRead(
        time_s=sighting.time_s,
        width_px=round(width_px(sighting), 1),
        text=_told(sighting.text, plate),
        sure=round(sure, 3),
    )


def _told(text: str, plate: str) -> str:
    """A frame's text; of one that shares less than half its characters, in order, how long it is.

    It may be the plate of somebody else who drove by, and the owner of this one gets the passage.
    """
    blocks = SequenceMatcher(None, text, plate, autojunk=False).get_matching_blocks()
    return text if 2 * sum(block.size for block in blocks) >= len(text) else HIDDEN * len(text)


def _whose(told: Tally, sightings: Sequence[PlateSighting]) -> str | None:
    """The country of the plate's format, or of several the one that its band shows."""
    if len(told.countries) == 1:
        return told.countries[0]
    shown = {sighting.country for sighting in sightings}
    return next((c for c in told.countries if shown == {c}), None)


def outcome(plate: PlateReading | Refusal) -> Outcome:
    """In one word, what a vote came to."""
    if isinstance(plate, PlateReading):
        sure = plate.confidence >= READ_CONFIDENCE and not plate.repaired
        return Outcome.READ if sure else Outcome.DOUBTFUL
    return Outcome.DOUBTFUL if plate.reason is Reason.PLATE_NOT_SURE else Outcome.UNREADABLE


def tally(
    sightings: Sequence[PlateSighting], formats: Sequence[PlateFormat] = FORMATS
) -> Tally | Refusal:
    """What the frames say together, or a refusal where there is nothing to count."""
    if not sightings:
        return Refusal(reason=Reason.PLATE_NOT_FOUND)
    wide = [sighting for sighting in sightings if width_px(sighting) >= MIN_WIDTH_PX]
    if not wide:
        widest = max(map(width_px, sightings))
        return Refusal(reason=Reason.PLATE_TOO_SMALL, numbers={"width_px": round(widest, 1)})
    ballots = _same_length([_ballot(sighting, formats) for sighting in wide if sighting.text])
    return _count(ballots, formats) if ballots else _not_sure(frames=0, frames_wanted=MIN_FRAMES)


def calibrated(score: float, *, plausible: bool, won: bool) -> float:
    """The share of texts like this that are right: a logistic curve through measured shares.

    Args:
        score: Product over the places of the winner's share times how sure its frames are.
        plausible: Whether the text is of a known format, or may be a foreign plate.
        won: Whether every place has a clear winner.
    """
    bounded = min(max(score, _SCORES[0]), _SCORES[1])
    odds = _OFFSET + _SLOPE * math.log(bounded / (1 - bounded))
    odds -= (0.0 if plausible else _IMPLAUSIBLE) + (0.0 if won else _CONTESTED)
    return 1 / (1 + math.exp(-odds))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ballot:
    """One frame's text after repair, and whether repair changed it."""

    text: str
    confidence: tuple[float, ...]
    repaired: bool
    banded: bool
    width_px: float

    @property
    def sure(self) -> float:
        """Of the whole text."""
        return math.prod(self.confidence)

    def weight(self, place: int) -> float:
        """Of one character: less where the frame is unsure of the others, or shows them small."""
        return self.confidence[place] * math.sqrt(self.sure) * self.width_px**2


def _ballot(sighting: PlateSighting, formats: Sequence[PlateFormat]) -> _Ballot:
    fits = any(plate_format.fits(sighting.text) for plate_format in formats)
    repairs = [_modest_repair(sighting.text, plate_format) for plate_format in formats]
    text = sighting.text if fits else next(filter(None, repairs), sighting.text)
    return _Ballot(
        text=text,
        confidence=sighting.character_confidence,
        repaired=text != sighting.text,
        banded=sighting.white_edges_px is not None,
        width_px=width_px(sighting),
    )


def _same_length(ballots: list[_Ballot]) -> list[_Ballot]:
    """The ballots of the length that more than half of their weight has, or none.

    A frame that shows part of the plate, or shows it badly, counts for little.
    """
    if not ballots:
        return []
    weight = {
        length: math.fsum(ballot.sure for ballot in ballots if len(ballot.text) == length)
        for length in {len(ballot.text) for ballot in ballots}
    }
    length = max(sorted(weight), key=lambda length: weight[length])
    if weight[length] * 2 <= math.fsum(weight.values()):
        return []
    return [ballot for ballot in ballots if len(ballot.text) == length]


def _count(ballots: list[_Ballot], formats: Sequence[PlateFormat]) -> Tally:
    elected = [_elect(ballots, place) for place in range(len(ballots[0].text))]
    text = "".join(winner.character for winner in elected)
    score = math.prod(winner.score for winner in elected)
    agreeing = [ballot for ballot in ballots if ballot.text == text and ballot.sure >= MIN_SURE]
    countries = countries_of(text, formats)
    doubtful = bool(countries) and not DOUBTFUL_LETTERS.isdisjoint(text)
    foreign = _may_be_foreign(text, ballots, formats)
    unsure = sum(not winner.sure for winner in elected)
    as_seen = sum(not ballot.repaired for ballot in agreeing)
    return Tally(
        text=text,
        confidence=calibrated(score, plausible=bool(countries) or foreign, won=not unsure),
        score=score,
        frames=len(ballots),
        agreeing=len(agreeing),
        unsure=unsure,
        repaired=as_seen < MIN_AGREEING or doubtful,
        countries=countries,
        foreign=foreign,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Elected:
    """The character with the most weight in one place, and whether it has won."""

    character: str
    score: float
    sure: bool


def _elect(ballots: list[_Ballot], place: int) -> _Elected:
    """The score is the winner's share of the weight, times how sure its own frames are of it."""
    heads = Counter(ballot.text[place] for ballot in ballots)
    # Sorted, so that the sums do not depend on the order of the frames.
    weight = {
        character: math.fsum(
            ballot.weight(place) for ballot in ballots if ballot.text[place] == character
        )
        for character in heads
    }
    winner = max(sorted(weight), key=lambda character: weight[character])
    total = math.fsum(weight.values())
    if total <= 0.0:
        return _Elected(character=winner, score=0.0, sure=False)
    mean = (
        math.fsum(
            ballot.weight(place) * ballot.confidence[place]
            for ballot in ballots
            if ballot.text[place] == winner
        )
        / weight[winner]
    )
    share = weight[winner] / total
    runner_up = max((weight[other] for other in weight if other != winner), default=0.0) / total
    most_heads = all(heads[winner] > heads[other] for other in heads if other != winner)
    sure = most_heads and share >= MIN_SHARE and share - runner_up >= MIN_MARGIN
    return _Elected(character=winner, score=share * mean, sure=sure)


def _may_be_foreign(text: str, ballots: list[_Ballot], formats: Sequence[PlateFormat]) -> bool:
    """Whether a text in no known format can be a plate, and not a known one misread."""
    digits = sum(character.isdigit() for character in text)
    plausible = 6 <= len(text) <= LONGEST_TEXT and digits >= 2 and len(text) - digits >= 1
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
