/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dns_rdata.h"
#include "wire/dns_rdata_int.h"

/* What stands behind `\#`: a length and that many bytes in hex. */
static enum err dns_rdata__read_generic(struct dns_rdata_in *in, uint16_t type, const struct dns_lex_word *w)
{
	size_t from = in->out->at;
	struct dns_lex_word end;
	uint64_t n;

	TRY(dns_field_number(in, "the length after \\#", DNS_RDATA_BYTES, &n));
	if (n)
		TRY(dns_field_hex(in, (size_t)n));
	if (!in->out->bad && dns_rdata_check(type, slice_of(in->out->p + from, in->out->at - from)) != OK)
		return dns_field_fail(in, w, ERR_SYNTAX, "these bytes are not data of this record type");
	end = dns_lex_next(in->l);
	if (!dns_lex_ends(&end))
		return dns_field_fail(in, &end, ERR_SYNTAX, "more bytes than the length after \\# says");
	return OK;
}

static enum err dns_rdata__read_fields(struct dns_rdata_in *in, uint16_t type, const char *format)
{
	struct dns_lex_word end;

	for (const char *f = format; *f; f++)
		TRY(dns_field_find(*f)->read(in));
	end = dns_lex_next(in->l);
	if (!dns_lex_ends(&end)) {
		char name[DNS_TYPE_TEXT_BYTES];
		struct text t = text_of(name, sizeof(name));

		dns_type_print(type, &t);
		return dns_field_fail(in, &end, ERR_SYNTAX, "\"%.*s\" is more than a record of type %.*s holds",
				      SLICE_ARG(slice_first(end.raw, 64)), SLICE_ARG(text_slice(&t)));
	}
	return OK;
}

enum err dns_rdata_read(struct dns_lex *l, uint16_t type, const struct dns_name *origin, struct cursor_out *out,
			struct diag *d)
{
	struct dns_rdata_in in = { l, origin, out, d };
	const char *format = dns_type_format(type);
	struct dns_lex_word w = dns_lex_next(l);
	size_t from = out->at;

	if (w.kind == DNS_LEX_WORD && slice_eq(w.raw, SLICE("\\#"))) {
		TRY(dns_rdata__read_generic(&in, type, &w));
	} else if (!*format) {
		return dns_field_fail(
			&in, &w, ERR_SYNTAX,
			"this record type is only taken as \\# and the length and bytes in hex (RFC 3597)");
	} else {
		dns_lex_hold(l);
		TRY(dns_rdata__read_fields(&in, type, format));
	}
	if (out->bad || out->at - from > DNS_RDATA_BYTES)
		return dns_field_fail(&in, &w, ERR_RANGE, "the record's data is over %d bytes", DNS_RDATA_BYTES);
	return OK;
}

enum err dns_rdata_parse(struct slice text, uint16_t type, const struct dns_name *origin, struct cursor_out *out,
			 struct diag *d)
{
	struct dns_lex l = dns_lex_of(text);
	struct dns_lex_word w;

	TRY(dns_rdata_read(&l, type, origin, out, d));
	do
		w = dns_lex_next(&l);
	while (w.kind == DNS_LEX_LINE);
	if (w.kind != DNS_LEX_END)
		return dns_lex_fail(&l, &w, d, ERR_SYNTAX, "something stands on a line after the record's data");
	return OK;
}

void dns_rdata_print_generic(struct slice wire, struct text *t)
{
	text_add(t, SLICE("\\# "));
	text_u64(t, wire.n);
	if (wire.n)
		text_byte(t, ' ');
	for (size_t i = 0; i < wire.n; i++)
		text_hex(t, (uint8_t)wire.p[i], 2);
}

static enum err dns_rdata__print_fields(const char *format, struct slice wire, struct text *t)
{
	struct cursor c = cursor_of(wire);

	for (const char *f = format; *f; f++) {
		if (f != format && *f != 'P')
			text_byte(t, ' ');
		TRY(dns_field_find(*f)->print(&c, t));
	}
	return c.bad || cursor_left(&c) ? ERR_SYNTAX : OK;
}

enum err dns_rdata_print(uint16_t type, struct slice wire, struct text *t)
{
	const char *format = dns_type_format(type);

	if (*format)
		return dns_rdata__print_fields(format, wire, t);
	dns_rdata_print_generic(wire, t);
	return OK;
}

enum err dns_rdata_check(uint16_t type, struct slice wire)
{
	const char *format = dns_type_format(type);
	struct text nowhere = text_of(NULL, 0);

	return *format ? dns_rdata__print_fields(format, wire, &nowhere) : OK;
}
