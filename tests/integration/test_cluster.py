"""A cluster of real processes: the same bytes as one process, whatever of it is killed."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from speedcam import process, record
from speedcam.adapters.cluster import Reach, crew_at
from speedcam.adapters.cluster_address import connected
from speedcam.adapters.cluster_hand import enter
from speedcam.adapters.decoding import open_clip
from speedcam.assembly import sealer_at
from speedcam.clips import Measuring, process_clips
from speedcam.errors import ClusterError
from speedcam.pipeline import unsigned
from speedcam.process import LOCK, PASSAGES, SEGMENTS, ClipResult
from speedcam.record import read_passages
from speedcam.seal.keys import load_signing_key, new_key
from speedcam.segments import Cut
from speedcam.site import load_site
from tests.bench.workers import repeated
from tests.builders_clips import a_camera, a_signing_camera
from tests.builders_cluster import PATIENT_S, a_cluster, wait_until
from tests.builders_simulate import a_clip
from tests.object_server import ACCESS, objects

CUT = Cut(least_s=2.9, warm_up_s=1.0, run_out_s=1.0)
MOTION = "motion"
NAME = "twice"


class Shot:
    """Four vehicles in six seconds, two segments, and what one process makes of them."""

    def __init__(self, folder: Path) -> None:
        clip = a_clip(folder)
        self.short = clip.video
        self.video = repeated(clip.video, 2, folder / f"{NAME}.mp4")
        self.site = load_site(clip.site)
        self.key, _ = new_key(folder, "camera")
        self.key_id = load_signing_key(self.key).public.id
        self.ledger = folder / "ledger" / NAME
        self.results = folder / "results" / NAME
        self._measure(open_clip(self.video))

    def _measure(self, footage) -> None:
        self.ledger.mkdir(parents=True)
        run = process.run_of(self.site, footage, MOTION, self.key_id)
        segments = CUT.segments(*footage.stamps_s())
        process.begin(self.ledger, run)
        for segment in segments:
            self.work = Measuring(
                clip=self.video,
                sha256=footage.sha256,
                opener=open_clip,
                site=self.site,
                make_camera=partial(a_signing_camera, self.key),
                out=self.ledger,
                segment=segment,
            )
            self.work(lambda _: None)
        shutil.copytree(self.ledger, self.results)
        process.finish(self.results, run, segments, [])

    def on(self, address: str, out: Path, *places: str) -> list[ClipResult]:
        """What a cluster makes of it, where it is at these places."""
        reach = Reach.of(address, places, 1e9, trust_network=False)
        sealer_in = partial(sealer_at, MOTION, self.key)
        with crew_at(reach, open_clip, sealer_in, 0) as crew:
            return self._results(
                list(map(Path, places)),
                out,
                a_camera,
                opener=crew.opener,
                hire=crew.hire,
                workers=crew.workers,
                silence_s=crew.silence_s,
            )

    def here(self, out: Path) -> list[ClipResult]:
        """What this machine makes of it."""
        camera = partial(a_signing_camera, self.key)
        return self._results([self.video], out, camera, workers=1)

    def _results(self, clips: list[Path], out: Path, camera, **crew) -> list[ClipResult]:
        jobs = [(clip, self.site) for clip in clips]
        results = list(
            process_clips(jobs, out, camera, MOTION, key_id=self.key_id, cut=CUT, **crew)
        )
        assert all(isinstance(result, ClipResult) for result in results), results
        return results


@pytest.fixture(scope="module")
def shot(tmp_path_factory):
    return Shot(tmp_path_factory.mktemp("shot"))


@pytest.fixture(scope="module")
def store(shot):
    short = shot.short.read_bytes()
    content = {"/cams/one.mp4": short, "/cams/two.mp4": short}
    content[f"/cams/{NAME}.mp4"] = shot.video.read_bytes()
    with objects(content, signed=True) as served:
        yield served


@pytest.fixture(scope="module")
def cluster(store, tmp_path_factory):
    access = ACCESS | {"AWS_ENDPOINT_URL": store.url}
    with a_cluster(tmp_path_factory.mktemp("cluster"), access) as started:
        yield started


@contextmanager
def meanwhile(do):
    thread = Thread(target=do)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def files(folder: Path) -> dict[Path, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != LOCK)
    return {path.relative_to(folder): path.read_bytes() for path in sorted(paths)}


def test_a_cluster_with_other_tools_measures_nothing(shot, cluster, tmp_path, monkeypatch):
    from speedcam.adapters import cluster_worker

    monkeypatch.setattr(cluster_worker, "tools", lambda: {"speedcam": "another one"})
    with pytest.raises(ClusterError, match="and this machine another one"):
        shot.on(cluster.address, tmp_path, str(shot.video))


def test_the_picture_that_was_surveyed_goes_along(shot, tmp_path):
    """A worker elsewhere has no such file."""
    from speedcam.adapters.cluster_worker import settled

    site = replace(shot.site, reference_frame=Path("/nowhere/gate.png"))
    here = settled(replace(shot.work, site=site), b"a picture", tmp_path)
    assert here.site.reference_frame.read_bytes() == b"a picture"
    assert here.out.is_dir()
    assert not here.site.reference_frame.is_relative_to(here.out)
    (tmp_path / "other").mkdir()
    assert settled(shot.work, b"", tmp_path / "other").site == shot.site


def test_what_came_damaged_is_not_entered(shot, tmp_path):
    from speedcam.adapters.cluster_worker import Measured

    last = replace(shot.work, out=tmp_path)
    entry = (shot.ledger / SEGMENTS / f"{last.segment.number:05}.jsonl").read_bytes()
    came = {
        str(path.relative_to(shot.ledger)): path.read_bytes()
        for folder in process.FOLDERS
        for path in (shot.ledger / folder).glob("*")
    }
    measured = Measured(files=came, entry=entry, news=())
    raw = next(e.path for e in record.loads(entry.splitlines()[0]).exhibits if "raw" in e.path)
    cut_off = replace(measured, files={**came, raw: came[raw][:-1]})
    assert enter(last, cut_off, unsigned) is None
    assert process.unfinished(tmp_path, [last.segment]) == [last.segment]
    assert enter(last, measured, unsigned)
    assert process.unfinished(tmp_path, [last.segment]) == []


def test_nothing_of_a_cluster_listens_to_the_network(cluster):
    """Dask's HTTP server does by itself, with ``--no-dashboard`` too."""
    from psutil import CONN_LISTEN, Process

    started = [Process(each.pid) for each in cluster.processes.values() if each.poll() is None]
    everybody = [each for one in started for each in (one, *one.children(recursive=True))]
    open_to = {
        at.laddr.ip
        for each in everybody
        for at in each.net_connections("tcp")
        if at.status == CONN_LISTEN
    }
    assert open_to == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("address", "path", "why"),
    [
        ("tls://127.0.0.1:1", None, "needs certificates"),
        ("tls://127.0.0.1:1", "/nowhere.crt", "cannot be used"),
        ("tcp://127.0.0.1:1", None, "wants encryption"),
    ],
    ids=["no certificate", "a missing one", "in the clear"],
)
def test_where_encryption_is_wanted_nothing_is_tried_without_it(address, path, why):
    import dask
    import distributed  # noqa: F401 - brings its defaults

    comm = "distributed.comm"
    wanted = {
        f"{comm}.require-encryption": True,
        f"{comm}.tls.ca-file": path,
        f"{comm}.tls.client.cert": path,
    }
    with (
        dask.config.set(wanted),
        pytest.raises(ClusterError, match=why),
        connected(address, trust_network=False),
    ):
        pass


