"""How long a certificate is valid: the one thing that nobody notices until mail stops (RFC 5280, section 4.1)."""

from __future__ import annotations

import datetime as dt
import re
import ssl

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_CONTEXT_0, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0x17, 0x18
_BEFORE_VALIDITY = 3  # serial number, signature algorithm, issuer


def validity(pem: str) -> tuple[dt.datetime, dt.datetime]:
    """The first and the last moment, aware, of the first certificate in the text: in a chain, the server's own. Raises
    ValueError where there is none or it cannot be read."""
    found = _PEM.search(pem)
    if found is None:
        raise ValueError("there is no certificate in it")
    try:
        der = ssl.PEM_cert_to_DER_cert(found[0])
        at = _element(der, _element(der, 0).start).start  # into the certificate, and into what of it is signed
        if der[at] == _CONTEXT_0:  # the version, which is not there for version 1
            at = _element(der, at).stop
        for _ in range(_BEFORE_VALIDITY):
            at = _element(der, at).stop
        first = _element(der, at).start
        return _moment(der, first), _moment(der, _element(der, first).stop)
    except (IndexError, ValueError) as problem:
        raise ValueError(f"the certificate cannot be read: {problem}") from None


def _element(der: bytes, at: int) -> slice:
    """Where the contents of the element at `at` are (X.690, 8.1.3). Raises ValueError beyond the end."""
    length, start = der[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        length, start = int.from_bytes(der[start : start + octets]), start + octets
    if start + length > len(der):
        raise ValueError("it ends too early")
    return slice(start, start + length)


def _moment(der: bytes, at: int) -> dt.datetime:
    """`Time` of RFC 5280, 4.1.2.5: two digits of the year until 2049, then four."""
    text = der[_element(der, at)].decode("ascii")
    if der[at] == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif der[at] != _GENERALIZED_TIME:
        raise ValueError("no time where its validity should be")
    return dt.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)
