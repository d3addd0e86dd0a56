"""Planted values are hunted through all that an office leaves: rows, files, backups, talk."""

import resource
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import text
from typer.testing import CliRunner

from services import office
from services.backup.make import back_up
from services.cli import office_app
from services.fines import act_on
from services.ledger.log import checkpoint
from services.life import Act
from services.notifier.senders.folder import FolderSender
from services.notifier.senders.portal import PortalSender
from services.notifier.wiring import write_letter
from services.payments import take_statement
from services.policy import demo_auto_1
from services.search import find_cases
from services.transfers import transfer
from tests.builders_erasure import OWNER, PLANTED, PLATE, a_closed_fine, erased_after
from tests.builders_fines import a_step
from tests.builders_hunt import spellings, traces
from tests.builders_office import a_passage, on_disk


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Whatever the office puts into a temporary file, it puts here."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def in_the_database(store):
    """Traces in the files of a server, its log and journal too; an office's own file is a file."""
    if store.engine.dialect.name == "sqlite":
        return set()
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        data = connection.execute(text("SHOW data_directory")).scalar_one()
    return traces(Path(data).parent, PLANTED)


def everywhere(store, *folders):
    return set().union(*(traces(each, PLANTED) for each in (store.folder, *folders))) | (
        in_the_database(store)
    )


def said(store, *arguments):
    """What commands tell of the office on both channels."""
    words = [str(each) for each in arguments]
    return CliRunner().invoke(office_app, [*words, "--office", str(store.folder)]).output


def test_the_hunter_finds_what_is_there(tmp_path):
    for turn, spelling in enumerate(sorted(spellings("Zamirabela"))):
        (tmp_path / f"f{turn}").write_bytes(b"before " + spelling + b" after")
    (tmp_path / "Zamirabela").mkdir()
    assert len(traces(tmp_path, ("Zamirabela",))) == len(spellings("Zamirabela")) + 1
    assert traces(tmp_path, ("Nobody",)) == set()


def test_a_lawful_driver_is_in_no_byte_of_an_office(store, clock, tmp_path, temporary, caplog):
    lawful = a_passage("p-lawful", kmh=40.0, plate=PLATE)
    (told,) = office.receive(store, on_disk(tmp_path / "camera", lawful), clock).passages
    assert told.outcome is office.Outcome.LAWFUL
    checkpoint(store, clock)
    assert everywhere(store, temporary) == set()
    assert PLATE not in caplog.text
    assert not list((store.folder / "exhibits").iterdir())


def test_after_an_erasure_nobody_is_in_any_byte(store, clock, tmp_path, temporary, caplog):
    private, backups = X25519PrivateKey.generate(), tmp_path / "backups"
    senders = [FolderSender(store.sent), PortalSender(store.folder / "inbox")]
    number, _ = a_closed_fine(
        store, clock, "planted", "other", render=write_letter, senders=senders
    )
    (found,) = find_cases(store, PLATE, officer="P-17", purpose="asked by telephone", clock=clock)
    money = tmp_path / "bank.csv"
    row = f"B-7,2026-10-14,1000,ALL,Zamirabela Qendrestare for {PLATE}"
    money.write_text(f"bank_id,paid_on,amount,currency,reference\n{row}\n")
    take_statement(store, money, clock)
    money.unlink()
    checkpoint(store, clock)
    back_up(store, backups, private.public_key(), clock)
    talk = said(store, "fines") + said(store, "payments") + said(store, "review")
    before = everywhere(store, backups, temporary)
    # Letters lie where they wait for who takes them, and nowhere else is anything in clear.
    assert before
    assert all(path.startswith(("sent/", "inbox/")) for path in before)
    assert not [word for word in PLANTED if word in talk]
    erased_after(store, clock)
    back_up(store, backups, private.public_key(), clock)
    assert everywhere(store, backups, temporary) == set()
    told = said(store, "fine", number) + said(store, "review", "--case", found.key)
    assert not [word for word in (*PLANTED, OWNER.name) if word in told + caplog.text]


def test_a_driver_who_was_named_is_erased_with_the_case(store, clock, tmp_path, temporary):
    (key,) = [
        each.case_key
        for each in office.receive(
            store, on_disk(tmp_path / "camera", a_passage("p-planted", plate=PLATE)), clock
        ).passages
    ]
    office.review(store, demo_auto_1, clock)
    (issued,) = office.issue(store, clock)
    anew = transfer(
        store, issued.fine.number, "Perlat Xhufi, Rruga e Hijeshise", a_step(clock.now())
    )
    act_on(store, anew.number, Act.CANCEL, a_step(clock.now()))
    assert everywhere(store, temporary) == set()
    assert [each.case_key for each in erased_after(store, clock)] == [key]


def test_a_crash_of_an_office_leaves_no_memory_on_the_disk(store):
    assert store.engine
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
