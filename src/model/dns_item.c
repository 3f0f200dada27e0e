/* SPDX-License-Identifier: Apache-2.0 */
/* dns_item: see dns_item.h. */
#include "model/dns_item.h"

#include "base/mem.h"
#include "model/json_read.h"

/* Seconds, as in answers; the members of a SOA and TTLs share the range. */
static const int64_t dns_item__seconds[2] = { 0, DNS_ITEM_TTL_MAX };

static enum err dns_item__seconds_of(struct json_read *r, const json_t *obj, const char *member, uint32_t *ret)
{
	int64_t v = *ret;

	TRY(json_read_int(r, obj, member, dns_item__seconds, &v));
	*ret = (uint32_t)v;
	return OK;
}

static enum err dns_item__ttl(struct json_read *r, const json_t *obj, uint32_t *ret)
{
	*ret = 1;
	TRY(dns_item__seconds_of(r, obj, "ttl", ret));
	if (*ret == 1)
		*ret = DNS_ITEM_TTL_AUTOMATIC;
	return OK;
}

static struct slice dns_item__string(const json_t *obj, const char *member)
{
	const json_t *v = json_object_get(obj, member);

	return v ? json_read_string(v) : slice_of(NULL, 0);
}

static enum err dns_item__soa(struct json_read *r, const json_t *obj, struct dns_item_soa *soa)
{
	static const struct json_read_member members[] = {
		{ "mname", JSON_READ_STRING, false }, { "rname", JSON_READ_STRING, false },
		{ "serial", JSON_READ_INT, false },   { "refresh", JSON_READ_INT, false },
		{ "retry", JSON_READ_INT, false },    { "expire", JSON_READ_INT, false },
		{ "min_ttl", JSON_READ_INT, false },  { "ttl", JSON_READ_INT, false },
		{ NULL, JSON_READ_STRING, false },
	};
	static const int64_t serial[2] = { 0, UINT32_MAX };
	int64_t v = -1;

	/* The defaults of Cloudflare's zones. */
	*soa = (struct dns_item_soa){ .refresh = 10000, .retry = 2400, .expire = 604800, .min_ttl = 1800, .ttl = 3600 };
	if (!obj)
		return OK;
	size_t mark = json_read_in(r, "soa");
	TRY(json_read_object(r, obj, members));
	soa->mname = dns_item__string(obj, "mname");
	soa->rname = dns_item__string(obj, "rname");
	TRY(json_read_int(r, obj, "serial", serial, &v));
	soa->has_serial = v >= 0;
	soa->serial = v >= 0 ? (uint32_t)v : 0;
	TRY(dns_item__seconds_of(r, obj, "refresh", &soa->refresh));
	TRY(dns_item__seconds_of(r, obj, "retry", &soa->retry));
	TRY(dns_item__seconds_of(r, obj, "expire", &soa->expire));
	TRY(dns_item__seconds_of(r, obj, "min_ttl", &soa->min_ttl));
	TRY(dns_item__seconds_of(r, obj, "ttl", &soa->ttl));
	json_read_out(r, mark);
	return OK;
}

