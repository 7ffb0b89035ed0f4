"""`sievepy lsp` at the other end of an editor's pipe: everything it can do, asked by a real client."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from sievepy.lsp.features import TEXT_OF
from tests.endtoend.editor import ROOT, Editor, session

MAIN = "rules/main.rules"
PARTS = "rules/departments.rules"

CONFIG = """\
rules = "rules/main.rules"

[sinks]
channels = ["email"]
places = ["triage"]
"""
RULES = """\
include "departments.rules"

# 😀 columns are UTF-16
phrases act ru translit { "акт … сверки" }
rule "Акты" {
    when subject mentions @act
    assign buh
    tag money
}
otherwise { triage }
test "Акт" { subject "Акт сверки"; expect assign buh; expect rule "Акты" }
"""
DEPARTMENTS = """\
department buh "Бухгалтерия" { email buh@x-com.kz }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in ({"sievepy.toml": CONFIG, MAIN: RULES, PARTS: DEPARTMENTS}).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


async def code_actions(
    editor: Editor, name: str, text: str, only: Sequence[str] | None = None
) -> list[types.CodeAction]:
    place = editor.position(name, editor.texts[name].index(text))
    params = types.CodeActionParams(
        editor.document(name), types.Range(place, place), types.CodeActionContext(editor.diagnostics(name), only)
    )
    found = await editor.client.text_document_code_action_async(params)
    assert found is not None
    return [action for action in found if isinstance(action, types.CodeAction)]


# ---------------------------------------------------------------- what is found


