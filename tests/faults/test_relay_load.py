"""The real relay under load: crowds of slow clients, floods, reloads and stops while clients send.

The long forms, with times: `python -m tests.faults.relay_load`. Each kind of load is shown to notice a planted mistake.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.relay_floods import FLOODS, LETTER, flood
from tests.faults.relay_load import GROWTH, flood_faults
from tests.faults.relay_signals import PROGRAM, reload_many, stop_many
from tests.faults.relay_slow import MEBIBYTE, crowd

# ---------------------------------------------------------------- slow clients

EACH = 40 * 1024  # bytes of memory a connection: with 5,500 of them the relay stays below 250 MiB


def test_hundreds_of_silent_and_slow_clients_stay_and_cost_little(tmp_path: Path) -> None:
    result = crowd(400, 100, 5, tmp_path, pace=0.2)
    print(result)
    assert (result.held, dict(result.sent_away)) == (500, {})
    assert len(result.accepted) == 5
    assert result.spoken >= 100
    assert result.growth <= 500 * EACH


def test_a_relay_that_keeps_a_buffer_for_each_client_is_noticed(tmp_path: Path) -> None:
    result = crowd(400, 0, 1, tmp_path, pace=0.2, program=(*PROGRAM, "--defect", "hoarding"))
    assert result.growth > 400 * EACH


# ---------------------------------------------------------------- floods


def test_floods_take_no_memory_and_a_large_letter_next_to_none(tmp_path: Path) -> None:
    found = flood(100 * MEBIBYTE, tmp_path)
    print(*found, sep="\n")
    assert [one.name for one in found] == list(FLOODS)
    assert [one.reply[:3] for one in found] == ["552", "552", "552", "250"]
    assert found[-1].sent >= LETTER
    assert flood_faults(found) == []
    assert all(one.waits for one in found)


def test_a_relay_that_holds_letters_in_memory_is_noticed(tmp_path: Path) -> None:
    (found,) = flood(0, tmp_path, program=(*PROGRAM, "--defect", "letters-in-memory"), names=["a letter"])
    assert found.growth > GROWTH


# ---------------------------------------------------------------- signals


def test_no_client_notices_a_reload_and_each_letter_is_judged_by_one_program_that_was_in_force(tmp_path: Path) -> None:
    result = reload_many(20, tmp_path, seed=2026)
    print(result)
    assert result.faults == []
    assert result.signals == {"changed": 17, "refused": 3}
    assert (result.unanswered, result.cut, result.refused) == (0, 0, {})
    counts = result.counts
    assert counts.sent == counts.acked == counts.delivered > 0
    assert (counts.queued, counts.held, counts.dead, counts.duplicates) == (0, 0, 0, 0)
    assert result.programs > 1


@pytest.mark.parametrize(
    ("defect", "reloads", "words"),
    [("hang-up-at-reload", 2, "clients noticed"), ("untested", 2, "variant 2 was changed")],
)
def test_a_careless_reload_is_noticed(defect: str, reloads: int, words: str, tmp_path: Path) -> None:
    assert words in reload_many(reloads, tmp_path, seed=2026, defect=defect).wrong


def test_a_stop_finishes_letters_in_progress_gives_leases_back_and_ends_well(tmp_path: Path) -> None:
    """Every other time the mail server behind the relay does not answer."""
    result = stop_many(5, tmp_path, seed=2026)
    print(result)
    assert result.faults == []
    assert result.signals == {"exit 0": 5}
    assert result.unanswered == 0
    counts = result.counts
    assert counts.sent == counts.acked == counts.delivered > 0
    assert (counts.queued, counts.held, counts.dead) == (0, 0, 0)
    assert counts.duplicates > 0  # marked: what the silent server had taken without an answer


@pytest.mark.parametrize(
    ("defect", "words"),
    [("hang-up-at-stop", "a letter in progress was not finished"), ("keep-leases", "leases were not given back")],
)
def test_a_careless_stop_is_noticed(defect: str, words: str, tmp_path: Path) -> None:
    found = stop_many(2, tmp_path, seed=2026, defect=defect).wrong
    assert any(words in one for one in found), found
