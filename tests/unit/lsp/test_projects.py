"""Which programs there are, what stays from one look to the next, and where findings are shown."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sievepy.lsp.diagnostics import by_file
from sievepy.lsp.documents import Document
from sievepy.lsp.projects import Projects, Snapshot, State, Superseded
from tests.unit.lsp.desks import CONFIG, CONFIGURED, MAIN, OTHERWISE, reader

PART = "/site/rules/part.rules"
BUH = 'department buh "Б" { email buh@x-com.kz }\n'


def snapshot(open_: Mapping[str, str], files: Mapping[str, str]) -> Snapshot:
    return Snapshot({path: Document(path, text, 1) for path, text in open_.items()}, reader(files))


def shown(state: State) -> dict[str, list[str]]:
    return {path: [finding.code for finding in found.findings] for path, found in by_file(state).items()}


def test_a_file_belongs_to_the_program_of_its_project() -> None:
    files = {CONFIG: CONFIGURED, MAIN: f'include "part.rules"\n{OTHERWISE}', PART: BUH}
    state = Projects().compile(snapshot({PART: BUH}, files))
    assert [analysis.entry for analysis in state.analyses] == [MAIN]
    assert [analysis.entry for analysis in state.holding(PART)] == [MAIN]


def test_a_file_that_the_project_does_not_include_is_a_program_of_its_own() -> None:
    state = Projects().compile(snapshot({PART: BUH}, {CONFIG: CONFIGURED, MAIN: OTHERWISE}))
    assert [analysis.entry for analysis in state.analyses] == [MAIN, PART]
    assert shown(state) == {MAIN: [], PART: ["E126"]}  # no `otherwise`


def test_without_a_project_an_open_file_may_be_a_part_of_another_open_one() -> None:
    main = f'include "part.rules"\n{OTHERWISE}'
    for names in ([MAIN, PART], [PART, MAIN]):
        texts = {MAIN: main, PART: BUH}
        state = Projects().compile(snapshot({name: texts[name] for name in names}, {}))
        assert [analysis.entry for analysis in state.analyses] == [MAIN]


def test_files_that_include_one_another_are_one_program() -> None:
    texts = {MAIN: 'include "part.rules"\n', PART: 'include "main.rules"\n'}
    state = Projects().compile(snapshot(texts, {}))
    assert len(state.analyses) == 1


def test_what_stays_the_same_is_not_compiled_again() -> None:
    projects = Projects()
    files = {CONFIG: CONFIGURED, MAIN: f'include "part.rules"\n{OTHERWISE}', PART: BUH}
    first = projects.lint(projects.compile(snapshot({PART: BUH}, files)), snapshot({PART: BUH}, files))
    (again,) = projects.compile(snapshot({PART: BUH}, files)).analyses
    assert again is first.analyses[0] and again.linted
    (other,) = projects.compile(snapshot({PART: BUH + "\n"}, files)).analyses
    assert other is not again and not other.linted
    assert other.compilation.trees[-1] is again.compilation.trees[-1]  # of the file that did not change


def test_a_file_that_comes_into_being_is_noticed() -> None:
    projects = Projects()
    files = {CONFIG: CONFIGURED, MAIN: f'include "part.rules"\n{OTHERWISE}'}
    assert shown(projects.compile(snapshot({MAIN: files[MAIN]}, files)))[MAIN] == ["E110"]
    assert shown(projects.compile(snapshot({MAIN: files[MAIN]}, {**files, PART: BUH})))[MAIN] == []


def test_a_configuration_that_is_wrong_for_a_moment_changes_nothing_else() -> None:
    projects = Projects()
    files = {CONFIG: CONFIGURED, MAIN: f'include "part.rules"\n{OTHERWISE}', PART: BUH}
    before = projects.compile(snapshot({PART: BUH}, files))
    wrong = projects.compile(snapshot({PART: BUH, CONFIG: CONFIGURED + "["}, files))
    assert wrong.analyses == before.analyses
    assert shown(wrong)[CONFIG] == ["E151"]


def test_a_finding_of_two_programs_is_shown_once() -> None:
    other = "/site/rules/other.rules"
    bad = 'department buh "Б" { email buh@ }\n'
    text = f'include "part.rules"\n{OTHERWISE}'
    state = Projects().compile(snapshot({MAIN: text, other: text, PART: bad}, {CONFIG: CONFIGURED}))
    assert len(state.analyses) == 2
    assert len(shown(state)[PART]) == 1


def test_a_finding_in_a_list_file_is_shown_there() -> None:
    addresses = "/site/rules/staff.txt"
    text = f'list staff from "staff.txt"\nrule "x" {{ when from is @staff; triage }}\n{OTHERWISE}'
    state = Projects().compile(snapshot({MAIN: text}, {CONFIG: CONFIGURED, addresses: "a@b.kz\r\nx..y\r\n"}))
    (finding,) = by_file(state)[addresses].findings
    assert finding.span is not None
    assert by_file(state)[addresses].document.range(finding.span).start.line == 1


def test_what_has_no_place_stands_at_the_beginning_of_the_entry_file() -> None:
    state = Projects().compile(snapshot({"/a.rules": OTHERWISE}, {}))
    assert shown(state) == {"/a.rules": ["E142"]}


def test_other_files_that_are_open_are_no_programs() -> None:
    texts = {MAIN: OTHERWISE, "/site/staff.txt": "a@b.kz", "/site/other.toml": "", "untitled:Untitled-1": OTHERWISE}
    state = Projects().compile(snapshot(texts, {CONFIG: CONFIGURED}))
    assert sorted(analysis.entry for analysis in state.analyses) == [MAIN, "untitled:Untitled-1"]


def test_who_is_superseded_gives_up() -> None:
    files = {CONFIG: CONFIGURED, MAIN: OTHERWISE}
    projects = Projects()
    compiled = projects.compile(snapshot({MAIN: OTHERWISE}, files))
    late = Snapshot({MAIN: Document(MAIN, "#\n" + OTHERWISE)}, reader(files), lambda: True)
    with pytest.raises(Superseded):
        projects.compile(late)
    with pytest.raises(Superseded):
        projects.lint(compiled, late)


def test_a_lone_half_of_a_pair_is_one_character() -> None:
    text = f'rule "\ud83d" {{ when bounce; triage }}\nx\n{OTHERWISE}'
    state = Projects().compile(snapshot({MAIN: text}, {CONFIG: CONFIGURED}))
    (finding, *_) = by_file(state)[MAIN].findings
    assert finding.span is not None and finding.span.start == text.index("x\n")
