"""The one script of the owners' pages: it types the number that the code on a letter leads with.

The number stands in the address's fragment, which a browser keeps to itself, and the script takes
it out of the address at once. Whoever has no scripts types it. The entry page alone may run it,
and nothing else: its policy names the script by its hash (CSP level 3, section 2.3.1).
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from markupsafe import Markup

from services.web.headers import CONTENT_POLICY, SECURITY_HEADERS


def _script() -> str:
    templates = resources.files("services.web") / "templates"
    return (templates / "entry.js").read_text(encoding="utf-8")


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"{SECURITY_HEADERS[CONTENT_POLICY]}; script-src 'sha256-{digest}'"


SCRIPT = Markup(_script())  # noqa: S704 - a file of ours
POLICY = _policy(SCRIPT)
