/* SPDX-License-Identifier: MIT */
/*
 * Steps of the machine: a task from one point that counts to the next, and the way back.
 *
 * The search runs on the stack of the program, which the machine knows as `outside`. A task that
 * comes to a point that counts gives way to it there, one that waits in the machine's policy.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define STACK_USED    16384u /* bytes of a stack that tasks use, at most */
#define STACK_CLEARED 4096u  /* bytes below the stack pointer that a step finds zero */

bool explore_migration;

extern char __start_slub_data[], __stop_slub_data[];

struct pending pending[EXPLORE_TASKS_MAX];
bool ended[EXPLORE_TASKS_MAX];
unsigned int last_task, switches_used, migrations_used;

/*
 * What the trail keeps of each step, besides memory: this, the task that makes it with its stack,
 * and the store buffers; behind what memory was, the machine's state if that has changed.
 */
struct before {
	struct pending pending[EXPLORE_TASKS_MAX];
	struct hash stack_hash[EXPLORE_TASKS_MAX];
	bool ended[EXPLORE_TASKS_MAX];
	bool has_state;
	struct sim_hot sim;
	size_t callbacks_from, callbacks_to;
	uint64_t granted;
	unsigned int nr_alive, nr_readers, nr_barriers;
	unsigned int last_task, switches_used, migrations_used;
	unsigned int task; /* EXPLORE_TASKS_MAX: nobody */
	size_t stack_bytes;
};

static struct machine *const m = &machine;
static const struct explore_client *client;
static const struct explore_options *options;
static struct trail trail;
static struct machine_state known_state; /* as it is after the last step */
static struct hash stack_hash[EXPLORE_TASKS_MAX];
static uintptr_t taken[EXPLORE_TASKS_MAX]; /* the lock that a task took at its last point */
static unsigned int locks_of_step;	   /* EXPLORE_WAIT_* */
static bool exploring, grown;

void __real_sim_point_slow(enum sim_kind kind, uintptr_t addr);
void __wrap_sim_point_slow(enum sim_kind kind, uintptr_t addr);
uint64_t __real_world_random(void);
uint64_t __wrap_world_random(void);

/* ---- on the tasks' stacks */

static bool on_own_stack(uintptr_t addr)
{
	return addr - (uintptr_t)m->current->co.stack < m->current->co.stack_bytes;
}

static void give_way(void)
{
	coroutine_switch(&m->current->co, &m->outside.co);
}

/*
 * Two reductions after Lipton. What a lock has behind it until the next access that counts comes
 * together with taking it: whatever others do in between they could do before. And a lock is given
 * back together with what stands in front of that. An access that may wait has its own point.
 */
static bool belongs_to_lock(enum sim_kind kind)
{
	const struct task *task = m->current;
	uintptr_t lock = taken[task->idx];

	if (kind == SIM_LOCK || kind == SIM_MUTEX || kind == SIM_WAIT || kind == SIM_RCU)
		return false;
	taken[task->idx] = 0;
	for (unsigned int i = 0; lock && i < task->nr_held; i++)
		if ((uintptr_t)task->held[i].lock == lock)
			return true;
	return false;
}

void __wrap_sim_point_slow(enum sim_kind kind, uintptr_t addr)
{
	unsigned int task;
	bool counts, fenced;

	if (!exploring) {
		__real_sim_point_slow(kind, addr);
		return;
	}
	if (on_own_stack(addr))
		return;
	task = m->current->idx;
	fenced = explore_tso && buffers[task].nr && buffer_fenced(kind);
	counts = words_used(kind, addr, task);
	if (counts && !options->all_points)
		counts = kind != SIM_UNLOCK && !belongs_to_lock(kind);
	if (!counts && !fenced)
		return;
	pending[task] = (struct pending){kind, addr};
	give_way();
	pending[task] = (struct pending){NR_SIM_KINDS, 0};
	taken[task] = kind == SIM_LOCK || kind == SIM_MUTEX ? addr : 0;
	if (taken[task])
		locks_of_step |= kind == SIM_LOCK ? EXPLORE_WAIT_SPIN : EXPLORE_WAIT_MUTEX;
}

static bool asks_for_cpu(unsigned int task)
{
	return pending[task].addr == (uintptr_t)&m->tasks[task].cpu;
}

void explore_ask_cpu(void)
{
	unsigned int task = m->current->idx;

	if (!exploring || migrations_used == options->migrations || m->current->irq_depth)
		return;
	pending[task] = (struct pending){SIM_PLAIN_READ, (uintptr_t)&m->current->cpu};
	give_way();
	pending[task] = (struct pending){NR_SIM_KINDS, 0};
}

