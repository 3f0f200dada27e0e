/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tops: what is asked for most in a zone, by path, network and program, in a fixed room: the Space-Saving summary
 * (Metwally, Agrawal, El Abbadi 2005), in which whatever makes up more than 1/TOPS_ENTRIES of what was counted is there
 * for certain, and a count is too large by at most what the rarest one has. One thread.
 */
#ifndef EDGE_TOPS_H
#define EDGE_TOPS_H

#include "base/text.h"

struct request;

enum {
	TOPS_ENTRIES = 32,
	TOPS_TOLD = 12,       /* of each kind, in one telling */
	TOPS_TEXT_BYTES = 96, /* longer ones are cut */
	TOPS_ALL = 64,        /* so many requests are all looked at; after that one in TOPS_EACH, for so many */
	TOPS_EACH = 8,
};

enum tops_kind { TOPS_PATH, TOPS_NETWORK, TOPS_AGENT, TOPS_KINDS };

struct tops_entry {
	uint32_t hash, count;
	uint16_t n;
	char text[TOPS_TEXT_BYTES];
};

struct tops_list {
	size_t n;
	struct tops_entry e[TOPS_ENTRIES];
};

/* Zero-initialise. */
struct tops {
	uint32_t seen;
	struct tops_list lists[TOPS_KINDS];
};

/* Counts a value of that hash, `weight` times. Returns its entry when the text is to be written there, NULL when it is
 * there already. cost: a walk over TOPS_ENTRIES hashes. */
struct tops_entry *tops_count(struct tops_list *l, uint32_t hash, uint32_t weight);
/* Counts a request that is over. cost: for those that are looked at, three short hashes and walks. */
void tops_add(struct tops *t, const struct request *r);
/* Adds {"path":[["/",12],…],"network":[…],"agent":[…]}, the TOPS_TOLD with the most of each, the most first. */
void tops_json(const struct tops *t, struct text *out);

#endif
