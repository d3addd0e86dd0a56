"""Footage of simulated traffic with exact truth, rendered on the CPU.

``SCENES`` holds the scenes that ship; :func:`simulate` renders one, or any variant of it made
with :func:`vary` or ``dataclasses.replace``, into a video, a site file and a truth file.
"""

from __future__ import annotations

from speedcam.simulate.clip import Progress, SimulatedClip, simulate
from speedcam.simulate.scene import Scene, vary
from speedcam.simulate.scenes import SCENES

__all__ = ["SCENES", "Progress", "Scene", "SimulatedClip", "simulate", "vary"]
