"""``python -m tests.bench.cluster CLIP --site SITE``: a cluster whose workers are killed at random.

The clip is shown over and over until it is cut, and measured by this machine alone. Then a cluster
measures it by TLS, each worker and the scheduler in a network namespace of its own (as root; else
on this machine's loopback), with the footage on an S3 server that only asks for a signature. A
worker is killed now and then, while it measures. The results are compared byte by byte; one line of
JSON goes to stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.cluster_networks import GATE, certificates, networks
from tests.bench.command import children_cpu_s, run
from tests.bench.workers import files, repeated
from tests.builders_cluster import HERE, Host, LocalCluster, a_cluster
from tests.object_server import ACCESS, objects


def measured(clip: object, site: Path, out: Path, *more: object) -> dict[str, float]:
    """Seconds of wall, and of the processor by this side alone, of one run."""
    began_s, before_s = time.monotonic(), children_cpu_s()
    run("speedcam", "process", clip, "--site", site, "--out", out, *more)
    wall_s, cpu_s = time.monotonic() - began_s, children_cpu_s() - before_s
    return {"wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1)}


def worker_under(nanny: int) -> int | None:
    """The worker that a nanny watches."""
    threads = Path(f"/proc/{nanny}/task").glob("*/children")
    children = [child for each in threads for child in each.read_text(encoding="ascii").split()]
    spawned = [c for c in children if "spawn_main" in Path(f"/proc/{c}/cmdline").read_text()]
    return int(spawned[0]) if spawned else None


@contextmanager
def killer(cluster: LocalCluster, kills: int) -> Iterator[list[int]]:
    """Meanwhile kill workers that measure, so many, some seconds after they began."""
    over, killed = threading.Event(), list[int]()

    def kill() -> None:
        while len(killed) < kills and not over.wait(random.uniform(5, 20)):  # noqa: S311
            busy = [n for n in (1, 2) if cluster.is_measuring(n)]
            if busy and (pid := worker_under(cluster.processes[random.choice(busy)].pid)):  # noqa: S311
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


@contextmanager
def apart() -> Iterator[tuple[str, tuple[Host, ...]]]:
    """The address of this machine for the others, and where those are."""
    if os.geteuid():
        yield "127.0.0.1", HERE
        return
    with networks(3) as hosts:
        yield GATE, tuple(hosts)


def main() -> int:
    """Measure here and there, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--times", type=int, default=5, help="how often the clip is shown")
    parser.add_argument("--kills", type=int, default=2, help="each segment is tried three times")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, apart() as (gate, hosts):
        folder = Path(name)
        clip = repeated(asked.clip, asked.times, folder / "long.mp4")
        row = {"here": measured(clip, asked.site, folder / "here", "--workers", 2)}
        served = {"/cams/long.mp4": clip.read_bytes()}
        tls = certificates(folder)
        os.environ.update(tls)
        with (
            objects(served, signed=True, host=gate) as s3,
            a_cluster(
                folder,
                {**tls, **ACCESS, "AWS_ENDPOINT_URL": s3.url},
                hosts,
                protocol="tls",
                nannies=("--nanny", "--nanny"),
            ) as cluster,
            killer(cluster, asked.kills) as killed,
        ):
            there = ("--cluster", cluster.address)
            row["there"] = measured("s3://cams/long.mp4", asked.site, folder / "there", *there)
        row |= {
            "same_bytes": files(folder / "here") == files(folder / "there"),
            "files": len(files(folder / "there")),
            "workers_killed": len(killed),
            "fetched": len(s3.ranges),
            "load": round(os.getloadavg()[0], 1),
        }
    sys.stdout.write(f"{json.dumps(row)}\n")
    return 0 if row["same_bytes"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
