"""Where the relay is put together: configuration, secrets, queue, sinks, server. Only `relay`, `queue` and `trace` come
here; it imports what the other commands must not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sievepy.cli import wiring
from sievepy.cli.wiring import Unusable, entry_file, find_config, now
from sievepy.config.build import (
    Incomplete,
    layout_of,
    policies,
    relay_settings,
    rules_settings,
    smtp_settings,
    spool_settings,
)
from sievepy.config.service import Maildir
from sievepy.disk.fail_points import Reach, pass_by

if TYPE_CHECKING:
    import ssl

    from sievepy.config import Config
    from sievepy.config.service import Email
    from sievepy.relay.compiling import Rules
    from sievepy.relay.settings import Settings as RelaySettings
    from sievepy.relay.supervisor import Parts
    from sievepy.sinks.port import Sink
    from sievepy.sources.smtp.settings import Settings as SmtpSettings
    from sievepy.spool.port import Spool

_SECRET = 32  # bytes
PID = "pid"
"""The file beside the queue that says which process serves it."""


def read_config(path: str | None) -> Config:
    """The configuration named, or the project's; embedded defaults where there is none. Raises Unusable."""
    return find_config() if path is None else wiring.read_config(Path(path).absolute())


def read_secret(config: Config) -> bytes:
    """The key that signs what may come back to us. It is made where there is none: losing it only means that bounces of
    what was sent before are not known any more."""
    from sievepy.disk.durable import make_folder, sync_folder, write_new

    path = layout_of(config).path(config.service.relay.secret_file)
    try:
        if not path.exists():
            make_folder(path.parent)
            write_new(path, secrets.token_hex(_SECRET).encode())
            sync_folder(path.parent)
        found = path.read_bytes().strip()
    except OSError as problem:
        raise Unusable(f"the secret of `[relay] secret-file` cannot be read: {problem}") from None
    if len(found) < _SECRET:
        raise Unusable(f"{path} holds {len(found)} bytes; a secret has at least {_SECRET}")
    return found


# ---------------------------------------------------------------- the queue, beside a running relay


def with_queue(config: str | None, work: Callable[[Spool], Awaitable[int]]) -> int:
    """Do something with the queue of the project, as a guest of a relay that may be running. Raises Unusable."""
    return asyncio.run(_with_queue(read_config(config), work))


async def _with_queue(config: Config, work: Callable[[Spool], Awaitable[int]]) -> int:
    from sievepy.spool.port import SpoolError
    from sievepy.spool.sqlite import FILE, SqliteSpool

    settings = spool_settings(config)
    if not (settings.folder / FILE).exists():
        raise Unusable(f"there is no queue in {settings.folder}: `sievepy relay` makes one")
    try:
        spool = await SqliteSpool.open(settings, now(), own=False)
    except SpoolError as problem:
        raise Unusable(str(problem)) from None
    try:
        return await work(spool)
    finally:
        await spool.close()


def poke(config: str | None) -> bool:
    """Tell a running relay that a person wants everything tried now; False if none runs."""
    process = serving(spool_settings(read_config(config)).folder)
    if process is None:
        return False
    try:
        os.kill(process, signal.SIGUSR1)
    except OSError:
        return False
    return True


