/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: the firewall engine behind pipes, for suites and comparisons. usage: waf-probe plain|plan|both LEVEL FILE...
 * Reads "<bytes of a request> <bytes of an answer>\n" and the two messages as they would travel, writes one line of
 * JSON:
 * {"rules": [ids], "log": ["[id "1"] [msg ""] [data ""] [name ""]"], "status": 0, "action": 0, "work": n, "same":
 * true}. both: runs each request both ways; same tells whether the same rules matched with the same texts.
 */
#include "disk.h"
#include "waf/eval.h"
#include "waf/plan.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIELDS_MAX = 512, ARENA_BYTES = 256 << 20 };

struct message {
	struct slice first[3]; /* of the first line */
	struct eval_field fields[FIELDS_MAX];
	size_t fields_n;
	struct slice body;
};

static struct slice line_of(struct slice *rest)
{
	struct slice line = slice_split(rest, '\n');

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* Reads a message as leniently as can be: the engine is to see what an HTTP layer would refuse. */
static void read_message(struct slice s, struct message *m)
{
	struct slice line = line_of(&s);
	size_t space = slice_find(line, ' '), last = slice_rfind(line, ' ');

	*m = (struct message){ .fields_n = 0 };
	m->first[0] = slice_first(line, space);
	if (space != SIZE_MAX && last > space) {
		m->first[1] = slice_of(line.p + space + 1, last - space - 1);
		m->first[2] = slice_from(line, last + 1);
	} else if (space != SIZE_MAX) {
		m->first[1] = slice_from(line, space + 1);
	}
	while (s.p && s.n && (line = line_of(&s)).n) {
		size_t colon = slice_find(line, ':');
		if (m->fields_n == FIELDS_MAX || colon == SIZE_MAX)
			continue;
		m->fields[m->fields_n++] =
			(struct eval_field){ slice_first(line, colon), slice_trim(slice_from(line, colon + 1)) };
	}
	m->body = s;
}

static struct slice field_of(const struct message *m, struct slice name)
{
	for (size_t i = 0; i < m->fields_n; i++)
		if (slice_eq_nocase(m->fields[i].name, name))
			return m->fields[i].value;
	return SLICE("");
}

/* A chunked body in place, its chunks joined. */
static void unchunk(struct message *m)
{
	char *out = strndup(m->body.p ? m->body.p : "", 0);
	size_t n = 0;
	struct slice s = m->body;

	out = realloc(out, s.n + 1);
	while (s.n) {
		struct slice line = line_of(&s);
		size_t size = 0;
		for (size_t i = 0; i < line.n; i++) {
			char c = slice_lower(line.p[i]);
			int d = slice_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
			if (d < 0)
				break;
			size = size * 16 + (size_t)d;
		}
		if (size == 0)
			break;
		struct slice chunk = slice_first(s, size);
		memcpy(out + n, chunk.p, chunk.n);
		n += chunk.n;
		s = slice_from(s, size);
		line_of(&s);
	}
	m->body = slice_of(out, n);
}

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

static enum err run(struct eval *e, const struct message *q, struct slice answer_bytes, struct eval_verdict *v)
{
	static struct message w;

	TRY(eval_head(e, v));
	TRY(eval_body(e, q->body, q->body.n, v));
	if (answer_bytes.n) {
		read_message(answer_bytes, &w);
		uint64_t status = 200;
		(void)slice_u64(slice_first(w.first[1], 3), &status);
		struct eval_answer answer = { (unsigned)status, w.first[0], w.fields, w.fields_n };
		TRY(eval_answer_head(e, &answer, v));
		TRY(eval_answer_body(e, w.body, w.body.n, v));
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
static struct eval *one_way(struct engine *g, const struct plan *plan, const struct message *q, struct slice answer,
			    struct eval_verdict *v)
{
	struct eval_request request = { .method = q->first[0],
					.target = q->first[1],
					.protocol = q->first[2],
					.fields = q->fields,
					.fields_n = q->fields_n,
					.client_ip = SLICE("127.0.0.9"),
					.server_ip = SLICE("127.0.0.1"),
					.server_name = field_of(q, SLICE("Host")),
					.id = SLICE("0"),
					.client_port = 1024,
					.server_port = 80 };
	struct eval *e = eval_new(g->set, plan, &g->scratch, &g->arena[plan == NULL], &request);

	*v = (struct eval_verdict){ 0 };
	return e && run(e, q, answer, v) == OK ? e : NULL;
}

static void answer_request(struct engine *g, struct message *q, struct slice answer)
{
	struct eval_verdict v, other;
	struct eval *e = one_way(g, g->plan, q, answer, &v), *plain = NULL;

	if (g->both)
		plain = one_way(g, NULL, q, answer, &other);
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
	static struct message q;
	static struct engine g;
	struct disk disk;
	char line[128];

	if (argc < 4 || !set_up(&g, &disk, argc, argv))
		return 1;
	while (fgets(line, sizeof line, stdin)) {
		char *space = strchr(line, ' ');
		uint64_t n[2] = { 0, 0 };
		if (!space || !slice_u64(slice_of(line, (size_t)(space - line)), &n[0]) ||
		    !slice_u64(slice_of(space + 1, strcspn(space + 1, "\n")), &n[1]))
			return 1;
		char *bytes = malloc(n[0] + n[1] + 1);
		if (!bytes || fread(bytes, 1, n[0] + n[1], stdin) != n[0] + n[1])
			return 1;
		read_message(slice_of(bytes, n[0]), &q);
		bool chunked = slice_eq_nocase(field_of(&q, SLICE("Transfer-Encoding")), SLICE("chunked"));
		if (chunked)
			unchunk(&q);
		answer_request(&g, &q, slice_of(bytes + n[0], n[1]));
		if (chunked)
			free((void *)(uintptr_t)q.body.p);
		free(bytes);
	}
	plan_scratch_fini(&g.scratch);
	eval_scratch_fini(&g.scratch);
	plan_free(g.plan);
	arena_pool_fini(&g.pool);
	rule_set_free(g.set);
	disk_fini(&disk);
	return 0;
}
