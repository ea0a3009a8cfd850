/* SPDX-License-Identifier: MIT */
/* Watches a run and makes steps of what it sees; see timeline.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "names.h"
#include "symbols.h"
#include "timeline.h"

#define PLACES	   (1u << 16)
#define TEXT_BYTES 512u

static struct {
	const struct program *program;
	struct timeline_writer *writers;
	unsigned int nr_writers;
	bool all, learning, begun;
	bool finishing; /* the tasks have ended, and the driver frees what is left */
	uint64_t at;	/* the point of the step */

	/* The access that has just been performed, or will be before the next step. */
	struct sim_watched access;
	bool performing;
	uint64_t point; /* of the access */
	uint64_t before[2];
	unsigned int depth[PROGRAM_TASKS_MAX + 1];
	bool at_point; /* the latest step is a point that has not been passed */
} now;

/* Places by who goes there: 16 bytes are one, as the two words of a commit are. */
static struct {
	uint64_t place;
	uint16_t task;
	bool used, others, written;
} places[PLACES];

static unsigned int place_slot(uint64_t place)
{
	unsigned int at = (unsigned int)((place * UINT64_C(0x9e3779b97f4a7c15)) >> 48) % PLACES;

	for (unsigned int i = 0; i < PLACES / 2; i++, at = (at + 1) % PLACES)
		if (!places[at].used || places[at].place == place)
			break;
	return at;
}

static bool is_read(unsigned int kind)
{
	return kind == SIM_READ || kind == SIM_ACQUIRE || kind == SIM_PLAIN_READ ||
	       kind == SIM_STALE || kind == SIM_WAIT;
}

static void learn(const struct sim_watched *watched)
{
	uint64_t place = watched->place & ~UINT64_C(15);
	unsigned int at = place_slot(place);

	if (places[at].used && places[at].place != place)
		return; /* no room: it counts as shared */
	if (!places[at].used) {
		places[at].used = true;
		places[at].place = place;
		places[at].task = (uint16_t)watched->task;
	}
	places[at].others |= places[at].task != watched->task;
	places[at].written |= !is_read(watched->kind);
}

static bool is_shared(uint64_t place)
{
	unsigned int at = place_slot(place & ~UINT64_C(15));

	return !places[at].used || (places[at].others && places[at].written);
}

static unsigned int task_index(unsigned int task)
{
	return task < PROGRAM_TASKS_MAX ? task : PROGRAM_TASKS_MAX;
}

/* The points are counted anew when the tasks have ended. */
static bool step_counts(void)
{
	if (!now.begun)
		return false; /* the machine boots */
	now.finishing |= sim.points < now.at;
	now.at = sim.points;
	return now.all || !now.finishing;
}

static void tell(enum step_kind kind, uint64_t point, unsigned int task, unsigned int cpu,
		 const char *text, const char *function)
{
	const struct step step = {kind, point,	 task, cpu, now.depth[task_index(task)],
				  text, function};

	if (now.learning)
		return;
	for (unsigned int i = 0; i < now.nr_writers; i++)
		now.writers[i].step(&now.writers[i], &step);
}

/* Two words, wherever they are: without a fault if nothing is there. */
static void peek(uintptr_t addr, uint64_t words[2])
{
	struct iovec to = {words, 2 * sizeof(*words)};
	struct iovec from = {(void *)addr, 2 * sizeof(*words)};

	words[0] = words[1] = 0;
	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)to.iov_len)
		return;
	to.iov_len = from.iov_len = sizeof(*words);
	process_vm_readv(getpid(), &to, 1, &from, 1, 0);
}

static const char *const verbs[NR_SIM_KINDS] = {
	[SIM_READ] = "read",	    [SIM_WRITE] = "write",     [SIM_ACQUIRE] = "read acquire",
	[SIM_RELEASE] = "release",  [SIM_PLAIN_READ] = "read", [SIM_PLAIN_WRITE] = "write",
	[SIM_STALE] = "read stale", [SIM_ADD] = "add to",      [SIM_CMPXCHG] = "commit",
	[SIM_LOCK] = "lock",	    [SIM_UNLOCK] = "unlock",   [SIM_MUTEX] = "lock",
	[SIM_WAIT] = "wait for",    [SIM_RCU] = "rcu",
};

