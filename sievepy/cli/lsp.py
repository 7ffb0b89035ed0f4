"""`sievepy lsp`: the language server that editors start."""

from __future__ import annotations

import click

from sievepy import __version__
from sievepy.cli.wiring import Unusable, now, read_file


@click.command()
@click.option("--stdio", is_flag=True, help="Accepted, because many editors say it: there is no other way.")
def lsp(stdio: bool) -> None:
    """Serve an editor on standard input and output (Language Server Protocol).

    Diagnostics as you type, quick fixes, hover, go to definition, references, rename, formatting, completion, and how
    many letters of an archive each rule matches (`[editor] archive` in sievepy.toml). Needs the extra `lsp`:

    \b
    pip install 'sievepy-mail[lsp]'

    Editors start it; there is nothing to see on a terminal.

    Exit status: 0 the editor said goodbye or hung up, 1 it left in the middle, 2 the extra is not installed.
    """
    try:
        from sievepy.lsp.server import serve
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        raise Unusable("the language server needs pygls: pip install 'sievepy-mail[lsp]'") from None
    serve(__version__, read_file, now)
