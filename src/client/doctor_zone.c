/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_zone: see doctor.h: status and delegation of a zone, and its proxied names through the edge. */
#include "client/doctor.h"
#include "client/probe.h"

#include <arpa/nameser.h>
#include <unistd.h>

enum { DOCTOR_ZONE__HOSTS_MAX = 50 };

/* ---- delegation ---- */

/* The first resolver of /etc/resolv.conf. */
static bool doctor_zone__resolver(struct ip_port *ret)
{
	FILE *f = fopen("/etc/resolv.conf", "re");
	char line[1024];
	bool found = false;

	*ret = (struct ip_port){ .port = 53 };
	while (f && !found && fgets(line, sizeof line, f)) {
		struct slice text = slice_str(line);
		if (!slice_starts(text, SLICE("nameserver")))
			continue;
		text = slice_trim(slice_from(text, 10));
		text = slice_first(text, strcspn(text.p, " \t\n"));
		found = ip_parse(text, &ret->ip) == OK;
	}
	if (f)
		fclose(f);
	return found;
}

static bool doctor_zone__has(const json_t *names, const char *name)
{
	json_t *each;
	size_t i;

	json_array_foreach(names, i,
			   each) if (json_is_string(each) &&
				     slice_eq_nocase(slice_str(json_string_value(each)), slice_str(name))) return true;
	return false;
}

static void doctor_zone__delegation(struct doctor *d, const char *name, const json_t *ours)
{
	struct ip_port resolver;
	struct probe_dns a;
	char host[256];
	unsigned n = 0, foreign = 0;
	const char *seen = "";

	if (!doctor_zone__resolver(&resolver) || probe_dns_ask(&resolver, name, ns_t_ns, &a) != OK) {
		doctor_say(d, DOCTOR_WARN, "delegation", "the resolver of this machine could not be asked",
			   "see the line of the resolver above");
		return;
	}
	for (; probe_dns_record(&a, ns_t_ns, n, host, sizeof host); n++) {
		foreign += !doctor_zone__has(ours, host);
		seen = cli_format(d->cli, "%s%s%s", seen, n ? ", " : "", cli_clean(d->cli, host));
	}
	const char *todo =
		cli_format(d->cli, "enter exactly these at the registrar of %s: %s", name, cli_names(d->cli, ours));
	/* A node that makes zones active at once is one for tests and private networks: nobody delegates to it. */
	enum doctor_level level = d->cli->node && d->cli->node->activate_at_once ? DOCTOR_NOTE : DOCTOR_FAIL;
	if (n == 0)
		doctor_say(d, level, "delegation",
			   a.rcode == ns_r_nxdomain
				   ? "the Internet knows no such domain"
				   : cli_format(d->cli, "no name servers are known (code %u)", a.rcode),
			   todo);
	else if (foreign || n != json_array_size(ours))
		doctor_say(d, level, "delegation", cli_format(d->cli, "the Internet asks %s", seen), todo);
	else
		doctor_say(d, DOCTOR_OK, "delegation", cli_format(d->cli, "the Internet asks %s", seen), NULL);
}

/* ---- names through the edge ---- */

static void doctor_zone__judge(struct doctor *d, const char *what, const struct probe_http *a)
{
	static const struct {
		long status;
		const char *found, *todo;
	} rows[] = {
		{ 404, NULL, NULL },
		{ 520, "the origin closed the connection or answered with nonsense", "the origin's log at this time" },
		{ 521, "the origin refused the connection", "start the app; an origin rule sets another port" },
		{ 522, "the origin did not accept the connection in time", "its firewall must let in `seawall ips`" },
		{ 523, "the origin cannot be reached", "the content of the record, and the route to it" },
		{ 524, "the origin did not answer in time", "the origin's load; its log at this time" },
		{ 525, "the origin's TLS handshake failed", "its certificate and port; the zone's ssl setting" },
		{ 526, "the origin's certificate is not valid", "renew it, or the zone's ssl setting" },
		{ 530, "the origin's name cannot be resolved", "the content of the record" },
	};

	for (size_t i = 1; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].status == a->status) {
			doctor_say(d, DOCTOR_FAIL, what, cli_format(d->cli, "%ld: %s", a->status, rows[i].found),
				   rows[i].todo);
			return;
		}
	if (a->status == 0)
		doctor_say(d, DOCTOR_FAIL, what, a->reason, "the ports of this node, above");
	else
		doctor_say(d, DOCTOR_OK, what, cli_format(d->cli, "%ld through the edge in %ld ms", a->status, a->ms),
			   NULL);
}

