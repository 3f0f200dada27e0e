/* SPDX-License-Identifier: Apache-2.0 */
/* sqli_word: search by halves in the two tables. */
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

enum { SQLI_KEY_BYTES = 8 };

#define SQLI_AT(text, i)                                                                                               \
	((i) < sizeof(text) - 1 ? (uint64_t)(uint8_t)(text)[(i) < sizeof(text) ? (i) : 0] << (56 - 8 * (i)) : 0)
static const uint64_t sqli__keys[] = {
#define WORD(text, type)                                                                                               \
	SQLI_AT(text, 0) | SQLI_AT(text, 1) | SQLI_AT(text, 2) | SQLI_AT(text, 3) | SQLI_AT(text, 4) |                 \
		SQLI_AT(text, 5) | SQLI_AT(text, 6) | SQLI_AT(text, 7),
#include "waf/sqli_words.def"
#undef WORD
};
#undef SQLI_AT

static const char sqli__fingerprints[][SQLI_TOKENS + 1] = {
#include "waf/sqli_fingerprints.def"
};

static char sqli__upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 0x20) : c;
}

/* The rest of a word, in either case, is that of an entry in upper case. */
static bool sqli__same(struct slice entry, struct slice word)
{
	if (entry.n != word.n)
		return false;
	for (size_t i = SQLI_KEY_BYTES; i < word.n; i++)
		if (entry.p[i] != sqli__upper(word.p[i]))
			return false;
	return true;
}

/* Half of the table at each step, without a branch to guess: nearly every word of a text is asked about. */
char sqli__word(struct slice word)
{
	enum { COUNT = sizeof sqli__words / sizeof *sqli__words };
	size_t at = 0, bytes = word.n < SQLI_KEY_BYTES ? word.n : SQLI_KEY_BYTES;
	uint64_t key = 0;

	if (word.n == 0 || word.n >= SQLI_VALUE_BYTES)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		key = key << 8 | (uint8_t)sqli__upper(word.p[i]);
	key <<= 8 * (SQLI_KEY_BYTES - bytes);
	for (size_t n = COUNT; n > 1;) {
		size_t half = n / 2;
		at = sqli__keys[at + half - 1] < key ? at + half : at;
		n -= half;
	}
	for (; at < COUNT && sqli__keys[at] <= key; at++)
		if (sqli__keys[at] == key && sqli__same(sqli__words[at].word, word))
			return sqli__words[at].type;
	return 0;
}

/* By first letter: bits of the lengths of what stands before a blank in an entry. */
static const uint32_t sqli__beginnings[26] = { ['A' - 'A'] = 0xa4,    ['B' - 'A'] = 0x220,    ['C' - 'A'] = 0x102e0,
					       ['D' - 'A'] = 0x40,    ['E' - 'A'] = 0x480,    ['F' - 'A'] = 0x8418,
					       ['G' - 'A'] = 0x20,    ['I' - 'A'] = 0x18ee74, ['L' - 'A'] = 0x2490,
					       ['N' - 'A'] = 0xc3c98, ['O' - 'A'] = 0x20,     ['P' - 'A'] = 0x4300,
					       ['R' - 'A'] = 0x830,   ['S' - 'A'] = 0xc0,     ['U' - 'A'] = 0x4220,
					       ['W' - 'A'] = 0x90 };

bool sqli__begins(struct slice word)
{
	unsigned letter = word.n ? (unsigned)(sqli__upper(word.p[0]) - 'A') : 26;

	return letter < 26 && word.n < SQLI_VALUE_BYTES && (sqli__beginnings[letter] >> word.n & 1);
}

bool sqli__opens(const char types[static 2])
{
	const char key[2] = { sqli__upper(types[0]), sqli__upper(types[1]) };
	size_t low = 0, high = sizeof sqli__fingerprints / sizeof *sqli__fingerprints;

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
