#!/bin/bash
# SPDX-License-Identifier: MIT
# The walk of docs/races.md, made anew: the planted race is found, minimized, shown, swept, and made
# a C test that finds it; and what the walk has left in corpus/races is clean on this tree.
set -u

O=$(realpath "${O:-build}")
slubcheck=$O/native/slubcheck root=$PWD
kept=$root/corpus/races/cas1
new=$(mktemp -d) || exit 1
(cd "$root" && O=$O corpus/races/walk cas1 4000000000 "$new") >"$new/log" 2>&1
walked=$?
cp "$new/log" "$O/races/cas1/walk.log"
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh
trap 'rm -rf "$dir" "$new"' EXIT

cp "$new/log" out
[ $walked = 0 ]
ok 'the walk: every command shows the race'
[ "$(grep -c '^t[0-9]' "$new/minimized.txt")" -le 10 ] && [ "$(grep -c '^@' "$new/minimized.txt")" -le 3 ]
ok 'it is minimized to a handful of records'
grep -Eq 'FINDING: [1-9][0-9]* of [0-9]+ schedules fail' "$new/sweep.txt"
ok 'some of its schedules fail'
grep -q '# preempted: ' "$new/timeline.txt" && grep -q '^# FINDING' "$new/timeline.txt" &&
	python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$new/trace.json"
ok 'the timeline shows preemption and finding'
for file in found minimized; do
	"$slubcheck" replay -q --world sim "$kept/$file.txt" >out 2>err
	ok "kept $file.txt is clean without the defect"
done
"$slubcheck" sweep -q --preemptions 2 "$kept/minimized.txt" >out 2>err
ok 'so is every schedule of it with two preemptions'
"${CC:-gcc}" -std=gnu11 -mcx16 -DSIM -D_GNU_SOURCE -I"$root" -I"$root/slub" -I"$root/harness/sim" \
	"$kept/test.c" "$O/sim/libslub-sim.a" -o c-test >out 2>err && ./c-test >out 2>err && [ "$(cat out)" = clean ]
ok 'and the kept C test'
echo "1..$count"
