/* SPDX-License-Identifier: Apache-2.0 */
/* probe: see probe.h. */
#include "client/probe.h"

#include "base/rng.h"
#include "sys/clock.h"
#include "sys/sock.h"

#include <arpa/nameser.h>
#include <curl/curl.h>
#include <poll.h>
#include <resolv.h>
#include <unistd.h>

/* ---- DNS (RFC 1035) ---- */

/* One try. */
static enum err probe__ask_once(const struct ip_port *server, const uint8_t *query, size_t query_n,
				struct probe_dns *ret)
{
	struct sockaddr_storage to;
	socklen_t len = ip_to_sockaddr(server, &to);
	int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	enum err e = ERR_SYSTEM;

	if (fd < 0)
		return ERR_SYSTEM;
	if (connect(fd, (const struct sockaddr *)&to, len) == 0 && send(fd, query, query_n, 0) == (ssize_t)query_n) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		e = ERR_TIMEOUT;
		uint64_t end = clock_mono_ns() + 2000000000U;
		for (uint64_t now; e == ERR_TIMEOUT && (now = clock_mono_ns()) < end;) {
			if (poll(&wait, 1, (int)((end - now) / 1000000) + 1) <= 0)
				continue;
			ssize_t n = recv(fd, ret->bytes, sizeof ret->bytes, 0);
			if (n < 0)
				e = ERR_SYSTEM; /* refused: nobody listens */
			else if (n >= 12 && memcmp(ret->bytes, query, 2) == 0 && (ret->bytes[2] & 0x80)) {
				ret->n = (size_t)n;
				e = OK;
			}
		}
	}
	close(fd);
	return e;
}

enum err probe_dns_ask(const struct ip_port *server, const char *name, int type, struct probe_dns *ret)
{
	uint8_t query[512];
	struct rng rng;
	ns_msg msg;
	int n = res_mkquery(ns_o_query, name, ns_c_in, type, NULL, 0, NULL, query, sizeof query);

	if (n < 12)
		return ERR_SYNTAX;
	rng_init(&rng);
	uint64_t id = rng_next(&rng);
	memcpy(query, &id, 2);
	query[2] |= 1; /* recursion desired */
	*ret = (struct probe_dns){ 0 };
	enum err e = probe__ask_once(server, query, (size_t)n, ret);
	if (e == ERR_TIMEOUT)
		e = probe__ask_once(server, query, (size_t)n, ret);
	if (e != OK)
		return e;
	ret->rcode = ret->bytes[3] & 15U;
	ret->authoritative = (ret->bytes[2] & 4) != 0;
	ret->answers = ns_initparse(ret->bytes, (int)ret->n, &msg) == 0 ? ns_msg_count(msg, ns_s_an) : 0;
	return OK;
}

bool probe_dns_record(const struct probe_dns *a, int type, unsigned i, char *out, size_t cap)
{
	ns_msg msg;
	ns_rr rr;
	struct ip ip = { 0 };

	if (ns_initparse(a->bytes, (int)a->n, &msg) != 0)
		return false;
	for (int k = 0; k < ns_msg_count(msg, ns_s_an); k++) {
		if (ns_parserr(&msg, ns_s_an, k, &rr) != 0)
			return false;
		if ((int)ns_rr_type(rr) != type || i-- > 0)
			continue;
		if (type == ns_t_ns) {
			if (dn_expand(a->bytes, a->bytes + a->n, ns_rr_rdata(rr), out, (int)cap) < 0)
				return false;
			for (char *p = out; *p; p++)
				*p = slice_lower(*p);
			return true;
		}
		size_t want = type == ns_t_a ? 4 : 16;
		if (ns_rr_rdlen(rr) != want || cap < IP_TEXT_BYTES)
			return false;
		ip.family = type == ns_t_a ? 4 : 6;
		memcpy(ip.b, ns_rr_rdata(rr), want);
		ip_print(&ip, out);
		return true;
	}
	return false;
}

/* ---- TCP and HTTP ---- */

enum err probe_tcp(const struct ip_port *at)
{
	int fd;
	enum err e = sock_connect(at, &fd);

	if (e != OK && e != ERR_AGAIN)
		return e;
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	e = poll(&wait, 1, 2000) == 1 ? sock_connected(fd) : ERR_TIMEOUT;
	sock_close(fd);
	return e;
}

static size_t probe__ignore(char *p, size_t size, size_t n, void *arg)
{
	return size * n;
}

/* Days until the first certificate of the chain ends. */
static long probe__days_left(CURL *curl)
{
	struct curl_certinfo *info = NULL;
	static const struct slice name = SLICE_INIT("Expire date:");

	if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info || info->num_of_certs < 1)
		return -1;
	for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next) {
		if (!slice_starts(slice_str(line->data), name))
			continue;
		int64_t end = curl_getdate(line->data + name.n, NULL);
		return end < 0 ? -1 : (long)((end - clock_wall_ms() / 1000) / 86400);
	}
	return -1;
}

static void probe__options(struct cli *c, CURL *curl, const struct probe_question *q)
{
	curl_easy_setopt(curl, CURLOPT_URL,
			 cli_format(c, "%s://%s:%u/", q->tls ? "https" : "http", q->host, (unsigned)q->at->port));
	curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 15000L);
	curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "seawall-doctor/" SEAWALL_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, probe__ignore);
	if (q->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, q->ca_file);
}

void probe_http_ask(struct cli *c, const struct probe_question *q, struct probe_http *ret)
{
	char address[IP_PORT_TEXT_BYTES], trouble[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	uint64_t before = clock_mono_ns();

	*ret = (struct probe_http){ .days_left = -1 };
	ip_port_print(q->at, address);
	struct curl_slist *to =
		curl_slist_append(NULL, cli_format(c, "%s:%u:%s", q->host, (unsigned)q->at->port, address));
	probe__options(c, curl, q);
	curl_easy_setopt(curl, CURLOPT_CONNECT_TO, to);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, trouble);
	CURLcode code = curl_easy_perform(curl);
	if (code == CURLE_OK) {
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
		ret->days_left = probe__days_left(curl);
	} else {
		snprintf(ret->reason, sizeof ret->reason, "%s", trouble[0] ? trouble : curl_easy_strerror(code));
	}
	ret->untrusted = code == CURLE_PEER_FAILED_VERIFICATION;
	ret->ms = (long)((clock_mono_ns() - before) / 1000000);
	curl_easy_cleanup(curl);
	curl_slist_free_all(to);
}
