/* SPDX-License-Identifier: Apache-2.0 */
/* waf_mask: see waf_mask.h. Names are looked for anywhere in the selector, so that user[password] and json.pw are
 * found. */
#include "edge/waf_mask.h"

/* Any case, anywhere in s. */
static bool waf_mask__contains(struct slice s, struct slice word)
{
	for (size_t i = 0; i + word.n <= s.n; i++)
		if (slice_starts_nocase(slice_from(s, i), word))
			return true;
	return false;
}

bool waf_mask_is_secret(struct slice variable)
{
	static const struct slice words[] = {
		SLICE_INIT("pass"),   SLICE_INIT("pwd"),     SLICE_INIT("secret"),  SLICE_INIT("token"),
		SLICE_INIT("apikey"), SLICE_INIT("api_key"), SLICE_INIT("api-key"), SLICE_INIT("authorization"),
		SLICE_INIT("cookie"), SLICE_INIT("session"), SLICE_INIT("credit"),  SLICE_INIT("card"),
		SLICE_INIT("cvv"),    SLICE_INIT("cvc"),     SLICE_INIT("iban"),    SLICE_INIT("ssn"),
		SLICE_INIT("otp"),    SLICE_INIT("csrf"),    SLICE_INIT("jwt"),     SLICE_INIT("private"),
	};

	/* Names of things are no secrets; their values may be. */
	if (slice_contains(slice_first(variable, slice_find(variable, ':')), SLICE("_NAMES")))
		return false;
	if (slice_starts(variable, SLICE("REQUEST_COOKIES")))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (waf_mask__contains(variable, words[i]))
			return true;
	return false;
}

struct slice waf_mask_text(struct slice variable, struct slice text)
{
	return text.n && waf_mask_is_secret(variable) ? SLICE("***") : text;
}
