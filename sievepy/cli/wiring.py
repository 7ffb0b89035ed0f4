"""Where objects are put together, and the only place that knows the clock and the disk.

Commands ask here for a compiled project; everything below takes the clock and file reading as arguments. What cannot go
on because of the user's files is shown and ends the command with status 2.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sievepy.compiler import Compilation
    from sievepy.config import Config
    from sievepy.config.reading import Written
    from sievepy.engine.context import EvalContext
    from sievepy.engine.program import Program
    from sievepy.ir.cases import Case
    from sievepy.ir.script import Script
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
    """The configuration of the project around `start` (default: the working directory), or the defaults; variables
    override either. Raises Misconfigured."""
    return read_config(config_file(start))


def config_file(start: Path | None = None) -> Path | None:
    """The file that `SIEVEPY_CONFIG` names, else the next `sievepy.toml` in the folder `start` or above it."""
    from sievepy.config import FILE_NAME
    from sievepy.config.variables import CONFIG

    named = os.environ.get(CONFIG)
    if named:
        return Path(named).absolute()
    folder = (start or Path.cwd()).resolve()
    return next((p / FILE_NAME for p in (folder, *folder.parents) if (p / FILE_NAME).is_file()), None)


def read_config(path: Path | None) -> Config:
    """The configuration in this file, whatever its name, or without one. Raises Misconfigured."""
    from sievepy.config import as_config

    return as_config(None if path is None else short_path(path), read_settings(path))


def read_settings(path: Path | None) -> Written:
    """What the file, and the variables of the environment, say. Raises Misconfigured."""
    from sievepy.config import read_written
    from sievepy.config.variables import PREFIX

    try:
        text = "" if path is None else path.read_text(encoding="utf-8")
    except OSError as problem:
        raise Unusable(f"cannot read {path}: {problem.strerror or problem}{_named_by_variable(path)}") from None
    except UnicodeDecodeError as problem:
        raise Unusable(f"cannot read {path}: byte {problem.start + 1} is not UTF-8{_named_by_variable(path)}") from None
    environment = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    written = read_written(None if path is None else short_path(path), text, environment)
    if written.problems:
        raise Misconfigured(written.problems)
    return written


def _named_by_variable(path: Path | None) -> str:
    from sievepy.config.variables import CONFIG

    named = os.environ.get(CONFIG)
    return f"; the variable {CONFIG} names it" if named and Path(named).absolute() == path else ""


def find_rules(rules: Path | None, config: Config) -> Path:
    """The rules file to use: the one named, the project's, or the shipped one."""
    if rules is not None:
        return rules
    return Path(config.rules) if config.rules is not None else shipped_rules()


def entry_file(rules: Path | None, config: Config) -> Path:
    """`find_rules`, where that is there. Raises Unusable."""
    path = find_rules(rules, config)
    try:
        if path.is_file():
            return path
        what = f"{path} is a folder, and no rules file" if path.is_dir() else f"there is no rules file {path}"
    except OSError as problem:
        what = f"cannot read {path}: {problem.strerror}"
    raise Unusable(what + ("" if rules is not None else "; `sievepy config` shows where it is named"))


def compile_rules(rules: Path | None, read: Callable[[str], bytes] = read_file) -> tuple[Compilation, Config]:
    """Compile the project's rules, whatever is wrong with them. Raises Unusable without an entry file."""
    from sievepy.compiler import compile_file

    config = find_config(None if rules is None or not rules.exists() else rules.parent)
    return compile_file(short_path(entry_file(rules, config)), read, config.settings), config


def compile_sound_rules(rules: Path | None) -> tuple[Script, Config]:
    """What the project's rules mean. Where they hold errors, these are shown and the command ends with status 2."""
    compilation, config = compile_rules(rules)
    return _sound(compilation), config


def _sound(compilation: Compilation) -> Script:
    if compilation.script is None:
        _show(d for d in compilation.diagnostics if d.severity == "error")
        raise Unusable("the rules do not compile; `sievepy check` shows everything")
    return compilation.script


def open_project(rules: Path | None) -> Project:
    """The compiled project. Where the rules hold errors, these are shown and the command ends with status 2."""
    from sievepy.compiler import build_program

    compilation, config = compile_rules(rules)
    _sound(compilation)
    program = build_program(compilation)
    _ = program.hash  # so that the first letter does not wait for it
    return Project(find_rules(rules, config), compilation, program, config)


class Unusable(click.ClickException):
    """What the user gave cannot be worked with: the command ends with status 2."""

    exit_code = 2


class Misconfigured(Unusable):
    """The configuration is wrong: each problem has its code and place."""

    def __init__(self, problems: Sequence[Diagnostic]) -> None:
        super().__init__("the configuration cannot be used")
        self.problems = tuple(problems)

    def show(self, file: IO[Any] | None = None) -> None:
        _show(self.problems)


def _show(problems: Iterable[Diagnostic]) -> None:
    from sievepy.text.render import full

    for problem in problems:
        click.echo(full(problem), err=True)


def short_path(path: Path) -> str:
    """The path as a person would name it, and as the configuration names the project's folder: relative to the working
    directory where it lies below that."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)
