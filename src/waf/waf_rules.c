/* SPDX-License-Identifier: Apache-2.0 */
/* waf_rules: see waf_rules.h. */
#include "waf/waf_rules.h"

#include "base/mem.h"
#include "model/waf_item.h"
#include "waf/eval.h"
#include "waf/rule_files.h"

#include <stdio.h>

static const char waf_rules__base[] = "seawall/base.conf", waf_rules__breaches[] = "seawall/known-breaches.conf";

/* ---- loading ---- */

static enum err waf_rules__file(struct seclang *l, const struct seclang_source *source, struct slice path,
				struct diag *d)
{
	char file[SECLANG_PATH_BYTES];
	struct slice text;

	if (!source || !slice_cstr(path, file, sizeof file))
		return diag_set(d, ERR_CONFIG, NULL, "%.*s: cannot be read here", SLICE_ARG(slice_first(path, 200)));
	enum err e = source->read(source->ctx, file, &text);
	if (e != OK)
		return diag_set(d, e, file, "cannot be read: %s", err_text(e));
	return seclang_load(l, text, file, d);
}

static enum err waf_rules__load(struct rule_set *set, const struct seclang_source *source, const struct slice *load,
				size_t load_n, struct diag *d)
{
	struct seclang *l = seclang_new(set, source);
	enum err e = seclang_load(l, rules_base_conf, waf_rules__base, d);

	if (e == OK)
		e = seclang_load(l, rules_known_breaches_conf, waf_rules__breaches, d);
	for (size_t i = 0; e == OK && i < load_n; i++)
		e = waf_rules__file(l, source, load[i], d);
	if (e == OK)
		e = seclang_finish(l, d);
	seclang_free(l);
	return e;
}

static enum waf_part waf_rules__part(const struct rule *r)
{
	if (strcmp(r->file, waf_rules__base) == 0)
		return WAF_PART_BASE;
	return strcmp(r->file, waf_rules__breaches) == 0 ? WAF_PART_BREACHES : WAF_PART_FILES;
}

static void waf_rules__sort(struct waf_rules *w)
{
	const struct rule_set *set = w->set;

	w->parts = mem_alloc(set->rules_n + 1);
	for (int p = 0; p < WAF_PART_COUNT; p++)
		w->bits[p] = mem_alloc(set->rules_n / 8 + 1);
	for (size_t i = 0; i < set->rules_n; i++) {
		const struct rule *r = set->rules[i];
		enum waf_part part = waf_rules__part(r);
		w->parts[r->index] = (uint8_t)part;
		if (r->is_marker)
			continue;
		w->bits[part][r->index >> 3] |= (uint8_t)(1u << (r->index & 7));
		w->rules_n[part]++;
	}
}

/* What an empty request ends up with: the files set it in one of several ways. */
static unsigned waf_rules__level(const struct rule_set *set)
{
	static const struct slice names[] = { SLICE_INIT("detection_paranoia_level"),
					      SLICE_INIT("executing_paranoia_level"), SLICE_INIT("paranoia_level") };
	const struct eval_request q = { .method = SLICE("GET"), .target = SLICE("/"), .protocol = SLICE("HTTP/1.1") };
	enum { BYTES = 4 << 20 };
	struct eval_scratch scratch;
	struct eval_verdict v;
	struct arena_pool pool;
	struct arena arena;
	int64_t level = 1;

	eval_scratch_init(&scratch, set->options.match_limit);
	arena_pool_init(&pool, 0);
	arena_init(&arena, &pool, BYTES);
	struct eval *e = eval_new(set, NULL, &scratch, &arena, &q);
	if (e && eval_head(e, &v) == OK)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			struct slice text = eval_tx(e, names[i]);
			if (text.p && rule_number(text) > level)
				level = rule_number(text);
		}
	arena_reset(&arena);
	arena_pool_fini(&pool);
	eval_scratch_fini(&scratch);
	return level > 4 ? 4 : (unsigned)level;
}

enum err waf_rules_build(const struct seclang_source *source, const struct slice *load, size_t load_n,
			 struct waf_rules **ret, struct diag *d)
{
	struct waf_rules *w = mem_alloc(sizeof *w);

	w->set = rule_set_new();
	enum err e = waf_rules__load(w->set, source, load, load_n, d);
	if (e != OK) {
		waf_rules_free(w);
		return e;
	}
	waf_rules__sort(w);
	w->level = waf_rules__level(w->set);
	*ret = w;
	return OK;
}

void waf_rules_free(struct waf_rules *w)
{
	char *name;

	if (!w)
		return;
	memcpy(&name, &w->name.p, sizeof name);
	mem_free(name);
	mem_free(w->parts);
	for (int p = 0; p < WAF_PART_COUNT; p++)
		mem_free(w->bits[p]);
	rule_set_free(w->set);
	mem_free(w);
}

/* ---- as a plan item ---- */

static enum err waf_rules__read(void *ctx, const char *path, struct slice *ret)
{
	const struct waf_file *f = waf_item_file(ctx, slice_str(path));

	if (!f)
		return ERR_NOT_FOUND;
	*ret = f->bytes;
	return OK;
}

static enum err waf_rules__match(void *ctx, const char *pattern, size_t i, char *ret_path, size_t cap)
{
	const struct waf_item *item = ctx;

	for (size_t k = 0; k < item->globs_n; k++) {
		const struct waf_glob *g = &item->globs[k];
		if (!slice_eq(g->pattern, slice_str(pattern)))
			continue;
		return i < g->paths_n && slice_cstr(g->paths[i], ret_path, cap) ? OK : ERR_NOT_FOUND;
	}
	return ERR_NOT_FOUND;
}

static enum err waf_rules__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret_object,
				 struct diag *d)
{
	struct waf_item *item;
	struct waf_rules *w;

	TRY(waf_item_from_json(json, &item, d));
	const struct seclang_source source = { item, waf_rules__read, waf_rules__match };
	enum err e = waf_rules_build(&source, item->load, item->load_n, &w, d);
	if (e == OK) {
		w->name = slice_of(mem_dup(item->name), item->name.n);
		*ret_object = w;
	}
	waf_item_free(item);
	return e == OK ? OK : diag_set(d, ERR_PLAN, d->where, "%s", d->text);
}

static void waf_rules__drop(void *object)
{
	waf_rules_free(object);
}

static struct slice waf_rules__name(const void *object)
{
	return ((const struct waf_rules *)object)->name;
}

const struct kind waf_rules_kind = {
	.name = "waf",
	.build = waf_rules__build,
	.drop = waf_rules__drop,
	.object_name = waf_rules__name,
};
