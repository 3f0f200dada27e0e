/* SPDX-License-Identifier: Apache-2.0 */
#include "state/record_input.h"

#include "base/mem.h"
#include "state/idn.h"
#include "state/record_data.h"
#include "state/record_dot.h"

#include <stdio.h>

enum {
	TTL_MIN = 30,
	TTL_MAX = 86400,
	COMMENT_CHARS = 500,
	TAGS_MAX = 20,
	TAG_NAME_CHARS = 32,
	TAG_VALUE_CHARS = 100,
	CODE_VALIDATION = 1004, /* "DNS Validation Error": what has no code of its own */
};

/* Appends ".zone" unless the name is there already. */
static enum err record_input__join(const char *zone, char name[static STATE_NAME_BYTES])
{
	char joined[2 * STATE_NAME_BYTES];
	struct slice n = slice_str(name), z = slice_str(zone);

	if (slice_eq(n, z) || (n.n > z.n && slice_ends(n, z) && name[n.n - z.n - 1] == '.'))
		return OK;
	snprintf(joined, sizeof(joined), "%s.%s", name, zone);
	return state_idn_ascii(slice_str(joined), name);
}

enum err state_record_input_name(const struct state_zone *z, struct slice name, char ret[static STATE_NAME_BYTES])
{
	char out[STATE_NAME_BYTES];

	if (slice_eq(name, SLICE("@")))
		slice_cstr(slice_str(z->name), out, sizeof(out));
	else
		TRY(state_idn_ascii(name, out));
	TRY(record_input__join(z->name, out));
	slice_cstr(slice_str(out), ret, STATE_NAME_BYTES);
	return OK;
}

static enum err record_input__type(const json_t *body, struct state_record *r, struct state_refusal *why)
{
	const char *type = json_string_value(json_object_get(body, "type"));

	if (!type)
		return state_refusal_set(why, CODE_VALIDATION, "/type", "type is a required data field.");
	if (dns_type_parse(slice_str(type), &r->type) != OK || !state_record_data_knows(r->type))
		return state_refusal_set(why, CODE_VALIDATION, "/type",
					 "\"%.32s\" is not a record type of this API: A AAAA CAA CERT CNAME DNSKEY DS "
					 "HTTPS LOC MX NAPTR NS OPENPGPKEY PTR SMIMEA SRV SSHFP SVCB TLSA TXT URI",
					 type);
	return OK;
}

/* The old form of SRV: service, proto and name inside data make the owner. */
static const char *record_input__srv_name(const json_t *body, char out[static 3 * STATE_NAME_BYTES])
{
	const json_t *data = json_object_get(body, "data");
	const char *service = json_string_value(json_object_get(data, "service"));
	const char *proto = json_string_value(json_object_get(data, "proto"));
	const char *name = json_string_value(json_object_get(data, "name"));

	if (!service || !proto || !name)
		return NULL;
	snprintf(out, 3 * STATE_NAME_BYTES, "%.255s.%.255s%s%.250s", service, proto, strcmp(name, "@") ? "." : "",
		 strcmp(name, "@") ? name : "");
	return out;
}

static enum err record_input__name(const struct state_zone *z, const json_t *body, struct state_record *r,
				   struct state_refusal *why)
{
	const char *name = json_string_value(json_object_get(body, "name"));
	char srv[3 * STATE_NAME_BYTES];

	if (!name && r->type == DNS_TYPE_SRV)
		name = record_input__srv_name(body, srv);
	if (!name)
		return state_refusal_set(why, CODE_VALIDATION, "/name", "name is a required data field.");
	if (state_record_input_name(z, slice_str(name), r->name) != OK)
		return state_refusal_set(why, 9000, "/name",
					 "DNS name is invalid: \"%.260s\"; labels of 1 to 63 letters, digits, - and _, "
					 "253 in all",
					 name);
	return OK;
}

static enum err record_input__bool(const json_t *body, const char *member, bool *ret, struct state_refusal *why)
{
	const json_t *v = json_object_get(body, member);
	char pointer[64];

	*ret = json_is_true(v);
	if (!v || json_is_null(v) || json_is_boolean(v))
		return OK;
	snprintf(pointer, sizeof(pointer), "/%s", member);
	return state_refusal_set(why, CODE_VALIDATION, pointer, "%s must be true or false", member);
}

static enum err record_input__ttl(const json_t *body, struct state_record *r, struct state_refusal *why)
{
	const json_t *v = json_object_get(body, "ttl");
	json_int_t ttl = json_is_integer(v) ? json_integer_value(v) : -1;

