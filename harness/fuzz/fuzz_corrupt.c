/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of deliberate corruption, byte by byte: a cache with debug flags, some objects of
 * it, and one thing wrong with them. It must be reported once, under the right head, with all that
 * a report prints; what is looked at again is in order.
 *
 * The input is text: numbers, in the order of enum input; what is missing is 0.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "invariants.h"
#include "machine.h"
#include "slub/debug/debug.h"
#include "slub/freelist.h"
#include "slub/slab.h"
#include "slub/slub.h"

enum input { PLANT, SIZE, FLAGS, AT, VALUE, NR_INPUTS };

enum plant {
	PLANT_LEFT,	/* left red zone of a live object */
	PLANT_RIGHT,	/* right red zone, or what fills up to the alignment */
	PLANT_POISON,	/* a free object */
	PLANT_POINTER,	/* the free pointer of a free object */
	PLANT_CYCLE,	/* the same, back to itself */
	PLANT_INUSE,	/* counters of the slab */
	PLANT_TOO_MANY, /* more in use than there are */
	PLANT_OBJECTS,	/* more objects than fit */
	PLANT_HEAD,	/* the head of the freelist */
	PLANT_PADDING,	/* behind the last object of the slab */
	PLANT_DOUBLE,	/* freed twice */
	PLANT_INSIDE,	/* a free of its middle */
	PLANT_BEHIND,	/* the cache goes, and objects are left behind */
	PLANT_BULK,	/* a bulk of which one object is freed already */
	PLANT_KIND,	/* the block is no slab */
	PLANT_FROZEN,	/* the slab was given up */
	PLANT_FEWER,	/* fewer objects than fit, in a full slab */
	PLANT_PARTIAL,	/* the count of the node's list */
	PLANT_SLABS,	/* the count of its slabs */
	PLANT_NEXT,	/* the head of the freelist, and then an object is wanted */
	PLANT_SHORT,	/* a freelist that ends early, and then an object is wanted */
	PLANT_FOREIGN,	/* freed by the name of another cache */
	PLANT_MANY,	/* more freed at once than are in use */
	PLANT_LENGTH,	/* fewer freed at once than was said */
	PLANT_CHAIN,	/* what follows an object on the freelist */
	PLANT_SHOWN,	/* nothing: an object is shown */
	PLANT_WORD,	/* a word that an invariant is about */
	NR_PLANTS
};

#define OBJECTS 6u
#define FLAGS_USUAL                                                                                \
	(PROGRAM_CACHE_consistency | PROGRAM_CACHE_redzone | PROGRAM_CACHE_poison |                \
	 PROGRAM_CACHE_user)

static uint64_t numbers[NR_INPUTS];
static const char *wanted_head;
static unsigned int heads, right_heads;

static void watch(const char *line)
{
	heads += !strncmp(line, "BUG k0", 6) || !strncmp(line, "BUG <unknown>", 13);
	right_heads += wanted_head && strstr(line, wanted_head);
}

static void change(char *at, unsigned int bytes)
{
	unsigned char by = numbers[VALUE] % 255 + 1;

	exec_slub.touch(at, bytes);
	while (bytes--)
		at[bytes] = (char)(at[bytes] ^ by);
}

static void store(void *at, const void *from, unsigned int bytes)
{
	exec_slub.touch(at, bytes);
	memcpy(at, from, bytes);
}

/* A node's counts are not in a report of a slab, and are nobody's to mend. */
static const char *plant_in_a_node(struct kmem_cache_node *n)
{
	unsigned long by = numbers[AT] % 7 + 1;

	exec_slub.touch(n, sizeof(*n));
	if (numbers[PLANT] % NR_PLANTS == PLANT_PARTIAL) {
		n->nr_partial += by;
		return "partial slabs counted but counter=";
	}
	n->nr_slabs += (long)by;
	return "slabs counted but counter=";
}

