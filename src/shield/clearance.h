/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clearance: what a visitor shows to have passed a challenge, and the puzzles by which he gets it. Nothing is kept:
 *both are texts under a key of the node, bound to zone, address (IPv6: its /64) and user agent, so that they help
 *nobody else. Pure: time and randomness are arguments.
 *
 *	clearance := "1." level "." issued "." mac            the value of the cookie cf_clearance
 *	puzzle    := "p." level "." issued "." bits "." nonce "." mac
 *	solved by an answer with SHA-256(puzzle "." answer) beginning with `bits` zero bits; bits 0: by waiting
 *
 * Numbers are hexadecimal, issued is seconds since 1970, mac the first 16 bytes of HMAC-SHA-256 in base64url.
 * Source: the cookie and its levels are the seed edge's (cf_clearance; a lower level does not satisfy a higher
 *challenge).
 */
#ifndef SHIELD_CLEARANCE_H
#define SHIELD_CLEARANCE_H

#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"

enum {
	CLEARANCE_KEY_BYTES = 32,
	CLEARANCE_TEXT_BYTES = 96, /* of either text, with NUL */
	CLEARANCE_ANSWER_MAX = 32,
	CLEARANCE_PUZZLE_S = 600, /* how long a puzzle may be solved */
	CLEARANCE_SKEW_S = 120,   /* how far the clocks of a fleet may be apart */
	CLEARANCE_BITS_MAX = 40
};

/* What was shown, in order of worth. */
enum clearance_level {
	CLEARANCE_NONE,
	CLEARANCE_COOKIE, /* follows redirects and keeps cookies */
	CLEARANCE_WORK,   /* runs the program of a page, or waited as long as that would take */
	CLEARANCE_PERSON, /* and somebody pressed the button */
	CLEARANCE_LEVELS
};

/* Whom it is for. Borrowed. */
struct clearance_visitor {
	const uint8_t *key; /* CLEARANCE_KEY_BYTES */
	struct slice zone, agent;
	struct ip ip;
};

/*
 * A clearance of that level, issued now, as text into ret. now_s: seconds since 1970. Any thread; cost: one HMAC.
 * errors: ERR_SYSTEM.
 */
enum err clearance_issue(const struct clearance_visitor *v, enum clearance_level level, int64_t now_s,
			 char ret[static CLEARANCE_TEXT_BYTES]) MUST_USE;
/*
 * The level that the text is worth to that visitor now, CLEARANCE_NONE when it is no such text, for somebody else, or
 * older than ttl_s. *ret_age_s: how long ago it was issued, for a level above none. Any thread; cost: one HMAC.
 */
enum clearance_level clearance_check(const struct clearance_visitor *v, struct slice text, int64_t ttl_s, int64_t now_s,
				     int64_t *ret_age_s);

/* A puzzle for a clearance of that level. bits: 0 to CLEARANCE_BITS_MAX; nonce: random. errors: ERR_SYSTEM. */
enum err clearance_puzzle(const struct clearance_visitor *v, enum clearance_level level, unsigned bits, uint64_t nonce,
			  int64_t now_s, char ret[static CLEARANCE_TEXT_BYTES]) MUST_USE;
/*
 * Judges an answer (of at most CLEARANCE_ANSWER_MAX bytes). Instead of an answer, having waited wait_s since the puzzle
 * was made is good too (wait_s < 0: it is not). out: *ret_level. errors: ERR_SYNTAX (no puzzle), ERR_CORRUPT (not ours,
 * or for somebody else), ERR_EXPIRED, ERR_AGAIN (the answer does not solve it, or it is too early).
 */
enum err clearance_solve(const struct clearance_visitor *v, struct slice puzzle, struct slice answer, int64_t wait_s,
			 int64_t now_s, enum clearance_level *ret_level) MUST_USE;

#endif
