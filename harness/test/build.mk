# SPDX-License-Identifier: MIT
#
# Tests of the house itself: layers, make's options, setup, what .ci/run counts, what is installed.

house-tests := harness/test/layers.t harness/test/house.t
ifneq ($(slub-sources),)
house-tests += harness/test/install.t
endif

# It takes the longest, so it starts first.
TESTS := harness/test/fresh.t $(TESTS) $(house-tests)
CHECKS += $(house-tests)

# Every program below corpus/seeds and corpus/regressions is clean in both worlds, and under every
# schedule with a preemption.
harness/test/regressions.t: | $(O)/sim/slubcheck-sim $(O)/native/slubcheck
TESTS += harness/test/regressions.t
CHECKS += harness/test/regressions.t

# Threads that meet the memory of nodes on its way, or a reaper.
$(foreach t,slub_node_hotplug slub_reap,$(eval $(call \
	unit-test,native-tsan,$t,harness/test/$t.c)))

# Attributes while other threads are at work.
$(foreach v,native native-asan native-tsan,$(eval $(call unit-test,$v,attribute_threads,\
	harness/test/attribute_threads.c)))
LINT_NATIVE += harness/test/attribute_threads.c

# The nodes of the machine, read natively.
$(foreach v,native native-asan,$(eval $(call unit-test,$v,native_nodes,harness/test/native_nodes.c)))
LINT_NATIVE += harness/test/native_nodes.c

# What a user does wrong with objects, under each tool that watches memory.
$(foreach v,native-asan native-msan native-valgrind,$(eval $(call \
	program,$v,marks_errors,harness/test/marks_errors.c,)))
harness/test/marks.t: | $(foreach v,native-asan native-msan native-valgrind,$(O)/$v/marks_errors)
TESTS += harness/test/marks.t
CHECKS += harness/test/marks.t
LINT_NATIVE += harness/test/marks_errors.c
