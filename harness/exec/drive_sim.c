/* SPDX-License-Identifier: MIT */
/*
 * Op programs on the simulated machine; see drive_sim.h for the rules.
 */
#include <stdio.h>
#include <stdlib.h>

#include "drive_sim.h"

#define NO_RECORD	   UINT32_MAX
#define EVENTS_MAX	   64u
#define ARENAS_MAX	   8u
#define NODE_PAGES_DEFAULT 1024u
#define NODE_PAGES_MIN	   256u
#define NODE_PAGES_A_CPU   16u /* what cpu slots may need on one node, and some */
#define POINTS_A_RECORD	   100000u
#define POINTS_MIN	   1000000u

enum record_state {
	RECORD_PENDING,
	RECORD_BEGUN,
	RECORD_INTERRUPT, /* begun or not, it is an interrupt's and no task's */
	RECORD_DONE,
};

/* Something that a schedule record wants to happen at a point. */
struct event {
	uint64_t point; /* armed: of the run; else: counted from the start of the next record */
	bool is_switch;
	uint32_t task_or_record;
	uint32_t ops; /* switch */
};

struct driven {
	uint32_t first, at; /* records by index; at: the one it performs or performs next */
	uint32_t last;	    /* while the lists are made */
};

struct drive_sim {
	struct exec_options options;
	struct exec_allocator allocator; /* options.allocator, but for settle() */
	bool settled;			 /* straight from the boot: settling has nothing to do */
	struct exec *x;
	/* An interpreter knows where the arena lies, so there is one for each size. */
	struct {
		size_t bytes;
		struct exec *x;
		uint64_t used;
	} arenas[ARENAS_MAX];
	uint64_t runs;

	const struct program *program;
	struct driven tasks[PROGRAM_TASKS_MAX];
	unsigned int nr_tasks;
	unsigned int nr_alive; /* tasks that have not ended */
	uint32_t nr_records, records_room;
	uint32_t *next;	     /* the same task's next record */
	uint8_t *state;	     /* enum record_state */
	uint32_t begun;	     /* all records before it have begun */
	uint32_t unfinished; /* all records of tasks before it are done */

	struct event armed[EVENTS_MAX];	  /* by point */
	struct event unarmed[EVENTS_MAX]; /* wait for the next record to start */
	/* Interrupts' records that must wait; so many can be pending in the machine too. */
	uint32_t put_off[4 * EVENTS_MAX];
	unsigned int nr_armed, nr_unarmed, nr_put_off;
	unsigned int switched_to; /* SIM_STAY: no switch is on */
	uint32_t switched_ops;
	bool forced;			/* nobody can go on: interrupts come early */
	uint32_t interrupts, forced_at; /* performed; performed when it was forced last */
};

/* There is one machine, so there is one run. */
static struct drive_sim *d;

static unsigned int op_of(uint32_t idx)
{
	return d->program->records[idx].op;
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

	while (d->unfinished < d->nr_records &&
	       (d->state[d->unfinished] >= RECORD_INTERRUPT || is_schedule(op_of(d->unfinished))))
		d->unfinished++;
	if (d->unfinished < d->nr_records) {
		unsigned int task = d->program->records[d->unfinished].task;

		if (sim_task_can_run(task))
			return task;
	}
	for (unsigned int task = 0; task < d->nr_tasks; task++) {
		if (d->tasks[task].at < best_at && sim_task_can_run(task)) {
			best = task;
			best_at = d->tasks[task].at;
		}
	}
	return best;
}

static unsigned int who(void)
{
	if (d->switched_to != SIM_STAY) {
		if (!d->switched_ops || d->tasks[d->switched_to].at == NO_RECORD)
			d->switched_to = SIM_STAY;
		else if (sim_task_can_run(d->switched_to))
			return d->switched_to;
	}
	if (sim_task_can_run(sim_rcu_task()))
		return sim_rcu_task();
	return earliest();
}

/* ---- events */

