/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head: the stored head of an answer, one allocation: the array of fields, visible ones before inward ones, then their
 * lines as HTTP/1 sends them, then the vary names and key. Slices of the fields point into the lines.
 */
#include "base/mem.h"
#include "base/text.h"
#include "cache/object.h"
#include "wire/date.h"

/* One head while it is measured and built. */
struct head__build {
	const struct head__source *s;
	struct field *fields;
	size_t fields_n, inward_n, lines_bytes, inward_bytes;
	struct field date; /* made here when the origin sent none */
	char date_text[DATE_BYTES];
	char vary[CACHE__VARY_BYTES_MAX]; /* names, then key */
	size_t names_n, key_n;
};

static bool head__wants(const struct head__build *b, const struct field *f)
{
	return cache_field_is_stored(f, b->s->fields, b->s->fields_n, b->s->cc);
}

static size_t head__line_bytes(const struct field *f)
{
	return f->name.n + f->value.n + sizeof ": \r\n" - 1;
}

static void head__count(struct head__build *b, const struct field *f)
{
	if (cache_field_is_inward(f->id)) {
		b->inward_n++;
		b->inward_bytes += head__line_bytes(f);
	} else {
		b->fields_n++;
		b->lines_bytes += head__line_bytes(f);
	}
}

static void head__measure(struct head__build *b)
{
	const struct head__source *s = b->s;

	for (size_t i = 0; i < s->fields_n; i++)
		if (head__wants(b, &s->fields[i]))
			head__count(b, &s->fields[i]);
	if (field_find(s->fields, s->fields_n, FIELD_DATE) || s->response_s < 0)
		return;
	/* RFC 9110 6.6.1: a recipient with a clock adds the time of receipt. */
	date_print(s->response_s, b->date_text);
	b->date = (struct field){ SLICE("Date"), slice_of(b->date_text, DATE_BYTES), FIELD_DATE };
	head__count(b, &b->date);
}

static enum err head__vary(struct head__build *b)
{
	const struct head__source *s = b->s;

	b->names_n = cache_vary_names(s->fields, s->fields_n, b->vary, sizeof b->vary);
	if (b->names_n == SIZE_MAX)
		return ERR_HEAD_LARGE;
	b->key_n = cache_vary_key_of(slice_of(b->vary, b->names_n), s->q->fields, s->q->fields_n, b->vary + b->names_n,
				     sizeof b->vary - b->names_n);
	return b->key_n == SIZE_MAX ? ERR_HEAD_LARGE : OK;
}

/* Writes the line and points *ret into it. */
static void head__write(struct text *t, const struct field *f, struct field *ret)
{
	ret->id = f->id;
	ret->name = slice_of(t->p + t->n, f->name.n);
	text_add(t, f->name);
	text_add(t, SLICE(": "));
	ret->value = slice_of(t->p + t->n, f->value.n);
	text_add(t, f->value);
	text_add(t, SLICE("\r\n"));
}

static void head__fill(struct head__build *b, struct text *t)
{
	const struct head__source *s = b->s;
	struct field *out = b->fields;

	for (size_t i = 0; i < s->fields_n; i++)
		if (!cache_field_is_inward(s->fields[i].id) && head__wants(b, &s->fields[i]))
			head__write(t, &s->fields[i], out++);
	if (b->date.name.n)
		head__write(t, &b->date, out++);
	for (size_t i = 0; i < s->fields_n; i++)
		if (cache_field_is_inward(s->fields[i].id) && head__wants(b, &s->fields[i]))
			head__write(t, &s->fields[i], out++);
}

static struct slice head__value(const struct cache_view *v, enum field_id id)
{
	const struct field *f = field_find(v->fields, v->fields_n, id);

	return f ? f->value : slice_of(NULL, 0);
}

/* Content-Language when it is one language. */
static struct slice head__language(const struct cache_view *v)
{
	const struct field *f = field_find_name(v->fields, v->fields_n, SLICE("content-language"));

	return f && slice_find(f->value, ',') == SIZE_MAX ? f->value : slice_of(NULL, 0);
}

static void head__view(struct cache_object *o, const struct head__build *b, const struct text *t)
{
	struct cache_view *v = &o->first_view;

	v->status = b->s->status;
	v->fields = b->fields;
	v->fields_n = b->fields_n;
	v->inward = b->fields + b->fields_n;
	v->inward_n = b->inward_n;
	v->h1_fields = slice_of(t->p, b->lines_bytes);
	v->etag = head__value(v, FIELD_ETAG);
	v->last_modified = head__value(v, FIELD_LAST_MODIFIED);
	v->meta = &o->meta;
	v->stored_s = b->s->stored_s > 0 ? (uint64_t)b->s->stored_s : 0;
	o->content_language = head__language(v);
}

enum err head__build(struct cache_object *o, const struct head__source *s, const struct cache_meta *meta)
{
	struct head__build b = { .s = s };
	size_t fields_bytes, text_bytes;
	struct text t;
	enum err e;

	CHECK(o->head == NULL);
	e = head__vary(&b);
	if (e != OK)
		return e;
	head__measure(&b);
	fields_bytes = (b.fields_n + b.inward_n) * sizeof *b.fields;
	text_bytes = b.lines_bytes + b.inward_bytes + b.names_n + b.key_n;
	e = evict__reserve(o->cache, fields_bytes + text_bytes + CACHE__ALLOC_BYTES);
	if (e != OK)
		return e;
	o->head = mem_try(fields_bytes + text_bytes + 1);
	if (!o->head) {
		evict__uncharge(o->cache, fields_bytes + text_bytes + CACHE__ALLOC_BYTES);
		return ERR_MEMORY;
	}
	o->charged += fields_bytes + text_bytes + CACHE__ALLOC_BYTES;
	b.fields = o->head;
	t = text_of((char *)o->head + fields_bytes, text_bytes);
	head__fill(&b, &t);
	o->vary_names = slice_of(t.p + t.n, b.names_n);
	o->vary_key = slice_of(t.p + t.n + b.names_n, b.key_n);
	text_add(&t, slice_of(b.vary, b.names_n + b.key_n));
	CHECK(!t.bad && t.n == text_bytes);
	o->meta = *meta;
	head__view(o, &b, &t);
	if (b.key_n)
		o->ghost_hash = o->hash ^ hash_bytes(&o->cache->key, o->vary_key);
	return OK;
}