/* What shows when an object is allocated or freed. Return: as plant(). */
static const char *plant_in_passing(struct kmem_cache *s, struct slab *slab, char **objects)
{
	union slab_counters counters = {.word = slab->counters};
	bool checks = s->flags & SLAB_CONSISTENCY_CHECKS;
	char *live = objects[0], *free = objects[1];
	unsigned int count = 1;
	void *head = free;

	switch ((enum plant)(numbers[PLANT] % NR_PLANTS)) {
	case PLANT_KIND:
		exec_slub.touch(slab, sizeof(*slab));
		slab->kind = PAGE_LARGE;
		wanted_head = "Not a valid slab page";
		validate_slab(s, slab);
		slab->kind = PAGE_SLAB;
		return wanted_head;
	case PLANT_FROZEN:
		counters.frozen = 1;
		store(&slab->counters, &counters.word, sizeof(counters.word));
		wanted_head = "Slab disabled since SLUB metadata";
		validate_slab(s, slab);
		counters.frozen = 0;
		store(&slab->counters, &counters.word, sizeof(counters.word));
		return wanted_head;
	case PLANT_FEWER:
		while (slab->freelist)
			if (virt_to_slab(exec_slub.alloc(s, 0, -1)) != slab)
				return NULL;
		counters.word = slab->counters;
		counters.objects--;
		counters.inuse--;
		store(&slab->counters, &counters.word, sizeof(counters.word));
		return "Wrong number of objects. Found ";
	case PLANT_PARTIAL:
	case PLANT_SLABS:
		return plant_in_a_node(get_node(s, slab_nid(slab)));
	case PLANT_NEXT:
		if (!checks)
			return NULL;
		live += 8;
		store(&slab->freelist, &live, sizeof(live));
		wanted_head = "Freelist Pointer check fails";
		exec_slub.alloc(s, 0, -1);
		return wanted_head;
	case PLANT_SHORT:
		if (!checks)
			return NULL;
		exec_slub.touch(free, s->size);
		set_freepointer(s, free, NULL);
		wanted_head = "Freelist ends before its last";
		exec_slub.alloc(s, 0, -1);
		return wanted_head;
	case PLANT_FOREIGN: {
		struct kmem_cache *given = numbers[AT] % 2 ? NULL : kmem_cache;

		if (!checks)
			return NULL;
		store(&slab->slab_cache, &given, sizeof(given));
		wanted_head = given ? "page slab pointer corrupt." : "No slab cache for object";
		free_debug_processing(s, slab, live, live, &count, 0);
		store(&slab->slab_cache, &s, sizeof(s));
		return wanted_head;
	}
	case PLANT_MANY:
		count = counters.inuse + 1;
		wanted_head = " allocated objects but ";
		free_debug_processing(s, slab, live, live, &count, 0);
		return wanted_head;
	case PLANT_LENGTH:
		/* Too few are freed and too many kept: both are told, the former is not done. */
		exec_slub.touch(live, s->size);
		set_freepointer(s, live, objects[3]);
		wanted_head = "Bulk free expected 1 objects but found 2";
		free_debug_processing(s, slab, live, objects[3], &count, 0);
		return wanted_head;
	case PLANT_CHAIN:
		if (!checks)
			return NULL;
		wanted_head = "Freechain corrupt";
		freelist_corrupted(s, slab, &head, live + 1);
		freelist_corrupted(s, slab, &head, live + 1);
		return wanted_head;
	case PLANT_SHOWN:
		kmem_dump_obj(live + numbers[AT] % s->object_size);
		kmem_dump_obj(free);
		kmem_dump_obj((char *)slab_address(slab) + (PAGE_SIZE << slab->order) - 1);
		return NULL;
	case PLANT_WORD:
		invariant_word((unsigned int)numbers[AT], numbers[VALUE],
			       numbers[FLAGS] ? s->flags & SLAB_DEBUG_FLAGS : 0);
		return NULL;
	default:
		return NULL;
	}
}

