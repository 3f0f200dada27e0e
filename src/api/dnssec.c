/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnssec: whether a zone is signed: GET, PATCH and DELETE zones/:zone/dnssec, and the zone-signing keys.
 *
 * Signing on: keys are made, the zone is signed and publishes CDS; the DS record is shown for the registrar. Signing
 * off has two steps, so that no resolver is left with a DS for a zone that is not signed: PATCH "disabled" keeps
 * signing and publishes the CDS that asks for removal; DELETE ends it when the parent has no DS any more.
 *
 * PATCH member "roll" exchanges keys. "zsk": the new key is published, signs when everybody can know it, the old one
 * goes when nobody can have its signatures any more (state_dnssec_turn). "ksk": both sign DNSKEY, CDS names the new
 * one; "finish" drops the old one when the parent has the new DS.
 */
#include "state/dnssec.h"
#include "api/api_int.h"
#include "api/routes.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/mem.h"
#include "dns/dns_key.h"

#include <stdio.h>

enum { DNSSEC__CODE = 1004, DNSSEC__HEX_BYTES = 2 * CRYPTO_SHA256_BYTES + 1, DNSSEC__DS_BYTES = 512 };

/* ---- the object ---- */

static enum err dnssec__key_of(const struct state_dnssec_key *k, struct dns_key *ret)
{
	struct buf public;

	buf_init(&public, 2 * P256_PUBLIC_BYTES);
	enum err e = base64_read(slice_str(k->public), &public);
	if (e == OK && buf_len(&public) != P256_PUBLIC_BYTES)
		e = ERR_CORRUPT;
	if (e == OK)
		dns_key_of(k->flags, (const uint8_t *)buf_slice(&public).p, ret);
	buf_fini(&public);
	return e;
}

/* The key-signing key that the parent should know. */
static const struct state_dnssec_key *dnssec__entry_key(const struct state_dnssec *d)
{
	for (size_t i = 0; i < d->keys_n; i++)
		if (d->keys[i].flags == DNS_KEY_KSK && d->keys[i].stage == STATE_DNSSEC_SIGNS)
			return &d->keys[i];
	return NULL;
}

