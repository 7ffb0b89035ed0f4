"""The relay's tables of `sievepy.toml`, and the settings they become."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

import sievepy.config.service
from sievepy.config import Config, parse_config
from sievepy.config.build import Incomplete, policies, relay_settings, rules_settings, smtp_settings, spool_settings
from sievepy.config.service import read_address, read_listener, read_place
from sievepy.relay.settings import Place
from sievepy.sources.smtp.limits import Limits
from sievepy.spool.retry import LOCAL, Policy

SECRET = b"k" * 32
PLACES = '[places]\ntriage = "maildir Triage"\n'


def parsed(text: str) -> Config:
    config, found = parse_config("site/sievepy.toml", text)
    assert found == ()
    return config


def problems(text: str) -> list[str]:
    return [d.message for d in parse_config("sievepy.toml", text)[1]]


def test_the_documented_example_is_read_whole_and_names_every_key() -> None:
    example = re.search(r"```toml\n(.*?)```", sievepy.config.service.__doc__ or "", re.DOTALL)
    assert example is not None
    config = parsed(example[1])
    settings = relay_settings(config, SECRET)
    assert (settings.hostname, settings.domain, settings.postmaster) == (
        "mx.x-com.kz",
        "x-com.kz",
        "postmaster@x-com.kz",
    )
    assert settings.places["triage"] == Place("email", "dispatcher@x-com.kz")
    assert settings.places["file"] == Place("maildir", "Filed")
    assert settings.metrics == ("127.0.0.1", 9925)
    assert str(spool_settings(config).folder).endswith("/site/var/queue")
    written = tomllib.loads(example[1])
    for name in ("Relay", "Limits"):
        struct = getattr(sievepy.config.service, name)
        assert set(written[name.lower()]) == set(struct.__struct_encode_fields__)
    assert smtp_settings(config, {}).limits == Limits()  # as documented: the defaults


def test_each_limit_that_is_written_is_in_force_and_the_others_keep_their_defaults() -> None:
    text = "[relay]\nmessage-size = 1000\n[limits]\nconnections = 6000\ncommand-time = 5\nline-size = 998"
    expected = Limits(message=1000, connections=6000, command_time=5, line=998)
    assert smtp_settings(parsed(text), {}).limits == expected


def test_what_is_configured_is_a_sink_for_the_rules() -> None:
    config = parsed(PLACES + '[channels.email]\nmaildir = "mail"\n')
    assert config.settings.channels == {"email"}
    assert config.settings.places == {"triage"}
    assert config.settings.notify
    ours = rules_settings(
        parsed('[sinks]\nprinters = ["a"]\nchannels = ["bitrix"]\n' + PLACES + "[channels.maildir]\n")
    )
    assert (ours.channels, ours.printers, ours.notify) == ({"maildir"}, frozenset(), False)


def test_without_a_configuration_everything_has_a_place_on_loopback() -> None:
    settings = relay_settings(Config(), SECRET)
    assert set(settings.places) == {"triage", "file", "quarantine", "discard"}
    smtp = smtp_settings(Config(), {})
    assert [(one.host, one.port) for one in smtp.listeners] == [("127.0.0.1", 2525)]
    assert "10.0.0.1" not in smtp.clients
    assert "127.0.0.1" in smtp.clients
    assert settings.recipients is None


def test_a_configured_relay_needs_a_place_for_triage() -> None:
    with pytest.raises(Incomplete, match="triage"):
        relay_settings(parsed('[places]\nfile = "maildir Filed"\n'), SECRET)


def test_recipients_are_the_intake_addresses_and_the_postmaster() -> None:
    config = parsed('[intake]\naddresses = ["Info@X.kz", "help@y.kz"]\n' + PLACES)
    assert relay_settings(config, SECRET).recipients == {"info@x.kz", "help@y.kz", "postmaster@x.kz"}
    assert smtp_settings(config, {}).domains == {"x.kz", "y.kz"}


def test_no_secret_is_shown() -> None:
    assert "kkkk" not in repr(relay_settings(Config(), SECRET))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[relay]\nlisten = ["2525"]', "`2525` is no address to listen at"),
        ("[relay]\nlisten = []", "a relay that listens nowhere gets no letters"),
        ('[relay]\nlisten = ["127.0.0.1:465 tls"]', "TLS needs `certificate` and `key`"),
        ('[relay]\ncertificate = "a.pem"', "`certificate` and `key` go together"),
        ('[relay]\nclients = ["10.0.0"]', "`10.0.0` is no network"),
        ('[relay]\nmetrics = "9925"', "`9925` is no address"),
        ("[relay]\nworkers = 0", "`workers` is at least 1"),
        ('[relay]\npostmaster = "root"', "`root` is no mail address"),
        ("[limits]\nconnections = 0", "`connections` is at least 1"),
        ("[limits]\nrecipients = 99", "`recipients` is at least 100"),
        ("[limits]\nline-size = 512", "`line-size` is at least 998"),
        ("[limits]\nsession-time = -1", "`session-time` is at least 1"),
        ("[limits]\nmemory = 1000", "`memory` is at least 1048576"),
        ("[limits]\nconection = 5", "unknown key `conection` in `[limits]`"),
        ('[limits]\nerrors = "many"', "`limits.errors` is to be a whole number, not a string"),
        ("channels = 5", "`channels` is to be a table, not a whole number"),
        ("[[relay]]\nworkers = 2", "`relay` is to be a table, not an array"),
        ("zone = 2026-01-01", "`zone` is to be a string, not a date"),
        ("[channels.email]\ntls = true", "`channels.email.tls` is to be a string, not `true` or `false`"),
        ("[intake]\naddresses = {}", "`intake.addresses` is to be an array, not a table"),
        ("[channels.email]\nport = 25", "letters go either to a `host` or into a `maildir`"),
        ('[channels.email]\nhost = "a"\nmaildir = "b"', "letters go either to a `host` or into a `maildir`"),
        ('[channels.email]\nhost = "a"\nuser = "u"', "`user` needs a password"),
        ('[channels.email]\nhost = "a"\nport = 0', "`0` is no port"),
        ('[places]\ntriage = "dispatcher@x.kz"', "`dispatcher@x.kz` is no place"),
        ('[places]\nfile = "maildir ../up"', "`maildir ../up` is no place"),
        ('[channels.emial]\nhost = "a"', "unknown key `emial` in `[channels]`"),
        ('[channels.email]\nhots = "a"', "unknown key `hots` in `[channels.email]`"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    assert problems(text) == [message]


def test_values_are_read_or_refused() -> None:
    assert read_listener("[::1]:465 tls") == ("::1", 465, True)
    assert read_address("127.0.0.1:0") == ("127.0.0.1", 0)
    assert read_place("maildir  A/./B") == ("maildir", "A/B")
    for read, text in ((read_listener, "127.0.0.1:25 ssl"), (read_address, "127.0.0.1:99999"), (read_place, "imap X")):
        with pytest.raises(ValueError, match=re.escape(text)):
            read(text)


def test_the_other_commands_load_none_of_the_relay_s_libraries() -> None:
    heavy = "apsw aiosmtpd structlog prometheus_client uvloop"
    loaded = "sys, sievepy.cli.process, sievepy.cli.check, sievepy.config"
    code = f"import {loaded}; print(*set('{heavy}'.split()) & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.parametrize(
    ("written", "is_local"),
    [
        ("", True),
        ('maildir = "m"', True),
        ('host = "127.0.0.1"', True),
        ('host = "10.1.2.3"', True),
        ('host = "172.31.0.9"', True),
        ('host = "172.32.0.9"', False),
        ('host = "192.168.7.7"', True),
        ('host = "fd12::7"', True),
        ('host = "[::1]"', True),
        ('host = "8.8.8.8"', False),
        ('host = "2001:db8::7"', False),
        ('host = "mail.x-com.kz"', False),
        ('host = "mail.x-com.kz"\nlocal = true', True),
        ('host = "10.1.2.3"\nlocal = false', False),
    ],
)
def test_sinks_on_our_own_network_are_tried_again_sooner(written: str, is_local: bool) -> None:
    text = '[places]\ntriage = "email d@x.kz"\nfile = "maildir F"\n' + (
        f"[channels.email]\n{written}\n" if written else ""
    )
    found = policies(parsed(text))
    assert found.of("email") == found.of("notify") == found.of("triage") == (LOCAL if is_local else Policy())
    assert found.of("maildir") == found.of("file") == LOCAL
