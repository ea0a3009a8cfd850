/* SPDX-License-Identifier: MIT */
/*
 * The explorer on small programs whose interleavings are known: what it must find, what it must
 * not, and how many states and final states there are, exactly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proofs/explorer/engine.h"
#include "proofs/explorer/image.h"
#include "slub/slub.h"

/* All that the tasks of one program share. */
static struct {
	/* A stack of numbered nodes; 0 is none. {top, tag} is one double word. */
	unsigned long top __attribute__((aligned(16)));
	unsigned long tag;
	unsigned long next[4];
	unsigned long popped[3];
	/* Two tasks that want in. */
	unsigned long flag[2], turn, inside;
	/* What loads have seen. */
	unsigned long x, y, seen[2];
	struct world_mutex mutex, other_mutex;
	spinlock_t lock, other_lock;
	/* In a line of its own, written without a macro of the seam. */
	unsigned long late __attribute__((aligned(64)));
} shared __attribute__((aligned(64)));

static bool with_tag, with_fence;

static void boot(void *arg)
{
	(void)arg;
	slub_init();
}

static void begin(void)
{
	image_always(&shared, sizeof(shared));
}

/* Two tasks @first and @second on a machine of two cpus. */
static struct explore_client pair(void (*first)(void *), void (*second)(void *))
{
	const struct sim_config config = {.cpus = 2, .nodes = 1, .node_bytes = 1 << 20};
	struct explore_client client = {.nr_tasks = 2, .begin = begin};

	assert_true(sim_boot(&config, boot, NULL));
	memset(&shared, 0, sizeof(shared));
	spin_lock_init(&shared.lock, RANK_LIST_LOCK);
	spin_lock_init(&shared.other_lock, RANK_LIST_LOCK);
	world_mutex_init(&shared.mutex, RANK_SLAB_MUTEX);
	world_mutex_init(&shared.other_mutex, RANK_NODE_HOTPLUG);
	for (unsigned long i = 0; i < 2; i++) {
		client.tasks[i].fn = i ? second : first;
		client.tasks[i].arg = (void *)i;
		client.tasks[i].cpu = (unsigned int)i;
		client.tasks[i].may_wait = EXPLORE_WAIT_SPIN | EXPLORE_WAIT_MUTEX;
	}
	return client;
}

static struct explore_result search(const struct explore_client *client, bool tso, bool all_points)
{
	const struct explore_options options = {
		.switches = EXPLORE_FOREVER,
		.tso = tso,
		.all_points = all_points,
		.verify = true,
	};
	struct explore_result result;

	explore(client, &options, &result);
	return result;
}

static void assert_found(const struct explore_result *result, const char *text)
{
	if (result->outcome != EXPLORE_FINDING || !strstr(result->text, text))
		fail_msg("'%s' was to be found, and it is: %d, '%s'", text, result->outcome,
			 result->text);
}

static void assert_clean(const struct explore_result *result, uint64_t states, uint64_t finals)
{
	if (result->outcome != EXPLORE_CLEAN)
		fail_msg("a finding: %s", result->text);
	if (result->states != states || result->finals != finals)
		fail_msg("%llu states and %llu final ones instead of %llu and %llu",
			 (unsigned long long)result->states, (unsigned long long)result->finals,
			 (unsigned long long)states, (unsigned long long)finals);
}

/*
 * States are counted exactly. So accesses have functions of their own, called with the stack below
 * wiped: then nothing that is dead tells states apart.
 */
static __attribute__((noinline)) void wipe(void)
{
	char below[512];

	memset(below, 0, sizeof(below));
	__asm__ volatile("" : : "r"(below) : "memory");
}
#define FRESH(call) (wipe(), (call))

static __attribute__((noinline)) unsigned long load(const unsigned long *word)
{
	return READ_ONCE(*word);
}

static __attribute__((noinline)) void store(unsigned long *word, unsigned long value)
{
	WRITE_ONCE(*word, value);
}

/* ---- a stack */

