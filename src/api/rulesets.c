/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulesets: the entry point rulesets of zones and accounts: whole ones, single rules in them, their history. Every rule
 * is compiled before it is kept, so what is stored can run; a wrong one is refused with the pointer to its member and,
 * for an expression, the column.
 */
#include "state/ruleset.h"

#include "api/api_int.h"
#include "api/managed_rulesets.h"
#include "api/routes.h"
#include "control/control.h"
#include "model/rule_managed.h"
#include "model/rule_read.h"
#include "state/list.h"

#include <stdio.h>

enum { RULESETS__NOT_FOUND = 10003, RULESETS__INVALID = 20127, RULESETS__EXISTS = 20217, RULESETS__POINTER = 320 };

static const char rulesets__noun[] = "ruleset";

static struct state_ruleset_owner rulesets__owner(struct api_call *call)
{
	if (call->zone.id[0])
		return (struct state_ruleset_owner){ call->zone.id, call->zone.id };
	struct slice account = api_param(call, "account");
	char *id = arena_zalloc(&call->arena, STATE_ID_BYTES);
	if (id)
		slice_cstr(account, id, STATE_ID_BYTES);
	return (struct state_ruleset_owner){ id ? id : "", "" };
}

/* A parameter as a string. */
static const char *rulesets__param(struct api_call *call, const char *name)
{
	struct slice s = api_param(call, name);
	char *text = arena_zalloc(&call->arena, s.n + 1);

	if (text)
		slice_cstr(s, text, s.n + 1);
	return text ? text : "";
}

/* dry_run=true or false; -1 after api_fail. */
static int rulesets__dry(struct api_call *call)
{
	const char *v = api_query(call, "dry_run");

	if (!v || slice_eq(slice_str(v), SLICE("false")))
		return 0;
	if (slice_eq(slice_str(v), SLICE("true")))
		return 1;
	api_fail(call, 400, RULESETS__INVALID, NULL, "dry_run must be true or false");
	return -1;
}

static void rulesets__failed(struct api_call *call, enum err e)
{
	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, RULESETS__NOT_FOUND, NULL, "There is no such ruleset, or no such version of it");
	else if (e == ERR_EXISTS)
		api_fail(call, 400, RULESETS__EXISTS, "/phase",
			 "The phase has its ruleset already; change that one (rulesets/phases/PHASE/entrypoint)");
	else
		api_fail_store(call, e);
}

/* ---- reading */

static void rulesets_list(struct api_call *call)
{
	struct state_ruleset_owner o = rulesets__owner(call);
	json_t *list;
	enum err e = state_ruleset_list(call->state, &o, &list);

	if (e == OK) {
		json_t *managed = managed_rulesets_list();
		json_array_extend(list, managed);
		json_decref(managed);
		api_ok(call, list);
	} else
		api_fail_store(call, e);
}

/* The ruleset of the path, by phase or by id; NULL after api_fail. The caller's reference. */
static json_t *rulesets__of_path(struct api_call *call)
{
	struct state_ruleset_owner o = rulesets__owner(call);
	struct slice phase = api_param(call, "phase");
	json_t *set = NULL;
	enum err e = phase.n ? state_ruleset_phase(call->state, &o, rulesets__param(call, "phase"), &set)
			     : state_ruleset_get(call->state, &o, rulesets__param(call, "ruleset"), &set);

	if (e == ERR_NOT_FOUND && phase.n) {
		api_fail(call, 404, RULESETS__NOT_FOUND, NULL,
			 "could not find entrypoint ruleset in the \"%.*s\" phase; a PUT makes it",
			 SLICE_ARG(slice_first(phase, 60)));
		return NULL;
	}
	if (e != OK)
		rulesets__failed(call, e);
	return e == OK ? set : NULL;
}

static void rulesets__rule_id(uint32_t number, char *ret)
{
	rule_managed_id(number, ret);
}

static void rulesets_get(struct api_call *call)
{
	struct slice id = api_param(call, "ruleset");
	json_t *set = NULL;

	if (rule_managed_set(id))
		set = managed_rulesets_get(call->control ? control_waf_rules(call->control) : NULL, id,
					   rulesets__rule_id);
	if (!set)
		set = rulesets__of_path(call);

	if (set)
		api_ok(call, set);
}

static void rulesets_versions(struct api_call *call)
{
	json_t *set = rulesets__of_path(call), *list = NULL;

	if (!set)
		return;
	enum err e = state_ruleset_versions(call->state, json_string_value(json_object_get(set, "id")), &list);
	json_decref(set);
	if (e == OK)
		api_ok(call, list);
	else
		api_fail_store(call, e);
}

