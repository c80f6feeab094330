from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from publisher.adapters.registry import adapter_names
from tests.contracts.adapter_contract import AdapterContract


def test_every_adapter_passes_the_contract() -> None:
    """An adapter without a subclass of the contract is not finished."""
    for file in Path(__file__).parent.glob("test_*_contract.py"):
        importlib.import_module(f"tests.contracts.{file.stem}")
    covered = {contract.name for contract in _below(AdapterContract) if hasattr(contract, "name")}
    assert set(adapter_names()) - covered == set()


def _below(contract: type[AdapterContract]) -> Iterator[type[AdapterContract]]:
    for subclass in contract.__subclasses__():
        yield subclass
        yield from _below(subclass)
