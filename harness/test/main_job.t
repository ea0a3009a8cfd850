#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job's own lanes, a minute of them: each tool takes what it is told, does its work and finds
# nothing. Benchmarks are left out: they have no right result.
set -u

root=$PWD
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh
cd "$root" || exit 1

mapfile -t lanes < <(harness/run/run --list | awk '$1 !~ /^(bench|fuzz-rates)$/ { print $1 }')
[ "${#lanes[@]}" -ge 7 ]
ok "the main job has lanes: ${lanes[*]}"

# What proofs are run depends on the time there is; no tool here is asked to do it.
for minutes in 1 5 29 30; do
	mapfile -t command < <(python3 - "$minutes" <<'PY'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "harness/run")
import lanes

class Asked:
    out, minutes, json = "build", int(sys.argv[1]), "result.json"

print("\n".join(lanes.Proofs().command(Asked, Asked)))
PY
	)
	"${command[@]}" --list >"$dir/out" 2>"$dir/err" && grep -q '^S6.pop ' "$dir/out"
	ok "with $minutes minutes, proofs/prove takes what the lane asks for"
done

PYTHONDONTWRITEBYTECODE=1 harness/run/run --minutes 1 --findings "$dir/findings" "${lanes[@]/#/--lane=}" \
	>"$dir/out" 2>"$dir/err"
status=$?
cd "$dir" || exit 1
[ "$status" = 0 ] && grep -qE "^${#lanes[@]} lanes, 0 findings, 0 broken, 0 skipped" out
ok "a minute of all of them is clean"
for lane in "${lanes[@]}"; do
	grep -qE "^$lane +[0-9]" out && ! grep -qE "^$lane +0 " out
	ok "$lane has done something"
done
echo "1..$count"
