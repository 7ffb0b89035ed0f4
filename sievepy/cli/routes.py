"""`sievepy routes`: where letters can go, and which rules lead there."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sievepy.cli.wiring import compile_sound_rules


@click.command()
@click.option("--rules", type=click.Path(path_type=Path), help="The rules file; default: the project's.")
@click.option("--mermaid", is_flag=True, help="A flowchart, for documents that show Mermaid.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects, one a goal.")
def routes(rules: Path | None, *, mermaid: bool, as_json: bool) -> None:
    """Print each department, where its letters go, and the rules that lead there, in the order of judging.

    Other goals follow: persons, triage, quarantine, folders, addresses. `otherwise` is the route of letters that no
    rule decides. A department that nothing leads to is named at the end.

    \b
    sievepy routes                        a tree
    sievepy routes --mermaid > routes.mmd
    sievepy routes --json                 for programs

    Exit status: 0, or 2 if the rules do not compile.
    """
    from sievepy.cli.routing import as_mermaid, as_objects, as_tree
    from sievepy.ir.routes import routes as find_routes

    if mermaid and as_json:
        raise click.UsageError("--mermaid and --json are two formats: choose one")
    script, config = compile_sound_rules(rules)
    places = config.service.places
    targets = {name: getattr(places, name) for name in places.__struct_fields__}
    found = find_routes(script)
    if as_json:
        click.echo(json.dumps(as_objects(found, targets), ensure_ascii=False, indent=2))
        return
    for line in as_mermaid(found, targets) if mermaid else as_tree(found, targets):
        click.echo(line)