/* The first address of that kind that the node listens on, as one can reach it. */
static bool doctor_zone__listen(const struct node_config *node, enum listen_kind kind, struct ip_port *ret)
{
	for (size_t i = 0; i < node->listens_n; i++) {
		const struct node_listen *l = &node->listens[i];
		static const uint8_t zero[16] = { 0 };
		if (l->kind != kind || l->at.port == 0)
			continue;
		*ret = l->at;
		if (memcmp(l->at.ip.b, zero, 16) == 0) {
			ret->ip.b[0] = l->at.ip.family == 4 ? 127 : 0;
			ret->ip.b[l->at.ip.family == 4 ? 3 : 15] = 1;
		}
		return true;
	}
	return false;
}

/* Over TLS: as a browser, and when that fails as one who trusts the node's own authority. */
static void doctor_zone__certificate(struct doctor *d, struct probe_question *q, struct probe_http *a)
{
	const char *what = cli_format(d->cli, "certificate of %s", q->host);
	const char *own = cli_format(d->cli, "%s/run/ca.pem", d->cli->node->data);

	if (a->untrusted && access(own, R_OK) == 0) {
		q->ca_file = own;
		probe_http_ask(d->cli, q, a);
		if (!a->untrusted)
			doctor_say(d, DOCTOR_NOTE, what, "is of the node's own authority, which browsers do not know",
				   "`seawall ca export` prints its root, for the trust stores of those who visit");
	}
	if (a->untrusted)
		doctor_say(d, DOCTOR_FAIL, what, a->reason,
			   "`seawall status` and the node's output say how its order stands");
	else if (a->days_left >= 0)
		doctor_say(d, a->days_left < 3 ? DOCTOR_WARN : DOCTOR_OK, what,
			   cli_format(d->cli, "ends in %ld days", a->days_left),
			   a->days_left < 3 ? "it should have been renewed; the node's output says why it was not"
					    : NULL);
}

static void doctor_zone__host(struct doctor *d, const char *host)
{
	static const enum listen_kind kinds[] = { LISTEN_HTTP, LISTEN_HTTPS };
	struct probe_http a;
	struct ip_port at;

	for (size_t k = 0; k < 2; k++) {
		struct probe_question q = { .at = &at, .host = host, .tls = kinds[k] == LISTEN_HTTPS };
		if (!doctor_zone__listen(d->cli->node, kinds[k], &at))
			continue;
		probe_http_ask(d->cli, &q, &a);
		if (q.tls)
			doctor_zone__certificate(d, &q, &a);
		if (!a.untrusted)
			doctor_zone__judge(d, cli_format(d->cli, "%s://%s", k ? "https" : "http", host), &a);
	}
}

static void doctor_zone__hosts(struct doctor *d, const char *path)
{
	json_t *records, *r, *seen = json_object();
	size_t i, n = 0;

	if (call_list(d->cli->call, cli_format(d->cli, "%s/dns_records?proxied=true&order=name", path), 500,
		      &records) != CLIENT_OK) {
		doctor_say(d, DOCTOR_FAIL, "records", "cannot be listed", "what was said above");
		json_decref(seen);
		return;
	}
	json_array_foreach(records, i, r)
	{
		const char *host = cli_member(d->cli, r, "name");
		if (host[0] == '*' || json_object_get(seen, host) || n == DOCTOR_ZONE__HOSTS_MAX)
			continue;
		json_object_set_new(seen, host, json_true());
		n++;
		if (d->cli->node && d->runs)
			doctor_zone__host(d, host);
	}
	if (json_array_size(records) == 0)
		doctor_say(d, DOCTOR_NOTE, "records", "no name is proxied: visitors do not pass this edge",
			   "seawall records set ZONE NAME --proxied");
	json_decref(records);
	json_decref(seen);
}