static void rulesets_version(struct api_call *call)
{
	json_t *set = rulesets__of_path(call), *old = NULL;

	if (!set)
		return;
	enum err e = state_ruleset_version(call->state, json_string_value(json_object_get(set, "id")),
					   rulesets__param(call, "version"), &old);
	json_decref(set);
	if (e == OK)
		api_ok(call, old);
	else
		rulesets__failed(call, e);
}

/* ---- checking */

/* "[0].action_parameters.uri" behind `at` as a JSON pointer. */
static void rulesets__pointer(const char *at, struct slice where, char out[static RULESETS__POINTER])
{
	size_t n = (size_t)snprintf(out, RULESETS__POINTER, "%s", at);

	for (size_t i = 0; i < where.n && n + 2 < RULESETS__POINTER; i++) {
		if (where.p[i] == '[' || where.p[i] == '.')
			out[n++] = '/';
		else if (where.p[i] != ']')
			out[n++] = where.p[i];
	}
	out[n] = '\0';
}

/* Members that clients send back as they got them, and that are not theirs to set. */
static json_t *rulesets__bare(const json_t *rule)
{
	json_t *v = json_copy((json_t *)(uintptr_t)rule);

	json_object_del(v, "version");
	json_object_del(v, "last_updated");
	json_object_del(v, "position");
	return v;
}

/* Texts that begin with a verb speak of the member that the pointer names: for those who see no pointer it is said. */
static void rulesets__refuse(struct api_call *call, const char *pointer, const char *text)
{
	static const char *const verbs[] = { "is ", "are ", "must ", "has ", "needs ", "can ", "cannot " };
	const char *member = strrchr(pointer, '/');
	bool verb = false;

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		verb |= slice_starts(slice_str(text), slice_str(verbs[i]));
	verb = verb && member && member[1];
	api_fail(call, 400, RULESETS__INVALID, pointer, "%s%s%s", verb ? member + 1 : "", verb ? " " : "", text);
}

/* The rules without what is not theirs, in *ret; false after api_fail. at: pointer to the array. */
static bool rulesets__check(struct api_call *call, const char *phase, const json_t *rules, const char *at, json_t **ret)
{
	char pointer[RULESETS__POINTER];
	struct diag d;
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);
		json_array_append_new(list, json_is_object(rule) ? rulesets__bare(rule) : json_null());
	}
	diag_init(&d);
	json_t *lists = NULL;
	enum err e =
		state_list_names(call->state, call->zone.id[0] ? call->zone.account : rulesets__owner(call).id, &lists);
	if (e != OK) {
		json_decref(list);
		api_fail_store(call, e);
		return false;
	}
	e = rule_read_check(list, slice_str(phase), lists, &call->node->limits, &d);
	json_decref(lists);
	if (e == OK) {
		*ret = list;
		return true;
	}
	json_decref(list);
	struct slice where = slice_str(d.where);
	if (!at) { /* one rule: its number says nothing */
		size_t end = slice_find(where, ']');
		where = end == SIZE_MAX ? where : slice_from(where, end + 1);
	}
	rulesets__pointer(at ? at : "", where, pointer);
	rulesets__refuse(call, e == ERR_NOT_FOUND ? "/phase" : pointer, d.text);
	return false;
}

/* ---- keeping */

/*
 * Puts rules (checked) into the set, keeps it, and answers with it. set and rules are taken over. before: what there
 * was, or NULL.
 */
static void rulesets__keep(struct api_call *call, json_t *set, json_t *rules, const json_t *before)
{
	struct state_ruleset_owner o = rulesets__owner(call);
	json_t *merged = NULL;
	char pointer[RULESETS__POINTER];
	size_t i = 0;
	int dry = rulesets__dry(call);
	enum err e = state_ruleset_merge(call->state, json_object_get(before, "rules"), rules, &merged, &i);

	json_decref(rules);
	if (e != OK) {
		snprintf(pointer, sizeof pointer, "/rules/%zu/ref", i);
		if (dry >= 0)
			api_fail(call, 400, RULESETS__INVALID, pointer, "Two rules have this ref or id");
		json_decref(set);
		return;
	}
	json_object_set_new(set, "rules", merged);
	if (dry == 0)
		e = state_ruleset_keep(call->state, &o, set);
	if (dry == 0 && e != OK)
		rulesets__failed(call, e);
	else if (dry == 1)
		api_ok(call, json_null());
	else if (dry == 0 && api_audit(call, before ? "update" : "create", rulesets__noun,
				       json_string_value(json_object_get(set, "id")), before, set))
		api_ok(call, json_incref(set));
	json_decref(set);
}

