"""`sievepy rule`: the page of a diagnostic code."""

from __future__ import annotations

import click

from sievepy.cli.wiring import Unusable


@click.command()
@click.argument("code", required=False)
def rule(code: str | None) -> None:
    """Print the page of a diagnostic CODE, or the list of all codes.

    A CODE is what stands in brackets behind `error` or `warning`, or its name.

    \b
    sievepy rule W201                what an unreachable rule is, with an example
    sievepy rule unreachable-rule    the same
    sievepy rule                     all codes and their names

    Exit status: 0, or 2 if there is no such code.
    """
    from sievepy.cli.catalogue import ALL, find

    if code is None:
        for known in ALL:
            click.echo(f"{known.id}  {known.name}")
        return
    found, near = find(code)
    if found is None:
        raise Unusable(f"there is no code {code}" + (f"; did you mean {near}?" if near else ""))
    click.echo(f"# {found.id} {found.name}\n\n{found.page.strip()}")
