/* SPDX-License-Identifier: MIT */
/*
 * __should_failslab() lets fail exactly what the settings say: never before the allocator is up, nor the
 * cache of caches, nor what may not fail; not within the space left alone, which it uses up; each
 * interval-th time; as often as the draw and the failures that are left say (S10).
 */
#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/failslab.c"

enum slab_state slab_state;
struct kmem_cache *kmem_cache;

int main(void)
{
	static struct kmem_cache cache, caches;
	struct failslab_attr attr = {.probability = any_from_to(0, 120),
				     .interval = any_from_to(0, 3),
				     .times = nondet_int(),
				     .space = any_from_to(0, 1000),
				     .cache_filter = nondet_bool(),
				     .ignore_gfp_wait = nondet_bool()};
	struct failslab_attr got;
	gfp_t flags = nondet_uint();
	size_t size = any_from_to(0, 2000);
	long count = (long)any_from_to(0, 6);
	bool of_caches = nondet_bool(), counted, may, fails;
	int err;

	slab_state = (enum slab_state)any_from_to(DOWN, FULL);
	kmem_cache = &caches;
	cache.tuned = nondet_uint();
	ASSUME(attr.times >= -2 && attr.times < 1000);
	err = slub_set_failslab(&attr);
	CLAIM(err == (attr.probability > 100 || attr.times < -1 ? -EINVAL : 0));
	if (err) {
		CLAIM(!failslab_active);
		return 0;
	}
	CLAIM(failslab_active == (attr.probability && attr.times));
	slub_get_failslab(&got);
	CLAIM(got.probability == attr.probability && got.interval == attr.interval &&
	      got.times == attr.times && got.space == attr.space &&
	      got.cache_filter == attr.cache_filter && got.ignore_gfp_wait == attr.ignore_gfp_wait);
	failslab.count = count;

	may = slab_state == FULL && !of_caches && !(flags & __GFP_NOFAIL) &&
	      !(attr.ignore_gfp_wait && (flags & __GFP_DIRECT_RECLAIM)) &&
	      !(attr.cache_filter && !(cache.tuned & SLAB_FAILSLAB));
	counted = may && attr.times && size >= attr.space && attr.interval > 1;
	fails = __should_failslab(of_caches ? &caches : &cache, flags, size);

	if (fails) {
		CLAIM(may && attr.probability && attr.times && size >= attr.space);
		CLAIM(attr.interval <= 1 || (count + 1) % attr.interval == 0);
		CLAIM(failslab.times == (attr.times < 0 ? -1 : attr.times - 1));
	} else {
		CLAIM(failslab.times == attr.times);
		CLAIM(!(may && attr.probability == 100 && attr.times && size >= attr.space &&
			(attr.interval <= 1 || (count + 1) % attr.interval == 0)));
	}
	CLAIM(failslab.count == count + counted);
	CLAIM(failslab.space ==
	      (long)(may && attr.times && size < attr.space ? attr.space - size : attr.space));
	CLAIM(world_log_messages == (fails && !(flags & __GFP_NOWARN)));
	return 0;
}
