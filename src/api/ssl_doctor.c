/* SPDX-License-Identifier: Apache-2.0 */
/* ssl_doctor: see ssl_doctor.h; the judgement is ssl_verdict.h. */
#include "api/ssl_doctor.h"

#include "api/api_call.h"
#include "api/routes.h"
#include "api/ssl_verdict.h"
#include "base/mem.h"
#include "supervisor/say.h"

#include <stdio.h>
#include <string.h>

enum {
	SSL_DOCTOR__HOSTS_MAX = 24,    /* names of a zone that are looked at */
	SSL_DOCTOR__ADDRESSES_MAX = 2, /* of each */
	SSL_DOCTOR__VISITS_MAX = 4,    /* at a time */
	SSL_DOCTOR__TIMEOUT_MS = 3000,
	SSL_DOCTOR__REASONS_MAX = 8, /* of a mode */
	SSL_DOCTOR__LOOPS_MAX = 64,  /* remembered, of all zones */
	SSL_DOCTOR__BUSY = 1015,
};

static const char *const ssl_doctor__modes[] = { "off", "flexible", "full", "strict", "origin_pull" };
static const enum zone_ssl ssl_doctor__ssl[] = { ZONE_SSL_OFF, ZONE_SSL_FLEXIBLE, ZONE_SSL_FULL, ZONE_SSL_STRICT,
						 ZONE_SSL_ORIGIN_PULL };
enum { SSL_DOCTOR__MODES = sizeof ssl_doctor__modes / sizeof ssl_doctor__modes[0] };

/* One address of one name. */
struct ssl_doctor__look {
	struct ssl_doctor_visit *visit;
	char host[PROBE_HOST_BYTES], address[IP_TEXT_BYTES];
	struct ssl_verdict_origin origin;
	struct probe *plain, *tls;
};

struct ssl_doctor_visit {
	struct ssl_doctor *doctor;
	struct ssl_doctor_visit *next, **prev;
	ssl_doctor_done_fn fn;
	void *arg;
	char zone[PROBE_HOST_BYTES];
	bool complete, always;
	size_t looks_n, pending;
	struct loop_task task; /* for a zone without origins */
	struct ssl_doctor__look looks[SSL_DOCTOR__HOSTS_MAX * SSL_DOCTOR__ADDRESSES_MAX];
};

struct ssl_doctor {
	struct control *control;
	struct tls_client *tls;
	struct ssl_doctor_visit *visits;
	size_t visits_n;
	json_t *loops; /* the last, oldest first */
};

/* ---- loops that edges broke ---- */

static void ssl_doctor__heard(void *arg, const struct peer *p, struct slice json)
{
	struct ssl_doctor *d = arg;
	json_t *event = json_loadb(json.p, json.n, 0, NULL);
	const char *zone = json_string_value(json_object_get(event, "zone"));
	const char *host = json_string_value(json_object_get(event, "host"));
	const char *cause = json_string_value(json_object_get(event, "cause"));

	if (!zone || !host || !cause) {
		json_decref(event);
		return;
	}
	say("control", "event=redirect_loop zone=%.253s host=%.253s cause=\"%.300s\"", zone, host, cause);
	if (json_array_size(d->loops) == SSL_DOCTOR__LOOPS_MAX)
		json_array_remove(d->loops, 0);
	json_array_append_new(d->loops, event);
}

static json_t *ssl_doctor__loops(const struct ssl_doctor *d, const char *zone)
{
	json_t *list = json_array(), *each;
	size_t i;

	json_array_foreach(d->loops, i, each)
	{
		if (slice_eq(slice_str(json_string_value(json_object_get(each, "zone"))), slice_str(zone)))
			json_array_append(list, each);
	}
	return list;
}

/* ---- what was found ---- */

static void ssl_doctor__add(json_t *list, const struct ssl_doctor__look *l, const char *text)
{
	if (json_array_size(list) < SSL_DOCTOR__REASONS_MAX)
		json_array_append_new(list, json_sprintf("%s (%s): %s", l->host, l->address, text));
}

