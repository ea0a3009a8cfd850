/* SPDX-License-Identifier: MIT */
/*
 * Op programs on real threads.
 *
 * Running freely, a task whose record must wait asks again: a few times at once, then giving up
 * its cpu, then asleep for a moment. Nothing wakes it, because whatever woke it would order the
 * two threads more than the program does and so hide a missing order in the allocator.
 *
 * In order, the thread that has performed a record hands the turn to the thread of the next one
 * by a semaphore.
 */
#include "drive_native.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define ASK_AT_ONCE  64u
#define ASK_YIELDING 256u
#define SLEEP_NS_MIN 2000
#define SLEEP_NS_MAX 200000
#define STACK_BYTES  (1u << 20)

struct drive;

struct driven_task {
	struct drive *drive;
	unsigned int number;
	const uint32_t *records; /* indices, in file order */
	size_t nr_records;
	pthread_t thread;
	bool started;
	sem_t turn;
};

struct drive {
	struct exec *x;
	const struct program *program;
	struct drive_native_options options;
	struct driven_task *tasks;
	uint32_t *records;
	cpu_set_t allowed;
	pthread_mutex_t gate_lock;
	pthread_cond_t gate_moved;
	enum { GATE_CLOSED, GATE_OPEN, GATE_LEAVE } gate;
};

static void give_way(unsigned int *asked)
{
	struct timespec nap = {0, SLEEP_NS_MIN};

	if (++*asked < ASK_AT_ONCE) {
		__builtin_ia32_pause();
	} else if (*asked < ASK_YIELDING) {
		sched_yield();
	} else {
		nap.tv_nsec *= *asked - ASK_YIELDING + 1;
		if (nap.tv_nsec > SLEEP_NS_MAX)
			nap.tv_nsec = SLEEP_NS_MAX;
		nanosleep(&nap, NULL);
	}
}

