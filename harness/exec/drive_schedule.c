/* SPDX-License-Identifier: MIT */
/*
 * The schedule of an op program on the simulated machine: switches, interrupts, whose turn it is.
 */
#include <stdlib.h>

#include "drive_state.h"

static unsigned int op_of(uint32_t idx)
{
	return drive_now->program->records[idx].op;
}

static bool is_schedule(unsigned int op)
{
	return op == PROGRAM_SWITCH || op == PROGRAM_IRQ || op == PROGRAM_FAULT ||
	       op == PROGRAM_GRACE;
}

/* ---- who goes on */

/* Its record is earlier in the file than those of all others that can run. */
static unsigned int earliest(void)
{
	unsigned int best = SIM_STAY;
	uint32_t best_at = NO_RECORD;

	while (drive_now->unfinished < drive_now->nr_records &&
	       (drive_now->state[drive_now->unfinished] >= RECORD_INTERRUPT ||
		is_schedule(op_of(drive_now->unfinished))))
		drive_now->unfinished++;
	if (drive_now->unfinished < drive_now->nr_records) {
		unsigned int task = drive_now->program->records[drive_now->unfinished].task;

		if (sim_task_can_run(task))
			return task;
	}
	for (unsigned int task = 0; task < drive_now->nr_tasks; task++) {
		if (drive_now->tasks[task].at < best_at && sim_task_can_run(task)) {
			best = task;
			best_at = drive_now->tasks[task].at;
		}
	}
	return best;
}

static unsigned int who(void)
{
	if (drive_now->switched_to != SIM_STAY) {
		if (!drive_now->switched_ops ||
		    drive_now->tasks[drive_now->switched_to].at == NO_RECORD)
			drive_now->switched_to = SIM_STAY;
		else if (sim_task_can_run(drive_now->switched_to))
			return drive_now->switched_to;
	}
	if (sim_task_can_run(sim_rcu_task()))
		return sim_rcu_task();
	return earliest();
}

/* ---- events */

static void tell_begin(uint32_t idx, bool interrupt)
{
	const struct drive_sim_watch *watch = drive_now->watch;

	if (watch)
		watch->begins(watch->arg, idx, sim_task(), interrupt);
}

static void tell_end(uint32_t idx, bool interrupt)
{
	const struct drive_sim_watch *watch = drive_now->watch;

	if (watch)
		watch->ends(watch->arg, idx, sim_task(), interrupt);
}

unsigned int drive_name_of(unsigned int task)
{
	return task == sim_rcu_task() ? 0 : task;
}

static void perform_interrupt(void *arg)
{
	uint32_t idx = (uint32_t)(uintptr_t)arg;

	if (drive_now->watch && exec_ready(drive_now->x, idx))
		tell_begin(idx, true);
	switch (exec_interrupt(drive_now->x, idx, drive_name_of(sim_task()))) {
	case EXEC_DONE:
		drive_now->state[idx] = RECORD_DONE;
		drive_now->interrupts++;
		tell_end(idx, true);
		break;
	case EXEC_WAIT:
		drive_now->put_off[drive_now->nr_put_off++] = idx;
		break;
	case EXEC_STOP:
		sim_fail(SIM_ORACLE, "%s", exec_finding(drive_now->x)->text);
	}
}

static void interrupt(uint32_t idx)
{
	if (!sim_interrupt(perform_interrupt, (void *)(uintptr_t)idx))
		drive_now->put_off[drive_now->nr_put_off++] = idx;
}

static void set_alarm(void)
{
	sim_alarm_at(drive_now->nr_armed ? drive_now->armed[0].point : SIM_NEVER);
}

static void arm_events(void)
{
	if (!drive_now->nr_unarmed)
		return;
	for (unsigned int i = 0; i < drive_now->nr_unarmed; i++) {
		struct event event = drive_now->unarmed[i];
		unsigned int at = drive_now->nr_armed++;

		/* Delta 0 and 1 both mean: before the record's first access. */
		event.point += sim.points;
		while (at && drive_now->armed[at - 1].point > event.point) {
			drive_now->armed[at] = drive_now->armed[at - 1];
			at--;
		}
		drive_now->armed[at] = event;
	}
	drive_now->nr_unarmed = 0;
	set_alarm();
}

static void let_interrupts_in(void)
{
	sim_irq_restore(sim_irq_save());
}

/* Interrupts that wait for another record, and if early those for their point, come now. */
static void interrupts_now(bool early)
{
	unsigned int nr = drive_now->nr_put_off, kept = 0;

	drive_now->nr_put_off = 0;
	for (unsigned int i = 0; i < nr; i++) {
		if (exec_ready(drive_now->x, drive_now->put_off[i]))
			interrupt(drive_now->put_off[i]);
		else
			drive_now->put_off[drive_now->nr_put_off++] = drive_now->put_off[i];
	}
	if (!early) {
		let_interrupts_in();
		return;
	}
	nr = drive_now->nr_armed;
	for (unsigned int i = 0; i < drive_now->nr_unarmed; i++) {
		if (!drive_now->unarmed[i].is_switch)
			drive_now->armed[nr++] = drive_now->unarmed[i];
	}
	drive_now->nr_armed = drive_now->nr_unarmed = 0;
	for (unsigned int i = 0; i < nr; i++) {
		struct event event = drive_now->armed[i];

		if (event.is_switch)
			drive_now->armed[kept++] = event;
		else
			interrupt(event.task_or_record);
	}
	drive_now->nr_armed = kept;
	set_alarm();
	let_interrupts_in();
}

