/* SPDX-License-Identifier: Apache-2.0 */
/* dns_server: see dns_server.h. From a message to its answer, and the UDP side. */
#include "base/check.h"
#include "base/mem.h"
#include "dns/dns_log.h"
#include "dns/dns_server_int.h"
#include "sys/logring.h"

enum {
	DNS_SERVER__BATCH = 32,
	DNS_SERVER__BATCHES_A_TURN = 8, /* then connections and timers get theirs */
	DNS_SERVER__PAD_BLOCK = 468,    /* RFC 8467 4.1 */
	DNS_SERVER__RATE_ENTRIES = 65536,
	DNS_SERVER__CLASS_ANY = 255,
	DNS_SERVER__FIRST_META_TYPE = 249, /* TKEY, TSIG, IXFR, AXFR, MAILB, MAILA, ANY */
	DNS_SERVER__TYPE_OPT = 41,
	DNS_SERVER__TYPE_ANY = 255,
};

/* One message on its way to an answer. */
struct dns_server__run {
	struct dns_server *s;
	const struct dns_server_from *from;
	struct slice message;
	struct dns_msg_query q;
	struct dns_msg_edns edns;
	struct dns_msg_out out;
	uint8_t cookie[DNS_COOKIE_BYTES];
	bool known; /* the client showed a cookie of ours */
	bool found;
	struct dns_zones_found zone;
	struct dns_name lower; /* of the question, when a zone was found */
	struct dns_answer answer;
};

/* What the OPT record of the answer will say. */
static void dns_server__edns(struct dns_server__run *r)
{
	const struct dns_server_setup *setup = &r->s->setup;
	uint32_t now_s = (uint32_t)loop_wall_s(setup->loop);

	r->edns = (struct dns_msg_edns){ .on = r->q.has_edns,
					 .udp_bytes = (uint16_t)setup->limits->dns_udp_bytes_max,
					 .dnssec_ok = r->q.dnssec_ok,
					 .ede = DNS_MSG_EDE_NONE,
					 .keepalive_100ms = -1 };
	if (!r->q.has_edns || r->q.edns_version != 0)
		return;
	if (r->q.wants_nsid)
		r->edns.nsid = slice_str(setup->nsid);
	if (r->q.wants_keepalive && r->from->tcp)
		r->edns.keepalive_100ms = r->from->keepalive_100ms;
	/* Over UDP padding would make answers larger for anybody's address. */
	if (r->q.wants_padding && r->from->tcp)
		r->edns.pad_block = DNS_SERVER__PAD_BLOCK;
	if (!r->q.cookie.p)
		return;
	r->known = dns_cookie_valid(setup->cookie_secret, r->q.cookie, &r->from->peer.ip, now_s);
	dns_cookie_make(setup->cookie_secret, r->q.cookie, &r->from->peer.ip, now_s, r->cookie);
	r->edns.cookie = slice_of(r->cookie, sizeof r->cookie);
}

static void dns_server__refuse(struct dns_server__run *r, enum dns_msg_rcode rcode, enum dns_msg_ede ede)
{
	r->answer = (struct dns_answer){ rcode, DNS_ANSWER_ERROR, ede };
}

static bool dns_server__is_transfer(const struct dns_msg_query *q)
{
	return q->has_question && q->klass == RRSET_CLASS_IN &&
	       (q->type == DNS_XFR_TYPE_AXFR || q->type == DNS_XFR_TYPE_IXFR);
}

/* Questions that are answered without looking into a zone. */
static bool dns_server__odd_question(struct dns_server__run *r)
{
	if (r->q.type == 0 || r->q.type == DNS_SERVER__TYPE_OPT) {
		dns_server__refuse(r, DNS_MSG_FORMERR, DNS_MSG_EDE_NONE);
		return true;
	}
	if (r->q.klass != RRSET_CLASS_IN) {
		dns_server__refuse(r, DNS_MSG_REFUSED, DNS_MSG_EDE_NOT_AUTHORITATIVE);
		return true;
	}
	if (dns_server__is_transfer(&r->q)) {
		/* One that was allowed has been taken by dns_server_transfer. */
		dns_server__refuse(r, DNS_MSG_REFUSED, DNS_MSG_EDE_PROHIBITED);
		return true;
	}
	if (r->q.type >= DNS_SERVER__FIRST_META_TYPE && r->q.type < DNS_SERVER__TYPE_ANY) {
		dns_server__refuse(r, DNS_MSG_NOTIMP, DNS_MSG_EDE_NOT_SUPPORTED);
		return true;
	}
	return false;
}

