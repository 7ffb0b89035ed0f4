"""No secret that a person wrote where none belongs is shown by the error that says so."""

from __future__ import annotations

import pytest

from sievepy.config import parse_config
from sievepy.config.schema import leaves
from sievepy.config.secrets import HOLDERS, is_secret
from sievepy.config.tables import File
from sievepy.text.render import render

SECRET = "hunter2"
EMAIL = '[channels.email]\nhost = "mail"\nuser = "u"\n'


@pytest.mark.parametrize(
    "text",
    [
        f'{EMAIL}password = "{SECRET}"\n',
        f'{EMAIL}"password" = "{SECRET}"\n',
        f"{EMAIL}smtp-password = '''\n{SECRET}\n'''\n",
        f'{EMAIL}password = {{ value = "{SECRET}" }}\n',
        f'{EMAIL}passwords = [\n"{SECRET}",\n]\n',
        f'channels.email = {{ password = "{SECRET}", hots = "x" }}\n',
        f"{EMAIL}password = {SECRET}\n",  # no TOML
        f'{EMAIL}password = "{SECRET}\n',
        f'{EMAIL}password = """{SECRET}\n{SECRET}\n',
        f"{EMAIL}password: {SECRET}\n",
        f"{EMAIL}password {SECRET}\n",
        f'{EMAIL}pass = "{SECRET}"\n',
        f'{EMAIL}smtp_pass = "{SECRET}"\n',
        f'{EMAIL}pwd = "{SECRET}"\n',
        f'{EMAIL}pasword = "{SECRET}"\n',
        f'{EMAIL}smtp-passwrod = "{SECRET}"\n',
        f"{EMAIL}pasword = {SECRET}\n",
        f"channels.email = {{ password = {SECRET} }}\n",
        f"[password]\nvalue = {SECRET}\n",
        f'[password]\nvalue = "{SECRET}"\n',
        f'[[webhooks]]\nurl = "https://x.example/{SECRET}"\n',
        f'[relay]\napi_key = "{SECRET}"\n',
        f'[relay]\nsecret = "{SECRET}"\n',
        f'{EMAIL}password-env = "{SECRET}!"\n',
        f'{EMAIL}password-env = "{SECRET} x"\n',
        f'token = "{SECRET}"\nzone = 3\n',
    ],
)
def test_an_error_beside_a_secret_does_not_show_it(text: str) -> None:
    _, found = parse_config("sievepy.toml", text)
    assert found
    shown = render(found, "full") + render(found, "json") + render(found, "concise")
    assert SECRET not in shown
    assert "sievepy.toml:" in shown


def test_places_stay_where_they_are() -> None:
    _, (first, second) = parse_config("sievepy.toml", 'relay = { password = "é", "hots" = 1 }')
    assert (str(first.span), str(second.span)) == ("sievepy.toml:1:11", "sievepy.toml:1:27")
    assert second.span is not None
    assert second.span.source.text == 'relay = { password = ***, "hots" = 1 }'


def test_a_secret_in_a_variable_is_not_shown() -> None:
    for name in ("SIEVEPY_RELAY_WORKERS", "SIEVEPY_CHANNELS_EMAIL_PASSWORD", "SIEVEPY_CHANNELS_EMAIL_PASSWORD_ENV"):
        _, found = parse_config("sievepy.toml", "", {name: f"{SECRET}!"})
        assert found
        assert SECRET not in render(found, "full")


def test_every_setting_that_leads_to_a_secret_is_listed() -> None:
    """By its name without `-file` and `-env`; the list may hold more than names tell."""
    paths = {leaf.path for leaf in leaves(File)}
    telling = {p for p in paths if is_secret((p[-1].removesuffix("-file").removesuffix("-env"),))}
    assert telling <= set(HOLDERS) <= paths
    assert not any(is_secret(path) for path in paths)  # none holds one itself
