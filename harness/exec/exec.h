/* SPDX-License-Identifier: MIT */
/*
 * The interpreter of op programs: performs records on an allocator and watches it by oracles 1
 * to 4. It knows neither cpus nor schedules; a driver (drive_native.c, drive_sim.c) decides
 * which task performs its next record when, and this file decides what that record does.
 *
 *	1. Order	2. Records	3. Oracles	4. Life of a run	5. Functions
 *
 * 1. Order. Tasks run freely, but what a record finds in its slot never depends on the schedule:
 *    the records that name a slot take hold of it in file order. A record waits (EXEC_WAIT, and
 *    nothing has happened) only for records that stand earlier in the file:
 *      - for the one before it on its slot, until that has put its object there or taken it out
 *        (a freeing record lets go of its slot before it calls the allocator);
 *      - a record that names a cache: for the end of the last create or destroy of that cache;
 *      - a record that names buckets: for the end of their create; if none stands before it, it
 *        goes on without buckets;
 *      - every record: for the end of the last quiesce;
 *      - destroy and quiesce: for the end of all earlier records.
 *      - a record that looks at an object: for the look before it; who takes the object: for all
 *        looks at it;
 *      - kfree_bulk: for the gathers whose objects it frees;
 *      - a record of a task with an active group: for the end of that group's creation, and group
 *        records as those of caches; group_destroy: for the end of all earlier records;
 *      - misuse: as quiesce.
 *    So the earliest unfinished record of the file never waits, and a driver that goes on with
 *    it whenever nothing else can run cannot deadlock. An interrupt whose record must wait has
 *    to be put off.
 *
 * 2. Records, beyond chapter 2 of program.h:
 *      - create of a cache that exists does nothing; destroy frees its live objects first;
 *      - free, kfree and free_bulk empty any slot: free hands an object to its own cache, kfree
 *        to whatever cache it came from, free_bulk as a bulk; kmalloc objects go to kfree or a
 *        bulk without a cache;
 *      - krealloc of an empty slot is kmalloc; of an object of a named cache or a bulk run, it
 *        frees that and then is kmalloc; so its like. What lies in a mapping of its own goes
 *        through kvrealloc and kvfree, whatever the record says;
 *      - kfree_sensitive, kvfree_sensitive, kfree_rcu and call_rcu of an object with a
 *        constructor, of a bulk run, or of one too small for the head, are kfree;
 *      - gather keeps its object until the task's next kfree_bulk; if a destroy, a quiesce or a
 *        misuse stands between them, or none comes, it is kfree;
 *      - flags=failslab is given to the cache once it is made, by its attribute;
 *      - gfp=zero is dropped for caches with a constructor, as the two contradict each other;
 *      - gfp=nofail is dropped where nobody sees the panic (exec_options.sees_panics) in programs
 *        with faults or nodes that go, for requests that may not wait or
 *        want some part of the memory, and for sizes over the limit; flags=panic likewise, and
 *        where the arguments of create are out of range;
 *      - a bulk count over EXEC_BULK_MAX is EXEC_BULK_MAX;
 *      - rcu_read_unlock outside of a read section does nothing; a task leaves its read sections
 *        when it must wait, before its own destroy and quiesce, when it ends, and after its last
 *        record in front of a destroy or quiesce of another task: else readers and the waiters
 *        for a grace period could wait for each other; what is said of destroy holds for
 *        synchronize_rcu, the barriers, kfree_rcu_mightsleep and kmem_buckets_create too;
 *      - group_activate holds for the records of its task behind it, up to the group's destroy;
 *      - an allocation that fails leaves the slot empty and is counted, never a finding. What is
 *        over the allocator's limit must fail.
 *    switch and irq are the driver's business; fault and grace are handed to the allocator's
 *    table if it has an entry for them. All four count as done when performed here.
 *
 * 3. Oracles (harness.md in the documentation)
 *      1 ownership: a bitmap over the arena, a bit for 8 bytes and a bit for a page, says that no
 *        object overlaps another while both are live, and that alignment is as promised. Natively
 *        its atomics are relaxed: they order nothing between threads, so that a race detector
 *        still sees what the allocator fails to order.
 *      2 content: words derived from the record that allocated and the offset, written at once
 *        and compared at free, krealloc, check and quiesce; zero and constructor state at alloc;
 *        objects of caches with rcu and ctor keep the first word of their constructed state as
 *        long as a reader may look at them.
 *      3 conservation: exec_finish() frees everything and asks for the boot state back.
 *      4 slab_check(): at check and quiesce records and at the end.
 *      8 races: on the simulated machine, two plain accesses that nothing orders; see
 *        harness/sim/race.c. What orders tasks by a record's end, the interpreter says.
 *
 * 4. A run: exec_create() or exec_restart(); exec_record() for every record that is not left out,
 *    exec_task_end() for every task; exec_finish() when all tasks have ended. The first finding
 *    stops the run: from then on exec_record() gives EXEC_STOP, and the allocator's state is not
 *    to be relied on.
 */
