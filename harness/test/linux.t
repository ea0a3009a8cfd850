#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Linux's own mm/slub.c runs op programs (harness/linux); and what its builder refuses."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap  # noqa: E402

BUILDER = "harness/linux/linux-slub"
OUT = os.environ.get("O", "build")


def run(*command, **environment):
    return subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})


def refuses(name, message, *arguments, **environment):
    result = run(BUILDER, *arguments, **environment)
    tap.ok(result.returncode == 2 and message in result.stderr and
           len(result.stderr.splitlines()) == 1, name, result.stdout + result.stderr)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def test_environment(folder):
    """Tools and the package may be missing: other programs stand in front of them, or none."""
    tools = os.path.join(folder, "tools")
    os.makedirs(tools)
    for name in ("gcc", "make", "ld", "objcopy", "nm", "flex", "bc", "tar", "xz", "patch", "sh",
                 "cat", "dpkg-deb"):
        path = shutil.which(name)
        if path:
            os.symlink(path, os.path.join(tools, name))
    refuses("a missing tool is named with its package",
            "bison is not installed: apt-get install bison", O=folder, PATH=tools)
    write(os.path.join(tools, "apt-get"), "#!/bin/sh\necho E: no network >&2\nexit 100\n")
    os.chmod(os.path.join(tools, "apt-get"), 0o755)
    if shutil.which("bison") and not os.path.exists("/usr/src/linux-source-6.12.tar.xz"):
        os.symlink(shutil.which("bison"), os.path.join(tools, "bison"))
        refuses("a missing package is named", "linux-source-6.12 cannot be fetched", O=folder,
                PATH=tools)


def test_refusals(folder):
    refuses("a folder that is no tree is refused", "there is no Makefile", "--source", folder,
            O=folder)
    write(os.path.join(folder, "Makefile"), "VERSION = 6\nPATCHLEVEL = 1\n")
    refuses("another version is refused", "this is Linux 6.1; Linux 6.12 is allowed", "--source",
            folder, O=folder)
    write(os.path.join(folder, "Makefile"), "VERSION = 6\nPATCHLEVEL = 12\n")
    refuses("a part of a tree is refused", "there is no mm/slub.c", "--source", folder, O=folder)
    refuses("a name with a slash is refused", "--name ../x", "--name", "../x", O=folder)
    refuses("another configuration is refused", "--config soft: hardened, unchained", "--config",
            "soft", O=folder)
    left = [name for name in os.listdir(os.path.join(folder, "linux")) if name != ".lock"]
    tap.ok(not left, "nothing is left of what was refused", "\n".join(left))


def test_patches(folder):
    broken = os.path.join(folder, "broken.patch")
    write(broken, "--- a/mm/slub.c\n+++ b/mm/slub.c\n@@ -1,1 +1,1 @@\n-no such line\n+x\n")
    refuses("a patch that does not apply is refused", "does not apply to mm/slub.c", "--patch",
            broken, "--name", "test-patch")
    with open(os.path.join(OUT, "linux", "source", "mm", "slub.c"), encoding="utf-8") as file:
        first = file.readline()
    write(broken, f"--- a/mm/slub.c\n+++ b/mm/slub.c\n@@ -1,1 +1,1 @@\n-{first}+int int;\n")
    refuses("a patch that does not compile is refused", "mm/slub.c does not compile: ", "--patch",
            broken, "--name", "test-patch")
    left = glob.glob(os.path.join(OUT, "linux", "test-patch*"))
    tap.ok(not left, "nothing is left of what could not be built", "\n".join(left))


# A cache that another was merged into keeps the name of its maker, who is destroyed; then another
# cache has that name, and what is written to one must not be looked for in the other.
NAMES = """slubops 1
t0: create kc2 align_log2=0 size=200
t0: create kc0 align_log2=0 size=200
t0: destroy kc2
t0: create kc2 align_log2=0 flags=nomerge size=1508
t0: attr_write kc0 attr=remote_node_defrag_ratio of=0 form=line value=1
t0: r0 = alloc kc0
t0: r1 = alloc kc2
"""


def test_diff(program, folder):
    result = run(program, "--ops", "10000")
    tap.ok(result.returncode == 0 and "0 inconclusive" in result.stdout,
           "10,000 operations on libslub and on it, compared after each",
           result.stdout + result.stderr)
    names = os.path.join(folder, "names.txt")
    write(names, NAMES)
    # The tree is compared at the end of one program in eight.
    result = run(program, *[names] * 8)
    tap.ok(result.returncode == 0 and result.stdout.count(f"ok {names}") == 8,
           "caches of one name are told apart", result.stdout + result.stderr)


def test_slubcheck(program):
    seed = "corpus/seeds/flush-races-free.txt"
    result = run(program, "timeline", seed)
    tap.ok(result.returncode == 0 and "[__slab_free]" in result.stdout and
           "lock node n0 of k0: list_lock" in result.stdout,
           "a timeline names the kernel's functions and places", result.stdout + result.stderr)
    result = run(program, "sweep", "-k", "1", seed)
    tap.ok(result.returncode == 0, "a sweep", result.stdout + result.stderr)
    result = run(program, "replay", "--world", "sim", seed)
    tap.ok(result.returncode == 0 and "clean" in result.stdout, "a replay",
           result.stdout + result.stderr)
    for arguments, message in (([], "allowed is --world sim"),
                               (["--world", "sim", "--oracles", "5"], "the model, knows libslub")):
        result = run(program, "replay", *arguments, seed)
        tap.ok(result.returncode == 2 and message in result.stdout + result.stderr,
               " ".join(["replay", *arguments, "is refused"]), result.stdout + result.stderr)


