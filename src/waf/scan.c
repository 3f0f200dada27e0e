/* SPDX-License-Identifier: Apache-2.0 */
/* scan: see scan.h. The database is compiled for the plainest machine, as the SSE4.2 path wants it. */
#include "waf/scan.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"

#include <hs.h>

enum {
	SCAN_GAPS = 300,
	SCAN_OFFSETS = 16,
	SCAN_PART_PATTERNS = 256,
	SCAN_PARTS_MAX = 64,
	SCAN_KINDS = 5,
	SCAN_REFUSED_MAX = 126
};

/* Exported by the library, but in no header. Weak: a library built for one path does not have it. */
extern __typeof__(hs_scan) corei7_hs_scan __attribute__((weak));

/* Several databases of some patterns each: the time to compile one grows with the square of its patterns. */
struct scan_db {
	hs_database_t *part[SCAN_PARTS_MAX];
	bool lines[SCAN_PARTS_MAX];
	size_t parts;
};

struct scan_scratch {
	hs_scratch_t *hs;
};

struct scan__call {
	void (*hit)(void *ctx, unsigned id);
	void *ctx;
};

static hs_error_t scan__compile(struct scan_pattern *const *patterns, size_t n, hs_database_t **ret,
				hs_compile_error_t **error)
{
	static const hs_platform_info_t plain = { .tune = HS_TUNE_FAMILY_GENERIC };
	static const unsigned all = HS_FLAG_DOTALL | HS_FLAG_MULTILINE | HS_FLAG_SINGLEMATCH | HS_FLAG_CASELESS;
	const char **texts = mem_alloc_array(n, sizeof *texts);
	unsigned *flags = mem_alloc_array(n, sizeof *flags), *ids = mem_alloc_array(n, sizeof *ids);

	for (size_t i = 0; i < n; i++) {
		texts[i] = patterns[i]->text;
		flags[i] = all;
		ids[i] = patterns[i]->id;
	}
	hs_error_t e = hs_compile_multi(texts, flags, ids, (unsigned)n, HS_MODE_BLOCK, &plain, ret, error);
	mem_free(texts);
	mem_free(flags);
	mem_free(ids);
	return e;
}

/* ---- parts that were compiled before */

/* A stored part: how many patterns the library refused and which, then its own form of the database. */
struct scan__stored {
	uint32_t refused_n;
	uint16_t refused[SCAN_REFUSED_MAX];
};

static bool scan__key(struct scan_pattern *const *patterns, size_t n, uint8_t ret[static SCAN_KEY_BYTES])
{
	struct buf text;

	buf_init(&text, SCAN_STORED_BYTES_MAX);
	buf_printf(&text, "1 %s %zu\n", hs_version(), n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%u %d %d %s\n", patterns[i]->id, patterns[i]->plain, patterns[i]->lines,
			   patterns[i]->text);
	bool ok = !text.full && crypto_sha256(buf_slice(&text), ret) == OK;
	buf_fini(&text);
	return ok;
}

/* True when the part was there; the patterns that it lacks are marked. */
static bool scan__load(struct scan_db *db, struct scan_pattern **patterns, size_t n, const struct scan_store *store,
		       const uint8_t key[static SCAN_KEY_BYTES])
{
	struct scan__stored head;
	hs_database_t *part = NULL;
	struct buf bytes;

	buf_init(&bytes, SCAN_STORED_BYTES_MAX);
	bool ok = store->load(store->arg, key, &bytes) && buf_len(&bytes) > sizeof head;
	if (ok)
		memcpy(&head, buf_slice(&bytes).p, sizeof head);
	ok = ok && head.refused_n <= SCAN_REFUSED_MAX;
	for (uint32_t i = 0; ok && i < head.refused_n; i++)
		ok = head.refused[i] < n;
	if (ok) {
		struct slice rest = slice_from(buf_slice(&bytes), sizeof head);
		ok = hs_deserialize_database(rest.p, rest.n, &part) == HS_SUCCESS;
	}
	buf_fini(&bytes);
	if (!ok)
		return false;
	for (uint32_t i = 0; i < head.refused_n; i++)
		patterns[head.refused[i]]->refused = true;
	db->part[db->parts] = part;
	db->lines[db->parts++] = patterns[0]->lines;
	return true;
}

static void scan__save(const struct scan_db *db, struct scan_pattern *const *patterns, size_t n,
		       const struct scan_store *store, const uint8_t key[static SCAN_KEY_BYTES])
{
	struct scan__stored head = { 0 };
	struct buf bytes;
	char *own = NULL;
	size_t own_n = 0;

	for (size_t i = 0; i < n; i++) {
		if (!patterns[i]->refused)
			continue;
		if (head.refused_n == SCAN_REFUSED_MAX)
			return;
		head.refused[head.refused_n++] = (uint16_t)i;
	}
	if (hs_serialize_database(db->part[db->parts - 1], &own, &own_n) != HS_SUCCESS)
		return;
	buf_init(&bytes, SCAN_STORED_BYTES_MAX);
	if (buf_add(&bytes, slice_of(&head, sizeof head)) && buf_add(&bytes, slice_of(own, own_n)))
		store->save(store->arg, key, buf_slice(&bytes));
	buf_fini(&bytes);
	mem_free(own); /* the library's, from malloc */
}

