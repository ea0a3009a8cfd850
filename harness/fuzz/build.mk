# SPDX-License-Identifier: MIT
# Fuzz targets for libFuzzer and AFL++, their mutator, seeds, lane and tests.

program-readers := $(wildcard harness/program/*.c)
generate-sources := $(addprefix harness/fuzz/,fields.c generate.c motifs.c recipe.c)
fuzz-sources := $(exec-sim-sources) $(program-readers) $(generate-sources) harness/fuzz/target.c \
	harness/fuzz/second_run.c
fuzz-empty-sources := $(program-readers) $(generate-sources) harness/fuzz/target.c
# Inputs are op programs, which the mutator changes by records.
fuzz-targets := concurrent sequential debug

# $(call fuzz-target-sources,NAME); the empty target performs nothing, so it needs no driver.
fuzz-target-sources = harness/fuzz/fuzz_$1.c $(if $(filter empty,$1),$(fuzz-empty-sources),\
	$(fuzz-sources) harness/fuzz/target_sim.c)
# libFuzzer with sanitizers (finds most) and without (runs most).
fuzz-libfuzzer-variants := sim-fuzz sim-fuzz-plain
fuzz-libfuzzer := $(foreach v,$(fuzz-libfuzzer-variants),$(foreach t,$(fuzz-targets) empty,\
	$(O)/$v/fuzz_$t))
$(foreach v,$(fuzz-libfuzzer-variants),$(foreach t,$(fuzz-targets) empty,$(eval $(call \
	program,$v,fuzz_$t,harness/fuzz/mutator.c harness/fuzz/own_strcmp.c $(call \
	fuzz-target-sources,$t),-fsanitize=fuzzer -Wl$(comma)--wrap=strcmp))))

# Inputs are texts, which libFuzzer changes with a dictionary: boot options, attributes. (Layouts,
# which the model watches, are in harness/model/build.mk.)
fuzz-text-targets := boot attributes corrupt
fuzz-text-more-boot := harness/fuzz/refusals.c
fuzz-text-more-corrupt := harness/fuzz/invariants.c
fuzz-text-sources = harness/fuzz/fuzz_$1.c harness/fuzz/machine.c \
	$(fuzz-text-more-$1) $(exec-sim-sources) \
	$(program-readers)
$(foreach t,$(fuzz-text-targets),$(eval $(call program,sim-fuzz,fuzz_$t,$(call \
	fuzz-text-sources,$t),-fsanitize=fuzzer)))

# The mutator itself.
fuzz-mutate-sources := harness/fuzz/fuzz_mutate.c harness/fuzz/mutator.c $(generate-sources) \
	$(program-readers)
$(eval $(call program-alone,native-fuzz,fuzz_mutate,$(fuzz-mutate-sources),-fsanitize=fuzzer))

fuzz-other-targets := $(fuzz-text-targets:%=$(O)/sim-fuzz/fuzz_%) $(O)/sim-fuzz/fuzz_layout \
	$(O)/sim-fuzz/fuzz_program $(O)/native-fuzz/fuzz_mutate

# What an engine counts as new is what the allocator does, not what the harness does around it.
fuzz-uncovered := $(filter-out $(program-readers),$(fuzz-sources) harness/fuzz/target_sim.c \
	harness/fuzz/mutator.c harness/fuzz/own_strcmp.c harness/fuzz/machine.c $(world-sources-sim))
$(foreach v,$(fuzz-libfuzzer-variants),$(call objects,$v,$(fuzz-uncovered))): \
	EXTRA_CFLAGS := -fno-sanitize=fuzzer-no-link
# The mutator is searched for errors by a target of its own; here it would be half of the time.
$(call objects,sim-fuzz,harness/fuzz/mutator.c $(generate-sources)): \
	EXTRA_CFLAGS := -fno-sanitize=fuzzer-no-link -fno-sanitize=all
# The readers' own target compares magic words.
$(call objects,sim-fuzz,$(program-readers) harness/fuzz/fuzz_program.c): \
	EXTRA_CFLAGS := -fsanitize-coverage=trace-cmp

# AFL++: persistent targets, and the mutator as a shared object.
fuzz-afl := $(foreach t,$(fuzz-targets),$(O)/afl/fuzz_$t) $(O)/native-pic/slub-mutator.so
$(foreach t,$(fuzz-targets),$(eval $(call program,afl,fuzz_$t,harness/fuzz/afl_main.c $(call \
	fuzz-target-sources,$t),)))
$(eval $(call shared-object,native-pic,slub-mutator.so,harness/fuzz/mutator.c \
	$(generate-sources) $(wildcard harness/program/*.c),))
$(addprefix $(O)/native-pic/harness/,fuzz/mutator.o): EXTRA_CFLAGS := -fvisibility=default

# Without an engine: to repeat inputs, and for tests.
$(foreach t,$(fuzz-targets),$(eval $(call program,sim-asan,regress_$t,harness/fuzz/regress.c \
	$(call fuzz-target-sources,$t),)))
# The same for the other sanitizers, and to see what the corpus covers. ThreadSanitizer sees the
# allocator and the interpreter, which order what they do, and not the machine below them.
fuzz-sanitized := $(foreach v,sim-msan sim-tsan,$(fuzz-targets:%=$(O)/$v/regress_%))
$(foreach v,sim-msan sim-tsan sim-cov,$(foreach t,$(fuzz-targets),$(eval $(call \
	program,$v,regress_$t,harness/fuzz/regress.c $(call fuzz-target-sources,$t),))))
fuzz-unordered := harness/fuzz/regress.c harness/fuzz/target.c harness/fuzz/target_sim.c \
	harness/exec/drive_sim.c harness/exec/drive_schedule.c $(program-readers) \
	$(generate-sources) $(fuzz-targets:%=harness/fuzz/fuzz_%.c) $(wildcard harness/sim/*.c)
$(eval $(call program,sim-tsan,sim_races,harness/test/sim_races.c,))
$(eval $(call program,sim,sim_races,harness/test/sim_races.c,))
harness/test/sim_sanitizers.t: | $(fuzz-sanitized) $(O)/sim-tsan/sim_races $(O)/sim/sim_races
$(call objects,sim-tsan,$(fuzz-unordered)): EXTRA_CFLAGS := -fno-sanitize=thread
$(foreach t,$(fuzz-targets),$(eval $(call program,sim,fuzz_generate_$t,\
	harness/test/fuzz_generate.c $(call fuzz-target-sources,$t),)))
$(foreach t,$(fuzz-text-targets),$(eval $(call program,sim-asan,regress_$t,\
	harness/fuzz/regress_bytes.c $(call fuzz-text-sources,$t),)))
$(eval $(call program-alone,native-asan,regress_mutate,harness/fuzz/regress_bytes.c \
	$(fuzz-mutate-sources),))
$(eval $(call program-alone,native-asan,regress_program,harness/fuzz/regress_bytes.c \
	harness/fuzz/fuzz_program.c $(program-readers),))
fuzz-regress := $(fuzz-targets:%=$(O)/sim-asan/regress_%)
fuzz-regress-other := $(foreach t,$(fuzz-text-targets) layout,$(O)/sim-asan/regress_$t) \
	$(O)/native-asan/regress_mutate $(O)/native-asan/regress_program
fuzz-generate := $(fuzz-targets:%=$(O)/sim/fuzz_generate_%)

# Seeds are kept as text.
fuzz-seeds := $(patsubst corpus/seeds/%.txt,$(O)/seeds/%.slubops,$(wildcard corpus/seeds/*.txt))
$(fuzz-seeds): $(O)/seeds/%.slubops: corpus/seeds/%.txt $(O)/native/slubcheck
	$(say) PACK $@
	$(Q)mkdir -p $(@D)
	$(Q)$(O)/native/slubcheck pack $< -o $@

# What else a target needs beside its program, as OSS-Fuzz has it: NAME.dict, NAME.options.
$(eval $(call program-alone,native,fuzz_dictionary,harness/fuzz/dictionary.c $(program-readers),))
fuzz-all-targets := $(fuzz-targets) $(fuzz-text-targets) layout program mutate
fuzz-dictionaries := $(fuzz-all-targets:%=$(O)/fuzz/fuzz_%.dict)
$(fuzz-dictionaries): $(O)/fuzz/fuzz_%.dict: $(O)/native/fuzz_dictionary
	$(say) DICT $@
	$(Q)mkdir -p $(@D)
	$(Q)$< $* >$@.new && mv $@.new $@

RUN_NEEDS += $(fuzz-libfuzzer) $(fuzz-afl) $(fuzz-regress) $(fuzz-seeds)

$(eval $(call program-alone,native-asan,fuzz_mutator,harness/test/fuzz_mutator.c \
	$(generate-sources) harness/fuzz/mutator.c $(wildcard harness/program/*.c),-lcmocka))
# What nobody has set is a large number there, not the zero that a new stack holds.
$(call objects,native-asan,$(generate-sources) harness/fuzz/mutator.c): \
	EXTRA_CFLAGS := -ftrivial-auto-var-init=pattern
$(eval $(call program,sim,fuzz_second_run,harness/test/fuzz_second_run.c \
	harness/fuzz/second_run.c $(generate-sources) $(exec-sim-sources) $(program-readers),-lcmocka))
fuzz-tests := $(O)/native-asan/fuzz_mutator $(fuzz-generate) harness/test/fuzz_seeds.t \
	$(O)/sim/fuzz_second_run
harness/test/fuzz_seeds.t: | $(fuzz-regress) $(fuzz-seeds)
harness/test/fuzz_lane.t: | $(fuzz-libfuzzer) $(fuzz-afl) $(fuzz-regress) $(fuzz-seeds)
harness/test/fuzz_targets.t: | $(fuzz-libfuzzer) $(fuzz-other-targets) $(fuzz-regress) \
	$(fuzz-regress-other) $(fuzz-seeds) $(fuzz-dictionaries)
harness/test/fuzz_campaign.t: | $(fuzz-libfuzzer) $(fuzz-afl) $(fuzz-seeds)
TESTS += $(fuzz-tests) harness/test/fuzz_lane.t harness/test/fuzz_targets.t \
	harness/test/fuzz_campaign.t harness/test/sim_sanitizers.t harness/test/nightly.t
CHECKS += $(fuzz-tests) harness/test/nightly.t

harness/fuzz/bench-fuzz: | $(fuzz-libfuzzer) $(fuzz-seeds)
BENCHES += harness/fuzz/bench-fuzz

.PHONY: bench-fuzz
bench-fuzz: harness/fuzz/bench-fuzz ## executions per second of the fuzz targets
	@$(test-env) harness/fuzz/bench-fuzz

OPTIONS += HOURS
HOURS ?= 1## how long campaign and soak last, 0.001 to 10000 [1]
campaign-needs := $(fuzz-libfuzzer) $(fuzz-afl) $(fuzz-seeds) $(fuzz-regress) \
	$(O)/native/slubcheck
.PHONY: campaign
campaign: $(campaign-needs) ## both engines for HOURS on a corpus that is kept in O/campaign
	@$(test-env) harness/fuzz/campaign --hours '$(HOURS)' --jobs '$(JOBS)'

$(foreach t,$(fuzz-text-targets),$(eval $(call program,sim-cov,regress_$t,\
	harness/fuzz/regress_bytes.c $(call fuzz-text-sources,$t),)))
.PHONY: nightly
nightly: $(fuzz-regress) $(fuzz-sanitized) $(fuzz-seeds) $(O)/native/slubcheck ## the campaign's corpus under all sanitizers, and every schedule of its programs for MINUTES
	@$(test-env) harness/fuzz/nightly --minutes '$(MINUTES)' --jobs '$(JOBS)'

# The layout of OSS-Fuzz and ClusterFuzzLite: ci/oss-fuzz/build.sh calls this.
OPTIONS += OUT LIB_FUZZING_ENGINE
OUT ?= $(O)/oss-fuzz## folder that oss-fuzz puts the targets into [O/oss-fuzz]
LIB_FUZZING_ENGINE ?= -fsanitize=fuzzer## engine that oss-fuzz links [-fsanitize=fuzzer]
$(foreach t,$(fuzz-targets),$(eval $(call program,oss-sim,fuzz_$t,harness/fuzz/mutator.c \
	$(call fuzz-target-sources,$t),$(LIB_FUZZING_ENGINE))))
$(foreach t,$(fuzz-text-targets),$(eval $(call program,oss-sim,fuzz_$t,$(call \
	fuzz-text-sources,$t),$(LIB_FUZZING_ENGINE))))
$(eval $(call program-alone,oss-native,fuzz_mutate,$(fuzz-mutate-sources),$(LIB_FUZZING_ENGINE)))
$(eval $(call program-alone,oss-native,fuzz_program,harness/fuzz/fuzz_program.c \
	$(program-readers),$(LIB_FUZZING_ENGINE)))
oss-programs := $(foreach t,$(fuzz-targets) $(fuzz-text-targets) layout,$(O)/oss-sim/fuzz_$t) \
	$(O)/oss-native/fuzz_mutate $(O)/oss-native/fuzz_program
.PHONY: oss-fuzz
oss-fuzz: $(oss-programs) $(fuzz-dictionaries) $(fuzz-seeds) ## every fuzz target as OSS-Fuzz wants it, in OUT
	$(Q)mkdir -p '$(OUT)'
	$(Q)cp $(oss-programs) $(fuzz-dictionaries) harness/fuzz/options/*.options '$(OUT)'
	$(Q)for t in $(fuzz-targets) program mutate; do \
		/usr/bin/python3 -m zipfile -c "$(OUT)/fuzz_$${t}_seed_corpus.zip" $(fuzz-seeds); done
	$(Q)for t in $(fuzz-text-targets) layout; do \
		/usr/bin/python3 -m zipfile -c "$(OUT)/fuzz_$${t}_seed_corpus.zip" corpus/$$t/*; done

# What generated programs perform, counted in both worlds side by side.
$(eval $(call program,sim,ops_table,harness/fuzz/ops_table.c harness/fuzz/ops_table_sim.c \
	$(exec-sim-sources) $(program-readers) $(generate-sources),))
$(eval $(call program,native,ops_table,harness/fuzz/ops_table.c harness/fuzz/ops_table_native.c \
	$(exec-native-sources) $(program-readers) $(generate-sources),))
.PHONY: ops-table
ops-table: $(O)/sim/ops_table $(O)/native/ops_table ## MINUTES of programs in both worlds: what was performed, how often
	@$(O)/sim/ops_table run $$(($(MINUTES) * 60)) 1 $(O)/ops-table.sim & sim=$$!; \
	$(O)/native/ops_table run $$(($(MINUTES) * 60)) 1 $(O)/ops-table.native; native=$$?; \
	wait $$sim && [ $$native = 0 ] && \
	$(O)/native/ops_table print $(O)/ops-table.sim $(O)/ops-table.native
