#!/bin/bash
# SPDX-License-Identifier: MIT
# Every fuzz target has a dictionary, options, seeds and a runner; its seeds run clean, and so does
# a moment of the engine. The boot options of the manual are all in their dictionary.
set -u

O=$(realpath "${O:-build}") root=$PWD
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh
export SLUB_FINDINGS_DIR=$dir/findings

expect()
{
	local wanted=$1
	shift
	"$@"
	[ $? = "$wanted" ]
}

# Where the program, the runner and the seeds of a target are.
folder() { [ "$1" = mutate ] && echo native-fuzz || echo sim-fuzz; }
runner()
{
	case $1 in
	mutate | program) echo "$O/native-asan/regress_$1" ;;
	*) echo "$O/sim-asan/regress_$1" ;;
	esac
}
seeds()
{
	case $1 in
	boot | attributes | corrupt | layout) echo "$root/corpus/$1" ;;
	*) echo "$O/seeds" ;;
	esac
}

all_words()
{
	local word
	for word in $(grep -o '^| `[a-z_]*' "$root"/docs/options.md | tr -d '|` ' | sort -u); do
		grep -q "^\"$word" "$O/fuzz/fuzz_boot.dict" || { echo "$word is missing"; return 1; }
	done
}

echo 1..33
for target in concurrent sequential debug boot attributes corrupt layout program mutate; do
	fuzz=$O/$(folder $target)/fuzz_$target
	mkdir -p "$dir/$target"
	passes "$target: seeds run clean without an engine" "$(runner $target)" "$(seeds $target)"/*
	passes "$target: options as OSS-Fuzz has them" \
		grep -q '^max_len = ' "$root"/harness/fuzz/options/fuzz_$target.options
	passes "$target: the engine for a moment, with its dictionary" "$fuzz" -runs=150 -seed=1 \
		-dict="$O/fuzz/fuzz_$target.dict" -max_len=1024 -artifact_prefix="$dir/" \
		"$dir/$target" "$(seeds $target)"
done
passes 'the boot options of the manual are in the dictionary' all_words
passes 'a dictionary for an unknown target gives status 2' expect 2 \
	"$O/native/fuzz_dictionary" nonsense
passes 'a runner without a file gives status 2' expect 2 "$(runner boot)"
passes 'a file that is not there gives status 2' expect 2 "$(runner boot)" "$dir/none"

# What a finding looks like: a target that finds something in one of two files.
cat >"$dir/planted.c" <<'END'
#include <stdint.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && *data == 'x')
		abort();
	return 0;
}
END
${CC:-gcc} -o "$dir/planted" "$dir/planted.c" "$root"/harness/fuzz/regress_bytes.c
echo x >"$dir/bad"
echo y >"$dir/good"
passes 'a finding gives status 1' expect 1 "$dir/planted" "$dir/good" "$dir/bad" "$dir/good"
passes 'and names its file alone' \
	sh -c "'$dir/planted' '$dir/good' '$dir/bad' '$dir/good' | grep -c '^not ok 2 - $dir/bad' |
		grep -qx 1"
