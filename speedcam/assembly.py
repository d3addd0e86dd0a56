"""The camera, put together from its parts for one site."""

from __future__ import annotations

from pathlib import Path

import cv2

from speedcam.adapters.driver import DriverLook
from speedcam.adapters.exhibits import FolderExhibits, FolderRaw
from speedcam.adapters.plate_text import TextReader
from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.redact import MosaicRedactor
from speedcam.adapters.seals import FolderSealer, reader_models
from speedcam.adapters.unwanted import Faces, OtherPlates
from speedcam.adapters.witness import PictureWitness
from speedcam.detectors import detector_of
from speedcam.ground import fit_ground
from speedcam.models import SECOND_READER
from speedcam.pipeline import Camera, unsigned
from speedcam.ports import Sealer
from speedcam.process import EXHIBITS, RAW, SEALS
from speedcam.seal.keys import load_signing_key
from speedcam.site import Site


def camera_at(
    detector: str, key: Path | None, site: Site, size: tuple[int, int], out: Path
) -> Camera:
    """The camera at a site.

    Args:
        detector: As the user chose it.
        key: File of the key that signs its passages, or None.
        site: Where it stands.
        size: Width and height of its pictures in pixels.
        out: The folder that it writes to.
    """
    # OpenCV's own threads only get in each other's way on pictures this small.
    cv2.setNumThreads(1)
    chosen = detector_of(detector)
    second = TextReader(SECOND_READER.path) if SECOND_READER.is_there() else None
    reader = RapidPlateReader(second)
    ground = fit_ground(site.survey, size, site.drive)
    return Camera(
        site=site,
        ground=ground,
        make_detector=chosen.make,
        detector=chosen.name,
        reader=reader,
        witness=PictureWitness(
            site=site,
            ground=ground,
            store=FolderExhibits(folder=out / EXHIBITS),
            folder_name=EXHIBITS,
            redactor=MosaicRedactor(finders=(Faces(), OtherPlates(reader=reader))),
            driver=DriverLook(ground=ground, seat=site.driver_seat) if site.driver_seat else None,
        ),
        keep_raw=FolderRaw(store=FolderExhibits(folder=out / RAW), folder_name=RAW),
        seal=sealer_at(chosen.name, key, site, out),
    )


def sealer_at(detector: str, key: Path | None, site: Site, out: Path) -> Sealer:
    """Signs what a camera at a site measures.

    Args:
        detector: What its detector is called.
        key: File of the key that signs, or None.
        site: Where it stands.
        out: The folder that it writes to.
    """
    if key is None:
        return unsigned
    return FolderSealer(
        key=load_signing_key(key),
        site=site,
        store=FolderExhibits(folder=out / SEALS),
        folder_name=SEALS,
        detector=detector,
        models=reader_models(),
    )
