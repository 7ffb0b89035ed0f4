"""Plays the dialogs beside this file against a live server.

# why                       a comment
with recipients 2           a limit of the server
with normalize              the client's bare newlines are repaired
with tls | user | xclient   a certificate; a submission user `anna` / `secret` too; the client is an XCLIENT peer
with require-tls | proxy    no letter without TLS; the client is a proxy, and only 192.0.2.0/24 may send
c -> TEXT                   the client sends a line
c ~> TEXT                   … bytes, with Python's escapes and no line end
c <- TEXT                   one line of reply, exactly; `…` at its end: it begins so
c <~ REGEX                  one line of reply
c tls                       the client begins TLS
c closed                    the server has closed the connection
c close                     the client hangs up
letters N                   so many letters were taken
letter TEXT                 the last one's bytes, with Python's escapes
sender TEXT                 its envelope sender
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sievepy.sources.smtp import Listener, Networks
from sievepy.sources.smtp.passwords import write_hash
from tests.dialogs.live import LOOPS, Client, Live, Loop, certificate, live

DIALOGS = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("path", DIALOGS, ids=lambda path: path.stem)
def test_the_server_keeps_to_the_dialog(path: Path, loop: Loop, tmp_path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    setup = [line.split()[1:] for line in lines if line.startswith("with ")]
    with live(tmp_path, loop=loop, **_settings(setup, tmp_path)) as server, server.client() as client:
        for line in lines:
            if not line.startswith("with "):
                _step(line, client, server)


def test_there_are_dialogs_and_each_says_why() -> None:
    assert len(DIALOGS) >= 25
    assert all(path.read_text("utf-8").startswith("# ") for path in DIALOGS)


def _settings(setup: list[list[str]], folder: Path) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for words in setup:
        match words:
            case ["normalize"]:
                changes["normalize"] = Networks.of("127.0.0.0/8")
            case ["nobody"]:
                changes["clients"] = Networks()
            case ["tls"]:
                changes["tls"] = certificate(folder)
            case ["user"]:
                changes["tls"] = certificate(folder)
                changes["users"] = {"anna": write_hash(b"secret", b"saltsalt")}
            case ["require-tls"]:
                changes["tls"], changes["require_tls"] = certificate(folder), True
            case ["proxy"]:
                changes["listeners"] = (Listener(port=0, proxied=True),)
                changes["proxies"], changes["clients"] = Networks.of("127.0.0.1"), Networks.of("192.0.2.0/24")
            case ["xclient"]:
                changes["xclient"] = Networks.of("127.0.0.1")
            case [limit, value]:
                changes[f"limits_{limit}"] = int(value)
            case _:
                raise ValueError(words)
    return changes


def _step(line: str, client: Client, server: Live) -> None:
    sort, _, text = line.partition(" ")
    if sort == "c":
        sort, _, text = text.partition(" ")
    if sort in ("letters", "letter", "sender"):
        _look(sort, text, server)
        return
    match sort:
        case "->":
            client.send(text.encode() + b"\r\n")
        case "~>":
            client.send(_bytes(text))
        case "<-" if text.endswith("…"):
            assert client.line().startswith(text[:-1])
        case "<-":
            assert client.line() == text
        case "<~":
            said = client.line()
            assert re.fullmatch(text, said), said
        case "tls":
            client.encrypt()
        case "closed":
            assert client.line() == ""
        case "close":
            client.close()
            server.settle()
        case _:
            raise ValueError(line)


def _look(sort: str, text: str, server: Live) -> None:
    """At what the intake has got."""
    letters = server.intake.letters
    if sort == "letters":
        assert len(letters) == int(text)
    elif sort == "letter":
        assert letters[-1][1] == _bytes(text)
    else:
        assert letters[-1][0].sender == text.strip('"')


def _bytes(text: str) -> bytes:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")
