/* SPDX-License-Identifier: Apache-2.0 */
/* records_cmd: `seawall records`. */

#include "client/columns.h"
#include "client/records_extra.h"
#include "client/verbs.h"

enum { RECORDS_CMD__FILE_BYTES_MAX = 64 << 20, RECORDS_CMD__PER_PAGE = 1000 };

#define RECORDS_CMD__TYPES                                                                                             \
	"A AAAA CAA CERT CNAME DNSKEY DS HTTPS LOC MX NAPTR NS OPENPGPKEY PTR SMIMEA SRV SSHFP SVCB TLSA TXT URI"

/* ---- naming a record ---- */

static bool records_cmd__is_id(const char *word)
{
	size_t n = strspn(word, "0123456789abcdef");

	return n == 32 && word[n] == '\0';
}

/* The whole name of what people type: "@", "www", "www.example.com", with or without the last dot. */
static const char *records_cmd__name(struct cli *c, const char *typed)
{
	struct slice zone = slice_str(cli_word(c, 0)), name = slice_str(typed);

	if (zone.n > 1 && zone.p[zone.n - 1] == '.')
		zone.n--;
	bool absolute = name.n > 1 && name.p[name.n - 1] == '.';
	if (absolute)
		name.n--;
	bool inside = slice_eq_nocase(name, zone) || (name.n > zone.n && name.p[name.n - zone.n - 1] == '.' &&
						      slice_eq_nocase(slice_from(name, name.n - zone.n), zone));
	if (slice_eq(name, SLICE("@")))
		name = zone;
	else if (!absolute && !inside && !records_cmd__is_id(cli_word(c, 0)))
		return cli_format(c, "%.*s.%.*s", SLICE_ARG(name), SLICE_ARG(zone));
	return cli_format(c, "%.*s", SLICE_ARG(name));
}

/* "10 mail.example.net": of MX, SRV and URI the priority stands beside the content. */
static const char *records_cmd__content(struct cli *c, const json_t *r)
{
	const json_t *priority = json_object_get(r, "priority");
	const char *content = cli_member(c, r, "content"), *type = cli_member(c, r, "type");
	bool apart = strcmp(type, "MX") == 0 || strcmp(type, "SRV") == 0 || strcmp(type, "URI") == 0;

	return apart && json_is_integer(priority)
		       ? cli_format(c, "%lld %s", (long long)json_integer_value(priority), content)
		       : content;
}

static void records_cmd__table(struct cli *c, const json_t *list, bool ids, const char *nothing)
{
	static const char *const heads[] = { "NAME", "TYPE", "CONTENT", "TTL", "PROXY", "COMMENT", "ID" };
	struct columns t;
	json_t *r;
	size_t i;

	columns_begin(&t, c, heads, ids ? 7 : 6, 2);
	json_array_foreach(list, i, r)
	{
		const json_t *ttl = json_object_get(r, "ttl");
		columns_add(&t, cli_member(c, r, "name"));
		columns_add(&t, cli_member(c, r, "type"));
		columns_add(&t, records_cmd__content(c, r));
		columns_add(&t, json_integer_value(ttl) == 1 ? "auto" : cli_value(c, ttl));
		columns_add(&t, json_is_true(json_object_get(r, "proxied")) ? "proxied" : "DNS only");
		columns_add(&t, cli_member(c, r, "comment"));
		if (ids)
			columns_add(&t, cli_member(c, r, "id"));
	}
	columns_end(&t, nothing);
}

