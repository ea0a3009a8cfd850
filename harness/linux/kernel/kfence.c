/* SPDX-License-Identifier: GPL-2.0 */
/* KFENCE is built in, so that its attribute is there, and never switched on. */
#include <linux/kfence.h>

#include "glue.h"
#include "mm/slab.h"

char *__kfence_pool;
DEFINE_STATIC_KEY_FALSE(kfence_allocation_key);
atomic_t kfence_allocation_gate = ATOMIC_INIT(1);

void *__kfence_alloc(struct kmem_cache *s, size_t size, gfp_t gfp)
{
	return NULL;
}

void __kfence_free(void *object)
{
}

size_t kfence_ksize(const void *object)
{
	return 0;
}

void *kfence_object_start(const void *object)
{
	return NULL;
}

void kfence_shutdown_cache(struct kmem_cache *s)
{
}

bool __kfence_obj_info(struct kmem_obj_info *info, void *object, struct slab *slab)
{
	return false;
}
