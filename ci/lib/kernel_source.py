# SPDX-License-Identifier: MIT
"""The source of Linux as Debian packages it: who needs parts of it takes them from here."""

import os
import shutil
import subprocess

PACKAGE = "linux-source-6.12"
ARCHIVE = f"/usr/src/{PACKAGE}.tar.xz"


class NoSource(Exception):
    """Why there is no source, in one line."""


def unpack(work, target, *arguments):
    """Unpacks the package into @target, without its top folder; downloads it unless installed.

    work: a folder for the download; arguments: what tar is to take or to leave out
    """
    folder = os.path.join(work, "package")
    if os.path.exists(ARCHIVE):
        reader = ["cat", ARCHIVE]
    else:
        os.makedirs(folder, exist_ok=True)
        print(f"# fetching Debian's package {PACKAGE} (about 150 MB)", flush=True)
        try:
            result = subprocess.run(["apt-get", "-qq", "download", PACKAGE], cwd=folder,
                                    capture_output=True, text=True, errors="replace", check=False)
        except FileNotFoundError:
            shutil.rmtree(folder, ignore_errors=True)
            raise NoSource(f"{PACKAGE} cannot be fetched: there is no apt-get") from None
        if result.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            detail = (result.stderr or result.stdout).strip().splitlines()
            raise NoSource(f"{PACKAGE} cannot be fetched (apt-get update, or a kernel tree of your "
                           f"own): {detail[-1] if detail else 'failed'}")
        package = sorted(name for name in os.listdir(folder) if name.endswith(".deb"))[-1]
        reader = ["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" | tar -xOf - "./$2"', "sh",
                  os.path.join(folder, package), ARCHIVE[1:]]
    with subprocess.Popen(reader, stdout=subprocess.PIPE) as source:
        status = subprocess.run(["tar", "-xJf", "-", "-C", target, "--strip-components=1",
                                 *arguments], stdin=source.stdout, check=False).returncode
    shutil.rmtree(folder, ignore_errors=True)
    if status:
        raise NoSource(f"{PACKAGE}: its archive cannot be unpacked, or lacks a file")
