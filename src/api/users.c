/* SPDX-License-Identifier: Apache-2.0 */
/* users: the user, the account, the membership that ties them, and what was changed by whom. */
#include "api/api_int.h"
#include "api/routes.h"
#include "state/account.h"
#include "state/audit.h"

#include <stdio.h>

enum { USERS__PER_PAGE = 20, USERS__PER_PAGE_MAX = 1000 };

/* ---- the user ---- */

static json_t *users__user_json(const struct state_user *u)
{
	static const char *const members[] = { "first_name", "last_name", "telephone", "country", "zipcode" };
	json_t *v = json_object();

	json_object_set_new(v, "id", json_string(u->id));
	json_object_set_new(v, "email", json_string(u->email));
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		json_t *m = json_object_get(u->profile, members[i]);
		json_object_set_new(v, members[i], m ? json_incref(m) : json_null());
	}
	json_object_set_new(v, "two_factor_authentication_enabled", json_false());
	json_object_set_new(v, "two_factor_authentication_locked", json_false());
	json_object_set_new(v, "suspended", json_false());
	json_object_set_new(v, "betas", json_array());
	json_object_set_new(v, "organizations", json_array());
	json_object_set_new(v, "has_pro_zones", json_false());
	json_object_set_new(v, "has_business_zones", json_false());
	json_object_set_new(v, "has_enterprise_zones", json_true());
	json_object_set_new(v, "created_on", state_time(u->created_ms));
	json_object_set_new(v, "modified_on", state_time(u->modified_ms));
	return v;
}

static void users_get(struct api_call *call)
{
	struct state_user u;
	enum err e = state_account_user(call->state, &u);

	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	api_ok(call, users__user_json(&u));
	json_decref(u.profile);
}

/* Members of the body go into the user. False after api_fail. */
static bool users__read(struct api_call *call, json_t *body, struct state_user *u)
{
	static const char *const members[] = { "first_name", "last_name", "telephone", "country", "zipcode" };
	const char *email = NULL;

	if (!api_string(call, (struct api_member){ body, "", "email", false }, sizeof u->email - 1, &email))
		return false;
	if (email && (!strchr(email, '@') || strpbrk(email, " \r\n\t"))) {
		api_fail(call, 400, API_BAD_BODY, "/email", "must be an e-mail address");
		return false;
	}
	if (email)
		snprintf(u->email, sizeof u->email, "%s", email);
	if (!u->profile)
		u->profile = json_object();
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const char *text = NULL;
		if (!api_string(call, (struct api_member){ body, "", members[i], false }, 60, &text))
			return false;
		if (text)
			json_object_set_new(u->profile, members[i], json_string(text));
	}
	return true;
}

static void users_edit(struct api_call *call)
{
	struct state_user u;
	json_t *body = api_object(call);
	enum err e = body ? state_account_user(call->state, &u) : OK;

	if (!body)
		return;
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	json_t *before = users__user_json(&u);
	if (users__read(call, body, &u)) {
		e = state_account_save_user(call->state, &u);
		u.modified_ms = call->state->now_ms;
		json_t *after = users__user_json(&u);
		if (e != OK)
			api_fail_store(call, e);
		else if (api_audit(call, "update", "user", u.id, before, after))
			api_ok(call, json_incref(after));
		json_decref(after);
	}
	json_decref(before);
	json_decref(u.profile);
}

/* ---- the account ---- */

static json_t *users__account_json(const struct state_account *a)
{
	return json_pack("{s:s, s:s, s:s, s:{s:b, s:n, s:b}, s:o}", "id", a->id, "name", a->name, "type", a->type,
			 "settings", "enforce_twofactor", 0, "abuse_contact_email", "api_access_enabled", 1,
			 "created_on", state_time(a->created_ms));
}

/* The account; false after api_fail. */
static bool users__account(struct api_call *call, struct state_account *ret)
{
	struct slice asked = api_param(call, "account");
	enum err e = state_account_get(call->state, ret);

	if (e != OK) {
		api_fail_store(call, e);
		return false;
	}
	if (asked.n == 0 || slice_eq(asked, slice_str(ret->id)))
		return true;
	api_fail(call, 404, API_NO_ROUTE, NULL,
		 "Could not route to /accounts/%.*s, perhaps your object identifier is invalid?",
		 SLICE_ARG(slice_first(asked, 80)));
	return false;
}

