/* SPDX-License-Identifier: Apache-2.0 */
/* acme_doc: see acme_doc.h. */
#include "acme/acme_doc.h"

#include "base/mem.h"
#include "wire/rfc3339.h"

#include <jansson.h>
#include <stdio.h>

enum { ACME_DOC__BYTES_MAX = 1 << 20 };

/* ---- members ---- */

static enum err acme_doc__parse(struct slice json, json_t **ret, struct diag *d)
{
	json_error_t bad;
	json_t *root = json.n && json.n <= ACME_DOC__BYTES_MAX ? json_loadb(json.p, json.n, 0, &bad) : NULL;

	if (!json_is_object(root)) {
		json_decref(root);
		return diag_set(d, ERR_SYNTAX, NULL, "the CA's answer is not a JSON object");
	}
	*ret = root;
	return OK;
}

/* Copies a text member of printable ASCII; empty when it is absent. */
static enum err acme_doc__text(const json_t *obj, const char *member, char *ret, size_t cap, struct diag *d)
{
	const json_t *v = json_object_get(obj, member);
	struct slice s = slice_of(json_string_value(v), json_string_length(v));

	ret[0] = '\0';
	if (!v || json_is_null(v))
		return OK;
	if (!json_is_string(v) || s.n >= cap)
		return diag_set(d, ERR_SYNTAX, member, "must be a text of at most %zu bytes", cap - 1);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return diag_set(d, ERR_SYNTAX, member, "holds a byte that has no place in it");
	slice_cstr(s, ret, cap);
	return OK;
}

static enum err acme_doc__need(const json_t *obj, const char *member, char *ret, size_t cap, struct diag *d)
{
	TRY(acme_doc__text(obj, member, ret, cap, d));
	return ret[0] ? OK : diag_set(d, ERR_SYNTAX, member, "is missing");
}

static enum err acme_doc__https(const char *member, const char *url, struct diag *d)
{
	if (!url[0] || slice_starts_nocase(slice_str(url), SLICE("https://")))
		return OK;
	return diag_set(d, ERR_SYNTAX, member, "is no https URL");
}

static enum err acme_doc__url(const json_t *obj, const char *member, char ret[static ACME_URL_BYTES], struct diag *d)
{
	TRY(acme_doc__text(obj, member, ret, ACME_URL_BYTES, d));
	return acme_doc__https(member, ret, d);
}

static enum err acme_doc__need_url(const json_t *obj, const char *member, char ret[static ACME_URL_BYTES],
				   struct diag *d)
{
	TRY(acme_doc__need(obj, member, ret, ACME_URL_BYTES, d));
	return acme_doc__https(member, ret, d);
}

static enum err acme_doc__status(const json_t *obj, enum acme_status *ret, struct diag *d)
{
	static const struct {
		const char *text;
		enum acme_status status;
	} table[] = {
		{ "pending", ACME_PENDING }, { "ready", ACME_READY },     { "processing", ACME_PROCESSING },
		{ "valid", ACME_VALID },     { "invalid", ACME_INVALID }, { "deactivated", ACME_GONE },
		{ "expired", ACME_GONE },    { "revoked", ACME_GONE },
	};
	char text[32];

	TRY(acme_doc__need(obj, "status", text, sizeof text, d));
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (strcmp(text, table[i].text) == 0) {
			*ret = table[i].status;
			return OK;
		}
	}
	return diag_set(d, ERR_SYNTAX, "status", "\"%s\" is not a status", text);
}

