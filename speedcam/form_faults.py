"""What does not fit the form of a file, in words for whoever wrote it."""

from __future__ import annotations

from pydantic import ValidationError

MOST = 10
"""Faults that are told at once."""


def form_faults(error: ValidationError) -> str:
    """Where each fault is, and what it is; nothing of what was written."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)[:MOST]
    )
