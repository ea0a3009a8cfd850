#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""proofs/functions.tsv names every function of slub/, and its check notices what is not so."""

import os
import shutil
import subprocess
import sys
import tempfile

import tap
from tap import ok

ROOT = os.path.realpath(os.environ.get("SRCDIR") or
                        os.path.join(os.path.dirname(__file__), "..", ".."))
CHECK = os.path.join(ROOT, "proofs", "functions.py")

folder = tempfile.mkdtemp()


def check(root):
    done = subprocess.run([CHECK, root], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


def tree(edits=()):
    """A copy of what the check reads, with (file, old, new) in it."""
    copy = os.path.join(folder, "tree")
    shutil.rmtree(copy, ignore_errors=True)
    for part in ("slub", "proofs"):
        shutil.copytree(os.path.join(ROOT, part), os.path.join(copy, part))
    for name, old, new in edits:
        path = os.path.join(copy, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert text.count(old) >= 1, (name, old)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))
    return copy


def expect(status, words, name, *edits):
    code, text = check(tree(edits))
    missing = [word for word in words if word not in text]
    ok(code == status and not missing, name, f"status {code}, not {status}; missing: {missing}\n{text}")


TABLE = "proofs/functions.tsv"
try:
    code, text = check(ROOT)
    ok(code == 0 and not text, "every function has a proof, or a reason why it has none", text)
    expect(1, ["slub/list.h: list_new() is not in proofs/functions.tsv"],
           "a function that is new is noticed",
           ("slub/list.h", "#endif", "static inline void list_new(void)\n{\n}\n\n#endif"))
    expect(1, ["there is no property S99"], "a proof that is none is noticed",
           (TABLE, "list_empty\t", "list_empty\tS99 "))
    expect(1, ["slub/ has no function list.h list_nothing"],
           "a function that is gone is noticed",
           (TABLE, "list.h\tlist_empty\t", "list.h\tlist_nothing\t"))
    expect(1, ["neither a proof nor a reason"], "no proof and no reason is noticed",
           (TABLE, "the native world: proofs run against the prove world (proofs/world) in its place",
            "-"))
    expect(1, ["takes the place of that of slub/ without a comment CONTRACT"],
           "what stands in for a function says by which proof",
           ("proofs/slab/discard_proof.c", "CONTRACT free_pages: P.free", "free_pages"))
    expect(1, ["CONTRACT free_pages: there is no property P.none"],
           "a contract that nothing proves is noticed",
           ("proofs/slab/discard_proof.c", "CONTRACT free_pages: P.free",
            "CONTRACT free_pages: P.none"))
    expect(1, ["no function of that name stands in"], "a contract for nothing is noticed",
           ("proofs/slab/discard_proof.c", "CONTRACT free_pages: P.free",
            "CONTRACT free_pages: P.free */\n/* CONTRACT kfree: P.free"))
    expect(1, ["proofs/debug/index.h: object_index() takes the place"],
           "and so does what stands in for one of a header",
           ("proofs/debug/index.h", "CONTRACT object_index: S8.object_index", "object_index"))
    expect(2, ["3 fields; 4 are needed"], "a short line is refused",
           (TABLE, "platform/native/*\t*\t-\t", "platform/native/*\t*\t-"))
    code, text = check("/nowhere")
    ok(code == 2 and text.startswith("functions: ") and text.count("\n") == 1,
       "a folder that is none is refused in a line", text)
finally:
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(tap.done())