/* Draws decide how far an allocation looks: here it looks everywhere. */
uint64_t __wrap_world_random(void)
{
	return exploring ? 0 : __real_world_random();
}

/* Asked when the task that runs has to wait; comes back when it need not any more. */
static unsigned int wait_here(void *arg, enum sim_reason reason)
{
	(void)arg;
	(void)reason;
	give_way();
	return m->current->idx;
}

static void live(void *arg)
{
	const struct explore_task *task = arg;

	task->fn(task->arg);
	machine_check_held(m->current);
	if (m->current->irq_depth) {
		if (!m->current->irqs_off)
			sim_fail(SIM_LOCKING, "an interrupt handler has turned interrupts on");
		m->current->irq_depth = 0;
		m->current->irqs_off = false;
	}
	if (m->current->irqs_off)
		sim_fail(SIM_LOCKING, "a task has ended with interrupts off");
	if (m->current->rcu_depth)
		sim_fail(SIM_LOCKING, "a task has ended inside of a read section");
	m->current->state = TASK_ENDED;
	if (m->current->idx < client->nr_tasks) {
		ended[m->current->idx] = true;
		m->nr_alive--;
	}
	give_way();
}

/* ---- beginning and end */

static void ready(unsigned int idx, const struct explore_task *task)
{
	sim_task_add(task->fn, task->arg, task->cpu);
	coroutine_reset(&m->tasks[idx].co, idx, live, (void *)(uintptr_t)task);
	memset((char *)m->tasks[idx].co.sp - STACK_USED, 0, STACK_USED);
}

void steps_begin(const struct explore_client *of, const struct explore_options *with)
{
	client = of;
	options = with;
	trail.used = 0;
	explore_tso = with->tso;
	explore_migration = with->migrations != 0;
	image_begin();
	image_verify(with->verify);
	image_always(__start_slub_data, (size_t)(__stop_slub_data - __start_slub_data));
	if (client->begin)
		client->begin();
	for (unsigned int i = 0; i < client->nr_tasks; i++) {
		ready(i, &client->tasks[i]);
		pending[i] = (struct pending){NR_SIM_KINDS, 0};
		ended[i] = false;
		stack_hash[i] = (struct hash){0, 0};
		buffers[i] = (struct store_buffer){0};
	}
	last_task = EXPLORE_TASKS_MAX;
	switches_used = migrations_used = 0;
	known_state = m->state;
	m->options = (struct sim_run_options){.policy = wait_here, .hash_points = true};
	m->has_finding = false;
	m->nr_alive = client->nr_tasks;
	sim.points = 0;
}

void steps_end(void)
{
	image_end();
	machine_end_tasks();
	m->running = false;
	m->options = (struct sim_run_options){0};
	m->has_finding = false;
	explore_tso = explore_migration = false;
	machine_set_alarm();
}

/* ---- what can be done */

static bool begun(unsigned int idx)
{
	return stack_hash[idx].a != 0;
}

bool waits_for_interrupt(unsigned int idx)
{
	unsigned int host = client->tasks[idx].interrupts;

	if (host && !begun(idx))
		return !ended[host - 1] && m->tasks[host - 1].irqs_off;
	for (unsigned int i = 0; i < client->nr_tasks; i++)
		if (client->tasks[i].interrupts == idx + 1 && begun(i) && !ended[i])
			return true;
	return false;
}

bool task_enabled(unsigned int idx)
{
	const struct pending *at = &pending[idx];

	if (ended[idx] || waits_for_interrupt(idx))
		return false;
	if (explore_tso && !buffer_admits(&buffers[idx], at->kind))
		return false;
	/* Locks are alike: {owner, rank}. Who waits for his own goes on, for the machine to see. */
	if (at->kind == SIM_LOCK || at->kind == SIM_MUTEX) {
		uint32_t owner = *(const uint32_t *)at->addr;

		return !owner || owner == idx + 1;
	}
	return sim_task_can_run(idx);
}

static unsigned int add_step(struct explore_step *steps, unsigned int nr, enum explore_kind kind,
			     unsigned int task)
{
	steps[nr] = (struct explore_step){(uint8_t)kind, (uint8_t)task, sim.points};
	return nr + 1;
}

