/* SPDX-License-Identifier: MIT */
/*
 * Boot options take every text: an option that is known and has a value that is allowed does what it says;
 * every other one is refused with one line and changes nothing (S11). With VALUES=0 any text is read; with
 * VALUES=1 each known option, by its name, is given any value of up to three characters.
 */
#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/options.c"

struct order_policy slub_order_policy;
bool slub_nomerge, slub_freelist_hardened, slub_freelist_random, slub_random_kmalloc,
	slub_bug_panic;
bool slub_init_on_alloc, slub_init_on_free, slub_hardened_usercopy;
static unsigned int debugs, failslabs, memoryless, reserves;
static unsigned long reserve_pages;

/* CONTRACT set_slub_debug: S11.slab_debug */
bool set_slub_debug(const char *value, size_t length, char *unknown, size_t unknown_bytes)
{
	REQUIRES(!length || value);
	REQUIRES(length <= SLUB_DEBUG_BYTES_MAX && unknown_bytes == 64);
	unknown[0] = 0;
	debugs++;
	return nondet_bool();
}

/* CONTRACT slub_set_failslab: S10.failslab */
int slub_set_failslab(const struct failslab_attr *attr)
{
	REQUIRES(attr->probability <= 100 && attr->times >= -1);
	failslabs++;
	return 0;
}

/* CONTRACT page_alloc_memoryless: P.nodes */
void page_alloc_memoryless(unsigned int node)
{
	REQUIRES(node < WORLD_NODES_MAX);
	memoryless++;
}

/* CONTRACT page_alloc_set_reserve: P.nodes */
void page_alloc_set_reserve(unsigned long pages)
{
	reserves++;
	reserve_pages = pages;
}

/* The C library's: what it writes is for a message. */
int snprintf(char *text, size_t bytes, const char *format, ...)
{
	(void)format;
	if (bytes)
		text[0] = 0;
	return 0;
}

static bool is_number(const char *text, size_t length, unsigned long *value)
{
	*value = 0;
	for (unsigned int i = 0; i < BYTES; i++) {
		if (i >= length)
			break;
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (unsigned long)(text[i] - '0');
	}
	return length > 0;
}

static void any_text(void)
{
	char text[BYTES + 1];
	int err;

	for (unsigned int i = 0; i < BYTES; i++)
		text[i] = nondet_char();
	text[BYTES] = 0;
	/* No option has so short a name. */
	err = parse_boot_options(text);

	bool blank = true;

	for (unsigned int i = 0; i < BYTES; i++) {
		if (!text[i])
			break;
		blank = blank && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n');
	}
	CLAIM(err == (blank ? 0 : -EINVAL));
	CLAIM((world_log_messages != 0) == !blank);
}

/* Option @index with a value, or without one. */
static void any_value(unsigned int index)
{
	char value[BYTES + 1];
	bool has_value = nondet_bool(), is_on, is_switch, numeric;
	struct written w = {.text = "x", .length = 1};
	const struct option *option = &options_known[index];
	unsigned long n;
	int err;

	for (unsigned int i = 0; i <= BYTES; i++)
		value[i] = nondet_char();
	if (has_value) {
		w.value = value;
		w.value_length = any_from_to(0, BYTES);
	}
	numeric = has_value && is_number(value, w.value_length, &n);
	is_on = w.value_length == 1 ? value[0] == '1' || value[0] == 'y'
				    : w.value_length == 2 && value[0] == 'o' && value[1] == 'n';
	is_switch = is_on || (w.value_length == 1 && (value[0] == '0' || value[0] == 'n')) ||
		    (w.value_length == 3 && value[0] == 'o' && value[1] == 'f' && value[2] == 'f');

	err = apply(option, &w);
	CLAIM(err == 0 || (err == -EINVAL && world_log_messages == 1));
	if (option->set) {
		CLAIM((err == 0) == !has_value);
		CLAIM(err || *option->set == option->set_to);
	} else if (option->turn) {
		CLAIM((err == 0) == is_switch);
		CLAIM(err ? !*option->turn : *option->turn == is_on);
	} else if (option->set_number) {
		CLAIM((err == 0) == (numeric && n >= option->min && n <= option->max));
		if (option->set_number == set_max_order)
			CLAIM(slub_order_policy.max_order == (err ? 0 : n));
		if (option->set_number == set_min_order)
			CLAIM(slub_order_policy.min_order == (err ? 0 : n));
		if (option->set_number == set_min_objects)
			CLAIM(slub_order_policy.min_objects == (err ? 0 : n));
		if (option->set_number == set_possible_cpus)
			CLAIM(world_cpus == (err ? 1 : n));
		if (option->set_number == set_nodes)
			CLAIM(world_nodes == (err ? 1 : n));
		if (option->set_number == set_memoryless)
			CLAIM(memoryless == !err);
		if (option->set_number == page_alloc_set_reserve)
			CLAIM(reserves == !err && (err || reserve_pages == n));
	} else if (option->set_value == set_bug) {
		CLAIM(err == -EINVAL && !slub_bug_panic); /* report and panic are longer */
	} else if (option->set_value == set_failslab) {
		CLAIM(err == -EINVAL && failslabs == 0); /* four numbers are longer */
	} else {
		CLAIM(debugs == 1);
	}
}

int main(void)
{
#if !VALUES
	any_text();
#else
	for (unsigned int index = 0; index < NR_OPTIONS; index++) {
		if (nondet_bool()) {
			any_value(index);
			return 0;
		}
	}
#endif
	return 0;
}