static __attribute__((noinline)) bool commit(unsigned long top, unsigned long tag,
					     unsigned long next)
{
	return try_cmpxchg_double(&shared.top, &shared.tag, top, tag, next, tag + with_tag);
}

static unsigned long pop(void)
{
	unsigned long top, tag, next;

	do {
		tag = top = next = 0;
		tag = FRESH(load(&shared.tag));
		top = FRESH(load(&shared.top));
		if (!top)
			return 0;
		next = FRESH(load(&shared.next[top]));
	} while (!FRESH(commit(top, tag, next)));
	return top;
}

static void push(unsigned long node)
{
	unsigned long top, tag;

	do {
		tag = top = 0;
		tag = FRESH(load(&shared.tag));
		top = FRESH(load(&shared.top));
		FRESH(store(&shared.next[node], top));
	} while (!FRESH(commit(top, tag, node)));
}

static void pop_one(void *arg)
{
	(void)arg;
	shared.popped[0] = FRESH(pop());
}

static void pop_two_push_one(void *arg)
{
	unsigned long first = FRESH(pop());

	(void)arg;
	shared.popped[1] = FRESH(pop());
	FRESH(push(first));
}

/* Nodes 1 to 3 are each in one place. */
static void count_nodes(void *arg)
{
	unsigned long places[4] = {0}, steps = 0;

	(void)arg;
	places[shared.popped[0]]++;
	places[shared.popped[1]]++;
	for (unsigned long node = shared.top; node && steps < 4; node = shared.next[node], steps++)
		places[node]++;
	for (unsigned long node = 1; node < 4; node++)
		if (places[node] != 1)
			sim_fail(SIM_ORACLE, "node %lu is in %lu places", node, places[node]);
}

static struct explore_client stack_client(void)
{
	struct explore_client client = pair(pop_one, pop_two_push_one);

	client.final = count_nodes;
	shared.top = 1;
	shared.next[1] = 2;
	shared.next[2] = 3;
	return client;
}

static void a_stack_without_tag_loses_a_node(void **unused)
{
	struct explore_client client;
	struct explore_result result;

	(void)unused;
	with_tag = false;
	client = stack_client();
	result = search(&client, false, false);
	assert_found(&result, "is in 2 places");
	assert_true(result.nr_path > 0);
	free(result.path);
}

static void a_stack_with_tag_loses_none(void **unused)
{
	struct explore_client client;
	struct explore_result result, all;

	(void)unused;
	with_tag = true;
	client = stack_client();
	result = search(&client, false, false);
	assert_clean(&result, 182, 4); /* next[3] is only read: it does not count */
	client = stack_client();
	all = search(&client, false, true);
	assert_clean(&all, 200, 4);
	assert_true(result.finals_hash == all.finals_hash);
}

/* ---- two tasks that want in, after Peterson, but that nobody waits */

static void go_in(void *arg)
{
	unsigned long me = (unsigned long)arg, other = 1 - me;

	FRESH(store(&shared.flag[me], 1ul));
	FRESH(store(&shared.turn, other));
	if (with_fence)
		FRESH(explore_fence());
	if (FRESH(load(&shared.flag[other])) && FRESH(load(&shared.turn)) == other)
		return;
	if (FRESH(load(&shared.inside)))
		sim_fail(SIM_ORACLE, "both are inside");
	FRESH(store(&shared.inside, 1ul));
	FRESH(store(&shared.inside, 0ul));
	FRESH(store(&shared.flag[me], 0ul));
}

static void peterson_holds_in_order_and_with_a_fence(void **unused)
{
	struct explore_client client;
	struct explore_result result;

	(void)unused;
	with_fence = false;
	client = pair(go_in, go_in);
	result = search(&client, false, false);
	assert_clean(&result, 90, 6);
	with_fence = true;
	client = pair(go_in, go_in);
	result = search(&client, true, false);
	assert_clean(&result, 305, 6);
}

