"""What a delivered letter tells of its envelope, and what it does not."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.mail.envelope import Envelope
from sievepy.mail.message import Message
from sievepy.sources import envelope_of

RECEIVED = "Received: from a (a [192.0.2.1]) by mx.x.kz; Thu, 15 Jan 2026 12:00:00 +0500"


def of(*lines: str) -> Envelope:
    return envelope_of(Message("\r\n".join([*lines, "From: a@b.kz", "", "text"]).encode()))


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        ("Return-Path: <ann@x.kz>", "ann@x.kz"),
        ("Return-Path: <>", ""),
        ("Return-path:ann@x.kz", "ann@x.kz"),
        ("Return-Path: < ann@x.kz > ", "ann@x.kz"),
        ("X-Return-Path: <ann@x.kz>", None),
    ],
)
def test_the_sender_is_the_return_path(line: str, sender: str | None) -> None:
    assert of(line).sender == sender


def test_of_several_return_paths_the_topmost_counts() -> None:
    assert of("Return-Path: <ours@x.kz>", RECEIVED, "Return-Path: <forged@y.kz>").sender == "ours@x.kz"


def test_recipients_are_those_the_delivery_agent_wrote() -> None:
    envelope = of("X-Original-To: info@x.kz", "Delivered-To: ann@x.kz", "Envelope-To: <info@x.kz>, b@x.kz", RECEIVED)
    assert envelope.recipients == ("info@x.kz", "ann@x.kz", "b@x.kz")


def test_recipients_below_the_topmost_received_header_are_anybodys() -> None:
    assert of(RECEIVED, "Delivered-To: boss@x.kz").recipients is None


def test_without_a_word_nothing_is_known() -> None:
    assert of() == Envelope()


def test_arrival_is_the_date_of_the_topmost_received_header() -> None:
    older = "Received: from b by a; Thu, 15 Jan 2026 01:00:00 +0500"
    arrival = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    assert of(RECEIVED, older).received_at == arrival
    assert of("Received: from b by a", older).received_at is None


def test_source_and_folder_are_the_callers() -> None:
    envelope = envelope_of(Message(b"\n"), "maildir", "SPAM")
    assert (envelope.source, envelope.folder) == ("maildir", "SPAM")
