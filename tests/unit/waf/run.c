/* SPDX-License-Identifier: Apache-2.0 */
/* run: see run.h. */
#include "run.h"

#include "groups.h"
#include "waf/seclang.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 64 << 20, FIELDS = 64 };

void run_init_set(struct run *run, struct rule_set *set, struct plan *plan)
{
	*run = (struct run){ .set = set, .plan = plan };
	arena_pool_init(&run->pool, 16);
	arena_init(&run->arena, &run->pool, ARENA_BYTES);
	eval_scratch_init(&run->scratch, set->options.match_limit);
	if (plan)
		assert_int_equal(plan_scratch_init(plan, &run->scratch), OK);
}

void run_init(struct run *run, const char *rules, bool with_plan)
{
	struct rule_set *set = rule_set_new();
	struct seclang *l = seclang_new(set, NULL);
	struct plan *plan = NULL;
	struct diag d;

	diag_init(&d);
	if (seclang_load(l, slice_str(rules), "r", &d) != OK || seclang_finish(l, &d) != OK ||
	    (with_plan && plan_new(set, 4, &plan, &d) != OK)) {
		fprintf(stderr, "%s: %s\n", d.where, d.text);
		fail();
	}
	seclang_free(l);
	run_init_set(run, set, plan);
}

void run_fini(struct run *run)
{
	plan_scratch_fini(&run->scratch);
	eval_scratch_fini(&run->scratch);
	arena_reset(&run->arena);
	arena_pool_fini(&run->pool);
	plan_free(run->plan);
	rule_set_free(run->set);
}

static void collect(struct run *run)
{
	size_t n = 0;

	run->ids[0] = 0;
	run->limited = false;
	for (const struct eval_event *e = eval_events(run->e); e; e = e->next) {
		n += (size_t)snprintf(run->ids + n, sizeof run->ids - n, "%s%u", n ? " " : "", e->rule->id);
		run->limited |= e->limit;
	}
}

const char *run_request(struct run *run, const char *line, const char *fields, struct slice body)
{
	static struct eval_field f[FIELDS];
	struct slice first = slice_str(line), rest = slice_str(fields);
	struct eval_request q = { .fields = f,
				  .client_ip = SLICE("192.0.2.7"),
				  .server_ip = SLICE("192.0.2.1"),
				  .server_name = SLICE("www.test"),
				  .id = SLICE("1"),
				  .protocol = SLICE("HTTP/1.1") };

	q.method = slice_split(&first, ' ');
	q.target = first;
	while (rest.p && rest.n && q.fields_n < FIELDS) {
		struct slice one = slice_split(&rest, '\n');
		size_t colon = slice_find(one, ':');
		if (one.n)
			f[q.fields_n++] =
				(struct eval_field){ slice_first(one, colon), slice_trim(slice_from(one, colon + 1)) };
	}
	arena_reset(&run->arena);
	run->e = eval_new(run->set, run->plan, &run->scratch, &run->arena, &q);
	assert_non_null(run->e);
	if (run->overlay)
		assert_int_equal(eval_overlay(run->e, run->overlay), OK);
	assert_int_equal(eval_head(run->e, &run->verdict), OK);
	assert_int_equal(eval_body(run->e, body, body.n, &run->verdict), OK);
	collect(run);
	return run->ids;
}

const char *run_answer(struct run *run, unsigned status, const char *type, struct slice body)
{
	struct eval_field f[1] = { { SLICE("Content-Type"), slice_str(type) } };
	struct eval_answer answer = { status, SLICE("HTTP/1.1"), f, 1 };

	assert_int_equal(eval_answer_head(run->e, &answer, &run->verdict), OK);
	assert_int_equal(eval_answer_body(run->e, body, body.n, &run->verdict), OK);
	assert_int_equal(eval_end(run->e), OK);
	collect(run);
	return run->ids;
}

const char *run_tx(struct run *run, const char *name)
{
	static char text[1024];
	struct slice s = eval_tx(run->e, slice_str(name));

	snprintf(text, sizeof text, "%.*s", SLICE_ARG(s));
	return text;
}
