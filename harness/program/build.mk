# SPDX-License-Identifier: MIT
# Op programs: the sources that everything which reads or writes them links, and their tests.

program-sources := $(addprefix harness/program/,binary.c file.c lenient.c print.c table.c text.c token.c)

# They run without an allocator, and under the sanitizers.
program-tests := program_roundtrip program_lenient program_errors program_files
$(foreach t,$(program-tests),$(eval $(call \
	program-alone,native-asan,$t,harness/test/$t.c $(program-sources),-lcmocka)))
TESTS += $(program-tests:%=$(O)/native-asan/%)
CHECKS += $(program-tests:%=$(O)/native-asan/%)

# All readers as a fuzz target; its test gives it a fixed number of inputs.
$(eval $(call program-alone,sim-fuzz,fuzz_program,harness/fuzz/fuzz_program.c \
	$(program-sources),-fsanitize=fuzzer))
TESTS += harness/test/program_fuzz.t
CHECKS += harness/test/program_fuzz.t
harness/test/program_fuzz.t: | $(O)/sim-fuzz/fuzz_program