def test_findings_come_as_somebody_types(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        await editor.until_codes(MAIN)
        editor.edit(MAIN, "subject mentions @act", "subjekt mentions @act")
        await editor.until_codes(MAIN, "E017")
        (finding,) = editor.diagnostics(MAIN)
        assert finding.range == types.Range(types.Position(5, 9), types.Position(5, 16))
        assert finding.severity is types.DiagnosticSeverity.Error
        assert finding.source == "sievepy" and "did you mean `subject`?" in finding.message
        editor.edit(MAIN, "subjekt", "subject")
        await editor.until_codes(MAIN)

    session(project, play)


def test_opinions_come_too(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        editor.edit(MAIN, '"акт … сверки" }', '"акт … сверки"; "акт … сверки" }')
        await editor.until_codes(MAIN, "W205")
        (finding,) = editor.diagnostics(MAIN)
        assert finding.severity is types.DiagnosticSeverity.Warning
        assert finding.related_information is not None

    session(project, play)


def test_a_finding_stands_in_the_file_it_belongs_to(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(PARTS)
        await editor.until_codes(PARTS)
        editor.edit(PARTS, "department buh", "department abon")
        await editor.until_codes(MAIN, "E101", "E101")  # a file that is not open
        assert editor.codes(PARTS) == []
        editor.edit(PARTS, "department abon", "department buh")
        await editor.until_codes(MAIN)

    session(project, play)


def test_an_open_text_stands_for_its_file(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        await editor.until_codes(MAIN)
        editor.open(PARTS, DEPARTMENTS.replace("buh ", "abon "))
        await editor.until_codes(MAIN, "E101", "E101")
        editor.close(PARTS)
        await editor.until_codes(MAIN)

    session(project, play)


def test_a_file_that_changed_on_the_disk_is_read_again(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        await editor.until_codes(MAIN)
        (project / PARTS).write_text("", encoding="utf-8")
        change = types.FileEvent(editor.uri(PARTS), types.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
        await editor.until_codes(MAIN, "E101", "E101")

    session(project, play)


def test_a_wrong_configuration_is_shown_in_it(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        await editor.until_codes(MAIN)
        editor.open("sievepy.toml", CONFIG.replace("[sinks]", "[sinkz]"))
        await editor.until_codes("sievepy.toml", "E152")
        editor.edit("sievepy.toml", "sinkz", "sinks")
        await editor.until_codes("sievepy.toml")
        assert editor.codes(MAIN) == []

    session(project, play)


def test_without_a_project_a_file_stands_for_itself(tmp_path: Path) -> None:
    async def play(editor: Editor) -> None:
        (tmp_path / "a.rules").write_text("otherwise { triage }\n", encoding="utf-8")
        editor.open("a.rules")
        await editor.until_codes("a.rules", "E142")

    session(tmp_path, play)


# ---------------------------------------------------------------- what can be done about it


def test_a_quick_fix_mends_what_it_is_offered_for(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        editor.edit(MAIN, "subject mentions", "subjeсt mentions")  # a Cyrillic letter
        await editor.until_codes(MAIN, "E010")
        (action,) = await code_actions(editor, MAIN, "subjeсt", [types.CodeActionKind.QuickFix.value])
        assert action.is_preferred and action.kind == types.CodeActionKind.QuickFix
        assert action.diagnostics is not None and action.edit is not None
        assert [str(d.code) for d in action.diagnostics] == ["E010"]
        assert editor.apply(action.edit) == {MAIN: RULES}

    session(project, play)


def test_a_finding_can_be_ignored_where_it_stands(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        editor.edit(MAIN, "    assign buh", "    priority 100\n    assign buh")
        await editor.until(lambda: bool(editor.diagnostics(MAIN)))
        editor.edit(MAIN, "    priority 100\n", "")
        editor.edit(MAIN, "    when subject", "    priority 100\n    when subject")
        await editor.until_codes(MAIN, "W213")
        actions = await code_actions(editor, MAIN, "priority 100")
        (ignore,) = (action for action in actions if action.title == "Ignore W213 here")
        assert ignore.edit is not None
        text = editor.apply(ignore.edit)[MAIN]
        assert "    # sievepy: ignore W213\n    priority 100\n" in text
        editor.change(MAIN, 0, len(editor.texts[MAIN]), text)
        await editor.until_codes(MAIN)

    session(project, play)


def test_everything_that_is_safe_is_mended_at_once(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        editor.edit(MAIN, '"акт … сверки" }', '"акт … сверки"; "акт … сверки" }')
        editor.edit(MAIN, "    when subject", "    priority 100\n    when subject")
        await editor.until_codes(MAIN, "W205", "W213")
        (action,) = await code_actions(editor, MAIN, "otherwise", ["source.fixAll"])
        assert action.kind == "source.fixAll.sievepy" and action.edit is not None
        assert editor.apply(action.edit) == {MAIN: RULES}

    session(project, play)


# ---------------------------------------------------------------- reading


async def hovered(editor: Editor, name: str, text: str, further: int = 0) -> str:
    found = await editor.client.text_document_hover_async(types.HoverParams(**editor.at(name, text, further)))
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    return found.contents.value


def test_hovering_shows_forms_channels_and_operators(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        assert "сверкой" in await hovered(editor, MAIN, "сверки")
        assert "email `buh@x-com.kz`" in await hovered(editor, MAIN, "buh")
        assert "`has ip in`" in await hovered(editor, MAIN, "subject")
        nothing = await editor.client.text_document_hover_async(types.HoverParams(**editor.at(MAIN, "# 😀", 3)))
        assert nothing is None

    session(project, play)


def test_definitions_lie_in_other_files(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        found = await editor.client.text_document_definition_async(types.DefinitionParams(**editor.at(MAIN, "buh", 3)))
        assert isinstance(found, types.Location)
        assert found.uri == editor.uri(PARTS)
        assert found.range == types.Range(types.Position(0, 11), types.Position(0, 14))
        include = types.DefinitionParams(**editor.at(MAIN, "departments"))
        found = await editor.client.text_document_definition_async(include)
        assert isinstance(found, types.Location) and found.uri == editor.uri(PARTS)

    session(project, play)


def test_references_are_all_of_them(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        context = types.ReferenceContext(include_declaration=True)
        params = types.ReferenceParams(context=context, **editor.at(MAIN, "buh"))
        found = await editor.client.text_document_references_async(params)
        assert found is not None
        places = sorted((editor.name(each.uri), each.range.start.line) for each in found)
        assert places == [(PARTS, 0), (MAIN, 6), (MAIN, 10)]

    session(project, play)


def test_the_outline_holds_every_declaration(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        params = types.DocumentSymbolParams(editor.document(MAIN))
        found = await editor.client.text_document_document_symbol_async(params)
        assert [(each.name, getattr(each, "detail", None)) for each in found or ()] == [
            ("act", "phrases"),
            ("Акты", "rule"),
            ("otherwise", "otherwise"),
            ("Акт", "test"),
        ]

    session(project, play)


# ---------------------------------------------------------------- writing


async def renamed(editor: Editor, text: str, new: str) -> dict[str, str]:
    params = types.RenameParams(new_name=new, **editor.at(MAIN, text))
    edit = await editor.client.text_document_rename_async(params)
    assert edit is not None
    return editor.apply(edit)


def test_a_department_gets_another_name_in_all_files(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        place = await editor.client.text_document_prepare_rename_async(
            types.PrepareRenameParams(**editor.at(MAIN, "buh"))
        )
        assert isinstance(place, types.PrepareRenamePlaceholder) and place.placeholder == "buh"
        assert await renamed(editor, "buh", "бухгалтерия") == {
            MAIN: RULES.replace("assign buh", "assign бухгалтерия"),
            PARTS: DEPARTMENTS.replace("department buh", "department бухгалтерия"),
        }
        assert (await renamed(editor, "Акты", 'Счета "и акты"'))[MAIN].count(r"Счета \"и акты\"") == 2

    session(project, play)


@pytest.mark.parametrize(
    ("text", "new", "reason"),
    [
        ("buh", "when", "is a word of the language"),
        ("buh", "a b", "is not a name"),
        ("buh", "abоn", "mixes Cyrillic and Latin"),
        ("buh", "abon", "is declared twice"),
        ("Акты", "", "one line of text"),
        ("otherwise", "x", "nothing that can have another name"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_its_reason(project: Path, text: str, new: str, reason: str) -> None:
    (project / PARTS).write_text(DEPARTMENTS + 'department abon "A" { email a@x-com.kz }\n', encoding="utf-8")

    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        with pytest.raises(Exception, match=reason):
            await renamed(editor, text, new)

    session(project, play)


def test_formatting_leads_to_the_canonical_layout(project: Path) -> None:
    async def play(editor: Editor) -> None:
        options = types.FormattingOptions(4, True)
        crooked = RULES.replace("    assign buh", "  assign   buh").replace("\n", "\r\n")
        editor.open(MAIN, crooked)
        params = types.DocumentFormattingParams(editor.document(MAIN), options)
        edits = await editor.client.text_document_formatting_async(params)
        assert editor.edited(MAIN, edits) == RULES.replace("\n", "\r\n")
        (edit,) = edits or ()
        assert edit.range.start.line == edit.range.end.line == 6
        editor.change(MAIN, 0, len(crooked), RULES)
        assert not await editor.client.text_document_formatting_async(params)
        editor.edit(MAIN, "subject", "subjekt")
        assert await editor.client.text_document_formatting_async(params) is None
        await editor.until(lambda: bool(editor.messages))
        assert editor.messages == ["not laid out: unknown word `subjekt`"]

    session(project, play)


async def completed(editor: Editor, text: str, further: int) -> dict[str, str]:
    params = types.CompletionParams(**editor.at(MAIN, text, further))
    found = await editor.client.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    offered = {}
    for item in found.items:
        assert isinstance(item.text_edit, types.TextEdit)
        offered[item.label] = editor.edited(MAIN, [item.text_edit])
    return offered


def test_completion_knows_where_it_is(project: Path) -> None:
    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        await editor.until_codes(MAIN)
        editor.edit(MAIN, "assign buh\n", "assign b\n")
        offered = await completed(editor, "assign b", 8)
        assert set(offered) == {"buh", "same"}
        assert offered["buh"] == RULES
        editor.edit(MAIN, "mentions @act", "mentions @a")
        assert set(await completed(editor, "mentions @a", 11)) == {"@act"}
        assert "when" in await completed(editor, "    when", 5)
        assert await completed(editor, "сверки", 2) == {}

    session(project, play)


# ---------------------------------------------------------------- the archive


def test_a_rule_says_how_many_letters_it_matches(project: Path) -> None:
    (project / "archive").mkdir()
    for number, subject in enumerate(["Акт сверки", "Погода", "акта взаимной сверки"]):
        letter = f"From: a@b.example\r\nSubject: {subject}\r\n\r\nx\r\n"
        (project / "archive" / f"{number}.eml").write_bytes(letter.encode())
    (project / "sievepy.toml").write_text(CONFIG + '\n[editor]\narchive = "archive"\n', encoding="utf-8")

    async def lenses(editor: Editor) -> list[tuple[int, str]]:
        params = types.CodeLensParams(editor.document(MAIN))
        found = await editor.client.text_document_code_lens_async(params)
        return [(each.range.start.line, each.command.title) for each in found or () if each.command is not None]

    async def play(editor: Editor) -> None:
        editor.open(MAIN)
        await editor.until(lambda: editor.refreshed == 1)
        assert await lenses(editor) == [(4, "matches 2 of 3 letters")]
        editor.edit(MAIN, '"акт … сверки" }', '"акт … сверки"; "погода" }')
        await editor.until(lambda: editor.refreshed == 2)
        assert await lenses(editor) == [(4, "matches 3 of 3 letters")]

    session(project, play)


# ---------------------------------------------------------------- coming and going


def test_it_asks_to_be_told_of_files_on_the_disk(project: Path) -> None:
    async def play(editor: Editor) -> None:
        await editor.until(lambda: bool(editor.registered))
        (registration,) = editor.registered
        assert registration.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES

    watching = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    workspace = types.WorkspaceClientCapabilities(did_change_watched_files=watching)
    session(project, play, workspace=workspace)


def test_without_its_extra_it_says_what_to_install(project: Path) -> None:
    program = "import sys; sys.modules['pygls'] = None; from sievepy.cli.main import main; main(['lsp'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: the language server needs pygls: pip install 'sievepy-mail[lsp]'\n"


def test_it_leaves_when_the_editor_hangs_up(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "sievepy", "lsp"],
        cwd=project,
        env=environment,
        input=b"",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


# ---------------------------------------------------------------- whatever is typed


PIECES = (
    "x", "\n", "\r\n", "\r", "\u2028", "\v", "\x85", "😀", "ё", '"', "«", "{", "}", "#", "@act", "/", "assign buh\n",
    "rule ", " ", "\t", "\ufeff", '"""', "when ", "subject mentions ", ", ",
)  # fmt: skip


def places(text: str) -> list[int]:
    """Offsets that a position can name: none between the CR and the LF of a line end."""
    return [i for i in range(len(text) + 1) if text[i - 1 : i + 1] != "\r\n" or i == 0]


def edit_at_random(editor: Editor, chance: random.Random) -> None:
    text = editor.texts[MAIN]
    start, end = sorted((chance.choice(places(text)), chance.choice(places(text))))
    if chance.random() < 0.8 or not text:
        end = start + min(end - start, chance.choice((0, 0, 1, 7)))
        while end not in places(text):
            end += 1
    new = "".join(chance.choice(PIECES) for _ in range(chance.randrange(4)))
    editor.change(MAIN, start, end, new)


@pytest.mark.parametrize("seed", range(3))
def test_the_server_has_the_text_that_the_editor_has(project: Path, seed: int) -> None:
    """Random edits, questions in between; what may be asked at any time never fails but for being out of date."""
    chance = random.Random(seed)

    async def play(editor: Editor) -> None:
        assert editor.capabilities.position_encoding == types.PositionEncodingKind.Utf16
        editor.open(MAIN)
        for number in range(150):
            edit_at_random(editor, chance)
            if number % 10 == 0:
                told = await editor.client.protocol.send_request_async(TEXT_OF, {"uri": editor.uri(MAIN)})
                assert told == editor.texts[MAIN]
                await ask_anything(editor, chance)
        editor.change(MAIN, 0, len(editor.texts[MAIN]), RULES)
        await editor.until_codes(MAIN)

    encodings = [types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16]
    session(project, play, general=types.GeneralClientCapabilities(position_encodings=encodings))


async def ask_anything(editor: Editor, chance: random.Random) -> None:
    place = editor.position(MAIN, chance.choice(places(editor.texts[MAIN])))
    where: dict[str, Any] = {"text_document": editor.document(MAIN), "position": place}
    client = editor.client
    await client.text_document_completion_async(types.CompletionParams(**where))
    await client.text_document_hover_async(types.HoverParams(**where))
    await client.text_document_definition_async(types.DefinitionParams(**where))
    await client.text_document_document_symbol_async(types.DocumentSymbolParams(editor.document(MAIN)))
    await client.text_document_code_lens_async(types.CodeLensParams(editor.document(MAIN)))
    context = types.CodeActionContext(editor.diagnostics(MAIN))
    await client.text_document_code_action_async(
        types.CodeActionParams(editor.document(MAIN), types.Range(place, place), context)
    )


def test_the_shipped_rules_have_no_errors(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules", tmp_path / "rules")

    async def play(editor: Editor) -> None:
        editor.open("rules/x-com.rules")
        await editor.until(lambda: editor.uri("rules/x-com.rules") in editor.shown)
        shown = [each for params in editor.shown.values() for each in params.diagnostics]
        assert not [each for each in shown if each.severity is types.DiagnosticSeverity.Error]
        assert "→ email" in await hovered(editor, "rules/x-com.rules", "assign tech", 8)

    session(tmp_path, play)
