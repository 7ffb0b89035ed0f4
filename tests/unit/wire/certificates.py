"""Certificates for tests, made by `openssl`: an authority, and what it and a stranger say of a server."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Authority:
    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    @classmethod
    def make(cls, folder: Path) -> Authority:
        folder.mkdir()
        made = cls(folder)
        key, certificate = folder / "ca.key", made.certificate
        _openssl(
            "req", "-x509", *_KEY, "-keyout", key, "-out", certificate, "-subj", "/CN=Test authority", "-days", "2"
        )
        return made

    def issue(self, name: str, *, days: int = 2) -> tuple[Path, Path]:
        """A certificate for a DNS name or an IP address, and its key."""
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        kind = "IP" if name.replace(".", "").isdigit() else "DNS"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={kind}:{name}\n")
        _openssl("req", *_KEY, "-keyout", key, "-out", request, "-subj", "/CN=server")
        signing = ("-CA", self.certificate, "-CAkey", self.folder / "ca.key", "-CAcreateserial", "-extfile", extensions)
        _openssl("x509", "-req", "-in", request, "-out", certificate, "-days", str(days), *signing)
        return certificate, key


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
