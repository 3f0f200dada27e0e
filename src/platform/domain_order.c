/* SPDX-License-Identifier: Apache-2.0 */
/* domain_order: see domain_order.h. Its steps: account (a job) → run → show → done → account's URL (a job). */
#include "platform/domain_order.h"

#include "api/api_call.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "model/json_write.h"
#include "state/certificate.h"
#include "supervisor/say.h"

#include <stdio.h>

enum {
	DOMAIN_ORDER__KEY_BYTES = 4096,
	DOMAIN_ORDER__SHOW_MS = 5000, /* edges that do not acknowledge a proof are not waited for longer */
};

static const struct slice domain_order__account_purpose = SLICE_INIT("acme account");

struct domain_order {
	struct domain_order_setup to;
	struct domain_order_owner owner;
	char id[STATE_APP_ID_BYTES], name[STATE_NAME_BYTES];
	char *directory;
	uint64_t give_up_ms;
	struct p256 *account_key;
	char account_url[1024], known_url[1024]; /* the second: as it is stored */
	struct buf csr, key;                     /* DER */
	struct acme_run *run;
	struct acme_proof *shown; /* a copy, to take it away */
	size_t shown_n;
	struct loop_timer begin;
	unsigned jobs;  /* of ours that wait in the api, and publications */
	bool cancelled; /* freed when the last of them ends */
};

static void domain_order__free(struct domain_order *o)
{
	p256_free(o->account_key);
	buf_fini(&o->csr);
	seal_wipe_buf(&o->key);
	mem_free(o->shown);
	mem_free(o->directory);
	mem_free(o);
}

/* True when the order was given up meanwhile, and is gone now. */
static bool domain_order__came_back(struct domain_order *o)
{
	o->jobs--;
	if (!o->cancelled)
		return false;
	if (o->jobs == 0)
		domain_order__free(o);
	return true;
}

static bool domain_order__is_wildcard(const struct domain_order *o)
{
	return o->name[0] == '*';
}

/* ---- proofs over HTTP ---- */

static json_t *domain_order__challenge(const struct acme_proof *p)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "kind", "challenge", "name", p->token, "host", p->name, "answer",
			 p->key_authorization);
}

static void domain_order__live(void *arg, const struct publish_result *result)
{
	struct domain_order *o = arg;

	if (domain_order__came_back(o) || !o->run)
		return;
	acme_run_shown(o->run, result->error != OK  ? result->why.text
			       : result->edges == 0 ? "no edge is connected"
						    : NULL);
}

static void domain_order__nothing(void *arg, const struct publish_result *result)
{
}

/* Makes the tokens live on the edges, or takes them away. */
static void domain_order__publish(struct domain_order *o, bool live)
{
	struct publish_item *items = mem_alloc_array(o->shown_n + 1, sizeof *items);
	char(*sources)[PUBLISH_SOURCE_BYTES] = mem_alloc_array(o->shown_n + 1, sizeof *sources);
	struct buf *texts = mem_alloc_array(o->shown_n + 1, sizeof *texts);

	for (size_t i = 0; i < o->shown_n; i++) {
		json_t *item = live ? domain_order__challenge(&o->shown[i]) : NULL;
		snprintf(sources[i], sizeof sources[i], "acme/app/%s/%zu", o->id, i);
		buf_init(&texts[i], DOMAIN_ORDER__KEY_BYTES);
		items[i] = (struct publish_item){ sources[i], slice_of(NULL, 0) };
		if (item && json_write(item, &texts[i]) == OK)
			items[i].json = buf_slice(&texts[i]);
		json_decref(item);
	}
	const struct publish_call call = { .items = items,
					   .n = o->shown_n,
					   .due_ms = control_now_ms(o->to.control) + DOMAIN_ORDER__SHOW_MS,
					   .fn = live ? domain_order__live : domain_order__nothing,
					   .arg = live ? o : NULL };
	o->jobs += live;
	control_publish(o->to.control, &call);
	for (size_t i = 0; i < o->shown_n; i++)
		buf_fini(&texts[i]);
	mem_free(texts);
	mem_free(sources);
	mem_free(items);
}

static void domain_order__hide(struct domain_order *o)
{
	if (o->shown_n && !domain_order__is_wildcard(o))
		domain_order__publish(o, false);
	o->shown_n = 0;
}

