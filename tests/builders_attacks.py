"""What somebody inside might do to an office of :mod:`tests.builders_ledger`.

Each attack has the database's password, the office key and, where it says so, the log's key. None
has the witness's folder.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from random import Random

from sqlalchemy import insert

from services.ledger.checkpoint import Checkpoint
from services.ledger.keys import load_signer
from services.ledger.log import COSIGNED, KEY, LATEST, checkpoint, ledger_of, nodes
from services.ledger.merkle import root_at
from services.ledger.note import KeyKind, Note
from services.model import Money
from services.numbers import creditor_reference
from services.payments import take_statement
from services.store.history import Event, add_event
from services.store.leaves import size_of
from services.store.ledger_tables import checkpoints
from speedcam.disk import write_durably
from tests.builders_bank import a_row, a_table
from tests.builders_ledger import Scene, fines_of, first_number, sign, write_tree_anew
from tests.builders_office import ISSUED, SetClock

GUARDS = tuple(
    f"{table}_no_{change}"
    for table in ("events", "leaves", "checkpoints")
    for change in ("update", "delete")
)


@contextmanager
def database(scene: Scene) -> Iterator[sqlite3.Connection]:
    """The bare database without its guards."""
    with closing(sqlite3.connect(scene.office / "office.sqlite")) as bare, bare:
        bare.execute("PRAGMA synchronous = OFF")
        for guard in GUARDS:
            bare.execute(f"DROP TRIGGER IF EXISTS {guard}")
        yield bare


def some_event(bare: sqlite3.Connection, dice: Random) -> int:
    return dice.choice([row[0] for row in bare.execute("SELECT position FROM events")])


def tree_anew(scene: Scene) -> None:
    with scene.open() as store, store.writing() as connection:
        write_tree_anew(store, connection)


def sign_anew(scene: Scene) -> None:
    """Put a checkpoint of the tree as it is now in the place of every other, with the log's key."""
    with scene.open() as store:
        signer = load_signer(store.folder / KEY, KeyKind.LOG, create=False)
        with store.writing() as connection:
            size = size_of(connection)
            root = root_at(nodes(connection), size)
            text = Checkpoint(origin=signer.name, size=size, root=root).text
            note = bytes(Note(text=text, signatures=(signer.sign(text),)))
            connection.execute(checkpoints.delete())
            row = {"size": size, "at_ms": 0, "note": note}
            connection.execute(insert(checkpoints), [row])
        write_durably(ledger_of(store) / LATEST, note)
        (ledger_of(store) / COSIGNED).unlink()


def delete_an_event(scene: Scene, dice: Random) -> None:
    with database(scene) as bare:
        bare.execute("DELETE FROM events WHERE position = ?", [some_event(bare, dice)])


def delete_an_event_and_its_leaf(scene: Scene, dice: Random) -> None:
    delete_an_event(scene, dice)
    tree_anew(scene)


def edit_an_event(scene: Scene, dice: Random) -> None:
    with database(scene) as bare:
        column = dice.choice(["who", "what", "subject", "second"])
        position = some_event(bare, dice)
        bare.execute(f"UPDATE events SET {column} = 'other' WHERE position = ?", [position])  # noqa: S608


def edit_an_event_and_its_leaf(scene: Scene, dice: Random) -> None:
    edit_an_event(scene, dice)
    tree_anew(scene)


def insert_an_event(scene: Scene, dice: Random) -> None:
    copy = (
        "INSERT INTO events (id, at_ms, who, what, subject, reason) "
        "SELECT ?, at_ms, who, what, subject, reason FROM events WHERE position = ?"
    )
    with database(scene) as bare:
        bare.execute(copy, [f"{dice.getrandbits(128):032x}", some_event(bare, dice)])


def delete_a_leaf(scene: Scene, dice: Random) -> None:
    with database(scene) as bare:
        bare.execute("DELETE FROM leaves WHERE position = ?", [dice.randrange(9)])


def change_a_node(scene: Scene, dice: Random) -> None:
    with database(scene) as bare:
        change = "UPDATE leaves SET hashes = zeroblob(length(hashes)) WHERE position = ?"
        bare.execute(change, [dice.randrange(10)])


