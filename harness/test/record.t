#!/bin/bash
# SPDX-License-Identifier: MIT
# slubcheck record: what it writes for a program whose allocations are known, and what it says
# of commands and outputs that it cannot use.
set -u

O=${O:-build}
slubcheck=$(realpath "$O/native-asan/slubcheck") || exit 1
source=$(realpath harness/test/record_known.c) || exit 1
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# record ARGUMENT...: exit 0, and then the program as text in `text`, without cpus
record()
{
	rm -f differences trace
	"$slubcheck" record -o trace "$@" >out 2>err || return 1
	"$slubcheck" show trace >full || return 1
	sed 's/@c[0-9]*//' full >text
}

# refuses MESSAGE ARGUMENT...: exit 2, just this line on stderr, and `kept` is as it was
refuses()
{
	local message="slubcheck: $1" status

	shift
	echo kept >kept
	"$slubcheck" "$@" >out 2>err
	status=$?
	[ $status -eq 2 ] && [ "$(cat err)" = "$message" ] && [ "$(cat kept)" = kept ] &&
		[ ! -s out ] && [ "$(echo kept*)" = kept ]
	ok "refused: slubcheck $*"
}

# number NAME: a number of the summary in err, 0 where it is not printed
number()
{
	awk -v name="$1" '$1 == name { n = $2 } END { print n + 0 }' err
}

# of_size SIZE: how many records allocate that many bytes
of_size()
{
	grep -c " kmalloc size=$1\$" text
}

"${CC:-gcc}" -O1 -fno-builtin -pthread -w -o known "$source" || exit 1

# ---- One thread: every call, exactly ----

# Between the marks, with slots named a, b, c … as they appear.
cat >expected <<'END'
t0: a = kmalloc size=1001
t0: b = kmalloc size=1001 gfp=zero
t0: krealloc a size=2003
t0: krealloc a size=3003
t0: c = kmalloc_align size=1005 align_log2=8
t0: d = kmalloc_align size=1006 align_log2=6
t0: e = kmalloc_align size=8192 align_log2=12
t0: f = kmalloc_align size=1007 align_log2=12
t0: g = kmalloc_align size=8192 align_log2=12
t0: h = kmalloc size=0
t0: kfree c
t0: c = kmalloc size=1008
t0: kfree c
t0: kfree b
t0: kfree a
t0: kfree h
t0: kfree g
t0: kfree f
t0: kfree e
t0: kfree d
END
record -- ./known calls
ok 'a run is recorded'
sed -n '/size=777001/,/size=777002/p' text | sed '1d;$d' | awk '{
	for (i = 1; i <= NF; i++)
		if ($i ~ /^r[0-9]+$/) {
			if (!($i in name))
				name[$i] = substr("abcdefghijkl", ++n, 1)
			$i = name[$i]
		}
	print }' >between
diff expected between >differences
ok 'every call is there: kind, size, alignment, object, order; failed calls are not'
[ "$(of_size 60001)" = 1 ] && [ "$(of_size 60002)" = 1 ]
ok 'allocations in preinit_array and in a constructor are there'
[ "$(grep -n size=60001 text | cut -d: -f1)" -lt "$(grep -n size=60002 text | cut -d: -f1)" ]
ok 'and in their order'
grep -qx 'command            exited with status 0' err
ok "the command's exit status is reported"
[ "$(grep -c 'unseen\|dropped\|unfinished\|stopped\|processes' err)" = 0 ]
ok 'nothing is reported as dropped'
"$slubcheck" pack full -o again && cmp trace again
ok 'show and pack give the same bytes'
"$slubcheck" record --stats trace >stats && diff stats <(grep -v '^command' err) >differences
ok '--stats prints the same numbers for the file'

# ---- Threads ----

