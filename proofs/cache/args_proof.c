/* SPDX-License-Identifier: MIT */
/*
 * Arguments of a new cache are taken exactly as slub.h allows them, and all others are refused with a
 * word of what is wrong; a part for usercopy that does not lie in the object is dropped with a message.
 * A cpu goes down unless it is the last, and comes up, with its slots in every cache; numbers that are no
 * cpu are refused (S9, S11).
 */
#include "parts.h"

static unsigned int down, up;
static bool online[4];

/* CONTRACT slub_cpu_online: S6.flush */
bool slub_cpu_online(unsigned int cpu)
{
	return online[cpu];
}

/* CONTRACT slub_set_cpu_online: S6.flush */
void slub_set_cpu_online(unsigned int cpu, bool to)
{
	REQUIRES(world_mutex_held(&slab_mutex));
	online[cpu] = to;
}

/* CONTRACT cpu_slab_offline: S6.flush */
void cpu_slab_offline(struct kmem_cache *s, unsigned int cpu)
{
	REQUIRES(s == cache && !online[cpu] && world_mutex_held(&slab_mutex));
	down++;
}

/* CONTRACT cpu_slab_online: S6.flush */
void cpu_slab_online(struct kmem_cache *s, unsigned int cpu)
{
	REQUIRES(s == cache && online[cpu] && world_mutex_held(&slab_mutex));
	up++;
}

static void a_ctor(void *object)
{
	(void)object;
}

static void arguments(void)
{
	struct kmem_cache_args args = {.align = nondet_uint(),
				       .useroffset = nondet_uint(),
				       .usersize = nondet_uint(),
				       .freeptr_offset = nondet_uint(),
				       .use_freeptr_offset = nondet_bool()};
	unsigned int size = nondet_uint(), offset = args.useroffset, bytes = args.usersize;
	slab_flags_t flags = nondet_uint();
	const char *name = nondet_bool() ? NULL : nondet_bool() ? "" : "a", *bad;
	bool power, place_good, inside;

	args.ctor = nondet_bool() ? a_ctor : NULL;
	power = args.align == 0;
	for (unsigned int align = 1; align <= PAGE_SIZE; align *= 2)
		power = power || args.align == align;
	place_good = (flags & SLAB_TYPESAFE_BY_RCU) && !args.ctor && args.freeptr_offset % 8 == 0 &&
		     size >= 8 && args.freeptr_offset <= size - 8;
	bad = bad_create_args(name, size, &args, flags);
	CLAIM((bad == NULL) ==
	      (name && name[0] && size >= 1 && size <= KMALLOC_MAX_SIZE && power &&
	       !(flags & ~SLAB_FLAGS_PERMITTED) && (!args.use_freeptr_offset || place_good)));
	CLAIM(!bad || bad[0]);
	if (bad)
		return;
	inside = (unsigned long)offset + bytes <= size && (bytes || !offset);
	check_usercopy_args(name, size, &args);
	CLAIM(args.useroffset == (inside ? offset : 0) && args.usersize == (inside ? bytes : 0));
	CLAIM(world_log_messages == !inside);
}

static void cpus(void)
{
	unsigned int cpu = nondet_uint(), others = 0;
	bool was = false, takes_down = nondet_bool();
	int err;

	world_cpus = 3;
	list_add(&cache->list, &slab_caches);
	for (unsigned int i = 0; i < 3; i++) {
		online[i] = nondet_bool();
		others += i != cpu && online[i];
	}
	if (cpu < 3)
		was = online[cpu];
	err = takes_down ? slub_cpu_down(cpu) : slub_cpu_up(cpu);
	CLAIM(err == (cpu >= 3 ? -EINVAL : takes_down && !others ? -EBUSY : 0));
	CLAIM(down == (takes_down && was && !err) && up == (!takes_down && !was && !err));
	CLAIM(!slab_mutex.held);
	if (cpu < 3)
		CLAIM(online[cpu] == (err ? was : !takes_down));
}

int main(void)
{
	start_up();
	if (nondet_bool())
		arguments();
	else
		cpus();
	return 0;
}
