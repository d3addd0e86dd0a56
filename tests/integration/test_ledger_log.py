"""The log of an office and its witness: what is signed, when, and what is proven with it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text

from services.errors import LedgerError, StoreError, StoreUnavailable
from services.fines import act_on
from services.ledger.audit import audit
from services.ledger.checkpoint import checkpoint_of
from services.ledger.keys import read_verifier
from services.ledger.log import ASKED, COSIGNED, KEY, checkpoint, ledger_of
from services.ledger.note import signed_at_s
from services.ledger.proof import checks_of, proof_of
from services.ledger.prove import anchored, prove
from services.ledger.recorded import EVERY, Recorder, keep_recording
from services.ledger.witness import seen_by, witness
from services.life import Act
from services.notifier.delivery import deliver
from services.notifier.senders.folder import FolderSender
from services.notifier.wiring import write_letter
from services.store import open_store
from services.store.history import Event, add_event
from services.store.ledger_tables import checkpoints, leaves
from tests.builders_fines import a_step, without_waiting
from tests.builders_ledger import fines_of, first_number

pytestmark = pytest.mark.sqlite


@pytest.fixture
def witnessed(tmp_path):
    return tmp_path / "witness"


def numbers(store):
    return [fine.number for fine in store.fines()]


def test_nothing_is_signed_twice_and_nothing_where_nothing_happened(store, clock, tmp_path):
    assert checkpoint(store, clock) is None
    fines_of(store, tmp_path / "camera", clock, "a")
    first = checkpoint(store, clock)
    clock.pass_time(hours=1)
    assert checkpoint(store, clock) == first
    with store.reading() as connection:
        assert len(connection.execute(select(checkpoints)).all()) == 1


def test_a_checkpoint_whose_row_was_lost_in_a_crash_is_made_whole(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    checkpoint(store, clock)
    act_on(store, first_number(store), Act.SERVE, a_step(clock.now()))
    signed = checkpoint(store, clock)
    with store.writing() as connection:
        connection.execute(text("DROP TRIGGER checkpoints_no_delete"))
        connection.execute(delete(checkpoints).where(checkpoints.c.size == signed.size))
    assert audit(store).findings
    assert checkpoint(store, clock) == signed
    assert audit(store).findings == ()


def test_a_disk_that_takes_no_checkpoint_is_waited_for_and_told(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    ledger_of(store).write_text("in the way")
    with pytest.raises(StoreUnavailable, match="was not signed"):
        checkpoint(store, clock)
    told = []
    with keep_recording(store, clock, told.append):
        pass
    assert "was not signed" in told[-1]
    ledger_of(store).unlink()
    assert checkpoint(store, clock).size


def test_an_office_whose_leaves_somebody_removed_writes_no_more(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    number = first_number(store)
    with store.writing() as connection:
        connection.execute(text("DROP TRIGGER leaves_no_delete"))
        connection.execute(delete(leaves).where(leaves.c.position == 1))
    with pytest.raises(StoreError, match="somebody removed them"):
        act_on(store, number, Act.SERVE, a_step(clock.now()))


def test_a_lost_log_key_is_never_replaced(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    checkpoint(store, clock)
    (store.folder / KEY).unlink()
    act_on(store, first_number(store), Act.SERVE, a_step(clock.now()))
    with pytest.raises(LedgerError, match="missing or damaged"):
        checkpoint(store, clock)


def test_a_long_runner_signs_twice_a_minute(store, clock, tmp_path):
    recorder = Recorder(store, clock)
    recorder.sign_if_due()
    fines_of(store, tmp_path / "camera", clock, "a")
    recorder.sign_if_due()
    assert not (ledger_of(store) / ASKED).exists()
    clock.at += EVERY
    recorder.sign_if_due()
    assert (ledger_of(store) / ASKED).exists()
    act_on(store, first_number(store), Act.SERVE, a_step(clock.now()))
    clock.at -= timedelta(hours=5)
    recorder.sign_if_due()
    with store.reading() as connection:
        assert connection.execute(select(checkpoints.c.size)).scalars().all() == [3, 4]


def test_a_proof_is_checked_with_public_keys_alone(store, clock, tmp_path, witnessed):
    fines_of(store, tmp_path / "camera", clock, "a")
    number = first_number(store)
    assert not anchored(store, number).proven
    with pytest.raises(LedgerError, match="no checkpoint covers it yet"):
        prove(store, number)
    checkpoint(store, clock)
    witness(witnessed, ledger_of(store), clock)
    proof = proof_of(bytes(prove(store, number.lower())))
    log = read_verifier(ledger_of(store) / "log.vkey")
    other = read_verifier(witnessed / "witness.vkey")
    assert all(each.holds for each in checks_of(proof, log, [other]))
    assert anchored(store, number).proven
    with pytest.raises(LedgerError, match="has no fine"):
        prove(store, "AL26-0000-0000")


def test_a_notice_names_the_checkpoint_before_its_issue(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    assert anchored(store, first_number(store)).before is None
    before = checkpoint(store, clock)
    fines_of(store, tmp_path / "later", clock, "b")
    checkpoint(store, clock)
    later = next(n for n in numbers(store) if anchored(store, n).position > before.size)
    assert anchored(store, later).before == before
    assert audit(store, printed=[before]).findings == ()
    (found,) = audit(store, printed=[replace(before, root=bytes(32))]).findings
    assert found.where == "a printed notice"


def test_the_letter_prints_what_an_auditor_can_check(store, clock, tmp_path):
    fines_of(store, tmp_path / "camera", clock, "a")
    before = checkpoint(store, clock)
    fines_of(store, tmp_path / "later", clock, "b")
    assert all(each.state == "sent" for each in deliver_all(store, clock))
    letters = {n: (store.sent / n / "notice.html").read_text() for n in numbers(store)}
    printed = {number: before.printed in letter for number, letter in letters.items()}
    assert printed == {n: anchored(store, n).before == before for n in letters}
    assert sorted(printed.values()) == [False, True]


def deliver_all(store, clock):
    return deliver(store, [FolderSender(store.sent)], write_letter, clock)


def test_a_witness_cosigns_what_grew_and_says_so_once(store, clock, tmp_path, witnessed):
    ledger = ledger_of(store)
    assert witness(witnessed, ledger, clock) is None
    fines_of(store, tmp_path / "camera", clock, "a")
    for _ in range(2):
        act_on(store, first_number(store), Act.HOLD, a_step(clock.now()))
        signed = checkpoint(store, clock)
        assert witness(witnessed, ledger, clock) == signed == witness(witnessed, ledger, clock)
        act_on(store, first_number(store), Act.RELEASE, a_step(clock.now()))
    by = read_verifier(witnessed / "witness.vkey")
    assert signed_at_s(seen_by(witnessed), by) == int(clock.now().timestamp())


def test_a_witness_that_others_answered_for_is_told_what_it_wants(
    store, clock, tmp_path, witnessed
):
    """A lost or foreign answer costs one more look, and nothing else."""
    fines_of(store, tmp_path / "camera", clock, "a")
    checkpoint(store, clock)
    witness(tmp_path / "other", ledger_of(store), clock)
    act_on(store, first_number(store), Act.SERVE, a_step(clock.now()))
    signed = checkpoint(store, clock)
    assert witness(witnessed, ledger_of(store), clock) is None
    checkpoint(store, clock)
    assert witness(witnessed, ledger_of(store), clock) == signed
    (ledger_of(store) / COSIGNED).write_bytes(b"damaged")
    act_on(store, first_number(store), Act.HOLD, a_step(clock.now()))
    grown = checkpoint(store, clock)
    assert witness(witnessed, ledger_of(store), clock) == signed
    checkpoint(store, clock)
    assert witness(witnessed, ledger_of(store), clock) == grown


def test_a_witness_answers_no_other_log(store, clock, tmp_path, witnessed):
    fines_of(store, tmp_path / "camera", clock, "a")
    checkpoint(store, clock)
    witness(witnessed, ledger_of(store), clock)
    with open_store(tmp_path / "another", create=True) as another:
        fines_of(another, tmp_path / "camera", clock, "a")
        checkpoint(another, clock)
        with pytest.raises(LedgerError, match="not signed"):
            witness(witnessed, ledger_of(another), clock)
    assert checkpoint_of(seen_by(witnessed)).size == 3


def test_many_who_sign_side_by_side_raise_no_false_alarm(tmp_path, clock, witnessed):
    folder = tmp_path / "office"
    open_store(folder, create=True).close()

    def work(who):
        with open_store(folder) as opened:
            mine = without_waiting(opened)
            for _ in range(12):
                event = Event(at=clock.now(), who=who, what="looked", subject=who, reason="")
                with mine.writing() as connection:
                    add_event(mine, connection, event)
                checkpoint(mine, clock)
        return who

    with ThreadPoolExecutor() as pool:
        workers = [pool.submit(work, who) for who in ("P-1", "P-2", "P-3")]
        while not all(each.done() for each in workers):
            witness(witnessed, folder / "ledger", clock)
            with open_store(folder) as opened:
                assert (
                    audit(opened, witness=witnessed if seen_by(witnessed) else None).findings == ()
                )
        assert [each.result() for each in workers] == ["P-1", "P-2", "P-3"]
    with open_store(folder) as opened:
        for _ in range(2):
            signed = checkpoint(opened, clock)
            witness(witnessed, folder / "ledger", clock)
        assert signed.size == checkpoint_of(seen_by(witnessed)).size == 36
