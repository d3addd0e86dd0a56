"""Every relative link in the documentation leads to a file that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|(?:src|href)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:|#", re.IGNORECASE)


def links(text):
    """Relative targets of links and pictures, outside code."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    targets = ["".join(found) for found in LINK.findall(prose)]
    return [target.split("#")[0] for target in targets if not ELSEWHERE.match(target)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page):
    missing = [
        target
        for target in links(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []


def test_links_of_every_kind_are_seen():
    text = '[a](b.md#c) ![p](q.png "t") <img src="r.jpg"> [w](https://x.org) [h](#i) `[n](o)`'
    assert links(text) == ["b.md", "q.png", "r.jpg"]