static bool dnssec__digest(struct api_call *call, const struct dns_key *key, char hex[static DNSSEC__HEX_BYTES])
{
	uint8_t ds[DNS_KEY_DS_BYTES];
	struct dns_name zone;

	if (dns_name_parse(slice_str(call->zone.name), &dns_name_root, &zone) != OK)
		return false;
	dns_name_lower(&zone);
	if (dns_key_ds(key, &zone, ds) != OK)
		return false;
	for (size_t i = 0; i < CRYPTO_SHA256_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02X", ds[4 + i]);
	return true;
}

/* What is there of the key, in the members of the object; nulls when there is none. */
static void dnssec__key_members(struct api_call *call, const struct state_dnssec_key *k, json_t *v)
{
	static const char *const members[] = { "flags",  "algorithm", "key_type", "digest_type", "digest_algorithm",
					       "digest", "ds",        "key_tag",  "public_key" };
	char hex[DNSSEC__HEX_BYTES], ds[DNSSEC__DS_BYTES];
	struct dns_key key;

	if (!k || dnssec__key_of(k, &key) != OK || !dnssec__digest(call, &key, hex)) {
		for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
			json_object_set_new(v, members[i], json_null());
		return;
	}
	snprintf(ds, sizeof ds, "%s. 3600 IN DS %u %d %d %s", call->zone.name, key.tag, DNS_KEY_ALGORITHM,
		 DNS_KEY_DIGEST_SHA256, hex);
	json_object_set_new(v, "flags", json_integer(key.flags));
	json_object_set_new(v, "algorithm", json_string("13"));
	json_object_set_new(v, "key_type", json_string("ECDSAP256SHA256"));
	json_object_set_new(v, "digest_type", json_string("2"));
	json_object_set_new(v, "digest_algorithm", json_string("SHA256"));
	json_object_set_new(v, "digest", json_string(hex));
	json_object_set_new(v, "ds", json_string(ds));
	json_object_set_new(v, "key_tag", json_integer(key.tag));
	json_object_set_new(v, "public_key", json_string(k->public));
}

static json_t *dnssec__json(struct api_call *call, const struct state_dnssec *d)
{
	json_t *v = json_object();

	json_object_set_new(v, "status", json_string(state_dnssec_status_name(d->status)));
	dnssec__key_members(call, dnssec__entry_key(d), v);
	json_object_set_new(v, "dnssec_multi_signer", json_false());
	json_object_set_new(v, "dnssec_presigned", json_false());
	json_object_set_new(v, "dnssec_use_nsec3", json_false());
	json_object_set_new(v, "modified_on", state_time(d->modified_ms));
	return v;
}

/* What is stored, in the call's arena; NULL after api_fail. */
static struct state_dnssec *dnssec__load(struct api_call *call)
{
	struct state_dnssec *d = arena_zalloc(&call->arena, sizeof *d);
	enum err e = d ? state_dnssec_get(call->state, call->zone.id, d) : ERR_MEMORY;

	if (e == OK)
		return d;
	api_fail_store(call, e);
	return NULL;
}

static void dnssec_get(struct api_call *call)
{
	const struct state_dnssec *d = dnssec__load(call);

	if (d)
		api_ok(call, dnssec__json(call, d));
}

static void dnssec_zsk(struct api_call *call)
{
	const struct state_dnssec *d = dnssec__load(call);

	if (!d)
		return;
	json_t *list = json_array();
	for (size_t i = 0; i < d->keys_n; i++)
		if (d->keys[i].flags == DNS_KEY_ZSK)
			json_array_append_new(list, json_pack("{s:i, s:s, s:i, s:s}", "key_tag", d->keys[i].tag,
							      "public_key", d->keys[i].public, "flags",
							      d->keys[i].flags, "algorithm", "13"));
	api_ok(call, list);
}

/* ---- changes ---- */

/* A new key at the end of the list. False after api_fail. */
static bool dnssec__draw(struct api_call *call, struct state_dnssec *d, uint16_t flags, enum state_dnssec_stage stage)
{
	struct dns_key key;
	struct buf public;

	if (d->keys_n == STATE_DNSSEC_KEYS_MAX) {
		api_fail(call, 400, DNSSEC__CODE, "/roll", "there are %d keys already; wait until old ones have gone",
			 STATE_DNSSEC_KEYS_MAX);
		return false;
	}
	if (!call->seal || dns_key_draw(flags, slice_str(call->zone.name), call->seal, &key) != OK) {
		api_fail(call, 500, DNSSEC__CODE, NULL, "this node cannot make a key; see its log");
		return false;
	}
	struct state_dnssec_key *k = &d->keys[d->keys_n++];
	*k = (struct state_dnssec_key){
		.flags = flags, .tag = key.tag, .stage = stage, .since_ms = call->state->now_ms
	};
	buf_init(&public, STATE_DNSSEC_PUBLIC_BYTES);
	bool ok = base64_write(slice_of(key.data + 4, P256_PUBLIC_BYTES), &public) == OK &&
		  slice_cstr(buf_slice(&public), k->public, sizeof k->public) &&
		  slice_cstr(slice_str(key.sealed), k->sealed, sizeof k->sealed);
	CHECK(ok); /* their lengths are known */
	buf_fini(&public);
	dns_key_fini(&key);
	return true;
}

static bool dnssec__enable(struct api_call *call, struct state_dnssec *d)
{
	if (d->status == STATE_DNSSEC_NONE)
		if (!dnssec__draw(call, d, DNS_KEY_KSK, STATE_DNSSEC_SIGNS) ||
		    !dnssec__draw(call, d, DNS_KEY_ZSK, STATE_DNSSEC_SIGNS))
			return false;
	d->status = d->parent_has_ds ? STATE_DNSSEC_ACTIVE : STATE_DNSSEC_PENDING;
	return true;
}

static void dnssec__disable(struct api_call *call, struct state_dnssec *d)
{
	if (d->status == STATE_DNSSEC_NONE)
		return;
	bool known_gone = d->checked_ms && !d->parent_has_ds;
	d->status = known_gone ? STATE_DNSSEC_DISABLED : STATE_DNSSEC_PENDING_DISABLED;
	if (!known_gone)
		api_say(call, DNSSEC__CODE,
			"the parent zone %s the DS record: remove it at the registrar first; until then %s stays "
			"signed, "
			"because resolvers would refuse it unsigned",
			d->parent_has_ds ? "still has" : "may still have", call->zone.name);
}

static bool dnssec__has_stage(const struct state_dnssec *d, uint16_t flags, enum state_dnssec_stage stage)
{
	for (size_t i = 0; i < d->keys_n; i++)
		if (d->keys[i].flags == flags && d->keys[i].stage == stage)
			return true;
	return false;
}

static bool dnssec__roll_ksk(struct api_call *call, struct state_dnssec *d)
{
	if (dnssec__has_stage(d, DNS_KEY_KSK, STATE_DNSSEC_LEAVING)) {
		api_fail(call, 400, DNSSEC__CODE, "/roll", "a key is leaving already; \"finish\" ends that");
		return false;
	}
	for (size_t i = 0; i < d->keys_n; i++)
		if (d->keys[i].flags == DNS_KEY_KSK && d->keys[i].stage == STATE_DNSSEC_SIGNS)
			d->keys[i].stage = STATE_DNSSEC_LEAVING;
	if (!dnssec__draw(call, d, DNS_KEY_KSK, STATE_DNSSEC_SIGNS))
		return false;
	d->keys[d->keys_n - 1].stage = STATE_DNSSEC_SIGNS;
	api_say(call, DNSSEC__CODE,
		"give the parent the new DS record in place of the old one, wait for the old one's TTL, "
		"then finish");
	return true;
}

static bool dnssec__roll_finish(struct api_call *call, struct state_dnssec *d)
{
	size_t n = 0;

	if (!dnssec__has_stage(d, DNS_KEY_KSK, STATE_DNSSEC_LEAVING)) {
		api_fail(call, 400, DNSSEC__CODE, "/roll", "no key is leaving");
		return false;
	}
	for (size_t i = 0; i < d->keys_n; i++)
		if (d->keys[i].stage != STATE_DNSSEC_LEAVING)
			d->keys[n++] = d->keys[i];
	d->keys_n = n;
	return true;
}

static bool dnssec__roll(struct api_call *call, struct state_dnssec *d, const char *what)
{
	if (d->status == STATE_DNSSEC_NONE) {
		api_fail(call, 400, DNSSEC__CODE, "/roll", "the zone is not signed");
		return false;
	}
	if (strcmp(what, "ksk") == 0)
		return dnssec__roll_ksk(call, d);
	if (strcmp(what, "finish") == 0)
		return dnssec__roll_finish(call, d);
	if (strcmp(what, "zsk") != 0) {
		api_fail(call, 400, DNSSEC__CODE, "/roll", "must be \"zsk\", \"ksk\" or \"finish\"");
		return false;
	}
	if (dnssec__has_stage(d, DNS_KEY_ZSK, STATE_DNSSEC_NEXT)) {
		api_fail(call, 400, DNSSEC__CODE, "/roll", "the next key is published already and will sign soon");
		return false;
	}
	return dnssec__draw(call, d, DNS_KEY_ZSK, STATE_DNSSEC_NEXT);
}

/* What this server does not do must not be asked for. */
static bool dnssec__no_others(struct api_call *call, const json_t *body)
{
	static const char *const members[] = { "dnssec_multi_signer", "dnssec_presigned", "dnssec_use_nsec3" };

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		struct api_member m = { .object = body, .at = "", .name = members[i] };
		bool on = false;
		if (!api_bool(call, m, &on))
			return false;
		if (!on)
			continue;
		char pointer[48];
		snprintf(pointer, sizeof pointer, "/%s", members[i]);
		api_fail(call, 400, DNSSEC__CODE, pointer,
			 "is not available: zones are signed here, with compact denial");
		return false;
	}
	return true;
}