static void peterson_without_a_fence_fails_with_store_buffers(void **unused)
{
	struct explore_client client;
	struct explore_result result;

	(void)unused;
	with_fence = false;
	client = pair(go_in, go_in);
	result = search(&client, true, false);
	assert_found(&result, "both are inside");
	free(result.path);
}

/* ---- what loads may see */

static void store_then_load(void *arg)
{
	unsigned long me = (unsigned long)arg;

	WRITE_ONCE(*(me ? &shared.y : &shared.x), 1ul);
	if (with_fence)
		explore_fence();
	shared.seen[me] = READ_ONCE(*(me ? &shared.x : &shared.y));
}

static void store_both(void *arg)
{
	(void)arg;
	WRITE_ONCE(shared.x, 1ul);
	WRITE_ONCE(shared.y, 1ul);
}

static void load_both(void *arg)
{
	(void)arg;
	shared.seen[0] = READ_ONCE(shared.y);
	shared.seen[1] = READ_ONCE(shared.x);
}

static bool is_final_state(const struct explore_result *result, uint64_t hash)
{
	for (uint64_t i = 0; i < result->finals; i++)
		if (result->final_hashes[i] == hash)
			return true;
	return false;
}

static void stores_pass_later_loads_with_buffers_only(void **unused)
{
	struct explore_client client;
	struct explore_result result, in_order;

	(void)unused;
	with_fence = false;
	client = pair(store_then_load, store_then_load);
	in_order = search(&client, false, false);
	assert_clean(&in_order, 13, 3); /* 01, 10, 11 */
	client = pair(store_then_load, store_then_load);
	result = search(&client, true, false);
	assert_clean(&result, 34, 4); /* and 00 */
	for (uint64_t i = 0; i < in_order.finals; i++)
		assert_true(is_final_state(&result, in_order.final_hashes[i]));
	with_fence = true;
	client = pair(store_then_load, store_then_load);
	result = search(&client, true, false);
	assert_int_equal(result.finals, 3);
}

static void stores_do_not_pass_stores(void **unused)
{
	struct explore_client client;
	struct explore_result result;

	(void)unused;
	client = pair(store_both, load_both);
	result = search(&client, false, false);
	assert_int_equal(result.finals, 3); /* 00, 01, 11 */
	client = pair(store_both, load_both);
	result = search(&client, true, false);
	assert_int_equal(result.outcome, EXPLORE_CLEAN);
	assert_int_equal(result.finals, 3);
}

/* ---- what has no end, or a bad one */

static void insist(void *arg)
{
	unsigned long me = (unsigned long)arg + 1;

	do
		WRITE_ONCE(shared.x, me);
	while (READ_ONCE(shared.x) != me);
}

static void two_that_insist_may_go_on_for_ever(void **unused)
{
	struct explore_client client = pair(insist, insist);
	struct explore_result result = search(&client, false, false);

	(void)unused;
	assert_found(&result, "livelock");
	free(result.path);
}

static void lock_briefly(void *arg)
{
	unsigned long flags;

	(void)arg;
	spin_lock_irqsave(&shared.lock, flags);
	WRITE_ONCE(shared.x, READ_ONCE(shared.x) + 1);
	spin_unlock_irqrestore(&shared.lock, flags);
}

static void who_waits_alone_is_noticed_unless_allowed(void **unused)
{
	struct explore_client client = pair(lock_briefly, lock_briefly);
	struct explore_result result = search(&client, false, false);

	(void)unused;
	assert_int_equal(result.outcome, EXPLORE_CLEAN);
	assert_int_equal(result.waits[0], EXPLORE_WAIT_SPIN);
	assert_int_equal(result.waits[1], EXPLORE_WAIT_SPIN);
	assert_int_equal(result.finals, 1);
	client = pair(lock_briefly, lock_briefly);
	client.tasks[1].may_wait = 0;
	result = search(&client, false, false);
	assert_found(&result, "progress: task 1, run alone from here, waits for a spin lock");
	free(result.path);
}

/*
 * What a lock protects is no point: nobody, one, the other, or both have been inside. With all
 * points, who is inside stands at one of three, and the other has not begun or waits.
 */
