"""Statements in, fines paid: each payment once, none lost."""

import random
from datetime import date

import pytest
from typer.testing import CliRunner

from services.cli import office_app
from services.errors import CaseError
from services.fines import act_on, standing
from services.life import Act, State
from services.numbers import creditor_reference
from services.payments import Outcome, assign, take_statement
from services.store import open_store
from services.store.history import history_of
from services.store.money import unmatched
from tests.builders_bank import a_camt, a_part, a_row, a_table, an_entry
from tests.builders_fines import a_step, an_issued_fine, without_waiting
from tests.builders_office import SetClock


@pytest.fixture(scope="module")
def store(tmp_path_factory, office_in):
    folder = office_in(tmp_path_factory.mktemp("bank") / "office")
    with open_store(folder, create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def clock():
    clock = SetClock()
    clock.pass_time(days=30)
    return clock


@pytest.fixture
def number(store):
    return an_issued_fine(store, SetClock())


@pytest.fixture
def take(tmp_path, store, clock):
    def statement(text):
        path = tmp_path / "statement"
        path.write_text(text, encoding="utf-8")
        return take_statement(store, path, clock)

    return statement


def test_a_statement_is_taken_once_however_often_it_comes(take, store, number, clock):
    text = a_camt(an_entry(a_part(creditor_reference(number))))
    (first,) = take(text).entries
    assert (first.outcome, first.fine_number, first.state) == ("matched", number, "paid")
    (again,) = take(text).entries
    assert (again.outcome, again.fine_number) == ("known", number)
    assert standing(store, number, clock).account.paid == 1000
    told = [(event.who, event.what) for event in history_of(store, number)]
    assert told == [("bank", "paid"), ("office", "pay")]


def test_the_same_payment_in_another_form_is_the_same_money(take, store, number, clock):
    reference = creditor_reference(number)
    take(a_camt(an_entry(a_part(reference), bank_id="SAME-1")))
    assert take(a_table(a_row(reference, bank_id="SAME-1"))).count(Outcome.KNOWN) == 1
    (differs,) = take(a_table(a_row(reference, bank_id="SAME-1", amount="900"))).entries
    assert (differs.outcome, differs.reason) == (
        "fault",
        "was taken with 1000 ALL before: ask the bank",
    )
    assert standing(store, number, clock).account.paid == 1000


def test_the_order_of_statements_changes_nothing(take, store, clock):
    parts = [("2026-10-18", "300"), ("2026-10-29", "200"), ("2026-11-05", "900")]
    stands = []
    for seed in range(3):
        number = an_issued_fine(store, SetClock())
        act_on(store, number, Act.SERVE, a_step(SetClock().now()))
        rows = [a_row(creditor_reference(number), paid_on=d, amount=a) for d, a in parts]
        random.Random(seed).shuffle(rows)  # noqa: S311 - an order, the same each time
        for row in rows:
            take(a_table(row))
        stands.append(standing(store, number, clock).account)
    assert stands[0] == stands[1] == stands[2]


def test_paying_too_much_and_too_little(take, store, clock):
    less, more = (an_issued_fine(store, SetClock()) for _ in range(2))
    act_on(store, less, Act.SERVE, a_step(clock.now()), on=date(2026, 11, 12))
    report = take(
        a_table(
            a_row(creditor_reference(less), amount="400"),
            a_row(creditor_reference(more), amount="2500"),
        )
    )
    assert [(each.state, each.to_refund) for each in report.entries] == [
        ("part_paid", 0),
        ("paid", 1500),
    ]
    assert standing(store, less, clock).account.owed == 600


def test_a_payment_that_comes_late_to_us_was_paid_when_it_was_paid(take, store, number, clock):
    act_on(store, number, Act.SERVE, a_step(SetClock().now()))
    (taken,) = take(a_table(a_row(creditor_reference(number), paid_on="2026-10-28"))).entries
    assert (taken.state, taken.to_refund) == ("paid", 0)
    assert clock.now().date().isoformat() == "2026-11-13"


def test_what_cannot_be_matched_is_kept_until_a_person_finds_its_fine(take, store, number, clock):
    other = an_issued_fine(store, SetClock())
    two = f"{creditor_reference(number)} {creditor_reference(other)}"
    report = take(
        a_table(
            a_row("thank you", bank_id="U1"),
            a_row("RF24AL26000000000", bank_id="U2"),
            a_row(two, bank_id="U3"),
            a_row(creditor_reference(number), bank_id="U4", currency="EUR"),
        )
    )
    assert [each.outcome for each in report.entries] == ["unmatched"] * 4
    assert report.entries[2].reason == "names several fines"
    assert report.entries[3].reason == "is in EUR and the fine in ALL"
    assert {"U1", "U2", "U3", "U4"} <= {credit.bank_id for credit in unmatched(store)}
    assert assign(store, "U1", number, a_step(clock.now())).state == State.PAID
    with pytest.raises(CaseError, match=f"belongs to fine {number} already"):
        assign(store, "U1", other, a_step(clock.now()))
    with pytest.raises(CaseError, match="is in EUR"):
        assign(store, "U4", number, a_step(clock.now()))
    with pytest.raises(CaseError, match="there is no payment 'U9'"):
        assign(store, "U9", number, a_step(clock.now()))


def test_a_mistyped_reference_that_its_check_digits_bear_out_pays_no_fine(take):
    # A letter for a digit: that of AL26-2GV2-H4S8 with Y for the 8 is right again.
    mistyped = creditor_reference("AL26-2GV2-H4S8")[:-1] + "Y"
    (taken,) = take(a_table(a_row(mistyped, bank_id="M1"))).entries
    assert (taken.outcome, taken.reason) == ("unmatched", "names a fine that is not there")


def test_a_payment_from_the_future_is_not_taken(take, number):
    (taken,) = take(a_table(a_row(creditor_reference(number), paid_on="2026-11-20"))).entries
    assert (taken.outcome, taken.reason) == ("fault", "paid on 2026-11-20, which is still to come")


def test_money_for_a_cancelled_fine_goes_back(take, store, number, clock):
    act_on(store, number, Act.CANCEL, a_step(clock.now()))
    (taken,) = take(a_table(a_row(creditor_reference(number)))).entries
    assert (taken.state, taken.to_refund) == ("cancelled", 1000)


@pytest.mark.sqlite
def test_a_payers_words_stand_in_no_byte_of_the_database(take, store):
    take(a_table(a_row("from Unmistakable Person")))
    assert b"Unmistakable" not in (store.folder / "office.sqlite").read_bytes()


def run(*arguments, **more):
    return CliRunner().invoke(office_app, [str(argument) for argument in arguments], **more)


def test_the_commands_lead_a_fine_through_its_life(store, number, tmp_path):
    office = ("--office", store.folder, "--by", "P-17", "--why", "seen")
    assert "contested" in run("act", number, "contest", *office).stderr
    assert "upheld" in run("act", number, "uphold", *office).stderr
    statement = tmp_path / "bank.csv"
    statement.write_text(a_table(a_row("no reference", bank_id="CLI-1", amount="1500")))
    taken = run("payments", statement, "--office", store.folder)
    assert taken.exit_code == 0
    assert "unmatched 1" in taken.stderr
    assert "CLI-1" in run("payments", "--office", store.folder).stdout
    assert "paid" in run("assign", "CLI-1", number, *office).stderr
    assert "500 go back" in run("refund", number, *office).stderr
    told = run("fine", number, "--office", store.folder)
    assert "gave back" in told.stdout
    assert number in run("fines", "--state", "paid", "--office", store.folder).stdout
    assert run("fine", number, "--office", store.folder, "--json").stdout.count('"what"') == 6


def test_a_driver_is_named_at_a_prompt(store, number):
    # Commands go by the clock of this machine, and what was never served has long run out by it.
    act_on(store, number, Act.SERVE, a_step(SetClock().now()))
    office = ("--office", store.folder, "--by", "P-17", "--why", "letter of the owner")
    ended = run("transfer", number, *office, input="Somebody Else\n")
    assert ended.exit_code == 0
    assert "takes its place" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("act", "X", "pay"), id="an act of its own"),
        pytest.param(("act", "X", "serve", "--on", "yesterday"), id="no day"),
        pytest.param(("outage", "--from", "then", "--to", "now"), id="no instant"),
        pytest.param(("outage", "--from", "2026-10-16", "--to", "2026-10-17"), id="days alone"),
    ],
)
def test_wrong_usage_ends_with_code_2(arguments, store):
    office = ("--office", store.folder, "--by", "P-17", "--why", "seen")
    assert run(*arguments, *office).exit_code == 2


def test_an_outage_is_entered(store):
    office = ("--office", store.folder, "--by", "P-17", "--why", "no power")
    span = ("--from", "2026-10-16T08:00+02:00", "--to", "2026-10-16T18:00+02:00")
    assert "terms extended" in run("outage", *span, *office).stderr
    back = ("--from", span[3], "--to", span[1])
    assert isinstance(run("outage", *back, *office).exception, CaseError)


def test_a_statement_with_a_fault_ends_with_code_1(store, tmp_path):
    statement = tmp_path / "bank.csv"
    statement.write_text(a_table(a_row("x", amount="much")))
    assert run("payments", statement, "--office", store.folder).exit_code == 1
