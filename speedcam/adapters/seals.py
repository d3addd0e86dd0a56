"""Signs passages where they are measured, and keeps their seals in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from speedcam.model import Exhibit, ExhibitKind, Passage
from speedcam.models import SECOND_READER
from speedcam.ports import ExhibitStore
from speedcam.raw import RawData
from speedcam.seal.frames import evidence_frames, numbered
from speedcam.seal.keys import SigningKey
from speedcam.seal.limits import limit_sha256
from speedcam.seal.manifest import Manifest, facts_of, manifest_bytes
from speedcam.site import Site
from speedcam.software import source_sha256

_SUFFIX = {ExhibitKind.MANIFEST: ".manifest.json", ExhibitKind.SIGNATURE: ".manifest.sig"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSealer:
    """A :class:`speedcam.ports.Sealer`: three files for each passage.

    Attributes:
        key: The camera's.
        site: Where it stands, with the bytes of its file.
        store: Where files are kept.
        folder_name: What a passage calls that folder, relative to its own file.
        detector: What finds vehicles.
        models: SHA-256 of each network's file.
    """

    key: SigningKey
    site: Site
    store: ExhibitStore
    folder_name: str
    detector: str
    models: Mapping[str, str]

    def __call__(self, passage: Passage, raw: RawData) -> tuple[Exhibit, ...]:
        """Sign ``passage``, complete with its proof; the exhibits of its seal."""
        content = manifest_bytes(self._manifest(passage, raw))
        signature = self.key.sign(content)
        return (
            self._keep(ExhibitKind.SITE, f"{self.site.sha256}.site.toml", self.site.content, raw),
            self._of(passage, ExhibitKind.MANIFEST, content, raw),
            self._of(passage, ExhibitKind.SIGNATURE, signature, raw),
        )

    def _manifest(self, passage: Passage, raw: RawData) -> Manifest:
        frames, picture = evidence_frames(raw, passage.exhibits), self.site.reference_frame
        return Manifest(
            facts=facts_of(passage),
            frames=numbered(frames),
            corrupt_frames=sum(sighting.corrupt for sighting in frames),
            limit_sha256=limit_sha256(self.site, passage.lane),
            reference_frame_sha256=_sha256(picture.read_bytes()) if picture else None,
            software_sha256=source_sha256(),
            detector=self.detector,
            models=self.models,
            key=self.key.public.id,
            salt=self.key.salt(passage.id),
        )

    def _of(self, passage: Passage, kind: ExhibitKind, content: bytes, raw: RawData) -> Exhibit:
        return self._keep(kind, f"{passage.id}{_SUFFIX[kind]}", content, raw)

    def _keep(self, kind: ExhibitKind, name: str, content: bytes, raw: RawData) -> Exhibit:
        _, sha256 = self.store.keep(name, content)
        first = raw.track.sightings[0]
        return Exhibit(
            kind=kind,
            path=f"{self.folder_name}/{name}",
            sha256=sha256,
            time_s=first.time_s,
            frame_index=first.frame_index,
        )


@cache
def reader_models() -> Mapping[str, str]:
    """SHA-256 of the networks that read plates, by file name."""
    shipped = (files("rapidocr_onnxruntime") / "models").iterdir()
    found = {each.name: _sha256(each.read_bytes()) for each in shipped if ".onnx" in each.name}
    if SECOND_READER.is_there():
        found[SECOND_READER.path.name] = SECOND_READER.sha256
    return dict(sorted(found.items()))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
