# SPDX-License-Identifier: MIT
"""What the programs of this folder that are called with --option VALUE have in common."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("O", os.path.join(ROOT, "build"))
BOOT = "slab_max_order=1 numa=fake=3"
# The allocator's settings that make a lane.
LANES = {
    "plain": BOOT,
    "hardened": BOOT + " slab_freelist_hardened=1 slab_freelist_random=1 slab_random_kmalloc=1"
                       " init_on_alloc=1 init_on_free=1",
    "debug": BOOT + " slab_debug=FZPU",
}


def fail(text, status=2):
    """Says in one line what is wrong, and ends."""
    print(f"{os.path.basename(sys.argv[0])}: {text}", file=sys.stderr)
    sys.exit(status)


def options(doc, defaults, files=False):
    """The command line as a dictionary of texts; with @files, also the words that are no option."""
    arguments, values, words = sys.argv[1:], dict(defaults), []
    if arguments == ["--help"]:
        print(doc)
        sys.exit(0)
    while arguments:
        name = arguments.pop(0)
        if files and name[:1] != "-":
            words.append(name)
        elif name[:2] != "--" or name[2:] not in values or not arguments:
            fail(f"{name}: --{', --'.join(values)} are allowed, each with a value"
                 f"{', and files' if files else ''}")
        else:
            values[name[2:]] = arguments.pop(0)
    return (values, words) if files else values


def number(name, text, low, high, whole=True):
    """The number that @text is, a whole one or one with a fraction."""
    pattern = r"\d{1,7}" if whole else r"\d{1,5}(\.\d{1,6})?"
    if not re.fullmatch(pattern, text) or not low <= float(text) <= high:
        fail(f"--{name} {text}: a {'whole ' if whole else ''}number from {low:g} to {high:g} is "
             f"allowed")
    return int(text) if whole else float(text)


def seed(text):
    """A seed: a number, decimal or as in C."""
    if not re.fullmatch(r"\d{1,18}|0x[0-9a-f]{1,15}", text):
        fail(f"--seed {text}: a number is allowed, decimal or 0x…")
    return int(text, 0)


def names(name, text, known):
    """The words of @text, between commas, all of which are @known."""
    words = text.split(",")
    for word in words:
        if word not in known:
            fail(f"--{name} {word}: allowed are {', '.join(known)}")
    return words


def executable(name, path, goal):
    """Ends if there is no program at @path, which make builds for @goal."""
    if not os.access(path, os.X_OK):
        fail(f"--{name} {path}: it is missing; make {goal} builds it")


def replace(path, text):
    """Writes a file, whole or not at all."""
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".tmp", path)
