"""What systemd wants to know of a service: that it is ready, that it is alive, that it stops.

Each is one datagram to the socket that NOTIFY_SOCKET names. *Source:* sd_notify(3), checked 2026-11-29.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify_systemd(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send a state such as "READY=1"; False where nobody asked for it, or nobody takes it."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    # A leading @ stands for the NUL of a socket without a file.
    path = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect(path)
        sender.sendall(state.encode())
        return True
    return False
