"""Counting, without a socket or a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sievepy.sources.smtp.limits import Allowance, Gate, Limits, data_deadline

DEFAULTS = Limits()


def test_the_defaults_are_those_that_are_promised() -> None:
    mebibyte = 1024 * 1024
    assert (DEFAULTS.message, DEFAULTS.header, DEFAULTS.line) == (35 * mebibyte, mebibyte, 64 * 1024)
    assert (DEFAULTS.recipients, DEFAULTS.errors, DEFAULTS.junk) == (100, 20, 100)
    assert (DEFAULTS.connections, DEFAULTS.connections_each) == (1000, 20)
    assert (DEFAULTS.command_time, DEFAULTS.data_rate, DEFAULTS.session_time) == (60, 500, 900)
    assert (DEFAULTS.memory, DEFAULTS.in_file) == (256 * mebibyte, 256 * 1024)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc"))))
def test_the_gate_counts_whoever_is_inside(steps: list[tuple[bool, str]]) -> None:
    gate, inside = Gate(Limits(connections=4, connections_each=2)), []
    for enters, client in steps:
        if enters:
            room = len(inside) < 4 and inside.count(client) < 2
            assert gate.enter(client) is room
            inside += [client] * room
        elif client in inside:
            gate.leave(client)
            inside.remove(client)
        assert gate.connections == len(inside)


def test_memory_is_taken_whole_or_not_at_all() -> None:
    gate = Gate(Limits(memory=10))
    assert gate.take(6)
    assert not gate.take(5)
    assert gate.take(4)
    gate.give(10)
    assert gate.memory == 0


@pytest.mark.parametrize("errors", [1, 20])
def test_errors_count_for_the_whole_session(errors: int) -> None:
    allowance = Allowance(Limits(errors=errors))
    said = [allowance.error() for _ in range(errors)]
    allowance.letter()
    assert said == [True] * (errors - 1) + [False]
    assert not allowance.error()


def test_junk_counts_since_the_last_letter() -> None:
    allowance = Allowance(Limits(junk=2))
    assert [allowance.idle(), allowance.idle()] == [True, True]
    allowance.letter()
    assert [allowance.idle(), allowance.idle(), allowance.idle()] == [True, True, False]


def test_a_letter_earns_its_time_by_its_bytes() -> None:
    limits = Limits(data_grace=60, data_rate=500)
    assert data_deadline(limits, 1000.0, 0) == 1060.0
    assert data_deadline(limits, 1000.0, 500 * 100) == 1160.0
