"""Each kind of source finds its letters, in a fixed order, under the names that people see."""

from __future__ import annotations

from pathlib import Path

import pytest

from sievepy.mail.message import Message
from sievepy.sources.folder import FolderSource
from sievepy.sources.maildir import MaildirSource, decode_modified_utf7
from sievepy.sources.mbox import MboxSource
from sievepy.sources.opening import open_source
from sievepy.sources.port import Letter, Source, SourceError
from sievepy.sources.stdin import StdinSource

LETTER = b"Return-Path: <ann@x.kz>\nFrom: ann@x.kz\nSubject: a\n\nHello\n"
POSTMARK = b"From ann@x.kz Thu Jan 15 12:00:00 2026\n"


def names(source: Source) -> list[str]:
    return [letter.name for letter in source.letters()]


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    path = tmp_path / "Maildir"
    for folder in ("tmp", "new", "cur"):
        (path / folder).mkdir(parents=True)
    (path / "new" / "2.b").write_bytes(LETTER + b"2")
    (path / "cur" / "1.a:2,S").write_bytes(LETTER + b"1")
    (path / "tmp" / "3.c").write_bytes(b"half a let")
    (path / "new" / ".hidden").write_bytes(b"")
    return path


# ---------------------------------------------------------------- which source


def test_what_a_path_is(maildir: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "one.eml").write_bytes(LETTER)
    (tmp_path / "inbox").write_bytes(POSTMARK + LETTER)
    (tmp_path / "empty").write_bytes(b"")
    assert isinstance(open_source(maildir), MaildirSource)
    assert isinstance(open_source(tmp_path / "letters"), FolderSource)
    assert names(open_source(tmp_path / "one.eml")) == ["one.eml"]
    assert names(open_source(tmp_path / "inbox")) == ["inbox#1"]
    assert names(open_source(tmp_path / "empty")) == []


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere is no maildir, mbox, folder of \.eml or letter"):
        open_source(tmp_path / "nowhere")


def test_a_path_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read .*: File name too long"):
        open_source(tmp_path / ("x" * 300))


# ---------------------------------------------------------------- maildir


def test_a_maildir_lists_new_and_cur_by_name(maildir: Path) -> None:
    source = MaildirSource(maildir)
    assert source.letters() == [Letter("1.a:2,S", "1.a"), Letter("2.b", "2.b")]
    assert [source.read(letter)[-1:] for letter in source.letters()] == [b"1", b"2"]


def test_a_letter_is_found_again_where_a_reader_put_it(maildir: Path) -> None:
    source = MaildirSource(maildir)
    letter = source.letters()[1]
    (maildir / "new" / "2.b").rename(maildir / "cur" / "2.b:2,RS")
    assert source.read(letter).endswith(b"2")
    assert source.aside(letter) == "Processed/cur/2.b:2,RS"
    (maildir / "cur" / "2.b:2,RS").unlink()
    with pytest.raises(FileNotFoundError):
        source.read(letter)


def test_set_aside_and_brought_back(maildir: Path) -> None:
    source = MaildirSource(maildir)
    letter = source.letters()[0]
    place = source.aside(letter)
    source.set_aside(letter, place)
    source.set_aside(letter, place)
    assert names(source) == ["2.b"]
    assert (maildir / "Processed/cur/1.a:2,S").exists()
    assert source.read_aside("1.a", place).endswith(b"1")
    (maildir / "Processed/cur/1.a:2,S").rename(maildir / "Processed/cur/1.a:2,FS")
    source.bring_back("1.a", place)
    source.bring_back("1.a", place)
    assert names(source) == ["1.a:2,FS", "2.b"]


