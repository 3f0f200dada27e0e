/* SPDX-License-Identifier: Apache-2.0 */
/* api: see api.h. The turn of each request: who asks, what about, the handler, the transaction, the edges. */
#include "api/api.h"

#include "api/api_int.h"
#include "api/firewall_events.h"
#include "api/purge.h"
#include "api/routes.h"
#include "base/check.h"
#include "base/mem.h"
#include "control/compile.h"
#include "supervisor/say.h"
#include "sys/clock.h"
#include "wire/uri.h"

#include <stdio.h>

static void api__run(struct api *api);

/* What edges say by themselves. */
static void api__hear(struct api *api)
{
	struct control *control = api->setup.control;

	api->firewall_events = firewall_events_new(api, api->setup.node->limits.firewall_events_bytes_max);
	control_meet(control, api_purge_meet, api->setup.state);
}

struct api *api_new(const struct api_setup *setup)
{
	struct api *api = mem_alloc(sizeof *api);

	api->magic = OBJ_API;
	api->setup = *setup;
	api->last = &api->first;
	attempts_init(&api->attempts);
	arena_pool_init(&api->arenas, 64);
	if (setup->control)
		api__hear(api);
	return api;
}

void api_on_commit(struct api *api, void (*fn)(void *arg), void *arg)
{
	api->committed = fn;
	api->committed_arg = arg;
}

uint64_t api_answered(const struct api *api, unsigned hundreds)
{
	return hundreds < 6 ? api->answered[hundreds] : 0;
}

/* ---- one request ---- */

static struct slice api__copy(struct api_call *call, struct slice s)
{
	/* The empty slice keeps "there is none" apart from "it is empty". */
	return s.p ? arena_copy(&call->arena, s) : s;
}

/* Whose path it is; NULL: ours. */
static const struct api_dialect *api__dialect(const struct api *api, struct slice path)
{
	const struct api_dialect *d = api->setup.dialect;
	bool below = d && slice_starts(path, d->prefix) && (path.n == d->prefix.n || path.p[d->prefix.n] == '/');

	return below ? d : NULL;
}

static struct api_call *api__call(struct api *api, const struct api_request *rq)
{
	struct api_call *call = mem_alloc(sizeof *call);

	call->magic = OBJ_API_CALL;
	call->api = api;
	call->state = api->setup.state;
	call->node = api->setup.node;
	call->control = api->setup.control;
	call->seal = api->setup.seal;
	call->doctor = api->setup.doctor;
	arena_init(&call->arena, &api->arenas, API__ARENA_BYTES + rq->body.n);
	call->method = rq->method;
	call->path = api__copy(call, uri_path(rq->target));
	call->query = api__copy(call, uri_query(rq->target));
	call->bearer = api__copy(call, rq->bearer);
	call->email = api__copy(call, rq->email);
	call->key = api__copy(call, rq->key);
	call->basic = api__copy(call, rq->basic);
	call->session = api__copy(call, rq->session);
	call->csrf = api__copy(call, rq->csrf);
	call->agent = api__copy(call, rq->agent);
	call->bad_authorization = rq->bad_authorization;
	call->body_too_large = rq->body_too_large;
	call->content_type = api__copy(call, rq->content_type);
	call->host = api__copy(call, rq->host);
	call->secure = rq->secure;
	call->dry_run = rq->dry_run;
	call->foreign = rq->foreign;
	call->dialect = api__dialect(api, call->path);
	call->raw = api__copy(call, rq->body);
	call->client = rq->client;
	if (rq->client.family)
		ip_print(&rq->client, call->address);
	return call;
}

static void api__free(struct api_call *call)
{
	OBJ(call, OBJ_API_CALL);
	json_decref(call->body);
	json_decref(call->result);
	json_decref(call->errors);
	json_decref(call->messages);
	json_decref(call->info);
	state_token_fini(&call->token);
	arena_reset(&call->arena);
	call->magic = OBJ_FREED;
	mem_free(call);
}

