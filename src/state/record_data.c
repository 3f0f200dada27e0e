/* SPDX-License-Identifier: Apache-2.0 */
#include "state/record_data.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "state/idn.h"
#include "wire/dns_lex.h"

#include <stdio.h>

enum { MEMBERS_MAX = 12, TXT_CONTENT_CHARS = 2048 };

/*
 * A member of a value. Kinds: n number, f number with decimals, s quoted string, w one bare word, h host name,
 * r the rest of the text as it is (hex, base64), p the rest (service parameters).
 */
struct member {
	char kind;
	const char *name;
};

/* A type of the API. */
struct spec {
	uint16_t type;
	bool has_data; /* false: the value is `content` (and `priority`) alone */
	bool lifts;    /* the first member is `priority`, which stands beside content, not in it */
	int code;      /* of a wrong value */
	struct member members[MEMBERS_MAX + 1];
};

enum { CODE_MISSING = 9101, CODE_INVALID = 9102 };

static const struct spec record_data__specs[] = {
	{ DNS_TYPE_A, false, false, 9005, { { 'w', "content" } } },
	{ DNS_TYPE_AAAA, false, false, 9006, { { 'w', "content" } } },
	{ DNS_TYPE_CNAME, false, false, 9007, { { 'h', "content" } } },
	{ DNS_TYPE_NS, false, false, 9008, { { 'h', "content" } } },
	{ DNS_TYPE_PTR, false, false, 9013, { { 'h', "content" } } },
	{ DNS_TYPE_MX, false, true, 9009, { { 'n', "priority" }, { 'h', "content" } } },
	{ DNS_TYPE_TXT, false, false, CODE_INVALID, { { 0, NULL } } },
	{ DNS_TYPE_OPENPGPKEY, false, false, CODE_INVALID, { { 'r', "content" } } },
	{ DNS_TYPE_SRV,
	  true,
	  true,
	  CODE_INVALID,
	  { { 'n', "priority" }, { 'n', "weight" }, { 'n', "port" }, { 'h', "target" } } },
	{ DNS_TYPE_URI, true, true, CODE_INVALID, { { 'n', "priority" }, { 'n', "weight" }, { 's', "target" } } },
	{ DNS_TYPE_CAA, true, false, CODE_INVALID, { { 'n', "flags" }, { 'w', "tag" }, { 's', "value" } } },
	{ DNS_TYPE_TLSA,
	  true,
	  false,
	  CODE_INVALID,
	  { { 'n', "usage" }, { 'n', "selector" }, { 'n', "matching_type" }, { 'r', "certificate" } } },
	{ DNS_TYPE_SMIMEA,
	  true,
	  false,
	  CODE_INVALID,
	  { { 'n', "usage" }, { 'n', "selector" }, { 'n', "matching_type" }, { 'r', "certificate" } } },
	{ DNS_TYPE_SSHFP,
	  true,
	  false,
	  CODE_INVALID,
	  { { 'n', "algorithm" }, { 'n', "type" }, { 'r', "fingerprint" } } },
	{ DNS_TYPE_DS,
	  true,
	  false,
	  CODE_INVALID,
	  { { 'n', "key_tag" }, { 'n', "algorithm" }, { 'n', "digest_type" }, { 'r', "digest" } } },
	{ DNS_TYPE_DNSKEY,
	  true,
	  false,
	  CODE_INVALID,
	  { { 'n', "flags" }, { 'n', "protocol" }, { 'n', "algorithm" }, { 'r', "public_key" } } },
	{ DNS_TYPE_CERT,
	  true,
	  false,
	  CODE_INVALID,
	  { { 'n', "type" }, { 'n', "key_tag" }, { 'n', "algorithm" }, { 'r', "certificate" } } },
	{ DNS_TYPE_NAPTR,
	  true,
	  false,
	  CODE_INVALID,
	  { { 'n', "order" },
	    { 'n', "preference" },
	    { 's', "flags" },
	    { 's', "service" },
	    { 's', "regex" },
	    { 'h', "replacement" } } },
	{ DNS_TYPE_HTTPS, true, false, CODE_INVALID, { { 'n', "priority" }, { 'h', "target" }, { 'p', "value" } } },
	{ DNS_TYPE_SVCB, true, false, CODE_INVALID, { { 'n', "priority" }, { 'h', "target" }, { 'p', "value" } } },
	{ DNS_TYPE_LOC,
	  true,
	  false,
	  CODE_INVALID,
	  { { 'n', "lat_degrees" },
	    { 'n', "lat_minutes" },
	    { 'f', "lat_seconds" },
	    { 'w', "lat_direction" },
	    { 'n', "long_degrees" },
	    { 'n', "long_minutes" },
	    { 'f', "long_seconds" },
	    { 'w', "long_direction" },
	    { 'f', "altitude" },
	    { 'f', "size" },
	    { 'f', "precision_horz" },
	    { 'f', "precision_vert" } } },
};

