/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_dns_msg: any bytes as a query, answered out of a small zone: the answer is a whole message within its bounds. */
#include "fuzz.h"

#include "dns/dns_answer.h"

static const char json[] = "{\"kind\":\"dns\",\"name\":\"t\",\"ns\":[\"a.t\"],\"records\":["
			   "{\"name\":\"a.t\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"},"
			   "{\"name\":\"*.w.t\",\"type\":\"CNAME\",\"rdata\":\"b.w.t.\"},"
			   "{\"name\":\"c.t\",\"type\":\"CNAME\",\"rdata\":\"x.w.t.\"},"
			   "{\"name\":\"n.t\",\"type\":\"NS\",\"rdata\":\"g.n.t.\"},"
			   "{\"name\":\"g.n.t\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"}]}";

/* Steps over one record; false when it does not end inside. */
static bool record(struct cursor *c)
{
	for (;;) {
		uint8_t n = cursor_u8(c);
		if (n >= 0xc0) {
			size_t to = (size_t)(n & 0x3f) << 8 | cursor_u8(c);
			FUZZ_CHECK(c->bad || to < c->at - 2);
			break;
		}
		if (c->bad || n == 0)
			break;
		FUZZ_CHECK(n < 64);
		(void)cursor_bytes(c, n);
	}
	(void)cursor_bytes(c, 8);
	(void)cursor_bytes(c, cursor_u16(c));
	return !c->bad;
}

static void check_answer(const struct dns_msg_query *q, struct slice answer, size_t cap, struct slice query)
{
	struct cursor c = cursor_of(answer);
	uint16_t counts[4];

	FUZZ_CHECK(answer.n >= DNS_MSG_HEAD_BYTES && answer.n <= cap);
	FUZZ_CHECK(cursor_u16(&c) == q->id && (cursor_u16(&c) & DNS_MSG_QR));
	for (int i = 0; i < 4; i++)
		counts[i] = cursor_u16(&c);
	FUZZ_CHECK(counts[0] == q->has_question);
	if (q->has_question) {
		struct slice question = cursor_bytes(&c, q->question_end - DNS_MSG_HEAD_BYTES);
		FUZZ_CHECK(slice_eq(question, slice_of(query.p + DNS_MSG_HEAD_BYTES, question.n)));
	}
	for (unsigned n = counts[1] + counts[2] + counts[3]; n > 0; n--)
		FUZZ_CHECK(record(&c));
	FUZZ_CHECK(cursor_left(&c) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct dns_zone *zone;
	static uint8_t out[DNS_MSG_BYTES_MAX];
	struct slice query = slice_of(data, n);
	struct dns_msg_query q;
	struct dns_msg_out o;
	struct dns_answer answer = { 0 };
	struct limits limits;
	size_t cap = n & 1 ? DNS_MSG_UDP_BYTES_MIN : DNS_MSG_BYTES_MAX;

	limits_init(&limits);
	if (!zone && dns_zone_from_json(slice_str(json), 1, &limits, &zone, NULL) != OK)
		abort();
	enum dns_msg_verdict v = dns_msg_read(query, &q);
	if (v == DNS_MSG_DROP)
		return 0;
	struct dns_msg_edns edns = { .on = q.has_edns,
				     .udp_bytes = 1232,
				     .ede = DNS_MSG_EDE_NONE,
				     .keepalive_100ms = -1,
				     .cookie = q.cookie,
				     .pad_block = q.wants_padding ? 468 : 0 };
	if (q.wants_nsid)
		edns.nsid = SLICE("node");
	answer.rcode = q.rcode;
	dns_msg_begin(&o, out, cap, query, &q, &edns);
	if (v == DNS_MSG_ANSWER && q.has_question && dns_name_in(&q.name, &zone->apex)) {
		struct dns_answer_ask ask = { .query = &q, .zone = zone, .now_s = 1 };
		dns_answer_write(&ask, &o, &answer);
	}
	check_answer(&q, slice_of(out, dns_msg_end(&o, &q, answer.rcode, &edns)), cap, query);
	return 0;
}
