/* SPDX-License-Identifier: MIT */
/*
 * The parser of boot options; see options.h for what there is.
 */
#include <errno.h>
#include <string.h>

#include "cache.h"
#include "options.h"

static void set_max_order(unsigned long value)
{
	slub_order_policy.max_order = (unsigned int)value;
}

static void set_min_order(unsigned long value)
{
	slub_order_policy.min_order = (unsigned int)value;
}

static void set_min_objects(unsigned long value)
{
	slub_order_policy.min_objects = (unsigned int)value;
}

static void set_nodes(unsigned long value)
{
	world_fake_nodes((unsigned int)value);
}

static void set_nomerge(unsigned long value)
{
	slub_nomerge = value;
}

static const struct option {
	const char *name;
	void (*set)(unsigned long value);
	bool has_value;
	unsigned long min, max; /* without a value: max is what is set */
} options_known[] = {
	{"max_order", set_max_order, true, 0, MAX_ORDER},
	{"min_order", set_min_order, true, 0, MAX_ORDER},
	{"min_objects", set_min_objects, true, 0, MAX_OBJS_PER_SLAB},
	{"nomerge", set_nomerge, false, 0, 1},
	{"merge", set_nomerge, false, 0, 0},
	{"numa=fake", set_nodes, true, 1, WORLD_NODES_MAX},
};

/* The length of @name if @text starts with it and ends there, or goes on with '='; else 0. */
static size_t match_name(const char *text, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	if (len < name_len || strncmp(text, name, name_len) != 0)
		return 0;
	return len == name_len || text[name_len] == '=' ? name_len : 0;
}

/* Digits only, up to @max. */
static bool parse_number(const char *text, size_t len, unsigned long max, unsigned long *value)
{
	*value = 0;
	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (unsigned long)(text[i] - '0');
		if (*value > max)
			return false;
	}
	return true;
}

static int parse_option(const char *text, size_t len)
{
	const char *bare = text;
	size_t bare_len = len;

	if (len > 5 && (!strncmp(text, "slab_", 5) || !strncmp(text, "slub_", 5))) {
		bare += 5;
		bare_len -= 5;
	}
	for (size_t i = 0; i < sizeof(options_known) / sizeof(options_known[0]); i++) {
		const struct option *option = &options_known[i];
		size_t name_len = match_name(bare, bare_len, option->name);
		bool prefixed = bare != text;
		unsigned long value = option->max;

		/* Only the options of the machine go without slab_. */
		if (!name_len || prefixed == (strncmp(option->name, "numa", 4) == 0))
			continue;
		if (option->has_value) {
			const char *digits = bare + name_len + 1;

			if (bare_len == name_len ||
			    !parse_number(digits, bare_len - name_len - 1, option->max, &value) ||
			    value < option->min) {
				world_log(LOG_WARN,
					  "boot option %.*s: a number from %lu to %lu is allowed; "
					  "ignored",
					  (int)len, text, option->min, option->max);
				return -EINVAL;
			}
		} else if (bare_len != name_len) {
			world_log(LOG_WARN, "boot option %.*s: takes no value; ignored", (int)len,
				  text);
			return -EINVAL;
		}
		option->set(value);
		return 0;
	}
	world_log(LOG_WARN,
		  "boot option %.*s: unknown; allowed are slab_max_order, slab_min_order, "
		  "slab_min_objects, slab_merge, slab_nomerge and numa=fake; ignored",
		  (int)len, text);
	return -EINVAL;
}

int parse_boot_options(const char *options)
{
	int err = 0;

	while (*options) {
		size_t len = strcspn(options, ", ");

		if (len && parse_option(options, len))
			err = -EINVAL;
		options += len;
		options += strspn(options, ", ");
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
