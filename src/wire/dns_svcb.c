/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_svcb: service parameters of SVCB and HTTPS records (RFC 9460 2.1, 7, 8 and appendix A; dohpath RFC 9461).
 * On the wire keys ascend and none is given twice; in text any order is fine.
 */
#include "base/ip.h"
#include "wire/dns_rdata_int.h"

enum {
	SVCB_MANDATORY,
	SVCB_ALPN,
	SVCB_NO_DEFAULT_ALPN,
	SVCB_PORT,
	SVCB_IPV4HINT,
	SVCB_ECH,
	SVCB_IPV6HINT,
	SVCB_DOHPATH
};

enum { DNS_SVCB__PARAMS = 64 }; /* of one record; eight are defined */

static const struct slice dns_svcb__names[] = {
	SLICE_INIT("mandatory"), SLICE_INIT("alpn"), SLICE_INIT("no-default-alpn"), SLICE_INIT("port"),
	SLICE_INIT("ipv4hint"),  SLICE_INIT("ech"),  SLICE_INIT("ipv6hint"),        SLICE_INIT("dohpath"),
};

enum { DNS_SVCB__NAMES = sizeof(dns_svcb__names) / sizeof(dns_svcb__names[0]) };

/* One parameter as written. */
struct svcb_param {
	uint32_t key;
	bool has_value;
	struct slice value; /* escapes and quotes as written */
	struct dns_lex_word word;
};

