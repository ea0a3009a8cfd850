# SPDX-License-Identifier: MIT
# The interpreter of op programs, its drivers, and its tests.

exec-sources := $(wildcard harness/exec/ops*.c) $(addprefix harness/exec/,boot_options.c exec.c \
	oracle.c owner.c plan.c)
# What a program needs to perform op programs on libslub in one of the worlds.
exec-slub-sources := $(exec-sources) $(wildcard harness/exec/allocator_slub*.c)
exec-native-sources := $(exec-slub-sources) $(addprefix harness/exec/,world_native.c drive_native.c)
exec-sim-sources := $(exec-slub-sources) $(addprefix harness/exec/,world_sim.c drive_sim.c \
	drive_schedule.c)

exec-files := $(wildcard harness/program/*.c)

# The oracles and the waiting rules, on an allocator that misbehaves on demand.
exec-fake-sources := $(exec-sources) harness/exec/drive_native.c harness/test/exec_fake.c \
	$(exec-files)
exec-fake-tests := exec_oracles exec_ops exec_waiting
$(foreach t,$(exec-fake-tests),$(eval $(call \
	program-alone,native-asan,$t,harness/test/$t.c $(exec-fake-sources),-lcmocka)))
TESTS += $(exec-fake-tests:%=$(O)/native-asan/%)
CHECKS += $(exec-fake-tests:%=$(O)/native-asan/%)

# Random programs on libslub with real threads.
exec-thread-variants := native native-asan native-tsan
$(foreach v,$(exec-thread-variants),$(eval $(call unit-test,$v,exec_threads,\
	harness/test/exec_threads.c $(exec-native-sources) $(exec-files))))
