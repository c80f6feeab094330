"""Scripted servers for tests: real sockets on loopback, which do exactly what a script says, wrong things above all."""

from pathlib import Path

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = CERTIFICATES / "authority.pem"