static const struct spec *record_data__spec(uint16_t type)
{
	for (size_t i = 0; i < sizeof(record_data__specs) / sizeof(record_data__specs[0]); i++)
		if (record_data__specs[i].type == type)
			return &record_data__specs[i];
	return NULL;
}

bool state_record_data_knows(uint16_t type)
{
	return record_data__spec(type) != NULL;
}

bool state_record_data_proxiable(uint16_t type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_CNAME;
}

static const char *record_data__type_name(uint16_t type, char out[static DNS_TYPE_TEXT_BYTES])
{
	struct text t = text_of(out, DNS_TYPE_TEXT_BYTES - 1);

	dns_type_print(type, &t);
	out[t.n] = '\0';
	return out;
}

static enum err record_data__wrong(const struct spec *s, struct state_refusal *why, const char *member,
				   const char *reason)
{
	static const struct {
		uint16_t type;
		const char *text;
	} texts[] = {
		{ DNS_TYPE_A, "Content for A record must be a valid IPv4 address." },
		{ DNS_TYPE_AAAA, "Content for AAAA record must be a valid IPv6 address." },
		{ DNS_TYPE_CNAME, "Content for CNAME record is invalid." },
		{ DNS_TYPE_NS, "Content for NS record must be a valid host name." },
		{ DNS_TYPE_MX, "Content for MX record must be a valid host name." },
	};
	char pointer[64], name[DNS_TYPE_TEXT_BYTES];

	/* A content that was given instead of data is no member of data. */
	bool in_data = s->has_data && strcmp(member, "content") != 0;

	snprintf(pointer, sizeof(pointer), "%s/%s", in_data ? "/data" : "", member);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].type == s->type)
			return state_refusal_set(why, s->code, pointer, "%s (%s)", texts[i].text, reason);
	return state_refusal_set(why, s->code, pointer, "The value of the %s record is invalid: %s",
				 record_data__type_name(s->type, name), reason);
}

/* ---- the value on its way to text ---- */

/* The text that the wire is made from, and the one that clients see. */
struct compose {
	const struct spec *spec;
	struct buf wire, content;
	struct state_refusal *why;
};

static void record_data__string(struct buf *b, struct slice s)
{
	buf_add_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < 0x20 || c >= 0x7f)
			buf_printf(b, "\\%03u", c);
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else
			buf_add_byte(b, (char)c);
	}
	buf_add_byte(b, '"');
}

/* A host: content keeps the spelling without the final dot, the wire has it absolute, in ASCII and lower case. */
static enum err record_data__host(struct compose *c, const struct member *m, struct slice s)
{
	char ascii[STATE_NAME_BYTES];

	if (slice_eq(s, SLICE("."))) {
		buf_add_byte(&c->wire, '.');
		buf_add_byte(&c->content, '.');
		return OK;
	}
	if (state_idn_ascii(s, ascii) != OK)
		return record_data__wrong(c->spec, c->why, m->name,
					  "a host name is made of letters, digits, - and _ with dots "
					  "between");
	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	buf_printf(&c->wire, "%s.", ascii);
	for (size_t i = 0; i < s.n; i++) {
		if ((signed char)s.p[i] < 0) { /* Unicode is shown in ASCII */
			buf_printf(&c->content, "%s", ascii);
			return OK;
		}
	}
	buf_add(&c->content, s);
	return OK;
}

