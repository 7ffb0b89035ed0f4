"""Command lines and the paths in them (RFC 5321 4.1). Pure; what is wrong is raised as the reply it deserves.

    MAIL FROM: reverse-path [ SP parameters ]        reverse-path = "<>" / "<" local-part "@" domain ">"
    RCPT TO: forward-path [ SP parameters ]

Stricter than the standard where leniency has relayed other people's mail: no source routes, no address without angle
brackets. More lenient where programs at home are careless: spaces in front of the path, dots anywhere in a local part,
underscores in a domain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from sievepy.sources.smtp.port import Refusal

_PATH_LIMIT = 256  # octets, brackets included (RFC 5321 4.5.3.1.3)
_DOMAIN_LIMIT = 255

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LOCAL = re.compile(rf'(?:{_ATEXT}|\.)+|"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*"')
_LABEL = r"[A-Za-z0-9_\u0080-\U0010ffff](?:[A-Za-z0-9_\-\u0080-\U0010ffff]{0,61}[A-Za-z0-9_\u0080-\U0010ffff])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LITERAL = re.compile(r"\[(?:IPv6:(?P<six>[0-9A-Fa-f:.]{2,45})|(?P<four>[0-9.]{7,15}))\]")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")
_HELO = re.compile(r"[A-Za-z0-9_\-.\[\]:]{1,255}")

SYNTAX = Refusal(501, "5.5.4", "Syntax error in parameters")
BAD_ADDRESS = Refusal(553, "5.1.3", "That is no mail address we can use")
NOT_ASCII = Refusal(553, "5.6.7", "Addresses must be ASCII here")
UNKNOWN_PARAMETER = Refusal(555, "5.5.4", "Parameter not recognized")


class Refused(Exception):
    """The command cannot be carried out; `reply` says why."""

    def __init__(self, reply: Refusal) -> None:
        super().__init__(reply.text)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Command:
    verb: str
    argument: str


@dataclass(frozen=True, slots=True)
class Mail:
    """The arguments of MAIL. `sender` is `""` for `<>`; `size` as declared, None if it was not."""

    sender: str
    size: int | None = None
    utf8: bool = False


def parse(line: bytes) -> Command:
    """A command line without its line end. Bytes that are not UTF-8 make no command."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(Refusal(500, "5.5.2", "Not a command")) from None
    if _CONTROL.search(text.strip("\t ")):
        raise Refused(Refusal(500, "5.5.2", "Control characters in a command"))
    verb, _, argument = text.partition(" ")
    if not (verb.isascii() and verb.isalpha()):
        raise Refused(Refusal(500, "5.5.2", "Not a command"))
    return Command(verb.upper(), argument.strip())


def parse_helo(argument: str) -> str:
    """The client's name. Many say things that are no domain, and RFC 5321 4.1.4 forbids to refuse mail for that; but it
    is to stand in a header, so it must be plain."""
    if not _HELO.fullmatch(argument):
        raise Refused(Refusal(501, "5.5.4", "Say your host name"))
    return argument


def parse_mail(argument: str, *, extended: bool, utf8: bool) -> Mail:
    """`utf8`: whether SMTPUTF8 was advertised. The size may be anything: what is allowed is not asked here."""
    path, rest = _path(argument, "FROM:")
    parameters = _parameters(rest, extended)
    body = parameters.pop("BODY", "7BIT")
    if body is None or body.upper() not in ("7BIT", "8BITMIME"):
        raise Refused(Refusal(501, "5.5.4", "BODY is 7BIT or 8BITMIME"))
    wants_utf8 = "SMTPUTF8" in parameters
    if wants_utf8 and (not utf8 or parameters.pop("SMTPUTF8") is not None):
        raise Refused(UNKNOWN_PARAMETER)
    size = _size(parameters.pop("SIZE")) if "SIZE" in parameters else None
    parameters.pop("AUTH", None)  # RFC 4954 5: another server's word about the author, of which we make no use
    if parameters:
        raise Refused(UNKNOWN_PARAMETER)
    sender = "" if path == "" else parse_address(path, utf8=wants_utf8)
    return Mail(sender, size, wants_utf8)


def parse_recipient(argument: str, *, utf8: bool) -> str:
    """The address; `postmaster` alone is one (RFC 5321 4.5.1)."""
    path, rest = _path(argument, "TO:")
    if _parameters(rest, extended=True):
        raise Refused(UNKNOWN_PARAMETER)
    if path.lower() == "postmaster":
        return path
    return parse_address(path, utf8=utf8)


def parse_address(path: str, *, utf8: bool = False) -> str:
    """`local-part@domain` or `local-part@[address literal]`, as written."""
    if not path.isascii() and not utf8:
        raise Refused(NOT_ASCII)
    local, at, domain = path.rpartition("@")
    if not at or len(path.encode()) > _PATH_LIMIT - 2 or not _LOCAL.fullmatch(local) or not is_domain(domain):
        raise Refused(BAD_ADDRESS)
    return path


def is_domain(text: str) -> bool:
    """A domain name or an address literal (RFC 5321 4.1.3)."""
    literal = _LITERAL.fullmatch(text)
    if literal is None:
        return len(text) <= _DOMAIN_LIMIT and _DOMAIN.fullmatch(text) is not None
    try:
        return ip_address(literal["six"] or literal["four"]).version == (6 if literal["six"] else 4)
    except ValueError:
        return False


def _path(argument: str, keyword: str) -> tuple[str, str]:
    """What stands between the angle brackets, and what comes behind them."""
    if argument[: len(keyword)].upper() != keyword:
        raise Refused(SYNTAX)
    rest = argument[len(keyword) :].lstrip(" ")
    if not rest.startswith("<"):
        raise Refused(SYNTAX)
    end = _closing(rest)
    if end < 0:
        raise Refused(SYNTAX)
    behind = rest[end + 1 :]
    if behind and not behind.startswith(" "):
        raise Refused(SYNTAX)
    return rest[1:end], behind.strip(" ")


def _closing(text: str) -> int:
    """Where the path's `>` stands: the first one that is not inside a quoted string."""
    at, quoted = 1, False
    while at < len(text):
        if quoted and text[at] == "\\":
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        elif text[at] == ">" and not quoted:
            return at
        at += 1
    return -1


def _parameters(text: str, extended: bool) -> dict[str, str | None]:
    if text and not extended:
        raise Refused(UNKNOWN_PARAMETER)
    found: dict[str, str | None] = {}
    for word in text.split(" ") if text else ():
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in found:
            raise Refused(SYNTAX)
        found[match[1].upper()] = match[2]
    return found


def _size(value: str | None) -> int:
    if value is None or not (value.isascii() and value.isdigit()) or len(value) > 20:
        raise Refused(SYNTAX)
    return int(value)


# ---------------------------------------------------------------- XCLIENT

_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_XCLIENT = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"})
_UNAVAILABLE = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})


def parse_xclient(argument: str) -> dict[str, str | None]:
    """Attributes by upper-case name, decoded (RFC 3461 4); None where the peer knows no value."""
    found: dict[str, str | None] = {}
    for word in argument.split():
        name, equals, value = word.partition("=")
        decoded = _XTEXT.sub(lambda code: chr(int(code[1], 16)), value)
        plain = decoded.isascii() and decoded.isprintable() and " " not in decoded
        if not equals or name.upper() not in _XCLIENT or not plain:
            raise Refused(SYNTAX)
        found[name.upper()] = None if decoded.upper() in _UNAVAILABLE else decoded
    if not found:
        raise Refused(SYNTAX)
    return found