static bool dns_svcb__key(struct slice s, uint32_t *ret)
{
	uint64_t v;

	for (uint32_t i = 0; i < DNS_SVCB__NAMES; i++) {
		if (slice_eq(dns_svcb__names[i], s)) {
			*ret = i;
			return true;
		}
	}
	if (!slice_starts(s, SLICE("key")) || (s.n > 4 && s.p[3] == '0') || !slice_u64(slice_from(s, 3), &v) ||
	    v >= 65535)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* The item up to the next comma that no backslash stands before, the list's own escapes undone in place. */
static size_t dns_svcb__item(char *p, size_t n, size_t *at, bool *ret_more)
{
	size_t out = *at, from = *at;

	for (; *at < n && p[*at] != ','; ++*at) {
		if (p[*at] == '\\' && *at + 1 < n)
			++*at;
		p[out++] = p[*at];
	}
	*ret_more = *at < n;
	*at += *ret_more;
	return out - from;
}

static enum err dns_svcb__mandatory(struct cursor_out *out, struct slice item)
{
	uint32_t key;

	if (!dns_svcb__key(item, &key) || key == SVCB_MANDATORY)
		return ERR_SYNTAX;
	cursor_put_u16(out, (uint16_t)key);
	return OK;
}

static enum err dns_svcb__alpn(struct cursor_out *out, struct slice item)
{
	if (item.n == 0 || item.n > 255)
		return ERR_SYNTAX;
	cursor_put_u8(out, (uint8_t)item.n);
	cursor_put_bytes(out, item);
	return OK;
}

static enum err dns_svcb__hint(struct cursor_out *out, struct slice item, uint8_t family)
{
	struct ip ip;

	if (ip_parse(item, &ip) != OK || ip.family != family)
		return ERR_SYNTAX;
	cursor_put_bytes(out, slice_of(ip.b, family == 4 ? 4 : 16));
	return OK;
}

static enum err dns_svcb__hint4(struct cursor_out *out, struct slice item)
{
	return dns_svcb__hint(out, item, 4);
}

static enum err dns_svcb__hint6(struct cursor_out *out, struct slice item)
{
	return dns_svcb__hint(out, item, 6);
}

/* Each item of a comma-separated value. An empty list and an empty item are wrong in all of them. */
static enum err dns_svcb__list(struct cursor_out *out, char *p, size_t n,
			       enum err (*item)(struct cursor_out *, struct slice))
{
	bool more = true;

	for (size_t at = 0; more;) {
		size_t from = at, len = dns_svcb__item(p, n, &at, &more);

		TRY(item(out, slice_of(p + from, len)));
	}
	return OK;
}

/* Keys of the mandatory list in ascending order, none twice (RFC 9460 8). */
static enum err dns_svcb__sort_mandatory(uint8_t *p, size_t n)
{
	for (size_t i = 2; i < n; i += 2) {
		for (size_t k = i; k >= 2; k -= 2) {
			uint16_t a = (uint16_t)(p[k - 2] << 8 | p[k - 1]), b = (uint16_t)(p[k] << 8 | p[k + 1]);

			if (a == b)
				return ERR_SYNTAX;
			if (a < b)
				break;
			p[k - 2] = (uint8_t)(b >> 8);
			p[k - 1] = (uint8_t)b;
			p[k] = (uint8_t)(a >> 8);
			p[k + 1] = (uint8_t)a;
		}
	}
	return OK;
}

static enum err dns_svcb__ech(struct cursor_out *out, struct slice text)
{
	struct dns_lex l = dns_lex_of(text);
	struct dns_rdata_in in = { &l, &dns_name_root, out, NULL };

	return dns_field_find('b')->read(&in);
}

/* The value of one parameter, text (escapes of the master file undone) to wire. */
static enum err dns_svcb__value(struct cursor_out *out, const struct svcb_param *p, char *text, size_t n)
{
	size_t from = out->at;
	uint64_t port;

	if (p->key == SVCB_NO_DEFAULT_ALPN)
		return p->has_value && n ? ERR_SYNTAX : OK;
	if (p->key < DNS_SVCB__NAMES && !n)
		return ERR_SYNTAX;
	switch (p->key) {
	case SVCB_MANDATORY:
		TRY(dns_svcb__list(out, text, n, dns_svcb__mandatory));
		return out->bad ? OK : dns_svcb__sort_mandatory(out->p + from, out->at - from);
	case SVCB_ALPN:
		return dns_svcb__list(out, text, n, dns_svcb__alpn);
	case SVCB_PORT:
		if (!slice_u64(slice_of(text, n), &port) || port > 65535)
			return ERR_SYNTAX;
		cursor_put_u16(out, (uint16_t)port);
		return OK;
	case SVCB_IPV4HINT:
		return dns_svcb__list(out, text, n, dns_svcb__hint4);
	case SVCB_IPV6HINT:
		return dns_svcb__list(out, text, n, dns_svcb__hint6);
	case SVCB_ECH:
		return dns_svcb__ech(out, slice_of(text, n));
	default:
		cursor_put_bytes(out, slice_of(text, n));
		return OK;
	}
}

static enum err dns_svcb__write(struct dns_rdata_in *in, const struct svcb_param *p)
{
	char text[4096];
	size_t n, length_at;
	struct cursor_out *out = in->out;
	enum err e = dns_lex_unescape(p->value, true, text, sizeof(text), &n);

	if (e != OK)
		return dns_field_fail(in, &p->word, e, "the value has a wrong escape or is over %zu bytes",
				      sizeof(text));
	cursor_put_u16(out, (uint16_t)p->key);
	length_at = out->at;
	cursor_put_u16(out, 0);
	if (dns_svcb__value(out, p, text, n) != OK)
		return dns_field_fail(in, &p->word, ERR_SYNTAX, "\"%.*s\": not a value of this parameter",
				      SLICE_ARG(slice_first(p->word.raw, 100)));
	if (!out->bad) {
		n = out->at - length_at - 2;
		out->p[length_at] = (uint8_t)(n >> 8);
		out->p[length_at + 1] = (uint8_t)n;
	}
	return OK;
}

/* Puts the parameter into its place by key. */
static enum err dns_svcb__insert(struct dns_rdata_in *in, struct svcb_param *all, size_t *count,
				 const struct svcb_param *p)
{
	size_t i = *count;

	if (*count == DNS_SVCB__PARAMS)
		return dns_field_fail(in, &p->word, ERR_RANGE, "more than %d parameters", DNS_SVCB__PARAMS);
	while (i > 0 && all[i - 1].key > p->key)
		i--;
	if (i > 0 && all[i - 1].key == p->key)
		return dns_field_fail(in, &p->word, ERR_SYNTAX, "a parameter is given twice");
	memmove(all + i + 1, all + i, (*count - i) * sizeof(all[0]));
	all[i] = *p;
	++*count;
	return OK;
}

static bool dns_svcb__has(const struct svcb_param *all, size_t count, uint32_t key)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].key == key)
			return true;
	return false;
}

/* Every mandatory key is there; no-default-alpn only beside alpn (RFC 9460 7.1.1, 8). `value` is the wire of mandatory.
 */
static enum err dns_svcb__complete(struct dns_rdata_in *in, const struct svcb_param *all, size_t count,
				   struct slice value)
{
	struct cursor c = cursor_of(value);

	if (count == 0 || in->out->bad)
		return OK;
	if (dns_svcb__has(all, count, SVCB_NO_DEFAULT_ALPN) && !dns_svcb__has(all, count, SVCB_ALPN))
		return dns_field_fail(in, &all[0].word, ERR_SYNTAX, "no-default-alpn needs an alpn beside it");
	while (cursor_left(&c))
		if (!dns_svcb__has(all, count, cursor_u16(&c)))
			return dns_field_fail(in, &all[0].word, ERR_SYNTAX,
					      "mandatory names a parameter that is missing");
	return OK;
}