/* The id of the record that the second word names: an id, NAME or NAME/TYPE, narrowed by --type and --content. */
static int records_cmd__find(struct cli *c, const char **ret_id)
{
	const char *word = cli_word(c, 1), *type = cli_text(c, "--type"), *content = cli_text(c, "--match");
	struct slice rest = slice_str(word), name = slice_split(&rest, '/');
	json_t *list;

	*ret_id = word;
	if (records_cmd__is_id(word))
		return CLIENT_OK;
	if (rest.p)
		type = rest.p;
	const char *full = records_cmd__name(c, cli_format(c, "%.*s", SLICE_ARG(name)));
	const char *path = cli_format(c, "%s?name=%s", cli_zone_path(c, "/dns_records"), cli_escape(c, full));
	if (type)
		path = cli_format(c, "%s&type=%s", path, cli_escape(c, type));
	if (content)
		path = cli_format(c, "%s&content=%s", path, cli_escape(c, content));
	int status = call_list(c->call, path, RECORDS_CMD__PER_PAGE, &list);
	if (status != CLIENT_OK)
		return status;
	size_t n = json_array_size(list);
	if (n == 1) {
		*ret_id = cli_member(c, json_array_get(list, 0), "id");
	} else if (n == 0) {
		status =
			cli_fail(c, "%s has no %s%srecord %s", cli_word(c, 0), type ? type : "", type ? " " : "", full);
	} else {
		status = cli_misuse(c, "\"%s\" fits %zu records; name one by NAME/TYPE, --match CONTENT or its id",
				    word, n);
		records_cmd__table(c, list, true, "");
	}
	json_decref(list);
	return status;
}

static const char *records_cmd__one_path(struct cli *c, const char *id)
{
	return cli_format(c, "%s/%s", cli_zone_path(c, "/dns_records"), cli_escape(c, id));
}

/* ---- reading ---- */

static const char *records_cmd__list_path(struct cli *c)
{
	static const char *const filters[][2] = {
		{ "--type", "type" }, { "--content", "content" }, { "--search", "search" }, { "--tag", "tag" }
	};
	const char *path = cli_format(c, "%s?order=name", cli_zone_path(c, "/dns_records")),
		   *name = cli_text(c, "--name");

	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
		const char *value = cli_text(c, filters[i][0]);
		if (value)
			path = cli_format(c, "%s&%s=%s", path, filters[i][1], cli_escape(c, value));
	}
	if (name)
		path = cli_format(c, "%s&name=%s", path, cli_escape(c, records_cmd__name(c, name)));
	if (cli_flag(c, "--proxied") || cli_flag(c, "--dns-only"))
		path = cli_format(c, "%s&proxied=%s", path, cli_flag(c, "--proxied") ? "true" : "false");
	return path;
}

static int records_cmd__list(struct cli *c)
{
	json_t *list;
	int status = call_list(c->call, records_cmd__list_path(c), RECORDS_CMD__PER_PAGE, &list);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(list);
	else
		records_cmd__table(c, list, cli_flag(c, "--ids"),
				   c->given_n ? "No record fits."
					      : "The zone has no records yet; `seawall records add --help`.");
	json_decref(list);
	return CLIENT_OK;
}

static int records_cmd__show(struct cli *c)
{
	const char *id;
	json_t *record, *value;
	const char *name;
	int status = records_cmd__find(c, &id);

	if (status == CLIENT_OK)
		status = call_get(c->call, records_cmd__one_path(c, id), &record);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(record);
	else
		json_object_foreach(record, name, value) columns_line(cli_clean(c, name), cli_value(c, value));
	json_decref(record);
	return CLIENT_OK;
}

/* ---- writing ---- */

/* Prints what the API made of a record, and drops it. */
static int records_cmd__print(struct cli *c, int status, json_t *record, const char *what)
{
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(record);
	else
		cli_done(c, "%s: %s %s %s%s", what, cli_member(c, record, "name"), cli_member(c, record, "type"),
			 cli_member(c, record, "content"),
			 json_is_true(json_object_get(record, "proxied")) ? ", proxied" : "");
	json_decref(record);
	return CLIENT_OK;
}

static void records_cmd__tags(const struct cli *c, json_t *body)
{
	json_t *tags = json_array();
	const char *tag;

	for (size_t at = 0; (tag = cli_next(c, "--tag", &at));)
		json_array_append_new(tags, json_string(tag));
	if (json_array_size(tags))
		json_object_set(body, "tags", tags);
	json_decref(tags);
}

