/* SPDX-License-Identifier: MIT */
/*
 * The parser of boot options; docs/options.md says what there is.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cache.h"
#include "debug/debug_options.h"
#include "failslab.h"
#include "options.h"

/* An option as it was written: [text, text + length), with a value if it has a `=`. */
struct written {
	const char *text;
	size_t length;
	const char *value; /* NULL: there is none */
	size_t value_length;
};

/* As much of an option as a message shows. */
#define SHOWN_MAX 100

static int refuse(const struct written *w, const char *allowed)
{
	int shown = w->length > SHOWN_MAX ? SHOWN_MAX : (int)w->length;

	world_log(LOG_WARN, "boot option %.*s%s: %s; ignored", shown, w->text,
		  w->length > SHOWN_MAX ? "…" : "", allowed);
	return -EINVAL;
}

/*
 * Values
 */

/* Digits only, and nothing above @max. */
static bool parse_number(const char *text, size_t length, unsigned long max, unsigned long *value)
{
	*value = 0;
	if (!length)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned int digit = (unsigned int)(text[i] - '0');

		if (digit > 9)
			return false;
		*value = *value * 10 + digit;
		if (*value > max)
			return false;
	}
	return true;
}

static bool value_is(const struct written *w, const char *word)
{
	return w->value_length == strlen(word) && !memcmp(w->value, word, w->value_length);
}

static bool parse_switch(const struct written *w, bool *on)
{
	*on = value_is(w, "1") || value_is(w, "on") || value_is(w, "y");
	return *on || value_is(w, "0") || value_is(w, "off") || value_is(w, "n");
}

/*
 * Options with a value of their own kind. Return: NULL, or what is allowed instead.
 */

static const char *set_bug(const struct written *w)
{
	bool panic = value_is(w, "panic");

	if (!panic && !value_is(w, "report"))
		return "report or panic is allowed";
	slub_bug_panic = panic;
	return NULL;
}

/* interval,probability,space,times; the last may be -1. */
static const char *set_failslab(const struct written *w)
{
	static const char allowed[] =
		"interval,probability,space,times is allowed, with a probability of 0 to 100, an "
		"interval and a space of 0 to 2147483647, and as many times or -1 for any number";
	static const unsigned long max[4] = {INT_MAX, 100, INT_MAX, INT_MAX};
	/* All requests may fail: few programs have any that may not wait. */
	struct failslab_attr attr = {.ignore_gfp_wait = false};
	unsigned long value[4];
	const char *at = w->value, *end;

	if (!at)
		return allowed;
	end = at + w->value_length;
	for (int i = 0; i < 4; i++) {
		const char *comma = i < 3 ? memchr(at, ',', (size_t)(end - at)) : end;

		if (!comma)
			return allowed;
		if (i == 3 && end - at == 2 && !memcmp(at, "-1", 2))
			attr.times = -1;
		else if (!parse_number(at, (size_t)(comma - at), max[i], &value[i]))
			return allowed;
		else if (i == 3)
			attr.times = (int)value[i];
		at = comma + 1;
	}
	attr.interval = (unsigned int)value[0];
	attr.probability = (unsigned int)value[1];
	attr.space = (unsigned int)value[2];
	slub_set_failslab(&attr);
	return NULL;
}

static void set_possible_cpus(unsigned long cpus)
{
	world_possible_cpus((unsigned int)cpus);
}

static void set_nodes(unsigned long nodes)
{
	world_fake_nodes((unsigned int)nodes);
}

static void set_memoryless(unsigned long node)
{
	page_alloc_memoryless((unsigned int)node);
}

static void set_max_order(unsigned long order)
{
	slub_order_policy.max_order = (unsigned int)order;
}

static void set_min_order(unsigned long order)
{
	slub_order_policy.min_order = (unsigned int)order;
}

static void set_min_objects(unsigned long objects)
{
	slub_order_policy.min_objects = (unsigned int)objects;
}

/*
 * The options. Those called slab_… may also be written slub_….
 */
