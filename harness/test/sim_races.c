/* SPDX-License-Identifier: MIT */
/*
 * Two tasks of the simulated machine and a word, for its own search for races, and for
 * ThreadSanitizer: what orders their accesses, and what does not.
 *
 *	sim_races plain|locked|published|grace|handed
 */
#include <stdio.h>
#include <string.h>

#include "harness/sim/sim.h"

static spinlock_t lock;
static unsigned long word, ready;
static struct rcu_head head;

static void write_plain(void *arg)
{
	(void)arg;
	PLAIN_WRITE(word, PLAIN_READ(word) + 1);
}

static void write_locked(void *arg)
{
	unsigned long flags;

	(void)arg;
	spin_lock_irqsave(&lock, flags);
	PLAIN_WRITE(word, PLAIN_READ(word) + 1);
	spin_unlock_irqrestore(&lock, flags);
}

static void publish(void *arg)
{
	(void)arg;
	PLAIN_WRITE(word, 7);
	smp_store_release(&ready, 1);
}

static void take(void *arg)
{
	(void)arg;
	if (smp_load_acquire(&ready))
		PLAIN_WRITE(word, PLAIN_READ(word) + 1);
}

static void after_grace(struct rcu_head *unused)
{
	(void)unused;
	PLAIN_WRITE(word, 0);
}

static void read_inside(void *arg)
{
	(void)arg;
	rcu_read_lock();
	(void)PLAIN_READ(word);
	rcu_read_unlock();
}

static void reclaim(void *arg)
{
	(void)arg;
	call_rcu(&head, after_grace);
	rcu_barrier();
	PLAIN_WRITE(word, 1);
}

/* What orders them is not of the seam, so that it has to be said. */
static void hand_over(void *arg)
{
	write_plain(arg);
	if (SIM_TSAN)
		smp_store_release(&ready, 1);
	sim_order(&head, true);
}

static void take_over(void *arg)
{
	if (SIM_TSAN && !smp_load_acquire(&ready))
		return;
	sim_order(&head, false);
	write_plain(arg);
}

static void boot(void *arg)
{
	(void)arg;
	spin_lock_init(&lock, RANK_LIST_LOCK);
}

int main(int argc, char **argv)
{
	static const struct sim_config config = {.cpus = 2, .nodes = 1};
	static const struct {
		const char *name;
		void (*first)(void *arg), (*second)(void *arg);
	} pairs[] = {
		{"plain", write_plain, write_plain}, {"locked", write_locked, write_locked},
		{"published", publish, take},	     {"grace", read_inside, reclaim},
		{"handed", hand_over, take_over},
	};

	/* ThreadSanitizer finds them itself. */
	const struct sim_run_options options = {.races = !SIM_TSAN};

	for (size_t i = 0; argc == 2 && i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (strcmp(argv[1], pairs[i].name))
			continue;
		if (!sim_boot(&config, boot, NULL))
			return 2;
		sim_task_add(pairs[i].first, NULL, 0);
		sim_task_add(pairs[i].second, NULL, 1);
		if (sim_run(&options) == SIM_CLEAN)
			return 0;
		printf("%s: %s\n", sim_finding_name(sim_finding()->kind), sim_finding()->text);
		return 1;
	}
	fprintf(stderr, "sim_races: plain, locked, published, grace or handed is allowed\n");
	return 2;
}
