/* SPDX-License-Identifier: Apache-2.0 */
/* seclang_action: the comma-separated list of a rule: what it is called, when it runs, what it does. */
#include "base/mem.h"
#include "waf/seclang_int.h"

struct seclang__named {
	const char *name;
	enum err (*read)(struct seclang *l, struct slice value, struct rule *r);
};

static enum err seclang__id(struct seclang *l, struct slice value, struct rule *r)
{
	uint64_t id;

	TRY(seclang__number(l, value, UINT32_MAX - 1, &id));
	if (id == 0)
		return seclang__fail(l, ERR_RANGE, "a rule's id is a number from 1 on");
	r->id = (uint32_t)id;
	return OK;
}

static enum err seclang__phase(struct seclang *l, struct slice value, struct rule *r)
{
	static const struct {
		struct slice name;
		uint8_t phase;
	} names[] = { { SLICE_INIT("request"), 2 }, { SLICE_INIT("response"), 4 }, { SLICE_INIT("logging"), 5 } };
	uint64_t n;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_nocase(value, names[i].name)) {
			r->phase = names[i].phase;
			return OK;
		}
	if (!slice_u64(value, &n) || n < 1 || n > RULE_PHASES)
		return seclang__fail(l, ERR_RANGE, "phase:%.*s: phases are 1 to 5, request, response and logging",
				     SLICE_ARG(value));
	r->phase = (uint8_t)n;
	return OK;
}

static enum err seclang__severity(struct seclang *l, struct slice value, struct rule *r)
{
	static const struct slice names[] = { SLICE_INIT("EMERGENCY"), SLICE_INIT("ALERT"),   SLICE_INIT("CRITICAL"),
					      SLICE_INIT("ERROR"),     SLICE_INIT("WARNING"), SLICE_INIT("NOTICE"),
					      SLICE_INIT("INFO"),      SLICE_INIT("DEBUG") };
	uint64_t n;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_nocase(value, names[i])) {
			r->severity = (uint8_t)i;
			return OK;
		}
	TRY(seclang__number(l, value, 7, &n));
	r->severity = (uint8_t)n;
	return OK;
}

static enum err seclang__status(struct seclang *l, struct slice value, struct rule *r)
{
	uint64_t n;

	TRY(seclang__number(l, value, 599, &n));
	if (n < 200)
		return seclang__fail(l, ERR_RANGE, "status:%.*s: an answer's status is 200 to 599", SLICE_ARG(value));
	r->status = (int)n;
	return OK;
}

static enum err seclang__tag(struct seclang *l, struct slice value, struct rule *r)
{
	if (r->tags_n == r->tags_cap) {
		struct slice *more;
		size_t cap = r->tags_cap ? r->tags_cap * 2 : 8;
		TRY(seclang__alloc(l, cap * sizeof *more, &more));
		if (r->tags_n)
			memcpy(more, r->tags, r->tags_n * sizeof *more);
		r->tags = more;
		r->tags_cap = cap;
	}
	r->tags[r->tags_n++] = value;
	return OK;
}

static enum err seclang__transform(struct seclang *l, struct slice value, struct rule *r)
{
	if (slice_eq_nocase(value, SLICE("none"))) {
		r->transforms_n = 0;
		r->transforms_none = true;
		return OK;
	}
	enum transform t = transform_find(value);
	if (t == TRANSFORM_COUNT)
		return seclang__fail(l, ERR_CONFIG, "transformation t:%.*s is not supported", SLICE_ARG(value));
	if (r->transforms_n == RULE_TRANSFORMS_MAX)
		return seclang__fail(l, ERR_RANGE, "a rule has at most %d transformations", RULE_TRANSFORMS_MAX);
	r->transforms[r->transforms_n++] = (uint8_t)t;
	return OK;
}

static enum err seclang__add_action(struct seclang *l, struct rule *r, enum rule_action_kind kind,
				    struct rule_action **ret)
{
	struct rule_action **end = &r->actions;

	while (*end)
		end = &(*end)->next;
	TRY(seclang__alloc(l, sizeof **end, end));
	(*end)->kind = kind;
	(*end)->slot = RULE_SLOT_NONE;
	*ret = *end;
	return OK;
}

/* "tx.name" with macros in the name. */
static enum err seclang__store_name(struct seclang *l, struct slice text, struct rule_action *a)
{
	size_t dot = slice_find(text, '.');

