/* SPDX-License-Identifier: Apache-2.0 */
/* issuing: see issuing.h. An order's steps: begin (row, account, key) → run → show → done → store. */
#include "api/issuing.h"

#include "acme/acme_job.h"
#include "api/api_call.h"
#include "api/consent.h"
#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "control/acme_run.h"
#include "model/json_write.h"
#include "state/certificate.h"
#include "supervisor/say.h"
#include "tls/tls_csr.h"

#include <stdio.h>

enum {
	ISSUING__AT_ONCE = 16,
	ISSUING__GIVE_UP_MS = 600000,
	ISSUING__MINUTE_MS = 60000,
	ISSUING__DAY_MS = 86400000,
	ISSUING__AGAIN_MS = 5000, /* after trouble of our own */
	ISSUING__SHOW_MS = 5000,  /* edges that do not acknowledge a proof are not waited for longer */
	ISSUING__KEY_BYTES = 4096,
};

static const struct slice issuing__account_purpose = SLICE_INIT("acme account");

/* One certificate on its way. */
struct issuing_order {
	struct api_issuing *owner;
	struct issuing_order *next;
	struct state_certificate cert; /* as it was when the order began; what is learned is put in */
	const char *directory;
	struct p256 *account_key;
	char account_url[1024];
	struct buf csr, key; /* DER */
	struct acme_run *run;
	const struct acme_proof *proofs; /* the run's, while it is alive */
	struct acme_proof *shown;        /* a copy, to take them away */
	size_t proofs_n;
	bool good;
};

struct api_issuing {
	uint32_t magic; /* OBJ_ISSUING */
	struct api_issuing_setup to;
	struct loop_timer timer;
	struct issuing_order *orders;
	size_t orders_n;
	bool freeing;
};

static void issuing__later(struct api_issuing *s, uint64_t ms)
{
	if (!s->freeing)
		loop_timer_set(s->to.loop, &s->timer, loop_now_ms(s->to.loop) + ms);
}

/* ---- the end of an order ---- */

static void issuing__free_order(struct issuing_order *o)
{
	struct api_issuing *s = o->owner;

	for (struct issuing_order **at = &s->orders; *at; at = &(*at)->next) {
		if (*at == o) {
			*at = o->next;
			break;
		}
	}
	s->orders_n--;
	state_certificate_fini(&o->cert);
	p256_free(o->account_key);
	buf_fini(&o->csr);
	seal_wipe_buf(&o->key);
	mem_free(o->shown);
	mem_free(o);
}

