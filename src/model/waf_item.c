/* SPDX-License-Identifier: Apache-2.0 */
/* waf_item: see waf_item.h. Texts are copied out of the JSON tree one by one; files may hold any bytes. */
#include "model/waf_item.h"

#include "base/base64.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/json_read.h"

enum { WAF_ITEM__NAME_MAX = 64, WAF_ITEM__FILE_MAX = 16 << 20 };

static struct slice waf_item__dup(struct slice s)
{
	return slice_of(mem_dup(s), s.n);
}

static void waf_item__drop(struct slice *s)
{
	char *p;

	memcpy(&p, &s->p, sizeof p);
	mem_free(p);
	*s = slice_of(NULL, 0);
}

static void waf_item__drop_list(struct slice *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		waf_item__drop(&list[i]);
	mem_free(list);
}

void waf_item_free(struct waf_item *item)
{
	if (!item)
		return;
	waf_item__drop(&item->name);
	waf_item__drop_list(item->load, item->load_n);
	for (size_t i = 0; i < item->files_n; i++) {
		waf_item__drop(&item->files[i].path);
		waf_item__drop(&item->files[i].bytes);
	}
	for (size_t i = 0; i < item->globs_n; i++) {
		waf_item__drop(&item->globs[i].pattern);
		waf_item__drop_list(item->globs[i].paths, item->globs[i].paths_n);
	}
	mem_free(item->files);
	mem_free(item->globs);
	mem_free(item);
}

const struct waf_file *waf_item_file(const struct waf_item *item, struct slice path)
{
	for (size_t i = 0; i < item->files_n; i++)
		if (slice_eq(item->files[i].path, path))
			return &item->files[i];
	return NULL;
}

/* ---- reading ---- */

