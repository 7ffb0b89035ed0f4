"""The text fields of a letter, as the language defines them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.mail.body import Texts
from sievepy.mail.flags import Flag
from sievepy.mail.message import Message
from sievepy.mail.view import View
from tests.unit.mail.letters import raw


def texts(source: str) -> Texts:
    return Texts(Message(raw(source)))


def clean(view: View) -> list[str]:
    return [segment.clean for segment in view.segments]


def mixed(kind: str, *parts: str, head: str = "Subject: Тема\n") -> Texts:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return texts(f'{head}MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="b"\n\n{body}--b--\n')


def plain(text: str, more: str = "") -> str:
    return f"Content-Type: text/plain; charset=utf-8\n{more}\n{text}\n"


def html(text: str) -> str:
    return f"Content-Type: text/html; charset=utf-8\n\n{text}\n"


REPLY = """\
Subject: Re: Счёт за октябрь
In-Reply-To: <1@provider.example>

{}

01.11.2026, 10:00, "Имя" <a@b.example>:
> чужие слова

--\u0020
Иван
"""


def test_a_plain_letter() -> None:
    letter = texts("Subject: Акт сверки\n\nПришлите\nакт, пожалуйста.\n")
    assert clean(letter.subject) == ["Акт сверки"]
    assert clean(letter.body) == ["Пришлите акт, пожалуйста."]
    assert clean(letter.text) == clean(letter.content) == clean(letter.full_text) == [
        "Акт сверки", "Пришлите акт, пожалуйста."
    ]  # fmt: skip
    assert letter.text.complete and letter.full_text.complete
    assert letter.empty is False


def test_an_answer() -> None:
    letter = texts(REPLY.format("пришлите ещё раз"))
    assert clean(letter.text) == ["пришлите ещё раз"], "the subject is another's"
    assert clean(letter.content) == ["Re: Счёт за октябрь", "пришлите ещё раз", "-- Иван"]
    assert clean(letter.full_text) == [
        "Re: Счёт за октябрь", "пришлите ещё раз", '01.11.2026, 10:00, "Имя" <a@b.example>: чужие слова', "-- Иван"
    ]  # fmt: skip
    assert clean(letter.body) == clean(letter.full_text)[1:]


def test_the_subject_of_an_answer_counts_where_the_body_has_no_own_words() -> None:
    letter = texts(REPLY.format(""))
    assert clean(letter.text) == ["Re: Счёт за октябрь"]
    assert letter.empty is False


def test_a_changed_subject_is_the_senders_own() -> None:
    letter = texts("Subject: Расторжение\nIn-Reply-To: <1@provider.example>\n\nпрошу расторгнуть договор\n")
    assert clean(letter.text) == ["Расторжение", "прошу расторгнуть договор"]


FORWARD = """\
Subject: Fwd: Спам

{}

---------- Forwarded message ---------
From: Отдел <abuse@scan.example>
Subject: Спам

