"""The log: one JSON object a line, lines for people on a terminal, and no words of an error that may be a letter's."""

from __future__ import annotations

import datetime as dt
import io
import json

from sievepy.relay.log import named, open_log

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_one_json_object() -> None:
    out = io.StringIO()
    open_log(lambda: NOON, out).info("letter", id="0h2b4k", rules=("Акты\nи счета",))
    (line,) = out.getvalue().splitlines()
    assert json.loads(line) == {
        "event": "letter",
        "level": "info",
        "at": "2026-01-15T12:00:00.000+00:00",
        "id": "0h2b4k",
        "rules": ["Акты\nи счета"],
    }
    assert "Акты" in line


def test_on_a_terminal_it_is_for_people() -> None:
    out = Terminal()
    open_log(lambda: NOON, out).error("dead", letter="0h2b4k")
    assert "dead" in out.getvalue()
    assert "{" not in out.getvalue()


def test_an_error_is_named_by_its_kind_and_place() -> None:
    try:
        raise KeyError("words of a letter")
    except KeyError as problem:
        name = named(problem)
    assert name.startswith("KeyError at test_log.py:")
    assert "words" not in name
