/* SPDX-License-Identifier: Apache-2.0 */
/* regex: see regex.h. The JIT stack belongs to the scratch, so that matching allocates nothing. */
#include "waf/regex.h"

#include "base/mem.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { REGEX_JIT_STACK_BYTES = 1024 * 1024, REGEX_TEST_LIMIT = 100000, REGEX_PAIRS = 64 };

/* Patterns that need no machine: "^literal", "literal$" and their like, and "^.*$". */
enum regex__shape { REGEX_ANY_SHAPE, REGEX_LITERAL, REGEX_ALL };

struct regex {
	pcre2_code *code;
	char *source;
	size_t source_n;
	bool caseless;
	enum regex__shape shape;
	bool begins, ends;    /* of a literal */
	struct slice literal; /* in the source */
};

struct regex_scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

static bool regex__is_literal(struct slice s)
{
	static const char meta[] = "\\^$.[]|()?*+{}#";

	for (size_t i = 0; i < s.n; i++)
		if ((int8_t)s.p[i] < ' ' || memchr(meta, s.p[i], sizeof meta - 1))
			return false;
	return true;
}

static void regex__note_shape(struct regex *re)
{
	struct slice s = slice_of(re->source, re->source_n);

	if (slice_eq(s, SLICE("^.*$"))) {
		re->shape = REGEX_ALL;
		return;
	}
	re->begins = slice_starts(s, SLICE("^"));
	s = slice_from(s, re->begins);
	re->ends = slice_ends(s, SLICE("$"));
	s = slice_first(s, s.n - re->ends);
	if (!regex__is_literal(s) || (s.n == 0 && !(re->begins && re->ends)))
		return;
	re->shape = REGEX_LITERAL;
	re->literal = s;
}

enum err regex_new(struct slice pattern, bool caseless, struct regex **ret, struct diag *d)
{
	int number = 0;
	PCRE2_SIZE at = 0;
	uint32_t flags = PCRE2_DOTALL | PCRE2_MULTILINE | (caseless ? PCRE2_CASELESS : 0);
	pcre2_code *code =
		pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.n, flags, &number, &at, NULL);

	if (!code) {
		char why[160] = "";
		pcre2_get_error_message(number, (PCRE2_UCHAR *)why, sizeof why);
		return diag_set(d, ERR_CONFIG, NULL, "pattern refused at byte %zu: %s", at, why);
	}
	/* Without machine code the interpreter does it: same answer, same limit. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	struct regex *re = mem_alloc(sizeof *re);
	*re = (struct regex){ .code = code, .source = mem_dup(pattern), .source_n = pattern.n, .caseless = caseless };
	regex__note_shape(re);
	*ret = re;
	return OK;
}

void regex_free(struct regex *re)
{
	if (!re)
		return;
	pcre2_code_free(re->code);
	mem_free(re->source);
	mem_free(re);
}

struct regex_scratch *regex_scratch_new(uint32_t match_limit)
{
	struct regex_scratch *s = mem_alloc(sizeof *s);

	s->data = pcre2_match_data_create(REGEX_PAIRS, NULL);
	s->context = pcre2_match_context_create(NULL);
	s->stack = pcre2_jit_stack_create(32 * 1024, REGEX_JIT_STACK_BYTES, NULL);
	if (s->context) {
		pcre2_set_match_limit(s->context, match_limit);
		pcre2_set_depth_limit(s->context, match_limit);
		pcre2_set_heap_limit(s->context, 8 * 1024);
		pcre2_jit_stack_assign(s->context, NULL, s->stack);
	}
	return s;
}

void regex_scratch_free(struct regex_scratch *s)
{
	if (!s)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	pcre2_jit_stack_free(s->stack);
	mem_free(s);
}

static bool regex__is_at(const struct regex *re, struct slice s, size_t at)
{
	struct slice part = slice_first(slice_from(s, at), re->literal.n);

	return re->caseless ? slice_eq_nocase(part, re->literal) : slice_eq(part, re->literal);
}

/* Where the literal stands in s, which is one line; SIZE_MAX: nowhere. */
static size_t regex__find(const struct regex *re, struct slice s)
{
	if (re->literal.n > s.n || (re->begins && re->ends && re->literal.n != s.n))
		return SIZE_MAX;
	size_t last = s.n - re->literal.n, from = re->ends ? last : 0;
	for (size_t at = from; at <= (re->begins ? 0 : last); at++)
		if (regex__is_at(re, s, at))
			return at;
	return SIZE_MAX;
}

/* A pattern that needs no machine, on a value that is one line. False: it does. */
static bool regex__short(const struct regex *re, struct slice s, struct slice *groups, enum regex_result *ret)
{
	enum { LONG = 256 }; /* longer values are PCRE2's, whose search is faster */

	if (re->shape == REGEX_ANY_SHAPE ||
	    (re->shape == REGEX_LITERAL && (s.n > LONG || memchr(s.p ? s.p : "", '\n', s.n))))
		return false;
	size_t at = re->shape == REGEX_ALL ? 0 : regex__find(re, s);
	*ret = at == SIZE_MAX ? REGEX_NO : REGEX_YES;
	for (int i = 0; groups && at != SIZE_MAX && i < REGEX_GROUPS; i++)
		groups[i] = slice_of(NULL, 0);
	if (groups && at != SIZE_MAX)
		groups[0] = slice_of((s.p ? s.p : "") + at, re->shape == REGEX_ALL ? s.n : re->literal.n);
	return true;
}

enum regex_result regex_match(const struct regex *re, struct slice s, struct regex_scratch *scratch,
			      struct slice *groups)
{
	enum regex_result known;

	if (regex__short(re, s, groups, &known))
		return known;
	if (!scratch->data || !scratch->context)
		return REGEX_LIMIT;
	int rc = pcre2_match(re->code, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, 0, 0, scratch->data, scratch->context);

	if (rc == PCRE2_ERROR_NOMATCH)
		return REGEX_NO;
	if (rc < 0)
		return REGEX_LIMIT;
	if (!groups)
		return REGEX_YES;
	const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(scratch->data);
	int n = rc == 0 ? REGEX_PAIRS : rc;
	for (int i = 0; i < REGEX_GROUPS; i++) {
		bool took = i < n && pairs[2 * i] != PCRE2_UNSET && pairs[2 * i] <= pairs[2 * i + 1];
		groups[i] = took ? slice_of((s.p ? s.p : "") + pairs[2 * i], pairs[2 * i + 1] - pairs[2 * i])
				 : slice_of(NULL, 0);
	}
	return REGEX_YES;
}

bool regex_test(const struct regex *re, struct slice s)
{
	struct regex_scratch *scratch = regex_scratch_new(REGEX_TEST_LIMIT);
	bool yes = regex_match(re, s, scratch, NULL) != REGEX_NO;

	regex_scratch_free(scratch);
	return yes;
}

struct slice regex_source(const struct regex *re)
{
	return slice_of(re->source, re->source_n);
}

bool regex_caseless(const struct regex *re)
{
	return re->caseless;
}
