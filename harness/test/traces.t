#!/bin/bash
# SPDX-License-Identifier: MIT
# The traces of real programs in corpus/traces are what the harness was promised.
set -u

slubcheck=$(realpath "${O:-build}/native-asan/slubcheck") || exit 1
traces=$PWD/corpus/traces
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# check DESCRIPTION CONDITION...: the condition is words of [
check()
{
	local description=$1
	shift
	[ "$@" ]
	ok "$description"
}

number()
{
	awk -v name="$1" '$1 == name { n = $2 } END { print n + 0 }' stats
}

programs=0
threaded=0
bytes=0
for file in "$traces"/*.slubops; do
	name=$(basename "$file" .slubops)
	"$slubcheck" record --stats "$file" >stats
	check "$name: strict reading accepts it" $? = 0
	for wanted in 'operations 20000' 'distinct-sizes 50' 'peak-objects 1000'; do
		value=$(number "${wanted% *}")
		check "$name: ${wanted% *} $value, at least ${wanted#* }" "$value" -ge "${wanted#* }"
	done
	row="| $(number operations) | $(number distinct-sizes) | $(number peak-objects) |"
	row="$row $(number peak-bytes) | $(number threads) |"
	row="$row $(awk '$1 == "cross-percent" { print $2 }' stats) % |"
	check "$name: its line in README.md has its numbers" \
		"$(grep "^| $name |" "$traces/README.md" | grep -cF "$row")" = 1
	programs=$((programs + 1))
	bytes=$((bytes + $(wc -c <"$file")))
	if [ "$(number threads)" -gt 1 ] &&
		[ $((100 * $(number cross-frees))) -ge $((5 * $(number frees))) ]; then
		threaded=$((threaded + 1))
	fi
done
check "$programs programs, at least 9" "$programs" -ge 9
check "$threaded with 5 % of frees on another thread, at least 2" "$threaded" -ge 2
check "$bytes bytes in all, at most 10 MiB" "$bytes" -le $((10 * 1024 * 1024))
echo "1..$count"
