"""A file's kind is what its first bytes are, whatever it is called."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from sievepy.mail.kinds import HEAD, kind_of


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 40)
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image"),
        (b"GIF89a\1\0\1\0", "image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image"),
        (b"BM\x36\x10\0\0\0\0\0\0\x36\0\0\0", "image"),
        (b"BMW is a car, not a bitmap", "text"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio"),
        (b"#!AMR\n\x3c", "audio"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "video"),
        (zipped("notes.txt"), "archive"),
        (zipped("[Content_Types].xml", "word/document.xml"), "office"),
        (zipped("setup.exe"), "archive"),
        (tarred(), "archive"),
        (b"Rar!\x1a\x07\1\0", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), "office"),
        (b"MZ\x90\0\3\0\0\0", "executable"),
        (b"#!/bin/sh\nrm -r x\n", "executable"),
        (b"\x7fELF\2\1\1\0", "executable"),
        (b"From: a@b.example\r\nSubject: x\r\n\r\n", "letter"),
        ("просто текст".encode("koi8-r"), "text"),
        ("текст".encode("utf-16"), "text"),
        (b"\0\1\2\3", "other"),
    ],
)
def test_kind(data: bytes, kind: str) -> None:
    assert kind_of(data[:HEAD]) == kind


def test_a_name_says_nothing() -> None:
    """`schet.pdf` that holds a program is a program: the kind does not know names at all."""
    assert kind_of(b"MZ\x90\0 %PDF-1.7") == "executable"
