/* SPDX-License-Identifier: MIT */
/*
 * Reports of corruptions are counted here, and what they are about is looked at only as far as they
 * may: for the proofs of debug.c.
 */
#ifndef PROOF_REPORTS_H
#define PROOF_REPORTS_H

#include "proofs/world/proof.h"
#include "slub/debug/debug.h"

static unsigned int reports, fixes;

/* CONTRACT object_err: S8.report */
void object_err(struct kmem_cache *s, struct slab *slab, void *object, const char *reason)
{
	REQUIRES(s && slab && object && reason[0]);
	reports++;
}

/* CONTRACT slab_err: S8.report */
void slab_err(struct kmem_cache *s, struct slab *slab, const char *format, ...)
{
	(void)s;
	REQUIRES(slab && format[0]);
	reports++;
}

/* CONTRACT slab_fix: S8.report */
void slab_fix(struct kmem_cache *s, const char *format, ...)
{
	REQUIRES(s && format[0]);
	fixes++;
}

/* CONTRACT overwritten_err: S8.report */
void overwritten_err(struct kmem_cache *s, struct slab *slab, void *object, const char *what,
		     const unsigned char *fault, const unsigned char *last, unsigned char value,
		     bool first)
{
	(void)first;
	REQUIRES(s && slab && object && what[0]);
	REQUIRES(fault <= last && *fault != value && *last != value);
	reports++;
}

/* CONTRACT padding_err: S8.report */
void padding_err(struct kmem_cache *s, struct slab *slab, const unsigned char *fault,
		 const unsigned char *last, const unsigned char *pad)
{
	REQUIRES(s && slab && pad <= fault && fault <= last);
	reports++;
}

/* CONTRACT slub_err: S8.report */
void slub_err(const char *format, ...)
{
	REQUIRES(format[0]);
	reports++;
}

/* CONTRACT trace: S8.report */
void trace(struct kmem_cache *s, struct slab *slab, void *object, bool alloc)
{
	(void)alloc;
	REQUIRES(s && slab && object);
}

#endif /* PROOF_REPORTS_H */