/* A list of the one thing that there is, when it is wanted and on this page. Takes the reference. */
static void users__list_of_one(struct api_call *call, json_t *one, bool wanted)
{
	json_t *list = json_array();
	struct api_page page;

	if (!api_page(call, USERS__PER_PAGE, USERS__PER_PAGE_MAX, &page)) {
		json_decref(list);
		json_decref(one);
		return;
	}
	if (wanted && page.page == 1)
		json_array_append(list, one);
	json_decref(one);
	api_list(call, list, &page, wanted);
}

static void users_accounts(struct api_call *call)
{
	struct state_account a;
	const char *name = api_query(call, "name");

	if (users__account(call, &a))
		users__list_of_one(call, users__account_json(&a), !name || strcmp(name, a.name) == 0);
}

static void users_account(struct api_call *call)
{
	struct state_account a;

	if (users__account(call, &a))
		api_ok(call, users__account_json(&a));
}

static void users_edit_account(struct api_call *call)
{
	struct state_account a;
	const char *name = NULL;
	json_t *body = api_object(call);

	if (!body || !users__account(call, &a) ||
	    !api_string(call, (struct api_member){ body, "", "name", true }, sizeof a.name - 1, &name))
		return;
	json_t *before = users__account_json(&a);
	snprintf(a.name, sizeof a.name, "%s", name);
	enum err e = state_account_save(call->state, &a);
	json_t *after = users__account_json(&a);
	if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "update", "account", a.id, before, after))
		api_ok(call, json_incref(after));
	json_decref(before);
	json_decref(after);
}

static json_t *users__membership(struct api_call *call, const struct state_account *a, const struct state_user *u)
{
	static const char *const nouns[] = { "dns_records", "zones", "zone_settings", "ssl",
					     "waf",         "logs",  "analytics",     "organization" };
	json_t *permissions = json_object();

	for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++)
		json_object_set_new(permissions, nouns[i],
				    json_pack("{s:b, s:b}", "read", 1, "write", call->token.admin ? 1 : 0));
	return json_pack("{s:s, s:s, s:o, s:[s], s:o}", "id", u->id, "status", "accepted", "account",
			 users__account_json(a), "roles", "Super Administrator - All Privileges", "permissions",
			 permissions);
}

static void users_memberships(struct api_call *call)
{
	struct state_account a;
	struct state_user u;
	const char *status = api_query(call, "status");

	if (!users__account(call, &a))
		return;
	enum err e = state_account_user(call->state, &u);
	if (e != OK) {
		api_fail_store(call, e);
		return;
	}
	users__list_of_one(call, users__membership(call, &a, &u), !status || strcmp(status, "accepted") == 0);
	json_decref(u.profile);
}

/* ---- what was changed ---- */

static bool users__date(struct api_call *call, const char *name, int64_t *ret)
{
	const char *text = api_query(call, name);
	json_t *v = text ? json_pack("{s:s}", name, text) : NULL;
	bool good = !v || api_date(call, (struct api_member){ v, "", name, false }, ret);

	json_decref(v);
	return good;
}

static void users_audit(struct api_call *call)
{
	struct state_audit_filter f = { .zone = api_query(call, "zone.id") };
	const char *direction = api_query(call, "direction");
	struct state_zone z;
	struct api_page page;
	int64_t total;
	json_t *list;

	if (f.zone && state_zone_get(call->state, slice_str(f.zone), &z) == OK)
		f.zone = z.id; /* a name will do */
	if (!api_page(call, USERS__PER_PAGE, USERS__PER_PAGE_MAX, &page) || !users__date(call, "since", &f.since_ms) ||
	    !users__date(call, "before", &f.before_ms))
		return;
	f.oldest_first = direction && strcmp(direction, "asc") == 0;
	f.offset = page.offset;
	f.limit = page.per_page;
	enum err e = state_audit_list(call->state, &f, &list, &total);
	if (e == OK)
		api_list(call, list, &page, total);
	else
		api_fail_store(call, e);
}

const struct api_route *api_users_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "user", users_get, STATE_RIGHT_USER_READ, 0 },
		{ METHOD_PATCH, "user", users_edit, STATE_RIGHT_USER_WRITE, API_WRITE },
		{ METHOD_GET, "user/audit_logs", users_audit, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_GET, "accounts", users_accounts, STATE_RIGHT_NONE, 0 },
		{ METHOD_GET, "accounts/:account", users_account, STATE_RIGHT_NONE, 0 },
		{ METHOD_PUT, "accounts/:account", users_edit_account, STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ METHOD_GET, "accounts/:account/audit_logs", users_audit, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_GET, "memberships", users_memberships, STATE_RIGHT_NONE, 0 },
		{ 0 },
	};

	return routes;
}
