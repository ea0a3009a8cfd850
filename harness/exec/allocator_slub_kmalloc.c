/* SPDX-License-Identifier: MIT */
/* libslub under test: the kmalloc and kvmalloc families, and buckets. */
#include "allocator_slub.h"
#include "slub/kmalloc/kmalloc.h"

void *slub_kmalloc_by(unsigned int op, size_t n, size_t size, unsigned int gfp, int node)
{
	gfp_t flags = slub_gfp_of(gfp);
	bool any = node < 0;

	node = slub_node_of(node);
	switch (op) {
	case PROGRAM_KZALLOC:
		return any ? kzalloc(size, flags) : kzalloc_node(size, flags, node);
	case PROGRAM_KMALLOC_ARRAY:
		return any ? kmalloc_array(n, size, flags)
			   : kmalloc_array_node(n, size, flags, node);
	case PROGRAM_KCALLOC:
		return any ? kcalloc(n, size, flags) : kcalloc_node(n, size, flags, node);
	case PROGRAM_KMALLOC_TRACK:
		/* The macros name a place in code, which no replay would repeat. */
		return __kmalloc_node_track_caller(size, flags, node, world_caller());
	case PROGRAM_KVMALLOC:
		return any ? kvmalloc(size, flags) : kvmalloc_node(size, flags, node);
	case PROGRAM_KVZALLOC:
		return any ? kvzalloc(size, flags) : kvzalloc_node(size, flags, node);
	case PROGRAM_KVMALLOC_ARRAY:
		return kvmalloc_array(n, size, flags);
	default:
		return kvcalloc(n, size, flags);
	}
}

void *slub_krealloc_by(unsigned int op, void *object, size_t n, size_t size, unsigned int gfp)
{
	if (op == PROGRAM_KREALLOC_ARRAY)
		return krealloc_array(object, n, size, slub_gfp_of(gfp));
	return kvrealloc(object, size, slub_gfp_of(gfp));
}

void slub_kfree_by(unsigned int op, void *object, size_t bytes)
{
	if (op == PROGRAM_KFREE_SENSITIVE)
		kfree_sensitive(object);
	else if (op == PROGRAM_KVFREE_SENSITIVE)
		kvfree_sensitive(object, bytes);
	else
		kvfree(object);
}

size_t slub_roundup(size_t size)
{
	return kmalloc_size_roundup(size);
}

/* Both forms: what is allowed must not end the program either. */
bool slub_usercopy(const void *p, size_t bytes, bool to_user)
{
	bool allowed = slub_check_object_size(p, bytes, to_user);

	if (allowed)
		check_object_size(p, bytes, to_user);
	return allowed;
}

void *slub_buckets_create(const char *name, unsigned int flags, unsigned int useroffset,
			  unsigned int usersize)
{
	return kmem_buckets_create(name, slub_flags_of(flags, 0), useroffset, usersize, NULL);
}

void *slub_buckets_alloc(unsigned int op, void *buckets, size_t size, unsigned int gfp)
{
	gfp_t flags = slub_gfp_of(gfp);

	if (op == PROGRAM_BUCKETS_ALLOC)
		return kmem_buckets_alloc(buckets, size, flags);
	if (op == PROGRAM_BUCKETS_TRACK)
		return __kmem_buckets_alloc_track_caller(buckets, size, flags, world_caller());
	return kmem_buckets_valloc(buckets, size, flags);
}

/* Not in the public interface: buckets are for good. A run has to end as it began. */
void slub_buckets_destroy(void *buckets)
{
	kmem_buckets_destroy(buckets);
}
