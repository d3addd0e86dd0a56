"""What the rows of all truth files share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Row(BaseModel):
    """An object of a truth file; its other keys describe the picture, and are not for here."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


Speed = Annotated[float, Field(gt=0, lt=500)]
"""km/h"""