static bool dnssec__status(struct api_call *call, struct state_dnssec *d, const char *status)
{
	if (strcmp(status, "active") == 0)
		return dnssec__enable(call, d);
	if (strcmp(status, "disabled") == 0) {
		dnssec__disable(call, d);
		return true;
	}
	api_fail(call, 400, DNSSEC__CODE, "/status", "must be \"active\" or \"disabled\"");
	return false;
}

static void dnssec__save(struct api_call *call, struct state_dnssec *d, json_t *before, const char *action)
{
	enum err e = state_dnssec_save(call->state, call->zone.id, d);
	json_t *after = dnssec__json(call, d);

	if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, action, "dnssec", call->zone.id, before, after))
		api_ok(call, json_incref(after));
	json_decref(after);
}

static void dnssec_edit(struct api_call *call)
{
	json_t *body = api_object(call);
	struct state_dnssec *d = body ? dnssec__load(call) : NULL;
	const char *status = NULL, *roll = NULL;

	if (!d || !dnssec__no_others(call, body) ||
	    !api_string(call, (struct api_member){ .object = body, .at = "", .name = "status" }, 32, &status) ||
	    !api_string(call, (struct api_member){ .object = body, .at = "", .name = "roll" }, 32, &roll))
		return;
	json_t *before = dnssec__json(call, d);
	if ((!status || dnssec__status(call, d, status)) && (!roll || dnssec__roll(call, d, roll)))
		dnssec__save(call, d, before, "edit");
	json_decref(before);
}

static void dnssec_delete(struct api_call *call)
{
	struct state_dnssec *d = dnssec__load(call);

	if (!d)
		return;
	if (d->status == STATE_DNSSEC_ACTIVE || d->parent_has_ds) {
		api_fail(call, 400, DNSSEC__CODE, NULL,
			 "the parent zone has the DS record, so %s must stay signed: set status to \"disabled\", "
			 "remove the DS "
			 "record at the registrar, and delete when it is gone",
			 call->zone.name);
		return;
	}
	json_t *before = dnssec__json(call, d);
	*d = (struct state_dnssec){ .status = STATE_DNSSEC_NONE };
	enum err e = state_dnssec_save(call->state, call->zone.id, d);
	if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "delete", "dnssec", call->zone.id, before, NULL))
		api_ok(call, json_string(call->zone.id));
	json_decref(before);
}

const struct api_route *api_dnssec_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/dnssec", dnssec_get, STATE_RIGHT_DNS_READ, 0 },
		{ METHOD_PATCH, "zones/:zone/dnssec", dnssec_edit, STATE_RIGHT_DNS_WRITE, API_WRITE },
		{ METHOD_DELETE, "zones/:zone/dnssec", dnssec_delete, STATE_RIGHT_DNS_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/dnssec/zsk", dnssec_zsk, STATE_RIGHT_DNS_READ, 0 },
		{ 0 },
	};

	return routes;
}
