"""From the tables of `sievepy.toml` to the settings of the packages that make up the relay.

Secrets come in as arguments: whoever calls this has read them from the files and variables that the tables name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sievepy.config import Config
from sievepy.config.service import Email, Places, read_address, read_listener, read_place
from sievepy.mail.address import canonical
from sievepy.relay.pacing import Policies
from sievepy.relay.settings import PLACES, Place
from sievepy.relay.settings import Settings as RelaySettings
from sievepy.rules_lang.settings import Settings as RulesSettings
from sievepy.sources.smtp.limits import Limits
from sievepy.sources.smtp.settings import Listener, Networks
from sievepy.sources.smtp.settings import Settings as SmtpSettings
from sievepy.spool.retry import LOCAL, Policy
from sievepy.spool.settings import Settings as SpoolSettings

DEFAULT_DOMAIN = "test.example"
DEFAULT_PLACES = Places("maildir Triage", "maildir Filed", "maildir Quarantine", "maildir Quarantine")


class Incomplete(Exception):
    """The configuration lacks what a relay cannot be without; the text says what."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are: paths in a configuration begin at its own folder."""

    folder: Path

    def path(self, text: str) -> Path:
        return (self.folder / text).absolute()


def layout_of(config: Config) -> Layout:
    return Layout(Path(config.folder))


def domains_of(config: Config) -> frozenset[str]:
    """The canonical domains whose recipients are ours."""
    named = config.service.relay.domains or [a.rpartition("@")[2] for a in config.settings.intake]
    return frozenset(canonical(domain) for domain in named) or frozenset({DEFAULT_DOMAIN})


def domain_of(config: Config) -> str:
    """Of our envelope senders."""
    relay = config.service.relay
    if relay.domain is not None:
        return canonical(relay.domain)
    return canonical(config.recipient.rpartition("@")[2])


def relay_settings(config: Config, secret: bytes) -> RelaySettings:
    """Raises Incomplete."""
    relay, domain = config.service.relay, domain_of(config)
    postmaster = relay.postmaster or f"postmaster@{domain}"
    known = config.settings.intake
    return RelaySettings(
        hostname=relay.hostname,
        domain=domain,
        secret=secret,
        places=_places(config),
        recipients=known | {canonical(postmaster)} if known else None,
        postmaster=postmaster,
        edge=config.settings.edge,
        zone=config.settings.zone,
        trust=config.trust,
        workers=relay.workers,
        metrics=read_address(relay.metrics) if relay.metrics else None,
    )


def _places(config: Config) -> dict[str, Place]:
    tables = config.service.places if config.settings.configured else DEFAULT_PLACES
    written = {name: getattr(tables, name) for name in PLACES}
    if written["triage"] is None:
        raise Incomplete("`triage` below `[places]`: every relay needs a place for letters that a person must see")
    found = {name: read_place(text) for name, text in written.items() if text is not None}
    return {
        name: Place(kind, canonical(target) if kind == "email" else target) for name, (kind, target) in found.items()
    }


def rules_settings(config: Config) -> RulesSettings:
    """What rules may use here: what this relay does, and nothing that only other commands know."""
    if not config.settings.configured:
        return config.settings
    channels = config.service.channels
    present = {name for name in ("email", "maildir") if getattr(channels, name) is not None}
    if not present:
        present = {"email", "maildir"}
    return replace(
        config.settings,
        channels=frozenset(present),
        places=frozenset(name for name in PLACES if getattr(config.service.places, name) is not None),
        printers=frozenset(),
        programs=frozenset(),
        portals=frozenset(),
        notify="email" in present,
        reply=False,
    )


def spool_settings(config: Config) -> SpoolSettings:
    return SpoolSettings(layout_of(config).path(config.service.spool.folder))


_OUR_NETWORKS = Networks.of(
    *("127.0.0.0/8", "::1/128"),
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),  # RFC 1918, RFC 4193
    *("169.254.0.0/16", "fe80::/10"),  # link-local
)


def policies(config: Config) -> Policies:
    """How often each sink is tried again. What stood in the way of our own machines is soon mended."""
    places = frozenset(name for name, place in _places(config).items() if place.channel == "email")
    email = config.service.channels.email
    return Policies(email=LOCAL if email is None or _is_local(email) else Policy(), email_places=places)


def _is_local(email: Email) -> bool:
    """Files are on our own machine, and an address may say that it is one of our own network; a name says nothing."""
    if email.local is not None or email.host is None:
        return email.local is not False
    return email.host.strip("[]") in _OUR_NETWORKS


def smtp_settings(config: Config, users: dict[str, str]) -> SmtpSettings:
    """`users`: password hashes by name."""
    relay, domain = config.service.relay, domain_of(config)
    listeners = [read_listener(text) for text in relay.listen]
    return SmtpSettings(
        hostname=relay.hostname,
        incoming=spool_settings(config).folder / "incoming",
        listeners=tuple(
            Listener(host, port, implicit=tls, proxied=bool(relay.proxies) and not tls) for host, port, tls in listeners
        ),
        clients=Networks.of(*relay.clients),
        normalize=Networks.of(*relay.normalize),
        proxies=Networks.of(*relay.proxies),
        xclient=Networks.of(*relay.xclient),
        domains=domains_of(config) | {domain},
        postmaster=relay.postmaster or f"postmaster@{domain}",
        users=users,
        require_tls=relay.require_tls,
        limits=_limits(config),
    )


def _limits(config: Config) -> Limits:
    table = config.service.limits
    return Limits(
        message=config.service.relay.message_size,
        header=table.header_size,
        line=table.line_size,
        recipients=table.recipients,
        errors=table.errors,
        junk=table.junk,
        connections=table.connections,
        connections_each=table.connections_per_address,
        command_time=table.command_time,
        data_rate=table.data_rate,
        data_grace=table.data_grace,
        session_time=table.session_time,
        memory=table.memory,
    )
