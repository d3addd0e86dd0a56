"""Drawn faces that a face detector takes for real, and pictures with them."""

from __future__ import annotations

import cv2
import numpy as np

from speedcam.model import Box

_SIDE = 160


def a_face(side_px: int, *, skin=(150, 180, 224), hair=(30, 36, 48)):
    """``(side, side, 4)`` BGR and coverage: a head from the front, lit from above."""
    bgr = np.full((_SIDE, _SIDE, 3), hair, np.uint8)
    cover = np.zeros((_SIDE, _SIDE), np.uint8)
    dark = tuple(int(0.55 * value) for value in skin)
    darker = tuple(int(0.28 * value) for value in skin)
    light = tuple(min(255, int(1.12 * value)) for value in skin)
    cv2.ellipse(cover, (80, 82), (58, 74), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(bgr, (80, 92), (50, 62), 0, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.ellipse(bgr, (80, 50), (44, 20), 0, 0, 360, light, -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (80 + side * 21, 80)
        cv2.ellipse(bgr, (eye[0], 78), (16, 11), 0, 0, 360, dark, -1, cv2.LINE_AA)
        cv2.ellipse(bgr, (eye[0], 66), (16, 4), side * 8, 0, 360, darker, -1, cv2.LINE_AA)
        cv2.ellipse(bgr, eye, (10, 5), 0, 0, 360, (225, 225, 225), -1, cv2.LINE_AA)
        cv2.circle(bgr, eye, 5, (20, 20, 20), -1, cv2.LINE_AA)
        cv2.ellipse(bgr, (80 + side * 26, 104), (14, 11), 0, 0, 360, light, -1, cv2.LINE_AA)
        cv2.circle(bgr, (80 + side * 7, 108), 4, dark, -1, cv2.LINE_AA)
    cv2.ellipse(bgr, (80, 92), (6, 18), 0, 0, 360, light, -1, cv2.LINE_AA)
    cv2.ellipse(bgr, (80, 128), (20, 6), 0, 0, 360, (70, 70, 150), -1, cv2.LINE_AA)
    cv2.line(bgr, (62, 128), (98, 128), (40, 40, 80), 2, cv2.LINE_AA)
    both = cv2.GaussianBlur(np.dstack([bgr, cover]), (0, 0), 2.0)
    return cv2.resize(both, (side_px, side_px), interpolation=cv2.INTER_AREA)


def with_face(picture, box: Box):
    """A copy of ``picture`` with a face that fills ``box``."""
    side_px = round(box.width)
    face = a_face(side_px)
    left, top = round(box.left), round(box.top)
    pasted = picture.copy()
    place = pasted[top : top + side_px, left : left + side_px]
    face = face[: place.shape[0], : place.shape[1]]
    cover = face[..., 3:].astype(np.float64) / 255
    place[:] = np.rint(cover * face[..., :3] + (1 - cover) * place)
    return pasted
