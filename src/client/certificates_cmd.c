/* SPDX-License-Identifier: Apache-2.0 */
/* certificates_cmd: `seawall certificates`: those that the node has from authorities, and those that were uploaded. */
#include "client/columns.h"
#include "client/verbs.h"

enum { CERTIFICATES_CMD__PER_PAGE = 50, CERTIFICATES_CMD__FILE_BYTES = 65536 };

/* Both kinds of one zone, each in its list. */
struct certificates_cmd__lists {
	json_t *packs, *custom;
};

static void certificates_cmd__free(struct certificates_cmd__lists *l)
{
	json_decref(l->packs);
	json_decref(l->custom);
}

static int certificates_cmd__get(struct cli *c, struct certificates_cmd__lists *l)
{
	*l = (struct certificates_cmd__lists){ .packs = NULL };
	int status =
		call_list(c->call, cli_zone_path(c, "/ssl/certificate_packs"), CERTIFICATES_CMD__PER_PAGE, &l->packs);
	if (status == CLIENT_OK)
		status = call_list(c->call, cli_zone_path(c, "/custom_certificates"), CERTIFICATES_CMD__PER_PAGE,
				   &l->custom);
	if (status != CLIENT_OK)
		certificates_cmd__free(l);
	return status;
}

/* Of a pack, the certificate that it has; of an uploaded one, itself. */
static const json_t *certificates_cmd__inner(const json_t *v)
{
	const json_t *list = json_object_get(v, "certificates");

	return list ? json_array_get(list, 0) : v;
}

static const char *certificates_cmd__problem(struct cli *c, const json_t *v)
{
	return cli_member(c, json_array_get(json_object_get(v, "validation_errors"), 0), "message");
}

static void certificates_cmd__rows(struct cli *c, struct columns *t, const json_t *list)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		columns_add(t, cli_names(c, json_object_get(v, "hosts")));
		columns_add(t, cli_member(c, v, "type"));
		columns_add(t, cli_member(c, v, "status"));
		columns_add(t, cli_time(c, certificates_cmd__inner(v), "expires_on"));
		columns_add(t, certificates_cmd__problem(c, v));
		columns_add(t, cli_member(c, v, "id"));
	}
}

static int certificates_cmd__list(struct cli *c)
{
	static const char *const heads[] = { "NAMES", "TYPE", "STATUS", "EXPIRES", "PROBLEM", "ID" };
	struct certificates_cmd__lists l;
	struct columns t;
	int status = certificates_cmd__get(c, &l);

	if (status != CLIENT_OK)
		return status;
	if (c->json) {
		json_t *all = json_array();
		json_array_extend(all, l.custom);
		json_array_extend(all, l.packs);
		cli_print_json(all);
		json_decref(all);
	} else {
		columns_begin(&t, c, heads, 6, 4);
		certificates_cmd__rows(c, &t, l.custom);
		certificates_cmd__rows(c, &t, l.packs);
		columns_end(&t, "The zone has no certificate of an authority and none that was uploaded; its names are "
				"served with the node's own.");
	}
	certificates_cmd__free(&l);
	return CLIENT_OK;
}

static json_t *certificates_cmd__pick(const json_t *list, const char *id)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		const char *this = json_string_value(json_object_get(v, "id"));
		if (this && strcmp(this, id) == 0)
			return v;
	}
	return NULL;
}

static void certificates_cmd__page(struct cli *c, const json_t *v)
{
	const json_t *inner = certificates_cmd__inner(v);
	const char *problem = certificates_cmd__problem(c, v);

	columns_line("id", cli_member(c, v, "id"));
	columns_line("names", cli_names(c, json_object_get(v, "hosts")));
	columns_line("type", cli_member(c, v, "type"));
	columns_line("status", cli_member(c, v, "status"));
	columns_line("since", cli_time(c, inner, "uploaded_on"));
	columns_line("expires", cli_time(c, inner, "expires_on"));
	if (json_object_get(v, "issuer"))
		columns_line("issuer", cli_member(c, v, "issuer"));
	if (json_object_get(v, "priority"))
		columns_line("priority", cli_value(c, json_object_get(v, "priority")));
	if (json_object_get(v, "next_attempt_on"))
		columns_line("next order", cli_time(c, v, "next_attempt_on"));
	if (problem[0])
		columns_line("problem", problem);
}

