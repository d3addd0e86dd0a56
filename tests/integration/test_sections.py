"""Average speeds between two cameras become cases like any other, and nothing else is kept."""

import json
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest
from pydantic import TypeAdapter
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from services import office
from services.case_view import proof_of
from services.cli import office_app
from services.errors import CaseError
from services.fines import act_on
from services.ledger.audit import audit
from services.life import Act, State
from services.model import OffenceKind, Verdict, Violation
from services.office import Outcome
from services.policy import demo_auto_1, missing_proof
from services.report.collect import report_of
from services.rules.section_file import read_section
from services.sections import receive_section
from services.store import open_store
from services.store.cases import case_of, linked_to
from services.store.history import history_of
from services.store.schema import cases, metadata
from services.store.trust import trust_registry
from services.transfers import transfer
from services.web.board.figures import board_of
from services.web.office import OfficeRecords
from services.web.owner.export import export_of
from speedcam.model import SEAL_KINDS, Clock, Direction, ExhibitKind
from speedcam.record import dumps
from tests.builders_fines import a_step, without_waiting
from tests.builders_office import AT, SetClock, a_place, on_disk
from tests.builders_seals import a_sealed_passage, some_trust, written
from tests.builders_section import SECTION, seen, through


@pytest.fixture
def store(tmp_path, office_in):
    with open_store(office_in(tmp_path / "office"), create=True) as opened:
        yield without_waiting(opened)
        assert audit(opened).findings == ()


def section(old="", new=""):
    return read_section(SECTION.replace(old, new).encode() if old else SECTION.encode(), "s.yaml")


@pytest.fixture
def received(tmp_path, store):
    """Receives drives, each its passage at either end, and returns what became of them."""

    def receive(*drives, of=None):
        came, went = (
            on_disk(tmp_path / folder, *(drive[end] for drive in drives if drive[end]))
            for end, folder in enumerate(("in", "out"))
        )
        return receive_section(store, of or section(), came, went, SetClock())

    return receive


def rows_in(store):
    with store.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
            if name != "office"
        }


def outcomes(told):
    return [each.outcome for each in told]


def test_who_was_too_fast_on_average_is_a_case_with_the_proof_of_both_ends(received, store):
    came, went = through(95.2)
    (told,) = received((came, went))
    assert (told.outcome, told.passage_id) == (Outcome.CASE, went.id)
    assert "km/h on average counts, limit 80 km/h: neni 140/8" in told.reason
    case = case_of(store, told.case_key)
    assert (case.state, case.violation.kind) == (State.DETECTED, OffenceKind.SECTION)
    assert (case.violation.entry, case.violation.passage.id) == (came, went.id)
    for exhibit in (*came.exhibits, *went.exhibits):
        assert store.exhibit_bytes(exhibit.sha256)


def confirm(store, key):
    return office.decide(
        store, key, officer="P-17", verdict=Verdict.CONFIRM, why="both pictures show one vehicle",
        clock=SetClock(),
    )  # fmt: skip


def test_a_policy_leaves_it_to_a_person_who_may_confirm_it(received, store):
    (told,) = received(through(95.2))
    (reviewed,) = office.review(store, demo_auto_1, SetClock())
    assert reviewed.reasons == ("the rules leave neni 140/8 (urban_10_20) to a person",)
    confirm(store, told.case_key)
    (issued,) = office.issue(store, SetClock())
    assert issued.fine.violation == case_of(store, told.case_key).violation


def test_the_audit_finds_a_picture_of_an_entry_that_was_changed(received, store):
    came, went = through(95.2)
    received((came, went))
    kept = store.folder / "exhibits" / f"{came.exhibits[0].sha256}.jpg"
    whole = kept.read_bytes()
    kept.write_bytes(b"another")
    assert [found.where.split()[0] for found in audit(store).findings] == ["cases"]
    kept.write_bytes(whole)


def test_no_fine_is_issued_while_a_picture_of_its_entry_is_damaged(received, store):
    came, went = through(95.2)
    (told,) = received((came, went))
    confirm(store, told.case_key)
    kept = store.folder / "exhibits" / f"{came.exhibits[0].sha256}.jpg"
    whole = kept.read_bytes()
    kept.write_bytes(b"another")
    (issued,) = office.issue(store, SetClock())
    assert issued.fine is None
    assert "was changed after it was kept" in issued.fault
    kept.write_bytes(whole)


def without_stretch(store, key):
    """The case as an earlier release kept it."""
    violation = replace(case_of(store, key).violation, stretch=None)
    old = json.loads(TypeAdapter(Violation).dump_json(violation))
    del old["stretch"]
    sealed = store.keys.seal(
        json.dumps(old).encode(), table=cases.name, row=key, column="violation"
    )
    with store.writing() as connection:
        connection.execute(update(cases).where(cases.c.key == key).values(violation=sealed))