def serving(folder: Path) -> int | None:
    """The process that serves this queue; None if none does. A file that a killed relay has left is not believed: its
    number may be another process's by now."""
    from sievepy.spool.files import owned
    from sievepy.spool.port import SpoolError

    try:
        with owned(folder):
            return None
    except SpoolError:
        pass  # it is somebody's
    except OSError:
        return None  # there is no queue, or it is not for us
    try:
        return int((folder / PID).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


# ---------------------------------------------------------------- the relay


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a relay is put together from; everything in it has been read, and nothing is open yet."""

    config: Config
    rules: Rules
    settings: RelaySettings
    smtp: SmtpSettings
    tls: ssl.SSLContext | None


def prepare(config_path: str | None, rules: Path | None = None) -> Prepared:
    """Raises Unusable."""
    config = read_config(config_path)
    found = rules_of(config, rules)
    try:
        settings = relay_settings(config, read_secret(config))
    except Incomplete as problem:
        raise Unusable(f"the configuration lacks {problem}") from None
    return Prepared(
        config,
        found,
        settings,
        smtp_settings(config, _users(config)),
        _tls(config),
    )


def rules_of(config: Config, rules: Path | None) -> Rules:
    """What is to be compiled, and under which conditions. Raises Unusable without an entry file."""
    from sievepy.relay.compiling import Rules
    from sievepy.ruletest.run import Conditions

    path = entry_file(rules, config)
    conditions = Conditions(config.settings.zone, config.trust, config.recipient)
    return Rules(str(path), rules_settings(config), conditions)


def _users(config: Config) -> dict[str, str]:
    name = config.service.relay.users_file
    if name is None:
        return {}
    path = layout_of(config).path(name)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise Unusable(f"cannot read {path}: {problem}") from None
    return dict(_user(path, n, line.strip()) for n, line in enumerate(lines, 1) if line.strip() and line[0] != "#")


def _user(path: Path, number: int, line: str) -> tuple[str, str]:
    """Name and hash. Raises Unusable, which shows nothing of the line: it may hold a password."""
    from sievepy.sources.smtp.passwords import read_hash

    user, _, hashed = line.partition(":")
    try:
        read_hash(hashed)
    except ValueError as problem:
        raise Unusable(f"{path}, line {number}: it is to be `name:hash`; {problem}") from None
    return user, hashed


def _tls(config: Config) -> ssl.SSLContext | None:
    from sievepy.wire.tls import server_context

    relay, layout = config.service.relay, layout_of(config)
    if relay.certificate is None or relay.key is None:
        return None
    try:
        return server_context(layout.path(relay.certificate), layout.path(relay.key))
    except OSError as problem:  # ssl.SSLError is one
        raise Unusable(f"the certificate of `[relay]` cannot be used: {problem}") from None


def make_sinks(config: Config, reach: Reach = pass_by) -> dict[str, Sink]:
    """The sink of each channel. Without any table letters go into maildirs beside the configuration."""
    from sievepy.sinks.maildirs import MaildirSink

    channels, layout, host = config.service.channels, layout_of(config), socket.gethostname()
    unconfigured = channels.email is None and channels.maildir is None
    maildir = channels.maildir or Maildir()
    sinks: dict[str, Sink] = {"maildir": MaildirSink(layout.path(maildir.root), host, reach)}
    if unconfigured:
        sinks["email"] = sinks["maildir"]
    elif channels.email is not None and channels.email.maildir is not None:
        sinks["email"] = MaildirSink(layout.path(channels.email.maildir), host, reach)
    elif channels.email is not None:
        sinks["email"] = _smtp_sink(config, channels.email, reach)
    return sinks


def _smtp_sink(config: Config, email: Email, reach: Reach) -> Sink:
    from sievepy.sinks.smtp import Settings, SmtpSink
    from sievepy.wire.smtp_client import Login, Peer
    from sievepy.wire.tls import Security, Trusted

    authorities = layout_of(config).path(email.ca_file) if email.ca_file is not None else None
    login = Login(email.user, _password(config, email)) if email.user is not None else None
    try:
        peer = Peer(
            email.host or "localhost",
            email.port,
            Security(email.tls),
            hello=config.service.relay.hostname,
            login=login,
        )
    except ValueError as problem:
        raise Unusable(f"`[channels.email]`: {problem}") from None
    return SmtpSink(Settings(peer, Trusted(authorities)), reach)


def _password(config: Config, email: Email) -> str:
    if email.password_env is not None:
        found = os.environ.get(email.password_env)
        if not found:
            raise Unusable(f"the variable `{email.password_env}` of `[channels.email] password-env` is not set")
        return found
    try:
        return layout_of(config).path(email.password_file or "").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise Unusable(f"the password of `[channels.email] password-file` cannot be read: {problem}") from None


async def serve(
    prepared: Prepared, *, reach: Reach = pass_by, sinks: Callable[[Config, Reach], dict[str, Sink]] = make_sinks
) -> None:
    """Run the relay until a signal ends it. Tests bring their `reach` and `sinks`. Raises Unusable; SpoolBroken if the
    queue's disk fails."""
    from sievepy.relay.supervisor import NotReady
    from sievepy.sources.port import SourceError
    from sievepy.spool.port import SpoolBroken, SpoolError
    from sievepy.spool.sqlite import SqliteSpool

    settings = spool_settings(prepared.config)
    try:
        spool = await SqliteSpool.open(settings, now(), reach=reach)
    except SpoolError as problem:
        raise Unusable(str(problem)) from None
    pid = settings.folder / PID
    try:
        pid.write_text(str(os.getpid()), encoding="ascii")
        await _supervise(prepared, assemble(prepared, spool, sinks(prepared.config, reach), reach))
    except NotReady as problem:
        raise Unusable(f"the rules do not stand:\n{problem}") from None
    except SpoolBroken:
        raise
    except (SourceError, SpoolError, OSError) as problem:
        raise Unusable(f"cannot start: {problem}") from None
    finally:
        with contextlib.suppress(OSError):
            pid.unlink()
        await spool.close()


async def _supervise(prepared: Prepared, parts: Parts) -> None:
    from sievepy.relay.supervisor import Supervisor

    supervisor = Supervisor(parts, prepared.settings, now)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    loop.add_signal_handler(signal.SIGHUP, supervisor.reload)
    loop.add_signal_handler(signal.SIGUSR1, parts.dispatcher.try_all)
    await supervisor.run(ready=lambda: None)


def assemble(prepared: Prepared, spool: Spool, sinks: dict[str, Sink], reach: Reach = pass_by) -> Parts:
    """All parts of a relay, with plain constructors; nothing is started."""
    import random  # noqa: TID251  # the wiring hands chance down

    from sievepy.mail.edit import Author
    from sievepy.relay.alarms import Alarms
    from sievepy.relay.compiling import compile_aside
    from sievepy.relay.dispatcher import Dispatcher
    from sievepy.relay.intake import RelayIntake
    from sievepy.relay.judge import Judge
    from sievepy.relay.log import open_log
    from sievepy.relay.metrics import Metrics
    from sievepy.relay.offering import Informed, Offering
    from sievepy.relay.pacing import Pacing
    from sievepy.relay.parcels import Parcels
    from sievepy.relay.reload import Programs
    from sievepy.relay.supervisor import Parts
    from sievepy.relay.watching import Watching
    from sievepy.sources.smtp.source import SmtpSource

    settings = prepared.settings
    watching = Watching(open_log(now), Metrics())
    programs = Programs(lambda: compile_aside(prepared.rules), settings, watching)
    author = Author(settings.postmaster)
    dispatcher = Dispatcher(
        spool,
        settings,
        lambda: programs.routes,
        sinks,
        Parcels(settings.domain, settings.secret, author),
        Pacing(policies(prepared.config), random.random),
        clock=now,
        watch=watching,
        reach=reach,
    )
    judge = Judge(
        spool,
        settings,
        lambda: programs.current,
        clock=now,
        dispatch=dispatcher,
        watch=watching,
        reach=reach,
    )
    watching.alarms = Alarms(
        spool,
        author,
        settings.alarm_pause,
        clock=now,
        token=lambda: secrets.token_hex(8),
        woken=judge.wake,
    )
    intake = RelayIntake(
        spool,
        settings,
        lambda: programs.refusing,
        clock=now,
        judging=judge,
        watch=watching,
        reach=reach,
    )
    offering = Offering(sinks.values(), prepared.smtp.offer)
    source = SmtpSource(prepared.smtp, intake, tls=prepared.tls, watch=watching, reach=reach, offer=offering)
    return Parts(spool, programs, intake, Informed(source, offering), judge, dispatcher, sinks, watching)
