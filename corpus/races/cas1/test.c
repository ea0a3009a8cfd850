/*
 * A test made by slubcheck export-c of minimized.txt.
 *
 * There it was found by oracle 1: slot 0 (record 6): object 0x550000008800, 513 bytes: overlaps a live object
 *
 * On the simulated machine, where it repeats to the bit, in the root of libslub:
 *	make build/sim/libslub-sim.a
 *	cc -std=gnu11 -mcx16 -DSIM -D_GNU_SOURCE -I. -Islub -Iharness/sim TEST.c \
 *		build/sim/libslub-sim.a -o test && ./test
 * With real threads, at moments that nobody decides (rounds as argument):
 *	cc -std=gnu11 -mcx16 -pthread TEST.c $(pkg-config --cflags --libs libslub) -o test && ./test
 * Exit status: 0 clean, 1 a finding, 3 inconclusive.
 *
 * The program:
 *	@+41 -> t1 x3
 *	@+64 -> t0 x1
 *	t0: r2 = kmalloc size=513
 *	t0: r3 = kmalloc size=513
 *	t1: r0 = kmalloc size=513
 *	t1: r1 = kmalloc size=513
 *	t1: r0 = kmalloc size=513
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef SIM
#include "harness/sim/sim.h"
#include "slub/check.h"
#include "slub/types.h"
#else
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <slub.h>
#endif

#define TASKS 2u
#define CPUS 1u
#define NODES 1u
#define NODE_BYTES 4194304ul
#define SEED 0x0ul
#define OPTIONS ""
#define SLOTS 4u
#define PARTS 0u
#define CACHES 64u
#define NR_RECORDS 7u
#define NR_SLICES 3u
#define NR_RAISED 0u

/* ---- what is watched: an object has one owner, and is found as its owner left it */

enum { OWNER = 1, CONTENT = 2, ZERO = 4, MAPPED = 8 };

static struct object {
	void *at;
	size_t bytes;
	struct kmem_cache *from; /* NULL: kmalloc */
	int checks;
} slots[SLOTS + PARTS];
/* What a slot holds as a bulk: slots behind all others, one for each part. */
static struct bulk {
	unsigned int first, nr;
	struct kmem_cache *from;
} bulks[SLOTS];
static struct kmem_cache *cache[CACHES];

#ifdef SIM
#define FAIL(...) sim_fail(SIM_ORACLE, __VA_ARGS__)
#define LOCK() (void)0
#define UNLOCK() (void)0
static void *taken; /* by emptied() */
#else
#define FAIL(...)                                                          \
	do {                                                               \
		printf("FINDING: " __VA_ARGS__);                           \
		putchar('\n');                                             \
		fflush(stdout);                                            \
		_Exit(1);                                                  \
	} while (0)
static pthread_mutex_t slots_mutex = PTHREAD_MUTEX_INITIALIZER;
#define LOCK() pthread_mutex_lock(&slots_mutex)
#define UNLOCK() pthread_mutex_unlock(&slots_mutex)
static __thread void *taken; /* by emptied() */
#endif

static unsigned char pattern(unsigned int slot)
{
	return (unsigned char)(0x41 + slot % 64);
}

__attribute__((unused)) static void construct(void *object)
{
	(void)object;
}

__attribute__((unused)) static void filled(unsigned int slot, void *at, size_t bytes,
					   struct kmem_cache *from, int checks)
{
	if (!at || at == (void *)16)
		return;
	LOCK();
	for (unsigned int other = 0; other < SLOTS + PARTS; other++)
		if (slots[other].at && (char *)at < (char *)slots[other].at + slots[other].bytes &&
		    (char *)slots[other].at < (char *)at + bytes)
			FAIL("r%u gets an object of r%u, which is live", slot, other);
	for (size_t i = 0; checks & ZERO && i < bytes; i++)
		if (((unsigned char *)at)[i])
			FAIL("r%u: byte %zu is not zero", slot, i);
	if (checks & CONTENT)
		memset(at, pattern(slot), bytes);
	slots[slot] = (struct object){at, bytes, from, checks};
	UNLOCK();
}

static bool parts_back(unsigned int slot, bool together);

