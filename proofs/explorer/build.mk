# SPDX-License-Identifier: MIT
#
# The explorer: the allocator and the simulated world, compiled anew with proofs/explorer/world in
# front, and the search around them.

world-include-explore := -Iproofs/explorer/world -Iharness/sim
world-sources-explore = $(world-sources-sim)
# Where code lies is part of what stands on a stack: it shall be the same in every process.
$(eval $(call variant,explore,explore,$$(CC),-fno-pie,-no-pie))

explorer-engine := $(addprefix proofs/explorer/,engine.c step.c words.c buffer.c table.c image.c)
explorer-sources := $(explorer-engine) $(addprefix proofs/explorer/,runner.c ops.c names.c scenario.c trace.c \
	baseline.c alone.c main.c) harness/exec/boot_options.c $(program-sources)
explorer-wrap := $(addprefix -Wl$(comma)--wrap=,sim_point_slow world_random \
	world_arena_commit world_arena_release)
$(eval $(call program,explore,explorer,$(explorer-sources),$(explorer-wrap)))

# The search on programs whose interleavings are known. Their states are counted: what an optimizer
# leaves in registers would tell some apart that are the same.
$(O)/explore/harness/test/explorer_engine.o: EXTRA_CFLAGS := -O0
$(eval $(call unit-test,explore,test-explorer-engine,harness/test/explorer_engine.c $(explorer-engine),\
	$(explorer-wrap)))

# The script is run where it stands; it needs the explorer, the library to compare with, and what
# the fuzzers are linked of.
TESTS += harness/test/explorer.t
CHECKS += harness/test/explorer.t
harness/test/explorer.t: | $(O)/explore/explorer $(O)/libslub.a \
	$(O)/afl/fuzz_sequential.link $(O)/afl/fuzz_concurrent.link

# Kept counterexamples, on the core with their defects and without.
TESTS += harness/test/counterexamples.t
CHECKS += harness/test/counterexamples.t
harness/test/counterexamples.t: | $(O)/native/slubcheck $(O)/sim/slubcheck-sim

# The same scenarios with real threads.
TESTS += harness/test/scenarios.t
harness/test/scenarios.t: | $(O)/explore/explorer $(O)/native-tsan/slubcheck

.PHONY: explore explore-pin
explore: $(O)/explore/explorer ## search every interleaving of pairs of operations
	$(Q)$(test-env) $(O)/explore/explorer --progress --baseline proofs/explorer/baselines

# After a change that is meant to change them. Triples of very many states are searched with two
# preemptions, but for those that are pinned whole: a bound is not loosened here.
SETS ?= pairs interrupts bulks looks names nodes moves:--migrations:1 core:--tso sequences bulk_sequences triples threes:--switches:3 fours:--switches:2## what explore-pin counts anew
OPTIONS += SETS
whole = awk -F'\t' '!/^\#/ && $$4 == "" { printf "%s%s", comma, $$1; comma = "," }' \
	proofs/explorer/baselines/triples.tsv
explore-pin: $(O)/explore/explorer ## count the states of the explorer's scenarios anew: SETS=...
	$(Q)for set in $(SETS); do \
		more=; \
		if [ $$set = triples ]; then \
			more='--states-max 400000 --beyond 2 --results $(O)/explore/triples.results'; \
			rm -f $(O)/explore/triples.results; \
			$(O)/explore/explorer --set triples --only "$$($(whole))" \
				--results $(O)/explore/triples.results >/dev/null || exit; \
		fi; \
		$(O)/explore/explorer --pin proofs/explorer/baselines $$more --set $${set//:/ } \
			>/dev/null || exit; done