/* Sends the answer that is there, and ends the call. */
static void api__send(struct api_call *call)
{
	struct api *api = call->api;
	struct buf out;

	CHECK(call->answered);
	api->answered[call->status / 100 % 6] += !call->job.fn;
	buf_init(&out, API__OUT_BYTES_MAX);
	struct api_answer a = { .status = call->status,
				.type = call->text_type,
				.live = slice_str(call->live),
				.location = call->location,
				.cookie = call->cookie,
				.body = call->text };
	if (!call->text_type.p) {
		a.type = SLICE("application/json");
		if ((call->dialect ? call->dialect->write(call, &out) : api_envelope_write(call, &out)) != OK) {
			buf_clear(&out);
			a.status = 500;
			buf_printf(&out,
				   "{\"result\":null,\"success\":false,\"errors\":[{\"code\":%d,\"message\":"
				   "\"the answer is too large; ask for less with per_page\"}],\"messages\":[]}",
				   API_BROKEN);
		}
		a.body = buf_slice(&out);
	}
	if (!call->gone)
		call->done(call->done_arg, &a);
	buf_fini(&out);
	api__free(call);
}

/* ---- the transaction ---- */

/* The answer that was kept is void. */
static void api__forget_answer(struct api_call *call)
{
	json_decref(call->result);
	json_decref(call->info);
	call->result = call->info = NULL;
	call->text = call->text_type = call->location = slice_of(NULL, 0);
	call->answered = false;
}

static void api__commit(struct api_call *call)
{
	enum err e = state_commit(call->state);

	if (e == OK) {
		if (call->api->committed)
			call->api->committed(call->api->committed_arg);
		return;
	}
	api__forget_answer(call);
	api_fail_store(call, e);
}

static void api__live(struct api_call *call, size_t edges, uint64_t took_us)
{
	json_t *live = json_object();

	json_object_set_new(live, "edges", json_integer((json_int_t)edges));
	json_object_set_new(live, "ms", json_integer((json_int_t)((took_us + 999) / 1000)));
	api_info(call, "live", live);
	snprintf(call->live, sizeof call->live, "edges=%zu; ms=%llu", edges,
		 (unsigned long long)((took_us + 999) / 1000));
}

static void api__taken_back(void *arg, const struct publish_result *r)
{
	if (r->error != OK || r->late)
		say("api", "event=not_taken_back late=%zu reason=\"%s\"", r->late, r->why.text);
}

/* The edges have a change that could not be stored: what is stored becomes live again. touched_n: zones of the
 * transaction, whose list is still there. */
static void api__take_back(struct api_call *call, size_t touched_n)
{
	struct compile *c = compile_new(call->state, call->node);
	struct diag d;

	for (size_t i = 0; i < touched_n; i++) {
		diag_init(&d);
		if (compile_touched(c, &call->state->touched[i], &d) != OK)
			say("api", "event=not_taken_back id=%s reason=\"%s\"", call->state->touched[i].id, d.text);
	}
	const struct publish_call p = { .items = compile_items(c),
					.n = compile_count(c),
					.due_ms = control_now_ms(call->control) + API__PUBLISH_MS,
					.fn = api__taken_back };
	control_publish(call->control, &p);
	compile_free(c);
}

/* The items were refused or are live. */
static void api__published(void *arg, const struct publish_result *r)
{
	struct api_call *call = arg;
	struct api *api = call->api;

	OBJ(call, OBJ_API_CALL);
	CHECK(api->writing == call);
	api->writing = NULL;
	if (r->error != OK) {
		state_rollback(call->state);
		api__forget_answer(call);
		api_fail(call, 400, API_REFUSED_BY_EDGE, NULL,
			 "the change cannot be made live and was taken back: %s%s%s", r->why.where,
			 r->why.where[0] ? ": " : "", r->why.text);
	} else {
		api__live(call, r->edges, r->took_us);
		if (r->edges == 0 && r->late == 0)
			api_say(call, 1, "no edge is connected; it is live as soon as one comes");
		if (r->late)
			api_say(call, 2,
				"%zu edge(s) have not acknowledged within %d ms; they get it as soon as they can",
				r->late, API__PUBLISH_MS);
		size_t touched_n = call->state->touched_n;
		api__commit(call);
		if (call->status >= 400)
			api__take_back(call, touched_n);
	}
	api__send(call);
	api__run(api);
}

