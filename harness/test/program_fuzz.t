#!/bin/bash
# SPDX-License-Identifier: MIT
# The fuzz target of the program readers, for a fixed number of inputs: nothing is found.
set -u

O=${O:-build}
target=$(realpath "$O/sim-fuzz/fuzz_program") || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/corpus"
cat >"$dir/corpus/text" <<END
slubops 1
cpus 2
nodes 2
tasks 3
seed 0x2a
flags nomerge
t0: create kc4 align_log2=3 flags=ctor+rcu size=128
t1@c0: r3 = kmalloc size=64 gfp=zero node=n1
t0: kfree r3
t0: fault site=page nth=1 count=2
@+17 -> t2 x1
@+5 irq
raw 00ff0000010000000000000000000000
END
printf 'SLUBOPS1\2\1\3\0\377\0\0\0\0\0\0\0\0\0\0\0*\0\0\0\0\0\0\0' >"$dir/corpus/binary"
printf '\7\0\1\0\3\0\0\0@\0\0\0\0\1\0\377' >>"$dir/corpus/binary"
echo 1..1
if "$target" -runs=20000 -seed=1 -max_len=512 -artifact_prefix="$dir/" "$dir/corpus" \
	>"$dir/log" 2>&1; then
	echo "ok 1 - 20000 inputs to the readers"
else
	echo "not ok 1 - 20000 inputs to the readers"
	tail -n 40 "$dir/log" | sed 's/^/# /'
	for file in "$dir"/crash-* "$dir"/leak-* "$dir"/timeout-* "$dir"/oom-*; do
		[ -e "$file" ] || continue
		cp "$file" "$O/"
		echo "# repeat: $target $O/$(basename "$file")"
	done
fi
