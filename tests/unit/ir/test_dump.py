"""The canonical text: equal for equal meaning, different for every difference, and the same in every process."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sievepy.ir import conditions as ir
from sievepy.ir.dump import digest, dump
from sievepy.ir.script import Channel, Department, Rule, Script
from sievepy.plan import Assign, Sla, Tag, Triage
from sievepy.text import SourceFile

ROOT = Path(__file__).parents[3]
SLOT = ir.Slot(words=frozenset({"акт", "акта", "актам"}), skeletons=frozenset({"akt"}))
PHRASE = ir.Phrase((SLOT, SLOT), (4,), "акт … акт")
SCRIPT = Script(
    rules=(
        Rule("1", ir.Mentions(ir.Field("subject"), (PHRASE,)), (Assign("abon"), Tag("t"))),
        Rule("2", ir.MentionsNear(ir.Field("text"), (PHRASE, PHRASE), 6), (Tag("t"),), off_until=dt.date(2026, 12, 1)),
        Rule("3", ir.ClientIp((ipaddress.ip_network("10.0.0.0/8"),)), (Tag("t"),)),
        Rule("4", ir.ReceivedDay(frozenset({5, 6})), (Tag("t"),)),
    ),
    otherwise=(Triage(),),
    departments=(Department("abon", "Абоны", (Channel("email", "abon@x-com.kz"),), sla=Sla(4, "h")),),
    dictionary="7",
)


def test_it_is_json_with_each_phrase_and_each_slot_once() -> None:
    whole = json.loads(dump(SCRIPT))
    assert whole["phrases"] == [{"slots": [{"slot": 0}, {"slot": 0}], "gaps": [4]}]
    assert whole["slots"] == [
        {
            "words": ["акт", "акта", "актам"], "prefixes": [], "plain": [],
            "plain_prefixes": [], "skeletons": ["akt"], "skeleton_prefixes": [],
        }
    ]  # fmt: skip
    assert whole["script"]["rules"][1]["test"]["phrases"] == [{"phrase": 0}, {"phrase": 0}]
    assert whole["script"]["rules"][1]["off_until"] == "2026-12-01"
    assert whole["script"]["rules"][2]["test"]["networks"] == ["10.0.0.0/8"]
    assert whole["script"]["rules"][3]["test"]["days"] == [5, 6]


def test_equal_phrases_that_are_two_objects_are_one_entry() -> None:
    twin = ir.Phrase((replace(SLOT), replace(SLOT)), (4,), "written otherwise")
    rules = (SCRIPT.rules[0], replace(SCRIPT.rules[1], test=ir.MentionsNear(ir.Field("text"), (twin, PHRASE), 6)))
    assert dump(replace(SCRIPT, rules=rules)) == dump(replace(SCRIPT, rules=SCRIPT.rules[:2]))


def test_where_and_how_it_was_written_does_not_count() -> None:
    span = SourceFile.of("a.rules", "rule").span(0, 4)
    test = ir.Mentions(ir.Field("subject"), (replace(PHRASE, written="другое"),), origin=span)
    moved = replace(SCRIPT, rules=(replace(SCRIPT.rules[0], test=test, origin=span), *SCRIPT.rules[1:]))
    assert digest(moved) == digest(SCRIPT)


@pytest.mark.parametrize(
    "other",
    [
        replace(SCRIPT, dictionary="8"),
        replace(SCRIPT, rules=SCRIPT.rules[::-1]),
        replace(SCRIPT, rules=(replace(SCRIPT.rules[0], carry_on=True), *SCRIPT.rules[1:])),
        replace(SCRIPT, rules=(replace(SCRIPT.rules[0], unless=ir.Fact("empty")), *SCRIPT.rules[1:])),
        replace(SCRIPT, departments=()),
        replace(SCRIPT, session_rules=SCRIPT.rules[:1]),
    ],
)
def test_every_difference_of_meaning_counts(other: Script) -> None:
    assert digest(other) != digest(SCRIPT)


def test_it_does_not_depend_on_the_seed_of_hashes() -> None:
    code = "from tests.unit.ir.test_dump import SCRIPT; from sievepy.ir.dump import digest; print(digest(SCRIPT))"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
        assert printed.stdout.decode().strip() == digest(SCRIPT)


def test_a_value_that_no_script_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="no list"):
        dump(replace(SCRIPT, dictionary=[]))  # type: ignore[arg-type]
