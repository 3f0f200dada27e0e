/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: the firewall engine behind pipes, for suites and comparisons. usage: waf-probe plain|plan|both LEVEL FILE...
 * Reads "<bytes of a request> <bytes of an answer>\n" and the two messages as they would travel, writes one line of
 * JSON:
 * {"rules": [ids], "log": ["[id "1"] [msg ""] [data ""] [name ""]"], "status": 0, "action": 0, "work": n, "same":
 * true}. both: runs each request both ways; same tells whether the same rules matched with the same texts.
 */
#include "disk.h"
#include "message.h"
#include "waf/eval.h"
#include "waf/plan.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 256 << 20 };

static void json_text(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
}

static void print_events(struct eval *e, const struct eval_verdict *v, bool same)
{
	bool first = true;

	printf("{\"rules\": [");
	for (const struct eval_event *event = eval_events(e); event; event = event->next)
		if (event->log) {
			printf("%s%u", first ? "" : ", ", event->rule->id);
			first = false;
		}
	printf("], \"log\": [");
	first = true;
	for (const struct eval_event *event = eval_events(e); event; event = event->next) {
		if (!event->log)
			continue;
		printf("%s\"[id \\\"%u\\\"] [msg \\\"", first ? "" : ", ", event->rule->id);
		json_text(event->msg);
		printf("\\\"] [data \\\"");
		json_text(event->logdata);
		printf("\\\"] [name \\\"");
		json_text(event->name);
		printf("\\\"]\"");
		first = false;
	}
	printf("], \"status\": %u, \"action\": %d, \"work\": %llu, \"same\": %s}\n", v->status, v->action,
	       (unsigned long long)eval_work(e), same ? "true" : "false");
	fflush(stdout);
}

/* The same events with the same texts; a pattern that was given up makes the two ways incomparable. */
static bool same_events(const struct eval *a, const struct eval *b)
{
	const struct eval_event *x = eval_events(a), *y = eval_events(b);

	for (; x && y; x = x->next, y = y->next) {
		if (x->limit || y->limit)
			return true;
		if (x->rule != y->rule || !slice_eq(x->value, y->value) || !slice_eq(x->name, y->name) ||
		    !slice_eq(x->msg, y->msg) || !slice_eq(x->logdata, y->logdata))
			return false;
	}
	return !x && !y;
}

static enum err run(struct eval *e, const struct message_pair *p, struct eval_verdict *v)
{
	const struct message *q = &p->request, *w = &p->answer;

	TRY(eval_head(e, v));
	TRY(eval_body(e, q->body, q->body.n, v));
	if (p->has_answer) {
		uint64_t status = 200;
		(void)slice_u64(slice_first(w->first[1], 3), &status);
		struct eval_answer answer = { (unsigned)status, w->first[0], w->fields, w->fields_n };
		TRY(eval_answer_head(e, &answer, v));
		TRY(eval_answer_body(e, w->body, w->body.n, v));
	}
	return eval_end(e);
}

struct engine {
	struct rule_set *set;
	struct plan *plan;
	struct eval_scratch scratch;
	struct arena_pool pool;
	struct arena arena[2];
	bool both;
};

/* One request one way. NULL when the engine failed. */
static struct eval *one_way(struct engine *g, const struct plan *plan, const struct message_pair *p,
			    struct eval_verdict *v)
{
	const struct message *q = &p->request;
	struct eval_request request = { .method = q->first[0],
					.target = q->first[1],
					.protocol = q->first[2],
					.fields = q->fields,
					.fields_n = q->fields_n,
					.client_ip = SLICE("127.0.0.9"),
					.server_ip = SLICE("127.0.0.1"),
					.server_name = message_field(q, SLICE("Host")),
					.id = SLICE("0"),
					.client_port = 1024,
					.server_port = 80 };
	struct eval *e = eval_new(g->set, plan, &g->scratch, &g->arena[plan == NULL], &request);

	*v = (struct eval_verdict){ 0 };
	return e && run(e, p, v) == OK ? e : NULL;
}

static void answer_request(struct engine *g, const struct message_pair *p)
{
	struct eval_verdict v, other;
	struct eval *e = one_way(g, g->plan, p, &v), *plain = NULL;

	if (g->both)
		plain = one_way(g, NULL, p, &other);
	if (!e || (g->both && !plain))
		printf("{\"rules\": [], \"error\": true}\n");
	else
		print_events(e, &v, !g->both || same_events(e, plain));
	fflush(stdout);
	for (int i = 0; i < 2; i++)
		arena_reset(&g->arena[i]);
}

/* False when rules or library say no; the reason is on stderr. */
static bool set_up(struct engine *g, struct disk *disk, int argc, char **argv)
{
	char text[8192] = "";
	struct diag d;

	diag_init(&d);
	for (int i = 3; i < argc; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "Include %s\n", argv[i]);
	disk_init(disk);
	g->set = disk_rules(disk, text);
	if (!g->set)
		return false;
	g->both = strcmp(argv[1], "both") == 0;
	arena_pool_init(&g->pool, 64);
	for (int i = 0; i < 2; i++)
		arena_init(&g->arena[i], &g->pool, ARENA_BYTES);
	eval_scratch_init(&g->scratch, g->set->options.match_limit);
	if (strcmp(argv[1], "plain") == 0)
		return true;
	if (plan_new(g->set, (unsigned)(argv[2][0] - '0'), &g->plan, &d) == OK &&
	    plan_scratch_init(g->plan, &g->scratch) == OK)
		return true;
	fprintf(stderr, "%s\n", d.text);
	return false;
}

int main(int argc, char **argv)
{
	static struct message_pair pair;
	static struct engine g;
	struct disk disk;

	if (argc < 4 || !set_up(&g, &disk, argc, argv))
		return 1;
	while (message_next(&pair)) {
		answer_request(&g, &pair);
		message_done(&pair);
	}
	plan_scratch_fini(&g.scratch);
	eval_scratch_fini(&g.scratch);
	plan_free(g.plan);
	arena_pool_fini(&g.pool);
	rule_set_free(g.set);
	disk_fini(&disk);
	return 0;
}
