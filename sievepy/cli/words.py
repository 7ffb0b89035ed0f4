"""`sievepy words`: what a phrase of the rules matches, word by word."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sievepy.ir.conditions import Phrase
    from sievepy.words.phrase import PhraseProblem

_LINE = 100  # characters; forms are wrapped to it


@click.command()
@click.argument("phrase")
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@click.option("--ru", "languages", flag_value="ru", multiple=True, help="Russian forms (the default).")
@click.option("--kk", "languages", flag_value="kk", multiple=True, help="Kazakh forms, with and without its letters.")
@click.option("--en", "languages", flag_value="en", multiple=True, help="English forms.")
@click.option("--translit", "languages", flag_value="translit", multiple=True, help="The forms in Latin letters.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def words(phrase: str, texts: tuple[str, ...], languages: tuple[str, ...], as_json: bool) -> None:
    """Print what PHRASE matches: for each of its words the forms, by lemma. Try it on TEXTs.

    Lemmas marked `!` are matched although the phrase hardly means them. Latin words are shown as skeletons: the one
    form that all usual spellings are brought to.

    \b
    sievepy words "акт … сверки"                        the forms of both words
    sievepy words "салыстыру актісі" --kk               Kazakh
    sievepy words "подключ*" --ru --translit            every word with that beginning
    sievepy words "счёт на оплату" "о счетах на оплату" does it match this text?

    Exit status: 0; 1 where a TEXT does not match; 2 where the phrase cannot be read.
    """
    from sievepy.words import Expander
    from sievepy.words.breakdown import breakdown
    from sievepy.words.matching import find

    expander = Expander()
    expansion = expander.expand(phrase, languages or ("ru",))
    if not expansion.phrases:
        _refuse(phrase, expansion.problems)
    (expanded,) = expansion.phrases
    found = [(text, find(expanded, text)) for text in texts]
    entries = [asdict(word) for word in breakdown(expander, expanded, frozenset(expansion.surprising))]
    if as_json:
        _print_json(phrase, expanded, entries, found)
    else:
        _print(expanded, entries, found)
    sys.exit(1 if any(hit is None for _, hit in found) else 0)


def _refuse(phrase: str, problems: Iterable[PhraseProblem]) -> None:
    for problem in problems:
        click.echo(f"{phrase}\n{' ' * problem.start}{'^' * max(1, problem.end - problem.start)}", err=True)
        click.echo(f"error: {problem.message}", err=True)
    sys.exit(2)


def _print_json(
    phrase: str, expanded: Phrase, entries: list[dict[str, Any]], found: list[tuple[str, str | None]]
) -> None:
    import json

    texts = [{"text": text, "match": hit} for text, hit in found]
    answer = {"phrase": phrase, "words": entries, "gaps": list(expanded.gaps), "texts": texts}
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _print(expanded: Phrase, entries: list[dict[str, Any]], found: list[tuple[str, str | None]]) -> None:
    for entry, gap in zip(entries, (*expanded.gaps, 0), strict=True):
        click.secho(entry["word"], bold=True)
        for lemma in entry["lemmas"]:
            mark = "! " if lemma["surprising"] else "  "
            _print_forms(f"{mark}{lemma['lemma']} ({lemma['kind']})", lemma["forms"])
        _print_forms("  this spelling only", entry["spellings"])
        _print_forms("  every word in", [f"{p}…" for p in entry["prefixes"]])
        _print_forms("  Kazakh, typed without its letters", entry["kazakh"])
        _print_forms("  in Latin letters", entry["latin"] + [f"{p}…" for p in entry["latin_prefixes"]])
        if gap:
            click.echo(f"… at most {gap} words")
    for text, hit in found:
        click.echo(f"yes   {text}   ({hit})" if hit is not None else f"no    {text}")


def _print_forms(title: str, forms: list[str]) -> None:
    import textwrap

    if forms:
        line = f"{title}: {', '.join(forms)}"
        click.echo(textwrap.fill(line, _LINE, subsequent_indent="    ", break_on_hyphens=False))
