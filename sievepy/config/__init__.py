"""`sievepy.toml` -> the packages' own settings. What is wrong in it is a diagnostic with its place.

```toml
rules = "rules/main.rules"          # beside this file
zone = "Asia/Almaty"                # of working hours and days

[intake]
addresses = ["info@x-com.kz"]       # where letters come in: a forward there would be a loop
edge = false                        # true: we are the MX, so refusing reaches the sender

[trust]
hops = 1                            # how many Received headers, from the top, our own servers write
authserv-id = "mx.x-com.kz"         # whose Authentication-Results are believed
spam-score = "X-Spam-Score"         # the header that holds the number of `spam score`

[sinks]                             # what letters can be done with here; rules that need more are errors
channels = ["email", "maildir"]     # email maildir imap bitrix
places = ["triage", "file", "quarantine", "discard"]
printers = ["front-desk"]
programs = ["archive"]
portals = ["main"]
notify = true
reply = false
```

The tables of the relay, `[relay] [limits] [spool] [channels] [places]`, are in `service.py`; what is configured there
need not be named below `[sinks]` again.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import zoneinfo
from dataclasses import dataclass
from pathlib import PurePath
from typing import get_args

import msgspec

from sievepy.config import service
from sievepy.config.limits import Limits
from sievepy.mail.address import canonical
from sievepy.mail.trust import NO_TRUST, Trust
from sievepy.rules_lang.settings import Settings
from sievepy.text import Diagnostic, SourceFile, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import error
from sievepy.text.nearest import nearest

FILE_NAME = "sievepy.toml"
DEFAULT_RECIPIENT = "info@test.example"
CHANNELS = frozenset({"email", "maildir", "imap", "bitrix"})
PLACES = frozenset({"triage", "file", "quarantine", "discard"})


@dataclass(frozen=True, slots=True)
class Config:
    """`rules`: the entry file's path, as written resolved against the configuration's folder; None if none is named."""

    rules: str | None = None
    settings: Settings = Settings()  # noqa: RUF009  (frozen)
    trust: Trust = NO_TRUST
    recipient: str = DEFAULT_RECIPIENT
    """The first configured intake address, to which the letters of tests go."""
    service: service.Service = service.Service(  # noqa: RUF009  (frozen)
        service.Relay(), service.Spool(), service.Channels(), service.Places()
    )
    folder: str = "."
    """The configuration's own folder; relative paths in it begin there."""


