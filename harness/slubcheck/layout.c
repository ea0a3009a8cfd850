/* SPDX-License-Identifier: MIT */
/* slubcheck layout: what a cache would look like, without making it. */
#include <inttypes.h>
#include <string.h>

#include "arguments.h"
#include "slub/layout.h"
#include "slubcheck.h"

static const char help[] =
	"Usage: slubcheck layout --size S [--cpus N] [--align A] [--flags F,...]\n"
	"                        [--freeptr-offset X]\n"
	"Prints in one line how kmem_cache_create() lays out such a cache:\n"
	"slab_size=B align=B order=N objs_per_slab=N cpu_partial=N min_partial=N\n"
	"\n"
	"  --size S            bytes of an object, 1 to 4194304\n"
	"  --cpus N            present cpus, 1 to 1024; those of this machine when not given\n"
	"  --align A           bytes, a power of two up to 8192, or 0 for the default\n"
	"  --flags F,...       of: hwcache rcu ctor reclaim dma dma32 account kmalloc checks\n"
	"                      redzone poison user trace\n"
	"  --freeptr-offset X  the free pointer stands at byte X; goes with rcu, without ctor\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0 done, 2 bad input or usage.\n";

static const struct {
	const char *name;
	slab_flags_t flag;
} flag_names[] = {
	{"hwcache", SLAB_HWCACHE_ALIGN},
	{"rcu", SLAB_TYPESAFE_BY_RCU},
	{"ctor", 0}, /* not a flag: an argument of kmem_cache_create() */
	{"reclaim", SLAB_RECLAIM_ACCOUNT},
	{"dma", SLAB_CACHE_DMA},
	{"dma32", SLAB_CACHE_DMA32},
	{"account", SLAB_ACCOUNT},
	{"kmalloc", SLAB_KMALLOC},
	{"checks", SLAB_CONSISTENCY_CHECKS},
	{"redzone", SLAB_RED_ZONE},
	{"poison", SLAB_POISON},
	{"user", SLAB_STORE_USER},
	{"trace", SLAB_TRACE},
};

#define NR_FLAG_NAMES (sizeof(flag_names) / sizeof(flag_names[0]))

/* No offset of a free pointer was given. */
#define NO_OFFSET UINT64_MAX

static void some_ctor(void *object)
{
	(void)object;
}

static bool read_flags(const char *command, const char *value, void *to)
{
	struct kmem_cache *s = to;
	size_t i, length;

	for (;; value += length + 1) {
		length = strcspn(value, ",");
		for (i = 0; i < NR_FLAG_NAMES; i++)
			if (length == strlen(flag_names[i].name) &&
			    !memcmp(value, flag_names[i].name, length))
				break;
		if (i == NR_FLAG_NAMES) {
			slubcheck_complain("%s: --flags: '%.*s' is unknown; --help lists those "
					   "that are allowed",
					   command, (int)length, value);
			return false;
		}
		s->flags |= flag_names[i].flag;
		if (!strcmp(flag_names[i].name, "ctor"))
			s->ctor = some_ctor;
		if (!value[length])
			return true;
	}
}

/* A free pointer can be placed as kmem_cache_create() allows it. */
static bool check_freeptr(const struct kmem_cache *s)
{
	if (!(s->flags & SLAB_TYPESAFE_BY_RCU) || s->ctor) {
		slubcheck_complain("layout: --freeptr-offset goes with the flag rcu, and without "
				   "ctor");
		return false;
	}
	if (s->freeptr_offset % sizeof(void *) || s->object_size < sizeof(void *) ||
	    s->freeptr_offset > s->object_size - sizeof(void *)) {
		slubcheck_complain("layout: --freeptr-offset %u is no word in an object of %u "
				   "bytes",
				   s->freeptr_offset, s->object_size);
		return false;
	}
	return true;
}

static bool parse_args(int argc, char **argv, struct kmem_cache *s, uint64_t *cpus, int *exit_code)
{
	uint64_t size = 0, align = 0, freeptr_offset = NO_OFFSET;
	const struct slubcheck_option options[] = {
		SLUBCHECK_NUMBER("size", 0, &size, 1, KMALLOC_MAX_SIZE),
		SLUBCHECK_NUMBER("cpus", 0, cpus, 1, WORLD_CPUS_MAX),
		SLUBCHECK_NUMBER("align", 0, &align, 0, KMALLOC_MAX_CACHE_SIZE),
		SLUBCHECK_OTHER("flags", 0, "F,...", read_flags, s),
		SLUBCHECK_NUMBER("freeptr-offset", 0, &freeptr_offset, 0, KMALLOC_MAX_SIZE),
		{.name = NULL},
	};
	char **operands;

	if (!slubcheck_options(argc, argv, help, options, &operands, exit_code))
		return false;
	*exit_code = SLUBCHECK_BAD_INPUT;
	if (operands[0]) {
		slubcheck_complain("layout: '%s' is no option; allowed are options only",
				   operands[0]);
		return false;
	}
	if (!size) {
		slubcheck_complain("layout: --size is missing; allowed is 1 to %lu",
				   KMALLOC_MAX_SIZE);
		return false;
	}
	if (align & (align - 1)) {
		slubcheck_complain("layout: --align %" PRIu64 " is no power of two; allowed are "
				   "those up to 8192, and 0",
				   align);
		return false;
	}
	s->object_size = (unsigned int)size;
	s->align = (unsigned int)align;
	if (freeptr_offset == NO_OFFSET)
		return true;
	s->use_freeptr_offset = true;
	s->freeptr_offset = (unsigned int)freeptr_offset;
	return check_freeptr(s);
}

int slubcheck_layout(int argc, char **argv)
{
	uint64_t cpus = world_nr_cpus();
	struct kmem_cache s = {.size = 0};
	int exit_code;

	if (!parse_args(argc, argv, &s, &cpus, &exit_code))
		return exit_code;
	s.align = calculate_alignment(s.flags, s.align, s.object_size);
	if (calculate_sizes(&s, (unsigned int)cpus, &ORDER_POLICY_DEFAULT))
		return slubcheck_complain("layout: an object of %u bytes with this metadata fits "
					  "no slab",
					  s.object_size);
	printf("slab_size=%u align=%u order=%u objs_per_slab=%u cpu_partial=%u min_partial=%lu\n",
	       s.size, s.align, oo_order(s.oo), oo_objects(s.oo), s.cpu_partial, s.min_partial);
	return slubcheck_end_stdout();
}
