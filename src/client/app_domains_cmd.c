/* SPDX-License-Identifier: Apache-2.0 */
/* app_domains_cmd: `seawall domains`, domains-add, domains-remove, domains-ssl, and the canonical domain. */
#include "client/app_call.h"
#include "client/box.h"
#include "client/verbs.h"

enum { APP_DOMAINS__FILE_MAX = 1 << 20 };

/* ---- the table ---- */

static const char *app_domains_cmd__tls(struct cli *c, const json_t *d)
{
	bool automatic = json_is_true(json_object_get(d, "letsencrypt"));

	if (json_is_true(json_object_get(d, "letsencrypt_enabled")) && automatic)
		return "Let's Encrypt";
	if (!json_is_true(json_object_get(d, "ssl")) || automatic)
		return "-";
	const char *until = cli_member(c, d, "validity");
	return strlen(until) < 19 ? "-" : cli_format(c, "Valid until %.10s %.8s +0000 UTC", until, until + 11);
}

static const char *app_domains_cmd__status(struct cli *c, const json_t *d)
{
	const char *status = cli_member(c, d, "letsencrypt_status");

	if (!json_is_true(json_object_get(d, "letsencrypt_enabled")))
		return "Disabled";
	if (strcmp(status, "pending_dns") == 0)
		return "Pending DNS";
	if (strcmp(status, "new") == 0)
		return "Creating";
	if (strcmp(status, "dns_required") == 0)
		return "DNS required";
	if (strcmp(status, "error") == 0)
		return "Error";
	if (strcmp(status, "created") != 0)
		return status;
	return json_is_true(json_object_get(d, "letsencrypt")) ? "Created" : "Created, Not in use";
}

static bool app_domains_cmd__manual(struct cli *c, const json_t *d)
{
	return strcmp(cli_member(c, d, "letsencrypt_status"), "dns_required") == 0;
}

static void app_domains_cmd__print(struct cli *c, const json_t *list)
{
	static const char *const heads[] = { "DOMAIN", "TLS / SSL", "TLS SUBJECT", "LET ' S ENCRYPT CERTIFICATE",
					     "MANUAL ACTION" };
	bool canonical = false, manual = false;
	const json_t *d;
	struct box t;
	size_t i;

	json_array_foreach(list, i, d) manual |= app_domains_cmd__manual(c, d);
	box_begin(&t, heads, manual ? 5 : 4);
	json_array_foreach(list, i, d)
	{
		bool star = json_is_true(json_object_get(d, "canonical"));
		canonical |= star;
		box_add(&t, cli_format(c, "%s%s", cli_member(c, d, "name"), star ? " (*)" : ""));
		box_add(&t, app_domains_cmd__tls(c, d));
		box_add(&t, cli_member(c, d, "tlscert"));
		box_add(&t, app_domains_cmd__status(c, d));
		if (manual)
			box_add(&t, app_domains_cmd__manual(c, d)
					    ? cli_format(c, "%s \n%s", cli_member(c, d, "acme_dns_fqdn"),
							 cli_member(c, d, "acme_dns_value"))
					    : "");
	}
	box_end(&t);
	if (canonical)
		printf("  (*) canonical domain\n");
}

static int app_domains_cmd__list(struct cli *c)
{
	json_t *list;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_get(c, "/domains", "domains", &list);
	if (status != CLIENT_OK)
		return status;
	if (c->json)
		cli_print_json(list);
	else
		app_domains_cmd__print(c, list);
	json_decref(list);
	return CLIENT_OK;
}

/* ---- one domain ---- */

/* The domain of that name, as the API has it. out: *ret, new reference. */
static int app_domains_cmd__find(struct cli *c, const char *name, json_t **ret)
{
	json_t *list, *d;
	size_t i;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_get(c, "/domains", "domains", &list);
	if (status != CLIENT_OK)
		return status;
	*ret = NULL;
	json_array_foreach(list, i, d) if (strcmp(cli_member(c, d, "name"), name) == 0) *ret = json_incref(d);
	json_decref(list);
	if (*ret)
		return CLIENT_OK;
	return app_call_fail("There is no such domain, please ensure you've added it correctly.\n"
			     "       `seawall --app %s domains` lists those that there are.",
			     cli_clean(c, app_call_path(c, "") + strlen("/apps/")));
}

static const char *app_domains_cmd__path(struct cli *c, const json_t *d)
{
	return app_call_path(c, cli_format(c, "/domains/%s", cli_escape(c, cli_member(c, d, "id"))));
}

