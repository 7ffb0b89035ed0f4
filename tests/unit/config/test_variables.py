"""`SIEVEPY_…` variables: which setting each means, how its text is read, and what is said about a wrong one."""

from __future__ import annotations

from typing import Any

import pytest

from sievepy.config import parse_config
from sievepy.config.positions import Path
from sievepy.config.reading import Origin, read_written, setting
from sievepy.config.schema import leaves
from sievepy.config.tables import File
from sievepy.config.variables import Variable, variable_of
from sievepy.text import Span

PLACES = '[places]\ntriage = "maildir Triage"\n'


def value(path: str, environment: dict[str, str], text: str = "") -> Any:
    written = read_written("sievepy.toml", text, environment)
    assert written.problems == ()
    return setting(written.file, tuple(path.split(".")))


def problems(environment: dict[str, str], text: str = "") -> list[tuple[str, str, str | None]]:
    found = read_written("sievepy.toml", text, environment).problems
    assert all(d.span is None for d in found if d.code == "E154")
    return [(d.code, d.message, d.help) for d in found]


def test_each_setting_has_a_variable_of_its_own() -> None:
    names = [variable_of(leaf.path).name for leaf in leaves(File)]
    assert len(set(names)) == len(names) > 50
    assert "SIEVEPY_CHANNELS_EMAIL_PASSWORD_FILE" in names
    assert {"SIEVEPY_RULES", "SIEVEPY_ZONE", "SIEVEPY_TRUST_AUTHSERV_ID"} <= set(names)
    assert "SIEVEPY_CONFIG" not in names


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("zone", "Asia/Almaty", "Asia/Almaty"),
        ("zone", '"Asia/Almaty"', "Asia/Almaty"),
        ("zone", "'UTC'  # why", "UTC"),
        ("relay.metrics", "", ""),
        ("relay.hostname", "it's", "it's"),
        ("relay.workers", "7", 7),
        ("relay.workers", " 1_0 ", 10),
        ("relay.require-tls", "true", True),
        ("trust.hops", "0", 0),
        ("relay.clients", '["10.0.0.0/8",\n "::1"]', ["10.0.0.0/8", "::1"]),
        ("relay.clients", "[]", []),
        ("channels.email.tls", "none", "none"),
        ("places.triage", "email d@x.kz", "email d@x.kz"),
    ],
)
def test_a_value_is_read_as_its_setting_takes_it(path: str, text: str, expected: Any) -> None:
    environment = {variable_of(tuple(path.split("."))).name: text, "SIEVEPY_CHANNELS_EMAIL_HOST": "mail"}
    assert value(path, environment) == expected


def test_a_variable_outranks_the_file_and_makes_missing_tables() -> None:
    text = "zone = 'Europe/Berlin'\n[relay]\nworkers = 3\nhostname = 'a'\n"
    environment = {"SIEVEPY_RELAY_WORKERS": "4", "SIEVEPY_CHANNELS_EMAIL_HOST": "mail"}
    written = read_written("sievepy.toml", text, environment)
    assert (written.file.relay.workers, written.file.relay.hostname) == (4, "a")
    assert written.file.channels.email is not None
    origins: dict[Path, Origin | None] = {path: written.origins.get(path) for path in (("relay", "workers"), ("zone",))}
    assert origins["relay", "workers"] == Variable("SIEVEPY_RELAY_WORKERS")
    assert isinstance(origins["zone",], Span) and str(origins["zone",]) == "sievepy.toml:1:1"
    assert ("spool", "folder") not in written.origins


