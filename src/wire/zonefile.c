/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/zonefile.h"

#include "wire/dns_date.h"

void zonefile_init(struct zonefile *z, struct slice text, const struct dns_name *origin)
{
	z->lex = dns_lex_of(text);
	z->origin = *origin;
	z->owner = *origin;
	z->has_owner = z->has_ttl = z->has_default_ttl = z->done = false;
	z->ttl = z->default_ttl = 0;
	z->generate.on = false;
	z->generated = 0;
}

static enum err zonefile__name(struct dns_lex *l, const struct dns_lex_word *w, const struct dns_name *origin,
			       struct dns_name *ret, struct diag *d)
{
	enum err e = w->kind == DNS_LEX_WORD ? dns_name_parse(w->raw, origin, ret) : ERR_SYNTAX;

	return e == OK ? OK
		       : dns_lex_fail(l, w, d, e, "\"%.*s\" is not a domain name", SLICE_ARG(slice_first(w->raw, 100)));
}

static enum err zonefile__line_end(struct dns_lex *l, const char *directive, struct diag *d)
{
	struct dns_lex_word w = dns_lex_next(l);

	return dns_lex_ends(&w) ? OK : dns_lex_fail(l, &w, d, ERR_SYNTAX, "%s takes nothing more", directive);
}

/* The class and the TTL that may stand before the type, in either order, and the type. *w is where it begins. */
static enum err zonefile__ttl_class(struct dns_lex *l, struct dns_lex_word *w, struct zonefile_record *r,
				    struct diag *d)
{
	bool class_seen = false;

	for (;; *w = dns_lex_next(l)) {
		if (w->kind != DNS_LEX_WORD)
			return dns_lex_fail(l, w, d, ERR_SYNTAX, "a record type is missing");
		if (!class_seen && slice_eq_nocase(w->raw, SLICE("IN"))) {
			class_seen = true;
		} else if (!r->has_ttl && w->raw.n && slice_is_digit(w->raw.p[0])) {
			if (dns_date_ttl(w->raw, &r->ttl) != OK)
				return dns_lex_fail(l, w, d, ERR_SYNTAX, "\"%.*s\" is not a TTL",
						    SLICE_ARG(slice_first(w->raw, 64)));
			r->has_ttl = true;
		} else if (dns_type_parse(w->raw, &r->type) == OK) {
			return OK;
		} else if (slice_eq_nocase(w->raw, SLICE("CH")) || slice_eq_nocase(w->raw, SLICE("HS")) ||
			   slice_eq_nocase(w->raw, SLICE("CS"))) {
			return dns_lex_fail(l, w, d, ERR_SYNTAX, "only class IN is served");
		} else {
			return dns_lex_fail(l, w, d, ERR_SYNTAX, "\"%.*s\" is not a record type",
					    SLICE_ARG(slice_first(w->raw, 64)));
		}
	}
}

/* The TTL of a record: its own, $TTL's, the one before (RFC 1035 5.1), a SOA's minimum (RFC 2308 4). */
static void zonefile__ttl(struct zonefile *z, struct zonefile_record *r)
{
	struct slice minimum = slice_from(r->rdata, r->rdata.n - 4);
	struct cursor c = cursor_of(minimum);

	if (!r->has_ttl && (z->has_default_ttl || z->has_ttl)) {
		r->has_ttl = true;
		r->ttl = z->has_default_ttl ? z->default_ttl : z->ttl;
	} else if (!r->has_ttl && r->type == DNS_TYPE_SOA) {
		r->has_ttl = true;
		r->ttl = cursor_u32(&c);
		if (r->ttl > INT32_MAX) /* RFC 2181 8 */
			r->ttl = 0;
	}
	if (r->has_ttl) {
		z->has_ttl = true;
		z->ttl = r->ttl;
	}
}

/* What follows the owner. `w` is the first word behind it. */
static enum err zonefile__record(struct zonefile *z, struct dns_lex *l, struct dns_lex_word *w,
				 struct zonefile_record *ret, struct diag *d)
{
	struct cursor_out out = cursor_out_of(z->rdata, sizeof(z->rdata));
	struct zonefile_record r = { .line = w->line };

	TRY(zonefile__ttl_class(l, w, &r, d));
	TRY(dns_rdata_read(l, r.type, &z->origin, &out, d));
	r.owner = z->owner;
	r.rdata = slice_of(z->rdata, out.at);
	r.comment = l->comment;
	zonefile__ttl(z, &r);
	*ret = r;
	return OK;
}

static enum err zonefile__number(struct slice s, uint64_t *ret)
{
	return slice_u64(s, ret) && *ret <= INT32_MAX ? OK : ERR_SYNTAX;
}

