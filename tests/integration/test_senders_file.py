"""senders.toml, senders of other packages, and the commands that prove and mend."""

import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.errors import SettingsError
from services.notifier.cli import notify_app
from services.notifier.outbox import notices
from services.notifier.settings import page_of, ways_of
from services.store import open_store
from services.store.recipients import recipient_of
from speedcam.cli import run
from tests.builders_fines import fines_in, without_waiting
from tests.mail_server import MoodyHandler, mail_server

DOCS = Path(__file__).resolve().parents[2] / "docs"


WEBHOOK = '[[senders]]\nkind = "webhook"'


def of(folder, text):
    (folder / "senders.toml").write_text(text)
    return ways_of(folder)


def test_an_office_that_says_nothing_puts_notices_into_a_folder(tmp_path):
    ways = ways_of(tmp_path)
    assert ways.order == ("folder",)
    assert ways.register is None


def test_the_file_in_the_documentation_is_whole(tmp_path):
    (text,) = re.findall(
        r"```toml\n(# senders\.toml.*?)```", (DOCS / "notices.md").read_text(), re.DOTALL
    )
    (tmp_path / "keys").mkdir()
    for name in set(re.findall(r'"(keys/[^"]+)"', text)):
        (tmp_path / name).write_text("0123456789abcdef" * 2)
        (tmp_path / name).chmod(0o600)
    ways = of(tmp_path, text)
    assert set(ways.order) <= {sender.channel for sender in ways.senders.values()}
    assert ways.quiet is not None
    assert ways.register is not None
    assert ways.paper_after_days
    assert ways.page == page_of(tmp_path)


