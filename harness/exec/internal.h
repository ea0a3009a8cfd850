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

/* cell.gather: no gather before this one goes back with it. */
#define GATHER_LAST UINT32_MAX

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
	bool leave;  /* the plan: the task leaves its read sections afterwards */
	bool shown;  /* the plan: it will be freed after a grace period, and readers look at it */
	bool mapped; /* it lies outside of the arena, in a mapping of its own */
	bool bucket; /* it comes from buckets, which allow to copy some part of it */
	bool after_buckets; /* the plan: the buckets that it names are created before it */
	bool zeroed;	    /* all of it was asked for as zero, and so what it grows by is */
	uint32_t charged;   /* index in groups of the one that is charged for it; 0: none */
	/* The plan; records are named by index + 1, 0 is none. */
	uint32_t prev;	    /* the record before it on its slot: must have let go */
	uint32_t next;	    /* the record after it on its slot, or the destroy of its cache */
	uint32_t barrier;   /* must be finished */
	uint32_t live_next; /* list of the objects of a cache; in a destroy: its head */
	uint32_t live_prev;
	uint32_t made;	   /* index in caches, or groups, of what the record is about */
	uint32_t bulk_idx; /* place of its pointers in the bulk pool */
	uint32_t barrier2; /* as barrier: for another reason */
	uint32_t looked;   /* the latest look at what it holds; in a look: the look before it */
	uint32_t gather;   /* in a gather: the one before it that goes back with it; in the
			      kfree_bulk: the latest */
	uint32_t args;	   /* in a create: the cache_args that are for it */
	uint32_t group;	   /* index in groups of the group that is active in its task */
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
	unsigned int more; /* PROGRAM_MORE_* */
	uint32_t useroffset, usersize;
};

/* A group as one group_create record made it; number 0 is none. */
struct group {
	void *group; /* NULL: does not exist (any more) */
	uint8_t number;
	uint32_t before; /* as in struct cache */
	bool superseded;
	uint32_t parent; /* index, 0: none */
	uint64_t limit;
};

/* As many lasting objects can readers find at a time. */
#define SHOWN_MAX 8u

/* Objects that a task has met inside its read section and may go on looking at. */
#define TASK_SEEN_MAX 8u

struct task {
	unsigned int depth; /* of nested read sections */
	unsigned int nr_seen;
	struct {
		const void *word;
		uint64_t expected;
		bool in_slab; /* of a type-stable cache */
	} seen[TASK_SEEN_MAX];
	uint32_t group;		 /* index of the one that is active on its thread */
	bool policy;		 /* it has a memory policy to take back */
	unsigned int performing; /* records, one on top of another where there are interrupts */
	unsigned long refused;	 /* requests for memory, when the latest of these began */
	unsigned int may_panic;	 /* inside calls that panic where they cannot fail */
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
	struct group *groups; /* one for each group_create record, behind number 0 */
	size_t nr_groups, nr_groups_max;
	void *buckets[PROGRAM_BUCKETS_MAX];
	unsigned int bucket_flags[PROGRAM_BUCKETS_MAX]; /* PROGRAM_CACHE_* */
	uint32_t *batch;  /* plan: each task's latest gather; nr_tasks_max */
	uint32_t *active; /* plan: each task's group; nr_tasks_max */
	/* By number, of caches with rcu and ctor: a live object that readers may look at. */
	_Atomic(void *) shown[PROGRAM_CACHES_MAX];
	uint32_t live[PROGRAM_CACHES_MAX]; /* plan: objects that each cache has at the end */
	/* Records with objects that readers may look at until they are freed; index + 1. */
	_Atomic uint32_t lasting[SHOWN_MAX];
	struct owner_map owner;
	char *arena; /* where objects lie, but for mapped ones; NULL: anywhere */
	size_t arena_bytes;
	struct exec_counts *counts;

