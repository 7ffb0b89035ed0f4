"""What a sink is given of a letter in a file is what it would be given of the same letter in memory."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import tracemalloc
from pathlib import Path

import pytest

from sievepy.mail.edit import Author, Trace, canonical, trace_field
from sievepy.relay.parcels import Parcels
from sievepy.sinks.letter_file import PIECE, LetterFile
from sievepy.sinks.port import ATTEMPT, Parcel
from sievepy.spool.port import Delivery, DeliveryState

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
SECRET = b"k" * 32
PARCELS = Parcels("x.kz", SECRET, Author("postmaster@x.kz"))
OPTIONS = {"sender": "a@b.kz", "headers": "Received: from b.kz\nX-Sievepy-ID: l1"}
DELIVERY = Delivery("d1", "l1", "email", "c@d.kz", "buh", False, (), OPTIONS, DeliveryState.LEASED, 1, NOON, NOON)
NOTICE = dataclasses.replace(DELIVERY, channel="notify", rules=("Акты\r\nи счета",), options={"subject": "Акт сверки"})
OURS = "{}: {}\r\n".format(*trace_field(Trace("l0", "0" * 64), SECRET)).encode()
BODY = b"line\r\n" * 60_000


def whole(parcel: Parcel) -> bytes:
    data = parcel.data if isinstance(parcel.data, bytes) else b"".join(parcel.data.pieces())
    assert parcel.size == len(data)
    return data


LETTERS = [
    b"Subject: x\r\n\r\n" + BODY,
    b"X-Sievepy-Tag: forged\r\n and folded\r\nSubject: x\r\nx-sievepy-rule: forged\r\n\r\nX-Sievepy-Tag: text\r\n"
    + BODY,
    OURS + b"Subject: x\r\nX-Sievepy-Tag: forged\r\n\r\n" + BODY,
    b" no header block\r\n" + BODY,
    b"X-Sievepy-Tag: forged\r\n then text\r\n" + BODY,
    b"\r\n" + BODY,
    b"X-Sievepy-Tag: without an end",
    b"",
    b"Subject: " + b"x" * (PIECE - 12) + b"\r\n\r\nX-Sievepy-Tag: text\r\n",  # the empty line lies on an edge
    b"A: b\r\n" * 30_000 + b"X-Sievepy-Tag: forged\r\n\r\n" + BODY,
]


@pytest.mark.parametrize("data", LETTERS, ids=range(len(LETTERS)))
def test_a_letter_in_a_file_is_passed_on_like_one_in_memory(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "letter"
    path.write_bytes(data)
    in_file = PARCELS.of(DELIVERY, "c@d.kz", path)
    assert isinstance(in_file.data, LetterFile)
    assert whole(in_file) == whole(PARCELS.of(DELIVERY, "c@d.kz", data))


def test_it_is_wrapped_like_one_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_bytes(LETTERS[0])
    in_file = PARCELS.wrapped(DELIVERY, "c@d.kz", path, "a bare CR", NOON)
    assert whole(in_file) == whole(PARCELS.wrapped(DELIVERY, "c@d.kz", LETTERS[0], "a bare CR", NOON))
    assert canonical(base64.encodebytes(LETTERS[0])) in whole(in_file)


def test_only_the_header_block_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_bytes(b"X-Sievepy-Tag: forged\r\n\r\n" + b"x\r\n" * (10 << 20))
    tracemalloc.start()
    PARCELS.of(DELIVERY, "c@d.kz", path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * PIECE


def test_a_notice_has_the_subject_it_was_given_in_one_line_of_text() -> None:
    data = whole(PARCELS.notice([NOTICE], "c@d.kz"))
    head, _, body = data.partition(b"\r\n\r\n")
    text = base64.b64decode(body).decode()
    assert text == "A letter came.\r\n\r\nQueue id: l1\r\nRule: Акты  и счета\r\nSubject: Акт сверки\r\n"
    assert b"Subject: Letter l1\r\n" in head


@pytest.mark.parametrize(
    ("attempts", "may_have_arrived", "said"), [(1, False, "1"), (3, False, "3"), (1, True, "2"), (3, True, "3")]
)
def test_what_may_have_arrived_is_no_first_attempt(attempts: int, may_have_arrived: bool, said: str) -> None:
    """A person who has it tried again begins the count anew; a maildir must look for the letter all the same."""
    delivery = dataclasses.replace(DELIVERY, attempts=attempts, may_have_arrived=may_have_arrived)
    assert PARCELS.of(delivery, "c@d.kz", b"").options[ATTEMPT] == said