/* The zone that a transfer may have. */
static bool dns_server__may_transfer(struct dns_server *s, struct slice message, const struct dns_msg_query *q,
				     const struct ip *peer, struct dns_xfr_ask *ret_ask, struct dns_tsig *ret_tsig)
{
	struct dns_zones_found found;
	struct dns_name lower = q->name;

	dns_name_lower(&lower);
	if (!dns_zones_find(s->setup.zones, &lower, false, &found) || !dns_name_eq(&lower, &found.zone->apex))
		return false;
	*ret_ask = (struct dns_xfr_ask){ .zone = found.zone,
					 .query = q,
					 .message = message,
					 .peer = *peer,
					 .now_s = (uint64_t)loop_wall_s(s->setup.loop) };
	return dns_xfr_may(ret_ask, ret_tsig);
}

struct dns_xfr *dns_server_transfer(struct dns_server *s, struct slice message, const struct dns_server_from *from)
{
	struct dns_msg_query q;
	struct dns_xfr_ask ask;
	struct dns_tsig tsig;

	if (dns_msg_read(message, &q) != DNS_MSG_ANSWER || !dns_server__is_transfer(&q) ||
	    s->transfers_n >= s->setup.limits->dns_transfers_max ||
	    !dns_server__may_transfer(s, message, &q, &from->peer.ip, &ask, &tsig))
		return NULL;
	counter_add(s->setup.counters, dns_queries, 1);
	counter_add(s->setup.counters, dns_transfers, 1);
	s->transfers_n++;
	return dns_xfr_new(&ask, &tsig, q.type == DNS_XFR_TYPE_IXFR && q.has_serial && q.serial == ask.zone->serial);
}

static bool dns_server__find(struct dns_server__run *r, const struct dns_name *lower)
{
	/* The DS records of a zone are its parent's, which may be here too. */
	if (r->q.type == DNS_TYPE_DS && dns_zones_find(r->s->setup.zones, lower, true, &r->zone))
		return true;
	return dns_zones_find(r->s->setup.zones, lower, false, &r->zone);
}

/* Finds the zone; what has none is refused. */
static void dns_server__question(struct dns_server__run *r)
{
	if (dns_server__odd_question(r))
		return;
	r->lower = r->q.name;
	dns_name_lower(&r->lower);
	r->found = dns_server__find(r, &r->lower);
	if (!r->found)
		dns_server__refuse(r, DNS_MSG_REFUSED, DNS_MSG_EDE_NOT_AUTHORITATIVE);
}

static void dns_server__write(struct dns_server__run *r)
{
	struct dns_answer_ask ask = { .query = &r->q,
				      .zone = r->zone.zone,
				      .signer = r->s->signer,
				      .now_s = loop_wall_s(r->s->setup.loop),
				      .tcp = r->from->tcp };

	dns_answer_write(&ask, &r->out, &r->answer);
}

/*
 * Whether the answer may leave, and whole; only UDP can be pointed at others. Asked before the work is done, so that a
 * flood of names that are not there does not cost a signature each.
 */
static enum dns_rate_verdict dns_server__rate(struct dns_server__run *r)
{
	enum dns_answer_kind kind = DNS_ANSWER_ERROR;
	struct slice what = slice_of(NULL, 0);
	bool wild;

	if (!r->s->rate || r->from->tcp || r->known)
		return DNS_RATE_PASS;
	if (r->found) {
		kind = dns_answer_peek(r->zone.zone, &r->lower, &wild);
		what = kind == DNS_ANSWER_DATA && !wild ? dns_name_wire(&r->lower) : r->zone.zone->name;
	}
	return dns_rate_take(r->s->rate, &r->from->peer.ip, (uint8_t)kind, what, loop_now_ms(r->s->setup.loop));
}

