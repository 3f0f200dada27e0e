/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_msg: DNS messages as an authoritative server meets them: reading a query strictly (header, one question, the OPT
 * record with its options, a TSIG record at the end), and the frame of an answer around records that are ready-made
 * wire. Pure: no I/O, no clock, no allocation.
 *
 * What two readers could take differently is refused: bytes behind the message, compressed question names, counts that
 * do not agree with what is there, two OPT records, options that end outside their record.
 * Sources: RFC 1035 4.1, RFC 6891, RFC 7873 5.2, RFC 7828, RFC 7830, RFC 8914, RFC 5001, RFC 9824 5.1, RFC 8945 4.
 */
#ifndef WIRE_DNS_MSG_H
#define WIRE_DNS_MSG_H

#include "base/cursor.h"
#include "wire/dns_name.h"

enum {
	DNS_MSG_HEAD_BYTES = 12,
	DNS_MSG_BYTES_MAX = 65535,
	DNS_MSG_UDP_BYTES_MIN = 512,       /* what every client takes, RFC 1035 4.2.1 */
	DNS_MSG_QUESTION_POINTER = 0xc00c, /* compression pointer to the question's name */
	DNS_MSG_POINTER_END = 0x4000,      /* offsets from here on cannot be pointed to */
	DNS_MSG_COOKIE_BYTES = 8,          /* of the client; the server's is 8 to 32 bytes */
	DNS_MSG_COOKIES_BYTES_MAX = 40,
	DNS_MSG_EDE_BYTES = 6, /* an extended error without text */
};

enum dns_msg_opcode { DNS_MSG_QUERY = 0, DNS_MSG_NOTIFY = 4, DNS_MSG_UPDATE = 5 };

enum dns_msg_rcode {
	DNS_MSG_NOERROR = 0,
	DNS_MSG_FORMERR = 1,
	DNS_MSG_SERVFAIL = 2,
	DNS_MSG_NXDOMAIN = 3,
	DNS_MSG_NOTIMP = 4,
	DNS_MSG_REFUSED = 5,
	DNS_MSG_NOTAUTH = 9,
	DNS_MSG_BADVERS = 16,
};

/* Bits of the header's second word. */
enum dns_msg_flag {
	DNS_MSG_QR = 0x8000,
	DNS_MSG_AA = 0x0400,
	DNS_MSG_TC = 0x0200,
	DNS_MSG_RD = 0x0100,
	DNS_MSG_CD = 0x0010,
};

/* Info codes of extended errors (RFC 8914 4) that this server gives. */
enum dns_msg_ede {
	DNS_MSG_EDE_NONE = -1,
	DNS_MSG_EDE_OTHER = 0,
	DNS_MSG_EDE_STALE = 3,
	DNS_MSG_EDE_PROHIBITED = 18,
	DNS_MSG_EDE_NOT_AUTHORITATIVE = 20,
	DNS_MSG_EDE_NOT_SUPPORTED = 21,
	DNS_MSG_EDE_NO_AUTHORITY = 22,
};

/* What to do with a message that came in. */
enum dns_msg_verdict {
	DNS_MSG_ANSWER, /* a well-formed query */
	DNS_MSG_REFUSE, /* answer with query.rcode and nothing else */
	DNS_MSG_DROP,   /* no answer is due: not a query, or nothing to answer to */
};

/* One query. Slices are borrowed from the message. */
struct dns_msg_query {
	uint16_t id, flags; /* as received */
	uint8_t opcode;
	enum dns_msg_rcode rcode; /* for DNS_MSG_REFUSE */
	bool has_question;
	struct dns_name name; /* case as received */
	uint16_t type, klass;
	size_t question_end; /* offset behind the question, DNS_MSG_HEAD_BYTES when there is none */
	bool has_edns, dnssec_ok, compact_ok;
	uint8_t edns_version;
	uint16_t udp_bytes;  /* at least DNS_MSG_UDP_BYTES_MIN; what the client takes over UDP */
	struct slice cookie; /* client's, perhaps followed by ours; p NULL: none */
	bool wants_nsid, wants_keepalive, wants_padding;
	size_t tsig_at;  /* offset of the TSIG record, 0: none */
	bool has_serial; /* IXFR: the serial that the client has */
	uint32_t serial;
};

/*
 * Reads one message of n bytes. ret is filled as far as the message was understood, whatever the verdict; with
 * DNS_MSG_REFUSE its question may be echoed when has_question.
 * cost: one pass, no allocation.
 */
enum dns_msg_verdict dns_msg_read(struct slice message, struct dns_msg_query *ret);

/* An answer under construction. Sections are written in order; what does not fit sets out.bad (roll back with marks).
 */
struct dns_msg_out {
	struct cursor_out out; /* from the header on */
	uint16_t answers, authorities, additionals;
	uint16_t flags;
	size_t reserved_bytes; /* kept free at the end for the OPT record */
};

/* A place to roll back to. */
struct dns_msg_mark {
	size_t at;
	uint16_t answers, authorities, additionals;
};

/* What the OPT record of an answer says. */
struct dns_msg_edns {
	bool on;            /* off: no OPT record */
	uint16_t udp_bytes; /* what this server takes */
	bool dnssec_ok;
	enum dns_msg_ede ede; /* may be set after dns_msg_begin when DNS_MSG_EDE_BYTES are free */
	struct slice cookie;  /* client's and ours, or empty */
	struct slice nsid;    /* or p NULL */
	int keepalive_100ms;  /* -1: not sent */
	size_t pad_block;     /* pads the message to a multiple of this many bytes; 0: no padding */
};

/*
 * Begins an answer in p[0..cap): room for the header, the question of `query` (byte for byte, so case is kept), and
 * space reserved for what edns asks. cap is at least DNS_MSG_UDP_BYTES_MIN.
 */
void dns_msg_begin(struct dns_msg_out *o, void *p, size_t cap, struct slice query, const struct dns_msg_query *q,
		   const struct dns_msg_edns *edns);
/* Writes the OPT record and the header. Returns the length of the message. rcode above 15 needs edns->on. */
size_t dns_msg_end(struct dns_msg_out *o, const struct dns_msg_query *q, enum dns_msg_rcode rcode,
		   const struct dns_msg_edns *edns);
/* Where the answer is now / back to there, with no error. */
struct dns_msg_mark dns_msg_mark(const struct dns_msg_out *o);
void dns_msg_rollback(struct dns_msg_out *o, const struct dns_msg_mark *mark);
/* Writes one compression pointer to an offset below DNS_MSG_POINTER_END. */
static inline void dns_msg_pointer(struct dns_msg_out *o, size_t offset)
{
	cursor_put_u16(&o->out, (uint16_t)(0xc000 | offset));
}

#endif
