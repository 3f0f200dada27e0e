/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_answer: the answer of an authoritative server to one question about one zone. No I/O, no clock: the time comes
 * with the question, signatures from the worker's signer. No recursion: chains of CNAME are followed inside the zone
 * and no further.
 *
 * Signed zones deny by compact denial (RFC 9824): to who asks for signatures every name exists; an NSEC record at the
 * name says what is there, with type NXNAME when nothing is. Names below a wildcard are signed as if they were written.
 * Sources: RFC 1034 4.3.2, RFC 4592, RFC 6604, RFC 2308, RFC 4035 3.1, RFC 8482, RFC 9471, RFC 9824.
 */
#ifndef DNS_DNS_ANSWER_H
#define DNS_DNS_ANSWER_H

#include "dns/dns_sign.h"
#include "dns/dns_zone.h"

struct dns_answer_ask {
	const struct dns_msg_query *query; /* class IN, with a question at or below the zone's name */
	const struct dns_zone *zone;
	struct dns_sign *signer; /* for signed zones */
	int64_t now_s;
	bool tcp;
};

/* What kind of answer it became, for rate limits, counters and logs. */
enum dns_answer_kind {
	DNS_ANSWER_DATA,
	DNS_ANSWER_NODATA,
	DNS_ANSWER_NXDOMAIN,
	DNS_ANSWER_REFERRAL,
	DNS_ANSWER_ERROR,
};

struct dns_answer {
	enum dns_msg_rcode rcode;
	enum dns_answer_kind kind;
	enum dns_msg_ede ede;
};

/*
 * What kind of answer it will be, by where the name lies, before any work: of a name that exists it says
 * DNS_ANSWER_DATA whether there is data of the type or not. *ret_wild: by a wildcard. cost: a look-up per label that
 * does not exist.
 */
enum dns_answer_kind dns_answer_peek(const struct dns_zone *zone, const struct dns_name *lower, bool *ret_wild);
/*
 * Writes the sections of the answer behind the question that `o` holds (dns_msg_begin), and sets AA or TC. What does
 * not fit becomes TC without records. The caller ends the message with ret->rcode (dns_msg_end).
 */
void dns_answer_write(const struct dns_answer_ask *ask, struct dns_msg_out *o, struct dns_answer *ret);

#endif
