"""A letter as a view over bytes: headers, the tree of parts, their content, and what flags say."""

from __future__ import annotations

import base64
import dataclasses
import mmap
from pathlib import Path

import pytest

from sievepy.mail.flags import CUT, Flag
from sievepy.mail.limits import LIMITS, Limits
from sievepy.mail.message import Message, Part

PNG = b"\x89PNG\r\n\x1a\n"


def message(text: str | bytes, limits: Limits = LIMITS) -> Message:
    """From a letter with LF line ends, as CRLF."""
    data = text if isinstance(text, bytes) else text.encode()
    return Message(data.replace(b"\n", b"\r\n"), limits)


def multipart(*parts: str, kind: str = "mixed", boundary: str = "b", closed: bool = True) -> str:
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    end = f"--{boundary}--\n" if closed else ""
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{body}{end}'


def tree(letter: Message) -> list[tuple[str, str]]:
    return [(part.number, part.type) for part in letter.parts()]


def part(letter: Message, number: str) -> Part:
    return next(p for p in letter.parts() if p.number == number)


def limited(**limits: int) -> Limits:
    return dataclasses.replace(LIMITS, **limits)


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nтекст"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>текст</p>"
IMAGE = f'Content-Type: image/png; name="a.png"\nContent-Transfer-Encoding: base64\n\n{base64.b64encode(PNG).decode()}'


# ------------------------------------------------------------ headers


def test_headers_are_decoded_unfolded_and_in_order() -> None:
    letter = message("Subject: =?utf-8?B?0JDQutGC?=\n =?utf-8?B?0Ys=?=\nX-A: 1\nx-a: 2\n\n")
    assert letter.header("subject").values == ("Акты",)
    assert letter.header("X-A").values == ("1", "2")
    assert letter.header("To").values == ()
    assert letter.header("To").complete


def test_a_raw_8bit_header_is_read_in_the_charset_of_the_text_below_it() -> None:
    head = "Subject: Акт\nContent-Type: text/plain; charset=koi8-r\n\n"
    assert Message(head.encode("koi8-r")).header("Subject").values == ("Акт",)
    assert message(head).header("Subject").values == ("Акт",)


def test_the_fields_of_the_letter_itself_are_listed_raw() -> None:
    letter = message("Received: by a;\n Mon\nSubject : =?utf-8?Q?x?=\n\nReceived: no\n")
    assert [(f.name, f.raw) for f in letter.header_fields()] == [
        ("received", b"by a;\r\n Mon"),
        ("subject", b"=?utf-8?Q?x?="),
    ]


def test_header_values_behind_a_limit_make_the_header_incomplete() -> None:
    for limits in (limited(same_header=2), limited(header_value=3), limited(encoded_words=0), limited(header_lines=2)):
        letter = message("X: abcd\nX: =?utf-8?Q?abcd?=\nX: c\n\n", limits)
        assert not letter.header("X").complete
        assert letter.header("X").values
        assert set(letter.flags) <= {flag.value for flag in CUT}
        assert letter.flags


def test_mailboxes_of_all_headers_of_a_name() -> None:
    letter = message("To: =?utf-8?B?0JDQutGC?= <a@b.example>\nTo: c@d.example,\n  e@f.example\n\n")
    boxes, complete = letter.mailboxes("to")
    assert [(box.name, box.address) for box in boxes] == [
        ("Акт", "a@b.example"),
        ("", "c@d.example"),
        ("", "e@f.example"),
    ]
    assert complete
    assert letter.mailboxes("Cc") == ((), True)


@pytest.mark.parametrize("codec", ["utf-8", "cp1251", "koi8-r"])
def test_mailboxes_with_raw_8bit_names(codec: str) -> None:
    letter = Message("From: Отдел закупок, ТОО Связь <a@b.example>\n\n".encode(codec))
    assert [(box.name, box.address) for box in letter.mailboxes("From")[0]] == [
        ("Отдел закупок, ТОО Связь", "a@b.example")
    ]


def test_mailboxes_behind_the_limit_are_left_out() -> None:
    letter = message("To: a@b.example, c@d.example\nTo: e@f.example\n\n", limited(addresses=2))
    boxes, complete = letter.mailboxes("To")
    assert (len(boxes), complete, letter.flags) == (2, False, ("addresses-cut",))


# ------------------------------------------------------------ the tree


def test_a_letter_of_one_part_is_part_1() -> None:
    letter = message("Subject: hi\n\nhello\n")
    assert tree(letter) == [("1", "text/plain")]
    assert letter.root.text().text == "hello\n"
    assert letter.root.header("Subject").values == ("hi",)
    assert letter.root.parent is None
    assert letter.size == len("Subject: hi\r\n\r\nhello\r\n")


