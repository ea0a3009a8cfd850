#!/bin/bash
# SPDX-License-Identifier: MIT
# slubcheck slabinfo and slubcheck export as people call them: texts, files, modes, links, what is
# refused, and that an export that fails leaves nothing behind.
set -u

O=${O:-build}
slubcheck=$(realpath "$O/native/slubcheck") || exit 1
planted=$(realpath "$O/native/slubcheck-planted") || exit 1
simulated=$(realpath "$O/sim/slubcheck-sim") || exit 1
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh
unset LIBSLUB_OPTIONS
umask 022

# refuses MESSAGE ARGUMENT...: exit 2, nothing on stdout, one line on stderr, nothing new here
refuses()
{
	local message="slubcheck: $1" before
	shift
	before=$(ls -A)
	refused_with "$message" "$slubcheck" "$@" && [ "$(ls -A)" = "$before" ]
}

cat >program.txt <<'END'
slubops 1
cpus 1
slab_max_order 0
t0: create kc1 align_log2=0 flags=ctor+rcu size=48
t0: create kc2 align_log2=0 flags=reclaim size=300
t0: create kc3 align_log2=0 flags=nomerge size=1000
t0: r0 = alloc kc1
t0: r1 = alloc kc2
t0: r2 = alloc kc3
t0: r3 = alloc kc3
t0: free r2
t0: flush kc3
END
: >out
: >err

# slabinfo
run 0 "$slubcheck" slabinfo program.txt && [ ! -s err ] &&
	[ "$(head -n 1 out)" = 'slabinfo - version: 2.1' ] &&
	sed -n 2p out | grep -q '^# name            <active_objs> .* <sharedavail>$'
ok 'slabinfo: two lines of heading'
cat >wanted <<'END'
k3                     1      4   1000    4    1 : tunables    0    0    0 : slabdata      1      1      0
k2                    13     13    304   13    1 : tunables    0    0    0 : slabdata      1      1      0
k1                    73     73     56   73    1 : tunables    0    0    0 : slabdata      1      1      0
END
grep '^k[0-9] ' out >got
cmp got wanted
ok 'slabinfo: a line for each cache, the youngest first'
grep -q '^kmem_cache_node ' out
ok 'slabinfo: the caches of the boot'
"$slubcheck" slabinfo - <program.txt >again 2>err && cmp <(grep '^k[0-9] ' again) wanted
ok 'slabinfo: a program on standard input'

# export
run 0 "$slubcheck" export program.txt -o tree && [ ! -s out ] && [ ! -s err ] && [ -d tree ]
ok 'export: a new folder'
[ "$(readlink tree/k2)" = ':a-0000304' ] && [ -d 'tree/:a-0000304' ] && [ ! -L tree/k1 ] &&
	[ -d tree/k1 ] && [ ! -L tree/k3 ] && [ -d tree/kmem_cache ]
ok 'export: ids, links to them, names'
! find tree -xtype l | grep -q .
ok 'export: no link leads nowhere'
[ "$(find tree/k1 -type f | wc -l)" = 57 ] &&
	[ "$(find tree/k1 -type f -perm 0600 | wc -l)" = 33 ] &&
	[ "$(find tree/k1 -type f -perm 0400 | wc -l)" = 24 ]
ok 'export: 57 files a cache, 33 of them writable'
(umask 077 && "$slubcheck" export program.txt -o private) &&
	[ "$(stat -c %a private private/k1/order private/k1/shrink)" = "$(printf '700\n400\n600')" ]
ok "export: folders obey the umask, files have their attribute's mode"
values()
{
	local attribute
	for attribute in slab_size object_size objs_per_slab align order aliases destroy_by_rcu \
		reclaim_account slabs objects total_objects partial objects_partial cpu_slabs \
		shrink slabs_cpu_partial min_partial remote_node_defrag_ratio; do
		printf '%s=%s ' $attribute "$(cat "tree/$1/$attribute")"
	done
	echo
}
cat >wanted <<'END'
slab_size=56 object_size=48 objs_per_slab=73 align=8 order=0 aliases=0 destroy_by_rcu=1 reclaim_account=0 slabs=1 N0=1 objects=73 N0=73 total_objects=73 N0=73 partial=0 objects_partial=0 cpu_slabs=1 N0=1 shrink= slabs_cpu_partial=0(0) min_partial=5 remote_node_defrag_ratio=100 
slab_size=304 object_size=300 objs_per_slab=13 align=8 order=0 aliases=0 destroy_by_rcu=0 reclaim_account=1 slabs=1 N0=1 objects=13 N0=13 total_objects=13 N0=13 partial=0 objects_partial=0 cpu_slabs=1 N0=1 shrink= slabs_cpu_partial=0(0) min_partial=5 remote_node_defrag_ratio=100 
slab_size=1000 object_size=1000 objs_per_slab=4 align=8 order=0 aliases=0 destroy_by_rcu=0 reclaim_account=0 slabs=1 N0=1 objects=1 N0=1 total_objects=4 N0=4 partial=1 N0=1 objects_partial=1 N0=1 cpu_slabs=0 shrink= slabs_cpu_partial=0(0) min_partial=5 remote_node_defrag_ratio=100 
END
{ values k1; values k2; values k3; } >got
diff got wanted >differences
ok 'export: the texts are those of the calls'
grep -Eq '^1 C[0-9]+=1$' tree/k3/alloc_fastpath && [ "$(cat tree/k3/free_frozen)" = 0 ]
ok 'export: statistics'
[ "$(ls -A)" = "$(ls)" ] && [ ! -e debug ]
ok 'export: nothing else is left, and no traces where no cache has them'
mkdir empty && run 0 "$slubcheck" export program.txt -o empty/ && [ -d empty/k1 ]
ok 'export: an empty folder, with a slash behind its name'
mkdir -p below/it && run 0 "$slubcheck" export --output="$PWD/below/it/slab" program.txt &&
	[ -d below/it/slab/k1 ]
