"""What is in force, and where it comes from."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sievepy.config.effective import Flag, Setting, as_objects, as_toml, effective, toml, with_secrets
from sievepy.config.reading import Written, read_written
from sievepy.config.schema import leaves
from sievepy.config.secrets import HOLDERS, MASK
from sievepy.config.tables import File

TEXT = """\
rules = "main.rules"
[relay]
workers = 3
hostname = "mx"
secret-file = "s"
certificate = "c.pem"
key = "k.pem"
users-file = "u"
[channels]
email.host = "mail"
email.user = "u"
email.password-file = "p"
[places]
triage = "maildir \\"Т\\\\u0009"
"""


def written(text: str = TEXT, environment: dict[str, str] | None = None) -> Written:
    found = read_written("site/sievepy.toml", text, environment or {})
    assert found.problems == ()
    return found


def by_key(settings: list[Setting]) -> dict[str, Setting]:
    return {each.key: each for each in settings}


def test_each_setting_has_its_value_and_its_origin() -> None:
    flags = {("rules",): (Flag("--rules"), "other.rules")}
    environment = {"SIEVEPY_RELAY_WORKERS": "4", "SIEVEPY_RULES": "env.rules"}
    found = by_key(effective(written(environment=environment), flags))
    assert list(found) == [".".join(leaf.path) for leaf in leaves(File)]
    origins = {
        "rules": ("other.rules", {"kind": "flag", "name": "--rules"}),
        "relay.workers": (4, {"kind": "variable", "name": "SIEVEPY_RELAY_WORKERS"}),
        "relay.hostname": (
            "mx",
            {"kind": "file", "filename": "site/sievepy.toml", "location": {"row": 4, "column": 1}},
        ),
        "channels.email.host": (
            "mail",
            {"kind": "file", "filename": "site/sievepy.toml", "location": {"row": 10, "column": 7}},
        ),
        "relay.metrics": ("127.0.0.1:9925", {"kind": "default"}),
        "channels.maildir.root": (None, {"kind": "default"}),
    }
    objects = {each["key"]: (each["value"], each["origin"]) for each in as_objects(list(found.values()))}
    assert {key: objects[key] for key in origins} == origins
    text = as_toml(found.values())
    for line in (
        "rules = 'other.rules'  # --rules",
        "workers = 4 # SIEVEPY_RELAY_WORKERS",
        "hostname = 'mx' # site/sievepy.toml:4",
        "# domain # not set",
        "session-time = 900 # default",
        "# [channels.maildir] is not set",
    ):
        assert line.replace("'", '"').split() in [found.split() for found in text.splitlines()]


def test_what_is_printed_reads_to_the_same_settings() -> None:
    first = written()
    settings = with_secrets(effective(first, {}), lambda each: "readable")
    again = written(as_toml(settings))
    assert again.file == first.file
    assert json.loads(json.dumps(as_objects(settings)))


def test_what_names_the_place_of_a_secret_says_what_is_known_of_it() -> None:
    settings = by_key(with_secrets(effective(written(), {}), lambda each: f"state of {each.key}"))
    told = {each.path for each in settings.values() if each.secret is not None}
    assert told == set(HOLDERS) - {("channels", "email", "password-env")}
    (entry,) = (o for o in as_objects(settings.values()) if o["key"] == "relay.key")
    assert entry["secret"] == {"value": MASK, "state": "state of relay.key"}
    assert as_toml(settings.values()).count(MASK) == len(told)


@given(st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.booleans(), st.integers(), st.lists(st.text())))
def test_values_are_written_as_toml(value: str | bool | int | list[str]) -> None:
    import tomllib

    assert tomllib.loads(f"x = {toml(value)}  # y")["x"] == value
    assert "\n" not in toml(value)


@pytest.mark.parametrize("environment", [{}, {"SIEVEPY_SERVICE_HOST": "x"}])
def test_without_a_file_everything_is_a_default(environment: dict[str, str]) -> None:
    found = read_written(None, "", environment)
    assert not found.anything
    assert all(each.origin is None for each in effective(found, {}))