def test_a_name_that_is_taken_in_processed_is_never_replaced(maildir: Path) -> None:
    """Somebody copied a processed letter back by hand."""
    source = MaildirSource(maildir)
    letter = source.letters()[0]
    source.set_aside(letter, source.aside(letter))
    (maildir / "cur" / "1.a:2,").write_bytes(LETTER + b"again")
    letter = source.letters()[0]
    place = source.aside(letter)
    source.set_aside(letter, place)
    assert place == "Processed/cur/1.a,N2:2,"
    assert source.read_aside("1.a", "Processed/cur/1.a:2,S").endswith(b"1")
    assert source.read_aside("1.a", place).endswith(b"again")
    source.bring_back("1.a", place)
    assert (maildir / "cur" / "1.a:2,").read_bytes().endswith(b"again")


def test_two_letters_of_one_unique_name_are_both_dealt_with(maildir: Path) -> None:
    (maildir / "cur" / "1.a:2,").write_bytes(LETTER + b"other")
    source = MaildirSource(maildir)
    seen = []
    for letter in source.letters():
        seen.append(source.read(letter)[len(LETTER) :])
        source.set_aside(letter, source.aside(letter))
    assert seen == [b"other", b"1", b"2"]
    assert names(source) == []


@pytest.mark.parametrize(
    ("name", "folder"),
    [("Maildir", "INBOX"), (".SPAM", "SPAM"), (".Work.2026", "Work/2026"), (".&BCEEPwQwBDw-", "Спам")],
)
def test_the_folder_is_named_as_imap_names_it(maildir: Path, name: str, folder: str) -> None:
    path = maildir if name == "Maildir" else maildir / name
    assert MaildirSource(path).folder == folder
    assert MaildirSource(path).envelope(Message(LETTER)).folder == folder


@pytest.mark.parametrize(("name", "decoded"), [("a&-b", "a&b"), ("&", "&"), ("&!!!-", "&!!!-"), ("plain", "plain")])
def test_modified_utf7(name: str, decoded: str) -> None:
    assert decode_modified_utf7(name) == decoded


# ---------------------------------------------------------------- folders and files


def test_a_folder_lists_its_eml_files_only(tmp_path: Path) -> None:
    for name in ("b.eml", "a.EML", "c.txt", ".d.eml"):
        (tmp_path / name).write_bytes(LETTER)
    (tmp_path / "e.eml").mkdir()
    assert names(FolderSource(tmp_path)) == ["a.EML", "b.eml"]


def test_a_second_file_of_a_name_gets_a_number_in_processed(tmp_path: Path) -> None:
    source = FolderSource(tmp_path)
    for text in (b"1", b"2"):
        (tmp_path / "a.eml").write_bytes(text)
        (letter,) = source.letters()
        source.set_aside(letter, source.aside(letter))
    assert sorted(path.name for path in (tmp_path / "Processed").iterdir()) == ["a.eml", "a~2.eml"]
    source.bring_back("a.eml", "Processed/a~2.eml")
    assert (tmp_path / "a.eml").read_bytes() == b"2"


def test_one_file_has_a_journal_of_its_own(tmp_path: Path) -> None:
    assert FolderSource(tmp_path, "a.eml").journal == tmp_path / "a.eml.sievepy-journal"
    assert FolderSource(tmp_path).journal == tmp_path / ".sievepy-journal"


# ---------------------------------------------------------------- mbox


def mbox(tmp_path: Path, data: bytes) -> MboxSource:
    (tmp_path / "inbox").write_bytes(data)
    return MboxSource(tmp_path / "inbox")


def contents(source: MboxSource) -> list[bytes]:
    return [source.read(letter) for letter in source.letters()]


def test_an_mbox_is_cut_at_its_postmarks(tmp_path: Path) -> None:
    source = mbox(tmp_path, POSTMARK + LETTER + b"\n" + POSTMARK + LETTER + b"second\n\n")
    assert names(source) == ["inbox#1", "inbox#2"]
    assert contents(source) == [LETTER, LETTER + b"second\n"]