/* Takes the object of a slot out, which it leaves in taken; a bulk goes back as a whole. */
static bool emptied(unsigned int slot)
{
	struct object object;

	if (parts_back(slot, false))
		return false;
	LOCK();
	object = slots[slot];
	slots[slot].at = NULL;
	UNLOCK();
	taken = object.at;
	for (size_t i = 0; object.at && object.checks & CONTENT && i < object.bytes; i++)
		if (((unsigned char *)object.at)[i] != pattern(slot))
			FAIL("r%u: somebody has written byte %zu", slot, i);
	return object.at;
}

static void put_back(unsigned int slot);

/* Frees the parts of a bulk, together or one by one. Return: whether the slot has one. */
static bool parts_back(unsigned int slot, bool together)
{
	struct bulk bulk = slot < SLOTS ? bulks[slot] : (struct bulk){0};
	void *objects[PARTS + 1];
	unsigned int nr = 0;

	if (!bulk.nr)
		return false;
	bulks[slot].nr = 0;
	for (unsigned int part = bulk.first; part < bulk.first + bulk.nr; part++) {
		if (!together)
			put_back(part);
		else if (emptied(part))
			objects[nr++] = taken;
	}
	if (nr)
		kmem_cache_free_bulk(bulk.from, nr, objects);
	return true;
}

static void put_back(unsigned int slot)
{
	struct object object = slots[slot];

	if (parts_back(slot, true) || !emptied(slot))
		return;
	if (object.from)
		kmem_cache_free(object.from, taken);
	else if (object.checks & MAPPED)
		kvfree(taken);
	else
		kfree(taken);
}

static void destroy(unsigned int nr)
{
	for (unsigned int slot = 0; slot < SLOTS + PARTS; slot++)
		if (slots[slot].at && slots[slot].from && slots[slot].from == cache[nr])
			put_back(slot);
	if (cache[nr])
		kmem_cache_destroy(cache[nr]);
	cache[nr] = NULL;
}

__attribute__((unused)) static void filled_bulk(unsigned int slot, unsigned int first,
						unsigned int nr, gfp_t gfp, size_t bytes,
						struct kmem_cache *from, int checks)
{
	void *objects[PARTS + 1];

	if (!from || kmem_cache_alloc_bulk(from, gfp, nr, objects) != (int)nr)
		return;
	for (unsigned int part = 0; part < nr; part++)
		filled(first + part, objects[part], bytes, from, checks);
	bulks[slot] = (struct bulk){first, nr, from};
}

/* krealloc() and kvrealloc() keep what was there, as far as both sizes go. */
__attribute__((unused)) static void resized(unsigned int slot, size_t bytes, gfp_t gfp, bool mapped)
{
	struct object object = slots[slot];
	int kind = OWNER | CONTENT | (mapped ? MAPPED : 0);
	void *at;

	if (!object.at || object.from) {
		put_back(slot);
		filled(slot, mapped ? kvmalloc(bytes, gfp) : kmalloc(bytes, gfp), bytes, NULL, kind);
		return;
	}
	emptied(slot);
	mapped = mapped || object.checks & MAPPED;
	at = mapped ? kvrealloc(taken, bytes, gfp) : krealloc(taken, bytes, gfp);
	for (size_t i = 0; at && at != (void *)16 && i < bytes && i < object.bytes; i++)
		if (((unsigned char *)at)[i] != pattern(slot))
			FAIL("r%u: krealloc() has lost byte %zu", slot, i);
	if (at || !bytes)
		filled(slot, at, bytes, NULL, kind | (object.checks & MAPPED));
	else
		slots[slot] = object;
}

static void free_in_front(struct rcu_head *head)
{
	kvfree(head);
}

static void free_named(struct rcu_head *head)
{
	kvfree(*(void **)(head + 1));
}

/* After a grace period; @word: of the object, where the head shall be, if there is room for it. */
__attribute__((unused)) static void freed_later(unsigned int slot, size_t word, bool by_callback)
{
	struct object object = slots[slot];
	struct rcu_head *head;

	if (!emptied(slot))
		return;
	if (object.bytes < sizeof(*head) || !(object.checks & CONTENT)) {
		if (object.checks & MAPPED)
			kvfree(taken);
		else
			kfree(taken);
		return;
	}
	if (word && (word + 3) * sizeof(void *) > object.bytes)
		word = 0;
	head = (struct rcu_head *)((void **)taken + word);
	if (!by_callback) {
		kvfree_call_rcu(head, taken);
	} else if (!word) {
		call_rcu(head, free_in_front);
	} else {
		*(void **)(head + 1) = taken;
		call_rcu(head, free_named);
	}
}

