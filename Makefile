# SPDX-License-Identifier: MIT
#
# One make for the whole tree: no recursion. The root names variants and macros, the fragments
# (slub/build.mk, harness/<area>/build.mk, proofs/build.mk) name sources, programs and tests.
#
#	1. Options	2. Variants	3. Macros for fragments		4. Fragments	5. Targets
#
# What a fragment may use (VARIANT is a name of chapter 2, sources are paths from the root):
#
#	$(eval $(call program,VARIANT,NAME,SOURCES,LIBS))
#		$(O)/VARIANT/NAME from SOURCES, the allocator and its world.
#	$(eval $(call program-alone,VARIANT,NAME,SOURCES,LIBS))
#		the same without allocator and world.
#	$(eval $(call shared-object,VARIANT,NAME,SOURCES,LIBS))
#		a shared object of SOURCES alone; VARIANT must be position independent.
#	$(eval $(call unit-test,VARIANT,NAME,SOURCES,LIBS))
#		a program with cmocka, added to TESTS and CHECKS.
#	$(call objects,VARIANT,SOURCES)
#		names of object files; the rules to make them are there for every source.
#	$(O)/VARIANT/path/file.o: EXTRA_CFLAGS := -DX
#		flags for one object.
#	TOOLS, TOOL_LIBRARIES, TESTS, CHECKS, BENCHES, RUN_NEEDS += files
#		built by all and installed; run by test, check, bench; built before run.
#	LINT_NATIVE, LINT_SKIP += patterns
#		harness files that clang-tidy sees in the native world (others: sim), or not at all.
#	OPTIONS += NAME
#		a further variable that people may set on the command line.
#	$(CBMC)	the model checker, a file to depend on; goto-cc and goto-instrument lie beside it.
#
# A test is an executable, a program or a script, that prints TAP. It runs in the root with O
# (absolute), SRCDIR, CC, CLANG, CFLAGS and LDFLAGS in its environment.

# ---------------------------------------------------------------- 1. Options

# Without these, a failed recipe would leave half a file that looks made.
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -e -o pipefail -c

comma := ,
VERSION := 0.1.0
SONAME := libslub.so.0

ifeq ($(filter-out default undefined,$(origin CC)),)
CC := gcc
endif
ifeq ($(filter-out default undefined,$(origin AR)),)
AR := ar
endif

O ?= build## folder for all that is built [build]
V ?= 0## 1 shows the commands [0]
# CC=## compiler of the library and the tools [gcc]
CLANG ?= clang-19## compiler of the sanitizer and fuzzer variants [clang-19]
AFL_CC ?= afl-clang-fast## compiler of the AFL++ variant [afl-clang-fast]
CFLAGS ?= -O2 -g## added last to every compilation [-O2 -g]
LDFLAGS ?=## added to every link
DESTDIR ?=## put before PREFIX by install
PREFIX ?= /usr/local## where install puts things [/usr/local]
LIBDIR ?= $(PREFIX)/lib## where install puts the libraries [PREFIX/lib]
MINUTES ?= 5## how long run lasts, 1 to 10000 [5]
JOBS ?= $(shell n=$$(nproc); echo $$((n < 256 ? n : 256)))## how much runs at once, 1 to 256 [number of cpus]
RUN_ENV ?=## command put before each test, as in RUN_ENV='valgrind -q'
SETUP ?= 1## 0: test, check, run and bench install nothing [1]

OPTIONS += O V CC CLANG AFL_CC AR CFLAGS LDFLAGS DESTDIR PREFIX LIBDIR MINUTES JOBS RUN_ENV SETUP

CLANG_FORMAT ?= clang-format-19
CLANG_TIDY ?= clang-tidy-19
OPTIONS += CLANG_FORMAT CLANG_TIDY

# $(call refuse-unless,NAME,allowed in words,list of allowed words)
define refuse-unless
ifneq ($$(words $$($1)),1)
$$(error $1='$$($1)': $2)
endif
ifeq ($$(filter $3,$$($1)),)
$$(error $1='$$($1)': $2)
endif
endef

