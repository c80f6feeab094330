"""Preflight: look at an edition as its readers' mail programs will, before it is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from publisher.domain.message import fill
from publisher.errors import PreflightError, Problems, UsageError
from publisher.rendering.preflight.check import check_email
from publisher.rendering.preflight.parts import parse_email
from publisher.rendering.preflight.rules import RULES, Finding, Severity
from publisher.workflow.application import Application
from publisher.workflow.prepare import EditionDraft
from publisher.workflow.sample import sample_values

Findings = Mapping[str, tuple[Finding, ...]]


def look_over(app: Application, draft: EditionDraft) -> tuple[Finding, ...]:
    """Check the exact bytes of an edition's message, filled for a sample recipient. Errors: ConfigError."""
    values = sample_values(app, draft)
    sections = fill(draft.email.message, values)
    parts = parse_email(
        sections["headers"],
        sections["body"],
        draft.content,
        preheader=draft.email.preheader,
        web_version_url=values["web_version_url"] if app.is_archived(draft.content.digest) else "",
    )
    return check_email(parts)


def errors_of(digest: str, findings: Iterable[Finding]) -> list[PreflightError]:
    """Give the errors among findings as what a command shows."""
    return [
        PreflightError(f"{finding.what} ({finding.rule})", where=f"digest {digest}, {finding.where}", hint=finding.hint)
        for finding in findings
        if finding.severity is Severity.ERROR
    ]


def warnings_of(digest: str, findings: Iterable[Finding]) -> list[str]:
    """Give the warnings among findings in one line each."""
    return [
        f"digest {digest}, {finding.where}: {finding.what} ({finding.rule})"
        for finding in findings
        if finding.severity is Severity.WARNING
    ]


def lines_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Give findings in one line each, for a page that shows them."""
    return tuple(f"{finding.severity}: {finding.where}: {finding.what} ({finding.rule})" for finding in findings)


def parse_forced(text: str) -> frozenset[str]:
    """Read the rules that a person forces, `L2-generic,M2-size`. Errors: UsageError for one that there is not."""
    from publisher.config.explain import nearest_hint

    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in RULES:
            raise UsageError(f'there is no rule "{name}" to force', hint=nearest_hint(name, list(RULES)))
    return frozenset(names)


def refuse_faults(findings: Findings, forced: Collection[str]) -> None:
    """Stop an edition that breaks a rule, unless a person forced that rule. Errors: Problems of PreflightError."""
    faults = [
        error
        for digest, found in findings.items()
        for error in errors_of(digest, [finding for finding in found if finding.rule not in forced])
    ]
    if faults:
        rules = sorted({f.rule for found in findings.values() for f in found if f.severity is Severity.ERROR})
        last = faults[-1]
        hint = f"{last.hint} To send in spite of all this: --force {','.join(rules)}"
        faults[-1] = PreflightError(last.what, where=last.where, hint=hint)
        raise Problems(faults)


def mark_forced(findings: Iterable[Finding], forced: Collection[str]) -> tuple[Finding, ...]:
    """Say of what a person forced that it was forced."""
    return tuple(
        replace(finding, what=f"{finding.what}, forced") if finding.rule in forced else finding for finding in findings
    )