#ifndef HARNESS_EXEC_H
#define HARNESS_EXEC_H

#include "../program/program.h"

#define EXEC_BULK_MAX	 1024u
#define EXEC_TEXT_MAX	 240
#define EXEC_NO_RECORD	 SIZE_MAX /* a finding of no record: at the end, or outside of them */
#define EXEC_ZERO_OBJECT ((void *)16)

/* What cache_args says. */
struct exec_cache_args {
	unsigned int more; /* PROGRAM_MORE_* */
	unsigned int useroffset, usersize, freeptr_offset;
};

/*
 * The allocator under test as a table of functions; gfp are PROGRAM_GFP_* bits, flags
 * PROGRAM_CACHE_* bits, node is -1 for any. An entry marked "may be NULL" is left out then.
 */
struct exec_allocator {
	const char *name;
	/* Where two allocators are simulated in one process: an option that tells their machines apart. */
	const char *boot_option;
	size_t kmalloc_max; /* larger sizes must fail */
	void *(*create)(const char *name, unsigned int size, unsigned int align, unsigned int flags,
			void (*ctor)(void *));
	void (*destroy)(void *cache);
	void *(*alloc)(void *cache, unsigned int gfp, int node);
	void (*free)(void *cache, void *object);
	/* All @count objects, or none and false. */
	bool (*alloc_bulk)(void *cache, unsigned int gfp, size_t count, void **objects);
	/* @cache NULL: objects of any caches. */
	void (*free_bulk)(void *cache, size_t count, void **objects);
	/* Size 0 gives EXEC_ZERO_OBJECT. */
	void *(*kmalloc)(size_t size, unsigned int gfp, int node);
	/* At least @size bytes at a multiple of @align, a power of two. */
	void *(*kmalloc_align)(size_t size, size_t align, unsigned int gfp);
	void *(*krealloc)(void *object, size_t size, unsigned int gfp);
	void (*kfree)(void *object);
	size_t (*ksize)(const void *object); /* may be NULL */
	void (*shrink)(void *cache);	     /* may be NULL, as all below */
	void (*flush)(void *cache);
	void (*cpu_down)(unsigned int cpu); /* any number; what is impossible does nothing */
	void (*cpu_up)(unsigned int cpu);
	void (*read_lock)(void);
	void (*read_unlock)(void);
	void (*fault)(unsigned int site, unsigned int nth, unsigned int count);
	void (*faults_off)(void); /* the tasks have ended: attempts fail no more */
	void (*ended)(void);	  /* … and nothing of what they leave has been freed yet */
	void (*grace)(void);
	/*
	 * Everything is quiet: waits for grace periods, flushes every cpu of every cache and gives
	 * empty slabs back.
	 */
	void (*settle)(void);
	/*
	 * Checks invariants at @tier (higher is more); @quiet: no other task is inside the
	 * allocator, none is a reader, and it may wait for a grace period. Return: NULL, or the id
	 * of a broken invariant, with @text saying more.
	 * @in_use: set, if the allocator has come to know it, to what objects_in_use() gives for
	 *          all caches; untouched otherwise.
	 */
	const char *(*check)(unsigned int tier, bool quiet, char *text, size_t text_bytes,
			     size_t *in_use);
	/* Pages that are not free, those of the allocator itself among them. Needs quiet. */
	size_t (*pages_in_use)(void);
	/* Objects handed out and not given back, of @cache or (NULL) of all. Needs quiet. */
	size_t (*objects_in_use)(void *cache);
	/* Says that the harness is going to write there: a simulated world keeps track. */
	void (*touch)(void *object, size_t bytes);

