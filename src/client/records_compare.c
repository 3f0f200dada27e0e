/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records_compare: `seawall records compare ZONE --with SERVER`, the rehearsal before the name servers of a zone are
 * changed: every name of the zone, every common type, asked at this node and at the other server; what differs is
 * shown. Names that only the other server has are found when it allows a transfer.
 */
#include "base/ip.h"
#include "base/map.h"
#include "base/mem.h"
#include "client/columns.h"
#include "client/records_extra.h"
#include "client/talk.h"
#include "client/target.h"
#include "wire/dns_type.h"

#include <stdlib.h>

enum { RECORDS_COMPARE__NAMES_MAX = 100000, RECORDS_COMPARE__PER_PAGE = 1000, RECORDS_COMPARE__SHOWN = 4 };

/* A name to ask for. */
struct records_compare__name {
	struct dns_name name; /* in lower case: the key of `seen` */
	bool proxied;         /* answers with the edge's addresses on purpose */
};

struct records_compare {
	struct cli *c;
	struct dns_name zone;
	struct talk *ours, *theirs;
	const char *ours_text, *theirs_text;
	struct records_compare__name **names; /* in the order found */
	size_t names_n;
	struct map seen;
	json_t *differences;
	size_t asked;
};

/* ---- which names ---- */

static void records_compare__add(struct records_compare *r, const struct dns_name *name, bool proxied)
{
	struct dns_name lower = *name;

	dns_name_lower(&lower);
	struct records_compare__name *n = map_get(&r->seen, dns_name_wire(&lower));
	if (!n && r->names_n == RECORDS_COMPARE__NAMES_MAX)
		return;
	if (!n) {
		n = mem_alloc(sizeof *n);
		n->name = lower;
		map_put(&r->seen, dns_name_wire(&n->name), n);
		r->names[r->names_n++] = n;
	}
	n->proxied |= proxied;
}

static int records_compare__from_api(struct records_compare *r)
{
	json_t *list, *each;
	size_t i;
	int status = call_list(r->c->call, cli_format(r->c, "%s?order=name", cli_zone_path(r->c, "/dns_records")),
			       RECORDS_COMPARE__PER_PAGE, &list);

	if (status != CLIENT_OK)
		return status;
	json_array_foreach(list, i, each)
	{
		struct dns_name name;
		const char *text = json_string_value(json_object_get(each, "name"));
		if (text && dns_name_parse(slice_str(text), &dns_name_root, &name) == OK)
			records_compare__add(r, &name, json_is_true(json_object_get(each, "proxied")));
	}
	json_decref(list);
	return CLIENT_OK;
}

/* Owner names of a transferred zone, one a line: they stand in front, absolute. */
static void records_compare__from_text(struct records_compare *r, struct slice text)
{
	while (text.p) {
		struct slice line = slice_split(&text, '\n'), owner = slice_split(&line, ' ');
		struct dns_name name;
		if (owner.n && dns_name_parse(owner, &dns_name_root, &name) == OK)
			records_compare__add(r, &name, false);
	}
}

/* ---- comparing ---- */

static json_t *records_compare__side(const struct talk_rrset *s)
{
	json_t *data = json_array();

	for (size_t i = 0; i < s->data_n; i++)
		json_array_append_new(data, json_string(s->data[i]));
	json_t *side = json_pack("{s:i,s:o,s:i}", "rcode", (int)s->rcode, "records", data, "ttl", (int)s->ttl);
	if (s->alias)
		json_object_set_new(side, "alias", json_string(s->alias));
	return side;
}

static bool records_compare__same_data(const struct talk_rrset *a, const struct talk_rrset *b)
{
	if (a->data_n != b->data_n)
		return false;
	for (size_t i = 0; i < a->data_n; i++)
		if (strcmp(a->data[i], b->data[i]) != 0)
			return false;
	return true;
}

/* Why two answers that differ do so on purpose; NULL: they should not. */
static const char *records_compare__meant(const struct records_compare *r, const struct records_compare__name *n,
					  uint16_t type, const struct talk_rrset *ours)
{
	bool apex = dns_name_eq(&n->name, &r->zone);
	bool address = type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_HTTPS || type == DNS_TYPE_CNAME;

	if (n->proxied && address)
		return "proxied: the edge's addresses";
	if (apex && (type == DNS_TYPE_NS || type == DNS_TYPE_SOA))
		return "name servers of this node";
	return NULL;
}

