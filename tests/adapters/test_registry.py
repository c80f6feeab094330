from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from publisher.adapters.registry import adapter_names, find_adapter
from publisher.errors import ConfigError


def install(folder: Path, package: str, entry_points: dict[str, str], module: str = "") -> None:
    """Put a distribution into a folder as an installer would."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entry_points.items())
    (info / "entry_points.txt").write_text(f"[publisher.adapters]\n{lines}")
    (folder / f"{package}.py").write_text(module)


def test_finds_by_file_name() -> None:
    """The file's name is the name in the config."""
    assert set(adapter_names()) >= {"folder", "smtp", "webhook"}
    for name in ("folder", "smtp", "webhook"):
        assert find_adapter(name).name == name


@pytest.mark.parametrize("name", ["registry", "_network", "_smtp_dialogue", "__init__"])
def test_what_is_no_adapter(name: str) -> None:
    """The registry itself and shared files are no adapters."""
    assert name not in adapter_names()
    with pytest.raises(ConfigError):
        find_adapter(name)


def test_no_adapter_knows_another() -> None:
    """The import contract names every adapter's file: one that is missing there would be bound by nothing."""
    root = Path(__file__).parents[2]
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (independence,) = (contract for contract in contracts if contract["name"] == "No adapter knows another")
    files = (file.stem for file in (root / "publisher" / "adapters").glob("[a-z]*.py"))
    assert sorted(independence["modules"]) == sorted(
        f"publisher.adapters.{name}" for name in files if name != "registry"
    )


def test_nearest_name() -> None:
    """A slip of the pen gets the nearest name; something else gets all of them."""
    with pytest.raises(ConfigError, match='there is no adapter "weebhook"\nhint: Did you mean "webhook"'):
        find_adapter("weebhook")
    with pytest.raises(ConfigError, match=r"There are: .*folder.*smtp"):
        find_adapter("??")


def test_finds_one_without_the_others() -> None:
    """Finding one adapter imports no other, and naming all imports none: the start stays fast."""
    program = (
        "import sys; from publisher.adapters.registry import adapter_names, find_adapter; "
        "known = lambda: sorted(m for m in sys.modules if m.startswith('publisher.adapters.')); "
        "adapter_names(); print(known()); find_adapter('smtp'); print(known()); "
        "print([m for m in ('requests', 'urllib3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    named, found, heavy = done.stdout.splitlines()
    assert named == "['publisher.adapters.registry']"
    own = [module for module in ast.literal_eval(found) if "._smtp_" not in module]
    assert own == ["publisher.adapters.registry", "publisher.adapters.smtp"]
    assert heavy == "[]"


def test_broken_package_is_an_error_only_when_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that cannot be imported disturbs nobody who does not use it."""
    install(tmp_path, "broken_board", {"board": "broken_board:ADAPTER"}, "raise RuntimeError('no licence')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "board" in adapter_names()
    assert find_adapter("folder").name == "folder"
    with pytest.raises(ConfigError, match=r'"board" of broken_board 1\.0 cannot be loaded: RuntimeError: no licence'):
        find_adapter("board")


@pytest.mark.parametrize("module", ["ADAPTER = 7", "from publisher.adapters.folder import ADAPTER"])
def test_what_is_not_an_adapter_type(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point must lead to an AdapterType of its own name."""
    package = f"odd_board_{len(module)}"
    install(tmp_path, package, {"board": f"{package}:ADAPTER"}, module)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match="is not an AdapterType of that name"):
        find_adapter("board")


def test_ours_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package cannot take the place of an adapter of ours."""
    install(tmp_path, "false_smtp", {"smtp": "false_smtp:ADAPTER"}, "raise RuntimeError")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_adapter("smtp").make.__module__ == "publisher.adapters.smtp"
    assert adapter_names().count("smtp") == 1


def test_two_packages_with_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of two packages is meant is not guessed."""
    install(tmp_path, "board_one", {"board": "board_one:ADAPTER"})
    install(tmp_path, "board_two", {"board": "board_two:ADAPTER"})
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match=r"several packages .* board_one 1\.0, board_two 1\.0"):
        find_adapter("board")