/* Compiles what was touched and publishes it. */
static void api__publish(struct api_call *call)
{
	struct state *st = call->state;
	struct compile *c = compile_new(st, call->node);
	struct diag d;

	diag_init(&d);
	for (size_t i = 0; i < st->touched_n; i++) {
		enum err e = compile_touched(c, &st->touched[i], &d);
		if (e == OK)
			continue;
		compile_free(c);
		state_rollback(st);
		api__forget_answer(call);
		if (e == ERR_PLAN)
			api_fail(call, 400, API_REFUSED_BY_EDGE, NULL, "the change cannot be made live: %s", d.text);
		else
			api_fail_store(call, e);
		api__send(call);
		return;
	}
	const struct publish_call p = { .items = compile_items(c),
					.n = compile_count(c),
					.due_ms = control_now_ms(call->control) + API__PUBLISH_MS,
					.fn = api__published,
					.arg = call };
	call->api->writing = call;
	control_publish(call->control, &p);
	compile_free(c);
}

/* After the handler of a route with API_WRITE. */
static void api__decide(struct api_call *call)
{
	struct state *st = call->state;

	if (call->status >= 400) {
		state_rollback(st);
		api__send(call);
		return;
	}
	if (st->touched_n && call->control) {
		api__publish(call);
		return;
	}
	api__commit(call);
	api__send(call);
}

/* ---- the turn of a request ---- */