/* Compiles a part; patterns that the library refuses are marked and taken out, and it is asked again. */
static enum err scan__compile_part(struct scan_db *db, struct scan_pattern **patterns, size_t n, struct diag *d)
{
	while (n) {
		hs_compile_error_t *error = NULL;
		if (scan__compile(patterns, n, &db->part[db->parts], &error) == HS_SUCCESS) {
			db->lines[db->parts++] = patterns[0]->lines;
			return OK;
		}
		int bad = error ? error->expression : -1;
		enum err e = OK;
		if (bad < 0 || (size_t)bad >= n)
			e = diag_set(d, ERR_SYSTEM, NULL, "the pattern library refused the rules as a whole: %s",
				     error ? error->message : "no reason given");
		hs_free_compile_error(error);
		TRY(e);
		patterns[bad]->refused = true;
		memmove(&patterns[bad], &patterns[bad + 1], (n - (size_t)bad - 1) * sizeof *patterns);
		n--;
	}
	return OK;
}

/* A part from the store, or compiled and then stored. */
static enum err scan__part(struct scan_db *db, struct scan_pattern **patterns, size_t n, const struct scan_store *store,
			   struct diag *d)
{
	uint8_t key[SCAN_KEY_BYTES];
	size_t parts = db->parts;

	if (n == 0)
		return OK;
	if (!store || n > UINT16_MAX || !scan__key(patterns, n, key))
		return scan__compile_part(db, patterns, n, d);
	if (store->stop(store->arg))
		return ERR_CLOSED;
	if (scan__load(db, patterns, n, store, key))
		return OK;
	struct scan_pattern **left = mem_alloc_array(n, sizeof *left); /* compiling takes the refused ones out */
	memcpy(left, patterns, n * sizeof *left);
	enum err e = scan__compile_part(db, left, n, d);
	mem_free(left);
	if (e == OK && db->parts > parts)
		scan__save(db, patterns, n, store, key);
	return e;
}

/* Gathers the patterns of one kind, a part of them at a time. */
static enum err scan__kind(struct scan_db *db, struct scan_pattern *patterns, size_t n, struct scan_pattern **some,
			   const struct scan_store *store, struct diag *d)
{
	const struct scan_pattern kind = *some[0];
	size_t got = 0;

	for (size_t i = 0; i < n; i++) {
		if (patterns[i].plain == kind.plain && patterns[i].lines == kind.lines &&
		    patterns[i].large == kind.large)
			some[got++] = &patterns[i];
		if (kind.plain || got < SCAN_PART_PATTERNS)
			continue;
		if (db->parts == SCAN_PARTS_MAX - SCAN_KINDS)
			return diag_set(d, ERR_RANGE, NULL, "too many patterns for one plan");
		TRY(scan__part(db, some, got, store, d));
		got = 0;
	}
	return scan__part(db, some, got, store, d);
}

/* Plain texts in one part, patterns in parts of a fixed size, those that see lines and large ones apart. */
static enum err scan__parts(struct scan_db *db, struct scan_pattern *patterns, size_t n, struct scan_pattern **some,
			    const struct scan_store *store, struct diag *d)
{
	struct scan_pattern kinds[] = { { .plain = true },
					{ .lines = true },
					{ .lines = true, .large = true },
					{ .large = true },
					{ .plain = false } };

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		some[0] = &kinds[k];
		TRY(scan__kind(db, patterns, n, some, store, d));
	}
	return OK;
}

enum err scan_db_new(struct scan_pattern *patterns, size_t n, const struct scan_store *store, struct scan_db **ret,
		     struct diag *d)
{
	struct scan_pattern **some = mem_alloc_array(n + 1, sizeof *some);
	struct scan_db *db = mem_alloc(sizeof *db);
	enum err e = scan__parts(db, patterns, n, some, store, d);

	mem_free(some);
	if (e != OK || db->parts == 0) {
		scan_db_free(db);
		db = NULL;
	}
	if (e == OK)
		*ret = db;
	return e;
}

void scan_db_free(struct scan_db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->parts; i++)
		hs_free_database(db->part[i]);
	mem_free(db);
}

size_t scan_db_bytes(const struct scan_db *db)
{
	size_t all = 0, n = 0;

	for (size_t i = 0; db && i < db->parts; i++)
		all += hs_database_size(db->part[i], &n) == HS_SUCCESS ? n : 0;
	return all;
}

static bool scan__grow(const struct scan_db *db, hs_scratch_t **scratch)
{
	for (size_t i = 0; db && i < db->parts; i++)
		if (hs_alloc_scratch(db->part[i], scratch) != HS_SUCCESS)
			return false;
	return true;
}

enum err scan_scratch_new(struct scan_db *const *dbs, size_t n, struct scan_scratch **ret)
{
	hs_scratch_t *hs = NULL;

	for (size_t i = 0; i < n; i++)
		if (!scan__grow(dbs[i], &hs)) {
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

bool scan_run(const struct scan_db *db, bool lines, struct slice s, struct scan_scratch *scratch,
	      void (*hit)(void *ctx, unsigned id), void *ctx)
{
	struct scan__call call = { hit, ctx };
	__typeof__(hs_scan) *scan = corei7_hs_scan ? corei7_hs_scan : hs_scan;

	if (s.n > UINT32_MAX)
		return false;
	for (size_t i = 0; i < db->parts; i++)
		if (db->lines[i] == lines &&
		    scan(db->part[i], s.p, (unsigned)s.n, 0, scratch->hs, scan__on_hit, &call) != HS_SUCCESS)
			return false;
	return true;
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
			misses += !scan_run(db, false, slice_of(text, n), scratch, scan__count, &hits) || hits == 0;
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
		TRY(scan_db_new(&pattern, 1, NULL, &db, d));
		enum err e = db ? scan_scratch_new(&db, 1, &scratch) : ERR_SYSTEM;
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