	_Atomic size_t finished; /* all records below it are known to be finished */
	_Atomic bool fault_armed;
	bool readers_look; /* the program has objects that readers look at */
	bool has_readers, has_groups, has_faults, has_nofail,
		has_callbacks; /* the program has such records */
	_Atomic bool cpus_changed, nodes_changed, nodes_grown, failslab_set;
	_Atomic bool limits_changed; /* of a cache, by an attribute */
	bool sequential, sees_panics;
	bool write_objects;
	bool ended; /* the last run came to its end: nothing is live */
	size_t boot_pages, boot_objects;
	unsigned long errors; /* corruptions reported before the run */

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

/* Who holds what where, for the checks and the text of findings. */
struct held {
	size_t idx;    /* record that allocated */
	uint32_t part; /* of a bulk run */
	void *object;
	uint64_t bytes;
	const struct cache *cache; /* NULL: kmalloc */
	bool mapped;		   /* as in struct cell */
	bool moved;		   /* by krealloc: what it holds is its owner's */
};

/* exec.c: records that wait for @cell go on. */
void cell_lets_go(struct exec *x, struct cell *cell, enum cell_state state);

/* plan.c */
bool plan_make(struct exec *x);

/*
 * The ops, by family. Each performs record @idx to its end on @task. Return: whether there was
 * anything to do.
 */
bool perform(struct exec *x, size_t idx, unsigned int task);
/* Counts what record @idx has done, and the program. */
void count_performed(struct exec *x, size_t idx);
void count_program(struct exec *x);
#define DEBUG_LETTERS                                                                              \
	(PROGRAM_F_debug_F | PROGRAM_F_debug_Z | PROGRAM_F_debug_P | PROGRAM_F_debug_U |           \
	 PROGRAM_F_debug_T | PROGRAM_F_debug_A | PROGRAM_F_debug_O | PROGRAM_F_debug_none)
bool perform_fill(struct exec *x, size_t idx, unsigned int task);
bool perform_free(struct exec *x, size_t idx, unsigned int task);
bool perform_kfree_bulk(struct exec *x, size_t idx, unsigned int task);
bool perform_look(struct exec *x, size_t idx, unsigned int task);
bool perform_cache(struct exec *x, size_t idx, unsigned int task);
bool perform_rcu(struct exec *x, size_t idx, unsigned int task);
bool perform_group(struct exec *x, size_t idx, unsigned int task);
bool perform_machine(struct exec *x, size_t idx, unsigned int task);
bool perform_attribute(struct exec *x, size_t idx, unsigned int task);
bool perform_misuse(struct exec *x, size_t idx, unsigned int task);
bool perform_check(struct exec *x, size_t idx, unsigned int task);

/* ops_object.c: objects in cells. */
static inline size_t count_objects(const struct cell *cell)
{
	return cell->kind == OBJECT_BULK ? cell->count : cell->kind != OBJECT_NONE;
}
/* What is in the slot before record @idx, or NULL. */
/* An allocation with @gfp within the limits has given nothing; @pages: it asks for nothing else. */
void failed(struct exec *x, size_t idx, unsigned int task, unsigned int gfp, bool pages);
/* Whether an object that must lie on @node does. */
bool on_its_node(struct exec *x, const struct held *held, unsigned int gfp, int node, size_t idx,
		 unsigned int task);
struct cell *take_slot(struct exec *x, size_t idx);
/* Gives back what @from holds as record op @op does, with all checks. */
void free_held(struct exec *x, struct cell *from, uint8_t op, size_t idx, unsigned int task);
/* Every check that what @cell holds gets before it goes back. */
bool all_end(struct exec *x, struct cell *cell, size_t idx, unsigned int task);
bool all_intact(struct exec *x, const struct cell *cell, size_t idx, unsigned int task);
void count_failure(struct exec *x, unsigned int task, bool over_limit);
int node_or_any(uint64_t field);
/* @gfp without what the program may not ask for here. */
unsigned int allowed_gfp(const struct exec *x, unsigned int gfp);
/* Around a call with @gfp: whether the allocator may end the program there. */
void may_panic_begin(struct exec *x, unsigned int task, bool may);
void may_panic_end(struct exec *x, unsigned int task, bool may);

/* ops_kmalloc.c: what fills a slot, or changes what is in it, from no named cache. */
bool do_kmalloc(struct exec *x, size_t idx, unsigned int task);
bool do_krealloc(struct exec *x, struct cell *from, size_t idx, unsigned int task);
bool perform_buckets(struct exec *x, size_t idx, unsigned int task);

/* ops_cache.c */
void cache_destroy(struct exec *x, struct cache *cache);

/* ops_rcu.c */
void leave_readers(struct exec *x, unsigned int task);
/* Whether op @op may wait for a grace period. */
bool waits_for_readers(unsigned int op);

/* ops_group.c */
void groups_end(struct exec *x);
/* Whether what the groups are charged is what is live; everything is settled. */
void check_charges(struct exec *x, size_t idx, unsigned int task);
/* The object or objects that record @idx has just allocated are charged to its group. */
void note_charge(struct exec *x, size_t idx, unsigned int gfp, const struct cache *cache);

/* ops_machine.c: as it was before the run. */
void machine_restore(struct exec *x);
void task_policy_end(struct exec *x, unsigned int task);

/* ops_check.c */
/* Oracle 5 of concurrent programs: what caches keep, when nobody is inside. */
void check_policy(struct exec *x, size_t idx, unsigned int task);
void check_invariants(struct exec *x, unsigned int tier, bool quiet, size_t idx, unsigned int task,
		      size_t *in_use);
#define CHECK_TIER_MIN 1u /* lists and counters */
#define CHECK_TIER_MAX 3u

/*
 * owner.c. Both return false when the map says otherwise: another live object is there, or the
 * range was not owned as a whole. @bytes at least 1, the range inside the map.
 */
bool owner_map_init(struct owner_map *map, char *base, size_t bytes);
void owner_map_destroy(struct owner_map *map);
bool owner_claim(struct owner_map *map, const void *object, uint64_t bytes);
bool owner_release(struct owner_map *map, const void *object, uint64_t bytes);

/* oracle.c. All return false after a finding. @align: what was promised. */
bool object_begins(struct exec *x, const struct held *held, size_t align, bool zeroed, size_t idx,
		   unsigned int task);
/* Checks content up to @limit bytes. */
bool object_intact(struct exec *x, const struct held *held, uint64_t limit, size_t idx,
		   unsigned int task);
/* It must read as zero from byte @from on. */
bool object_zero(struct exec *x, const struct held *held, uint64_t from, size_t idx,
		 unsigned int task);
/* Checks, puts the object back into the state that its cache wants, and ends ownership. */
bool object_ends(struct exec *x, const struct held *held, size_t idx, unsigned int task);
/* Ownership only: krealloc moves an object between two calls. */
bool object_disown(struct exec *x, const struct held *held, size_t idx, unsigned int task);
struct held held_part(struct exec *x, const struct cell *cell, uint32_t part);
/* A reader meets an object of type-stable cache number @cache. */
void reader_meets(struct exec *x, unsigned int task, const void *object, unsigned int cache);
/* … what @cell holds, which will be freed after a grace period. */
void reader_meets_lasting(struct exec *x, unsigned int task, const struct cell *cell);
bool reader_looks(struct exec *x, size_t idx, unsigned int task);
bool is_shown(const struct cache *cache);
/* The constructor of cache @number, whose objects have @bytes bytes from now on. */
void (*constructor(const struct exec *x, unsigned int number, uint32_t bytes))(void *object);

#endif /* HARNESS_EXEC_INTERNAL_H */