@pytest.mark.parametrize("host", ["https://xn--bcher-kva.example:8443", "http://localhost:8000"])
def test_a_page_may_be_any_host_that_can_be_typed(host, tmp_path):
    (tmp_path / "senders.toml").write_text(f'page = "{host}"\n{WEBHOOK}', encoding="utf-8")
    assert page_of(tmp_path) == host


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("senders = [", "is not TOML"),
        ("", ":1: senders is missing. Give tables, such as `[[senders]]`."),
        ('[[senders]]\nkind = "pigeon"', ":1: senders[0] cannot be used: no installed package"),
        ('[[senders]]\nkind = "folder"\nfoldr = "x"', ":3: senders[0].foldr is a key that nobody"),
        ('[[senders]]\nkind = "smtp"\nport = "x"', "Give its port, such as `port = 587`"),
        ('[[senders]]\nkind = "smtp"', ":1: senders[0].host is missing. Give the mail server"),
        ('[quiet]\nbegins = 5\n[[senders]]\nkind = "folder"', ":2: quiet.begins is wrong"),
        (f'page = "http://a.test"\n{WEBHOOK}', ":1: page is wrong"),
        *(
            (f'page = "https://{wrong}"\n{WEBHOOK}', 'such as `page = "https://notices.police')
            for wrong in (
                "a.test/x?n=",
                "a.test/",
                "A.test",
                "[::1]",
                "192.0.2.1",
                "a",
                "a..test",
                "-a.test",
                "a-.test",
                "a.test.",
                "a.test:0",
                "me@a.test",
                f"{'a' * 25}.test",
                "ä.test",
            )
        ),
        ('order = ["fax"]\n[[senders]]\nkind = "folder"', ":1: order names 'fax'"),
        ('paper_after_days = 9\n[[senders]]\nkind = "folder"', 'needs a sender of kind = "post"'),
        ('[[senders]]\nkind = "folder"\n[[senders]]\nkind = "folder"', ":3: senders[1] is named"),
        (
            f'{WEBHOOK}\nchannel = "sms"\nurl = "https://a.test"\nsecret_env = "HOME_OF_SECRETS"',
            ":1: senders webhook tells one line and no letter. Set paper_after_days",
        ),
        ('[[senders]]\nkind = "folder"\n[register]\nkind = "csv"', "needs file and country"),
        (
            '[[senders]]\nkind = "webhook"\nurl = "http://a.test"',
            ":3: senders[0].url is wrong: the address must begin with https://",
        ),
        (
            '[[senders]]\nkind = "smtp"\nhost = "a"\nauthor = "a@b"\nca_file = "none"',
            "none: No such file or directory. Put the server's there",
        ),
        (
            '[[senders]]\nkind = "webhook"\nurl = "https://a.test"\nsecret_file = "none"',
            ":1: senders[0] cannot be used: cannot read the secret",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_to_do(text, told, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME_OF_SECRETS", "0123456789abcdef" * 2)
    with pytest.raises(SettingsError) as error:
        of(tmp_path, text)
    assert told in str(error.value)


def test_every_fault_is_told_at_once(tmp_path):
    text = 'order = ["fax"]\n[[senders]]\nkind = "smtp"\nport = 0\ntsl = "none"\n'
    with pytest.raises(SettingsError, match=r"has 4 faults:\n") as error:
        of(tmp_path, text)
    assert [line.split(":")[1] for line in str(error.value).splitlines()[1:]] == list("2245")


@pytest.fixture
def pigeon(tmp_path, monkeypatch):
    """A package of somebody else, installed beside ours: the one in the documentation."""
    blocks = re.findall(
        r"```python\n(# pigeon\.py.*?)```", (DOCS / "plugins.md").read_text(), re.DOTALL
    )
    (code,) = blocks
    site = tmp_path / "site-packages"
    info = site / "pigeon-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "pigeon.py").write_text(code)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeon\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[speedcam.senders]\npigeon = pigeon:make_sender\n")
    monkeypatch.syspath_prepend(str(site))
    yield code
    sys.modules.pop("pigeon", None)


@pytest.mark.usefixtures("on_the_day")
def test_a_sender_of_another_package_takes_letters(pigeon, tmp_path):
    assert len(pigeon.splitlines()) <= 20
    office = tmp_path / "office"
    with open_store(office, create=True) as store:
        (number,) = fines_in(without_waiting(store), 1)
    (office / "loft").mkdir()
    (office / "senders.toml").write_text('[[senders]]\nkind = "pigeon"\nloft = "loft"\n')
    assert run(["office", "deliver", "--office", str(office)]) == 0
    (letter,) = (office / "loft").iterdir()
    assert number in letter.read_text()
    with open_store(office) as store:
        assert notices(store)[0].channel == "pigeon"


def test_a_fault_of_another_packages_settings_is_told_with_its_line(pigeon, tmp_path):  # noqa: ARG001 - installed
    with pytest.raises(SettingsError, match=r":2: senders\[0\] lacks 'loft'. Add it"):
        of(tmp_path, '\n[[senders]]\nkind = "pigeon"\n')


def notify(*words, **more):
    return CliRunner().invoke(notify_app, [str(word) for word in words], **more)


def test_a_sender_is_proved_by_a_marked_sample(tmp_path):
    handler = MoodyHandler()
    with mail_server(handler) as port:
        (tmp_path / "senders.toml").write_text(
            f'[[senders]]\nkind = "smtp"\nname = "mail"\nhost = "127.0.0.1"\nport = {port}\n'
            'tls = "none"\nauthor = "office@police.test"\n'
        )
        ended = notify("test", "mail", "--to", "me@example.test", "--office", tmp_path)
    assert ended.exit_code == 0, ended.output
    (mail,) = handler.mails
    assert "DO NOT PAY" in mail["Subject"]
    assert mail["To"] == "me@example.test"


def test_a_sample_on_paper_is_a_pdf(tmp_path):
    (tmp_path / "senders.toml").write_text('[[senders]]\nkind = "post"\n')
    ended = notify("test", "post", "--to", "Arta, Rruga 1", "--office", tmp_path)
    assert ended.exit_code == 0, ended.output
    (manifest,) = tmp_path.rglob("manifest.json")
    assert json.loads(manifest.read_text())["to"] == ["Arta", "Rruga 1"]
    assert (manifest.parent / "letter.pdf").read_bytes()[:5] == b"%PDF-"


def test_a_sample_without_an_address_is_not_sent(tmp_path):
    (tmp_path / "senders.toml").write_text('[[senders]]\nkind = "post"\n')
    ended = notify("test", "post", "--office", tmp_path)
    assert ended.exit_code == 2
    assert "--to" in ended.output


@pytest.mark.usefixtures("on_the_day")
def test_a_stuck_letter_is_listed_and_goes_when_its_address_is_entered(tmp_path):
    office = tmp_path / "office"
    with open_store(office, create=True) as store:
        (number,) = fines_in(without_waiting(store), 1)
    (tmp_path / "owners.csv").write_text("plate,name\n")
    (office / "senders.toml").write_text(
        '[register]\nkind = "csv"\nfile = "../owners.csv"\ncountry = "AL"\n'
        '[[senders]]\nkind = "portal"\n[[senders]]\nkind = "folder"\n'
    )
    assert run(["office", "deliver", "--office", str(office)]) == 1
    told = notify("stuck", "--office", office, "--json")
    assert json.loads(told.stdout.splitlines()[0])["state"] == "unaddressed"
    known = ["address", number, "--office", office, "--by", "P-17", "--why", "asked abroad"]
    ended = notify(*known, input="Arta Shembull\nRruga 1, Tirana\n\n")
    assert ended.exit_code == 0, ended.output
    with open_store(office) as store:
        assert recipient_of(store, number).postal_lines == ("Rruga 1", "Tirana")
    assert run(["office", "deliver", "--office", str(office)]) == 0
