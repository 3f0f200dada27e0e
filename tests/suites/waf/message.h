/* SPDX-License-Identifier: Apache-2.0 */
/* message: requests and answers as they would travel, read from standard input for the two probes. */
#ifndef TESTS_SUITES_WAF_MESSAGE_H
#define TESTS_SUITES_WAF_MESSAGE_H

#include "waf/eval.h"

enum { MESSAGE_FIELDS_MAX = 512 };

struct message {
	struct slice first[3]; /* of the first line */
	struct eval_field fields[MESSAGE_FIELDS_MAX];
	size_t fields_n;
	struct slice body;
};

/* A pair as it was read. */
struct message_pair {
	char *bytes;
	struct message request, answer;
	bool has_answer;
	char *unchunked; /* the request's body when it was chunked */
};

/* Reads a message as leniently as can be: the engine is to see what an HTTP layer would refuse. */
void message_read(struct slice s, struct message *m);
/* A field's value, empty when there is none. */
struct slice message_field(const struct message *m, struct slice name);
/* The next "<bytes of a request> <bytes of an answer>\n" and what follows. False at the end or when it is malformed. */
bool message_next(struct message_pair *ret);
/* Frees what it read. */
void message_done(struct message_pair *p);

#endif
