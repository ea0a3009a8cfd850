#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a user does wrong with objects is seen by each tool that watches memory, and nothing else."""
import os
import re
import shutil
import subprocess
import sys

BUILD = os.environ.get("O", "build")
done = failed = 0

ACCESSES = ["overflow", "overflow_kmalloc", "overflow_class", "overflow_large", "overflow_shrunk",
            "underflow", "use_after_free", "use_after_free_middle", "use_after_destroy",
            "use_after_grace", "use_of_bulk"]
VALUES = ["uninitialised", "uninitialised_reused"]
LEAKS = {"leak": 40, "leak_large": 20000, "leak_cycle": 80}
RIGHT = ["clean", "zeroed", "constructed", "typesafe", "resized", "churned", "no_leak", "chain",
         "group", "right"]

# Tool: its report of each error that it can see. The others are none of its business.
ASAN = {name: r"use-after-poison on address .*(.|\n)*in main " for name in ACCESSES}
ASAN["free_twice"] = r"use-after-poison(.|\n)*in kmem_cache_free (.|\n)*in main "
ASAN_LEAKS = {name: rf"leak of \d+ byte(.|\n)*in main (.|\n)*: {total} byte\(s\) leaked"
              for name, total in LEAKS.items()}
MSAN = {name: r"use-of-uninitialized-value(.|\n)*in main (.|\n)*was marked as uninitialized"
        for name in VALUES}
# memcheck takes seconds for each: one error of each kind, and all the right uses at once.
MEMCHECK = {
    "overflow": r"Invalid write of size 1\n(.|\n)* 0 bytes after a block of size 40 alloc'd",
    "overflow_kmalloc": r"Invalid write of(.|\n)* 0 bytes after a block of size 13 alloc'd",
    "underflow": r"Invalid write of size 1\n(.|\n)* bytes (before|after) a block of size 40 alloc",
    "use_after_free": r"Invalid read of size 1\n(.|\n)* 0 bytes inside a block of size 40 free'd",
    "use_after_free_middle": r"Invalid write of(.|\n)* 20 bytes inside a block of size 40 free'd",
    "use_after_destroy": r"Invalid read of size 1\n(.|\n)* 0 bytes inside a block of size 40 fre",
    "use_after_grace": r"Invalid read of size 1\n",
    "free_twice": r"Invalid free\(\)",
    "uninitialised_reused": r"depends on uninitialised value",
    "leak": r"40 bytes in 1 blocks are definitely lost",
    "leak_large": r"20,000 bytes in 1 blocks are definitely lost",
}


def ok(good, what, detail=""):
    global done, failed
    done += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {done} - {what}")
    if not good:
        print("".join(f"# {line}\n" for line in detail.splitlines()[:40]), end="")


def run(variant, name, before=(), options=None):
    return subprocess.run([*before, f"{BUILD}/{variant}/marks_errors", *([name] if name else [])],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, **(options or {})}, timeout=300, check=False)


def tool(title, variant, seen, names, before=(), options=None):
    """Each of @names: seen as @seen says, or nothing at all."""
    for name in names:
        result = run(variant, name, before, options)
        if name in seen:
            ok(result.returncode != 0 and re.search(seen[name], result.stdout),
               f"{title} sees {name}", result.stdout)
        else:
            ok(result.returncode == 0 and result.stdout.strip() in ("", "one"),
               f"{title} says nothing about {name}", result.stdout)


def main():
    known = run("native-asan", "").stdout.split()
    listed = set(ACCESSES) | set(VALUES) | set(LEAKS) | set(RIGHT) | {"free_twice"}
    ok(set(known) == listed, "every error is told to some tool", " ".join(set(known) ^ listed))
    tool("AddressSanitizer", "native-asan", ASAN | ASAN_LEAKS, known)
    # What a tool cannot see is not made: it would go on with a damaged heap.
    tool("MemorySanitizer", "native-msan", MSAN, VALUES + RIGHT)
    # Their own red zones and poison report what happens to their bytes, or nobody.
    tool("With debug flags LeakSanitizer", "native-asan", ASAN_LEAKS, list(LEAKS) + RIGHT,
         options={"LIBSLUB_OPTIONS": "slab_debug=FZPU"})
    if shutil.which("valgrind"):
        tool("memcheck", "native-valgrind", MEMCHECK, list(MEMCHECK) + ["right"],
             ["valgrind", "-q", "--leak-check=full", "--error-exitcode=77",
              "--errors-for-leak-kinds=definite,possible,indirect"])
    else:
        print(f"ok {done + 1} - memcheck # SKIP valgrind is missing")
        globals()["done"] = done + 1
    print(f"1..{done}")
    return failed != 0


sys.exit(main())
