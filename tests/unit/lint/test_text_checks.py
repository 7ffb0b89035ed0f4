"""W3xx and W4xx beyond the pages."""

from __future__ import annotations

import pytest

from tests.unit.lint.programs import REST, codes, linted


def mentions(phrase: str, languages: str = "ru") -> list[str]:
    return codes(f'phrases p {languages} {{ "{phrase}" }}\nrule "A" {{ when text mentions @p; tag x }}{REST}')


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("белки", ["W301"]),
        ("белки и жиры", []),
        ("счёт", []),
        ("акт", []),
        ("договор", []),
        ("паспорт", []),
        ("ДОГОВОР", ["W302"]),
        ("ДОГОВОР поставки", ["W302"]),
        ("ТО", ["W302"]),
        ("плановое ТО", []),
        ("ЭСФ", []),
        ("НДС", []),
        ("ТОО", []),
        ("АВР", []),
        ("cчёт на оплату", ["W303"]),
        ("Счeт", ["W303"]),
        ("IP-адрес", []),
        ("USB-модем", []),
        ("4G роутер", []),
        ("төлем", ["W304"]),
        ("акт*", ["W306"]),
        ("акт* сверки", []),
        ("опла*", []),
        ("да", ["W307"]),
        ("ИП", []),
    ],
)
def test_russian_phrases(phrase: str, found: list[str]) -> None:
    assert mentions(phrase) == found


@pytest.mark.parametrize(
    ("phrase", "languages"), [("төлем", "kk"), ("төлем", "ru kk"), ("КАРТА", "kk"), ("шот*", "kk"), ("invoice", "en")]
)
def test_other_languages_have_their_own_letters(phrase: str, languages: str) -> None:
    assert mentions(phrase, languages) == []


def test_exact_phrases_are_not_inflected_so_nothing_is_said() -> None:
    assert codes(f'rule "A" {{ when text mentions exact "ТО", "белки", "да"; tag x }}{REST}') == []


def test_the_fix_of_a_mixed_word_writes_it_in_one_alphabet() -> None:
    text = f'rule "A" {{ when subject contains "акт и cчёт"; tag x }}{REST}'
    (finding,) = [d for d in linted(text) if d.code == "W303"]
    (edit,) = finding.fixes[0].edits
    assert (edit.span.text, edit.replacement) == ("cчёт", "счёт")


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ('subject contains "акт"', ["W305"]),
        ('attachment name contains "акт"', ["W305"]),
        ('subject contains "акт "', []),
        ('subject contains "№5"', []),
        ('header "X-Spam" contains "yes"', []),
        ('subject contains "оплата"', []),
        ('attachment name like "*.pdf"', []),
        ('attachment name like "a?.pdf"', []),
        ('attachment name like "a.pdf"', ["W308"]),
        (r"subject matches /\d+/", ["W401"]),
        (r"subject matches /\d+|счет/i", ["W401"]),
        (r"subject matches /\d+ тенге/i", []),
        (r"subject matches /\bсчет\b/i", []),
        (r"subject matches /№ ?\d/", []),
        (r"subject matches /на оплату/i", ["W402"]),
        (r"subject matches /1\.5/", ["W402"]),
        (r"subject matches /на.оплату/i", []),
        (r"subject matches /оплата \d/", ["W403"]),
        (r"subject matches /Оплата \d/", []),
        (r"subject matches /ИНВ-\d{6}/", []),
        (r'header "X-Id" matches /abc-\d/', []),
        (r"subject matches /(?i:оплата) \d/", []),
        (r"subject matches /счёт \d/i", ["W404"]),
        (r"subject matches /сч[её]т \d/i", []),
        (r"subject matches /сч(?:е|ё)т \d/i", []),
        (r"subject matches /.*оплата \d/i", ["W405"]),
        (r"subject matches /оплата \d.*$/i", ["W405"]),
        (r"subject matches /оплата .*\d/i", []),
        (r"subject matches /оплата \d\.*/i", []),
    ],
)
def test_tests_on_strings_and_regexes(test: str, found: list[str]) -> None:
    assert codes(f'rule "A" {{ when {test}; tag x }}{REST}') == found


def test_the_regex_itself_is_underlined() -> None:
    text = f'rule "A" {{ when subject matches /оплата \\d+/i, /\\d+/; tag x }}{REST}'
    (finding,) = [d for d in linted(text) if d.code == "W401"]
    assert finding.span is not None and finding.span.text == r"/\d+/"
