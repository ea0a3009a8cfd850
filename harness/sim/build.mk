# SPDX-License-Identifier: MIT
#
# The simulated world; its sources are part of every program of a sim variant (see the Makefile).

$(eval $(call unit-test,sim,test-sim-machine,harness/test/sim_machine.c))
$(eval $(call unit-test,sim,test-sim-memory,harness/test/sim_memory.c))
$(eval $(call unit-test,sim-asan,test-sim-machine,harness/test/sim_machine.c))
$(eval $(call unit-test,sim-asan,test-sim-memory,harness/test/sim_memory.c))
$(eval $(call unit-test,sim,test-sim-maps,harness/test/sim_maps.c))
$(eval $(call unit-test,sim-asan,test-sim-maps,harness/test/sim_maps.c))
$(eval $(call unit-test,sim,test-sim-services,harness/test/sim_services.c))
$(eval $(call unit-test,sim-asan,test-sim-services,harness/test/sim_services.c))
$(eval $(call program,sim,bench-sim,harness/test/sim_bench.c))
BENCHES += $(O)/sim/bench-sim

# The driver of op programs, on an allocator that only takes notes.
drive-sim-sources = harness/test/drive_sim.c $(wildcard harness/exec/ops*.c) $(addprefix harness/exec/,\
	boot_options.c drive_sim.c drive_schedule.c exec.c oracle.c owner.c plan.c) harness/program/table.c
ifneq ($(wildcard harness/exec/exec.c),)
$(eval $(call unit-test,sim,test-drive-sim,$(drive-sim-sources)))
$(eval $(call unit-test,sim-asan,test-drive-sim,$(drive-sim-sources)))
endif
