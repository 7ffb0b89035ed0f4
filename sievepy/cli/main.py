"""The command `sievepy`: a table of its subcommands, each loaded when it is called."""

from __future__ import annotations

import errno
import importlib
from typing import TYPE_CHECKING, Any

import click

from sievepy import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# name: (module:attribute, one line of help). The line stands here too, so that `--help` imports no command.
COMMANDS: dict[str, tuple[str, str]] = {
    "backtest": ("sievepy.cli.backtest:backtest", "Say which letters of an archive would go elsewhere by other rules."),
    "check": ("sievepy.cli.check:check", "Find the mistakes in rules files."),
    "completion": ("sievepy.cli.completion:completion", "Print a script that completes commands in bash, zsh or fish."),
    "config": ("sievepy.cli.settings:config", "Print the settings in force, and where each comes from."),
    "doctor": ("sievepy.cli.doctor:doctor", "Look at everything that sievepy needs around it."),
    "explain": ("sievepy.cli.explain:explain", "Say why a letter goes where it goes."),
    "fmt": ("sievepy.cli.fmt:fmt", "Rewrite rules files in their canonical layout."),
    "init": ("sievepy.cli.init:init", "Write a starter project: settings, rules, tests, CI."),
    "lsp": ("sievepy.cli.lsp:lsp", "Serve an editor (needs the extra: pip install 'sievepy-mail[lsp]')."),
    "process": ("sievepy.cli.process:process", "Judge the letters of a maildir, mbox or folder; deliver with --apply."),
    "queue": ("sievepy.cli.queue:queue", "Look at the relay's queue: list, release, retry, redirect, delete."),
    "relay": ("sievepy.cli.relay:relay", "Take letters in by SMTP, judge them, deliver them."),
    "routes": ("sievepy.cli.routes:routes", "Print where letters can go, and which rules lead there."),
    "rule": ("sievepy.cli.rule:rule", "Print the page of a diagnostic code."),
    "test": ("sievepy.cli.test:test", "Run the tests beside the rules, and labelled letters."),
    "trace": ("sievepy.cli.trace:trace", "Tell what happened to a letter that the relay took in."),
    "words": ("sievepy.cli.words:words", "Print what a phrase matches."),
}


_OF_THE_MACHINE = (
    errno.EACCES,
    errno.EDQUOT,
    errno.EIO,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
)
"""What may happen to any file and output of any command, and is no mistake of ours."""


class LazyGroup(click.Group):
    """A group that knows its commands by the table above and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            near = _nearest(args[0]) if args else None
            if near is None:
                raise
            raise click.UsageError(f"{problem.message} Did you mean '{near}'?", ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as problem:
            if problem.errno not in _OF_THE_MACHINE:
                raise
            raise _NotOurs(f"{problem.filename or 'cannot write'}: {problem.strerror}") from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by the table, so that a press of a key imports none of them; options as everywhere."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=COMMANDS[name][1]) for name in sorted(COMMANDS) if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in sorted(COMMANDS.items())])


class _NotOurs(click.ClickException):
    exit_code = 2


def _nearest(word: str) -> str | None:
    from sievepy.text.nearest import nearest

    return nearest(word, COMMANDS)


CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.command(cls=LazyGroup, context_settings=CONTEXT)
@click.version_option(__version__, "-V", "--version", prog_name="sievepy")
def main() -> None:
    """Route letters by rules: check the rules, try them on letters, ask why.

    \b
    sievepy check                          find the mistakes in the project's rules
    sievepy process Maildir                what would happen to each letter
    sievepy explain letter.eml             why a letter goes where it goes
    """
