# SPDX-License-Identifier: GPL-2.0
#
# Linux's own mm/slub.c inside the simulated machine; README.md here says more. Nothing of it is
# part of what other targets build.

# The kernel's files and the glue that is compiled with the kernel's headers, as one object. One
# of another name stands beside it, and so do its programs.
LINUX_NAME ?=## linux-slub: the programs end in -NAME, so that several stand side by side; cov counts lines
LINUX_CONFIG ?=## linux-slub: hardened or unchained: as linux-NAME.config says; the programs end in -NAME
linux-name := $(or $(LINUX_NAME),$(LINUX_CONFIG))
linux-object := $(O)/linux/$(or $(linux-name),kernel).o
linux-suffix := $(linux-name:%=-%)
linux-allocator := $(addprefix harness/linux/,allocator_linux.c locks.c log.c machine.c points.c)
linux-sources := $(linux-allocator) $(exec-sim-sources) $(exec-files) $(generate-sources) \
	harness/fuzz/target.c $(addprefix harness/model/,runner.c long_program.c)
# Code at fixed addresses, as the kernel's is, and the cpu where asm/percpu.h looks for it.
linux-link := -no-pie -Wl$(comma)--defsym=lx_machine_cpu=sim+16 $(if $(filter cov,$(LINUX_NAME)),-lgcov)

$(eval $(call program,sim,linux_run$(linux-suffix),harness/linux/linux_run.c $(linux-sources),\
	$(linux-object) $(linux-link)))
$(O)/sim/linux_run$(linux-suffix): $(linux-object)

LINUX_PATCH ?=## linux-slub: a patch to apply to copies of the kernel's files first
OPTIONS += LINUX_PATCH LINUX_NAME LINUX_CONFIG

# It knows by itself whether something has changed.
$(linux-object): FORCE | $(O)/.libslub-build $(PREPARE)
	$(say) LINUX $@
	@$(test-env) harness/linux/linux-slub $(if $(LINUX),--source '$(LINUX)') \
		$(if $(LINUX_CONFIG),--config '$(LINUX_CONFIG)') \
		$(if $(LINUX_PATCH),--patch '$(LINUX_PATCH)') $(if $(linux-name),--name '$(linux-name)') \
		$(if $(filter cov,$(LINUX_NAME)),--coverage)

.PHONY: linux-slub
linux-slub: ## Linux's own mm/slub.c as a userspace program (LINUX=DIR: of that tree)
linux-slub: $(addprefix $(O)/sim/,$(addsuffix $(linux-suffix),linux_run linux_diff linux_finals \
	linux-slubcheck))

# The kernel's side is compiled with the kernel's headers, which no linter has at hand.
LINT_SKIP += harness/linux/kernel/%

TESTS += harness/test/linux.t
harness/test/linux.t: | $(O)/.libslub-build

$(eval $(call program,sim,linux_diff$(linux-suffix),$(addprefix harness/linux/,linux_diff.c observe.c \
	observe_listed.c observe_look.c observe_ops.c observe_report.c observe_slabinfo.c) \
	$(linux-sources),$(linux-object) $(linux-link)))