/* Adds the text of two files to a body. */
static int app_domains_cmd__files(struct cli *c, const char *cert, const char *key, json_t *body)
{
	struct slice chain, text;
	int status = cli_read_file(c, cert, APP_DOMAINS__FILE_MAX, &chain);

	if (status == CLIENT_OK)
		status = cli_read_file(c, key, APP_DOMAINS__FILE_MAX, &text);
	if (status != CLIENT_OK)
		return status;
	json_t *tlscert = json_stringn(chain.p, chain.n), *tlskey = json_stringn(text.p, text.n);
	if (!tlscert || !tlskey) {
		json_decref(tlscert);
		json_decref(tlskey);
		return app_call_fail("certificate and key must be in PEM, which is text");
	}
	json_object_set_new(body, "tlscert", tlscert);
	json_object_set_new(body, "tlskey", tlskey);
	return CLIENT_OK;
}

static int app_domains_cmd__add(struct cli *c)
{
	const char *cert = cli_text(c, "--cert"), *key = cli_text(c, "--key"), *name = cli_word(c, 0);
	json_t *body, *answer;
	int status = app_call_open(c);

	if (!cert != !key)
		return cli_misuse(c, "--cert and --key, both or none");
	if (status == CLIENT_OK && !app_call_path(c, ""))
		status = CLIENT_USAGE;
	if (status != CLIENT_OK)
		return status;
	body = json_pack("{s:s}", "name", name);
	if (!body)
		return app_call_fail("the name is not UTF-8");
	if (cli_flag(c, "--no-letsencrypt"))
		json_object_set_new(body, "letsencrypt_enabled", json_false());
	if (cert)
		status = app_domains_cmd__files(c, cert, key, body);
	if (status == CLIENT_OK)
		status = app_call_send(c, "POST", app_call_path(c, "/domains"), json_pack("{s:O}", "domain", body),
				       &answer);
	json_decref(body);
	if (status != CLIENT_OK)
		return status;
	const json_t *d = json_object_get(answer, "domain");
	if (c->json) {
		cli_print_json(d);
	} else {
		app_call_done("Domain %s has been created, access your app at the following URL:\n",
			      cli_member(c, d, "name"));
		app_call_info("http://%s", cli_member(c, d, "name"));
	}
	json_decref(answer);
	return CLIENT_OK;
}

static int app_domains_cmd__remove(struct cli *c)
{
	const char *name = cli_word(c, 0);
	json_t *d;
	int status = app_domains_cmd__find(c, name, &d);

	if (status != CLIENT_OK)
		return status;
	status = app_call_send(c, "DELETE", app_domains_cmd__path(c, d), NULL, NULL);
	if (status == CLIENT_OK && !c->json)
		app_call_done("The domain %s has been deleted", cli_clean(c, name));
	json_decref(d);
	return status;
}

/* Changes the domain; out: *ret the domain as it is now, new reference. */
static int app_domains_cmd__change(struct cli *c, const json_t *d, json_t *body, json_t **ret)
{
	json_t *answer;
	int status =
		app_call_send(c, "PATCH", app_domains_cmd__path(c, d), json_pack("{s:o}", "domain", body), &answer);

	if (status != CLIENT_OK)
		return status;
	*ret = json_incref(json_object_get(answer, "domain"));
	json_decref(answer);
	return CLIENT_OK;
}

static int app_domains_cmd__ssl(struct cli *c)
{
	const char *name = cli_word(c, 0), *word = cli_word(c, 1), *cert = cli_text(c, "--cert"),
		   *key = cli_text(c, "--key");
	bool disable = word && strcmp(word, "disable") == 0;
	json_t *d, *body = NULL, *now = NULL;

	if (word && !disable)
		return cli_misuse(c, "\"%s\" is not disable", cli_clean(c, word));
	int status = app_domains_cmd__find(c, name, &d);
	if (status != CLIENT_OK)
		return status;
	body = json_object();
	if (disable)
		json_object_update_new(body, json_pack("{s:s, s:s}", "tlscert", "", "tlskey", ""));
	else
		status = app_domains_cmd__files(c, cert ? cert : "domain.crt", key ? key : "domain.key", body);
	if (status == CLIENT_OK)
		status = app_domains_cmd__change(c, d, json_incref(body), &now);
	if (status == CLIENT_OK && disable && !c->json)
		app_call_done("SSL of %s has been disabled.", cli_clean(c, name));
	else if (status == CLIENT_OK && !c->json)
		app_call_done("The certificate and key have been installed for %s (Validity: %.10s %.8s +0000 UTC)",
			      cli_clean(c, name), cli_member(c, now, "validity"),
			      strlen(cli_member(c, now, "validity")) > 11 ? cli_member(c, now, "validity") + 11 : "");
	json_decref(body);
	json_decref(now);
	json_decref(d);
	return status;
}

static int app_domains_cmd__canonical(struct cli *c)
{
	json_t *d, *now = NULL;
	int status = app_domains_cmd__find(c, cli_word(c, 0), &d);

	if (status != CLIENT_OK)
		return status;
	status = app_domains_cmd__change(c, d, json_pack("{s:b}", "canonical", 1), &now);
	if (status == CLIENT_OK && !c->json)
		app_call_done("Canonical domain set to %s", cli_member(c, d, "name"));
	json_decref(now);
	json_decref(d);
	return status;
}