def test_parts_are_numbered_as_imap_does_and_listed_in_document_order() -> None:
    letter = message(multipart(multipart(PLAIN, HTML, kind="alternative", boundary="in"), IMAGE))
    assert tree(letter) == [
        ("", "multipart/mixed"),
        ("1", "multipart/alternative"),
        ("1.1", "text/plain"),
        ("1.2", "text/html"),
        ("2", "image/png"),
    ]
    assert part(letter, "1.2").parent is part(letter, "1")
    assert letter.root.children == (part(letter, "1"), part(letter, "2"))
    assert letter.parts_complete
    assert letter.flags == ()


def test_an_attached_letter_is_a_letter_and_its_parts_go_on_counting() -> None:
    inner = "Subject: =?utf-8?B?0JDQutGC?=\n" + multipart(PLAIN, IMAGE, boundary="in")
    letter = message(multipart(PLAIN, f"Content-Type: message/rfc822\n\n{inner}"))
    assert tree(letter) == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "message/rfc822"),
        ("2", "multipart/mixed"),
        ("2.1", "text/plain"),
        ("2.2", "image/png"),
    ]
    attached = letter.parts()[2].embedded
    assert attached is not None
    assert attached.header("Subject").values == ("Акт",)
    assert attached.root is letter.parts()[3]
    assert attached.root.parent is letter.parts()[2]
    assert [p.number for p in attached.parts()] == ["2", "2.1", "2.2"]
    assert letter.header("Subject").values == ()


def test_an_attached_letter_of_one_part() -> None:
    letter = message(multipart("Content-Type: message/rfc822\n\nSubject: hi\n\ntext"))
    assert tree(letter) == [("", "multipart/mixed"), ("1", "message/rfc822"), ("1.1", "text/plain")]
    assert part(letter, "1").data().data == b"Subject: hi\r\n\r\ntext"
    assert part(letter, "1").text().text == ""
    assert part(letter, "1.1").text().text == "text"


def test_a_letter_that_is_an_attached_letter() -> None:
    letter = message("Content-Type: message/rfc822\n\nSubject: inner\n\ntext")
    assert tree(letter) == [("1", "message/rfc822"), ("1.1", "text/plain")]


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_an_attached_letter_may_be_encoded_though_it_must_not(encoding: str) -> None:
    inner = b"Subject: inner\r\n\r\n" + b"\xd1\x82\xd0\xb5\xd0\xba\xd1\x81\xd1\x82"
    body = base64.b64encode(inner) if encoding == "base64" else inner
    letter = message(
        f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body.replace(b"\r", b"")
    )
    attached = letter.root.embedded
    assert attached is not None
    assert attached.header("Subject").values == ("inner",)
    assert letter.parts()[1].text().text == "текст"
    assert Flag.MIME_AMBIGUOUS in letter.flags


def test_flags_of_an_attached_letter_are_the_letters() -> None:
    letter = message(multipart("Content-Type: message/rfc822\n\nSubject: \xd0\xd0\n\ntext".replace("\xd0", "я")))
    attached = part(letter, "1").embedded
    assert attached is not None
    attached.raise_flag(Flag.TEXT_CUT)
    assert letter.flags == attached.flags == ("text-cut",)


def test_parts_of_a_digest_are_letters_unless_they_say_otherwise() -> None:
    letter = message(multipart("\nSubject: one\n\ntext", PLAIN, kind="digest"))
    assert [p.type for p in letter.parts()] == ["multipart/digest", "message/rfc822", "text/plain", "text/plain"]
    attached = letter.parts()[1].embedded
    assert attached is not None
    assert attached.header("Subject").values == ("one",)


@pytest.mark.parametrize("value", ["text", "text/", "/plain", "a b/c", "text/plain/x", "", "???"])
def test_a_type_that_is_none_is_text_plain(value: str) -> None:
    assert message(f"Content-Type: {value}\n\nhello").root.type == "text/plain"


def test_reports_hold_their_machine_readable_parts() -> None:
    status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n\nAction: failed"
    letter = message(multipart(PLAIN, status, "Content-Type: text/rfc822-headers\n\nSubject: x", kind="report"))
    assert [p.type for p in letter.root.children] == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    assert "Action: failed" in part(letter, "2").text().text


def test_a_missing_closing_boundary_is_flagged_and_all_parts_are_there() -> None:
    letter = message(multipart(PLAIN, HTML, closed=False))
    assert [p.type for p in letter.root.children] == ["text/plain", "text/html"]
    assert letter.flags == ("boundary-unclosed",)


def test_an_outer_boundary_ends_an_inner_multipart_that_is_not_closed() -> None:
    letter = message(multipart(multipart(PLAIN, boundary="in", closed=False), HTML))
    assert [p.number for p in letter.parts()] == ["", "1", "1.1", "2"]


