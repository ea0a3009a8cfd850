/* SPDX-License-Identifier: MIT */
/*
 * Objects as LeakSanitizer sees them; see leaks.c.
 */
#ifndef SLUB_NATIVE_LEAKS_H
#define SLUB_NATIVE_LEAKS_H

#include <stdbool.h>
#include <stddef.h>

/* @object was handed out, with @bytes of the @place that it has. @ignored: it is never a leak, and what it leads to is none either. */
void native_leak_alloc(void *object, size_t bytes, size_t place, bool ignored);
/* It was given back. Nothing happens when it was back already. */
void native_leak_free(void *object);

#endif /* SLUB_NATIVE_LEAKS_H */