def test_only_the_empty_line_of_the_mbox_is_taken_off(tmp_path: Path) -> None:
    assert contents(mbox(tmp_path, POSTMARK + LETTER + b"\n\n\n")) == [LETTER + b"\n\n"]
    assert contents(mbox(tmp_path, POSTMARK + LETTER)) == [LETTER]
    assert contents(mbox(tmp_path, POSTMARK + LETTER + b"no line end")) == [LETTER + b"no line end"]


def test_windows_line_ends(tmp_path: Path) -> None:
    both = (POSTMARK + LETTER + b"\n" + POSTMARK + LETTER + b"\n").replace(b"\n", b"\r\n")
    assert contents(mbox(tmp_path, both)) == [LETTER.replace(b"\n", b"\r\n")] * 2


def test_quoted_lines_lose_one_sign(tmp_path: Path) -> None:
    text = LETTER + b">From here\n>>From there\n> From afar\n"
    assert contents(mbox(tmp_path, POSTMARK + text + b"\n")) == [LETTER + b"From here\n>From there\n> From afar\n"]


def test_a_sentence_that_begins_with_from_is_no_postmark(tmp_path: Path) -> None:
    text = LETTER + b"\nFrom tomorrow on we work at 9:00.\n\nFrom me.\n"
    assert contents(mbox(tmp_path, POSTMARK + text + b"\n")) == [text]


def test_what_is_no_mbox_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no mbox"):
        mbox(tmp_path, LETTER).letters()


def test_a_letter_of_an_mbox_is_known_though_a_reader_marks_and_renumbers_it(tmp_path: Path) -> None:
    first, second = LETTER, b"Message-ID: <2@x.kz>\n" + LETTER
    keys = {letter.key for letter in mbox(tmp_path, POSTMARK + first + b"\n" + POSTMARK + second + b"\n").letters()}
    marked = b"Message-ID: <2@x.kz>\nStatus: RO\n" + LETTER
    (letter,) = mbox(tmp_path, POSTMARK + marked + b"\n").letters()
    assert letter.key in keys


def test_equal_letters_of_an_mbox_are_different_letters(tmp_path: Path) -> None:
    source = mbox(tmp_path, (POSTMARK + LETTER + b"\n") * 2)
    assert len({letter.key for letter in source.letters()}) == 2


def test_one_message_id_with_two_contents_is_two_letters(tmp_path: Path) -> None:
    one = b"Message-ID: <2@x.kz>\n" + LETTER
    source = mbox(tmp_path, POSTMARK + one + b"\n" + POSTMARK + one + b"more\n\n")
    assert len({letter.key.split(".")[0] for letter in source.letters()}) == 2


def test_a_letter_of_an_mbox_is_read_by_a_source_that_has_listed_nothing(tmp_path: Path) -> None:
    """By where it stands, if it was just found there; after a restart by what it says."""
    letters = mbox(tmp_path, POSTMARK + LETTER + b"\n" + POSTMARK + LETTER + b"second\n\n").letters()
    for letter in letters:
        read = MboxSource(tmp_path / "inbox").read
        assert read(letter) == read(Letter(letter.name, letter.key))
    assert letters[1].span == (len(POSTMARK + LETTER + b"\n" + POSTMARK), len((POSTMARK + LETTER) * 2 + b"\nsecond\n"))


def test_a_letter_that_left_an_mbox(tmp_path: Path) -> None:
    source = mbox(tmp_path, POSTMARK + LETTER + b"\n")
    with pytest.raises(FileNotFoundError):
        source.read(Letter("inbox#9", "no such key"))


# ---------------------------------------------------------------- stdin


def test_a_pipe_holds_one_letter_known_by_its_bytes(tmp_path: Path) -> None:
    source = StdinSource(LETTER, tmp_path)
    (letter,) = source.letters()
    assert (letter.name, source.read(letter)) == ("-", LETTER)
    assert StdinSource(LETTER).letters() == [letter]
    assert StdinSource(LETTER + b"x").letters() != [letter]
    assert source.journal == tmp_path / ".sievepy-journal"
    assert StdinSource(LETTER).journal is None