static void dns_server__count(struct dns_server__run *r)
{
	struct counters *c = r->s->setup.counters;

	if (r->found && r->q.has_question)
		dns_tally_add(&r->zone.tallies[r->s->setup.worker], r->q.type, (uint16_t)r->answer.rcode);
	switch (r->answer.rcode) {
	case DNS_MSG_NXDOMAIN:
		counter_add(c, dns_nxdomain, 1);
		break;
	case DNS_MSG_REFUSED:
		counter_add(c, dns_refused, 1);
		break;
	case DNS_MSG_SERVFAIL:
		counter_add(c, dns_servfail, 1);
		break;
	case DNS_MSG_NOERROR:
		break;
	case DNS_MSG_FORMERR:
	case DNS_MSG_NOTIMP:
	case DNS_MSG_NOTAUTH:
	case DNS_MSG_BADVERS:
		counter_add(c, dns_malformed, 1);
		break;
	}
}

/* Everything between the question and the OPT record. */
static enum dns_rate_verdict dns_server__fill(struct dns_server__run *r, enum dns_msg_verdict verdict)
{
	r->answer = (struct dns_answer){ DNS_MSG_NOERROR, DNS_ANSWER_DATA, DNS_MSG_EDE_NONE };
	if (verdict == DNS_MSG_REFUSE)
		dns_server__refuse(r, r->q.rcode, DNS_MSG_EDE_NONE);
	else if (r->q.has_question)
		dns_server__question(r);
	enum dns_rate_verdict rate = dns_server__rate(r);
	if (rate == DNS_RATE_SLIP)
		r->out.flags |= DNS_MSG_TC;
	else if (rate == DNS_RATE_PASS && r->found)
		dns_server__write(r);
	return rate;
}

/* One query in so many; the same share of every zone in the long run. */
static void dns_server__log(struct dns_server__run *r, size_t bytes)
{
	struct dns_server *s = r->s;
	char line[DNS_LOG_LINE_BYTES];

	if (!s->setup.log || s->logged++ % s->setup.limits->dns_log_every != 0)
		return;
	struct dns_log_entry e = { .wall_ms = loop_wall_ms(s->setup.loop),
				   .client = &r->from->peer.ip,
				   .query = &r->q,
				   .answer = &r->answer,
				   .zone = r->found ? r->zone.zone->name : slice_of(NULL, 0),
				   .tcp = r->from->tcp,
				   .bytes = bytes };
	if (!logring_add(s->setup.log, dns_log_line(&e, line)))
		counter_add(s->setup.counters, log_dropped, 1);
}

size_t dns_server_answer(struct dns_server *s, struct slice message, const struct dns_server_from *from, uint8_t *out,
			 size_t cap)
{
	struct counters *c = s->setup.counters;
	struct dns_server__run r;

	r.s = s;
	r.from = from;
	r.message = message;
	r.known = r.found = false;
	enum dns_msg_verdict verdict = dns_msg_read(message, &r.q);
	if (verdict == DNS_MSG_DROP) {
		counter_add(c, dns_dropped, 1);
		return 0;
	}
	counter_add(c, dns_queries, 1);
	dns_server__edns(&r);
	if (!from->tcp && r.q.udp_bytes < cap)
		cap = r.q.udp_bytes;
	dns_msg_begin(&r.out, out, cap, message, &r.q, &r.edns);
	enum dns_rate_verdict rate = dns_server__fill(&r, verdict);
	if (rate != DNS_RATE_PASS)
		counter_add(c, dns_limited, 1);
	if (rate == DNS_RATE_DROP)
		return 0;
	dns_server__count(&r);
	/* An extended error fits what was reserved for the rest, or is left out. */
	if (r.edns.on && r.answer.ede != DNS_MSG_EDE_NONE && r.out.out.n - r.out.out.at >= DNS_MSG_EDE_BYTES)
		r.edns.ede = r.answer.ede;
	size_t n = dns_msg_end(&r.out, &r.q, r.answer.rcode, &r.edns);
	dns_server__log(&r, n);
	return n;
}

bool dns_server_is_banned(struct dns_server *s, const struct ip *peer)
{
	if (!s->setup.banned || !s->setup.banned(s->setup.banned_arg, peer))
		return false;
	counter_add(s->setup.counters, bans_dropped, 1);
	return true;
}

/* ---- UDP ---- */

