/* SPDX-License-Identifier: MIT */
/*
 * Whether bytes may be copied to or from outside: only within one object, and only the part of
 * it that its cache has for that.
 *
 * Each verdict has the text that Linux has for it. What the kernel checks beyond objects (its
 * stacks, its text) is no business of a library; what it cannot see and this can is refused, too:
 * memory of the arena that holds no object.
 */
#include "kmalloc/kmalloc.h"

/* What is wrong with a copy; @name NULL: nothing. */
struct usercopy_verdict {
	const char *name, *detail;
	size_t offset, size;
};

static const struct usercopy_verdict allowed;

static struct usercopy_verdict check_slab_object(const struct slab *slab, const char *p, size_t n)
{
	const struct kmem_cache *s = slab->slab_cache;
	union slab_counters counters = {.word = READ_ONCE(slab->counters)};
	size_t at = (size_t)(p - (const char *)slab_address(slab));
	size_t offset = at % s->size;

	if (at / s->size >= counters.objects)
		return (struct usercopy_verdict){"SLUB object not in SLUB page?!", NULL, 0, n};
	if (s->flags & SLAB_RED_ZONE) {
		if (offset < s->red_left_pad)
			return (struct usercopy_verdict){"SLUB object in left red zone", s->name,
							 offset, n};
		offset -= s->red_left_pad;
	}
	if (offset >= s->useroffset && offset - s->useroffset <= s->usersize &&
	    n <= s->usersize - (offset - s->useroffset))
		return allowed;
	return (struct usercopy_verdict){"SLUB object", s->name, offset, n};
}

static struct usercopy_verdict check_copy(const char *p, size_t n)
{
	struct vmap_area area;
	struct page *page;
	size_t offset;

	if (!n)
		return allowed;
	if ((uintptr_t)p + (n - 1) < (uintptr_t)p)
		return (struct usercopy_verdict){"wrapped address", NULL, 0, (uintptr_t)p + n};
	if (ZERO_OR_NULL_PTR(p))
		return (struct usercopy_verdict){"null address", NULL, (uintptr_t)p, n};
	page = virt_to_head_page(p);
	if (!page) {
		if (!find_vmap_area(p, &area))
			return allowed;
		offset = (size_t)(p - area.addr);
		if (n > area.bytes - offset)
			return (struct usercopy_verdict){"vmalloc", NULL, offset, n};
		return allowed;
	}
	offset = (size_t)(p - (const char *)page_address(page));
	switch (page->kind) {
	case PAGE_SLAB:
		return check_slab_object(page_slab(page), p, n);
	case PAGE_LARGE:
		if (n > (PAGE_SIZE << page_order(page)) - offset)
			return (struct usercopy_verdict){"page alloc", NULL, offset, n};
		return allowed;
	default:
		return (struct usercopy_verdict){"page alloc", "no object", offset, n};
	}
}

#define USERCOPY_TEXT                                                                              \
	"usercopy: Kernel memory %s attempt detected %s %s%s%s%s (offset %zu, size %zu)!"
#define USERCOPY_ARGS(verdict, to_user)                                                            \
	(to_user) ? "exposure" : "overwrite", (to_user) ? "from" : "to", (verdict).name,           \
		(verdict).detail ? " '" : "", (verdict).detail ? (verdict).detail : "",            \
		(verdict).detail ? "'" : "", (verdict).offset, (verdict).size

bool slub_check_object_size(const void *p, size_t bytes, bool to_user)
{
	struct usercopy_verdict verdict = allowed;

	if (slub_hardened_usercopy)
		verdict = check_copy(p, bytes);
	if (!verdict.name)
		return true;
	world_log(LOG_ERR, USERCOPY_TEXT, USERCOPY_ARGS(verdict, to_user));
	return false;
}

void check_object_size(const void *p, size_t bytes, bool to_user)
{
	if (!slub_check_object_size(p, bytes, to_user))
		world_panic("usercopy: a copy of %zu bytes %s %p is not allowed", bytes,
			    to_user ? "from" : "to", p);
}
