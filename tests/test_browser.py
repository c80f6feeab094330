"""Chromium as a camera: pictures of the right size, and nothing that reaches the network."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from publisher.browser import find_browser, open_browser
from publisher.errors import UsageError
from tests.journeys.project import Project, folder_config
from tests.rendering.browser import CHROMIUM
from tests.servers.http_server import HttpServer

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@needs_chromium
def test_pictures_have_the_size_asked_for_and_nobody_on_the_network_is_asked() -> None:
    """The canary is on loopback, where a proxy would usually not be used."""
    with HttpServer() as canary, open_browser() as browser:
        page = f"""<body style="margin:0;background:#00ff00"><div style="height:900px">x</div>
            <img src="{canary.url}/a.png"><link rel="stylesheet" href="{canary.url}/b.css"><iframe src="{canary.url}/c">
            </iframe><script>fetch("{canary.url}/d")</script><img src="http://canary.invalid/e.png">"""
        whole = Image.open(BytesIO(browser.picture(page, width_px=320)))
        part = Image.open(BytesIO(browser.picture(page, width_px=200, sharpness=2, height_px=100)))
        assert canary.requests == []
    assert whole.width == 320
    # The frame below, 150 px high unless told otherwise, is part of the whole.
    assert whole.height >= 900 + 150
    assert whole.convert("RGB").getpixel((300, 10)) == (0, 255, 0)
    assert part.size == (400, 200)


@needs_chromium
def test_pictures_that_wait_to_be_seen_are_waited_for_no_more() -> None:
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs="
    page = f"""<body style="margin:0"><img src="{pixel}" loading="lazy" style="display:none">
        <p style="height:9000px">x</p>
        <img src="{pixel}" loading="lazy" style="display:block;width:320px;height:100px">"""
    with open_browser() as browser:
        whole = Image.open(BytesIO(browser.picture(page, width_px=320))).convert("RGB")
    assert whole.getpixel((160, whole.height - 50)) == (255, 0, 0)


@needs_chromium
def test_a_page_that_keeps_the_browser_is_said_in_plain_words() -> None:
    with open_browser() as browser:
        browser.patience_seconds = 1.0
        with pytest.raises(UsageError, match="Chromium has not shown the page within 1 seconds"):
            browser.picture("<body><script>while (true) {}</script>", width_px=320)


def test_a_program_that_is_not_there_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    with pytest.raises(UsageError, match='CHROMIUM names no program: "/nowhere/chrome"') as caught:
        find_browser()
    assert "apt install chromium" in caught.value.hint


@pytest.mark.parametrize("program", ["false", "true"])
def test_a_program_that_is_no_chromium_is_said_in_plain_words(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", program)
    with pytest.raises(UsageError, match="Chromium ended by itself"), open_browser():
        pass


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "project", folder_config())
    made.article()
    return made


@needs_chromium
def test_preview_writes_pictures(project: Project) -> None:
    made = project.publish("preview", "--png", "--json").data["pictures"]
    assert [Path(name).name for name in made] == ["desktop.png", "phone.png", "dark.png", "images-off.png"]
    desktop, phone, dark, _ = (Image.open(project.folder / name).convert("L") for name in made)
    assert (desktop.width, phone.width) == (680, 640)
    assert desktop.getpixel((340, 100)) > 200
    assert dark.getpixel((340, 100)) < 80


def test_without_chromium_the_page_is_there_all_the_same(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    finished = project.publish("preview", "--png", code=2)
    assert "CHROMIUM names no program" in finished.err
    assert (project.folder / "preview" / "index.html").is_file()


def test_preview_opens_the_page_in_the_persons_browser(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard library takes the browser from BROWSER; ours only writes down what it was asked for."""
    browser = project.folder / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" > {project.folder}/asked\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    finished = project.publish("preview", "--open")
    assert finished.out.splitlines()[-1] == "Opened preview/index.html"
    assert (project.folder / "asked").read_text().strip() == (project.folder / "preview" / "index.html").as_uri()


def test_where_there_is_no_browser_the_path_is_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project.folder))
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    finished = project.publish("preview", "--open", "--json")
    assert finished.data["opened"] is False
    assert project.publish("preview", "--open").out.splitlines()[-1] == "Open preview/index.html"