/* Both words of a slot or slab are said where a commit changes them. */
static void say_change(uintptr_t addr, const uint64_t before[2], const uint64_t after[2], bool both,
		       char *text, size_t bytes)
{
	char name[NAME_BYTES], one[NAME_BYTES], other[NAME_BYTES];
	size_t used;

	name_place(addr, name);
	used = (size_t)snprintf(text, bytes, "%s: ", name);
	for (unsigned int i = 0; i < 1u + both && used < bytes; i++) {
		name_value(addr + 8ul * i, before[i], one);
		name_value(addr + 8ul * i, after[i], other);
		if (before[i] == after[i])
			used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? ", " : "",
						 one);
		else
			used += (size_t)snprintf(text + used, bytes - used, "%s%s -> %s",
						 i ? ", " : "", one, other);
	}
}

/* The access that stood before this step has been performed: what has it done? */
static void end_access(void)
{
	const struct sim_watched *access = &now.access;
	char change[TEXT_BYTES], text[TEXT_BYTES + 40];
	bool commit = access->kind == SIM_CMPXCHG, changed;
	uint64_t after[2];

	if (!now.performing)
		return;
	now.performing = false;
	if (!access->addr || access->kind == SIM_LOCK || access->kind == SIM_UNLOCK ||
	    access->kind == SIM_MUTEX || access->kind == SIM_RCU)
		return; /* locks speak for themselves */
	if (!now.all && !commit && !is_shared(access->place))
		return;
	peek(access->addr, after);
	changed = after[0] != now.before[0] || (commit && after[1] != now.before[1]);
	say_change(access->addr, now.before, after, commit && !(access->addr & 15), change,
		   sizeof(change));
	snprintf(text, sizeof(text), "%s %s%s", verbs[access->kind],
		 commit && !changed ? "FAILS " : "", change);
	tell(!commit   ? STEP_ACCESS
	     : changed ? STEP_COMMIT
		       : STEP_FAILED,
	     now.point, access->task, access->cpu, text, symbol_of(access->code));
}

static void say_lock(const struct sim_watched *watched, enum step_kind kind, const char *what)
{
	char name[NAME_BYTES], text[NAME_BYTES + 40];

	name_place(watched->addr, name);
	snprintf(text, sizeof(text), "%s %s", what, name);
	tell(kind, now.at, watched->task, watched->cpu, text, symbol_of(watched->code));
}

static const char *task_name(unsigned int task, char text[16])
{
	if (task >= SIM_TASKS_MAX)
		return "rcu";
	snprintf(text, 16, "t%u", task);
	return text;
}

static void say_switch(const struct sim_watched *watched)
{
	char text[80], name[16];
	const char *to = task_name(watched->other, name);

	if (watched->reason == SIM_AT_ALARM && now.at_point) {
		snprintf(text, sizeof(text), "preempted: %s goes on", to);
		tell(STEP_PREEMPTED, now.at, watched->task, watched->cpu, text, "");
	} else {
		snprintf(text, sizeof(text), "%s: %s goes on",
			 watched->reason == SIM_AT_END	   ? "ends"
			 : watched->reason == SIM_AT_BLOCK ? "waits"
							   : "gives way",
			 to);
		tell(STEP_SWITCH, now.at, watched->task, watched->cpu, text, "");
	}
}

static void see(void *arg, const struct sim_watched *watched)
{
	char text[80];

	(void)arg;
	if (!step_counts()) {
		now.performing = false;
		return;
	}
	if (now.learning) {
		if (watched->event == SIM_EVENT_ACCESS)
			learn(watched);
		return;
	}
	sim_quiet_begin();
	end_access();
	switch (watched->event) {
	case SIM_EVENT_POINT:
		break;
	case SIM_EVENT_ACCESS:
		now.access = *watched;
		now.performing = true;
		now.point = now.at;
		if (watched->addr)
			peek(watched->addr, now.before);
		break;
	case SIM_EVENT_SWITCH:
		say_switch(watched);
		break;
	case SIM_EVENT_WAIT:
		if (watched->addr)
			say_lock(watched, STEP_WAITS, "waits for");
		break;
	case SIM_EVENT_LOCKED:
		if (now.all || is_shared(watched->place))
			say_lock(watched, STEP_LOCKED, "lock");
		break;
	case SIM_EVENT_UNLOCKED:
		if (now.all || is_shared(watched->place))
			say_lock(watched, STEP_UNLOCKED, "unlock");
		break;
	case SIM_EVENT_IRQ:
		tell(STEP_IRQ, now.at, watched->task, watched->cpu, "interrupt", "");
		now.depth[task_index(watched->task)]++;
		break;
	case SIM_EVENT_IRQ_END:
		now.depth[task_index(watched->task)]--;
		tell(STEP_IRQ_END, now.at, watched->task, watched->cpu, "interrupt ends", "");
		break;
	case SIM_EVENT_MIGRATE:
		snprintf(text, sizeof(text), "goes to c%u", watched->cpu);
		tell(STEP_MIGRATED, now.at, watched->other, watched->cpu, text, "");
		break;
	case SIM_EVENT_CALLBACK:
		tell(STEP_GRACE, now.at, watched->task, watched->cpu, "a callback runs", "");
		break;
	}
	now.at_point = watched->event == SIM_EVENT_POINT;
	sim_quiet_end();
}

