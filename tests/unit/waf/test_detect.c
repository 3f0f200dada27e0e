/* SPDX-License-Identifier: Apache-2.0 */
/* The detectors: known values, and the verdicts of libinjection on many made-up ones. */
#include "groups.h"

#include "oracle.h"
#include "waf/sqli_int.h"
#include "waf/xss.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 60000 };

static void sql_by_hand(void **state)
{
	static const struct {
		const char *in, *want; /* want: NULL for innocent */
	} rows[] = {
		{ "1' or '1'='1", "s&sos" },
		{ "1 or 1=1", "1&1" },
		{ "1 union select 1,2 from t", "1UE1k" },
		{ "'; drop table users--", "s;Tnn" },
		{ "1/*!0*/", "X" },
		{ "admin'--", "sc" },
		{ "O'Neill", NULL },
		{ "select the union of both", NULL },
		{ "", NULL },
		{ "1 and a nice day", NULL },
		{ "2024-11-25", NULL },
		{ "a@example.com", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char fingerprint[SQLI_FINGERPRINT_BYTES];
		bool yes = sqli_detect(slice_str(rows[i].in), fingerprint, NULL);
		if (yes != (rows[i].want != NULL) ||
		    (yes && strncmp(fingerprint, rows[i].want, strlen(rows[i].want)))) {
			fprintf(stderr, "\"%s\": got %d \"%s\"\n", rows[i].in, yes, fingerprint);
			fail();
		}
	}
}

static void html_by_hand(void **state)
{
	static const char *const black[] = { "<script>",
					     "<a href=javascript:1>",
					     "\" onclick=\"x",
					     "<img src=x onerror=y>",
					     "<!doctype x>",
					     "x' style='y",
					     "<a href=\"&#106;ava&#10;script:x\">",
					     "<svg/x>" };
	static const char *const white[] = { "",    "a < b", "x = y", "<b>bold</b>", "<a href=\"https://example.com\">",
					     "on=1" };

	for (size_t i = 0; i < sizeof black / sizeof *black; i++)
		assert_true(xss_detect(slice_str(black[i])));
	for (size_t i = 0; i < sizeof white / sizeof *white; i++)
		assert_false(xss_detect(slice_str(white[i])));
}

/* The copy has its exact size, so that ASan sees a read past the end; the oracle gets its NUL. */
static void verdicts_agree(void **state)
{
	struct oracle o;
	struct rng r;
	size_t guilty[2] = { 0, 0 };

	assert_true(oracle_open(&o));
	rng_seed(&r, 11);
	for (int run = 0; run < RUNS; run++) {
		char text[160], got[SQLI_FINGERPRINT_BYTES] = "", want[SQLI_FINGERPRINT_BYTES] = "";
		int kind = run & 1;
		size_t n = oracle_text(&r, kind, text, sizeof text);
		char *exact = malloc(n ? n : 1);
		memcpy(exact, text, n);
		bool yes = kind ? xss_detect(slice_of(exact, n)) : sqli_detect(slice_of(exact, n), got, NULL);
		bool should = kind ? o.xss(text, n) : o.sqli(text, n, want);
		free(exact);
		guilty[kind] += should;
		if (yes != should || (yes && !kind && strcmp(got, want))) {
			fprintf(stderr, "run %d: got %d %s, want %d %s: %s\n", run, yes, got, should, want, text);
			fail();
		}
	}
	assert_true(guilty[0] > RUNS / 50 && guilty[1] > RUNS / 50);
	oracle_close(&o);
}

/* What sqli_detect passes over without reading it: words, and names with dots between. */
static void words_and_dots_are_clean(void **state)
{
	static const char *const parts[] = { "union", "select", "1",    "0x1f",  "1e5",    "e",      "case",
					     "when",  "and",    "or",   "not",   "like",   "in",     "user",
					     "into",  "n",      "x",    "b",     "double", "as",     "u",
					     "q",     "null",   "from", "sleep", "if",     "_",      ".",
					     "..",    "1.5",    ".5",   "0b1",   "1d",     "having", "begin" };
	struct oracle o;
	struct rng r;

	assert_true(oracle_open(&o));
	rng_seed(&r, 12);
	for (int run = 0; run < RUNS * 2; run++) {
		char text[160] = "", got[SQLI_FINGERPRINT_BYTES];
		size_t n = 0, count = 1 + rng_next(&r) % 9;
		bool dots = run % 2;
		for (size_t i = 0; i < count; i++) {
			const char *part = parts[rng_next(&r) % (sizeof parts / sizeof *parts)];
			bool begins = n == 0 || text[n - 1] == '.';
			if (strchr(part, '.') || (dots && begins && slice_is_digit(*part)))
				continue;
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", part,
					      dots && rng_next(&r) % 2 ? "." : "");
		}
		if (o.sqli(text, n, got) || sqli_detect(slice_of(text, n), got, NULL))
			fail_msg("%s: %s", text, got);
	}
	oracle_close(&o);
}

