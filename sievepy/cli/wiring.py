"""Where objects are put together, and the only place that knows the clock and the disk.

Commands ask here for a compiled project; everything below takes the clock and file reading as arguments. What cannot go
on because of the user's files is shown and ends the command with status 2.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sievepy.compiler import Compilation
    from sievepy.config import Config
    from sievepy.engine.context import EvalContext
    from sievepy.engine.program import Program
    from sievepy.ir.cases import Case
    from sievepy.mail.envelope import Envelope, LateEnvelope
    from sievepy.plan import Plan
    from sievepy.ruletest.run import Conditions
    from sievepy.text import Diagnostic


def now() -> dt.datetime:
    """The one clock of the program, aware."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251  # the wiring hands the clock down


def read_file(path: str) -> bytes:
    return Path(path).read_bytes()


def shipped_rules() -> Path:
    """The rules that come with sievepy: inside an installed wheel, else at the top of the checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_rules" / "x-com.rules"
    return installed if installed.is_file() else package.parent / "rules" / "x-com.rules"


@dataclass(frozen=True, slots=True)
class Project:
    """A compiled rules file with its configuration: everything a command needs to judge letters."""

    rules: Path
    compilation: Compilation
    program: Program
    config: Config

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.compilation.cases

    @property
    def conditions(self) -> Conditions:
        """What tests beside the rules are judged under."""
        from sievepy.ruletest.run import Conditions

        return Conditions(self.config.settings.zone, self.config.trust, self.config.recipient)

    def read(self, path: str) -> bytes:
        return read_file(path)

    def context(self, envelope: LateEnvelope) -> EvalContext:
        from sievepy.engine.context import EvalContext

        return EvalContext(now(), self.config.settings.zone, envelope, self.config.trust)

    def judge(self, data: bytes, envelope: Envelope | None = None) -> Plan:
        """Judge one letter; without an envelope, by what the letter says of it itself."""
        from sievepy.mail.message import Message
        from sievepy.sources import envelope_of

        message = Message(data)
        return self.program.evaluate(message, self.context(envelope or envelope_of(message)))


def find_config(start: Path | None = None) -> Config:
    """The configuration of the project around `start` (default: the working directory), or the defaults."""
    from sievepy.config import FILE_NAME, Config

    folder = (start or Path.cwd()).resolve()
    path = next((p / FILE_NAME for p in (folder, *folder.parents) if (p / FILE_NAME).is_file()), None)
    return Config() if path is None else read_config(path)


def read_config(path: Path) -> Config:
    """The configuration in this file, whatever its name. Raises Unusable; what is wrong in it is shown, and status
    2."""
    from sievepy.config import parse_config

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Unusable(f"cannot read {path}: {problem}") from None
    config, problems = parse_config(_short(path), text)
    if problems:
        _show(problems)
        sys.exit(2)
    return config


def find_rules(rules: Path | None, config: Config) -> Path:
    """The rules file to use: the one named, the project's, or the shipped one."""
    if rules is not None:
        return rules
    return Path(config.rules) if config.rules is not None else shipped_rules()


def compile_rules(rules: Path | None, read: Callable[[str], bytes] = read_file) -> tuple[Compilation, Config]:
    """Compile the project's rules, whatever is wrong with them. Raises Unusable without an entry file."""
    from sievepy.compiler import compile_file

    config = find_config(None if rules is None or not rules.exists() else rules.parent)
    path = find_rules(rules, config)
    if not path.is_file():
        raise Unusable(f"there is no rules file {path}")
    return compile_file(_short(path), read, config.settings), config


def open_project(rules: Path | None) -> Project:
    """The compiled project. Where the rules hold errors, these are shown and the command ends with status 2."""
    from sievepy.compiler import build_program

    compilation, config = compile_rules(rules)
    if not compilation.ok:
        _show(d for d in compilation.diagnostics if d.severity == "error")
        raise Unusable("the rules do not compile; `sievepy check` shows everything")
    program = build_program(compilation)
    _ = program.hash  # so that the first letter does not wait for it
    return Project(find_rules(rules, config), compilation, program, config)


class Unusable(click.ClickException):
    """What the user gave cannot be worked with: the command ends with status 2."""

    exit_code = 2


def _show(problems: Iterable[Diagnostic]) -> None:
    from sievepy.text.render import full

    for problem in problems:
        click.echo(full(problem), err=True)


def _short(path: Path) -> str:
    """The path as a person would name it: relative to the working directory where it lies below that."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)