/* name and description of the body over what there is. False after api_fail. */
static bool rulesets__words(struct api_call *call, const json_t *body, json_t *set)
{
	const char *name = NULL, *description = NULL;

	if (!api_string(call, (struct api_member){ body, "", "name", false }, 500, &name) ||
	    !api_string(call, (struct api_member){ body, "", "description", false }, 2000, &description))
		return false;
	if (name)
		json_object_set_new(set, "name", json_string(name));
	if (description)
		json_object_set_new(set, "description", json_string(description));
	return true;
}

/* A body's `kind` and `phase` must be what they are here. False after api_fail. */
static bool rulesets__kind(struct api_call *call, const json_t *body, const char *phase)
{
	const char *kind = NULL, *given = NULL, *own = call->zone.id[0] ? "zone" : "root";

	if (!api_string(call, (struct api_member){ body, "", "kind", false }, 40, &kind) ||
	    !api_string(call, (struct api_member){ body, "", "phase", false }, 80, &given))
		return false;
	if (kind && !slice_eq(slice_str(kind), slice_str(own))) {
		api_fail(call, 400, RULESETS__INVALID, "/kind",
			 "Rulesets here are of kind \"%s\": one for each phase; rules that execute others are not "
			 "available",
			 own);
		return false;
	}
	if (given && phase && !slice_eq(slice_str(given), slice_str(phase))) {
		api_fail(call, 400, RULESETS__INVALID, "/phase", "The phase of a ruleset cannot be changed");
		return false;
	}
	return true;
}

static void rulesets_create(struct api_call *call)
{
	const json_t *body = api_object(call);
	const char *phase = NULL, *name = NULL;
	json_t *rules = NULL, *checked = NULL;

	if (!body || !rulesets__kind(call, body, NULL) ||
	    !api_string(call, (struct api_member){ body, "", "phase", true }, 80, &phase) ||
	    !api_string(call, (struct api_member){ body, "", "name", true }, 500, &name) ||
	    !api_array(call, (struct api_member){ body, "", "rules", false }, call->node->limits.zone_rules_max,
		       &rules) ||
	    !rulesets__check(call, phase, rules, "/rules", &checked))
		return;
	json_t *set = json_pack("{s:s, s:s, s:s}", "name", name, "description", "", "phase", phase);
	if (!set || !rulesets__words(call, body, set)) {
		json_decref(set);
		json_decref(checked);
		return;
	}
	rulesets__keep(call, set, checked, NULL);
}

/* A whole ruleset in the place of `before` (taken over; NULL: there is none of that phase yet). */
static void rulesets__replace(struct api_call *call, const char *phase, json_t *before)
{
	const json_t *body = api_object(call);
	json_t *rules = NULL, *checked = NULL, *set;

	if (body && rulesets__kind(call, body, phase) &&
	    api_array(call, (struct api_member){ body, "", "rules", before == NULL }, call->node->limits.zone_rules_max,
		      &rules)) {
		set = before ? json_copy(before)
			     : json_pack("{s:s, s:s, s:s}", "name", "default", "description", "", "phase", phase);
		if (!rules)
			rules = json_object_get(before, "rules");
		if (set && rulesets__words(call, body, set) && rulesets__check(call, phase, rules, "/rules", &checked))
			rulesets__keep(call, json_incref(set), checked, before);
		json_decref(set);
	}
	json_decref(before);
}

static void rulesets_put(struct api_call *call)
{
	json_t *before = rulesets__of_path(call);

	if (before)
		rulesets__replace(call, json_string_value(json_object_get(before, "phase")), before);
}

static void rulesets_put_phase(struct api_call *call)
{
	struct state_ruleset_owner o = rulesets__owner(call);
	const char *phase = rulesets__param(call, "phase");
	json_t *before = NULL;
	enum err e = state_ruleset_phase(call->state, &o, phase, &before);

	if (e != OK && e != ERR_NOT_FOUND)
		api_fail_store(call, e);
	else
		rulesets__replace(call, phase, before);
}

