"""What every sender's settings have in common."""

from __future__ import annotations

from ipaddress import ip_address

from pydantic import BaseModel, ConfigDict


class Closed(BaseModel):
    """A table in which every key means something."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def is_this_machine(host: str) -> bool:
    """Whether nobody else can listen on the way to ``host``."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
