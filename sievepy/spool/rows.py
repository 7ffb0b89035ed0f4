"""Between rows and the port's values. What cannot be read raises Damaged, so that the row is set aside and others
go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from sievepy.mail.envelope import Envelope
from sievepy.spool.port import Delivery, DeliveryState, JournalEntry, LetterState, Queued

Row = tuple[Any, ...]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode
_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_options = msgspec.json.Decoder(dict[str, str]).decode


class Damaged(Exception):
    """A row that this program did not write so."""


def microseconds(moment: dt.datetime) -> int:
    """Since 1970. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return (moment - EPOCH) // MICROSECOND


def moment(microseconds: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=microseconds)


def json(value: object) -> str:
    return _encode(value).decode()


def queued(row: Row) -> Queued:
    """Of the columns `{queued}`."""
    number, id, state, envelope, size, message_id, accepted_at, attempts, program = row
    try:
        return Queued(
            letter=id,
            state=LetterState(state),
            envelope=_decode_envelope(envelope),
            size=size,
            message_id=message_id,
            accepted_at=moment(accepted_at),
            attempts=attempts,
            program=program,
        )
    except (ValueError, TypeError, OverflowError, msgspec.DecodeError) as error:
        raise Damaged(f"row {number}: {error}") from error


def damaged_letter(row: Row) -> Queued:
    """What can be shown of a letter whose row cannot be read."""
    return Queued(str(row[1]), LetterState.CORRUPT, Envelope(), 0, None, EPOCH, 0)


def delivery(row: Row) -> Delivery:
    """Of the columns `{delivery}`."""
    number, _, id, letter, channel, target, department, reference, rules, options, state, *rest = row
    attempts, created_at, next_at, last_reply, may_have_arrived = rest
    try:
        return Delivery(
            id=id,
            letter=letter,
            channel=channel,
            target=target,
            department=department,
            reference=bool(reference),
            rules=_decode_names(rules),
            options=_decode_options(options),
            state=DeliveryState(state),
            attempts=attempts,
            created_at=moment(created_at),
            next_at=moment(next_at),
            last_reply=last_reply,
            may_have_arrived=bool(may_have_arrived),
        )
    except (ValueError, TypeError, OverflowError, msgspec.DecodeError) as error:
        raise Damaged(f"row {number}: {error}") from error


def thread(row: Row) -> tuple[bytes, tuple[str, ...]]:
    """The key of a row of `threads`, and who was given that letter."""
    number, key, departments = row
    try:
        return key, _decode_names(departments)
    except (ValueError, TypeError) as error:
        raise Damaged(f"thread {number}: {error}") from error


def entry(row: Mapping[str, Any]) -> JournalEntry:
    return JournalEntry(
        moment(row["at"]), row["what"], row["who"], row["letter"], row["delivery"], row["why"], row["program"]
    )
