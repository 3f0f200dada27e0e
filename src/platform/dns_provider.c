/* SPDX-License-Identifier: Apache-2.0 */
/* dns_provider: see dns_provider.h. Its steps: zone (the longest name that is one) → record → (delete). */
#include "platform/dns_provider.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "model/json_write.h"
#include "supervisor/say.h"

#include <jansson.h>
#include <stdio.h>

enum {
	DNS_PROVIDER__MS = 20000,
	DNS_PROVIDER__BYTES = 1 << 20,
	DNS_PROVIDER__URL_BYTES = 1024,
	DNS_PROVIDER__ID_BYTES = 65,
	DNS_PROVIDER__WHY_BYTES = 320,
	DNS_PROVIDER__NAME_BYTES = 256,
	DNS_PROVIDER__TTL = 60,
};

struct dns_provider {
	struct web *web;
	char *url, *token;
	char fqdn[DNS_PROVIDER__NAME_BYTES], value[DNS_PROVIDER__NAME_BYTES];
	const char *candidate; /* in fqdn: the name that is asked for as a zone now */
	char zone[DNS_PROVIDER__ID_BYTES], record[DNS_PROVIDER__ID_BYTES];
	struct web_call *call;
	dns_provider_fn fn;
	void *arg;
	bool dropped;
};

static void dns_provider__free(struct dns_provider *p)
{
	crypto_wipe(p->token, strlen(p->token));
	mem_free(p->token);
	mem_free(p->url);
	mem_free(p);
}

static void dns_provider__tell(struct dns_provider *p, const char *why)
{
	dns_provider_fn fn = p->fn;

	p->fn = NULL;
	if (fn)
		fn(p->arg, why);
}

static void dns_provider__send(struct dns_provider *p, const char *method, const char *path, struct slice body,
			       web_done_fn done)
{
	char url[DNS_PROVIDER__URL_BYTES];
	const struct web_request r = { .method = method,
				       .url = url,
				       .content_type = body.n ? "application/json" : NULL,
				       .body = body,
				       .bearer = p->token,
				       .timeout_ms = DNS_PROVIDER__MS,
				       .body_bytes_max = DNS_PROVIDER__BYTES };

	snprintf(url, sizeof url, "%s%s", p->url, path);
	p->call = web_send(p->web, &r, done, p);
}

/* The member `result` of an answer that says success; NULL, and why. The caller's reference. */
static json_t *dns_provider__result(const struct web_answer *a, char why[static DNS_PROVIDER__WHY_BYTES])
{
	json_error_t error;

	if (a->error != OK) {
		snprintf(why, DNS_PROVIDER__WHY_BYTES, "the DNS provider does not answer: %.200s", a->reason);
		return NULL;
	}
	json_t *root = json_loadb(a->body.p ? a->body.p : "", a->body.n, JSON_REJECT_DUPLICATES, &error);
	json_t *result = json_incref(json_object_get(root, "result"));
	const char *text =
		json_string_value(json_object_get(json_array_get(json_object_get(root, "errors"), 0), "message"));
	if (a->status < 200 || a->status > 299 || !json_is_true(json_object_get(root, "success")) || !result) {
		snprintf(why, DNS_PROVIDER__WHY_BYTES, "the DNS provider answers %u: %.200s", a->status,
			 text ? text : "nothing that is known");
		json_decref(result);
		result = NULL;
	}
	json_decref(root);
	return result;
}

/* An id of digits and letters, which may stand in a path. */
static bool dns_provider__id(const json_t *object, char ret[static DNS_PROVIDER__ID_BYTES])
{
	const char *id = json_string_value(json_object_get(object, "id"));

	if (!id || !id[0] || strlen(id) >= DNS_PROVIDER__ID_BYTES ||
	    strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != strlen(id))
		return false;
	snprintf(ret, DNS_PROVIDER__ID_BYTES, "%s", id);
	return true;
}

/* ---- taking away ---- */

static void dns_provider__removed(void *arg, const struct web_answer *a)
{
	struct dns_provider *p = arg;

	p->call = NULL;
	if (a->error != OK || a->status < 200 || a->status > 299)
		say("platform", "event=dns_record_left name=%s reason=\"%s\" status=%u", p->fqdn,
		    a->error != OK ? a->reason : "refused", a->status);
	dns_provider__free(p);
}