	/* 300.0 is what some languages make of 300; 300.5 is a mistake. */
	if (json_is_real(v) && json_real_value(v) >= 1 && json_real_value(v) <= TTL_MAX &&
	    json_real_value(v) == (double)(json_int_t)json_real_value(v))
		ttl = (json_int_t)json_real_value(v);

	if (!v || json_is_null(v))
		ttl = STATE_RECORD_TTL_AUTO;
	if (ttl != STATE_RECORD_TTL_AUTO && (ttl < TTL_MIN || ttl > TTL_MAX))
		return state_refusal_set(why, 9021, "/ttl",
					 "Invalid TTL. Must be between %d and %d seconds, or 1 for Automatic.", TTL_MIN,
					 TTL_MAX);
	r->ttl = r->proxied ? STATE_RECORD_TTL_AUTO : (uint32_t)ttl;
	return OK;
}

/* ---- proxied ---- */

bool state_record_input_private(const struct ip *ip)
{
	static const char *const nets[] = { "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10",  "127.0.0.0/8",
					    "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4",
					    "240.0.0.0/4",    "::/127",        "fc00::/7",       "fe80::/10",
					    "ff00::/8" };

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct ip_prefix p;

		if (ip_prefix_parse(slice_str(nets[i]), &p) == OK && ip_in(ip, &p))
			return true;
	}
	return false;
}

static enum err record_input__proxied(const struct state_record_rules *rules, struct state_record *r,
				      struct state_refusal *why)
{
	struct ip ip = { 0 };

	if (!r->proxied)
		return OK;
	if (!state_record_data_proxiable(r->type))
		return state_refusal_set(why, 9004, "/proxied", "This kind of record cannot be proxied");
	if (r->type == DNS_TYPE_CNAME || ip_parse(slice_str(r->content), &ip) != OK)
		return OK;
	for (size_t i = 0; i < rules->edge_n; i++)
		if (ip_eq(&ip, &rules->edge[i]))
			return state_refusal_set(
				why, 9003, "/content",
				"Target %s is not allowed for a proxied record: it is this edge itself.", r->content);
	if (!rules->allow_private && state_record_input_private(&ip))
		return state_refusal_set(
			why, 9003, "/content",
			"Target %s is not allowed for a proxied record: loopback and private addresses "
			"need [origin] allow_private = true.",
			r->content);
	return OK;
}

/* ---- what people write beside it ---- */

static enum err record_input__comment(const json_t *body, struct state_record *r, struct state_refusal *why)
{
	json_t *v = json_object_get(body, "comment");

	if (!v || json_is_null(v))
		return OK;
	if (!json_is_string(v) || strpbrk(json_string_value(v), "\r\n"))
		return state_refusal_set(why, 9205, "/comment", "comment must be one line of text");
	if (json_string_length(v) > COMMENT_CHARS)
		return state_refusal_set(why, 9204, "/comment", "comment is over %d characters", COMMENT_CHARS);
	r->comment = json_incref(v);
	return OK;
}

static bool record_input__tag_ok(struct slice tag)
{
	struct slice value = tag, name = slice_split(&value, ':');

	for (size_t i = 0; i < name.n; i++) {
		char c = slice_lower(name.p[i]);

		if (!slice_is_digit(c) && (c < 'a' || c > 'z') && c != '-' && c != '_')
			return false;
	}
	return name.n > 0 && name.n <= TAG_NAME_CHARS && value.n <= TAG_VALUE_CHARS;
}

static enum err record_input__tags(const json_t *body, struct state_record *r, struct state_refusal *why)
{
	const json_t *v = json_object_get(body, "tags");
	json_t *tag;
	size_t i;

	if (!v || json_is_null(v))
		return OK;
	if (!json_is_array(v) || json_array_size(v) > TAGS_MAX)
		return state_refusal_set(why, 9300, "/tags", "tags must be a list of at most %d", TAGS_MAX);
	json_array_foreach(v, i, tag)
	{
		char pointer[32];

		snprintf(pointer, sizeof(pointer), "/tags/%zu", i);
		if (!json_is_string(tag) || !record_input__tag_ok(slice_str(json_string_value(tag))))
			return state_refusal_set(why, 9301, pointer,
						 "a tag is \"name\" or \"name:value\": a name of up to %d letters, "
						 "digits, - and _, a value of up to %d characters",
						 TAG_NAME_CHARS, TAG_VALUE_CHARS);
		json_array_append(r->tags, tag);
	}
	return OK;
}

static enum err record_input__settings(const json_t *body, struct state_record *r, struct state_refusal *why)
{
	static const char *const refused[] = { "ipv4_only", "ipv6_only", "private_routing" };
	const json_t *settings = json_object_get(body, "settings");

