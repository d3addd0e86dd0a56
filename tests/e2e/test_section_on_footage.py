"""Section control on simulated footage: one vehicle before two cameras, a known time apart."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.intake import Outcome
from services.model import OffenceKind, Verdict
from services.notifier.senders.folder import FolderSender
from services.notifier.wiring import write_letter
from services.office import decide, deliver, issue, receive, waiting
from services.policy import missing_proof
from services.rules.section_file import read_section
from services.sections import receive_section
from services.store import open_store
from speedcam.model import ExhibitKind
from speedcam.process_cli import process_files
from speedcam.site import load_site
from tests.builders_office import SetClock
from tests.builders_variants import cut

SAMPLES = Path(__file__).resolve().parents[2] / "sample_videos"
CLIP = SAMPLES / "overcast_main_road.mp4"
SECONDS = 4.0
SECTION = b"""\
id: AL-SECTION-01
entry: {site: AL-IN, line_m: 23}
exit: {site: AL-OUT, line_m: 23}
distance_m: 2000
uncertainty_m: 1.0
certificate: {body: Survey office, number: S-7, valid_until: 2027-06-30}
limit_kmh: 60
longest_s: 600
"""
"""Both cameras see the same, 90 s apart: whoever passes drove 2000 m at 80 km/h."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The passages of both ends, as `process` writes them."""
    folder = tmp_path_factory.mktemp("section")
    clip = cut(CLIP, folder / "clip.mp4", SECONDS)
    described = (SAMPLES / "overcast_main_road.site.toml").read_text()
    written = []
    for site, minute in (("AL-IN", "16:05:00"), ("AL-OUT", "16:06:30")):
        text = described.replace("AL-DEMO-02", site).replace("T16:05:00", f"T{minute}")
        (folder / f"{site}.site.toml").write_text(text)
        seen_by = load_site(folder / f"{site}.site.toml")
        # The same pictures, but a recording of its own: a file may end in boxes that say nothing.
        own = folder / f"{site}.mp4"
        own.write_bytes(clip.read_bytes() + len(written) * b"\0\0\0\x08free")
        (result,) = process_files([(own, seen_by)], folder / site)
        written.append(result.passages_path)
    return written


def confirmed(store, key, clock):
    return decide(
        store, key, officer="P-17", verdict=Verdict.CONFIRM, why="one vehicle in both pictures",
        clock=clock, country="AL",
    )  # fmt: skip


def test_the_one_vehicle_that_both_cameras_read_is_a_case_at_its_true_average(recorded, tmp_path):
    truth = json.loads((SAMPLES / "overcast_main_road.truth.json").read_text())["vehicles"][1]
    clock = SetClock(datetime(2026, 10, 17, tzinfo=UTC))
    with open_store(tmp_path / "office", create=True) as store:
        (told,) = receive_section(store, read_section(SECTION, "s.yaml"), *recorded, clock)
        assert told.outcome is Outcome.CASE
        (case,) = waiting(store)
        violation = case.violation
        assert (violation.kind, violation.limit_kmh) == (OffenceKind.SECTION, 60)
        assert violation.passage.plate.text == violation.entry.plate.text == truth["plate"]
        assert abs(float(violation.measured_kmh) - 80) <= 0.1
        assert missing_proof(violation) == ()
        for exhibit in (*violation.entry.exhibits, *violation.passage.exhibits):
            assert store.exhibit_bytes(exhibit.sha256)
        later = [receive(store, passages, clock) for passages in recorded]
        assert [report.count(Outcome.KNOWN) for report in later] == [1, 1]
        assert len(waiting(store)) == 1
        confirmed(store, case.key, clock)
        (issued,) = issue(store, clock)
        assert issued.fine.violation == violation
        (sent,) = deliver(store, [FolderSender(store.sent)], write_letter, clock)
        letter = " ".join((store.folder / sent.receipt / "notice.txt").read_text().split())
        letter = letter.replace("\N{NO-BREAK SPACE}", " ")
        entered = violation.stretch.entered_at.astimezone(ZoneInfo(violation.entry.place.timezone))
        for fact in (
            f"2,000 m in {violation.stretch.seconds.normalize():f} s, which is ",
            f"{violation.measured_kmh.normalize():f} km/h on average",
            "Certified distance: 2,000 ± 1 m; certificate S-7, Survey office, valid until 30 June",
            f"{entered:%H:%M:%S.%f}"[:-3],
            next(e.sha256 for e in violation.entry.exhibits if e.kind is ExhibitKind.PHOTO),
        ):
            assert fact in letter
        assert truth["plate"] not in letter