	if (dot == SIZE_MAX)
		dot = slice_find(text, ':');
	a->store = dot == SIZE_MAX ? VAR_COUNT : rule_variable_find(slice_first(text, dot));
	if (a->store == VAR_COUNT || rule_variable_kind(a->store) != VARIABLE_STORE)
		return seclang__fail(l, ERR_CONFIG, "\"%.*s\" is not collection.name (tx.score)", SLICE_ARG(text));
	struct slice name = rule_lower(&l->set->arena, slice_from(text, dot + 1));
	if (name.n == 0)
		return seclang__fail(l, ERR_CONFIG, "\"%.*s\" has no name after its dot", SLICE_ARG(text));
	TRY(seclang__text(l, name, &a->name));
	if (a->store == VAR_TX && a->name.constant)
		a->slot = rule_set_slot(l->set, name);
	return OK;
}

static enum err seclang__setvar(struct seclang *l, struct slice value, struct rule *r)
{
	struct rule_action *a;
	size_t equals = slice_find(value, '=');
	bool unset = value.n && value.p[0] == '!';

	TRY(seclang__add_action(l, r, ACTION_SETVAR, &a));
	TRY(seclang__store_name(l, slice_trim(slice_from(slice_first(value, equals), unset)), a));
	a->how = unset ? SETVAR_UNSET : SETVAR_SET;
	struct slice to = equals == SIZE_MAX ? SLICE("1") : slice_from(value, equals + 1);
	if (!unset && to.n && (to.p[0] == '+' || to.p[0] == '-')) {
		a->how = to.p[0] == '+' ? SETVAR_ADD : SETVAR_SUBTRACT;
		to = slice_from(to, 1);
	}
	a->number = rule_number(to);
	return seclang__text(l, to, &a->value);
}

static enum err seclang__expirevar(struct seclang *l, struct slice value, struct rule *r)
{
	struct rule_action *a;
	size_t equals = slice_find(value, '=');

	if (equals == SIZE_MAX)
		return seclang__fail(l, ERR_CONFIG, "expirevar:%.*s: seconds are missing (ip.name=60)",
				     SLICE_ARG(value));
	TRY(seclang__add_action(l, r, ACTION_EXPIREVAR, &a));
	rule_set_note(l->set, l->file, l->line, "expirevar: collections live as long as one request here");
	TRY(seclang__store_name(l, slice_first(value, equals), a));
	return seclang__text(l, slice_from(value, equals + 1), &a->value);
}

static enum err seclang__initcol(struct seclang *l, struct slice value, struct rule *r)
{
	struct rule_action *a;
	size_t equals = slice_find(value, '=');
	enum variable store = rule_variable_find(slice_first(value, equals));

	if (equals == SIZE_MAX || store == VAR_COUNT || rule_variable_kind(store) != VARIABLE_STORE)
		return seclang__fail(l, ERR_CONFIG, "initcol:%.*s is not collection=key", SLICE_ARG(value));
	TRY(seclang__add_action(l, r, ACTION_INITCOL, &a));
	rule_set_note(l->set, l->file, l->line, "initcol: collections live as long as one request here");
	a->store = store;
	return seclang__text(l, slice_from(value, equals + 1), &a->value);
}

struct seclang__ctl_name {
	struct slice name;
	enum rule_ctl ctl;
};

static const struct seclang__ctl_name seclang__ctls[] = {
	{ SLICE_INIT("auditEngine"), CTL_AUDIT_ENGINE },
	{ SLICE_INIT("auditLogParts"), CTL_AUDIT_LOG_PARTS },
	{ SLICE_INIT("forceRequestBodyVariable"), CTL_FORCE_REQUEST_BODY_VARIABLE },
	{ SLICE_INIT("requestBodyAccess"), CTL_REQUEST_BODY_ACCESS },
	{ SLICE_INIT("requestBodyProcessor"), CTL_REQUEST_BODY_PROCESSOR },
	{ SLICE_INIT("responseBodyAccess"), CTL_RESPONSE_BODY_ACCESS },
	{ SLICE_INIT("ruleEngine"), CTL_RULE_ENGINE },
	{ SLICE_INIT("ruleRemoveById"), CTL_RULE_REMOVE_BY_ID },
	{ SLICE_INIT("ruleRemoveByMsg"), CTL_RULE_REMOVE_BY_MSG },
	{ SLICE_INIT("ruleRemoveByTag"), CTL_RULE_REMOVE_BY_TAG },
	{ SLICE_INIT("ruleRemoveTargetById"), CTL_RULE_REMOVE_TARGET_BY_ID },
	{ SLICE_INIT("ruleRemoveTargetByMsg"), CTL_RULE_REMOVE_TARGET_BY_MSG },
	{ SLICE_INIT("ruleRemoveTargetByTag"), CTL_RULE_REMOVE_TARGET_BY_TAG },
};

