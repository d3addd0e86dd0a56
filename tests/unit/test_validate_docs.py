"""What ``speedcam validate`` says is documented."""

from dataclasses import fields
from pathlib import Path

import pytest

from speedcam.validate.figures import Figures
from speedcam.validate.report import ExtraResult, Report, VehicleResult

PAGE = Path(__file__).parents[2] / "docs" / "validate.md"


@pytest.mark.parametrize("shape", [Figures, VehicleResult, ExtraResult, Report])
def test_every_key_of_the_report_is_documented(shape):
    page = PAGE.read_text(encoding="utf-8")
    assert [field.name for field in fields(shape) if f"`{field.name}`" not in page] == []
