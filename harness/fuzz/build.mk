# SPDX-License-Identifier: MIT
# Fuzz targets for libFuzzer and AFL++, their mutator, seeds, lane and tests.

program-readers := $(wildcard harness/program/*.c)
generate-sources := $(addprefix harness/fuzz/,fields.c generate.c motifs.c recipe.c)
fuzz-sources := $(exec-sim-sources) $(program-readers) $(generate-sources) harness/fuzz/target.c
fuzz-empty-sources := $(program-readers) $(generate-sources) harness/fuzz/target.c
fuzz-targets := concurrent sequential

# $(call fuzz-target-sources,NAME); the empty target performs nothing, so it needs no driver.
fuzz-target-sources = harness/fuzz/fuzz_$1.c $(if $(filter empty,$1),$(fuzz-empty-sources),\
	$(fuzz-sources) harness/fuzz/target_sim.c)
# libFuzzer with sanitizers (finds most) and without (runs most).
fuzz-libfuzzer-variants := sim-fuzz sim-fuzz-plain
fuzz-libfuzzer := $(foreach v,$(fuzz-libfuzzer-variants),$(foreach t,$(fuzz-targets) empty,\
	$(O)/$v/fuzz_$t))
$(foreach v,$(fuzz-libfuzzer-variants),$(foreach t,$(fuzz-targets) empty,$(eval $(call \
	program,$v,fuzz_$t,harness/fuzz/mutator.c $(call fuzz-target-sources,$t),\
	-fsanitize=fuzzer))))

# What an engine counts as new is what the allocator does, not what the harness does around it.
fuzz-uncovered := $(filter-out $(program-readers),$(fuzz-sources) harness/fuzz/target_sim.c \
	harness/fuzz/mutator.c $(world-sources-sim))
$(foreach v,$(fuzz-libfuzzer-variants),$(call objects,$v,$(fuzz-uncovered))): \
	EXTRA_CFLAGS := -fno-sanitize=fuzzer-no-link
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
$(foreach t,$(fuzz-targets),$(eval $(call program,sim,fuzz_generate_$t,\
	harness/test/fuzz_generate.c $(call fuzz-target-sources,$t),)))
fuzz-regress := $(fuzz-targets:%=$(O)/sim-asan/regress_%)
fuzz-generate := $(fuzz-targets:%=$(O)/sim/fuzz_generate_%)

# Seeds are kept as text.
fuzz-seeds := $(patsubst corpus/seeds/%.txt,$(O)/seeds/%.slubops,$(wildcard corpus/seeds/*.txt))
$(fuzz-seeds): $(O)/seeds/%.slubops: corpus/seeds/%.txt $(O)/native/slubcheck
	$(say) PACK $@
	$(Q)mkdir -p $(@D)
	$(Q)$(O)/native/slubcheck pack $< -o $@

RUN_NEEDS += $(fuzz-libfuzzer) $(fuzz-afl) $(fuzz-regress) $(fuzz-seeds)

$(eval $(call program-alone,native-asan,fuzz_mutator,harness/test/fuzz_mutator.c \
	$(generate-sources) harness/fuzz/mutator.c $(wildcard harness/program/*.c),-lcmocka))
# What nobody has set is a large number there, not the zero that a new stack holds.
$(call objects,native-asan,$(generate-sources) harness/fuzz/mutator.c): \
	EXTRA_CFLAGS := -ftrivial-auto-var-init=pattern
fuzz-tests := $(O)/native-asan/fuzz_mutator $(fuzz-generate) harness/test/fuzz_seeds.t
harness/test/fuzz_seeds.t: | $(fuzz-regress) $(fuzz-seeds)
harness/test/fuzz_lane.t: | $(fuzz-libfuzzer) $(fuzz-afl) $(fuzz-regress) $(fuzz-seeds)
TESTS += $(fuzz-tests) harness/test/fuzz_lane.t
CHECKS += $(fuzz-tests)

harness/fuzz/bench-fuzz: | $(fuzz-libfuzzer) $(fuzz-seeds)
BENCHES += harness/fuzz/bench-fuzz

.PHONY: bench-fuzz
bench-fuzz: harness/fuzz/bench-fuzz ## executions per second of the fuzz targets
	@$(test-env) harness/fuzz/bench-fuzz

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