	/*
	 * From here on all entries may be NULL. @op is that of the record: one entry serves a
	 * family.
	 */
	void *(*create_args)(const char *name, unsigned int size, unsigned int align,
			     unsigned int flags, const struct exec_cache_args *args,
			     void (*ctor)(void *));
	long (*validate)(void *cache);
	void *(*zalloc)(void *cache, unsigned int gfp);
	/* Largest of kvmalloc and its like. */
	size_t kvmalloc_max;
	/* kzalloc, kmalloc_array, kvmalloc and so on; without an array @n is 1. */
	void *(*kmalloc_by)(unsigned int op, size_t n, size_t size, unsigned int gfp, int node);
	void *(*krealloc_by)(unsigned int op, void *object, size_t n, size_t size,
			     unsigned int gfp);
	void (*kfree_by)(unsigned int op, void *object, size_t bytes);
	size_t (*roundup)(size_t size);
	bool (*dump)(void *object);
	bool (*usercopy)(const void *p, size_t bytes, bool to_user);
	void *(*buckets_create)(const char *name, unsigned int flags, unsigned int useroffset,
				unsigned int usersize);
	void *(*buckets_alloc)(unsigned int op, void *buckets, size_t size, unsigned int gfp);
	void (*buckets_destroy)(void *buckets);
	/* kfree_rcu, call_rcu: @head lies in the object; NULL: kfree_rcu_mightsleep. */
	void (*free_rcu)(unsigned int op, void *object, void *head);
	void (*barrier)(unsigned int op); /* synchronize_rcu, rcu_barrier, kvfree_rcu_barrier */
	void *(*group_create)(const char *name, void *parent, size_t limit);
	void (*group_destroy)(void *group);
	void (*group_activate)(void *group);
	bool (*group_limit)(void *group, size_t limit);
	size_t (*group_usage)(void *group);
	bool (*charge)(void *object, unsigned int gfp);
	/* What a live object is charged, if it is. */
	size_t (*charge_of)(const void *object);
	void (*flush_all)(void);
	void (*reap)(void);
	bool (*failslab)(unsigned int probability, unsigned int interval, int times,
			 unsigned int space, unsigned int flags);
	int (*node_offline)(unsigned int node);
	int (*node_online)(unsigned int node);
	void (*allowed_nodes)(unsigned long mask);
	void (*preferred_node)(int node); /* -1: none */
	/* The node that @object lies on. */
	int (*node_of)(const void *object);
	/* @nth: 0: of @cache, else of the directory with that number in the tree. */
	long (*attribute_read)(void *cache, const char *name, unsigned int nth, char *text,
			       size_t bytes);
	long (*attribute_write)(void *cache, const char *name, unsigned int nth, const char *text,
				size_t bytes);
	long (*slabinfo)(char *text, size_t bytes);
	/* Walks the tree; @text as of check. */
	const char *(*walk)(char *text, size_t bytes);
	/*
	 * Misuses an object of @cache, or of kmalloc(@size), if that is reported there: nothing
	 * may be broken afterwards. Return: whether it was done; @text is set when what was
	 * reported is not what must be.
	 */
	bool (*misuse)(unsigned int kind, void *cache, size_t size, unsigned int at,
		       unsigned int bytes, char *text, size_t text_bytes);
	/* Corruptions reported so far. */
	unsigned long (*errors)(void);
	/* Whether @word lies in some slab. */
	bool (*in_slab)(const void *word);
	/* Requests for memory that the allocator made and got nothing for, so far. */
	unsigned long (*refused)(void);
	/*
	 * What the allocator keeps of @cache, whose limits are those it was made with, while
	 * nobody is inside: no more empty slabs and no longer chains than it may, after as many as
	 * @tasks at once. Return: NULL, or the id of what does not hold, with @text saying more.
	 */
	const char *(*policy)(void *cache, unsigned int tasks, char *text, size_t text_bytes);
	/* Whether objects are handed out as zero without being asked for, but for constructors. */
	bool (*init_on_alloc)(const void *object);
	/* Who calls from here on: a number, as unlike others as record and slot are. */
	unsigned long (*caller)(unsigned long caller);

