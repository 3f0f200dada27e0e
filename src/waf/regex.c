/* SPDX-License-Identifier: Apache-2.0 */
/* regex: see regex.h. The JIT stack belongs to the scratch, so that matching allocates nothing. */
#include "waf/regex.h"

#include "base/mem.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { REGEX_JIT_STACK_BYTES = 1024 * 1024, REGEX_TEST_LIMIT = 100000, REGEX_PAIRS = 64 };

struct regex {
	pcre2_code *code;
	char *source;
	size_t source_n;
	bool caseless;
};

struct regex_scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

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
	*re = (struct regex){ code, mem_dup(pattern), pattern.n, caseless };
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

enum regex_result regex_match(const struct regex *re, struct slice s, struct regex_scratch *scratch,
			      struct slice *groups)
{
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