static void perform_interrupt(void *arg)
{
	uint32_t idx = (uint32_t)(uintptr_t)arg;

	switch (exec_record(d->x, idx, sim_task() == sim_rcu_task() ? 0 : sim_task())) {
	case EXEC_DONE:
		d->state[idx] = RECORD_DONE;
		d->interrupts++;
		break;
	case EXEC_WAIT:
		d->put_off[d->nr_put_off++] = idx;
		break;
	case EXEC_STOP:
		sim_fail(SIM_ORACLE, "%s", exec_finding(d->x)->text);
	}
}

static void interrupt(uint32_t idx)
{
	if (!sim_interrupt(perform_interrupt, (void *)(uintptr_t)idx))
		d->put_off[d->nr_put_off++] = idx;
}

static void set_alarm(void)
{
	sim_alarm_at(d->nr_armed ? d->armed[0].point : SIM_NEVER);
}

static void arm_events(void)
{
	if (!d->nr_unarmed)
		return;
	for (unsigned int i = 0; i < d->nr_unarmed; i++) {
		struct event event = d->unarmed[i];
		unsigned int at = d->nr_armed++;

		/* Delta 0 and 1 both mean: before the record's first access. */
		event.point += sim.points;
		while (at && d->armed[at - 1].point > event.point) {
			d->armed[at] = d->armed[at - 1];
			at--;
		}
		d->armed[at] = event;
	}
	d->nr_unarmed = 0;
	set_alarm();
}

static void let_interrupts_in(void)
{
	sim_irq_restore(sim_irq_save());
}

/* Interrupts that wait for another record, and if early those for their point, come now. */
static void interrupts_now(bool early)
{
	unsigned int nr = d->nr_put_off, kept = 0;

	d->nr_put_off = 0;
	for (unsigned int i = 0; i < nr; i++) {
		if (exec_ready(d->x, d->put_off[i]))
			interrupt(d->put_off[i]);
		else
			d->put_off[d->nr_put_off++] = d->put_off[i];
	}
	if (!early) {
		let_interrupts_in();
		return;
	}
	nr = d->nr_armed;
	for (unsigned int i = 0; i < d->nr_unarmed; i++) {
		if (!d->unarmed[i].is_switch)
			d->armed[nr++] = d->unarmed[i];
	}
	d->nr_armed = d->nr_unarmed = 0;
	for (unsigned int i = 0; i < nr; i++) {
		struct event event = d->armed[i];

		if (event.is_switch)
			d->armed[kept++] = event;
		else
			interrupt(event.task_or_record);
	}
	d->nr_armed = kept;
	set_alarm();
	let_interrupts_in();
}

static unsigned int alarm_due(void)
{
	bool switched = false;
	unsigned int due = 0;

	while (due < d->nr_armed && d->armed[due].point <= sim.points) {
		const struct event *event = &d->armed[due++];

		if (event->is_switch) {
			d->switched_to = event->task_or_record;
			d->switched_ops = event->ops;
			switched = event->ops != 0;
		} else {
			interrupt(event->task_or_record);
		}
	}
	d->nr_armed -= due;
	for (unsigned int i = 0; i < d->nr_armed; i++)
		d->armed[i] = d->armed[i + due];
	set_alarm();
	return switched ? who() : SIM_STAY;
}

static bool has_interrupts(void)
{
	for (unsigned int i = 0; i < d->nr_armed; i++) {
		if (!d->armed[i].is_switch)
			return true;
	}
	for (unsigned int i = 0; i < d->nr_unarmed; i++) {
		if (!d->unarmed[i].is_switch)
			return true;
	}
	return d->nr_put_off != 0;
}

static unsigned int policy(void *arg, enum sim_reason reason)
{
	unsigned int next;

	(void)arg;
	if (reason == SIM_AT_ALARM)
		return alarm_due();
	next = who();
	if (next == SIM_STAY && (reason == SIM_AT_BLOCK || reason == SIM_AT_END) &&
	    has_interrupts() && d->forced_at != d->interrupts) {
		d->forced = true;
		d->forced_at = d->interrupts;
		next = who();
	}
	return next;
}

/* ---- records */

static void event_later(const struct event *event)
{
	/* Those in excess are dropped: no program that makes sense has so many at one place. */
	if (d->nr_unarmed + d->nr_armed + d->nr_put_off < EVENTS_MAX)
		d->unarmed[d->nr_unarmed++] = *event;
}

