/* SPDX-License-Identifier: Apache-2.0 */
/* sqli_word: binary search in the two tables. */
#include "waf/sqli_int.h"

struct sqli__entry {
	struct slice word;
	char type;
};

static const struct sqli__entry sqli__words[] = {
#define WORD(text, type) { SLICE_INIT(text), type },
#include "waf/sqli_words.def"
#undef WORD
};

static const char sqli__fingerprints[][SQLI_TOKENS + 1] = {
#include "waf/sqli_fingerprints.def"
};

static char sqli__upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 0x20) : c;
}

/* Order of a, as it stands, and b in upper case. */
static int sqli__compare(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		int d = (uint8_t)a.p[i] - (uint8_t)sqli__upper(b.p[i]);
		if (d)
			return d;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

char sqli__word(struct slice word)
{
	size_t low = 0, high = sizeof sqli__words / sizeof *sqli__words;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int d = sqli__compare(sqli__words[mid].word, word);
		if (d == 0)
			return sqli__words[mid].type;
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

bool sqli__known(const char *types, size_t n)
{
	size_t low = 0, high = sizeof sqli__fingerprints / sizeof *sqli__fingerprints;
	char key[SQLI_TOKENS + 1] = "";

	if (n == 0 || n > SQLI_TOKENS)
		return false;
	for (size_t i = 0; i < n; i++)
		key[i] = sqli__upper(types[i]);
	if (n == 1 && key[0] == 'X')
		return true;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int d = memcmp(sqli__fingerprints[mid], key, sizeof key);
		if (d == 0)
			return true;
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