record -- ./known ring
awk '/ = kmalloc size=50[0-4][0-9][0-9]$/ { owner[$2] = $1; made[$1]++; next }
	$2 == "kfree" && $3 in owner { by[$1]++; cross += owner[$3] != $1; delete owner[$3]; next }
	$3 == "=" { delete owner[$2] }
	END { for (t in made) if (made[t] == 500 && by[t] == 500) good++
		left = length(owner); print good, cross, left }' text >differences
[ "$(cat differences)" = '4 2000 0' ]
ok 'four threads allocate 500 objects each, and each frees those of another one'
[ "$(number cross-frees)" -ge 2000 ] && [ "$(number threads)" = 5 ]
ok 'the summary counts frees on another thread'

for run in 1 2 3; do
	record -- ./known hot && [ "$(of_size 200001)" = 24000 ] &&
		[ "$(grep -c 'krealloc r[0-9]* size=300001$' text)" = 8000 ] &&
		[ "$(grep -c 'krealloc r[0-9]* size=150001$' text)" = 8000 ] &&
		[ "$(number unseen-frees)" = 0 ] && [ "$(number dropped-frees)" = 0 ] &&
		[ "$(number adopted)" = 0 ]
	ok "addresses that pass from thread to thread at once stay in order ($run)"
done
# A slot is filled by the task that emptied it last, or was never used.
awk '$2 == "kfree" { last[$3] = $1 }
	$3 == "=" && $4 ~ /^kmalloc/ { if (($2 in last) && last[$2] != $1) bad++; delete last[$2] }
	END { exit bad > 0 }' text
ok 'a slot is used again only by the task that emptied it'

record -- ./known threads && [ "$(of_size 70001)" = 1100 ] && grep -qx 'tasks 1024' text &&
	[ "$(number threads-merged)" = 1101 ]
ok '1,101 threads that end share 1,024 tasks; frees in thread destructors are survived'

# ---- Processes ----

record -- ./known forks && [ "$(of_size 80001)" = 1 ] && [ "$(of_size 80002)" = 0 ] &&
	[ "$(of_size 80003)" = 5 ] && [ "$(number processes)" = 0 ] && grep -qx 'tasks 1' text
ok 'without --follow, a forked child is not recorded, and its parent is'
record --follow -- ./known forks && [ "$(of_size 80002)" = 10 ] && [ "$(of_size 80003)" = 5 ] &&
	[ "$(number processes)" = 2 ] && [ "$(number dropped-frees)" -ge 1 ] &&
	[ "$(grep -c '^t1: .*size=80002$' text)" = 10 ] && grep -qx 'tasks 2' text
ok 'with --follow it is a further task, and its free of what it inherited is dropped'
record -- ./known spawns && [ "$(of_size 80004)" = 1 ] && [ "$(of_size 777001)" = 0 ]
ok 'without --follow, a spawned program is not recorded'
record --follow -- ./known spawns && [ "$(of_size 80004)" = 1 ] && [ "$(of_size 777001)" = 1 ]
ok 'with --follow it is'
record -- sh -c 'exec ./known calls' && [ "$(of_size 777001)" = 1 ] &&
	[ "$(number processes)" = 2 ]
ok 'exec in the same process goes on recording'

for signal in 'segv 11 (Segmentation fault)' 'kill 9 (Killed)'; do
	record -- ./known "${signal%% *}" && [ "$(of_size 90001)" = 5 ] &&
		grep -qx "command            killed by signal ${signal#* }" err
	ok "a command that dies of ${signal%% *} is recorded up to there, and the signal reported"
done
record -- sh -c 'exit 7' && grep -qx 'command            exited with status 7' err
ok 'exit status 7 of the command is reported, and is no error'

mkfifo ready
"$slubcheck" record -o trace -- ./known waits >ready 2>err &
recorder=$!
read -r line <ready
kill -TERM "$recorder"
wait "$recorder" && "$slubcheck" show trace | sed 's/@c[0-9]*//' >text &&
	[ "$line $(of_size 90002)" = 'ready 1' ] && grep -q 'killed by signal 15' err
ok 'who ends the recorder ends the command, and has its recording'