# $(call refuse-unless-number,NAME,MAX): decimal, 1 to MAX, no sign, no leading zero. The shell
# sees only digits: foreign characters are refused before.
digits-gone = $(subst 0,,$(subst 1,,$(subst 2,,$(subst 3,,$(subst 4,,$(subst 5,,$(subst \
	6,,$(subst 7,,$(subst 8,,$(subst 9,,$1))))))))))
number-wrong = $(or $(if $1,,x),$(call digits-gone,$1),$(filter 0%,$1),$(shell \
	[ '$1' -le $2 ] 2>/dev/null || echo x))
define refuse-unless-number
ifneq ($$(call number-wrong,$$($1),$2),)
$$(error $1='$$($1)': a whole number from 1 to $2 is allowed)
endif
endef

$(eval $(call refuse-unless,V,0 or 1 is allowed,0 1))
$(eval $(call refuse-unless,SETUP,0 or 1 is allowed,0 1))
$(eval $(call refuse-unless-number,MINUTES,10000))
$(eval $(call refuse-unless-number,JOBS,256))

# A -j on the command line has the last word; clean with other goals runs them in their order.
MAKEFLAGS += -j$(JOBS)
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

ifneq ($(words $(CURDIR)),1)
$(error the path of the tree, '$(CURDIR)', has a space in it: make cannot build there)
endif
ifneq ($(words x$(O)x),1)
$(error O='$(O)': one path without spaces is allowed)
endif
# One spelling for a folder in the tree: with another, what is linked already would be linked anew,
# by install.t even while other tests run it.
override O := $(patsubst $(CURDIR)/%,%,$(patsubst %/,%,$(O)))
ifneq ($(filter $(CURDIR) / $(HOME) $(CURDIR)/slub% $(CURDIR)/harness% $(CURDIR)/proofs% \
	$(CURDIR)/ci% $(CURDIR)/docs% $(CURDIR)/corpus% $(CURDIR)/.git%,$(abspath $(O)))$(if $(O),,x),)
$(error O='$(O)': a folder of its own, outside the sources, is allowed)
endif

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

# Before anything is compiled for these goals, what is missing gets installed.
ifneq ($(filter run test check bench,$(MAKECMDGOALS)),)
ifeq ($(SETUP),1)
PREPARE := setup
endif
endif

# ---------------------------------------------------------------- 2. Variants

# Every compilation has these; CFLAGS comes last so that it can add and override.
BASE_CFLAGS := -std=gnu11 -mcx16 -pthread -Wall -Wextra -Werror -D_GNU_SOURCE= -I. -Islub \
	-MMD -MP
BASE_LDFLAGS := -pthread

