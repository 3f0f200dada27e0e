/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope: the answer as text: {"result":…,"success":…,"errors":…,"messages":…,"result_info":…}, compact, in that
 * order, which shell clients rely on. Braces inside strings are written as escapes: a widely used client finds the JSON
 * of an answer by balancing braces in its whole text.
 */
#include "api/api_int.h"

struct envelope {
	struct buf *out;
	bool in_string, escaped;
};

static int envelope__bytes(const char *p, size_t n, void *arg)
{
	struct envelope *e = arg;
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		if (!e->in_string) {
			e->in_string = c == '"';
			continue;
		}
		if (e->escaped || c == '\\') {
			e->escaped = !e->escaped;
			continue;
		}
		e->in_string = c != '"';
		if (c != '{' && c != '}')
			continue;
		if (!buf_add(e->out, slice_of(p + from, i - from)) ||
		    !buf_add(e->out, c == '{' ? SLICE("\\u007b") : SLICE("\\u007d")))
			return -1;
		from = i + 1;
	}
	return buf_add(e->out, slice_of(p + from, n - from)) ? 0 : -1;
}

static void envelope__member(const char *name, const json_t *v, const char *absent, struct buf *out)
{
	struct envelope e = { .out = out };

	buf_printf(out, "\"%s\":", name);
	if (!v)
		buf_add(out, slice_str(absent));
	else if (json_dump_callback(v, envelope__bytes, &e, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
		out->full = true;
}

enum err api_envelope_write(const struct api_call *call, struct buf *out)
{
	bool success = call->status < 400;

	buf_add_byte(out, '{');
	envelope__member("result", success ? call->result : NULL, "null", out);
	buf_printf(out, ",\"success\":%s,", success ? "true" : "false");
	envelope__member("errors", call->errors, "[]", out);
	buf_add_byte(out, ',');
	envelope__member("messages", call->messages, "[]", out);
	if (call->info && success) {
		buf_add_byte(out, ',');
		envelope__member("result_info", call->info, "{}", out);
	}
	buf_add_byte(out, '}');
	return out->full ? ERR_QUEUE_FULL : OK;
}
