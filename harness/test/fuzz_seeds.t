#!/bin/bash
# SPDX-License-Identifier: MIT
# The seed corpus runs clean on both targets, from text and from what is packed of it.
set -u

O=${O:-build}
findings=$(mktemp -d) || exit 1
trap 'rm -rf "$findings"' EXIT
export SLUB_FINDINGS_DIR=$findings
number=0

# expect STATUS NAME COMMAND...: one test
expect()
{
	local wanted=$1 name=$2 status
	shift 2
	number=$((number + 1))
	"$@" >"$findings/log" 2>&1
	status=$?
	if [ "$status" = "$wanted" ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name: status $status"
		sed 's/^/# /' "$findings/log"
		echo "# repeat: $*"
	fi
}

echo 1..8
for target in concurrent sequential; do
	runner=$O/sim-asan/regress_$target
	expect 0 "$target: seeds as text" "$runner" corpus/seeds/*.txt
	expect 0 "$target: seeds as packed" "$runner" "$O"/seeds/*.slubops
done
expect 2 'a file that is not there' "$runner" "$findings/none"
expect 2 'no file' "$runner"
echo 'slubops 1' >"$findings/broken.txt"
echo 't0: nonsense' >>"$findings/broken.txt"
expect 2 'a text that is no program' "$runner" "$findings/broken.txt"
"$runner" --store "$findings/stored" "$O"/seeds/chain.slubops
expect 0 'what is stored can be read' "$runner" "$findings/stored.txt" "$findings/stored.slubops"
