"""`sievepy completion`: the script by which a shell completes our commands, options and files."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes sievepy's commands, options and files in SHELL.

    \b
    eval "$(sievepy completion bash)"                                   in ~/.bashrc
    eval "$(sievepy completion zsh)"                                    in ~/.zshrc, below compinit
    sievepy completion fish > ~/.config/fish/completions/sievepy.fish

    Packages put it where the shell finds it: bash-completion/completions/sievepy, site-functions/_sievepy.

    Exit status: 0.
    """
    from click.shell_completion import get_completion_class

    from sievepy.cli.main import main

    kind = get_completion_class(shell)
    assert kind is not None, "click completes for all of SHELLS"
    click.echo(kind(main, {}, "sievepy", "_SIEVEPY_COMPLETE").source(), nl=False)
