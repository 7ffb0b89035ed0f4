"""Round after round of mending, and the results that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sievepy.cli import fixing
from sievepy.cli.checking import Checked, check_programs
from sievepy.cli.fixing import Fixed, fix_all
from sievepy.text import Diagnostic, Edit, Fix, Severity

GOOD = """\
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
otherwise { triage }
test "Счёт" { subject "О счетах"; expect assign buh }
"""


class Careless:
    """Checks `text` as `sievepy check` does, and finds besides that `what` should read `instead`."""

    def __init__(self, folder: Path, text: str, what: str, instead: str) -> None:
        self.path = folder / "a.rules"
        self.path.write_text(text, encoding="utf-8")
        self.what = what
        self.instead = instead
        self.rounds = 0

    def __call__(self, read: fixing.Read) -> list[Checked]:
        self.rounds += 1
        (program,) = check_programs([self.path], read, tests=True)
        source = program.compilation.trees[0].source
        start = source.text.find(self.what)
        if start < 0:
            return [program]
        edit = Edit(source.span(start, start + len(self.what)), self.instead)
        found = Diagnostic("W999", Severity.WARNING, "odd", edit.span, fixes=(Fix("mend", (edit,), safe=True),))
        return [Checked(program.compilation, (*program.findings, found))]

    def fix(self) -> Fixed:
        return fix_all(self, lambda path: Path(path).read_bytes())


def codes(fixed: Fixed) -> set[str]:
    return {problem.code for problem in fixed.worse}


def test_what_is_mended_well_is_kept(tmp_path: Path) -> None:
    fixed = Careless(tmp_path, GOOD, "О счетах", "Счета").fix()
    assert fixed.worse == [] and fixed.settled
    assert list(fixed.texts.values()) == [GOOD.replace("О счетах", "Счета")]
    assert list(fixed.before.values()) == [GOOD]


@pytest.mark.parametrize(
    ("what", "instead", "code"),
    [
        ("assign buh }\nother", "assign bu }\nother", "E101"),  # rules that had a meaning have none
        ("subject mentions", "subject mention", "E017"),
        ('"счёт"', '"акт"', "E161"),  # a test that passed fails
    ],
)
def test_a_result_that_is_worse_is_named(tmp_path: Path, what: str, instead: str, code: str) -> None:
    assert codes(Careless(tmp_path, GOOD, what, instead).fix()) == {code}


def test_a_declaration_that_cannot_be_read_any_more(tmp_path: Path) -> None:
    text = GOOD.replace("assign buh }\nother", "assign nobody }\nother")
    assert codes(Careless(tmp_path, text, "subject mentions", "subject mention").fix())


def test_an_error_that_was_hidden_is_found_and_not_made(tmp_path: Path) -> None:
    text = GOOD.replace("subject mentions", "subject mention").replace("assign buh }\nother", "assign nobody }\nother")
    fixed = Careless(tmp_path, text, "subject mention ", "subject mentions ").fix()
    assert fixed.worse == []
    assert "E101" in {d.code for program in fixed.programs for d in program.findings}


def test_fixes_that_call_one_another_end_and_are_refused(tmp_path: Path) -> None:
    careless = Careless(tmp_path, GOOD, '"Счёт"', '"Счёт" ')
    fixed = careless.fix()
    assert careless.rounds == fixing.MOST_ROUNDS + 1
    assert not fixed.settled
