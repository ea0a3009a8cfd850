# SPDX-License-Identifier: MIT
# stress: many threads on the allocator, plain and under the sanitizers; what the Valgrind lane
# runs; and every failure of memory, one after the other, on the simulated machine.

stress-files := $(addprefix harness/stress/,stress.c epoch.c worker.c object_ops.c machine_ops.c \
	faults.c grace.c holding.c churn.c process.c programs.c samples.c figures.c events.c)
stress-sources := $(stress-files) $(sort $(exec-native-sources) $(program-sources))
stress-variants := native native-tsan native-asan native-msan

$(foreach v,$(stress-variants),$(eval $(call program,$v,stress,$(stress-sources),)))
LINT_NATIVE += $(stress-files) harness/stress/valgrind_replay.c

stress-programs := $(stress-variants:%=$(O)/%/stress)
RUN_NEEDS += $(stress-programs)

$(eval $(call program,native-valgrind,valgrind_replay,harness/stress/valgrind_replay.c \
	$(sort $(exec-native-sources) $(program-sources)),))
RUN_NEEDS += $(O)/native-valgrind/valgrind_replay

every-failure-sources := harness/stress/every_failure.c harness/stress/failure_purpose.c \
	$(exec-sim-sources) $(exec-files)
every-failure-link := -Wl$(comma)--wrap=world_should_fail -lunwind
$(eval $(call program,sim,every_failure,$(every-failure-sources),$(every-failure-link)))

# A stress that loses memory, to see that the soak finds it.
$(eval $(call program,native,stress-planted,$(stress-sources) harness/test/stress_planted.c,\
	-Wl$(comma)--wrap=stress_workers_epoch))
LINT_NATIVE += harness/test/stress_planted.c
TESTS += harness/test/stress_soak.t
harness/test/stress_soak.t: | $(O)/native/stress $(O)/native/stress-planted

TESTS += harness/test/stress_shrink.t
CHECKS += harness/test/stress_shrink.t
harness/test/stress_shrink.t: | $(O)/native/slubcheck $(O)/native/slubcheck-planted \
	$(O)/sim/slubcheck-sim $(O)/sim/slubcheck-sim-planted

TESTS += harness/test/stress.t harness/test/valgrind.t harness/test/stress_lanes.t
harness/test/stress.t: | $(stress-programs)
harness/test/valgrind.t: | $(O)/native-valgrind/valgrind_replay
harness/test/stress_lanes.t: | $(stress-programs) $(O)/sim/every_failure

STRESS_SECONDS ?= 60## how long each lane of make stress works, 1 to 86400 [60]
LANES ?=## the lanes of make stress, as in LANES=plain,tsan [all of them]
OPTIONS += STRESS_SECONDS LANES
$(eval $(call refuse-unless-number,STRESS_SECONDS,86400))
# Refused before anything is built; what stress-lanes knows, the test compares.
stress-lanes := plain hardened debug asan msan tsan memcheck every-failure
lanes-wrong := $(filter-out $(stress-lanes),$(subst $(comma), ,$(LANES)))
ifneq ($(lanes-wrong),)
$(error LANES='$(LANES)': allowed are, with commas between them: $(stress-lanes))
endif

# What each lane is built of, and what builds or runs it: without that the lane is not built, and
# stress-lanes says that it is skipped.
$(foreach l,plain hardened debug,$(eval lane-needs-$l := $(O)/native/stress))
$(foreach l,asan msan tsan,$(eval lane-needs-$l := $(O)/native-$l/stress))
$(foreach l,asan msan tsan,$(eval lane-tool-$l = $$(firstword $$(CLANG))))
lane-needs-memcheck := $(O)/native-valgrind/valgrind_replay
lane-tool-memcheck := valgrind
lane-needs-every-failure := $(O)/sim/every_failure
lane-built = $(if $(lane-tool-$1),$(shell command -v '$(lane-tool-$1)'),yes)
stress-needs := $(if $(filter stress,$(MAKECMDGOALS)),$(sort $(foreach l,$(or $(subst \
	$(comma), ,$(LANES)),$(stress-lanes)),$(if $(call lane-built,$l),$(lane-needs-$l)))))
