/* SPDX-License-Identifier: Apache-2.0 */
/* domains: custom domains of apps with their certificates. What becomes of them with time (DNS checks, orders) is done
 * elsewhere; here is what people say. */
#include "platform/routes.h"
#include "platform/v1.h"
#include "state/domain.h"
#include "tls/tls_pair.h"

#include <stdio.h>

enum { DOMAINS__SEALED_MAX = 2 * TLS_PAIR_BYTES_MAX };

/* ---- the object ---- */

static json_t *domains__text(const char *s)
{
	return s[0] ? json_string(s) : json_null();
}

/* What visitors get over TLS: "success", "pending", "error". */
static const char *domains__ssl_status(const struct state_domain *d, const struct state_domain_certificate *used)
{
	if (used)
		return "success";
	return strcmp(d->status, "error") == 0 ? "error" : "pending";
}

static json_t *domains__json(const struct api_call *call, const struct state_domain *d)
{
	const struct state_domain_certificate *used = state_domain_in_use(d, call->state->now_ms);
	bool automatic = used && used == &d->automatic;
	json_t *v = json_pack(
		"{s:s, s:s, s:s, s:o, s:b, s:b, s:s, s:b, s:b, s:s, s:o, s:o, s:o, s:o}", "id", d->id, "app_id", d->app,
		"name", d->name, "created_at", platform_v1_time(d->created_ms), "canonical", d->canonical, "ssl",
		used != NULL, "ssl_status", domains__ssl_status(d, used), "letsencrypt_enabled", d->letsencrypt_enabled,
		"letsencrypt", automatic, "letsencrypt_status", d->status, "acme_dns_fqdn", domains__text(d->dns_fqdn),
		"acme_dns_value", domains__text(d->dns_value), "acme_dns_error",
		json_is_object(d->dns_error) ? json_incref(d->dns_error) : json_object(), "acme_challenge_error",
		domains__text(d->error));

	/* Absent without a certificate: clients read validity as a date whenever it is there. */
	if (used) {
		json_t *subject = json_string(used->subject);
		json_object_set_new(v, "tlscert", subject ? subject : json_string(""));
		json_object_set_new(v, "tlskey", json_string(used->key_text));
		json_object_set_new(v, "validity", platform_v1_time(used->until_ms));
	}
	return v;
}

static void domains__show(struct api_call *call, uint16_t status, const struct state_domain *d)
{
	platform_v1_ok(call, status, "domain", domains__json(call, d));
}

/* ---- reading ---- */

struct domains__list {
	struct api_call *call;
	json_t *list;
};

static void domains__see(void *arg, const struct state_domain *d)
{
	struct domains__list *l = arg;

	json_array_append_new(l->list, domains__json(l->call, d));
}

static void domains_list(struct api_call *call)
{
	struct domains__list l = { .call = call };
	struct state_app a;

	if (!platform_v1_app(call, &a))
		return;
	l.list = json_array();
	enum err e = state_domain_each(call->state, a.id, domains__see, &l);
	if (e == OK) {
		platform_v1_ok(call, 200, "domains", l.list);
		return;
	}
	json_decref(l.list);
	api_fail_store(call, e);
}

/* App and domain of the path. False after an answer. */
static bool domains__of(struct api_call *call, struct state_app *a, struct state_domain *d)
{
	if (!platform_v1_app(call, a))
		return false;
	enum err e = state_domain_of(call->state, a->id, api_param(call, "domain"), d);
	if (e != OK)
		platform_v1_state(call, e, "domain");
	return e == OK;
}

static void domains_get(struct api_call *call)
{
	struct state_domain d = { .dns_error = NULL };
	struct state_app a;

	if (domains__of(call, &a, &d))
		domains__show(call, 200, &d);
	state_domain_fini(&d);
}

/* ---- certificates ---- */

/* What a body says of a certificate. */
struct domains__pair {
	const char *chain, *key; /* NULL: not mentioned; both "": take it away */
	struct tls_pair about;
	struct buf der; /* the key, when there is one; domains__pair_fini */
};

static void domains__pair_init(struct domains__pair *p)
{
	*p = (struct domains__pair){ .chain = NULL };
	buf_init(&p->der, TLS_PAIR_BYTES_MAX);
}

