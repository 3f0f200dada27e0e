/* SPDX-License-Identifier: Apache-2.0 */
/* logs_stream: see logs_stream.h. Lifetime word of struct logs__stream: from begin to finish or on_gone. */
#include "platform/logs_stream.h"

#include "api/api_int.h"
#include "base/mem.h"
#include "base/text.h"
#include "platform/platform_int.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "wire/uri.h"
#include "wire/ws_accept.h"
#include "wire/ws_frame.h"

#include <stdio.h>

enum {
	LOGS__LINES_DEFAULT = 100,
	LOGS__LINES_MAX = 100000,
	LOGS__PING_MS = 20000, /* clients give up after 30 s of silence */
	LOGS__FILE_PIECE = 1 << 20,
	LOGS__JSON_BYTES = 6 * PLATFORM_LOGS_LINE_BYTES + 256,
	LOGS__QUERY_BYTES = 2048,
};

struct logs__stream {
	struct platform *p;
	struct exchange *x;
	char app[BEARER_SUBJECT_BYTES];
	/* Of a stream. */
	struct platform_logs_follower follower;
	struct loop_timer ping;
	bool following, socket, timer_on;
	uint64_t skipped; /* lines that the client was too slow for */
	struct ws_frame frame;
	/* Of an answer with an end. */
	struct buf rest;
	bool file;
	size_t file_i;
	uint64_t file_at;
};

/* ---- ends ---- */

static void logs__drop(struct logs__stream *s)
{
	if (s->following)
		platform_logs_leave(s->p->logs, &s->follower);
	if (s->timer_on)
		loop_timer_cancel(control_loop(s->p->setup.control), &s->ping);
	mem_free(s->frame.message);
	buf_fini(&s->rest);
	mem_free(s);
}

static void logs__finish(struct logs__stream *s)
{
	struct exchange *x = s->x;

	x->owner = NULL;
	logs__drop(s);
	x->ops->finish(x, NULL, 0);
}

static void logs__refuse(struct exchange *x, uint16_t status, const char *text)
{
	const struct field fields[] = { { SLICE("Content-Type"), SLICE("application/json"), FIELD_CONTENT_TYPE },
					{ SLICE("Cache-Control"), SLICE("no-store"), FIELD_CACHE_CONTROL } };
	char body[256];
	int n = snprintf(body, sizeof body, "{\"error\":\"%s\"}", text);
	struct http_response r = {
		.status = status, .body = HTTP_BODY_LENGTH, .length = (uint64_t)n, .fields = fields, .fields_n = 2
	};

	x->ops->head(x, &r);
	if (x->req.method_id != METHOD_HEAD)
		x->ops->write_all(x, slice_of(body, (size_t)n));
	x->ops->finish(x, NULL, 0);
}

/* ---- live ---- */

static void logs__frame(struct logs__stream *s, enum ws_frame_op op, struct slice data)
{
	char head[WS_FRAME_HEAD_MAX];

	s->x->ops->write_all(s->x, slice_of(head, ws_frame_head(op, data.n, head)));
	s->x->ops->write_all(s->x, data);
}

/* One event in the form of the connection. */
static void logs__event(struct logs__stream *s, const char *event, struct slice line)
{
	char json[LOGS__JSON_BYTES];
	struct text t = text_of(json, sizeof json);

	if (!s->socket) {
		if (line.p)
			text_printf(&t, "data: %.*s\n\n", SLICE_ARG(line));
		else
			text_add(&t, SLICE(": ping\n\n"));
		s->x->ops->write_all(s->x, text_slice(&t));
		return;
	}
	text_printf(&t, "{\"event\":\"%s\",", event);
	if (line.p) {
		text_add(&t, SLICE("\"log\":"));
		text_json(&t, line);
		text_byte(&t, ',');
	}
	text_printf(&t, "\"timestamp\":%lld}", (long long)(clock_wall_ms() / 1000));
	if (!t.bad)
		logs__frame(s, WS_FRAME_TEXT, text_slice(&t));
}