$(O)/sim/linux_diff$(linux-suffix): $(linux-object)
.PHONY: linux-diff
linux-diff: $(O)/sim/linux_diff$(linux-suffix) ## OPS operations and all traces on libslub and on Linux's SLUB, compared after each
	@$(test-env) $(O)/sim/linux_diff$(linux-suffix) corpus/traces/*.slubops
	@$(test-env) $(O)/sim/linux_diff$(linux-suffix) --ops '$(OPS)' --seed '$(SEED)'

# slubcheck with Linux's SLUB in the place of libslub: its table of functions goes by the other's
# name. Only what names places for timelines differs.
linux-in-place := $(linux-link) -Wl$(comma)--wrap=exec_slub \
	-Wl$(comma)--defsym=__wrap_exec_slub=exec_linux
linux-slubcheck-link := -Wl$(comma)--wrap=slubcheck_become -Wl$(comma)--wrap=slubcheck_read_oracles
linux-slubcheck-sources := $(addprefix harness/linux/,under_test.c slubcheck.c no_model.c) $(linux-allocator) $(exec-sim-sources) \
	$(exec-files) harness/exec/replay_sim.c $(filter-out %/places_slub.c,\
	$(wildcard $(addprefix harness/,slubcheck/*.c slubcheck/sim/*.c)) \
	harness/record/convert.c harness/record/stats.c))
$(eval $(call program,sim,linux-slubcheck$(linux-suffix),$(linux-slubcheck-sources),\
	$(linux-object) $(linux-in-place) $(linux-slubcheck-link)))
$(O)/sim/linux-slubcheck$(linux-suffix): $(linux-object)

.PHONY: linux-zoo
linux-zoo: $(O)/sim/linux_run ## plant defects into a copy of Linux's mm/slub.c and see that each is found
	@$(test-env) harness/linux/linux-zoo

.PHONY: linux-coverage
linux-coverage: | $(O)/.libslub-build ## which lines of Linux's mm/slub.c are reached, and why others are not
	@$(test-env) harness/linux/linux-coverage

# The sweep of slubcheck, on one allocator and then on the other.
linux-finals-sources := harness/linux/linux_finals.c $(linux-sources) harness/exec/replay_sim.c \
	harness/linux/no_model.c $(addprefix harness/slubcheck/sim/,schedule.c sweep_walk.c trial.c)
$(eval $(call program,sim,linux_finals$(linux-suffix),$(linux-finals-sources),$(linux-object) \
	$(linux-link) -Wl$(comma)--wrap=exec_slub))
$(O)/sim/linux_finals$(linux-suffix): $(linux-object)

# Left out: what only one of the two has (accounting, random kmalloc, allowed nodes, the same attempts
# to fail), and the chains of a cpu, which Linux does not freeze.
linux-finals-seeds := $(filter-out $(addprefix corpus/seeds/,$(addsuffix .txt,boot-options faults \
	groups kmalloc-family nodes-and-policies down-in-chain drain-two-nodes)),\
	$(wildcard corpus/seeds/*.txt))
.PHONY: linux-finals
linux-finals: $(O)/sim/linux_finals$(linux-suffix) ## the final states of small programs, swept on libslub and on Linux's SLUB
	@$(test-env) $(O)/sim/linux_finals$(linux-suffix) --preemptions 1 $(linux-finals-seeds)

# The fuzz targets of op programs on Linux's SLUB, for libFuzzer; its blocks are what is covered.
linux-guide-object := $(O)/linux/guide.o
linux-fuzz-sources = harness/fuzz/mutator.c harness/fuzz/own_strcmp.c $(call fuzz-target-sources,$1) \
	$(linux-allocator) $(addprefix harness/linux/,under_test.c guide.c)
$(foreach t,$(fuzz-targets),$(eval $(call program,sim-fuzz-plain,linux_fuzz_$t,$(call \
	linux-fuzz-sources,$t),-fsanitize=fuzzer -Wl$(comma)--wrap=strcmp $(linux-guide-object) \
	$(linux-in-place))))
# … and those of texts: boot options through the kernel's own parser, attributes through its files.
# Left out: corrupt and layout, which look into libslub's structures (linux_diff has both); program and
# mutate, which have no allocator in them.
linux-fuzz-texts := boot attributes
linux-fuzz-text-sources = harness/fuzz/fuzz_$1.c harness/fuzz/machine.c $(if $(filter boot,$1),\
	harness/linux/refusals.c) $(exec-sim-sources) $(program-readers) $(linux-allocator) \
	$(addprefix harness/linux/,under_test.c guide.c)
$(foreach t,$(linux-fuzz-texts),$(eval $(call program,sim-fuzz-plain,linux_fuzz_$t,$(call \
	linux-fuzz-text-sources,$t),-fsanitize=fuzzer $(linux-guide-object) $(linux-in-place))))
linux-fuzz := $(patsubst %,$(O)/sim-fuzz-plain/linux_fuzz_%,$(fuzz-targets) $(linux-fuzz-texts))
$(linux-fuzz): $(linux-guide-object)
$(call objects,sim-fuzz-plain,$(linux-allocator) $(addprefix harness/linux/,under_test.c guide.c refusals.c)): \
	EXTRA_CFLAGS := -fno-sanitize=fuzzer-no-link
$(linux-guide-object): FORCE | $(O)/.libslub-build $(PREPARE)
	$(say) LINUX $@
	@$(test-env) harness/linux/linux-slub $(if $(LINUX),--source '$(LINUX)') \
		$(if $(LINUX_PATCH),--patch '$(LINUX_PATCH)') --name guide --guide

.PHONY: linux-fuzz
linux-fuzz: $(linux-fuzz) ## the fuzz targets concurrent, sequential, debug, boot and attributes on Linux's SLUB