@pytest.mark.parametrize(
    ("name", "text", "message", "advice"),
    [
        ("RELAY_WORKERS", "two", "this is no value of TOML", "write a whole number"),
        ("RELAY_WORKERS", '"2"', "`relay.workers` is to be a whole number, not a string", "write a whole number"),
        ("RELAY_WORKERS", "1\nx = 2", "this is more than one value of TOML", "write a whole number"),
        ("RELAY_WORKERS", "", "this is no value of TOML", "write a whole number"),
        ("RELAY_REQUIRE_TLS", "yes", "this is no value of TOML", "write `true` or `false`"),
        ("RELAY_CLIENTS", "10.0.0.0/8", "this is no value of TOML", 'write an array as in TOML: `["one", "two"]`'),
        ("RELAY_CLIENTS", "[1]", "`relay.clients[0]` is to be a string, not a whole number", None),
        ("CHANNELS_EMAIL_TLS", "startls", "`startls` is no `channels.email.tls`; did you mean `starttls`?", None),
        ("RELAY_WORKERS", "0", "`workers` is at least 1", None),
        ("ZONE", "Nowhere", "`Nowhere` is no time zone", "write a name such as `Asia/Almaty`"),
        ("RELAY_CLIENTS", '["::1", "10"]', "`10` is no network", 'write `"10.0.7.0/24"` or a single address'),
        ("CHANNELS_EMAIL_PORT", "25", "letters go either to a `host` or into a `maildir`", "write one of the two"),
    ],
)
def test_a_wrong_value_is_said_of_the_variable(name: str, text: str, message: str, advice: str | None) -> None:
    ((code, said, help_line),) = problems({f"SIEVEPY_{name}": text})
    assert (code, said) == ("E154", f"`SIEVEPY_{name}`: {message}")
    assert advice is None or help_line == advice


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("SIEVEPY_RELAY_WORKRES", "did you mean `SIEVEPY_RELAY_WORKERS`?"),
        ("SIEVEPY_RELAY_ZZZZZZZZZZ", "`sievepy config` lists the settings"),
        ("SIEVEPY_ZON", "did you mean `SIEVEPY_ZONE`?"),
        ("SIEVEPY_RELAY-WORKERS", "did you mean `SIEVEPY_RELAY_WORKERS`?"),
        ("SIEVEPY_CONFG", "did you mean `SIEVEPY_CONFIG`?"),
    ],
)
def test_a_variable_that_looks_like_a_setting_and_is_none(name: str, advice: str) -> None:
    ((code, said, found),) = problems({name: "hunter2"})
    assert (code, said) == ("E154", f"`{name}` names no setting")
    assert found == advice


def test_variables_of_others_are_left_alone() -> None:
    """A service of Kubernetes that is called sievepy, and what only begins like us."""
    theirs = {
        "SIEVEPY_SERVICE_HOST": "10.0.0.1",
        "SIEVEPY_SERVICE_PORT": "25",
        "SIEVEPY_SERVICE_PORT_SMTP": "25",
        "SIEVEPY_PORT": "tcp://10.0.0.1:25",
        "SIEVEPY_PORT_25_TCP": "tcp://10.0.0.1:25",
        "SIEVEPY_PORT_25_TCP_ADDR": "10.0.0.1",
        "SIEVEPY_PORT_25_TCP_PROTO": "tcp",
        "SIEVEPY_PASSWORD": "hunter2",
        "SIEVEPY_CONFIG": "sievepy.toml",
    }
    assert problems(theirs) == []


def test_a_variable_that_the_configuration_names_is_no_mistake() -> None:
    text = '[channels.email]\nhost = "mail"\nuser = "u"\npassword-env = "SIEVEPY_RELAY_PASSWORD"\n'
    assert problems({"SIEVEPY_RELAY_PASSWORD": "hunter2"}, text) == []
    assert problems({"SIEVEPY_RELAY_PASSWORD": "hunter2"}) != []


def test_what_is_wrong_in_the_file_is_said_even_where_a_variable_hides_it() -> None:
    found = problems({"SIEVEPY_RELAY_WORKERS": "4", "SIEVEPY_ZONE": "UTC"}, "zone = 5\n[relay]\nworkers = 'x'\n")
    assert [code for code, *_ in found] == ["E153", "E153"]


def test_variables_alone_are_a_configuration() -> None:
    config, found = parse_config(None, "", {"SIEVEPY_PLACES_TRIAGE": "maildir Triage", "SIEVEPY_RULES": "a.rules"})
    assert found == ()
    assert config.settings.configured
    assert (config.settings.places, config.rules, config.folder) == ({"triage"}, "a.rules", ".")
    nothing, _ = parse_config(None, "", {"SIEVEPY_SERVICE_HOST": "x"})
    assert not nothing.settings.configured
