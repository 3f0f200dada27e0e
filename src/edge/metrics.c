/* SPDX-License-Identifier: Apache-2.0 */
/* metrics: see metrics.h. */
#include "edge/metrics.h"

#include "base/mem.h"
#include "edge/request.h"

STATIC_CHECK((int)STEP_COUNT <= (int)METRICS_STEPS, "every step has a histogram");

static void metrics__count(uint64_t *n, uint64_t by)
{
	__atomic_store_n(n, *n + by, __ATOMIC_RELAXED);
}

static uint64_t metrics__get(const uint64_t *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

void metrics_init(struct metrics *m, size_t zones_max)
{
	memset(m, 0, sizeof *m);
	m->scale = tick_measure();
	m->zones_n = zones_max + 1;
	m->zones = mem_alloc_array(m->zones_n, sizeof *m->zones);
}

void metrics_fini(struct metrics *m)
{
	mem_free(m->zones);
	m->zones = NULL;
}

static size_t metrics__bucket(uint64_t ns)
{
	uint64_t us = ns / 1000;
	size_t bits = us ? 64 - (size_t)__builtin_clzll(us) : 0;

	return bits < METRICS_BUCKETS ? bits : METRICS_BUCKETS - 1;
}

void metrics_count(struct metrics *m, const struct request *r)
{
	unsigned slot = r->site && r->site->zone->slot < m->zones_n ? r->site->zone->slot : 0;
	struct metrics_zone *z = &m->zones[slot];

	for (size_t i = 0; i < STEP_COUNT; i++) {
		if (!r->spent[i])
			continue;
		uint64_t ns = tick_ns(m->scale, r->spent[i]);
		metrics__count(&m->steps[i].buckets[metrics__bucket(ns)], 1);
		metrics__count(&m->steps[i].ns, ns);
	}
	if (!r->site)
		return;
	metrics__count(&z->requests, 1);
	metrics__count(&z->hits, r->status == CACHE_STATUS_HIT);
	metrics__count(&z->errors, r->answered >= 500);
	metrics__count(&z->bytes_out, r->body_out);
}

/* ---- names */

void metrics_names_init(struct metrics_names *names, size_t max)
{
	names->n = 0;
	names->max = max;
	names->names = mem_alloc_array(max + 1, sizeof *names->names);
}

void metrics_names_fini(struct metrics_names *names)
{
	mem_free(names->names);
	names->names = NULL;
}

unsigned metrics_slot(struct metrics_names *names, struct slice zone)
{
	for (size_t i = 1; i <= names->n; i++)
		if (slice_eq(slice_str(names->names[i]), zone))
			return (unsigned)i;
	if (names->n == names->max || !slice_cstr(zone, names->names[names->n + 1], METRICS_NAME_BYTES))
		return 0;
	return (unsigned)++names->n;
}

/* ---- reading */

void metrics_add(struct metrics *sum, const struct metrics *src)
{
	for (size_t i = 0; i < METRICS_STEPS; i++) {
		for (size_t k = 0; k < METRICS_BUCKETS; k++)
			sum->steps[i].buckets[k] += metrics__get(&src->steps[i].buckets[k]);
		sum->steps[i].ns += metrics__get(&src->steps[i].ns);
	}
	for (size_t i = 0; i < src->zones_n && i < sum->zones_n; i++) {
		sum->zones[i].requests += metrics__get(&src->zones[i].requests);
		sum->zones[i].hits += metrics__get(&src->zones[i].hits);
		sum->zones[i].errors += metrics__get(&src->zones[i].errors);
		sum->zones[i].bytes_out += metrics__get(&src->zones[i].bytes_out);
	}
}

static void metrics__print_step(const struct metrics_step *s, const char *name, struct buf *out)
{
	buf_printf(out, "\"%s\":{\"us\":%llu,\"buckets\":[", name, (unsigned long long)(s->ns / 1000));
	for (size_t k = 0; k < METRICS_BUCKETS; k++)
		buf_printf(out, "%s%llu", k ? "," : "", (unsigned long long)s->buckets[k]);
	buf_printf(out, "]}");
}

static bool metrics__ran(const struct metrics_step *s)
{
	for (size_t k = 0; k < METRICS_BUCKETS; k++)
		if (s->buckets[k])
			return true;
	return false;
}

void metrics_print(const struct metrics *m, const struct metrics_names *names, struct buf *out)
{
	size_t n = 0;

	buf_printf(out, "{\"steps\":{");
	for (size_t i = 0; i < STEP_COUNT; i++) {
		if (!metrics__ran(&m->steps[i]))
			continue;
		buf_printf(out, "%s", n++ ? "," : "");
		metrics__print_step(&m->steps[i], request_step_text((enum request_step)i), out);
	}
	buf_printf(out, "},\"zones\":{");
	n = 0;
	for (size_t i = 0; i < m->zones_n && i <= names->n; i++) {
		const struct metrics_zone *z = &m->zones[i];
		if (!z->requests)
			continue;
		/* Names of zones are host names: nothing in them needs an escape. */
		buf_printf(out, "%s\"%s\":{\"requests\":%llu,\"hits\":%llu,\"errors\":%llu,\"bytes_out\":%llu}",
			   n++ ? "," : "", i ? names->names[i] : "", (unsigned long long)z->requests,
			   (unsigned long long)z->hits, (unsigned long long)z->errors,
			   (unsigned long long)z->bytes_out);
	}
	buf_printf(out, "}}");
}