static unsigned int alarm_due(void)
{
	bool switched = false;
	unsigned int due = 0;

	while (due < drive_now->nr_armed && drive_now->armed[due].point <= sim.points) {
		const struct event *event = &drive_now->armed[due++];

		if (event->is_switch) {
			drive_now->switched_to = event->task_or_record;
			drive_now->switched_ops = event->ops;
			if (event->cpu != PROGRAM_ANY)
				sim_preempt_to(event->cpu);
			switched = event->ops != 0;
		} else {
			interrupt(event->task_or_record);
		}
	}
	drive_now->nr_armed -= due;
	for (unsigned int i = 0; i < drive_now->nr_armed; i++)
		drive_now->armed[i] = drive_now->armed[i + due];
	set_alarm();
	return switched ? who() : SIM_STAY;
}

static bool has_interrupts(void)
{
	for (unsigned int i = 0; i < drive_now->nr_armed; i++) {
		if (!drive_now->armed[i].is_switch)
			return true;
	}
	for (unsigned int i = 0; i < drive_now->nr_unarmed; i++) {
		if (!drive_now->unarmed[i].is_switch)
			return true;
	}
	return drive_now->nr_put_off != 0;
}

unsigned int drive_policy(void *arg, enum sim_reason reason)
{
	unsigned int next;

	(void)arg;
	if (reason == SIM_AT_ALARM)
		return alarm_due();
	next = who();
	if (next == SIM_STAY && (reason == SIM_AT_BLOCK || reason == SIM_AT_END) &&
	    has_interrupts() && drive_now->forced_at != drive_now->interrupts) {
		drive_now->forced = true;
		drive_now->forced_at = drive_now->interrupts;
		next = who();
	}
	return next;
}

/* ---- records */

static void event_later(const struct event *event)
{
	/* Those in excess are dropped: no program that makes sense has so many at one place. */
	if (drive_now->nr_unarmed + drive_now->nr_armed + drive_now->nr_put_off < EVENTS_MAX)
		drive_now->unarmed[drive_now->nr_unarmed++] = *event;
}

static void take_effect(uint32_t idx)
{
	const struct program_record *record = &drive_now->program->records[idx];
	struct event event = {.task_or_record = idx + 1};

	if (record->op == PROGRAM_SWITCH) {
		event.is_switch = true;
		event.point = PROGRAM_GET(record, SWITCH, delta);
		event.task_or_record =
			(uint32_t)PROGRAM_GET(record, SWITCH, to) % drive_now->nr_tasks;
		event.ops = (uint32_t)PROGRAM_GET(record, SWITCH, ops);
		event.cpu = record->cpu;
		event_later(&event);
	} else if (record->op == PROGRAM_IRQ) {
		if (idx + 1 == drive_now->nr_records ||
		    drive_now->state[idx + 1] != RECORD_PENDING || is_schedule(op_of(idx + 1)) ||
		    !exec_irq_safe(op_of(idx + 1)) ||
		    drive_now->nr_unarmed + drive_now->nr_armed + drive_now->nr_put_off >=
			    EVENTS_MAX)
			return;
		event.point = PROGRAM_GET(record, IRQ, delta);
		drive_now->state[idx + 1] = RECORD_INTERRUPT;
		event_later(&event);
	}
}

/*
 * Performs the schedule records whose time has come. Others may run while one is performed; they
 * leave it, and those behind it, to who is at it.
 */
static void schedule_records(void)
{
	while (!drive_now->scheduling && drive_now->begun < drive_now->nr_records) {
		uint32_t idx = drive_now->begun;

		if (drive_now->state[idx] == RECORD_PENDING) {
			if (!is_schedule(op_of(idx)) || !exec_ready(drive_now->x, idx))
				return;
			drive_now->scheduling = true;
			tell_begin(idx, false);
			if (exec_record(drive_now->x, idx, sim_task()) == EXEC_STOP)
				sim_fail(SIM_ORACLE, "%s", exec_finding(drive_now->x)->text);
			drive_now->scheduling = false;
			drive_now->state[idx] = RECORD_DONE;
			take_effect(idx);
			tell_end(idx, false);
		}
		drive_now->begun++;
	}
}

static bool record_can_start(void *arg)
{
	return drive_now->forced || exec_ready(drive_now->x, *(uint32_t *)arg);
}

