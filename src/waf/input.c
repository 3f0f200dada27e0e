/* SPDX-License-Identifier: Apache-2.0 */
/* input: see input.h. Slices borrow from the request wherever the bytes are the same. */
#include "waf/input.h"

#include "waf/body.h"

static int input__hex(char c)
{
	if (slice_is_digit(c))
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct slice input_percent(struct arena *a, struct slice s, bool plus)
{
	if (s.n == 0 || (!memchr(s.p, '%', s.n) && !(plus && memchr(s.p, '+', s.n))))
		return s;
	char *out = arena_alloc(a, s.n);
	size_t n = 0;
	if (!out)
		return slice_of(NULL, 0);
	for (size_t i = 0; i < s.n; i++) {
		int high = i + 2 < s.n && s.p[i] == '%' ? input__hex(s.p[i + 1]) : -1;
		int low = high >= 0 ? input__hex(s.p[i + 2]) : -1;
		if (low >= 0) {
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	return slice_of(out, n);
}

static bool input__set(struct input *in, enum variable v, struct slice text)
{
	return value_set(&in->var[v], in->arena, text);
}

static bool input__number(struct input *in, enum variable v, uint64_t n)
{
	return value_set_number(&in->var[v], in->arena, n);
}

bool input_flag(struct input *in, enum variable v)
{
	return input__set(in, v, SLICE("1"));
}

bool input_error(struct input *in, const char *why)
{
	in->body_error = true;
	return input_flag(in, VAR_REQBODY_ERROR) && input_flag(in, VAR_REQBODY_PROCESSOR_ERROR) &&
	       input__set(in, VAR_REQBODY_ERROR_MSG, slice_str(why)) &&
	       input__set(in, VAR_REQBODY_PROCESSOR_ERROR_MSG, slice_str(why));
}

struct slice input_header(const struct input *in, struct slice name)
{
	const struct value_list *list = &in->var[VAR_REQUEST_HEADERS];

	for (uint32_t i = 0; i < list->n; i++)
		if (slice_eq_nocase(list->v[i].name, name))
			return list->v[i].text;
	return slice_of(NULL, 0);
}

/* Past SecArgumentsLimit arguments are not kept, and the body counts as one that could not be read. */
bool input_argument(struct input *in, enum variable values, enum variable names, struct slice name, struct slice value)
{
	struct arena *a = in->arena;

	if (in->args_n >= in->options->arguments_max) {
		in->args_full = true;
		return in->body_error || input_error(in, "more arguments than SecArgumentsLimit");
	}
	in->args_n++;
	in->args_bytes += name.n + value.n;
	return value_add(&in->var[VAR_ARGS], a, name, value) && value_add(&in->var[VAR_ARGS_NAMES], a, name, name) &&
	       (values == VAR_ARGS ||
		(value_add(&in->var[values], a, name, value) && value_add(&in->var[names], a, name, name)));
}

static bool input__cookie_char(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Pairs between semicolons: the name without blanks before it, the value as it is. */
static bool input__cookies(struct input *in, struct slice s)
{
	while (s.p && s.n) {
		struct slice pair = slice_split(&s, ';');
		while (pair.n && input__cookie_char(pair.p[0]))
			pair = slice_from(pair, 1);
		size_t equals = slice_find(pair, '=');
		struct slice name = slice_first(pair, equals);
		struct slice value = equals == SIZE_MAX ? SLICE("") : slice_from(pair, equals + 1);
		if (name.n == 0)
			continue;
		if (!value_add(&in->var[VAR_REQUEST_COOKIES], in->arena, name, value) ||
		    !value_add(&in->var[VAR_REQUEST_COOKIES_NAMES], in->arena, name, name))
			return false;
	}
	return true;
}

static bool input__fields(struct input *in, enum variable values, enum variable names, const struct eval_field *f,
			  size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!value_add(&in->var[values], in->arena, f[i].name, f[i].value) ||
		    !value_add(&in->var[names], in->arena, f[i].name, f[i].name))
			return false;
	return true;
}

/* http://host/path?query: what follows the authority, else the target itself. */
static struct slice input__origin_form(struct slice target)
{
	size_t colon = slice_find(target, ':');

	if (target.n == 0 || target.p[0] == '/' || colon == SIZE_MAX ||
	    !slice_starts(slice_from(target, colon), SLICE("://")))
		return target;
	struct slice rest = slice_from(target, colon + 3);
	size_t slash = slice_find(rest, '/');
	return slash == SIZE_MAX ? target : slice_from(rest, slash);
}

static bool input__target(struct input *in, const struct eval_request *q)
{
	struct slice raw = input__origin_form(q->target);
	size_t mark = slice_find(raw, '?');
	struct slice path = input_percent(in->arena, slice_first(raw, mark), false);
	size_t cut = slice_rfind(path, '/'), back = slice_rfind(path, '\\');
	if (back != SIZE_MAX && (cut == SIZE_MAX || back > cut))
		cut = back;
	struct slice query = mark == SIZE_MAX ? SLICE("") : slice_from(raw, mark + 1);

	return input__set(in, VAR_REQUEST_URI_RAW, q->target) &&
	       input__set(in, VAR_REQUEST_URI, input_percent(in->arena, raw, false)) &&
	       input__set(in, VAR_REQUEST_FILENAME, path) && input__set(in, VAR_PATH_INFO, path) &&
	       input__set(in, VAR_REQUEST_BASENAME, cut == SIZE_MAX ? path : slice_from(path, cut + 1)) &&
	       input__set(in, VAR_QUERY_STRING, query) && body_urlencoded(in, query, VAR_ARGS_GET, VAR_ARGS_GET_NAMES);
}

/* Variables that are 0 until something else is known. */
static bool input__zeros(struct input *in)
{
	static const uint8_t zeros[] = { VAR_REQBODY_ERROR,          VAR_REQBODY_PROCESSOR_ERROR,
					 VAR_INBOUND_DATA_ERROR,     VAR_OUTBOUND_DATA_ERROR,
					 VAR_MULTIPART_STRICT_ERROR, VAR_MULTIPART_UNMATCHED_BOUNDARY,
					 VAR_FILES_COMBINED_SIZE,    VAR_DURATION };

	for (size_t i = 0; i < sizeof zeros; i++)
		if (!input__set(in, (enum variable)zeros[i], SLICE("0")))
			return false;
	return true;
}

static bool input__ends(struct input *in, const struct eval_request *q)
{
	return input__set(in, VAR_REMOTE_ADDR, q->client_ip) && input__set(in, VAR_REMOTE_HOST, q->client_ip) &&
	       input__number(in, VAR_REMOTE_PORT, q->client_port) && input__set(in, VAR_SERVER_ADDR, q->server_ip) &&
	       input__set(in, VAR_SERVER_NAME, q->server_name) && input__number(in, VAR_SERVER_PORT, q->server_port) &&
	       input__set(in, VAR_UNIQUE_ID, q->id);
}

bool input_head(struct input *in, const struct eval_request *q)
{
	struct slice line = arena_printf(in->arena, "%.*s %.*s%s%.*s", SLICE_ARG(q->method), SLICE_ARG(q->target),
					 q->protocol.n ? " " : "", SLICE_ARG(q->protocol));

	/* Without a processor the variable is empty, not absent: rules ask for what it is not. */
	if (!input__zeros(in) || !input__set(in, VAR_REQBODY_PROCESSOR, SLICE("")) || !input__ends(in, q) ||
	    !input__set(in, VAR_REQUEST_METHOD, q->method) || !input__set(in, VAR_REQUEST_PROTOCOL, q->protocol) ||
	    !input__set(in, VAR_REQUEST_LINE, line) || !input__target(in, q) ||
	    !input__fields(in, VAR_REQUEST_HEADERS, VAR_REQUEST_HEADERS_NAMES, q->fields, q->fields_n))
		return false;
	for (size_t i = 0; i < q->fields_n; i++)
		if (slice_eq_nocase(q->fields[i].name, SLICE("Cookie")) && !input__cookies(in, q->fields[i].value))
			return false;
	return input__number(in, VAR_ARGS_COMBINED_SIZE, in->args_bytes);
}

static bool input__process(struct input *in, struct slice processor, struct slice type, struct slice body)
{
	if (slice_eq_nocase(processor, SLICE("URLENCODED")))
		return body_urlencoded(in, body, VAR_ARGS_POST, VAR_ARGS_POST_NAMES);
	if (slice_eq_nocase(processor, SLICE("MULTIPART")))
		return body_multipart(in, type, body);
	if (slice_eq_nocase(processor, SLICE("JSON")))
		return body_json(in, body);
	if (slice_eq_nocase(processor, SLICE("XML")))
		return body_xml(in, body);
	return true;
}

/* What is known of a body without reading it. */
static bool input__body_facts(struct input *in, struct slice processor, struct slice body, uint64_t total, bool raw)
{
	if (processor.n && !input__set(in, VAR_REQBODY_PROCESSOR, processor))
		return false;
	if (total > body.n && !input_flag(in, VAR_INBOUND_DATA_ERROR))
		return false;
	if (raw && body.n && !input__set(in, VAR_REQUEST_BODY, body))
		return false;
	return input__number(in, VAR_REQUEST_BODY_LENGTH, total);
}

bool input_body(struct input *in, struct slice processor, struct slice type, struct slice body, uint64_t total,
		bool force)
{
	bool multipart = slice_eq_nocase(processor, SLICE("MULTIPART")),
	     form = slice_eq_nocase(processor, SLICE("URLENCODED"));
	bool large = !multipart && body.n > in->options->request_body_no_files_max, ok = true;

	if (!input__body_facts(in, processor, body, total, form || force))
		return false;
	if (large && processor.n)
		ok = input_error(in, "more bytes than SecRequestBodyNoFilesLimit");
	else if (body.n)
		ok = input__process(in, processor, type, body);
	return ok && input__number(in, VAR_ARGS_COMBINED_SIZE, in->args_bytes);
}

bool input_answer(struct input *in, const struct eval_answer *w)
{
	struct slice line = arena_printf(in->arena, "%.*s %u", SLICE_ARG(w->protocol), w->status);

	for (size_t i = 0; i < w->fields_n; i++) {
		bool type = slice_eq_nocase(w->fields[i].name, SLICE("Content-Type"));
		bool length = slice_eq_nocase(w->fields[i].name, SLICE("Content-Length"));
		if (type && !input__set(in, VAR_RESPONSE_CONTENT_TYPE,
					slice_first(w->fields[i].value, slice_find(w->fields[i].value, ';'))))
			return false;
		if (length && !input__set(in, VAR_RESPONSE_CONTENT_LENGTH, w->fields[i].value))
			return false;
	}
	return input__number(in, VAR_RESPONSE_STATUS, w->status) &&
	       input__set(in, VAR_RESPONSE_PROTOCOL, w->protocol) && input__set(in, VAR_STATUS_LINE, line) &&
	       input__fields(in, VAR_RESPONSE_HEADERS, VAR_RESPONSE_HEADERS_NAMES, w->fields, w->fields_n);
}

bool input_answer_body(struct input *in, struct slice body, uint64_t total)
{
	if (total > body.n && !input_flag(in, VAR_OUTBOUND_DATA_ERROR))
		return false;
	return input__set(in, VAR_RESPONSE_BODY, body) && input__number(in, VAR_RESPONSE_CONTENT_LENGTH, total);
}