def test_a_boundary_that_begins_like_another_is_not_taken_for_it_and_flagged() -> None:
    letter = message(multipart(multipart(PLAIN, HTML, boundary="b1"), IMAGE, boundary="b"))
    assert [p.number for p in letter.parts()] == ["", "1", "1.1", "1.2", "2"]
    assert letter.flags == ("mime-ambiguous",)


@pytest.mark.parametrize("head", ["Content-Type: multipart/mixed", "Content-Type: multipart/mixed; boundary=other"])
def test_a_multipart_that_cannot_be_taken_apart_is_text_and_not_complete(head: str) -> None:
    letter = message(f"{head}\n\n--b\n\nhello\n--b--\n")
    assert tree(letter) == [("1", "text/plain")]
    text = letter.root.text()
    assert "hello" in text.text
    assert not text.complete
    assert letter.flags == ("boundary-missing", "mime-ambiguous")


def test_preamble_and_epilogue_are_no_parts() -> None:
    letter = message(multipart(PLAIN).replace("\n\n--b", "\n\npreamble\n--b", 1) + "epilogue\n")
    assert [p.text().text for p in letter.root.children] == ["текст"]


# ------------------------------------------------------------ two readings


AMBIGUOUS = {
    "two types": "Content-Type: text/html\nContent-Type: text/plain\n\nx",
    "two encodings": "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nQQ==",
    "two boundaries": "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--b\n\nx\n--b--\n--a\n\ny\n--a--",
    "plain and extended boundary": "Content-Type: multipart/mixed; boundary=a; boundary*=''b\n\n--b\n\nx\n--b--\n",
    "encoded multipart": multipart(PLAIN).replace("\n\n", "\nContent-Transfer-Encoding: base64\n\n", 1),
    "equal boundaries": multipart(multipart(PLAIN)),
    "boundary behind the end": multipart(PLAIN) + "--b\n\nhidden\n--b--\n",
    "bare cr": "Subject: a\rContent-Type: text/html\n\nx",
    "nul": "Subject: a\0\n\nx",
    "type below junk": "Subject: a\njunk\nContent-Type: text/html\n\nx",
    "in an attached letter": multipart("Content-Type: message/rfc822\n\nContent-Type: a/b\nContent-Type: c/d\n\nx"),
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_two_plausible_readings_are_flagged(kind: str) -> None:
    letter = message(AMBIGUOUS[kind])
    letter.parts()
    assert Flag.MIME_AMBIGUOUS in letter.flags


UNAMBIGUOUS = {
    "plain": "Subject: a\n\nx",
    "equal headers twice": "Content-Type: text/html\nContent-Type: text/html\n\nx",
    "multipart of 8bit": multipart(PLAIN).replace("\n\n", "\nContent-Transfer-Encoding: 8bit\n\n", 1),
    "charset twice": "Content-Type: text/plain; charset=a; charset=b\n\nx",
    "junk below the type": "Content-Type: text/html\njunk\nSubject: a\n\nx",
    "siblings with one boundary": multipart(
        multipart(PLAIN, boundary="in"), multipart(HTML, boundary="in"), boundary="out"
    ),
}


@pytest.mark.parametrize("kind", UNAMBIGUOUS)
def test_one_reading_is_not_flagged(kind: str) -> None:
    letter = message(UNAMBIGUOUS[kind])
    letter.parts()
    assert Flag.MIME_AMBIGUOUS not in letter.flags


# ------------------------------------------------------------ content


def test_content_is_decoded_and_kept() -> None:
    letter = message(multipart(PLAIN, IMAGE))
    image = part(letter, "2")
    assert image.data().data == PNG
    assert image.size == len(PNG)
    assert image.data() is image.data()
    assert part(letter, "1").text() is part(letter, "1").text()
    assert part(letter, "1").size == len("текст".encode())


def test_text_has_lf_line_ends() -> None:
    assert message("\na\nb\rc").root.text().text == "a\nb\nc"


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "cp866", "utf-8"])
def test_text_without_a_label_or_with_a_wrong_one(codec: str) -> None:
    for label in ("", "Content-Type: text/plain; charset=us-ascii\n"):
        letter = Message(label.encode() + b"\n" + "Прошу выслать акт сверки".encode(codec))
        assert letter.root.text().text == "Прошу выслать акт сверки"
        assert letter.root.text().complete
        assert Flag.CHARSET_GUESSED in letter.flags


def test_html_may_name_its_charset_itself() -> None:
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=koi8-r"></head>Акт'
    assert Message(b"Content-Type: text/html\n\n" + page.encode("koi8-r")).root.text().text.endswith("Акт")


def test_attributes_of_a_part() -> None:
    head = (
        "Content-Type: Application/PDF; name=other.pdf\n"
        "Content-Disposition: ATTACHMENT; filename*=UTF-8''%D0%90%D0%BA%D1%82.pdf\nContent-ID: <x@y>\n\n"
    )
    root = message(head).root
    assert (root.type, root.disposition, root.filename, root.content_id) == (
        "application/pdf",
        "attachment",
        "Акт.pdf",
        "x@y",
    )
    assert root.params == {"name": "other.pdf"}


