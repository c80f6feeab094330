"""Compare: in what two revisions of an edition differ, in plain words."""

from __future__ import annotations

from publisher.ports.ledger import EditionRow, NewEdition


def differences(before: EditionRow, after: EditionRow | NewEdition) -> tuple[str, ...]:
    """Name what is different: the subject, and each article that came, went or was changed."""
    old = {use.slug: use.content_hash for use in before.articles}
    new = {use.slug: use.content_hash for use in after.articles}
    found = []
    if before.subject != after.subject:
        found.append(f'subject: "{before.subject}" is now "{after.subject}"')
    found += [f"{slug} was taken out" for slug in old if slug not in new]
    found += [f"{slug} was put in" for slug in new if slug not in old]
    found += [f"{slug} was changed" for slug in new if slug in old and old[slug] != new[slug]]
    if not found and before.content_hash != after.content_hash:
        found.append("pictures, template, settings or order are different")
    return tuple(found)
