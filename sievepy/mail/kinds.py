"""What a file is by its first bytes, whatever its name and its declared type say.

The kinds are `pdf image audio video archive office executable letter text`, `empty`, and `other` for bytes that none of
these begins with. A signature is matched at a fixed offset; nothing is unpacked.
"""

from __future__ import annotations

HEAD = 4096  # bytes that `kind_of` looks at: an office file names its parts within them

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "pdf"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"GIF8", "image"),
    (0, b"BM", "image"),
    (0, b"II*\0", "image"),
    (0, b"MM\0*", "image"),
    (8, b"WEBP", "image"),
    (4, b"ftyphei", "image"),
    (4, b"ftypmif1", "image"),
    (4, b"ftypavif", "image"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
    (0, b"{\\rtf", "office"),
    (0, b"Rar!\x1a\x07", "archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "archive"),
    (0, b"\x1f\x8b", "archive"),
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ\0", "archive"),
    (0, b"\x28\xb5\x2f\xfd", "archive"),
    (0, b"MSCF", "archive"),
    (257, b"ustar", "archive"),
    (32769, b"CD001", "archive"),
    (0, b"MZ", "executable"),
    (0, b"\x7fELF", "executable"),
    (0, b"\xca\xfe\xba\xbe", "executable"),
    (0, b"\xfe\xed\xfa", "executable"),
    (0, b"\xcf\xfa\xed\xfe", "executable"),
    (0, b"#!", "executable"),
    (0, b"L\0\0\0\x01\x14\x02\0", "executable"),  # a Windows shortcut runs what it names
    (8, b"WAVE", "audio"),
    (0, b"ID3", "audio"),
    (0, b"\xff\xfb", "audio"),
    (0, b"OggS", "audio"),
    (0, b"#!AMR", "audio"),
    (4, b"ftypM4A", "audio"),
    (4, b"ftyp", "video"),
    (8, b"AVI ", "video"),
    (0, b"\x1a\x45\xdf\xa3", "video"),
)  # fmt: skip
_ZIP = b"PK\x03\x04"
_OFFICE_PARTS = (b"[Content_Types].xml", b"word/", b"xl/", b"ppt/", b"mimetypeapplication/vnd.oasis")
_LETTER = (b"received:", b"return-path:", b"from:", b"mime-version:", b"message-id:", b"date:", b"delivered-to:")
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")


def kind_of(head: bytes) -> str:
    """The kind of a file that begins with `head` (its first `HEAD` bytes, or all of it)."""
    if not head:
        return "empty"
    if head.startswith(b"#!AMR"):
        return "audio"
    if head.startswith(_ZIP):
        return "office" if any(part in head for part in _OFFICE_PARTS) else "archive"
    for offset, signature, kind in _SIGNATURES:
        if head.startswith(signature, offset):
            return "text" if kind == "image" and signature == b"BM" and _is_text(head) else kind
    if head[:64].lower().startswith(_LETTER) and _is_text(head):
        return "letter"
    return "text" if _is_text(head) else "other"


def _is_text(head: bytes) -> bool:
    """No control characters but white space, in UTF-8, UTF-16 with its mark, or any 8-bit charset."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head)
