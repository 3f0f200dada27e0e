/* SPDX-License-Identifier: Apache-2.0 */
/* dns_log: one answered query as a line of JSON, for the sampled query log. Pure. */
#ifndef DNS_DNS_LOG_H
#define DNS_DNS_LOG_H

#include "base/ip.h"
#include "dns/dns_answer.h"

enum { DNS_LOG_LINE_BYTES = 2048 };

/* What a line tells. Borrowed for the call. */
struct dns_log_entry {
	int64_t wall_ms;
	const struct ip *client;
	const struct dns_msg_query *query;
	const struct dns_answer *answer;
	struct slice zone; /* empty: none of ours */
	bool tcp;
	size_t bytes; /* of the answer */
};

/* Writes the line with its end of line into out; returns it. */
struct slice dns_log_line(const struct dns_log_entry *e, char out[static DNS_LOG_LINE_BYTES]);

#endif
