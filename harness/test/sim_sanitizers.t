#!/bin/bash
# SPDX-License-Identifier: MIT
# The simulated machine under ThreadSanitizer: tasks are threads to it, and a switch orders
# nothing, but locks, publication and grace periods do. The seeds run clean on it, and under
# MemorySanitizer.
set -u

O=${O:-build}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export SLUB_FINDINGS_DIR=$dir
number=0

# result NAME CONDITION...: one test; on failure shows what was printed
result()
{
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$dir/log" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		tail -n 30 "$dir/log" | sed 's/^/# /'
		echo "# repeat: $*"
	fi
}

reported()
{
	"$O/sim-tsan/sim_races" "$1"
	[ $? = 66 ] && grep -q 'ThreadSanitizer: data race' "$dir/log"
}

echo 1..8
result 'two plain writes are a race, although they never meet' reported plain
for order in locked published grace; do
	result "no race: $order" "$O/sim-tsan/sim_races" $order
done
for variant in sim-tsan sim-msan; do
	result "$variant: seeds, on many cpus" "$O/$variant/regress_concurrent" corpus/seeds/*.txt
	result "$variant: seeds, on one cpu" "$O/$variant/regress_sequential" corpus/seeds/*.txt
done