unsigned int steps_enabled(struct explore_step *steps)
{
	bool bound = last_task < client->nr_tasks && switches_used == options->switches &&
		     task_enabled(last_task);
	unsigned int nr = 0;

	/* The task that ran goes on first: what is found soonest then has fewest switches. */
	if (last_task < client->nr_tasks && task_enabled(last_task))
		nr = add_step(steps, nr, EXPLORE_RUN, last_task);
	for (unsigned int i = 0; i < client->nr_tasks; i++)
		if (i != last_task && !bound && task_enabled(i))
			nr = add_step(steps, nr, EXPLORE_RUN, i);
	for (unsigned int i = 0; i < client->nr_tasks; i++)
		if (buffers[i].nr)
			nr = add_step(steps, nr, EXPLORE_FLUSH, i);
	for (unsigned int i = 0; i < client->nr_tasks; i++)
		if (asks_for_cpu(i) && !waits_for_interrupt(i) && m->config.cpus > 1 &&
		    migrations_used < options->migrations)
			nr = add_step(steps, nr, EXPLORE_MIGRATE, i);
	if (sim_callbacks_pending() && sim_grace())
		nr = add_step(steps, nr, EXPLORE_GRACE, 0);
	return nr;
}

unsigned int task_waits_for(unsigned int idx)
{
	switch (pending[idx].kind) {
	case SIM_LOCK:
		return EXPLORE_WAIT_SPIN;
	case SIM_MUTEX:
		return EXPLORE_WAIT_MUTEX;
	default:
		break;
	}
	switch (m->tasks[idx].wait) {
	case WAIT_LOCK:
		return EXPLORE_WAIT_SPIN;
	case WAIT_MUTEX:
		return EXPLORE_WAIT_MUTEX;
	case WAIT_WORD:
		return EXPLORE_WAIT_WORD;
	default:
		return EXPLORE_WAIT_OTHER;
	}
}

void deadlock_text(char *text, size_t text_bytes)
{
	size_t used = (size_t)snprintf(text, text_bytes, "deadlock: every task waits");

	for (unsigned int i = 0; i < client->nr_tasks && used < text_bytes; i++) {
		struct task task = m->tasks[i];
		char one[120];

		if (ended[i])
			continue;
		if (pending[i].kind == SIM_LOCK || pending[i].kind == SIM_MUTEX) {
			task.wait = pending[i].kind == SIM_LOCK ? WAIT_LOCK : WAIT_MUTEX;
			task.wait_for = (const void *)pending[i].addr;
		}
		used += (size_t)snprintf(text + used, text_bytes - used, "; %s",
					 machine_wait_text(&task, one, sizeof(one)));
	}
}

/* ---- steps */

static void keep_before(unsigned int stepper)
{
	struct before *before = trail_push(&trail, sizeof(*before));

	memcpy(before->pending, pending, sizeof(pending));
	memcpy(before->stack_hash, stack_hash, sizeof(stack_hash));
	memcpy(before->ended, ended, sizeof(ended));
	before->has_state = false;
	before->sim = sim;
	before->callbacks_from = m->callbacks_from;
	before->callbacks_to = m->callbacks_to;
	before->granted = m->granted;
	before->nr_alive = m->nr_alive;
	before->nr_readers = m->nr_readers;
	before->nr_barriers = m->nr_barriers;
	before->last_task = last_task;
	before->switches_used = switches_used;
	before->migrations_used = migrations_used;
	before->task = stepper;
	if (stepper < EXPLORE_TASKS_MAX) {
		const struct task *task = &m->tasks[stepper];
		const struct coroutine *co = &task->co;
		size_t bytes = (size_t)(co->stack + co->stack_bytes - (char *)co->sp);

		before->stack_bytes = bytes;
		memcpy(trail_push(&trail, sizeof(*task)), task, sizeof(*task));
		memcpy(trail_push(&trail, bytes), co->sp, bytes);
	}
	if (explore_tso)
		memcpy(trail_push(&trail, sizeof(buffers)), buffers, sizeof(buffers));
}

static struct before *before_at(size_t at)
{
	return (void *)(trail.bytes + at);
}

/* The step that began at @at is made: keeps what the machine's state was, if it is another now. */
static void keep_state(size_t at)
{
	if (!memcmp(&known_state, &m->state, sizeof(known_state)))
		return;
	memcpy(trail_push(&trail, sizeof(known_state)), &known_state, sizeof(known_state));
	before_at(at)->has_state = true;
	known_state = m->state;
}

static void restore_state(size_t at)
{
	if (!before_at(at)->has_state)
		return;
	memcpy(&known_state, trail_pop(&trail, sizeof(known_state)), sizeof(known_state));
	m->state = known_state;
}

