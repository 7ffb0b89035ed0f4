"""`sievepy.toml` is read strictly: what is wrong has a code and a place."""

from __future__ import annotations

import re
import tomllib

import pytest

import sievepy.config
from sievepy.config import Config, parse_config
from sievepy.mail.trust import Trust


def problems(text: str) -> list[tuple[str, str, str | None]]:
    _, found = parse_config("sievepy.toml", text)
    return [(d.code, str(d.span), d.help) for d in found]


def test_the_documented_example_is_read_whole() -> None:
    example = re.search(r"```toml\n(.*?)```", sievepy.config.__doc__ or "", re.S)
    assert example is not None
    config, found = parse_config("site/sievepy.toml", example[1])
    assert found == ()
    assert config.rules == "site/rules/main.rules"
    assert config.trust == Trust(1, "mx.x-com.kz", "X-Spam-Score")
    assert config.recipient == "info@x-com.kz"
    assert config.settings.configured
    assert str(config.settings.zone) == "Asia/Almaty"
    assert config.settings.intake == {"info@x-com.kz"}
    assert config.settings.places == {"triage", "file", "quarantine", "discard"}
    written = {key for value in tomllib.loads(example[1]).values() if isinstance(value, dict) for key in value}
    assert {"edge", "hops", "portals", "reply"} <= written


def test_an_empty_file_has_the_defaults_and_is_a_configuration_all_the_same() -> None:
    config, found = parse_config("sievepy.toml", "")
    assert found == ()
    assert config.settings.configured
    assert not Config().settings.configured


@pytest.mark.parametrize(
    ("text", "code", "place", "advice"),
    [
        ("rules = main.rules\n", "E151", "sievepy.toml:1:9", None),
        ("zone = 'UTC'\n\n[trust]\nhop = 1\n", "E152", "sievepy.toml:4:1", "did you mean `hops`?"),
        ("[trusts]\nhops = 1\n", "E152", "sievepy.toml:1:2", "did you mean `trust`?"),
        ("[trust]\nhops = 'two'\n", "E153", "sievepy.toml:2:1", None),
        ("[trust]\nhops = -1\n", "E153", "sievepy.toml:2:1", None),
        ("zone = 'Asia/Almata'\n", "E153", "sievepy.toml:1:1", "write a name such as `Asia/Almaty`"),
        ("zone = '../../etc/passwd'\n", "E153", "sievepy.toml:1:1", "write a name such as `Asia/Almaty`"),
        ("[sinks]\nchannels = ['emial']\n", "E153", "sievepy.toml:2:1", "did you mean `email`?"),
        ("[intake]\naddresses = ['x-com.kz']\n", "E153", "sievepy.toml:2:1", "write `name@domain`"),
    ],
)
def test_mistakes_have_a_code_and_a_place(text: str, code: str, place: str, advice: str | None) -> None:
    (found,) = problems(text)
    assert found[:2] == (code, place)
    if advice is not None:
        assert found[2] == advice


def test_all_wrong_values_are_reported_in_one_run() -> None:
    assert len(problems("zone = 'Nowhere'\n[sinks]\nchannels = ['post']\nplaces = ['shelf']\n")) == 3
