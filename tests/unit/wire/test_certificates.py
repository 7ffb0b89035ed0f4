"""How long a certificate is valid, as `openssl` says it, too."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from sievepy.wire.certificates import validity
from tests.unit.wire.certificates import Authority


def by_openssl(path: Path) -> tuple[dt.datetime, dt.datetime]:
    done = subprocess.run(
        ["openssl", "x509", "-in", path, "-noout", "-startdate", "-enddate"], check=True, capture_output=True, text=True
    )
    found = [line.partition("=")[2] for line in done.stdout.splitlines()]
    first, last = (dt.datetime.strptime(text, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=dt.UTC) for text in found)
    return first, last


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("tls") / "ca")


@pytest.mark.parametrize("days", [0, 1, 90, 3650, 36500])  # the last two: on both sides of 2050
def test_it_is_what_openssl_says(authority: Authority, days: int) -> None:
    path, _ = authority.issue(f"d{days}.example", days=days)
    assert validity(path.read_text()) == by_openssl(path)
    assert validity(authority.certificate.read_text()) == by_openssl(authority.certificate)


def test_of_a_chain_it_is_the_first(authority: Authority) -> None:
    path, _ = authority.issue("chain.example", days=77)
    chain = "words before\n" + path.read_text() + authority.certificate.read_text()
    assert validity(chain) == by_openssl(path) != by_openssl(authority.certificate)


def test_a_certificate_of_version_1_has_no_version_field(tmp_path: Path) -> None:
    key, path, request = (tmp_path / name for name in ("key", "pem", "csr"))
    new = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=x"]
    subprocess.run(new, check=True, capture_output=True)
    sign = ["openssl", "x509", "-req", "-in", request, "-signkey", key, "-out", path, "-days", "9"]
    subprocess.run(sign, check=True, capture_output=True)
    assert validity(path.read_text()) == by_openssl(path)


@pytest.mark.parametrize("cut", [1, 20, 60, 120])
def test_what_is_no_certificate_is_said_so(authority: Authority, cut: int) -> None:
    pem = authority.certificate.read_text()
    begin, *body, end = pem.strip().splitlines()
    broken = "\n".join([begin, "".join(body)[: cut * 4], end])
    with pytest.raises(ValueError, match="cannot be read"):
        validity(broken)
    with pytest.raises(ValueError, match="there is no certificate in it"):
        validity("-----BEGIN PRIVATE KEY-----")
