/* SPDX-License-Identifier: Apache-2.0 */
/* purge_order: see purge_order.h. Source of the forms and their limits: Cloudflare, cache/how-to/purge-cache. */
#include "model/purge_order.h"

#include "base/mem.h"
#include "model/json_read.h"
#include "wire/uri.h"

enum {
	PURGE_ORDER__MEMORY = 16 << 20,
	PURGE_ORDER__TAG_BYTES_MAX = 1024,
	PURGE_ORDER__URL_BYTES_MAX = 32768,
	PURGE_ORDER__SEGMENTS_MAX = 31
};

static const struct json_read_member purge_order__members[] = {
	{ "purge_everything", JSON_READ_BOOL, false },
	{ "files", JSON_READ_ARRAY, false },
	{ "tags", JSON_READ_ARRAY, false },
	{ "hosts", JSON_READ_ARRAY, false },
	{ "prefixes", JSON_READ_ARRAY, false },
	{ NULL, JSON_READ_BOOL, false },
};

static const struct json_read_member purge_order__command_members[] = {
	{ "zone", JSON_READ_STRING, true },  { "id", JSON_READ_INT, true },
	{ "soft", JSON_READ_BOOL, true },    { "purge_everything", JSON_READ_BOOL, false },
	{ "files", JSON_READ_ARRAY, false }, { "tags", JSON_READ_ARRAY, false },
	{ "hosts", JSON_READ_ARRAY, false }, { "prefixes", JSON_READ_ARRAY, false },
	{ NULL, JSON_READ_BOOL, false },
};

static const struct json_read_member purge_order__file_members[] = {
	{ "url", JSON_READ_STRING, true },
	{ "headers", JSON_READ_OBJECT, false },
	{ NULL, JSON_READ_BOOL, false },
};

static const char *const purge_order__lists[] = {
	[PURGE_ORDER_EVERYTHING] = "purge_everything",
	[PURGE_ORDER_FILES] = "files",
	[PURGE_ORDER_TAGS] = "tags",
	[PURGE_ORDER_HOSTS] = "hosts",
	[PURGE_ORDER_PREFIXES] = "prefixes",
};

enum { PURGE_ORDER__LISTS = sizeof purge_order__lists / sizeof purge_order__lists[0] };

static enum err purge_order__host(const struct json_read *r, struct purge_order *o, struct slice text,
				  struct slice *ret)
{
	struct uri_host host;

	if (uri_host_parse(text, &host) != OK || host.is_ip)
		return json_read_fail(r, "\"%.*s\" is not a host name; give one like \"www.%.*s\"",
				      SLICE_ARG(slice_first(text, 80)), SLICE_ARG(o->zone));
	char *out = arena_alloc(&o->arena, host.name.n + 1);
	if (!out)
		return ERR_MEMORY;
	*ret = uri_host_canonical(host.name, out);
	if (slice_eq(*ret, o->zone) ||
	    (ret->n > o->zone.n + 1 && slice_ends(*ret, o->zone) && ret->p[ret->n - o->zone.n - 1] == '.'))
		return OK;
	return json_read_fail(r, "\"%.*s\" is not inside the zone \"%.*s\"", SLICE_ARG(slice_first(*ret, 80)),
			      SLICE_ARG(o->zone));
}

/* Bytes that a browser never sends as they are in a request target. */
static bool purge_order__is_escaped(char c)
{
	return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f || c == '"' || c == '<' || c == '>';
}

static enum err purge_order__target(struct purge_order *o, struct slice text, struct slice *ret)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = arena_alloc(&o->arena, text.n * 3 + 1);
	size_t n = 0;

	if (!out)
		return ERR_MEMORY;
	if (text.n == 0 || text.p[0] != '/')
		out[n++] = '/';
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (!purge_order__is_escaped(text.p[i])) {
			out[n++] = text.p[i];
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[c >> 4];
		out[n++] = digits[c & 15];
	}
	*ret = slice_of(out, n);
	return OK;
}

static enum err purge_order__url(const struct json_read *r, struct purge_order *o, struct slice url,
				 struct purge_order_item *ret)
{
	struct slice rest = url, host;
	size_t at = 0;