ok 'export: an absolute path'

# Traces of caches that keep the users of their objects.
mkdir traced
LIBSLUB_OPTIONS='slab_debug=U,k3' run 0 "$slubcheck" export program.txt -o traced/slab &&
	[ "$(ls traced/debug/slab)" = k3 ] && [ "$(ls traced/debug/slab/k3)" = $'alloc_traces\nfree_traces' ] &&
	[ "$(stat -c %a traced/debug/slab/k3/alloc_traces)" = 400 ] &&
	grep -q '^      1 .* age=.* pid=' traced/debug/slab/k3/alloc_traces &&
	[ "$(cat traced/slab/k3/store_user)" = 1 ] && [ "$(ls -A traced)" = $'debug\nslab' ] &&
	[ "$(ls -A traced/debug)" = slab ]
ok 'export: traces, beside the tree'
LIBSLUB_OPTIONS='slab_debug=U,k3' run 2 "$slubcheck" export program.txt -o traced/again &&
	says err 'export: traced/again: is not empty, or debug/slab beside it is not' &&
	[ "$(ls -A traced)" = $'debug\nslab' ] && [ "$(ls -A traced/debug)" = slab ]
ok 'export: traces of an earlier export stay'
mkdir blocked && echo mine >blocked/debug
LIBSLUB_OPTIONS='slab_debug=U,k3' run 2 "$slubcheck" export program.txt -o blocked/slab &&
	says err 'Not a directory' && [ "$(ls -A blocked)" = debug ] && [ "$(cat blocked/debug)" = mine ]
ok 'export: no place for traces, no tree'

LIBSLUB_OPTIONS='slab_debug=U,k3' run 2 "$slubcheck" export program.txt -o debug &&
	says err 'export: debug: is not empty' && [ ! -e debug ] && [ "$(ls -A)" = "$(ls)" ]
ok 'export: a tree where the traces belong, and nothing of either is left'

# What is refused.
mkdir full && echo mine >full/file
refuses 'export: full: is not empty' export program.txt -o full && [ "$(cat full/file)" = mine ]
ok 'a folder that is not empty stays as it was'
refuses 'export: tree: is not empty' export program.txt -o tree
ok 'an earlier export is not overwritten'
refuses 'export: program.txt: cannot write it: Not a directory' export program.txt -o program.txt
ok 'a file'
ln -s empty link
refuses 'export: link: cannot write it: Not a directory' export program.txt -o link
ok 'a link to a folder'
refuses 'export: no/where: cannot write it: No such file or directory' export program.txt -o no/where
ok 'a folder in one that is not there'
refuses 'export: /proc/here: cannot write it: ' export program.txt -o /proc/here
ok 'where nothing can be written'
refuses 'export: .: cannot write it: Invalid argument' export program.txt -o .
ok 'this folder itself'
refuses 'export: /: is not empty' export program.txt -o /
ok 'the root'
refuses 'export: : cannot write it: No such file or directory' export program.txt -o ''
ok 'an empty name'
long=$(printf '%0300d' 0)
refuses "export: $long: cannot write it: File name too long" export program.txt -o "$long"
ok 'a name that is too long'
(trap '' XFSZ; ulimit -f 0; exec "$slubcheck" export program.txt -o short) 2>&1 | cat >err
[ "${PIPESTATUS[0]}" = 2 ] && says err 'export: short: cannot write it: File too large' &&
	[ "$(ls -A)" = "$(ls)" ] && [ ! -e short ]
ok 'an export that cannot be written to its end leaves nothing'

echo 'slubops 1
t0: dance' >bad.txt
refuses 'bad.txt:2: ' export bad.txt -o new
ok 'export: a bad program'
refuses 'bad.txt:2: ' slabinfo bad.txt
ok 'slabinfo: a bad program'
refuses 'nofile: cannot open it' slabinfo nofile
ok 'no such program'
refuses 'export: no folder to write is named; allowed is -o DIR' export program.txt
ok 'export without a folder'
refuses "slabinfo: unknown option '-o'" slabinfo program.txt -o new
ok 'slabinfo with one'
refuses 'slabinfo: no FILE is named' slabinfo
ok 'slabinfo without a program'
refuses "export: 'b' is a second FILE" export a b -o new
ok 'two programs'
run 0 "$slubcheck" export --help && says out 'Usage: slubcheck export FILE -o DIR' &&
	run 0 "$slubcheck" slabinfo -h && says out 'Usage: slubcheck slabinfo FILE'
ok 'help'
run 2 "$simulated" export program.txt -o new &&
	says err 'this program is of the simulated world; allowed is slubcheck' && [ ! -e new ]
ok 'the program of the other world says so'

# Findings.
{
	echo 'slubops 1'
	for n in $(seq 0 199); do
		echo "t0: r$n = kmalloc size=$((n % 100 + 1))"
	done
} >many.txt
PLANT=double run 1 "$planted" slabinfo many.txt && says err 'many.txt: FINDING by oracle 1'
ok 'an allocator that misbehaves is a finding'
PLANT=crash run 1 "$planted" export many.txt -o new && [ ! -e new ] &&
	says err 'many.txt: FINDING: ended by signal 11'
ok 'a crash is one, too'

echo "1..$count"