static void records_compare__judge(struct records_compare *r, const struct records_compare__name *n, uint16_t type,
				   const struct talk_rrset *ours, const struct talk_rrset *theirs)
{
	const char *a = ours->alias ? ours->alias : "", *b = theirs->alias ? theirs->alias : "";
	char name[DNS_NAME_TEXT_BYTES + 1], type_text[DNS_TYPE_TEXT_BYTES + 1];

	/* NODATA and NXDOMAIN differ where names exist in one place only; their records show that, rcodes alone do not
	 * matter to anybody who asks for data. */
	bool failed = theirs->rcode != ours->rcode && (theirs->rcode == 2 || theirs->rcode == 5 || ours->rcode == 2);
	if (records_compare__same_data(ours, theirs) && strcmp(a, b) == 0 && !failed)
		return;
	struct text t = text_of(name, sizeof name - 1), tt = text_of(type_text, sizeof type_text - 1);
	dns_name_print_bare(&n->name, &t);
	dns_type_print(type, &tt);
	name[t.n] = type_text[tt.n] = '\0';
	const char *meant = records_compare__meant(r, n, type, ours);
	json_array_append_new(r->differences, json_pack("{s:s,s:s,s:o,s:o,s:s*}", "name", name, "type", type_text,
							"ours", records_compare__side(ours), "theirs",
							records_compare__side(theirs), "meant", meant));
}

static int records_compare__name(struct records_compare *r, const struct records_compare__name *n)
{
	static const uint16_t types[] = { DNS_TYPE_A,     DNS_TYPE_AAAA, DNS_TYPE_CNAME, DNS_TYPE_MX,
					  DNS_TYPE_TXT,   DNS_TYPE_NS,   DNS_TYPE_SRV,   DNS_TYPE_CAA,
					  DNS_TYPE_HTTPS, DNS_TYPE_TLSA, DNS_TYPE_DS,    DNS_TYPE_PTR };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct talk_rrset ours, theirs;
		int status = talk_ask(r->ours, &n->name, types[i], &ours);
		if (status == CLIENT_OK)
			status = talk_ask(r->theirs, &n->name, types[i], &theirs);
		if (status != CLIENT_OK)
			return status;
		r->asked++;
		records_compare__judge(r, n, types[i], &ours, &theirs);
	}
	return CLIENT_OK;
}

/* ---- showing ---- */

static const char *records_compare__cell(struct cli *c, const json_t *side)
{
	const json_t *list = json_object_get(side, "records"), *alias = json_object_get(side, "alias");
	const char *text = "";
	size_t n = json_array_size(list);

	if (alias)
		return cli_format(c, "CNAME %s", cli_value(c, alias));
	if (n == 0)
		return json_integer_value(json_object_get(side, "rcode")) == 3 ? "no such name" : "nothing";
	for (size_t i = 0; i < n && i < RECORDS_COMPARE__SHOWN; i++)
		text = cli_format(c, "%s%s%s", text, i ? ", " : "", cli_value(c, json_array_get(list, i)));
	return n > RECORDS_COMPARE__SHOWN ? cli_format(c, "%s … (%zu)", text, n) : text;
}

static void records_compare__table(struct records_compare *r)
{
	static const char *const heads[] = { "NAME", "TYPE", "HERE", "THERE", "" };
	struct columns t;
	size_t i;
	json_t *d;

	columns_begin(&t, r->c, heads, 5, 3);
	json_array_foreach(r->differences, i, d)
	{
		columns_add(&t, cli_member(r->c, d, "name"));
		columns_add(&t, cli_member(r->c, d, "type"));
		columns_add(&t, records_compare__cell(r->c, json_object_get(d, "ours")));
		columns_add(&t, records_compare__cell(r->c, json_object_get(d, "theirs")));
		columns_add(&t, cli_member(r->c, d, "meant"));
	}
	columns_end(&t, "No difference.");
}

