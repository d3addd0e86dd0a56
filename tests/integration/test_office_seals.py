"""The office and the seals of its evidence: what it trusts, sets aside, leaves to a person."""

import hashlib
import io
import re
import zipfile
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from services import office
from services.case_view import proof_of
from services.errors import CaseError, EvidenceError, StoreError
from services.intake import Outcome
from services.ledger.audit import audit
from services.life import State
from services.model import Verdict
from services.policy import demo_auto_1
from services.store import open_store
from services.store.cases import cases_in
from services.store.history import history_of
from services.store.schema import office as office_table
from services.store.trust import trust_registry, trusted_cameras
from services.web.app import create_app
from speedcam.cli import run
from speedcam.errors import SealError
from speedcam.model import SEAL_KINDS, ExhibitKind
from speedcam.seal.bundle import unpack_bundle
from speedcam.seal.checks import Outcome as Checked
from speedcam.seal.registry import registry_bytes, revoked
from speedcam.seal.verify import holds, verify
from tests.builders_fines import without_waiting
from tests.builders_office import AT, a_speed
from tests.builders_pages import TestClient
from tests.builders_seals import a_sealed_passage, some_trust, written


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    """A folder with a signed passage's exhibits; each test writes its own passages beside them."""
    return tmp_path_factory.mktemp("camera")


@pytest.fixture(scope="module")
def trust(camera):
    return some_trust(camera / "keys")


@pytest.fixture(scope="module")
def passage(camera, trust):
    return a_sealed_passage(camera, trust.camera)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def trusting(store, trust, clock):
    """The office, once it trusts the registry."""
    trust_registry(store, trust.content, trust.pub, clock)
    return store


def bare(passage):
    return replace(passage, exhibits=tuple(e for e in passage.exhibits if e.kind not in SEAL_KINDS))


def through(store, clock, path):
    """Receive, let the policy decide, issue; what became of it."""
    report = office.receive(store, path, clock)
    reviewed = office.review(store, demo_auto_1, clock)
    return report, reviewed, office.issue(store, clock)


def test_signed_evidence_becomes_a_fine_by_policy_with_its_seal_kept(
    trusting, camera, clock, passage
):
    report, _, (issued,) = through(trusting, clock, written(camera, passage))
    assert report.whole
    kept = {e.kind for e in issued.fine.violation.passage.exhibits}
    assert kept == set(ExhibitKind) - {ExhibitKind.FOOTAGE, ExhibitKind.DRIVER}
    assert not trusting.broken_exhibits({e.sha256 for e in passage.exhibits})


def test_without_a_registry_unsigned_evidence_is_decided_as_before(store, camera, clock, passage):
    passage = bare(passage)
    _, _, (issued,) = through(store, clock, written(camera, passage))
    assert issued.fine


def test_unsigned_evidence_is_never_decided_by_a_policy_but_by_a_person(
    trusting, camera, clock, passage
):
    path = written(camera, bare(passage))
    report, (reviewed,), issued = through(trusting, clock, path)
    assert report.count(Outcome.CASE) == 1
    assert any("signed" in reason for reason in reviewed.reasons)
    assert issued == ()
    office.decide(
        trusting,
        reviewed.case_key,
        officer="P-17",
        verdict=Verdict.CONFIRM,
        why="seen",
        clock=clock,
    )
    (issued,) = office.issue(trusting, clock)
    assert issued.fine, issued.fault


def half(passage):
    return replace(
        passage,
        exhibits=tuple(e for e in passage.exhibits if e.kind is not ExhibitKind.SIGNATURE),
    )


def with_another_site_file(passage):
    other = passage.exhibits[0].sha256
    return replace(
        passage,
        exhibits=tuple(
            replace(e, sha256=other) if e.kind is ExhibitKind.SITE else e for e in passage.exhibits
        ),
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (with_another_site_file, "site file is not the one"),
        (lambda p: replace(p, limit_kmh=30), "limit_kmh"),
        (lambda p: replace(p, plate=replace(p.plate, text="AA111BB")), "passage_sha256"),
        (half, "no signature"),
    ],
    ids=["site file", "limit", "plate", "half a seal"],
)
def test_a_seal_that_does_not_hold_never_becomes_a_case(  # noqa: PLR0917 - fixtures
    trusting, camera, clock, change, why, passage
):
    path = written(camera, change(passage))
    report, _, issued = through(trusting, clock, path)
    (told,) = report.passages
    assert told.outcome is Outcome.FAULT
    assert why in told.reason
    assert issued == cases_in(trusting, *State) == ()


