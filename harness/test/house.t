#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make refuses wrong options, ci/setup says what is missing, .ci/run counts what prove counted,
documents name files that exist."""

import fnmatch
import os
import re
import stat
import subprocess
import sys
import tempfile

import tap
from tap import ok

ROOT = os.path.abspath(os.environ.get("SRCDIR") or os.path.join(os.path.dirname(__file__), "../.."))


def run(command, **changes):
    """The status and all that was printed; the caller's make options do not reach it."""
    env = {
        name: value for name, value in os.environ.items()
        if name not in ("O", "CC", "CLANG", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "TAP_COUNTS")
    }
    env.update(changes)
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )
    return done.returncode, done.stdout


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return path


def options(scratch):
    number = "a whole number from 1 to"
    for option, words in [
        ("MINUTES=abc", number), ("MINUTES=", number), ("MINUTES=0", number),
        ("MINUTES=05", number), ("MINUTES=-1", number), ("MINUTES=1 2", number),
        ("MINUTES=1.5", number), ("MINUTES=10001", number),
        ("MINUTES=99999999999999999999", number), ("MINUTES='; touch x; '", number),
        ("JOBS=0", number), ("JOBS=257", number), ("V=2", "0 or 1"), ("V=", "0 or 1"),
        ("SETUP=no", "0 or 1"), ("O=", "a folder of its own"), ("O=/", "a folder of its own"),
        ("O=.", "a folder of its own"), ("O=slub", "a folder of its own"),
        ("O=./harness/x/", "a folder of its own"), ("O=a b", "without spaces"),
        ("MINUTE=5", "no option 'MINUTE'"),
    ]:
        status, output = run(["make", "help", option])
        ok(
            status == 2 and words in output and "Targets:" not in output,
            f"make refuses {option}", f"status {status}\n{output}",
        )
    for option in ["MINUTES=1", "MINUTES=10000", "JOBS=256", "V=1", f"O={scratch}/out"]:
        status, output = run(["make", "help", option])
        ok(status == 0 and "Targets:" in output, f"make takes {option.split('=')[0]} in range", output)

    foreign = os.path.join(scratch, "foreign")
    os.mkdir(foreign)
    write(os.path.join(foreign, "precious"), "")
    status, output = run(["make", "clean", f"O={foreign}"])
    ok(
        status == 2 and os.path.exists(os.path.join(foreign, "precious")),
        "clean leaves a folder alone that make did not make", output,
    )


