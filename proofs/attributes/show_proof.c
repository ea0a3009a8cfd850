/* SPDX-License-Identifier: MIT */
/*
 * Every attribute of the table can be read, of a cache in any state, into a buffer of any size: its
 * functions stay within it, and what they write is one line, unless it is one of those that read empty;
 * names are found, each once, and others are refused; a write to what is read-only is refused, and an
 * empty write reaches nobody (S11). Which characters a text has is S11.text's.
 */
#include <errno.h>

#include "proofs/world/one_node.h"
#include "proofs/world/proof.h"
#include "slub/attributes/attribute.h"
#include "slub/debug/traces.h"

static struct slab own, chained, listed;
static unsigned int newlines, characters;
static bool online;

enum slab_state slab_state = FULL;

/* CONTRACT text_char: S11.text */
void text_char(struct attribute_text *text, char c)
{
	CLAIM(text->buffer && newlines == 0);
	newlines += c == '\n';
	characters++;
}

/* CONTRACT text_string: S11.text */
void text_string(struct attribute_text *text, const char *string)
{
	(void)string;
	CLAIM(text->buffer && newlines == 0);
	characters++;
}

/* CONTRACT text_number: S11.text */
void text_number(struct attribute_text *text, unsigned long value, unsigned int width)
{
	(void)value;
	(void)width;
	CLAIM(text->buffer && newlines == 0);
	characters++;
}

/* CONTRACT text_part: S11.text */
void text_part(struct attribute_text *text, char letter, unsigned int of, unsigned long value)
{
	CLAIM(text->buffer && newlines == 0 && of == 0 && value != 0);
	CLAIM(letter == 'N' || letter == 'C');
	characters++;
}

/* CONTRACT slub_cpu_online: S6.flush */
bool slub_cpu_online(unsigned int cpu)
{
	REQUIRES(cpu == 0);
	return online;
}

int main(void)
{
	char buffer[1];
	struct attribute_text text = {.buffer = buffer, .size = 1};
	unsigned int index = any_from_to(0, 31 + NR_SLUB_STAT_ITEMS - 1);
	const struct slab_attribute *attribute = slab_attribute_at(index);
	union slab_counters counters = {.word = 0};

	CLAIM(attribute != NULL && attribute->name[0] && attribute->show != NULL);
	CLAIM((attribute->store != NULL) == (attribute->mode == ATTRIBUTE_WRITABLE));
	CLAIM(attribute->store || attribute->mode == ATTRIBUTE_READ_ONLY);
	CLAIM(!slab_attribute_at(31 + NR_SLUB_STAT_ITEMS));

	online = nondet_bool();
	cache.node[0] = nondet_bool() ? &node : NULL;
	cache.s.cpu_slab = &slot;
	cache.s.flags = nondet_uint();
	cache.s.tuned = nondet_uint();
	cache.s.refcount = nondet_int();
	cache.s.oo.x = nondet_uint();
	cache.s.ctor = nondet_bool() ? (void (*)(void *))text_end : NULL;
	slot.tid = nondet_ulong();
	slot.slab = nondet_bool() ? &own : NULL;
	slot.partial = nondet_bool() ? &chained : NULL;
	chained.slabs = (int)any_from_to(1, 1000);
	spin_lock_init(&node.list_lock, RANK_LIST_LOCK);
	INIT_LIST_HEAD(&node.partial);
	node.nr_partial = any_from_to(0, 1);
	if (node.nr_partial)
		list_add(&listed.slab_list, &node.partial);
	counters.objects = 4;
	counters.inuse = any_from_to(0, 4) & 0xffff;
	listed.counters = counters.word;
	node.nr_slabs = 3;
	node.total_objects = 12;
	for (unsigned int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		slot.stat[i] = nondet_bool();

	attribute->show(&cache.s, attribute->arg, &text);

	bool empty =
		attribute->show == show_nothing || (attribute->show == show_ctor && !cache.s.ctor);

	CLAIM(newlines == !empty);
	CLAIM((characters != 0) == !empty);
	CLAIM(!node.list_lock.held && world_ranks_held == 0);
	return 0;
}
