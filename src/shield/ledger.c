/* SPDX-License-Identifier: Apache-2.0 */
/* ledger: see ledger.h. Sets of LEDGER__WAYS slots, as in rate.c; a slot that changes hands is LEDGER__BUSY meanwhile.
 */
#include "shield/ledger.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"

enum { LEDGER__WAYS = 8, LEDGER__SLOTS_MIN = 16, LEDGER__COUNT_MAX = 1 << 20, LEDGER__KEY_BYTES = 320 };

#define LEDGER__BUSY UINT64_C(1)

struct ledger_slot {
	uint64_t key; /* 0: free */
	uint32_t first_s, last_s, good, bad;
	uint32_t second, now_n; /* the running second, what came in it */
	uint32_t peak_n, denied, held, passed_s;
};

struct ledger {
	struct hash_key secret;
	size_t sets; /* a power of two */
	struct ledger_slot *slots;
};

static uint32_t ledger__load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void ledger__store(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

struct ledger *ledger_new(size_t slots, const struct hash_key *secret)
{
	struct ledger *l = mem_alloc(sizeof *l);

	l->secret = *secret;
	l->sets = LEDGER__SLOTS_MIN / LEDGER__WAYS;
	while (l->sets * LEDGER__WAYS < slots)
		l->sets *= 2;
	l->slots = mem_alloc_array(l->sets * LEDGER__WAYS, sizeof *l->slots);
	return l;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	mem_free(l->slots);
	mem_free(l);
}

uint64_t ledger_key(const struct ledger *l, struct slice zone, const struct ip *ip)
{
	struct ip net = ip_network(ip, ip->family == 6 ? 64 : 32);
	char memory[LEDGER__KEY_BYTES];
	struct text t = text_of(memory, sizeof memory);

	text_add(&t, slice_of(&net, sizeof net));
	text_add(&t, zone);
	uint64_t h = hash_bytes(&l->secret, text_slice(&t));
	return h > LEDGER__BUSY ? h : h + 2;
}

static struct ledger_slot *ledger__find(const struct ledger *l, uint64_t key)
{
	struct ledger_slot *set = &l->slots[(key & (l->sets - 1)) * LEDGER__WAYS];

	for (size_t i = 0; i < LEDGER__WAYS; i++)
		if (__atomic_load_n(&set[i].key, __ATOMIC_ACQUIRE) == key)
			return &set[i];
	return NULL;
}

/* A free slot, or that of who was quiet longest; NULL: lost a race. */
static struct ledger_slot *ledger__claim(const struct ledger *l, uint64_t key, uint32_t now_s)
{
	struct ledger_slot *set = &l->slots[(key & (l->sets - 1)) * LEDGER__WAYS], *best = NULL;
	uint64_t best_key = 0;
	uint32_t best_s = UINT32_MAX;

	for (size_t i = 0; i < LEDGER__WAYS; i++) {
		uint64_t k = __atomic_load_n(&set[i].key, __ATOMIC_ACQUIRE);
		uint32_t s = k ? ledger__load(&set[i].last_s) : 0;
		if (k == LEDGER__BUSY || s >= best_s)
			continue;
		best = &set[i];
		best_key = k;
		best_s = s;
	}
	if (!best || !__atomic_compare_exchange_n(&best->key, &best_key, LEDGER__BUSY, false, __ATOMIC_ACQ_REL,
						  __ATOMIC_RELAXED))
		return NULL;
	ledger__store(&best->first_s, now_s);
	ledger__store(&best->last_s, now_s);
	ledger__store(&best->good, 0);
	ledger__store(&best->bad, 0);
	ledger__store(&best->second, now_s);
	ledger__store(&best->now_n, 0);
	ledger__store(&best->peak_n, 0);
	ledger__store(&best->denied, 0);
	ledger__store(&best->held, 0);
	ledger__store(&best->passed_s, 0);
	__atomic_store_n(&best->key, key, __ATOMIC_RELEASE);
	return best;
}

void ledger_request(struct ledger *l, uint64_t key, uint64_t now_ms, bool calm, struct ledger_entry *ret)
{
	uint32_t now_s = (uint32_t)(now_ms / 1000);
	struct ledger_slot *s = ledger__find(l, key);

	*ret = (struct ledger_entry){ .first_s = now_s, .last_s = now_s, .now_n = 1 };
	if (!s)
		s = ledger__claim(l, key, now_s);
	if (!s)
		return;
	if (ledger__load(&s->second) != now_s) {
		uint32_t n = ledger__load(&s->now_n);
		if (calm && n > ledger__load(&s->peak_n))
			ledger__store(&s->peak_n, n);
		ledger__store(&s->now_n, 0);
		ledger__store(&s->second, now_s);
		if (now_s / LEDGER_DENIED_S != ledger__load(&s->last_s) / LEDGER_DENIED_S) {
			ledger__store(&s->denied, ledger__load(&s->denied) / 2);
			ledger__store(&s->held, ledger__load(&s->held) / 2);
		}
		ledger__store(&s->last_s, now_s);
	}
	*ret = (struct ledger_entry){ .first_s = ledger__load(&s->first_s),
				      .last_s = now_s,
				      .good = ledger__load(&s->good),
				      .bad = ledger__load(&s->bad),
				      .denied = ledger__load(&s->denied),
				      .held = ledger__load(&s->held),
				      .now_n = __atomic_add_fetch(&s->now_n, 1, __ATOMIC_RELAXED),
				      .peak_n = ledger__load(&s->peak_n) };
}

void ledger_answer(struct ledger *l, uint64_t key, unsigned status, bool writes)
{
	struct ledger_slot *s = ledger__find(l, key);
	bool good = status < 400;

	if (!s)
		return;
	if (writes && good)
		ledger__store(&s->denied, 0);
	if (writes && (status == 401 || status == 403))
		__atomic_add_fetch(&s->denied, 1, __ATOMIC_RELAXED);
	if (__atomic_add_fetch(good ? &s->good : &s->bad, 1, __ATOMIC_RELAXED) < LEDGER__COUNT_MAX)
		return;
	ledger__store(&s->good, ledger__load(&s->good) / 2);
	ledger__store(&s->bad, ledger__load(&s->bad) / 2);
}

uint32_t ledger_held(struct ledger *l, uint64_t key, uint64_t now_ms)
{
	struct ledger_slot *s = ledger__find(l, key);
	uint32_t passed_s = s ? ledger__load(&s->passed_s) : 0;

	if (!s || (passed_s && now_ms / 1000 < passed_s + (uint64_t)LEDGER_DENIED_S))
		return 0;
	return __atomic_add_fetch(&s->held, 1, __ATOMIC_RELAXED);
}

void ledger_passed(struct ledger *l, uint64_t key, uint64_t now_ms)
{
	struct ledger_slot *s = ledger__find(l, key);

	if (!s)
		return;
	ledger__store(&s->held, 0);
	ledger__store(&s->passed_s, (uint32_t)(now_ms / 1000));
}

bool ledger_has_past(const struct ledger_entry *e, uint32_t since_s)
{
	return e->first_s < since_s && e->good >= 2 && e->bad <= 2 + e->good / 2;
}

bool ledger_is_known(const struct ledger_entry *e, uint32_t since_s)
{
	uint32_t most = e->peak_n > LEDGER_USUAL / 2 ? 2 * e->peak_n : LEDGER_USUAL;

	return ledger_has_past(e, since_s) && e->now_n <= most;
}