/* Puts the options that records share into the body. */
static int records_cmd__options(struct cli *c, json_t *body)
{
	const char *ttl = cli_text(c, "--ttl"), *priority = cli_text(c, "--priority"),
		   *comment = cli_text(c, "--comment");
	json_int_t n;

	if (ttl && strcmp(ttl, "auto") != 0 && !cli_number(ttl, 1, INT32_MAX, &n))
		return cli_misuse(c, "--ttl %s: seconds, or auto", ttl);
	if (ttl)
		json_object_set_new(body, "ttl", json_integer(strcmp(ttl, "auto") == 0 ? 1 : n));
	if (priority && !cli_number(priority, 0, UINT16_MAX, &n))
		return cli_misuse(c, "--priority %s: a number from 0 to 65535", priority);
	if (priority)
		json_object_set_new(body, "priority", json_integer(n));
	if (cli_flag(c, "--proxied") && cli_flag(c, "--dns-only"))
		return cli_misuse(c, "--proxied or --dns-only, not both");
	if (cli_flag(c, "--proxied") || cli_flag(c, "--dns-only"))
		json_object_set_new(body, "proxied", json_boolean(cli_flag(c, "--proxied")));
	if (comment)
		json_object_set_new(body, "comment", json_string(comment));
	records_cmd__tags(c, body);
	return CLIENT_OK;
}

/* "10 mail.example.net" of an MX: the number is the API's priority. */
static void records_cmd__priority(struct cli *c, const char *type, const char **content, json_t *body)
{
	struct slice rest = slice_str(*content), first = slice_split(&rest, ' ');
	bool has = strcasecmp(type, "MX") == 0 || strcasecmp(type, "SRV") == 0 || strcasecmp(type, "URI") == 0;
	uint64_t n;
	size_t fields = 1;

	for (const char *p = *content; *p; p++)
		fields += *p == ' ';
	if (!has || !rest.p || !slice_u64(first, &n) || n > UINT16_MAX ||
	    fields != (strcasecmp(type, "MX") == 0    ? 2U
		       : strcasecmp(type, "SRV") == 0 ? 4U
						      : 3U))
		return;
	json_object_set_new(body, "priority", json_integer((json_int_t)n));
	*content = cli_format(c, "%.*s", SLICE_ARG(rest));
}

static int records_cmd__add(struct cli *c)
{
	const char *type = cli_word(c, 1), *content = cli_word(c, 3);
	json_t *body = json_object(), *record;

	for (size_t i = 4; i < c->words_n; i++)
		content = cli_format(c, "%s %s", content, cli_word(c, i));
	records_cmd__priority(c, type, &content, body);
	json_object_set_new(body, "type", json_string(type));
	json_object_set_new(body, "name", json_string(records_cmd__name(c, cli_word(c, 2))));
	json_object_set_new(body, "content", json_string(content));
	int status = records_cmd__options(c, body);
	if (status != CLIENT_OK) {
		json_decref(body);
		return status;
	}
	status = call_json(c->call, "POST", cli_zone_path(c, "/dns_records"), body, &record);
	return records_cmd__print(c, status, record, "added");
}

static int records_cmd__set(struct cli *c)
{
	const char *id, *content = cli_text(c, "--content"), *name = cli_text(c, "--name");
	json_t *body = json_object(), *record;
	int status = records_cmd__options(c, body);

	if (content)
		json_object_set_new(body, "content", json_string(content));
	if (name)
		json_object_set_new(body, "name", json_string(records_cmd__name(c, name)));
	if (status == CLIENT_OK && json_object_size(body) == 0)
		status = cli_misuse(c, "nothing to change; give --content, --ttl, --proxied …");
	if (status == CLIENT_OK)
		status = records_cmd__find(c, &id);
	if (status != CLIENT_OK) {
		json_decref(body);
		return status;
	}
	status = call_json(c->call, "PATCH", records_cmd__one_path(c, id), body, &record);
	return records_cmd__print(c, status, record, "changed");
}

static int records_cmd__delete(struct cli *c)
{
	const char *id;
	json_t *gone;
	int status = records_cmd__find(c, &id);

	if (status == CLIENT_OK)
		status = call_send(c->call, "DELETE", records_cmd__one_path(c, id), NULL, &gone);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(gone);
	else
		cli_done(c, "deleted: %s", cli_word(c, 1));
	json_decref(gone);
	return CLIENT_OK;
}

/* ---- zone files ---- */

