#!/bin/bash
# SPDX-License-Identifier: MIT
# slubcheck as people call it: what it prints, what it says of wrong usage, its exit codes.
set -u

O=${O:-build}
slubcheck=$(realpath "$O/native-asan/slubcheck") || exit 1
# shellcheck source=harness/test/tap.sh
. harness/test/tap.sh

# refuses MESSAGE ARGUMENT...: one test
refuses()
{
	local message="slubcheck: $1"
	shift
	refused "$message" "$slubcheck" "$@"
	ok "refused: slubcheck $*"
}

cat >text <<END
slubops 1
cpus 2
nodes 1
tasks 3
seed 0x2a
t1@c0: r3 = kmalloc size=64 gfp=zero
t0: kfree r3
@+17 -> t2 x1
raw 00ff0000010000000000000000000000
END
printf 'SLUBOPS1\2\1\3\0\377\0\0\0\0\0\0\0\0\0\0\0*\0\0\0\0\0\0\0' >binary
printf '\7\0\1\0\3\0\0\0@\0\0\0\0\1\0\377' >>binary
printf '\12\377\0\0\3\0\0\0\0\0\0\0\0\0\0\0' >>binary
printf '\23\377\0\0\0\0\0\0\21\0\2\0\1\0\0\0' >>binary
printf '\0\377\0\0\1\0\0\0\0\0\0\0\0\0\0\0' >>binary

# What works.
run 0 "$slubcheck" pack text -o packed && cmp packed binary && [ ! -s out ] && [ ! -s err ]
ok 'pack makes the bytes of the text'
run 0 "$slubcheck" show binary && cmp out text && [ ! -s err ]
ok 'show prints the text of the bytes'
run 0 "$slubcheck" show -o shown binary && cmp shown text && [ ! -s out ]
ok 'show -o writes a file'
run 0 "$slubcheck" show --output=shown2 -- binary && cmp shown2 text
ok 'show --output= and -- work'
"$slubcheck" show - <binary >out 2>err && cmp out text
ok 'show - reads standard input'
"$slubcheck" pack - -o - <text >out 2>err && cmp out binary
ok 'pack - -o - reads standard input and writes standard output'
cp binary same && run 0 "$slubcheck" show same -o same && cmp same text
ok 'FILE and OUT may be the same'
ln -s shown link && run 0 "$slubcheck" pack text -o link && [ -L link ] && cmp shown binary
ok 'OUT may be a symbolic link, which stays'

# Help.
run 0 "$slubcheck" --help && grep -q '^  show ' out && grep -q '^  pack ' out && [ ! -s err ]
ok '--help lists the commands'
run 0 "$slubcheck" show --help && grep -q '^Usage: slubcheck show FILE' out && [ ! -s err ]
ok 'show --help'
run 0 "$slubcheck" pack -h && grep -q '^Usage: slubcheck pack FILE -o OUT' out && [ ! -s err ]
ok 'pack -h'

# Wrong usage. The list of commands is not repeated here, so that others can add to it.
run 2 "$slubcheck" && [ ! -s out ] && grep -q '^slubcheck: no command is named; allowed is show, pack' err
ok 'refused: slubcheck'
run 2 "$slubcheck" pakc text && [ ! -s out ] &&
	grep -q "^slubcheck: unknown command 'pakc'; allowed is show, pack.*, or --help$" err
ok 'refused: slubcheck pakc'
run 2 "$slubcheck" --version && [ ! -s out ] &&
	grep -q "^slubcheck: unknown option '--version'; allowed is show, pack.*, or --help$" err
ok 'refused: slubcheck --version'
allowed='allowed are --output (-o) and --help (-h)'
refuses "show: unknown option '-x'; $allowed" show binary -x
refuses "show: unknown option '--fast'; $allowed" show --fast binary
refuses "show: unknown option '-x'; $allowed" show -xo new binary
refuses "show: unknown option '--help=1'; $allowed" show binary --help=1
refuses "show: option '-o' has no value; allowed is --output OUT" show binary -o
refuses "show: option '--output' has no value; allowed is --output OUT" show binary --output
refuses 'show: --output stands twice; allowed is once' show binary -o a -o b
refuses 'show: no FILE is named; allowed is one, or - for standard input' show
refuses "show: 'text' is a second FILE; allowed is one" show binary text
refuses 'pack: no OUT is named; allowed is -o OUT, or -o - for standard output' pack text

# Wrong input.
refuses 'none: cannot open it: No such file or directory' show none
refuses '.: cannot read it: Is a directory' show .
refuses "text: byte 0: foreign magic 73 6c 75 62 6f 70 73 20, allowed is 53 4c 55 42 4f 50 53 31\
 (SLUBOPS1)" show text
refuses 'binary:1: this is a binary op program; allowed is text, which begins with slubops 1' \
	pack binary -o new
printf 'slubops 1\ncpus 0\n' >bad
refuses 'bad:2: cpus is 0; allowed is 1 to 64' pack bad -o new
head -c 70 binary >cut
refuses 'cut: byte 70: the file ends inside record 2, allowed are a header of 32 bytes and records of 16' \
	show cut
"$slubcheck" pack - -o new <bad >out 2>err
[ $? -eq 2 ] && [ "$(cat err)" = 'slubcheck: standard input:2: cpus is 0; allowed is 1 to 64' ]
ok 'refused: standard input is named'
[ ! -e new ]
ok 'no refusal made a file'

# Errors leave OUT as it was.
echo precious >old
run 2 "$slubcheck" pack bad -o old && [ "$(cat old)" = precious ]
ok 'bad text leaves OUT as it was'
run 2 "$slubcheck" show cut -o old && [ "$(cat old)" = precious ]
ok 'a cut file leaves OUT as it was'
refuses 'no/new: cannot write it: No such file or directory' show binary -o no/new
"$slubcheck" show binary >/dev/full 2>err
[ $? -eq 2 ] && [ "$(cat err)" = 'slubcheck: standard output: cannot write it: No space left on device' ]
ok 'a full standard output is reported'
"$slubcheck" --help >/dev/full 2>err
[ $? -eq 2 ] && [ "$(cat err)" = 'slubcheck: standard output: cannot write it: No space left on device' ]
ok 'a full standard output is reported by --help'
[ -z "$(find . -name '*.??????')" ]
ok 'no temporary file is left'
echo "1..$count"