static void take_effect(uint32_t idx)
{
	const struct program_record *record = &d->program->records[idx];
	struct event event = {.task_or_record = idx + 1};

	if (record->op == PROGRAM_SWITCH) {
		event.is_switch = true;
		event.point = PROGRAM_GET(record, SWITCH, delta);
		event.task_or_record = (uint32_t)PROGRAM_GET(record, SWITCH, to) % d->nr_tasks;
		event.ops = (uint32_t)PROGRAM_GET(record, SWITCH, ops);
		event_later(&event);
	} else if (record->op == PROGRAM_IRQ) {
		if (idx + 1 == d->nr_records || d->state[idx + 1] != RECORD_PENDING ||
		    is_schedule(op_of(idx + 1)) || !exec_irq_safe(op_of(idx + 1)) ||
		    d->nr_unarmed + d->nr_armed + d->nr_put_off >= EVENTS_MAX)
			return;
		event.point = PROGRAM_GET(record, IRQ, delta);
		d->state[idx + 1] = RECORD_INTERRUPT;
		event_later(&event);
	}
}

/* Performs the schedule records whose time has come. */
static void schedule_records(void)
{
	while (d->begun < d->nr_records) {
		uint32_t idx = d->begun;

		if (d->state[idx] == RECORD_PENDING) {
			if (!is_schedule(op_of(idx)) || !exec_ready(d->x, idx))
				return;
			if (exec_record(d->x, idx, sim_task()) == EXEC_STOP)
				sim_fail(SIM_ORACLE, "%s", exec_finding(d->x)->text);
			d->state[idx] = RECORD_DONE;
			take_effect(idx);
		}
		d->begun++;
	}
}

static bool record_can_start(void *arg)
{
	return d->forced || exec_ready(d->x, *(uint32_t *)arg);
}