static int records_cmd__import(struct cli *c)
{
	static const char boundary[] = "seawall-zone-file-e8f1b7";
	struct slice text;
	json_t *answer;
	const char *file = cli_word(c, 1), *from = cli_text(c, "--from");

	if (!file == !from)
		return cli_misuse(c, "give a FILE, or --from SERVER to fetch the zone by transfer");
	int status =
		file ? cli_read_file(c, file, RECORDS_CMD__FILE_BYTES_MAX, &text) : records_transfer_read(c, &text);
	if (status != CLIENT_OK)
		return status;
	if (slice_contains(text, slice_str(boundary)))
		return cli_fail(c, "%s contains the text %s, which this command needs for itself", file ? file : from,
				boundary);
	const char *body = cli_format(c,
				      "--%s\r\nContent-Disposition: form-data; name=\"proxied\"\r\n\r\n%s\r\n"
				      "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"zone.txt\"\r\n"
				      "Content-Type: text/plain\r\n\r\n",
				      boundary, cli_flag(c, "--proxied") ? "true" : "false", boundary);
	struct buf b;
	buf_init(&b, (size_t)RECORDS_CMD__FILE_BYTES_MAX * 2);
	buf_add(&b, slice_str(body));
	buf_add(&b, text);
	buf_printf(&b, "\r\n--%s--\r\n", boundary);
	struct call_body send = { .raw = buf_slice(&b),
				  .raw_type = cli_format(c, "multipart/form-data; boundary=%s", boundary) };
	status = call_send(c->call, "POST", cli_zone_path(c, "/dns_records/import"), &send, &answer);
	buf_fini(&b);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(answer);
	else
		cli_done(c, "%s of %s records added", cli_value(c, json_object_get(answer, "recs_added")),
			 cli_value(c, json_object_get(answer, "total_records_parsed")));
	json_decref(answer);
	return CLIENT_OK;
}

static int records_cmd__export(struct cli *c)
{
	json_t *text;
	int status = call_get(c->call, cli_zone_path(c, "/dns_records/export"), &text);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(text);
	else
		fwrite(json_string_value(text), 1, json_string_length(text), stdout);
	json_decref(text);
	return CLIENT_OK;
}

/* ---- the table ---- */

#define RECORDS_CMD__SHARED                                                                                            \
	{ "--ttl", VERB_TEXT, "SECONDS", "how long resolvers may keep it; auto is 300", "auto 60 300 3600 86400" },    \
		{ "--priority", VERB_TEXT, "N", "of MX, SRV and URI", NULL },                                          \
		{ "--proxied", VERB_FLAG, NULL, "visitors reach the edge (A, AAAA, CNAME)", NULL },                    \
		{ "--dns-only", VERB_FLAG, NULL, "the name answers as written", NULL },                                \
		{ "--comment", VERB_TEXT, "TEXT", "a note for people", NULL },                                         \
	{                                                                                                              \
		"--tag", VERB_LIST, "NAME:VALUE", "a tag", NULL                                                        \
	}

