/* SPDX-License-Identifier: Apache-2.0 */
/* eval_op: what an operator says about the bytes of a value. */
#include "base/ip.h"
#include "waf/eval_int.h"
#include "waf/phrase.h"
#include "waf/sqli.h"
#include "waf/xss.h"

/* A pattern that is given up counts as a match: nobody may hide behind its cost. */
static bool eval__rx(struct eval *e, const struct rule *r, struct slice text)
{
	struct slice groups[REGEX_GROUPS];
	struct regex *re = r->op.regex, *own = NULL;

	if (!re) {
		if (regex_new(eval__expand(e, &r->op.arg), false, &own, NULL) != OK)
			return false;
		re = own;
	}
	enum regex_result got = regex_match(re, text, e->scratch->regex, r->capture ? groups : NULL);
	regex_free(own);
	if (got == REGEX_LIMIT) {
		e->rule_limit = true;
		eval__spend(e, e->set->options.match_limit);
		if (r->capture && !r->op.negated)
			eval__capture(e, 0, text);
		return !r->op.negated;
	}
	if (got == REGEX_YES && r->capture && !r->op.negated)
		for (unsigned i = 0; i < REGEX_GROUPS; i++)
			if (groups[i].p)
				eval__capture(e, i, groups[i]);
	return got == REGEX_YES;
}

static bool eval__pm(struct eval *e, const struct rule *r, struct slice text)
{
	struct slice phrase = e->no_phrase ? slice_of(NULL, 0) : phrase_set_find(r->op.phrases, text);

	if (phrase.n && r->capture && !r->op.negated)
		eval__capture(e, 0, phrase);
	return phrase.n > 0;
}

static bool eval__sqli(struct eval *e, const struct rule *r, struct slice text)
{
	char fingerprint[SQLI_FINGERPRINT_BYTES];
	bool yes = sqli_detect(text, fingerprint, e->plan ? &e->innocent : NULL);

	if (yes && r->capture && !r->op.negated)
		eval__capture(e, 0, arena_copy(e->arena, slice_str(fingerprint)));
	return yes;
}

static bool eval__xss(struct eval *e, const struct rule *r, struct slice text)
{
	bool yes = xss_detect(text);

	if (yes && r->capture && !r->op.negated)
		eval__capture(e, 0, text);
	return yes;
}

static bool eval__holds(struct slice text, struct slice part)
{
	return part.n == 0 || (text.n >= part.n && memmem(text.p, text.n, part.p, part.n));
}

static bool eval__word_char(struct slice s, size_t i)
{
	char c = i < s.n ? slice_lower(s.p[i]) : 0;

	return slice_is_digit(c) || (c >= 'a' && c <= 'z') || c == '_';
}

/* The word stands in text, and no letter, digit or underscore next to it. */
static bool eval__holds_word(struct slice text, struct slice word)
{
	if (word.n == 0)
		return true;
	for (size_t i = 0; i + word.n <= text.n; i++)
		if (memcmp(text.p + i, word.p, word.n) == 0 && !(i && eval__word_char(text, i - 1)) &&
		    !eval__word_char(text, i + word.n))
			return true;
	return false;
}

static bool eval__text_op(struct eval *e, const struct rule *r, struct slice text)
{
	struct slice arg = eval__expand(e, &r->op.arg);

	switch ((int)r->op.kind) {
	case OP_WITHIN:
		return eval__holds(arg, text);
	case OP_CONTAINS:
	case OP_STR_MATCH:
		return eval__holds(text, arg);
	case OP_CONTAINS_WORD:
		return eval__holds_word(text, arg);
	case OP_BEGINS_WITH:
		return slice_starts(text, arg);
	case OP_ENDS_WITH:
		return slice_ends(text, arg);
	default:
		return slice_eq(text, arg);
	}
}

static bool eval__number_op(struct eval *e, const struct rule *r, struct slice text)
{
	int64_t a = rule_number(text), b = r->op.arg.constant ? r->op.number : rule_number(eval__expand(e, &r->op.arg));

	switch ((int)r->op.kind) {
	case OP_EQ:
		return a == b;
	case OP_GE:
		return a >= b;
	case OP_GT:
		return a > b;
	case OP_LE:
		return a <= b;
	default:
		return a < b;
	}
}

static bool eval__ip(struct eval *e, const struct rule *r, struct slice text)
{
	struct ip ip;

	if (ip_parse(text, &ip) != OK)
		return false;
	for (size_t i = 0; i < r->op.prefixes_n; i++)
		if (ip_in(&ip, &r->op.prefixes[i]))
			return true;
	return false;
}

