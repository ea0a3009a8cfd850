/* SPDX-License-Identifier: MIT */
/*
 * Further names of caches: whichever of two names with one hash are there, of whichever cache and in
 * whichever order, a name that is added is of one cache only from then on, the youngest there; one that
 * gets a new meaning is nobody's; a cache that goes takes its names along; all others stay (S9, S10).
 */
#include "parts.h"

#define NAMES  2
#define CACHES 2
#define NOBODY CACHES
#define CHAIN  93 /* where both names belong */

static const char *const names[NAMES] = {"ab", "]"};
static struct kmem_cache caches[CACHES];

/* The state before: who has which name; the one of number @first is first on the chain. */
static void build(const unsigned int *owner, unsigned int first)
{
	start_up();
	for (unsigned int i = 0; i < CACHES; i++)
		INIT_LIST_HEAD(&caches[i].aliases);
	for (unsigned int i = 0; i < NAMES; i++) {
		unsigned int name = i ? first : NAMES - 1 - first;
		struct kmem_cache_alias *alias = &further[name].alias;

		if (owner[name] == NOBODY)
			continue;
		further_taken[name] = true;
		for (unsigned int letter = 0; letter == 0 || names[name][letter - 1]; letter++)
			alias->name[letter] = names[name][letter];
		alias->next = alias_chains[CHAIN];
		alias_chains[CHAIN] = alias;
		list_add_tail(&alias->list, &caches[owner[name]].aliases);
	}
}

/* Who has which name: @owner; where @added is a name, what was made for it comes last there. */
static void claim_owners(const unsigned int *owner, unsigned int added)
{
	unsigned int on_chain = 0, on_lists = 0, owned = 0;

	for (unsigned int i = 0; i < NAMES; i++) {
		bool is_new = i == added;
		struct kmem_cache_alias *alias = &further[is_new ? NAMES : i].alias;

		CLAIM(further_taken[i] == (owner[i] != NOBODY && !is_new));
		CLAIM(*find_alias(names[i]) == (owner[i] == NOBODY ? NULL : alias));
		if (owner[i] == NOBODY)
			continue;
		owned++;
		CLAIM(alias->name[0] == names[i][0] && alias->name[1] == names[i][1]);
		CLAIM(alias->list.next->prev == &alias->list &&
		      alias->list.prev->next == &alias->list);
		if (is_new)
			CLAIM(caches[owner[i]].aliases.prev == &alias->list);
	}
	for (struct kmem_cache_alias *alias = alias_chains[CHAIN]; alias; alias = alias->next)
		on_chain++;
	for (unsigned int i = 0; i < CACHES; i++) {
		struct kmem_cache_alias *alias;

		list_for_each_entry (alias, &caches[i].aliases, list) {
			CLAIM(owner[alias->name[0] == ']'] == i);
			on_lists++;
		}
	}
	CLAIM(on_chain == owned && on_lists == owned);
	CLAIM(!alias_chains[0] && !alias_chains[CHAIN - 1] && !alias_chains[CHAIN + 1]);
}

/* One of the operations that change names, by its number, and who has which name then. */
static void change(unsigned int *owner, unsigned int operation)
{
	unsigned int half = operation % 2, s = operation / 2 % CACHES, added = NAMES;

	switch (operation) {
	case 0:
	case 1:
		sysfs_remove_link(names[half]);
		owner[half] = NOBODY;
		break;
	case 2:
	case 3:
		free_aliases(&caches[half]);
		for (unsigned int i = 0; i < NAMES; i++)
			if (owner[i] == half)
				owner[i] = NOBODY;
		break;
	case 4 ... 7:
		name_there = true;
		CLAIM(sysfs_slab_alias(&caches[s], names[half]) == 0);
		owner[half] = s;
		added = half;
		break;
	default:
		CLAIM(sysfs_slab_alias(&caches[0], names[0]) == -ENOMEM);
	}
	CLAIM(further_taken[NAMES] == (added != NAMES));
	claim_owners(owner, added);
}

int main(void)
{
	/* Each case by itself, so that pointers are constants. */
	for (unsigned int i = 0; i < 18; i++) {
		for (unsigned int operation = 0; operation <= 8; operation++) {
			unsigned int owner[NAMES] = {i % 3, i / 3 % 3}, first = i / 9;

			/* With one name, or none, there is one order. */
			if (first && (owner[0] == NOBODY || owner[1] == NOBODY))
				continue;
			if (nondet_bool()) {
				build(owner, first);
				change(owner, operation);
				return 0;
			}
		}
	}
	return 0;
}