/* Type and detail of a problem (RFC 7807) as one printable line; empty for NULL. */
static void acme_doc__say(const json_t *problem, char *ret, size_t cap)
{
	const char *type = json_string_value(json_object_get(problem, "type"));
	const char *detail = json_string_value(json_object_get(problem, "detail"));

	snprintf(ret, cap, "%s%s%s", type ? type : "", type && detail ? ": " : "", detail ? detail : "");
	for (char *p = ret; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

/* ---- documents ---- */

/* meta.caaIdentities (RFC 8555 section 7.1.1); what is no name is left out. */
static void acme_doc__identities(const json_t *list, struct acme_directory *ret)
{
	for (size_t i = 0; i < json_array_size(list) && ret->identities_n < ACME_IDENTITIES_MAX; i++) {
		const json_t *v = json_array_get(list, i);
		struct slice s = slice_of(json_string_value(v), json_string_length(v));
		bool good = s.n > 0 && s.n < ACME_NAME_BYTES;
		for (size_t k = 0; good && k < s.n; k++)
			good = s.p[k] > ' ' && s.p[k] <= '~' && s.p[k] != '"' && s.p[k] != ';';
		if (good)
			slice_cstr(s, ret->identities[ret->identities_n++], ACME_NAME_BYTES);
	}
}

static enum err acme_doc__read_directory(const json_t *root, struct acme_directory *ret, struct diag *d)
{
	TRY(acme_doc__need_url(root, "newNonce", ret->new_nonce, d));
	TRY(acme_doc__need_url(root, "newAccount", ret->new_account, d));
	TRY(acme_doc__need_url(root, "newOrder", ret->new_order, d));
	TRY(acme_doc__url(root, "renewalInfo", ret->renewal_info, d));
	ret->external_account_required =
		json_is_true(json_object_get(json_object_get(root, "meta"), "externalAccountRequired"));
	acme_doc__identities(json_object_get(json_object_get(root, "meta"), "caaIdentities"), ret);
	return OK;
}

enum err acme_doc_directory(struct slice json, struct acme_directory *ret, struct diag *d)
{
	struct acme_directory dir = { .external_account_required = false };
	json_t *root;

	TRY(acme_doc__parse(json, &root, d));
	enum err e = acme_doc__read_directory(root, &dir, d);
	json_decref(root);
	if (e == OK)
		*ret = dir;
	return e;
}

static enum err acme_doc__read_order(const json_t *root, struct acme_order *ret, struct diag *d)
{
	const json_t *list = json_object_get(root, "authorizations");
	size_t n = json_array_size(list);

	TRY(acme_doc__status(root, &ret->status, d));
	TRY(acme_doc__need_url(root, "finalize", ret->finalize, d));
	TRY(acme_doc__url(root, "certificate", ret->certificate, d));
	acme_doc__say(json_object_get(root, "error"), ret->problem, sizeof ret->problem);
	if (!json_is_array(list) || n == 0 || n > ACME_NAMES_MAX)
		return diag_set(d, ERR_SYNTAX, "authorizations", "must be a list of 1 to %d URLs", ACME_NAMES_MAX);
	ret->authorizations = mem_alloc_array(n, sizeof *ret->authorizations);
	ret->authorizations_n = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		struct slice s = slice_of(json_string_value(v), json_string_length(v));
		if (s.n == 0 || !slice_cstr(s, ret->authorizations[i], ACME_URL_BYTES))
			return diag_set(d, ERR_SYNTAX, "authorizations", "holds what is no URL");
		TRY(acme_doc__https("authorizations", ret->authorizations[i], d));
	}
	return OK;
}

enum err acme_doc_order(struct slice json, struct acme_order *ret, struct diag *d)
{
	struct acme_order order = { .authorizations = NULL };
	json_t *root;

	TRY(acme_doc__parse(json, &root, d));
	enum err e = acme_doc__read_order(root, &order, d);
	json_decref(root);
	if (e == OK)
		*ret = order;
	else
		acme_doc_order_free(&order);
	return e;
}

void acme_doc_order_free(struct acme_order *order)
{
	mem_free(order->authorizations);
	order->authorizations = NULL;
	order->authorizations_n = 0;
}

/* A challenge of a type that we do not know is left out: *ret_known false. */
static enum err acme_doc__read_challenge(const json_t *v, struct acme_challenge *ret, bool *ret_known, struct diag *d)
{
	static const char *const types[ACME_TYPES] = { "http-01", "dns-01", "tls-alpn-01" };
	const char *type = json_string_value(json_object_get(v, "type"));

	*ret_known = false;
	for (int i = 0; type && i < ACME_TYPES; i++) {
		if (strcmp(type, types[i]) != 0)
			continue;
		ret->type = (enum acme_type)i;
		TRY(acme_doc__status(v, &ret->status, d));
		TRY(acme_doc__need_url(v, "url", ret->url, d));
		TRY(acme_doc__need(v, "token", ret->token, sizeof ret->token, d));
		*ret_known = true;
	}
	return OK;
}

/* Tokens become paths and TXT records: base64url and nothing else (RFC 8555 section 8.1). */
static bool acme_doc__is_token(const char *s)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	return s[0] && strspn(s, alphabet) == strlen(s);
}

static enum err acme_doc__read_challenges(const json_t *list, struct acme_authorization *ret, struct diag *d)
{
	for (size_t i = 0; i < json_array_size(list) && ret->challenges_n < ACME_CHALLENGES_MAX; i++) {
		struct acme_challenge *c = &ret->challenges[ret->challenges_n];
		const json_t *v = json_array_get(list, i);
		bool known;
		TRY(acme_doc__read_challenge(v, c, &known, d));
		if (!ret->problem[0])
			acme_doc__say(json_object_get(v, "error"), ret->problem, sizeof ret->problem);
		if (known && !acme_doc__is_token(c->token))
			return diag_set(d, ERR_SYNTAX, "token", "holds more than base64url");
		ret->challenges_n += known;
	}
	return OK;
}

static enum err acme_doc__read_authorization(const json_t *root, struct acme_authorization *ret, struct diag *d)
{
	const json_t *identifier = json_object_get(root, "identifier");
	const char *type = json_string_value(json_object_get(identifier, "type"));

