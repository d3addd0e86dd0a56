"""An office at its whole work: servers, followers and people who ask, while something is gone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import httpx2 as httpx

from services.fines import act_on
from services.life import Act, State
from services.model import NoticeState
from services.notifier.outbox import notices
from services.office import waiting
from services.staff.account import Role
from services.store import Store, open_store
from services.store.accounts import accounts_of
from services.store.cases import cases_in
from services.store.history import history_of
from services.store.staff_sessions import begin_session
from services.web import cli as _loaded_once  # noqa: F401 - every server that is begun needs it
from speedcam import cli
from speedcam.record import read_passages
from tests.builders_api import a_key
from tests.builders_asking import WORDS, Answer, Asked, answers, ask_on
from tests.builders_faults import Post, a_post, begin, commands, desk, now, waited_for, warm
from tests.builders_fines import a_step
from tests.builders_held import Work, ended, faults, outcome
from tests.builders_office import SetClock
from tests.builders_staff import an_account
from tests.postgres import free_port

SERVERS: Mapping[str, tuple[str, ...]] = {
    "pages": (),
    "forms": ("--forms",),
    "staff": ("--staff",),
    "api": ("--api",),
}
RECEIVED_S, SENT_S, SHOWN_S = 60.0, 120.0, 30.0
"""So long after what was gone is back all is received, sent, and shown."""
AT_ONCE_S = 2.0
"""So long a page may take to say that it cannot be shown."""
BEFORE_S = 1.0
OBJECTED_TO = "p-0-by-policy"
OFFICER = "officer-17"
"""Who decides by command, too."""
_SESSION = "secret-of-staff"
_TOKEN = re.compile(r'name="token" value="([^"]+)"')

Gone = Callable[[Path], AbstractContextManager[object]]
"""Takes something away from the office in a folder, and gives it back at its end."""


@dataclass
class Office:
    """An office whose servers and followers run.

    Attributes:
        post: Where it is.
        cases: How many a clip makes, and how many of these are fined.
        number: Of a fine that its owner looks at, and its plate.
        at: The address of each server.
        asked: What is asked for.
        personal: What stands in no fault and in no log.
        wrong: What does not hold.
    """

    post: Post
    cases: tuple[int, int]
    number: str
    plate: str
    at: Mapping[str, str]
    asked: dict[str, Asked]
    personal: tuple[str, ...]
    wrong: list[str] = field(default_factory=list)

    @property
    def live(self) -> Path:
        """Where passages come in."""
        return self.post.beside / "live"

    @property
    def told(self) -> Path:
        """What those who ask were told."""
        return self.post.beside / "answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of something that was gone.

    Attributes:
        answers: While it was gone.
        slowest_s: The page that took longest to say so.
        shown_s: So long after it was back every page was shown, and stayed so.
        received_s: So long after it was back all was received.
        sent_s: So long after that all was sent.
        wrong: What does not hold.
    """

    answers: tuple[Answer, ...]
    slowest_s: float
    shown_s: float
    received_s: float
    sent_s: float
    wrong: tuple[str, ...]


def gone_work(folder: Path, clips: Sequence[Path]) -> Work:
    """An office's with these clips, where one owner objects: all must be as undisturbed."""
    warm(folder)
    post = a_post(folder / "undisturbed")
    if code := waited_for(begin(partial(commands, post, clips), post)):
        raise RuntimeError(f"what nobody disturbs ends with {code}: {post.complaints.read_text()}")
    with open_store(post.place) as store:
        act_on(store, _number(store), Act.CONTEST, a_step(now()))
        expected = outcome(store)
    return Work(do=lambda post: commands(post, clips), faults=lambda post: faults(post, expected))


def _number(store: Store) -> str:
    return next(f.number for f in store.fines() if f.violation.passage.id == OBJECTED_TO)


