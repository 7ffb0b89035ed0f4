"""Our values as the protocol's (LSP 3.17): positions, findings, edits, and what goes with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from sievepy.lsp.actions import Action
from sievepy.lsp.archive import Lens
from sievepy.lsp.completion import Completion
from sievepy.lsp.diagnostics import Findings
from sievepy.lsp.documents import Document, Position, Range
from sievepy.lsp.hover import Hover
from sievepy.lsp.navigation import Entry
from sievepy.text import Diagnostic, Edit, Severity, Span

SOURCE = "sievepy"

DocumentOf = Callable[[str], Document]
"""The text of a file that spans speak of, by its path."""
UriOf = Callable[[str], str]

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_ITEM_KINDS = {
    "word": types.CompletionItemKind.Keyword,
    "name": types.CompletionItemKind.Variable,
    "value": types.CompletionItemKind.EnumMember,
}
_SYMBOL_KINDS: Mapping[str, types.SymbolKind] = {
    "rule": types.SymbolKind.Function,
    "otherwise": types.SymbolKind.Function,
    "test": types.SymbolKind.Event,
    "department": types.SymbolKind.Class,
    "person": types.SymbolKind.Class,
    "condition": types.SymbolKind.Boolean,
}


def path_of(uri: str) -> str:
    """The file's path; a document that is no file goes by its URI."""
    return to_fs_path(uri) or uri


def uri_of(path: str) -> str:
    return str(from_fs_path(path)) if path.startswith("/") else path


# ---------------------------------------------------------------- places


def range_of(found: Range) -> types.Range:
    return types.Range(_position(found.start), _position(found.end))


def _position(place: Position) -> types.Position:
    return types.Position(place.line, place.character)


def position(place: types.Position) -> Position:
    return Position(place.line, place.character)


def range_from(place: types.Range) -> Range:
    return Range(position(place.start), position(place.end))


def location(span: Span, document_of: DocumentOf, uri: UriOf) -> types.Location:
    name = span.source.name
    return types.Location(uri(name), range_of(document_of(name).range(span)))


# ---------------------------------------------------------------- findings and edits


def diagnostics(found: Findings, document_of: DocumentOf, uri: UriOf) -> list[types.Diagnostic]:
    return [diagnostic(each, found.document, document_of, uri) for each in found.findings]


def diagnostic(found: Diagnostic, document: Document, document_of: DocumentOf, uri: UriOf) -> types.Diagnostic:
    start = Range(Position(0, 0), Position(0, 0))
    return types.Diagnostic(
        range=range_of(document.range(found.span) if found.span is not None else start),
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source=SOURCE,
        message=found.message if found.help is None else f"{found.message}\n{found.help}",
        related_information=[
            types.DiagnosticRelatedInformation(location(label.span, document_of, uri), label.text)
            for label in found.labels
        ]
        or None,
    )


def workspace_edit(edits: Iterable[Edit], document_of: DocumentOf, uri: UriOf) -> types.WorkspaceEdit:
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        name = edit.span.source.name
        changes.setdefault(uri(name), []).append(text_edit(edit, document_of(name)))
    return types.WorkspaceEdit(changes=changes)


def text_edit(edit: Edit, document: Document) -> types.TextEdit:
    return types.TextEdit(range_of(document.range(edit.span)), edit.replacement.replace("\n", document.line_end))


def code_action(action: Action, document_of: DocumentOf, uri: UriOf) -> types.CodeAction:
    assert action.finding.span is not None
    document = document_of(action.finding.span.source.name)
    return types.CodeAction(
        title=action.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(action.finding, document, document_of, uri)],
        is_preferred=action.preferred or None,
        edit=workspace_edit(action.edits, document_of, uri),
    )


def fix_all(edits: Sequence[Edit], document_of: DocumentOf, uri: UriOf) -> types.CodeAction:
    return types.CodeAction(
        title="Mend everything that is safe",
        kind=f"{types.CodeActionKind.SourceFixAll.value}.{SOURCE}",
        edit=workspace_edit(edits, document_of, uri),
    )


# ---------------------------------------------------------------- answers


def hover(found: Hover, document: Document) -> types.Hover:
    return types.Hover(
        types.MarkupContent(types.MarkupKind.Markdown, found.markdown), range_of(document.range(found.span))
    )


def completion_list(found: Completion, document: Document, offset: int) -> types.CompletionList:
    span = document.source.span(found.start, offset)
    place = range_of(document.range(span))
    items = [
        types.CompletionItem(
            label=item.text,
            kind=_ITEM_KINDS[item.kind],
            detail=item.detail,
            filter_text=item.text,
            text_edit=types.TextEdit(place, item.text),
        )
        for item in found.items
    ]
    return types.CompletionList(is_incomplete=False, items=items)


def document_symbol(entry: Entry, document: Document) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=entry.name or entry.word,
        detail=entry.word,
        kind=_SYMBOL_KINDS.get(entry.word, types.SymbolKind.Constant),
        range=range_of(document.range(entry.span)),
        selection_range=range_of(document.range(entry.name_span)),
    )


def code_lens(lens: Lens, document: Document) -> types.CodeLens:
    """A remark: its command is none, so that nothing happens where somebody clicks."""
    return types.CodeLens(range_of(document.range(lens.span)), types.Command(title=lens.text, command=""))