enum err dns_svcb_read(struct dns_rdata_in *in)
{
	struct svcb_param all[DNS_SVCB__PARAMS];
	struct slice mandatory = { NULL, 0 };
	size_t count = 0;

	for (;;) {
		struct svcb_param p = { .word = dns_lex_next(in->l) };
		size_t equals;

		if (dns_lex_ends(&p.word))
			break;
		equals = slice_find(p.word.raw, '=');
		p.has_value = equals != SIZE_MAX;
		if (p.has_value)
			p.value = slice_from(p.word.raw, equals + 1);
		if (p.word.kind != DNS_LEX_WORD || !dns_svcb__key(slice_first(p.word.raw, equals), &p.key))
			return dns_field_fail(in, &p.word, ERR_SYNTAX,
					      "\"%.*s\" is not a service parameter (alpn, port, ipv4hint … or keyN)",
					      SLICE_ARG(slice_first(p.word.raw, 64)));
		TRY(dns_svcb__insert(in, all, &count, &p));
	}
	dns_lex_hold(in->l);
	for (size_t i = 0; i < count; i++) {
		size_t from = in->out->at + 4;

		TRY(dns_svcb__write(in, &all[i]));
		if (all[i].key == SVCB_MANDATORY && !in->out->bad)
			mandatory = slice_of(in->out->p + from, in->out->at - from);
	}
	return dns_svcb__complete(in, all, count, mandatory);
}

static void dns_svcb__print_key(struct text *t, uint32_t key)
{
	if (key < DNS_SVCB__NAMES) {
		text_add(t, dns_svcb__names[key]);
		return;
	}
	text_add(t, SLICE("key"));
	text_u64(t, key);
}

/* An item of a list: commas and backslashes get the list's own escape below the string's. */
static void dns_svcb__print_item(struct text *t, struct slice item)
{
	for (size_t i = 0; i < item.n; i++) {
		if (item.p[i] == ',' || item.p[i] == '\\')
			text_add(t, SLICE("\\\\"));
		dns_field_print_string(slice_of(item.p + i, 1), false, t);
	}
}

static enum err dns_svcb__print_list(uint32_t key, struct cursor *v, struct text *t)
{
	int last = SVCB_MANDATORY;

	for (bool first = true; cursor_left(v); first = false) {
		if (!first)
			text_byte(t, ',');
		if (key == SVCB_MANDATORY) {
			uint16_t k = cursor_u16(v);

			if (k <= last || k == 65535)
				return ERR_SYNTAX;
			last = k;
			dns_svcb__print_key(t, k);
		} else if (key == SVCB_ALPN) {
			struct slice item = cursor_bytes(v, cursor_u8(v));

			if (item.n == 0)
				return ERR_SYNTAX;
			dns_svcb__print_item(t, item);
		} else {
			TRY(dns_field_find(key == SVCB_IPV4HINT ? 'a' : '6')->print(v, t));
		}
	}
	return v->bad ? ERR_SYNTAX : OK;
}

static enum err dns_svcb__print_value(uint32_t key, struct slice value, struct text *t)
{
	struct cursor v = cursor_of(value);

	switch (key) {
	case SVCB_MANDATORY:
	case SVCB_ALPN:
	case SVCB_IPV4HINT:
	case SVCB_IPV6HINT:
		return dns_svcb__print_list(key, &v, t);
	case SVCB_PORT:
		text_u64(t, cursor_u16(&v));
		return v.bad || cursor_left(&v) ? ERR_SYNTAX : OK;
	case SVCB_ECH:
		dns_field_print_base64(value, t);
		return OK;
	default:
		dns_field_print_string(value, false, t);
		return OK;
	}
}

enum err dns_svcb_print(struct cursor *c, struct text *t)
{
	int last = -1;

	while (cursor_left(c)) {
		uint16_t key = cursor_u16(c);
		struct slice value = cursor_bytes(c, cursor_u16(c));

		if (c->bad || key <= last || key == 65535 || (key == SVCB_NO_DEFAULT_ALPN && value.n))
			return ERR_SYNTAX;
		if (key < DNS_SVCB__NAMES && key != SVCB_NO_DEFAULT_ALPN && !value.n)
			return ERR_SYNTAX;
		last = key;
		text_byte(t, ' ');
		dns_svcb__print_key(t, key);
		if (!value.n)
			continue;
		text_add(t, SLICE("=\""));
		TRY(dns_svcb__print_value(key, value, t));
		text_byte(t, '"');
	}
	return c->bad ? ERR_SYNTAX : OK;
}
