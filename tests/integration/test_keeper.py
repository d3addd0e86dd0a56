"""The process that owners reach has a line to the keeper, and nothing else of the office."""

import json
import re
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

import services
from services.errors import CaseError, StoreUnavailable
from services.store import open_store
from services.web.keeper.keeper import Keeper, Refused
from services.web.session import ABSOLUTE
from services.web.tally import Tally
from speedcam.jail import has_bubblewrap, launch
from speedcam.model import ExhibitKind
from speedcam.seal.bundle import FOR_OWNERS
from tests.builders_api import PLATES, some_history
from tests.builders_fines import without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_office import an_exhibit
from tests.builders_pages import a_wicket

SECRET = b"s" * 32
NEEDS_BUBBLEWRAP = pytest.mark.skipif(
    not has_bubblewrap(), reason="bubblewrap is missing, or may not make namespaces here"
)


@pytest.fixture
def office(tmp_path, office_in):
    """An office with two notices, its clock, and what its keeper complained of."""
    clock = StoppedClock()
    with open_store(office_in(tmp_path / "office"), create=True) as store:
        some_history(without_waiting(store), tmp_path / "camera", clock)
        yield store, clock


def a_keeper(store, clock, warnings=None, *, forms=True):
    warn = (warnings if warnings is not None else []).append
    return Keeper(store, clock, SECRET, forms=forms, tally=Tally(), warn=warn)


def asked(keeper, **question):
    return keeper.answer(json.dumps(question).encode())


def ticket_for(keeper, plate):
    """The ticket of whoever has this plate."""
    number = next(
        each.number
        for each in keeper._store.fines()  # noqa: SLF001 - what an owner reads in their letter
        if each.violation.passage.plate.text == plate
    )
    return asked(keeper, ask="open", number=number, plate=plate).ticket


def exhibits_of(fine):
    return {each.kind: each.sha256 for each in fine.violation.passage.exhibits}


def test_a_ticket_opens_one_notice_for_as_long_as_a_visit_may_last(office):
    store, clock = office
    keeper = a_keeper(store, clock)
    ticket = ticket_for(keeper, PLATES[0])
    fine = asked(keeper, ask="again", ticket=ticket)
    assert fine.violation.passage.plate.text == PLATES[0]
    clock.instant += ABSOLUTE - timedelta(seconds=1)
    assert asked(keeper, ask="again", ticket=ticket) == fine
    clock.instant += timedelta(seconds=1)
    assert asked(keeper, ask="again", ticket=ticket) is None
    clock.instant -= 2 * ABSOLUTE
    assert asked(keeper, ask="again", ticket=ticket) is None


def test_who_leaves_has_a_ticket_that_opens_nothing_and_others_keep_theirs(office):
    store, clock = office
    keeper = a_keeper(store, clock)
    mine, same = (ticket_for(keeper, PLATES[0]) for _ in range(2))
    for gone in ("", "forged", mine, mine):
        assert asked(keeper, ask="leave", ticket=gone) is None
    assert asked(keeper, ask="again", ticket=mine) is None
    assert asked(keeper, ask="again", ticket=same).violation.passage.plate.text == PLATES[0]


def test_no_number_and_no_ticket_of_another_secret_opens_anything(office):
    store, clock = office
    keeper = a_keeper(store, clock)
    other = Keeper(store, clock, b"t" * 32, forms=True, tally=Tally(), warn=print)
    theirs = ticket_for(other, PLATES[0])
    number = asked(other, ask="again", ticket=theirs).number
    for forged in ("", number, json.dumps([number, 2**60]), theirs):
        assert asked(keeper, ask="again", ticket=forged) is None
        assert asked(keeper, ask="standing", ticket=forged) == Refused(office=True)
    secret = asked(keeper, ask="begin").secret
    again = Keeper(store, clock, secret, forms=True, tally=Tally(), warn=print)
    assert asked(keeper, ask="again", ticket=ticket_for(again, PLATES[0])) is None


