"""A letter can be looked at in every form, and looking at it changes nothing."""

import email
import email.policy
import stat

import pytest
from typer.testing import CliRunner

from services import office as desk
from services.errors import CaseError, LetterError
from services.model import LetterKind
from services.notifier.cli import notify_app
from services.notifier.preview import Form
from services.policy import policy_named
from services.store import open_store
from services.store.history import history_of
from tests.builders_office import SetClock, a_passage, on_disk
from tests.builders_pdf import Pdf


@pytest.fixture
def office(tmp_path):
    return tmp_path / "office"


@pytest.fixture
def number(office, tmp_path):
    """A fine of that office, with its pictures."""
    passages = on_disk(tmp_path / "camera", a_passage())
    with open_store(office, create=True) as store:
        desk.receive(store, passages, SetClock())
        desk.review(store, policy_named("demo-auto-1"), SetClock())
        (issued,) = desk.issue(store, SetClock())
    return issued.fine.number


def preview(*arguments):
    return CliRunner().invoke(notify_app, ["preview", *map(str, arguments)])


@pytest.mark.parametrize("form", Form)
def test_a_letter_can_be_looked_at_as(form, office, number, tmp_path):
    path = tmp_path / f"letter.{form}"
    result = preview(number, "--office", office, "--channel", form, "--out", path)
    assert (result.exit_code, result.stdout) == (0, f"{path}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert number in _words(form, path.read_bytes())


def test_the_readers_own_language_comes_first(office, number, tmp_path):
    path = tmp_path / "letter.html"
    assert preview(number, "--office", office, "--out", path, "--lang", "de").exit_code == 0
    assert '<html lang="de">' in path.read_text()
    unknown = preview(number, "--office", office, "--out", path, "--lang", "xx")
    assert unknown.exit_code == 2
    assert "one of sq, en" in unknown.stderr


def test_it_is_written_here_under_its_number(office, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert preview(number.lower(), "--office", office, "--channel", "txt").exit_code == 0
    assert number in (tmp_path / f"{number}.txt").read_text()


def test_the_page_is_one_file_with_its_photo(office, number, tmp_path):
    preview(number, "--office", office, "--out", tmp_path / "letter.html")
    page = (tmp_path / "letter.html").read_text()
    assert 'src="data:image/jpeg;base64,' in page
    assert "cid:" not in page


@pytest.mark.parametrize("kind", LetterKind)
def test_a_letter_of_any_kind_can_be_looked_at_and_says_that_it_is_an_example(
    kind, office, number, tmp_path
):
    path = tmp_path / "letter.txt"
    seen = preview(number, "--office", office, "--kind", kind, "--channel", "txt", "--out", path)
    assert seen.exit_code == 0, seen.exception
    assert number in path.read_text()
    assert ("is an example" in seen.stderr) == (kind is not LetterKind.NOTICE)
    with_words = {LetterKind.WITHDRAWAL, LetterKind.OBJECTION_ANSWERED}
    assert ("The reason: EXAMPLE" in path.read_text()) == (kind in with_words)


def test_paper_takes_an_address(office, number, tmp_path):
    address = ("Pronar i Shembullit", "1001 Tiranë")
    to = [option for line in address for option in ("--to", line)]
    path = tmp_path / "letter.pdf"
    assert (
        preview(number, "--office", office, "--channel", "pdf", "--out", path, *to).exit_code == 0
    )
    assert " ".join(address) in Pdf(path.read_bytes()).text()


def test_an_address_that_does_not_fit_leaves_no_file(office, number, tmp_path):
    path = tmp_path / "letter.pdf"
    refused = preview(number, "--office", office, "--channel", "pdf", "--out", path, "--to", " ")
    assert isinstance(refused.exception, LetterError)
    assert not path.exists()


def test_looking_is_no_event_and_sends_nothing(office, number, tmp_path):
    before = _told(office, number)
    preview(number, "--office", office, "--out", tmp_path / "letter.html")
    assert _told(office, number) == before
    assert not list((office / "sent").glob("*"))


def test_a_number_without_a_fine_is_named(office, number):
    unknown = preview("AL26-0000-0000", "--office", office)
    assert isinstance(unknown.exception, CaseError)
    assert "AL26-0000-0000" in str(unknown.exception)
    assert number not in str(unknown.exception)


def test_it_is_opened_with_what_opens_such_files(office, number, tmp_path, monkeypatch):
    opened, opener = tmp_path / "opened", tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "letter.html"
    assert preview(number, "--office", office, "--out", path, "--open").exit_code == 0
    assert opened.read_text() == str(path)


def test_where_nothing_opens_it_the_file_is_there_all_the_same(
    office, number, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "letter.html"
    result = preview(number, "--office", office, "--out", path, "--open")
    assert (result.exit_code, path.exists()) == (0, True)
    assert f"nothing on this machine opens {path}" in result.stderr


def _told(office, number) -> list:
    with open_store(office) as store:
        return history_of(store, number)


def _words(form, content: bytes) -> str:
    match form:
        case Form.PDF:
            return Pdf(content).text()
        case Form.EML:
            message = email.message_from_bytes(content, policy=email.policy.default)
            return message.get_body(("plain",)).get_content()
        case _:
            return content.decode()
