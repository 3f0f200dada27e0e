/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_rr: the records of a DNS message that somebody else wrote (answers of other servers, zone transfers): owner names
 * and record data with compression undone (RFC 1035 4.1.4), every offset bounded, so that a hostile message costs no
 * more than its length. Pure.
 */
#ifndef WIRE_DNS_RR_H
#define WIRE_DNS_RR_H

#include "base/cursor.h"
#include "wire/dns_name.h"

enum { DNS_RR_RDATA_BYTES = 65535 };

/* The head of any message (RFC 1035 4.1.1). */
struct dns_rr_head {
	uint16_t id, flags; /* flags: QR … RCODE as one word */
	uint16_t questions, answers, authorities, additionals;
};

/* One record. rdata lies in the buffer that the caller gave. */
struct dns_rr {
	struct dns_name name; /* case as it came */
	uint16_t type, klass;
	uint32_t ttl;
	struct slice rdata; /* without compression */
	size_t at, end;     /* offsets in the message: of the record, and behind it */
};

/* Where a reader is in a message. */
struct dns_rr_reader {
	struct slice message;
	struct dns_rr_head head;
	size_t at; /* next question or record */
};

/* Reads the head. errors: ERR_SYNTAX (shorter than 12 bytes). */
enum err dns_rr_begin(struct slice message, struct dns_rr_reader *ret) MUST_USE;
/* The next question; call it head.questions times. errors: ERR_SYNTAX. */
enum err dns_rr_question(struct dns_rr_reader *r, struct dns_name *ret_name, uint16_t *ret_type,
			 uint16_t *ret_klass) MUST_USE;
/*
 * The next record; call it answers + authorities + additionals times. rdata: room for its data (DNS_RR_RDATA_BYTES is
 * always enough). errors: ERR_SYNTAX (cut short, bad name, data that is not of its type), ERR_RANGE (no room).
 */
enum err dns_rr_next(struct dns_rr_reader *r, struct cursor_out rdata, struct dns_rr *ret) MUST_USE;
/*
 * Reads a name at an offset of the message, following pointers, which must each point before the name they stand in.
 * out: *at behind the name as it stands there. errors: ERR_SYNTAX, ERR_RANGE (over 255 bytes).
 */
enum err dns_rr_name(struct slice message, size_t *at, struct dns_name *ret) MUST_USE;

#endif