/* The job: what came of the order, in a transaction. */
static void issuing__store(struct api_call *call)
{
	struct issuing_order *o = api_call_arg(call);
	struct state_certificate_account account;
	enum err e = state_certificate_txt_drop(call->state, &o->cert);

	if (e == OK && o->account_url[0]) {
		e = state_certificate_account_get(call->state, o->directory, &account);
		if (e == OK && strcmp(account.url, o->account_url) != 0) {
			slice_cstr(slice_str(o->account_url), account.url, sizeof account.url);
			e = state_certificate_account_save(call->state, o->directory, &account);
		}
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	if (e == OK)
		/* After a first failure nobody waits for it in handshakes any more: that is a change of the plan too.
		 */
		e = state_certificate_save(call->state, &o->cert, o->good || o->cert.failures == 1);
	if (e == OK && o->good)
		e = state_certificate_count(call->state, o->cert.zone_name);
	if (e == OK || e == ERR_NOT_FOUND) /* it is not wanted any more */
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void issuing__stored(void *arg, const char *why)
{
	struct issuing_order *o = arg;
	struct api_issuing *s = o->owner;

	if (why)
		say("acme", "event=not_stored zone=%s reason=\"%s\"", o->cert.zone_name, why);
	issuing__free_order(o);
	issuing__later(s, why ? ISSUING__AGAIN_MS : 1);
}

static void issuing__finish(struct issuing_order *o)
{
	const struct api_job job = { issuing__store, issuing__stored, o };

	api_do(o->owner->to.api, &job);
}

/* A failure: told, and when to try again. */
static void issuing__failed(struct issuing_order *o, const char *why, uint64_t wait_ms)
{
	struct state_certificate *c = &o->cert;
	uint64_t doubled = (uint64_t)ISSUING__MINUTE_MS << (c->failures < 11 ? c->failures : 11);

	c->failures++;
	if (wait_ms == 0)
		wait_ms = doubled < ISSUING__DAY_MS ? doubled : ISSUING__DAY_MS;
	if (wait_ms > ISSUING__DAY_MS)
		wait_ms = ISSUING__DAY_MS;
	c->due_ms = loop_wall_ms(o->owner->to.loop) + (int64_t)wait_ms;
	snprintf(c->error, sizeof c->error, "%.380s", why);
	say("acme", "event=failed zone=%s names=%zu failures=%u again_s=%llu reason=\"%s\"", c->zone_name,
	    json_array_size(c->hosts), c->failures, (unsigned long long)(wait_ms / 1000), c->error);
	issuing__finish(o);
}

static enum err issuing__take(struct issuing_order *o, struct slice chain, const struct tls_csr_leaf *leaf)
{
	struct state_certificate *c = &o->cert;
	char name[64], purpose[80];
	struct buf sealed;

	state_certificate_item_name(c->id, name);
	snprintf(purpose, sizeof purpose, "certificate %s", name);
	buf_init(&sealed, 4 * ISSUING__KEY_BYTES);
	enum err e = seal_close(o->owner->to.seal, slice_str(purpose), buf_slice(&o->key), &sealed);
	if (e == OK) {
		mem_free(c->chain);
		mem_free(c->sealed);
		c->chain = mem_dup(chain);
		c->sealed = mem_dup(buf_slice(&sealed));
	}
	buf_fini(&sealed);
	c->from_ms = leaf->from_s * 1000;
	c->until_ms = leaf->until_s * 1000;
	c->due_ms = c->from_ms + (c->until_ms - c->from_ms) / 3 * 2;
	slice_cstr(slice_str(o->directory), c->directory, sizeof c->directory);
	slice_cstr(slice_str(leaf->renewal_id), c->renewal_id, sizeof c->renewal_id);
	c->failures = 0;
	c->error[0] = '\0';
	return e;
}

/* The names of a certificate as slices, at most STATE_CERTIFICATE_HOSTS_MAX. */
static size_t issuing__names(const struct state_certificate *c, struct slice *ret)
{
	size_t n = json_array_size(c->hosts);

	n = n < STATE_CERTIFICATE_HOSTS_MAX ? n : STATE_CERTIFICATE_HOSTS_MAX;
	for (size_t i = 0; i < n; i++)
		ret[i] = slice_str(json_string_value(json_array_get(c->hosts, i)));
	return n;
}

static void issuing__came(struct issuing_order *o, struct slice chain)
{
	struct slice names[STATE_CERTIFICATE_HOSTS_MAX];
	const struct tls_csr_order order = { .names = names,
					     .names_n = issuing__names(&o->cert, names),
					     .key = buf_slice(&o->key),
					     .now_s = loop_wall_s(o->owner->to.loop) };
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct tls_csr_leaf leaf;
	struct diag d;

	diag_init(&d);
	if (tls_csr_look(chain, &order, &leaf, &d) != OK) {
		issuing__failed(o, diag_print(&d, text, sizeof text), 0);
		return;
	}
	if (issuing__take(o, chain, &leaf) != OK) {
		issuing__failed(o, "the key cannot be sealed", 0);
		return;
	}
	o->good = true;
	say("acme", "event=issued zone=%s names=%zu days=%lld", o->cert.zone_name, json_array_size(o->cert.hosts),
	    (long long)(leaf.until_s - leaf.from_s) / (ISSUING__DAY_MS / 1000));
	issuing__finish(o);
}

/* ---- consent ---- */

static void issuing__consent(void *arg, struct acme_run *run, const struct acme_directory *directory)
{
	const struct issuing_order *o = arg;
	char why[CONSENT_BYTES];
	bool given = consent_given(o->owner->to.state, &o->cert, directory, why);

	acme_run_consented(run, given ? NULL : why);
}

/* ---- proofs ---- */

static enum acme_type issuing__type(const struct issuing_order *o)
{
	switch (o->owner->to.node->acme_challenge) {
	case NODE_CHALLENGE_HTTP:
		return ACME_HTTP_01;
	case NODE_CHALLENGE_TLS_ALPN:
		return ACME_TLS_ALPN_01;
	case NODE_CHALLENGE_DNS:
		break;
	}
	return ACME_DNS_01;
}

static json_t *issuing__challenge(const struct acme_proof *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "challenge", "name", p->token, "host", p->name, "answer",
			 p->key_authorization, "type", p->type == ACME_TLS_ALPN_01 ? "tls-alpn-01" : "http-01");
}

static void issuing__edges_live(void *arg, const struct publish_result *result)
{
	struct issuing_order *o = arg;

	if (o->run)
		acme_run_shown(o->run, result->error != OK  ? result->why.text
				       : result->edges == 0 ? "no edge is connected"
							    : NULL);
}

static void issuing__nothing(void *arg, const struct publish_result *result)
{
}

/* Makes the tokens live on the edges, or takes them away. */
static void issuing__publish(struct issuing_order *o, bool live)
{
	struct api_issuing *s = o->owner;
	struct publish_item *items = mem_alloc_array(o->proofs_n + 1, sizeof *items);
	char(*sources)[PUBLISH_SOURCE_BYTES] = mem_alloc_array(o->proofs_n + 1, sizeof *sources);
	struct buf *texts = mem_alloc_array(o->proofs_n + 1, sizeof *texts);

	for (size_t i = 0; i < o->proofs_n; i++) {
		json_t *item = live ? issuing__challenge(&o->shown[i]) : NULL;
		snprintf(sources[i], sizeof sources[i], "acme/%s/%zu", o->cert.id, i);
		buf_init(&texts[i], ISSUING__KEY_BYTES);
		items[i] = (struct publish_item){ sources[i], slice_of(NULL, 0) };
		if (item && json_write(item, &texts[i]) == OK)
			items[i].json = buf_slice(&texts[i]);
		json_decref(item);
	}
	const struct publish_call call = { .items = items,
					   .n = o->proofs_n,
					   .due_ms = control_now_ms(s->to.control) + ISSUING__SHOW_MS,
					   .fn = live ? issuing__edges_live : issuing__nothing,
					   .arg = o };
	control_publish(s->to.control, &call);
	for (size_t i = 0; i < o->proofs_n; i++)
		buf_fini(&texts[i]);
	mem_free(texts);
	mem_free(sources);
	mem_free(items);
}

static void issuing__dns_add(struct api_call *call)
{
	const struct issuing_order *o = api_call_arg(call);
	char name[ACME_NAME_BYTES + 24];
	enum err e = state_certificate_txt_drop(call->state, &o->cert);

	for (size_t i = 0; i < o->proofs_n && e == OK; i++) {
		snprintf(name, sizeof name, "_acme-challenge.%s", o->shown[i].name);
		e = state_certificate_txt_add(call->state, &o->cert, name, o->shown[i].txt);
	}
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void issuing__dns_live(void *arg, const char *why)
{
	struct issuing_order *o = arg;

	if (o->run)
		acme_run_shown(o->run, why);
}

static void issuing__show(void *arg, struct acme_run *run, const struct acme_proof *proofs, size_t n)
{
	struct issuing_order *o = arg;
	const struct api_job job = { issuing__dns_add, issuing__dns_live, o };

	o->shown = mem_alloc_array(n + 1, sizeof *o->shown);
	memcpy(o->shown, proofs, n * sizeof *proofs);
	o->proofs_n = n;
	if (issuing__type(o) != ACME_DNS_01)
		issuing__publish(o, true);
	else
		api_do(o->owner->to.api, &job);
}

/* ---- the run ---- */

static void issuing__done(void *arg, const struct acme_result *result)
{
	struct issuing_order *o = arg;

	o->run = NULL;
	if (o->shown && issuing__type(o) != ACME_DNS_01)
		issuing__publish(o, false);
	snprintf(o->account_url, sizeof o->account_url, "%s", result->account_url);
	if (result->failure)
		issuing__failed(o, result->failure->problem.text, result->failure->retry_after_s * 1000);
	else
		issuing__came(o, result->chain);
}

static enum err issuing__start(struct issuing_order *o, struct diag *d)
{
	struct api_issuing *s = o->owner;
	struct slice names[STATE_CERTIFICATE_HOSTS_MAX];
	const char *texts[STATE_CERTIFICATE_HOSTS_MAX];
	char contact[NODE_HOST_BYTES + 8];
	size_t n = issuing__names(&o->cert, names);

	for (size_t i = 0; i < n; i++)
		texts[i] = names[i].p;
	TRY(tls_csr_make(names, n, &o->csr, &o->key));
	snprintf(contact, sizeof contact, "mailto:%s", s->to.node->acme_contact);
	/* What replaces a certificate is told to the authority that issued it, to no other. */
	bool same = strcmp(o->cert.directory, o->directory) == 0;
	bool bound = s->to.binding_key.n && strcmp(o->directory, s->to.node->acme[0]) == 0;
	const struct acme_want want = {
		.directory = o->directory,
		.account_key = o->account_key,
		.account_url = slice_str(o->account_url),
		.contact = s->to.node->acme_contact[0] ? slice_str(contact) : slice_of(NULL, 0),
		.names = texts,
		.names_n = n,
		.csr = buf_slice(&o->csr),
		.replaces = same ? slice_str(o->cert.renewal_id) : slice_of(NULL, 0),
		.binding_kid = bound ? slice_str(s->to.node->acme_eab_kid) : slice_of(NULL, 0),
		.binding_key = bound ? s->to.binding_key : slice_of(NULL, 0),
		.consent = true,
		.types = 1u << issuing__type(o),
		.give_up_ms = loop_now_ms(s->to.loop) + ISSUING__GIVE_UP_MS,
	};
	const struct acme_run_setup setup = { .loop = s->to.loop,
					      .web = s->to.web,
					      .ca_file = s->to.node->acme_ca_file,
					      .owner = { issuing__consent, issuing__show, issuing__done, o } };
	return acme_run_start(&setup, &want, &o->run, d);
}

static void issuing__run_order(struct issuing_order *o)
{
	struct diag d;

	diag_init(&d);
	if (issuing__start(o, &d) != OK)
		issuing__failed(o, d.text[0] ? d.text : "the order cannot be made", 0);
}

/* ---- the account ---- */

/* A new account key, stored before it is used. */
static void issuing__new_account(struct api_call *call)
{
	struct issuing_order *o = api_call_arg(call);
	struct state_certificate_account account = { .url = "" };
	uint8_t secret[P256_SECRET_BYTES];
	struct buf sealed;

	buf_init(&sealed, sizeof account.sealed - 1);
	enum err e = p256_secret(o->account_key, secret);
	if (e == OK)
		e = seal_close(call->seal, issuing__account_purpose, slice_of(secret, sizeof secret), &sealed);
	crypto_wipe(secret, sizeof secret);
	if (e == OK) {
		slice_cstr(buf_slice(&sealed), account.sealed, sizeof account.sealed);
		e = state_certificate_account_save(call->state, o->directory, &account);
	}
	buf_fini(&sealed);
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void issuing__account_stored(void *arg, const char *why)
{
	struct issuing_order *o = arg;

	if (why)
		issuing__failed(o, why, ISSUING__MINUTE_MS);
	else
		issuing__run_order(o);
}

static enum err issuing__open_account(struct issuing_order *o, const struct state_certificate_account *account)
{
	struct buf secret;

	buf_init(&secret, ISSUING__KEY_BYTES);
	enum err e = seal_open(o->owner->to.seal, issuing__account_purpose, slice_str(account->sealed), &secret);
	if (e == OK && buf_len(&secret) != P256_SECRET_BYTES)
		e = ERR_CORRUPT;
	if (e == OK)
		e = p256_from_secret((const uint8_t *)buf_slice(&secret).p, &o->account_key);
	seal_wipe_buf(&secret);
	if (e == OK)
		snprintf(o->account_url, sizeof o->account_url, "%s", account->url);
	return e;
}

/* Whether another order makes the account at the same directory right now. */
static bool issuing__account_busy(const struct issuing_order *o)
{
	for (const struct issuing_order *p = o->owner->orders; p; p = p->next)
		if (p != o && strcmp(p->directory, o->directory) == 0)
			return true;
	return false;
}

static void issuing__account(struct issuing_order *o)
{
	struct api_issuing *s = o->owner;
	const struct api_job job = { issuing__new_account, issuing__account_stored, o };
	struct state_certificate_account account;
	enum err e = state_certificate_account_get(s->to.state, o->directory, &account);

	if (e == OK && issuing__open_account(o, &account) == OK) {
		issuing__run_order(o);
		return;
	}
	if (e == OK)
		say("acme", "event=account_unreadable directory=%s; a new one is made", o->directory);
	if (issuing__account_busy(o)) { /* its account will do for this one too */
		issuing__free_order(o);
		return;
	}
	if (p256_generate(&o->account_key) == OK)
		api_do(s->to.api, &job);
	else
		issuing__failed(o, "a key for the account cannot be made", ISSUING__MINUTE_MS);
}

/* ---- what is due ---- */

static bool issuing__under_way(const struct api_issuing *s, const char *id)
{
	for (const struct issuing_order *o = s->orders; o; o = o->next)
		if (strcmp(o->cert.id, id) == 0)
			return true;
	return false;
}

static void issuing__order(struct api_issuing *s, const char *id)
{
	struct issuing_order *o = mem_alloc(sizeof *o);
	int64_t week_ago = loop_wall_ms(s->to.loop) - 7ll * ISSUING__DAY_MS;

	if (state_certificate_get(s->to.state, id, &o->cert) != OK) {
		mem_free(o);
		return;
	}
	o->owner = s;
	o->next = s->orders;
	s->orders = o;
	s->orders_n++;
	o->directory = s->to.node->acme[o->cert.failures % s->to.node->acme_n];
	buf_init(&o->csr, ISSUING__KEY_BYTES * 8);
	buf_init(&o->key, ISSUING__KEY_BYTES);
	if (state_certificate_issued(s->to.state, o->cert.zone_name, week_ago) >=
	    (int64_t)s->to.node->limits.acme_weekly_max)
		issuing__failed(o,
				"the limit acme_weekly_max is reached: so many certificates were had for this zone "
				"within a week",
				ISSUING__DAY_MS / 24);
	else
		issuing__account(o);
}

static void issuing__look(struct loop_timer *t)
{
	struct api_issuing *s = LOOP_OWNER(t, struct api_issuing, timer);
	char ids[2 * ISSUING__AT_ONCE][STATE_ID_BYTES];
	int64_t now = loop_wall_ms(s->to.loop), next;
	size_t n = state_certificate_due(s->to.state, now, ids, 2 * ISSUING__AT_ONCE, &next);

	OBJ(s, OBJ_ISSUING);
	for (size_t i = 0; i < n && s->orders_n < ISSUING__AT_ONCE; i++)
		if (!issuing__under_way(s, ids[i]))
			issuing__order(s, ids[i]);
	/* The end of an order looks again; besides, the next due time does. */
	if (next != INT64_MAX) {
		int64_t wait = next > now ? next - now : ISSUING__AGAIN_MS;
		issuing__later(s, (uint64_t)(wait < 3600000 ? wait : 3600000));
	}
}

/* ---- life ---- */

struct api_issuing *api_issuing_new(const struct api_issuing_setup *setup)
{
	struct api_issuing *s = mem_alloc(sizeof *s);

	s->magic = OBJ_ISSUING;
	s->to = *setup;
	loop_timer_init(&s->timer, issuing__look);
	api_issuing_wake(s);
	return s;
}

void api_issuing_wake(struct api_issuing *s)
{
	issuing__later(s, 1);
}

void api_issuing_free(struct api_issuing *s)
{
	if (!s)
		return;
	OBJ(s, OBJ_ISSUING);
	s->freeing = true;
	loop_timer_cancel(s->to.loop, &s->timer);
	while (s->orders) {
		struct issuing_order *o = s->orders;
		acme_run_cancel(o->run);
		o->run = NULL;
		issuing__free_order(o);
	}
	s->magic = OBJ_FREED;
	mem_free(s);
}
