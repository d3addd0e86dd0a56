"""Builders for the engineers' room: a folder of sites, and the camera that knows their surveys."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from services.sites.fields import fields_of
from services.sites.shelf import Shelf, digest
from services.sites.sites import Sites
from services.surveyor import CameraSurveyor
from speedcam.site import read_site

SAMPLES = Path(__file__).parents[1] / "sample_videos"
SURVEYOR = CameraSurveyor()


def a_picture(size_px=(1920, 1080), suffix=".png") -> bytes:
    """A grey picture as a file."""
    width, height = size_px
    return bytes(cv2.imencode(suffix, np.full((height, width, 3), 128, np.uint8))[1])


def some_sites(folder, store, clock, surveyor=None) -> Sites:
    known = surveyor or FlatRoad()
    return Sites(shelf=Shelf(folder=folder), surveyor=known, store=store, clock=clock)


def a_site(folder, name="bridge", sample="overcast_main_road") -> bytes:
    """One of the sample sites with a picture beside it, as if somebody had put it there."""
    content = (SAMPLES / f"{sample}.site.toml").read_bytes()
    (folder / f"{name}.site.toml").write_bytes(content)
    (folder / f"{name}.frame.png").write_bytes(a_picture())
    return content


def the_form(content: bytes, source="", **changes) -> dict[str, str]:
    """What the page of a site with this file sends; ``zone__near_m="15"`` changes ``zone.near_m``.

    Dots in names are written as two underscores.
    """
    typed = {name.replace("__", "."): text for name, text in changes.items()}
    fields = fields_of(tomllib.loads(content.decode())) if content else {}
    return fields | {"base": digest(content), "source": source} | typed


class FlatRoad:
    """A surveyor that reads site files as the camera does, and finds every survey good.

    It is fast; what the camera itself says of surveys is tested with the camera.
    """

    def sketch(self, site, name, _picture_png):
        known = read_site(site, name)
        return replace(a_sketch(), papers=self._papers(known))

    def papers(self, site, name, _picture_png):
        return self._papers(read_site(site, name))

    def picture(self, content):
        return SURVEYOR.picture(content)

    def _papers(self, site):
        return replace(
            a_sketch().papers,
            camera_id=site.camera_id,
            camera_name=site.camera_name,
            valid_until=site.certificate.valid_until if site.certificate else None,
        )


@cache
def a_sketch():
    """What the camera says of the second sample site."""
    site = (SAMPLES / "overcast_main_road.site.toml").read_bytes()
    return SURVEYOR.sketch(site, "site", a_picture())