static bool record_data__word_ok(struct slice s, const char *also)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = slice_lower(s.p[i]);

		if (!slice_is_digit(c) && (c < 'a' || c > 'z') && !memchr(also, c, strlen(also)))
			return false;
	}
	return s.n > 0;
}

/* Hex or base64: blanks are left out. */
static enum err record_data__raw(struct compose *c, const struct member *m, struct slice s)
{
	size_t from = buf_len(&c->wire);

	for (size_t i = 0; i < s.n; i++) {
		if (memchr(" \t\r\n", s.p[i], 4))
			continue;
		if (!record_data__word_ok(slice_of(s.p + i, 1), "+/="))
			return record_data__wrong(c->spec, c->why, m->name, "not hexadecimal or base64");
		buf_add_byte(&c->wire, s.p[i]);
		buf_add_byte(&c->content, s.p[i]);
	}
	return buf_len(&c->wire) > from ? OK : record_data__wrong(c->spec, c->why, m->name, "it is empty");
}

static enum err record_data__number(struct compose *c, const struct member *m, const json_t *v)
{
	uint64_t n = 0;
	char text[32];

	if (json_is_integer(v) && json_integer_value(v) >= 0)
		n = (uint64_t)json_integer_value(v);
	else if (!json_is_string(v) || !slice_u64(slice_str(json_string_value(v)), &n))
		return record_data__wrong(c->spec, c->why, m->name, "it must be a number");
	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	buf_add(&c->wire, slice_str(text));
	buf_add(&c->content, slice_str(text));
	return OK;
}

static enum err record_data__decimal(struct compose *c, const struct member *m, const json_t *v)
{
	bool seconds = strstr(m->name, "seconds") != NULL;
	char text[64];

	if (json_is_string(v))
		snprintf(text, sizeof(text), "%s", json_string_value(v));
	else if (json_is_number(v) && json_number_value(v) > -1e9 && json_number_value(v) < 1e9)
		snprintf(text, sizeof(text), "%.*f", seconds ? 3 : 2, json_number_value(v));
	else
		return record_data__wrong(c->spec, c->why, m->name, "it must be a number");
	if (!record_data__word_ok(slice_str(text), "-."))
		return record_data__wrong(c->spec, c->why, m->name, "it must be a number");
	buf_printf(&c->wire, "%s%s", text, seconds ? "" : "m");
	buf_printf(&c->content, "%s%s", text, seconds ? "" : "m");
	return OK;
}

static enum err record_data__text_member(struct compose *c, const struct member *m, struct slice s)
{
	switch (m->kind) {
	case 'h':
		return record_data__host(c, m, s);
	case 's':
		record_data__string(&c->wire, s);
		record_data__string(&c->content, s);
		return OK;
	case 'r':
		return record_data__raw(c, m, s);
	case 'p':
		if (memchr(s.p, '\n', s.n) || memchr(s.p, '\r', s.n))
			return record_data__wrong(c->spec, c->why, m->name, "it must be one line");
		buf_add(&c->wire, s);
		buf_add(&c->content, s);
		return OK;
	default:
		if (!record_data__word_ok(s, "-_.:"))
			return record_data__wrong(c->spec, c->why, m->name, "a character that does not belong there");
		buf_add(&c->wire, s);
		buf_add(&c->content, s);
		return OK;
	}
}

/* One member; `shown` when it is part of content. */
static enum err record_data__member(struct compose *c, const struct member *m, const json_t *v, bool shown)
{
	size_t before = buf_len(&c->content);
	char pointer[64];
	enum err e;

	if (buf_len(&c->wire))
		buf_add_byte(&c->wire, ' ');
	if (before && shown)
		buf_add_byte(&c->content, ' ');
	if (!v && m->kind == 'p')
		return OK;
	if (!v || json_is_null(v)) {
		bool lifted = c->spec->lifts && strcmp(m->name, "priority") == 0;

		snprintf(pointer, sizeof(pointer), "%s/%s", c->spec->has_data && !lifted ? "/data" : "", m->name);
		return state_refusal_set(c->why, CODE_MISSING, pointer, "%s is a required data field.", m->name);
	}
	if (m->kind == 'n')
		e = record_data__number(c, m, v);
	else if (m->kind == 'f')
		e = record_data__decimal(c, m, v);
	else if (!json_is_string(v))
		e = record_data__wrong(c->spec, c->why, m->name, "it must be a string");
	else
		e = record_data__text_member(c, m, slice_of(json_string_value(v), json_string_length(v)));
	if (!shown)
		c->content.to = c->content.from + before;
	return e;
}

