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
        ("[trust]\nhops = 'two'\n", "E153", "sievepy.toml:2:8", None),
        ("[trust]\nhops = -1\n", "E153", "sievepy.toml:2:8", None),
        ("zone = 'Asia/Almata'\n", "E153", "sievepy.toml:1:8", "write a name such as `Asia/Almaty`"),
        ("zone = '../../etc/passwd'\n", "E153", "sievepy.toml:1:8", "write a name such as `Asia/Almaty`"),
        ("[sinks]\nchannels = ['email', 'emial']\n", "E153", "sievepy.toml:2:22", "did you mean `email`?"),
        ("[intake]\naddresses = ['x-com.kz']\n", "E153", "sievepy.toml:2:14", "write `name@domain`"),
        ("[intake]\nzone = 'UTC'\n", "E152", "sievepy.toml:2:1", "`zone` belongs above the first table"),
        ("relay = { hostnam = 'a', workers = 1 }", "E152", "sievepy.toml:1:11", "did you mean `hostname`?"),
        ("hostname = 'a'", "E152", "sievepy.toml:1:1", "`hostname` belongs below `[relay]`"),
        ("channels.email = { host = 'a', tls = 'startls' }", "E153", "sievepy.toml:1:38", "did you mean `starttls`?"),
        ("[relay]\nlisten = [\n  '[::1]:25', # ours\n  '25',\n]", "E153", "sievepy.toml:4:3", None),
        ("[channels.email]\n", "E153", "sievepy.toml:1:11", "write one of the two"),
        ("[relay]\nclients = ['10.0.0.0/8', 5]\n", "E153", "sievepy.toml:2:26", None),
        ("intake = 3\n", "E153", "sievepy.toml:1:10", None),
        ("[[intake]]\n", "E153", "sievepy.toml:1:3", None),
    ],
)
def test_mistakes_have_a_code_and_a_place(text: str, code: str, place: str, advice: str | None) -> None:
    (found,) = problems(text)
    assert found[:2] == (code, place)
    if advice is not None:
        assert found[2] == advice


def test_all_wrong_values_are_reported_in_one_run() -> None:
    assert len(problems("zone = 'Nowhere'\n[sinks]\nchannels = ['post']\nplaces = ['shelf']\n")) == 3


def test_all_wrong_keys_and_types_are_reported_in_one_run() -> None:
    found = problems("zon = 1\nrules = 2\n[relay]\nwokers = 3\nmetrics = 4\n[places.triage]\n[lists]\nx = 1\n")
    assert [(code, place.partition(":")[2]) for code, place, _ in found] == [
        ("E152", "1:1"),
        ("E153", "2:9"),
        ("E152", "4:1"),
        ("E153", "5:11"),
        ("E153", "6:9"),
        ("E152", "7:2"),
    ]


# ---------------------------------------------------------------- the pages of the codes


def examples(code: str) -> list[str]:
    (page,) = (each.page for each in sievepy.config.CODES if each.id == code)
    found: list[str] = re.findall(r"```\w+\n(.*?)```", page, re.DOTALL)
    return found


@pytest.mark.parametrize("code", ["E151", "E152", "E153"])
def test_the_first_example_of_a_page_is_wrong_and_the_second_right(code: str) -> None:
    wrong, right = examples(code)
    assert [found for found, *_ in problems(wrong)] == [code]
    assert problems(right) == []


def test_the_examples_of_variables_are_wrong_and_right() -> None:
    calls = [dict([text.split()[0].split("=")]) for text in examples("E154")]
    found = [[d.code for d in parse_config("sievepy.toml", "", variables)[1]] for variables in calls]
    assert found == [["E154"], []]
