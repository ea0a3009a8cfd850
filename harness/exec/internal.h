/* SPDX-License-Identifier: MIT */
/*
 * What the files of the interpreter share: the cells of a run, its plan, tasks and oracles.
 *
 * A run has one cell for each record. The plan (plan.c) fills in, before the run, which record
 * must go first; the run fills in what the record put into its slot. An object belongs to the
 * cell of the record that put it there, until the next record on that slot takes it over; so
 * there is no table of slots at run time, and two tasks never meet in one cell except in the
 * handover: the state word, stored with release, loaded with acquire. That is the order that
 * any program which passes an object to another thread has, and no more.
 */
#ifndef HARNESS_EXEC_INTERNAL_H
#define HARNESS_EXEC_INTERNAL_H

#include <stdatomic.h>

#include "exec.h"

enum cell_state {
	CELL_PENDING,  /* not begun, or not yet as far as the next record needs */
	CELL_LET_GO,   /* the slot is free for its next record; the record still runs */
	CELL_FINISHED, /* performed to its end */
};

enum object_kind { OBJECT_NONE, OBJECT_CACHE, OBJECT_KMALLOC, OBJECT_BULK };

struct cell {
	/* The object or objects, while kind is not OBJECT_NONE; the holder's alone. */
	union {
		void *object;
		void **objects; /* OBJECT_BULK */
	};
	uint64_t bytes; /* asked for, of each object */
	uint32_t count; /* OBJECT_BULK */
	uint8_t kind;	/* enum object_kind */
	uint8_t cache;	/* OBJECT_CACHE, OBJECT_BULK: number of the cache */
	_Atomic uint8_t state;
	bool leave; /* the plan: the task leaves its read sections afterwards */
	/* The plan; records are named by index + 1, 0 is none. */
	uint32_t prev;	    /* the record before it on its slot: must have let go */
	uint32_t next;	    /* the record after it on its slot, or the destroy of its cache */
	uint32_t barrier;   /* must be finished */
	uint32_t live_next; /* list of the objects of a cache; in a destroy: its head */
	uint32_t live_prev;
	uint32_t made;	   /* index in caches of the cache that the record is about */
	uint32_t bulk_idx; /* place of its pointers in the bulk pool */
};

/*
 * A cache as one create record made it. The plan gives each record the one that is valid there
 * in file order; number 0 is the cache that never exists.
 */
struct cache {
	void *cache; /* NULL: does not exist (any more) */
	uint8_t number;
	uint32_t before; /* the plan: the one that a create finds if it is there, or 0 */
	bool superseded; /* a later create found it and goes on with it */
	uint32_t bytes;
	uint32_t align; /* what its objects must be aligned to */
	unsigned int flags;
};

/* Objects that a task has met inside its read section and may go on looking at. */
#define TASK_SEEN_MAX 8u

struct task {
	unsigned int depth; /* of nested read sections */
	unsigned int nr_seen;
	struct {
		const void *object;
		unsigned int cache;
	} seen[TASK_SEEN_MAX];
	struct exec_stats stats;
} __attribute__((aligned(64)));

/* The ownership map: a bit for each granule, and a bit for each page that is owned as a whole. */
struct owner_map {
	char *base;
	size_t bytes;
	_Atomic uint64_t *granules;
	_Atomic uint64_t *pages;
	size_t granules_bytes, pages_bytes; /* of the bitmaps, as mapped */
};

struct exec {
	const struct program *program;
	const struct exec_allocator *allocator;
	unsigned int oracles;
	enum exec_content content;

	struct cell *cells;
	size_t nr_cells_max;
	struct task *tasks;
	size_t nr_tasks_max;
	void **bulk; /* pool of pointers, cut up by the plan */
	size_t nr_bulk_max;
	uint32_t *last_on_slot; /* PROGRAM_SLOTS_MAX; zero outside of plan_make() */
	uint32_t *task_last;	/* plan: each task's latest record; nr_tasks_max */
	uint32_t *task_depth;	/* plan: each task's open read sections; nr_tasks_max */
	struct cache *caches;	/* one for each create record, behind number 0 */
	size_t nr_caches, nr_caches_max;
	/* By number, of caches with rcu and ctor: a live object that readers may look at. */
	_Atomic(void *) shown[PROGRAM_CACHES_MAX];
	uint32_t live[PROGRAM_CACHES_MAX]; /* plan: objects that each cache has at the end */
	struct owner_map owner;

	_Atomic size_t finished; /* all records below it are known to be finished */
	_Atomic bool fault_armed;
	bool readers_look; /* the program has a cache whose objects readers look at */
	_Atomic bool cpus_changed;
	bool sequential;
	bool write_objects;
	bool ended; /* the last run came to its end: nothing is live */
	size_t boot_pages, boot_objects;

	_Atomic int finding_taken; /* the first finder owns the finding */
	_Atomic bool stop;	   /* the finding is complete */
	struct exec_finding finding;
};

static inline bool has_oracle(const struct exec *x, unsigned int oracle)
{
	return (x->oracles & oracle) != 0;
}

static inline bool stopped(const struct exec *x)
{
	return atomic_load_explicit(&x->stop, memory_order_relaxed);
}

/* plan.c */
bool plan_make(struct exec *x);

/* ops.c: one record to its end, and freeing what a cell holds (given back, all checks done). */
void perform(struct exec *x, size_t idx, unsigned int task);
void free_held(struct exec *x, struct cell *from, uint8_t op, size_t idx, unsigned int task);
void cache_destroy(struct exec *x, struct cache *cache);
void leave_readers(struct exec *x, unsigned int task);
void check_invariants(struct exec *x, unsigned int tier, bool quiet, size_t idx, unsigned int task,
		      size_t *in_use);
#define CHECK_TIER_MAX 3u

/*
 * owner.c. Both return false when the map says otherwise: another live object is there, or the
 * range was not owned as a whole. @bytes at least 1, the range inside the map.
 */
bool owner_map_init(struct owner_map *map, char *base, size_t bytes);
void owner_map_destroy(struct owner_map *map);
bool owner_claim(struct owner_map *map, const void *object, uint64_t bytes);
bool owner_release(struct owner_map *map, const void *object, uint64_t bytes);

/* Who holds what where, for the checks and the text of findings. */
struct held {
	size_t idx;    /* record that allocated */
	uint32_t part; /* of a bulk run */
	void *object;
	uint64_t bytes;
	const struct cache *cache; /* NULL: kmalloc */
};

/* oracle.c. All return false after a finding. @align: what was promised. */
bool object_begins(struct exec *x, const struct held *held, size_t align, bool zeroed, size_t idx,
		   unsigned int task);
/* Checks content up to @limit bytes. */
bool object_intact(struct exec *x, const struct held *held, uint64_t limit, size_t idx,
		   unsigned int task);
/* Checks, puts the object back into the state that its cache wants, and ends ownership. */
bool object_ends(struct exec *x, const struct held *held, size_t idx, unsigned int task);
/* Ownership only: krealloc moves an object between two calls. */
bool object_disown(struct exec *x, const struct held *held, size_t idx, unsigned int task);
void reader_meets(struct exec *x, unsigned int task, const void *object, unsigned int cache);
bool reader_looks(struct exec *x, size_t idx, unsigned int task);
bool is_shown(const struct cache *cache);
/* The constructor of cache @number, whose objects have @bytes bytes from now on. */
void (*constructor(const struct exec *x, unsigned int number, uint32_t bytes))(void *object);

#endif /* HARNESS_EXEC_INTERNAL_H */
