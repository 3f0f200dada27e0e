/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages: queries that are read, refused and dropped; the frame of an answer. */
#include "groups.h"

#include "wire/dns_msg.h"

#include <stdlib.h>

/* A header with these counts, and one question "a." A IN. */
#define HEAD(flags, qd, ns, ar) "\x12\x34" flags "\0" qd "\0\0\0" ns "\0" ar
#define QUESTION "\1a\0\0\1\0\1"
#define OPT(flags, n, data) "\0\0\x29\x04\xd0\0\0" flags "\0" n data

struct row {
	const char *what;
	struct slice bytes;
	enum dns_msg_verdict verdict;
	enum dns_msg_rcode rcode;
};
#define ROW(what, bytes, verdict, rcode)                                                                               \
	{                                                                                                              \
		what, SLICE_INIT(bytes), verdict, rcode                                                                \
	}

static const struct row rows[] = {
	ROW("plain", HEAD("\1\0", "\1", "\0", "\0") QUESTION, DNS_MSG_ANSWER, 0),
	ROW("short", "\0\0\1\0\0\1\0\0\0\0\0", DNS_MSG_DROP, 0),
	ROW("an answer", HEAD("\x81\0", "\1", "\0", "\0") QUESTION, DNS_MSG_DROP, 0),
	ROW("update", HEAD("\x29\0", "\1", "\0", "\0") QUESTION, DNS_MSG_REFUSE, DNS_MSG_NOTIMP),
	ROW("two questions", HEAD("\1\0", "\2", "\0", "\0") QUESTION QUESTION, DNS_MSG_REFUSE, DNS_MSG_FORMERR),
	ROW("no question", HEAD("\1\0", "\0", "\0", "\0"), DNS_MSG_REFUSE, DNS_MSG_FORMERR),
	ROW("cut question", HEAD("\1\0", "\1", "\0", "\0") "\1a\0\0\1\0", DNS_MSG_REFUSE, DNS_MSG_FORMERR),
	ROW("pointer", HEAD("\1\0", "\1", "\0", "\0") "\xc0\x0c\0\1\0\1", DNS_MSG_REFUSE, DNS_MSG_FORMERR),
	ROW("bytes behind", HEAD("\1\0", "\1", "\0", "\0") QUESTION "x", DNS_MSG_REFUSE, DNS_MSG_FORMERR),
	ROW("count without record", HEAD("\1\0", "\1", "\0", "\1") QUESTION, DNS_MSG_REFUSE, DNS_MSG_FORMERR),
	ROW("extended", HEAD("\1\0", "\1", "\0", "\1") QUESTION OPT("\x80\0", "\0", ""), DNS_MSG_ANSWER, 0),
	ROW("two OPT", HEAD("\1\0", "\1", "\0", "\2") QUESTION OPT("\0\0", "\0", "") OPT("\0\0", "\0", ""),
	    DNS_MSG_REFUSE, DNS_MSG_FORMERR),
	ROW("OPT of a name", HEAD("\1\0", "\1", "\0", "\1") QUESTION "\1a" OPT("\0\0", "\0", ""), DNS_MSG_REFUSE,
	    DNS_MSG_FORMERR),
	ROW("version 1", HEAD("\1\0", "\1", "\0", "\1") QUESTION "\0\0\x29\x04\xd0\0\1\0\0\0\0", DNS_MSG_REFUSE,
	    DNS_MSG_BADVERS),
	ROW("cookie",
	    HEAD("\1\0", "\1", "\0", "\1") QUESTION OPT("\0\0", "\x0c",
							"\0\x0a\0\x08"
							"12345678"),
	    DNS_MSG_ANSWER, 0),
	ROW("cookie alone",
	    HEAD("\1\0", "\0", "\0", "\1") OPT("\0\0", "\x0c",
					       "\0\x0a\0\x08"
					       "12345678"),
	    DNS_MSG_ANSWER, 0),
	ROW("cookie of 9",
	    HEAD("\1\0", "\1", "\0", "\1") QUESTION OPT("\0\0", "\x0d",
							"\0\x0a\0\x09"
							"123456789"),
	    DNS_MSG_REFUSE, DNS_MSG_FORMERR),
	ROW("option too long", HEAD("\1\0", "\1", "\0", "\1") QUESTION OPT("\0\0", "\4", "\0\x0a\0\1"), DNS_MSG_REFUSE,
	    DNS_MSG_FORMERR),
	ROW("authority", HEAD("\1\0", "\1", "\1", "\0") QUESTION "\0\0\6\0\1\0\0\0\0\0\0", DNS_MSG_REFUSE,
	    DNS_MSG_FORMERR),
	ROW("unknown option", HEAD("\1\0", "\1", "\0", "\1") QUESTION OPT("\0\0", "\5", "\xff\0\0\1x"), DNS_MSG_ANSWER,
	    0),
};

