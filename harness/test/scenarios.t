#!/bin/bash
# SPDX-License-Identifier: MIT
# The scenarios of the explorer with real threads, under ThreadSanitizer: a slice of each set, round
# after round. SCENARIO_SHARE=1 takes all of them, SCENARIO_ROUNDS says how often.
set -u

O=${O:-build}
explorer=$(realpath "$O/explore/explorer") || exit 1
slubcheck=$(realpath "$O/native-tsan/slubcheck") || exit 1
share=${SCENARIO_SHARE:-40}
rounds=${SCENARIO_ROUNDS:-5}
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

for set in pairs interrupts bulks looks names nodes sequences triples; do
	mkdir "$set"
	run 0 "$explorer" --set "$set" --share "1/$share" --write "$set" &&
		run 0 "$slubcheck" replay --quiet --pin --oracles 1234 --repeat "$rounds" "$set"
	ok "$set: $(find "$set" -name '*.txt' | wc -l) scenarios, $rounds rounds each"
done

echo "1..$count"
