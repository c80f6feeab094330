"""Two verifiers that share no code with ours: dkimpy, and mailauth from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OUTSIDE = Path(__file__).parents[1] / "outside"
NODE = shutil.which("node")
MAILAUTH = OUTSIDE / "node_modules" / "mailauth"
HAS_MAILAUTH = NODE is not None and MAILAUTH.exists()
WITHOUT_MAILAUTH = "mailauth is not installed: npm ci --ignore-scripts in tests/outside"
_VERIFY = """
const {dkimVerify} = require('mailauth/lib/dkim/verify');
let input = '';
process.stdin.on('data', chunk => input += chunk).on('end', async () => {
  const {messages, records} = JSON.parse(input);
  const resolver = async name => [[records[name] || '']];
  const found = [];
  for (const message of messages) {
    const {results} = await dkimVerify(Buffer.from(message, 'base64'), {resolver});
    found.push(results.map(one => one.status.result));
  }
  console.log(JSON.stringify(found));
});
"""


def dkimpy_accepts(message: bytes, records: Mapping[str, str]) -> list[bool]:
    """One answer for each signature, from the top."""
    import dkim

    def ask(name: bytes, timeout: int = 5) -> bytes:
        return records[name.decode().rstrip(".")].encode()

    def accepts(index: int) -> bool:
        try:
            return bool(dkim.DKIM(message).verify(idx=index, dnsfunc=ask))
        except dkim.ValidationError:
            return False

    return [accepts(index) for index in range(message.count(b"DKIM-Signature:"))]


def mailauth_results(messages: list[bytes], records: Mapping[str, str]) -> list[list[str]]:
    """For each message the result of each of its signatures."""
    import base64

    assert NODE is not None
    document: dict[str, Any] = {
        "messages": [base64.b64encode(message).decode() for message in messages],
        "records": dict(records),
    }
    done = subprocess.run(
        [NODE, "-e", _VERIFY], input=json.dumps(document).encode(), cwd=OUTSIDE, capture_output=True, check=True
    )
    results: list[list[str]] = json.loads(done.stdout)
    return results
