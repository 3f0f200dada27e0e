/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dns_name.h"

const struct dns_name dns_name_root = { 1, { 0 } };

/* One byte of text, escapes undone. *escaped tells whether it may be a separator. */
static enum err dns_name__byte(struct slice *text, uint8_t *ret, bool *ret_escaped)
{
	unsigned v = 0;

	*ret_escaped = text->p[0] == '\\';
	*ret = (uint8_t)text->p[0];
	if (!*ret_escaped) {
		*text = slice_from(*text, 1);
		return OK;
	}
	if (text->n < 2)
		return ERR_SYNTAX;
	if (!slice_is_digit(text->p[1])) {
		*ret = (uint8_t)text->p[1];
		*text = slice_from(*text, 2);
		return OK;
	}
	if (text->n < 4)
		return ERR_SYNTAX;
	for (int i = 1; i < 4; i++) {
		if (!slice_is_digit(text->p[i]))
			return ERR_SYNTAX;
		v = v * 10 + (unsigned)(text->p[i] - '0');
	}
	if (v > 255)
		return ERR_SYNTAX;
	*ret = (uint8_t)v;
	*text = slice_from(*text, 4);
	return OK;
}

/* Ends the label whose length byte is at `label` and opens the next one. */
static enum err dns_name__label(struct dns_name *out, size_t *label, size_t *at)
{
	size_t n = *at - *label - 1;

	if (n == 0)
		return ERR_SYNTAX;
	if (n > DNS_NAME_LABEL_BYTES || *at >= DNS_NAME_BYTES)
		return ERR_RANGE;
	out->w[*label] = (uint8_t)n;
	*label = (*at)++;
	return OK;
}

enum err dns_name_parse(struct slice text, const struct dns_name *origin, struct dns_name *ret)
{
	struct dns_name out = { 0 };
	size_t label = 0, at = 1;
	bool escaped, open = false;
	uint8_t c;

	if (text.n == 1 && (text.p[0] == '.' || text.p[0] == '@')) {
		*ret = text.p[0] == '.' ? dns_name_root : *origin;
		return OK;
	}
	if (text.n == 0)
		return ERR_SYNTAX;
	while (text.n) {
		TRY(dns_name__byte(&text, &c, &escaped));
		open = escaped || c != '.';
		if (!open) {
			TRY(dns_name__label(&out, &label, &at));
			continue;
		}
		if (at >= DNS_NAME_BYTES)
			return ERR_RANGE;
		out.w[at++] = c;
	}
	if (open) { /* relative: the origin brings the root's zero byte */
		TRY(dns_name__label(&out, &label, &at));
		if (label + origin->n > DNS_NAME_BYTES)
			return ERR_RANGE;
		memcpy(out.w + label, origin->w, origin->n);
		out.n = (uint8_t)(label + origin->n);
	} else {
		out.w[label] = 0;
		out.n = (uint8_t)(label + 1);
	}
	*ret = out;
	return OK;
}

enum err dns_name_from_wire(struct slice wire, struct dns_name *ret, size_t *ret_used)
{
	size_t at = 0;

	for (;;) {
		if (at >= wire.n || at >= DNS_NAME_BYTES)
			return ERR_SYNTAX;
		uint8_t n = (uint8_t)wire.p[at];
		if (n > DNS_NAME_LABEL_BYTES)
			return ERR_SYNTAX;
		at += 1 + (size_t)n;
		if (n == 0)
			break;
	}
	if (at > wire.n || at > DNS_NAME_BYTES)
		return ERR_SYNTAX;
	ret->n = (uint8_t)at;
	memcpy(ret->w, wire.p, at);
	*ret_used = at;
	return OK;
}

static void dns_name__print_byte(struct text *t, uint8_t c)
{
	if (c == '.' || c == '\\' || c == '"' || c == '(' || c == ')' || c == ';' || c == '@' || c == '$') {
		text_byte(t, '\\');
		text_byte(t, (char)c);
	} else if (c > 0x20 && c < 0x7f) {
		text_byte(t, (char)c);
	} else {
		text_byte(t, '\\');
		text_byte(t, (char)('0' + c / 100));
		text_byte(t, (char)('0' + c / 10 % 10));
		text_byte(t, (char)('0' + c % 10));
	}
}

void dns_name_print_bare(const struct dns_name *name, struct text *t)
{
	if (name->n <= 1) {
		text_byte(t, '.');
		return;
	}
	for (size_t at = 0; at + 1 < name->n; at += 1 + (size_t)name->w[at]) {
		if (at)
			text_byte(t, '.');
		for (size_t i = 0; i < name->w[at]; i++)
			dns_name__print_byte(t, name->w[at + 1 + i]);
	}
}

void dns_name_print(const struct dns_name *name, struct text *t)
{
	dns_name_print_bare(name, t);
	if (name->n > 1)
		text_byte(t, '.');
}

/* Length bytes are at most 63, below 'A', so lower case over the whole wire form is safe. */
static bool dns_name__same(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_lower((char)a[i]) != slice_lower((char)b[i]))
			return false;
	return true;
}

bool dns_name_eq(const struct dns_name *a, const struct dns_name *b)
{
	return a->n == b->n && dns_name__same(a->w, b->w, a->n);
}

bool dns_name_in(const struct dns_name *name, const struct dns_name *zone)
{
	size_t at = 0;

	while (name->n - at > zone->n)
		at += 1 + (size_t)name->w[at];
	return name->n - at == zone->n && dns_name__same(name->w + at, zone->w, zone->n);
}

unsigned dns_name_labels(const struct dns_name *name)
{
	unsigned n = 0;

	for (size_t at = 0; name->w[at]; at += 1 + (size_t)name->w[at])
		n++;
	return n;
}

void dns_name_parent(const struct dns_name *name, struct dns_name *ret)
{
	size_t skip = name->n > 1 ? 1 + (size_t)name->w[0] : 0;
	struct dns_name out = { .n = (uint8_t)(name->n - skip) };

	memcpy(out.w, name->w + skip, out.n);
	*ret = out;
}

void dns_name_lower(struct dns_name *name)
{
	for (size_t i = 0; i < name->n; i++)
		name->w[i] = (uint8_t)slice_lower((char)name->w[i]);
}
