/* SPDX-License-Identifier: MIT */
/*
 * An option is what its name says, with slub_ for slab_ or without, and nothing else is; failslab takes four
 * numbers within their ranges and refuses all else; slab_bug takes its two words (S11).
 */
#include "proofs/world/proof.h"
/* As it stands, for what is static in it. */
#include "slub/options.c"

struct order_policy slub_order_policy;
bool slub_nomerge, slub_freelist_hardened, slub_freelist_random, slub_random_kmalloc,
	slub_bug_panic;
bool slub_init_on_alloc, slub_init_on_free, slub_hardened_usercopy;
static struct failslab_attr set;
static unsigned int sets;

/* CONTRACT slub_set_failslab: S10.failslab */
int slub_set_failslab(const struct failslab_attr *attr)
{
	set = *attr;
	sets++;
	return 0;
}

static void names(void)
{
	char text[] = "slab_bug=ab";
	unsigned int place = any_from_to(0, 10);
	struct written w = {.text = text, .length = any_from_to(0, 11)};
	char is = nondet_char(), was = text[place];
	bool same, called;

	text[place] = is;
	same = is == was || place >= w.length || place > 8 || (place == 2 && is == 'u');
	called = is_called(&w, "slab_bug");
	CLAIM(called == (same && (w.length == 8 || w.length > 8)));
	if (called && w.length > 8)
		CLAIM(w.value == text + 9 && w.value_length == w.length - 9);
	else if (called)
		CLAIM(!w.value && w.value_length == 0);
}

static void failslab(void)
{
	char value[] = "1,50,0,-1";
	unsigned int place = any_from_to(0, 8);
	char is = nondet_char();
	struct written w = {.text = "x", .length = 1, .value = value, .value_length = 9};
	bool digit = is >= '0' && is <= '9', good;
	const char *allowed;

	value[place] = is;
	switch (place) {
	case 0:
	case 5:
		good = digit;
		break;
	case 2:
	case 3:
		good = digit; /* up to 99 of 100 */
		break;
	case 7:
		good = digit || is == '-';
		break;
	case 8:
		good = is == '1';
		break;
	default:
		good = is == ',';
		/* Two numbers may become one, and then there are too few. */
		break;
	}
	allowed = set_failslab(&w);
	CLAIM((allowed == NULL) == good);
	CLAIM(sets == good);
	if (good && place == 0)
		CLAIM(set.interval == (unsigned int)(is - '0') && set.probability == 50 &&
		      set.space == 0 && set.times == -1);
	if (good && place == 7 && digit)
		CLAIM(set.times == (is - '0') * 10 + 1);
}

static void bug(void)
{
	char value[] = "panic";
	unsigned int place = any_from_to(0, 4);
	struct written w = {.text = "x", .length = 1, .value = value, .value_length = 5};
	char is = nondet_char(), was = value[place];
	const char *allowed;

	value[place] = is;
	allowed = set_bug(&w);
	CLAIM((allowed == NULL) == (is == was) && slub_bug_panic == (is == was));
	w.value = "report";
	w.value_length = 6;
	CLAIM(!set_bug(&w) && !slub_bug_panic);
}

int main(void)
{
	switch (any_from_to(0, 2)) {
	case 0:
		names();
		break;
	case 1:
		failslab();
		break;
	default:
		bug();
		break;
	}
	return 0;
}