static void logs__line(struct platform_logs_follower *f, struct slice line)
{
	struct logs__stream *s = LOOP_OWNER(f, struct logs__stream, follower);

	/* Nothing waits for a client that does not read: it is told what it missed. */
	if (!s->x->ops->room(s->x))
		s->skipped++;
	else
		logs__event(s, "log", line);
}

static void logs__ping(struct loop_timer *t)
{
	struct logs__stream *s = LOOP_OWNER(t, struct logs__stream, ping);
	struct loop *l = control_loop(s->p->setup.control);

	loop_timer_set(l, t, loop_now_ms(l) + LOGS__PING_MS);
	if (s->x->ops->room(s->x))
		logs__event(s, "ping", slice_of(NULL, 0));
}

static void logs__start(struct logs__stream *s)
{
	struct loop *l = control_loop(s->p->setup.control);

	loop_timer_init(&s->ping, logs__ping);
	loop_timer_set(l, &s->ping, loop_now_ms(l) + LOGS__PING_MS);
	s->timer_on = true;
}

static void logs__events(struct logs__stream *s)
{
	const struct field fields[] = { { SLICE("Content-Type"), SLICE("text/event-stream"), FIELD_CONTENT_TYPE },
					{ SLICE("Cache-Control"), SLICE("no-store"), FIELD_CACHE_CONTROL },
					{ SLICE("X-Accel-Buffering"), SLICE("no"), FIELD_OTHER } };
	struct http_response r = { .status = 200, .body = HTTP_BODY_STREAM, .fields = fields, .fields_n = 3 };

	s->x->ops->head(s->x, &r);
	logs__event(s, "ping", slice_of(NULL, 0));
	logs__start(s);
}

/* The handshake; false when it was refused. */
static bool logs__socket(struct logs__stream *s)
{
	const struct http_request *q = &s->x->req;
	const struct field *key = field_find(q->fields, q->fields_n, FIELD_SEC_WEBSOCKET_KEY),
			   *version = field_find_name(q->fields, q->fields_n, SLICE("Sec-WebSocket-Version"));
	char accept[WS_ACCEPT_BYTES];

	if (!key || !version || !slice_eq(version->value, SLICE("13")) ||
	    !field_any_has(q->fields, q->fields_n, FIELD_UPGRADE, SLICE("websocket")) ||
	    ws_accept_make(key->value, accept) != OK)
		return false;
	const struct field fields[] = { { SLICE("Upgrade"), SLICE("websocket"), FIELD_UPGRADE },
					{ SLICE("Sec-WebSocket-Accept"), slice_of(accept, sizeof accept),
					  FIELD_OTHER } };
	struct http_response r = { .status = 101, .body = HTTP_BODY_TUNNEL, .fields = fields, .fields_n = 2 };
	s->socket = true;
	ws_frame_init(&s->frame, mem_alloc(WS_FRAME_MESSAGE_MAX));
	s->x->ops->head(s->x, &r);
	s->x->ops->read(s->x, true);
	logs__start(s);
	return true;
}

static void logs__follow(struct logs__stream *s, struct slice filter)
{
	struct exchange *x = s->x;

	slice_cstr(slice_str(s->app), s->follower.app, sizeof s->follower.app);
	slice_cstr(filter, s->follower.filter, sizeof s->follower.filter);
	s->follower.fn = logs__line;
	s->following = platform_logs_follow(s->p->logs, &s->follower) == OK;
	uint16_t status = s->following ? 0 : 503;
	if (s->following && x->req.upgrade)
		status = logs__socket(s) ? 0 : 400;
	else if (s->following)
		logs__events(s);
	if (!status)
		return;
	x->owner = NULL;
	logs__drop(s);
	logs__refuse(x, status,
		     status == 503 ? "too many follow logs already" : "a WebSocket of version 13 is spoken here");
}