static json_t *ssl_doctor__mode(const struct ssl_doctor_visit *v, size_t mode)
{
	json_t *reasons = json_array(), *notes = json_array();
	char text[SSL_VERDICT_BYTES];

	for (size_t i = 0; i < v->looks_n; i++) {
		if (ssl_verdict_against(&v->looks[i].origin, ssl_doctor__ssl[mode], text))
			ssl_doctor__add(reasons, &v->looks[i], text);
		else if (ssl_verdict_beside(&v->looks[i].origin, ssl_doctor__ssl[mode], text))
			ssl_doctor__add(notes, &v->looks[i], text);
	}
	json_t *works = v->looks_n ? json_boolean(json_array_size(reasons) == 0) : json_null();
	return json_pack("{s:s, s:o, s:o, s:o}", "mode", ssl_doctor__modes[mode], "works", works, "reasons", reasons,
			 "notes", notes);
}

static json_t *ssl_doctor__seen(const struct probe_seen *seen, uint16_t port)
{
	json_t *o = json_pack("{s:i, s:b}", "port", (int)port, "answers", seen->error == OK);

	if (seen->error == OK)
		json_object_set_new(o, "status", json_integer(seen->status));
	else
		json_object_set_new(o, "error", json_string(err_text(seen->error)));
	if (seen->trouble.check != TLS_CHECK_NONE) {
		json_object_set_new(o, "check", json_string(tls_trouble_name(seen->trouble.check)));
		json_object_set_new(o, "detail", json_string(seen->trouble.text));
	}
	if (seen->location[0]) /* an origin's bytes: perhaps no text */
		json_object_set_new(o, "location", json_string(seen->location));
	return o;
}

static json_t *ssl_doctor__found(const struct ssl_doctor_visit *v)
{
	static const size_t best_first[] = { 3, 2, 1 };
	json_t *modes = json_array(), *origins = json_array(), *recommended = json_null();

	for (size_t i = 0; i < SSL_DOCTOR__MODES; i++)
		json_array_append_new(modes, ssl_doctor__mode(v, i));
	for (size_t i = 0; i < v->looks_n; i++) {
		const struct ssl_doctor__look *l = &v->looks[i];
		json_array_append_new(origins,
				      json_pack("{s:s, s:s, s:o, s:o}", "host", l->host, "address", l->address, "http",
						ssl_doctor__seen(&l->origin.plain, l->origin.plain_port), "https",
						ssl_doctor__seen(&l->origin.tls, l->origin.tls_port)));
	}
	for (size_t i = 0; i < sizeof best_first / sizeof best_first[0] && json_is_null(recommended); i++)
		if (json_is_true(json_object_get(json_array_get(modes, best_first[i]), "works")))
			recommended = json_string(ssl_doctor__modes[best_first[i]]);
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "modes", modes, "recommended", recommended, "origins", origins,
			 "loops", ssl_doctor__loops(v->doctor, v->zone), "complete", v->complete);
}

bool ssl_doctor_works(const json_t *found, const char *mode, const char **ret_reason)
{
	json_t *each;
	size_t i;

	*ret_reason = "";
	json_array_foreach(json_object_get(found, "modes"), i, each)
	{
		if (!slice_eq(slice_str(json_string_value(json_object_get(each, "mode"))), slice_str(mode)))
			continue;
		const char *why = json_string_value(json_array_get(json_object_get(each, "reasons"), 0));
		if (!why)
			why = json_string_value(json_array_get(json_object_get(each, "notes"), 0));
		*ret_reason = why ? why : "";
		return !json_is_false(json_object_get(each, "works"));
	}
	return true;
}

/* ---- a visit ---- */

static void ssl_doctor__leave(struct ssl_doctor_visit *v)
{
	for (size_t i = 0; i < v->looks_n; i++) {
		probe_cancel(v->looks[i].plain);
		probe_cancel(v->looks[i].tls);
	}
	*v->prev = v->next;
	if (v->next)
		v->next->prev = v->prev;
	v->doctor->visits_n--;
	mem_free(v);
}