static void domain_order__show(void *arg, struct acme_run *run, const struct acme_proof *proofs, size_t n)
{
	struct domain_order *o = arg;
	char fqdn[ACME_NAME_BYTES + 24];

	mem_free(o->shown);
	o->shown = mem_alloc_array(n + 1, sizeof *o->shown);
	memcpy(o->shown, proofs, n * sizeof *proofs);
	o->shown_n = n;
	if (n == 0) { /* the authority remembers an earlier proof */
		acme_run_shown(run, NULL);
		return;
	}
	if (!domain_order__is_wildcard(o)) {
		domain_order__publish(o, true);
		return;
	}
	snprintf(fqdn, sizeof fqdn, "_acme-challenge.%s", proofs[0].name);
	o->owner.show(o->owner.arg, o, fqdn, proofs[0].txt);
}

void domain_order_shown(struct domain_order *o, const char *why)
{
	if (o->run)
		acme_run_shown(o->run, why);
}

/* ---- the end ---- */

static void domain_order__end(struct domain_order *o, const struct domain_order_result *result)
{
	domain_order__hide(o);
	o->owner.done(o->owner.arg, result);
	domain_order_cancel(o);
}

static void domain_order__fail(struct domain_order *o, const char *why, uint64_t retry_after_ms)
{
	const struct domain_order_result result = { .error = why, .retry_after_ms = retry_after_ms };

	domain_order__end(o, &result);
}

static void domain_order__came(struct domain_order *o, struct slice chain)
{
	const struct slice name = slice_str(o->name);
	const struct tls_csr_order order = { &name, 1, buf_slice(&o->key), loop_wall_s(o->to.loop) };
	struct domain_order_result result = { .chain = chain, .key = buf_slice(&o->key) };
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct diag d;

	diag_init(&d);
	if (tls_csr_look(chain, &order, &result.leaf, &d) != OK)
		domain_order__fail(o, diag_print(&d, text, sizeof text), 0);
	else
		domain_order__end(o, &result);
}

