"""What the server can do: each request and notification of the protocol, and the module that knows the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from lsprotocol import types

from sievepy.config import FILE_NAME
from sievepy.lsp import messages
from sievepy.lsp.actions import quick_fixes, safe_fixes
from sievepy.lsp.completion import complete
from sievepy.lsp.diagnostics import by_file
from sievepy.lsp.formatting import layout
from sievepy.lsp.hover import hover
from sievepy.lsp.navigation import Target, definition, outline, references
from sievepy.lsp.projects import Snapshot, State
from sievepy.lsp.renaming import prepare, rename
from sievepy.lsp.session import Session
from sievepy.rules_lang.parser import parse
from sievepy.text import Diagnostic

T = TypeVar("T")

TEXT_OF = "sievepy/textOf"
"""A request of our own: the text that the server has of a document (`{"uri": …}`), for whoever doubts that it is the
editor's."""


class Server(Protocol):
    """What the answers need of the server."""

    session: Session

    def path(self, uri: str) -> str: ...
    def uri(self, path: str) -> str: ...
    async def ask(self, question: Callable[[State, Snapshot], T]) -> T: ...
    def warn(self, message: str) -> None: ...
    def watch(self, patterns: Sequence[str]) -> None: ...


# ---------------------------------------------------------------- texts


def initialized(ls: Server, _: types.InitializedParams) -> None:
    ls.watch(("**/*.rules", "**/*.txt", f"**/{FILE_NAME}"))


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    ls.session.open(ls.path(document.uri), document.text, document.version)


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    changes = [
        (messages.range_from(change.range), change.text)
        if isinstance(change, types.TextDocumentContentChangePartial)
        else (None, change.text)
        for change in params.content_changes
    ]
    ls.session.change(ls.path(params.text_document.uri), changes, params.text_document.version)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.close(ls.path(params.text_document.uri))


def files_changed(ls: Server, _: Any) -> None:
    ls.session.changed()


def text_of(ls: Server, params: Any) -> str:
    return ls.session.document(ls.path(params.uri)).text


# ---------------------------------------------------------------- reading


async def on_hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    path, offset = _place(ls, params.text_document, params.position)
    found = await ls.ask(lambda state, _: hover(state, path, offset))
    return None if found is None else messages.hover(found, ls.session.document(path))


async def on_definition(ls: Server, params: types.DefinitionParams) -> types.Location | None:
    path, offset = _place(ls, params.text_document, params.position)
    found = await ls.ask(lambda state, _: definition(state, path, offset))
    return None if found is None else _location(ls, found)


async def on_references(ls: Server, params: types.ReferenceParams) -> list[types.Location]:
    path, offset = _place(ls, params.text_document, params.position)
    declaration = params.context.include_declaration
    spans = await ls.ask(lambda state, _: references(state, path, offset, declaration=declaration))
    return [messages.location(span, ls.session.document, ls.uri) for span in spans]


async def on_document_symbol(ls: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    document = ls.session.document(ls.path(params.text_document.uri))
    entries = await ls.session.analyst.answer(lambda: list(outline(parse(document.source)[0])))
    return [messages.document_symbol(entry, document) for entry in entries]


async def on_code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
    path = ls.path(params.text_document.uri)
    found = await ls.ask(lambda _, __: ls.session.lenses(path))
    return [messages.code_lens(lens, ls.session.document(path)) for lens in found]


# ---------------------------------------------------------------- writing


async def on_completion(ls: Server, params: types.CompletionParams) -> types.CompletionList:
    """Of the names as they were last read: nobody waits for them while typing."""
    path, offset = _place(ls, params.text_document, params.position)
    document = ls.session.document(path)
    names = [name for analysis in ls.session.analyst.state.holding(path) for name in analysis.names]
    found = await ls.session.analyst.answer(lambda: complete(document.source, offset, names))
    return messages.completion_list(found, document, offset)


async def on_formatting(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    document = ls.session.document(ls.path(params.text_document.uri))
    formatted, edit = await ls.session.analyst.answer(lambda: layout(document.source))
    if formatted.text is None:
        reason = next((problem.message for problem in formatted.diagnostics), "the rules have mistakes")
        ls.warn(f"not laid out: {reason}")
        return None
    return [messages.text_edit(edit, document)] if edit is not None else []


async def on_prepare_rename(ls: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder:
    path, offset = _place(ls, params.text_document, params.position)
    found = await ls.ask(lambda state, _: prepare(state, path, offset))
    place = messages.range_of(ls.session.document(path).range(found.span))
    return types.PrepareRenamePlaceholder(range=place, placeholder=found.text)


async def on_rename(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit:
    path, offset = _place(ls, params.text_document, params.position)
    edits = await ls.ask(lambda state, snapshot: rename(state, snapshot, path, offset, params.new_name))
    return messages.workspace_edit(edits, ls.session.document, ls.uri)


async def on_code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    path = ls.path(params.text_document.uri)
    document = ls.session.document(path)
    place = messages.range_from(params.range)
    start, end = document.offset(place.start), document.offset(place.end)
    findings = await ls.ask(lambda state, _: _findings(state, path))
    made = []
    if _is_asked_for(types.CodeActionKind.QuickFix, params.context.only):
        fixes = quick_fixes(findings, start, end)
        made = [messages.code_action(action, ls.session.document, ls.uri) for action in fixes]
    edits = safe_fixes(findings)
    if edits and _is_asked_for(types.CodeActionKind.SourceFixAll, params.context.only):
        made.append(messages.fix_all(edits, ls.session.document, ls.uri))
    return made


def _findings(state: State, path: str) -> tuple[Diagnostic, ...]:
    found = by_file(state).get(path)
    return () if found is None else found.findings


def _is_asked_for(kind: types.CodeActionKind, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether an editor that asks `only` for some kinds, or kinds below them, asks for this one."""
    wanted = [str(getattr(each, "value", each)) for each in only or ("",)]
    return any(not each or f"{kind.value}.".startswith(f"{each}.") or each.startswith(kind.value) for each in wanted)


# ---------------------------------------------------------------- places


def _place(ls: Server, document: types.TextDocumentIdentifier, position: types.Position) -> tuple[str, int]:
    """Path and offset."""
    path = ls.path(document.uri)
    return path, ls.session.document(path).offset(messages.position(position))


def _location(ls: Server, target: Target) -> types.Location:
    if target.span is not None:
        return messages.location(target.span, ls.session.document, ls.uri)
    start = types.Position(0, 0)
    return types.Location(ls.uri(target.path), types.Range(start, start))


FEATURES: Sequence[tuple[str, Callable[..., Any], Any]] = (
    (types.INITIALIZED, initialized, None),
    (types.TEXT_DOCUMENT_DID_OPEN, did_open, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, did_change, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, did_close, None),
    (types.TEXT_DOCUMENT_DID_SAVE, files_changed, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, files_changed, None),
    (types.TEXT_DOCUMENT_HOVER, on_hover, None),
    (types.TEXT_DOCUMENT_DEFINITION, on_definition, None),
    (types.TEXT_DOCUMENT_REFERENCES, on_references, None),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, on_document_symbol, None),
    (types.TEXT_DOCUMENT_CODE_LENS, on_code_lens, None),
    (types.TEXT_DOCUMENT_COMPLETION, on_completion, types.CompletionOptions(trigger_characters=["@"])),
    (types.TEXT_DOCUMENT_FORMATTING, on_formatting, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, on_prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, on_rename, types.RenameOptions(prepare_provider=True)),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        on_code_action,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]),
    ),
    (TEXT_OF, text_of, None),
)
