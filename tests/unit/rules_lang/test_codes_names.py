"""Every page of a code is true: its first example is reported with that code alone, its second is not reported."""

from __future__ import annotations

import re

import pytest

from sievepy.compiler import compile_file
from sievepy.rules_lang import codes_names, codes_values
from sievepy.rules_lang.codes import CODES
from sievepy.rules_lang.settings import Settings
from sievepy.text.codes import Code
from tests.unit.rules_lang.programs import ENTRY, compiled, findings, reader

FILES: dict[str, str | bytes] = {
    "rules/lists/common.rules": "list partners { example.kz }\n",
    "rules/circle.rules": 'include "main.rules"\n',
    "rules/cp1251.rules": "list люди { x-com.kz }\n".encode("cp1251"),
    "rules/answers/empty.txt": " \n",
    "rules/answers/thanks.txt": "Спасибо, мы получили ваше письмо.\n",
}
SITE = Settings(
    configured=True,
    channels=frozenset({"email"}),
    places=frozenset({"triage", "file"}),
    printers=frozenset({"front-desk"}),
)
OURS = (*codes_values.CODES, *codes_names.CODES)
WITH_EXAMPLES = [code for code in OURS if "## Example" in code.page]


def examples(code: Code) -> tuple[str, str]:
    first, second = re.findall(r"```rules\n(.*?)\n```", code.page, re.DOTALL)
    return first, second


def settings_of(code: Code) -> Settings:
    return SITE if code in (codes_names.SINK, codes_names.NOT_EDGE) else Settings()


@pytest.mark.parametrize("code", WITH_EXAMPLES, ids=lambda code: code.id)
def test_the_example_is_reported_and_what_to_use_instead_is_not(code: Code) -> None:
    bad, good = examples(code)
    assert set(findings(compiled(bad, FILES, settings_of(code)))) == {code.id}
    assert findings(compiled(good, FILES, settings_of(code))) == []


def test_only_the_note_on_sinks_has_no_example() -> None:
    assert [code for code in OURS if code not in WITH_EXAMPLES] == [codes_names.SINKS_UNCHECKED]


def test_codes_are_unique_and_in_their_ranges() -> None:
    assert all(50 <= int(code.id[1:]) <= 69 for code in codes_values.CODES)
    assert all(101 <= int(code.id[1:]) <= 149 for code in codes_names.CODES)
    assert len({code.name for code in CODES.values()}) == len(CODES)
    assert all(CODES[code.id] is code for code in OURS)


def test_every_constant_of_the_catalogues_is_listed() -> None:
    for module in (codes_names, codes_values):
        constants = {value for value in vars(module).values() if isinstance(value, Code)}
        assert constants == set(module.CODES)


def test_without_a_configuration_one_note_says_that_sinks_were_not_checked() -> None:
    read = reader(
        {ENTRY: 'rule "A" { when empty; print "x" }\nrule "B" { when bounce; print "y" }\notherwise { triage }'}
    )
    notes = [d for d in compile_file(ENTRY, read).diagnostics if d.severity == "note"]
    assert [(d.code, d.span) for d in notes] == [(codes_names.SINKS_UNCHECKED.id, None)]