	if (!settings || json_is_null(settings))
		return OK;
	if (!json_is_object(settings))
		return state_refusal_set(why, CODE_VALIDATION, "/settings", "settings must be an object");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const json_t *v = json_object_get(settings, refused[i]);
		char pointer[64];

		snprintf(pointer, sizeof(pointer), "/settings/%s", refused[i]);
		if (v && !json_is_null(v) && !json_is_false(v))
			return state_refusal_set(why, CODE_VALIDATION, pointer, "%s is not acted on by this version",
						 refused[i]);
		if (v)
			json_object_set_new(r->settings, refused[i], json_false());
	}
	TRY(record_input__bool(settings, "flatten_cname", &r->flatten, why));
	if (r->flatten && r->type != DNS_TYPE_CNAME)
		return state_refusal_set(why, CODE_VALIDATION, "/settings/flatten_cname",
					 "flatten_cname is for CNAME records");
	if (json_is_boolean(json_object_get(settings, "flatten_cname")))
		json_object_set_new(r->settings, "flatten_cname", json_boolean(r->flatten));
	return OK;
}

/* What people who give an address record something else have in mind. */
static void record_input__hint(const json_t *body, uint16_t type, struct state_refusal *why)
{
	struct slice s = slice_trim(slice_str(json_string_value(json_object_get(body, "content"))));
	size_t n = strlen(why->text);
	const char *hint = NULL;
	struct ip_port with_port;
	struct ip ip;

	if ((type != DNS_TYPE_A && type != DNS_TYPE_AAAA) || s.n == 0)
		return;
	if (ip_parse(s, &ip) == OK)
		hint = ip.family == 6 ? "That is an IPv6 address: type AAAA." : "That is an IPv4 address: type A.";
	else if (ip_port_parse(s, true, &with_port) == OK)
		hint = "A record has no port: a rule of phase http_request_origin sets that of the origin.";
	else if (slice_find(s, '/') == SIZE_MAX && slice_find(s, '.') != SIZE_MAX && !slice_is_digit(s.p[s.n - 1]))
		hint = "To point at a host name, use type CNAME.";
	if (hint)
		snprintf(why->text + n, sizeof why->text - n, " %s", hint);
}

enum err state_record_input_read(const struct state_zone *z, const struct state_record_rules *rules, const json_t *body,
				 struct state_record *r, struct state_refusal *why)
{
	if (!json_is_object(body))
		return state_refusal_set(why, CODE_VALIDATION, "", "a record is an object");
	slice_cstr(slice_str(z->id), r->zone_id, sizeof(r->zone_id));
	TRY(record_input__type(body, r, why));
	TRY(record_input__name(z, body, r, why));
	enum err e = state_record_data_read(body, r, why);
	if (e != OK) {
		record_input__hint(body, r->type, why);
		return e;
	}
	if (r->type == DNS_TYPE_CNAME && slice_eq_nocase(slice_str(r->name), slice_str(r->content)))
		return state_refusal_set(why, 9039, "/content", "A CNAME record cannot reference itself.");
	TRY(record_input__bool(body, "proxied", &r->proxied, why));
	TRY(record_input__proxied(rules, r, why));
	TRY(record_input__ttl(body, r, why));
	TRY(record_input__comment(body, r, why));
	TRY(record_input__tags(body, r, why));
	return record_input__settings(body, r, why);
}

json_t *state_record_input_merge(const struct state_record *old, json_t *patch)
{
	json_t *body = state_record_body(old), *v;
	const char *key, *type = json_string_value(json_object_get(patch, "type"));
	uint16_t number;

	/* The value is one thing with three members: what is given replaces what would contradict it. */
	if (json_object_get(patch, "content") && !json_object_get(patch, "data"))
		json_object_del(body, "data");
	if (type && (dns_type_parse(slice_str(type), &number) != OK || number != old->type)) {
		json_object_del(body, "data");
		json_object_del(body, "content");
		json_object_del(body, "priority");
	}
	json_object_foreach(patch, key, v)
	{
		json_t *both = json_object_get(body, key);

		if (strcmp(key, "data") == 0 && json_is_object(both) && json_is_object(v))
			json_object_update(both, v);
		else
			json_object_set(body, key, v);
	}
	/* A new priority beside content also goes into data. */
	if (json_is_object(json_object_get(body, "data")) && json_is_integer(json_object_get(patch, "priority")) &&
	    json_object_get(json_object_get(body, "data"), "priority"))
		json_object_set(json_object_get(body, "data"), "priority", json_object_get(patch, "priority"));
	return body;
}