def setup(scratch):
    listed = run(["ci/setup", "--list"])[1].split("\n")
    packages = [line.split()[0] for line in listed if line]
    ok(
        len(packages) > 5 and all(len(line.split()) > 1 for line in listed if line),
        "setup lists packages, each with its reason", "\n".join(listed),
    )
    path = os.path.join(scratch, "bin")
    os.mkdir(path)
    there = [name for name in packages if name != "valgrind"]
    write(
        os.path.join(path, "dpkg-query"),
        "#!/bin/sh\n" + "".join(f"echo 'installed {name}'\n" for name in there),
    )
    write(os.path.join(path, "id"), "#!/bin/sh\necho 1000\n")
    write(os.path.join(path, "sudo"), "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    search = path + ":" + os.environ["PATH"]
    status, output = run(["ci/setup"], PATH=search)
    ok(
        status == 2 and "--no-install-recommends valgrind\n" in output and " gcc" not in output,
        "without root, setup names what is missing and how to install it", output,
    )
    write(os.path.join(path, "id"), "#!/bin/sh\necho 0\n")
    write(os.path.join(path, "apt-get"), "#!/bin/sh\necho 'E: no network' >&2\nexit 100\n")
    status, output = run(["ci/setup"], PATH=search)
    ok(
        status == 2 and "could not install" in output and "valgrind" in output,
        "without network, setup names what is missing", output,
    )
    write(os.path.join(path, "dpkg-query"), "#!/bin/sh\necho 'no such package' >&2\nexit 1\n")
    status, output = run(["ci/setup"], PATH=search)
    ok(
        status == 2 and all(f"  {name} " in output for name in packages),
        "on a machine with nothing, setup names everything", output,
    )
    write(
        os.path.join(path, "dpkg-query"),
        "#!/bin/sh\n" + "".join(f"echo 'installed {name}'\n" for name in packages),
    )
    status, output = run(["ci/setup"], PATH=search)
    ok(status == 0 and output == "", "with everything there, setup is silent", output)
    status, output = run(["ci/setup", "--wrong"])
    ok(status == 2 and "--wrong" in output and "--list" in output, "setup refuses an unknown argument", output)


def counts(scratch):
    tests = {
        "good": "echo 1..2; echo ok 1; echo ok 2",
        "bad": "echo 1..3; echo ok 1; echo not ok 2; echo not ok 3",
        "todo": "echo 1..1; echo 'not ok 1 # TODO later'",
        "skip": "echo 1..2; echo ok 1; echo 'ok 2 # SKIP no such thing'",
        "skipall": "echo '1..0 # SKIP nothing here'",
        "crash": "echo 1..2; echo ok 1; echo ok 2; kill -SEGV $$",
        "status": "echo 1..1; echo ok 1; exit 3",
        "short": "echo 1..3; echo ok 1",
        "silent": ":",
    }
    for name, script in tests.items():
        write(os.path.join(scratch, name), f"#!/bin/sh\n{script}\n")
    fake = os.path.join(scratch, "fakemake")
    os.mkdir(fake)
    for names, status, words in [
        ("good", 0, "2 passed, 0 failed"),
        ("good bad", 1, "3 passed, 2 failed"),
        ("good todo", 0, "3 passed, 0 failed"),
        ("good skip", 0, "3 passed, 0 failed"),
        ("skipall", 1, "0 passed, 0 failed"),
        ("good crash", 1, "4 passed, 1 failed"),
        ("good status", 1, "3 passed, 1 failed"),
        ("good short", 1, "3 passed, 2 failed"),
        ("good silent", 1, "2 passed, 1 failed"),
        ("good missing", 1, "2 passed, 1 failed"),
    ]:
        # make test, with these tests in place of the tree's.
        paths = " ".join(os.path.join(scratch, name) for name in names.split())
        write(
            os.path.join(fake, "make"),
            "#!/bin/sh\nexec perl -Ici/lib -S prove --formatter CountingFormatter --timer "
            f"--jobs 2 --exec env {paths}\n",
        )
        done, output = run(
            [".ci/run"], PATH=fake + ":" + os.environ["PATH"], NIGHTLY_SLICE="true")
        last = output.rstrip("\n").split("\n")[-1]
        ok(
            (done == 0) == (status == 0) and last == words,
            f"ci counts '{names}' as {words}", f"status {done}\n{output}",
        )
    good = os.path.join(scratch, "good")
    write(
        os.path.join(fake, "make"),
        f"#!/bin/sh\nexec perl -Ici/lib -S prove --formatter CountingFormatter --exec env {good}\n",
    )
    done, output = run([".ci/run"], PATH=fake + ":" + os.environ["PATH"], NIGHTLY_SLICE="false")
    ok(
        done != 0 and output.endswith("\n2 passed, 1 failed\n"), "ci counts a slice that fails",
        f"status {done}\n{output}",
    )
    for status, name in [(2, "a build that fails"), (0, "a make that runs no test")]:
        write(os.path.join(fake, "make"), f"#!/bin/sh\nexit {status}\n")
        done, output = run([".ci/run"], PATH=fake + ":" + os.environ["PATH"])
        ok(
            done != 0 and output.endswith("\n0 passed, 1 failed\n"), f"ci fails on {name}",
            f"status {done}\n{output}",
        )


def missing_files(document, files):
    """The names of files in @document that are none of @files: in backticks, and what it links to.
    What begins with no folder of the tree, as mm/slub.c, is another project's."""
    folders = {name.split("/")[0] for name in files if "/" in name}
    with open(document, encoding="utf-8") as file:
        text = file.read()
    missing = []
    for name in re.findall(r"`([\w./*-]+)`", text):
        beside = os.path.relpath(os.path.join(os.path.dirname(document), name), ROOT)
        if "/" in name:
            ours = name.split("/")[0] in folders
            there = any(
                fnmatch.fnmatch(path, wanted.rstrip("/")) or path.startswith(wanted.rstrip("/") + "/")
                for wanted in (name, beside) for path in files
            )
        else:
            ours = re.search(r"\.([chSt]|py|sh|md|tsv|mk)$", name)
            there = any(fnmatch.fnmatch(os.path.basename(path), name) for path in files)
        if ours and not there:
            missing.append(name)
    for name in re.findall(r"\]\(([^)#:]+)\)", text):
        if not os.path.exists(os.path.join(os.path.dirname(document), name)):
            missing.append(name)
    return missing


def documents(scratch):
    files = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name != ".git" and not
                      os.path.exists(os.path.join(folder, name, ".libslub-build"))]
        files += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    pages = [os.path.join(ROOT, name) for name in files if name.endswith(".md")]
    missing = [
        f"{os.path.relpath(page, ROOT)} names {name}"
        for page in pages for name in missing_files(page, files)
    ]
    ok(len(pages) > 15 and not missing, "documents name files that exist", "\n".join(missing))
    planted = os.path.join(scratch, "planted.md")
    with open(planted, "w", encoding="utf-8") as file:
        file.write("`slub/alloc.c` `slub/*.c` `mm/slub.c` `alloc.c` `proofs/` and `a.b`\n"
                   "`slub/gone.c` `slub/gone*.h` `gone.t` `proofs/gone/` [it](gone.md)\n")
    missing = missing_files(planted, files)
    ok(
        missing == ["slub/gone.c", "slub/gone*.h", "gone.t", "proofs/gone/", "gone.md"],
        "a document that names others is noticed", str(missing),
    )


def main():
    with tempfile.TemporaryDirectory() as scratch:
        for part in (options, setup, counts, documents):
            folder = os.path.join(scratch, part.__name__)
            os.mkdir(folder)
            part(folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
