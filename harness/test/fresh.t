#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A fresh copy of the files under version control builds and passes the quick tests, as no root.

It finds what works only here: a file that was never added, a path of this machine, a file that is
written beside the build folder, a test that needs root.
"""

import os
import shutil
import subprocess
import sys
import tempfile

import tap
from tap import ok

ROOT = os.path.abspath(os.environ.get("SRCDIR") or os.path.join(os.path.dirname(__file__), "../.."))
NOBODY = 65534


def tracked():
    """The files to copy: what git knows; without git, all but what was built."""
    try:
        done = subprocess.run(
            ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
        )
        return [name.decode() for name in done.stdout.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [
                name for name in folders
                if name != ".git" and not os.path.exists(os.path.join(folder, name, ".libslub-build"))
            ]
            names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in files]
        return names


def everything(folder):
    found = set()
    for path, folders, files in os.walk(folder):
        if os.path.exists(os.path.join(path, ".libslub-build")):
            folders[:] = []
            continue
        found.update(os.path.relpath(os.path.join(path, name), folder) for name in files)
    return found


def main():
    print("1..3")
    with tempfile.TemporaryDirectory() as scratch:
        tree = os.path.join(scratch, "tree")
        home = os.path.join(scratch, "home")
        os.makedirs(home)
        names = [name for name in tracked() if os.path.lexists(os.path.join(ROOT, name))]
        for name in names:
            target = os.path.join(tree, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(os.path.join(ROOT, name), target, follow_symlinks=False)
        prefix = []
        if os.geteuid() == 0:
            for path, folders, files in os.walk(scratch):
                os.chown(path, NOBODY, NOBODY)
                for name in files:
                    os.chown(os.path.join(path, name), NOBODY, NOBODY, follow_symlinks=False)
            prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        # Root's PATH may name folders that others may not enter.
        path = "/usr/local/bin:/usr/bin:/bin" if prefix else os.environ["PATH"]
        env = {"PATH": path, "HOME": home, "LANG": "C.UTF-8"}
        for name in ("CC", "CLANG"):
            if os.environ.get(name):
                env[name] = os.environ[name]
        before = everything(tree)
        for what, command in [
            ("the library and the tools build", ["make"]),
            ("the quick tests pass", ["make", "check", "SETUP=0"]),
        ]:
            done = subprocess.run(
                prefix + command, cwd=tree, env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                check=False,
            )
            ok(done.returncode == 0, f"{what} in a fresh copy, without root", done.stdout)
        written = everything(tree) - before
        ok(not written, "nothing is written outside the build folder", "\n".join(sorted(written)))
    return tap.status()


if __name__ == "__main__":
    sys.exit(main())