/* An array of strings. */
static enum err waf_item__texts(struct json_read *r, const json_t *obj, const char *member, struct slice **ret,
				size_t *ret_n)
{
	const json_t *list = json_object_get(obj, member);
	size_t n = json_array_size(list), mark = json_read_in(r, member);

	*ret = mem_alloc_array(n + 1, sizeof **ret);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		size_t element = json_read_in_index(r, i);
		if (!json_is_string(v))
			return json_read_fail(r, "must be a string");
		(*ret)[(*ret_n)++] = waf_item__dup(json_read_string(v));
		json_read_out(r, element);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err waf_item__bytes(struct json_read *r, const json_t *v, struct slice *ret)
{
	const json_t *text = json_object_get(v, "text"), *coded = json_object_get(v, "base64");
	struct buf b;

	if (!text == !coded)
		return json_read_fail(r, "must have either text or base64");
	if (text) {
		*ret = waf_item__dup(json_read_string(text));
		return OK;
	}
	buf_init(&b, WAF_ITEM__FILE_MAX);
	enum err e = base64_read(json_read_string(coded), &b);
	if (e == OK)
		*ret = waf_item__dup(buf_slice(&b));
	buf_fini(&b);
	return e == OK ? OK : json_read_fail(r, "base64: is no base64");
}

static enum err waf_item__files(struct json_read *r, const json_t *root, struct waf_item *item)
{
	static const struct json_read_member members[] = { { "path", JSON_READ_STRING, true },
							   { "text", JSON_READ_STRING, false },
							   { "base64", JSON_READ_STRING, false },
							   { NULL, JSON_READ_STRING, false } };
	const json_t *list = json_object_get(root, "files");
	size_t n = json_array_size(list), mark = json_read_in(r, "files");

	item->files = mem_alloc_array(n + 1, sizeof *item->files);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		size_t element = json_read_in_index(r, i);
		TRY(json_read_object(r, v, members));
		struct waf_file *f = &item->files[item->files_n];
		TRY(waf_item__bytes(r, v, &f->bytes));
		f->path = waf_item__dup(json_read_string(json_object_get(v, "path")));
		item->files_n++;
		json_read_out(r, element);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err waf_item__globs(struct json_read *r, const json_t *root, struct waf_item *item)
{
	static const struct json_read_member members[] = { { "pattern", JSON_READ_STRING, true },
							   { "paths", JSON_READ_ARRAY, true },
							   { NULL, JSON_READ_STRING, false } };
	const json_t *list = json_object_get(root, "globs");
	size_t n = json_array_size(list), mark = json_read_in(r, "globs");

	item->globs = mem_alloc_array(n + 1, sizeof *item->globs);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		size_t element = json_read_in_index(r, i);
		TRY(json_read_object(r, v, members));
		struct waf_glob *g = &item->globs[item->globs_n++];
		g->pattern = waf_item__dup(json_read_string(json_object_get(v, "pattern")));
		TRY(waf_item__texts(r, v, "paths", &g->paths, &g->paths_n));
		json_read_out(r, element);
	}
	json_read_out(r, mark);
	return OK;
}

/* What is to be loaded came along. */
static enum err waf_item__loadable(struct json_read *r, const struct waf_item *item)
{
	for (size_t i = 0; i < item->load_n; i++) {
		if (waf_item_file(item, item->load[i]))
			continue;
		json_read_in(r, "load");
		return json_read_fail(r, "names \"%.*s\", which is not among the files",
				      SLICE_ARG(slice_first(item->load[i], 200)));
	}
	return OK;
}

static enum err waf_item__read(const json_t *root, struct waf_item *item, struct diag *d)
{
	static const struct json_read_member members[] = {
		{ "kind", JSON_READ_STRING, true }, { "name", JSON_READ_STRING, true },
		{ "load", JSON_READ_ARRAY, true },  { "files", JSON_READ_ARRAY, true },
		{ "globs", JSON_READ_ARRAY, true }, { NULL, JSON_READ_STRING, false },
	};
	struct json_read r = json_read_at_root(d);

	TRY(json_read_object(&r, root, members));
	struct slice name = json_read_string(json_object_get(root, "name"));
	if (name.n == 0 || name.n > WAF_ITEM__NAME_MAX) {
		json_read_in(&r, "name");
		return json_read_fail(&r, "must have 1 to %d bytes", WAF_ITEM__NAME_MAX);
	}
	item->name = waf_item__dup(name);
	TRY(waf_item__texts(&r, root, "load", &item->load, &item->load_n));
	TRY(waf_item__files(&r, root, item));
	TRY(waf_item__loadable(&r, item));
	return waf_item__globs(&r, root, item);
}

enum err waf_item_from_json(struct slice json, struct waf_item **ret, struct diag *d)
{
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	struct waf_item *item = mem_alloc(sizeof *item);
	enum err e = waf_item__read(root, item, d);
	json_decref(root);
	if (e == OK)
		*ret = item;
	else
		waf_item_free(item);
	return e;
}

/* ---- writing ---- */

static void waf_item__put(struct buf *b, struct slice s)
{
	size_t cap = s.n * 6 + 2;
	char *at = buf_room(b, cap);
	struct text t = text_of(at, at ? cap : 0);

	text_json(&t, s);
	if (at && !t.bad)
		buf_commit(b, t.n);
}

static void waf_item__put_list(struct buf *b, const struct slice *list, size_t n)
{
	buf_add_byte(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_byte(b, ',');
		waf_item__put(b, list[i]);
	}
	buf_add_byte(b, ']');
}

static enum err waf_item__put_file(struct buf *b, const struct waf_file *f)
{
	bool plain = text_is_utf8(f->bytes) && (f->bytes.n == 0 || !memchr(f->bytes.p, 0, f->bytes.n));

	buf_printf(b, "{\"path\":");
	waf_item__put(b, f->path);
	buf_printf(b, plain ? ",\"text\":" : ",\"base64\":\"");
	if (plain)
		waf_item__put(b, f->bytes);
	else
		TRY(base64_write(f->bytes, b));
	buf_printf(b, plain ? "}" : "\"}");
	return OK;
}

enum err waf_item_write(const struct waf_item *item, struct buf *b)
{
	buf_printf(b, "{\"kind\":\"waf\",\"name\":");
	waf_item__put(b, item->name);
	buf_printf(b, ",\"load\":");
	waf_item__put_list(b, item->load, item->load_n);
	buf_printf(b, ",\"files\":[");
	for (size_t i = 0; i < item->files_n; i++) {
		if (i)
			buf_add_byte(b, ',');
		TRY(waf_item__put_file(b, &item->files[i]));
	}
	buf_printf(b, "],\"globs\":[");
	for (size_t i = 0; i < item->globs_n; i++) {
		buf_printf(b, i ? ",{\"pattern\":" : "{\"pattern\":");
		waf_item__put(b, item->globs[i].pattern);
		buf_printf(b, ",\"paths\":");
		waf_item__put_list(b, item->globs[i].paths, item->globs[i].paths_n);
		buf_add_byte(b, '}');
	}
	buf_printf(b, "]}");
	return b->full ? ERR_QUEUE_FULL : OK;
}