def test_a_camera_that_nobody_vouches_for_is_set_aside(trusting, clock, tmp_path):
    stranger = some_trust(tmp_path / "strangers").camera
    path = written(tmp_path, a_sealed_passage(tmp_path, stranger))
    report, *_ = through(trusting, clock, path)
    assert report.count(Outcome.FAULT) == 1


def test_a_forged_passage_does_not_withdraw_the_case_of_the_true_one(
    trusting, camera, clock, passage
):
    office.receive(trusting, written(camera, passage), clock)
    forged = replace(passage, plate=replace(passage.plate, text="AA111BB"))
    report = office.receive(trusting, written(camera, forged), clock)
    assert report.count(Outcome.FAULT) == 1
    assert [case.state for case in cases_in(trusting, *State)] == [State.DETECTED]


@pytest.mark.parametrize("kmh", [30.0, 99.0], ids=["lawful", "faster"])
@pytest.mark.parametrize("strip", [bare, lambda passage: passage], ids=["unsigned", "forged"])
def test_what_nobody_signed_does_not_undo_a_signed_case(  # noqa: PLR0917 - fixtures
    trusting, camera, clock, passage, kmh, strip
):
    office.receive(trusting, written(camera, passage), clock)
    forged = strip(replace(passage, speed=replace(a_speed(kmh), direction=passage.direction)))
    report = office.receive(trusting, written(camera, forged), clock)
    assert report.count(Outcome.FAULT) == 1
    assert [case.state for case in cases_in(trusting, *State)] == [State.DETECTED]


def test_a_signed_passage_that_proves_nothing_any_more_withdraws_its_case(  # noqa: PLR0917
    trusting, camera, clock, passage, trust, tmp_path
):
    office.receive(trusting, written(camera, passage), clock)
    again = a_sealed_passage(tmp_path, trust.camera, limit=90)
    report = office.receive(trusting, written(tmp_path, again), clock)
    assert report.count(Outcome.LAWFUL) == 1
    assert [case.state for case in cases_in(trusting, *State)] == [State.REJECTED]


def test_an_officer_sees_whether_the_seal_of_a_case_holds(store, trust, camera, clock, passage):
    office.receive(store, written(camera, passage), clock)
    (case,) = cases_in(store, State.DETECTED)
    assert "no registry" in proof_of(store, case)["seal"]
    trust_registry(store, trust.content, trust.pub, clock)
    assert proof_of(store, case)["seal"] == "holds"
    revoke(store, trust, clock)
    assert "revoked" in proof_of(store, case)["seal"]


def revoke(store, trust, clock):
    ended = revoked(trust.registry, trust.camera.public.id, AT)
    trust_registry(store, registry_bytes(ended, trust.root), trust.pub, clock)
    return ended


def test_after_a_revocation_nothing_of_the_key_is_taken_decided_or_issued(
    trusting, trust, camera, clock, passage
):
    path = written(camera, passage)
    report = office.receive(trusting, path, clock)
    key = report.passages[0].case_key
    office.review(trusting, demo_auto_1, clock)
    revoke(trusting, trust, clock)
    (issued,) = office.issue(trusting, clock)
    assert issued.fine is None
    assert "revoked" in issued.fault
    assert [case.key for case in cases_in(trusting, State.VALIDATED)] == [key]


def test_nobody_confirms_a_case_whose_key_was_revoked(trusting, trust, camera, clock, passage):
    path = written(camera, passage)
    key = office.receive(trusting, path, clock).passages[0].case_key
    revoke(trusting, trust, clock)
    (reviewed,) = office.review(trusting, demo_auto_1, clock)
    assert any("revoked" in reason for reason in reviewed.reasons)
    with pytest.raises(CaseError, match="revoked"):
        office.decide(
            trusting, key, officer="P-17", verdict=Verdict.CONFIRM, why="seen", clock=clock
        )


def test_an_older_list_or_another_root_is_refused(trusting, trust, clock, tmp_path):
    revoke(trusting, trust, clock)
    with pytest.raises(EvidenceError, match="trusted again"):
        trust_registry(trusting, trust.content, trust.pub, clock)
    other = some_trust(tmp_path / "other")
    with pytest.raises(EvidenceError, match="another root"):
        trust_registry(trusting, other.content, other.pub, clock)
    with pytest.raises(SealError, match="not signed by the root"):
        trust_registry(trusting, other.content, trust.pub, clock)


def test_the_office_says_when_it_took_a_list_on_and_the_same_one_changes_nothing(
    trusting, trust, clock
):
    trust_registry(trusting, trust.content, trust.pub, clock)
    (event,) = history_of(trusting, "registry")
    assert event.reason == f"list 1 of the root {trust.pub.id}"


def forget_the_registry(store, _trust):
    with store.writing() as connection:
        connection.execute(delete(office_table).where(office_table.c.name.like("seal_%")))


