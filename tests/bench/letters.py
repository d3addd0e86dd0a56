"""``python -m tests.bench.letters``: letters (HTML, text and SMS) that one core writes a second.

Every fine has its own number, speed and days, so that nothing is written twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from services.model import Fine, LetterKind
from services.notifier.country import country_of, languages_for
from services.notifier.letter import render_letter
from services.numbers import creditor_reference, new_number
from tests.builders_office import AT
from tests.builders_words import COUNTRIES, a_fine_of, a_photo, an_occasion

FINES = 300
RUNS = 3


def fines_of(country: str) -> list[Fine]:
    """Fines of 200 days, each with another number and speed."""
    made = []
    for n in range(FINES):
        fine = a_fine_of(country, kmh=53 + n % 28 / 10, at=AT + timedelta(days=n % 200, seconds=n))
        number = new_number(country, 2026)
        made.append(replace(fine, number=number, reference=creditor_reference(number)))
    return made


def per_second(fines: Sequence[Fine], kind: LetterKind) -> float:
    """Letters written in a second of processor time."""
    occasions, photo, best_s = [an_occasion(kind, each) for each in fines], a_photo(), float("inf")
    for _ in range(RUNS):
        began = time.process_time()
        for fine, occasion in zip(fines, occasions, strict=True):
            render_letter(fine, photo, kind, occasion=occasion)
        best_s = min(best_s, time.process_time() - began)
    return len(fines) / best_s


if __name__ == "__main__":
    for country in COUNTRIES:
        fines = fines_of(country)
        languages = " ".join(languages_for(country_of(fines[0])))
        for kind in LetterKind:
            row = {"country": country, "languages": languages, "kind": kind}
            row["letters_per_s"] = round(per_second(fines, kind))
            print(json.dumps(row), flush=True)  # noqa: T201 - its data