# What makes a finding of threads small.
stress-needs += $(if $(filter %/stress,$(stress-needs)),$(O)/native/slubcheck \
	$(O)/sim/slubcheck-sim)

.PHONY: stress every-failure
stress: $(PREPARE) $(stress-needs) ## real threads in every lane, plain, hardened, debug, sanitizers; every failure; a table
	@$(test-env) harness/stress/stress-lanes --seconds '$(STRESS_SECONDS)' --seed '$(SEED)' \
		$(if $(LANES),--lanes '$(LANES)')

# Small programs whole; the traces as far as one can wait for, from window SEED on.
every-failure: $(PREPARE) $(O)/sim/every_failure ## each attempt at memory of each corpus program fails, once and from there on
	@$(O)/sim/every_failure $(sort $(wildcard corpus/seeds/*.txt corpus/regressions/*.txt \
		corpus/minimised/*/*.slubops))
	@$(O)/sim/every_failure --seconds '$(STRESS_SECONDS)' --first '$(SEED)' \
		$(sort $(wildcard corpus/traces/*.slubops))

# HOURS is also how long a campaign lasts.
hours-wrong = $(or $(call digits-gone,$(subst .,,$(HOURS))),$(shell [[ '$(HOURS)' =~ \
	^[0-9]{1,5}(\.[0-9]{1,6})?$$ ]] && awk "BEGIN { exit !($(HOURS) >= 0.001 && \
	$(HOURS) <= 10000) }" || echo x))
ifneq ($(filter soak,$(MAKECMDGOALS)),)
ifneq ($(hours-wrong),)
$(error HOURS='$(HOURS)': a number from 0.001 to 10000 is allowed)
endif
endif

.PHONY: soak
soak: $(PREPARE) $(O)/native/stress ## real threads for HOURS in slices, with checks for what drifts; goes on after an interrupt
	@$(test-env) harness/stress/soak --hours '$(HOURS)' --seed '$(SEED)'

$(eval $(call program,native,pressure,harness/stress/pressure.c harness/stress/figures.c,))
# One that loses objects, to see that this is found.
$(eval $(call program,native,pressure-planted,harness/stress/pressure.c \
	harness/stress/figures.c harness/test/pressure_planted.c,\
	-Wl$(comma)--wrap=kmem_cache_alloc$(comma)--wrap=kmem_cache_shrink$(comma)--wrap=kmem_cache_create))
LINT_NATIVE += harness/stress/pressure.c harness/test/pressure_planted.c
TESTS += harness/test/stress_pressure.t
CHECKS += harness/test/stress_pressure.t
harness/test/stress_pressure.t: | $(O)/native/pressure $(O)/native/pressure-planted

.PHONY: pressure
pressure: $(PREPARE) $(O)/native/pressure ## very many caches, objects and slabs, and limits; tables and a plot of what they need
	@$(test-env) harness/stress/pressure-report

.PHONY: planted
planted: $(PREPARE) ## which lanes of make stress find three planted defects, and how soon; a table
	@$(test-env) harness/stress/planted --seed '$(SEED)'

# What is too long for one slice of the night.
SHARE ?= 1/1## the part of share-prove, share-explore and share-zoo that is done, as in SHARE=1/6
OPTIONS += SHARE
shares := share-prove share-explore share-zoo
.PHONY: $(shares)
share-prove: ## proofs and twins of every N-th property from the K-th on, SHARE=K/N
share-explore: ## the same of the explorer's scenarios, against their baselines
share-zoo: ## the same of the planted defects
$(shares): $(PREPARE)
	@$(test-env) JOBS='$(JOBS)' SETS='$(SETS)' ci/share $(@:share-%=%) '$(SHARE)'

TESTS += harness/test/nightly_slice.t
CHECKS += harness/test/nightly_slice.t