/* kfree_sensitive() and kvfree_sensitive(); not of what a constructor or readers have made. */
__attribute__((unused)) static void freed_wiped(unsigned int slot, bool mapped)
{
	struct object object = slots[slot];

	if (!emptied(slot))
		return;
	if (!(object.checks & CONTENT))
		kfree(taken);
	else if (mapped || object.checks & MAPPED)
		kvfree_sensitive(taken, object.bytes);
	else
		kfree_sensitive(taken);
}

/* Waits for a grace period, unless the object is too small for that. */
__attribute__((unused)) static void freed_asleep(unsigned int slot)
{
	struct object object = slots[slot];

	if (!emptied(slot))
		return;
	if (object.bytes >= sizeof(struct rcu_head))
		kfree_rcu_mightsleep(taken);
	else if (object.checks & MAPPED)
		kvfree(taken);
	else
		kfree(taken);
}

/* What each task has gathered, until its next kfree_bulk(). */
static struct batch {
	unsigned int nr;
	void *objects[NR_RECORDS + PARTS];
} batches[TASKS];

__attribute__((unused)) static void gathered(unsigned int task, unsigned int slot)
{
	struct batch *batch = &batches[task];
	struct bulk bulk = bulks[slot];

	if (slots[slot].at && (slots[slot].checks & MAPPED || !slots[slot].bytes)) {
		put_back(slot);
		return;
	}
	bulks[slot].nr = 0;
	for (unsigned int part = bulk.first; part < bulk.first + bulk.nr; part++)
		if (emptied(part))
			batch->objects[batch->nr++] = taken;
	if (!bulk.nr && emptied(slot))
		batch->objects[batch->nr++] = taken;
}

__attribute__((unused)) static void freed_together(unsigned int task)
{
	if (batches[task].nr)
		kfree_bulk(batches[task].nr, batches[task].objects);
	batches[task].nr = 0;
}

/* The @nth name of the tree, from 1 on: the last if there are not so many. */
struct nth {
	unsigned int left;
	char name[64];
};

static int find_nth(void *data, const char *name, const char *target)
{
	struct nth *nth = data;

	if (target || strlen(name) >= sizeof(nth->name))
		return 0;
	strcpy(nth->name, name);
	return nth->left-- == 0;
}

/* Reads an attribute of cache @nr or, with @nth, of a name of the tree; writes it, with @text. */
__attribute__((unused)) static void attribute(unsigned int nr, unsigned int nth, const char *name,
					      const char *text)
{
	struct nth found = {.left = nth - 1};
	char buffer[4096];
	const char *of = cache[nr] ? kmem_cache_name(cache[nr]) : NULL;

	if (nth) {
		slub_attribute_walk(find_nth, &found);
		of = found.name;
	}
	if (of && text)
		slub_attribute_store(of, name, text, strlen(text));
	else if (of)
		slub_attribute_show(of, name, buffer, sizeof(buffer));
}

/* Waits for grace periods and gives back what is empty. */
__attribute__((unused)) static void quiesce(void)
{
	rcu_barrier();
#ifdef SIM
	struct kmem_cache *s;

	list_for_each_entry (s, &slab_caches, list)
		kmem_cache_shrink(s);
#endif
	rcu_barrier();
}

__attribute__((unused)) static void check(void)
{
#ifdef SIM
	struct slab_check_report report;

	sim_quiet_begin();
	if (!slab_check(NULL, CHECK_FREELISTS, &report))
		FAIL("%s", report.broken);
	sim_quiet_end();
#endif
}

/* Frees what is left. */
static void finish(void)
{
	for (unsigned int slot = 0; slot < SLOTS + PARTS; slot++)
		put_back(slot);
	for (unsigned int nr = 0; nr < CACHES; nr++)
		destroy(nr);
}

/* ---- the steps, named by record */

#ifdef SIM
#define AFTER(record) (void)0
#else
static _Atomic bool done[NR_RECORDS];
#define AFTER(record)                \
	while (!atomic_load(&done[record])) \
	sched_yield()
#endif

static void step_2(void)
{
	/* t0: r2 = kmalloc size=513 */
	put_back(2);
	filled(2, kmalloc(513, GFP_KERNEL | __GFP_NOWARN), 513ul, NULL, OWNER | CONTENT);
}

static void step_3(void)
{
	/* t0: r3 = kmalloc size=513 */
	put_back(3);
	filled(3, kmalloc(513, GFP_KERNEL | __GFP_NOWARN), 513ul, NULL, OWNER | CONTENT);
}

