/* SPDX-License-Identifier: Apache-2.0 */
/* talk: see talk.h. */
#include "client/talk.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "sys/clock.h"
#include "sys/sock.h"
#include "wire/dns_rdata.h"
#include "wire/dns_type.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	TALK__WAIT_MS = 10000,
	TALK__MESSAGE_MAX = 65535,
	TALK__CLASS_IN = 1,
	TALK__AA = 0x0400,
	TALK__TC = 0x0200,
	TALK__QR = 0x8000,
	TALK__RCODE = 0x000f,
	TALK__AXFR = 252,
	TALK__OPT = 41,
};

struct talk {
	struct cli *c;
	struct ip_port server;
	const char *text;
	const struct dns_tsig_key *key;
	struct dns_tsig tsig;
	int fd;
	uint16_t id;
	uint8_t message[2 + TALK__MESSAGE_MAX]; /* with its length in front */
	uint8_t rdata[DNS_RR_RDATA_BYTES];
};

/* ---- names of servers ---- */

int talk_server(struct cli *c, const char *typed, struct ip_port *ret, const char **ret_text)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct slice host = slice_str(typed), port = host;
	struct sockaddr_storage address = { 0 };
	uint64_t number = 53;

	*ret_text = typed;
	*ret = (struct ip_port){ .port = 53 };
	if (ip_parse(host, &ret->ip) == OK || ip_port_parse(host, false, ret) == OK)
		return CLIENT_OK;
	host = slice_split(&port, ':');
	if (port.p && (!slice_u64(port, &number) || number == 0 || number > UINT16_MAX))
		return cli_misuse(c, "\"%s\": a server is an address or a name, with :port if it is not 53", typed);
	int e = getaddrinfo(cli_format(c, "%.*s", SLICE_ARG(host)), NULL, &hints, &found);
	if (e != 0)
		return cli_fail(c, "the address of %s cannot be found: %s", cli_clean(c, typed), gai_strerror(e));
	memcpy(&address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (!ip_from_sockaddr(&address, ret))
		return cli_fail(c, "%s has no address that can be used", cli_clean(c, typed));
	ret->port = (uint16_t)number;
	return CLIENT_OK;
}

/* ---- bytes ---- */

/* Waits for the socket. errors: ERR_TIMEOUT. */
static enum err talk__wait(const struct talk *t, short events, uint64_t until_ms)
{
	struct pollfd p = { t->fd, events, 0 };
	uint64_t now = clock_mono_ns() / 1000000;

	return now < until_ms && poll(&p, 1, (int)(until_ms - now)) > 0 ? OK : ERR_TIMEOUT;
}

static uint64_t talk__until_ms(void)
{
	return clock_mono_ns() / 1000000 + TALK__WAIT_MS;
}

static enum err talk__connect(struct talk *t)
{
	uint64_t until = talk__until_ms();

	TRY(sock_connect(&t->server, &t->fd));
	enum err e = talk__wait(t, POLLOUT, until);
	if (e == OK)
		e = sock_connected(t->fd);
	if (e == OK)
		return OK;
	sock_close(t->fd);
	t->fd = -1;
	return e;
}

static enum err talk__write(struct talk *t, const uint8_t *p, size_t n)
{
	uint64_t until = talk__until_ms();

	while (n) {
		size_t done = 0;
		enum err e = sock_send(t->fd, p, n, false, &done);
		if (e == ERR_AGAIN)
			e = talk__wait(t, POLLOUT, until);
		TRY(e);
		p += done;
		n -= done;
	}
	return OK;
}

static enum err talk__read(struct talk *t, uint8_t *p, size_t n, uint64_t until)
{
	while (n) {
		size_t done = 0;
		enum err e = sock_recv(t->fd, p, n, &done);
		if (e == ERR_AGAIN)
			e = talk__wait(t, POLLIN, until);
		TRY(e);
		p += done;
		n -= done;
	}
	return OK;
}

/* The next message; *ret is borrowed until the next one. */
static enum err talk__receive(struct talk *t, struct slice *ret)
{
	uint64_t until = talk__until_ms();