/* start-stop or start-stop/step. */
static enum err zonefile__range(struct zonefile *z, struct dns_lex_word *w, struct diag *d)
{
	struct slice rest = w->raw, from = slice_split(&rest, '-'), to = slice_split(&rest, '/');

	z->generate.step = 1;
	if (zonefile__number(from, &z->generate.at) != OK || zonefile__number(to, &z->generate.stop) != OK ||
	    (rest.p && (zonefile__number(rest, &z->generate.step) != OK || z->generate.step == 0)) ||
	    z->generate.at > z->generate.stop)
		return dns_lex_fail(&z->lex, w, d, ERR_SYNTAX,
				    "$GENERATE wants a range like 1-100 or 0-254/2, not \"%.*s\"",
				    SLICE_ARG(slice_first(w->raw, 64)));
	z->generated += (z->generate.stop - z->generate.at) / z->generate.step + 1;
	if (z->generated > ZONEFILE_GENERATE_MAX)
		return dns_lex_fail(&z->lex, w, d, ERR_RANGE, "$GENERATE may make %d records in one file",
				    ZONEFILE_GENERATE_MAX);
	return OK;
}

/* $GENERATE range owner [ttl] [class] type data: kept as two templates. */
static enum err zonefile__generate(struct zonefile *z, struct diag *d)
{
	struct dns_lex_word w = dns_lex_next(&z->lex);
	size_t from, to;

	TRY(zonefile__range(z, &w, d));
	w = dns_lex_next(&z->lex);
	if (w.kind != DNS_LEX_WORD)
		return dns_lex_fail(&z->lex, &w, d, ERR_SYNTAX, "$GENERATE wants an owner after the range");
	z->generate.owner = w.raw;
	z->generate.line = w.line;
	from = to = z->lex.at;
	for (w = dns_lex_next(&z->lex); !dns_lex_ends(&w); w = dns_lex_next(&z->lex)) {
		if (w.kind == DNS_LEX_BAD || w.line != z->generate.line)
			return dns_lex_fail(&z->lex, &w, d, ERR_SYNTAX, "$GENERATE stands on one line");
		to = z->lex.at;
	}
	z->generate.rest = slice_of(z->lex.s.p + from, to - from);
	z->generate.on = true;
	return OK;
}

static enum err zonefile__directive(struct zonefile *z, const struct dns_lex_word *w, struct diag *d)
{
	struct dns_lex_word arg;

	if (slice_eq_nocase(w->raw, SLICE("$INCLUDE")))
		return dns_lex_fail(&z->lex, w, d, ERR_SYNTAX,
				    "$INCLUDE directive not allowed: put the other file's lines here");
	if (slice_eq_nocase(w->raw, SLICE("$GENERATE")))
		return zonefile__generate(z, d);
	if (slice_eq_nocase(w->raw, SLICE("$ORIGIN"))) {
		arg = dns_lex_next(&z->lex);
		TRY(zonefile__name(&z->lex, &arg, &z->origin, &z->origin, d));
		return zonefile__line_end(&z->lex, "$ORIGIN", d);
	}
	if (slice_eq_nocase(w->raw, SLICE("$TTL"))) {
		arg = dns_lex_next(&z->lex);
		if (arg.kind != DNS_LEX_WORD || dns_date_ttl(arg.raw, &z->default_ttl) != OK)
			return dns_lex_fail(&z->lex, &arg, d, ERR_SYNTAX, "$TTL wants seconds, or a time like 1h30m");
		z->has_default_ttl = true;
		return zonefile__line_end(&z->lex, "$TTL", d);
	}
	return dns_lex_fail(&z->lex, w, d, ERR_SYNTAX, "\"%.*s\" is not a directive: $ORIGIN, $TTL, $GENERATE",
			    SLICE_ARG(slice_first(w->raw, 64)));
}

static const char zonefile__digits[2][17] = { "0123456789abcdef", "0123456789ABCDEF" };

/* Digits from the lowest with dots between, as reverse IPv6 names have them. */
static void zonefile__nibbles(struct text *t, const char *lowest, size_t n, uint64_t width)
{
	for (size_t i = 0; i < n || i * 2 < width; i++) {
		if (i)
			text_byte(t, '.');
		text_byte(t, i < n ? lowest[i] : '0');
	}
}

