"""How much of one letter is read: every limit of this package, in one place, with where its number comes from.

A limit is far above what letters that people write need, and low enough that a letter made to hurt costs well under a
second and a few megabytes. What lies behind a limit is not read, and that is said: by a flag, and by `complete =
False` on whatever was cut, so that tests on it answer *unknown* instead of *no*.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are bytes unless a line says otherwise."""

    header_block: int = 1 << 20
    """One block of headers. The relay refuses letters above the same figure; Postfix keeps 100 KB
    (header_size_limit)."""

    header_lines: int = 10_000
    """Lines of one block. A letter that crossed 50 servers and carries 1,000 recipients, one a line, has under
    2,000."""

    header_value: int = 256 << 10
    """One header's value: 1,000 recipients with long encoded names are about 150 KB."""

    same_header: int = 200
    """Values of one name. `Received` is the most frequent; relays take 50 of them for a loop (RFC 5321 6.3 asks for
    100)."""

    encoded_words: int = 2_000
    """RFC 2047 words in one value: two for each of 1,000 recipients."""

    parameters: int = 250
    """Parameters of one value, RFC 2231 continuations counted singly: a path of 4,096 bytes (PATH_MAX), percent-encoded
    and cut into lines of 76, makes about 200."""

    structured_value: int = 64 << 10
    """A Content-* value of which parameters are read: the 250 parameters above, each three lines of 76 long."""

    addresses: int = 1_000
    """Addresses of one header name: the recipients Postfix takes for one letter (smtpd_recipient_limit)."""

    comment_depth: int = 32
    """Nested comments in an address. RFC 5322 sets no bound; letters use one level."""

    mime_depth: int = 100
    """Multiparts and attached letters inside each other: Postfix's mime_nesting_limit and Dovecot's default."""

    parts: int = 1_000
    """Parts of one letter, those of attached letters counted. A month's digest of a busy list has some hundreds."""

    encoded_letters: int = 2
    """Attached letters in a transfer encoding that stand in each other: each is decoded into a copy. RFC 2046 5.2.1
    allows none; a server may encode what it forwards, and another one that."""

    base64_runs: int = 1_000
    """Padded runs in one base64 part: programs that encode piece by piece write one for each of theirs."""

    part_data: int = 64 << 20
    """One part, transfer-decoded. The relay takes letters up to 35 MB; letters that lie in a maildir may be larger."""

    part_text: int = 1 << 20
    """One part read as text: what rules look at. Longer bodies are logs and data."""

    letter_text: int = 4 << 20
    """All parts of a letter read as text, attached letters included: a body in two forms and two logs of the length
    above. Parts that begin behind it are not read."""


LIMITS = Limits()