static void rulesets_delete(struct api_call *call)
{
	struct state_ruleset_owner o = rulesets__owner(call);
	json_t *before = rulesets__of_path(call);
	int dry = before ? rulesets__dry(call) : -1;
	enum err e = OK;

	if (dry == 0)
		e = state_ruleset_delete(call->state, &o, json_string_value(json_object_get(before, "id")));
	if (e != OK)
		rulesets__failed(call, e);
	else if (dry == 1 || (dry == 0 && api_audit(call, "delete", rulesets__noun,
						    json_string_value(json_object_get(before, "id")), before, NULL)))
		api_text(call, 204, SLICE("application/json"), SLICE(""));
	json_decref(before);
}

static void rulesets_forget(struct api_call *call)
{
	json_t *set = rulesets__of_path(call);
	const char *version = rulesets__param(call, "version");
	enum err e = OK;

	if (!set)
		return;
	if (slice_eq(slice_str(version), slice_str(json_string_value(json_object_get(set, "version"))))) {
		api_fail(call, 400, RULESETS__INVALID, NULL, "The version that is live cannot be deleted");
	} else {
		e = state_ruleset_forget(call->state, json_string_value(json_object_get(set, "id")), version);
		if (e != OK)
			rulesets__failed(call, e);
		else if (api_audit(call, "delete", "ruleset_version", json_string_value(json_object_get(set, "id")),
				   NULL, NULL))
			api_text(call, 204, SLICE("application/json"), SLICE(""));
	}
	json_decref(set);
}

/* ---- single rules */

/* Where in the rules the id stands; SIZE_MAX: nowhere. */
static size_t rulesets__at(const json_t *rules, const char *id)
{
	for (size_t i = 0; i < json_array_size(rules); i++)
		if (slice_eq(slice_str(json_string_value(json_object_get(json_array_get(rules, i), "id"))),
			     slice_str(id)))
			return i;
	return SIZE_MAX;
}

/*
 * Where `position` of the body wants a rule among the others; `otherwise` when it says nothing. SIZE_MAX after
 * api_fail.
 */
static size_t rulesets__position(struct api_call *call, const json_t *body, const json_t *rules, size_t otherwise)
{
	const json_t *p = json_object_get(body, "position");
	const char *before = json_string_value(json_object_get(p, "before"));
	const char *after = json_string_value(json_object_get(p, "after"));
	json_int_t index = json_integer_value(json_object_get(p, "index"));
	size_t n = json_array_size(rules), at = SIZE_MAX;

	if (!p)
		return otherwise;
	if (json_object_size(p) != 1)
		at = SIZE_MAX;
	else if (before)
		at = *before ? rulesets__at(rules, before) : 0;
	else if (after)
		at = *after ? rulesets__at(rules, after) + (rulesets__at(rules, after) != SIZE_MAX) : n;
	else if (index >= 1 && (size_t)index <= n + 1)
		at = (size_t)index - 1;
	if (at == SIZE_MAX)
		api_fail(call, 400, RULESETS__INVALID, "/position",
			 "position has one of before and after (the id of a rule, or \"\"), and index (1 to %zu)",
			 n + 1);
	return at;
}

static void rulesets_append(struct api_call *call)
{
	json_t *set = rulesets__of_path(call), *one, *checked = NULL;
	const json_t *body = set ? api_object(call) : NULL;
	json_t *rules = set ? json_copy(json_object_get(set, "rules")) : NULL;
	size_t at = body ? rulesets__position(call, body, rules, json_array_size(rules)) : SIZE_MAX;

	if (at != SIZE_MAX && json_array_size(rules) >= call->node->limits.zone_rules_max) {
		api_fail(call, 400, RULESETS__INVALID, "", "The ruleset holds %zu rules already, its limit",
			 json_array_size(rules));
	} else if (at != SIZE_MAX) {
		one = json_pack("[O]", body);
		if (rulesets__check(call, json_string_value(json_object_get(set, "phase")), one, NULL, &checked)) {
			json_array_insert(rules, at, json_array_get(checked, 0));
			rulesets__keep(call, json_copy(set), json_incref(rules), set);
			json_decref(checked);
		}
		json_decref(one);
	}
	json_decref(rules);
	json_decref(set);
}

/* The rule with the members of the body; what belongs to another action goes with it. */
static json_t *rulesets__patched(const json_t *rule, const json_t *body)
{
	json_t *v = json_copy((json_t *)(uintptr_t)rule);
	const json_t *action = json_object_get(body, "action");

	if (action && !json_equal((json_t *)(uintptr_t)action, json_object_get(v, "action"))) {
		json_object_del(v, "action_parameters");
		json_object_del(v, "logging");
	}
	json_object_update(v, (json_t *)(uintptr_t)body);
	json_object_set(v, "id", json_object_get(rule, "id"));
	return v;
}

