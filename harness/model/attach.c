/* SPDX-License-Identifier: MIT */
/* Tells the interpreter of op programs what the model has found: oracle 5. */
#include "harness/exec/drive_state.h"
#include "attach.h"
#include "model.h"

#define ORACLE_MODEL 5u

static void found(const struct m_difference *difference)
{
	size_t record = EXEC_NO_RECORD;
	unsigned int task = sim_task();

	if (task < drive_now->nr_tasks && drive_now->nr_alive &&
	    drive_now->tasks[task].at != NO_RECORD)
		record = drive_now->tasks[task].at;
	exec_report(drive_now->x, ORACLE_MODEL, "", record, task < drive_now->nr_tasks ? task : 0,
		    "model: %s: expected %s, got %s", difference->name, difference->expected,
		    difference->got);
}

void model_attach(void)
{
	m_watch(found);
}