/* ---- answers with an end ---- */

/* More of the file into the rest; false at its end. */
static bool logs__more(struct logs__stream *s)
{
	if (!s->file)
		return false;
	buf_clear(&s->rest);
	enum err e = platform_logs_file_read(s->p->logs, s->app, s->file_i, s->file_at, LOGS__FILE_PIECE, &s->rest);
	s->file_at += buf_len(&s->rest);
	return e == OK && buf_len(&s->rest);
}

static void logs__pump(struct logs__stream *s)
{
	do {
		buf_consume(&s->rest, s->x->ops->write(s->x, buf_slice(&s->rest)));
		if (buf_len(&s->rest))
			return; /* on_room comes */
	} while (logs__more(s));
	logs__finish(s);
}

static void logs__text_head(struct logs__stream *s, uint16_t status, bool stream)
{
	const struct field fields[] = { { SLICE("Content-Type"), SLICE("text/plain; charset=utf-8"),
					  FIELD_CONTENT_TYPE },
					{ SLICE("Cache-Control"), SLICE("no-store"), FIELD_CACHE_CONTROL } };
	struct http_response r = { .status = status,
				   .body = status == 204 ? HTTP_BODY_NONE
					   : stream      ? HTTP_BODY_STREAM
							 : HTTP_BODY_LENGTH,
				   .length = buf_len(&s->rest),
				   .fields = fields,
				   .fields_n = status == 204 ? 0 : 2 };

	s->x->ops->head(s->x, &r);
}

static void logs__dump(struct logs__stream *s, struct slice filter, size_t n)
{
	platform_logs_tail(s->p->logs, s->app, filter, n, &s->rest);
	logs__text_head(s, buf_len(&s->rest) ? 200 : 204, false);
	if (buf_len(&s->rest) == 0 || s->x->req.method_id == METHOD_HEAD)
		logs__finish(s);
	else
		logs__pump(s);
}

static void logs__archive(struct logs__stream *s)
{
	struct exchange *x = s->x;

	s->file = true;
	if (!logs__more(s)) {
		x->owner = NULL;
		logs__drop(s);
		logs__refuse(x, 404, "there is no such file");
		return;
	}
	logs__text_head(s, 200, true);
	if (x->req.method_id == METHOD_HEAD)
		logs__finish(s);
	else
		logs__pump(s);
}

/* ---- the exchange ---- */

static void logs__on_body(struct exchange *x, struct slice data, bool end)
{
	struct logs__stream *s = x->owner;

	while (s && s->socket && data.n) {
		enum ws_frame_verdict v = ws_frame_read(&s->frame, &data);
		char code[2] = { (char)(WS_FRAME_NORMAL >> 8), (char)(WS_FRAME_NORMAL & 255) };
		if (v == WS_FRAME_MESSAGE && s->frame.op == WS_FRAME_PING) {
			logs__frame(s, WS_FRAME_PONG, s->frame.data);
		} else if (v == WS_FRAME_BAD || (v == WS_FRAME_MESSAGE && s->frame.op == WS_FRAME_CLOSE)) {
			uint16_t why = v == WS_FRAME_BAD ? s->frame.code : ws_frame_close_code(s->frame.data);
			code[0] = (char)(why >> 8);
			code[1] = (char)(why & 255);
			logs__frame(s, WS_FRAME_CLOSE, slice_of(code, sizeof code));
			logs__finish(s);
			return;
		}
	}
	if (!s || !s->socket)
		return;
	if (end)
		logs__finish(s);
	else if (!x->ops->room(x))
		x->ops->read(x, false); /* whoever does not take pongs does not get to send pings */
}