static void what_a_lock_protects_is_one_step(void **unused)
{
	struct explore_client client = pair(lock_briefly, lock_briefly);
	struct explore_result result = search(&client, false, false), all;

	(void)unused;
	assert_clean(&result, 4, 1);
	client = pair(lock_briefly, lock_briefly);
	all = search(&client, false, true);
	assert_clean(&all, 24, 1);
	assert_true(result.finals_hash == all.finals_hash);
}

/* Each has a lock, and not the same one. */
static void lock_another(void *arg)
{
	spinlock_t *lock = arg ? &shared.lock : &shared.other_lock;
	unsigned long flags, seen;

	spin_lock_irqsave(lock, flags);
	seen = READ_ONCE(shared.x);
	WRITE_ONCE(shared.x, seen + 1);
	spin_unlock_irqrestore(lock, flags);
}

static void count_to_two(void *arg)
{
	(void)arg;
	if (shared.x != 2)
		sim_fail(SIM_ORACLE, "x is %lu", shared.x);
}

static void two_locks_protect_nothing(void **unused)
{
	struct explore_client client = pair(lock_another, lock_another);
	struct explore_result result;

	(void)unused;
	client.final = count_to_two;
	result = search(&client, false, false);
	assert_found(&result, "x is 1");
	free(result.path);
	client = pair(lock_briefly, lock_briefly);
	client.final = count_to_two;
	result = search(&client, false, false);
	assert_int_equal(result.outcome, EXPLORE_CLEAN);
}

/* Somebody else looks without the lock: he sees 0 and 2, or what stands between. */
static void change_twice(void *arg)
{
	unsigned long flags;

	(void)arg;
	spin_lock_irqsave(&shared.lock, flags);
	WRITE_ONCE(shared.x, 1ul);
	WRITE_ONCE(shared.x, 2ul);
	spin_unlock_irqrestore(&shared.lock, flags);
}

static void look_at_x(void *arg)
{
	(void)arg;
	shared.seen[0] = READ_ONCE(shared.x);
}

static void who_looks_without_the_lock_sees_everything(void **unused)
{
	struct explore_client client = pair(change_twice, look_at_x);
	struct explore_result result = search(&client, false, false);

	(void)unused;
	assert_int_equal(result.finals, 3);
}

/* The second lock is taken with the first one held: by each another way round. */
static void lock_crosswise(void *arg)
{
	struct world_mutex *first = arg ? &shared.mutex : &shared.other_mutex;
	struct world_mutex *second = arg ? &shared.other_mutex : &shared.mutex;

	world_mutex_lock(first);
	world_mutex_lock(second);
	world_mutex_unlock(second);
	world_mutex_unlock(first);
}

static void locks_taken_crosswise_are_found(void **unused)
{
	struct explore_client client = pair(lock_crosswise, lock_crosswise);
	struct explore_result result = search(&client, false, false);

	(void)unused;
	assert_found(&result, "lock order");
	free(result.path);
}

static void wait_for_x(void *arg)
{
	(void)arg;
	if (READ_ONCE(shared.x) == 0)
		world_wait_word(&shared.x, 0);
}

static void set_x_and_back(void *arg)
{
	(void)arg;
	WRITE_ONCE(shared.x, 1ul);
	WRITE_ONCE(shared.x, 0ul);
}

static void a_wait_that_nobody_ends_is_a_deadlock(void **unused)
{
	struct explore_client client = pair(wait_for_x, set_x_and_back);
	struct explore_result result;

	(void)unused;
	client.tasks[0].may_wait = EXPLORE_WAIT_WORD;
	result = search(&client, false, false);
	assert_found(&result, "deadlock");
	free(result.path);
}

static void follow_x(void *arg)
{
	(void)arg;
	if (READ_ONCE(shared.x))
		WRITE_ONCE(*(unsigned long *)(READ_ONCE(shared.x) << 20), 1ul);
}

static unsigned int steps_told;
static bool wild_told;