static void dns_server__udp(struct loop_io *io, uint32_t events)
{
	struct dns_server *s = LOOP_OWNER(io, struct dns_server_socket, io)->server;
	struct counters *c = s->setup.counters;
	size_t cap = s->setup.limits->dns_udp_bytes_max;

	OBJ(s, OBJ_DNS_SERVER);
	for (int k = 0; k < DNS_SERVER__BATCHES_A_TURN; k++) {
		size_t n = udp_batch_recv(s->batch, io->fd);
		for (size_t i = 0; i < n; i++) {
			struct dns_server_from from = { .keepalive_100ms = -1 };
			struct slice query = udp_batch_datagram(s->batch, i);
			if (!udp_batch_peer(s->batch, i, &from.peer) || from.peer.port == 0)
				continue;
			if (dns_server_is_banned(s, &from.peer.ip))
				continue;
			size_t bytes = dns_server_answer(s, query, &from, udp_batch_room(s->batch), cap);
			if (bytes)
				udp_batch_answer(s->batch, i, bytes);
		}
		counter_add(c, dns_dropped, udp_batch_send(s->batch, io->fd));
		if (n < DNS_SERVER__BATCH)
			return; /* level-triggered: what comes now is told again */
	}
}

/* ---- life ---- */

struct dns_server *dns_server_new(const struct dns_server_setup *setup)
{
	struct dns_server *s = mem_alloc(sizeof *s);
	const struct limits *l = setup->limits;

	s->magic = OBJ_DNS_SERVER;
	s->setup = *setup;
	s->signer = dns_sign_new(l->dns_signatures_max, l->dns_signs_per_s);
	if (l->dns_rate_per_s)
		s->rate =
			dns_rate_new(DNS_SERVER__RATE_ENTRIES, (uint32_t)l->dns_rate_per_s, (uint32_t)l->dns_rate_slip);
	s->batch = udp_batch_new(DNS_SERVER__BATCH, DNS_SERVER_QUERY_BYTES, l->dns_udp_bytes_max);
	s->tcp_out = mem_alloc(2 + DNS_MSG_BYTES_MAX);
	return s;
}

static void dns_server__forget_sockets(struct dns_server *s)
{
	for (size_t i = 0; i < s->sockets_n; i++)
		loop_io_del(s->setup.loop, &s->sockets[i].io);
	s->sockets_n = 0;
}

void dns_server_free(struct dns_server *s)
{
	if (!s)
		return;
	OBJ(s, OBJ_DNS_SERVER);
	dns_server__forget_sockets(s);
	dns_tcp_close_all(s);
	dns_sign_free(s->signer);
	dns_rate_free(s->rate);
	udp_batch_free(s->batch);
	mem_free(s->tcp_out);
	s->magic = OBJ_FREED;
	mem_free(s);
}

static enum err dns_server__add(struct dns_server *s, int fd, loop_io_fn fn)
{
	OBJ(s, OBJ_DNS_SERVER);
	if (s->sockets_n == DNS_SERVER_SOCKETS_MAX)
		return ERR_QUEUE_FULL;
	struct dns_server_socket *socket = &s->sockets[s->sockets_n];
	*socket = (struct dns_server_socket){ .io = { .fd = fd, .fn = fn }, .server = s };
	TRY(loop_io_add_level(s->setup.loop, &socket->io));
	s->sockets_n++;
	return OK;
}

enum err dns_server_add_udp(struct dns_server *s, int fd)
{
	return dns_server__add(s, fd, dns_server__udp);
}

enum err dns_server_add_tcp(struct dns_server *s, int fd)
{
	return dns_server__add(s, fd, dns_tcp_accept);
}

void dns_server_drain(struct dns_server *s)
{
	OBJ(s, OBJ_DNS_SERVER);
	s->draining = true;
	dns_server__forget_sockets(s);
	dns_tcp_drain(s);
}

size_t dns_server_close_banned(struct dns_server *s)
{
	OBJ(s, OBJ_DNS_SERVER);
	return s->setup.banned ? dns_tcp_close_those(s, s->setup.banned, s->setup.banned_arg) : 0;
}

size_t dns_server_connections(const struct dns_server *s)
{
	return s ? s->tcp_n : 0;
}
