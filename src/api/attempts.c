/* SPDX-License-Identifier: Apache-2.0 */
/* attempts: see attempts.h. */
#include "api/attempts.h"

enum {
	ATTEMPTS__FREE = 5,
	ATTEMPTS__FREE_ADDRESS = 20,
	ATTEMPTS__FIRST_MS = 1000,
	ATTEMPTS__WAIT_MS = 60000,
	ATTEMPTS__WAIT_ADDRESS_MS = 900000,
	ATTEMPTS__FORGET_MS = 3600000,
	ATTEMPTS__DOUBLINGS = 20,
};

void attempts_init(struct attempts *a)
{
	*a = (struct attempts){ .hash = { 0 } };
	hash_key_random(&a->hash);
}

static uint64_t attempts__person(const struct attempts *a, struct slice person)
{
	return hash_bytes(&a->hash, person) | 1;
}

/* Whoever has an address of IPv6 has its /64. */
static uint64_t attempts__address(const struct attempts *a, const struct ip *from)
{
	return hash_bytes(&a->hash, slice_of(from->b, from->family == 6 ? 8 : 4)) | 1;
}

/* The row of a key, or NULL. */
static struct attempts_row *attempts__find(struct attempts_row *rows, uint64_t key)
{
	for (size_t i = 0; i < ATTEMPTS_ROWS; i++)
		if (rows[i].key == key)
			return &rows[i];
	return NULL;
}

/* The row of a key, new when there is none: instead of the one that was used longest ago. */
static struct attempts_row *attempts__take(struct attempts_row *rows, uint64_t key)
{
	struct attempts_row *row = attempts__find(rows, key), *oldest = &rows[0];

	if (row)
		return row;
	for (size_t i = 1; i < ATTEMPTS_ROWS; i++)
		if (rows[i].at_ms < oldest->at_ms)
			oldest = &rows[i];
	*oldest = (struct attempts_row){ .key = key };
	return oldest;
}

/* What is left to wait after so many wrong ones. */
static int64_t attempts__wait(struct attempts_row *row, uint32_t free_n, int64_t max_ms, int64_t now_ms)
{
	if (!row)
		return 0;
	if (now_ms - row->at_ms > ATTEMPTS__FORGET_MS)
		row->wrong = 0;
	if (row->wrong < free_n)
		return 0;
	uint32_t doublings = row->wrong - free_n;
	int64_t wait = (int64_t)ATTEMPTS__FIRST_MS
		       << (doublings < ATTEMPTS__DOUBLINGS ? doublings : (uint32_t)ATTEMPTS__DOUBLINGS);
	if (wait > max_ms)
		wait = max_ms;
	/* A clock that was set back is no reason to wait longer. */
	int64_t passed = now_ms > row->at_ms ? now_ms - row->at_ms : 0;
	return wait > passed ? wait - passed : 0;
}

int64_t attempts_begin(struct attempts *a, struct slice person, const struct ip *from, int64_t now_ms)
{
	uint64_t who = attempts__person(a, person), where = attempts__address(a, from);
	int64_t wait = attempts__wait(attempts__find(a->people, who), ATTEMPTS__FREE, ATTEMPTS__WAIT_MS, now_ms);
	int64_t there = attempts__wait(attempts__find(a->addresses, where), ATTEMPTS__FREE_ADDRESS,
				       ATTEMPTS__WAIT_ADDRESS_MS, now_ms);

	if (wait || there)
		return wait > there ? wait : there;
	struct attempts_row *rows[2] = { attempts__take(a->people, who), attempts__take(a->addresses, where) };
	for (size_t i = 0; i < 2; i++) {
		rows[i]->wrong++;
		rows[i]->at_ms = now_ms;
	}
	return 0;
}

void attempts_wrong(struct attempts *a, struct slice person, const struct ip *from, int64_t now_ms)
{
	struct attempts_row *who = attempts__find(a->people, attempts__person(a, person)),
			    *where = attempts__find(a->addresses, attempts__address(a, from));

	if (who)
		who->at_ms = now_ms;
	if (where)
		where->at_ms = now_ms;
}

void attempts_right(struct attempts *a, struct slice person, const struct ip *from)
{
	struct attempts_row *who = attempts__find(a->people, attempts__person(a, person)),
			    *where = attempts__find(a->addresses, attempts__address(a, from));

	if (who)
		*who = (struct attempts_row){ 0 };
	if (where && where->wrong)
		where->wrong--;
}
