"""`sievepy explain`: why a letter goes where it goes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sievepy.cli.wiring import Unusable, open_project

if TYPE_CHECKING:
    from sievepy.engine.tracing import RuleTrace, Trace


@click.command()
@click.argument("letter", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--rules", type=click.Path(path_type=Path), help="The rules file; default: the project's.")
@click.option("--why-not", metavar="RULE", help="Only this rule, by its title: every test that was asked.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain(letter: Path, rules: Path | None, why_not: str | None, as_json: bool) -> None:
    """Say for each rule whether it holds for LETTER (a file, or `-`), and which test decided that.

    What a test met is shown under a caret, and beside it what it was compared as. Rules that had no turn, since one
    above had decided, are answered too.

    \b
    sievepy explain letter.eml                               every rule, and the plan
    sievepy explain letter.eml --why-not "Акты и счета"      one rule, every test
    sievepy explain - < letter.eml                           a letter from a pipe

    Exit status: 0; 2 if the rules do not compile, the letter cannot be read, or there is no such rule.
    """
    from sievepy.cli.explanation import as_object, as_text, rule_object
    from sievepy.cli.explanation import why_not as all_tests

    trace = _trace(letter, rules)
    if why_not is None:
        click.echo(_json(as_object(trace, letter.name)) if as_json else "\n".join(as_text(trace, letter.name)))
        return
    rule = _rule(trace, why_not)
    click.echo(_json(rule_object(rule)) if as_json else "\n".join(all_tests(rule, trace.plan)))


def _trace(letter: Path, rules: Path | None) -> Trace:
    from dataclasses import replace

    from sievepy.mail.message import Message
    from sievepy.sources import envelope_of

    try:
        data = sys.stdin.buffer.read() if str(letter) == "-" else letter.read_bytes()
    except OSError as problem:
        raise Unusable(f"cannot read {letter}: {problem.strerror}") from None
    project = open_project(rules)
    message = Message(data)
    context = project.context(envelope_of(message))
    # Asking every rule reads more of the letter than judging it, and may flag more: the plan shown is the judge's own.
    return replace(project.program.trace(message, context), plan=project.program.evaluate(Message(data), context))


def _rule(trace: Trace, title: str) -> RuleTrace:
    from sievepy.text.nearest import nearest

    found = trace.rule(title)
    if found is None:
        near = nearest(title, [rule.rule.title for rule in trace.rules])
        raise Unusable(f'there is no rule "{title}"' + (f'; did you mean "{near}"?' if near is not None else ""))
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