static int app_domains_cmd__no_canonical(struct cli *c)
{
	json_t *list, *each, *found = NULL, *now = NULL;
	const char *name;
	size_t i;
	int status = app_call_open(c);

	if (status == CLIENT_OK)
		status = app_call_name(c, &name);
	if (status == CLIENT_OK)
		status = app_call_get(c, "/domains", "domains", &list);
	if (status != CLIENT_OK)
		return status;
	json_array_foreach(list, i, each) if (json_is_true(json_object_get(each, "canonical"))) found = each;
	if (!found)
		status = app_call_fail("unset canonical domain on app %s: no canonical domain configured",
				       cli_clean(c, name));
	else
		status = app_domains_cmd__change(c, found, json_pack("{s:b}", "canonical", 0), &now);
	if (status == CLIENT_OK && !c->json)
		app_call_done("Canonical domain disabled");
	json_decref(now);
	json_decref(list);
	return status;
}

/* ---- tables ---- */

static const struct verb_option app_domains_cmd__plain[] = { APP_CALL_OPTIONS, { NULL, VERB_FLAG, NULL, NULL, NULL } };
static const struct verb_option app_domains_cmd__pair[] = {
	APP_CALL_OPTIONS,
	{ "--cert", VERB_TEXT, "FILE", "a certificate in PEM, with those that signed it", NULL },
	{ "--key", VERB_TEXT, "FILE", "its key in PEM", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};
static const struct verb_option app_domains_cmd__adding[] = {
	APP_CALL_OPTIONS,
	{ "--cert", VERB_TEXT, "FILE", "a certificate in PEM, with those that signed it", NULL },
	{ "--key", VERB_TEXT, "FILE", "its key in PEM", NULL },
	{ "--no-letsencrypt", VERB_FLAG, NULL, "no certificate of an authority is to be had", NULL },
	{ NULL, VERB_FLAG, NULL, NULL, NULL },
};

static const struct verb app_domains_cmd__list_verb[] = {
	{ "", "", "list the domains of an app, with their certificates", app_domains_cmd__plain, NULL,
	  "seawall --app my-app domains", app_domains_cmd__list, true },
	{ 0 }
};
static const struct verb app_domains_cmd__add_verb[] = {
	{ "", "DOMAIN", "add a domain to an app", app_domains_cmd__adding,
	  "Let the name lead to the node first: then the first attempt at a certificate succeeds at once.",
	  "seawall --app my-app domains-add example.com\n"
	  "seawall --app my-app domains-add shop.example.com --cert shop.crt --key shop.key",
	  app_domains_cmd__add, true },
	{ 0 }
};
static const struct verb app_domains_cmd__remove_verb[] = {
	{ "", "DOMAIN", "take a domain from an app", app_domains_cmd__plain, NULL,
	  "seawall --app my-app domains-remove example.com", app_domains_cmd__remove, true },
	{ 0 }
};
static const struct verb app_domains_cmd__ssl_verb[] = {
	{ "", "DOMAIN [DISABLE]", "put a certificate of your own in place, or take it away", app_domains_cmd__pair,
	  "Without --cert and --key: domain.crt and domain.key.",
	  "seawall --app my-app domains-ssl example.com --cert a.crt --key a.key\n"
	  "seawall --app my-app domains-ssl example.com disable",
	  app_domains_cmd__ssl, true },
	{ 0 }
};
static const struct verb app_domains_cmd__canonical_verb[] = {
	{ "", "DOMAIN", "redirect all other names of an app to this one", app_domains_cmd__plain, NULL,
	  "seawall --app my-app set-canonical-domain www.example.com", app_domains_cmd__canonical, true },
	{ 0 }
};
static const struct verb app_domains_cmd__no_canonical_verb[] = {
	{ "", "", "no redirects between the names of an app", app_domains_cmd__plain, NULL,
	  "seawall --app my-app unset-canonical-domain", app_domains_cmd__no_canonical, true },
	{ 0 }
};

const struct verb_noun app_domains_cmd = { "domains", "list the domains of an app", NULL, app_domains_cmd__list_verb };
const struct verb_noun app_domains_cmd_add = { "domains-add", "add a domain to an app", NULL,
					       app_domains_cmd__add_verb };
const struct verb_noun app_domains_cmd_remove = { "domains-remove", "take a domain from an app", NULL,
						  app_domains_cmd__remove_verb };
const struct verb_noun app_domains_cmd_ssl = { "domains-ssl", "certificate of your own for a domain", NULL,
					       app_domains_cmd__ssl_verb };
const struct verb_noun app_domains_cmd_canonical = { "set-canonical-domain", "redirect all names of an app to one",
						     NULL, app_domains_cmd__canonical_verb };
const struct verb_noun app_domains_cmd_no_canonical = { "unset-canonical-domain", "no redirects between an app's names",
							NULL, app_domains_cmd__no_canonical_verb };
