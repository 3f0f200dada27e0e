/* SPDX-License-Identifier: Apache-2.0 */
/* scan: see scan.h. The database is compiled for the plainest machine, as the SSE4.2 path wants it. */
#include "waf/scan.h"

#include "base/check.h"
#include "base/mem.h"

#include <hs.h>

enum { SCAN_GAPS = 300, SCAN_OFFSETS = 16 };

/* Exported by the library, but in no header. Weak: a library built for one path does not have it. */
extern __typeof__(hs_scan) corei7_hs_scan __attribute__((weak));

struct scan_db {
	hs_database_t *hs;
};

struct scan_scratch {
	hs_scratch_t *hs;
};

struct scan__call {
	void (*hit)(void *ctx, unsigned id);
	void *ctx;
};

static const unsigned scan__flags = HS_FLAG_DOTALL | HS_FLAG_MULTILINE | HS_FLAG_SINGLEMATCH | HS_FLAG_CASELESS;

static hs_error_t scan__compile(const struct scan_pattern *patterns, size_t n, hs_database_t **ret,
				hs_compile_error_t **error)
{
	const char **texts = mem_alloc_array(n, sizeof *texts);
	unsigned *flags = mem_alloc_array(n, sizeof *flags), *ids = mem_alloc_array(n, sizeof *ids);
	static const hs_platform_info_t plain = { .tune = HS_TUNE_FAMILY_GENERIC };

	for (size_t i = 0; i < n; i++) {
		texts[i] = patterns[i].text;
		flags[i] = scan__flags;
		ids[i] = patterns[i].id;
	}
	hs_error_t e = hs_compile_multi(texts, flags, ids, (unsigned)n, HS_MODE_BLOCK, &plain, ret, error);
	mem_free(texts);
	mem_free(flags);
	mem_free(ids);
	return e;
}

/* A pattern is tried alone first: what the library refuses must not cost the whole. */
static bool scan__alone(const struct scan_pattern *p)
{
	hs_database_t *db = NULL;
	hs_compile_error_t *error = NULL;

	if (scan__compile(p, 1, &db, &error) == HS_SUCCESS) {
		hs_free_database(db);
		return true;
	}
	hs_free_compile_error(error);
	return false;
}

enum err scan_db_new(struct scan_pattern *patterns, size_t n, struct scan_db **ret, struct diag *d)
{
	struct scan_pattern *kept = mem_alloc_array(n + 1, sizeof *kept);
	hs_compile_error_t *error = NULL;
	hs_database_t *hs = NULL;
	size_t kept_n = 0;
	enum err e = OK;

	for (size_t i = 0; i < n; i++) {
		patterns[i].refused = !patterns[i].plain && !scan__alone(&patterns[i]);
		if (!patterns[i].refused)
			kept[kept_n++] = patterns[i];
	}
	if (kept_n && scan__compile(kept, kept_n, &hs, &error) != HS_SUCCESS)
		e = diag_set(d, ERR_SYSTEM, NULL, "the pattern library refused the rules as a whole: %s",
			     error ? error->message : "no reason given");
	hs_free_compile_error(error);
	mem_free(kept);
	if (e != OK)
		return e;
	*ret = NULL;
	if (hs) {
		*ret = mem_alloc(sizeof **ret);
		(*ret)->hs = hs;
	}
	return OK;
}

void scan_db_free(struct scan_db *db)
{
	if (!db)
		return;
	hs_free_database(db->hs);
	mem_free(db);
}

size_t scan_db_bytes(const struct scan_db *db)
{
	size_t n = 0;

	return db && hs_database_size(db->hs, &n) == HS_SUCCESS ? n : 0;
}

enum err scan_scratch_new(const struct scan_db *a, const struct scan_db *b, struct scan_scratch **ret)
{
	hs_scratch_t *hs = NULL;

	if ((a && hs_alloc_scratch(a->hs, &hs) != HS_SUCCESS) || (b && hs_alloc_scratch(b->hs, &hs) != HS_SUCCESS)) {
		hs_free_scratch(hs);
		return ERR_MEMORY;
	}
	*ret = mem_alloc(sizeof **ret);
	(*ret)->hs = hs;
	return OK;
}

void scan_scratch_free(struct scan_scratch *s)
{
	if (!s)
		return;
	hs_free_scratch(s->hs);
	mem_free(s);
}

static int scan__on_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	const struct scan__call *call = context;

	call->hit(call->ctx, id);
	return 0;
}

bool scan_run(const struct scan_db *db, struct slice s, struct scan_scratch *scratch,
	      void (*hit)(void *ctx, unsigned id), void *ctx)
{
	struct scan__call call = { hit, ctx };

	if (s.n > UINT32_MAX)
		return false;
	if (corei7_hs_scan)
		return corei7_hs_scan(db->hs, s.p, (unsigned)s.n, 0, scratch->hs, scan__on_hit, &call) == HS_SUCCESS;
	return hs_scan(db->hs, s.p, (unsigned)s.n, 0, scratch->hs, scan__on_hit, &call) == HS_SUCCESS;
}

static void scan__count(void *ctx, unsigned id)
{
	++*(size_t *)ctx;
}

/* One pattern whose match has `gap` filler bytes between its front and its back, at many places. Returns misses. */
static size_t scan__sweep(const struct scan_db *db, struct scan_scratch *scratch, const char *front, const char *back)
{
	char text[SCAN_OFFSETS + SCAN_GAPS + 32];
	size_t misses = 0;

	for (size_t offset = 0; offset < SCAN_OFFSETS; offset++)
		for (size_t gap = 1; gap < SCAN_GAPS; gap++) {
			size_t n = offset + strlen(front), hits = 0;
			memset(text, 'x', sizeof text);
			memcpy(text + offset, front, strlen(front));
			memcpy(text + n + gap, back, strlen(back));
			n += gap + strlen(back);
			misses += !scan_run(db, slice_of(text, n), scratch, scan__count, &hits) || hits == 0;
		}
	return misses;
}

enum err scan_self_test(struct diag *d)
{
	static const struct {
		const char *pattern, *front, *back;
	} rows[] = { { "ab.*c", "ab", "c" },
		     { "foo[^\"]*\"", "foo", "\"" },
		     { "\\$\\{[^}]+\\}", "${", "}" },
		     { "<script[^>]*>", "<script", ">" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct scan_pattern pattern = { .text = rows[i].pattern };
		struct scan_db *db = NULL;
		struct scan_scratch *scratch = NULL;
		TRY(scan_db_new(&pattern, 1, &db, d));
		enum err e = db ? scan_scratch_new(db, NULL, &scratch) : ERR_SYSTEM;
		size_t misses = e == OK ? scan__sweep(db, scratch, rows[i].front, rows[i].back) : 1;
		scan_scratch_free(scratch);
		scan_db_free(db);
		if (misses)
			return diag_set(d, ERR_SYSTEM, NULL,
					"the pattern library misses %zu of %d matches of %s; it is not used", misses,
					SCAN_OFFSETS * (SCAN_GAPS - 1), rows[i].pattern);
	}
	return OK;
}
