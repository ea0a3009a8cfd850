#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make install gives a stranger's program all it needs, and the shared library shows no more.

The public header compiles alone in C and C++; a program links against either library by the
flags of libslub.pc and runs; every function that the header declares is exported, nothing else.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile

import tap
from tap import ok

ROOT = os.path.abspath(os.environ.get("SRCDIR") or os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("O") or os.path.join(ROOT, "build")
CC = shlex.split(os.environ.get("CC") or "gcc")
CLANG = shlex.split(os.environ.get("CLANG") or "clang-19")

PROGRAM = """
#include <slub.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	struct kmem_cache *cache = kmem_cache_create("points", 40, 0, 0, NULL);
	char *object = cache ? kmem_cache_zalloc(cache, GFP_KERNEL) : NULL;
	char *bytes = kmalloc(100, GFP_KERNEL);

	if (!object || !bytes || object[39])
		return 1;
	memset(object, 1, 40);
	memset(bytes, 2, 100);
	kfree(bytes);
	kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
	puts("allocated and freed");
	return 0;
}
"""


def run(command, **changes):
    env = {
        name: value for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "LD_LIBRARY_PATH")
    }
    env.update(changes)
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )
    return done.returncode, done.stdout


def declared(header):
    """The functions that the header itself declares and does not define."""
    _, text = run([*CLANG, "-E", "-x", "c", header])
    ours = []
    inside = False
    for line in text.splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            inside = os.path.basename(marker.group(1)) == os.path.basename(header)
        elif inside and not line.startswith("#"):
            ours.append(line)
    text = "\n".join(ours)
    text = re.sub(r"\bstatic\b[^;{]*\{.*?^\}", "", text, flags=re.S | re.M)
    text = re.sub(r"\btypedef\b[^;]*;", "", text)
    return set(re.findall(r"^[\w ]+?[ *]+(\w+)\s*\([^;{]*?\)[^;{()]*;", text, flags=re.M))


def main():
    with tempfile.TemporaryDirectory() as scratch:
        status, output = run(
            ["make", "install", f"O={BUILD}", f"DESTDIR={scratch}", "PREFIX=/opt/slub"]
        )
        ok(status == 0, "make install into a DESTDIR", output)
        prefix = os.path.join(scratch, "opt/slub")
        found = sorted(
            os.path.relpath(os.path.join(folder, name), prefix)
            for folder, _, names in os.walk(prefix) for name in names
        )
        wanted = {
            "include/slub.h", "lib/libslub.a", "lib/libslub.so", "lib/libslub.so.0",
            "lib/pkgconfig/libslub.pc",
        }
        ok(wanted <= set(found), "libraries, header and libslub.pc are in place", "\n".join(found))
        outside = [name for name in os.listdir(scratch) if name != "opt"]
        ok(not outside, "nothing lies outside the prefix", "\n".join(outside))

        header = os.path.join(prefix, "include/slub.h")
        strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
        status, output = run([*CC, "-std=c11", *strict, "-x", "c", header])
        ok(status == 0, "slub.h compiles alone as C11", output)
        status, output = run([*CLANG, "-std=c++17", *strict, "-Wno-pragma-once-outside-header", "-x", "c++", header])
        ok(status == 0, "slub.h compiles alone as C++17", output)

        with open(os.path.join(prefix, "lib/pkgconfig/libslub.pc"), encoding="utf-8") as file:
            config = dict(line.rstrip("\n").split(": ", 1) for line in file)
        cflags = shlex.split(config["Cflags"].replace("/opt/slub", prefix))
        libs = shlex.split(config["Libs"].replace("/opt/slub", prefix))
        private = shlex.split(config["Libs.private"])
        source = os.path.join(scratch, "program.c")
        program = os.path.join(scratch, "program")
        with open(source, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        for how, flags, env in [
            ("shared", libs, {"LD_LIBRARY_PATH": os.path.join(prefix, "lib")}),
            ("static", [os.path.join(prefix, "lib/libslub.a"), *private], {}),
        ]:
            status, output = run([*CC, "-Wall", "-Werror", *cflags, "-o", program, source, *flags])
            if status == 0:
                status, output = run([program], **env)
            ok(
                status == 0 and output == "allocated and freed\n",
                f"a program runs on the {how} library", f"status {status}\n{output}",
            )

        _, output = run(["nm", "-D", "--defined-only", "--format=just-symbols", os.path.join(prefix, "lib/libslub.so.0")])
        exported = set(output.split())
        names = declared(header)
        ok(len(names) > 10, "the header's functions were found", " ".join(sorted(names)))
        ok(names <= exported, "every declared function is exported", "missing: " + " ".join(sorted(names - exported)))
        ok(exported <= names, "nothing else is exported", "also: " + " ".join(sorted(exported - names)))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