static void restore_before(size_t at)
{
	const struct before *before = before_at(at);
	const char *behind = (const char *)before + trail_room(sizeof(*before));

	memcpy(pending, before->pending, sizeof(pending));
	memcpy(stack_hash, before->stack_hash, sizeof(stack_hash));
	memcpy(ended, before->ended, sizeof(ended));
	sim = before->sim;
	m->callbacks_from = before->callbacks_from;
	m->callbacks_to = before->callbacks_to;
	m->granted = before->granted;
	m->nr_alive = before->nr_alive;
	m->nr_readers = before->nr_readers;
	m->nr_barriers = before->nr_barriers;
	last_task = before->last_task;
	switches_used = before->switches_used;
	migrations_used = before->migrations_used;
	if (before->task < EXPLORE_TASKS_MAX) {
		struct task *task = &m->tasks[before->task];

		memcpy(task, behind, sizeof(*task));
		behind += trail_room(sizeof(*task));
		memcpy(task->co.sp, behind, before->stack_bytes);
		behind += trail_room(before->stack_bytes);
	}
	if (explore_tso)
		memcpy(buffers, behind, sizeof(buffers));
	trail.used = at;
}

/* Lets the task of @task run until it gives way. Return: false on a finding. */
static bool enter(struct task *task)
{
	/* What a dead frame has left there would tell states apart that are the same. */
	memset((char *)task->co.sp - STACK_CLEARED, 0, STACK_CLEARED);
	m->current = task;
	sim.cpu = task->cpu;
	m->running = true;
	m->quiet = 0;
	machine_set_alarm();
	coroutine_switch(&m->outside.co, &task->co);
	m->current = &m->outside;
	return !m->has_finding;
}

static bool run_task(unsigned int idx)
{
	struct task *task = &m->tasks[idx];
	unsigned int host = client->tasks[idx].interrupts;
	bool fresh = !begun(idx), clean;

	if (fresh && host) {
		task->cpu = m->tasks[host - 1].cpu;
		task->irqs_off = true;
		task->irq_depth = 1;
	}

	exploring = true;
	clean = enter(task);
	/* Up to its first point a task does nothing that others see. */
	if (clean && fresh && !ended[idx] && task_enabled(idx) && !asks_for_cpu(idx))
		clean = enter(task);
	exploring = false;
	return clean;
}

static void hash_stack(unsigned int idx)
{
	const struct coroutine *co = &m->tasks[idx].co;
	struct hash hash = {idx + 1, 0};

	if (!ended[idx])
		hash_words(&hash, co->sp, (size_t)(co->stack + co->stack_bytes - (char *)co->sp));
	stack_hash[idx] = hash;
}

/* What a step has written counts as used by its task, however it was written. */
static unsigned int stepping;

static void changed(uintptr_t addr)
{
	words_changed(addr, stepping);
}

static size_t trail_marks[1u << 20];
static unsigned int nr_marks;

enum step_outcome step_make(struct explore_step step, char *text, size_t text_bytes)
{
	bool clean = true, tids_changed;

	if (nr_marks == sizeof(trail_marks) / sizeof(trail_marks[0])) {
		snprintf(text, text_bytes, "no end is seen: a path of %u steps", nr_marks);
		return STEP_FINDING;
	}
	trail_marks[nr_marks++] = trail.used;
	keep_before(step.kind == EXPLORE_GRACE ? EXPLORE_TASKS_MAX : step.task);
	stepping = step.kind == EXPLORE_GRACE ? EXPLORE_TASKS_MAX : step.task;
	words_step(stepping);
	locks_of_step = 0;
	switch ((enum explore_kind)step.kind) {
	case EXPLORE_RUN:
		if (last_task != step.task && last_task < EXPLORE_TASKS_MAX &&
		    task_enabled(last_task))
			switches_used++;
		last_task = step.task;
		clean = run_task(step.task);
		break;
	case EXPLORE_FLUSH:
		buffer_flush(&buffers[step.task]);
		break;
	case EXPLORE_MIGRATE:
		m->tasks[step.task].cpu = (m->tasks[step.task].cpu + 1) % m->config.cpus;
		migrations_used++;
		break;
	case EXPLORE_GRACE:
		sim_quiet_begin();
		rcu_task_main(NULL);
		sim_quiet_end();
		break;
	}
	grown = image_step(&trail, &tids_changed, changed);
	keep_state(trail_marks[nr_marks - 1]);
	if (!clean) {
		const struct sim_finding *finding = sim_finding();

		snprintf(text, text_bytes, "%s: %s", sim_finding_name(finding->kind),
			 finding->text);
		m->has_finding = false;
		return m->outcome == SIM_INCONCLUSIVE ? STEP_OPEN : STEP_FINDING;
	}
	if (!grown) {
		snprintf(text, text_bytes, "I6: the tid of a slot went back");
		return STEP_FINDING;
	}
	for (unsigned int i = 0; i < client->nr_tasks; i++)
		if ((tids_changed && stack_hash[i].a) ||
		    (step.kind == EXPLORE_RUN && i == step.task))
			hash_stack(i);
	return STEP_DONE;
}

