"""What ended long ago loses its person for good; what is left still verifies."""

import shutil
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, select, update
from typer.testing import CliRunner

from services import office
from services.backup.keys import KEY_FILE
from services.backup.make import back_up
from services.backup.restore import restore
from services.cli import office_app
from services.clock import SystemClock
from services.erasure import HOLD, LETTER, MONEY, overdue, set_hold
from services.errors import Erased, EvidenceError, SettingsError
from services.fines import act_on, standing
from services.ledger.audit import audit
from services.ledger.log import checkpoint, ledger_of
from services.ledger.witness import witness
from services.life import Act, State
from services.model import NoticeState
from services.notifier.habits import Habits
from services.notifier.senders.folder import FolderSender
from services.payments import Outcome, take_statement
from services.retention import FILE, PROMISED, Rule, read_rules, rules_of
from services.store import open_store
from services.store.cases import case_of
from services.store.erasing import closed_longest, left_of
from services.store.fines import page_of
from services.store.history import history_of
from services.store.key_tables import case_keys
from services.store.looks import record_read
from services.store.schema import cases, fines, outbox
from tests.builders_erasure import OWNER, PLATE, WORDS, a_closed_fine, erased_after
from tests.builders_fines import a_step, an_issued_fine
from tests.builders_ledger import Scene, with_kek
from tests.builders_office import a_letter, a_passage, on_disk


@pytest.fixture
def closed(store, clock):
    """The numbers of two fines that were cancelled."""
    senders = [FolderSender(store.sent)]
    return a_closed_fine(store, clock, "planted", "other", render=a_letter, senders=senders)


def key_of(store, number):
    with store.reading() as connection:
        return connection.execute(
            select(fines.c.case_key).where(fines.c.number == number)
        ).scalar_one()


def test_nothing_of_a_person_is_left_and_the_rest_stands(store, clock, closed):
    number, _ = closed
    key, issued_at = key_of(store, number), store.fine(number).issued_at
    kept = {e.sha256 for e in case_of(store, key).violation.passage.exhibits if e.kind != "site"}
    assert [each.kept for each in erased_after(store, clock)] == ["", ""]
    assert store.fine(number) is None
    assert store.fine_by_number_and_plate(number, PLATE) is None
    assert {line.number for line in page_of(store)} == set(closed)
    assert len(page_of(store, after_number=page_of(store)[0].number)) == 1
    left = left_of(store, number)
    assert (left.state, left.issued_at, left.rule) == (State.CANCELLED, issued_at, "closed-30")
    assert left.erased_at == clock.now()
    with pytest.raises(Erased, match="was erased, and nobody can open it again"):
        case_of(store, key)
    with pytest.raises(Erased), store.reading():
        standing(store, number, clock)
    for sha256 in kept:
        with pytest.raises(EvidenceError, match="is missing"):
            store.exhibit_bytes(sha256)
    assert not list(store.sent.iterdir())


def test_what_a_killed_worker_left_half_written_is_erased_too(store, clock, closed):
    number, *_ = closed
    half = store.sent / f".{number}.part"
    half.mkdir()
    whole = store.folder / "inbox" / f".{number}.receipt.1.json.4711.part"
    whole.parent.mkdir()
    for path in (half / "notice.html", whole):
        path.write_text(PLATE)
    erased_after(store, clock)
    assert not half.exists()
    assert not whole.exists()


def test_the_ledger_says_when_and_by_which_rule_and_still_verifies(store, clock, closed):
    checkpoint(store, clock)
    erased_after(store, clock)
    assert audit(store).findings == ()
    told = [each for each in history_of(store, closed[0]) if each.what.startswith("erased")]
    assert [(each.what, each.who, each.reason) for each in told] == [
        ("erased closed-30", "P-17", "the term is over")
    ]
    words = {each.reason for each in history_of(store, closed[0])}
    assert words == {"erased", "the term is over"}


@pytest.mark.sqlite
def test_a_term_is_over_after_its_last_day_and_a_look_does_not_make_it_longer(store, clock, closed):
    clock.at += timedelta(days=30)
    record_read(store, key_of(store, closed[0]), "P-17", "asked", clock.now())
    assert erased_after(store, clock, days=0) == []
    assert len(erased_after(store, clock, days=1)) == 2


@pytest.mark.sqlite
def test_a_rehearsal_changes_nothing(store, clock, closed):
    assert len(erased_after(store, clock, rehearse=True)) == 2
    assert store.fine(closed[0]).number == closed[0]
    assert len(list(store.sent.iterdir())) >= 2