def back_date_an_event(scene: Scene, dice: Random) -> None:
    with database(scene) as bare:
        days_ms = dice.randint(1, 90) * 86_400_000
        position = some_event(bare, dice)
        bare.execute("UPDATE events SET at_ms = at_ms - ? WHERE position = ?", [days_ms, position])
    tree_anew(scene)


def tell_an_event_of_long_ago(scene: Scene, dice: Random) -> None:
    """By the office's own way, and signed: the history only grew."""
    at = ISSUED - timedelta(days=dice.randint(1, 90))
    with scene.open() as store:
        with store.writing() as connection:
            number = first_number(store)
            told = Event(at=at, who="P-17", what="asked", subject=number, reason="")
            add_event(store, connection, told)
        checkpoint(store, SetClock())


def put_events_in_another_order(scene: Scene, dice: Random) -> None:
    with database(scene) as bare:
        first, other = dice.sample([r[0] for r in bare.execute("SELECT position FROM events")], 2)
        for old, new in ((first, -1), (other, first), (-1, other)):
            bare.execute("UPDATE events SET position = ? WHERE position = ?", [new, old])


def swap_a_picture(scene: Scene, dice: Random) -> None:
    pictures = [path for path in (scene.office / "exhibits").rglob("*") if path.is_file()]
    one, other = dice.sample(sorted(pictures), 2)
    one.write_bytes(other.read_bytes())


def swap_a_case(scene: Scene, dice: Random) -> None:
    """Seal another plate and place into a case, as the office key allows."""
    with scene.open() as store:
        number = first_number(store)
        violation = store.fine(number).violation
        swapped = replace(violation, limit_kmh=violation.limit_kmh - dice.randint(1, 9))
        sealed = store.seal_violation(swapped)
    with database(scene) as bare:
        bare.execute("UPDATE cases SET violation = ? WHERE key = ?", [sealed, violation.key])


def raise_an_amount(scene: Scene, dice: Random) -> None:
    with scene.open() as store:
        fine = store.fine(first_number(store))
        dearer = Money(minor=fine.amount.minor + dice.randint(1, 10**6), currency="ALL")
        sealed = store.seal_fine(replace(fine, amount=dearer))
    with database(scene) as bare:
        bare.execute("UPDATE fines SET fine = ? WHERE number = ?", [sealed, fine.number])


def let_a_fine_go(scene: Scene, dice: Random) -> None:
    """Cancel a fine without a word."""
    with database(scene) as bare:
        numbers = [row[0] for row in bare.execute("SELECT number FROM fines")]
        change = "UPDATE fines SET state = 'cancelled' WHERE number = ?"
        bare.execute(change, [dice.choice(numbers)])


def delete_a_fine(scene: Scene, dice: Random) -> None:
    with database(scene) as bare:
        numbers = [row[0] for row in bare.execute("SELECT number FROM fines")]
        bare.execute("DELETE FROM fines WHERE number = ?", [dice.choice(numbers)])


def invent_a_fine(scene: Scene, dice: Random) -> None:
    copy = (
        "INSERT INTO fines SELECT ?, case_key, turn + 1, plate_digest, issued_at_ms, state, "
        "interrupted, served_on, fine, serve_until, prescribed_after, next_due FROM fines LIMIT 1"
    )
    with database(scene) as bare:
        bare.execute(copy, [f"AL26-{dice.randint(1000, 9999)}-0000"])


def pay(scene: Scene) -> None:
    """Somebody pays, in earnest; the history tells it."""
    with scene.open() as store:
        statement, clock = scene.folder / "statement.csv", SetClock()
        row = a_row(creditor_reference(first_number(store)), paid_on=f"{ISSUED:%Y-%m-%d}")
        statement.write_text(a_table(row))
        take_statement(store, statement, clock)
        sign(scene, store, clock)


def edit_a_payment(scene: Scene, dice: Random) -> None:
    pay(scene)
    with database(scene) as bare:
        bare.execute("UPDATE payments SET minor = minor + ?", [dice.randint(1, 10**6)])


def slip_in_a_payment(scene: Scene, dice: Random) -> None:
    """Call a fine paid that nobody paid."""
    pay(scene)
    copy = (
        "INSERT INTO payments SELECT ?, fine_number, paid_on, minor, currency, taken_at_ms, "
        "remittance FROM payments LIMIT 1"
    )
    with database(scene) as bare:
        bare.execute(copy, [f"B-{dice.getrandbits(64)}"])


