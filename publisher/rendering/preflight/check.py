"""Check a finished e-mail by all rules."""

from __future__ import annotations

from publisher.rendering.preflight.document import check_document
from publisher.rendering.preflight.images import check_images
from publisher.rendering.preflight.links import check_links
from publisher.rendering.preflight.mobile import check_mobile
from publisher.rendering.preflight.outlook import check_outlook
from publisher.rendering.preflight.page import Page
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.plain_part import check_plain_part
from publisher.rendering.preflight.rules import Finding, Severity
from publisher.rendering.preflight.structure import check_structure
from publisher.rendering.preflight.styles import check_styles
from publisher.rendering.preflight.support import check_support
from publisher.rendering.preflight.words import check_words

FAMILIES = (
    check_document,
    check_structure,
    check_links,
    check_images,
    check_styles,
    check_outlook,
    check_mobile,
    check_plain_part,
    check_words,
    check_support,
)


def check_email(email: EmailParts) -> tuple[Finding, ...]:
    """Look at an e-mail by every rule; errors come first. It reads nothing but what it is given.

    Errors: ConfigError for a mail program in the digest's `required_clients` that nobody knows.
    """
    page = Page(email.html)
    findings = [finding for family in FAMILIES for finding in family(email, page)]
    return tuple(sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR))
