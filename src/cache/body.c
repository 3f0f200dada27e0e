/* SPDX-License-Identifier: Apache-2.0 */
/* body: see body.h. */
#include "cache/body.h"

#include "base/mem.h"
#include "cache/object.h"

enum { BODY__SHIFT_MIN = 12, BODY__SHIFT_MAX = 20, BODY__FIRST_BYTES_MIN = 1024 };
static const uint64_t body__chunk_max = UINT64_C(1) << BODY__SHIFT_MAX;

STATIC_CHECK(BODY__NEAR_CHUNKS >= BODY__SHIFT_MAX - BODY__SHIFT_MIN + 2, "first chunk and all that double are near");

/* Where an offset lies. */
struct body__place {
	size_t index;
	uint64_t start, cap;
};

static struct body__place body__locate(const struct cache__body *b, uint64_t at)
{
	unsigned doublings = BODY__SHIFT_MAX - (unsigned)b->shift;
	uint64_t doubled = ((UINT64_C(1) << doublings) - 1) << b->shift;
	struct body__place p = { 0, 0, b->first_cap };
	uint64_t off;

	if (at < b->first_cap)
		return p;
	off = at - b->first_cap;
	if (off < doubled) {
		unsigned k = 63 - (unsigned)__builtin_clzll((off >> b->shift) + 1);
		p.index = 1 + k;
		p.start = b->first_cap + (((UINT64_C(1) << k) - 1) << b->shift);
		p.cap = UINT64_C(1) << (k + b->shift);
	} else {
		uint64_t k = (off - doubled) >> BODY__SHIFT_MAX;
		p.index = 1 + doublings + k;
		p.start = b->first_cap + doubled + (k << BODY__SHIFT_MAX);
		p.cap = body__chunk_max;
	}
	if (b->length != UINT64_MAX && p.cap > b->length - p.start)
		p.cap = b->length - p.start;
	return p;
}

struct cache__body *body__new(struct cache *c, uint64_t length, uint64_t bound)
{
	struct cache__body *b;

	if (evict__reserve(c, sizeof *b + CACHE__ALLOC_BYTES) != OK)
		return NULL;
	b = mem_alloc(sizeof *b);
	b->refs = 1;
	b->charged = sizeof *b + CACHE__ALLOC_BYTES;
	b->length = length;
	b->bound = bound;
	b->shift = length == UINT64_MAX ? BODY__SHIFT_MIN : BODY__SHIFT_MAX;
	if (length != UINT64_MAX)
		b->first_cap = length < body__chunk_max ? length : body__chunk_max;
	return b;
}

void body__ref(struct cache__body *b)
{
	__atomic_fetch_add(&b->refs, 1, __ATOMIC_RELAXED);
}

/* How many chunks the far list is made for. */
static size_t body__far_count(const struct cache__body *b)
{
	uint64_t most = b->length == UINT64_MAX || b->length > b->bound ? b->bound : b->length;
	size_t last = most ? body__locate(b, most - 1).index : 0;

	return last < BODY__NEAR_CHUNKS ? 0 : last + 1 - BODY__NEAR_CHUNKS;
}

void body__unref(struct cache *c, struct cache__body *b)
{
	if (!b || __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (size_t i = 0; i < BODY__NEAR_CHUNKS; i++)
		mem_free(b->near[i]);
	for (size_t i = 0, n = b->far ? body__far_count(b) : 0; i < n; i++)
		mem_free(b->far[i]);
	mem_free(b->far);
	evict__uncharge(c, b->charged);
	mem_free(b);
}

/* n bytes of memory, counted; NULL when short. */
static void *body__take(struct cache *c, struct cache__body *b, uint64_t n)
{
	void *p;

	if (evict__reserve(c, n + CACHE__ALLOC_BYTES) != OK)
		return NULL;
	p = mem_try(n);
	if (!p) {
		evict__uncharge(c, n + CACHE__ALLOC_BYTES);
		return NULL;
	}
	b->charged += n + CACHE__ALLOC_BYTES;
	return p;
}

static char **body__slot(struct cache *c, struct cache__body *b, size_t index)
{
	if (index < BODY__NEAR_CHUNKS)
		return &b->near[index];
	if (!b->far) {
		size_t n = body__far_count(b) * sizeof *b->far;
		b->far = body__take(c, b, n);
		if (!b->far)
			return NULL;
		memset(b->far, 0, n);
	}
	return &b->far[index - BODY__NEAR_CHUNKS];
}

/* Copies what fits into the chunk at the end. Returns how much, 0 when memory is short. */
static size_t body__fill(struct cache *c, struct cache__body *b, struct slice data)
{
	uint64_t at = b->bytes;
	struct body__place p = body__locate(b, at);
	char **slot = body__slot(c, b, p.index);
	size_t n;

	if (!slot)
		return 0;
	if (!*slot)
		*slot = body__take(c, b, p.cap);
	if (!*slot)
		return 0;
	n = p.cap - (at - p.start);
	if (n > data.n)
		n = data.n;
	memcpy(*slot + (at - p.start), data.p, n);
	__atomic_store_n(&b->bytes, at + n, __ATOMIC_RELEASE);
	return n;
}

enum err body__append(struct cache *c, struct cache__body *b, struct slice data)
{
	uint64_t most = b->length < b->bound ? b->length : b->bound;

	DCHECK(body__state(b) == BODY__OPEN);
	if (data.n > most - b->bytes)
		return ERR_BODY_LARGE;
	if (b->first_cap == 0 && data.n) {
		b->first_cap = data.n < BODY__FIRST_BYTES_MIN ? BODY__FIRST_BYTES_MIN : data.n;
		b->first_cap = b->first_cap < body__chunk_max ? b->first_cap : body__chunk_max;
	}
	while (data.n) {
		size_t n = body__fill(c, b, data);
		if (n == 0)
			return ERR_MEMORY;
		data = slice_from(data, n);
	}
	return OK;
}

void body__end(struct cache__body *b, enum body__state state)
{
	__atomic_store_n(&b->state, (uint8_t)state, __ATOMIC_RELEASE);
}

enum body__state body__state(const struct cache__body *b)
{
	return (enum body__state)__atomic_load_n(&b->state, __ATOMIC_ACQUIRE);
}

uint64_t body__bytes(const struct cache__body *b)
{
	return __atomic_load_n(&b->bytes, __ATOMIC_ACQUIRE);
}

struct slice body__run(const struct cache__body *b, uint64_t at, uint64_t bytes)
{
	struct body__place p;
	const char *chunk;
	uint64_t end;

	if (at >= bytes)
		return slice_of(NULL, 0);
	p = body__locate(b, at);
	chunk = p.index < BODY__NEAR_CHUNKS ? b->near[p.index] : b->far[p.index - BODY__NEAR_CHUNKS];
	end = p.start + p.cap < bytes ? p.start + p.cap : bytes;
	return slice_of(chunk + (at - p.start), end - at);
}