	TRY(talk__read(t, t->message, 2, until));
	size_t n = (size_t)t->message[0] << 8 | t->message[1];
	TRY(talk__read(t, t->message + 2, n, until));
	*ret = slice_of(t->message + 2, n);
	return OK;
}

/* Sends a question, signed if there is a key. */
static enum err talk__send(struct talk *t, const struct dns_name *name, uint16_t type)
{
	struct cursor_out c = cursor_out_of(t->message + 2, TALK__MESSAGE_MAX);

	TRY(crypto_random(&t->id, sizeof t->id));
	cursor_put_u16(&c, t->id);
	cursor_put_u16(&c, 0);
	cursor_put_u16(&c, 1);
	for (int i = 0; i < 3; i++)
		cursor_put_u16(&c, 0);
	cursor_put_bytes(&c, dns_name_wire(name));
	cursor_put_u16(&c, type);
	cursor_put_u16(&c, TALK__CLASS_IN);
	size_t n = c.at;
	t->tsig = (struct dns_tsig){ .key = t->key };
	if (t->key)
		TRY(dns_tsig_sign(&t->tsig, t->message + 2, n, TALK__MESSAGE_MAX, (uint64_t)clock_wall_ms() / 1000,
				  &n));
	t->message[0] = (uint8_t)(n >> 8);
	t->message[1] = (uint8_t)n;
	return talk__write(t, t->message, n + 2);
}

/* ---- life ---- */

struct talk *talk_open(struct cli *c, const struct ip_port *server, const char *text, const struct dns_tsig_key *key)
{
	struct talk *t = mem_alloc(sizeof *t);

	t->c = c;
	t->server = *server;
	t->text = text;
	t->key = key;
	t->fd = -1;
	enum err e = talk__connect(t);
	if (e == OK)
		return t;
	cli_fail(c, "no connection to the name server %s over TCP: %s", cli_clean(c, text), err_text(e));
	mem_free(t);
	return NULL;
}

void talk_close(struct talk *t)
{
	if (!t)
		return;
	sock_close(t->fd);
	mem_free(t);
}

static int talk__fail(const struct talk *t, enum err e)
{
	const char *why = e == ERR_CLOSED    ? "it closed the connection"
			  : e == ERR_TIMEOUT ? "no answer in time"
					     : err_text(e);

	return cli_fail(t->c, "the name server %s: %s", cli_clean(t->c, t->text), why);
}

/* ---- one question ---- */

static int talk__by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *talk__data(struct talk *t, const struct dns_rr *rr)
{
	size_t cap = rr->rdata.n * 4 + 64;
	char *p = mem_alloc(cap);
	struct text text = text_of(p, cap);
	const char *ret = "";

	if (dns_rdata_print(rr->type, rr->rdata, &text) == OK && !text.bad)
		ret = cli_format(t->c, "%.*s", SLICE_ARG(text_slice(&text)));
	mem_free(p);
	return ret;
}

static enum err talk__answer(struct talk *t, struct dns_rr_reader *r, const struct dns_name *name, uint16_t type,
			     struct talk_rrset *ret)
{
	struct dns_rr rr;

	ret->data = mem_alloc_array(TALK_RRS_MAX, sizeof *ret->data);
	for (unsigned i = 0; i < r->head.answers && ret->data_n < TALK_RRS_MAX; i++) {
		TRY(dns_rr_next(r, cursor_out_of(t->rdata, sizeof t->rdata), &rr));
		if (!dns_name_eq(&rr.name, name) || rr.klass != TALK__CLASS_IN)
			continue;
		if (rr.type == DNS_TYPE_CNAME && type != DNS_TYPE_CNAME)
			ret->alias = talk__data(t, &rr);
		if (rr.type != type)
			continue;
		ret->ttl = ret->data_n == 0 || rr.ttl < ret->ttl ? rr.ttl : ret->ttl;
		ret->data[ret->data_n++] = talk__data(t, &rr);
	}
	qsort(ret->data, ret->data_n, sizeof *ret->data, talk__by_text);
	return OK;
}

/* Reads an answer to the question under way. ret->data is the caller's to free. */
static enum err talk__take(struct talk *t, struct slice message, const struct dns_name *name, uint16_t type,
			   struct talk_rrset *ret)
{
	struct dns_rr_reader r;
	struct dns_name asked;
	uint16_t asked_type, klass;