	if (url.n > PURGE_ORDER__URL_BYTES_MAX)
		return json_read_fail(r, "is longer than %d bytes", PURGE_ORDER__URL_BYTES_MAX);
	if (slice_starts_nocase(rest, SLICE("http://")))
		rest = slice_from(rest, sizeof "http://" - 1);
	else if (slice_starts_nocase(rest, SLICE("https://")))
		rest = slice_from(rest, sizeof "https://" - 1);
	else
		return json_read_fail(r, "\"%.*s\" must be a whole URL, beginning with http:// or https://",
				      SLICE_ARG(slice_first(url, 80)));
	if (slice_ends(url, SLICE("/*")))
		return json_read_fail(r, "URLs have no wildcards; purge \"prefixes\" for everything below a path");
	rest = slice_split(&rest, '#');
	while (at < rest.n && rest.p[at] != '/' && rest.p[at] != '?')
		at++;
	host = slice_first(rest, at);
	TRY(purge_order__host(r, o, host, &ret->host));
	return purge_order__target(o, slice_from(rest, at), &ret->path);
}

static enum err purge_order__headers(struct json_read *r, struct purge_order *o, const json_t *headers,
				     struct purge_order_item *ret)
{
	size_t n = json_object_size(headers), mark = json_read_in(r, "headers");
	struct field *fields = arena_alloc(&o->arena, n * sizeof *fields + 1);
	const char *name;
	json_t *value;

	if (n > PURGE_ORDER_HEADERS_MAX)
		return json_read_fail(r, "holds %zu headers, at most %d", n, PURGE_ORDER_HEADERS_MAX);
	if (!fields)
		return ERR_MEMORY;
	ret->fields = fields;
	json_object_foreach((json_t *)(uintptr_t)headers, name, value)
	{
		size_t member = json_read_in(r, name);
		struct slice text = json_read_string(value);
		if (!field_is_token(slice_str(name)))
			return json_read_fail(r, "is not a header name");
		if (!json_is_string(value) || !field_is_value(text))
			return json_read_fail(r, "must be a string that can be the value of a header");
		fields[ret->fields_n].name = arena_copy(&o->arena, slice_str(name));
		fields[ret->fields_n].value = arena_copy(&o->arena, slice_trim(text));
		fields[ret->fields_n++].id = (uint16_t)field_lookup(slice_str(name));
		json_read_out(r, member);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err purge_order__file(struct json_read *r, struct purge_order *o, const json_t *v,
				  struct purge_order_item *ret)
{
	if (json_is_string(v))
		return purge_order__url(r, o, json_read_string(v), ret);
	if (!json_is_object(v))
		return json_read_fail(r, "must be a URL, or an object with url and headers");
	TRY(json_read_object(r, v, purge_order__file_members));
	size_t mark = json_read_in(r, "url");
	TRY(purge_order__url(r, o, json_read_string(json_object_get(v, "url")), ret));
	json_read_out(r, mark);
	return purge_order__headers(r, o, json_object_get(v, "headers"), ret);
}

static enum err purge_order__tag(const struct json_read *r, struct purge_order *o, struct slice tag,
				 struct purge_order_item *ret)
{
	if (tag.n == 0 || tag.n > PURGE_ORDER__TAG_BYTES_MAX)
		return json_read_fail(r, "must have 1 to %d characters", PURGE_ORDER__TAG_BYTES_MAX);
	for (size_t i = 0; i < tag.n; i++)
		if (tag.p[i] <= ' ' || tag.p[i] > '~' || tag.p[i] == ',')
			return json_read_fail(r, "must be printable ASCII without spaces and commas");
	ret->tag = arena_copy(&o->arena, tag);
	return OK;
}

static enum err purge_order__prefix(const struct json_read *r, struct purge_order *o, struct slice text,
				    struct purge_order_item *ret)
{
	size_t at = slice_find(text, '/'), segments = 0;
	struct slice path = at == SIZE_MAX ? slice_of(NULL, 0) : slice_from(text, at);

	if (text.n > PURGE_ORDER__URL_BYTES_MAX)
		return json_read_fail(r, "is longer than %d bytes", PURGE_ORDER__URL_BYTES_MAX);
	if (slice_contains(slice_first(text, 16), SLICE("://")) || slice_find(text, '?') != SIZE_MAX ||
	    slice_find(text, '#') != SIZE_MAX)
		return json_read_fail(r, "\"%.*s\" must be a host and a path, without scheme, query and fragment",
				      SLICE_ARG(slice_first(text, 80)));
	for (size_t i = 0; i + 1 < path.n; i++)
		segments += path.p[i] == '/' && path.p[i + 1] != '/';
	if (segments > PURGE_ORDER__SEGMENTS_MAX)
		return json_read_fail(r, "has %zu path segments, at most %d", segments, PURGE_ORDER__SEGMENTS_MAX);
	TRY(purge_order__host(r, o, slice_first(text, at), &ret->host));
	return path.n ? purge_order__target(o, path, &ret->path) : OK;
}

static enum err purge_order__item(struct json_read *r, struct purge_order *o, const json_t *v,
				  struct purge_order_item *ret)
{
	if (o->by == PURGE_ORDER_FILES)
		return purge_order__file(r, o, v, ret);
	if (!json_is_string(v))
		return json_read_fail(r, "must be a string");
	if (o->by == PURGE_ORDER_TAGS)
		return purge_order__tag(r, o, json_read_string(v), ret);
	if (o->by == PURGE_ORDER_HOSTS)
		return purge_order__host(r, o, json_read_string(v), &ret->host);
	return purge_order__prefix(r, o, json_read_string(v), ret);
}

static enum err purge_order__by(const struct json_read *r, const json_t *body, struct purge_order *o)
{
	size_t given = 0;

	for (size_t i = 0; i < PURGE_ORDER__LISTS; i++) {
		if (!json_object_get(body, purge_order__lists[i]))
			continue;
		o->by = (enum purge_order_by)i;
		given++;
	}
	if (given != 1)
		return json_read_fail(r, "needs exactly one of purge_everything, files, tags, hosts, prefixes");
	return OK;
}

static enum err purge_order__read(struct json_read *r, const json_t *body, struct purge_order *o)
{
	const json_t *list;
	size_t n, mark;

	TRY(purge_order__by(r, body, o));
	list = json_object_get(body, purge_order__lists[o->by]);
	mark = json_read_in(r, purge_order__lists[o->by]);
	if (o->by == PURGE_ORDER_EVERYTHING)
		return json_is_true(list) ? OK : json_read_fail(r, "must be true when it is given");
	n = json_array_size(list);
	if (n == 0 || n > PURGE_ORDER_ITEMS_MAX)
		return json_read_fail(r, "holds %zu elements; 1 to %d can be purged in one call", n,
				      PURGE_ORDER_ITEMS_MAX);
	o->items = arena_zalloc(&o->arena, n * sizeof *o->items);
	if (!o->items)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(r, i);
		TRY(purge_order__item(r, o, json_array_get(list, i), &o->items[i]));
		json_read_out(r, element);
	}
	o->items_n = n;
	json_read_out(r, mark);
	return arena_full(&o->arena) ? ERR_MEMORY : OK;
}

static struct purge_order *purge_order__new(struct slice zone)
{
	struct purge_order *o = mem_alloc(sizeof *o);

