/* SPDX-License-Identifier: MIT */
/*
 * Readers and grace periods.
 *
 * Readers look at two kinds of objects without owning them. One is of a cache with
 * SLAB_TYPESAFE_BY_RCU: it may be freed and in use anew by now, but it still is what its ctor made.
 * The other is a post: it is replaced at any time, and what was there before is freed when the
 * readers of that moment have left. So a reader that found it sees it whole to the end.
 */
#include "workload.h"

#include <sched.h>

#define POST_WORDS 5u

struct post {
	struct rcu_head head;
	uint64_t words[POST_WORDS]; /* made from the address */
};

static bool is_whole(const struct post *post)
{
	uint64_t key = constructed_word(post);

	for (unsigned int i = 0; i < POST_WORDS; i++)
		if (__atomic_load_n(&post->words[i], __ATOMIC_RELAXED) != key + i)
			return false;
	return true;
}

static struct post *make_post(void)
{
	struct post *post = kmalloc(sizeof(*post), GFP_NOWAIT);

	if (!post)
		return NULL;
	if (!owner_takes(post, sizeof(*post)))
		stress_found("L1: post %p of %zu bytes overlaps a live object", (void *)post,
			     sizeof(*post));
	for (unsigned int i = 0; i < POST_WORDS; i++)
		post->words[i] = constructed_word(post) + i;
	return post;
}

static void end_post(struct post *post)
{
	if (!is_whole(post))
		stress_found("content: post %p changed before its grace period was over",
			     (void *)post);
	if (!owner_gives(post, sizeof(*post)))
		stress_found("L1: post %p of %zu bytes was not owned as a whole", (void *)post,
			     sizeof(*post));
}

static void post_callback(struct rcu_head *head)
{
	struct post *post = (struct post *)(void *)head;

	end_post(post);
	kfree(post);
}

void op_post(struct worker *w)
{
	struct post *post = make_post();

	if (!post)
		return;
	post = atomic_exchange_explicit(&w->load->posts[draw_below(&w->draws, NR_SHOWN)], post,
					memory_order_acq_rel);
	if (!post)
		return;
	stress_count(EVENT_GRACE_PERIODS);
	switch (draw_below(&w->draws, 64)) {
	case 0:
		synchronize_rcu();
		end_post(post);
		kfree(post);
		break;
	default:
		if (draw_below(&w->draws, 2)) {
			call_rcu(&post->head, post_callback);
			break;
		}
		/* The owner ends with the call; an early reuse shows in what readers see. */
		end_post(post);
		kfree_rcu(post, head);
	}
}

void posts_end(struct workload *load)
{
	for (unsigned int i = 0; i < NR_SHOWN; i++) {
		struct post *post = atomic_load(&load->posts[i]);

		if (!post)
			continue;
		end_post(post);
		kfree(post);
	}
}

void op_read(struct worker *w)
{
	unsigned int looks = 1 + draw_below(&w->draws, 4);
	unsigned int at = draw_below(&w->draws, NR_SHOWN);
	const struct post *post;
	const char *object;

	rcu_read_lock();
	object = atomic_load_explicit(&w->load->shown[at], memory_order_acquire);
	post = atomic_load_explicit(&w->load->posts[at], memory_order_acquire);
	while (looks--) {
		if (object && __atomic_load_n((const uint64_t *)(const void *)object,
					      __ATOMIC_RELAXED) != constructed_word(object))
			stress_found("I7: a reader's object %p is no longer of its type",
				     (const void *)object);
		if (post && !is_whole(post))
			stress_found("L1: a reader's post %p was freed before the reader left",
				     (const void *)post);
		if (!draw_below(&w->draws, 16))
			sched_yield();
	}
	rcu_read_unlock();
}
