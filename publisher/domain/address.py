"""E-mail addresses: checked, and brought into the one form in which they are stored, compared and sent to.

The domain is lower case, an international one in its ASCII form by UTS #46 ("straße.de" becomes "xn--strae-oqa.de": the
older mapping to "strasse.de" is another domain). The local part is kept as it is, but for the names of RFC 2142, such
as "Info", which are lower case. Local parts with other than ASCII letters need SMTPUTF8, which many servers lack.

Domains that can never get mail from outside (.test, .local, .invalid, .localhost, .onion, .arpa) are refused: such an
address in a list is a slip. example.org, example.com and example.net are taken: RFC 6761 section 6.5 says that programs
should not treat them as special, and samples and tests need them.

Source: RFC 5321 4.5.3.1 (lengths), RFC 5322 3.2.3 (dot-atom), RFC 2142, RFC 6761; checked 2026-11-23.
"""

from __future__ import annotations

import re

MAX_ADDRESS_LENGTH = 254  # octets, RFC 5321 4.5.3.1.3 with erratum 1690 of RFC 3696, checked 2026-11-23

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_UNREACHABLE = "arpa|invalid|local|localhost|onion|test"

# What most addresses look like: plain ASCII, no international domain (no "--" after the at sign) and a reachable
# top-level domain. All else goes to the library, which takes some 30 times as long.
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@(?![^@]*--))"
    rf"{_ATOM}(?:\.{_ATOM})*@"
    rf"(?:{_LABEL}\.)+"
    rf"(?!(?i:{_UNREACHABLE})\Z)[A-Za-z]{{2,63}}"
)


class AddressError(ValueError):
    """What was given is not an address that mail can be sent to; the text says why."""


def normalise_address(text: str) -> str:
    """Check an address and give its normalised form, in lower case. Errors: AddressError.

    RFC 5321 2.4 lets a server tell Max@ from max@; none of the large ones does, and a person
    must not be mailed twice.
    """
    if _PLAIN.fullmatch(text) and len(text) <= MAX_ADDRESS_LENGTH:
        return text if text.islower() else text.lower()
    return _normalise_by_library(text)


def _normalise_by_library(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    _refuse_what_needs_a_word_of_its_own(text)
    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise AddressError(_plain(str(error))) from None
    return f"{checked.local_part}@{checked.ascii_domain}".lower()


def _refuse_what_needs_a_word_of_its_own(text: str) -> None:
    local_part, at, domain = text.rpartition("@")
    if not text:
        raise AddressError("it is empty")
    if not at:
        raise AddressError("there is no @-sign")
    if not local_part.isascii():
        raise AddressError("the part before the @-sign has other than plain letters, which many mail servers refuse")
    top_level = domain.rpartition(".")[2].lower()
    if top_level in _UNREACHABLE.split("|"):
        raise AddressError(f"addresses in .{top_level} cannot be reached from outside")


def _plain(reason: str) -> str:
    """Make the library's sentence the end of one of ours."""
    reason = reason.rstrip(".")
    return reason[:1].lower() + reason[1:]
