"""Between rows and the port's values. What cannot be read raises Damaged, so that the row is set aside and others
go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from sievepy.mail.envelope import Envelope
from sievepy.spool.port import Delivery, DeliveryState, JournalEntry, LetterState, Queued

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
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
    return (moment - EPOCH) // _MICROSECOND


def moment(microseconds: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=microseconds)


def json(value: object) -> str:
    return _encode(value).decode()


def queued(row: Mapping[str, Any]) -> Queued:
    try:
        return Queued(
            letter=row["id"],
            state=LetterState(row["state"]),
            envelope=_decode_envelope(row["envelope"]),
            size=row["size"],
            message_id=row["message_id"],
            accepted_at=moment(row["accepted_at"]),
            attempts=row["attempts"],
            program=row["program"],
        )
    except (ValueError, TypeError, OverflowError, msgspec.DecodeError) as error:
        raise Damaged(f"row {row['number']}: {error}") from error


def damaged_letter(row: Mapping[str, Any]) -> Queued:
    """What can be shown of a letter whose row cannot be read."""
    return Queued(str(row["id"]), LetterState.CORRUPT, Envelope(), 0, None, EPOCH, 0)


def delivery(row: Mapping[str, Any]) -> Delivery:
    """Of a row of `deliveries` with the letter's id beside it as `letter_id`."""
    try:
        return Delivery(
            id=row["id"],
            letter=row["letter_id"],
            channel=row["channel"],
            target=row["target"],
            department=row["department"],
            reference=bool(row["reference"]),
            rules=_decode_names(row["rules"]),
            options=_decode_options(row["options"]),
            state=DeliveryState(row["state"]),
            attempts=row["attempts"],
            created_at=moment(row["created_at"]),
            next_at=moment(row["next_at"]),
            last_reply=row["last_reply"],
            may_have_arrived=bool(row["may_have_arrived"]),
        )
    except (ValueError, TypeError, OverflowError, msgspec.DecodeError) as error:
        raise Damaged(f"row {row['number']}: {error}") from error


def departments(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a row of `threads`."""
    try:
        return _decode_names(row["departments"])
    except (ValueError, TypeError) as error:
        raise Damaged(f"thread {row['number']}: {error}") from error


def entry(row: Mapping[str, Any]) -> JournalEntry:
    return JournalEntry(
        moment(row["at"]), row["what"], row["who"], row["letter"], row["delivery"], row["why"], row["program"]
    )