	TRY(dns_rr_begin(message, &r));
	if (r.head.id != t->id || !(r.head.flags & TALK__QR) || r.head.questions != 1)
		return ERR_SYNTAX;
	TRY(dns_rr_question(&r, &asked, &asked_type, &klass));
	if (!dns_name_eq(&asked, name) || asked_type != type)
		return ERR_SYNTAX;
	*ret = (struct talk_rrset){ .rcode = r.head.flags & TALK__RCODE,
				    .authoritative = r.head.flags & TALK__AA,
				    .truncated = r.head.flags & TALK__TC };
	return talk__answer(t, &r, name, type, ret);
}

int talk_ask(struct talk *t, const struct dns_name *name, uint16_t type, struct talk_rrset *ret)
{
	struct slice message;
	enum err e = t->fd < 0 ? ERR_CLOSED : talk__send(t, name, type);

	if (e == OK)
		e = talk__receive(t, &message);
	if (e == ERR_CLOSED || e == ERR_SYSTEM) { /* an idle connection that the server has closed: once more */
		sock_close(t->fd);
		e = talk__connect(t);
		if (e == OK)
			e = talk__send(t, name, type);
		if (e == OK)
			e = talk__receive(t, &message);
	}
	struct talk_rrset got = { 0 };
	if (e == OK)
		e = talk__take(t, message, name, type, &got);
	if (e != OK) {
		mem_free(got.data);
		return talk__fail(t, e);
	}
	/* The list moves to the run's memory, so that nobody has to free it. */
	const char **kept = arena_alloc(&t->c->arena, (got.data_n + 1) * sizeof *kept);
	if (kept && got.data_n)
		memcpy(kept, got.data, got.data_n * sizeof *kept);
	mem_free(got.data);
	got.data = kept;
	*ret = got;
	return kept ? CLIENT_OK : cli_fail(t->c, "out of memory");
}

/* ---- a whole zone ---- */

/* What a signer makes, and what this server makes itself. */
static bool talk__skip(uint16_t type)
{
	static const uint16_t types[] = { DNS_TYPE_SOA,        DNS_TYPE_RRSIG,  DNS_TYPE_NSEC, DNS_TYPE_NSEC3,
					  DNS_TYPE_NSEC3PARAM, DNS_TYPE_DNSKEY, DNS_TYPE_CDS,  DNS_TYPE_CDNSKEY,
					  DNS_TSIG_TYPE,       TALK__OPT };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i] == type)
			return true;
	return false;
}

struct talk__zone {
	const struct dns_name *name;
	struct buf *out;
	size_t records;
	unsigned soas; /* seen: the transfer begins and ends with one */
	unsigned rcode;
	enum dns_tsig_verdict verdict;
};

static enum err talk__line(struct talk *t, const struct dns_rr *rr, struct buf *out)
{
	size_t cap = DNS_NAME_TEXT_BYTES + rr->rdata.n * 4 + 128;
	char *at = buf_room(out, cap);
	struct text text = text_of(at, at ? cap : 0);

	dns_name_print(&rr->name, &text);
	text_printf(&text, " %u IN ", rr->ttl);
	dns_type_print(rr->type, &text);
	text_byte(&text, ' ');
	enum err e = dns_rdata_print(rr->type, rr->rdata, &text);
	text_byte(&text, '\n');
	if (e != OK)
		return e;
	if (!at || text.bad)
		return ERR_QUEUE_FULL;
	buf_commit(out, text.n);
	return OK;
}

static enum err talk__zone_message(struct talk *t, struct talk__zone *z, struct slice message)
{
	struct dns_rr_reader r;
	struct dns_name name;
	struct dns_rr rr;
	uint16_t type, klass;

