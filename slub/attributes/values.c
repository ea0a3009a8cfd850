/* SPDX-License-Identifier: MIT */
/*
 * Attributes that are one value of a cache: numbers, flags, tunables, and the two that make
 * something happen.
 */
#include <errno.h>
#include <limits.h>

#include "attributes/attribute.h"
#include "cpu.h"

static void show_line(struct attribute_text *text, unsigned long value)
{
	text_number(text, value, 0);
	text_char(text, '\n');
}

/* @field: the place of an unsigned int in struct kmem_cache. */
void show_number(struct kmem_cache *s, unsigned long field, struct attribute_text *text)
{
	show_line(text, READ_ONCE(*(unsigned int *)((char *)s + field)));
}

void show_objs_per_slab(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	(void)unused;
	show_line(text, oo_objects(s->oo));
}

void show_order(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	(void)unused;
	show_line(text, oo_order(s->oo));
}

void show_min_partial(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	(void)unused;
	show_line(text, READ_ONCE(s->min_partial));
}

void show_ratio(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	(void)unused;
	show_line(text, READ_ONCE(s->remote_node_defrag_ratio) / 10);
}

void show_aliases(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	int references = PLAIN_READ(s->refcount);

	(void)unused;
	show_line(text, references > 0 ? (unsigned long)references - 1 : 0);
}

void show_ctor(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	char symbol[256];

	(void)unused;
	if (!s->ctor)
		return;
	world_symbol((unsigned long)s->ctor, symbol, sizeof(symbol));
	text_string(text, symbol);
	text_char(text, '\n');
}

void show_flag(struct kmem_cache *s, unsigned long flag, struct attribute_text *text)
{
	show_line(text, (s->flags & flag) != 0);
}

void show_tuned(struct kmem_cache *s, unsigned long flag, struct attribute_text *text)
{
	show_line(text, (READ_ONCE(s->tuned) & flag) != 0);
}

void show_nothing(struct kmem_cache *s, unsigned long unused, struct attribute_text *text)
{
	(void)s;
	(void)unused;
	(void)text;
}

/* No range: a large number keeps every empty slab, 0 keeps none. */
int store_min_partial(struct kmem_cache *s, unsigned long unused, const char *text, size_t length)
{
	unsigned long value;
	int err = parse_number(text, length, ULONG_MAX, &value);

	(void)unused;
	if (!err)
		WRITE_ONCE(s->min_partial, value);
	return err;
}

/* Chains that are too long now, or not wanted at all, are gone when this returns. */
int store_cpu_partial(struct kmem_cache *s, unsigned long unused, const char *text, size_t length)
{
	unsigned long objects;
	int err = parse_number(text, length, UINT_MAX, &objects);

	(void)unused;
	if (err)
		return err;
	if (objects && kmem_cache_debug(s))
		return -EINVAL;
	set_cpu_partial(s, (unsigned int)objects);
	flush_all(s);
	return 0;
}

int store_ratio(struct kmem_cache *s, unsigned long unused, const char *text, size_t length)
{
	unsigned long percent;
	int err = parse_number(text, length, UINT_MAX, &percent);

	(void)unused;
	if (err)
		return err;
	if (percent > 100)
		return -ERANGE;
	WRITE_ONCE(s->remote_node_defrag_ratio, (unsigned int)percent * 10);
	return 0;
}

int store_shrink(struct kmem_cache *s, unsigned long unused, const char *text, size_t length)
{
	(void)unused;
	(void)length;
	if (text[0] != '1')
		return -EINVAL;
	__kmem_cache_shrink(s);
	return 0;
}

int store_validate(struct kmem_cache *s, unsigned long unused, const char *text, size_t length)
{
	long objects;

	(void)unused;
	(void)length;
	if (text[0] != '1' || !kmem_cache_debug(s))
		return -EINVAL;
	/* What it finds is in the log; finding something is no failure to look. */
	objects = validate_slab_cache(s);
	return objects < 0 ? (int)objects : 0;
}

/* Other threads look at it in their allocations: they see the old word or the new one. */
static void tune(struct kmem_cache *s, slab_flags_t flag, bool on)
{
	slab_flags_t tuned = READ_ONCE(s->tuned);

	WRITE_ONCE(s->tuned, on ? tuned | flag : tuned & ~flag);
}

/*
 * Anything but a 1 clears it. With aliases it cannot be changed: whoever uses one of them has not
 * asked for failures.
 */
int store_failslab(struct kmem_cache *s, unsigned long unused, const char *text, size_t length)
{
	(void)unused;
	(void)length;
	if (PLAIN_READ(s->refcount) > 1)
		return -EINVAL;
	tune(s, SLAB_FAILSLAB, text[0] == '1');
	return 0;
}

int store_skip_kfence(struct kmem_cache *s, unsigned long unused, const char *text, size_t length)
{
	(void)unused;
	(void)length;
	if (text[0] != '0' && text[0] != '1')
		return -EINVAL;
	tune(s, SLAB_SKIP_KFENCE, text[0] == '1');
	return 0;
}
