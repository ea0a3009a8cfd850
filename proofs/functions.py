#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks that proofs/functions.tsv names every function of slub/, and nothing else.

    proofs/functions.py [ROOT]			check
    proofs/functions.py --update FILE.json	name the proofs that entered each function in that run

One line a function: its file below slub/, its name (* for all of a file or a folder), the
properties of proofs/properties.tsv whose executions enter it, and, where there is none, the reason
why none can. `proofs/prove` fails when an execution of a property named here does not enter the
function. Checked besides: whatever a proof or its world defines under the name of a function of
slub/ takes the place of that function; it must be marked with a comment

    CONTRACT function: ID [ID...]

that names the properties by which the function keeps what is promised there.

Exit status: 0 all is in order, 1 something is not (one line each), 2 bad usage or no such file.
"""

import fnmatch
import glob
import json
import os
import re
import sys

COLUMNS = ["file", "function", "proofs", "reason"]
NAMED = 2  # properties that --update names for a function, at most
CONTRACT = re.compile(r"\bCONTRACT (\w+): ([\w.]+(?: [\w.]+)*)")


class Refusal(Exception):
    """Bad input; the message is the one line that the user sees."""


def read_lines(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().split("\n")
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror}") from error


def defined(path):
    """The functions that a file defines: as clang-format leaves it, a body starts with a `{` in
    the first column, and its head is the lines above up to something else."""
    lines = read_lines(path)
    names = []
    for number, line in enumerate(lines):
        if line != "{":
            continue
        first = number - 1
        while first > 0 and re.match(r"\s*[\w*(]", lines[first - 1]) and \
                not lines[first - 1].rstrip().endswith((";", "}", "*/")):
            first -= 1
        head = " ".join(text.strip() for text in lines[first:number])
        head = re.sub(r"__attribute__\(\(.*?\)\)\)?", "", head)
        match = re.match(r"[^(]*?\(?(\w+)\)?\s*\(", head)
        if match:
            names.append(match.group(1))
    return names


def functions_of(root):
    """{(file below slub/, function)} of all sources."""
    found = set()
    slub = os.path.join(root, "slub")
    for name in sorted(glob.glob("**/*.[ch]", root_dir=slub, recursive=True)):
        for function in defined(os.path.join(slub, name)):
            found.add((name, function))
    if not found:
        raise Refusal(f"{slub}: no function in it")
    return found


def read_functions(root):
    """[(line number, row)] of functions.tsv."""
    path = os.path.join(root, "proofs", "functions.tsv")
    rows, header = [], None
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if header is None:
            header = fields
            if header != COLUMNS:
                raise Refusal(f"{path}:{number}: the columns are {' '.join(COLUMNS)}")
        elif len(fields) != len(COLUMNS):
            raise Refusal(f"{path}:{number}: {len(fields)} fields; {len(COLUMNS)} are needed, "
                          "with one tab between two, - for none")
        else:
            rows.append((number, dict(zip(COLUMNS, fields))))
    return rows


def entered_by(root):
    """{property: {(file, function)} that its executions must enter}"""
    wanted = {}
    for _, row in read_functions(root):
        for id_ in row["proofs"].split():
            if id_ != "-":
                wanted.setdefault(id_, set()).add((row["file"], row["function"]))
    return wanted


def property_ids(root):
    path = os.path.join(root, "proofs", "properties.tsv")
    return {line.split("\t")[0] for line in read_lines(path)
            if "\t" in line and not line.startswith("#")} - {"id"}


def check_functions(root, functions, ids):
    wrong, named = [], {}
    for number, row in read_functions(root):
        where = f"proofs/functions.tsv:{number}"
        name = f"{row['file']} {row['function']}"
        proofs = [] if row["proofs"] == "-" else row["proofs"].split()
        if row["function"] == "*":
            matches = {f for f in functions if fnmatch.fnmatchcase(f[0], row["file"])}
            if proofs:
                wrong.append(f"{where}: {name}: * goes with a reason only, not with a proof")
        else:
            matches = {(row["file"], row["function"])} & functions
        if not matches:
            wrong.append(f"{where}: slub/ has no function {name}")
        for match in matches:
            if match in named:
                wrong.append(f"{where}: {name}: line {named[match]} has it already")
            named[match] = number
        wrong += [f"{where}: {name}: there is no property {id_}"
                  for id_ in proofs if id_ not in ids]
        if not proofs and row["reason"] in ("", "-"):
            wrong.append(f"{where}: {name}: neither a proof nor a reason why there is none")
        if proofs and row["reason"] not in ("", "-"):
            wrong.append(f"{where}: {name}: a reason goes with no proof only")
    for file, function in sorted(functions - set(named)):
        wrong.append(f"slub/{file}: {function}() is not in proofs/functions.tsv: name the proof "
                     "that enters it, or the reason why there is none")
    return wrong


def check_contracts(root, functions, ids):
    """Who takes the place of a function of slub/ says by which property that is right."""
    wrong = []
    names = {function for file, function in functions if not file.startswith("platform/")}
    for path in sorted(glob.glob("proofs/**/*.[ch]", root_dir=root, recursive=True)):
        if path.startswith("proofs/explorer/"):
            continue
        full = os.path.join(root, path)
        marks = dict(CONTRACT.findall("\n".join(read_lines(full))))
        # What is static in a header is replaced by the runner: NAME by NAME_contract().
        taken = {name.removesuffix("_contract") for name in defined(full)} & names
        for name in sorted(taken - set(marks)):
            wrong.append(f"{path}: {name}() takes the place of that of slub/ without a "
                         f"comment CONTRACT {name}: ID")
        for name in sorted(set(marks) - taken):
            wrong.append(f"{path}: CONTRACT {name}: no function of that name stands in for one of "
                         "slub/ here")
        for name, proofs in sorted(marks.items()):
            wrong += [f"{path}: CONTRACT {name}: there is no property {id_}"
                      for id_ in proofs.split() if id_ not in ids]
    return wrong


def update(root, results):
    """Writes functions.tsv anew: the proofs that have entered each function, by lines reached."""
    try:
        with open(results, encoding="utf-8") as file:
            properties = json.load(file)["properties"]
    except (OSError, ValueError, KeyError) as error:
        raise Refusal(f"{results}: not the results of proofs/prove: {error}") from error
    old = {(row["file"], row["function"]): row for _, row in read_functions(root)}
    wide = [row for key, row in old.items() if key[1] == "*"]
    path = os.path.join(root, "proofs", "functions.tsv")
    head = [line for line in read_lines(path) if line.startswith("#")]
    lines = head + ["\t".join(COLUMNS)]
    for row in wide:
        lines.append("\t".join(row[column] for column in COLUMNS))
    for key in sorted(functions_of(root)):
        if any(fnmatch.fnmatchcase(key[0], row["file"]) for row in wide):
            continue
        found = []
        for id_, result in properties.items():
            count = result.get("reach", {}).get("functions", {}).get(" ".join(key), 0)
            if count:
                found.append((-count, id_))
        proofs = " ".join(id_ for _, id_ in sorted(found)[:NAMED]) or "-"
        reason = old.get(key, {}).get("reason", "-") if proofs == "-" else "-"
        lines.append("\t".join([key[0], key[1], proofs, reason]))
    scratch = path + ".new"
    with open(scratch, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.replace(scratch, path)


def main(arguments):
    here = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    if arguments[:1] == ["--update"] and len(arguments) == 2:
        update(here, arguments[1])
        return 0
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        raise Refusal("usage: proofs/functions.py [ROOT] or --update FILE.json")
    root = arguments[0] if arguments else here
    functions, ids = functions_of(root), property_ids(root)
    wrong = check_functions(root, functions, ids) + check_contracts(root, functions, ids)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refusal as refusal:
        print(f"functions: {refusal}", file=sys.stderr)
        sys.exit(2)