def give_a_payment_to_another_fine(scene: Scene, dice: Random) -> None:
    pay(scene)
    with database(scene) as bare:
        paid = "(SELECT fine_number FROM payments)"
        query = f"SELECT number FROM fines WHERE number != {paid}"  # noqa: S608
        others = [row[0] for row in bare.execute(query)]
        bare.execute("UPDATE payments SET fine_number = ?", [dice.choice(others)])


def delete_a_payment(scene: Scene, _dice: Random) -> None:
    pay(scene)
    with database(scene) as bare:
        bare.execute("DELETE FROM payments")


def roll_the_database_back(scene: Scene, _dice: Random) -> None:
    file = scene.office / "office.sqlite"
    before = file.read_bytes()
    scene.go_on()
    file.write_bytes(before)


def roll_database_and_log_back(scene: Scene, _dice: Random) -> None:
    before = scene.folder / "before"
    shutil.copytree(scene.office, before)
    scene.go_on()
    shutil.rmtree(scene.office)
    before.rename(scene.office)


def fork_the_history(scene: Scene, dice: Random) -> None:
    """Put all back and go on otherwise, with the log's key: two owners see two histories."""
    roll_database_and_log_back(scene, dice)
    with scene.open() as store:
        clock = SetClock()
        fines_of(store, scene.folder / "camera-fork", clock, "x", "y", "z")
        checkpoint(store, clock)


def sign_another_history(scene: Scene, dice: Random) -> None:
    edit_an_event_and_its_leaf(scene, dice)
    sign_anew(scene)


def cut_off_the_end_and_sign(scene: Scene, _dice: Random) -> None:
    with database(scene) as bare:
        last = "(SELECT max(position) FROM events)"
        bare.execute(f"DELETE FROM events WHERE position = {last}")  # noqa: S608
        bare.execute("UPDATE fines SET state = 'issued'")
    tree_anew(scene)
    sign_anew(scene)


def sign_with_another_key(scene: Scene, dice: Random) -> None:
    (scene.office / KEY).write_bytes(dice.randbytes(32))
    (scene.office / "ledger" / "log.vkey").unlink()
    edit_an_event_and_its_leaf(scene, dice)
    sign_anew(scene)
    with scene.open() as store:
        signer = load_signer(store.folder / KEY, KeyKind.LOG, create=False)
        (ledger_of(store) / "log.vkey").write_text(f"{signer.verifier}\n")


def begin_the_ledger_anew(scene: Scene, _dice: Random) -> None:
    """Remove every leaf and checkpoint, and let the office take its history in once more."""
    with database(scene) as bare:
        bare.execute("DELETE FROM leaves")
        bare.execute("DELETE FROM checkpoints")
    shutil.rmtree(scene.office / "ledger")
    with scene.open() as store:
        checkpoint(store, SetClock())


ATTACKS: Mapping[Callable[[Scene, Random], None], str] = {
    delete_an_event: "its event was deleted",
    delete_an_event_and_its_leaf: "rolled back",
    edit_an_event: "its event was changed",
    edit_an_event_and_its_leaf: "its root of 10 leaves is not that of the history",
    delete_a_leaf: "leaves before it are missing",
    change_a_node: "its hashes are not those",
    insert_an_event: "never told: no leaf",
    back_date_an_event: "its root of 10 leaves is not that of the history",
    tell_an_event_of_long_ago: "an instant long before",
    put_events_in_another_order: "in another order",
    swap_a_picture: "exhibit",
    swap_a_case: "it was changed after it was told",
    raise_an_amount: "it was changed after it was told",
    let_a_fine_go: "it stands at 'cancelled'",
    delete_a_fine: "it was deleted",
    invent_a_fine: "slipped in",
    edit_a_payment: "it was changed after it was told",
    slip_in_a_payment: "slipped in",
    give_a_payment_to_another_fine: "it was given to another fine",
    delete_a_payment: "it was deleted",
    roll_the_database_back: "rolled back",
    roll_database_and_log_back: "rolled back",
    fork_the_history: "its root of 13 leaves is not that of the history",
    sign_another_history: "its root of 10 leaves is not that of the history",
    cut_off_the_end_and_sign: "rolled back",
    sign_with_another_key: "not the key that the witness knows",
    begin_the_ledger_anew: "its root of 10 leaves is not that of the history",
}
"""Each attack, and what an audit with the witness's folder says of it among other things."""