def test_fuzz(folder):
    result = run("make", "-s", "SETUP=0", f"O={OUT}", "linux-fuzz")
    tap.ok(result.returncode == 0, "make linux-fuzz", result.stdout + result.stderr)
    for target in ("concurrent", "sequential", "debug", "boot", "attributes"):
        seeds = f"corpus/{target}" if os.path.isdir(f"corpus/{target}") else "corpus/seeds"
        corpus = os.path.join(folder, target)
        os.mkdir(corpus)
        result = run(os.path.join(OUT, "sim-fuzz-plain", f"linux_fuzz_{target}"), "-runs=300",
                     "-seed=1", f"-artifact_prefix={folder}/", corpus, seeds,
                     SLUB_FINDINGS_DIR=folder)
        tap.ok(result.returncode == 0 and "Done 300 runs" in result.stderr and os.listdir(corpus),
               f"libFuzzer, target {target}", result.stdout + result.stderr)


def test_config(config, counted):
    """@counted: a row of the table, which is compared only, or equal only, in this configuration."""
    # Goals of make have the folder's name as it stands in the tree.
    out = os.path.relpath(OUT)
    names = [os.path.join(out, "sim", f"{name}-{config}") for name in ("linux_run", "linux_diff")]
    result = run("make", "-s", "SETUP=0", f"O={out}", f"LINUX_CONFIG={config}", *names)
    tap.ok(result.returncode == 0, f"make LINUX_CONFIG={config}", result.stdout + result.stderr)
    if result.returncode:
        return
    result = run(names[0], "--ops", "50000")
    tap.ok(result.returncode == 0 and " 0 findings" in result.stdout,
           f"50,000 random operations, {config}", result.stdout + result.stderr)
    result = run(names[1], "--ops", "10000")
    tap.ok(result.returncode == 0 and re.search(counted, result.stdout),
           f"10,000 operations on both, {config}", result.stdout + result.stderr)


def test_runs():
    program = os.path.join(OUT, "sim", "linux_run")
    traces = sorted(glob.glob("corpus/traces/*.slubops") + glob.glob("corpus/seeds/*.txt"))
    result = run(program, *traces)
    tap.ok(result.returncode == 0 and result.stdout.count("\nok ") + 1 == len(traces),
           f"{len(traces)} traces and seeds run on it", result.stdout + result.stderr)
    for arguments in (["--sequential"], [], ["--fine"], ["--moves", "--cpus", "2"]):
        result = run(program, "--ops", "100000", *arguments)
        tap.ok(result.returncode == 0 and " 0 findings" in result.stdout,
               " ".join(["100,000 random operations", *arguments]), result.stdout + result.stderr)
    with tempfile.TemporaryDirectory() as folder:
        test_diff(os.path.join(OUT, "sim", "linux_diff"), folder)
        test_fuzz(folder)
    result = run("harness/linux/linux-zoo", "--only", "frozen_discard", "--ops", "20000")
    tap.ok(result.returncode == 0 and "# 1 of 1 found" in result.stdout,
           "a planted defect is found, and nothing without it", result.stdout + result.stderr)
    seeds = [f"corpus/seeds/{name}.txt" for name in ("interrupt", "preempted-pop", "remote-free")]
    result = run(os.path.join(OUT, "sim", "linux_finals"), "--preemptions", "1", *seeds)
    tap.ok(result.returncode == 0 and result.stdout.count("ok corpus") == len(seeds),
           "small programs end in the same states on both", result.stdout + result.stderr)
    test_slubcheck(os.path.join(OUT, "sim", "linux-slubcheck"))
    figures = [re.sub(r" in .*? s \(.*?\)", "", run(program, "--ops", "20000", "--fine").stdout)
               for _ in range(2)]
    tap.ok(figures[0] == figures[1], "a run repeats", "".join(figures))
    for arguments in (["--ops", "0"], ["--seed", "x"], ["--nonsense"], ["/nowhere"]):
        result = run(program, *arguments)
        tap.ok(result.returncode == 2 and result.stderr, f"{' '.join(arguments)} is refused",
               result.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        test_environment(folder)
        test_refusals(folder)
    result = run("make", "-s", "SETUP=0", f"O={OUT}", "linux-slub")
    if result.returncode and ("cannot be fetched" in result.stderr or
                              "is not installed" in result.stderr):
        tap.skip("Linux's SLUB runs", result.stderr.strip().splitlines()[0])
        return tap.done()
    tap.ok(result.returncode == 0, "make linux-slub", result.stdout + result.stderr)
    if result.returncode == 0:
        test_runs()
        test_config("hardened", "bytes charged to a group +[1-9]")
        test_config("unchained", r"attribute cpu_partial_free +[1-9][0-9]+ +0\n")
        if os.path.isdir(os.path.join(OUT, "linux", "source")):
            with tempfile.TemporaryDirectory() as folder:
                test_patches(folder)
    return tap.done()


sys.exit(main())
