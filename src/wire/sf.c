/* SPDX-License-Identifier: Apache-2.0 */
/* sf: see sf.h. Each reader takes its part off the front of *in and returns false on a syntax error. */
#include "wire/sf.h"

#include "wire/scan.h"

enum { SF__INTEGER_DIGITS = 15, SF__DECIMAL_DIGITS = 12, SF__FRACTION_DIGITS = 3 };

/* The first byte, or 0 at the end (a 0 in the input is wrong everywhere). */
static char sf__peek(const struct slice *in)
{
	return in->n ? in->p[0] : 0;
}

/* Takes the byte c if it comes next. */
static bool sf__take(struct slice *in, char c)
{
	if (in->n == 0 || in->p[0] != c)
		return false;
	*in = slice_from(*in, 1);
	return true;
}

/* Takes n bytes. */
static struct slice sf__cut(struct slice *in, size_t n)
{
	struct slice part = slice_first(*in, n);

	*in = slice_from(*in, n);
	return part;
}

static void sf__spaces(struct slice *in)
{
	while (sf__take(in, ' '))
		;
}

static bool sf__is_alpha(char c)
{
	char low = (char)(c | 0x20);
	return low >= 'a' && low <= 'z';
}

static size_t sf__digits(struct slice s)
{
	size_t n = 0;

	while (n < s.n && slice_is_digit(s.p[n]))
		n++;
	return n;
}

/* RFC 8941 3.1.2 key. */
static bool sf__key(struct slice *in, struct slice *ret)
{
	char c = sf__peek(in);

	if (!(c >= 'a' && c <= 'z') && c != '*')
		return false;
	*ret = sf__cut(in, scan_while(in->p, 0, in->n, SCAN_SF_KEY));
	return true;
}

/* 3.3.1 integers and 3.3.2 decimals. */
static bool sf__number(struct slice *in, struct sf_item *ret)
{
	bool negative = sf__take(in, '-');
	size_t n = sf__digits(*in);
	uint64_t v = 0, fraction = 0;

	if (n == 0 || n > SF__INTEGER_DIGITS || !slice_u64(sf__cut(in, n), &v))
		return false;
	ret->type = SF_INTEGER;
	if (sf__take(in, '.')) {
		size_t digits = sf__digits(*in);
		if (n > SF__DECIMAL_DIGITS || digits == 0 || digits > SF__FRACTION_DIGITS ||
		    !slice_u64(sf__cut(in, digits), &fraction))
			return false;
		for (; digits < SF__FRACTION_DIGITS; digits++)
			fraction *= 10;
		v = v * 1000 + fraction;
		ret->type = SF_DECIMAL;
	}
	ret->integer = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

/* 3.3.3 strings. */
static bool sf__string(struct slice *in, struct sf_item *ret)
{
	size_t at = 1;

	for (; at < in->n && in->p[at] != '"'; at++) {
		if ((uint8_t)in->p[at] < 0x20 || (uint8_t)in->p[at] >= 0x7f)
			return false;
		if (in->p[at] == '\\' && (++at == in->n || (in->p[at] != '"' && in->p[at] != '\\')))
			return false;
	}
	if (at >= in->n)
		return false;
	ret->type = SF_STRING;
	ret->text = slice_of(in->p + 1, at - 1);
	*in = slice_from(*in, at + 1);
	return true;
}

/* 3.3.5 byte sequences: the alphabet is checked, the padding is not. */
static bool sf__bytes(struct slice *in, struct sf_item *ret)
{
	size_t at = 1;

	while (at < in->n && (sf__is_alpha(in->p[at]) || slice_is_digit(in->p[at]) || in->p[at] == '+' ||
			      in->p[at] == '/' || in->p[at] == '='))
		at++;
	if (at >= in->n || in->p[at] != ':')
		return false;
	ret->type = SF_BYTES;
	ret->text = slice_of(in->p + 1, at - 1);
	*in = slice_from(*in, at + 1);
	return true;
}

/* 3.3 bare items. */
static bool sf__bare_item(struct slice *in, struct sf_item *ret)
{
	char c = sf__peek(in);

	ret->text = slice_of(NULL, 0);
	ret->integer = 0;
	if (slice_is_digit(c) || c == '-')
		return sf__number(in, ret);
	if (c == '"')
		return sf__string(in, ret);
	if (c == ':')
		return sf__bytes(in, ret);
	if (c == '?') {
		*in = slice_from(*in, 1);
		ret->type = SF_BOOLEAN;
		ret->integer = sf__peek(in) == '1';
		return sf__take(in, '0') || sf__take(in, '1');
	}
	if (!sf__is_alpha(c) && c != '*')
		return false;
	ret->type = SF_TOKEN;
	ret->text = sf__cut(in, scan_while(in->p, 0, in->n, SCAN_SF_TOKEN));
	return true;
}

/* 3.1.2 parameters, dropped. */
static bool sf__parameters(struct slice *in)
{
	struct slice key;
	struct sf_item value;

	while (sf__take(in, ';')) {
		sf__spaces(in);
		if (!sf__key(in, &key) || (sf__take(in, '=') && !sf__bare_item(in, &value)))
			return false;
	}
	return true;
}

/* 3.1.1 inner lists: checked, their items are not handed out. */
static bool sf__inner_list(struct slice *in, struct sf_item *ret)
{
	struct slice whole = *in;
	struct sf_item item;

	*in = slice_from(*in, 1);
	while (in->n) {
		sf__spaces(in);
		if (sf__take(in, ')')) {
			*ret = (struct sf_item){ SF_INNER_LIST, 0, slice_first(whole, whole.n - in->n) };
			return true;
		}
		if (!sf__bare_item(in, &item) || !sf__parameters(in) || (sf__peek(in) != ' ' && sf__peek(in) != ')'))
			return false;
	}
	return false;
}

/* 3.2 a member: key, and "=" value or parameters of the value true. */
static bool sf__member(struct slice *in, struct slice *ret_key, struct sf_item *ret)
{
	if (!sf__key(in, ret_key))
		return false;
	*ret = (struct sf_item){ SF_BOOLEAN, 1, { NULL, 0 } };
	if (sf__take(in, '=') && !(sf__peek(in) == '(' ? sf__inner_list(in, ret) : sf__bare_item(in, ret)))
		return false;
	return sf__parameters(in);
}

struct sf_dict sf_dict_of(struct slice value)
{
	return (struct sf_dict){ slice_trim(value), true, false };
}

bool sf_dict_next(struct sf_dict *d, struct slice *ret_key, struct sf_item *ret_item)
{
	if (d->bad || d->rest.n == 0)
		return false;
	if (!d->first) {
		d->rest = slice_trim(d->rest);
		/* A comma between members, and a member behind each comma. */
		if (!sf__take(&d->rest, ',') || (d->rest = slice_trim(d->rest)).n == 0) {
			d->bad = true;
			return false;
		}
	}
	d->first = false;
	if (sf__member(&d->rest, ret_key, ret_item))
		return true;
	d->bad = true;
	return false;
}
