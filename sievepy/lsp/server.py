"""The server itself: pygls on standard input and output. What is answered is said in the modules beside it."""

from __future__ import annotations

import datetime as dt
import logging
import posixpath
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from sievepy.lsp import messages
from sievepy.lsp.diagnostics import Findings
from sievepy.lsp.features import FEATURES
from sievepy.lsp.projects import Read, Snapshot, State, Superseded
from sievepy.lsp.renaming import Refused
from sievepy.lsp.session import Session

T = TypeVar("T")


class Refusal(JsonRpcException):
    """A request that was understood and is not carried out; the message is for the person who asked."""

    CODE = types.LSPErrorCodes.RequestFailed.value


class Protocol(LanguageServerProtocol):
    """Pygls' own, but for the texts, which are ours: see `documents`."""

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Columns are counted in UTF-16 code units, as every editor can."""
        if params.capabilities.general is not None:
            params.capabilities.general.position_encodings = [types.PositionEncodingKind.Utf16]
        return (yield from super().lsp_initialize(params))

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None


class RulesServer(LanguageServer):
    """What is shown to an editor, and the session with it."""

    def __init__(self, version: str, read_file: Read, now: Callable[[], dt.datetime]) -> None:
        super().__init__("sievepy", version, protocol_cls=Protocol)
        self.session = Session(self, read_file, now)
        self._uris: dict[str, str] = {}
        for name, answer, options in FEATURES:
            self.feature(name, options)(answer)

    # ------------------------------------------------------------ what is shown (`session.Editor`)

    def show(self, found: Findings) -> None:
        path, version = found.document.path, found.document.version
        said = messages.diagnostics(found, self.session.document, self.uri)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(self.uri(path), said, version))

    def refresh_lenses(self) -> None:
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)

    def warn(self, message: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    # ------------------------------------------------------------ what `features.Server` needs

    def path(self, uri: str) -> str:
        """The path of a document. Its URI is kept as the editor writes it."""
        path = posixpath.normpath(messages.path_of(uri))
        self._uris[path] = uri
        return path

    def uri(self, path: str) -> str:
        return self._uris.get(path) or messages.uri_of(path)

    async def ask(self, question: Callable[[State, Snapshot], T]) -> T:
        """The answer about what stands there now, or the protocol's error."""
        try:
            return await self.session.analyst.answer_now(question)
        except Superseded:
            raise JsonRpcContentModified from None
        except Refused as reason:
            raise Refusal(str(reason)) from None

    def watch(self, patterns: Sequence[str]) -> None:
        """Ask to be told when such files change on the disk, where the editor can."""
        workspace = self.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(p) for p in patterns])
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        self.client_register_capability(types.RegistrationParams([types.Registration("files", method, options)]))

    def shutdown(self) -> None:
        self.session.analyst.close()
        super().shutdown()  # type: ignore[no-untyped-call]


class _Answers(logging.Filter):
    """Keeps out of the log what pygls takes for a mistake and is an answer: a refusal, a request that came too late."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, Refusal | JsonRpcContentModified)


def serve(version: str, read_file: Read, now: Callable[[], dt.datetime]) -> None:
    """Serve the editor at the other end of standard input and output until it says exit or hangs up. Mistakes of this
    program are logged on standard error."""
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_Answers())
    RulesServer(version, read_file, now).start_io()