def test_what_does_not_hide_everybody_never_leaves_nor_anything_of_another_notice(office):
    store, clock = office
    keeper = a_keeper(store, clock)
    mine, theirs = (ticket_for(keeper, plate) for plate in PLATES[:2])
    exhibits = exhibits_of(asked(keeper, ask="again", ticket=mine))
    told = {
        kind
        for kind, sha256 in exhibits.items()
        if asked(keeper, ask="exhibit", ticket=mine, sha256=sha256) == an_exhibit(f"p-1-{kind}")
    }
    assert told == exhibits.keys() & FOR_OWNERS
    assert {ExhibitKind.STILL_FIRST, ExhibitKind.PLATE, ExhibitKind.DRIVER} <= exhibits.keys()
    for sha256 in exhibits.values():
        for ask in ("exhibit", "raw_text"):
            answer = asked(keeper, ask=ask, ticket=theirs, sha256=sha256)
            assert answer == Refused(office=True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff" * 100,
        b"null",
        b'{"ask":"fines"}',
        b'{"ask":"begin","more":1}',
        b'{"ask":"open","number":1,"plate":"x"}',
        b'{"ask":"report","month":"2026-1"}',
        b'{"ask":"exhibit","ticket":"x","sha256":"../../keys/office.key"}',
        b'{"ask":"pay","ticket":"x","minor":1.5,"paid_before":0}',
    ],
)
def test_what_is_no_question_tells_nothing_and_the_next_one_is_answered(office, content):
    store, clock = office
    warnings = []
    keeper = a_keeper(store, clock, warnings)
    assert keeper.answer(content) == Refused()
    assert warnings == ["the public process asked what it may not ask; nothing was told\n"]
    assert asked(keeper, ask="begin").forms


def test_without_forms_nothing_is_taken(office):
    store, clock = office
    keeper = a_keeper(store, clock, forms=False)
    ticket = ticket_for(keeper, PLATES[0])
    handed = {"ticket": ticket, "words": "It was not me."}
    assert asked(keeper, ask="contest", **handed) == Refused(office=True)
    paid = {"ticket": ticket, "minor": 100, "paid_before": 0}
    assert asked(keeper, ask="pay", **paid) == Refused(office=True)


@pytest.mark.parametrize(("more", "before"), [(1, 0), (0, 1), (90_000_000, 0), (10**30, 0)])
def test_nobody_pays_anything_but_what_is_owed(office, more, before):
    store, clock = office
    keeper = a_keeper(store, clock)
    ticket = ticket_for(keeper, PLATES[0])
    account = asked(keeper, ask="standing", ticket=ticket).account
    paid = {"minor": account.owed + more, "paid_before": account.paid + before}
    assert asked(keeper, ask="pay", ticket=ticket, **paid) == Refused(case=True)
    assert asked(keeper, ask="standing", ticket=ticket).account == account


def test_more_letters_than_any_number_has_open_nothing(office):
    wicket = a_wicket(*office)
    assert wicket.fine_by_number_and_plate("A" * 3000, PLATES[0]) is None
    assert wicket.fine_by_number_and_plate("A", "B" * 3000) is None


def test_faults_reach_the_pages_as_what_they_are(office):
    store, clock = office
    wicket = a_wicket(store, clock)
    fine = wicket.fine(ticket_for(a_keeper(store, clock), PLATES[0]))
    with pytest.raises(CaseError):
        wicket.contest(fine, " ")
    with pytest.raises(StoreUnavailable):
        wicket.exhibit_bytes("0" * 64)
    assert wicket.standing(fine.number).number == fine.number