static void logs__on_room(struct exchange *x)
{
	struct logs__stream *s = x->owner;
	char text[96];

	if (s && s->following) {
		if (s->socket)
			x->ops->read(x, true);
		int n = snprintf(text, sizeof text, "(%llu lines were skipped: they came faster than they were read)",
				 (unsigned long long)s->skipped);
		if (s->skipped)
			logs__event(s, "log", slice_of(text, (size_t)n));
		s->skipped = 0;
	} else if (s) {
		logs__pump(s);
	}
}

static void logs__on_gone(struct exchange *x, enum err why)
{
	struct logs__stream *s = x->owner;

	x->owner = NULL;
	if (s)
		logs__drop(s);
}

/* The first value of a member of the query, decoded. The empty slice without one, or when it is longer than cap. */
static struct slice logs__query(struct slice query, struct slice name, char *out, size_t cap)
{
	size_t n;

	while (query.n) {
		struct slice value = slice_split(&query, '&'), key = slice_split(&value, '=');
		if (!slice_eq(key, name))
			continue;
		return value.n <= cap && api_routes_decode(value, true, out, &n) ? slice_of(out, n) : SLICE("");
	}
	return SLICE("");
}

/* "/apps/ID/logs" or "/apps/ID/logs/N". */
static bool logs__path(struct slice path, struct slice *ret_id, bool *ret_file, uint64_t *ret_i)
{
	struct slice rest = slice_from(path, strlen("/apps/"));

	*ret_id = slice_split(&rest, '/');
	struct slice word = slice_split(&rest, '/');
	*ret_file = rest.p != NULL;
	*ret_i = 0;
	return slice_eq(word, SLICE("logs")) && (!*ret_file || slice_u64(rest, ret_i));
}

static const struct exchange_handler logs__handler = {
	.on_body = logs__on_body,
	.on_room = logs__on_room,
	.on_gone = logs__on_gone,
};

void platform_logs_stream(void *arg, struct exchange *x)
{
	struct platform *p = arg;
	char text[LOGS__QUERY_BYTES], app[BEARER_SUBJECT_BYTES], words[256], number[24], flag[8];
	struct slice query = uri_query(x->req.path), id;
	uint64_t n = LOGS__LINES_DEFAULT, file_i;
	bool file;

	if ((x->req.method_id != METHOD_GET && x->req.method_id != METHOD_HEAD) || x->req.has_body ||
	    !logs__path(uri_path(x->req.path), &id, &file, &file_i)) {
		logs__refuse(x, 404, "not found");
		return;
	}
	struct slice token = logs__query(query, SLICE("token"), text, sizeof text);
	if (platform_bearer_read(&p->key, BEARER_LOGS, token, clock_wall_ms(), app) != OK ||
	    !slice_eq_ct(slice_str(app), id)) {
		logs__refuse(x, 401, "the token is not valid here, or has expired; ask the API for another logs_url");
		return;
	}
	struct slice filter = logs__query(query, SLICE("filter"), words, sizeof words),
		     asked = logs__query(query, SLICE("n"), number, sizeof number);
	if (!platform_logs_filter_ok(filter) || (asked.n && !slice_u64(asked, &n))) {
		logs__refuse(x, 400, "filter is made of words with | between them, n is a number");
		return;
	}
	if (x->ops->keep(x) != OK) {
		x->ops->abort(x);
		return;
	}
	struct logs__stream *s = mem_alloc(sizeof *s);
	*s = (struct logs__stream){ .p = p, .x = x, .file_i = file_i };
	memcpy(s->app, app, sizeof app);
	buf_init(&s->rest, 2 * p->setup.node->limits.app_log_bytes + 2 * LOGS__FILE_PIECE);
	x->owner = s;
	x->handler = &logs__handler;
	if (file)
		logs__archive(s);
	else if (slice_eq(logs__query(query, SLICE("stream"), flag, sizeof flag), SLICE("true")))
		logs__follow(s, filter);
	else
		logs__dump(s, filter, n < LOGS__LINES_MAX ? n : LOGS__LINES_MAX);
}
