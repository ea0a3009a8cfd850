/* SPDX-License-Identifier: MIT */
/*
 * Fresh op programs for fuzzing, and the parts they are made of.
 *
 *	1. Style	2. Recipe	3. Functions
 *
 * 1. A sequential program has one cpu, one task and no schedule; a concurrent one has 2 to 4 cpus,
 *    now and then 8 of them and 4 nodes, at least as many tasks, switches and interrupts. A debug
 *    program is sequential, has debug flags at boot or in its caches, and does something wrong now
 *    and then.
 *
 * 2. A recipe holds what the records of one program have in common: how often each op comes,
 *    which sizes and slots, how dense the schedule is. It is drawn anew for each program, with
 *    many ops and fields at 0: a program that does little, but does that over and over, reaches
 *    states in which a program that does everything seldom is. Whatever the table of ops in
 *    ops.h has, a recipe draws, so that a new op needs no change here to be reached. Half of the
 *    recipes are plain: objects come and go, and nothing else.
 */
#ifndef HARNESS_FUZZ_GENERATE_H
#define HARNESS_FUZZ_GENERATE_H

#include "../program/program.h"
#include "draw.h"

#define FUZZ_RECORDS_MAX 1024u /* of one program; what an input has beyond is dropped */
#define FUZZ_CPUS_MAX	 8u
#define FUZZ_TASKS_MAX	 6u
#define FUZZ_CACHES_MAX	 4u
#define FUZZ_SLOTS_MAX	 64u

#define RECIPE_LATEST 4u

enum fuzz_style { FUZZ_CONCURRENT, FUZZ_SEQUENTIAL, FUZZ_DEBUG };

struct recipe {
	struct draw draw;
	enum fuzz_style style;
	struct program_header header;
	uint16_t op_weights[PROGRAM_NR_OPS];
	unsigned int nr_caches;
	unsigned int nr_slots;
	uint32_t cache_size;	  /* of the caches, unless drawn for one alone */
	uint32_t kmalloc_size;	  /* the same for kmalloc */
	uint32_t objects;	  /* about as many fill a slab or a few */
	bool small_limits;	  /* the caches keep few slabs */
	bool plain;		  /* only what there was from the start: objects, lists, races */
	unsigned int cache_flags; /* allowed in create */
	unsigned int gfp;	  /* allowed in allocations */
	unsigned int stick;	  /* of 16: the next record is of the same task */
	unsigned int fill;	  /* of 16: it fills a slot rather than empties one */
	unsigned int recent;	  /* of 16: what is emptied was filled a moment ago */
	unsigned int motif;	  /* of 16: a motif comes in place of a single record */
	unsigned int migrate;	  /* of 64: a record sends its task to another cpu */
	unsigned int moves;	  /* of 16: who is preempted goes on on another cpu */
	unsigned int switches;	  /* of 64: there is a switch in front of a record */
	unsigned int next_task;	  /* of 16: a switch goes to the task that is next in the file */
	unsigned int inside;	  /* of 16: it comes where the next record is another task's */
	unsigned int irqs;	  /* of 64: there is an interrupt in front of a record */
	bool delta_even;	  /* all deltas alike; else small ones more often */
	unsigned int nr_homes;	  /* cpus that tasks start on */
	unsigned int delta_log2;  /* deltas are below 2 to this */
	/* What the program has done so far, as far as the recipe has written it. */
	uint8_t filled[FUZZ_SLOTS_MAX];
	uint32_t latest[RECIPE_LATEST]; /* slots filled last, the latest at nr_fills - 1 */
	unsigned int nr_fills;
	uint16_t task;
};

/* Draws a recipe. Every draw that follows depends on @seed alone. */
void recipe_draw(struct recipe *recipe, uint64_t seed, enum fuzz_style style);

/* Draws a recipe whose header, caches and slots fit @program. */
void recipe_for(struct recipe *recipe, uint64_t seed, enum fuzz_style style,
		const struct program *program);

/* A header as recipes have it. */
struct program_header generate_header(struct draw *draw, enum fuzz_style style);

/* Sets boot options of @header beyond those of size. */
void generate_boot(struct draw *draw, struct program_header *header);

/* One record of @op, each field drawn by its kind; schedule records too. */
struct program_record generate_record(struct recipe *recipe, unsigned int op);

/* A value for one field of @op. */
uint64_t generate_field(struct recipe *recipe, unsigned int op, const struct program_field *field);

/*
 * Some records that make sense together, @max at most and at least 1.
 * Return: how many.
 */
size_t generate_run(struct recipe *recipe, struct program_record *out, size_t max);

/*
 * Gives @nr records another schedule: old schedule records go, new ones come.
 * @records: has room for @max records, at least @nr.
 * Return: how many there are now.
 */
size_t generate_schedule(struct recipe *recipe, struct program_record *records, size_t nr,
			 size_t max);

/*
 * A whole program.
 * @records: has room for @max records.
 * Return: how many it has; the header is set.
 */
size_t generate_program(uint64_t seed, enum fuzz_style style, struct program_header *header,
			struct program_record *records, size_t max);

/* The same on @cpus cpus with a task on each at least; 0: on as many as it draws. */
size_t generate_program_on(unsigned int cpus, uint64_t seed, enum fuzz_style style,
			   struct program_header *header, struct program_record *records,
			   size_t max);

/* True for what the sequential style has not: switch and irq. */
bool generate_is_schedule(unsigned int op);

/*
 * Takes from @program what its style has not: the sequential one has one cpu, one task and no
 * schedule records; in the concurrent one cpus, tasks and memory are cut down to what is
 * affordable. What is within the limits stays as it is.
 */
void generate_limit(enum fuzz_style style, struct program *program);

/* Brings all records of @program back into its header's cpus and tasks. */
void generate_narrow(struct program *program);

#endif /* HARNESS_FUZZ_GENERATE_H */