	/*
	 * Its plain accesses keep what PLAIN_READ and PLAIN_WRITE promise: two that nothing orders
	 * are a finding.
	 */
	bool plain_is_exclusive;
	/* The task is about to go on behind (@release: lets others go on from) what is done at @at. */
	void (*order)(const void *at, bool release);

	/* Where objects may lie; NULL: anywhere (then there is no ownership map). */
	void (*arena)(char **base, size_t *bytes);
};

/*
 * libslub in the world that the program is linked with (allocator_slub.c, and world_native.c or
 * world_sim.c for what only one world has).
 */
extern const struct exec_allocator exec_slub;

/*
 * How often what was performed, beyond doing nothing: ops, and by op the flags of requests; flags
 * of caches and boot, attributes, kinds of misuse. Added to without locks.
 */
#define EXEC_BITS_MAX 16u
struct exec_counts {
	uint64_t op[PROGRAM_NR_OPS];
	uint64_t idle[PROGRAM_NR_OPS]; /* there was nothing to do */
	uint64_t gfp[PROGRAM_NR_OPS][EXEC_BITS_MAX];
	uint64_t cache_flag[EXEC_BITS_MAX], more_flag[EXEC_BITS_MAX], fail_flag[EXEC_BITS_MAX];
	uint64_t header_flag[EXEC_BITS_MAX]; /* programs */
	uint64_t debug_for[PROGRAM_NR_DEBUG_FOR], boot_fails[PROGRAM_NR_BOOT_FAILS];
	uint64_t site[PROGRAM_NR_SITES], form[PROGRAM_NR_FORMS], misuse[PROGRAM_NR_MISUSES];
	uint64_t attr_read[PROGRAM_NR_ATTRIBUTES], attr_write[PROGRAM_NR_ATTRIBUTES];
};
/* malloc() of the C library, for comparison (allocator_libc.c). */
extern const struct exec_allocator exec_libc;

enum {
	EXEC_ORACLE_OWNERSHIP = 1 << 1,
	EXEC_ORACLE_CONTENT = 1 << 2,
	EXEC_ORACLE_CONSERVATION = 1 << 3,
	EXEC_ORACLE_CHECK = 1 << 4,
	EXEC_ORACLE_RACES = 1 << 8, /* the simulated machine's: harness/sim/race.c */
	EXEC_ORACLES_ALL = EXEC_ORACLE_OWNERSHIP | EXEC_ORACLE_CONTENT | EXEC_ORACLE_CONSERVATION |
			   EXEC_ORACLE_CHECK | EXEC_ORACLE_RACES,
};

/* How much of each object is filled with a pattern, and compared. */
enum exec_content {
	EXEC_CONTENT_SAMPLED, /* all of it up to 8 KiB, samples of what is larger */
	EXEC_CONTENT_FULL,    /* every byte */
	/*
	 * All of it up to 512 bytes, a few words beyond; zeros as EXEC_CONTENT_SAMPLED. Such a run
	 * ends with the cheapest tier of oracle 4.
	 */
	EXEC_CONTENT_LIGHT,
};

struct exec_options {
	const struct exec_allocator *allocator;
	unsigned int oracles; /* EXEC_ORACLE_* */
	enum exec_content content;
	bool write_objects; /* a byte in each page of each object, as programs do; for benchmarks */
	bool sequential;    /* the driver performs one record after the other, never two at once */
	bool sees_panics;   /* the driver ends a run at a panic, and asks exec_panic_expected() */
	struct exec_counts *counts; /* NULL: nobody counts */
};

