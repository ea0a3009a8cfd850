#!/bin/bash
# SPDX-License-Identifier: MIT
# Every program below corpus/seeds and corpus/regressions replays clean in both worlds, and in the
# simulated one under every schedule with one preemption, or an interrupt at another moment.
set -u

O=${O:-build}
slubcheck=$O/native/slubcheck
number=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
shopt -s nullglob
programs=(corpus/seeds/*.txt corpus/regressions/*.txt)

# clean NAME COMMAND...: one test
clean()
{
	local name=$1 status
	shift
	number=$((number + 1))
	"$@" >"$log" 2>&1
	status=$?
	if [ $status = 0 ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name: status $status"
		sed 's/^/# /' "$log"
		echo "# repeat: $*"
	fi
}

if [ ${#programs[@]} = 0 ]; then
	echo "1..1"
	echo "not ok 1 - there are programs"
	exit 1
fi
echo "1..4"
clean "all of them in the simulated world" "$slubcheck" replay -q --world sim "${programs[@]}"
clean "all of them with threads" "$slubcheck" replay -q --world native -n 3 "${programs[@]}"
clean "all of them with one preemption" "$slubcheck" sweep -q --preemptions 1 "${programs[@]}"
clean "a short one with two" "$slubcheck" sweep -q --preemptions 2 corpus/seeds/preempted-pop.txt