def put_the_older_registry_back(store, trust):
    older = hashlib.sha256(trust.content).hexdigest()
    row = update(office_table).where(office_table.c.name == "seal_list")
    with store.writing() as connection:
        connection.execute(row.values(value=older))


@pytest.mark.parametrize("change", [forget_the_registry, put_the_older_registry_back])
def test_a_database_that_names_another_registry_than_the_history_stops_the_office(
    trusting, trust, clock, change, tmp_path
):
    ended = revoked(trust.registry, trust.camera.public.id, AT)
    trust_registry(trusting, registry_bytes(ended, trust.root), trust.pub, clock)
    assert audit(trusting).findings == ()
    change(trusting, trust)
    with pytest.raises(StoreError, match="another registry"):
        trusted_cameras(trusting)
    other = some_trust(tmp_path / "other")
    with pytest.raises(StoreError, match="another registry"):
        trust_registry(trusting, other.content, other.pub, clock)
    assert any("another registry" in found.fault for found in audit(trusting).findings)


def test_a_registry_that_was_taken_away_stops_the_office(trusting, camera, clock, passage):
    (path,) = (trusting.folder / "keys").glob("registry-*.json")
    path.unlink()
    with pytest.raises(StoreError, match="missing or was changed"):
        office.receive(trusting, written(camera, passage), clock)
    with pytest.raises(StoreError):
        trusted_cameras(trusting)


@pytest.fixture
def fined(trusting, camera, clock, passage):
    _, _, (issued,) = through(trusting, clock, written(camera, passage))
    return issued.fine


def a_visitor(store, fine, clock):
    client = TestClient(create_app(store, secret=b"s" * 32, clock=clock))
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    typed = {"number": fine.number, "plate": "AA000BB", "lang": "en", "token": token}
    return client, client.post("/notice", data=typed).text


def test_the_owner_downloads_a_bundle_that_holds_and_shows_nothing_but_what_is_redacted(
    trusting, fined, trust, clock
):
    client, page = a_visitor(trusting, fined, clock)
    assert "/notice/evidence" in page
    answer = client.get("/notice/evidence")
    assert answer.headers["content-type"] == "application/zip"
    members = unpack_bundle(answer.content)
    shown = {"photo.jpg", "shown_first.jpg", "shown_last.jpg", "film.mp4"}
    assert {name for name in members if name.endswith((".jpg", ".mp4"))} == shown
    checks = verify(members, trust.content, trust.pub)
    assert holds(checks)
    withheld = {each.about for each in checks if each.outcome is Checked.WITHHELD}
    assert withheld == {"footage", "exhibit plate", "exhibit still_first", "exhibit still_last"}


def test_nobody_has_a_bundle_without_a_visit_or_of_unsigned_evidence(store, camera, clock, passage):
    passage = bare(passage)
    _, _, (issued,) = through(store, clock, written(camera, passage))
    client, page = a_visitor(store, issued.fine, clock)
    assert "/notice/evidence" not in page
    assert client.get("/notice/evidence").status_code == 404
    app = create_app(store, secret=b"s" * 32, clock=clock)
    assert TestClient(app).get("/notice/evidence").status_code == 404


def test_the_commands_receive_with_a_registry_and_make_a_bundle(  # noqa: PLR0917 - fixtures
    store, trust, camera, clock, tmp_path, capsys, passage
):
    path = written(camera, passage)
    folder, out = store.folder, tmp_path / "fine.zip"
    registry, root = trust.on_disk(camera / "keys")
    told = ["--office", str(folder), "--registry", str(registry)]
    assert run(["office", "receive", str(path), *told]) == 2
    assert run(["office", "receive", str(path), *told, "--root", str(root)]) == 0
    office.review(store, demo_auto_1, clock)
    (issued,) = office.issue(store, clock)
    number = issued.fine.number
    arguments = ["--office", str(folder), "--out", str(out)]
    assert run(["office", "bundle", number, *arguments]) == 0
    assert run(["office", "bundle", "AL26-0000-0000", *arguments]) == 2
    trusted = ["--registry", str(registry), "--root", str(root)]
    assert run(["verify", str(out), *trusted]) == 0
    assert "withheld  exhibit plate" in capsys.readouterr().out
    assert run(["replay", str(out)]) == 0
    with zipfile.ZipFile(io.BytesIO(out.read_bytes())) as archive:
        archive.extractall(tmp_path / "folder")
    signature = tmp_path / "folder" / "manifest.sig"
    signature.write_bytes(bytes(64))
    assert run(["verify", str(tmp_path / "folder"), *trusted]) == 1
    assert "FAILED    signature" in capsys.readouterr().out