static void count_steps(void *arg, const struct explore_step *step,
			const struct explore_access *access)
{
	(void)arg;
	(void)step;
	steps_told++;
	wild_told |= !access->has_value;
}

static void a_wild_pointer_is_a_finding_with_its_path(void **unused)
{
	const struct explore_options options = {.switches = EXPLORE_FOREVER};
	struct explore_client client = pair(follow_x, set_x_and_back);
	struct explore_result result;

	(void)unused;
	/* The signal is cmocka's otherwise. */
	sim_catch_faults(false);
	sim_catch_faults(true);
	result = search(&client, false, false);
	assert_found(&result, "memory");
	assert_in_range(result.nr_path, 2, 6);
	client = pair(follow_x, set_x_and_back);
	explore_again(&client, &options, &result, count_steps, NULL);
	assert_int_equal(steps_told, result.nr_path);
	assert_true(wild_told);
	free(result.path);
}

/* ---- a line that the first searches, with few switches, do not see written */

static void one_then_two(void *arg)
{
	(void)arg;
	FRESH(store(&shared.x, 1ul));
	if (FRESH(load(&shared.y)))
		FRESH(store(&shared.x, 2ul));
	FRESH(store(&shared.x, 3ul));
}

static void late_if_both_are_seen(void *arg)
{
	(void)arg;
	if (FRESH(load(&shared.x)) != 1)
		return;
	FRESH(store(&shared.y, 1ul));
	if (FRESH(load(&shared.x)) == 2)
		shared.late = 1;
}

static void late_only_with_y(void *arg)
{
	(void)arg;
	if (shared.late && !shared.y)
		sim_fail(SIM_ORACLE, "what another path has written is still there");
}

static void a_line_that_changes_late_is_part_of_the_state(void **unused)
{
	struct explore_options options = {.switches = EXPLORE_FOREVER};
	struct explore_client client;
	struct explore_result seldom, always;

	(void)unused;
	client = pair(one_then_two, late_if_both_are_seen);
	client.final = late_only_with_y;
	explore(&client, &options, &seldom);
	client = pair(one_then_two, late_if_both_are_seen);
	always = search(&client, false, true);
	assert_clean(&seldom, seldom.states, 3); /* x is 3: y and late are 00, 10, 11 */
	assert_int_equal(always.finals, 3);
	assert_true(seldom.finals_hash == always.finals_hash);
}

static void too_many_states_are_inconclusive(void **unused)
{
	struct explore_options options = {.switches = EXPLORE_FOREVER, .states_max = 5};
	struct explore_client client = pair(store_then_load, store_then_load);
	struct explore_result result;

	(void)unused;
	explore(&client, &options, &result);
	assert_int_equal(result.outcome, EXPLORE_INCONCLUSIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_without_tag_loses_a_node),
		cmocka_unit_test(a_stack_with_tag_loses_none),
		cmocka_unit_test(peterson_holds_in_order_and_with_a_fence),
		cmocka_unit_test(peterson_without_a_fence_fails_with_store_buffers),
		cmocka_unit_test(stores_pass_later_loads_with_buffers_only),
		cmocka_unit_test(stores_do_not_pass_stores),
		cmocka_unit_test(two_that_insist_may_go_on_for_ever),
		cmocka_unit_test(who_waits_alone_is_noticed_unless_allowed),
		cmocka_unit_test(what_a_lock_protects_is_one_step),
		cmocka_unit_test(two_locks_protect_nothing),
		cmocka_unit_test(who_looks_without_the_lock_sees_everything),
		cmocka_unit_test(locks_taken_crosswise_are_found),
		cmocka_unit_test(a_wait_that_nobody_ends_is_a_deadlock),
		cmocka_unit_test(a_wild_pointer_is_a_finding_with_its_path),
		cmocka_unit_test(a_line_that_changes_late_is_part_of_the_state),
		cmocka_unit_test(too_many_states_are_inconclusive),
	};

	return cmocka_run_group_tests_name("explorer engine", tests, NULL, NULL);
}
