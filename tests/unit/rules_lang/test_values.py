"""Bare values: what is read, what is refused, and what is offered instead."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable

import pytest

from sievepy.rules_lang import values
from sievepy.rules_lang.report import Unreadable
from sievepy.rules_lang.values import Duration, Entry

READ: list[tuple[Callable[[str], object], str, object]] = [
    (values.read_address, "Info@X-Com.KZ", "info@x-com.kz"),
    (values.read_address, "a.b+c@sub.x-com.kz", "a.b+c@sub.x-com.kz"),
    (values.read_address, "admin@почта.рф", "admin@xn--80a1acny.xn--p1ai"),
    (values.read_address, "user@test.example", "user@test.example"),
    (values.read_address, "user@mx.test", "user@mx.test"),
    (values.read_address, "user@office.local", "user@office.local"),
    (values.read_address, "o'neil@x-com.kz", "o'neil@x-com.kz"),
    (values.read_domain, "X-Com.kz", "x-com.kz"),
    (values.read_domain, "почта.рф", "xn--80a1acny.xn--p1ai"),
    (values.read_domain, "xn--80a1acny.xn--p1ai", "xn--80a1acny.xn--p1ai"),
    (values.read_entry, "a@x-com.kz", Entry("address", "a@x-com.kz")),
    (values.read_entry, "x-com.kz", Entry("domain", "x-com.kz")),
    (values.read_entry, "*.x-com.kz", Entry("subdomains", "x-com.kz")),
    (values.read_entry, "*.KZ", Entry("subdomains", "kz")),
    (values.read_network, "91.235.177.0/24", ipaddress.ip_network("91.235.177.0/24")),
    (values.read_network, "91.235.177.5", ipaddress.ip_network("91.235.177.5/32")),
    (values.read_network, "2a00:1450::/32", ipaddress.ip_network("2a00:1450::/32")),
    (values.read_ip, "2A00:1450:0::1", "2a00:1450::1"),
    (values.read_size, "25MB", 25 * 1024 * 1024),
    (values.read_size, "1.5kb", 1536),
    (values.read_size, "700B", 700),
    (values.read_duration, "4h", Duration(4, "h")),
    (values.read_duration, "10min", Duration(10, "min")),
    (values.read_duration, "1wd", Duration(1, "wd")),
    (values.read_seconds, "10min", 600),
    (values.read_seconds, "2d", 172800),
    (values.read_days, "mon", frozenset({0})),
    (values.read_days, "mon-fri", frozenset({0, 1, 2, 3, 4})),
    (values.read_days, "sat-mon", frozenset({5, 6, 0})),
    (values.read_days, "Sun", frozenset({6})),
    (values.read_window, "09:00-18:00", (540, 1080)),
    (values.read_window, "18:00-09:00", (1080, 540)),
    (values.read_window, "00:00-24:00", (0, 1440)),
    (values.read_time, "23:30", dt.time(23, 30)),
    (values.read_date, "2026-12-31", dt.date(2026, 12, 31)),
    (values.read_date, "2028-02-29", dt.date(2028, 2, 29)),
    (values.read_number, "7.5", 7.5),
    (values.read_number, "-1", -1.0),
    (values.read_header_name, "X-Spam-Flag", "x-spam-flag"),
    (values.read_folder, "Счета/2026", "Счета/2026"),
    (lambda text: values.read_word(text, ("pdf", "image"), "kind"), "PDF", "pdf"),
    (lambda text: values.read_count(text, 2, 50), "6", 6),
]


@pytest.mark.parametrize(("reader", "text", "value"), READ)
def test_reads(reader: Callable[[str], object], text: str, value: object) -> None:
    assert reader(text) == value


REFUSED: list[tuple[Callable[[str], object], str, str | None]] = [
    (values.read_address, "x-com.kz", None),
    (values.read_address, "@x-com.kz", None),
    (values.read_address, "a..b@x-com.kz", None),
    (values.read_address, "a@x_com.kz", None),
    (values.read_address, "a@localhost", None),
    (values.read_address, "mailto:a@x-com.kz", "a@x-com.kz"),
    (values.read_domain, "@x-com.kz", "x-com.kz"),
    (values.read_domain, "https://www.x-com.kz/contacts", "x-com.kz"),
    (values.read_domain, "*x-com.kz", "*.x-com.kz"),
    (values.read_domain, "mail.*.kz", None),
    (values.read_domain, "x-com", None),
    (values.read_domain, "x_com.kz", None),
    (values.read_domain, "-x.kz", None),
    (values.read_domain, "91.235.177.5", None),
    (values.read_domain, "91.235.177.0/24", None),
    (values.read_entry, "*.*.kz", "*.kz"),
    (values.read_entry, "*.https://x-com.kz/", "*.x-com.kz"),
    (values.read_network, "91.235.177.5/24", "91.235.177.0/24"),
    (values.read_network, "2a00:1450::1/32", "2a00:1450::/32"),
    (values.read_network, "91.235.177.*", None),
    (values.read_network, "91.235.177.0/33", None),
    (values.read_network, "091.235.177.1", None),
    (values.read_network, "fe80::1%eth0", None),
    (values.read_network, "x-com.kz", None),
    (values.read_ip, "91.235.177.0/24", None),
    (values.read_size, "25", None),
    (values.read_size, "25M", "25MB"),
    (values.read_size, "25MiB", "25MB"),
    (values.read_size, "many", None),
    (values.read_duration, "4hours", "4h"),
    (values.read_duration, "30m", "30min"),
    (values.read_duration, "4ч", "4h"),
    (values.read_duration, "0h", None),
    (values.read_duration, "h", None),
    (values.read_seconds, "1wd", None),
    (values.read_days, "пн-пт", "mon-fri"),
    (values.read_days, "Monday", "mon"),
    (values.read_days, "mon-xyz", None),
    (values.read_window, "9-18", "09:00-18:00"),
    (values.read_window, "09:00–18:00", "09:00-18:00"),
    (values.read_window, "9.30-18.00", "09:30-18:00"),
    (values.read_window, "09:00-09:00", None),
    (values.read_window, "09:00", None),
    (values.read_window, "09:60-18:00", None),
    (values.read_window, "24:00-09:00", None),
    (values.read_time, "24:00", None),
    (values.read_time, "9", None),
    (values.read_date, "31.12.2026", "2026-12-31"),
    (values.read_date, "2026/1/5", "2026-01-05"),
    (values.read_date, "2026-02-30", None),
    (values.read_date, "31.02.2026", None),
    (values.read_date, "tomorrow", None),
    (values.read_number, "7,5", "7.5"),
    (values.read_number, "high", None),
    (values.read_header_name, "Subject:", '"Subject"'),
    (values.read_header_name, "Тема", None),
    (values.read_header_name, "", None),
    (values.read_folder, "/Счета", '"Счета"'),
    (values.read_folder, "Счета\\2026", '"Счета/2026"'),
    (values.read_folder, "../Счета", '"Счета"'),
    (values.read_folder, "a//b", '"a/b"'),
    (values.read_folder, " ", None),
    (lambda text: values.read_line(text, "it"), "a\r\nBcc: b", None),
    (lambda text: values.read_line(text, "it"), "\u2028", None),
    (lambda text: values.read_word(text, ("pdf", "image"), "kind"), "imag", "image"),
    (lambda text: values.read_count(text, 2, 50), "1", None),
    (lambda text: values.read_count(text, 2, 50), "-3", None),
]


@pytest.mark.parametrize(("reader", "text", "instead"), REFUSED)
def test_refuses_and_offers(reader: Callable[[str], object], text: str, instead: str | None) -> None:
    refused = reader(text)
    assert isinstance(refused, Unreadable)
    assert refused.instead == instead
    assert refused.message


def test_a_range_of_addresses_is_refused_with_its_networks() -> None:
    refused = values.read_network("91.235.177.0-91.235.177.2")
    assert isinstance(refused, Unreadable)
    assert refused.help is not None
    assert "91.235.177.0/31, 91.235.177.2/32" in refused.help


def test_what_is_offered_instead_can_be_read() -> None:
    quoted = (values.read_header_name, values.read_folder)
    for reader, text, instead in REFUSED:
        if instead is not None:
            value = reader(instead.strip('"') if reader in quoted else instead)
            if reader in (values.read_domain, values.read_entry) and instead.startswith("*."):
                value = values.read_entry(instead)
            assert not isinstance(value, Unreadable), (text, instead)