def test_a_case_that_keeps_no_distance_is_confirmed_only_when_received_again(received, store):
    (told,) = received(through(95.2))
    whole = case_of(store, told.case_key).violation
    without_stretch(store, told.case_key)
    with pytest.raises(CaseError, match="receive the section again"):
        confirm(store, told.case_key)
    received(through(95.2))
    assert case_of(store, told.case_key).violation == whole
    assert [each.what for each in history_of(store, told.case_key)] == ["opened", "completed"]
    confirm(store, told.case_key)


def test_a_mended_certificate_reaches_a_case_that_waits_and_none_that_was_decided(received, store):
    waits, decided = received(through(95.2), through(96.0, "AA111BB"))
    confirm(store, decided.case_key)
    received(through(95.2), through(96.0, "AA111BB"), of=section("S-7", "S-8"))
    numbers = [case_of(store, t.case_key).violation.stretch.certificate for t in (waits, decided)]
    assert numbers == ["S-8", "S-7"]


def test_an_objection_and_a_driver_who_is_named_leave_both_ends_in_the_fine(received, store):
    (told,) = received(through(95.2))
    confirm(store, told.case_key)
    (issued,) = office.issue(store, SetClock())
    act_on(store, issued.fine.number, Act.CONTEST, a_step(SetClock().now()))
    anew = transfer(store, issued.fine.number, "Arben Shembull", a_step(SetClock().now()))
    assert store.fine(anew.number).violation == issued.fine.violation
    assert anew.violation.stretch.distance_m == 2000
    assert [p.place.site_id for p in anew.violation.passages] == ["AL-IN", "AL-OUT"]


def test_an_officer_sees_both_ends_the_average_and_what_it_rests_on(received, store):
    came, went = through(95.2)
    (told,) = received((came, went))
    pictures = store.folder.parent / "pictures"
    seen_ = proof_of(store, case_of(store, told.case_key), pictures)
    assert seen_["measured_kmh"] == "95.1 ± 0.2 km/h on average: 2000 m in 75.631 s"
    assert (seen_["first_site"], seen_["first_passage"]) == ("AL-IN", came.id)
    assert (seen_["first_plate"], seen_["plate"]) == ("AA000BB", "AA000BB")
    photo = next(e for e in came.exhibits if e.kind is ExhibitKind.PHOTO)
    assert seen_["first_photo"] == pictures / f"{photo.sha256}.jpg"
    assert sha256(seen_["first_photo"].read_bytes()).hexdigest() == photo.sha256


def test_reports_count_it_and_the_owner_may_keep_the_raw_data_of_both_ends(received, store):
    (told,) = received(through(95.2))
    confirm(store, told.case_key)
    (issued,) = office.issue(store, SetClock())
    report = report_of(store, AT.date(), AT.date())
    assert (report.whole.violations, report.whole.issued) == (1, 1)
    assert board_of(report.whole).fines is None  # fewer than are told
    records = OfficeRecords(store=store)
    raw = [records.raw_text(passage) for passage in issued.fine.violation.passages]
    kept = json.loads(export_of(issued.fine, None, (), (), raw))
    assert kept["raw_of_first_camera"] != kept["raw"]
    assert all(kept[name] for name in ("raw", "raw_of_first_camera"))
    assert kept["fine"]["violation"]["stretch"]["seconds"] == "75.631"


def test_an_entry_without_exit_and_a_lawful_drive_leave_nothing(received, store):
    before = rows_in(store), sorted(store.folder.rglob("*.jpg"))
    lonely = seen("AL-IN", 5, 100, 25, "AA222BB")
    told = received((lonely, None), through(70.0, "AA111BB"), (None, seen("AL-OUT", 9, 90, 30)))
    assert outcomes(told) == [Outcome.LAWFUL]
    assert (rows_in(store), sorted(store.folder.rglob("*.jpg"))) == before
    # The exit comes in another run, whose key is another one.
    assert received((None, seen("AL-OUT", 77, 100, 30, "AA222BB"))) == ()


def test_received_again_it_is_the_same_case(received, store):
    (first,) = received(through(95.2))
    held = rows_in(store)
    (again,) = received(through(95.2))
    assert (again.outcome, again.case_key) == (Outcome.KNOWN, first.case_key)
    assert rows_in(store) == held


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("limit_kmh: 80", "limit_kmh: 120", id="no violation any more"),
        pytest.param("limit_kmh: 80", "limit_kmh: 70", id="another limit"),
        pytest.param("distance_m: 2000", "distance_m: 2100", id="another speed"),
    ],
)
def test_a_case_of_a_section_that_was_wrong_is_rejected(old, new, received, store):
    (first,) = received(through(95.2))
    received(through(95.2), of=section(old, new))
    assert case_of(store, first.case_key).state is State.REJECTED