	TRY(acme_doc__status(root, &ret->status, d));
	if (!type || strcmp(type, "dns") != 0)
		return diag_set(d, ERR_SYNTAX, "identifier", "is not of type dns");
	TRY(acme_doc__need(identifier, "value", ret->name, sizeof ret->name, d));
	ret->wildcard = json_is_true(json_object_get(root, "wildcard"));
	return acme_doc__read_challenges(json_object_get(root, "challenges"), ret, d);
}

enum err acme_doc_authorization(struct slice json, struct acme_authorization *ret, struct diag *d)
{
	struct acme_authorization *a = mem_alloc(sizeof *a);
	json_t *root = NULL;
	enum err e = acme_doc__parse(json, &root, d);

	if (e == OK)
		e = acme_doc__read_authorization(root, a, d);
	json_decref(root);
	if (e == OK)
		*ret = *a;
	mem_free(a);
	return e;
}

static enum err acme_doc__time(const json_t *window, const char *member, int64_t *ret_s, struct diag *d)
{
	char text[64];
	int64_t ms;

	TRY(acme_doc__need(window, member, text, sizeof text, d));
	if (rfc3339_parse(slice_str(text), &ms) != OK)
		return diag_set(d, ERR_SYNTAX, member, "\"%s\" is not a time", text);
	*ret_s = ms / 1000;
	return OK;
}

enum err acme_doc_window(struct slice json, struct acme_window *ret, struct diag *d)
{
	struct acme_window w = { .start_s = 0 };
	json_t *root;

	TRY(acme_doc__parse(json, &root, d));
	const json_t *window = json_object_get(root, "suggestedWindow");
	enum err e = acme_doc__time(window, "start", &w.start_s, d);
	if (e == OK)
		e = acme_doc__time(window, "end", &w.end_s, d);
	if (e == OK)
		e = acme_doc__url(root, "explanationURL", w.explanation, d);
	json_decref(root);
	if (e == OK && w.end_s <= w.start_s)
		e = diag_set(d, ERR_SYNTAX, "suggestedWindow", "ends before it begins");
	if (e == OK)
		*ret = w;
	return e;
}

/* ---- problems ---- */

static enum acme_problem_kind acme_doc__problem_kind(const char *type, unsigned status)
{
	static const struct {
		const char *name; /* behind urn:ietf:params:acme:error: */
		enum acme_problem_kind kind;
	} table[] = {
		{ "badNonce", ACME_PROBLEM_BAD_NONCE },
		{ "rateLimited", ACME_PROBLEM_RATE_LIMITED },
		{ "accountDoesNotExist", ACME_PROBLEM_ACCOUNT },
		{ "externalAccountRequired", ACME_PROBLEM_ACCOUNT },
		{ "userActionRequired", ACME_PROBLEM_ACCOUNT },
		{ "unauthorized", ACME_PROBLEM_ACCOUNT },
		{ "invalidContact", ACME_PROBLEM_ACCOUNT },
		{ "unsupportedContact", ACME_PROBLEM_ACCOUNT },
		{ "caa", ACME_PROBLEM_NAME },
		{ "rejectedIdentifier", ACME_PROBLEM_NAME },
		{ "unsupportedIdentifier", ACME_PROBLEM_NAME },
		{ "connection", ACME_PROBLEM_REACHING },
		{ "dns", ACME_PROBLEM_REACHING },
		{ "tls", ACME_PROBLEM_REACHING },
		{ "incorrectResponse", ACME_PROBLEM_REACHING },
		{ "serverInternal", ACME_PROBLEM_BUSY },
	};
	struct slice prefix = SLICE("urn:ietf:params:acme:error:"), s = slice_str(type);

	for (size_t i = 0; slice_starts(s, prefix) && i < sizeof table / sizeof table[0]; i++)
		if (slice_eq(slice_from(s, prefix.n), slice_str(table[i].name)))
			return table[i].kind;
	if (status == 429)
		return ACME_PROBLEM_RATE_LIMITED;
	return status >= 500 ? ACME_PROBLEM_BUSY : ACME_PROBLEM_OTHER;
}

void acme_doc_problem(struct slice body, unsigned status, struct acme_problem *ret)
{
	json_t *root = NULL;
	struct diag d;

	diag_init(&d);
	if (acme_doc__parse(body, &root, &d) != OK)
		root = NULL;
	const char *type = json_string_value(json_object_get(root, "type"));
	acme_doc__say(root, ret->text, sizeof ret->text);
	if (!ret->text[0])
		snprintf(ret->text, sizeof ret->text, "the CA answered with status %u", status);
	ret->kind = acme_doc__problem_kind(type ? type : "", status);
	json_decref(root);
}
