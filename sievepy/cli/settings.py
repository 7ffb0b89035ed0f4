"""`sievepy config`: the settings in force and where each comes from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sievepy.cli.wiring import config_file, read_settings

if TYPE_CHECKING:
    from sievepy.config.effective import Setting


@click.command()
@click.option("--config", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="sievepy.toml.")
@click.option("--rules", help="The rules file, as other commands are told it.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects: key, value, origin, secret.")
def config(path: Path | None, rules: str | None, *, as_json: bool) -> None:
    """Print the settings in force, and where each comes from.

    An option of a command outranks a variable, that the file, that the default. The file is the one that --config or
    the variable SIEVEPY_CONFIG names, else the next sievepy.toml here or above. What is printed is TOML again; secrets
    are not read, and never shown.

    \b
    sievepy config                               all settings
    SIEVEPY_RELAY_WORKERS=4 sievepy config       a variable for each: table and key, in capitals
    sievepy config --json                        for programs

    Exit status: 0, or 2 if the configuration is wrong.
    """
    from sievepy.config.effective import Flag, as_objects, as_toml, effective, with_secrets

    file = path.absolute() if path is not None else config_file()
    written = read_settings(file)
    folder = Path.cwd() if file is None else file.parent
    flags: dict[tuple[str, ...], tuple[Flag, Any]] = {}
    if rules is not None:  # an option's path begins here, a setting's beside the file
        flags["rules",] = Flag("--rules"), rules if folder == Path.cwd() else str(Path(rules).absolute())
    settings = with_secrets(effective(written, flags), lambda each: _state(each, folder))
    if as_json:
        click.echo(json.dumps(as_objects(settings), ensure_ascii=False, indent=2))
        return
    click.echo(f"# {file}" if file is not None else "# there is no sievepy.toml here or above")
    click.echo(as_toml(settings))


def _state(each: Setting, folder: Path) -> str:
    """Whether the file or variable is there. Nothing of it is read."""
    if each.path[-1].endswith("-env"):
        return "set" if os.environ.get(each.value) else "not set"
    file = folder / each.value
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "there is no such file"
    except OSError:
        return "not readable"
    return "readable" if os.access(file, os.R_OK) else "not readable"