@pytest.mark.sqlite
def test_a_legal_hold_keeps_a_case_until_it_is_lifted(store, clock, closed):
    number, other = closed
    set_hold(store, number, a_step(clock.now(), why="a court has asked for it"))
    assert {each.kept for each in erased_after(store, clock, days=100)} == {HOLD, ""}
    assert store.fine(number)
    assert store.fine(other) is None
    set_hold(store, number, a_step(clock.now(), why="the court is done"), lifted=True)
    assert [each.kept for each in erased_after(store, clock)] == [""]


def test_a_letter_that_waits_and_money_that_is_to_go_back_keep_a_case(
    store, clock, closed, tmp_path
):
    waiting, paid = closed
    fine = store.fine(paid)
    statement = tmp_path / "bank.csv"
    row = f"B-1,2026-10-15,1000,{fine.amount.currency},{fine.reference} Zamirabela"
    statement.write_text(f"bank_id,paid_on,amount,currency,reference\n{row}\n")
    clock.at += timedelta(days=2)
    assert take_statement(store, statement, clock).count(Outcome.MATCHED) == 1
    office.deliver(store, [FolderSender(store.sent)], a_letter, clock, Habits())
    with store.writing() as connection:
        here = outbox.c.fine_number == waiting
        connection.execute(update(outbox).where(here).values(state=NoticeState.WAITING))
    assert {each.kept for each in erased_after(store, clock, days=40)} == {LETTER, MONEY}


@pytest.mark.sqlite
def test_what_is_open_is_never_erased(store, clock):
    number = an_issued_fine(store, clock, plate="AA999ZB")
    act_on(store, number, Act.SERVE, a_step(clock.now()))
    assert erased_after(store, clock, days=4000) == []
    assert store.fine(number)


@pytest.mark.sqlite
@pytest.mark.usefixtures("closed")
def test_a_passage_that_comes_in_again_is_known_and_nothing_of_it_is_kept(store, clock):
    erased_after(store, clock)
    again = on_disk(store.folder.parent / "again", a_passage("p-planted", plate=PLATE))
    (told,) = office.receive(store, again, clock).passages
    assert told.outcome is office.Outcome.KNOWN
    with store.reading() as connection:
        assert connection.execute(select(case_keys)).all() == []


@pytest.mark.sqlite
def test_money_that_comes_after_all_waits_for_a_person(store, clock, closed, tmp_path):
    reference = store.fine(closed[0]).reference
    erased_after(store, clock)
    statement = tmp_path / "bank.csv"
    row = f"B-9,2026-11-10,1000,ALL,{reference}"
    statement.write_text(f"bank_id,paid_on,amount,currency,reference\n{row}\n")
    assert take_statement(store, statement, clock).count(Outcome.UNMATCHED) == 1


@pytest.mark.sqlite
def test_a_key_that_vanished_without_a_word_is_found(store, clock, closed):
    checkpoint(store, clock)
    key = key_of(store, closed[0])
    with store.writing() as connection:
        connection.execute(delete(case_keys).where(case_keys.c.case_key == key))
    assert "its key is gone, and no event says so" in {f.fault for f in audit(store).findings}


@pytest.mark.sqlite
def test_a_plate_given_back_to_an_erased_case_is_found(store, clock, closed):
    erased_after(store, clock)
    checkpoint(store, clock)
    with store.writing() as connection:
        digest = store.keys.plate_digest(PLATE)
        here = cases.c.key == key_of(store, closed[0])
        connection.execute(update(cases).where(here).values(plate_digest=digest))
    assert "it was changed after it was told" in {f.fault for f in audit(store).findings}


@pytest.fixture
def backed_up(store, clock, closed, tmp_path):  # noqa: ARG001 - it must be there
    """An office with a backup from before an erasure and its keys, and one from after it."""
    private, folder = X25519PrivateKey.generate(), tmp_path / "backup"
    scene = Scene(folder=store.folder.parent)
    checkpoint(store, clock)
    back_up(store, folder, private.public_key(), clock)
    (before,) = folder.glob("*.backup")
    shutil.copy(folder / KEY_FILE, tmp_path / "old.keys")
    erased_after(store, clock)
    checkpoint(store, clock)
    witness(scene.witness, ledger_of(store), clock)
    back_up(store, folder, private.public_key(), clock)
    return scene, private, folder, before


def test_an_older_backup_opens_no_more_with_the_keys_of_today(
    backed_up, tmp_path, closed, office_in
):
    scene, private, folder, before = backed_up
    for path in folder.glob("*.backup"):
        if path != before:
            path.unlink()
    there = with_kek(scene, office_in(tmp_path / "new"))
    restore(folder, there, private, scene.witness)
    with open_store(there) as store:
        assert store.fine(closed[0]) is None
        assert not list(store.sent.iterdir())


