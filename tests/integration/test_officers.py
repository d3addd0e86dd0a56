"""Who acts by a command is an account of the staff that may, wherever there are accounts."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from services.cli import office_app
from services.errors import CaseError
from services.fines import act_on
from services.life import Act, State
from services.notifier.happened import happened
from services.notifier.outbox import claim_next
from services.officers import SENIOR, proven
from services.staff.account import Role
from services.store import open_store
from services.store.accounts import disable_account
from services.store.fines import read_file
from services.store.history import history_of
from tests.builders_fines import a_step, an_issued_fine, without_waiting
from tests.builders_office import SetClock
from tests.builders_staff import IDS, an_account

pytestmark = pytest.mark.usefixtures("on_the_day")
WHY = ("--why", "seen in the file")
SENIOR_ID, REVIEWER_ID = IDS[Role.SENIOR], IDS[Role.REVIEWER]


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def staffed(store, clock):
    """An office with an account of every role."""
    for role in Role:
        an_account(store, clock, role)
    return store


def run(store, *arguments):
    told = CliRunner().invoke(office_app, [*map(str, arguments), "--office", str(store.folder)])
    return told.exception


SPAN = ("--from", "2026-10-13T08:00+02:00", "--to", "2026-10-13T09:00+02:00")
COMMANDS = {
    "act": ("act", "NUMBER", "serve"),
    "transfer": ("transfer", "NUMBER", "--driver", "D. Driver"),
    "refund": ("refund", "NUMBER"),
    "assign": ("assign", "B-1", "NUMBER"),
    "outage": ("outage", *SPAN),
    "lapsed": ("lapsed", "--write-off", "--second", SENIOR_ID),
}


@pytest.mark.parametrize(
    "who", ["P-99", "A-42", "M-83"], ids=["nobody", "auditor", "administrator"]
)
@pytest.mark.parametrize("command", COMMANDS)
def test_an_id_that_is_no_fitting_account_does_nothing(command, who, staffed, clock):
    number = an_issued_fine(staffed, clock)
    arguments = [number if each == "NUMBER" else each for each in COMMANDS[command]]
    told = run(staffed, *arguments, "--by", who, *WHY)
    assert isinstance(told, CaseError)
    assert f"{who} is no account that works today as" in str(told)
    with staffed.reading() as connection:
        assert read_file(staffed, connection, number).state is State.ISSUED


def test_an_account_acts_by_its_own_id_however_it_is_typed(staffed, clock):
    number = an_issued_fine(staffed, clock)
    assert run(staffed, "act", number, "serve", "--by", "p-17", *WHY) is None
    last = history_of(staffed, number)[-1]
    assert (last.who, last.reason) == (REVIEWER_ID, "seen in the file")


def test_two_ids_of_one_account_are_one_person(staffed, clock):
    step = a_step(clock.now(), by=SENIOR_ID, second="s-23")
    with pytest.raises(CaseError, match="of one account"):
        proven(staffed, step, SENIOR)


def test_only_a_senior_takes_a_fine_back_and_a_reviewer_may_agree(staffed, clock):
    number = an_issued_fine(staffed, clock)
    by_reviewer = ("--by", REVIEWER_ID, "--second", SENIOR_ID)
    assert "as senior" in str(run(staffed, "act", number, "cancel", *by_reviewer, *WHY))
    by_senior = ("--by", SENIOR_ID, "--second", REVIEWER_ID)
    assert run(staffed, "act", number, "cancel", *by_senior, *WHY) is None
    last = history_of(staffed, number)[-1]
    assert (last.what, last.who, last.second) == ("cancel", SENIOR_ID, REVIEWER_ID)


def test_an_account_that_works_no_more_does_nothing(staffed, clock):
    disable_account(staffed, REVIEWER_ID, clock.now())
    with pytest.raises(CaseError, match="no account that works today"):
        proven(staffed, a_step(clock.now(), by=REVIEWER_ID, second=""))


def test_without_accounts_the_history_says_so_and_letters_do_not(store):
    clock = SetClock()
    number = an_issued_fine(store, clock)
    served, cancelled = (
        replace(proven(store, a_step(clock.now())), at=clock.now()) for _ in range(2)
    )
    act_on(store, number, Act.SERVE, served)
    act_on(store, number, Act.CONTEST, served)
    act_on(store, number, Act.CANCEL, cancelled)
    told = [each for each in history_of(store, number) if each.what == "cancel"]
    assert [(each.who, each.reason) for each in told] == [("P-17", "seen in the file; no account")]
    letters = {}
    while claim := claim_next(store, ["folder"], clock.now()):
        letters[claim.kind] = claim
    answered = happened(store, letters["objection_answered"], store.fine(number), clock)
    assert answered.reason == "seen in the file"


def test_an_instant_without_its_offset_is_none(staffed):
    span = ("--from", "2026-10-13T08:00", "--to", "2026-10-13T09:00+02:00")
    told = CliRunner().invoke(
        office_app,
        ["outage", *span, "--by", REVIEWER_ID, *WHY, "--office", str(staffed.folder)],
    )
    assert told.exit_code == 2
    assert "no instant with its offset" in told.stderr
