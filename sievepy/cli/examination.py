"""All that `sievepy doctor` looks at, for one configuration. Nothing is made that was not there, and no secret read."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sievepy.cli.health import Line, fail, machine, network, ok, storage, warn
from sievepy.cli.relay_check import queue
from sievepy.cli.service import make_sinks, read_config, rules_of, serving
from sievepy.cli.wiring import Misconfigured, Unusable, now
from sievepy.config.build import Incomplete, layout_of, relay_settings, smtp_settings, spool_settings
from sievepy.config.service import Maildir, read_address
from sievepy.disk.soundness import is_folder
from sievepy.text.render import concise

if TYPE_CHECKING:
    from sievepy.config import Config
    from sievepy.spool.settings import Settings as SpoolSettings

_NO_SECRET = bytes(32)
_MOUNTS = Path("/proc/self/mountinfo")


async def examine(config_path: str | None, rules: Path | None) -> list[Line]:
    """Raises Unusable where there is no reading the configuration at all."""
    python = tuple(sys.version_info[:3])
    try:
        config = read_config(config_path)
    except Misconfigured as wrong:
        shows = "sievepy config" + ("" if config_path is None else f" --config {shlex.quote(config_path)}")
        found = [fail("configuration", concise(problem), problem.help or shows) for problem in wrong.problems]
        return [*machine.machine(python, now(), dt.UTC), *found]
    lines = [*machine.machine(python, now(), config.settings.zone), _configuration(config)]
    lines.append(await _rules(config, rules))
    lines += _folders(config)
    lines += await _queue(spool_settings(config))
    lines += _files(config, now())
    lines += _ports(config)
    lines += await _servers(config)
    return lines


def _configuration(config: Config) -> Line:
    if not config.settings.configured:
        return warn("configuration", "none: the relay listens on loopback, into maildirs", "sievepy init")
    try:
        relay_settings(config, _NO_SECRET)
    except Incomplete as problem:
        return fail("configuration", f"it lacks {problem}", "add it to sievepy.toml")
    return ok("configuration")


async def _rules(config: Config, rules: Path | None) -> Line:
    from sievepy.relay.compiling import compile_aside

    try:
        compiled = await compile_aside(rules_of(config, rules))
    except Unusable as problem:
        where = "`rules` in the configuration" if rules is None else "the option --rules"
        return fail("rules", problem.message, f"correct {where}, or let the relay's user read the file")
    what = f"rules and their {compiled.tests} tests"
    if not compiled.problems:
        return ok(what)
    first, more = compiled.problems[0], len(compiled.problems) - 1
    found = f"{first}; and {more} more" if more else first
    return fail(what, found, "`sievepy check --tests` and `sievepy relay --check` show them all")


# ---------------------------------------------------------------- disks


def _folders(config: Config) -> Iterator[Line]:
    layout, channels = layout_of(config), config.service.channels
    spool = spool_settings(config).folder
    wanted = {spool: "queue"}
    if channels.maildir is not None or channels.email is None:
        wanted[layout.path((channels.maildir or Maildir()).root)] = "maildirs"
    if channels.email is not None and channels.email.maildir is not None:
        wanted[layout.path(channels.email.maildir)] = "maildirs"
    mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace") if _MOUNTS.exists() else ""
    yield from (storage.folder(name, path, mounts) for path, name in wanted.items())
    yield from storage.same_file_system("queue", spool, ("incoming", "letters"))
    if is_folder(spool) and os.geteuid() == 0 and spool.stat().st_uid != 0:
        yield warn(
            "user", "root may do what the relay's user may not", f"sudo -u '#{spool.stat().st_uid}' sievepy doctor"
        )


async def _queue(settings: SpoolSettings) -> list[Line]:
    from sievepy.spool.sqlite import FILE

    what = f"database {settings.folder / FILE}"
    try:
        if not (settings.folder / FILE).exists():
            return [ok(what, "will be made"), storage.room(settings)]
    except OSError as refused:
        fix = f"run this as the relay's user, or let this one read {settings.folder}"
        return [fail(what, f"it cannot be looked at: {refused.strerror}", fix), storage.room(settings)]
    _, problem = await queue(settings)
    if problem is None:
        return [ok(what, "of a schema that this program knows"), storage.room(settings)]
    fix = "run the version of sievepy that made it, or restore it (docs/operations/backup.md)"
    return [fail(what, problem, fix), storage.room(settings)]


def _files(config: Config, moment: dt.datetime) -> Iterator[Line]:
    """Certificates, keys, and files with secrets; what they hold is not looked at."""
    layout, relay, email = layout_of(config), config.service.relay, config.service.channels.email
    yield storage.secret_file("secret", layout.path(relay.secret_file), made=True)
    if relay.users_file is not None:
        yield storage.secret_file("users", layout.path(relay.users_file))
    if relay.certificate is not None and relay.key is not None:
        yield storage.certificate("certificate", layout.path(relay.certificate), moment)
        yield storage.secret_file("key", layout.path(relay.key))
    if email is not None and email.ca_file is not None:
        yield storage.certificate("authorities", layout.path(email.ca_file), moment)
    if email is not None and email.password_file is not None:
        yield storage.secret_file("password", layout.path(email.password_file))


# ---------------------------------------------------------------- the network


def _ports(config: Config) -> Iterator[Line]:
    from sievepy.sources.smtp.descriptors import may_have

    process = serving(spool_settings(config).folder)
    smtp = smtp_settings(config, {})
    for one in smtp.listeners:
        yield network.port(one.host, one.port, process)
    if config.service.relay.metrics:
        yield network.port(*read_address(config.service.relay.metrics), process)
    if problem := may_have(smtp.limits.connections):
        reason, _, fix = problem.partition(": ")
        yield fail("connections", reason, fix)


async def _servers(config: Config) -> list[Line]:
    """Maildirs were looked at as folders; what is left are mail servers."""
    lines = [network.hostname(config.service.relay.hostname)] if config.settings.configured else []
    email = config.service.channels.email
    if email is None or email.host is None:
        return lines
    found = await network.name("mail server", email.host)
    lines.append(found)
    if found.verdict == "fail":
        return lines
    what = f"mail server {email.host}:{email.port}"
    try:
        checked = make_sinks(config)["email"]
    except Unusable as problem:
        return [*lines, fail(what, problem.message, "correct `[channels.email]`")]
    return [*lines, await network.sink(what, checked)]
