/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_waf: any request through a small rule set, the plain way and with a plan: the same rules match, with the same
 * scores. Input: first byte chooses the body's type, then the target up to a newline, headers up to an empty line,
 * body.
 */
#include "fuzz.h"
#include "waf/plan.h"
#include "waf/seclang.h"

static const char rules[] =
	"SecArgumentsLimit 40\nSecRequestBodyJsonDepthLimit 20\nSecRuleEngine DetectionOnly\nSecResponseBodyAccess On\n"
	"SecRule REQUEST_HEADERS:Content-Type \"@rx json\" \"id:90,phase:1,pass,ctl:requestBodyProcessor=JSON\"\n"
	"SecRule REQUEST_HEADERS:Content-Type \"@rx xml\" \"id:91,phase:1,pass,ctl:requestBodyProcessor=XML\"\n"
	"SecRule ARGS|ARGS_NAMES|REQUEST_COOKIES|XML:/*|XML://@* \"@rx (?i)union\\s+select|^ab$|\\bor\\b.*=\" "
	"\"id:1,pass,capture,t:none,t:urlDecodeUni,t:lowercase,setvar:'tx.s=+2',setvar:'tx.last=%{TX.0}'\"\n"
	"SecRule ARGS|FILES \"@pm select script etc/passwd\" "
	"\"id:2,pass,capture,t:none,t:htmlEntityDecode,t:jsDecode,multiMatch,setvar:'tx.s=+1'\"\n"
	"SecRule REQUEST_URI|REQUEST_HEADERS|REQUEST_BODY \"@rx \\.\\./\" \"id:3,pass,t:none,t:normalizePath,chain\"\n"
	"SecRule MATCHED_VARS \"@rx x\" \"setvar:'tx.c=+1'\"\n"
	"SecRule ARGS \"@detectSQLi\" "
	"\"id:4,pass,t:none,t:utf8toUnicode,t:urlDecodeUni,t:removeNulls,setvar:'tx.s=+5'\"\n"
	"SecRule ARGS \"@detectXSS\" \"id:5,pass,t:none,t:cssDecode,t:removeWhitespace,setvar:'tx.s=+5'\"\n"
	"SecRule &ARGS \"@gt 3\" \"id:6,pass,ctl:ruleRemoveTargetById=7;ARGS:a\"\n"
	"SecRule ARGS|MULTIPART_PART_HEADERS \"@rx [^a-z]$\" "
	"\"id:7,pass,t:none,t:cmdLine,t:replaceComments,setvar:'tx.s=+1'\"\n"
	/* for an automaton: large, and without two literal bytes in a row */
	"SecRule ARGS|REQUEST_COOKIES|REQUEST_HEADERS:User-Agent \"@rx "
	"(?:^|[;&|])(?:[\\\"'^]*[a-f0-9]){3,20}[\\\"'^]*(?:c[\\\"'^]*a[\\\"'^]*t|"
	"w[\\\"'^]*h[\\\"'^]*o|[g-k](?:[\\\"'^]*[l-p]){2,30})[^a-z]{1,20}z?\" "
	"\"id:9,pass,t:none,t:lowercase,setvar:'tx.n=+1'\"\n"
	"SecRule ARGS|REQUEST_FILENAME \"@rx [^A-Z]q[^a-y]\" "
	"\"id:10,pass,t:none,t:removeWhitespace,setvar:'tx.n=+3'\"\n"
	"SecRule TX:n \"@lt 3\" \"id:11,pass,nolog,t:none,skipAfter:END\"\n"
	"SecRule REQUEST_HEADERS|REQUEST_HEADERS:Cookie \"@pm tea bag\" \"id:12,pass,setvar:'tx.n=+5'\"\nSecMarker "
	"END\n"
	"SecRule ARGS \"!@rx ^[a-z]*$\" \"id:8,pass,t:none,t:base64Decode,setvar:'tx.n=+1'\"\n";

struct side {
	uint32_t ids[64];
	size_t n;
	char tx[256];
	bool limit;
};

static struct rule_set *set;
static struct plan *plan;
static struct eval_scratch scratch;

static void set_up(void)
{
	struct diag d;

	diag_init(&d);
	set = rule_set_new();
	struct seclang *l = seclang_new(set, NULL);
	enum err e = seclang_load(l, slice_str(rules), "fuzz", &d);
	if (e == OK)
		e = seclang_finish(l, &d);
	seclang_free(l);
	eval_scratch_init(&scratch, 10000);
	if (e == OK)
		e = plan_new(set, 4, &plan, &d);
	FUZZ_CHECK(e == OK && plan_scratch_init(plan, &scratch) == OK);
}

static void run(const struct plan *with, const struct eval_request *q, struct slice body, struct side *ret)
{
	struct arena_pool pool;
	struct arena arena;
	struct eval_verdict v;

	*ret = (struct side){ 0 };
	arena_pool_init(&pool, 0);
	arena_init(&arena, &pool, 64 << 20);
	struct eval *e = eval_new(set, with, &scratch, &arena, q);
	FUZZ_CHECK(e);
	FUZZ_CHECK(eval_head(e, &v) == OK && eval_body(e, body, body.n, &v) == OK && eval_end(e) == OK);
	for (const struct eval_event *event = eval_events(e); event; event = event->next) {
		FUZZ_CHECK(ret->n < 64);
		ret->ids[ret->n++] = event->rule->id;
		ret->limit |= event->limit;
	}
	struct slice s = eval_tx(e, SLICE("s")), c = eval_tx(e, SLICE("c")), n = eval_tx(e, SLICE("n")),
		     last = eval_tx(e, SLICE("last"));
	snprintf(ret->tx, sizeof ret->tx, "%.*s/%.*s/%.*s/%.*s", SLICE_ARG(s), SLICE_ARG(c), SLICE_ARG(n),
		 SLICE_ARG(slice_first(last, 80)));
	arena_reset(&arena);
	arena_pool_fini(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const types[] = { "application/x-www-form-urlencoded", "multipart/form-data; boundary=B",
					     "application/json", "text/xml", "text/plain" };
	struct slice in = slice_of(data, n);
	struct eval_field fields[16];
	struct side plain, planned;

	if (!set)
		set_up();
	if (n == 0)
		return 0;
	fields[0] = (struct eval_field){ SLICE("Content-Type"), slice_str(types[data[0] % 5]) };
	in = slice_from(in, 1);
	struct eval_request q = {
		.method = SLICE("POST"), .protocol = SLICE("HTTP/1.1"), .fields = fields, .fields_n = 1
	};
	q.target = slice_split(&in, '\n');
	while (in.p && in.n && q.fields_n < 16) {
		struct slice line = slice_split(&in, '\n');
		size_t colon = slice_find(line, ':');
		if (line.n == 0)
			break;
		fields[q.fields_n++] = (struct eval_field){ slice_first(line, colon),
							    slice_from(line, colon == SIZE_MAX ? line.n : colon + 1) };
	}
	run(NULL, &q, in, &plain);
	run(plan, &q, in, &planned);
	/* A pattern that is given up counts as a match; the database may know better. */
	if (plain.limit || planned.limit)
		return 0;
	FUZZ_CHECK(plain.n == planned.n && memcmp(plain.ids, planned.ids, sizeof plain.ids) == 0);
	FUZZ_CHECK(strcmp(plain.tx, planned.tx) == 0);
	return 0;
}