unsigned int step_locks(void)
{
	return locks_of_step;
}

void step_undo(void)
{
	restore_state(trail_marks[--nr_marks]);
	image_undo(&trail);
	restore_before(trail_marks[nr_marks]);
}

unsigned int steps_made(void)
{
	return nr_marks;
}

static void run_final(void *arg)
{
	(void)arg;
	client->final(NULL);
}

enum step_outcome step_final(char *text, size_t text_bytes)
{
	static const struct explore_task checker = {.fn = run_final};
	unsigned int idx = client->nr_tasks;
	bool clean, ignored;

	if (!client->final)
		return STEP_DONE;
	trail_marks[nr_marks++] = trail.used;
	keep_before(EXPLORE_TASKS_MAX);
	m->running = false;
	ready(idx, &checker);
	m->options = (struct sim_run_options){0};
	m->step_max = UINT64_MAX;
	m->policy_alarm = SIM_NEVER;
	clean = enter(&m->tasks[idx]);
	m->options = (struct sim_run_options){.policy = wait_here, .hash_points = true};
	m->tasks[idx].state = TASK_FREE;
	m->nr_tasks = client->nr_tasks;
	m->nr_readers = m->nr_barriers = 0;
	if (!clean) {
		snprintf(text, text_bytes, "%s", sim_finding()->text);
		m->has_finding = false;
	}
	image_step(&trail, &ignored, NULL);
	keep_state(trail_marks[nr_marks - 1]);
	step_undo();
	return clean ? STEP_DONE : STEP_FINDING;
}

/* ---- states */

static uint64_t since(uint64_t number)
{
	return number > m->state.callback_ran ? number - m->state.callback_ran : 0;
}

static void hash_task(struct hash *hash, unsigned int idx)
{
	const struct task *task = &m->tasks[idx];

	hash_word(hash, (uint64_t)ended[idx] | (uint64_t)task->irqs_off << 1 |
				(uint64_t)task->cpu << 8 | (uint64_t)task->nr_held << 16 |
				(uint64_t)task->rcu_depth << 24 | (uint64_t)task->wait << 32 |
				(uint64_t)pending[idx].kind << 40);
	if (ended[idx])
		return;
	hash_word(hash, pending[idx].addr);
	hash_word(hash, stack_hash[idx].a);
	hash_word(hash, stack_hash[idx].b);
	for (unsigned int i = 0; i < task->nr_held; i++)
		hash_word(hash, (uintptr_t)task->held[i].lock);
	if (task->rcu_depth)
		hash_word(hash, since(task->rcu_since));
	if (task->wait != WAIT_NOTHING) {
		hash_word(hash, (uintptr_t)task->wait_for);
		hash_word(hash, task->wait == WAIT_CALLBACKS ? since(task->wait_value)
							     : task->wait_value);
	}
	hash_words(hash, task->area, sizeof(task->area));
}

struct hash step_state(void)
{
	struct hash hash = image_hash();

	for (unsigned int i = 0; i < client->nr_tasks; i++) {
		hash_task(&hash, i);
		/* Without stores on their way a state is that of the search without buffers. */
		if (!buffers[i].nr)
			continue;
		hash_word(&hash, (uint64_t)i << 32 | buffers[i].nr);
		hash_words(&hash, buffers[i].stores, buffers[i].nr * sizeof(struct store));
	}
	hash_word(&hash, since(m->state.callback_last));
	hash_word(&hash, (uint64_t)m->nr_barriers << 32 | m->state.nr_once);
	for (size_t i = m->callbacks_from; i != m->callbacks_to; i++)
		hash_word(&hash, (uintptr_t)m->callbacks[i % m->callbacks_room].head);
	hash_word(&hash, migrations_used);
	if (options->switches != EXPLORE_FOREVER)
		hash_word(&hash, (uint64_t)switches_used << 32 | last_task);
	return hash;
}
