#!/bin/bash
# SPDX-License-Identifier: MIT
# A campaign: it finds and keeps, ends well by itself and by Ctrl-C, is taken over after kill -9,
# shares its folder with another one, and says in one line why it cannot write.
set -u

O=$(realpath "${O:-build}") || exit 1
campaign=$PWD/harness/fuzz/campaign
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
number=0

# result NAME CONDITION...: one test; on failure shows what the campaign printed
result()
{
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		tail -n 12 "$dir/out" "$dir/err" 2>/dev/null | sed 's/^/# /'
	fi
}

# run STATUS OPTION...: true when the campaign ends with STATUS
run()
{
	local wanted=$1
	shift
	"$campaign" "$@" >"$dir/out" 2>"$dir/err"
	[ $? = "$wanted" ]
}

# standing_in FOLDER: the processes whose working directory is below it
standing_in()
{
	local process
	for process in /proc/[0-9]*; do
		case "$(readlink "$process/cwd" 2>/dev/null)/" in
		"$1"/*) tr '\0' ' ' 2>/dev/null <"$process/cmdline" ;;
		esac
	done
}

# Every input is there as a whole: its name is the hash of what it holds.
whole()
{
	local path
	for path in "$1"/corpus/*/*; do
		[ "$(sha1sum <"$path" | cut -d' ' -f1)" = "${path##*/}" ] || return 1
	done
	[ -z "$(find "$1/corpus" -name '.new-*')" ]
}

inputs() { find "$1/corpus" -type f ! -name '.*' | wc -l; }
one_line() { [ "$(wc -l <"$dir/err")" = 1 ] && grep -q "$1" "$dir/err"; }

short="--hours 0.002 --slice 4 --jobs 2 --targets concurrent"
echo 1..21
result 'a short campaign ends clean' run 0 $short --folder "$dir/a"
result 'it tells of both engines' grep -q 'new inputs, [1-9][0-9]* executions' "$dir/out"
result 'its corpus is minimised' grep -q 'inputs minimised to [1-9]' "$dir/out"
result 'every input is whole' whole "$dir/a"
result 'nothing is left at work' test -z "$(ls "$dir/a/work")"

# Killed, with what it has found in the folders of its engines.
"$campaign" --hours 1 --slice 3600 --targets concurrent --folder "$dir/a" >"$dir/out" \
	2>"$dir/err" &
pid=$!
status='left, concurrent: .*/s.*; corpus'
for _ in $(seq 100); do
	grep -q "$status" "$dir/out" && break
	sleep 1
done
result 'a campaign shows its status' grep -q "$status" "$dir/out"
kill -KILL $pid
wait $pid 2>/dev/null
for _ in $(seq 100); do
	[ -z "$(standing_in "$dir/a")" ] && break
	sleep 0.1
done
result 'its engines end with it, and what they have started' test -z "$(standing_in "$dir/a")"
before=$(inputs "$dir/a")
touch "$dir/planted"
for work in "$dir"/a/work/run-*; do
	head -c 100 "$O/seeds/chain.slubops" >"$work/concurrent/libfuzzer-asan-0/corpus/planted"
	printf x >>"$work/concurrent/libfuzzer-asan-0/corpus/planted"
	cp "$work/concurrent/libfuzzer-asan-0/corpus/planted" "$dir/planted"
done
"$campaign" --hours 1 --targets concurrent --folder "$dir/a" >"$dir/out" 2>"$dir/err" &
pid=$!
sleep 8
kill -INT $pid
wait $pid
result 'Ctrl-C ends the next one with status 0' test $? = 0
result 'which has taken over' grep -q 'taken over from one that did not end' "$dir/out"
result 'what the killed one had found is kept' \
	test -e "$dir/a/corpus/concurrent/$(sha1sum <"$dir/planted" | cut -d' ' -f1)"
result 'and nothing is lost' test "$(inputs "$dir/a")" -ge "$before"
result 'every input is whole then' whole "$dir/a"

"$campaign" $short --folder "$dir/b" >"$dir/out2" 2>&1 &
result 'two on one folder: the one' run 0 $short --folder "$dir/b"
wait $!
result 'two on one folder: the other' test $? = 0
result 'they have damaged nothing' whole "$dir/b"

result 'a folder that cannot be made gives status 2' run 2 --folder /proc/none
result 'and one line' one_line '^campaign: /proc/none'
result 'an unknown target gives status 2' run 2 --targets nonsense
result 'and one line that names those there are' one_line 'concurrent, sequential, debug'

# A disk of 48 MiB, most of which is full.
full()
{
	unshare -m sh -c "mount -t tmpfs -o size=48m none '$dir/disk' &&
		head -c 20000000 /dev/zero >'$dir/disk/rest' &&
		'$campaign' $short --folder '$dir/disk/c' >'$dir/out' 2>'$dir/err'"
	[ $? = 2 ]
}
mkdir "$dir/disk"
if unshare -m mount -t tmpfs none "$dir/disk" 2>/dev/null; then
	result 'a disk that is full gives status 2' full
	result 'and one line' one_line 'MiB are free'
else
	echo "ok 20 - a disk that is full # SKIP no file system can be mounted here"
	echo "ok 21 - and one line # SKIP no file system can be mounted here"
fi