static const struct verb_option records_cmd__list_options[] = {
	{ "--type", VERB_TEXT, "TYPE", "only that type", RECORDS_CMD__TYPES },
	{ "--name", VERB_TEXT, "NAME", "only that name: www, @, www.example.com", NULL },
	{ "--content", VERB_TEXT, "TEXT", "only that content", NULL },
	{ "--search", VERB_TEXT, "TEXT", "only where it stands in name, content, comment or tags", NULL },
	{ "--tag", VERB_TEXT, "NAME:VALUE", "only with that tag", NULL },
	{ "--proxied", VERB_FLAG, NULL, "only proxied ones", NULL },
	{ "--dns-only", VERB_FLAG, NULL, "only the others", NULL },
	{ "--ids", VERB_FLAG, NULL, "with the ids", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option records_cmd__pick_options[] = {
	{ "--type", VERB_TEXT, "TYPE", "which of several records of the name", RECORDS_CMD__TYPES },
	{ "--match", VERB_TEXT, "CONTENT", "which of several, by its content", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option records_cmd__add_options[] = {
	RECORDS_CMD__SHARED,
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option records_cmd__set_options[] = {
	{ "--content", VERB_TEXT, "TEXT", "the new content", NULL },
	{ "--name", VERB_TEXT, "NAME", "the new name", NULL },
	RECORDS_CMD__SHARED,
	{ "--type", VERB_TEXT, "TYPE", "which of several records of the name", RECORDS_CMD__TYPES },
	{ "--match", VERB_TEXT, "CONTENT", "which of several, by its content", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option records_cmd__import_options[] = {
	{ "--proxied", VERB_FLAG, NULL, "proxy the A, AAAA and CNAME records of the file that do not say cf-proxied",
	  NULL },
	{ "--from", VERB_TEXT, "SERVER", "fetch the zone from that name server (AXFR) instead of a file", NULL },
	{ "--tsig-file", VERB_TEXT, "FILE", "sign the transfer: a line NAME SECRET, or a key clause", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option records_cmd__compare_options[] = {
	{ "--with", VERB_TEXT, "SERVER", "the other name server: an address or a name, with :port if not 53", NULL },
	{ "--here", VERB_TEXT, "SERVER", "where this node answers, if not on this machine", NULL },
	{ "--transfer", VERB_FLAG, NULL, "also compare names that only the other server has (it must allow AXFR)",
	  NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb records_cmd__verbs[] = {
	{ "list", "ZONE", "list the records of a zone", records_cmd__list_options, NULL,
	  "seawall records list example.com\nseawall records list example.com --type MX\n"
	  "seawall records list example.com --name www --json",
	  records_cmd__list, false },
	{ "show", "ZONE RECORD", "show one record", records_cmd__pick_options,
	  "RECORD is an id, a name, or NAME/TYPE when a name has several.",
	  "seawall records show example.com www\nseawall records show example.com @/MX", records_cmd__show, false },
	{ "add", "ZONE TYPE NAME CONTENT…", "add a record", records_cmd__add_options,
	  "NAME is relative to the zone unless it ends with it; @ is the zone itself. Names in CONTENT are whole "
	  "names.",
	  "seawall records add example.com A www 192.0.2.10 --proxied\n"
	  "seawall records add example.com MX @ 10 mail.example.com\n"
	  "seawall records add example.com TXT _dmarc 'v=DMARC1; p=none' --ttl 3600\n"
	  "seawall records add example.com CNAME blog myapp.example.net --comment 'the blog'",
	  records_cmd__add, false },
	{ "set", "ZONE RECORD", "change a record", records_cmd__set_options, "RECORD is an id, a name, or NAME/TYPE.",
	  "seawall records set example.com www --content 192.0.2.11\nseawall records set example.com www --dns-only",
	  records_cmd__set, false },
	{ "delete", "ZONE RECORD", "remove a record", records_cmd__pick_options,
	  "RECORD is an id, a name, or NAME/TYPE.",
	  "seawall records delete example.com old-name\nseawall records delete example.com @/TXT --match 'some text'",
	  records_cmd__delete, false },
	{ "import", "ZONE [FILE]", "add the records of a zone file (BIND form), or of another name server",
	  records_cmd__import_options,
	  "All of the file or nothing. Names without a final dot are relative to $ORIGIN. FILE - is the standard "
	  "input. With --from the old server hands the zone over itself, if it allows that.",
	  "seawall records import example.com old.zone\n"
	  "seawall records import example.com --from ns.old.example --tsig-file old.key",
	  records_cmd__import, false },
	{ "compare", "ZONE", "ask this node and another name server the same questions", records_cmd__compare_options,
	  "The rehearsal before the name servers of a zone are changed: every name of the zone, every common type. "
	  "Differences that are meant (proxied names, the zone's own name servers) are marked; the exit status is 1 "
	  "when there are others.",
	  "seawall records compare example.com --with ns.old.example\n"
	  "seawall records compare example.com --with 192.0.2.53 --transfer",
	  records_compare_run, false },
	{ "export", "ZONE", "print the records as a zone file", NULL, NULL,
	  "seawall records export example.com > example.com.zone", records_cmd__export, false },
	{ 0 },
};

const struct verb_noun records_cmd = { "records", "the DNS records of a zone", NULL, records_cmd__verbs };
