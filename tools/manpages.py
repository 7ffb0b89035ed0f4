"""`python -m tools.manpages`: the man pages in `docs/man/`, made of the commands themselves (man(7)).

One page a command, `sievepy-queue-list.1` among them. They are kept in the repository and not made when a wheel is
built: a build would have to import every command with all its libraries, and a packager could not read what it ships.
A test holds the files against what is made here. Pages are ASCII; other letters are named (`\\[u0430]`).
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from sievepy import __version__
from sievepy.cli.main import COMMANDS, main

FOLDER = Path(__file__).parents[1] / "docs" / "man"
DATE = "2026-11-25"  # of the version; changed together with it

_ENVIRONMENT = (
    ("SIEVEPY_CONFIG", "The configuration file, instead of the sievepy.toml that is found upward."),
    (
        "SIEVEPY_TABLE_KEY",
        "A setting, such as `SIEVEPY_RELAY_WORKERS` or `SIEVEPY_CHANNELS_EMAIL_HOST`: it outranks the file, and is "
        "outranked by an option. `sievepy config` shows what is in force.",
    ),
    ("NO_COLOR", "If set, nothing is coloured."),
)
_FILES = (("sievepy.toml", "The project's settings, found in the working directory or above it."),)


def pages() -> dict[str, str]:
    """The name of each page's file -> its text."""
    return {f"{'-'.join(words)}.1": _page(words, command) for words, command in _commands()}


def _commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield ("sievepy",), main
    context = click.Context(main, info_name="sievepy")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        yield ("sievepy", name), command
        if isinstance(command, click.Group):
            yield from ((("sievepy", name, below), each) for below, each in sorted(command.commands.items()))


# ---------------------------------------------------------------- a page


def _page(words: tuple[str, ...], command: click.Command) -> str:
    context = _context(words, command)
    description, examples, status = _told(command)
    lines = [
        f'.TH {_literal("-".join(words).upper())} 1 {DATE} "sievepy {__version__}" "sievepy"',
        ".SH NAME",
        f"{_literal('-'.join(words))} \\- {_escaped(_summary(words, command))}",
        ".SH SYNOPSIS",
        f".B {_literal(' '.join(words))}",
        _literal(" ".join(command.collect_usage_pieces(context))),
        ".SH DESCRIPTION",
        *_paragraphs(description),
    ]
    lines += _section("COMMANDS", _subcommands(words, command))
    lines += _section("OPTIONS", _options(command, context))
    if examples:
        lines += [".SH EXAMPLES", ".nf", *map(_literal_line, examples), ".fi"]
    if len(words) == 1:
        lines += _section("ENVIRONMENT", _ENVIRONMENT) + _section("FILES", _FILES)
    if status:
        lines += [".SH EXIT STATUS", *_paragraphs([status])]
    lines += [".SH SEE ALSO", *_references(_others(words))]
    return "\n".join(lines) + "\n"


def _context(words: tuple[str, ...], command: click.Command) -> click.Context:
    parent = click.Context(main, info_name="sievepy", **main.context_settings)
    return parent if len(words) == 1 else click.Context(command, info_name=words[-1], parent=parent)


def _told(command: click.Command) -> tuple[list[str], list[str], str]:
    """The help text: its paragraphs, its block of examples (click's `\\b`), and what it says of the exit status."""
    paragraphs = re.split(r"\n[ \t]*\n", inspect.cleandoc(command.help or ""))
    examples = [line for text in paragraphs if text.startswith("\b\n") for line in text.split("\n")[1:]]
    prose = [" ".join(text.split()) for text in paragraphs if not text.startswith("\b")]
    status = next((text for text in prose if text.startswith("Exit status: ")), "")
    return [text for text in prose if text != status], examples, status.removeprefix("Exit status: ")


def _summary(words: tuple[str, ...], command: click.Command) -> str:
    line = COMMANDS[words[1]][1] if len(words) == 2 else _told(command)[0][0]
    return line.partition(". ")[0].rstrip(".")


def _subcommands(words: tuple[str, ...], command: click.Command) -> list[tuple[str, str]]:
    if len(words) == 1:
        return [(f"sievepy-{name}(1)", line) for name, (_, line) in sorted(COMMANDS.items())]
    if not isinstance(command, click.Group):
        return []
    return [
        ("-".join((*words, n)) + "(1)", each.get_short_help_str(200)) for n, each in sorted(command.commands.items())
    ]


def _options(command: click.Command, context: click.Context) -> list[tuple[str, str]]:
    """What the synopsis does not say by itself: arguments of which there is nothing to tell are left out."""
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return [record for record in records if record is not None and record[1]]


def _others(words: tuple[str, ...]) -> list[str]:
    """The pages that belong beside this one."""
    if len(words) == 1:
        return [f"sievepy-{name}" for name in sorted(COMMANDS)]
    return ["sievepy"] if len(words) == 2 else ["-".join(words[:-1])]


def _references(names: list[str]) -> Iterator[str]:
    for number, name in enumerate(names, 1):
        yield f".BR {_literal(name)} (1)" + ("," if number < len(names) else "")


# ---------------------------------------------------------------- roff


def _section(title: str, entries: Iterable[tuple[str, str]]) -> list[str]:
    lines = [line for name, text in entries for line in (".TP", f".B {_literal(name)}", *_text(text))]
    return [f".SH {title}", *lines] if lines else []


def _paragraphs(texts: Iterable[str]) -> list[str]:
    lines: list[str] = []
    for text in texts:
        lines += [".PP", *_text(text)] if lines else _text(text)
    return lines


def _text(text: str) -> list[str]:
    """Lines of prose, where a word in backquotes is literal."""
    parts = re.split(r"`([^`]*)`", " ".join(text.split()))
    shown = "".join(rf"\fB{_escaped(p, literal=True)}\fR" if n % 2 else _escaped(p) for n, p in enumerate(parts))
    return [_guarded(line) for line in textwrap.wrap(shown, 78, break_long_words=False, break_on_hyphens=False)]


def _literal(text: str) -> str:
    return _escaped(text, literal=True)


def _literal_line(text: str) -> str:
    return _guarded(_literal(text))


def _escaped(text: str, *, literal: bool = False) -> str:
    """`literal`: a hyphen is the one that is typed, and so are quotes."""
    text = text.replace("\\", "\\e").replace("'", "\\(aq").replace('"', "\\(dq").replace("`", "\\(ga")
    text = re.sub(r"[^\x20-\x7e]", lambda found: f"\\[u{ord(found[0]):04X}]", text)
    if literal:
        return text.replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    return re.sub(r"(?<!\w)-", r"\\-", text)


def _guarded(line: str) -> str:
    """A line that begins like a request is none."""
    return f"\\&{line}" if line.startswith((".", "'")) else line


# ---------------------------------------------------------------- the files


def write(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for path in folder.glob("*.1"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="ascii")


if __name__ == "__main__":
    write()
    print(f"wrote {len(pages())} pages into {FOLDER}", file=sys.stderr)