def test_attributes_that_are_not_there() -> None:
    root = message("\n").root
    assert (root.disposition, root.filename, root.content_id, dict(root.params)) == (None, None, None, {})
    assert message("Content-Type: image/png; name=a.png\n\n").root.filename == "a.png"
    assert message('Content-Disposition: attachment; filename=""\n\n').root.filename is None


def test_text_behind_the_limit_is_cut() -> None:
    letter = message("\n" + "word " * 100, limited(part_text=50))
    assert letter.root.text().text == "word " * 10
    assert not letter.root.text().complete
    assert letter.flags == ("text-cut",)
    assert letter.root.data().complete


def test_of_a_long_encoded_part_only_the_beginning_is_decoded_for_its_text() -> None:
    encoded = base64.encodebytes(b"word " * 1000).decode()
    letter = message(f"Content-Transfer-Encoding: base64\n\n{encoded}", limited(part_text=50))
    assert letter.root.text().text == "word " * 10
    assert not letter.root.text().complete


def test_data_behind_the_limit_is_cut() -> None:
    letter = message("\n" + "x" * 100, limited(part_data=60))
    assert letter.root.data().data == b"x" * 60
    assert not letter.root.data().complete
    assert letter.root.size == 100
    assert letter.flags == ("data-cut",)


def test_damage_makes_text_incomplete() -> None:
    letter = message("Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a")
    assert not letter.root.text().complete
    assert letter.flags == ("transfer-unknown",)


# ------------------------------------------------------------ limits of the tree


def test_parts_behind_the_limit_are_left_out_and_their_multipart_is_not_complete() -> None:
    letter = message(multipart(PLAIN, HTML, IMAGE), limited(parts=3))
    assert tree(letter) == [("", "multipart/mixed"), ("1", "text/plain"), ("2", "text/html")]
    assert not letter.parts_complete
    assert not letter.root.text().complete
    assert letter.flags == ("parts-cut",)
    assert message(multipart(PLAIN, HTML, IMAGE), limited(parts=4)).parts_complete


def test_multiparts_deeper_than_the_limit_are_not_opened() -> None:
    deep = multipart(multipart(multipart(PLAIN, boundary="z"), boundary="y"), boundary="x")
    letter = message(deep, limited(mime_depth=2))
    assert [p.type for p in letter.parts()] == ["multipart/mixed"] * 3
    assert not letter.parts_complete
    assert letter.flags == ("depth-cut",)
    assert message(deep, limited(mime_depth=3)).parts_complete


# ------------------------------------------------------------ bytes of any kind


def test_bytes_memoryview_and_mmap_are_alike(tmp_path: Path) -> None:
    data = multipart(PLAIN, IMAGE).encode()
    file = tmp_path / "letter"
    file.write_bytes(data)
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        forms = [
            Message(data),
            Message(memoryview(data)),
            Message(mapped),
            Message(memoryview(data + data)[: len(data)]),
        ]
        seen = [(tree(m), [p.data() for p in m.parts()], m.size) for m in forms]
    assert seen[0] == seen[1] == seen[2] == seen[3]


def test_a_memoryview_of_another_shape_is_read_as_its_bytes() -> None:
    data = b"Subject: hi\n\nhello\n\n"
    assert Message(memoryview(data).cast("B", (4, 5))).header("Subject").values == ("hi",)
    spread = bytes(byte for pair in zip(data, data, strict=True) for byte in pair)
    assert Message(memoryview(spread)[::2]).root.text().text == "hello\n\n"


def test_a_file_whose_lines_end_with_cr_is_read() -> None:
    letter = Message(multipart(PLAIN, IMAGE).replace("\n", "\r").encode())
    assert [p.type for p in letter.parts()] == ["multipart/mixed", "text/plain", "image/png"]
    assert part(letter, "2").data().data == PNG


def test_header_rules_do_not_touch_the_body() -> None:
    """The header block is all that is copied, however long the letter is."""
    import tracemalloc

    data = b"Subject: hi\r\nTo: a@b.example\r\n\r\n" + b"x" * 10_000_000
    tracemalloc.start()
    letter = Message(data)
    assert letter.header("Subject").values == ("hi",)
    letter.mailboxes("To")
    letter.header("List-Id")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


def test_flags_are_strings_sorted() -> None:
    letter = message("\n")
    for flag in Flag:
        letter.raise_flag(flag)
    assert list(letter.flags) == sorted(flag.value for flag in Flag)
    assert all(type(flag) is str for flag in letter.flags)
    assert set(CUT) <= set(letter.flags)
