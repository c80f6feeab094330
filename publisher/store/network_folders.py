"""Which folders lie on a network: SQLite's locks and its shared memory do not hold there.

Source: sqlite.org/wal.html ("WAL does not work over a network filesystem") and sqlite.org/useovernet.html, checked
2026-11-23; the names of file systems from the Linux kernel's and the FUSE projects' own documentation.
"""

from __future__ import annotations

from pathlib import Path

NETWORK_FILE_SYSTEMS = frozenset(
    {
        *(
            "9p",
            "afpfs",
            "afs",
            "ceph",
            "cifs",
            "coda",
            "davfs",
            "glusterfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
            "ocfs2",
        ),
        *("smb", "smb2", "smb3", "smbfs", "webdav"),
        *("fuse.ceph", "fuse.cephfs", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs"),
        *("fuse.smbnetfs", "fuse.sshfs"),
    }
)

MOUNTS = Path("/proc/self/mounts")


def read_mounts() -> str:
    """Give the list of mounted file systems; empty where there is none to be had (macOS, Windows)."""
    return MOUNTS.read_text(encoding="utf-8", errors="surrogateescape") if MOUNTS.exists() else ""


def network_file_system(folder: Path, mounts: str) -> str | None:
    """Name the network file system that a folder lies on; None if it is local. *Shape*: `mounts` as in fstab(5)."""
    found, depth = None, -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescape(fields[1]))
        # Of two mounts on one point, the later one lies on top.
        if folder.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = fields[2], len(point.parts)
    return found if found in NETWORK_FILE_SYSTEMS else None


def _unescape(field: str) -> str:
    for escaped, plain in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(escaped, plain)
    return field