/* ---- text to members ---- */

static json_t *record_data__bytes(struct slice s)
{
	json_t *v = json_stringn(s.p ? s.p : "", s.n);

	return v ? v : json_stringn_nocheck(s.p, s.n);
}

static json_t *record_data__decimal_json(struct slice s)
{
	char text[64];
	json_t *v;

	if (s.n && slice_lower(s.p[s.n - 1]) == 'm')
		s.n--;
	if (!slice_cstr(s, text, sizeof(text)))
		return NULL;
	v = json_loads(text, JSON_DECODE_ANY, NULL);
	if (json_is_real(v) && json_real_value(v) == (double)(json_int_t)json_real_value(v)) {
		json_t *whole = json_integer((json_int_t)json_real_value(v));

		json_decref(v);
		return whole;
	}
	return v;
}

/* The next member of a text. NULL: it is not there, or does not fit. */
static json_t *record_data__from_word(const struct member *m, struct dns_lex *l)
{
	struct dns_lex_word w = dns_lex_next(l);
	char bytes[4096];
	uint64_t n;
	size_t len;

	if (w.kind == DNS_LEX_BAD)
		return NULL;
	if (m->kind == 'r' || m->kind == 'p') { /* the rest of the text */
		if (dns_lex_ends(&w))
			return m->kind == 'p' ? json_string("") : NULL;
		return record_data__bytes(slice_trim(slice_of(w.raw.p, (size_t)(l->s.p + l->s.n - w.raw.p))));
	}
	if (dns_lex_ends(&w))
		return NULL;
	if (m->kind == 'n')
		return slice_u64(w.raw, &n) && n <= INT64_MAX ? json_integer((json_int_t)n) : NULL;
	if (m->kind == 'f')
		return record_data__decimal_json(w.raw);
	if (dns_lex_unescape(w.raw, false, bytes, sizeof(bytes), &len) != OK)
		return NULL;
	if (m->kind == 'h' && len > 1 && bytes[len - 1] == '.')
		len--;
	return record_data__bytes(slice_of(bytes, len));
}

/* Members from a text that holds all of them and nothing else. NULL when it does not fit. */
static json_t *record_data__members(const struct spec *s, struct slice text)
{
	struct dns_lex l = dns_lex_of(text);
	json_t *values = json_object();
	bool rest = false; /* the last member took what was left */

	for (const struct member *m = s->members; m->name; m++) {
		json_t *v = record_data__from_word(m, &l);

		if (!v || json_object_set_new_nocheck(values, m->name, v)) {
			json_decref(values);
			return NULL;
		}
		rest = m->kind == 'r' || m->kind == 'p';
	}
	struct dns_lex_word w = rest ? (struct dns_lex_word){ .kind = DNS_LEX_END } : dns_lex_next(&l);
	if (!dns_lex_ends(&w)) {
		json_decref(values);
		return NULL;
	}
	return values;
}

/* The canonical text of a value that was given as text: defaults filled in, mnemonics as numbers. */
static enum err record_data__canonical(const struct spec *s, struct slice text, struct buf *ret,
				       struct state_refusal *why)
{
	uint8_t *wire = mem_alloc(DNS_RDATA_BYTES);
	struct cursor_out out = cursor_out_of(wire, DNS_RDATA_BYTES);
	struct diag d;
	enum err e;

	diag_init(&d);
	e = dns_rdata_parse(text, s->type, &dns_name_root, &out, &d);
	if (e != OK) {
		char reason[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 8];

		e = record_data__wrong(s, why, "content", diag_print(&d, reason, sizeof(reason)));
	} else {
		struct text t = text_of(buf_room(ret, STATE_RECORD_CONTENT_BYTES), STATE_RECORD_CONTENT_BYTES);

		CHECK(dns_rdata_print(s->type, slice_of(wire, out.at), &t) == OK);
		if (t.bad)
			e = record_data__wrong(s, why, "content", "it is too long");
		else
			buf_commit(ret, t.n);
	}
	mem_free(wire);
	return e;
}