static void dns_provider__remove(struct dns_provider *p)
{
	char path[256];

	snprintf(path, sizeof path, "/zones/%s/dns_records/%s", p->zone, p->record);
	dns_provider__send(p, "DELETE", path, slice_of(NULL, 0), dns_provider__removed);
}

void dns_provider_drop(struct dns_provider *p)
{
	if (!p || p->dropped)
		return;
	p->dropped = true;
	p->fn = NULL;
	if (p->call)
		return; /* its end decides */
	if (p->record[0])
		dns_provider__remove(p);
	else
		dns_provider__free(p);
}

void dns_provider_forget(struct dns_provider *p)
{
	if (!p || p->dropped)
		return;
	if (p->call)
		web_cancel(p->call);
	dns_provider__free(p);
}

/* ---- adding ---- */

static void dns_provider__added(void *arg, const struct web_answer *a)
{
	struct dns_provider *p = arg;
	char why[DNS_PROVIDER__WHY_BYTES];

	p->call = NULL;
	json_t *record = dns_provider__result(a, why);
	if (record && !dns_provider__id(record, p->record))
		snprintf(why, sizeof why, "the DNS provider gives the record no id");
	bool there = p->record[0] != '\0';
	json_decref(record);
	if (!p->dropped)
		dns_provider__tell(p, there ? NULL : why);
	else if (there)
		dns_provider__remove(p);
	else
		dns_provider__free(p);
}

static void dns_provider__record(struct dns_provider *p)
{
	char path[256];
	json_t *body = json_pack("{s:s, s:s, s:s, s:i}", "type", "TXT", "name", p->fqdn, "content", p->value, "ttl",
				 DNS_PROVIDER__TTL);
	struct buf text;

	buf_init(&text, DNS_PROVIDER__URL_BYTES * 2);
	enum err e = body ? json_write(body, &text) : ERR_MEMORY;
	json_decref(body);
	snprintf(path, sizeof path, "/zones/%s/dns_records", p->zone);
	dns_provider__send(p, "POST", path, e == OK ? buf_slice(&text) : SLICE("{}"), dns_provider__added);
	buf_fini(&text);
}

/* ---- finding the zone ---- */

static void dns_provider__look(struct dns_provider *p);

static void dns_provider__found(void *arg, const struct web_answer *a)
{
	struct dns_provider *p = arg;
	char why[DNS_PROVIDER__WHY_BYTES];

	p->call = NULL;
	if (p->dropped) {
		dns_provider__free(p);
		return;
	}
	json_t *zones = dns_provider__result(a, why);
	if (zones && dns_provider__id(json_array_get(zones, 0), p->zone)) {
		dns_provider__record(p);
	} else if (zones) {
		const char *dot = strchr(p->candidate, '.');
		p->candidate = dot ? dot + 1 : "";
		dns_provider__look(p);
	} else {
		dns_provider__tell(p, why);
	}
	json_decref(zones);
}

static void dns_provider__look(struct dns_provider *p)
{
	char path[DNS_PROVIDER__NAME_BYTES + 32], why[DNS_PROVIDER__WHY_BYTES];

	if (!strchr(p->candidate, '.')) {
		snprintf(why, sizeof why, "the DNS provider has no zone that the token may read for %.200s", p->fqdn);
		dns_provider__tell(p, why);
		return;
	}
	snprintf(path, sizeof path, "/zones?name=%s", p->candidate);
	dns_provider__send(p, "GET", path, slice_of(NULL, 0), dns_provider__found);
}

void dns_provider_add(struct dns_provider *p, const char *fqdn, const char *value, dns_provider_fn fn, void *arg)
{
	p->fn = fn;
	p->arg = arg;
	snprintf(p->fqdn, sizeof p->fqdn, "%s", fqdn);
	snprintf(p->value, sizeof p->value, "%s", value);
	p->candidate = p->fqdn;
	if (strncmp(p->candidate, "_acme-challenge.", 16) == 0)
		p->candidate += 16;
	dns_provider__look(p);
}

struct dns_provider *dns_provider_new(const struct dns_provider_setup *setup)
{
	struct dns_provider *p = mem_alloc(sizeof *p);

	p->web = setup->web;
	p->url = mem_dup(slice_str(setup->url && setup->url[0] ? setup->url : DNS_PROVIDER_URL));
	p->token = mem_dup(slice_str(setup->token));
	p->candidate = p->fqdn;
	return p;
}