/* What these do shows when it happens. */
static bool is_schedule(unsigned int op)
{
	return op == PROGRAM_SWITCH || op == PROGRAM_IRQ;
}

static void record_begins(void *arg, size_t idx, unsigned int task, bool interrupt)
{
	char line[PROGRAM_LINE_MAX];
	const char *op;

	(void)arg;
	(void)interrupt;
	now.begun = true;
	if (!step_counts() || now.learning || is_schedule(now.program->records[idx].op))
		return;
	sim_quiet_begin();
	end_access();
	names_refresh();
	program_record_line(line, &now.program->records[idx]);
	/* The column says which task it is. */
	op = strchr(line, ' ');
	op = op && line[0] == 't' ? op + 1 : line;
	tell(STEP_BEGIN, now.at, task, sim.cpu, op, "");
	sim_quiet_end();
}

static void record_ends(void *arg, size_t idx, unsigned int task, bool interrupt)
{
	const struct program_record *record = &now.program->records[idx];
	char name[NAME_BYTES], text[NAME_BYTES + 40];
	const void *object;

	(void)arg;
	(void)interrupt;
	if (!step_counts() || now.learning || is_schedule(record->op))
		return;
	sim_quiet_begin();
	end_access();
	names_refresh();
	object = drive_sim_object(idx);
	text[0] = '\0';
	if (program_ops[record->op].use == SLOT_FILLS ||
	    program_ops[record->op].use == SLOT_CHANGES) {
		name_pointer((uintptr_t)object, name);
		snprintf(text, sizeof(text), "r%u = %s", record->slot,
			 object ? name : "nothing, or several");
	}
	tell(STEP_END, now.at, task, sim.cpu, text, program_ops[record->op].name);
	sim_quiet_end();
}

static const struct drive_sim_watch watch = {record_begins, record_ends, NULL};

static void run(const struct program *program, struct drive_sim_result *result)
{
	now.program = program;
	now.begun = now.performing = now.at_point = now.finishing = false;
	now.at = 0;
	memset(now.depth, 0, sizeof(now.depth));
	names_begin();
	sim_watch(see, NULL);
	trial_run(program, &watch, result);
	sim_watch(NULL, NULL);
}

void timeline_learn(const struct program *program)
{
	struct drive_sim_result result;

	memset(places, 0, sizeof(places));
	now.learning = true;
	run(program, &result);
	now.learning = false;
}

enum sim_outcome timeline_run(const struct program *program, struct timeline_writer *writers,
			      unsigned int nr, bool all, struct drive_sim_result *result)
{
	const struct exec_finding *finding = &result->finding;
	char text[EXEC_TEXT_MAX + 60];

	now.writers = writers;
	now.nr_writers = nr;
	now.all = all;
	run(program, result);
	if (result->outcome != SIM_CLEAN) {
		if (result->outcome == SIM_INCONCLUSIVE)
			snprintf(text, sizeof(text), "%s", finding->text);
		else if (finding->oracle)
			snprintf(text, sizeof(text), "FINDING by oracle %u%s%s: %s",
				 finding->oracle, *finding->invariant ? ", " : "",
				 finding->invariant, finding->text);
		else
			snprintf(text, sizeof(text), "FINDING: %s", finding->text);
		tell(STEP_FINDING, result->points,
		     finding->record == EXEC_NO_RECORD ? 0 : finding->task, 0, text, "");
	}
	return result->outcome;
}
