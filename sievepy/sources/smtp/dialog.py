"""What each command means: the state of one SMTP session (RFC 5321 4.1.4), without the bytes that carry it.

A transaction begins at MAIL and ends with its letter, RSET, HELO or EHLO, TLS, a change of who the client is, or any
refused command: after a refusal the client and we may differ about what is agreed, and a letter must never travel on
a disagreement. Only a refused recipient leaves the transaction alone, since that is how a client learns which of its
recipients exist. RCPT, VRFY and the like never say more of an address than that.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from sievepy.sources.smtp.auth import MECHANISMS, Ask, credentials
from sievepy.sources.smtp.commands import (
    BAD_ADDRESS,
    SYNTAX,
    Refused,
    parse,
    parse_helo,
    parse_mail,
    parse_recipient,
    parse_xclient,
)
from sievepy.sources.smtp.limits import Allowance
from sievepy.sources.smtp.port import Event, Refusal, Reply, Reservation, Session
from sievepy.sources.smtp.settings import Extension, plain_address
from sievepy.sources.smtp.site import Site

OK = Reply(250, "2.0.0", "OK")
BYE = Reply(221, "2.0.0", "Bye")
GO_AHEAD = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
READY_FOR_TLS = Reply(220, "2.0.0", "Ready to start TLS")
TOO_MANY_ERRORS = Refusal(421, "4.7.0", "Too many errors")
TOO_MUCH_JUNK = Refusal(421, "4.7.0", "Too many commands without a letter")

_UNKNOWN = Refusal(500, "5.5.1", "Command not recognized")
_NOT_DONE_HERE = Refusal(502, "5.5.1", "Command not implemented")
_BAD_SEQUENCE = Refusal(503, "5.5.1", "Bad sequence of commands")
_TOO_LARGE = Refusal(552, "5.3.4", "Message too large")
_TOO_MANY_RECIPIENTS = Refusal(452, "4.5.3", "Too many recipients")
_NO_RECIPIENTS = Refusal(554, "5.5.1", "No valid recipients")
_WRONG_PASSWORD = Refusal(535, "5.7.8", "Authentication credentials invalid")
_NEEDS_ENCRYPTION = Refusal(538, "5.7.11", "Encryption required for authentication")

_UNCONDITIONAL = (Extension.PIPELINING, Extension.EIGHT_BIT, Extension.STATUS_CODES, Extension.UTF8)
_XCLIENT = "XCLIENT NAME ADDR PORT PROTO HELO"


class Act(enum.Enum):
    """What only the connection can do next."""

    GO_ON = enum.auto()
    DATA = enum.auto()
    STARTTLS = enum.auto()
    CLOSE = enum.auto()


@dataclass(frozen=True, slots=True)
class Answer:
    reply: Reply
    act: Act = Act.GO_ON


@dataclass(slots=True)
class Transaction:
    """An open one: who sends, to whom, and the room that is kept for the letter."""

    sender: str
    utf8: bool
    reservation: Reservation
    recipients: list[str] = field(default_factory=list)


class Dialog:
    """One client's session. `peer`: whoever holds the other end of the connection, a proxy perhaps; `ask` sends an AUTH
    challenge and returns the answer."""

    def __init__(self, site: Site, session: Session, peer: str, ask: Ask) -> None:
        self._site, self._ask, self._peer = site, ask, peer
        self.session = session
        self.allowance = Allowance(site.settings.limits)
        self.transaction: Transaction | None = None
        self._offer = site.offer()

    @property
    def banner(self) -> Reply:
        return Reply(220, "", f"{self._site.settings.hostname} ESMTP sievepy")

    async def answer(self, line: bytes) -> Answer:
        """The reply to a command line without its line end."""
        verb = ""
        try:
            command = parse(line)
            verb = command.verb
            handler = _HANDLERS.get(verb)
            if handler is None:
                raise Refused(_UNKNOWN)
            answer = await handler(self, command.argument)
        except Refused as refused:
            answer = Answer(refused.reply)
        except Exception as error:
            answer = Answer(self._site.failed(error, self.session))
        return self._counted(verb, answer)

    def refuse(self, refusal: Refusal) -> Answer:
        """The reply to a line that is no command."""
        return self._counted("", Answer(refusal))

    def received(self, reply: Reply) -> Answer:
        """What the intake said of a letter."""
        if reply.code >= 400:
            return self._counted("DATA", Answer(reply))
        self.allowance.letter()
        return Answer(reply)

    def _counted(self, verb: str, answer: Answer) -> Answer:
        if answer.reply.code >= 400:
            if verb != "RCPT":
                self.reset()
            if not self.allowance.error():
                return self._enough(Event.TOO_MANY_ERRORS, TOO_MANY_ERRORS)
        if verb not in _USEFUL and not self.allowance.idle():
            return self._enough(Event.TOO_MUCH_JUNK, TOO_MUCH_JUNK)
        return answer

    def _enough(self, event: Event, refusal: Refusal) -> Answer:
        self._site.watch.event(event, self.session)
        self.reset()
        return Answer(refusal, Act.CLOSE)

    # ------------------------------------------------------------ state

    def reset(self) -> None:
        """End the transaction, if there is one, without a letter."""
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            transaction.reservation.release()

    def take(self) -> Transaction:
        """End the transaction with a letter; its room is now the caller's to release. Only after `Act.DATA`."""
        transaction, self.transaction = self.transaction, None
        assert transaction is not None  # DATA was allowed
        return transaction

    def secured(self, cipher: str) -> None:
        """TLS has begun: nothing that was said before counts (RFC 3207 4.2)."""
        self.reset()
        self.session = Session(self.session.client, tls=cipher, name=self.session.name, trusted=self.session.trusted)

    # ------------------------------------------------------------ greetings

    async def _helo(self, argument: str) -> Answer:
        self._greeted(argument, extended=False)
        return Answer(Reply(250, "", self._site.settings.hostname))

    async def _ehlo(self, argument: str) -> Answer:
        self._greeted(argument, extended=True)
        return Answer(Reply(250, "", "\n".join([self._site.settings.hostname, *self._extensions()])))

    def _greeted(self, argument: str, *, extended: bool) -> None:
        helo = parse_helo(argument)
        self.reset()
        self.session = dataclasses.replace(self.session, helo=helo, extended=extended)
        self._offer = self._site.offer()  # what a client was told counts until it greets again

    def _extensions(self) -> list[str]:
        """What is advertised now: encryption while there is none, AUTH once there is."""
        site = self._site
        offered = [extension.value for extension in _UNCONDITIONAL if extension in self._offer.extensions]
        if Extension.SIZE in self._offer.extensions:
            offered.append(f"SIZE {self._offer.size}")
        if self._may_start_tls():
            offered.append(Extension.STARTTLS.value)
        if site.users and self.session.tls:
            offered.append("AUTH " + " ".join(MECHANISMS))
        if self._peer in site.settings.xclient:
            offered.append(_XCLIENT)
        return offered

    # ------------------------------------------------------------ transactions

    async def _mail(self, argument: str) -> Answer:
        if self.session.helo is None or self.transaction is not None:
            raise Refused(_BAD_SEQUENCE)
        self._refused(self._site.admission.client(self.session), Event.REFUSED_CLIENT)
        utf8 = Extension.UTF8 in self._offer.extensions
        mail = parse_mail(argument, extended=self.session.extended, utf8=utf8)
        most = self._site.settings.limits.message
        if mail.size is not None and mail.size > most:
            self._site.watch.event(Event.TOO_LARGE, self.session)
            raise Refused(_TOO_LARGE)
        reserved = self._site.intake.reserve(mail.size or most)
        if isinstance(reserved, Refusal):
            raise Refused(reserved)
        self.transaction = Transaction(mail.sender, mail.utf8, reserved)
        return Answer(Reply(250, "2.1.0", "Sender OK"))

    async def _rcpt(self, argument: str) -> Answer:
        transaction = self.transaction
        if transaction is None:
            raise Refused(_BAD_SEQUENCE)
        if len(transaction.recipients) >= self._site.settings.limits.recipients:
            raise Refused(_TOO_MANY_RECIPIENTS)
        recipient = self._site.admission.recipient(parse_recipient(argument, utf8=transaction.utf8))
        if isinstance(recipient, Refusal):
            self._site.watch.event(Event.RELAY_DENIED, self.session)
            raise Refused(recipient)
        if recipient not in transaction.recipients:
            refusal = await self._site.intake.recipient(self.session, transaction.sender, recipient)
            if refusal is not None:
                raise Refused(refusal)
            transaction.recipients.append(recipient)
        return Answer(Reply(250, "2.1.5", "Recipient OK"))

    async def _data(self, argument: str) -> Answer:
        if argument:
            raise Refused(SYNTAX)
        if self.transaction is None:
            raise Refused(_BAD_SEQUENCE)
        if not self.transaction.recipients:
            raise Refused(_NO_RECIPIENTS)
        return Answer(GO_AHEAD, Act.DATA)

    async def _rset(self, argument: str) -> Answer:
        if argument:
            raise Refused(SYNTAX)
        self.reset()
        return Answer(OK)

    # ------------------------------------------------------------ who the client is

    def _may_start_tls(self) -> bool:
        return self._site.tls is not None and self.session.tls is None and self._site.offers(Extension.STARTTLS)

    async def _starttls(self, argument: str) -> Answer:
        if argument:
            raise Refused(SYNTAX)
        if self.session.tls is not None:
            raise Refused(_BAD_SEQUENCE)
        if not self._may_start_tls():
            raise Refused(_NOT_DONE_HERE)
        return Answer(READY_FOR_TLS, Act.STARTTLS)

    async def _auth(self, argument: str) -> Answer:
        if not self._site.users:
            raise Refused(_NOT_DONE_HERE)
        if self.session.tls is None:
            raise Refused(_NEEDS_ENCRYPTION)
        if not self.session.extended or self.session.user is not None or self.transaction is not None:
            raise Refused(_BAD_SEQUENCE)
        user, password = await credentials(argument, self._ask)
        if not await self._site.users.verify(user, password):
            self._refused(_WRONG_PASSWORD, Event.AUTH_FAILED)
        self.session = dataclasses.replace(self.session, user=user)
        return Answer(Reply(235, "2.7.0", "Authentication successful"))

    async def _xclient(self, argument: str) -> Answer:
        """A configured peer says for whom it speaks; the session begins anew. No word of it grants what AUTH does."""
        if self._peer not in self._site.settings.xclient:
            raise Refused(_UNKNOWN)
        if self.transaction is not None:
            raise Refused(_BAD_SEQUENCE)
        said = parse_xclient(argument)
        address = said.get("ADDR")
        client = plain_address(address.upper().removeprefix("IPV6:")) if address else None
        if address and client is None:
            raise Refused(BAD_ADDRESS)
        name = str(client) if client else self.session.client
        trusted = self._site.settings.newlines(name) == "normalize"
        self.session = Session(name, tls=self.session.tls, name=said.get("NAME"), trusted=trusted)
        return Answer(self.banner)

    def _refused(self, refusal: Refusal | None, event: Event) -> None:
        if refusal is not None:
            self._site.watch.event(event, self.session)
            raise Refused(refusal)

    # ------------------------------------------------------------ what changes nothing

    async def _noop(self, _argument: str) -> Answer:
        return Answer(OK)

    async def _vrfy(self, argument: str) -> Answer:
        if not argument:
            raise Refused(SYNTAX)
        return Answer(Reply(252, "2.0.0", "Send a letter and see"))

    async def _help(self, _argument: str) -> Answer:
        return Answer(Reply(214, "2.0.0", "See RFC 5321"))

    async def _expn(self, _argument: str) -> Answer:
        raise Refused(_NOT_DONE_HERE)

    async def _quit(self, argument: str) -> Answer:
        if argument:
            raise Refused(SYNTAX)
        self.reset()
        return Answer(BYE, Act.CLOSE)


_Handler = Callable[[Dialog, str], Awaitable[Answer]]
_HANDLERS: Mapping[str, _Handler] = {
    "HELO": Dialog._helo,
    "EHLO": Dialog._ehlo,
    "MAIL": Dialog._mail,
    "RCPT": Dialog._rcpt,
    "DATA": Dialog._data,
    "RSET": Dialog._rset,
    "STARTTLS": Dialog._starttls,
    "AUTH": Dialog._auth,
    "XCLIENT": Dialog._xclient,
    "NOOP": Dialog._noop,
    "VRFY": Dialog._vrfy,
    "HELP": Dialog._help,
    "EXPN": Dialog._expn,
    "QUIT": Dialog._quit,
}
_USEFUL = frozenset({"MAIL", "RCPT", "DATA", "STARTTLS", "QUIT"})
"""The others bring no letter nearer, and are counted."""
