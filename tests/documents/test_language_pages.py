"""Every block of rules of the language's pages compiles, and the tests in it pass."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sievepy import lint
from sievepy.ruletest.run import CaseResult
from sievepy.text import Severity
from tests.documents.pages import DOCS, ENTRY, Block, Page, failures, run_tests

PAGES = [
    Page.of(path)
    for path in (DOCS / "reference.md", DOCS / "cookbook.md", *sorted((DOCS / "migrate").glob("*.md")))
    if path.exists()
]
BLOCKS = [pytest.param(page, block, id=f"{page.name} {block.id}") for page in PAGES for block in page.programs]


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_a_block_compiles_and_its_tests_pass(page: Page, block: Block) -> None:
    compilation = page.compile(block.text)
    assert [f"{d.code} {d.message}" for d in compilation.diagnostics if d.severity is Severity.ERROR] == []
    assert failures(run_tests(page, block.text, compilation)) == []


COOKBOOK = Page.of(DOCS / "cookbook.md")
RECIPES = [pytest.param(block, id=block.id) for block in COOKBOOK.programs]


def fired(results: Iterable[CaseResult]) -> frozenset[str]:
    return frozenset(rule.title for result in results if result.plan for rule in result.plan.fired)


@pytest.mark.parametrize("block", RECIPES)
def test_a_recipe_has_no_warning_and_each_of_its_rules_acts_in_a_test(block: Block) -> None:
    """W211 names rules that act in none. What all recipes share, such as departments, is not every recipe's."""
    compilation = COOKBOOK.compile(block.text)
    acted = fired(run_tests(COOKBOOK, block.text, compilation))
    found = lint.run(compilation, acted)
    assert [f"{d.code} {d.message}" for d in found if d.span is not None and d.span.source.name == ENTRY] == []


def test_every_recipe_has_its_rules_and_its_reason() -> None:
    recipes = COOKBOOK.text.split("\n### ")[1:]
    assert len(recipes) >= 20
    for recipe in recipes:
        title, _, rest = recipe.partition("\n")
        situation, _, behind = rest.partition("```rules\n")
        reason = behind.rpartition("```\n")[2].partition("\n## ")[0]
        assert situation.strip(), title
        assert "\ntest " in behind, title
        assert len(reason.split()) >= 10, title