struct exec_finding {
	unsigned int oracle; /* 1 to 5; others by exec_report() */
	char invariant[12];  /* L1 and so on, or "" */
	char text[EXEC_TEXT_MAX];
	size_t record; /* index in the program, or EXEC_NO_RECORD */
	unsigned int task;
};

struct exec_stats {
	uint64_t records;	/* performed */
	uint64_t allocations;	/* objects handed out, each of a bulk counted */
	uint64_t frees;		/* objects given back, those of exec_finish() not counted */
	uint64_t failed;	/* allocations that gave NULL within the limits, no fault armed */
	uint64_t failed_faults; /* the same after a fault record */
	uint64_t refused;	/* allocations over the limit, and caches and groups refused */
	uint64_t idle;		/* of the records: had nothing to do */
};

enum exec_step {
	EXEC_DONE, /* the record has been performed */
	EXEC_WAIT, /* nothing has happened: an earlier record has to go first */
	EXEC_STOP, /* there is a finding: the run is over */
};

struct exec;

/*
 * Makes an interpreter and readies it for @program.
 * @program: stays as it is until the run has ended.
 * Context: the allocator is up and nothing of the harness is allocated from it.
 * Return: NULL when memory is short.
 */
struct exec *exec_create(const struct program *program, const struct exec_options *options);

/*
 * Readies @x for another run, of the same or another program: allocates nothing unless @program
 * has more records, tasks, caches or bulk objects than any before. The cost grows with the records
 * of the new program, and after a finding with those of the old one. Return: false when memory is
 * short; @x can then only be destroyed.
 */
bool exec_restart(struct exec *x, const struct program *program);

/* Another @content than the options said, for the run that begins; before its first record. */
void exec_set_content(struct exec *x, enum exec_content content);

void exec_destroy(struct exec *x);

/*
 * Performs record @idx of the program, once, on the calling task.
 * @task: the task that runs it (not always the record's own: interrupts).
 * Context: any thread; an interrupt may call it while its task is inside another record.
 */
enum exec_step exec_record(struct exec *x, size_t idx, unsigned int task);

/*
 * The same as an interrupt on top of what @task does, or of a task of the world's own, for which
 * @task stands in: the read sections that are open are not this record's to leave.
 */
enum exec_step exec_interrupt(struct exec *x, size_t idx, unsigned int task);

/* True when record @idx would not wait now. */
bool exec_ready(struct exec *x, size_t idx);

/*
 * True when @op may run as an interrupt: it never waits inside the allocator. The driver runs an
 * irq record with another op as an ordinary one.
 */
bool exec_irq_safe(unsigned int op);

/* Leaves read sections that @task has left open; called by the task when it has no more records. */
void exec_task_end(struct exec *x, unsigned int task);

/*
 * Ends a run: frees every live object, destroys the program's caches, settles, and checks that
 * all is as it was before. After a finding it does nothing.
 * Context: all tasks have ended, and the caller is after them (joined).
 * Return: true when the run is without a finding.
 */
bool exec_finish(struct exec *x);

/* The first finding of the run, or NULL. */
const struct exec_finding *exec_finding(const struct exec *x);

/* The object that record @idx has put into its slot and that is still there, or NULL. */
const void *exec_object(const struct exec *x, size_t idx);

/*
 * True when a panic on @task now is what the program has asked for: an allocation that may not
 * fail, a create with flags=panic. The run is then over, without a finding.
 */
bool exec_panic_expected(const struct exec *x, unsigned int task);

/* Sums over the tasks; exact when they have ended. */
void exec_stats(const struct exec *x, struct exec_stats *stats);

/*
 * Records a finding from outside (the world, a driver) and stops the run; only the first of a
 * run is kept.
 */
void exec_report(struct exec *x, unsigned int oracle, const char *invariant, size_t record,
		 unsigned int task, const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif /* HARNESS_EXEC_H */