static enum err seclang__ctl_pattern(struct seclang *l, struct slice pattern, struct rule_action *a)
{
	if (pattern.n == 0 || rule_set_regex(l->set, pattern, false, &a->regex, NULL) != OK)
		return seclang__fail(l, ERR_CONFIG, "ctl: \"%.*s\" is not a pattern", SLICE_ARG(pattern));
	return OK;
}

static enum err seclang__ctl_setting(struct seclang *l, struct rule_action *a)
{
	static const struct slice processors[] = { SLICE_INIT("URLENCODED"), SLICE_INIT("MULTIPART"), SLICE_INIT("XML"),
						   SLICE_INIT("JSON") };
	struct slice v = a->setting;
	bool on = slice_eq_nocase(v, SLICE("on")), off = slice_eq_nocase(v, SLICE("off"));

	if (a->ctl == CTL_AUDIT_LOG_PARTS)
		return OK;
	if (a->ctl == CTL_REQUEST_BODY_PROCESSOR) {
		for (size_t i = 0; i < sizeof processors / sizeof *processors; i++)
			if (slice_eq_nocase(v, processors[i]))
				return OK;
		return seclang__fail(l, ERR_CONFIG, "ctl: there is no body processor %.*s", SLICE_ARG(v));
	}
	bool third = (a->ctl == CTL_RULE_ENGINE && slice_eq_nocase(v, SLICE("DetectionOnly"))) ||
		     (a->ctl == CTL_AUDIT_ENGINE && slice_eq_nocase(v, SLICE("RelevantOnly")));
	if (!on && !off && !third)
		return seclang__fail(l, ERR_CONFIG, "ctl: \"%.*s\" is no value for this", SLICE_ARG(v));
	return OK;
}

static enum err seclang__ctl(struct seclang *l, struct slice value, struct rule *r)
{
	struct rule_action *a;
	size_t equals = slice_find(value, '='), i;
	struct slice name = slice_trim(slice_first(value, equals)),
		     to = slice_from(value, equals == SIZE_MAX ? value.n : equals + 1);

	TRY(seclang__add_action(l, r, ACTION_CTL, &a));
	for (i = 0; i < CTL_COUNT; i++)
		if (slice_eq_nocase(name, seclang__ctls[i].name))
			break;
	if (i == CTL_COUNT || equals == SIZE_MAX)
		return seclang__fail(l, ERR_CONFIG, "ctl:%.*s is not supported", SLICE_ARG(value));
	a->ctl = seclang__ctls[i].ctl;
	a->setting = to;
	if (a->ctl < CTL_RULE_REMOVE_BY_ID)
		return seclang__ctl_setting(l, a);
	if (a->ctl >= CTL_RULE_REMOVE_TARGET_BY_ID) {
		size_t semicolon = slice_find(to, ';');
		if (semicolon == SIZE_MAX)
			return seclang__fail(l, ERR_CONFIG, "ctl:%.*s: the variable is missing (id;ARGS:name)",
					     SLICE_ARG(value));
		TRY(seclang__target(l, slice_trim(slice_from(to, semicolon + 1)), &a->target));
		to = slice_first(to, semicolon);
	}
	if (a->ctl == CTL_RULE_REMOVE_BY_ID || a->ctl == CTL_RULE_REMOVE_TARGET_BY_ID)
		return seclang__ids(l, slice_trim(to), &a->id_first, &a->id_last);
	return seclang__ctl_pattern(l, to, a);
}

static enum err seclang__skip(struct seclang *l, struct slice value, struct rule *r)
{
	uint64_t n;

	TRY(seclang__number(l, value, 100000, &n));
	r->skip = (unsigned)n;
	return OK;
}

static enum err seclang__allow(struct seclang *l, struct slice value, struct rule *r)
{
	r->disrupt = DISRUPT_ALLOW;
	if (value.n == 0)
		r->allow = ALLOW_ALL;
	else if (slice_eq_nocase(value, SLICE("phase")))
		r->allow = ALLOW_PHASE;
	else if (slice_eq_nocase(value, SLICE("request")))
		r->allow = ALLOW_REQUEST;
	else
		return seclang__fail(l, ERR_CONFIG, "allow:%.*s is neither phase nor request", SLICE_ARG(value));
	return OK;
}