/* Two words at the front end the reading early: the verdict stays that of the oracle, which reads on. */
static void prose_is_read_like_the_oracle(void **state)
{
	static const char *const parts[] = { "some",     "text", "user",  "group",  "by", "insert", "into", "order",
					     "current",  "date", "union", "select", "1",  "'",      "\"",   "(",
					     ")",        "{",    "}",     "`",      "``", "/*",     "/*!",  "*/",
					     "--",       "--x",  "#",     "\n",     ",",  ";",      ".",    "=",
					     "password", "in",   "like",  "not",    "@a", "+",      "-",    "and",
					     "database", "x",    "table", "create", "or", "is",     "for",  "update" };
	struct oracle o;
	struct rng r;
	size_t guilty = 0;

	assert_true(oracle_open(&o));
	rng_seed(&r, 13);
	for (int run = 0; run < RUNS * 4; run++) {
		char text[160] = "", got[SQLI_FINGERPRINT_BYTES], want[SQLI_FINGERPRINT_BYTES] = "";
		size_t n = 0, count = 2 + rng_next(&r) % 10;
		for (size_t i = 0; i < count; i++) {
			/* The first two are words more often than not. */
			size_t among = i < 2 && rng_next(&r) % 4 ? 12 : sizeof parts / sizeof *parts;
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", parts[rng_next(&r) % among],
					      rng_next(&r) % 5 ? " " : "");
		}
		bool yes = sqli_detect(slice_of(text, n), got, NULL), should = o.sqli(text, n, want);
		if (yes != should || (yes && strcmp(got, want) != 0))
			fail_msg("%s: got %d %s, want %d %s", text, yes, got, should, want);
		guilty += should;
	}
	assert_true(guilty > RUNS / 50);
	oracle_close(&o);
}

/* What an innocent value leaves behind spares others the reading, and never the verdict. */
static void innocence_is_shared_only_by_the_innocent(void **state)
{
	static const char *const parts[] = { "some",    "ordinary text",
					     ", with",  "$a",
					     "$$x$$",   "$q$",
					     "[a]",     "[",
					     "'",       "\"",
					     "`",       "{",
					     "*/",      "/*",
					     "--",      "#",
					     "\n",      " union",
					     " select", "(1)",
					     " or ",    "1=1",
					     ";",       "0x1f",
					     "1e",      ".5",
					     "@@v",     "\\N",
					     "u&",      "x'",
					     "q'(",     "sp_password" };
	struct oracle o;
	struct rng r;
	struct slice innocent = { 0 };
	char first[160] = "";
	size_t guilty = 0, spared = 0;

	assert_true(oracle_open(&o));
	rng_seed(&r, 14);
	for (int run = 0; run < RUNS * 4; run++) {
		char text[320] = "", got[SQLI_FINGERPRINT_BYTES], want[SQLI_FINGERPRINT_BYTES] = "";
		size_t n = 0, count = 1 + rng_next(&r) % 8;
		if (run % 8 == 0) {
			innocent = slice_of(NULL, 0);
			for (size_t i = 0, k = 0; i < 6; i++)
				k += (size_t)snprintf(
					first + k, sizeof first - k, "%s ",
					parts[rng_next(&r) % (rng_next(&r) % 8 ? 3 : sizeof parts / sizeof *parts)]);
			(void)sqli_detect(slice_str(first), got, &innocent);
		}
		size_t kept = rng_next(&r) % 2 ? strlen(first) : rng_next(&r) % (strlen(first) + 1);
		n = (size_t)snprintf(text, sizeof text, "%.*s", (int)kept, first);
		for (size_t i = 0; i < count; i++)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s",
					      parts[rng_next(&r) % (sizeof parts / sizeof *parts)]);
		struct slice memo = innocent;
		spared += memo.n && slice_starts(slice_of(text, n), memo);
		bool yes = sqli_detect(slice_of(text, n), got, &memo), should = o.sqli(text, n, want);
		if (yes != should || (yes && strcmp(got, want) != 0))
			fail_msg("%s after %s: got %d %s, want %d %s", text, first, yes, got, should, want);
		guilty += should;
	}
	assert_true(guilty > RUNS / 50);
	assert_true(spared > RUNS / 20);
	oracle_close(&o);
}

/* Each word of an entry of several words is known to begin one; the reader asks that first. */
static void beginnings_are_known(void **state)
{
	static const char *const entries[] = {
#define WORD(text, type) text,
#include "waf/sqli_words.def"
#undef WORD
	};

	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		struct slice entry = slice_str(entries[i]);
		for (size_t k = 1; k < entry.n; k++)
			assert_true(entry.p[k] != ' ' || sqli__begins(slice_first(entry, k)));
		assert_int_not_equal(sqli__word(entry), 0);
	}
	assert_false(sqli__begins(SLICE("")) || sqli__begins(SLICE("garden")));
}

int test_detect(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sql_by_hand),
		cmocka_unit_test(html_by_hand),
		cmocka_unit_test(verdicts_agree),
		cmocka_unit_test(prose_is_read_like_the_oracle),
		cmocka_unit_test(innocence_is_shared_only_by_the_innocent),
		cmocka_unit_test(beginnings_are_known),
		cmocka_unit_test(words_and_dots_are_clean),
	};

	return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
