/* SPDX-License-Identifier: Apache-2.0 */
/* cache_control: see cache_control.h. One table of directives serves both syntaxes. */
#include "wire/cache_control.h"

#include "wire/scan.h"
#include "wire/sf.h"

#include <stddef.h>

static const int64_t cache_control__seconds_max = INT64_C(1) << 31;

enum cache_control__kind {
	CC__FLAG,    /* bool at `at` */
	CC__FIELDS,  /* bool at `at`, or a list of names at `fields` */
	CC__SECONDS, /* int64_t at `at`; the first well-formed value counts */
	CC__LIFETIME /* int64_t at `at`; the smallest counts, and a malformed one is 0 */
};

struct cache_control__directive {
	struct slice name;
	enum cache_control__kind kind;
	size_t at, fields;
};

#define CC__AT(member) offsetof(struct cache_control, member)

static const struct cache_control__directive cache_control__directives[] = {
	{ SLICE_INIT("max-age"), CC__LIFETIME, CC__AT(max_age), 0 },
	{ SLICE_INIT("s-maxage"), CC__LIFETIME, CC__AT(s_maxage), 0 },
	{ SLICE_INIT("public"), CC__FLAG, CC__AT(public_), 0 },
	{ SLICE_INIT("private"), CC__FIELDS, CC__AT(private_), CC__AT(private_fields) },
	{ SLICE_INIT("no-cache"), CC__FIELDS, CC__AT(no_cache), CC__AT(no_cache_fields) },
	{ SLICE_INIT("no-store"), CC__FLAG, CC__AT(no_store), 0 },
	{ SLICE_INIT("must-revalidate"), CC__FLAG, CC__AT(must_revalidate), 0 },
	{ SLICE_INIT("proxy-revalidate"), CC__FLAG, CC__AT(proxy_revalidate), 0 },
	{ SLICE_INIT("stale-while-revalidate"), CC__SECONDS, CC__AT(stale_while_revalidate), 0 },
	{ SLICE_INIT("stale-if-error"), CC__SECONDS, CC__AT(stale_if_error), 0 },
	{ SLICE_INIT("immutable"), CC__FLAG, CC__AT(immutable), 0 },
	{ SLICE_INIT("no-transform"), CC__FLAG, CC__AT(no_transform), 0 },
	{ SLICE_INIT("max-stale"), CC__SECONDS, CC__AT(max_stale), 0 },
	{ SLICE_INIT("min-fresh"), CC__SECONDS, CC__AT(min_fresh), 0 },
	{ SLICE_INIT("only-if-cached"), CC__FLAG, CC__AT(only_if_cached), 0 },
	{ SLICE_INIT("must-understand"), CC__FLAG, CC__AT(must_understand), 0 },
};

static const struct cache_control cache_control__empty = {
	.max_age = CC_ABSENT,
	.s_maxage = CC_ABSENT,
	.stale_while_revalidate = CC_ABSENT,
	.stale_if_error = CC_ABSENT,
	.max_stale = CC_ABSENT,
	.min_fresh = CC_ABSENT,
};

static const struct cache_control__directive *cache_control__find(struct slice name)
{
	for (size_t i = 0; i < sizeof cache_control__directives / sizeof cache_control__directives[0]; i++)
		if (slice_eq_nocase(cache_control__directives[i].name, name))
			return &cache_control__directives[i];
	return NULL;
}

/* The argument without its quotes; false when it is a quoted string that does not end, or no argument at all. */
static bool cache_control__argument(struct slice s, struct slice *ret)
{
	if (s.n == 0)
		return false;
	*ret = s;
	if (s.p[0] != '"')
		return scan_all(s, SCAN_TOKEN);
	*ret = slice_of(s.p + 1, s.n - 1);
	for (size_t i = 0; i < ret->n; i++) {
		if (ret->p[i] == '\\') {
			i++;
		} else if (ret->p[i] == '"') {
			bool last = i + 1 == ret->n;
			ret->n = i;
			return last;
		}
	}
	return false;
}

/* Seconds, rounded down when there is a fraction; CC_ABSENT when it is not a number. */
static int64_t cache_control__seconds(struct slice s)
{
	struct slice fraction = s, whole = slice_split(&fraction, '.');
	uint64_t v = 0;

	for (size_t i = 0; i < fraction.n; i++)
		if (!slice_is_digit(fraction.p[i]))
			return CC_ABSENT;
	if (whole.n == 0 || (fraction.p && fraction.n == 0))
		return CC_ABSENT;
	for (size_t i = 0; i < whole.n; i++) {
		if (!slice_is_digit(whole.p[i]))
			return CC_ABSENT;
		v = v * 10 + (uint64_t)(whole.p[i] - '0');
		if (v > (uint64_t)cache_control__seconds_max)
			v = (uint64_t)cache_control__seconds_max;
	}
	return (int64_t)v;
}