static void step_4(void)
{
	/* t1: r0 = kmalloc size=513 */
	put_back(0);
	filled(0, kmalloc(513, GFP_KERNEL | __GFP_NOWARN), 513ul, NULL, OWNER | CONTENT);
}

static void step_5(void)
{
	/* t1: r1 = kmalloc size=513 */
	put_back(1);
	filled(1, kmalloc(513, GFP_KERNEL | __GFP_NOWARN), 513ul, NULL, OWNER | CONTENT);
}

static void step_6(void)
{
	/* t1: r0 = kmalloc size=513 */
	AFTER(4);
	put_back(0);
	filled(0, kmalloc(513, GFP_KERNEL | __GFP_NOWARN), 513ul, NULL, OWNER | CONTENT);
}

struct step {
	void (*call)(void);
	unsigned int record;
	int cpu; /* the task goes there first; -1: stays */
};

static const struct step steps_0[] = {
	{step_2, 2, -1},
	{step_3, 3, -1},
	{NULL, 0, -1},
};

static const struct step steps_1[] = {
	{step_4, 4, -1},
	{step_5, 5, -1},
	{step_6, 6, -1},
	{NULL, 0, -1},
};

static const struct task {
	const struct step *steps;
	unsigned int nr;
} tasks[TASKS] = {
	{steps_0, sizeof(steps_0) / sizeof(steps_0[0]) - 1},
	{steps_1, sizeof(steps_1) / sizeof(steps_1[0]) - 1},
};

#ifdef SIM
/* ---- the simulated machine: the same run to the bit */

enum slice_end { STEPS, POINT, WAITS, ENDS };
static const struct slice {
	unsigned int task; /* RCU: who runs callbacks */
	enum slice_end end;
	unsigned int steps; /* that the task has ended by then */
	unsigned long points; /* POINT: from the start of the step, or of the slice */
	int cpu; /* POINT: where the task goes on when its turn comes; -1: there */
} schedule[] = {
#define RCU 1024u
	{0, POINT, 1, 6, -1},
	{1, POINT, 2, 7, -1},
	{0, ENDS, 2, 0, -1},
	{0, ENDS, 0, 0, -1}, /* and no more */
};

static const struct raised {
	void (*step)(void);
	unsigned int task;
	bool at_point;
	unsigned int steps;
	unsigned long points;
} raised[] = {
	{NULL, 0, false, 0, 0},
};

static size_t now;
static unsigned int ended[TASKS]; /* steps of each task */
static bool inside[TASKS];
static unsigned long from[TASKS + 1];
static size_t nr_raised;

static unsigned int who(void)
{
	if (now == NR_SLICES)
		return SIM_STAY;
	return schedule[now].task == RCU ? sim_rcu_task() : schedule[now].task;
}

/* Wakes the policy where the slice ends, or an interrupt comes. */
static void set_alarm(void)
{
	uint64_t at = SIM_NEVER;
	unsigned int task = now != NR_SLICES ? schedule[now].task : RCU;

	if (now != NR_SLICES && schedule[now].end == POINT &&
	    (task == RCU || (inside[task] && ended[task] == schedule[now].steps)))
		at = from[task == RCU ? TASKS : task] + schedule[now].points;
	if (nr_raised != NR_RAISED && raised[nr_raised].at_point && raised[nr_raised].task == task &&
	    task != RCU && inside[task] && ended[task] == raised[nr_raised].steps &&
	    from[task] + raised[nr_raised].points < at)
		at = from[task] + raised[nr_raised].points;
	sim_alarm_at(at);
}

static void next_slice(void)
{
	now++;
	if (now != NR_SLICES)
		from[schedule[now].task == RCU ? TASKS : schedule[now].task] = sim.points;
	set_alarm();
}

static void handler(void *arg)
{
	(*(void (*const *)(void))arg)();
}