/* The body as JSON, unless the handler reads it itself. False after api_fail. */
static bool api__body(struct api_call *call)
{
	json_error_t e;
	struct slice s = call->raw;

	if (call->body_too_large) {
		api_fail(call, 413, API_TOO_LARGE, "", "the body is larger than %llu bytes (limit api_body_bytes_max)",
			 (unsigned long long)call->node->limits.api_body_bytes_max);
		return false;
	}
	if (call->route->flags & API_RAW)
		return true;
	while (s.n && strchr(" \t\r\n", s.p[0]) && s.p[0])
		s = slice_from(s, 1);
	if (s.n == 0)
		return true;
	call->body = json_loadb(s.p, s.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (call->body)
		return true;
	api_fail(call, 400, API_BAD_JSON, "", "Malformed JSON in request body: line %d, column %d: %s", e.line,
		 e.column, e.text);
	return false;
}

static void api__no_route(struct api_call *call, bool other)
{
	if (other)
		api_fail(call, 405, API_BAD_METHOD, NULL, "Method not available for that URI");
	else
		api_fail(call, 404, API_NO_ROUTE, NULL,
			 "Could not route to %.*s, perhaps your object identifier is invalid?",
			 SLICE_ARG(slice_first(call->path, 200)));
	if (other)
		return;
	/* The sentence above is the one that clients know; this one is for people. */
	if (!slice_starts(call->path, SLICE("/client/v4")))
		api_say(call, API_NO_ROUTE, "The API is below /client/v4, as in /client/v4/zones");
	else if (call->route)
		api_say(call, API_NO_ROUTE, "There is no zone of that id or name, or this token may not see it");
	else
		api_say(call, API_NO_ROUTE, "Seawall has no such path, or not yet");
}

/* ":zone" and ":account" of the path, and whether the token may. False after api_fail. */
static bool api__subject(struct api_call *call)
{
	const struct api_route *r = call->route;
	struct slice zone = api_param(call, "zone");
	enum err e = zone.n ? state_zone_get(call->state, zone, &call->zone) : OK;

	if (e != OK && e != ERR_NOT_FOUND) {
		api_fail_store(call, e);
		return false;
	}
	/* Who may not see every zone does not learn which there are. */
	const char *id = zone.n ? e == OK ? call->zone.id : "?" : NULL;
	if (!api_may(call, r->right, id)) {
		api_fail(call, 403, API_FORBIDDEN, NULL, "Authentication error");
		return false;
	}
	if (e == OK)
		return true;
	api__no_route(call, false);
	return false;
}

/* Its turn comes after those who wait already. */
static void api__queue(struct api_call *call)
{
	struct api *api = call->api;

	call->next = NULL;
	*api->last = call;
	api->last = &call->next;
	api->waiting_n++;
}

static void api__handle(struct api_call *call)
{
	const char *who = call->job.fn ? "system" : call->token.id[0] ? call->token.name : "nobody";
	const struct state_actor actor = { call->token.id, who, call->address };
	enum err e = call->route->flags & API_WRITE ? state_begin(call->state, &actor) : OK;

	if (e != OK) {
		api_fail_store(call, e);
		api__send(call);
		return;
	}
	if ((call->route->flags & API_LATER) && call->api->later_n == API__QUEUE_MAX)
		api_fail(call, 503, API_BUSY, NULL, "%d requests are waiting for others already; try again",
			 API__QUEUE_MAX);
	else
		call->route->fn(call);
	if (call->answered) {
		if (call->route->flags & API_WRITE)
			api__decide(call);
		else
			api__send(call);
		return;
	}
	CHECK((call->route->flags & (API_LATER | API_WRITE)) == API_LATER);
	if (call->again) {
		api__queue(call);
		return;
	}
	call->waiting = true;
	call->next = call->api->later;
	call->api->later = call;
	call->api->later_n++;
}

static void api__job(struct api_call *call)
{
	call->job.fn(call);
}

static void api__job_done(void *arg, const struct api_answer *answer)
{
	struct api_call *call = arg;
	const char *why = json_string_value(json_object_get(json_array_get(call->errors, 0), "message"));

	if (call->job.done)
		call->job.done(call->job.arg, answer->status < 400 ? NULL : why ? why : "it failed");
}

/* A filter that cannot be read is not as if it were absent. False after api_fail. */
static bool api__query(struct api_call *call)
{
	char *text = arena_alloc(&call->arena, call->query.n + 1);
	size_t n;

	if (text && api_routes_decode(call->query, true, text, &n))
		return true;
	api_fail(call, 400, API_BAD_QUERY, NULL,
		 "the query is not readable: a %% stands before two hexadecimal digits, and text is UTF-8 without NUL");
	return false;
}

static void api__turn(struct api_call *call)
{
	static const struct api_route job = { .fn = api__job, .flags = API_WRITE };
	bool other;

	if (call->job.fn) {
		call->route = &job;
		api__handle(call);
		return;
	}
	if (call->again) { /* who asks, and what, is known */
		call->route = call->again;
		if (api__subject(call))
			api__handle(call);
		else
			api__send(call);
		return;
	}
	call->route = api_routes_find(call, &other);
	if (arena_full(&call->arena))
		api_fail(call, 413, API_TOO_LARGE, NULL, "the request is too large");
	else if (!call->route)
		api__no_route(call, other);
	else if ((call->route->flags & API_OPEN) || (call->dialect ? call->dialect->auth(call) : api_auth_check(call)))
		if (api__query(call) && api__body(call) && api__subject(call)) {
			/* Not a part of what was asked: a failure here is told in the log only. */
			if (call->token.id[0] && state_token_used(call->state, &call->token) != OK)
				say("api", "event=token_use_not_stored reason=\"%s\"",
				    store_reason(call->state->store));
			api__handle(call);
			return;
		}
	api__send(call);
}

/* The turns that can come now. */
static void api__run(struct api *api)
{
	if (api->running)
		return;
	api->running = true;
	while (api->first && !api->writing) {
		struct api_call *call = api->first;
		api->first = call->next;
		if (!api->first)
			api->last = &api->first;
		api->waiting_n--;
		state_at(api->setup.state, clock_wall_ms());
		api__turn(call);
	}
	api->running = false;
}

/* ---- the door ---- */

void api_ask(struct api *api, const struct api_request *rq, api_done_fn done, void *arg, struct api_call **ret_call)
{
	OBJ(api, OBJ_API);
	struct api_call *call = api__call(api, rq);

	call->done = done;
	call->done_arg = arg;
	*ret_call = call;
	if (api->waiting_n == API__QUEUE_MAX) {
		api_fail(call, 503, API_BUSY, NULL, "%d requests are waiting already; try again", API__QUEUE_MAX);
		api__send(call);
		return;
	}
	api__queue(call);
	api__run(api);
}

void api_do(struct api *api, const struct api_job *job)
{
	OBJ(api, OBJ_API);
	const struct api_request nothing = { .method = METHOD_POST };
	struct api_call *call = api__call(api, &nothing);

	call->job = *job;
	call->done = api__job_done;
	call->done_arg = call;
	*api->last = call;
	api->last = &call->next;
	api->waiting_n++;
	api__run(api);
}

void api_let_go(struct api_call *call)
{
	OBJ(call, OBJ_API_CALL);
	call->gone = true;
}

/* No longer among those that will answer later. */
static void api__leave(struct api_call *call)
{
	struct api *api = call->api;

	call->waiting = false;
	for (struct api_call **at = &api->later; *at; at = &(*at)->next) {
		if (*at == call) {
			*at = call->next;
			api->later_n--;
			break;
		}
	}
}

void api_resume(struct api_call *call)
{
	OBJ(call, OBJ_API_CALL);
	api__leave(call);
	api__send(call);
}

void api_again(struct api_call *call, const struct api_route *route)
{
	OBJ(call, OBJ_API_CALL);
	CHECK(!call->answered && !call->again);
	call->again = route;
	if (!call->waiting)
		return; /* its handler runs still, and api__handle sees to it */
	api__leave(call);
	api__queue(call);
	api__run(call->api);
}

bool api_knows(struct api *api, const struct api_request *rq)
{
	struct state_token t = { 0 };
	const struct api_dialect *d = api__dialect(api, uri_path(rq->target));
	bool known = (d ? d->find(d, api->setup.state, rq, &t) : api_auth_find(api->setup.state, rq, &t)) == OK;

	known = known && state_token_check(&t, clock_wall_ms(), &rq->client) == STATE_TOKEN_USABLE;
	state_token_fini(&t);
	return known;
}

/* One zone, app or domain of api_start. errors: what is not about this one. */
static enum err api__start_one(struct api *api, struct compile *c, const struct state_touched *t)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	struct diag d;

	diag_init(&d);
	compile_clear(c);
	enum err e = compile_touched(c, t, &d);
	const struct publish_item *items = compile_items(c);
	for (size_t k = 0; e == OK && k < compile_count(c); k++)
		if (items[k].json.p)
			e = control_put(api->setup.control, items[k].source, items[k].json, &d);
	if (e != ERR_PLAN)
		return e;
	say("api", "event=not_live id=%s reason=\"%s\"", t->id, diag_print(&d, text, sizeof text));
	return OK;
}

