# SPDX-License-Identifier: MIT
# slubcheck, the command line of the harness: every file of this folder is in it.

slubcheck-sources := $(wildcard harness/slubcheck/*.c) $(program-sources) $(record-sources)

# The two worlds define the same symbols, so each has its program; slubcheck hands commands for
# the simulated one over to slubcheck-sim (see replay.c).
slubcheck-native := $(slubcheck-sources) $(exec-native-sources) harness/exec/replay_native.c
slubcheck-sim := $(slubcheck-sources) $(wildcard harness/slubcheck/sim/*.c) $(exec-sim-sources) \
	harness/exec/replay_sim.c

$(foreach v,native native-asan native-tsan,$(eval $(call program,$v,slubcheck,$(slubcheck-native),)))
$(foreach v,sim sim-asan,$(eval $(call program,$v,slubcheck-sim,$(slubcheck-sim) \
	$(model-sources),$(model-link))))
TOOLS += $(O)/native/slubcheck $(O)/sim/slubcheck-sim
# Whoever needs the first needs what it hands over to.
$(O)/native/slubcheck: | $(O)/sim/slubcheck-sim

# The script is run where it stands; it needs the tool, also as built with the sanitizers.
TESTS += harness/test/slubcheck_cli.t
CHECKS += harness/test/slubcheck_cli.t
harness/test/slubcheck_cli.t: | $(O)/native/slubcheck $(O)/native-asan/slubcheck

TESTS += harness/test/layout.t
CHECKS += harness/test/layout.t
harness/test/layout.t: | $(O)/native/slubcheck

# A slubcheck whose kmalloc() misbehaves, to see what a finding looks like.
$(eval $(call program,native,slubcheck-planted,$(slubcheck-native) harness/test/exec_planted.c,\
	-Wl$(comma)--wrap=kmalloc))
TESTS += harness/test/slubcheck_replay.t
CHECKS += harness/test/slubcheck_replay.t
harness/test/slubcheck_replay.t: | $(O)/native/slubcheck $(O)/native/slubcheck-planted \
	$(O)/sim/slubcheck-sim

TESTS += harness/test/slubcheck_export.t
CHECKS += harness/test/slubcheck_export.t
harness/test/slubcheck_export.t: | $(O)/native/slubcheck $(O)/native/slubcheck-planted \
	$(O)/sim/slubcheck-sim

# The commands for races, on a slubcheck-sim with races planted into its kmalloc().
$(foreach v,sim sim-asan,$(eval $(call program,$v,slubcheck-sim-planted,$(slubcheck-sim) \
	harness/test/sim_planted.c,-Wl$(comma)--wrap=kmalloc)))
TESTS += harness/test/slubcheck_races.t
CHECKS += harness/test/slubcheck_races.t
harness/test/slubcheck_races.t: | $(O)/native/slubcheck $(O)/sim/slubcheck-sim \
	$(O)/sim/slubcheck-sim-planted

# The allocator and its simulated world, for the tests that slubcheck export-c makes.
libslub-sim-objects = $(call objects,sim,$(call allocator-sources,sim))
$(O)/sim/libslub-sim.a: $(libslub-sim-objects)
	$(say) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^
TESTS += harness/test/slubcheck_export_c.t
CHECKS += harness/test/slubcheck_export_c.t
harness/test/slubcheck_export_c.t: | $(O)/native/slubcheck $(O)/sim/slubcheck-sim \
	$(O)/sim/slubcheck-sim-planted $(O)/sim/libslub-sim.a $(O)/libslub.a

# The walk of docs/races.md builds a patched copy of the tree, so it is none of the quick tests.
TESTS += harness/test/races.t
harness/test/races.t: | $(O)/native/slubcheck $(O)/sim/slubcheck-sim $(O)/sim/libslub-sim.a