/* Adds a number, which is CC_ABSENT when malformed. */
static void cache_control__add_seconds(const struct cache_control__directive *d, int64_t v, struct cache_control *cc)
{
	int64_t *at = (int64_t *)(void *)((char *)cc + d->at);

	if (d->kind == CC__LIFETIME) {
		v = v == CC_ABSENT ? 0 : v;
		*at = *at == CC_ABSENT || v < *at ? v : *at;
	} else if (*at == CC_ABSENT) {
		*at = v;
	}
}

/* Adds no-cache="…" or private="…". A second list cannot be kept beside the first: the plain directive covers both. */
static void cache_control__add_fields(const struct cache_control__directive *d, struct slice names,
				      struct cache_control *cc)
{
	struct slice *at = (struct slice *)(void *)((char *)cc + d->fields);

	if (slice_trim(names).n == 0 || at->p != NULL)
		*((bool *)cc + d->at) = true;
	else
		*at = names;
}

/* Adds one directive of the list syntax, "name" or "name=argument". */
static void cache_control__add(struct slice element, struct cache_control *cc)
{
	struct slice argument = element, name = slice_split(&argument, '=');
	const struct cache_control__directive *d = cache_control__find(slice_trim(name));
	struct slice value;
	bool good = cache_control__argument(argument, &value);

	if (!d)
		return;
	if (slice_trim(name).n != name.n)
		good = false;
	switch (d->kind) {
	case CC__FLAG:
		*((bool *)cc + d->at) = true;
		break;
	case CC__FIELDS:
		if (good)
			cache_control__add_fields(d, value, cc);
		else
			*((bool *)cc + d->at) = true;
		break;
	case CC__SECONDS:
		if (argument.p == NULL && d->at == CC__AT(max_stale))
			cache_control__add_seconds(d, cache_control__seconds_max, cc);
		else if (good)
			cache_control__add_seconds(d, cache_control__seconds(value), cc);
		break;
	case CC__LIFETIME:
		cache_control__add_seconds(d, good ? cache_control__seconds(value) : CC_ABSENT, cc);
		break;
	}
}

void cache_control_parse(const struct field *fields, size_t n, enum field_id id, struct cache_control *ret)
{
	*ret = cache_control__empty;
	for (size_t i = 0; i < n; i++) {
		struct slice rest = fields[i].value, element;
		if (fields[i].id != (uint16_t)id)
			continue;
		ret->present = true;
		while (field_list_next(&rest, &element))
			cache_control__add(element, ret);
	}
}

/* Sets one member of a dictionary, over an earlier one of that name. Returns false when its type is not the
 * directive's. */
static bool cache_control__set(struct slice key, const struct sf_item *item, struct cache_control *cc)
{
	const struct cache_control__directive *d = cache_control__find(key);

	if (!d)
		return true;
	if (d->kind == CC__SECONDS || d->kind == CC__LIFETIME) {
		int64_t *at = (int64_t *)(void *)((char *)cc + d->at), v = item->integer;
		bool any = d->at == CC__AT(max_stale) && item->type == SF_BOOLEAN && v == 1;
		if (any)
			v = cache_control__seconds_max;
		*at = v < 0 ? 0 : v > cache_control__seconds_max ? cache_control__seconds_max : v;
		return any || item->type == SF_INTEGER;
	}
	bool *flag = (bool *)cc + d->at;
	*flag = item->type == SF_BOOLEAN && item->integer;
	if (d->kind == CC__FIELDS) {
		struct slice *names = (struct slice *)(void *)((char *)cc + d->fields);
		*names = slice_of(NULL, 0);
		if (item->type == SF_STRING) {
			cache_control__add_fields(d, item->text, cc);
			return true;
		}
	}
	return item->type == SF_BOOLEAN;
}

bool cache_control_parse_targeted(const struct field *fields, size_t n, enum field_id id, struct cache_control *ret)
{
	struct cache_control cc = cache_control__empty;

	*ret = cache_control__empty;
	for (size_t i = 0; i < n; i++) {
		struct slice key;
		struct sf_item item;
		if (fields[i].id != (uint16_t)id)
			continue;
		struct sf_dict dict = sf_dict_of(fields[i].value);
		while (sf_dict_next(&dict, &key, &item)) {
			cc.present = true;
			if (!cache_control__set(key, &item, &cc))
				return false;
		}
		if (dict.bad)
			return false;
	}
	if (cc.present)
		*ret = cc;
	return cc.present;
}
