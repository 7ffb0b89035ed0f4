"""`sievepy.toml` and the variables that override it -> the packages' own settings. What is wrong is a diagnostic with
its place.

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

[editor]
archive = "archive"                 # letters in which editors count what each rule matches: maildir, mbox or folder
```

The tables of the relay, `[relay] [limits] [spool] [channels] [places]`, are in `service.py`; what is configured there
need not be named below `[sinks]` again.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

import msgspec

from sievepy.config import service
from sievepy.config.checks import service_of
from sievepy.config.codes import CODES
from sievepy.config.reading import Written, read_written
from sievepy.config.tables import File
from sievepy.mail.address import canonical
from sievepy.mail.trust import NO_TRUST, Trust
from sievepy.rules_lang.settings import Settings
from sievepy.text import Diagnostic

__all__ = ["CODES", "DEFAULT_RECIPIENT", "FILE_NAME", "Config", "as_config", "parse_config", "read_written"]

FILE_NAME = "sievepy.toml"
DEFAULT_RECIPIENT = "info@test.example"


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
    archive: str | None = None
    """Letters in which editors count what each rule matches: the path of a maildir, an mbox or a folder."""


def parse_config(
    path: str | None, text: str, environment: Mapping[str, str] | None = None
) -> tuple[Config, tuple[Diagnostic, ...]]:
    """The configuration in `text`, read from `path` (None: there is no file), under the variables that override it.
    Where there are errors, the Config is of no use."""
    written = read_written(path, text, environment or {})
    return as_config(path, written), written.problems


def as_config(path: str | None, written: Written) -> Config:
    """The settings of the packages. Relative paths begin in the file's folder; without a file, in the working one."""
    if written.problems or not written.anything:
        return Config()
    return _config(PurePath(path or "sievepy.toml").parent, written.file)


def _config(folder: PurePath, file: File) -> Config:
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
        root=str(folder),
    )
    trust = Trust(file.trust.hops, file.trust.authserv_id, file.trust.spam_score)
    rules = None if file.rules is None else str(folder / file.rules)
    recipient = file.intake.addresses[0] if file.intake.addresses else DEFAULT_RECIPIENT
    archive = None if file.editor.archive is None else str(folder / file.editor.archive)
    return Config(rules, settings, trust, recipient, service_of(file), str(folder), archive)


def _present(table: msgspec.Struct) -> frozenset[str]:
    return frozenset(name for name in table.__struct_fields__ if getattr(table, name) is not None)