static void domains__pair_fini(struct domains__pair *p)
{
	seal_wipe_buf(&p->der);
}

/* Reads and judges. False after an answer. */
static bool domains__pair(struct api_call *call, const json_t *body, const char *name, struct domains__pair *p)
{
	struct diag why;

	if (!platform_v1_string(call, body, "tlscert", TLS_PAIR_BYTES_MAX, &p->chain) ||
	    !platform_v1_string(call, body, "tlskey", TLS_PAIR_BYTES_MAX, &p->key))
		return false;
	if (!p->chain && !p->key)
		return true;
	bool chain = p->chain && p->chain[0], key = p->key && p->key[0];
	if (!chain && !key)
		return true;
	if (chain != key) {
		platform_v1_invalid(call, chain ? "tlskey" : "tlscert", "can't be blank");
		return false;
	}
	diag_init(&why);
	const struct tls_pair_given given = { slice_str(p->chain), slice_str(p->key), slice_str(name),
					      call->state->now_ms / 1000 };
	if (tls_pair_look(&given, &p->about, &p->der, &why) == OK)
		return true;
	platform_v1_invalid(call, strcmp(why.where, "key") == 0 ? "tlskey" : "tlscert", "%s", why.text);
	return false;
}

static enum err domains__seal(struct api_call *call, const struct state_domain *d, struct slice key, struct buf *out)
{
	char item[64], purpose[96];

	state_domain_item_name(d->id, item);
	snprintf(purpose, sizeof purpose, "certificate %s", item);
	return seal_close(call->seal, slice_str(purpose), key, out);
}

/* Stores what the body said of a certificate. */
static enum err domains__certificate(struct api_call *call, const struct state_domain *d, const struct domains__pair *p)
{
	struct state_domain_certificate about = { .from_ms = p->about.from_s * 1000,
						  .until_ms = p->about.until_s * 1000 };
	struct buf sealed;

	if (!p->chain && !p->key)
		return OK;
	if (!p->chain || !p->chain[0])
		return state_domain_certificate_drop(call->state, d, STATE_DOMAIN_CUSTOM);
	snprintf(about.subject, sizeof about.subject, "%s", p->about.subject);
	snprintf(about.key_text, sizeof about.key_text, "%s", p->about.key);
	buf_init(&sealed, DOMAINS__SEALED_MAX);
	enum err e = domains__seal(call, d, buf_slice(&p->der), &sealed);
	if (e == OK)
		e = state_domain_certificate_put(call->state, d, STATE_DOMAIN_CUSTOM, &about, slice_str(p->chain),
						 buf_slice(&sealed));
	buf_fini(&sealed);
	return e;
}

/* ---- changing ---- */

/* A wildcard names no single host to send visitors to. False after an answer. */
static bool domains__canonical(struct api_call *call, const json_t *body, struct state_domain *d)
{
	if (!platform_v1_bool(call, body, "canonical", &d->canonical))
		return false;
	if (d->canonical && state_domain_is_wildcard(d))
		platform_v1_invalid(call, "canonical", "can't be a wildcard: add the exact name besides");
	return !call->answered;
}

/* The name that the body asks for, when this app may have it. False after an answer. */
static bool domains__name(struct api_call *call, const json_t *body, const struct state_app *a, struct state_domain *d)
{
	const char *given = "", *why;

	if (!platform_v1_string(call, body, "name", 1024, &given))
		return false;
	why = state_domain_name(slice_str(given), call->node->platform_suffix, d->name);
	if (!why) {
		enum err e = state_domain_allowed(call->state, a, d->name, &why);
		if (e != OK) {
			api_fail_store(call, e);
			return false;
		}
	}
	if (why)
		platform_v1_invalid(call, "name", "%s", why);
	return !why;
}

static json_t *domains__event(const struct state_domain *d, bool custom)
{
	return json_pack("{s:s, s:b}", "hostname", d->name, "ssl", custom);
}

/* Answers with the domain as it is stored. */
static void domains__again(struct api_call *call, uint16_t status, struct state_domain *d)
{
	char id[STATE_APP_ID_BYTES];

	memcpy(id, d->id, sizeof id);
	state_domain_fini(d);
	enum err e = state_domain_get(call->state, slice_str(id), d);
	if (e == OK)
		domains__show(call, status, d);
	else
		platform_v1_state(call, e, "domain");
}