/* exec_record() has said that @idx must wait. */
static void wait_for_others(uint32_t idx)
{
	sim_wait_until(record_can_start, &idx);
	if (drive_now->forced) {
		drive_now->forced = false;
		interrupts_now(true);
	}
}

/* Gives way until it is this task's turn; comes back at once when it is. */
static void take_turn(unsigned int task)
{
	while (who() != task)
		sim_yield();
}

static enum exec_step perform(unsigned int task, uint32_t idx)
{
	const struct program_record *record = &drive_now->program->records[idx];

	/* One that must wait has not started; being asked, it leaves its read sections. */
	if (!exec_ready(drive_now->x, idx))
		return exec_record(drive_now->x, idx, task);
	arm_events();
	drive_now->state[idx] = RECORD_BEGUN;
	tell_begin(idx, false);
	if (record->cpu != PROGRAM_ANY)
		sim_migrate(task, record->cpu);
	return exec_record(drive_now->x, idx, task);
}

/* At the end nothing is left behind: interrupts come, schedule records take effect. */
static void end_of_tasks(void)
{
	unsigned int before;

	schedule_records();
	if (drive_now->nr_alive != 1)
		return;
	do {
		before = drive_now->nr_put_off;
		interrupts_now(true);
		schedule_records();
	} while (has_interrupts() && (drive_now->nr_put_off < before || !before));
}

void drive_task(void *arg)
{
	struct driven *driven = arg;
	unsigned int task = sim_task();

	while (driven->at != NO_RECORD) {
		uint32_t idx = driven->at;

		take_turn(task);
		schedule_records();
		if (sim_task_can_run(sim_rcu_task()))
			take_turn(task);
		if (drive_now->state[idx] >=
		    RECORD_INTERRUPT) { /* an interrupt has taken it over */
			driven->at = drive_now->next[idx];
			continue;
		}
		switch (perform(task, idx)) {
		case EXEC_WAIT:
			wait_for_others(idx);
			continue;
		case EXEC_STOP:
			sim_fail(SIM_ORACLE, "%s", exec_finding(drive_now->x)->text);
		case EXEC_DONE:
			drive_now->state[idx] = RECORD_DONE;
			tell_end(idx, false);
		}
		driven->at = drive_now->next[idx];
		if (drive_now->switched_to == task && drive_now->switched_ops)
			drive_now->switched_ops--;
		if (drive_now->nr_put_off)
			interrupts_now(false);
	}
	end_of_tasks();
	exec_task_end(drive_now->x, task);
	drive_now->nr_alive--;
}

/* ---- for who looks on */

unsigned int drive_sim_records_left(unsigned int task)
{
	uint32_t at = drive_now->tasks[task].at;
	unsigned int left = 0;

	if (at != NO_RECORD && drive_now->state[at] == RECORD_PENDING &&
	    !exec_ready(drive_now->x, at))
		return 0;
	for (uint32_t idx = at; idx != NO_RECORD; idx = drive_now->next[idx])
		left += drive_now->state[idx] == RECORD_PENDING ||
			drive_now->state[idx] == RECORD_BEGUN;
	return left;
}

unsigned int drive_sim_switched(unsigned int *task)
{
	*task = drive_now->switched_to;
	return drive_now->switched_to == SIM_STAY ? 0 : drive_now->switched_ops;
}

const void *drive_sim_object(size_t idx)
{
	return exec_object(drive_now->x, idx);
}

/* ---- start */

bool drive_deal_records(const struct program *program)
{
	if (program->nr_records >= NO_RECORD)
		return false;
	drive_now->nr_records = (uint32_t)program->nr_records;
	if (drive_now->nr_records > drive_now->records_room) {
		free(drive_now->next);
		free(drive_now->state);
		drive_now->records_room = drive_now->nr_records;
		drive_now->next = malloc(drive_now->records_room * sizeof(*drive_now->next));
		drive_now->state = malloc(drive_now->records_room * sizeof(*drive_now->state));
		if (!drive_now->next || !drive_now->state) {
			drive_now->records_room = 0;
			return false;
		}
	}
	drive_now->nr_tasks = program->header.tasks;
	for (unsigned int task = 0; task < drive_now->nr_tasks; task++)
		drive_now->tasks[task].first = NO_RECORD;
	for (uint32_t idx = 0; idx < drive_now->nr_records; idx++) {
		struct driven *driven = &drive_now->tasks[program->records[idx].task];

		drive_now->state[idx] = RECORD_PENDING;
		drive_now->next[idx] = NO_RECORD;
		if (is_schedule(program->records[idx].op))
			continue;
		if (driven->first == NO_RECORD)
			driven->first = idx;
		else
			drive_now->next[driven->last] = idx;
		driven->last = idx;
	}
	drive_now->begun = drive_now->unfinished = 0;
	drive_now->nr_armed = drive_now->nr_unarmed = drive_now->nr_put_off = 0;
	drive_now->switched_to = SIM_STAY;
	drive_now->forced = drive_now->scheduling = false;
	drive_now->interrupts = 0;
	drive_now->forced_at = UINT32_MAX;
	return true;
}
