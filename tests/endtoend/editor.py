"""An editor for tests: pygls' client at the other end of `python -m sievepy lsp`, with documents of its own.

It waits for what the server says, however long that takes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

ROOT = Path(__file__).parents[2]
U16 = "utf-16-le"
PATIENCE = 60  # seconds; a hundred times what any answer takes


class Client(LanguageClient):
    """Keeps what the server says of itself: pygls' client takes no notice of a message that cannot be read."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self.troubles: list[str] = []

    def report_server_error(self, error: Exception, source: Any) -> None:
        self.troubles.append(f"{source.__name__}: {error}")


class Editor:
    """Paths are relative to the project's folder; `texts` are the open documents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = Client()
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.shown: dict[str, types.PublishDiagnosticsParams] = {}
        self.messages: list[str] = []
        self.refreshed = 0
        self.capabilities = types.ServerCapabilities()
        self.registered: list[types.Registration] = []
        self._news = asyncio.Event()
        # Partials, because pygls writes attributes into what it is given.
        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._published))
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(partial(self._told))
        self.client.feature(types.WORKSPACE_CODE_LENS_REFRESH)(partial(self._refresh))
        self.client.feature(types.CLIENT_REGISTER_CAPABILITY)(partial(self._register))

    # ------------------------------------------------------------ what the server says

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        self.shown[params.uri] = params
        self._news.set()

    def _told(self, params: types.ShowMessageParams) -> None:
        self.messages.append(params.message)
        self._news.set()

    def _refresh(self, _: Any) -> None:
        self.refreshed += 1
        self._news.set()

    def _register(self, params: types.RegistrationParams) -> None:
        self.registered += params.registrations
        self._news.set()

    async def until(self, met: Callable[[], bool]) -> None:
        """Wait until the server has said what makes `met` true. Patience has an end, so that a failing test does not
        hang; what was shown until then is told."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not met():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            shown = {uri: [f"{d.code} {d.message}" for d in params.diagnostics] for uri, params in self.shown.items()}
            raise AssertionError(f"never said; shown are {shown}, told {self.messages}") from None

    def diagnostics(self, name: str) -> list[types.Diagnostic]:
        shown = self.shown.get(self.uri(name))
        return list(shown.diagnostics) if shown is not None else []

    def codes(self, name: str) -> list[str]:
        return [str(each.code) for each in self.diagnostics(name)]

    async def until_codes(self, name: str, *codes: str) -> None:
        """Wait until exactly these are shown, for the text as it is now where it is open."""

        def met() -> bool:
            shown = self.shown.get(self.uri(name))
            version = self.versions.get(name)
            return shown is not None and shown.version == version and sorted(self.codes(name)) == sorted(codes)

        await self.until(met)

    # ------------------------------------------------------------ documents

    def uri(self, name: str) -> str:
        return str(from_fs_path(str(self.folder / name)))

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    def open(self, name: str, text: str | None = None) -> None:
        text = (self.folder / name).read_bytes().decode() if text is None else text
        self.texts[name], self.versions[name] = text, 1
        item = types.TextDocumentItem(self.uri(name), "rules", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def close(self, name: str) -> None:
        del self.texts[name], self.versions[name]
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(self.document(name)))

    def edit(self, name: str, old: str, new: str) -> None:
        """Write `new` where `old` first stands."""
        start = self.texts[name].index(old)
        self.change(name, start, start + len(old), new)

    def change(self, name: str, start: int, end: int, new: str) -> None:
        """Write `new` in the place of the characters `start:end`; no offset may lie inside a line end."""
        text = self.texts[name]
        range_ = types.Range(self.position(name, start), self.position(name, end))
        self.texts[name] = text[:start] + new + text[end:]
        self.versions[name] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name))
        change = types.TextDocumentContentChangePartial(range_, new)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def position(self, name: str, offset: int) -> types.Position:
        """Lines end with LF, CRLF or CR; columns are UTF-16 code units."""
        before = self.texts[name][:offset].replace("\r\n", "\n").replace("\r", "\n")
        line = before.count("\n")
        return types.Position(line, len(before.rpartition("\n")[2].encode(U16)) // 2)

    def at(self, name: str, text: str, further: int = 0) -> dict[str, Any]:
        """The document, and the place `further` characters into the first `text`."""
        place = self.position(name, self.texts[name].index(text) + further)
        return {"text_document": self.document(name), "position": place}

    def apply(self, edit: types.WorkspaceEdit) -> dict[str, str]:
        """The texts of all files of an edit, after it."""
        assert edit.changes is not None
        return {self.name(uri): self.edited(self.name(uri), edits) for uri, edits in edit.changes.items()}

    def name(self, uri: str) -> str:
        return next(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if str(from_fs_path(str(path))) == uri
        )

    def edited(self, name: str, edits: Any) -> str:
        """A text after edits that were all made of it as it is now."""
        text = self.texts[name] if name in self.texts else (self.folder / name).read_bytes().decode()
        lines = text.splitlines(keepends=True)
        assert "".join(lines) == text

        def offset(place: types.Position) -> int:
            column = "".join(lines[place.line : place.line + 1]).encode(U16)[: 2 * place.character].decode(U16)
            return len("".join(lines[: place.line])) + len(column)

        for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
            text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
        return text


@asynccontextmanager
async def editing(folder: Path, **capabilities: Any) -> AsyncIterator[Editor]:
    """An editor with the project in `folder`. At the end the server has left with status 0, and has logged nothing."""
    editor = Editor(folder)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    await editor.client.start_io(sys.executable, "-m", "sievepy", "lsp", "--stdio", cwd=folder, env=environment)
    server = editor.client._server
    assert server is not None and server.stderr is not None
    log = asyncio.ensure_future(server.stderr.read())
    lens = types.CodeLensWorkspaceClientCapabilities(refresh_support=True)
    told = {"workspace": types.WorkspaceClientCapabilities(code_lens=lens), **capabilities}
    root = str(from_fs_path(str(folder)))
    params = types.InitializeParams(types.ClientCapabilities(**told), root_uri=root, process_id=os.getpid())
    editor.capabilities = (await editor.client.initialize_async(params)).capabilities
    editor.client.initialized(types.InitializedParams())
    try:
        yield editor
        await editor.client.shutdown_async(None)
        editor.client.exit(None)
        assert await server.wait() == 0
    finally:
        if server.returncode is None:
            server.kill()
        await editor.client.stop()
        logged = (await log).decode()
    assert logged == ""
    assert editor.client.troubles == []


def session(folder: Path, play: Callable[[Editor], Awaitable[None]], **capabilities: Any) -> None:
    """Play a scene in an editor."""

    async def run() -> None:
        async with editing(folder, **capabilities) as editor:
            await play(editor)

    asyncio.run(run())
