#!/bin/bash
# SPDX-License-Identifier: MIT
# The counterexamples that the explorer has left: each is repeated on the core with the defect that it
# is named for, with the same finding, and runs to a clean end on the core as it is.
set -u

O=$(realpath "${O:-build}")
root=$PWD
slubcheck=$O/native/slubcheck
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# with_defect NAME: ./slubcheck-sim with the core that proofs/mutants/NAME.patch makes; what the
# defect changes, and what includes that, is compiled anew.
with_defect()
{
	local patch=$root/proofs/mutants/$1.patch changed source object
	local include=(-I. -Islub "-I$root/harness/sim" "-I$root") words=() objects
	rm -rf slub && cp -r "$root/slub" slub && patch -p1 -F0 -s -i "$patch" || return 1
	changed=$(sed -n 's,^+++ b/,,p' "$patch")
	read -ra objects <"$O/sim/slubcheck-sim.link"
	for object in "${objects[@]}"; do
		source=${object##*/sim/}
		source=${source%.o}.c
		if [[ $object == */sim/slub/*.o ]] && grep -qw "$changed" "$O/sim/${source%.c}.d"; then
			object=${source//\//-}.o
			"${CC:-gcc}" -std=gnu11 -mcx16 -pthread -D_GNU_SOURCE= "${include[@]}" -O2 -c -o "$object" "$source" ||
				return 1
			object=$PWD/$object
		fi
		words+=("$object")
	done
	(cd "$root" && "${words[@]}" -o "$dir/slubcheck-sim")
}

for file in "$root"/proofs/explorer/counterexamples/*.txt; do
	name=$(basename "$file" .txt)
	run 0 "$slubcheck" replay --world sim "$file" && says out clean
	ok "$name: clean on the core as it is"
	with_defect "$name" >out 2>err && run 1 ./slubcheck-sim replay --world sim "$file" && cat out err >said &&
		says said FINDING
	ok "$name: found again with the defect"
done

echo "1..$count"