def test_a_key_that_comes_back_with_a_restore_is_destroyed_again(
    backed_up, tmp_path, closed, office_in
):
    scene, private, folder, _ = backed_up
    there = with_kek(scene, office_in(tmp_path / "new"))
    checks = restore(folder, there, private, scene.witness, tmp_path / "old.keys")
    assert [found for each in checks for found in each.findings] == []
    with open_store(there) as store, store.reading() as connection:
        assert store.fine(closed[0]) is None
        assert connection.execute(select(case_keys)).all() == []


@pytest.mark.sqlite
def test_the_command_erases_and_shows_what_is_left(store, closed):
    rules = store.folder / FILE
    rules.write_text('[[rule]]\nid = "closed"\nstates = ["cancelled"]\ndays = 1\n')
    about = ("--office", str(store.folder), "--by", "P-17", "--why", "the term is over")
    told = CliRunner().invoke(office_app, ["erase", *about])
    assert (told.exit_code, "cases erased: 2" in told.output) == (0, True)
    shown = CliRunner().invoke(office_app, ["fine", closed[0], "--office", str(store.folder)])
    assert shown.exit_code == 0
    assert "cancelled" in shown.output
    assert not [word for word in (PLATE, OWNER.name, WORDS) if word in shown.output]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('[[rule]]\nid = "x"\nstates = ["issued"]\ndays = 3\n', "issued did not end"),
        (2 * '[[rule]]\nid = "x"\nstates = ["paid"]\ndays = 3\n', "paid has two rules"),
        ('[[rule]]\nid = "X y"\nstates = ["paid"]\ndays = 3\n', "no file of rules"),
        (
            '[[rule]]\nid = "x"\nstates = ["paid"]\ndays = 0\n',
            r"no file of rules: rule\.0\.days: Input should be",
        ),
        ("rule = 3\n", "no file of rules"),
    ],
)
def test_rules_with_faults_erase_nothing(tmp_path, content, fault):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(SettingsError, match=fault):
        read_rules(tmp_path / FILE)


def test_a_file_of_rules_that_is_named_must_be_there(tmp_path):
    with pytest.raises(SettingsError, match=r"docs/erasure\.md shows how to write rules"):
        read_rules(tmp_path / FILE)
    assert rules_of(tmp_path) == ()


@pytest.mark.sqlite
def test_cases_under_a_legal_hold_take_no_place_among_those_closed_longest(store, clock, closed):
    with store.reading() as connection:
        before = set(closed_longest(connection))
    held = set_hold(store, closed[0], a_step(clock.now()))
    with store.reading() as connection:
        assert set(closed_longest(connection)) == before - {held}
    assert held in before


@pytest.mark.sqlite
def test_a_closed_fine_is_erased_on_the_day_that_its_letters_promise(store, clock, closed):
    promised = store.fine(closed[0]).terms.erase_on
    still = (promised - clock.now().date()).days
    late = (Rule(id="late", states=frozenset({State.CANCELLED}), days=1825),)
    open_one = an_issued_fine(store, clock, plate="AA999ZB")
    assert overdue(store, clock.now()) == 0
    assert erased_after(store, clock, days=still - 1, rules=late) == []
    assert overdue(store, clock.now()) == 0
    clock.pass_time(days=1)
    assert overdue(store, clock.now()) == 2
    rehearsed = erased_after(store, clock, days=0, rules=(), rehearse=True)
    assert {each.rule for each in rehearsed} == {PROMISED}
    assert len(erased_after(store, clock, days=0, rules=late)) == 2
    assert overdue(store, clock.now()) == 0
    assert left_of(store, closed[0]).rule == PROMISED
    assert store.fine(open_one)


@pytest.mark.sqlite
def test_who_hands_letters_over_is_told_of_a_promise_that_is_not_kept(
    store, clock, closed, monkeypatch
):
    monkeypatch.setattr(SystemClock, "now", lambda _: clock.now())

    def said(*command):
        told = CliRunner().invoke(office_app, [*command, "--office", str(store.folder)])
        return told.exit_code, told.output

    assert said("deliver") == (0, "notices handed over: 0\n")
    an_issued_fine(store, clock, plate="AA999ZB")
    clock.pass_time(days=100)
    late = "closed cases whose day of erasure, as their letters name it, is over: 2 or more"
    assert late in said("deliver")[1]
    code, words = said("erase")
    assert (code, "--rehearse" in words) == (2, True)
    told = "cases that would be erased: 2; kept: 0; open, or their time not over: 1"
    assert told in said("erase", "--rehearse")[1]
    assert store.fine(closed[0])


def test_the_rules_are_those_of_the_file(tmp_path):
    (tmp_path / FILE).write_text('[[rule]]\nid = "a"\nstates = ["paid", "cancelled"]\ndays = 30\n')
    states = frozenset({State.PAID, State.CANCELLED})
    assert read_rules(tmp_path / FILE) == (Rule(id="a", states=states, days=30),)