/* A value in base d, o, x, X, n or N (nibbles), at least `width` wide. */
static bool zonefile__value(struct text *t, uint64_t v, uint64_t width, char base)
{
	const char *digits = zonefile__digits[base == 'X' || base == 'N'];
	unsigned radix = base == 'd' ? 10 : base == 'o' ? 8 : 16;
	char out[32];
	size_t n = 0;

	if (!slice_contains(SLICE("doxXnN"), slice_of(&base, 1)))
		return false;
	do
		out[n++] = digits[v % radix];
	while ((v /= radix) && n < sizeof(out));
	if (slice_lower(base) == 'n') {
		zonefile__nibbles(t, out, n, width);
		return true;
	}
	for (size_t i = width; i > n; i--)
		text_byte(t, '0');
	while (n)
		text_byte(t, out[--n]);
	return true;
}

/* ${offset,width,base}; the offset may be negative. */
static bool zonefile__modifier(struct text *t, struct slice s, uint64_t at)
{
	struct slice offset = slice_split(&s, ','), width = slice_split(&s, ',');
	bool minus = offset.n && offset.p[0] == '-';
	uint64_t off, wide = 0;

	if (zonefile__number(minus ? slice_from(offset, 1) : offset, &off) != OK || (minus && off > at) ||
	    (width.n && (zonefile__number(width, &wide) != OK || wide > DNS_NAME_BYTES)) || s.n > 1)
		return false;
	return zonefile__value(t, minus ? at - off : at + off, wide, s.n ? s.p[0] : 'd');
}

/* A template with $ and ${…} replaced; $$ is a dollar, and what a backslash stands before stays. */
static bool zonefile__expand(struct text *t, struct slice s, uint64_t at)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t end = i + 1;

		if (s.p[i] == '\\' && i + 1 < s.n) {
			text_add(t, slice_of(s.p + i++, 2));
		} else if (s.p[i] != '$') {
			text_byte(t, s.p[i]);
		} else if (end < s.n && s.p[end] == '$') {
			text_add(t, SLICE("\\$"));
			i++;
		} else if (end < s.n && s.p[end] == '{') {
			while (end < s.n && s.p[end] != '}')
				end++;
			if (end == s.n || !zonefile__modifier(t, slice_of(s.p + i + 2, end - i - 2), at))
				return false;
			i = end;
		} else {
			text_u64(t, at);
		}
	}
	return !t->bad;
}

/* The next record of a running $GENERATE. */
static enum err zonefile__generated(struct zonefile *z, struct zonefile_record *ret, struct diag *d)
{
	struct text t = text_of(z->line, sizeof(z->line));
	struct dns_lex_word w = { .kind = DNS_LEX_WORD, .line = z->generate.line, .column = 1 };
	struct dns_lex l;
	bool ok = zonefile__expand(&t, z->generate.owner, z->generate.at);
	struct slice owner = text_slice(&t);

	if (!ok || !zonefile__expand(&t, z->generate.rest, z->generate.at))
		return dns_lex_fail(&z->lex, &w, d, ERR_SYNTAX,
				    "$GENERATE: a wrong ${offset,width,base}, or a line over %d bytes",
				    ZONEFILE_LINE_BYTES);
	w.raw = owner;
	TRY(zonefile__name(&z->lex, &w, &z->origin, &z->owner, d));
	l = dns_lex_of(slice_from(text_slice(&t), owner.n));
	l.line = z->generate.line;
	w = dns_lex_next(&l);
	TRY(zonefile__record(z, &l, &w, ret, d));
	z->has_owner = true;
	z->generate.at += z->generate.step;
	z->generate.on = z->generate.at <= z->generate.stop;
	return OK;
}

/* The owner of an entry, if it has one of its own; *w becomes the word behind it. */
static enum err zonefile__owner(struct zonefile *z, struct dns_lex_word *w, struct diag *d)
{
	if (w->after_blank) {
		if (!z->has_owner)
			return dns_lex_fail(&z->lex, w, d, ERR_SYNTAX,
					    "the first record names no owner; begin the line with one, or with @");
		return OK;
	}
	TRY(zonefile__name(&z->lex, w, &z->origin, &z->owner, d));
	z->has_owner = true;
	*w = dns_lex_next(&z->lex);
	return OK;
}

enum err zonefile_next(struct zonefile *z, struct zonefile_record *ret, struct diag *d)
{
	struct dns_lex_word w;

	for (;;) {
		if (z->generate.on)
			return zonefile__generated(z, ret, d);
		dns_lex_entry(&z->lex);
		w = dns_lex_next(&z->lex);
		if (w.kind == DNS_LEX_END) {
			z->done = true;
			return OK;
		}
		if (w.kind == DNS_LEX_LINE)
			continue;
		if (w.kind == DNS_LEX_WORD && w.raw.p[0] == '$') {
			TRY(zonefile__directive(z, &w, d));
			continue;
		}
		TRY(zonefile__owner(z, &w, d));
		return zonefile__record(z, &z->lex, &w, ret, d);
	}
}