# A world is an include path for <world.h> and the sources that go with it.
world-include-native := -Islub/platform/native
world-include-sim := -Iharness/sim
world-sources-native = $(wildcard slub/platform/native/*.c slub/platform/native/*.S)
world-sources-sim = $(wildcard harness/sim/*.c harness/sim/*.S)

objects = $(patsubst %,$(O)/$(strip $1)/%.o,$(basename $2))

# $(call variant,NAME,WORLD,COMPILER,FLAGS,LINK FLAGS)
define variant
VARIANTS += $1
variant-world-$1 := $2
variant-cc-$1 := $3
variant-flags-$1 := $4
variant-ldflags-$1 := $5

$$(O)/$1/%.o: %.c $$(O)/$1/.flags | $$(PREPARE)
	$$(say) CC $$@
	$$(Q)mkdir -p $$(@D)
	$$(Q)$3 $$(BASE_CFLAGS) $$(world-include-$2) $4 $$(CFLAGS) $$(EXTRA_CFLAGS) -c -o $$@ $$<

$$(O)/$1/%.o: %.S $$(O)/$1/.flags | $$(PREPARE)
	$$(say) AS $$@
	$$(Q)mkdir -p $$(@D)
	$$(Q)$3 $$(BASE_CFLAGS) $$(world-include-$2) $4 $$(CFLAGS) $$(EXTRA_CFLAGS) -c -o $$@ $$<

# Objects are made again when the compiler or a flag changes.
$$(O)/$1/.flags: FORCE | $$(O)/.libslub-build
	$$(call write-if-changed,$3 $$(BASE_CFLAGS) $$(world-include-$2) $4 $$(CFLAGS))
endef

define write-if-changed
@mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$1)' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$1)' >$@
endef

asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
tsan := -fsanitize=thread -fno-omit-frame-pointer
msan := -fsanitize=memory -fno-omit-frame-pointer
# Programs are mutated by records, not by values compared, and coroutines have stacks of their own.
fuzzer := -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp$(comma)stack-depth

$(eval $(call variant,native,native,$$(CC),,))
$(eval $(call variant,native-pic,native,$$(CC),-fPIC -fvisibility=hidden,))
$(eval $(call variant,native-asan,native,$$(CLANG),$(asan),$(asan)))
$(eval $(call variant,native-tsan,native,$$(CLANG),$(tsan),$(tsan)))
$(eval $(call variant,native-msan,native,$$(CLANG),$(msan) -fsanitize-memory-track-origins,$(msan)))
$(eval $(call variant,native-valgrind,native,$$(CC),-DSLUB_VALGRIND,))
$(eval $(call variant,native-clang,native,$$(CLANG),,))
$(eval $(call variant,sim,sim,$$(CC),,))
$(eval $(call variant,sim-asan,sim,$$(CLANG),$(asan),$(asan)))
$(eval $(call variant,sim-fuzz,sim,$$(CLANG),$(fuzzer) $(asan),$(asan)))
$(eval $(call variant,native-fuzz,native,$$(CLANG),$(fuzzer) $(asan),$(asan)))
$(eval $(call variant,sim-fuzz-plain,sim,$$(CLANG),$(fuzzer),))
$(eval $(call variant,sim-msan,sim,$$(CLANG),$(msan),$(msan)))
$(eval $(call variant,sim-tsan,sim,$$(CLANG),$(tsan) -DSIM_TSAN=1,$(tsan)))
# Compiler and all flags come from outside: OSS-Fuzz.
$(eval $(call variant,oss-sim,sim,$$(CC),,))
$(eval $(call variant,oss-native,native,$$(CC),,))
# To measure coverage; harness/coverage/build.mk says which objects are instrumented.
$(eval $(call variant,native-cov,native,$$(CLANG),,-fprofile-instr-generate))
$(eval $(call variant,native-asan-cov,native,$$(CLANG),$(asan),$(asan) -fprofile-instr-generate))
$(eval $(call variant,sim-cov,sim,$$(CLANG),,-fprofile-instr-generate))
$(eval $(call variant,afl,sim,AFL_QUIET=1 AFL_LLVM_ALLOWLIST=$(CURDIR)/harness/fuzz/afl-allowlist \
	$$(AFL_CC),,))

# ---------------------------------------------------------------- 3. Macros for fragments

known-variant = $(if $(filter $1,$(VARIANTS)),,$(error $2: no variant '$1'; there are $(VARIANTS)))

# $(call link,VARIANT,TARGET,SOURCES,LIBS,KIND)
define link
$(call known-variant,$1,$2)
$2: $(call objects,$1,$3) $2.link
	$$(say) LINK $$@
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(variant-cc-$1) $$(BASE_LDFLAGS) $(variant-ldflags-$1) $$(CFLAGS) $$(LDFLAGS) $5 \
		-o $$@ $(call objects,$1,$3) $4
# Links are made again when the list of objects or a flag changes. The line has commas in it, which
# would part the arguments of a call.
$2.link: link-line = $(variant-cc-$1) $(variant-ldflags-$1) $$(CFLAGS) $$(LDFLAGS) $5 \
	$(call objects,$1,$3) $4
$2.link: FORCE | $$(O)/.libslub-build
	$$(call write-if-changed,$$(link-line))
endef

allocator-sources = $(slub-sources) $(world-sources-$(variant-world-$1)) $(if \
	$(filter %-cov,$1),harness/coverage/exit.c)
program = $(call link,$(strip $1),$(O)/$(strip $1)/$(strip $2),$3 $(call \
	allocator-sources,$(strip $1)),$4)
program-alone = $(call link,$(strip $1),$(O)/$(strip $1)/$(strip $2),$3,$4)
shared-object = $(call link,$(strip $1),$(O)/$(strip $1)/$(strip $2),$3,$4,-shared)
define unit-test
$(call program,$1,$2,$3,-lcmocka $4)
TESTS += $(O)/$(strip $1)/$(strip $2)
CHECKS += $(O)/$(strip $1)/$(strip $2)
endef

CBMC := $(O)/cbmc/bin/cbmc

.DEFAULT_GOAL := all

# ---------------------------------------------------------------- 4. Fragments

FRAGMENTS := $(wildcard slub/build.mk harness/sim/build.mk) \
	$(filter-out harness/sim/build.mk harness/coverage/build.mk,$(sort \
	$(wildcard harness/*/build.mk))) harness/coverage/build.mk \
	$(wildcard proofs/build.mk)