/* The texts of an array member; absent: none. */
static enum err dns_item__strings(struct json_read *r, const json_t *obj, const char *member, struct slice **ret,
				  size_t *ret_n)
{
	const json_t *list = json_object_get(obj, member), *v;
	size_t mark = json_read_in(r, member), i;

	*ret = mem_alloc_array(json_array_size(list) + 1, sizeof **ret);
	json_array_foreach(list, i, v)
	{
		size_t inner = json_read_in_index(r, i);
		if (!json_is_string(v))
			return json_read_fail(r, "must be a string");
		(*ret)[i] = json_read_string(v);
		*ret_n = i + 1;
		json_read_out(r, inner);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__records(struct json_read *r, const json_t *obj, struct dns_item *it)
{
	static const struct json_read_member members[] = {
		{ "name", JSON_READ_STRING, true }, { "type", JSON_READ_STRING, true },
		{ "ttl", JSON_READ_INT, false },    { "rdata", JSON_READ_STRING, true },
		{ NULL, JSON_READ_STRING, false },
	};
	const json_t *list = json_object_get(obj, "records"), *v;
	size_t mark = json_read_in(r, "records"), i;

	it->records = mem_alloc_array(json_array_size(list) + 1, sizeof *it->records);
	json_array_foreach(list, i, v)
	{
		struct dns_item_record *rec = &it->records[i];
		size_t inner = json_read_in_index(r, i);
		TRY(json_read_object(r, v, members));
		rec->name = dns_item__string(v, "name");
		rec->type = dns_item__string(v, "type");
		rec->rdata = dns_item__string(v, "rdata");
		TRY(dns_item__ttl(r, v, &rec->ttl));
		it->records_n = i + 1;
		json_read_out(r, inner);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__proxied(struct json_read *r, const json_t *obj, struct dns_item *it)
{
	static const struct json_read_member members[] = { { "name", JSON_READ_STRING, true },
							   { NULL, JSON_READ_STRING, false } };
	const json_t *list = json_object_get(obj, "proxied"), *v;
	size_t mark = json_read_in(r, "proxied"), i;

	it->proxied = mem_alloc_array(json_array_size(list) + 1, sizeof *it->proxied);
	json_array_foreach(list, i, v)
	{
		size_t inner = json_read_in_index(r, i);
		TRY(json_read_object(r, v, members));
		it->proxied[i] = dns_item__string(v, "name");
		it->proxied_n = i + 1;
		json_read_out(r, inner);
	}
	json_read_out(r, mark);
	return OK;
}

/* The addresses of one family in an array member, at most DNS_ITEM_ADDRS_MAX. Absent: none. */
static enum err dns_item__addrs(struct json_read *r, const json_t *obj, const char *member, int family, struct ip *ret,
				size_t *ret_n)
{
	const json_t *list = json_object_get(obj, member), *v;
	size_t mark = json_read_in(r, member), i;

	if (json_array_size(list) > DNS_ITEM_ADDRS_MAX)
		return json_read_fail(r, "has more than %d addresses", DNS_ITEM_ADDRS_MAX);
	json_array_foreach(list, i, v)
	{
		size_t inner = json_read_in_index(r, i);
		struct slice s = json_is_string(v) ? json_read_string(v) : slice_of(NULL, 0);
		if (ip_parse(s, &ret[i]) != OK || ret[i].family != family)
			return json_read_fail(r, "\"%.*s\" is not an IPv%d address", SLICE_ARG(s), family);
		*ret_n = i + 1;
		json_read_out(r, inner);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__edge(struct json_read *r, const json_t *obj, struct dns_item *it)
{
	static const struct json_read_member members[] = { { "ipv4", JSON_READ_ARRAY, false },
							   { "ipv6", JSON_READ_ARRAY, false },
							   { "https", JSON_READ_STRING, false },
							   { NULL, JSON_READ_STRING, false } };
	struct ip v6[DNS_ITEM_ADDRS_MAX];
	size_t v6_n = 0;

	if (!obj)
		return OK;
	size_t mark = json_read_in(r, "edge");
	TRY(json_read_object(r, obj, members));
	TRY(dns_item__addrs(r, obj, "ipv4", 4, it->edge, &it->edge_n));
	TRY(dns_item__addrs(r, obj, "ipv6", 6, v6, &v6_n));
	if (it->edge_n + v6_n > DNS_ITEM_ADDRS_MAX)
		return json_read_fail(r, "has more than %d addresses", DNS_ITEM_ADDRS_MAX);
	memcpy(it->edge + it->edge_n, v6, v6_n * sizeof *v6);
	it->edge_n += v6_n;
	it->edge_https = dns_item__string(obj, "https");
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__flatten(struct json_read *r, const json_t *obj, struct dns_item *it)
{
	static const struct json_read_member members[] = {
		{ "name", JSON_READ_STRING, true },      { "ttl", JSON_READ_INT, false },
		{ "a", JSON_READ_ARRAY, false },         { "aaaa", JSON_READ_ARRAY, false },
		{ "unresolved", JSON_READ_BOOL, false }, { NULL, JSON_READ_STRING, false },
	};
	const json_t *list = json_object_get(obj, "flatten"), *v;
	size_t mark = json_read_in(r, "flatten"), i;

	it->flatten = mem_alloc_array(json_array_size(list) + 1, sizeof *it->flatten);
	json_array_foreach(list, i, v)
	{
		struct dns_item_flatten *f = &it->flatten[i];
		size_t inner = json_read_in_index(r, i);
		TRY(json_read_object(r, v, members));
		f->name = dns_item__string(v, "name");
		TRY(dns_item__ttl(r, v, &f->ttl));
		f->unresolved = json_read_bool(v, "unresolved", false);
		f->a = mem_alloc_array(json_array_size(json_object_get(v, "a")) + 1, sizeof *f->a);
		f->aaaa = mem_alloc_array(json_array_size(json_object_get(v, "aaaa")) + 1, sizeof *f->aaaa);
		it->flatten_n = i + 1;
		TRY(dns_item__addrs(r, v, "a", 4, f->a, &f->a_n));
		TRY(dns_item__addrs(r, v, "aaaa", 6, f->aaaa, &f->aaaa_n));
		if (f->unresolved && f->a_n + f->aaaa_n)
			return json_read_fail(r, "has addresses and says that nothing is known");
		json_read_out(r, inner);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__keys(struct json_read *r, const json_t *list, struct dns_item *it)
{
	static const struct json_read_member members[] = {
		{ "flags", JSON_READ_INT, true },      { "active", JSON_READ_BOOL, false },
		{ "parent", JSON_READ_BOOL, false },   { "public", JSON_READ_STRING, true },
		{ "private", JSON_READ_STRING, true }, { NULL, JSON_READ_STRING, false },
	};
	static const int64_t flags[2] = { 256, 257 };
	const json_t *v;
	size_t mark = json_read_in(r, "keys"), i;

	if (json_array_size(list) > DNS_ITEM_KEYS_MAX)
		return json_read_fail(r, "has more than %d keys", DNS_ITEM_KEYS_MAX);
	json_array_foreach(list, i, v)
	{
		struct dns_item_key *k = &it->keys[i];
		size_t inner = json_read_in_index(r, i);
		int64_t f = 0;
		TRY(json_read_object(r, v, members));
		TRY(json_read_int(r, v, "flags", flags, &f));
		*k = (struct dns_item_key){ .flags = (uint16_t)f,
					    .active = json_read_bool(v, "active", true),
					    .parent = json_read_bool(v, "parent", json_read_bool(v, "active", true)),
					    .public = dns_item__string(v, "public"),
					    .private = dns_item__string(v, "private") };
		it->keys_n = i + 1;
		json_read_out(r, inner);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__dnssec(struct json_read *r, const json_t *obj, struct dns_item *it)
{
	static const struct json_read_member members[] = { { "keys", JSON_READ_ARRAY, true },
							   { "cds", JSON_READ_STRING, false },
							   { NULL, JSON_READ_STRING, false } };
	static const char *const cds[] = { "none", "publish", "delete", NULL };
	int choice = DNS_ITEM_CDS_NONE;

	if (!obj)
		return OK;
	size_t mark = json_read_in(r, "dnssec");
	TRY(json_read_object(r, obj, members));
	TRY(dns_item__keys(r, json_object_get(obj, "keys"), it));
	TRY(json_read_choice(r, obj, "cds", cds, &choice));
	it->cds = (enum dns_item_cds)choice;
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__transfer(struct json_read *r, const json_t *list, struct dns_item *it)
{
	const json_t *v;
	size_t mark = json_read_in(r, "transfer"), i;

	it->transfer = mem_alloc_array(json_array_size(list) + 1, sizeof *it->transfer);
	json_array_foreach(list, i, v)
	{
		size_t inner = json_read_in_index(r, i);
		struct slice s = json_is_string(v) ? json_read_string(v) : slice_of(NULL, 0);
		if (ip_prefix_parse(s, &it->transfer[i]) != OK)
			return json_read_fail(r, "\"%.*s\" is not an address or a network", SLICE_ARG(s));
		it->transfer_n = i + 1;
		json_read_out(r, inner);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__transfer_keys(struct json_read *r, const json_t *list, struct dns_item *it)
{
	static const struct json_read_member members[] = { { "name", JSON_READ_STRING, true },
							   { "secret", JSON_READ_STRING, true },
							   { NULL, JSON_READ_STRING, false } };
	const json_t *v;
	size_t mark = json_read_in(r, "transfer_keys"), i;

	if (json_array_size(list) > DNS_ITEM_TRANSFER_KEYS_MAX)
		return json_read_fail(r, "has more than %d keys", DNS_ITEM_TRANSFER_KEYS_MAX);
	json_array_foreach(list, i, v)
	{
		size_t inner = json_read_in_index(r, i);
		TRY(json_read_object(r, v, members));
		it->transfer_keys[i].name = dns_item__string(v, "name");
		it->transfer_keys[i].secret = dns_item__string(v, "secret");
		it->transfer_keys_n = i + 1;
		json_read_out(r, inner);
	}
	json_read_out(r, mark);
	return OK;
}

static enum err dns_item__root(struct json_read *r, const json_t *root, struct dns_item *it)
{
	static const struct json_read_member members[] = {
		{ "kind", JSON_READ_STRING, true },     { "name", JSON_READ_STRING, true },
		{ "soa", JSON_READ_OBJECT, false },     { "ns", JSON_READ_ARRAY, true },
		{ "ns_ttl", JSON_READ_INT, false },     { "records", JSON_READ_ARRAY, false },
		{ "proxied", JSON_READ_ARRAY, false },  { "edge", JSON_READ_OBJECT, false },
		{ "flatten", JSON_READ_ARRAY, false },  { "dnssec", JSON_READ_OBJECT, false },
		{ "transfer", JSON_READ_ARRAY, false }, { "transfer_keys", JSON_READ_ARRAY, false },
		{ NULL, JSON_READ_STRING, false },
	};

	TRY(json_read_object(r, root, members));
	it->name = dns_item__string(root, "name");
	it->ns_ttl = 86400;
	TRY(dns_item__soa(r, json_object_get(root, "soa"), &it->soa));
	TRY(dns_item__strings(r, root, "ns", &it->ns, &it->ns_n));
	TRY(dns_item__seconds_of(r, root, "ns_ttl", &it->ns_ttl));
	TRY(dns_item__records(r, root, it));
	TRY(dns_item__proxied(r, root, it));
	TRY(dns_item__edge(r, json_object_get(root, "edge"), it));
	TRY(dns_item__flatten(r, root, it));
	TRY(dns_item__dnssec(r, json_object_get(root, "dnssec"), it));
	TRY(dns_item__transfer(r, json_object_get(root, "transfer"), it));
	return dns_item__transfer_keys(r, json_object_get(root, "transfer_keys"), it);
}

enum err dns_item_read(struct slice json, struct dns_item **ret_item, struct diag *d)
{
	struct json_read r = json_read_at_root(d);
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	struct dns_item *it = mem_alloc(sizeof *it);
	it->root = root;
	enum err e = dns_item__root(&r, root, it);
	if (e != OK) {
		dns_item_free(it);
		return e;
	}
	*ret_item = it;
	return OK;
}

enum err dns_item_read_zone(struct slice json, char ret_zone[static 256], struct diag *d)
{
	static const struct json_read_member members[] = { { "zone", JSON_READ_STRING, true },
							   { NULL, JSON_READ_STRING, false } };
	struct json_read r = json_read_at_root(d);
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = json_read_object(&r, root, members);
	if (e == OK && !slice_cstr(dns_item__string(root, "zone"), ret_zone, 256))
		e = json_read_fail(&r, "is no name of a zone");
	json_decref(root);
	return e;
}

void dns_item_free(struct dns_item *item)
{
	if (!item)
		return;
	for (size_t i = 0; i < item->flatten_n; i++) {
		mem_free(item->flatten[i].a);
		mem_free(item->flatten[i].aaaa);
	}
	mem_free(item->ns);
	mem_free(item->records);
	mem_free(item->proxied);
	mem_free(item->flatten);
	mem_free(item->transfer);
	json_decref(item->root);
	mem_free(item);
}
