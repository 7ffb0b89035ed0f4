"""Labelled letters: reading them, and scoring an outcome."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest

from sievepy.mail.message import Message
from sievepy.plan import Assign, Discard, FileInto, Plan, Planned, Propose, Quarantine
from sievepy.ruletest.labelled import LabelError, Score, outcome, read_labelled, score


def reader(files: dict[str, bytes]) -> Callable[[str], bytes]:
    return lambda path: files[path]


def letters(*items: object) -> list[tuple[str, Message]]:
    lines = "\n".join(i if isinstance(i, str) else json.dumps(i) for i in items)
    found = read_labelled("box/l.jsonl", reader({"box/l.jsonl": lines.encode(), "box/a.eml": b"Subject: raw\n\nx\n"}),
                          dt.UTC, "info@test.example")  # fmt: skip
    return [(item.id, Message(item.data)) for item in found]


def test_a_letter_is_made_of_what_the_line_says() -> None:
    line = {
        "id": "L1", "expect": ["buh"], "from": "Ш <a@b.example>", "subject": "Акт сверки", "body": "жіберіңіз",
        "headers": {"X-One": "1"}, "attachments": [{"name": "akt.pdf"}, {"name": "ip.csv", "text": "1.2.3.4"}],
    }  # fmt: skip
    ((name, message),) = letters(line, "")
    assert name == "L1"
    assert message.header("Subject").values == ("Акт сверки",)
    assert message.header("X-One").values == ("1",)
    assert [p.filename for p in message.parts() if p.filename] == ["akt.pdf", "ip.csv"]
    assert "1.2.3.4" in message.parts()[-1].text().text


def test_a_raw_letter_is_read_from_beside_the_file() -> None:
    ((_, message),) = letters({"id": "R", "file": "a.eml", "expect": ["tech"]})
    assert message.header("subject").values == ("raw",)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "box/l.jsonl:1: not a JSON object"),
        ("[]", "box/l.jsonl:1: a labelled letter is a JSON object"),
        ({"id": "x"}, "box/l.jsonl:1: `expect` is missing"),
        ({"expect": ["a"], "sbject": "x"}, "box/l.jsonl:1: unknown field 'sbject'"),
    ],
)
def test_a_bad_line_is_named(line: object, complaint: str) -> None:
    with pytest.raises(LabelError, match=complaint):
        letters(line)


def plan(*actions: object) -> Plan:
    return Plan(tuple(Planned(action, ("r",)) for action in actions))  # type: ignore[arg-type]


def test_the_outcome_in_the_words_of_labels() -> None:
    assert outcome(plan(Assign("abon"), Assign("ip", also=True))) == {"abon", "ip"}
    assert outcome(plan(FileInto("x"))) == {"unsorted"}
    assert outcome(plan(Propose("director"))) == {"unsorted"}
    assert outcome(plan(Quarantine("spam"))) == {"spam"}
    assert outcome(plan(Discard())) == {"spam"}


@pytest.mark.parametrize(
    ("got", "expect", "accept", "result"),
    [
        ({"tech", "buh"}, {"buh", "tech"}, set(), Score.EXACT),
        ({"tech"}, {"ip", "tech"}, set(), Score.ACCEPTED),
        ({"ip"}, {"tech"}, {"ip"}, Score.ACCEPTED),
        ({"unsorted"}, {"tech"}, set(), Score.TRIAGE),
        ({"unsorted"}, {"unsorted"}, set(), Score.EXACT),
        ({"tech", "abon"}, {"tech"}, set(), Score.WRONG),
        ({"spam"}, {"unsorted"}, set(), Score.WRONG),
    ],
)
def test_score(got: set[str], expect: set[str], accept: set[str], result: Score) -> None:
    assert score(frozenset(got), frozenset(expect), frozenset(accept)) == result