include $(FRAGMENTS)

# A misspelt option would otherwise be ignored in silence.
unknown := $(filter-out $(OPTIONS),$(foreach v,$(.VARIABLES),$(if $(filter command% line,$(origin \
	$v)),$(if $(filter -%,$v),,$(if $(filter MAKE%,$v),,$v)))))
ifneq ($(unknown),)
$(error no option '$(firstword $(unknown))'; there are $(sort $(OPTIONS)))
endif

# ---------------------------------------------------------------- 5. Targets

.PHONY: FORCE all setup run test check bench lint format format-check layers shellcheck clean install help

all: $(LIBRARIES) $(TOOLS) $(TOOL_LIBRARIES) ## build libslub.a, libslub.so and the tools

run: $(PREPARE) $(LIBRARIES) $(TOOLS) $(RUN_NEEDS) ## the main job: replay, fuzz, prove, stress; ends with a table
	@[ -x harness/run/run ] || { echo 'run: harness/run/run is not in this tree' >&2; exit 2; }
	@$(test-env) MINUTES='$(MINUTES)' JOBS='$(JOBS)' harness/run/run
harness/test/main_job.t: | $(RUN_NEEDS)

# Tests that call make themselves must not inherit our command line.
test-env = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES PYTHONDONTWRITEBYTECODE=1 \
	O='$(abspath $(O))' SRCDIR='$(CURDIR)' CC='$(CC)' CLANG='$(CLANG)' CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' \
	CMOCKA_MESSAGE_OUTPUT=TAP
prove = $(test-env) perl -I'$(CURDIR)/ci/lib' -S prove --formatter CountingFormatter \
	--timer --failures --comments \
	--jobs '$(JOBS)' $(PROVE_FLAGS) --exec '$(strip env -u TAP_COUNTS $(RUN_ENV))'
OPTIONS += PROVE_FLAGS

test: $(PREPARE) $(LIBRARIES) $(TOOLS) $(TESTS) ## install what is missing, build, run every test
	@[ -n '$(strip $(TESTS))' ] || { echo 'test: this tree has no test' >&2; exit 2; }
	@$(prove) $(TESTS)

check: $(PREPARE) $(LIBRARIES) $(TOOLS) $(CHECKS) ## the quick tests only
	@[ -n '$(strip $(CHECKS))' ] || { echo 'check: this tree has no quick test' >&2; exit 2; }
	@$(prove) $(CHECKS)

bench: $(PREPARE) $(LIBRARIES) $(TOOLS) $(BENCHES) ## run the benchmarks, one after the other
	@[ -n '$(strip $(BENCHES))' ] || { echo 'bench: this tree has no benchmark' >&2; exit 2; }
	@for b in $(BENCHES); do $(test-env) $$b; done


c-files := $(shell find $(wildcard slub harness proofs) -name '*.[chS]' 2>/dev/null)
header-files := $(filter %.h,$(c-files))
LINT_FILES = $(filter-out $(LINT_SKIP),$(filter %.c,$(c-files)))
lint-world = $(if $(filter slub/% $(LINT_NATIVE),$1),native,sim)

lint: format-check layers $(patsubst %,$(O)/lint/%.tidy,$(LINT_FILES)) shellcheck ## clang-tidy, formatter, layers, shell scripts

