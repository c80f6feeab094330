"""What a DKIM signature costs: 1,000 recipients of one 50 KB message, beside dkimpy in the same run.

python -m benchmarks.dkim
"""

from __future__ import annotations

import time
from collections.abc import Callable

import dkim

from publisher.domain.message import Context, Message, MessageKind, Piece, Placeholder, fill
from publisher.signing.canonical import BodyHash, joined
from publisher.signing.dkim import SIGNED, Signature, Signer
from publisher.signing.keys import KeyType, new_private_key, parse_private_key

COUNT = 1_000
THEIR_COUNT = 100
SIGNED_AT = 1_795_000_000
LINE = b'<td class=3D"text" style=3D"font-size:16px;line-height:24px">W=C3=A4rme  </td>\r\n'


def message() -> Message:
    rest: tuple[Piece, ...] = (b"\r\n" + LINE * 300, Placeholder("url", Context.URL), b"\r\n" + LINE * 330)
    headers: tuple[Piece, ...] = (
        b"Date: Mon, 23 Nov 2026 07:00:00 +0100\r\nFrom: Verband <news@example.org>\r\nTo: ",
        Placeholder("to", Context.HEADER),
        b"\r\nMessage-ID: <7@example.org>\r\nSubject: Dienst\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n"
        b"List-Id: Dienst <daily.example.org>\r\nList-Unsubscribe: <https://example.org/u/1>\r\n",
    )
    return Message(MessageKind.EMAIL, {"headers": headers, "body": (Placeholder("name", Context.HTML), *rest)})


def milliseconds(step: Callable[[int], object], count: int) -> float:
    start = time.perf_counter()
    for number in range(count):
        step(number)
    return (time.perf_counter() - start) * 1000 / count


def measure(kind: KeyType) -> None:
    pem = new_private_key(kind)
    signer = Signer([Signature("example.org", "s1", parse_private_key(pem.decode()))])
    frozen = message()
    body = BodyHash(joined(frozen.layout["body"]))
    filled = [
        fill(frozen, {"to": f"p{n}@example.org", "name": f"P {n}", "url": f"https://x/{n}"}) for n in range(COUNT)
    ]
    size = len(filled[0]["body"])
    ours = milliseconds(lambda n: signer.sign(filled[n]["headers"], body.digest(filled[n].escaped), SIGNED_AT), COUNT)
    theirs_key = pem if kind == "rsa" else _seed(pem)
    names = [name.encode() for name in SIGNED]
    theirs = milliseconds(
        lambda n: dkim.sign(
            filled[n]["headers"] + b"\r\n" + filled[n]["body"],
            b"s1",
            b"example.org",
            theirs_key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=names,
            signature_algorithm=b"rsa-sha256" if kind == "rsa" else b"ed25519-sha256",
        ),
        THEIR_COUNT,
    )
    print(f"{kind:<8} {size / 1024:.0f} KB: ours {ours:.3f} ms, dkimpy {theirs:.3f} ms, {theirs / ours:.1f} times")


def _seed(pem: bytes) -> bytes:
    """Write a key as dkimpy wants it."""
    import base64

    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(pem, None)
    raw = key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    return base64.b64encode(raw)


if __name__ == "__main__":
    measure("rsa")
    measure("ed25519")
