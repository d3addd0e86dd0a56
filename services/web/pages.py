"""Pages out of templates: the page's own words, and the notice's words where it shows one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Protocol

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader
from jinja2.environment import TemplateModule
from starlette.datastructures import MutableHeaders

from services.notifier.facts import Language
from services.notifier.letter import words_of
from services.notifier.wording import html_environment
from services.web.headers import add_security_headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One language of a page: ``words`` of the notice, ``labels`` of the page around it."""

    language: Language
    words: TemplateModule
    labels: TemplateModule


class FaultPages(Protocol):
    """Tells people what went wrong."""

    def fault(
        self, status: int, *, scheme: str = "http", headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """The page for an answer of this status."""
        ...


HOUSE = (Language.SQ, Language.EN)
"""What is said to everybody, whatever language they chose."""


class Pages:
    """Renders the pages."""

    def __init__(self, *, has_board: bool = False) -> None:
        self._has_board = has_board
        self._environment = page_environment()
        self._spoken = {each: _spoken(self._environment, each) for each in Language}

    def show(
        self,
        name: str,
        language: Language,
        *,
        offered: Sequence[Language] = tuple(Language),
        status: HTTPStatus = HTTPStatus.OK,
        **values: object,
    ) -> HTMLResponse:
        """The page ``name`` in one language, between the banners; it leads to those offered."""
        html = self.html(name, language, offered=offered, **values)
        return HTMLResponse(html, status_code=status)

    def html(
        self,
        name: str,
        language: Language,
        *,
        offered: Sequence[Language] = tuple(Language),
        **values: object,
    ) -> str:
        """What :meth:`show` shows."""
        return self._environment.get_template(name).render(
            s=self._spoken[language],
            all_spoken=self._in(*offered),
            warned=self._in(language, *HOUSE),
            has_board=self._has_board,
            **values,
        )

    def fault(
        self, status: int, *, scheme: str = "http", headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """What to tell somebody for whom there is no page, in the languages of the house."""
        spoken = self._in(*HOUSE)
        html = self._environment.get_template("fault.html").render(
            s=spoken[0], all_spoken=spoken, warned=spoken, status=status
        )
        response = HTMLResponse(html, status_code=status, headers=dict(headers or {}))
        # The answer to an unforeseen error is written outside the middleware that adds these.
        add_security_headers(MutableHeaders(raw=response.raw_headers), scheme=scheme)
        return response

    def _in(self, *languages: Language) -> tuple[Spoken, ...]:
        return tuple(self._spoken[each] for each in dict.fromkeys(languages))


@cache
def page_environment() -> Environment:
    """The templates of the pages and of the notice, compiled once."""
    return html_environment(PackageLoader("services.web"))


def notice_style() -> str:
    """The style sheet that mail and page share."""
    templates = resources.files("services.notifier") / "templates"
    return (templates / "notice.css").read_text(encoding="utf-8")


def _spoken(environment: Environment, language: Language) -> Spoken:
    return Spoken(
        language=language,
        words=words_of(environment, language),
        labels=environment.get_template(f"labels_{language}.jinja").module,
    )