# A header can change the verdict on any file.
$(O)/lint/%.tidy: % .clang-tidy $(wildcard harness/*/.clang-tidy) $(header-files) | $(O)/.libslub-build
	$(say) TIDY $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG_TIDY) --quiet $< -- $(filter-out -M%,$(BASE_CFLAGS)) \
		$(world-include-$(call lint-world,$<)) 2>$@.err || { cat $@.err >&2; exit 1; }
	$(Q)mv $@.err $@

format: ## bring all C files into the form of .clang-format
	$(Q)$(CLANG_FORMAT) -i $(filter %.c %.h,$(c-files))

format-check:
	$(say) FORMAT .
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(filter %.c %.h,$(c-files))

layers:
	$(say) LAYERS slub
	$(Q)ci/check-layers .

shellcheck:
	$(say) SHELL ci
	$(Q)shellcheck --external-sources --severity=warning --exclude=SC2238 \
		$$(grep -lE '^#!/bin/(ba)?sh' $$(find $(wildcard ci .ci harness proofs) -type f))

install: $(LIBRARIES) $(TOOLS) $(TOOL_LIBRARIES) ## install libraries, header and tools under DESTDIR and PREFIX
	@[ -n '$(strip $(LIBRARIES))' ] || { echo 'install: this tree has no library' >&2; exit 2; }
	$(say) INSTALL '$(DESTDIR)$(PREFIX)'
	$(Q)install -d '$(DESTDIR)$(PREFIX)/include' '$(DESTDIR)$(PREFIX)/bin' \
		'$(DESTDIR)$(LIBDIR)/pkgconfig'
	$(Q)install -m 644 $(PUBLIC_HEADERS) '$(DESTDIR)$(PREFIX)/include'
	$(Q)install -m 644 '$(O)/libslub.a' '$(DESTDIR)$(LIBDIR)'
	$(Q)install -m 755 '$(O)/$(SONAME)' '$(DESTDIR)$(LIBDIR)'
	$(Q)ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/libslub.so'
	$(Q)printf '%s\n' 'Name: libslub' 'Description: SLUB slab allocator' 'Version: $(VERSION)' \
		'Cflags: -I$(PREFIX)/include' 'Libs: -L$(LIBDIR) -lslub' 'Libs.private: -pthread' \
		>'$(DESTDIR)$(LIBDIR)/pkgconfig/libslub.pc'
	$(Q)$(if $(strip $(TOOLS)),install -m 755 $(TOOLS) '$(DESTDIR)$(PREFIX)/bin',:)
	$(Q)$(if $(TOOL_LIBRARIES),install -m 755 $(TOOL_LIBRARIES) '$(DESTDIR)$(LIBDIR)',:)

setup: ## install what is missing (Debian 12 and 13)
	@ci/setup

$(CBMC): ci/cbmc | $(O)/.libslub-build $(PREPARE)
	$(say) FETCH $@
	$(Q)ci/cbmc '$(O)/cbmc'

# clean removes only a folder that this Makefile has marked.
$(O)/.libslub-build:
	@mkdir -p $(@D); echo 'made by the Makefile of libslub; make clean removes this folder' >$@

clean: ## remove the build folder
	@if [ -e '$(O)/.libslub-build' ]; then rm -rf -- '$(O)'; \
	elif [ -e '$(O)' ]; then \
		echo "clean: $(O) was not made by this Makefile; nothing removed" >&2; exit 2; fi

help: ## this list
	@echo 'Targets:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Options (make TARGET NAME=value):'
	@awk '/^(# )?[A-Z_]+ *\??=.*## / { \
		name = $$0; sub(/^# /, "", name); sub(/ *\??=.*/, "", name); \
		text = $$0; sub(/.*## ?/, "", text); printf "  %-12s %s\n", name, text }' $(MAKEFILE_LIST)

FORCE:

-include $(shell [ -d '$(O)' ] && find '$(O)' -name '*.d' -not -path '*/cbmc/*' \
	-not -path '$(O)/zoo/*' -not -path '$(O)/linux/*')
