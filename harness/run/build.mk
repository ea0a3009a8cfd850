# SPDX-License-Identifier: MIT
# run: the main job. What its lanes need is built before; see also RUN_NEEDS of the other areas.

RUN_NEEDS += $(O)/native/replay_bench

TESTS += harness/test/run.t harness/test/main_job.t
CHECKS += harness/test/run.t