def an_office(post: Post, clips: Sequence[Path]) -> Office:
    """An office that has dealt with the first clip already, and knows who will ask."""
    if code := waited_for(begin(partial(commands, post, clips[:1]), post)):
        raise RuntimeError(f"what nobody disturbs ends with {code}: {post.complaints.read_text()}")
    at = {name: f"http://127.0.0.1:{free_port()}" for name in SERVERS}
    with open_store(post.place) as store:
        clock = SetClock(now())
        an_account(store, clock, Role.SENIOR, id=OFFICER)
        begin_session(store, _SESSION, next(iter(accounts_of(store))), clock.now())
        key = a_key(store, clock, last_day=date(2027, 1, 1))
        case = next(iter(waiting(store))).key
        number, cases = _number(store), len(cases_in(store, *State))
        plate = store.fine(number).violation.passage.plate.text  # type: ignore[union-attr]
        sent = len(notices(store))
    case_page = f"/desk/case/{case}"
    staff = ("/desk", case_page, f"{case_page}/picture/photo", "/desk/objections")
    api = ("/api/v1/cases", "/api/v1/notices", "/api/v1/health")
    (Path(post.beside) / "live").mkdir()
    return Office(
        post=post,
        cases=(cases, sent),
        number=number,
        plate=plate,
        at=at,
        asked={
            "staff": Asked(at["staff"], staff, {"Cookie": f"staff={_SESSION}"}),
            "api": Asked(at["api"], api, {"Authorization": f"Bearer {key}"}),
            "open": Asked(at["pages"], ("/", "/board", "/static/notice.css"), {}),
        },
        personal=(WORDS, *(plate for clip in clips for plate in _plates(clip))),
    )


def _plates(clip: Path) -> Iterator[str]:
    for passage in read_passages(clip):
        if text := getattr(passage.plate, "text", ""):
            yield text


@contextmanager
def going_on(office: Office) -> Iterator[None]:
    """Have the servers run, the followers, and those who ask."""
    here = ["--office", str(office.post.place)]
    works = {
        "receive": ["office", "receive", "--follow", str(office.live), *here, "--json"],
        "deliver": ["office", "deliver", "--watch", *here],
    }
    for name, how in SERVERS.items():
        port = office.at[name].rpartition(":")[2]
        works[name] = ["serve", *how, "--port", port, *here]
    children = {name: begin(partial(cli.run, words), office.post) for name, words in works.items()}
    try:
        for address in office.at.values():
            _wait_for(address)
        _come_in(office)
        asking = begin(partial(ask_on, office.asked, office.told), office.post)
        time.sleep(BEFORE_S)
        try:
            yield
        finally:
            os.kill(asking, signal.SIGTERM)
            waited_for(asking)
    finally:
        office.wrong += (
            words for name, child in children.items() if (words := _told_to_end(name, child))
        )


def _told_to_end(name: str, child: int) -> str:
    """What is wrong with how it ends; empty where nothing is."""
    if os.waitpid(child, os.WNOHANG)[0]:
        return f"{name} ended by itself"
    os.kill(child, signal.SIGTERM)
    code = waited_for(child)
    # A server that was told to end by a signal passes it on once it has ended well.
    allowed = {0, -signal.SIGTERM} if name in SERVERS else {0}
    return "" if code in allowed else f"{name} was told to end, and ended with {code}"


def _wait_for(address: str) -> None:
    def answers_now() -> bool:
        try:
            return httpx.get(f"{address}/").status_code > 0
        except httpx.HTTPError:
            return False

    if until(answers_now, 60.0) >= 60.0:
        raise RuntimeError(f"nobody answers at {address}")


def _come_in(office: Office) -> None:
    """Let the owner open the notice, at the server that only shows it."""
    with httpx.Client(base_url=office.at["pages"]) as client:
        typed = _typed(client.get("/").text, number=office.number, plate=office.plate)
        before = {"Cookie": f"visit={client.cookies['visit']}"}
        office.asked["entry"] = Asked(office.at["pages"], ("/notice",), before, typed)
        client.post("/notice", data=typed)
        opened = {"Cookie": f"visit={client.cookies['visit']}"}
    paths = ("/notice", "/notice?lang=sq", "/notice/photo", "/notice/data")
    office.asked["owner"] = Asked(office.at["pages"], paths, opened)


def _typed(page: str, **fields: str) -> dict[str, str]:
    found = _TOKEN.search(page)
    return {"token": found[1] if found else "", "lang": "en", **fields}


def object_to(office: Office) -> int:
    """Let the owner object at the server that takes forms; how the last step was answered."""
    with httpx.Client(base_url=office.at["forms"], timeout=60.0) as client:
        typed = _typed(client.get("/").text, number=office.number, plate=office.plate)
        if (opened := client.post("/notice", data=typed)).status_code != 303:
            return opened.status_code
        shown = client.get("/notice/write/person")
        if shown.status_code != 200:
            return shown.status_code
        sent = _typed(shown.text, words=WORDS, step="send")
        return client.post("/notice/write/person", data=sent).status_code


