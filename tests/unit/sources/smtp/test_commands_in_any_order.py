"""Commands in any order, against a model of what RFC 5321 4.1.4 and a clean state after every refusal allow."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from hypothesis.strategies import sampled_from

from tests.dialogs.live import certificate, live


class Session(RuleBasedStateMachine):
    """The model: greeted, secured, known, an open transaction's sender and recipients, and the number of letters."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self._context = live(
            folder, CONTEXT, limits_errors=10**6, limits_junk=10**6, users={"anna": HASH}, limits_recipients=3
        )
        self.server = self._context.__enter__()
        self.client = self.server.client()
        assert self.client.reply().startswith("220")
        self.greeted = self.extended = self.secured = self.known = False
        self.sender: str | None = None
        self.recipients = 0
        self.letters = 0

    def teardown(self) -> None:
        self.client.close()
        self._context.__exit__(None, None, None)
        self._folder.cleanup()

    def refused(self) -> None:
        self.sender, self.recipients = None, 0

    @rule(verb=sampled_from(["HELO", "EHLO"]), name=sampled_from(["client.test", "", "a\tb"]))
    def greet(self, verb: str, name: str) -> None:
        said = self.client.say(f"{verb} {name}")
        self.refused()
        if name == "client.test":
            assert said.startswith("250")
            self.greeted, self.extended = True, verb == "EHLO"
        else:
            assert said[0] == "5"

    @rule(
        path=sampled_from(["<a@b.test>", "<>", "a@b.test", "<a@b.test> BODY=8BITMIME", "<a@b.test> SIZE=99999999999"])
    )
    def mail(self, path: str) -> None:
        said = self.client.say(f"MAIL FROM:{path}")
        right = path.startswith("<") and "999" not in path and (self.extended or "=" not in path)
        if self.greeted and self.sender is None and right:
            assert said == "250 2.1.0 Sender OK"
            self.sender = path
        else:
            assert said[0] == "5"
            self.refused()

    @rule(
        name=sampled_from(["info@x-com.kz", "sales@x-com.kz", "nobody@x-com.kz", "a@elsewhere.test", "broken@x-com.kz"])
    )
    def rcpt(self, name: str) -> None:
        said = self.client.say(f"RCPT TO:<{name}>")
        if self.sender is None:
            assert said.startswith("503")
        elif self.recipients >= 3:
            assert said.startswith("452")
        elif name.startswith(("info", "sales")):
            assert said == "250 2.1.5 Recipient OK"
            self.recipients = self.recipients or 1
        else:
            assert said[:3] == {"n": "550", "a": "550", "b": "451"}[name[0]]

    @rule(body=sampled_from(["", "x\r\n", "..\r\n", "Subject: x\r\n\r\nMAIL FROM:<eve@b.test>\r\n"]))
    def data(self, body: str) -> None:
        said = self.client.say("DATA")
        if self.sender is not None and self.recipients:
            assert said.startswith("354")
            self.client.send(body.encode() + b".\r\n")
            assert self.client.reply().startswith("250 2.0.0 queued")
            self.letters += 1
            received = self.server.intake.letters[-1][0]
            assert received.sender == self.sender.partition(">")[0].strip("<")
        else:
            assert said[:3] in ("503", "554")
        self.refused()

    @rule(
        command=sampled_from(
            ["RSET", "RSET x", "FROB", "EXPN a", "", "STARTTLS x", "QUIT x", "XCLIENT ADDR=1.1.1.1", "D\0ATA"]
        )
    )
    def what_ends_a_transaction(self, command: str) -> None:
        assert self.client.say(command)[0] == ("2" if command == "RSET" else "5")
        self.refused()

    @rule(command=sampled_from(["NOOP", "NOOP x", "VRFY a", "HELP"]))
    def what_changes_nothing(self, command: str) -> None:
        assert self.client.say(command)[0] == "2"

    @rule()
    @precondition(lambda self: not self.secured)
    def starttls(self) -> None:
        assert self.client.say("STARTTLS").startswith("220")
        self.client.encrypt()
        self.refused()
        self.greeted = self.extended = self.known = False
        self.secured = True

    @rule(right=sampled_from([True, False]))
    def auth(self, right: bool) -> None:
        said = self.client.say("AUTH PLAIN " + ("AGFubmEAc2VjcmV0" if right else "AGFubmEAd3Jvbmc="))
        if self.secured and self.extended and not self.known and self.sender is None:
            assert said[:3] == ("235" if right else "535")
            self.known = self.known or right
        else:
            assert said[:3] in ("503", "538")
        if not said.startswith("235"):
            self.refused()

    @rule(user=sampled_from([True, False]), name=sampled_from(["info@x-com.kz", "sales@x-com.kz"]))
    def a_transaction_is_opened(self, user: bool, name: str) -> None:
        """What chance alone would not often do."""
        self.greet("EHLO", "client.test")
        if user:
            self.auth(True)
        self.mail("<a@b.test>")
        self.rcpt(name)

    @rule()
    def a_letter_is_sent(self) -> None:
        self.a_transaction_is_opened(False, "info@x-com.kz")
        self.data("x\r\n")

    def check_invariants(self, *args: object, **kwargs: object) -> None:
        super().check_invariants(*args, **kwargs)  # type: ignore[arg-type]
        assert len(self.server.intake.letters) == self.letters
        assert self.server.intake.reserved == (self.sender is not None)


_KEYS = tempfile.TemporaryDirectory()
CONTEXT = certificate(Path(_KEYS.name))
HASH = "scrypt$4$1$1$c2FsdHNhbHQ=$r4pLxwML/KlKVWO5RQN0gX63IaDs53BWpgCtx3QiX5U="  # of "secret", and quick

TestCommandsInAnyOrder = Session.TestCase
TestCommandsInAnyOrder.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