PROBES = """
import json, os, socket, sys, urllib.request
sys.path.insert(0, sys.argv[1])
import services.web.keeper.porch
from speedcam.confine import forbid_connecting
told = json.loads(sys.argv[-1])

def connect():
    with socket.socket() as client:
        client.settimeout(5)
        client.connect(("127.0.0.1", told["port"]))

def otherwise():
    client = socket.socket(fileno=os.dup(told["listening"]))
    client.shutdown(socket.SHUT_RDWR)
    client.settimeout(5)
    return client

def connect_otherwise():
    with otherwise() as client:
        client.connect(("127.0.0.1", told["port"]))

def connect_at_once():
    with otherwise() as client:
        client.sendto(b"word", socket.MSG_FASTOPEN, ("127.0.0.1", told["port"]))

forbid_connecting()
tries = {
    "the database": lambda: open(told["office"] + "/office.sqlite").read(1),
    "a key": lambda: os.listdir(told["office"] + "/keys"),
    "the office": lambda: os.listdir(told["office"]),
    "what lies beside it": lambda: os.listdir(told["beside"]),
    "other processes": lambda: os.listdir("/proc"),
    "the environment": lambda: os.environ["SPEEDCAM_PROBE"],
    "the network": connect,
    "the network by the socket that listens": connect_otherwise,
    "the network at the first word": connect_at_once,
    "a file": lambda: open("/written", "w"),
    "the code": lambda: open(services.__file__, "a"),
}
for name, attempt in tries.items():
    try:
        attempt()
    except (OSError, KeyError):
        continue
    sys.stderr.write(name + "\\n")
sys.stderr.write("tried\\n")
"""


@NEEDS_BUBBLEWRAP
@pytest.mark.sqlite
def test_whoever_takes_over_the_public_process_finds_nothing_around_it(office, monkeypatch):
    store, _ = office
    monkeypatch.setenv("SPEEDCAM_PROBE", "known to this process alone")
    told = {"office": str(store.folder), "beside": str(store.folder.parent)}
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        told |= {"port": server.getsockname()[1], "listening": listening.fileno()}
        packages = [Path(services.__file__).parent]
        given = (listening.fileno(),)
        with launch(PROBES, json.dumps(told), given, packages=packages) as process:
            said = process.stderr.read().decode()
    assert said == "tried\n"


@NEEDS_BUBBLEWRAP
@pytest.mark.sqlite
def test_a_notice_is_shown_by_a_process_in_whose_memory_no_key_is(office):
    store, _ = office
    fine = next(store.fines())
    command = [sys.executable, "-m", "speedcam", "serve", "--office", str(store.folder)]
    with subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True) as process:
        address = process.stderr.readline().split(" are at ")[1].strip()
        try:
            assert fine.number in opened(address, fine)
            keys = [each.read_bytes() for each in (store.folder / "keys").rglob("*.k*")]
            keeper, *others = family(process.pid)
            held = {pid: [key in memory_of(pid) for key in keys] for pid in (keeper, *others)}
        finally:
            process.terminate()
            rest = process.stderr.read()
    assert len(keys) >= 3
    assert any(held.pop(keeper)), "the search finds no key where there is one"
    assert held
    assert not any(map(any, held.values()))
    assert rest.endswith("Stopped.\n")
    assert "Traceback" not in rest


def opened(address, fine):
    """The page of a notice, as a browser gets it."""
    browser = build_opener(HTTPCookieProcessor())
    with browser.open(address, timeout=60) as answer:
        token = re.search(r'name="token" value="([^"]+)"', answer.read().decode())[1]
    typed = {"number": fine.number, "plate": fine.violation.passage.plate.text, "token": token}
    with browser.open(f"{address}notice", urlencode(typed).encode(), timeout=60) as answer:
        return answer.read().decode()


def family(pid):
    """A process and all that it began, and they."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from family(int(child))


def memory_of(pid):
    """All that a process may read of its own memory."""
    parts = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            places, rights, *_ = line.split()
            if rights.startswith("rw"):
                begin, end = (int(place, 16) for place in places.split("-"))
                memory.seek(begin)
                parts.append(memory.read(end - begin))
    return b"".join(parts)