def until(holds: Callable[[], bool], longest_s: float) -> float:
    """After how many seconds something holds; ``longest_s`` where it does not."""
    began_s = time.monotonic()
    while not holds() and time.monotonic() - began_s < longest_s:
        time.sleep(0.1)
    return min(time.monotonic() - began_s, longest_s)


def without(
    gone: Gone, office: Office, clip: Path, seconds: float, work: Work, *, timed: bool = True
) -> Came:
    """Let a clip come in while something is gone for so many seconds; what came of it all.

    Args:
        gone: Takes it away.
        office: Its servers do not run yet.
        clip: The clip, somewhere else.
        seconds: For so long.
        work: Of the office, once all is back.
        timed: A page that takes long is wrong.
    """
    post, wrong = office.post, office.wrong
    with going_on(office):
        with gone(post.place):
            began_s = time.monotonic()
            shutil.copytree(clip.parent, post.beside / "coming")
            (post.beside / "coming").rename(office.live / "clip")
            at_the_desk = begin(partial(desk, post), post)
            objected = object_to(office)
            time.sleep(max(0.0, began_s + seconds - time.monotonic()))
            ended_s = time.monotonic()
        waited_for(at_the_desk)
        received_s = until(lambda: _cases(post) == 2 * office.cases[0], RECEIVED_S)
        shown_s = until(lambda: _all_shown(office), SHOWN_S)
        if code := waited_for(begin(partial(desk, post), post)):
            wrong.append(f"with all back the desk ended with {code}")
        if until(lambda: object_to(office) == 303, SHOWN_S) >= SHOWN_S:
            wrong.append(f"an objection is answered by {objected}, and with all back not taken")
        sent_s = until(lambda: _sent(post) == 2 * office.cases[1] + 1, SENT_S)
        if received_s >= RECEIVED_S or sent_s >= SENT_S or shown_s >= SHOWN_S:
            wrong.append(f"not by itself: {received_s:.0f}, {shown_s:.0f} and {sent_s:.0f} s")
    told = [each for each in answers(office.told) if each.at_s >= began_s]
    meanwhile = tuple(each for each in told if each.at_s < ended_s)
    wrong += dict.fromkeys(_badly_told(office, told))
    wrong += dict.fromkeys(_late(meanwhile)) if timed else ()
    wrong += ended(work, post)
    wrong += _objections(office)
    late = [each for each in told if each.status >= 500 and each.at_s >= ended_s]
    return Came(
        answers=meanwhile,
        slowest_s=max((each.took_s for each in meanwhile), default=0.0),
        shown_s=max([0.0, *(each.at_s - ended_s for each in late)]),
        received_s=received_s,
        sent_s=sent_s,
        wrong=tuple(wrong),
    )


def _cases(post: Post) -> int:
    with open_store(post.place) as store:
        return len(cases_in(store, *State))


def _sent(post: Post) -> int:
    with open_store(post.place) as store:
        return sum(each.state == NoticeState.SENT for each in notices(store))


def _all_shown(office: Office) -> bool:
    """Whether all that was asked for in the last moment was shown."""
    since_s = time.monotonic() - 1.0
    last = [each for each in answers(office.told) if each.at_s >= since_s]
    return bool(last) and all(each.status in {200, 303} for each in last)


def _badly_told(office: Office, told: Sequence[Answer]) -> Iterator[str]:
    """What is wrong with how people were answered, and with what stands in the logs."""
    for each in told:
        if each.status not in {200, 303, 503}:
            yield f"{each.page} was answered by {each.status}: {each.words[:200]}"
        if each.status == 503 and not _says_so(each.words):
            yield f"{each.page} does not say that it cannot be shown: {each.words[:200]}"
    shown = [each.words for each in told] + [office.post.complaints.read_text()]
    for personal in office.personal:
        if any(personal in words for words in shown):
            yield f"{personal!r} stands in clear in a fault or a log"


def _late(told: Sequence[Answer]) -> Iterator[str]:
    for each in told:
        if each.status == 503 and each.took_s > AT_ONCE_S:
            yield f"{each.page} took {AT_ONCE_S} s and more to be answered by {each.status}"


def _says_so(words: str) -> bool:
    return "does not work now" in words or "cannot answer now" in words


def _objections(office: Office) -> Iterator[str]:
    with open_store(office.post.place) as store:
        told = [each.what for each in history_of(store, office.number)]
    if told.count(Act.CONTEST) != 1:
        yield f"an objection is told {told.count(Act.CONTEST)} times: {told}"
