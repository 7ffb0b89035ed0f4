"""`is` on addresses."""

from __future__ import annotations

import pytest

from sievepy.engine.matchers.addresses import AddressMatcher
from sievepy.ir.conditions import AddressIs, Field

FROM = Field("from")
MATCHER = AddressMatcher(
    [
        (1, AddressIs(FROM, addresses=frozenset({"ivan@x-com.kz", ""}))),
        (2, AddressIs(FROM, domains=frozenset({"x-com.kz"}))),
        (3, AddressIs(FROM, subdomains=frozenset({"x-com.kz"}))),
        (4, AddressIs(FROM, subdomains=frozenset({"kz"}))),
    ]
)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ivan@x-com.kz", {1, 2, 4}),
        ("olga@x-com.kz", {2, 4}),
        ("olga@mail.x-com.kz", {3, 4}),
        ("olga@a.b.x-com.kz", {3, 4}),
        ("olga@evilx-com.kz", {4}),
        ("olga@x-com.kz.example", set()),
        ("x-com.kz", set()),
        ("", {1}),
        ("a@" + "a." * 20_000 + "kz", {4}),
    ],
)
def test_a_domain_means_exactly_it_and_a_star_only_what_is_below(address: str, expected: set[int]) -> None:
    assert set(MATCHER.find(address)) == expected
