/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_rule: what a rule adds to a key; prototypes in decide.h. Each part begins with a NUL: "name:value" of a field,
 * "?name" of one that is there, "cookie/…" likewise, "lang/de", "device/mobile". A part of something absent is left
 * out, which is distinct from an empty value.
 */
#include "base/text.h"
#include "cache/decide.h"

/* All lines of a field as one value. */
static void key_rule__field(struct text *t, struct slice name, const struct field *fields, size_t n, bool value)
{
	size_t lines = 0;

	for (size_t i = 0; i < n; i++) {
		if (!slice_eq_nocase(fields[i].name, name))
			continue;
		if (lines++ == 0) {
			text_byte(t, 0);
			if (!value)
				text_byte(t, '?');
			text_add(t, name);
			if (!value)
				return;
			text_byte(t, ':');
		} else {
			text_byte(t, ',');
		}
		text_add(t, fields[i].value);
	}
}

/* The first cookie of that name (RFC 6265 5.4). */
static void key_rule__cookie(struct text *t, struct slice name, const struct field *fields, size_t n, bool value)
{
	for (size_t i = 0; i < n; i++) {
		struct slice rest = fields[i].value;
		while (fields[i].id == FIELD_COOKIE && rest.p) {
			struct slice pair = slice_trim(slice_split(&rest, ';')), own = slice_split(&pair, '=');
			if (!slice_eq(own, name))
				continue;
			text_byte(t, 0);
			text_add(t, value ? SLICE("cookie/") : SLICE("cookie/?"));
			text_add(t, name);
			if (value) {
				text_byte(t, ':');
				text_add(t, pair);
			}
			return;
		}
	}
}

/* The first language that the visitor names, without its region. */
static void key_rule__language(struct text *t, const struct field *fields, size_t n)
{
	const struct field *f = field_find(fields, n, FIELD_ACCEPT_LANGUAGE);
	struct slice rest, first;

	if (!f)
		return;
	rest = f->value;
	first = slice_split(&rest, ',');
	first = slice_trim(slice_split(&first, ';'));
	text_byte(t, 0);
	text_add(t, SLICE("lang/"));
	for (size_t i = 0; i < first.n && first.p[i] != '-'; i++)
		text_byte(t, slice_lower(first.p[i]));
}

static bool key_rule__has(struct slice agent, struct slice word)
{
	for (size_t i = 0; i + word.n <= agent.n; i++)
		if (slice_eq_nocase(slice_of(agent.p + i, word.n), word))
			return true;
	return false;
}

struct slice cache_key_device(const struct field *fields, size_t fields_n)
{
	const struct field *f = field_find(fields, fields_n, FIELD_USER_AGENT);
	struct slice agent = f ? f->value : slice_of(NULL, 0);
	bool android = key_rule__has(agent, SLICE("android")), mobile = key_rule__has(agent, SLICE("mobi"));

	if (key_rule__has(agent, SLICE("ipad")) || key_rule__has(agent, SLICE("tablet")) || (android && !mobile))
		return SLICE("tablet");
	return mobile || key_rule__has(agent, SLICE("iphone")) ? SLICE("mobile") : SLICE("desktop");
}

size_t cache_key_rule(const struct cache_policy *p, const struct field *fields, size_t fields_n, char *out, size_t n,
		      size_t cap)
{
	const struct cache_key_rule *k = p->key;
	struct text t = text_of(out, cap);
	size_t at;

	if (!k || n == SIZE_MAX)
		return n;
	t.n = n;
	at = k->params_n;
	for (size_t i = 0; i < k->headers_n; i++)
		key_rule__field(&t, k->names[at++], fields, fields_n, true);
	for (size_t i = 0; i < k->present_n; i++)
		key_rule__field(&t, k->names[at++], fields, fields_n, false);
	for (size_t i = 0; i < k->cookies_n; i++)
		key_rule__cookie(&t, k->names[at++], fields, fields_n, true);
	for (size_t i = 0; i < k->cookies_present_n; i++)
		key_rule__cookie(&t, k->names[at++], fields, fields_n, false);
	if (k->lang)
		key_rule__language(&t, fields, fields_n);
	if (k->device) {
		text_byte(&t, 0);
		text_add(&t, SLICE("device/"));
		text_add(&t, cache_key_device(fields, fields_n));
	}
	return t.bad ? SIZE_MAX : t.n;
}
