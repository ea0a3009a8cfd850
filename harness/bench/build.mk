# SPDX-License-Identifier: MIT
# Benchmarks of whole programs' allocations.

# This fragment stands before those whose variables it would use.
replay-bench-sources = harness/bench/replay_bench.c $(wildcard harness/exec/ops*.c \
	harness/exec/allocator_*.c) $(addprefix harness/exec/,boot_options.c exec.c oracle.c owner.c \
	plan.c world_native.c drive_native.c) \
	$(wildcard harness/program/*.c)
$(eval $(call program,native,replay_bench,$(replay-bench-sources),))
BENCHES += harness/bench/run_replay_bench
harness/bench/run_replay_bench: | $(O)/native/replay_bench