static void ssl_doctor__end(struct ssl_doctor_visit *v)
{
	ssl_doctor_done_fn fn = v->fn;
	void *arg = v->arg;
	json_t *found = ssl_doctor__found(v);

	ssl_doctor__leave(v);
	fn(arg, found);
}

static void ssl_doctor__task(struct loop_task *t)
{
	struct ssl_doctor_visit *v = LOOP_OWNER(t, struct ssl_doctor_visit, task);

	if (v->pending == 0)
		ssl_doctor__end(v);
}

static void ssl_doctor__plain(void *arg, const struct probe_seen *seen)
{
	struct ssl_doctor__look *l = arg;

	l->plain = NULL;
	l->origin.plain = *seen;
	if (--l->visit->pending == 0)
		ssl_doctor__end(l->visit);
}

static void ssl_doctor__tls(void *arg, const struct probe_seen *seen)
{
	struct ssl_doctor__look *l = arg;

	l->tls = NULL;
	l->origin.tls = *seen;
	if (--l->visit->pending == 0)
		ssl_doctor__end(l->visit);
}

/* The address and port of "192.0.2.1", "[2001:db8::1]:8080"; port 0: none. */
static bool ssl_doctor__address(const char *text, struct ip_port *ret)
{
	struct slice s = slice_str(text), bare = s;

	if (ip_port_parse(s, false, ret) == OK)
		return true;
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		bare = slice_of(s.p + 1, s.n - 2);
	ret->port = 0;
	return ip_parse(bare, &ret->ip) == OK;
}

/* The port that an origin rule gives every request of the host: one without a condition, or on the host alone. */
static uint16_t ssl_doctor__port(const json_t *item, const char *host)
{
	json_t *rules = json_object_get(json_object_get(item, "rulesets"), "http_request_origin"), *rule;
	uint16_t port = 0;
	char own[PROBE_HOST_BYTES + 32];
	size_t i;

	snprintf(own, sizeof own, "http.host eq \"%s\"", host);
	json_array_foreach(rules, i, rule)
	{
		const char *when = json_string_value(json_object_get(rule, "expression"));
		json_t *origin = json_object_get(json_object_get(rule, "action_parameters"), "origin");
		json_int_t given = json_integer_value(json_object_get(origin, "port"));
		bool holds = when && (strcmp(when, "true") == 0 || strstr(when, own) == when);
		if (holds && given > 0 && given <= UINT16_MAX && !json_is_false(json_object_get(rule, "enabled")))
			port = (uint16_t)given;
	}
	return port;
}

static void ssl_doctor__look(struct ssl_doctor_visit *v, const json_t *item, const json_t *host, const char *address)
{
	const char *name = json_string_value(json_object_get(host, "name"));
	const char *also = json_string_value(json_object_get(host, "origin_name"));
	struct ssl_doctor__look *l = &v->looks[v->looks_n];
	struct probe_ask ask = { .timeout_ms = SSL_DOCTOR__TIMEOUT_MS };

	if (!name || name[0] == '*' || !address || !ssl_doctor__address(address, &ask.at))
		return;
	uint16_t port = ssl_doctor__port(item, name);
	port = port ? port : ask.at.port;
	*l = (struct ssl_doctor__look){ .visit = v };
	slice_cstr(slice_str(name), l->host, sizeof l->host);
	ip_print(&ask.at.ip, l->address);
	l->origin = (struct ssl_verdict_origin){
		.host = l->host, .plain_port = port ? port : 80, .tls_port = port ? port : 443, .always = v->always
	};
	slice_cstr(slice_str(name), ask.host, sizeof ask.host);
	slice_cstr(slice_str(also ? also : ""), ask.also, sizeof ask.also);
	struct loop *loop = control_loop(v->doctor->control);
	ask.at.port = l->origin.plain_port;
	l->plain = probe_start(loop, v->doctor->tls, &ask, ssl_doctor__plain, l, &l->origin.plain.error);
	ask.at.port = l->origin.tls_port;
	ask.tls = true;
	l->tls = probe_start(loop, v->doctor->tls, &ask, ssl_doctor__tls, l, &l->origin.tls.error);
	v->pending += (l->plain != NULL) + (l->tls != NULL);
	v->looks_n++;
}