/* The members of a content that was given instead of data. Priority stands in it or beside it. */
static enum err record_data__split(const struct spec *s, struct slice content, const json_t *priority, json_t **ret,
				   struct state_refusal *why)
{
	struct buf text, canonical;
	enum err e = OK;

	buf_init(&text, STATE_RECORD_CONTENT_BYTES + 64);
	buf_init(&canonical, STATE_RECORD_CONTENT_BYTES + 64);
	if (s->lifts && json_is_integer(priority))
		buf_printf(&text, "%lld ", (long long)json_integer_value(priority));
	buf_add(&text, content);
	*ret = s->type == DNS_TYPE_LOC ? NULL : record_data__members(s, buf_slice(&text));
	if (!*ret && s->lifts) /* priority was in the content already */
		*ret = record_data__members(s, content);
	if (!*ret) {
		e = record_data__canonical(s, buf_slice(&text), &canonical, why);
		if (e == OK) {
			*ret = record_data__members(s, buf_slice(&canonical));
			CHECK(*ret);
		}
	}
	buf_fini(&text);
	buf_fini(&canonical);
	return e;
}

/* ---- wire ---- */

static struct state_record_bytes record_data__keep(struct slice s)
{
	char *p = mem_alloc(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct state_record_bytes){ p, s.n };
}

/* Reads the composed text to wire, which must take all of it: a comment would be dropped without a word. */
static enum err record_data__to_wire(struct compose *c, struct state_record *r)
{
	uint8_t *wire = mem_alloc(DNS_RDATA_BYTES);
	struct cursor_out out = cursor_out_of(wire, DNS_RDATA_BYTES);
	struct dns_lex l = dns_lex_of(buf_slice(&c->wire));
	const char *member = c->spec->has_data ? "" : "content";
	char reason[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 8];
	struct diag d;
	enum err e;

	diag_init(&d);
	e = dns_rdata_read(&l, r->type, &dns_name_root, &out, &d);
	if (e != OK)
		e = record_data__wrong(c->spec, c->why, member,
				       c->spec->has_data ? diag_print(&d, reason, sizeof(reason)) : d.text);
	else if (l.comment.p || l.at < l.s.n)
		e = record_data__wrong(c->spec, c->why, member, "a semicolon or a line end must be quoted or escaped");
	else
		r->rdata = record_data__keep(slice_of(wire, out.at));
	mem_free(wire);
	return e;
}

/* Members that are numbers in text become numbers, so that clients find one form. */
static json_t *record_data__shown(const struct spec *s, const json_t *values)
{
	json_t *data = json_object();

	for (const struct member *m = s->members; m->name; m++) {
		json_t *v = json_object_get(values, m->name);
		uint64_t n;

		if (!v && m->kind == 'p')
			json_object_set_new(data, m->name, json_string(""));
		else if (m->kind == 'n' && json_is_string(v) && slice_u64(slice_str(json_string_value(v)), &n))
			json_object_set_new(data, m->name, json_integer((json_int_t)n));
		else if (m->kind == 'f' && json_is_string(v))
			json_object_set_new(data, m->name, record_data__decimal_json(slice_str(json_string_value(v))));
		else if (v && !(s->type == DNS_TYPE_URI && strcmp(m->name, "priority") == 0))
			json_object_set(data, m->name, v);
	}
	return data;
}

static void record_data__address(struct state_record *r)
{
	char text[64];
	struct text t = text_of(text, sizeof(text) - 1);

	if (r->type != DNS_TYPE_A && r->type != DNS_TYPE_AAAA)
		return;
	CHECK(dns_rdata_print(r->type, state_record_rdata(r), &t) == OK);
	mem_free(r->content);
	r->content = mem_dup(text_slice(&t));
}

static void record_data__plain(struct state_record *r)
{
	r->plain = record_data__keep(slice_str(r->content));
}