static int certificates_cmd__show(struct cli *c)
{
	struct certificates_cmd__lists l;
	int status = certificates_cmd__get(c, &l);

	if (status != CLIENT_OK)
		return status;
	const json_t *v = certificates_cmd__pick(l.custom, cli_word(c, 1));
	if (!v)
		v = certificates_cmd__pick(l.packs, cli_word(c, 1));
	if (!v)
		status = cli_fail(c, "%s has no certificate of the id %s", cli_word(c, 0), cli_word(c, 1));
	else if (c->json)
		cli_print_json(v);
	else
		certificates_cmd__page(c, v);
	certificates_cmd__free(&l);
	return status;
}

static int certificates_cmd__order(struct cli *c)
{
	const char *path =
		cli_format(c, "%s/%s", cli_zone_path(c, "/ssl/certificate_packs"), cli_escape(c, cli_word(c, 1)));
	json_t *pack;
	int status = call_json(c->call, "PATCH", path, json_object(), &pack);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(pack);
	else
		cli_done(c, "ordered again: %s", cli_names(c, json_object_get(pack, "hosts")));
	json_decref(pack);
	return CLIENT_OK;
}

static int certificates_cmd__upload(struct cli *c)
{
	const char *method = cli_text(c, "--bundle-method"), *replaces = cli_text(c, "--replace");
	const char *path = cli_zone_path(c, "/custom_certificates");
	struct slice chain, key;
	json_t *made;
	int status = cli_read_file(c, cli_word(c, 1), CERTIFICATES_CMD__FILE_BYTES, &chain);

	if (status == CLIENT_OK)
		status = cli_read_file(c, cli_word(c, 2), CERTIFICATES_CMD__FILE_BYTES, &key);
	if (status != CLIENT_OK)
		return status;
	json_t *body = json_pack("{s:s%, s:s%}", "certificate", chain.p, chain.n, "private_key", key.p, key.n);
	if (!body)
		return cli_fail(c, "the files are not text");
	if (method)
		json_object_set_new(body, "bundle_method", json_string(method));
	if (replaces)
		path = cli_format(c, "%s/%s", path, cli_escape(c, replaces));
	status = call_json(c->call, replaces ? "PATCH" : "POST", path, body, &made);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(made);
	else
		cli_done(c, "uploaded: %s for %s", cli_member(c, made, "id"),
			 cli_names(c, json_object_get(made, "hosts")));
	json_decref(made);
	return CLIENT_OK;
}

static int certificates_cmd__delete(struct cli *c)
{
	const char *path =
		cli_format(c, "%s/%s", cli_zone_path(c, "/custom_certificates"), cli_escape(c, cli_word(c, 1)));
	json_t *gone;
	int status = call_send(c->call, "DELETE", path, NULL, &gone);

	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(gone);
	else
		cli_done(c, "deleted: %s", cli_word(c, 1));
	json_decref(gone);
	return CLIENT_OK;
}

static const struct verb_option certificates_cmd__upload_options[] = {
	{ "--bundle-method", VERB_TEXT, "METHOD", "force: also one that is self-signed", "ubiquitous optimal force" },
	{ "--replace", VERB_TEXT, "ID", "in place of an uploaded one, which keeps its id and priority", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb certificates_cmd__verbs[] = {
	{ "list", "ZONE", "list what is there or on order", NULL, NULL, "seawall certificates list example.com",
	  certificates_cmd__list, false },
	{ "show", "ZONE ID", "show one, with what went wrong", NULL, NULL, NULL, certificates_cmd__show, false },
	{ "order", "ZONE ID", "order one again at its authority, at once", NULL, NULL, NULL, certificates_cmd__order,
	  false },
	{ "upload", "ZONE CHAIN-FILE KEY-FILE", "bring one of your own, which is shown before all others",
	  certificates_cmd__upload_options,
	  "CHAIN-FILE holds the certificate in PEM with those that issued it behind it; KEY-FILE its private key\n"
	  "without a passphrase, or one of the two is - for standard input.",
	  "seawall certificates upload example.com fullchain.pem privkey.pem", certificates_cmd__upload, false },
	{ "delete", "ZONE ID", "delete one that was uploaded", NULL, NULL, NULL, certificates_cmd__delete, false },
	{ 0 },
};

const struct verb_noun certificates_cmd = { "certificates", "certificates of a zone", NULL, certificates_cmd__verbs };