чужая жалоба
"""


def test_a_forwarded_part_counts_where_there_are_fewer_than_three_own_words() -> None:
    forwarded = "---------- Forwarded message --------- From: Отдел <abuse@scan.example> Subject: Спам чужая жалоба"
    assert clean(texts(FORWARD.format("см. ниже")).text) == ["Fwd: Спам", "см. ниже", forwarded]
    assert clean(texts(FORWARD.format("прошу вас разобраться")).text) == ["Fwd: Спам", "прошу вас разобраться"]
    assert clean(texts(FORWARD.format("прошу вас разобраться")).content)[-1] == forwarded
    assert texts(FORWARD.format("")).empty is False


@pytest.mark.parametrize(("source", "empty"), [("Subject: \n\n\n", True), ("Subject: Re:\n\n\n", True), ("\n", True),
    ("Subject: слово\n\n", False), ("Subject: \n\nслово\n", False), ("Subject: \n\n-- \nИван\n", True),
    ("Subject: \n\nОтправлено с iPhone\n", True), ("Subject: Fwd: \n\n!!!\n", True)])  # fmt: skip
def test_empty(source: str, empty: bool) -> None:
    assert texts(source).empty is empty


# ------------------------------------------------------------ which part is the body


def test_of_alternatives_the_plain_text_is_the_body() -> None:
    letter = mixed("alternative", plain("простой текст письма"), html("<p>то же в HTML, слово за словом</p>"))
    assert clean(letter.body) == ["простой текст письма"]
    assert "то же в HTML, слово за словом" in clean(letter.full_text)
    assert "то же в HTML, слово за словом" not in clean(letter.content)


@pytest.mark.parametrize("stub", ["", "\u00a0\n", "Ваша программа", "<img>"])
def test_a_stub_of_plain_text_is_not(stub: str) -> None:
    words = "раз два три четыре пять шесть семь восемь девять десять одиннадцать"
    letter = mixed("alternative", plain(stub), html(f"<p>{words}</p><p style='display:none'>тайна</p>"))
    assert clean(letter.body) == [words]


def test_hidden_words_do_not_make_plain_text_a_stub() -> None:
    letter = mixed("alternative", plain("два слова"), html(f"<p>два слова</p><p hidden>{'тайна ' * 50}</p>"))
    assert clean(letter.body) == ["два слова"]


def test_html_alone() -> None:
    letter = texts("Subject: x\nContent-Type: text/html; charset=utf-8\n\nдо<b>го</b>вор<br>второй\n")
    assert clean(letter.body) == ["договор второй"]


def test_texts_between_attachments_are_segments_of_the_body() -> None:
    letter = mixed(
        "mixed",
        plain("первый текст"),
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\n%PDF-1.4\n",
        plain("второй текст"),
    )
    assert [(s.part, s.clean) for s in letter.body.segments] == [("1", "первый текст"), ("3", "второй текст")]
    assert letter.content.complete, "what is no text is not missing"


def test_text_attachments_are_content_and_not_body() -> None:
    log = 'Content-Type: text/plain; name="a.log"\nContent-Disposition: attachment; filename="a.log"\n\nиз журнала\n'
    letter = mixed("mixed", plain("письмо"), log, "Content-Type: text/csv\n\nа;б\n")
    assert clean(letter.body) == ["письмо"]
    assert clean(letter.content) == ["Тема", "письмо", "из журнала", "а;б"]


def test_related_parts_belong_to_their_root() -> None:
    page = "Content-Type: text/html; charset=utf-8\nContent-ID: <root>\n\nглавная\n"
    letter = mixed('related; start="<root>"; type="text/html"', html("вторая"), page)
    assert clean(letter.body) == ["главная"]
    assert clean(letter.full_text) == ["Тема", "главная", "вторая"]


def test_of_a_report_the_part_for_people_is_the_body() -> None:
    feedback = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nSource-IP: 91.235.177.5\n"
    original = "Content-Type: message/rfc822\n\nSubject: Купи\n\nреклама слонов\n"
    letter = mixed("report; report-type=feedback-report", plain("This is a report on abuse"), feedback, original)
    assert clean(letter.body) == ["This is a report on abuse"]
    assert clean(letter.content) == [
        "Тема", "This is a report on abuse", "Feedback-Type: abuse Source-IP: 91.235.177.5", "Купи", "реклама слонов"
    ]  # fmt: skip
    assert clean(letter.text) == ["Тема", "This is a report on abuse"]


def test_an_attached_letter_is_a_forwarded_part() -> None:
    inner = "Content-Type: message/rfc822\n\nSubject: Re: Жалоба\nIn-Reply-To: <1@a.example>\n\nчужие слова\n> цитата\n"
    letter = mixed("mixed", plain("см. вложение"), inner)
    assert clean(letter.text) == ["Тема", "см. вложение", "Re: Жалоба", "чужие слова"]
    assert clean(letter.content) == ["Тема", "см. вложение", "Re: Жалоба", "чужие слова"]
    assert clean(letter.full_text)[-1] == "цитата"
    assert [s.part for s in letter.full_text.segments] == ["subject", "1", "2:subject", "2.1", "2.1:1"]


def test_labels_are_unique_and_the_same_in_every_field() -> None:
    letter = texts(REPLY.format("пришлите ещё раз"))
    labels = {segment.part: segment.clean for segment in letter.full_text.segments}
    assert len(labels) == len(letter.full_text.segments)
    for view in (letter.body, letter.text, letter.content):
        for segment in view.segments:
            assert labels[segment.part] == segment.clean


def test_two_subjects_are_two_segments() -> None:
    letter = texts("Subject: раз\nSubject: два\n\nx\n")
    assert [(s.part, s.clean) for s in letter.subject.segments] == [("subject", "раз"), ("subject#2", "два")]


def test_pieces_tell_what_was_cut() -> None:
    letter = texts(REPLY.format("пришлите ещё раз"))
    assert [piece.kind.value for piece, _ in letter.pieces] == ["own", "quote", "signature"]


# ------------------------------------------------------------ what was not read


def test_a_cut_text_leaves_its_fields_incomplete() -> None:
    message = Message(raw("Subject: x\n\n" + "слово " * 400_000))
    letter = Texts(message)
    assert letter.subject.complete
    assert not letter.body.complete and not letter.text.complete and not letter.content.complete
    assert Flag.TEXT_CUT in message.flags


def test_an_encrypted_letter_is_not_empty_but_unknown() -> None:
    sealed = "Subject: \nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nMIIB\n"
    letter = texts(sealed)
    assert letter.body.segments == () and not letter.body.complete
    assert letter.empty is None


def test_what_is_read_of_many_texts_does_not_depend_on_who_asks_first() -> None:
    part = "Content-Type: text/plain\n\n" + "a" * 1_000_000 + "\n"
    log = 'Content-Type: text/plain\nContent-Disposition: attachment; filename="a.log"\n\n' + "b" * 1_000_000 + "\n"
    source = "Content-Type: multipart/mixed; boundary=b\n\n" + "".join(f"--b\n{p}" for p in [log, part] * 4) + "--b--\n"
    data = source.encode()
    first, second = Texts(Message(data)), Texts(Message(data))
    _ = first.full_text, second.body
    assert [s.part for s in first.body.segments] == [s.part for s in second.body.segments] == ["2", "4"]
    assert not first.body.complete and not second.body.complete


def test_deeply_attached_letters() -> None:
    source = "Subject: x\nContent-Type: message/rfc822\n\n" * 500 + "Subject: y\n\nсамое дно\n"
    letter = texts(source)
    assert len(letter.content.segments) > 50
    assert not letter.content.complete
    assert letter.empty is False


LINES = st.sampled_from(
    ["Subject: x", "Content-Type: multipart/mixed; boundary=b", "Content-Type: multipart/alternative; boundary=c", "",
     "--b", "--c", "--b--", "Content-Type: text/html", "Content-Type: message/rfc822", "<p>слово", "слово", "> слово",
     "Content-Transfer-Encoding: base64", "0YHQu9C+0LLQvg==", "Content-Type: text/plain; charset=koi8-r", "-- "]
)  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(LINES, max_size=40).map(lambda lines: "\n".join(lines).encode())))
def test_it_never_raises_and_fields_hold_each_other(data: bytes) -> None:
    letter = Texts(Message(data))
    parts = {segment.part for segment in letter.full_text.segments}
    assert len(parts) == len(letter.full_text.segments)
    for view in (letter.body, letter.text, letter.content):
        assert {segment.part for segment in view.segments} <= parts
    assert letter.empty in (True, False, None)
