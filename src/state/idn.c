/* SPDX-License-Identifier: Apache-2.0 */
/* idn: see idn.h. */
#include "state/idn.h"

#include <idn2.h>

enum { STATE_IDN__LABEL_MAX = 63, STATE_IDN__INPUT_MAX = 512 };

static bool state_idn__is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((signed char)s.p[i] < 0)
			return false;
	return true;
}

static bool state_idn__label(struct slice s)
{
	if (slice_eq(s, SLICE("*")))
		return true;
	for (size_t i = 0; i < s.n; i++) {
		char c = slice_lower(s.p[i]);
		if (!slice_is_digit(c) && (c < 'a' || c > 'z') && c != '-' && c != '_')
			return false;
	}
	return s.n >= 1 && s.n <= STATE_IDN__LABEL_MAX;
}

/* Every label of an ASCII name in order; lower case into ret. */
static enum err state_idn__check(struct slice name, char ret[static STATE_NAME_BYTES])
{
	if (name.n == 0 || name.n > STATE_NAME_BYTES - 3)
		return ERR_SYNTAX;
	for (struct slice rest = name; rest.p;)
		if (!state_idn__label(slice_split(&rest, '.')))
			return ERR_SYNTAX;
	for (size_t i = 0; i < name.n; i++)
		ret[i] = slice_lower(name.p[i]);
	ret[name.n] = '\0';
	return OK;
}

enum err state_idn_ascii(struct slice name, char ret[static STATE_NAME_BYTES])
{
	char input[STATE_IDN__INPUT_MAX], *ascii = NULL;

	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (state_idn__is_ascii(name))
		return state_idn__check(name, ret);
	if (slice_find(name, '\0') != SIZE_MAX || !slice_cstr(name, input, sizeof input))
		return ERR_SYNTAX;
	int rc = idn2_to_ascii_8z(input, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	enum err e = rc == IDN2_OK ? state_idn__check(slice_str(ascii), ret) : ERR_SYNTAX;
	idn2_free(ascii);
	return e;
}

const char *state_idn_unicode(const char *ascii, char ret[static STATE_UNICODE_BYTES])
{
	char *text = NULL;

	if (!slice_contains(slice_str(ascii), SLICE("xn--")) ||
	    idn2_to_unicode_8z8z(ascii, &text, IDN2_NONTRANSITIONAL) != IDN2_OK ||
	    !slice_cstr(slice_str(text), ret, STATE_UNICODE_BYTES))
		slice_cstr(slice_str(ascii), ret, STATE_UNICODE_BYTES);
	idn2_free(text);
	return ret;
}
