"""The Russian documents keep step with the English ones: headings of the same depth, the same blocks at the same places
byte for byte, and the same words of the language in the same rows of the same tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.documents.pages import DOCS, ROOT, Page, code_spans

PAIRS = {
    "README": (ROOT / "README.md", ROOT / "README.ru.md"),
    "reference": (DOCS / "reference.md", DOCS / "ru/reference.md"),
    "cookbook": (DOCS / "cookbook.md", DOCS / "ru/cookbook.md"),
}
BOTH = [pytest.param(Page.of(english), Page.of(russian), id=name) for name, (english, russian) in PAIRS.items()]
_WORDS = {"да": "yes", "*текст*": "*text*", "*имя*": "*name*", "*адрес*": "*address*"}
_FEWEST = 15  # letters; less may be a name
_PART = re.compile(r"^```[^\n]*\n.*?^```$|^#+ |^\|[^\n]*\|$", re.MULTILINE | re.DOTALL)


def skeleton(page: Page) -> list[str]:
    """Headings by their depth, blocks with what they hold, rows of tables: what of a page is in no language."""
    return [part if part.startswith(("```", "#")) else "|" for part in _PART.findall(page.text)]


def fixed_cells(page: Page) -> Iterator[list[str]]:
    """The cells of each row that hold nothing but words of the language; of those that do not, the first word, where
    a row is about one."""
    for _, rows in page.tables():
        for row in rows:
            cells = [_WORDS.get(cell, cell) for cell in row]
            bare = [cell for cell in cells[1:-1] if not re.sub(r"`[^`]*`|\*\w+\*|yes|\s", "", cell)]
            yield [
                *(span for span in code_spans(cells[0]) if span.isascii() and not span.startswith("sievepy ")),
                *bare,
            ]


@pytest.mark.parametrize(("english", "russian"), BOTH)
def test_both_are_built_alike(english: Page, russian: Page) -> None:
    assert skeleton(russian) == skeleton(english)


@pytest.mark.parametrize(("english", "russian"), BOTH)
def test_the_tables_are_of_the_same_words(english: Page, russian: Page) -> None:
    assert list(fixed_cells(russian)) == list(fixed_cells(english))


def english_paragraphs(page: Page) -> list[str]:
    """What somebody added in English, or copied and forgot; it shows by its letters."""
    plain = re.sub(r"`[^`]*`|\[[^]]*\]\([^)]*\)|[«“„][^»”“]*[»”“]|[A-Z]\w+-[A-Z]\w+", "", page.prose)
    paragraphs = re.split(r"\n\s*\n|\n(?=[|#-])", plain)
    return [p for p in paragraphs if max(_FEWEST, _count("[А-Яа-яё]", p)) < _count("[A-Za-z]", p)]


def _count(letters: str, text: str) -> int:
    return len(re.findall(letters, text))


@pytest.mark.parametrize(("english", "russian"), BOTH)
def test_the_prose_is_in_russian(english: Page, russian: Page) -> None:
    assert english_paragraphs(russian) == []
    assert len(english_paragraphs(english)) > 5


@pytest.mark.parametrize(
    ("before", "after"),
    [("## Действия", "### Действия"), ("assign buh", "assign tech"), ("| `tagged` |", "| `taged` |")],
)
def test_a_page_out_of_step_is_noticed(before: str, after: str) -> None:
    english, russian = (Page.of(path) for path in PAIRS["reference"])
    assert before in russian.text
    spoilt = Page("spoilt", russian.text.replace(before, after, 1))
    same = skeleton(spoilt) == skeleton(english) and list(fixed_cells(spoilt)) == list(fixed_cells(english))
    assert not same