static enum err seclang__redirect(struct seclang *l, struct slice value, struct rule *r)
{
	r->disrupt = DISRUPT_REDIRECT;
	return seclang__text(l, value, &r->location);
}

static enum err seclang__msg(struct seclang *l, struct slice value, struct rule *r)
{
	return seclang__text(l, value, &r->msg);
}

static enum err seclang__logdata(struct seclang *l, struct slice value, struct rule *r)
{
	return seclang__text(l, value, &r->logdata);
}

static enum err seclang__skip_after(struct seclang *l, struct slice value, struct rule *r)
{
	if (value.n == 0)
		return seclang__fail(l, ERR_CONFIG, "skipAfter needs the name of a SecMarker");
	r->skip_after = value;
	return OK;
}

static enum err seclang__ver(struct seclang *l, struct slice value, struct rule *r)
{
	r->ver = value;
	return OK;
}

static enum err seclang__rev(struct seclang *l, struct slice value, struct rule *r)
{
	r->rev = value;
	return OK;
}

/* Known, of no use to us: maturity and accuracy are opinions about a rule. */
static enum err seclang__ignored(struct seclang *l, struct slice value, struct rule *r)
{
	return OK;
}

static const struct seclang__named seclang__with_value[] = {
	{ "id", seclang__id },
	{ "phase", seclang__phase },
	{ "severity", seclang__severity },
	{ "status", seclang__status },
	{ "tag", seclang__tag },
	{ "t", seclang__transform },
	{ "setvar", seclang__setvar },
	{ "expirevar", seclang__expirevar },
	{ "initcol", seclang__initcol },
	{ "ctl", seclang__ctl },
	{ "skip", seclang__skip },
	{ "skipAfter", seclang__skip_after },
	{ "allow", seclang__allow },
	{ "redirect", seclang__redirect },
	{ "msg", seclang__msg },
	{ "logdata", seclang__logdata },
	{ "ver", seclang__ver },
	{ "rev", seclang__rev },
	{ "maturity", seclang__ignored },
	{ "accuracy", seclang__ignored },
};

/* The actions that are one word. False when name is none of them. */
static bool seclang__word_action(struct slice name, struct rule *r)
{
	static const struct {
		struct slice name;
		enum rule_disruption disrupt;
	} disruptive[] = { { SLICE_INIT("pass"), DISRUPT_PASS },
			   { SLICE_INIT("block"), DISRUPT_BLOCK },
			   { SLICE_INIT("deny"), DISRUPT_DENY },
			   { SLICE_INIT("drop"), DISRUPT_DROP } };

	for (size_t i = 0; i < sizeof disruptive / sizeof *disruptive; i++)
		if (slice_eq_nocase(name, disruptive[i].name)) {
			r->disrupt = disruptive[i].disrupt;
			return true;
		}
	if (slice_eq_nocase(name, SLICE("log")) || slice_eq_nocase(name, SLICE("nolog"))) {
		r->log = slice_lower(name.p[0]) == 'l';
		r->log_said = true;
		if (!r->audit_said)
			r->audit = r->log;
	} else if (slice_eq_nocase(name, SLICE("auditlog")) || slice_eq_nocase(name, SLICE("noauditlog"))) {
		r->audit = slice_lower(name.p[0]) == 'a';
		r->audit_said = true;
	} else if (slice_eq_nocase(name, SLICE("chain"))) {
		r->chained = true;
	} else if (slice_eq_nocase(name, SLICE("capture"))) {
		r->capture = true;
	} else if (slice_eq_nocase(name, SLICE("multiMatch"))) {
		r->multi_match = true;
	} else {
		return false;
	}
	return true;
}

enum err seclang__actions(struct seclang *l, struct slice list, struct rule *r)
{
	struct slice name, value;

	while (seclang__next_action(l, &list, &name, &value)) {
		size_t i, n = sizeof seclang__with_value / sizeof *seclang__with_value;
		if (value.p == NULL && seclang__word_action(name, r))
			continue;
		for (i = 0; i < n; i++)
			if (slice_eq_nocase(name, slice_str(seclang__with_value[i].name)))
				break;
		if (i == n)
			return seclang__fail(l, ERR_CONFIG, "action %.*s is not supported", SLICE_ARG(name));
		TRY(seclang__with_value[i].read(l, value, r));
	}
	return OK;
}
