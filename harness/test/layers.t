#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The tree keeps its layers, and ci/check-layers notices a tree that does not."""

import os
import shutil
import subprocess
import sys
import tempfile

import tap
from tap import ok

ROOT = os.environ.get("SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")

# A tree of three layers in which everything is allowed.
GOOD = {
    "slub/README.md": "# slub\n\n## Layers\n\n1. seam: `platform/platform.h`,\n"
    "   `platform/native/*.h`\n2. lists: `list.h`\n3. pages: `page.c`, `page.h`\n\n## Rest\n\n"
    "1. `nothing.c`\n",
    "slub/platform/platform.h": "#include <world.h>\n",
    "slub/platform/native/world.h": "#ifdef __SANITIZE_THREAD__\n#endif\n",
    "slub/list.h": '#include "platform/platform.h"\n#include <stddef.h>\n#if defined(SIMPLE)\n#endif\n',
    "slub/page.h": '#include "list.h"\n/* #include "harness/x.h"\n#ifdef SIM */\n',
    "slub/page.c": '#include "page.h"\n#include "slub/list.h"\nint x;\n',
    "harness/x.h": "\n",
}

# One change each to that tree, the status that must follow, and the words of the complaint.
BAD = [
    ("an upward include", "slub/list.h", '#include "page.h"\n', 1, "slub/list.h:1: layer 2 includes slub/page.h of layer 3"),
    ("an upward include over two lines", "slub/list.h", '#include \\\n"page.h"\n', 1, "of layer 3"),
    ("an upward include by the root's path", "slub/list.h", '\n#include <slub/page.h>\n', 1, "slub/list.h:2"),
    ("an upward include by a path with dots", "slub/platform/platform.h", '#include "../list.h"\n', 1, "of layer 2"),
    ("an include from harness/", "slub/page.c", '#include "harness/x.h"\n', 1, "harness/x.h is not a header of slub/"),
    ("an include from harness/ by dots", "slub/page.c", '#include "../harness/x.h"\n', 1, "not a header of slub/"),
    ("an include from proofs/ in angles", "slub/page.c", "#include <proofs/x.h>\n", 1, "not a header of slub/"),
    ("a header that is not there", "slub/page.c", '#include "pages.h"\n', 1, "pages.h is not a header of slub/"),
    ("a computed include", "slub/page.c", "#include HEADER\n", 1, "must name its file"),
    ("<world.h> outside the seam", "slub/page.c", "#include <world.h>\n", 1, "only slub/platform/platform.h"),
    ("a file in no layer", "slub/extra.c", "int y;\n", 1, "slub/extra.c: in no layer"),
    ("a file in no layer, in a folder", "slub/debug/extra.h", "\n", 1, "slub/debug/extra.h: in no layer"),
    ("a condition on a world", "slub/page.c", "#if defined(CONFIG_SIM)\n#endif\n", 1, "names a world: CONFIG_SIM"),
    ("a condition on a sanitizer", "slub/page.c", "\n# ifdef __SANITIZE_THREAD__\n#endif\n", 1, "slub/page.c:2"),
    ("a condition on a feature", "slub/page.c", "#if 1 && \\\n__has_feature(address_sanitizer)\n#endif\n", 1, "address_sanitizer"),
    ("a condition on the model checker", "slub/page.h", "#ifndef __CPROVER__\n#endif\n", 1, "__CPROVER__"),
    ("an entry without a file", "slub/README.md", GOOD["slub/README.md"].replace("`page.h`", "`page.h`, `gone.h`"), 1, "no file is called slub/gone.h"),
    ("a file in two layers", "slub/README.md", GOOD["slub/README.md"].replace("`page.h`", "`page.h`, `list.h`"), 1, "slub/list.h is in two layers"),
    ("a page without the list", "slub/README.md", "# slub\n\n1. `list.h`\n", 2, "no numbered list"),
    ("no page at all", "slub/README.md", None, 2, "No such file"),
]


def run(tree):
    done = subprocess.run(
        [os.path.join(ROOT, "ci", "check-layers"), tree],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    return done.returncode, done.stdout


def main():
    print(f"1..{len(BAD) + 2}")
    if any(name.endswith(".c") for name in os.listdir(os.path.join(ROOT, "slub"))):
        status, output = run(ROOT)
        ok(status == 0, "this tree keeps its layers", output)
    else:
        ok(True, "this tree keeps its layers # SKIP slub/ has no source", "")
    with tempfile.TemporaryDirectory() as scratch:

        def plant(path, text):
            path = os.path.join(scratch, "tree", path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if text is None:
                os.unlink(path)
                return
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

        def fresh():
            shutil.rmtree(os.path.join(scratch, "tree"), ignore_errors=True)
            for path, text in GOOD.items():
                plant(path, text)

        fresh()
        status, output = run(os.path.join(scratch, "tree"))
        ok(status == 0, "a small tree in order passes", output)
        for name, path, text, expected, words in BAD:
            fresh()
            plant(path, text)
            status, output = run(os.path.join(scratch, "tree"))
            ok(
                status == expected and words in output, f"refused: {name}",
                f"status {status}, expected {expected} and '{words}' in:\n{output}",
            )
    return tap.status()


if __name__ == "__main__":
    sys.exit(main())
