/* SPDX-License-Identifier: MIT */
/*
 * What stands at an address of the allocator, and what a value there says, for people:
 *
 *	slot c0 of kmalloc-64	the slot of cpu 0: its freelist and tid
 *	S1			a slab, numbered as they first appear
 *	S1.5			object 5 of it, from 0
 *	tid 12			the twelfth step of a slot's tid
 */
#ifndef SLUBCHECK_NAMES_H
#define SLUBCHECK_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NAME_BYTES 160u

/* Forgets the slabs that have been named, for another run. */
void names_begin(void);

/* Notes which caches there are; between two records. */
void names_refresh(void);

/* Names the word at @addr. */
void name_place(uintptr_t addr, char name[NAME_BYTES]);

/* Names the object or slab that @pointer is, "NULL" or a number. */
void name_pointer(uint64_t pointer, char name[NAME_BYTES]);

/* Says what @value, read at @addr, means there. */
void name_value(uintptr_t addr, uint64_t value, char name[NAME_BYTES]);

/* The number of the slab at which @addr lies or which it describes, or 0. */
unsigned int name_slab(uintptr_t addr);

/* One line for each slab that was named: its page and its cache at the end. */
void names_print_slabs(FILE *to, const char *before);

#endif /* SLUBCHECK_NAMES_H */
