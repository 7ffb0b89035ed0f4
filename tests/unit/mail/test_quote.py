"""The cutter: golden letters of real mail programs, and what holds for every text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sievepy.mail import quote
from sievepy.mail.body import Texts
from sievepy.mail.html import Region
from sievepy.mail.html_marks import Mark
from sievepy.mail.message import Message
from sievepy.mail.quote import Kind, Thread, cut, unquoted
from sievepy.mail.quote_marks import label_of

GOLDEN = Path(__file__).parents[2] / "golden" / "quotes"
LETTERS = sorted(GOLDEN.glob("*.eml"))
REPLY = Thread(answers=True)
FORWARD = Thread(forwards=True)
NEITHER = Thread()


def pieces(text: str, thread: Thread = NEITHER) -> list[tuple[str, str]]:
    return [(piece.kind.value, text[piece.start : piece.end].strip()) for piece in cut(text, thread=thread)]


def own(text: str, thread: Thread = NEITHER) -> str:
    return "".join(text[p.start : p.end] for p in cut(text, thread=thread) if p.kind is Kind.OWN)


# ------------------------------------------------------------ golden letters


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_golden_letter(path: Path) -> None:
    """A line of `.expected` is a piece of the body: its kind, its level if it has one, its clean text."""
    found = []
    for piece, segment in Texts(Message(path.read_bytes())).pieces:
        level = f" {piece.level}" if piece.level else ""
        found.append(f"{piece.kind.value}{level}: {segment.clean}")
    assert found == path.with_suffix(".expected").read_text(encoding="utf-8").splitlines()


def test_the_golden_set_is_what_it_claims() -> None:
    """Raw letters with CRLF; at least 34 styles, 8 of them HTML only, 6 in which nothing may be cut."""
    raw = {path.stem: path.read_bytes() for path in LETTERS}
    expected = [path.with_suffix(".expected").read_text(encoding="utf-8").splitlines() for path in LETTERS]
    assert len(raw) >= 34
    assert sum(b"text/html" in data and b"text/plain" not in data for data in raw.values()) >= 8
    assert sum(len(lines) == 1 and lines[0].startswith("own: ") for lines in expected) >= 6
    assert all(data.count(b"\n") == data.count(b"\r\n") for data in raw.values())


# ------------------------------------------------------------ one line at a time


@pytest.mark.parametrize(
    "line",
    [
        "12.11.2026, 10:00, Имя <a@b.example> пишет:",
        "12.11.2026 10:00, Имя написал(а):",
        "On Mon, Nov 2, 2026 at 10:00 AM Name <a@b.example> wrote:",
        "Понедельник, 1 ноября 2026, 10:00 +05:00 от Имя <a@b.example>:",
        '01.11.2026, 10:00, "Имя" <a@b.example>:',
        "2026 ж. 2 қар., дс 15:12 уақытында Аты <a@b.example> мынаны жазды:",
        "Вы писали 1 ноября 2026 г., 10:00:00:",
        "Имя писал 2026-11-02 19:58:",
        "1 нояб. 2026 г., в 10:00, Имя <a@b.example> написал(а):",
    ],
)
def test_a_line_that_introduces_a_quote_goes_with_it(line: str) -> None:
    assert pieces(f"Своё\n\n{line}\n\n> чужое") == [("own", "Своё"), ("quote", f"{line}\n\n> чужое")]


@pytest.mark.parametrize("line", ["Ваш сотрудник мне написал:", "Прошу так:", "Вчера в 10:00 он сказал:", "1. Адрес:"])
def test_a_line_with_a_colon_does_not(line: str) -> None:
    assert own(f"{line}\n> первое слово\n> второе слово").strip() == line


def test_an_introduction_without_a_marked_quote_begins_an_answered_letter_or_where_none_was_a_forwarded_one() -> None:
    text = 'своё\n01.11.2026, 10:00, "Имя" <a@b.example>:\nчужое'
    assert [kind for kind, _ in pieces(text, REPLY)] == ["own", "quote"]
    assert [kind for kind, _ in pieces(text)] == ["own", "forward"], "unsure: kept"
    assert own('Пишу вам: "Имя" <a@b.example> в 10:00 сказал:\nчужое').endswith("чужое")


HEADER = "From: A <a@b.example>\nSent: Monday, November 2, 2026 10:00\nTo: B\nSubject: {}\n\nчужое"


def test_the_subject_tells_whether_a_quoted_header_begins_an_answered_or_a_forwarded_letter() -> None:
    text = "своё\n" + HEADER.format("x")
    assert [kind for kind, _ in pieces(text, REPLY)] == ["own", "quote"]
    assert [kind for kind, _ in pieces(text, FORWARD)] == ["own", "forward"]
    assert [kind for kind, _ in pieces(text)] == ["own", "forward"], "unsure: kept"


def test_within_a_forwarded_letter_its_own_subject_tells() -> None:
    outer, inner = HEADER.format("RE: x"), HEADER.format("x")
    assert [kind for kind, _ in pieces(f"{outer}\n\n{inner}", FORWARD)] == ["forward", "quote"]
    outer = HEADER.format("FW: x")
    assert [kind for kind, _ in pieces(f"{outer}\n\n{inner}", FORWARD)] == ["forward", "forward"]


@pytest.mark.parametrize(
    "subject",
    ["Re: x", "RE[2]: x", "Отв: x", "НА: x", "Ответ: x", "Жауап: x", "[list] Re: x", "re : x", "Re: Fwd: x"],
)
def test_subjects_of_answers(subject: str) -> None:
    assert Thread.of(subject) == REPLY


@pytest.mark.parametrize("subject", ["Fwd: x", "FW: x", "ПЕР: x", "Пересл: x", "Fwd: Re: x", "[list] Fwd: x"])
def test_subjects_of_forwards(subject: str) -> None:
    assert Thread.of(subject, answers=True) == FORWARD


@pytest.mark.parametrize("subject", ["Реклама: x", "Регистрация", "Перенос: дата", "Награда", "x Re: y", ""])
def test_other_subjects(subject: str) -> None:
    assert Thread.of(subject) == Thread()


@pytest.mark.parametrize(
    "footer",
    [
        "Отправлено с iPhone",
        "Отправлено с моего iPhone 13 Pro",
        "Отправлено из мобильной Почты Mail.ru",
        "Отправлено из Почты Mail.ru для Android",
        "Отправлено из мобильного приложения Яндекс Почты",
        "Отправлено с мобильного устройства",
        "Отправлено с устройства Samsung Galaxy S21",
        "Отправлено из Outlook для iOS<https://aka.example/o>",
        "Получить Outlook для Android",
        "Sent from my iPhone",
        "Sent from my Galaxy S10",
        "Sent from Mail for Windows 10",
        "Sent via Samsung Galaxy smartphone",
        "Get Outlook for iOS",
        "iPhone-нан жіберілді",
        "iPhone құрылғысынан жіберілді",
        "Менің iPhone құрылғымнан жіберілді",
    ],
)
def test_footers_of_mobile_programs(footer: str) -> None:
    assert pieces(f"Нет связи\n\n{footer}") == [("own", "Нет связи"), ("footer", footer)]


@pytest.mark.parametrize(
    "line",
    [
        "Отправлено с ошибкой",
        "Отправлено с iPhone было заявление",
        "Отправлено из офиса курьером",
        "Отправлено с телефона жены, свой потерял",
        "Sent from my office by courier",
        "Get Outlook to work, please",
    ],
)
def test_sentences_like_a_footer_stay(line: str) -> None:
    assert own(f"Нет связи\n\n{line}") == f"Нет связи\n\n{line}"


@pytest.mark.parametrize(
    "closing",
    [
        "С уважением,\nИванов И.И.",
        "С уважением, Иванов Иван",
        "С уважением Иванов",
        "с уважением, директор ТОО «Ромашка»",
        "Құрметпен,\nАйгүл Нұрланова",
        "Kind regards,\nJohn",
        "Best regards",
        "С уважением,\n\nИванов Иван\nначальник отдела снабжения\n\nтел. +7 701 555 00 11\nwww.firm.example",
        "-- \nИванов\n+7 701 555 00 11",
        "--\nИванов",
    ],
)
def test_signatures(closing: str) -> None:
    assert pieces(f"Нет связи.\n\n{closing}") == [("own", "Нет связи."), ("signature", closing)]


@pytest.mark.parametrize(
    "text",
    [
        "С уважением отношусь к вам",
        "С уважением, но прошу ответить",
        "Отношусь с уважением,\nно жду ответа",
        "--\nпервое\n--\nвторое",
        "-- \nпрошу прислать счёт",
        "список -- длинный",
        "—\nа здесь обычное предложение, которое идёт после тире и говорит о деле.",
    ],
)
def test_what_resembles_a_signature_stays(text: str) -> None:
    assert (
        own(f"Нет связи.\n\n{text}\n\nконец письма, прошу помочь")
        == f"Нет связи.\n\n{text}\n\nконец письма, прошу помочь"
    )


def test_a_closing_formula_in_the_middle_takes_its_name_and_nothing_else() -> None:
    text = "Нет связи.\nС уважением,\nИванов\n\nЗабыл добавить: прошу ещё и пересчитать оплату за месяц."
    assert pieces(text) == [
        ("own", "Нет связи."),
        ("signature", "С уважением,\nИванов"),
        ("own", "Забыл добавить: прошу ещё и пересчитать оплату за месяц."),
    ]


def test_a_comparison_is_no_quote() -> None:
    assert own("Скорость\n> 100 Мбит\nне нужна", REPLY) == "Скорость\n> 100 Мбит\nне нужна"


def test_a_lone_prefixed_line_is_a_quote_in_an_answer_only() -> None:
    assert own("> чужое\nсвоё", REPLY) == "своё"
    assert own("> чужое\nсвоё") == "> чужое\nсвоё"


def test_levels_of_a_quote_are_pieces_of_their_own() -> None:
    text = "> раз\n> > два\n>>> три\n> раз\nсвоё"
    assert [(p.kind, p.level) for p in cut(text, thread=REPLY)] == [
        (Kind.QUOTE, 1), (Kind.QUOTE, 2), (Kind.QUOTE, 3), (Kind.QUOTE, 1), (Kind.OWN, 0)
    ]  # fmt: skip


def test_prefixes_are_no_words() -> None:
    assert unquoted("> раз\n> > два\nИП> три\nчетыре > три") == "раз\nдва\nтри\nчетыре > три"


def test_a_disclaimer_that_is_followed_by_a_request_stays() -> None:
    text = "Данное сообщение конфиденциально.\n\nПрошу прислать акт."
    assert own(text) == text


def test_indentation_becomes_a_quote_by_the_line_above_it() -> None:
    text = "своё\n01.11.2026 10:00, Имя пишет:\nчужое\nещё своё"
    start = text.index("чужое")
    region = Region(Mark.INDENT, start, start + len("чужое\n"))
    assert [p.kind for p in cut(text, [region])] == [Kind.OWN, Kind.QUOTE, Kind.OWN]
    assert [p.kind for p in cut("своё\nчужое\nещё", [Region(Mark.INDENT, 5, 11)])] == [Kind.OWN]


# ------------------------------------------------------------ every text

LINES = st.sampled_from(
    [
        "", " ", "Добрый день!", "Прошу прислать счёт за октябрь.", "> чужое слово", "> > глубже", ">", ">100 Мбит",
        "ИП> слово", "С уважением,", "С уважением, Иванов", "Иванов Иван", "тел. +7 701 555 00 11", "-- ", "--", "—",
        "Отправлено с iPhone", "12.11.2026, 10:00, Имя <a@b.example> пишет:", "On Mon, Nov 2, 2026 at 10:00 Name <",
        "a@b.example> wrote:", "From: A <a@b.example>", "Sent: Monday, November 2, 2026 10:00", "To: B",
        "Subject: RE: x",
        "От: Имя", "Дата: 1 ноября 2026", "Тема: FW: x", "-----Original Message-----", "_" * 40, "-" * 30,
        "---------- Forwarded message ---------", "-------- Пересылаемое сообщение --------",
        "x mailing list",
        "-------- Завершение пересылаемого сообщения --------", "Начало переадресованного сообщения:", "P.S. ещё",
        "This e-mail is confidential and intended only for you.",
        "If you are not the addressee, delete it.",
        "Настоящее сообщение конфиденциально.", "===8<====Original message text====", "Вы писали 1.11.2026, 10:00:",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.lists(LINES, max_size=25).map("\n".join), st.text(max_size=200))
THREADS = st.builds(Thread, st.booleans(), st.booleans())


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Region]]:
    """A text and regions between its line ends, nested or not, as no HTML would have them too."""
    text = draw(TEXTS)
    ends = [0, *(n + 1 for n, char in enumerate(text) if char == "\n"), len(text)]
    pairs = st.tuples(st.sampled_from(Mark), st.sampled_from(ends), st.sampled_from(ends))
    regions = [Region(mark, min(a, b), max(a, b)) for mark, a, b in draw(st.lists(pairs, max_size=5))]
    return text, sorted(regions, key=lambda region: (region.start, -region.end))


@settings(deadline=None)
@given(marked(), THREADS)
def test_pieces_cover_the_text_once(given: tuple[str, list[Region]], thread: Thread) -> None:
    text, regions = given
    found = cut(text, regions, thread)
    assert "".join(text[piece.start : piece.end] for piece in found) == text
    assert all(piece.level >= 0 for piece in found)


@settings(deadline=None)
@given(TEXTS, THREADS)
def test_no_word_is_invented(text: str, thread: Thread) -> None:
    for piece in cut(text, thread=thread):
        for word in unquoted(text[piece.start : piece.end]).split():
            assert word in text


_LEAST_HEADER = 3  # lines: from, sent, and to or subject


@settings(deadline=None)
@given(TEXTS, THREADS)
def test_own_words_cut_again_stay(text: str, thread: Thread) -> None:
    """Unless what was cut stood between the lines of a quoted header, which are one only now."""
    mine = own(text, thread)
    assume(sum(label_of(line) is not None for line in mine.split("\n") if line) < _LEAST_HEADER)
    assert own(mine, thread) == mine


@pytest.mark.parametrize(
    "piece",
    ["> ", ">", "From: a\n", "> a\n\n", "a:\n", "-- \n", "С уважением,\n", "С уважением, ", "_" * 10 + "\n", "1:00 ",
     "This e-mail is confidential\n", "This e-mail\n\n", "Отправлено с iPhone", "a@", "\n", "---- ", "писал 1 "],
)  # fmt: skip
def test_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    assert cut(text, thread=REPLY)[-1].end == len(text)


def test_lines_behind_the_last_one_that_is_looked_at_stay_what_they_are() -> None:
    text = "своё\n" * 30_000 + "> чужое\n> чужое"
    assert own(text, REPLY) == text
    quoted = "-----Original Message-----\n" + text
    assert own(quoted, REPLY) == ""


@settings(deadline=None)
@given(marked(), THREADS)
def test_lines_that_are_passed_over_begin_nothing(given: tuple[str, list[Region]], thread: Thread) -> None:
    """The quick way over plain lines finds what a close look at every line finds."""
    text, regions = given
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quote, "_remarkable", lambda lines, regions: list(range(len(lines))))
        slow = cut(text, regions, thread)
    assert cut(text, regions, thread) == slow
