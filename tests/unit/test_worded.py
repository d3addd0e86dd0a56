"""What staff are told: English to commands and history, and each reader's language on a page."""

import ast
import copy
import json
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import services
from services.notifier.language import Language
from services.refusals import refused
from services.web.tongue import said_in, worded_in
from services.worded import EnglishOnly, Series, Worded, message_of, worded
from speedcam.model import Reason, Refusal

SOURCES = sorted(Path(services.__file__).parent.rglob("*.py"))
ALBANIAN = worded_in(Language.SQ)


def fields(template):
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def uses(name):
    """Every place in the code that names ``name``, with the call that it stands in, or None."""
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == name:
                yield f"{path.name}:{node.lineno}", calls.get(id(node))


def templates():
    return {call.args[0].value: call for _, call in uses("worded")}


def test_every_sentence_is_written_out_where_it_is_said_with_all_its_values():
    """So that none can be said that :func:`templates` does not know."""
    for place, call in uses("worded"):
        assert call, f"{place}: worded is only called, never passed on"
        (template,) = call.args
        assert isinstance(template, ast.Constant), place
        assert sorted(each.arg or "**" for each in call.keywords) == fields(template.value), place
    made = [place for place, call in uses("Worded") if call and "worded.py" not in place]
    assert made == []


def test_no_module_calls_worded_by_another_name():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {each.name: each.asname for each in node.names}
                assert "services.worded" not in names, path
                assert not names.get("worded"), path


def test_every_sentence_has_albanian_words_and_no_words_are_left_over():
    assert ALBANIAN.keys() ^ templates().keys() == set()


@pytest.mark.parametrize("template", ALBANIAN, ids=range(len(ALBANIAN)))
def test_albanian_words_say_the_same_values(template):
    words = ALBANIAN[template]
    assert fields(words) == fields(template)
    assert not any(form or turn for _, _, form, turn in Formatter().parse(words))


def test_a_sentence_is_an_english_text_like_any_other():
    said = worded("the certificate ended on {day}", day=date(2026, 10, 13))
    plain = "the certificate ended on 2026-10-13"
    assert (said, hash(said), {said: 1}[plain]) == (plain, hash(plain), 1)
    assert json.dumps([said, f"{said}"]) == json.dumps([plain, plain])
    assert type(str(said)) is type("; ".join([said])) is str


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_sentence_keeps_its_parts(again):
    said = worded("{kmh} km/h is not above {limit_kmh} km/h", kmh=50, limit_kmh=50)
    copied = again(said)
    assert (copied, copied.template, copied.values) == (said, said.template, said.values)


def test_a_sentence_is_frozen():
    said = worded("no plate: {why}", why="x")
    with pytest.raises(AttributeError):
        said.template = "a plate: {why}"
    with pytest.raises(TypeError):
        said.values["why"] = "y"


ENDED = worded("the certificate ended on {day}", day=date(2026, 10, 13))
UNSURE = worded("the plate is read with {confidence:.3f}, below {sure}", confidence=0.9, sure=0.98)
CLOCK = worded(
    "the clock may be off by {off_s:g} s, more than {most_s:g} s", off_s=float("nan"), most_s=2.0
)
TWO = worded(
    "case {key} cannot be confirmed by anybody: {lacking}.",
    key="k",
    lacking=Series((worded("the film"), worded("money"))),
)
FOREIGN = worded("{site}: {fault}", site="<b>", fault=EnglishOnly("it & that"))


@pytest.mark.parametrize(
    ("said", "english", "albanian"),
    [
        (ENDED, "the certificate ended on 13 October 2026", "certifikata mbaroi më 13 tetor 2026"),
        (
            UNSURE,
            "the plate is read with 0.900, below 0.98",
            "targa u lexua me siguri 0,900, nën 0,98",
        ),
        (
            CLOCK,
            "the clock may be off by nan s, more than 2 s",
            "ora mund të gabojë deri në nan s, më shumë se 2 s",
        ),
        (
            TWO,
            "case k cannot be confirmed by anybody: the film; money.",
            "Çështjen k nuk mund ta konfirmojë askush: filmi; para.",
        ),
        (
            FOREIGN,
            "&lt;b&gt;: it &amp; that",
            '&lt;b&gt;: <span lang="en">it &amp; that</span>',
        ),
        ("of {nobody}", "of {nobody}", '<span lang="en">of {nobody}</span>'),
        (Worded("no words: {n}", {"n": 1}), "no words: 1", '<span lang="en">no words: 1</span>'),
    ],
    ids=["a day", "numbers", "no number", "several", "English inside", "prose", "no words"],
)
def test_a_reader_is_told_in_their_language_and_else_in_english(said, english, albanian):
    assert said_in(Language.EN, {}, said) == english
    assert said_in(Language.SQ, ALBANIAN, said) == albanian


def test_an_error_says_its_sentence_and_prose_stays_english():
    said = worded("no plate: {why}", why="x")
    assert message_of(ValueError(said)) is said
    assert isinstance(message_of(ValueError("gone")), EnglishOnly)
    assert message_of(ValueError()) == ""


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize(
    "numbers", [{}, {"width_px": 31.5, "frames": 2.0}], ids=["bare", "figures"]
)
def test_every_refusal_has_words_and_says_what_it_said(reason, numbers):
    refusal = Refusal(reason=reason, numbers=numbers)
    told = refused(refusal)
    assert isinstance(told, Worded)
    assert told == refusal.text()
