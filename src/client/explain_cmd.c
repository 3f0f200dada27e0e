/* SPDX-License-Identifier: Apache-2.0 */
/* explain_cmd: `seawall explain`: the steps of one recent request. */
#include "client/columns.h"
#include "client/verbs.h"

/* The values of these members that are there, as a page. */
static void explain_cmd__head(struct cli *c, const json_t *r)
{
	static const char *const members[] = { "ray", "time", "client", "status", "cache", "zone", "error", "edge" };

	columns_line("request", cli_format(c, "%s %s%s", cli_member(c, r, "method"), cli_member(c, r, "host"),
					   cli_member(c, r, "path")));
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const json_t *value = json_object_get(r, members[i]);
		if (value && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0))
			columns_line(members[i], cli_value(c, value));
	}
	columns_line("took", cli_format(c, "%.3f ms", json_number_value(json_object_get(r, "us")) / 1000));
}

static void explain_cmd__steps(struct cli *c, const json_t *r)
{
	static const char *const heads[] = { "STEP", "MICROSECONDS", "DECISION" };
	struct columns t;
	json_t *step;
	size_t i;

	columns_begin(&t, c, heads, 3, 2);
	json_array_foreach(json_object_get(r, "steps"), i, step)
	{
		columns_add(&t, cli_member(c, step, "step"));
		columns_add(&t, cli_format(c, "%12.1f", json_number_value(json_object_get(step, "us"))));
		columns_add(&t, cli_member(c, step, "decision"));
	}
	columns_end(&t, "No step is known.");
}

static int explain_cmd__run(struct cli *c)
{
	json_t *request;
	const char *ray = cli_word(c, 0);

	int status = call_get(c->call, cli_format(c, "/seawall/explain/%s", cli_escape(c, ray)), &request);
	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		cli_print_json(request);
	} else {
		explain_cmd__head(c, request);
		putchar('\n');
		explain_cmd__steps(c, request);
	}
	json_decref(request);
	return CLIENT_OK;
}

static const struct verb explain_cmd__verbs[] = {
	{ "", "RAY", "show what one recent request went through, step by step", NULL,
	  "RAY is the CF-Ray header of the answer, or `ray` in the access log. Each worker remembers its last "
	  "requests.",
	  "curl -sI https://www.example.com/ | grep -i cf-ray\nseawall explain 8f2a1c3d4e5f6071", explain_cmd__run,
	  false },
	{ 0 },
};

const struct verb_noun explain_cmd = { "explain", "what one recent request went through", NULL, explain_cmd__verbs };