static void record_data__priority(const struct spec *s, const json_t *values, struct state_record *r)
{
	const json_t *v = json_object_get(values, "priority");
	uint64_t n = 0;

	r->has_priority = v && (s->lifts || s->type == DNS_TYPE_HTTPS || s->type == DNS_TYPE_SVCB);
	if (json_is_string(v))
		(void)slice_u64(slice_str(json_string_value(v)), &n);
	else if (v)
		n = (uint64_t)json_integer_value(v);
	r->priority = (uint16_t)n;
}

/* Members to content and wire. */
static enum err record_data__compose(const struct spec *s, const json_t *values, struct state_record *r,
				     struct state_refusal *why)
{
	struct compose c = { .spec = s, .why = why };
	enum err e = OK;

	buf_init(&c.wire, STATE_RECORD_CONTENT_BYTES * 4);
	buf_init(&c.content, STATE_RECORD_CONTENT_BYTES);
	for (const struct member *m = s->members; m->name && e == OK; m++)
		e = record_data__member(&c, m, json_object_get(values, m->name), !(s->lifts && m == s->members));
	if (e == OK && (c.wire.full || c.content.full))
		e = record_data__wrong(s, why, s->has_data ? "" : "content", "it is too long");
	if (e == OK)
		e = record_data__to_wire(&c, r);
	if (e == OK) {
		r->content = mem_dup(slice_trim(buf_slice(&c.content)));
		if (s->has_data)
			r->data = record_data__shown(s, values);
		record_data__priority(s, values, r);
		record_data__address(r);
		record_data__plain(r);
	}
	buf_fini(&c.wire);
	buf_fini(&c.content);
	return e;
}

/* ---- TXT ---- */

/* Adds bytes as character strings of up to 255 bytes each, at least one. */
static void record_data__txt_strings(struct buf *wire, struct slice s)
{
	do {
		struct slice part = slice_first(s, 255);

		buf_add_byte(wire, (char)part.n);
		buf_add(wire, part);
		s = slice_from(s, part.n);
	} while (s.n);
}

/* Content in quotes: one or more strings. */
static enum err record_data__txt_quoted(const struct spec *s, struct slice content, struct buf *wire, struct buf *plain,
					struct state_refusal *why)
{
	struct dns_lex l = dns_lex_of(content);
	struct dns_lex_word w;

	for (w = dns_lex_next(&l); w.kind == DNS_LEX_QUOTED; w = dns_lex_next(&l)) {
		char *bytes = mem_alloc(w.raw.n + 1);
		size_t n;
		enum err e = dns_lex_unescape(w.raw, false, bytes, w.raw.n, &n);

		if (e == OK) {
			buf_add(plain, slice_of(bytes, n));
			record_data__txt_strings(wire, slice_of(bytes, n));
		}
		mem_free(bytes);
		if (e != OK)
			return record_data__wrong(s, why, "content",
						  "a backslash needs a character or three digits behind it");
	}
	if (w.kind != DNS_LEX_END || l.comment.p)
		return record_data__wrong(
			s, why, "content",
			"the quotes do not match; each string has one before and one behind, and \\\" inside");
	return OK;
}

static enum err record_data__txt(const struct spec *s, struct slice content, struct state_record *r,
				 struct state_refusal *why)
{
	struct buf wire, plain;
	size_t quotes = 0;
	enum err e = OK;

	for (size_t i = 0; i < content.n; i++) {
		if (content.p[i] == '\\')
			i++;
		else
			quotes += content.p[i] == '"';
	}
	if (quotes % 2)
		return record_data__wrong(s, why, "content", "a quote is not closed");
	if (content.n == 0)
		return state_refusal_set(why, CODE_MISSING, "/content", "content is a required data field.");
	if (content.n > TXT_CONTENT_CHARS)
		return record_data__wrong(s, why, "content", "over 2048 characters");
	buf_init(&wire, DNS_RDATA_BYTES);
	buf_init(&plain, DNS_RDATA_BYTES);
	if (slice_trim(content).n && slice_trim(content).p[0] == '"') {
		e = record_data__txt_quoted(s, content, &wire, &plain, why);
	} else {
		buf_add(&plain, content);
		record_data__txt_strings(&wire, content);
	}
	if (e == OK) {
		r->content = mem_dup(content);
		r->plain = record_data__keep(buf_slice(&plain));
		r->rdata = record_data__keep(buf_slice(&wire));
	}
	buf_fini(&wire);
	buf_fini(&plain);
	return e;
}