/* exec_record() has said that @idx must wait. */
static void wait_for_others(uint32_t idx)
{
	sim_wait_until(record_can_start, &idx);
	if (d->forced) {
		d->forced = false;
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
	const struct program_record *record = &d->program->records[idx];

	/* One that must wait has not started; being asked, it leaves its read sections. */
	if (!exec_ready(d->x, idx))
		return exec_record(d->x, idx, task);
	arm_events();
	d->state[idx] = RECORD_BEGUN;
	if (record->cpu != PROGRAM_ANY)
		sim_migrate(task, record->cpu);
	return exec_record(d->x, idx, task);
}

/* At the end nothing is left behind: interrupts come, schedule records take effect. */
static void end_of_tasks(void)
{
	unsigned int before;

	schedule_records();
	if (d->nr_alive != 1)
		return;
	do {
		before = d->nr_put_off;
		interrupts_now(true);
		schedule_records();
	} while (has_interrupts() && (d->nr_put_off < before || !before));
}

static void task_main(void *arg)
{
	struct driven *driven = arg;
	unsigned int task = sim_task();

	while (driven->at != NO_RECORD) {
		uint32_t idx = driven->at;

		take_turn(task);
		schedule_records();
		if (sim_task_can_run(sim_rcu_task()))
			take_turn(task);
		if (d->state[idx] >= RECORD_INTERRUPT) { /* an interrupt has taken it over */
			driven->at = d->next[idx];
			continue;
		}
		switch (perform(task, idx)) {
		case EXEC_WAIT:
			wait_for_others(idx);
			continue;
		case EXEC_STOP:
			sim_fail(SIM_ORACLE, "%s", exec_finding(d->x)->text);
		case EXEC_DONE:
			d->state[idx] = RECORD_DONE;
		}
		driven->at = d->next[idx];
		if (d->switched_to == task && d->switched_ops)
			d->switched_ops--;
		if (d->nr_put_off)
			interrupts_now(false);
	}
	end_of_tasks();
	exec_task_end(d->x, task);
	d->nr_alive--;
}

/* ---- runs */

static bool deal_records(const struct program *program)
{
	if (program->nr_records >= NO_RECORD)
		return false;
	d->nr_records = (uint32_t)program->nr_records;
	if (d->nr_records > d->records_room) {
		free(d->next);
		free(d->state);
		d->records_room = d->nr_records;
		d->next = malloc(d->records_room * sizeof(*d->next));
		d->state = malloc(d->records_room * sizeof(*d->state));
		if (!d->next || !d->state) {
			d->records_room = 0;
			return false;
		}
	}
	d->nr_tasks = program->header.tasks;
	for (unsigned int task = 0; task < d->nr_tasks; task++)
		d->tasks[task].first = NO_RECORD;
	for (uint32_t idx = 0; idx < d->nr_records; idx++) {
		struct driven *driven = &d->tasks[program->records[idx].task];

		d->state[idx] = RECORD_PENDING;
		d->next[idx] = NO_RECORD;
		if (is_schedule(program->records[idx].op))
			continue;
		if (driven->first == NO_RECORD)
			driven->first = idx;
		else
			d->next[driven->last] = idx;
		driven->last = idx;
	}
	d->begun = d->unfinished = 0;
	d->nr_armed = d->nr_unarmed = d->nr_put_off = 0;
	d->switched_to = SIM_STAY;
	d->forced = false;
	d->interrupts = 0;
	d->forced_at = UINT32_MAX;
	return true;
}

static void settle(void)
{
	if (!d->settled)
		d->options.allocator->settle();
}

static void boot(void *arg)
{
	const struct exec_allocator *allocator = arg;
	size_t bytes;
	char *base;

	/* The first call brings the allocator up; each run then begins settled. */
	if (allocator->arena)
		allocator->arena(&base, &bytes);
	if (allocator->settle)
		allocator->settle();
}

static bool boot_machine(const struct program_header *header)
{
	char options[100] = "";
	size_t used = 0, wanted, node_pages = NODE_PAGES_MIN;
	struct sim_config config = {
		.cpus = header->cpus,
		.nodes = header->nodes,
		.options = options,
	};

	if (header->slab_max_order != PROGRAM_ANY)
		used += (size_t)snprintf(options + used, sizeof(options) - used,
					 "slab_max_order=%u ", header->slab_max_order);
	if (header->slab_min_objects)
		used += (size_t)snprintf(options + used, sizeof(options) - used,
					 "slab_min_objects=%u ", header->slab_min_objects);
	if (header->flags & PROGRAM_F_NO_MERGE)
		snprintf(options + used, sizeof(options) - used, "slab_nomerge");
	wanted = header->node_pages ? header->node_pages : NODE_PAGES_DEFAULT;
	if (wanted < (size_t)NODE_PAGES_A_CPU * header->cpus)
		wanted = (size_t)NODE_PAGES_A_CPU * header->cpus;
	while (node_pages < wanted && node_pages < SIM_ARENA_BYTES_MAX >> 12)
		node_pages *= 2;
	config.node_bytes = node_pages << 12;
	return sim_boot(&config, boot, &d->allocator);
}

/* The interpreter for the arena of the machine that is booted, ready for the program. */
static void ready_interpreter(void *arg)
{
	struct exec_options options = d->options;
	unsigned int place = 0;
	size_t bytes = 0;
	char *base;

	(void)arg;
	options.allocator = &d->allocator;
	if (d->allocator.arena)
		d->allocator.arena(&base, &bytes);
	for (unsigned int i = 0; i < ARENAS_MAX; i++) {
		if (d->arenas[i].x && d->arenas[i].bytes == bytes) {
			place = i;
			break;
		}
		if (d->arenas[i].used < d->arenas[place].used)
			place = i;
	}
	d->x = NULL;
	if (d->arenas[place].x && d->arenas[place].bytes == bytes) {
		if (!exec_restart(d->arenas[place].x, d->program)) {
			exec_destroy(d->arenas[place].x);
			d->arenas[place].x = NULL;
		}
	} else {
		exec_destroy(d->arenas[place].x);
		d->arenas[place].x = exec_create(d->program, &options);
		d->arenas[place].bytes = bytes;
	}
	d->arenas[place].used = ++d->runs;
	d->x = d->arenas[place].x;
}

static void finish(void *arg)
{
	(void)arg;
	if (!exec_finish(d->x))
		sim_fail(SIM_ORACLE, "%s", exec_finding(d->x)->text);
}

/* What the machine has found, told as the interpreter tells its own findings. */
static void report_finding(struct drive_sim_result *result)
{
	const struct sim_finding *finding = sim_finding();
	size_t record = EXEC_NO_RECORD;
	unsigned int task = 0;

	if (d->x && exec_finding(d->x)) {
		result->finding = *exec_finding(d->x);
		return;
	}
	if (finding && finding->task < d->nr_tasks && d->nr_alive) {
		task = finding->task;
		if (d->tasks[task].at != NO_RECORD)
			record = d->tasks[task].at;
	}
	result->finding.record = record;
	result->finding.task = task;
	snprintf(result->finding.text, sizeof(result->finding.text), "%s: %.200s",
		 result->outcome == SIM_INCONCLUSIVE ? "inconclusive"
		 : finding			     ? sim_finding_name(finding->kind)
						     : "machine",
		 finding ? finding->text : "out of memory");
	if (result->outcome == SIM_FINDING && d->x)
		exec_report(d->x, 0, "", record, task, "%s", result->finding.text);
}

static void add_figures(struct drive_sim_result *result)
{
	struct sim_figures figures = sim_figures();

	result->hash = (result->hash ^ figures.hash) * UINT64_C(0x9e3779b97f4a7c15);
	result->hash ^= result->hash >> 32;
}

static enum sim_outcome run(const struct drive_sim_options *options,
			    struct drive_sim_result *result)
{
	const struct sim_run_options run_options = {
		.policy = policy,
		.step_max = options->step_max ? options->step_max
					      : POINTS_MIN + (uint64_t)POINTS_A_RECORD *
								     d->program->nr_records,
		.hash_points = options->hash_points,
	};
	enum sim_outcome outcome;

	if (!boot_machine(&d->program->header))
		return sim_outcome();
	sim_reset(d->program->header.seed);
	d->settled = true;
	outcome = sim_call(ready_interpreter, NULL);
	d->settled = false;
	if (outcome != SIM_CLEAN)
		return outcome;
	if (!d->x || !deal_records(d->program)) {
		fprintf(stderr, "drive_sim: no memory for a program of %zu records\n",
			d->program->nr_records);
		return SIM_INCONCLUSIVE;
	}
	for (unsigned int task = 0; task < d->nr_tasks; task++) {
		d->tasks[task].at = d->tasks[task].first;
		sim_task_add(task_main, &d->tasks[task], task % d->program->header.cpus);
	}
	d->nr_alive = d->nr_tasks;
	outcome = sim_run(&run_options);
	result->points = sim_figures().points;
	result->switches = sim_figures().switches;
	result->interrupts = sim_figures().interrupts;
	add_figures(result);
	if (outcome != SIM_CLEAN)
		return outcome;
	outcome = sim_call(finish, NULL);
	add_figures(result);
	return outcome;
}

enum sim_outcome drive_sim_run(struct drive_sim *drive, const struct program *program,
			       const struct drive_sim_options *options,
			       struct drive_sim_result *result)
{
	*result = (struct drive_sim_result){.finding.record = EXEC_NO_RECORD};
	d = drive;
	d->program = program;
	d->x = NULL;
	d->nr_alive = 0;
	result->outcome = run(options, result);
	if (d->x)
		exec_stats(d->x, &result->stats);
	if (result->outcome != SIM_CLEAN)
		report_finding(result);
	return result->outcome;
}

struct drive_sim *drive_sim_create(const struct exec_options *options)
{
	struct drive_sim *drive = calloc(1, sizeof(*drive));

	if (!drive)
		return NULL;
	drive->options = *options;
	drive->allocator = *options->allocator;
	if (drive->allocator.settle)
		drive->allocator.settle = settle;
	return drive;
}

void drive_sim_destroy(struct drive_sim *drive)
{
	if (!drive)
		return;
	for (unsigned int i = 0; i < ARENAS_MAX; i++)
		exec_destroy(drive->arenas[i].x);
	free(drive->next);
	free(drive->state);
	free(drive);
}