/* ---- SSL modes ---- */

/* The texts of a list, one a line of its own. */
static const char *doctor_zone__texts(struct doctor *d, const json_t *list)
{
	const char *text = "";
	json_t *each;
	size_t i;

	json_array_foreach(list, i, each)
	{
		const char *one = json_string_value(each);
		text = cli_format(d->cli, "%s%s%s", text, i ? "; " : "", cli_clean(d->cli, one ? one : ""));
	}
	return text;
}

static void doctor_zone__mode(struct doctor *d, const json_t *mode, const char *set, const char *better)
{
	const char *name = cli_member(d->cli, mode, "mode");
	const json_t *works = json_object_get(mode, "works"), *reasons = json_object_get(mode, "reasons");
	const json_t *notes = json_object_get(mode, "notes");
	bool ours = strcmp(name, set) == 0;
	const char *what = cli_format(d->cli, "ssl %s%s", name, ours ? " (set)" : "");

	if (!json_is_boolean(works))
		return;
	if (json_is_false(works))
		doctor_say(d, ours ? DOCTOR_FAIL : DOCTOR_NOTE, what,
			   cli_format(d->cli, "will not work: %s", doctor_zone__texts(d, reasons)),
			   ours && better[0] ? cli_format(d->cli, "set ssl to %s, or mend that at the origin", better)
					     : NULL);
	else if (json_array_size(notes))
		doctor_say(d, ours ? DOCTOR_WARN : DOCTOR_NOTE, what,
			   cli_format(d->cli, "works, but: %s", doctor_zone__texts(d, notes)), NULL);
	else
		doctor_say(d, DOCTOR_OK, what, "works", NULL);
}

static void doctor_zone__ssl(struct doctor *d, const char *zone, const char *path)
{
	json_t *found, *set, *each;
	size_t i;

	if (call_get(d->cli->call, cli_format(d->cli, "%s/settings/ssl", path), &set) != CLIENT_OK)
		return;
	if (call_get(d->cli->call, cli_format(d->cli, "/seawall%s/ssl/doctor", path), &found) != CLIENT_OK) {
		doctor_say(d, DOCTOR_WARN, "ssl", "the origins could not be looked at", "what was said above");
		json_decref(set);
		return;
	}
	json_array_foreach(json_object_get(found, "modes"), i, each)
		doctor_zone__mode(d, each, cli_member(d->cli, set, "value"), cli_member(d->cli, found, "recommended"));
	json_array_foreach(json_object_get(found, "loops"), i, each)
		doctor_say(d, DOCTOR_FAIL, cli_format(d->cli, "https://%s", cli_member(d->cli, each, "host")),
			   cli_format(d->cli, "a redirect loop was broken, ray %s", cli_member(d->cli, each, "ray")),
			   cli_member(d->cli, each, "cause"));
	json_decref(found);
	json_decref(set);
}

void doctor_zone(struct doctor *d, const char *zone)
{
	const char *path = cli_format(d->cli, "/zones/%s", cli_escape(d->cli, zone));
	json_t *z;

	if (call_get(d->cli->call, path, &z) != CLIENT_OK) {
		doctor_say(d, DOCTOR_FAIL, zone, "the API knows no such zone for this token", "seawall zones list");
		return;
	}
	const char *status = cli_member(d->cli, z, "status");
	bool active = strcmp(status, "active") == 0;
	doctor_say(d, active ? DOCTOR_OK : DOCTOR_WARN, zone, cli_format(d->cli, "is %s", status),
		   active ? NULL : cli_format(d->cli, "delegate it, then `seawall zones check %s`", zone));
	if (json_is_true(json_object_get(z, "paused")))
		doctor_say(d, DOCTOR_WARN, zone, "is paused: nothing is proxied",
			   cli_format(d->cli, "seawall zones resume %s", zone));
	doctor_zone__delegation(d, cli_member(d->cli, z, "name"), json_object_get(z, "name_servers"));
	json_decref(z);
	doctor_zone__ssl(d, zone, path);
	doctor_zone__hosts(d, path);
}
