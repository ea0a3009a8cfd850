/* SPDX-License-Identifier: MIT */
/*
 * Threads that run freely: what they hold, share and check.
 */
#ifndef HARNESS_STRESS_WORKLOAD_H
#define HARNESS_STRESS_WORKLOAD_H

#include <time.h>

#include "slub/slub.h"
#include "stress.h"

#define NR_CACHES	12u /* caches that stand for the whole epoch */
#define NR_CELLS	64u /* of the exchange */
#define NR_SHOWN	8u  /* objects of each kind that readers may look at */
#define NR_CHURNED	4u  /* caches that come and go */
#define CHURNED_CELLS	8u
#define HELD_PER_THREAD 192u
#define NR_GROUPS	2u /* that pay for objects; the second is in the first */

struct standing_cache {
	struct kmem_cache *s;
	unsigned int bytes;
	bool ctor, rcu;
};

/*
 * An object and what must be found in it. A holding belongs to one thread, or to the cell of
 * the exchange that it stands in; whoever swaps it out owns it and its object.
 */
struct holding {
	char *object; /* NULL: none */
	size_t bytes;
	const struct standing_cache *cache; /* NULL: kmalloc */
	uint64_t key;			    /* of the content */
};

/* A cache that comes and goes; see churn.c. */
struct churned_cache {
	_Alignas(64) _Atomic uint32_t state;
	struct kmem_cache *s;
	unsigned int bytes;
	_Atomic(char *) cells[CHURNED_CELLS];
};

struct post; /* see grace.c */

struct workload {
	struct standing_cache caches[NR_CACHES];
	struct standing_cache visitors; /* of the last node, whose memory comes and goes */
	_Atomic(struct holding *) cells[NR_CELLS];
	_Atomic(char *) shown[NR_SHOWN];
	_Atomic(struct post *) posts[NR_SHOWN];
	struct churned_cache churned[NR_CHURNED];
	struct mem_cgroup *groups[NR_GROUPS];
	_Atomic bool over;	       /* all workers are done */
	_Atomic unsigned int sleepers; /* that have not done their part; hot lane */
	enum stress_lane lane;
	uint64_t seed;
};

struct worker {
	struct workload *load;
	unsigned int number;
	struct draws draws;
	struct holding *held[HELD_PER_THREAD];
	uint64_t operations;
};

/* holding.c */

/* Sets up the ownership map, once. Return: false when memory is short. */
bool holdings_init(void);
/* A new object: checks and takes ownership, fills it. @zeroed: it must read as zero. */
void holding_begins(struct holding *h, uint64_t key, bool zeroed);
/* Checks content and gives up ownership; the object must be freed then. */
void holding_ends(struct workload *load, struct holding *h);
/* Checks up to @limit bytes of content. */
void holding_check(const struct holding *h, size_t limit);
bool owner_takes(const void *object, size_t bytes);
bool owner_gives(const void *object, size_t bytes);
/* Content of caches that come and go: made from the address alone. */
void address_fill(char *object, size_t bytes);
bool address_holds(const char *object, size_t bytes);
/* The ctor of standing caches, and what it leaves in the first CTOR_BYTES. */
#define CTOR_BYTES 16u
void construct(void *object);
uint64_t constructed_word(const void *object);

/* process.c */

/* What signals do, from now on, to threads that ask for them. */
void signals_prepare(void);
/* The calling thread gets signals at a high rate until signals_end(). Return: false: none. */
bool signals_begin(timer_t *timer);
void signals_end(timer_t timer);
void process_fork(struct worker *w);
void process_mortal(struct worker *w);

/* What is in use while nobody works; pages of the arena that were ever grown. */
struct quiet {
	unsigned long objects, pages, arena_pages;
};

/* samples.c */

/* Figures go to a new file at @path from now on. Return: false, and errno says why. */
bool samples_begin(const char *path);
/* In quiet, after a check that found nothing: writes a line if it is time, or the @last one. */
void samples_take(const struct quiet *quiet, bool last);

/* churn.c */
void churn_visit(struct worker *w);
void churn_end(struct workload *load);

/* faults.c */

/* Lets some of the next requests of the calling thread for memory fail. */
void faults_arm(unsigned int attempts);
/* What the draws of the calling thread begin with. */
void faults_seed(uint64_t seed);
/* Whether armed faults have an effect. */
void faults_switch(bool on);

/* object_ops.c */

/* Frees what @h holds, if anything; @any: by a call that finds the cache itself. */
void held_free(struct workload *load, struct holding *h, bool any);
void op_alloc(struct worker *w);
void op_free(struct worker *w);
void op_kmalloc(struct worker *w);
void op_krealloc(struct worker *w);
void op_exchange(struct worker *w);
void op_alloc_bulk(struct worker *w);
void op_free_bulk(struct worker *w);
void op_burst(struct worker *w);
/* Some objects of @cache on @node taken and given back; one that is held for a while. */
void burst(struct worker *w, const struct standing_cache *cache, int node);
void stay(struct worker *w, const struct standing_cache *cache, int node);

/* machine_ops.c */
void op_fault(struct worker *w);
void op_flush(struct worker *w);
void op_shrink(struct worker *w);
void op_check(struct worker *w);
void op_cpu(struct worker *w);
void op_move(struct worker *w);
void op_look(struct worker *w);
void op_node(struct worker *w);
/* All cpus are up, all nodes have memory. */
void bring_all_up(void);

/* grace.c */
void op_post(struct worker *w);
void op_read(struct worker *w);
void posts_end(struct workload *load);

#endif /* HARNESS_STRESS_WORKLOAD_H */
