"""Letters made to hurt, one of each kind of promise 22, as bytes."""

from __future__ import annotations

from collections.abc import Callable

_HEAD = b"From: a@b.example\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"


def deep_mime(depth: int = 10_000) -> bytes:
    levels = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return _HEAD + b"".join(levels) + b"Content-Type: text/plain\r\n\r\nthe end\r\n"


def deep_mime_of_one_boundary(depth: int = 10_000) -> bytes:
    return _HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * depth + b"\r\nthe end\r\n"


def deep_letters(depth: int = 10_000) -> bytes:
    return _HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"\r\nthe end\r\n"


def many_parts(count: int = 50_000) -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return _HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * count + b"--b--\r\n"


def many_headers(count: int = 100_000) -> bytes:
    return b"".join(b"X-%d: y\r\n" % n for n in range(count)) + _HEAD + b"\r\nbody\r\n"


def many_equal_headers(count: int = 100_000) -> bytes:
    return b"Subject: y\r\n" * count + _HEAD + b"\r\nbody\r\n"


def many_semicolons(count: int = 300_000) -> bytes:
    return _HEAD + b"Content-Type: text/plain" + b";" * count + b"\r\nTo: " + b";" * count + b"\r\n\r\nbody\r\n"


def many_parameters(count: int = 100_000) -> bytes:
    parameters = b"".join(b"; name*%d*=%%41" % n for n in range(count))
    return _HEAD + b"Content-Type: text/plain" + parameters + b"\r\n\r\nbody\r\n"


def many_addresses(count: int = 20_000) -> bytes:
    return _HEAD + b"To: " + b",\r\n ".join(b"u%d@b.example" % n for n in range(count)) + b"\r\n\r\nbody\r\n"


def deep_comments(depth: int = 10_000) -> bytes:
    return _HEAD + b"To: " + b"(" * depth + b")" * depth + b" a@b.example\r\n\r\nbody\r\n"


def open_comments(depth: int = 10_000) -> bytes:
    return _HEAD + b"To: " + b"(" * depth + b" a@b.example\r\n\r\nbody\r\n"


def many_encoded_words(count: int = 100_000) -> bytes:
    return _HEAD.replace(b"hello", b"=?utf-8?B?0LA=?= =?koi8-r?Q?=C1?= " * (count // 2)) + b"\r\nbody\r\n"


def unfinished_encoded_words(count: int = 100_000) -> bytes:
    return _HEAD.replace(b"hello", b"=?utf-8?Q?" * count) + b"\r\nbody\r\n"


def unknown_charsets(count: int = 20_000) -> bytes:
    words = b"\r\n ".join(b"=?x-%d?B?4OE=?=" % n for n in range(count))
    return _HEAD.replace(b"hello", words) + b"Content-Type: text/plain; charset=x-nobody-knows\r\n\r\n\xe0\xe1\r\n"


def open_quotes(count: int = 100_000) -> bytes:
    quotes = b'"\\' * count
    return _HEAD + b"To: " + quotes + b"\r\nContent-Type: text/plain; name=" + quotes + b"\r\n\r\nbody\r\n"


def open_brackets(count: int = 100_000) -> bytes:
    return _HEAD + b"To: " + b'<"' * count + b"@b.example\r\n\r\nbody\r\n"


def base64_in_pieces(count: int = 100_000) -> bytes:
    return _HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QQ==\r\n" * count


def spaces(count: int = 1_000_000) -> bytes:
    return _HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b" " * count + b"x\r\n"


def spaces_in_a_type(count: int = 60_000) -> bytes:
    return _HEAD + b"Content-Type: text/plain" + b" " * count + b"=\r\n\r\nbody\r\n"


def colons(count: int = 100_000) -> bytes:
    return _HEAD + b"To: a@b.example" + b"x:" * count + b"\r\n\r\nbody\r\n"


def addresses_without_commas(count: int = 50_000) -> bytes:
    return _HEAD + b"To: " + b"a@b " * count + b"\r\n\r\nbody\r\n"


def many_words_and_one_end(count: int = 30_000) -> bytes:
    return _HEAD.replace(b"hello", b"=?a?Q?x" * count + b"?=") + b"\r\nbody\r\n"


def encoded_letters(depth: int = 90, size: int = 1_000_000) -> bytes:
    head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return _HEAD + head * depth + b"\r\n" + b"x" * size


def junk_lines(count: int = 100_000) -> bytes:
    return _HEAD + b"junk\r\n" * count + b"\r\nbody\r\n"


BOMBS: tuple[Callable[[], bytes], ...] = (
    deep_mime,
    deep_mime_of_one_boundary,
    deep_letters,
    many_parts,
    many_headers,
    many_equal_headers,
    many_semicolons,
    many_parameters,
    many_addresses,
    deep_comments,
    open_comments,
    many_encoded_words,
    unfinished_encoded_words,
    unknown_charsets,
    open_quotes,
    open_brackets,
    base64_in_pieces,
    spaces,
    spaces_in_a_type,
    colons,
    addresses_without_commas,
    many_words_and_one_end,
    encoded_letters,
    junk_lines,
)