/* Return: the head that its report must have, or NULL: nobody could see that here. */
static const char *plant(struct kmem_cache *s, struct slab *slab, char **objects)
{
	union slab_counters counters = {.word = slab->counters};
	unsigned int at = (unsigned int)numbers[AT];
	char *live = objects[0], *free = objects[1];
	char *end = (char *)slab_address(slab) + ((size_t)PAGE_SIZE << slab->order);
	unsigned int room = (unsigned int)(end - (char *)slab_address(slab)) % s->size;
	bool checks = s->flags & SLAB_CONSISTENCY_CHECKS, zones = s->flags & SLAB_RED_ZONE;
	bool poison = s->flags & __OBJECT_POISON;

	switch ((enum plant)(numbers[PLANT] % NR_PLANTS)) {
	case PLANT_LEFT:
		if (!zones || !s->red_left_pad)
			return NULL;
		change(live - 1 - at % s->red_left_pad, 1);
		return "Left Redzone overwritten";
	case PLANT_RIGHT:
		if (!zones || s->inuse == s->object_size)
			return NULL;
		change(live + s->object_size + at % (s->inuse - s->object_size), 1);
		return "Right Redzone overwritten";
	case PLANT_POISON:
		/* The free pointer may lie in it. */
		if (!poison || s->offset < s->object_size)
			return NULL;
		at %= s->object_size;
		change(free + at, 1);
		return at == s->object_size - 1 ? "End Poison overwritten" : "Poison overwritten";
	case PLANT_POINTER:
		if (!checks)
			return NULL;
		change(free + s->offset + 1, 5);
		return "Freechain corrupt";
	case PLANT_CYCLE:
		if (!checks)
			return NULL;
		exec_slub.touch(free, s->object_size);
		set_freepointer(s, free, free);
		return "Freelist cycle detected";
	case PLANT_INUSE:
		if (counters.inuse >= counters.objects)
			return NULL;
		counters.inuse++;
		store(&slab->counters, &counters.word, sizeof(counters.word));
		return "Wrong object count";
	case PLANT_TOO_MANY:
		counters.inuse = (counters.objects + 1 + at % 8) & 0xffff;
		store(&slab->counters, &counters.word, sizeof(counters.word));
		return "): inuse ";
	case PLANT_OBJECTS:
		counters.objects = (counters.objects + 1 + at % 8) & 0x7fff;
		store(&slab->counters, &counters.word, sizeof(counters.word));
		return "): objects ";
	case PLANT_HEAD:
		if (!checks)
			return NULL;
		end = live + 1 + at % 7;
		store(&slab->freelist, &end, sizeof(end));
		return "Freepointer corrupt";
	case PLANT_PADDING:
		if (!(s->flags & SLAB_POISON) || room < 1)
			return NULL;
		change(end - 1 - at % room, 1);
		return "Padding overwritten";
	case PLANT_DOUBLE:
		if (!checks)
			return NULL;
		wanted_head = "Object already free";
		kmem_cache_free(s, free);
		return wanted_head;
	case PLANT_INSIDE:
		if (!checks || s->object_size < 16)
			return NULL;
		wanted_head = "Invalid object pointer";
		kmem_cache_free(s, live + 8 + at % (s->object_size - 8));
		return wanted_head;
	case PLANT_BEHIND:
		wanted_head = "Objects remaining on __kmem_cache_shutdown()";
		kmem_cache_destroy(s);
		/* It stays, unusable; whoever comes once more is refused. */
		kmem_cache_destroy(s);
		return wanted_head;
	case PLANT_BULK: {
		void *bulk[] = {objects[3], free, objects[4]};

		if (!checks)
			return NULL;
		wanted_head = "Object already free";
		kmem_cache_free_bulk(s, 3, bulk);
		return wanted_head;
	}
	default:
		return plant_in_passing(s, slab, objects);
	}
}

/* How many reports with a banner follow from what was planted. */
static unsigned int reports_due(void)
{
	if (!wanted_head)
		return 0;
	switch (numbers[PLANT] % NR_PLANTS) {
	case PLANT_POINTER: /* as in the kernel, a chain that is cut leaves a wrong count behind */
	case PLANT_FEWER:
		return 2;
	case PLANT_PARTIAL:
	case PLANT_SLABS:
		return 0; /* a line of its own */
	default:
		return 1;
	}
}

static void work(void *arg)
{
	unsigned int flags =
		numbers[FLAGS] ? (unsigned int)numbers[FLAGS] & FLAGS_USUAL : FLAGS_USUAL;
	unsigned int size = (unsigned int)(numbers[SIZE] % 1200) + 8;
	char *objects[OBJECTS] = {NULL};
	struct kmem_cache *s;
	unsigned int due;

	(void)arg;
	s = exec_slub.create("k0", size, 0, flags | PROGRAM_CACHE_nomerge, NULL);
	for (unsigned int i = 0; s && i < OBJECTS; i++)
		objects[i] = exec_slub.alloc(s, 0, -1);
	if (!s || !objects[OBJECTS - 1] || !kmem_cache_debug(s) ||
	    virt_to_slab(objects[0]) != virt_to_slab(objects[1]))
		return;
	kmem_cache_free(s, objects[2]);
	kmem_cache_free(s, objects[1]);
	heads = right_heads = 0;
	wanted_head = NULL;
	wanted_head = plant(s, virt_to_slab(objects[0]), objects);
	validate_slab_cache(s);
	due = reports_due();
	MACHINE_REQUIRE(heads == due && right_heads == (wanted_head != NULL),
			"%u reports, of which %u say '%s'; %u are due", heads, right_heads,
			wanted_head ? wanted_head : "", due);
	/* A count that cannot be is reported whenever somebody looks, as nobody mends it. */
	switch (numbers[PLANT] % NR_PLANTS) {
	case PLANT_TOO_MANY:
	case PLANT_OBJECTS:
	case PLANT_PARTIAL:
	case PLANT_SLABS:
		return;
	}
	heads = 0;
	validate_slab_cache(s);
	MACHINE_REQUIRE(!heads, "%u reports of what has been reported before", heads);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sim_config config = {.cpus = 1, .nodes = 1, .node_bytes = (size_t)512 << 12};
	const char *text = machine_text(data, size);

	for (unsigned int i = 0; i < NR_INPUTS; i++) {
		while (*text && !isdigit((unsigned char)*text))
			text++;
		for (numbers[i] = 0; isdigit((unsigned char)*text); text++)
			numbers[i] = (10 * numbers[i] + (uint64_t)(*text - '0')) & 0xffffffff;
	}
	sim_log_watch = watch;
	machine_run_lossy(&config, work, NULL);
	sim_log_watch = NULL;
	return 0;
}