static void verdicts(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dns_msg_query q;
		char *p = exact_copy(rows[i].bytes);
		enum dns_msg_verdict v = dns_msg_read(slice_of(p, rows[i].bytes.n), &q);
		free(p);
		if (v != rows[i].verdict || (v == DNS_MSG_REFUSE && q.rcode != rows[i].rcode))
			fail_msg("%s: verdict %d, rcode %d", rows[i].what, v, q.rcode);
	}
}

static void ixfr(void **state)
{
	static const char bytes[] = HEAD("\0\0", "\1", "\1", "\0") "\1a\0\0\373\0\1"
								   "\xc0\x0c\0\6\0\1\0\0\0\0\0\x18\xc0\x0c\xc0\x0c"
								   "\0\0\0\7\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";
	struct dns_msg_query q;

	assert_int_equal(dns_msg_read(slice_of(bytes, sizeof bytes - 1), &q), DNS_MSG_ANSWER);
	assert_true(q.has_serial && q.serial == 7);
}

static void frame(void **state)
{
	static const char query[] = HEAD("\1\x10", "\1", "\0", "\1") QUESTION OPT("\x80\0", "\4", "\0\3\0\0");
	uint8_t out[512];
	struct dns_msg_query q;
	struct dns_msg_out o;
	struct dns_msg_edns edns = { .on = true,
				     .udp_bytes = 1232,
				     .dnssec_ok = true,
				     .ede = DNS_MSG_EDE_NONE,
				     .nsid = SLICE("me"),
				     .keepalive_100ms = 20,
				     .pad_block = 128 };

	assert_int_equal(dns_msg_read(slice_of(query, sizeof query - 1), &q), DNS_MSG_ANSWER);
	assert_true(q.dnssec_ok && q.wants_nsid && !q.compact_ok);
	dns_msg_begin(&o, out, sizeof out, slice_of(query, sizeof query - 1), &q, &edns);
	struct dns_msg_mark mark = dns_msg_mark(&o);
	cursor_put_bytes(&o.out, SLICE("some records"));
	o.answers = 3;
	dns_msg_rollback(&o, &mark);
	o.flags |= DNS_MSG_AA;
	edns.ede = DNS_MSG_EDE_STALE;
	size_t n = dns_msg_end(&o, &q, DNS_MSG_BADVERS, &edns);
	assert_int_equal(n, 128);
	/* Id, QR AA RD CD, one question, one additional record. */
	assert_memory_equal(out, "\x12\x34\x85\x10\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\1\0\x80\0", 27);
	assert_memory_equal(out + 30, "\0\3\0\2me\0\x0b\0\2\0\x14\0\x0f\0\2\0\3\0\x0c", 20);
}

int test_dns_msg(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(verdicts), cmocka_unit_test(ixfr),
					    cmocka_unit_test(frame) };

	return cmocka_run_group_tests_name("dns_msg", tests, NULL, NULL);
}