	TRY(dns_rr_begin(message, &r));
	z->rcode = r.head.flags & TALK__RCODE;
	if (r.head.id != t->id || !(r.head.flags & TALK__QR))
		return ERR_SYNTAX;
	if (z->rcode)
		return ERR_NOT_FOUND;
	for (unsigned i = 0; i < r.head.questions; i++)
		TRY(dns_rr_question(&r, &name, &type, &klass));
	for (unsigned i = 0; i < r.head.answers; i++) {
		TRY(dns_rr_next(&r, cursor_out_of(t->rdata, sizeof t->rdata), &rr));
		bool soa = rr.type == DNS_TYPE_SOA && dns_name_eq(&rr.name, z->name);
		if (z->soas == 0 && !soa) /* RFC 5936 section 2.2: a transfer begins with the SOA */
			return ERR_SYNTAX;
		z->soas += soa;
		if (z->soas > 1)
			return OK;
		if (talk__skip(rr.type) || !dns_name_in(&rr.name, z->name) || rr.klass != TALK__CLASS_IN)
			continue;
		TRY(talk__line(t, &rr, z->out));
		z->records++;
	}
	return OK;
}

/* Checks the signature of one message of a transfer; every hundredth at least must have one, and the last. */
static enum err talk__check(struct talk *t, struct talk__zone *z, struct slice message, struct buf *unsigned_bytes)
{
	size_t at = 0;

	if (!t->key)
		return OK;
	TRY(dns_tsig_find(message, &at));
	z->verdict = DNS_TSIG_MISSING;
	if (!at) {
		if (!t->tsig.continued && t->tsig.unsigned_n == 0 && z->soas == 0)
			return ERR_CORRUPT; /* the first answer must be signed */
		if (++t->tsig.unsigned_n > DNS_TSIG_UNSIGNED_MAX || !buf_add(unsigned_bytes, message))
			return ERR_CORRUPT;
		t->tsig.unsigned_bytes = buf_slice(unsigned_bytes);
		return OK;
	}
	z->verdict = dns_tsig_verify(&t->tsig, message, at, (uint64_t)clock_wall_ms() / 1000);
	buf_clear(unsigned_bytes);
	return z->verdict == DNS_TSIG_GOOD ? OK : ERR_CORRUPT;
}

static const char *talk__rcode(struct talk *t, unsigned rcode)
{
	static const char *const names[] = { "NOERROR",
					     "FORMERR: it does not understand the question",
					     "SERVFAIL",
					     "NXDOMAIN: it knows no such zone",
					     "NOTIMP: it does no transfers",
					     "REFUSED: it does not allow transfers to this address",
					     "",
					     "",
					     "",
					     "NOTAUTH: it is not in charge of the zone, or wants another key" };

	return rcode < sizeof names / sizeof names[0] && names[rcode][0] ? names[rcode]
									 : cli_format(t->c, "rcode %u", rcode);
}

int talk_transfer(struct talk *t, const struct dns_name *zone, struct buf *out, size_t *ret_records)
{
	struct talk__zone z = { .name = zone, .out = out, .verdict = DNS_TSIG_GOOD };
	struct slice message;
	struct buf unsigned_bytes;

	buf_init(&unsigned_bytes, (size_t)DNS_TSIG_UNSIGNED_MAX * TALK__MESSAGE_MAX);
	enum err e = talk__send(t, zone, TALK__AXFR);
	while (e == OK && z.soas < 2) {
		e = talk__receive(t, &message);
		if (e == OK)
			e = talk__check(t, &z, message, &unsigned_bytes);
		if (e == OK)
			e = talk__zone_message(t, &z, message);
	}
	buf_fini(&unsigned_bytes);
	*ret_records = z.records;
	if (e == OK && t->key && z.verdict != DNS_TSIG_GOOD)
		e = ERR_CORRUPT;
	if (e == ERR_CORRUPT)
		return cli_fail(t->c, "the name server %s: %s", cli_clean(t->c, t->text), dns_tsig_text(z.verdict));
	if (e == ERR_NOT_FOUND)
		return cli_fail(t->c, "the name server %s refuses the transfer: %s", cli_clean(t->c, t->text),
				talk__rcode(t, z.rcode));
	if (e == ERR_QUEUE_FULL)
		return cli_fail(t->c, "the zone is larger than %d MiB", (int)(out->max_bytes >> 20));
	return e == OK ? CLIENT_OK : talk__fail(t, e);
}
