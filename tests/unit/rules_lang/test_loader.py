"""Files of a program: includes in their place and once, list files, and everything that can be wrong with a path."""

from __future__ import annotations

import pytest

from sievepy.rules_lang.settings import Settings
from tests.unit.rules_lang.programs import OTHERWISE, compiled, errors, findings, sound


def test_an_included_file_counts_at_its_place() -> None:
    files = {"rules/a.rules": 'rule "A" { when empty; tag t }', "rules/b.rules": 'rule "B" { when empty; tag t }'}
    compilation = sound('include "a.rules"\ninclude "b.rules"\nrule "C" { when tagged t; triage }', files)
    assert compilation.script is not None
    assert [rule.title for rule in compilation.script.rules] == ["A", "B", "C"]
    assert [tree.source.name for tree in compilation.trees] == ["rules/a.rules", "rules/b.rules", "rules/main.rules"]


def test_a_file_included_twice_counts_once_and_first() -> None:
    files = {
        "rules/a.rules": 'include "words.rules"\nrule "A" { when subject mentions @act; tag t }',
        "rules/words.rules": 'phrases act { "акт" }',
    }
    compilation = sound('include "a.rules"\ninclude "words.rules"', files)
    assert [tree.source.name for tree in compilation.trees][:2] == ["rules/words.rules", "rules/a.rules"]
    assert len(compilation.trees) == 3


def test_paths_are_relative_to_the_file_they_stand_in() -> None:
    files = {"rules/lists/a.rules": 'include "b.rules"', "rules/lists/b.rules": "list staff { x-com.kz }"}
    sound('include "lists/a.rules"\nrule "R" { when from is @staff; tag t }', files)


def test_a_circle_is_reported_once_with_the_way_round() -> None:
    files = {"rules/a.rules": 'include "b.rules"', "rules/b.rules": 'include "a.rules"'}
    compilation = compiled('include "a.rules"' + OTHERWISE, files)
    (finding,) = (d for d in compilation.diagnostics if d.severity == "error")
    assert finding.code == "E111"
    assert finding.message.endswith("`rules/a.rules` -> `rules/b.rules` -> `rules/a.rules`")
    assert [label.span.source.name for label in finding.labels] == ["rules/main.rules", "rules/a.rules"]


def test_a_file_that_includes_itself_is_a_circle() -> None:
    assert errors('include "main.rules"') == ["E111"]


@pytest.mark.parametrize("depth", [31, 32])
def test_files_include_one_another_at_most_32_deep(depth: int) -> None:
    files = {f"rules/{i}.rules": f'include "{i + 1}.rules"' for i in range(1, depth)}
    files[f"rules/{depth}.rules"] = ""
    assert errors('include "1.rules"', files) == ([] if depth < 32 else ["E111"])


@pytest.mark.parametrize("path", ["/etc/a.rules", "../a.rules", "lists/../../a.rules", "", " ", ".."])
def test_a_path_outside_the_project_is_refused(path: str) -> None:
    assert errors(f'include "{path}"', {"a.rules": "", "/etc/a.rules": ""}) == ["E112"]


def test_the_projects_folder_may_be_above_the_entry_files() -> None:
    files = {"lists/a.rules": "list staff { x-com.kz }"}
    use = 'include "../lists/a.rules"\nrule "R" { when from is @staff; tag t }'
    sound(use, files, Settings(root="."))
    assert errors(use, files) == ["E112"]
    assert errors('include "../../a.rules"', {"../a.rules": ""}, Settings(root=".")) == ["E112"]


def test_rules_that_lie_outside_the_project_s_folder_include_what_lies_below_their_own() -> None:
    files = {"rules/lists/a.rules": "list staff { x-com.kz }", "a.rules": ""}
    use = 'include "lists/a.rules"\nrule "R" { when from is @staff; tag t }'
    sound(use, files, Settings(root="elsewhere"))
    assert errors('include "../a.rules"', files, Settings(root="elsewhere")) == ["E112"]


def test_a_missing_file_is_reported_and_the_names_it_may_declare_are_not() -> None:
    text = 'include "gone.rules"\nrule "R" { when from is @staff; assign abon; subject prefix "" }'
    assert errors(text) == ["E110", "E062"]


def test_a_missing_entry_file_is_one_error_about_no_place() -> None:
    from sievepy.compiler import compile_file
    from tests.unit.rules_lang.programs import reader

    compilation = compile_file("gone.rules", reader({}))
    assert not compilation.ok
    assert [(d.code, d.span) for d in compilation.diagnostics if d.severity == "error"] == [("E110", None)]


def test_a_file_that_is_not_utf8_names_its_byte_and_line() -> None:
    compilation = compiled('include "a.rules"' + OTHERWISE, {"rules/a.rules": b"# ok\n# \xe0\xea\xf2\n"})
    assert findings(compilation) == ["E113"]
    assert "byte 0xe0 in line 2" in next(d.message for d in compilation.diagnostics if d.severity == "error")


def test_an_oversized_file_is_refused_unread() -> None:
    assert errors('list big from "big.txt"', {"rules/big.txt": b"#" * ((32 << 20) + 1)}) == ["E110"]


def test_a_list_file_holds_one_value_a_line_and_comments() -> None:
    text = "\ufeff# staff\r\nA@x-com.kz\r\n\r\n  *.x-com.kz   # ours\nx-com.kz\t# too\na#b@x-com.kz\n"
    compilation = sound('list staff from "staff.txt"', {"rules/staff.txt": text})
    found = compilation.symbols.lists["staff"].value
    assert found.addresses == {"a@x-com.kz", "a#b@x-com.kz"}
    assert found.domains == {"x-com.kz"}
    assert found.subdomains == {"x-com.kz"}


def test_a_bad_line_of_a_list_file_is_reported_in_that_file() -> None:
    compilation = compiled('list staff from "staff.txt"' + OTHERWISE, {"rules/staff.txt": "x-com.kz\n  x com\n"})
    (finding,) = (d for d in compilation.diagnostics if d.severity == "error")
    assert finding.span is not None
    assert (finding.code, str(finding.span), finding.span.text) == ("E051", "rules/staff.txt:2:3", "x com")


def test_errors_of_all_files_come_in_one_run() -> None:
    files = {"rules/a.rules": "list bad { x_com.kz }", "rules/b.rules": "network bad2 { 1.2.3.4/24 }"}
    text = 'include "a.rules"\ninclude "b.rules"\nrule "R" { when size > 5; tag t }'
    assert errors(text, files) == ["E051", "E052", "E053"]
