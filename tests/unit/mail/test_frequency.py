"""Which charset unlabelled text is in, measured window by window over ordinary sentences."""

from __future__ import annotations

import pytest

from sievepy.mail.frequency import likeliest_codec

RUSSIAN = (
    "Добрый день! Прошу приостановить договор на услуги интернета с первого числа, так как мы уезжаем. Не работает "
    "интернет в квартире третий день, роутер перезагружали, ничего не помогло. Здравствуйте, нужен акт сверки и счёт "
    "на оплату за октябрь. Уточните, пожалуйста, почему списали деньги дважды за один месяц; хотим подключить "
    "телевидение по адресу Абая 15, эфир и щиток есть. Фото приложил. Жду ответа, с уважением, Юлия Цой."
)
KAZAKH = (
    "Сәлеметсіз бе! Интернет жоқ, үйге шебер жіберіңізші. Шот-фактура керек еді, рахмет. Төлем түспей жатыр, "
    "тарифті ауыстырғым келеді, қандай тарифтеріңіз бар? Бұғаттан шығарып беріңіздерші, төлемді бүгін жасадым."
)
CAPITALS = "СРОЧНО ОТКЛЮЧИТЕ ИНТЕРНЕТ И ПРИШЛИТЕ МАСТЕРА В КВАРТИРУ СОРОК ПЯТЬ, ДОГОВОР РАСТОРГНУТЬ"


def right(text: str, codec: str, length: int) -> float:
    """The share of all windows of `length` characters that are read as what they are."""
    windows = [text[i : i + length] for i in range(len(text) - length + 1)]
    raws = [(window, window.encode(codec)) for window in windows if not window.isascii()]
    return sum(raw.decode(likeliest_codec(raw), "replace") == window for window, raw in raws) / len(raws)


@pytest.mark.parametrize("codec", ["koi8_r", "cp1251", "cp866"])
@pytest.mark.parametrize(("length", "share"), [(8, 0.95), (12, 0.985), (20, 1.0), (60, 1.0)])
def test_russian_is_recognised(codec: str, length: int, share: float) -> None:
    assert right(RUSSIAN, codec, length) >= share


@pytest.mark.parametrize(("length", "share"), [(8, 0.9), (12, 0.95), (20, 1.0)])
def test_kazakh_is_recognised_by_its_letters(length: int, share: float) -> None:
    assert right(KAZAKH, "kz1048", length) >= share


@pytest.mark.parametrize("codec", ["koi8_r", "cp1251", "cp866"])
def test_capitals_are_not_taken_for_small_letters_of_another_charset(codec: str) -> None:
    assert right(CAPITALS, codec, 30) == 1.0


@pytest.mark.parametrize("word", ["café", "Müller", "Grüße aus Köln", "señor", "naïve façade", "élève"])
def test_western_words_stay_western(word: str) -> None:
    assert likeliest_codec(word.encode("cp1252")) == "cp1252"


def test_only_what_stands_after_the_first_letters_outside_ascii_is_looked_at() -> None:
    assert likeliest_codec(b"x" * 100_000 + RUSSIAN.encode("koi8_r")) == "koi8_r"


def test_ascii_and_nothing_have_an_answer_too() -> None:
    assert likeliest_codec(b"") == likeliest_codec(b"hello") == "cp1251"
