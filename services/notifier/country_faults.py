"""What must be true of a country's words beyond the form of their file. Gives every fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from services.errors import LetterError, PackError
from services.notifier.country import Country, Named, known_in
from services.notifier.payment import require_account
from services.rules.edition import read_model


def faults_of_file(path: Path) -> list[str]:
    """What is wrong with the country in a file.

    Raises:
        PackError: It is no country: every fault of its form, with its line.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise PackError(f"cannot read {path}: {error.strerror}. Give a YAML file.") from None
    return list(country_faults(read_model(Country, text, path.name)))


def country_faults(country: Country) -> Iterator[str]:
    """Sources that are not listed or not used, names that its readers lack, an account of none."""
    entries = list(known_in(country))
    used, listed = {name for entry in entries for name in entry.source}, set(country.sources)
    yield from (f"sources lacks {name!r}, which an entry names: add it" for name in used - listed)
    yield from (f"no entry names the source {name!r}: remove it" for name in listed - used)
    first = country.languages[0]
    for entry in entries:
        if isinstance(entry, Named) and first not in entry.words:
            named = next(iter(entry.words.values()))
            yield f"{named!r} has no words in {first}, the first language: add them"
    try:
        require_account(country.account.iban)
    except LetterError as error:
        yield str(error)