# ---- Limits ----

record --max-ops 100 -- ./known many && [ "$(number operations)" = 100 ] &&
	[ "$(grep -c '^t0' text)" = 100 ] && grep -q '^stopped  *after 100 operations; 1[0-9]* ' err &&
	[ "$(cat out)" = 'the end' ]
ok '--max-ops 100 writes 100 operations, says what it left out, and lets the command finish'
mv text first && record -- ./known many && head -n 105 text | cmp -s - <(head -n 105 first)
ok 'and they are the first ones'

# ---- Statistics of a program written by hand ----

cat >hand <<'END'
slubops 1
cpus 2
nodes 1
tasks 3
seed 0x0
t0: r0 = kmalloc size=64 gfp=zero
t1: r1 = kmalloc_align size=64 align_log2=6
t1: krealloc r0 size=200
t0: kfree r0
t2: r1 = kmalloc size=10
t2: kfree r1
t2: kfree r1
END
cat >expected <<'END'
program            hand
operations         7
  kmalloc          2
  kmalloc_align    1
  krealloc         1
  kfree            3
zeroed             1
distinct-sizes     3
largest-bytes      200
peak-objects       2
peak-bytes         264
live-at-end        0
threads            3
cpus               2
frees              3
cross-frees        2
cross-percent      66.7
END
"$slubcheck" record --stats hand >out 2>err && diff expected out >differences
ok '--stats: a program written by hand has the numbers counted by hand'

# ---- Bad input ----

options='--output (-o), --max-ops, --follow, --stats and --help (-h)'
refuses "record: no output is named; allowed is -o FILE" record -- true
refuses "record: no COMMAND is named; allowed is -- COMMAND ARGUMENTS" record -o kept
refuses "record: no COMMAND is named; allowed is -- COMMAND ARGUMENTS" record -o kept --
refuses "record: unknown option '--nonsense'; allowed are $options" record --nonsense
refuses "record: unknown option '-x'; allowed are $options" record -x -o kept -- true
refuses "record: option '-o' has no value; allowed is --output FILE" record -o
refuses "record: -o -: standard output is the command's; allowed is a file" record -o - -- true
for n in 0 -1 x 12x '' 16777217 99999999999999999999; do
	refuses "record: --max-ops is '$n'; allowed is 1 to 16777216" record --max-ops "$n" -o kept -- true
done
refuses "record: cannot run './not-there': No such file or directory" record -o kept -- ./not-there
refuses "record: cannot run 'not-in-path': No such file or directory" record -o kept -- not-in-path
refuses "record: cannot run '$dir': Permission denied" record -o kept -- "$dir"
printf '#!/bin/sh\n' >"$dir/not-executable"
refuses "record: cannot run './not-executable': Permission denied" record -o kept -- ./not-executable
refuses "record: --stats: no FILE is named; allowed is one or more" record --stats
refuses "record: --stats goes with FILEs only, no other option" record --stats -o kept hand

"$slubcheck" record -o not-there/trace -- touch ran >out 2>err
[ $? = 2 ] && [ "$(wc -l <err)" = 1 ] && grep -q 'not-there/trace' err && [ ! -e ran ]
ok 'an output that cannot be written is refused before the command runs'
"$slubcheck" record --stats known >out 2>err
[ $? = 2 ] && [ "$(wc -l <err)" = 1 ] && grep -q '^slubcheck: known' err && [ ! -s out ]
ok '--stats of a file that is no program is refused'

printf 'int main(void) { return 0; }\n' >static.c
if "${CC:-gcc}" -static -o static static.c 2>/dev/null; then
	refuses "record: './static' did not load the recorder: it is static, setuid, of another architecture, or ended before it began" \
		record -o kept -- ./static
else
	count=$((count + 1))
	echo "ok $count - # SKIP no static C library"
fi

"$slubcheck" record --help >out 2>err && grep -q '^Usage: slubcheck record' out && [ ! -s err ]
ok '--help'
echo "1..$count"
