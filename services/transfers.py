"""The owner names who drove: the fine begins anew for them, with terms of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from services.account import day_of
from services.clock import StillClock
from services.errors import CaseError
from services.fines import Step, tell
from services.lapse import lapse_of
from services.ledger.leaf import Change
from services.letters import announce
from services.life import Act, State
from services.model import Channel, Fine
from services.office import NUMBERS_TO_TRY, new_fine
from services.rules.terms import served_by
from services.store.cases import edition_of, texts_of
from services.store.fines import FineFile, end_pauses, keep_notices_back, move_on, read_file
from services.store.issue import add_fines, fined
from services.store.schema import pauses
from services.store.store import Store
from services.words import require_words


def transfer(store: Store, number: str, driver: str, step: Step) -> Fine:
    """End the fine ``number`` and issue it anew for the driver who was named.

    What was paid on the old one goes back to who paid it.

    Args:
        store: Holds it.
        number: As people type it.
        driver: Name and address; sealed with the new fine.
        step: Who enters it, why and when.

    Raises:
        CaseError: There is no such fine, it cannot be transferred, or nobody is named.
    """
    require_words(number, step.by, step.why, driver)
    with store.writing() as connection:
        file = read_file(store, connection, number)
        _require_running(file, step.at)
        old = file.fine.number
        moved = Change(before=file.state, after=move_on(connection, file, Act.TRANSFER))
        end_pauses(connection, step.at, pauses.c.fine_number == old)
        keep_notices_back(connection, old)
        announce(connection, file, Act.TRANSFER, day_of(step.at, file.zone), step.at)
        anew = _anew(store, connection, file, driver.strip(), step)
        tell(store, connection, old, Act.TRANSFER, step, change=moved)
        issued = replace(step, why=f"in the place of {old}, for the driver who was named")
        made = Change(after=State.ISSUED, holds=fined(anew))
        tell(store, connection, anew.number, "issued", issued, change=made)
    return anew


def _require_running(file: FineFile, now: datetime) -> None:
    """Raise CaseError where the law's time ran out: a fine issued anew would have it once more."""
    day = day_of(now, file.zone)
    if lapse := lapse_of(file.fine.terms, file.state, day, served_on=file.served_on):
        raise CaseError(
            f"fine {file.fine.number} cannot be transferred: it is {lapse}. Write it off "
            "(`speedcam office lapsed`)."
        )


def _anew(store: Store, connection: Connection, file: FineFile, driver: str, step: Step) -> Fine:
    old = file.fine
    edition = edition_of(old.violation, texts_of(store, [old.violation]))
    for _ in range(NUMBERS_TO_TRY):
        fine = new_fine(old.violation, old.decision, edition, StillClock(at=step.at))
        # The authority learns only now whom to serve.
        serve_until = served_by(edition.pack, fine.terms.issued_on)
        fine = replace(fine, driver=driver, terms=replace(fine.terms, serve_until=serve_until))
        try:
            with connection.begin_nested():
                add_fines(store, connection, [fine], (Channel.ANY,), turn=file.turn + 1)
        except IntegrityError:
            continue  # the random number is taken
        return fine
    raise CaseError(f"fine {old.number}: found no free number. Transfer it again.")
