"""The camera: footage of a fixed roadside camera in, measured passages out.

This package knows nothing of law, people or money. What it finds leaves it as
:class:`speedcam.model.Passage`, one JSON line each, and in no other way.
"""

__version__ = "0.1.0"
