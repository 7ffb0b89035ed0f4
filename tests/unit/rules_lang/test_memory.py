"""A compilation with a memory comes to the same as one without, and does less."""

from __future__ import annotations

from sievepy.compiler import Compilation, Memory, compile_file
from tests.unit.rules_lang.programs import ENTRY, OTHERWISE, reader

PART = "rules/part.rules"
MAIN = f'include "part.rules"\nrule "x" {{ when subject mentions @act; triage }}{OTHERWISE}'
ACT = 'phrases act { "акт … сверки" }\n'


def compiled(memory: Memory, main: str = MAIN, part: str = ACT) -> Compilation:
    return compile_file(ENTRY, reader({ENTRY: main, PART: part}), memory=memory)


def test_it_comes_to_the_same() -> None:
    memory = Memory()
    for main, part in ((MAIN, ACT), (MAIN + "# x\n", ACT), (MAIN, ACT + "x"), (MAIN, ACT)):
        with_memory, without = compiled(memory, main, part), compiled(Memory(), main, part)
        assert with_memory.script == without.script
        told = [(str(d.span), d.code, d.message) for d in without.diagnostics]
        assert [(str(d.span), d.code, d.message) for d in with_memory.diagnostics] == told


def test_a_file_whose_text_is_the_same_is_not_parsed_again() -> None:
    memory = Memory()
    first, second = compiled(memory), compiled(memory, MAIN + "# x\n")
    assert second.trees[0] is first.trees[0]
    assert second.trees[1] is not first.trees[1]


def test_a_word_is_looked_up_once() -> None:
    memory = Memory()
    compiled(memory)
    looked_up = memory.expander._slot.cache_info().misses
    compiled(memory, MAIN + "# x\n", ACT + "# y\n")
    assert memory.expander._slot.cache_info().misses == looked_up > 0