static void domains_add(struct api_call *call)
{
	json_t *body = platform_v1_root(call, "domain", false);
	struct state_domain d = { .letsencrypt_enabled = true };
	struct domains__pair pair;
	struct state_app a;

	domains__pair_init(&pair);
	if (body && platform_v1_app(call, &a) && domains__name(call, body, &a, &d) &&
	    domains__canonical(call, body, &d) &&
	    platform_v1_bool(call, body, "letsencrypt_enabled", &d.letsencrypt_enabled) &&
	    domains__pair(call, body, d.name, &pair)) {
		memcpy(d.app, a.id, sizeof d.app);
		enum err e = state_domain_add(call->state, &d);
		if (e == OK)
			e = domains__certificate(call, &d, &pair);
		if (e != OK)
			api_fail_store(call, e);
		else if (platform_v1_done(call, &a, "new_domain", domains__event(&d, pair.chain && pair.chain[0])))
			domains__again(call, 201, &d);
	}
	state_domain_fini(&d);
	domains__pair_fini(&pair);
}

/* Members of the body into the domain; false after an answer. */
static bool domains__read(struct api_call *call, const json_t *body, struct state_domain *d, struct domains__pair *pair)
{
	const char *name = NULL;
	bool before = d->letsencrypt_enabled;

	if (!platform_v1_string(call, body, "name", 1024, &name) || !domains__canonical(call, body, d) ||
	    !platform_v1_bool(call, body, "letsencrypt_enabled", &d->letsencrypt_enabled) ||
	    !domains__pair(call, body, d->name, pair))
		return false;
	if (name && strcmp(name, d->name) != 0) {
		platform_v1_invalid(call, "name", "can't be changed: add the new name, then remove this one");
		return false;
	}
	if (d->letsencrypt_enabled && !before) {
		d->due_ms = call->state->now_ms;
		d->failures = 0;
	}
	return true;
}

static void domains_update(struct api_call *call)
{
	json_t *body = platform_v1_root(call, "domain", true);
	struct state_domain d = { .dns_error = NULL };
	struct domains__pair pair;
	struct state_app a;

	domains__pair_init(&pair);
	if (body && domains__of(call, &a, &d)) {
		bool custom = d.custom.until_ms != 0;
		if (domains__read(call, body, &d, &pair)) {
			enum err e = state_domain_save(call->state, &d, true);
			if (e == OK)
				e = domains__certificate(call, &d, &pair);
			json_t *event = domains__event(&d, pair.chain ? pair.chain[0] != '\0' : custom);
			json_object_set_new(event, "old_ssl", json_boolean(custom));
			if (e == OK && platform_v1_done(call, &a, "edit_domain", json_incref(event)))
				domains__again(call, 200, &d);
			else if (e != OK)
				api_fail_store(call, e);
			json_decref(event);
		}
	}
	state_domain_fini(&d);
	domains__pair_fini(&pair);
}

static void domains_remove(struct api_call *call)
{
	struct state_domain d = { .dns_error = NULL };
	struct state_app a;

	if (domains__of(call, &a, &d)) {
		enum err e = state_domain_remove(call->state, &d);
		if (e != OK)
			platform_v1_state(call, e, "domain");
		else if (platform_v1_done(call, &a, "delete_domain", json_pack("{s:s}", "hostname", d.name)))
			api_json(call, 204, NULL);
	}
	state_domain_fini(&d);
}

const struct api_route *platform_domains_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "/v1/apps/:app/domains", domains_list, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_POST, "/v1/apps/:app/domains", domains_add, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_GET, "/v1/apps/:app/domains/:domain", domains_get, STATE_RIGHT_APPS_READ, 0 },
		{ METHOD_PATCH, "/v1/apps/:app/domains/:domain", domains_update, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_PUT, "/v1/apps/:app/domains/:domain", domains_update, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ METHOD_DELETE, "/v1/apps/:app/domains/:domain", domains_remove, STATE_RIGHT_APPS_WRITE, API_WRITE },
		{ 0 },
	};

	return routes;
}
