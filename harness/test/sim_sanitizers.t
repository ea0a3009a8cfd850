#!/bin/bash
# SPDX-License-Identifier: MIT
# The simulated machine under ThreadSanitizer: tasks are threads to it, and a switch orders
# nothing, but locks, publication and grace periods do. The seeds run clean on it, and under
# MemorySanitizer.
set -u

O=$(realpath "${O:-build}") root=$PWD
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh
export SLUB_FINDINGS_DIR=$dir/findings

reported()
{
	"$O/sim-tsan/sim_races" "$1"
	[ $? = 66 ] && grep -q 'ThreadSanitizer: data race' out
}

found()
{
	"$O/sim/sim_races" "$1"
	[ $? = 1 ] && grep -q '^race: nothing orders a plain' out
}

echo 1..14
passes 'the machine finds the race itself' found plain
for order in locked published grace handed; do
	passes "nor has it one: $order" "$O/sim/sim_races" $order
done
passes 'two plain writes are a race, although they never meet' reported plain
for order in locked published grace handed; do
	passes "no race: $order" "$O/sim-tsan/sim_races" $order
done
for variant in sim-tsan sim-msan; do
	passes "$variant: seeds, on many cpus" "$O/$variant/regress_concurrent" "$root"/corpus/seeds/*.txt
	passes "$variant: seeds, on one cpu" "$O/$variant/regress_sequential" "$root"/corpus/seeds/*.txt
done
