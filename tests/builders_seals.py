"""Builders for sealed evidence: keys in a folder, a registry, a signed passage on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from speedcam.adapters.exhibits import FolderExhibits, FolderRaw
from speedcam.adapters.seals import FolderSealer
from speedcam.model import Exhibit, ExhibitKind, Passage, Sample
from speedcam.raw import RawData
from speedcam.record import dumps
from speedcam.seal.keys import PublicKey, SigningKey, load_signing_key, new_key
from speedcam.seal.registry import (
    Entry,
    Registry,
    certified,
    empty_registry,
    registry_bytes,
    to_ms,
)
from speedcam.site import Site, read_site
from tests.builders_camera import ZONE, camera_px, plate_sightings
from tests.builders_office import PROOF, SUFFIXES, a_passage, an_exhibit
from tests.builders_raw import some_raw
from tests.builders_site import a_site_text

FROM = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = datetime(2028, 1, 1, tzinfo=UTC)

_LANES = """\
[[lanes]]
name = "1"
direction = "receding"
left_m = 0.0
right_m = 4.0
limit_kmh = 40
"""


def a_sealed_site(site_id: str = "AL-DEMO-01") -> Site:
    """The site of the tracks of :mod:`tests.builders_camera`, with the bytes of its file."""
    m = np.array([(x, y) for x in (-4.0, 0.0, 4.0) for y in (14.0, 22.0, 32.0, 44.0)])
    pairs = zip(camera_px(m[:, 0], m[:, 1]).tolist(), m.tolist(), strict=True)
    points = "".join(f"  {{ px = {px}, m = {at} }},\n" for px, at in pairs)
    survey = f"[survey]\nuncertainty_px = 0.3\nuncertainty_m = 0.01\npoints = [\n{points}]\n"
    zone = f"[zone]\nnear_m = {ZONE.near_m}\nfar_m = {ZONE.far_m}\n"
    camera = f'[camera]\nid = "{site_id}"\nname = "Demo camera 1"\n'
    text = a_site_text(survey=survey, zone=zone, lanes=_LANES, camera=camera)
    return read_site(text.encode(), "test.site.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A root, a camera, and the registry that says so."""

    root: SigningKey
    camera: SigningKey
    registry: Registry

    @property
    def pub(self) -> PublicKey:
        return self.root.public

    @property
    def content(self) -> bytes:
        return registry_bytes(self.registry, self.root)

    def on_disk(self, folder: Path) -> tuple[Path, Path]:
        """The registry file, and the root's public key, where :func:`some_trust` left it."""
        path = folder / "registry.json"
        path.write_bytes(self.content)
        return path, folder / "root.pub"


def an_entry(key: PublicKey, **changes) -> Entry:
    known = {
        "key": key.raw.hex(),
        "name": "camera",
        "sites": ("AL-DEMO-01",),
        "from_ms": to_ms(FROM),
        "until_ms": to_ms(UNTIL),
    }
    return Entry(**(known | changes))


def some_trust(folder: Path, **changes) -> Trust:
    """New keys in ``folder``, and a registry with the camera; ``changes`` are of its entry."""
    root, camera = (load_signing_key(new_key(folder, name)[0]) for name in ("root", "camera"))
    entry = an_entry(camera.public, **changes)
    return Trust(
        root=root,
        camera=camera,
        registry=certified(empty_registry(root.public), entry),
    )


def a_sealed_passage(
    folder: Path,
    key: SigningKey,
    passage_id: str = "4" * 32,
    *,
    site_id: str = "AL-DEMO-01",
    samples: tuple[Sample, ...] = (),
    **changes,
) -> Passage:
    """A measured passage, its proof and its seal in ``folder``."""
    site = a_sealed_site(site_id)
    looks = tuple(replace(p, time_s=p.time_s + 0.12) for p in plate_sightings(60.0))
    raw = some_raw(site=site, plates=looks, passage_id=passage_id)
    passage = a_passage(
        passage_id,
        place=site.place(raw.speed.direction),
        direction=raw.speed.direction,
        speed=replace(raw.speed, samples=samples),
        provenance=raw.provenance,
        exhibits=_proof(folder, raw),
        **changes,
    )
    return sealed(passage, raw, site, folder, key)


def sealed(passage: Passage, raw: RawData, site: Site, folder: Path, key: SigningKey) -> Passage:
    """``passage``, signed."""
    seal = FolderSealer(
        key=key,
        site=site,
        store=FolderExhibits(folder=folder / "seals"),
        folder_name="seals",
        detector="motion",
        models={},
    )
    return replace(passage, exhibits=(*passage.exhibits, *seal(passage, raw)))


def written(folder: Path, *passages: Passage) -> Path:
    """The passages file beside the exhibits."""
    path = folder / "passages.jsonl"
    path.write_text("".join(f"{dumps(passage)}\n" for passage in passages))
    return path


PICTURED = [kind for kind in PROOF if kind not in {ExhibitKind.RAW, ExhibitKind.DRIVER}]


def _proof(folder: Path, raw: RawData) -> tuple[Exhibit, ...]:
    store = FolderExhibits(folder=folder / "exhibits")
    keep_raw = FolderRaw(store=FolderExhibits(folder=folder / "raw"), folder_name="raw")
    shown = raw.track.sightings[10]
    pictures = []
    for kind in PICTURED:
        name = f"{raw.passage_id}-{kind}.{SUFFIXES.get(kind, 'jpg')}"
        _, sha256 = store.keep(name, an_exhibit(name.split(".", maxsplit=1)[0]))
        pictures.append(
            Exhibit(
                kind=kind,
                path=f"exhibits/{name}",
                sha256=sha256,
                time_s=shown.time_s,
                frame_index=shown.frame_index,
            )
        )
    return (*pictures, keep_raw(raw))
