/* SPDX-License-Identifier: Apache-2.0 */
/* json_read: see json_read.h. */
#include "model/json_read.h"

#include <stdarg.h>
#include <stdio.h>

enum err json_read_parse(struct slice text, struct diag *d, json_t **ret_root)
{
	json_error_t e;
	char where[32];

	json_t *root = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &e);
	if (root) {
		*ret_root = root;
		return OK;
	}
	if (json_error_code(&e) == json_error_out_of_memory)
		return diag_set(d, ERR_MEMORY, NULL, "%s", err_text(ERR_MEMORY));
	snprintf(where, sizeof where, "%d:%d", e.line > 0 ? e.line : 1, e.column > 0 ? e.column : 1);
	return diag_set(d, ERR_PLAN, where, "%s", e.text);
}

struct json_read json_read_at_root(struct diag *d)
{
	return (struct json_read){ .d = d };
}

static size_t json_read__push(struct json_read *r, const char *text)
{
	size_t mark = r->path_n, room = sizeof r->path - mark;
	int n = snprintf(r->path + mark, room, "%s", text);

	r->path_n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
	return mark;
}

size_t json_read_in(struct json_read *r, const char *member)
{
	size_t mark = r->path_n;

	if (r->path_n)
		json_read__push(r, ".");
	json_read__push(r, member);
	return mark;
}

size_t json_read_in_index(struct json_read *r, size_t index)
{
	char text[24];

	snprintf(text, sizeof text, "[%zu]", index);
	return json_read__push(r, text);
}

void json_read_out(struct json_read *r, size_t mark)
{
	r->path_n = mark;
	r->path[mark] = '\0';
}

enum err json_read_fail(const struct json_read *r, const char *fmt, ...)
{
	char text[DIAG_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return diag_set(r->d, ERR_PLAN, r->path, "%s", text);
}

static bool json_read__is(const json_t *v, enum json_read_type type)
{
	switch (type) {
	case JSON_READ_STRING:
		return json_is_string(v);
	case JSON_READ_INT:
		return json_is_integer(v);
	case JSON_READ_BOOL:
		return json_is_boolean(v);
	case JSON_READ_OBJECT:
		return json_is_object(v);
	case JSON_READ_ARRAY:
		return json_is_array(v);
	}
	return false;
}

static const char *json_read__type_name(enum json_read_type type)
{
	static const char *const names[] = {
		[JSON_READ_STRING] = "a string",    [JSON_READ_INT] = "a whole number",
		[JSON_READ_BOOL] = "true or false", [JSON_READ_OBJECT] = "an object",
		[JSON_READ_ARRAY] = "an array",
	};
	return names[type];
}

static const struct json_read_member *json_read__find(const struct json_read_member *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static enum err json_read__unknown(struct json_read *r, const char *name, const struct json_read_member *table)
{
	char known[200] = "";
	size_t n = 0;

	for (; table->name && n < sizeof known; table++)
		n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", table->name);
	json_read_in(r, name);
	return json_read_fail(r, "is not known here; known are %s", known);
}

enum err json_read_object(struct json_read *r, const json_t *v, const struct json_read_member *table)
{
	const char *name;
	json_t *member;

	if (!json_is_object(v))
		return json_read_fail(r, "must be an object");
	/* jansson iterates through a non-const pointer without changing anything. */
	void *it = json_object_iter((json_t *)(uintptr_t)v);
	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)v, it)) {
		name = json_object_iter_key(it);
		member = json_object_iter_value(it);
		const struct json_read_member *row = json_read__find(table, name);
		if (!row)
			return json_read__unknown(r, name, table);
		if (!json_read__is(member, row->type)) {
			json_read_in(r, name);
			return json_read_fail(r, "must be %s", json_read__type_name(row->type));
		}
	}
	for (; table->name; table++) {
		if (table->required && !json_object_get(v, table->name)) {
			json_read_in(r, table->name);
			return json_read_fail(r, "is missing");
		}
	}
	return OK;
}

struct slice json_read_string(const json_t *v)
{
	return slice_of(json_string_value(v), json_string_length(v));
}

enum err json_read_int(struct json_read *r, const json_t *obj, const char *member, const int64_t range[static 2],
		       int64_t *ret)
{
	const json_t *v = json_object_get(obj, member);

	if (!v)
		return OK;
	int64_t n = json_integer_value(v);
	if (n < range[0] || n > range[1]) {
		json_read_in(r, member);
		return json_read_fail(r, "must be from %lld to %lld", (long long)range[0], (long long)range[1]);
	}
	*ret = n;
	return OK;
}

bool json_read_bool(const json_t *obj, const char *member, bool absent)
{
	const json_t *v = json_object_get(obj, member);

	return v ? json_is_true(v) : absent;
}

enum err json_read_choice(struct json_read *r, const json_t *obj, const char *member, const char *const *names,
			  int *ret)
{
	const json_t *v = json_object_get(obj, member);
	char known[160] = "";
	size_t n = 0;

	if (!v)
		return OK;
	for (int i = 0; names[i]; i++) {
		if (slice_eq(json_read_string(v), slice_str(names[i]))) {
			*ret = i;
			return OK;
		}
		if (n < sizeof known)
			n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n ? ", " : "", names[i]);
	}
	json_read_in(r, member);
	return json_read_fail(r, "\"%s\" is not one of %s", json_string_value(v), known);
}