/* The job: the authority said where the account is. */
static void domain_order__store_url(struct api_call *call)
{
	struct domain_order *o = api_call_arg(call);
	struct state_certificate_account account;
	enum err e = state_certificate_account_get(call->state, o->directory, &account);

	if (e == OK) {
		slice_cstr(slice_str(o->account_url), account.url, sizeof account.url);
		e = state_certificate_account_save(call->state, o->directory, &account);
	}
	if (e == OK || e == ERR_NOT_FOUND)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void domain_order__url_stored(void *arg, const char *why)
{
	domain_order__came_back(arg);
}

static void domain_order__done(void *arg, const struct acme_result *result)
{
	struct domain_order *o = arg;
	const struct api_job job = { domain_order__store_url, domain_order__url_stored, o };

	o->run = NULL;
	snprintf(o->account_url, sizeof o->account_url, "%s", result->account_url);
	if (o->account_url[0] && strcmp(o->account_url, o->known_url) != 0) {
		o->jobs++;
		api_do(o->to.api, &job);
	}
	if (result->failure)
		domain_order__fail(o, result->failure->problem.text, result->failure->retry_after_s * 1000);
	else
		domain_order__came(o, result->chain);
}

/* ---- the run ---- */

static enum err domain_order__begin(struct domain_order *o, struct diag *d)
{
	const struct node_config *node = o->to.node;
	const struct slice name = slice_str(o->name);
	const char *names[] = { o->name };
	bool bound = o->to.binding_key.n && strcmp(o->directory, node->acme[0]) == 0;
	char contact[NODE_HOST_BYTES + 8];

	TRY(tls_csr_make(&name, 1, &o->csr, &o->key));
	snprintf(contact, sizeof contact, "mailto:%s", node->acme_contact);
	const struct acme_want want = {
		.directory = o->directory,
		.account_key = o->account_key,
		.account_url = slice_str(o->known_url),
		.contact = node->acme_contact[0] ? slice_str(contact) : slice_of(NULL, 0),
		.binding_kid = bound ? slice_str(node->acme_eab_kid) : slice_of(NULL, 0),
		.binding_key = bound ? o->to.binding_key : slice_of(NULL, 0),
		.names = names,
		.names_n = 1,
		.csr = buf_slice(&o->csr),
		.types = 1u << (domain_order__is_wildcard(o) ? ACME_DNS_01 : ACME_HTTP_01),
		.give_up_ms = loop_now_ms(o->to.loop) + o->give_up_ms,
	};
	const struct acme_run_setup setup = {
		.loop = o->to.loop,
		.web = o->to.web,
		.ca_file = node->acme_ca_file,
		.owner = { .show = domain_order__show, .done = domain_order__done, .arg = o }
	};
	return acme_run_start(&setup, &want, &o->run, d);
}

/* ---- the account ---- */

static enum err domain_order__open(struct domain_order *o, const struct state_certificate_account *account)
{
	struct buf secret;

	buf_init(&secret, DOMAIN_ORDER__KEY_BYTES);
	enum err e = seal_open(o->to.seal, domain_order__account_purpose, slice_str(account->sealed), &secret);
	if (e == OK && buf_len(&secret) != P256_SECRET_BYTES)
		e = ERR_CORRUPT;
	if (e == OK)
		e = p256_from_secret((const uint8_t *)buf_slice(&secret).p, &o->account_key);
	seal_wipe_buf(&secret);
	if (e == OK)
		snprintf(o->known_url, sizeof o->known_url, "%s", account->url);
	return e;
}

/* A new account key, stored before it is used. */
static enum err domain_order__make(struct domain_order *o, struct state *st)
{
	struct state_certificate_account account = { .url = "" };
	uint8_t secret[P256_SECRET_BYTES];
	struct buf sealed;

	TRY(p256_generate(&o->account_key));
	buf_init(&sealed, sizeof account.sealed - 1);
	enum err e = p256_secret(o->account_key, secret);
	if (e == OK)
		e = seal_close(o->to.seal, domain_order__account_purpose, slice_of(secret, sizeof secret), &sealed);
	crypto_wipe(secret, sizeof secret);
	if (e == OK) {
		slice_cstr(buf_slice(&sealed), account.sealed, sizeof account.sealed);
		e = state_certificate_account_save(st, o->directory, &account);
	}
	buf_fini(&sealed);
	return e;
}

/* The job: in its turn, so two orders never make two accounts. */
static void domain_order__account(struct api_call *call)
{
	struct domain_order *o = api_call_arg(call);
	struct state_certificate_account account;
	enum err e = o->cancelled ? OK : state_certificate_account_get(call->state, o->directory, &account);

	if (e == OK && !o->cancelled)
		e = domain_order__open(o, &account);
	if (e == ERR_NOT_FOUND || e == ERR_SEAL_KEY || e == ERR_CORRUPT)
		e = domain_order__make(o, call->state);
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void domain_order__account_known(void *arg, const char *why)
{
	struct domain_order *o = arg;
	struct diag d;

	if (domain_order__came_back(o))
		return;
	diag_init(&d);
	if (why)
		domain_order__fail(o, why, 0);
	else if (domain_order__begin(o, &d) != OK)
		domain_order__fail(o, d.text[0] ? d.text : "the order cannot be made", 0);
}

/* Not from inside domain_order_start, whose caller must know the order before it ends. */
static void domain_order__first(struct loop_timer *t)
{
	struct domain_order *o = LOOP_OWNER(t, struct domain_order, begin);
	const struct api_job job = { domain_order__account, domain_order__account_known, o };

	o->jobs++;
	api_do(o->to.api, &job);
}

/* ---- life ---- */

struct domain_order *domain_order_start(const struct domain_order_setup *setup, const struct domain_order_want *want,
					const struct domain_order_owner *owner)
{
	struct domain_order *o = mem_alloc(sizeof *o);

	o->to = *setup;
	o->owner = *owner;
	o->give_up_ms = want->give_up_ms;
	snprintf(o->id, sizeof o->id, "%s", want->id);
	snprintf(o->name, sizeof o->name, "%s", want->name);
	o->directory = mem_dup(slice_str(want->directory));
	buf_init(&o->csr, DOMAIN_ORDER__KEY_BYTES);
	buf_init(&o->key, DOMAIN_ORDER__KEY_BYTES);
	loop_timer_init(&o->begin, domain_order__first);
	loop_timer_set(o->to.loop, &o->begin, loop_now_ms(o->to.loop));
	return o;
}

void domain_order_cancel(struct domain_order *o)
{
	if (!o || o->cancelled)
		return;
	if (o->run)
		acme_run_cancel(o->run);
	o->run = NULL;
	loop_timer_cancel(o->to.loop, &o->begin);
	o->cancelled = true;
	if (o->jobs == 0)
		domain_order__free(o);
}
