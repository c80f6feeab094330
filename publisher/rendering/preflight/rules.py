"""All rules of the preflight in one table, and what a rule finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

_EMC = "Email Markup Consortium, accessibility report 2025"
_WCAG = "WCAG 2.2"
_GMAIL = "hteumeuleu/email-bugs, issue 41"
_CANIEMAIL = "caniemail data of 2026-06-29"
_HTML = "HTML Living Standard, and how mail programs differ from it"
_TEAM = "what readers and mailbox providers expect of an edition"


class Severity(StrEnum):
    """An error keeps an edition from being sent unless a person forces its rule; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its id is its family's letter and number and a word; `source` was looked at on 2026-11-23."""

    id: str
    severity: Severity
    title: str
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: where it is, what is wrong there, and what to do."""

    rule: str
    severity: Severity
    where: str
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.what}"


def _error(rule: str, title: str, source: str) -> Rule:
    return Rule(rule, Severity.ERROR, title, source)


def _warning(rule: str, title: str, source: str) -> Rule:
    return Rule(rule, Severity.WARNING, title, source)


_TABLE = (
    # Document
    _error("D1-doctype", "The HTML begins with <!DOCTYPE html>", _HTML),
    _error("D1-charset", "<meta charset=utf-8> stands in the first 1,024 bytes", _HTML),
    _error("D1-characters", "No control characters and no replacement characters", _GMAIL),
    _error("D1-mojibake", "No text that was decoded wrongly, such as fÃ¼r", _GMAIL),
    _error("D2-language", "Language and direction on html, on body and on its visible children", _EMC),
    _error("D2-foreign", "An article in another language says so", _EMC),
    _error("D3-title", "The title names this edition", _EMC),
    _error("D3-article", "The content stands in one element with role article and a name", _EMC),
    _error("D3-main", "No <main>: webmail has one already", _EMC),
    _error("D4-viewport", "A viewport that readers may enlarge", _EMC),
    _error("D4-head", "The head says: light and dark, no reformatting, no guessed links", _CANIEMAIL),
    _error("D5-active", "Nothing that runs, loads or can be filled in", _CANIEMAIL),
    _error("D5-address", "No data:, javascript:, file: and no address without a scheme", _CANIEMAIL),
    _error("D5-http", "Every address is https", _CANIEMAIL),
    _warning("D5-font", "No fonts from elsewhere", _CANIEMAIL),
    # Structure
    _error("S1-tables", "Tables for layout say so, and have no spacing of their own", _EMC),
    _warning("S1-nesting", "At most four layout tables in each other", _EMC),
    _error("S2-headings", "One h1, an h2 for each article, no level skipped", _WCAG + ", 1.3.1"),
    _error("S2-kicker", "Kickers, dates and sources are no headings", _WCAG + ", 1.3.1"),
    _error("S2-related", "Related articles are a list under an h3", _WCAG + ", 1.3.1"),
    _error("S2-elements", "No section, article, figure: Outlook does not know them", _CANIEMAIL),
    _error("S3-ids", "Every id is there once", _HTML),
    _error("S3-targets", "Every #target and every cid: image exists", "RFC 2392"),
    # Links
    _error("L1-text", "Every link has text, or a picture with alternative text", _EMC),
    _error("L1-visible", "A link in a text is underlined, or differs from it by 3:1", _EMC),
    _warning("L1-adjacent", "No two links to the same place side by side", _EMC),
    _error("L2-generic", "A link's text says where it goes", _EMC),
    _error("L3-role", "A link is no button", _EMC),
    _error("L3-target", "A link can be hit: 24 px high, or with that much room", _WCAG + ", 2.5.8"),
    _error("L3-href", "A link's address is whole and safe", "RFC 3986, RFC 5890"),
    _warning("L3-shortener", "No shortened addresses", "SpamAssassin 4.0, URIBL and shortener rules"),
    _error("L4-contrast", "Text is readable: 4.5:1, large text 3:1, in light and dark", _WCAG + ", 1.4.3"),
    # Images
    _error("I1-alt", "Every image has an alt attribute", _EMC),
    _error("I1-filename", "Alternative text is not a file name", _EMC),
    _error("I2-size", "width and height are whole numbers", _CANIEMAIL),
    _error("I2-style", "An image fits narrow screens", _CANIEMAIL),
    _error("I2-off", "The mail can be read with images off", _CANIEMAIL),
    _error("I3-format", "JPEG, PNG or GIF only", _CANIEMAIL),
    _error(
        "I3-only", "Not only images: at least 200 characters of text beside them", "SpamAssassin 4.0, HTML_IMAGE_ONLY"
    ),
    _warning("I3-text", "At least 500 characters of text beside images", "SpamAssassin 4.0, HTML_IMAGE_ONLY"),
    _warning("I3-weight", "Embedded images have at most 300 KB in all", _TEAM),
    # Cascading style sheets
    _error("C1-units", "Lengths are in px; no calc(), max(), var()", _CANIEMAIL),
    _error("C1-colours", "Colours are six hex digits", _CANIEMAIL),
    _error("C1-spacing", "Margin on headings, paragraphs and lists; padding on table cells", _CANIEMAIL),
    _error("C1-width", "Cells side by side have a width attribute", _CANIEMAIL),
    _error("C1-font", "Every text has its font named between it and its cell", _CANIEMAIL),
    _error(
        "C1-line-height", "Outlook keeps line heights, and cuts no image by them", "emailmonday/Cerberus, issue 231"
    ),
    _error("C2-layout", "No flex, grid, position, negative margin or logical property", _CANIEMAIL),
    _warning("C2-float", "No float", _CANIEMAIL),
    _error(
        "C3-size", "Style sheets have at most 16 KB in all", "hteumeuleu/caniemail, issue 144; email-bugs, issue 90"
    ),
    _warning("C3-block", "One style sheet has at most 8,192 characters", "hteumeuleu/caniemail, issue 144"),
    _error("C3-nested", "No @-rule inside @media", "hteumeuleu/email-bugs, issue 90"),
    _error("C3-separate", "Fragile rules stand in a style sheet of their own", "hteumeuleu/email-bugs, issue 90"),
    _error("C4-pairs", "Dark mode changes text and background together", _CANIEMAIL),
    _error("C4-important", "Every dark rule is !important", _CANIEMAIL),
    _warning("C4-shadow", "No shadows where a border is meant", "hteumeuleu/email-bugs, issue 68"),
    # Outlook for Windows
    _error(
        "O1-conditionals", "Conditional comments open and close, and what they hold is balanced", "Microsoft, MSO HTML"
    ),
    _error("O1-rewritten", "No <![if ...]>: inliners rewrite it", "premailer 3.10, css-inline 0.14"),
    _error("O2-dpi", "The resolution for Outlook stands in <noscript>", "T-Online webmail shows it otherwise"),
    _error("O2-duplicate", "No second content for Outlook: T-Online shows both", "T-Online webmail"),
    _error("O3-ghost", "Outlook gets a table as wide as everyone else's", "Microsoft, MSO HTML"),
    _warning("O3-row", "No table row over 1,700 px: Word breaks the page there", "Microsoft, Word rendering"),
    _error("O4-kept", "What Outlook for Windows needs is there", "Microsoft, support until at least 2029"),
    # Mobile, size and preheader
    _error("M1-text", "Text is large enough: 14 px, small print 12 px", _TEAM),
    _error("M1-width", "Nothing is wider than a telephone", _WCAG + ", 1.4.10"),
    _error("M2-size", "The HTML has at most 102 KB: Gmail cuts off the rest", _GMAIL),
    _warning("M2-near", "The HTML has less than 90 KB", _GMAIL),
    _error("M3-place", "The preheader is the first thing in the body", _TEAM),
    _warning("M3-length", "The preheader has 40 to 130 characters", _TEAM),
    _error("M3-differs", "The preheader repeats neither the subject nor the first line", _TEAM),
    _warning("M3-filler", "No invisible filler behind the preheader", "Google, guidelines for senders"),
    _warning("M3-description", "The preheader also stands in <meta name=description>", _EMC),
    _error("M4-direction", "Text from right to left says so, and is not pushed to the left", _WCAG + ", 1.3.2"),
    _error(
        "M5-unsubscribe", "Readers see how to unsubscribe", "Google and Yahoo, guidelines for senders; UWG section 7"
    ),
    _error("M5-imprint", "Name and postal address of the sender", "DDG section 5"),
    _error("M5-reason", "Readers see why they get it", _TEAM),
    _warning("M5-web-version", "There is a link to the edition on the web", _TEAM),
    # Text part
    _error("T1-links", "The text part has the same links", "rspamd, URI_COUNT_ODD; RFC 2046 section 5.1.4"),
    _error("T1-order", "The text part has the same articles in the same order", "RFC 2046 section 5.1.4"),
    _error("T2-plain", "The text part is plain: no entities, tabs, blanks at line ends", "RFC 3676, RFC 2045"),
    # Words: subject, placeholders, what is missing
    _error("W1-empty", "There is a subject", "RFC 5322 section 3.6.5"),
    _warning("W1-length", "The subject has at most 70 characters", _TEAM),
    _warning("W1-shouting", "The subject is not all in capitals", "SpamAssassin 4.0, SUBJ_ALL_CAPS"),
    _error("W1-reply", "The subject does not pretend to be a reply", "Google, guidelines for senders"),
    _error("W2-placeholder", "No placeholder and no template syntax is left", _TEAM),
    _warning("W2-dummy", "No dummy text is left", _TEAM),
    _warning("W3-attachment", "What is said to be attached is attached", _TEAM),
    _warning("W4-alt", "An article's picture is described", _WCAG + ", 1.1.1"),
    _warning("W4-credit", "An article's picture has a credit", _TEAM),
    _warning("W4-source", "An article from elsewhere names its source", _TEAM),
    # The network: only when asked for, by --links and --dns
    _error("N1-dead", "Every link leads somewhere", "RFC 9110 sections 15.5.5 and 15.5.11"),
    _warning("N1-doubtful", "Every link answers", "RFC 9110"),
    _error(
        "N2-spf", "The sender's domain says who may send for it", "RFC 7208; Google, Yahoo and Microsoft for senders"
    ),
    _error("N3-dkim", "The key that the channel signs with is published", "RFC 6376; Google, Yahoo and Microsoft"),
    _error("N4-dmarc", "The sender's domain has a DMARC policy", "RFC 7489; Google, Yahoo and Microsoft for senders"),
    _error("N5-mx", "The sender's domain takes mail, so that answers arrive", "RFC 5321 section 5.1, RFC 7505"),
    # Mail programs
    _error("K1-essential", "What carries the layout works in the required mail programs", _CANIEMAIL),
    _warning("K2-helpful", "What helps works in the required mail programs", _CANIEMAIL),
    _warning("K3-partial", "What carries the layout works in full in the required mail programs", _CANIEMAIL),
)

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _TABLE}


def found(rule: str, where: str, what: str, hint: str) -> Finding:
    """Make a finding of the rule with this id."""
    return Finding(rule, RULES[rule].severity, where, what, hint)


def at_most(findings: Iterator[Finding], limit: int = 5) -> Iterator[Finding]:
    """Give so many findings, and say in the last one how many more there are."""
    kept = list(findings)
    if len(kept) <= limit:
        yield from kept
        return
    yield from kept[: limit - 1]
    last = kept[limit - 1]
    yield replace(last, what=f"{last.what} (and {len(kept) - limit} more like it)")