static void ssl_doctor__begin(struct ssl_doctor_visit *v, const json_t *item)
{
	json_t *hosts = json_object_get(item, "hosts"), *host;
	size_t i;

	v->always = json_is_true(json_object_get(item, "always_use_https"));
	v->complete = true;
	json_array_foreach(hosts, i, host)
	{
		json_t *origins = json_object_get(host, "origins");
		if (v->looks_n + SSL_DOCTOR__ADDRESSES_MAX > sizeof v->looks / sizeof v->looks[0]) {
			v->complete = false;
			return;
		}
		for (size_t k = 0; k < json_array_size(origins) && k < SSL_DOCTOR__ADDRESSES_MAX; k++)
			ssl_doctor__look(v, item, host, json_string_value(json_array_get(origins, k)));
		v->complete = v->complete && json_array_size(origins) <= SSL_DOCTOR__ADDRESSES_MAX;
	}
}

bool ssl_doctor_visit(struct ssl_doctor *d, const char *zone, ssl_doctor_done_fn fn, void *arg)
{
	struct slice json = control_wanted(d->control, SLICE("zone"), slice_str(zone));
	struct ssl_doctor_visit *v;

	if (d->visits_n == SSL_DOCTOR__VISITS_MAX)
		return false;
	v = mem_alloc(sizeof *v);
	v->doctor = d;
	v->fn = fn;
	v->arg = arg;
	v->task.fn = ssl_doctor__task;
	slice_cstr(slice_str(zone), v->zone, sizeof v->zone);
	v->next = d->visits;
	v->prev = &d->visits;
	if (v->next)
		v->next->prev = &v->next;
	d->visits = v;
	d->visits_n++;
	json_t *item = json.n ? json_loadb(json.p, json.n, 0, NULL) : NULL;
	ssl_doctor__begin(v, item);
	json_decref(item);
	if (v->pending == 0)
		loop_defer(control_loop(d->control), &v->task);
	return true;
}

/* ---- life, and the route ---- */

enum err ssl_doctor_new(const struct ssl_doctor_setup *setup, struct ssl_doctor **ret, struct diag *d)
{
	struct tls_client *tls;

	TRY(tls_client_new(setup->node->origin_ca_file, &tls, d));
	struct ssl_doctor *doctor = mem_alloc(sizeof *doctor);
	doctor->control = setup->control;
	doctor->tls = tls;
	doctor->loops = json_array();
	control_hear(setup->control, "loop", ssl_doctor__heard, doctor);
	*ret = doctor;
	return OK;
}

void ssl_doctor_free(struct ssl_doctor *d)
{
	if (!d)
		return;
	while (d->visits)
		ssl_doctor__leave(d->visits);
	tls_client_free(d->tls);
	json_decref(d->loops);
	mem_free(d);
}

static void ssl_doctor__answer(void *arg, json_t *found)
{
	struct api_call *call = arg;

	json_object_set_new(found, "zone", json_string(call->zone.name));
	api_ok(call, found);
	api_resume(call);
}

static void ssl_doctor__get(struct api_call *call)
{
	if (!call->doctor)
		api_fail(call, 503, SSL_DOCTOR__BUSY, NULL, "Origins cannot be looked at here");
	else if (!ssl_doctor_visit(call->doctor, call->zone.name, ssl_doctor__answer, call))
		api_fail(call, 503, SSL_DOCTOR__BUSY, NULL, "Origins of %d zones are being looked at; try again",
			 SSL_DOCTOR__VISITS_MAX);
}

const struct api_route *api_ssl_doctor_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "seawall/zones/:zone/ssl/doctor", ssl_doctor__get, STATE_RIGHT_SETTINGS_READ, API_LATER },
		{ 0 },
	};

	return routes;
}