class _Intake(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    addresses: list[str] = msgspec.field(default_factory=list)
    edge: bool = False


class _Trust(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="kebab"):
    hops: int | None = None
    authserv_id: str | None = None
    spam_score: str = NO_TRUST.spam_score


class _Sinks(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    channels: list[str] = msgspec.field(default_factory=list)
    places: list[str] = msgspec.field(default_factory=list)
    printers: list[str] = msgspec.field(default_factory=list)
    programs: list[str] = msgspec.field(default_factory=list)
    portals: list[str] = msgspec.field(default_factory=list)
    notify: bool = False
    reply: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    rules: str | None = None
    zone: str = "UTC"
    intake: _Intake = _Intake()
    trust: _Trust = _Trust()
    sinks: _Sinks = _Sinks()
    relay: service.Relay = service.Relay()
    limits: Limits = Limits()
    spool: service.Spool = service.Spool()
    channels: service.Channels = service.Channels()
    places: service.Places = service.Places()


def parse_config(path: str, text: str) -> tuple[Config, tuple[Diagnostic, ...]]:
    """The configuration in `text`, read from `path`. Where there are errors, the Config is of no use."""
    source = SourceFile.of(path, text)
    try:
        table = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as problem:
        return Config(), (_syntax_error(source, str(problem)),)
    try:
        file = msgspec.convert(table, _File)
    except msgspec.ValidationError as problem:
        return Config(), (_shape_error(source, str(problem)),)
    problems = tuple(_check(source, file))
    if problems:
        return Config(), problems
    return _config(path, file), ()


def _config(path: str, file: _File) -> Config:
    settings = Settings(
        configured=True,
        zone=zoneinfo.ZoneInfo(file.zone),
        intake=frozenset(canonical(address) for address in file.intake.addresses),
        channels=frozenset(file.sinks.channels) | _present(file.channels),
        places=frozenset(file.sinks.places) | _present(file.places),
        printers=frozenset(file.sinks.printers),
        programs=frozenset(file.sinks.programs),
        portals=frozenset(file.sinks.portals),
        notify=file.sinks.notify or file.channels.email is not None,
        reply=file.sinks.reply,
        edge=file.intake.edge,
        trusted_hops=file.trust.hops,
        authserv_id=file.trust.authserv_id,
        root=str(PurePath(path).parent),
    )
    trust = Trust(file.trust.hops, file.trust.authserv_id, file.trust.spam_score)
    rules = None if file.rules is None else str(PurePath(path).parent / file.rules)
    recipient = file.intake.addresses[0] if file.intake.addresses else DEFAULT_RECIPIENT
    tables = service.Service(file.relay, file.spool, file.channels, file.places, file.limits)
    return Config(rules, settings, trust, recipient, tables, str(PurePath(path).parent))


def _present(table: msgspec.Struct) -> frozenset[str]:
    return frozenset(name for name in table.__struct_fields__ if getattr(table, name) is not None)


# ---------------------------------------------------------------- what is wrong, and where


def _check(source: SourceFile, file: _File) -> list[Diagnostic]:
    found = []
    if not _is_zone(file.zone):
        found.append(
            _value_error(source, "zone", f"`{file.zone}` is no time zone", "write a name such as `Asia/Almaty`")
        )
    for key, values, known in (("channels", file.sinks.channels, CHANNELS), ("places", file.sinks.places, PLACES)):
        for value in sorted(set(values) - known):
            advice = _did_you_mean(value, known) or "known are " + ", ".join(f"`{k}`" for k in sorted(known))
            found.append(_value_error(source, key, f"`{value}` is none of our {key}", advice))
    found += [
        _value_error(source, "addresses", f"`{address}` is no mail address", "write `name@domain`")
        for address in file.intake.addresses
        if "@" not in address.strip("@")
    ]
    tables = service.Service(file.relay, file.spool, file.channels, file.places, file.limits)
    found += [_value_error(source, *problem) for problem in service.problems(tables)]
    if file.trust.hops is not None and file.trust.hops < 0:
        found.append(_value_error(source, "hops", "`hops` counts Received headers, so it is 0 or more", None))
    return found


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name).utcoffset(dt.datetime(2026, 1, 1))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _syntax_error(source: SourceFile, message: str) -> Diagnostic:
    match = re.search(r"\s*\(at line (\d+), column (\d+)\)$", message)
    if match is None:
        return error("E151", f"not TOML: {message}", source.span(len(source.text), len(source.text)))
    row, column = int(match[1]), int(match[2])
    before = sum(len(source.line(r)) + 1 for r in range(1, row))
    start = min(before + column - 1, len(source.text))
    return error("E151", f"not TOML: {message[: match.start()]}", source.span(start, min(start + 1, len(source.text))))


def _shape_error(source: SourceFile, message: str) -> Diagnostic:
    """An error of msgspec, which names the key (`unknown field `x``) and the path of its table (`$.trust`)."""
    path = re.search(r" - at `\$\.?([^`]*)`$", message)
    table = path[1] if path else ""
    text = message if path is None else message[: path.start()]
    unknown = re.search(r"unknown field `([^`]*)`", text)
    if unknown is None:
        key = re.sub(r"\[[^]]*\]", "", table).rpartition(".")[2]
        return error("E153", f"`{table or key}`: {text[0].lower()}{text[1:]}", _find(source, key))
    known = _keys_of(table)
    advice = _did_you_mean(unknown[1], known) or "known are " + ", ".join(f"`{k}`" for k in sorted(known))
    where = f" in `[{table}]`" if table else ""
    return error("E152", f"unknown key `{unknown[1]}`{where}", _find(source, unknown[1]), help=advice)


def _keys_of(table: str) -> frozenset[str]:
    """The keys of the table at a dotted path; tables that may be missing are unions with None."""
    struct: type[msgspec.Struct] = _File
    for name in table.split(".") if table else ():
        (kind,) = (field.type for field in msgspec.structs.fields(struct) if field.encode_name == name)
        struct = next((each for each in get_args(kind) if each is not type(None)), kind)
    return frozenset(struct.__struct_encode_fields__)


def _value_error(source: SourceFile, key: str, message: str, advice: str | None) -> Diagnostic:
    return error("E153", message, _find(source, key), help=advice)


def _did_you_mean(word: str, known: frozenset[str]) -> str | None:
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else None


def _find(source: SourceFile, key: str) -> Span:
    """The place where a key (or table) is written; the whole first line if it is nowhere to be seen."""
    match = re.search(rf"^\s*\[?\s*\"?({re.escape(key)})\"?\s*[\]=.]", source.text, re.MULTILINE) if key else None
    return source.span(*match.span(1)) if match else source.span(0, len(source.line(1)))


CODES = (
    Code(
        "E151",
        "configuration-syntax",
        "`sievepy.toml` is not TOML. Nothing is run with a configuration that cannot be read whole.\n\n"
        "Use instead: quote strings, and write each table's name in brackets on a line of its own.",
    ),
    Code(
        "E152",
        "configuration-key",
        "A key or table of `sievepy.toml` that means nothing. Nothing is accepted and ignored: a misspelt key would "
        "leave its default in force without a word.\n\nUse instead: the key that the error proposes, or remove it.",
    ),
    Code(
        "E153",
        "configuration-value",
        "A value of `sievepy.toml` that is of the wrong type or names something unknown.\n\n"
        "Use instead: a value of the kind that the error names.",
    ),
)