/* Prints; returns how many differences are not meant. */
static size_t records_compare__show(struct records_compare *r)
{
	size_t i, unmeant = 0;
	json_t *d;

	json_array_foreach(r->differences, i, d) unmeant += !json_object_get(d, "meant");
	if (r->c->json) {
		cli_print_json(r->differences);
		return unmeant;
	}
	records_compare__table(r);
	printf("%zu names, %zu questions; %zu differences, %zu of them not meant\n", r->names_n, r->asked,
	       json_array_size(r->differences), unmeant);
	return unmeant;
}

/* ---- the run ---- */

int records_extra_zone_name(struct cli *c, struct dns_name *ret)
{
	const char *name = cli_word(c, 0);
	json_t *zone = NULL;
	int status = CLIENT_OK;
	bool ascii = true;

	if (!strchr(name, '.')) { /* an id */
		status = call_get(c->call, cli_zone_path(c, ""), &zone);
		name = status == CLIENT_OK ? cli_member(c, zone, "name") : "";
		json_decref(zone);
	}
	for (const char *p = name; *p; p++)
		ascii &= (unsigned char)*p < 0x80;
	if (status != CLIENT_OK)
		return status;
	if (!ascii || dns_name_parse(slice_str(name), &dns_name_root, ret) != OK)
		return cli_misuse(c, "give the zone by its name in ASCII (xn--…)");
	return CLIENT_OK;
}

/* Where this node answers: --here, else what it says of itself. */
static int records_compare__here(struct records_compare *r, struct ip_port *ret)
{
	const char *here = cli_text(r->c, "--here"), *why;

	if (!here) {
		int status = target_node(r->c);
		if (status != CLIENT_OK)
			return status;
		here = target_listen_at(r->c, "dns", &why);
		if (!here)
			return cli_fail(r->c, "%s; --here SERVER says where this node's name server is", why);
	}
	return talk_server(r->c, here, ret, &r->ours_text);
}

static int records_compare__open(struct records_compare *r)
{
	struct ip_port ours, theirs;
	int status = records_extra_zone_name(r->c, &r->zone);

	if (status == CLIENT_OK)
		status = talk_server(r->c, cli_text(r->c, "--with"), &theirs, &r->theirs_text);
	if (status == CLIENT_OK)
		status = records_compare__here(r, &ours);
	if (status != CLIENT_OK)
		return status;
	r->ours = talk_open(r->c, &ours, r->ours_text, NULL);
	r->theirs = r->ours ? talk_open(r->c, &theirs, r->theirs_text, NULL) : NULL;
	return r->theirs ? CLIENT_OK : CLIENT_FAILED;
}

/* All names: the apex, those of the API, and those of a transfer when --transfer asks for one. */
static int records_compare__names(struct records_compare *r)
{
	size_t n;

	records_compare__add(r, &r->zone, false);
	int status = records_compare__from_api(r);
	if (status != CLIENT_OK || !cli_flag(r->c, "--transfer"))
		return status;
	struct buf text;
	buf_init(&text, TALK_ZONE_BYTES_MAX);
	status = talk_transfer(r->theirs, &r->zone, &text, &n);
	if (status == CLIENT_OK)
		records_compare__from_text(r, buf_slice(&text));
	buf_fini(&text);
	return status;
}

int records_compare_run(struct cli *c)
{
	struct records_compare r = { .c = c, .differences = json_array() };

	if (!cli_text(c, "--with"))
		return cli_misuse(c, "--with SERVER: which name server to compare with, e.g. the one of today");
	map_init(&r.seen);
	r.names = mem_alloc_array(RECORDS_COMPARE__NAMES_MAX, sizeof *r.names);
	int status = records_compare__open(&r);
	if (status == CLIENT_OK)
		status = records_compare__names(&r);
	for (size_t i = 0; i < r.names_n && status == CLIENT_OK; i++)
		status = records_compare__name(&r, r.names[i]);
	if (status == CLIENT_OK && records_compare__show(&r) > 0)
		status = CLIENT_FAILED;
	talk_close(r.ours);
	talk_close(r.theirs);
	json_decref(r.differences);
	for (size_t i = 0; i < r.names_n; i++)
		mem_free(r.names[i]);
	map_fini(&r.seen);
	mem_free(r.names);
	return status;
}
