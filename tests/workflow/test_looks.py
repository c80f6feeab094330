"""What an edition shows beside its articles: hosted images, related articles by tags, sections, the digest's logo."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from publisher.domain.message import fill
from publisher.errors import ConfigError
from publisher.workflow.sample import sample_values
from tests.journeys.project import Project, folder_config
from tests.rendering.editions import picture, visible
from tests.workflow.office import now, opened

HOSTED = '[web]\nassets_url = "https://fachverband.example/bilder"\nassets_folder = "www/bilder"\n'


def _with_picture(project: Project) -> Project:
    project.article("pumpe", image={"src": "pumpe.jpg", "alt": "Eine Pumpe"})
    (project.folder / "queue" / "pumpe.jpg").write_bytes(picture(900, 600))
    project.subscribe(1)
    return project


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_hosted_images_are_there_before_anything_is_sent(tmp_path: Path) -> None:
    """They lie in the folder when a person is asked, under the name that the message has; a preview puts none there."""
    project = _with_picture(Project.make(tmp_path / "project", folder_config(HOSTED)))
    folder = project.folder / "www" / "bilder"
    seen: list[str] = []
    with opened(project) as app:
        now(app, dry_run=True)
        assert _files(folder) == []
        report = now(app, ask=lambda offer: bool(seen.extend(_files(folder))) or True)
        draft = report.drafts.editions[0]
        html = fill(draft.email.message, sample_values(app, draft))["body"].replace(b"=\r\n", b"")
        (name,) = re.findall(rb"https://fachverband.example/bilder/(\w+\.jpg)", html)
    assert seen == [name.decode()] == _files(folder)
    assert (folder / seen[0]).read_bytes() == draft.email.assets[seen[0]]


def test_a_rehearsal_keeps_its_images_to_itself(tmp_path: Path) -> None:
    project = _with_picture(Project.make(tmp_path / "project", "rehearse = true\n" + folder_config(HOSTED)))
    with opened(project) as app:
        now(app)
    assert _files(project.folder / "www" / "bilder") == []
    assert len(_files(project.folder / "outbox" / "assets")) == 1


def test_related_by_tags_are_those_that_went_before(project: Project) -> None:
    project.subscribe(1)
    project.article("alt", tags=["Heizung"], title="Die alte Meldung")
    with opened(project) as app:
        now(app)
        project.article("neu", tags=["heizung"], title="Die neue Meldung")
        project.article("entwurf", tags=["Heizung"], title="Ein Entwurf", status="draft")
        html = visible(now(app).drafts.editions[0].email.html)
    assert "Weitere Artikel zum Thema" in html
    assert "Die alte Meldung" in html
    assert "Ein Entwurf" not in html


def test_sections_order_the_edition(tmp_path: Path) -> None:
    config = folder_config().replace("[digests.daily]", '[digests.daily]\nsections = ["Recht"]')
    project = Project.make(tmp_path / "project", config)
    project.article("eins", tags=["Technik"])
    project.article("zwei", tags=["Recht"])
    project.subscribe(1)
    with opened(project) as app:
        draft = now(app, dry_run=True).drafts.editions[0]
    assert [article.slug for article in draft.content.articles] == ["zwei", "eins"]
    assert ">Weitere Meldungen</h2>" in draft.email.html


def test_a_digests_own_logo(tmp_path: Path) -> None:
    theme = '[digests.daily.theme]\nlogo = "logo.png"\nlogo_alt = "Ein Haus"\n'
    project = Project.make(tmp_path / "project", folder_config(theme))
    project.article("eins")
    project.subscribe(1)
    with opened(project) as app:
        with pytest.raises(ConfigError) as caught:
            now(app, dry_run=True)
        assert caught.value.where == "config.toml [digests.daily.theme.logo]"
        (project.folder / "logo.png").write_bytes(picture(360, 100, "PNG"))
        assert 'alt="Ein Haus"' in now(app, dry_run=True).drafts.editions[0].email.html
