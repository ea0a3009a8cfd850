#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""slubcheck layout: figures that are known, arguments that are refused, and every cache of the
kernel that this machine runs, column by column."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__))))
import tap  # noqa: E402

TREE = "/sys/kernel/slab"
COLUMNS = ["slab_size", "align", "order", "objs_per_slab", "cpu_partial", "min_partial"]
FLAGS = {"hwcache_align": "hwcache", "reclaim_account": "reclaim", "cache_dma": "dma",
         "destroy_by_rcu": "rcu", "sanity_checks": "checks", "trace": "trace",
         "red_zone": "redzone", "poison": "poison", "store_user": "user"}
SLUBCHECK = os.path.join(os.environ.get("O", "build"), "native", "slubcheck")

# Worked out by hand from the rules of the specification, for 2 cpus.
KNOWN = [
    ("--size 64", "slab_size=64 align=8 order=0 objs_per_slab=64 cpu_partial=120 min_partial=5"),
    ("--size 100", "slab_size=104 align=8 order=0 objs_per_slab=39 cpu_partial=120 min_partial=5"),
    ("--size 100 --flags ctor",
     "slab_size=112 align=8 order=0 objs_per_slab=36 cpu_partial=120 min_partial=5"),
    ("--size 100 --flags rcu --freeptr-offset 8",
     "slab_size=104 align=8 order=0 objs_per_slab=39 cpu_partial=120 min_partial=5"),
    ("--size 100 --flags checks,redzone,poison,user",
     "slab_size=192 align=8 order=0 objs_per_slab=21 cpu_partial=0 min_partial=5"),
    ("--size 20 --flags hwcache",
     "slab_size=32 align=32 order=0 objs_per_slab=128 cpu_partial=120 min_partial=5"),
    ("--size 8192", "slab_size=8192 align=8 order=3 objs_per_slab=4 cpu_partial=6 min_partial=6"),
    ("--size 4194304",
     "slab_size=4194304 align=8 order=10 objs_per_slab=1 cpu_partial=6 min_partial=10"),
]

BAD = [
    ("", "--size is missing; allowed is 1 to 4194304"),
    ("--size 0", "--size is '0'; allowed is 1 to 4194304"),
    ("--size 4194305", "--size is '4194305'; allowed is 1 to 4194304"),
    ("--size 1x", "--size is '1x'; allowed is 1 to 4194304"),
    ("--size -1", "--size is '-1'; allowed is 1 to 4194304"),
    ("--size 8 --cpus 0", "--cpus is '0'; allowed is 1 to 1024"),
    ("--size 8 --align 24", "--align 24 is no power of two; allowed are those up to 8192, and 0"),
    ("--size 8 --align 16384", "--align is '16384'; allowed is 0 to 8192"),
    ("--size 8 --flags rcu,huge", "--flags: 'huge' is unknown"),
    ("--size 8 --freeptr-offset 0", "--freeptr-offset goes with the flag rcu, and without ctor"),
    ("--size 12 --flags rcu --freeptr-offset 8", "--freeptr-offset 8 is no word in an object"),
    ("--size", "option '--size' has no value; allowed is --size N"),
    ("--size 8 --order 1", "unknown option '--order'; allowed are --size, --cpus"),
    ("--size 8 file", "'file' is no option"),
]


def run(*arguments):
    return subprocess.run([SLUBCHECK, "layout", *arguments], capture_output=True, text=True,
                          check=False)


def attribute(cache, name):
    """Its text, or NULL where this kernel has no such attribute."""
    try:
        with open(os.path.join(TREE, cache, name), encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def why_no_kernel():
    """Why the kernel of this machine is no measure, or NULL when it is."""
    release = os.uname().release
    version = tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", release).groups())
    if version < (6, 7):
        return f"Linux {release} is older than 6.7"
    if not os.path.isdir(TREE) or not os.listdir(TREE):
        return f"there is no {TREE}"
    if attribute(sorted(os.listdir(TREE))[0], "object_size") is None:
        return f"the attributes in {TREE} are for root to read"
    return None


def present_cpus():
    with open("/sys/devices/system/cpu/present", encoding="ascii") as file:
        text = file.read().strip()
    cpus = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        cpus += int(last or first) - int(first) + 1
    return cpus


def compare_with_kernel():
    """Every directory of the tree once. Returns (caches that agree, differences, placed)."""
    agree, placed, differences = 0, [], []
    cpus = str(present_cpus())
    for cache in sorted(os.listdir(TREE)):
        if os.path.islink(os.path.join(TREE, cache)):
            continue
        there = {name: attribute(cache, name) for name in COLUMNS}
        size = attribute(cache, "object_size")
        if size is None or None in there.values():
            continue  # gone meanwhile
        flags = [mine for theirs, mine in FLAGS.items() if attribute(cache, theirs) == "1"]
        if attribute(cache, "ctor"):
            flags.append("ctor")
        arguments = ["--cpus", cpus, "--size", size, "--align", there["align"]]
        if flags:
            arguments += ["--flags", ",".join(flags)]
        expected = " ".join(f"{name}={there[name]}" for name in COLUMNS)
        got = run(*arguments)
        if got.stdout.strip() == expected:
            agree += 1
        elif ("rcu" in flags and "ctor" not in flags
              and run(*arguments, "--freeptr-offset", "0").stdout.strip() == expected):
            placed.append(cache)  # its creator placed the free pointer: the tree does not say so
        else:
            differences.append(f"{cache}: {expected} there, {got.stdout.strip()}{got.stderr} here")
    return agree, differences, placed


def main():
    for arguments, expected in KNOWN:
        result = run("--cpus", "2", *arguments.split())
        tap.ok(result.returncode == 0 and result.stdout == expected + "\n",
               f"layout {arguments}", result.stdout + result.stderr)
    for arguments, expected in BAD:
        result = run(*arguments.split())
        tap.ok(result.returncode == 2 and not result.stdout and expected in result.stderr
               and result.stderr.count("\n") == 1, f"layout {arguments} is refused",
               result.stdout + result.stderr)
    reason = why_no_kernel()
    if reason:
        tap.skip("the caches of this machine's kernel", reason)
    else:
        agree, differences, placed = compare_with_kernel()
        tap.ok(agree and not differences, f"the kernel's own caches: {agree} rows agree, "
               f"{len(differences)} differ, {len(placed)} skipped for a placed free pointer",
               "\n".join(differences))
    return tap.done()


sys.exit(main())