static unsigned int policy(void *arg, enum sim_reason reason)
{
	unsigned int task = sim_task();

	(void)arg;
	if (reason == SIM_AT_ALARM) {
		if (nr_raised != NR_RAISED && raised[nr_raised].at_point && task < TASKS &&
		    raised[nr_raised].task == task && ended[task] == raised[nr_raised].steps &&
		    sim.points >= from[task] + raised[nr_raised].points) {
			sim_interrupt(handler, (void *)&raised[nr_raised].step);
			nr_raised++;
			set_alarm();
			return SIM_STAY;
		}
		if (now != NR_SLICES && schedule[now].cpu >= 0)
			sim_preempt_to((unsigned int)schedule[now].cpu);
		next_slice();
	} else if (reason == SIM_AT_END && now != NR_SLICES && schedule[now].end == ENDS) {
		next_slice();
	} else if (reason == SIM_AT_BLOCK && now != NR_SLICES && schedule[now].end == WAITS) {
		next_slice();
	}
	return who();
}

static void between_steps(unsigned int task)
{
	while (nr_raised != NR_RAISED && !raised[nr_raised].at_point &&
	       raised[nr_raised].task == task && raised[nr_raised].steps == ended[task]) {
		sim_interrupt(handler, (void *)&raised[nr_raised++].step);
		sim_irq_restore(sim_irq_save());
	}
	while (now != NR_SLICES && schedule[now].task == task && schedule[now].end == STEPS &&
	       ended[task] >= schedule[now].steps) {
		next_slice();
		sim_yield();
	}
}

static void life(void *arg)
{
	const struct task *of = arg;
	unsigned int task = (unsigned int)(of - tasks);

	between_steps(task);
	for (unsigned int i = 0; i < of->nr; i++) {
		inside[task] = true;
		from[task] = sim.points;
		set_alarm();
		if (of->steps[i].cpu >= 0)
			sim_migrate(task, (unsigned int)of->steps[i].cpu);
		of->steps[i].call();
		inside[task] = false;
		ended[task]++;
		set_alarm();
		between_steps(task);
	}
}

static unsigned long live_before __attribute__((section("slub_data")));

static unsigned long settle(void)
{
	struct slab_check_report report;

	slub_init();
	quiesce();
	if (!slab_check(NULL, CHECK_ALL, &report))
		FAIL("%s", report.broken);
	return report.objects - report.free;
}

static void boot(void *arg)
{
	(void)arg;
	live_before = settle();
}

static void at_end(void *arg)
{
	unsigned long live;

	(void)arg;
	finish();
	live = settle();
	if (live != live_before)
		FAIL("everything is freed, and %lu objects are in use; before it were %lu", live,
		     live_before);
}

int main(void)
{
	const struct sim_config config = {
		.cpus = CPUS, .nodes = NODES, .node_bytes = NODE_BYTES, .options = OPTIONS};
	const struct sim_run_options options = {.policy = policy, .step_max = 10000000};
	enum sim_outcome outcome;

	if (!sim_boot(&config, boot, NULL)) {
		puts("INCONCLUSIVE: the machine does not boot");
		return 3;
	}
	sim_reset(SEED);
	for (unsigned int task = 0; task < TASKS; task++)
		sim_task_add(life, (void *)&tasks[task], task % CPUS);
	outcome = sim_run(&options);
	if (outcome == SIM_CLEAN)
		outcome = sim_call(at_end, NULL);
	if (outcome == SIM_CLEAN) {
		puts("clean");
		return 0;
	}
	printf("%s: %s: %s\n", outcome == SIM_FINDING ? "FINDING" : "INCONCLUSIVE",
	       sim_finding_name(sim_finding()->kind), sim_finding()->text);
	return outcome == SIM_FINDING ? 1 : 3;
}
#else
/* ---- real threads: the same calls, at moments that nobody decides; so, many rounds */

static pthread_barrier_t barrier;
static unsigned long rounds = 1000;

static void *life(void *arg)
{
	const struct task *of = arg;

	for (unsigned long round = 0; round < rounds; round++) {
		pthread_barrier_wait(&barrier);
		for (unsigned int i = 0; i < of->nr; i++) {
			of->steps[i].call();
			atomic_store(&done[of->steps[i].record], true);
		}
		pthread_barrier_wait(&barrier);
		if (of == tasks) {
			finish();
			memset(done, 0, sizeof(done));
		}
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[TASKS];

	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 10);
	if (*OPTIONS)
		slub_boot_options(OPTIONS);
	pthread_barrier_init(&barrier, NULL, TASKS);
	for (unsigned int task = 0; task < TASKS; task++)
		if (pthread_create(&threads[task], NULL, life, (void *)&tasks[task]))
			return 3;
	for (unsigned int task = 0; task < TASKS; task++)
		pthread_join(threads[task], NULL);
	printf("clean: %lu rounds\n", rounds);
	return 0;
}
#endif