/* ---- whole bodies ---- */

static enum err record_data__content(const struct spec *s, const json_t *body, struct slice *ret,
				     struct state_refusal *why)
{
	const json_t *v = json_object_get(body, "content");

	if (!v || json_is_null(v))
		return state_refusal_set(why, CODE_MISSING, s->has_data ? "/data" : "/content",
					 s->has_data ? "data is a required data field."
						     : "content is a required data field.");
	if (!json_is_string(v))
		return state_refusal_set(why, s->code, "/content", "content must be a string");
	*ret = slice_of(json_string_value(v), json_string_length(v));
	if (ret->n > STATE_RECORD_CONTENT_BYTES)
		return record_data__wrong(s, why, "content", "it is too long");
	if (memchr(ret->p, '\0', ret->n))
		return record_data__wrong(s, why, "content", "a zero byte");
	return OK;
}

/* Values as given in data, with the priority that may stand beside it. */
static json_t *record_data__given(const struct spec *s, const json_t *body, json_t *data)
{
	json_t *values = json_copy(data), *priority = json_object_get(body, "priority");

	if (s->lifts && priority && !json_is_null(priority) && !json_object_get(values, "priority"))
		json_object_set(values, "priority", priority);
	return values;
}

enum err state_record_data_read(const json_t *body, struct state_record *r, struct state_refusal *why)
{
	const struct spec *s = record_data__spec(r->type);
	json_t *data = json_object_get(body, "data"), *priority = json_object_get(body, "priority");
	struct slice content = { "", 0 };
	json_t *values = NULL;
	enum err e;

	CHECK(s);
	if (s->has_data && data && !json_is_null(data)) {
		if (!json_is_object(data))
			return state_refusal_set(why, s->code, "/data", "data must be an object");
		values = record_data__given(s, body, data);
	} else {
		TRY(record_data__content(s, body, &content, why));
		if (s->type == DNS_TYPE_TXT)
			return record_data__txt(s, content, r, why);
		if (s->has_data) {
			TRY(record_data__split(s, slice_trim(content), priority, &values, why));
		} else {
			content = slice_trim(content);
			values = json_object();
			json_object_set_new(values, "content", json_stringn(content.p, content.n));
			if (s->lifts && priority)
				json_object_set(values, "priority", priority);
		}
	}
	e = record_data__compose(s, values, r, why);
	json_decref(values);
	return e;
}

enum err state_record_data_from_wire(struct slice rdata, struct state_record *r, struct state_refusal *why)
{
	const struct spec *s = record_data__spec(r->type);
	char *room = mem_alloc(STATE_RECORD_CONTENT_BYTES);
	struct text t = text_of(room, STATE_RECORD_CONTENT_BYTES);
	json_t *body = json_object();
	enum err e;

	CHECK(s);
	if (dns_rdata_print(r->type, rdata, &t) != OK || t.bad) {
		e = record_data__wrong(s, why, "content", "malformed, or too long");
	} else if (s->lifts && !s->has_data) { /* MX: priority and content apart */
		json_t *values = record_data__members(s, text_slice(&t));

		CHECK(values);
		e = record_data__compose(s, values, r, why);
		json_decref(values);
	} else {
		json_object_set_new(body, "content", json_stringn(t.p, t.n));
		e = state_record_data_read(body, r, why);
	}
	json_decref(body);
	mem_free(room);
	return e;
}

bool state_record_data_target(const struct state_record *r, char ret[static STATE_NAME_BYTES])
{
	const struct spec *s = record_data__spec(r->type);
	const char *name = NULL;

	for (const struct member *m = s->members; m->name; m++)
		if (m->kind == 'h')
			name = s->has_data ? json_string_value(json_object_get(r->data, m->name)) : r->content;
	return name && strcmp(name, ".") != 0 && state_idn_ascii(slice_str(name), ret) == OK;
}
