/* SPDX-License-Identifier: Apache-2.0 */
/* key: primary cache keys; prototypes in decide.h. Parts are kept apart by a NUL, which is in none of them. */
#include "base/text.h"
#include "cache/decide.h"
#include "cache/static_path.h"
#include "wire/uri.h"

#include <stdlib.h>

enum { KEY__PARAMS_MAX = 256 };

static int key__compare(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	int d = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return d ? d : (x->n > y->n) - (x->n < y->n);
}

/* Whether the parameter is part of the key. */
static bool key__keeps(const struct cache_key_rule *k, struct slice param)
{
	struct slice name = slice_split(&param, '=');
	bool listed = false;

	if (!k || k->query == CACHE_KEY_QUERY_ALL)
		return true;
	for (size_t i = 0; i < k->params_n && !listed; i++)
		listed = slice_eq(k->names[i], name);
	return listed == (k->query == CACHE_KEY_QUERY_ONLY);
}

/*
 * The path with those parameters that are part of the key, in order of bytes when they are sorted; as it is when there
 * are more than KEY__PARAMS_MAX.
 */
static void key__query(struct text *t, const struct cache_policy *p, struct slice path)
{
	struct slice params[KEY__PARAMS_MAX], rest = uri_query(path);
	size_t n = 0;

	if (p->key && p->key->query == CACHE_KEY_QUERY_NONE) {
		text_add(t, uri_path(path));
		return;
	}
	while (rest.p && n < KEY__PARAMS_MAX) {
		params[n] = slice_split(&rest, '&');
		n += key__keeps(p->key, params[n]);
	}
	if (rest.p) {
		text_add(t, path);
		return;
	}
	if (p->sort_query || (p->key && p->key->sort))
		qsort(params, n, sizeof params[0], key__compare);
	text_add(t, uri_path(path));
	for (size_t i = 0; i < n; i++) {
		text_byte(t, i ? '&' : '?');
		text_add(t, params[i]);
	}
}

size_t cache_key(const struct cache_policy *p, struct slice scheme, struct slice host, struct slice path, char *out,
		 size_t cap)
{
	struct text t = text_of(out, cap);

	if (p->level == CACHE_LEVEL_SIMPLIFIED && static_path__is(path))
		path = uri_path(path);
	text_add(&t, scheme);
	text_byte(&t, 0);
	text_add(&t, host);
	text_byte(&t, 0);
	if (p->sort_query || p->key)
		key__query(&t, p, path);
	else
		text_add(&t, path);
	return t.bad ? SIZE_MAX : t.n;
}

/* Cloudflare's default key has these beside the URI (cache/how-to/cache-keys). */
static const struct slice key__names[] = {
	SLICE_INIT("x-http-method-override"),
	SLICE_INIT("x-http-method"),
	SLICE_INIT("x-method-override"),
	SLICE_INIT("x-forwarded-host"),
	SLICE_INIT("x-host"),
	SLICE_INIT("x-original-url"),
	SLICE_INIT("x-rewrite-url"),
	SLICE_INIT("x-forwarded-scheme"),
	SLICE_INIT("forwarded"),
};

static bool key__is_plain_scheme(struct slice value)
{
	return slice_eq_nocase(value, SLICE("http")) || slice_eq_nocase(value, SLICE("https"));
}

/* The place in key__names, or SIZE_MAX. Nearly all fields are ruled out by their number or first byte. */
static size_t key__find(const struct field *f)
{
	if (f->id != FIELD_OTHER && f->id != FIELD_X_FORWARDED_HOST && f->id != FIELD_X_HTTP_METHOD_OVERRIDE)
		return SIZE_MAX;
	if (f->name.n == 0 || (slice_lower(f->name.p[0]) != 'x' && slice_lower(f->name.p[0]) != 'f'))
		return SIZE_MAX;
	for (size_t i = 0; i < sizeof key__names / sizeof key__names[0]; i++)
		if (slice_eq_nocase(f->name, key__names[i]))
			return slice_starts(key__names[i], SLICE("x-forwarded-s")) && key__is_plain_scheme(f->value)
				       ? SIZE_MAX
				       : i;
	return SIZE_MAX;
}

size_t cache_key_fields(const struct field *fields, size_t fields_n, char *out, size_t n, size_t cap)
{
	if (n > cap)
		return SIZE_MAX;
	struct text t = text_of(out, cap);
	t.n = n;
	for (size_t i = 0; i < fields_n; i++) {
		size_t at = key__find(&fields[i]);
		if (at == SIZE_MAX)
			continue;
		text_byte(&t, 0);
		text_add(&t, key__names[at]);
		text_byte(&t, ':');
		text_add(&t, fields[i].value);
	}
	return t.bad ? SIZE_MAX : t.n;
}