/* The cpu-th of the cpus that this process may use, counted around. */
static void pin_to(const struct drive *drive, unsigned int cpu)
{
	unsigned int nr = (unsigned int)CPU_COUNT(&drive->allowed), n = 0, at;
	cpu_set_t one;

	for (at = 0; at < CPU_SETSIZE; at++)
		if (CPU_ISSET(at, &drive->allowed) && n++ == cpu % nr)
			break;
	CPU_ZERO(&one);
	CPU_SET(at, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void pass_turn(struct drive *drive, size_t next)
{
	if (next < drive->program->nr_records)
		sem_post(&drive->tasks[drive->program->records[next].task].turn);
}

/* The run is over for everybody: whoever waits for a turn that will not come is let go. */
static void let_all_go(struct drive *drive)
{
	unsigned int task;

	for (task = 0; task < drive->program->header.tasks; task++)
		if (drive->tasks[task].nr_records)
			sem_post(&drive->tasks[task].turn);
}

static enum exec_step perform_one(struct driven_task *task, size_t idx)
{
	struct drive *drive = task->drive;
	enum exec_step step;
	unsigned int asked = 0;

	if (drive->options.progress)
		atomic_store_explicit(&drive->options.progress[task->number].at, (uint32_t)idx + 1,
				      memory_order_relaxed);
	for (;;) {
		step = exec_record(drive->x, idx, task->number);
		if (step != EXEC_WAIT)
			return step;
		give_way(&asked);
	}
}

static void run_task(struct driven_task *task)
{
	struct drive *drive = task->drive;
	const struct program_record *records = drive->program->records;
	unsigned int cpu = PROGRAM_ANY;
	size_t n, idx = 0;

	for (n = 0; n < task->nr_records; n++) {
		bool follows = n && task->records[n] == idx + 1;

		idx = task->records[n];
		if (drive->options.ordered && idx && !follows)
			while (sem_wait(&task->turn))
				;
		if (drive->options.pin && records[idx].cpu != PROGRAM_ANY &&
		    records[idx].cpu != cpu) {
			cpu = records[idx].cpu;
			pin_to(drive, cpu);
		}
		if (perform_one(task, idx) == EXEC_STOP) {
			if (drive->options.ordered)
				let_all_go(drive);
			break;
		}
		if (drive->options.ordered &&
		    (n + 1 == task->nr_records || task->records[n + 1] != idx + 1))
			pass_turn(drive, idx + 1);
	}
	exec_task_end(drive->x, task->number);
}

/* All tasks begin together, or none does because one could not be started. */
static void *task_main(void *arg)
{
	struct driven_task *task = arg;
	struct drive *drive = task->drive;
	bool go;

	pthread_mutex_lock(&drive->gate_lock);
	while (drive->gate == GATE_CLOSED)
		pthread_cond_wait(&drive->gate_moved, &drive->gate_lock);
	go = drive->gate == GATE_OPEN;
	pthread_mutex_unlock(&drive->gate_lock);
	if (go)
		run_task(task);
	return NULL;
}

/* Each task's records, in file order. Return: the number of tasks that have any. */
static unsigned int deal_records(struct drive *drive)
{
	const struct program *program = drive->program;
	unsigned int task, nr_busy = 0;
	size_t idx, first = 0;

	for (idx = 0; idx < program->nr_records; idx++)
		drive->tasks[program->records[idx].task].nr_records++;
	for (task = 0; task < program->header.tasks; task++) {
		struct driven_task *t = &drive->tasks[task];

		t->drive = drive;
		t->number = task;
		t->records = drive->records + first;
		first += t->nr_records;
		nr_busy += t->nr_records != 0;
		t->nr_records = 0;
	}
	for (idx = 0; idx < program->nr_records; idx++) {
		struct driven_task *t = &drive->tasks[program->records[idx].task];

		drive->records[t->records - drive->records + t->nr_records++] = (uint32_t)idx;
	}
	return nr_busy;
}

static int start_thread(struct driven_task *task)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sem_init(&task->turn, 0, 0);
	err = pthread_create(&task->thread, &attr, task_main, task);
	pthread_attr_destroy(&attr);
	if (err)
		sem_destroy(&task->turn);
	else
		task->started = true;
	return -err;
}

/* Return: 0, or -errno when not every busy task got its thread; then nothing has run. */
static int run_threads(struct drive *drive)
{
	unsigned int task, nr = drive->program->header.tasks;
	int err = 0;

	for (task = 0; task < nr && !err; task++)
		if (drive->tasks[task].nr_records)
			err = start_thread(&drive->tasks[task]);
	pthread_mutex_lock(&drive->gate_lock);
	drive->gate = err ? GATE_LEAVE : GATE_OPEN;
	pthread_cond_broadcast(&drive->gate_moved);
	pthread_mutex_unlock(&drive->gate_lock);
	for (task = 0; task < nr; task++)
		if (drive->tasks[task].started)
			pthread_join(drive->tasks[task].thread, NULL);
	for (task = 0; task < nr; task++)
		if (drive->tasks[task].started)
			sem_destroy(&drive->tasks[task].turn);
	return err;
}

int drive_native(struct exec *x, const struct program *program,
		 const struct drive_native_options *options)
{
	struct drive drive = {
		.x = x,
		.program = program,
		.options = *options,
		.gate_lock = PTHREAD_MUTEX_INITIALIZER,
		.gate_moved = PTHREAD_COND_INITIALIZER,
	};
	unsigned int task;
	int err = -ENOMEM;

	sched_getaffinity(0, sizeof(drive.allowed), &drive.allowed);
	drive.tasks = calloc(program->header.tasks, sizeof(*drive.tasks));
	drive.records = malloc((program->nr_records + 1) * sizeof(*drive.records));
	if (!drive.tasks || !drive.records)
		goto out;
	if (deal_records(&drive) > 1) {
		err = run_threads(&drive);
		goto out;
	}
	err = 0;
	for (task = 0; task < program->header.tasks; task++)
		if (drive.tasks[task].nr_records)
			run_task(&drive.tasks[task]);
	if (options->pin)
		sched_setaffinity(0, sizeof(drive.allowed), &drive.allowed);
out:
	free(drive.tasks);
	free(drive.records);
	return err;
}