	arena_pool_init(&o->pool, 0);
	arena_init(&o->arena, &o->pool, PURGE_ORDER__MEMORY);
	o->zone = arena_copy(&o->arena, zone);
	return o;
}

static enum err purge_order__end(struct purge_order *o, enum err e, struct purge_order **ret, struct diag *d)
{
	if (e == OK) {
		*ret = o;
		return OK;
	}
	purge_order_free(o);
	return e == ERR_MEMORY ? diag_set(d, e, NULL, "the order is too large; purge it in several calls") : e;
}

enum err purge_order_of_body(const struct json_t *body, struct slice zone, struct purge_order **ret, struct diag *d)
{
	struct json_read r = json_read_at_root(d);
	struct purge_order *o;

	TRY(json_read_object(&r, body, purge_order__members));
	o = purge_order__new(zone);
	return purge_order__end(o, purge_order__read(&r, body, o), ret, d);
}

enum err purge_order_of_command(struct slice json, struct purge_order **ret, struct diag *d)
{
	static const int64_t ids[2] = { 0, INT64_MAX };
	struct json_read r = json_read_at_root(d);
	struct purge_order *o;
	int64_t id = 0;
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = json_read_object(&r, root, purge_order__command_members);
	if (e == OK)
		e = json_read_int(&r, root, "id", ids, &id);
	if (e == OK) {
		o = purge_order__new(json_read_string(json_object_get(root, "zone")));
		o->id = (uint64_t)id;
		o->soft = json_read_bool(root, "soft", false);
		e = purge_order__end(o, purge_order__read(&r, root, o), ret, d);
	}
	json_decref(root);
	return e;
}

void purge_order_free(struct purge_order *o)
{
	if (!o)
		return;
	arena_reset(&o->arena);
	arena_pool_fini(&o->pool);
	mem_free(o);
}
