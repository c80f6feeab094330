"""DKIM keys: made, read, and shown as the DNS record that makes them known.

*Source:* RFC 6376 section 3.6.1, RFC 8301 section 3.2, RFC 8463 section 4 (checked 2026-11-23).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from publisher.errors import ChannelMisconfigured

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KeyType = Literal["rsa", "ed25519"]
RSA_BITS = 2048  # a longer one does not fit into one DNS answer everywhere; RFC 8301 asks for at least 1024
MIN_RSA_BITS = 2048
MAX_TXT_OCTETS = 255  # of one string of a TXT record; RFC 1035 section 3.3 (checked 2026-11-23)
_HINT = 'Make one by "publish dkim new --domain example.org --selector news1" and name its file.'


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. `sign` takes SHA-256 of what is signed and gives the signature; the algorithm is as in `a=`."""

    type: KeyType
    public: bytes
    sign: Callable[[bytes], bytes]

    @property
    def algorithm(self) -> str:
        """Name the algorithm as DKIM does."""
        return f"{self.type}-sha256"

    @property
    def record(self) -> str:
        """Give the text of the DNS record."""
        return f"v=DKIM1; k={self.type}; p={base64.b64encode(self.public).decode('ascii')}"


def new_private_key(kind: KeyType) -> bytes:
    """Make a key and give it as PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    key: RSAPrivateKey | Ed25519PrivateKey
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def parse_private_key(text: str, *, where: str = "") -> SigningKey:
    """Read a key from its PEM text. Errors: ChannelMisconfigured, which never quotes the key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except TypeError:
        hint = "Take the password away: openssl pkey -in key.pem -out open.pem"
        raise ChannelMisconfigured("the DKIM key is locked with a password", where=where, hint=hint) from None
    except (ValueError, UnsupportedAlgorithm):
        what = "the DKIM key is no private key in PEM form"
        raise ChannelMisconfigured(what, where=where, hint=_HINT) from None
    if isinstance(key, rsa.RSAPrivateKey):
        return _rsa(key, where)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return _ed25519(key)
    raise ChannelMisconfigured("the DKIM key is neither RSA nor Ed25519", where=where, hint=_HINT)


def _rsa(key: RSAPrivateKey, where: str) -> SigningKey:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, utils

    if key.key_size < MIN_RSA_BITS:
        what = f"the DKIM key has {key.key_size} bits; {MIN_RSA_BITS} are the least that is safe"
        raise ChannelMisconfigured(what, where=where, hint=_HINT)
    scheme, hashed = padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return SigningKey("rsa", public, lambda digest: key.sign(digest, scheme, hashed))


def _ed25519(key: Ed25519PrivateKey) -> SigningKey:
    from cryptography.hazmat.primitives import serialization

    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return SigningKey("ed25519", public, key.sign)


def txt_strings(record: str) -> list[str]:
    """Cut the text of a record into strings of at most 255 octets, as DNS takes them."""
    return [record[start : start + MAX_TXT_OCTETS] for start in range(0, len(record), MAX_TXT_OCTETS)]


def zone_line(domain: str, selector: str, record: str) -> str:
    """Write the record as a line of a zone file."""
    strings = " ".join(f'"{string}"' for string in txt_strings(record))
    return f"{selector}._domainkey.{domain}. IN TXT ( {strings} )"