def test_footage_that_is_not_there_is_a_fault_of_its_clip(shot, cluster, tmp_path):
    with pytest.raises(AssertionError, match=r"s3://cams/other\.mp4: cannot be fetched"):
        shot.on(cluster.address, tmp_path, "s3://cams/other.mp4")


def test_a_try_is_begun_once(shot, cluster):
    """As when Dask repeats what a lost worker was at: how often is not for it to say."""
    from distributed import Event

    from speedcam.adapters.cluster_worker import Order, measure, tools

    with connected(cluster.address, trust_network=False) as client:
        Event("a try", client=client).set()
        order = Order(source=str(shot.video), opener=open_clip, most_bytes=1e9, tools=tools())
        again = client.submit(measure, order, shot.work, "", "a try", pure=False)
        assert again.result(timeout=PATIENT_S) is None


def test_where_there_are_enough_clips_each_is_fetched_once_and_all_workers_may_be_lost(
    shot, cluster, store, tmp_path
):
    fetched, left = [], []

    def kill_all_at_work():
        wait_until(lambda: cluster.is_measuring(1) and cluster.is_measuring(2))
        fetched.extend(store.ranges)
        for number in (1, 2):
            cluster.kill(number)
            left.extend(cluster.room(number).rglob("*.mp4"))
            left.extend(cluster.room(number).rglob("segment-*"))
        cluster.start_worker(1, "--no-nanny")
        cluster.start_worker(2, "--nanny")
        cluster.await_worker(1)
        cluster.await_worker(2)

    store.ranges.clear()
    with meanwhile(kill_all_at_work):
        shot.on(cluster.address, tmp_path, "s3://cams/one.mp4", "s3://cams/two.mp4")
    assert len(fetched) == 2
    one, two = (
        [round(passage.speed.speed_kmh) for passage in read_passages(tmp_path / name / PASSAGES)]
        for name in ("one", "two")
    )
    assert one == two
    assert len(one) == 2
    assert len(left) == 4
    wait_until(lambda: not any(path.exists() for path in left))


def test_a_killed_worker_changes_no_byte(shot, cluster, tmp_path):
    def kill_one_at_work():
        wait_until(lambda: cluster.is_measuring(1))
        cluster.processes[1].kill()

    with meanwhile(kill_one_at_work):
        (result,) = shot.on(cluster.address, tmp_path, f"s3://cams/{NAME}.mp4")
    assert cluster.processes[1].wait() == -9
    assert result.set_aside == ()
    assert files(tmp_path / NAME) == files(shot.results)


def test_a_killed_scheduler_costs_what_was_being_measured(shot, cluster, tmp_path):
    shutil.copytree(shot.ledger, tmp_path / NAME)
    (tmp_path / NAME / SEGMENTS / "00001.jsonl").unlink()

    def kill_the_scheduler():
        wait_until(lambda: cluster.is_measuring(2))  # the other one was killed before
        cluster.kill(0)

    with (
        meanwhile(kill_the_scheduler),
        pytest.raises(ClusterError, match="run the same command again"),
    ):
        shot.on(cluster.address, tmp_path, str(shot.video))
    assert (tmp_path / NAME / SEGMENTS / "00000.jsonl").exists()
    shot.here(tmp_path)
    assert files(tmp_path / NAME) == files(shot.results)