static const struct option {
	const char *name;
	/* One of these: what takes a number from min to max, a switch, no value, any value. */
	void (*set_number)(unsigned long number);
	bool *turn;
	bool *set;
	const char *(*set_value)(const struct written *w);
	unsigned long min, max;
	bool set_to;
} options_known[] = {
	{.name = "slab_debug"}, /* apart: the one with an optional value */
	{.name = "slab_max_order", .set_number = set_max_order, .max = MAX_ORDER},
	{.name = "slab_min_order", .set_number = set_min_order, .max = MAX_ORDER},
	{.name = "slab_min_objects", .set_number = set_min_objects, .max = MAX_OBJS_PER_SLAB},
	{.name = "slab_merge", .set = &slub_nomerge, .set_to = false},
	{.name = "slab_nomerge", .set = &slub_nomerge, .set_to = true},
	{.name = "slab_freelist_hardened", .turn = &slub_freelist_hardened},
	{.name = "slab_freelist_random", .turn = &slub_freelist_random},
	{.name = "slab_random_kmalloc", .turn = &slub_random_kmalloc},
	{.name = "slab_bug", .set_value = set_bug},
	{.name = "init_on_alloc", .turn = &slub_init_on_alloc},
	{.name = "init_on_free", .turn = &slub_init_on_free},
	{.name = "hardened_usercopy", .turn = &slub_hardened_usercopy},
	{.name = "failslab", .set_value = set_failslab},
	{.name = "numa=fake", .set_number = set_nodes, .min = 1, .max = WORLD_NODES_MAX},
	{.name = "numa=memoryless", .set_number = set_memoryless, .max = WORLD_NODES_MAX - 1},
	{.name = "page_reserve", .set_number = page_alloc_set_reserve, .max = 1ul << 20},
	{.name = "possible_cpus", .set_number = set_possible_cpus, .min = 1, .max = WORLD_CPUS_MAX},
};
#define NR_OPTIONS (sizeof(options_known) / sizeof(options_known[0]))

/* Room for all names and what stands between them. */
#define ALLOWED_MAX 400

static int refuse_unknown(const struct written *w)
{
	char allowed[ALLOWED_MAX] = "unknown; allowed are";
	size_t used = strlen(allowed);

	for (size_t i = 0; i < NR_OPTIONS; i++) {
		size_t length = strlen(options_known[i].name);

		SLUB_ASSERT(used + length + 3 <= sizeof(allowed));
		allowed[used++] = ' ';
		memcpy(allowed + used, options_known[i].name, length);
		used += length;
		allowed[used++] = ',';
	}
	allowed[used - 1] = 0;
	return refuse(w, allowed);
}

static int parse_debug(const struct written *w)
{
	char unknown[64];

	if (w->value_length > SLUB_DEBUG_BYTES_MAX)
		return refuse(w, "a value of at most 2047 bytes is allowed");
	if (set_slub_debug(w->value, w->value_length, unknown, sizeof(unknown)))
		return 0;
	world_log(LOG_WARN,
		  "boot option slab_debug: unknown letters '%s'; F, Z, P, U, T, A, O and - are "
		  "allowed; these letters are ignored",
		  unknown);
	return -EINVAL;
}

static int apply(const struct option *option, const struct written *w)
{
	const char *allowed;
	char text[64];
	unsigned long number;
	bool on;

	if (option->set) {
		if (w->value)
			return refuse(w, "no value is allowed");
		*option->set = option->set_to;
	} else if (option->turn) {
		if (!parse_switch(w, &on))
			return refuse(w, "0, 1, off, on, n or y is allowed");
		*option->turn = on;
	} else if (option->set_number) {
		if (!parse_number(w->value, w->value_length, option->max, &number) ||
		    number < option->min) {
			snprintf(text, sizeof(text), "a number from %lu to %lu is allowed",
				 option->min, option->max);
			return refuse(w, text);
		}
		option->set_number(number);
	} else if (option->set_value) {
		allowed = option->set_value(w);
		if (allowed)
			return refuse(w, allowed);
	} else {
		return parse_debug(w);
	}
	return 0;
}

/* Whether @w is called @name, and if so, what its value is. */
static bool is_called(struct written *w, const char *name)
{
	size_t length = strlen(name);
	bool ours = !strncmp(name, "slab_", 5);

	if (w->length < length || (w->length > length && w->text[length] != '='))
		return false;
	/* slub_ for slab_. */
	if (ours ? memcmp(w->text, "sl", 2) || (w->text[2] != 'a' && w->text[2] != 'u') ||
			    memcmp(w->text + 3, name + 3, length - 3)
		 : memcmp(w->text, name, length) != 0)
		return false;
	if (w->length > length) {
		w->value = w->text + length + 1;
		w->value_length = w->length - length - 1;
	}
	return true;
}

static int parse_option(const char *text, size_t length)
{
	struct written w = {text, length, NULL, 0};

	for (size_t i = 0; i < NR_OPTIONS; i++)
		if (is_called(&w, options_known[i].name))
			return apply(&options_known[i], &w);
	return refuse_unknown(&w);
}

int parse_boot_options(const char *options)
{
	static const char blanks[] = " \t\n";
	int err = 0;

	options += strspn(options, blanks);
	while (*options) {
		size_t length = strcspn(options, blanks);

		if (parse_option(options, length))
			err = -EINVAL;
		options += length;
		options += strspn(options, blanks);
	}
	if (slub_order_policy.min_order > slub_order_policy.max_order) {
		world_log(LOG_WARN,
			  "boot option slab_min_order=%u: above slab_max_order=%u; ignored",
			  slub_order_policy.min_order, slub_order_policy.max_order);
		slub_order_policy.min_order = 0;
		err = -EINVAL;
	}
	return err;
}
