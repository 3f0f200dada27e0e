/* SPDX-License-Identifier: Apache-2.0 */
/* dns_log: see dns_log.h. */
#include "dns/dns_log.h"

static void dns_log__rcode(enum dns_msg_rcode rcode, struct text *t)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };

	if ((size_t)rcode < sizeof names / sizeof names[0])
		text_json(t, slice_str(names[rcode]));
	else
		text_u64(t, rcode);
}

static void dns_log__question(const struct dns_msg_query *q, struct text *t)
{
	char text[DNS_NAME_TEXT_BYTES];
	struct text name = text_of(text, sizeof text), type;

	if (!q->has_question)
		return;
	dns_name_print(&q->name, &name);
	text_add(t, SLICE(",\"name\":"));
	text_json(t, text_slice(&name));
	type = text_of(text, sizeof text);
	dns_type_print(q->type, &type);
	text_add(t, SLICE(",\"type\":"));
	text_json(t, text_slice(&type));
}

struct slice dns_log_line(const struct dns_log_entry *e, char out[static DNS_LOG_LINE_BYTES])
{
	struct text t = text_of(out, DNS_LOG_LINE_BYTES);
	char client[IP_TEXT_BYTES];

	text_add(&t, SLICE("{\"time\":"));
	text_ms(&t, (uint64_t)e->wall_ms);
	text_add(&t, SLICE(",\"client\":"));
	text_json(&t, slice_of(client, ip_print(e->client, client)));
	dns_log__question(e->query, &t);
	if (e->zone.n) {
		text_add(&t, SLICE(",\"zone\":"));
		text_json(&t, e->zone);
	}
	text_add(&t, SLICE(",\"rcode\":"));
	dns_log__rcode(e->answer->rcode, &t);
	text_add(&t, e->tcp ? SLICE(",\"over\":\"tcp\"") : SLICE(",\"over\":\"udp\""));
	text_add(&t, e->query->dnssec_ok ? SLICE(",\"do\":true") : SLICE(",\"do\":false"));
	text_add(&t, SLICE(",\"bytes\":"));
	text_u64(&t, e->bytes);
	text_add(&t, SLICE("}\n"));
	return t.bad ? SLICE("") : text_slice(&t);
}
