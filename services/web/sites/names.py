"""How an address names a site."""

from typing import Annotated

from fastapi import Path

from services.sites.shelf import NAME

SiteName = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