/* True when a byte stands outside of the allowed ones. */
static bool eval__byte_range(struct eval *e, const struct rule *r, struct slice text)
{
	unsigned all = 1;

	/* Nearly always all are allowed: no branch for each. */
	for (size_t i = 0; i < text.n; i++) {
		uint8_t b = (uint8_t)text.p[i];
		all &= (unsigned)r->op.bytes[b >> 3] >> (b & 7);
	}
	return !all;
}

static bool eval__is_hex(struct slice s, size_t i)
{
	char c = i < s.n ? slice_lower(s.p[i]) : 0;

	return slice_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* True when a percent sign is not followed by two digits. */
static bool eval__url_encoding(struct eval *e, const struct rule *r, struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '%' && (!eval__is_hex(text, i + 1) || !eval__is_hex(text, i + 2)))
			return true;
	return false;
}

/* Bytes of the sequence that begins with this byte, 0 when none does. */
static size_t eval__utf8_length(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Bytes of a well-formed UTF-8 sequence at s.p[i] (RFC 3629), 0 when it is malformed. */
static size_t eval__utf8(struct slice s, size_t i)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = eval__utf8_length((uint8_t)s.p[i]);

	if (n <= 1 || i + n > s.n)
		return n == 1;
	uint32_t code = (uint8_t)s.p[i] & (0x7fu >> n);
	for (size_t k = 1; k < n; k++) {
		if (((uint8_t)s.p[i + k] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((uint8_t)s.p[i + k] & 0x3f);
	}
	bool surrogate = code >= 0xd800 && code <= 0xdfff;
	return code < least[n] || surrogate || code > 0x10ffff ? 0 : n;
}

static bool eval__bad_utf8(struct eval *e, const struct rule *r, struct slice text)
{
	for (size_t i = 0; i < text.n;) {
		size_t n = eval__utf8(text, i);
		if (n == 0)
			return true;
		i += n;
	}
	return false;
}

static bool eval__yes(struct eval *e, const struct rule *r, struct slice text)
{
	return true;
}

static bool eval__no(struct eval *e, const struct rule *r, struct slice text)
{
	return false;
}

typedef bool (*eval__op_fn)(struct eval *e, const struct rule *r, struct slice text);

static const eval__op_fn eval__ops[] = {
	[OP_RX] = eval__rx,
	[OP_RX_GLOBAL] = eval__rx,
	[OP_PM] = eval__pm,
	[OP_PM_FROM_FILE] = eval__pm,
	[OP_WITHIN] = eval__text_op,
	[OP_CONTAINS] = eval__text_op,
	[OP_CONTAINS_WORD] = eval__text_op,
	[OP_STREQ] = eval__text_op,
	[OP_STR_MATCH] = eval__text_op,
	[OP_BEGINS_WITH] = eval__text_op,
	[OP_ENDS_WITH] = eval__text_op,
	[OP_EQ] = eval__number_op,
	[OP_GE] = eval__number_op,
	[OP_GT] = eval__number_op,
	[OP_LE] = eval__number_op,
	[OP_LT] = eval__number_op,
	[OP_IP_MATCH] = eval__ip,
	[OP_IP_MATCH_FROM_FILE] = eval__ip,
	[OP_DETECT_SQLI] = eval__sqli,
	[OP_DETECT_XSS] = eval__xss,
	[OP_VALIDATE_BYTE_RANGE] = eval__byte_range,
	[OP_VALIDATE_URL_ENCODING] = eval__url_encoding,
	[OP_VALIDATE_UTF8_ENCODING] = eval__bad_utf8,
	[OP_UNCONDITIONAL_MATCH] = eval__yes,
	[OP_NO_MATCH] = eval__no,
	[OP_GEO_LOOKUP] = eval__no,
	[OP_RBL] = eval__no,
};

/* What an operator costs for a byte, measured on ordinary text and rounded up. */
static uint64_t eval__price(enum rule_operator kind)
{
	if (kind == OP_DETECT_SQLI)
		return 20;
	return kind == OP_DETECT_XSS ? 10 : kind == OP_RX || kind == OP_RX_GLOBAL ? 4 : 1;
}

bool eval__operator(struct eval *e, const struct rule *r, struct slice text)
{
	enum { CALL = 50 };

	eval__spend(e, text.n * eval__price(r->op.kind) + CALL);
	return eval__ops[r->op.kind](e, r, text) != r->op.negated;
}