/* The place of the rule of the path; SIZE_MAX after api_fail. */
static size_t rulesets__rule(struct api_call *call, const json_t *set)
{
	size_t at = rulesets__at(json_object_get(set, "rules"), rulesets__param(call, "rule"));

	if (at == SIZE_MAX)
		api_fail(call, 404, RULESETS__NOT_FOUND, NULL, "The ruleset has no rule with this id");
	return at;
}

static void rulesets_patch(struct api_call *call)
{
	json_t *set = rulesets__of_path(call), *checked = NULL, *rules, *one;
	const json_t *body = set ? api_object(call) : NULL;
	size_t at = body ? rulesets__rule(call, set) : SIZE_MAX, to;

	if (at == SIZE_MAX) {
		json_decref(set);
		return;
	}
	rules = json_copy(json_object_get(set, "rules"));
	one = json_pack("[o]", rulesets__patched(json_array_get(rules, at), body));
	json_array_remove(rules, at);
	to = rulesets__position(call, body, rules, at);
	if (to != SIZE_MAX &&
	    rulesets__check(call, json_string_value(json_object_get(set, "phase")), one, NULL, &checked)) {
		json_array_insert(rules, to, json_array_get(checked, 0));
		rulesets__keep(call, json_copy(set), json_incref(rules), set);
		json_decref(checked);
	}
	json_decref(one);
	json_decref(rules);
	json_decref(set);
}

static void rulesets_remove(struct api_call *call)
{
	json_t *set = rulesets__of_path(call);
	size_t at = set ? rulesets__rule(call, set) : SIZE_MAX;

	if (at != SIZE_MAX) {
		json_t *rules = json_copy(json_object_get(set, "rules"));
		json_array_remove(rules, at);
		rulesets__keep(call, json_copy(set), rules, set);
	}
	json_decref(set);
}

#define RULESETS__ROUTES(owner, read, write)                                                                           \
	{ METHOD_GET, owner "/rulesets", rulesets_list, read, 0 },                                                     \
		{ METHOD_POST, owner "/rulesets", rulesets_create, write, API_WRITE },                                 \
		{ METHOD_GET, owner "/rulesets/phases/:phase/entrypoint", rulesets_get, read, 0 },                     \
		{ METHOD_PUT, owner "/rulesets/phases/:phase/entrypoint", rulesets_put_phase, write, API_WRITE },      \
		{ METHOD_GET, owner "/rulesets/phases/:phase/entrypoint/versions", rulesets_versions, read, 0 },       \
		{ METHOD_GET, owner "/rulesets/phases/:phase/entrypoint/versions/:version", rulesets_version, read,    \
		  0 },                                                                                                 \
		{ METHOD_GET, owner "/rulesets/:ruleset", rulesets_get, read, 0 },                                     \
		{ METHOD_PUT, owner "/rulesets/:ruleset", rulesets_put, write, API_WRITE },                            \
		{ METHOD_DELETE, owner "/rulesets/:ruleset", rulesets_delete, write, API_WRITE },                      \
		{ METHOD_POST, owner "/rulesets/:ruleset/rules", rulesets_append, write, API_WRITE },                  \
		{ METHOD_GET, owner "/rulesets/:ruleset/versions", rulesets_versions, read, 0 },                       \
		{ METHOD_GET, owner "/rulesets/:ruleset/versions/:version", rulesets_version, read, 0 },               \
		{ METHOD_DELETE, owner "/rulesets/:ruleset/versions/:version", rulesets_forget, write, API_WRITE },    \
		{ METHOD_PATCH, owner "/rulesets/:ruleset/rules/:rule", rulesets_patch, write, API_WRITE },            \
	{                                                                                                              \
		METHOD_DELETE, owner "/rulesets/:ruleset/rules/:rule", rulesets_remove, write, API_WRITE               \
	}

const struct api_route *api_rulesets_routes(void)
{
	static const struct api_route routes[] = {
		RULESETS__ROUTES("zones/:zone", STATE_RIGHT_FIREWALL_READ, STATE_RIGHT_FIREWALL_WRITE),
		RULESETS__ROUTES("accounts/:account", STATE_RIGHT_ACCOUNT_READ, STATE_RIGHT_ACCOUNT_WRITE),
		{ 0 },
	};

	return routes;
}