enum err api_start(struct api *api)
{
	static const struct state_actor system = { "", "system", "" };
	struct state *st = api->setup.state;

	/* Compiling may note names that are to be resolved. */
	TRY(state_begin(st, &system));
	struct compile *c = compile_new(st, api->setup.node);
	enum err e = state_touch_all(st);
	for (size_t i = 0; e == OK && i < st->touched_n; i++)
		e = api__start_one(api, c, &st->touched[i]);
	compile_free(c);
	if (e == OK)
		return state_commit(st);
	state_rollback(st);
	return e;
}

/* Ends a call that will not have its turn any more. */
static void api__give_up(struct api_call *call)
{
	if (call->answered)
		api__forget_answer(call);
	api_fail(call, 503, API_BUSY, NULL, "the node is stopping; try again");
	api__send(call);
}

void api_stop(struct api *api)
{
	OBJ(api, OBJ_API);
	api->running = true;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	OBJ(api, OBJ_API);
	api->running = true;  /* nobody's turn comes any more */
	CHECK(!api->writing); /* control ends publications first */
	while (api->first) {
		struct api_call *call = api->first;
		api->first = call->next;
		api__give_up(call);
	}
	while (api->later) {
		struct api_call *call = api->later;
		api->later = call->next;
		api__give_up(call);
	}
	arena_pool_fini(&api->arenas);
	firewall_events_free(api->firewall_events);
	api->magic = OBJ_FREED;
	mem_free(api);
}