@pytest.mark.parametrize("site", ["AL-IN", "AL-OUT", "AL-BETWEEN"])
def test_a_drive_that_one_camera_made_a_case_is_no_second_one(site, received, store, tmp_path):
    came, went = through(120.0)
    middle = replace(came, id="p-between", place=a_place(site_id="AL-BETWEEN"))
    middle = replace(middle, at=AT + timedelta(seconds=30))
    one = {"AL-IN": came, "AL-OUT": went, "AL-BETWEEN": middle}[site]
    (known,) = office.receive(store, on_disk(tmp_path / "one", one), SetClock()).passages
    assert known.outcome is Outcome.CASE
    (told,) = received((came, went))
    assert (told.outcome, told.case_key) == (Outcome.KNOWN, known.case_key)
    assert linked_to(store, known.case_key) == 1
    assert len(office.waiting(store)) == 1


def test_a_passage_of_either_end_that_comes_later_is_the_same_case(received, store, tmp_path):
    came, went = through(120.0)
    (told,) = received((came, went))
    later = office.receive(store, on_disk(tmp_path / "later", came, went), SetClock())
    assert [each.outcome for each in later.passages] == [Outcome.KNOWN] * 2
    assert {each.case_key for each in later.passages} == {told.case_key}
    assert case_of(store, told.case_key).state is State.DETECTED


def test_an_unchecked_clock_at_the_entry_and_its_missing_pictures_are_told(received, store):
    came, went = through(95.2)
    stale = Clock(source="NTP", checked_on=date(2026, 8, 1), offset_s=0.05)
    came = replace(came, place=replace(came.place, clock=stale), exhibits=came.exhibits[1:])
    (told,) = received((came, went))
    lacking = "; ".join(missing_proof(case_of(store, told.case_key).violation))
    assert "the clock was last checked on 2026-08-01" in lacking
    assert "is missing" in lacking


def test_a_drive_whose_pictures_are_not_what_they_say_is_set_aside(received, store, tmp_path):
    received()
    came, went = through(95.2)
    files = [on_disk(tmp_path / name, each) for name, each in (("a", came), ("b", went))]
    (tmp_path / "a" / came.exhibits[0].path).write_bytes(b"another")
    (told,) = receive_section(store, section(), *files, SetClock())
    assert told.outcome is Outcome.FAULT
    assert office.waiting(store) == ()


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A drive whose passages the cameras of both ends signed: their files, and whom to trust."""
    folder = tmp_path_factory.mktemp("signed")
    trust = some_trust(folder / "keys", sites=("AL-IN", "AL-OUT"))
    files = []
    for ordinal, (site_id, at_s, line_m) in enumerate((("AL-IN", 0, 25), ("AL-OUT", 76, 30))):
        crossed = seen(site_id, at_s, 60, line_m, direction=Direction.RECEDING)
        passage = a_sealed_passage(
            folder / site_id, trust.camera, str(ordinal) * 32, site_id=site_id, at=crossed.at,
            samples=crossed.speed.samples,
        )  # fmt: skip
        files.append((written(folder / site_id, passage), passage))
    return trust, files


def without_seal(file, passage):
    """The same passage beside the same exhibits, as if no camera had signed it."""
    bare = [exhibit for exhibit in passage.exhibits if exhibit.kind not in SEAL_KINDS]
    path = file.with_name("unsigned.jsonl")
    path.write_text(f"{dumps(replace(passage, exhibits=tuple(bare)))}\n")
    return path


@pytest.mark.parametrize("end", [0, 1], ids=["entry", "exit"])
def test_what_no_camera_signed_undoes_no_signed_case(store, signed, end):
    trust, files = signed
    trust_registry(store, trust.content, trust.pub, SetClock())
    came, went = paths = [path for path, _ in files]
    (first,) = receive_section(store, section(), came, went, SetClock())
    assert first.outcome is Outcome.CASE
    mended = section("limit_kmh: 80", "limit_kmh: 120")
    unsigned = [*paths[:end], without_seal(*files[end]), *paths[end + 1 :]]
    (told,) = receive_section(store, mended, *unsigned, SetClock())
    assert (told.outcome, "no camera signed it" in told.reason) == (Outcome.FAULT, True)
    assert case_of(store, first.case_key).state is State.DETECTED
    (told,) = receive_section(store, mended, came, went, SetClock())
    assert told.outcome is Outcome.LAWFUL
    assert case_of(store, first.case_key).state is State.REJECTED


def test_the_command_opens_cases_and_shows_no_plate(tmp_path):
    came, went = (on_disk(tmp_path / n, p) for n, p in zip("ab", through(120.0), strict=True))
    described = tmp_path / "section.yaml"
    described.write_text(SECTION)
    files = [str(each) for each in (described, came, went)]
    office_dir = str(tmp_path / "office")
    ran = CliRunner().invoke(office_app, ["section", *files, "--office", office_dir, "--json"])
    assert ran.exit_code == 0, ran.exception
    (row,) = [json.loads(line) for line in ran.stdout.splitlines()]
    assert row["outcome"] == "case"
    assert "AA000BB" not in ran.stdout + ran.stderr
    missing = ["section", files[0], str(tmp_path / "no"), files[2]]
    assert CliRunner().invoke(office_app, [*missing, "--office", str(tmp_path / "new")]).exception
    assert not (tmp_path / "new").exists()
