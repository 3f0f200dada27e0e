/* SPDX-License-Identifier: Apache-2.0 */
/* seclang_target: VARIABLE, VARIABLE:name, VARIABLE:/pattern/, with & and ! before. */
#include "waf/seclang_int.h"

static bool seclang__separates(char c, bool commas)
{
	return c == '|' || (commas && c == ',');
}

/* Length of a selector that begins with its closing mark's twin at s.p[at]: to that mark before a separator. */
static size_t seclang__closed_length(struct slice s, size_t at, char mark, bool commas)
{
	for (size_t i = at + 1; i < s.n; i++) {
		if (s.p[i] == '\\' && mark == '/')
			i++;
		else if (s.p[i] == mark && (i + 1 == s.n || seclang__separates(s.p[i + 1], commas)))
			return i + 1;
	}
	return s.n;
}

/* Length of the target at the front of s: to the next separator that stands outside a /pattern/ or quotes. */
static size_t seclang__target_length(struct slice s, bool commas)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != ':' && !seclang__separates(s.p[i], commas))
		i++;
	if (i + 1 >= s.n || s.p[i] != ':')
		return i < s.n && s.p[i] == ':' ? s.n : i;
	bool is_xml = slice_ends(slice_of(s.p, i), SLICE("XML"));
	i++;
	if (s.p[i] == '\'' || (s.p[i] == '/' && !is_xml))
		return seclang__closed_length(s, i, s.p[i], commas);
	while (i < s.n && !seclang__separates(s.p[i], commas))
		i++;
	return i;
}

/* What stands after the colon. */
static enum err seclang__selector(struct seclang *l, struct slice name, struct rule_target *t)
{
	if (name.n >= 2 && name.p[0] == '\'' && name.p[name.n - 1] == '\'')
		name = slice_of(name.p + 1, name.n - 2);
	if (name.n == 0)
		return seclang__fail(l, ERR_CONFIG, "%s: needs a name after its colon", rule_variable_name(t->var));
	if (t->var == VAR_XML) {
		if (!slice_eq(name, SLICE("/*")) && !slice_eq(name, SLICE("//@*")))
			return seclang__fail(l, ERR_CONFIG, "XML:%.*s: only XML:/* and XML://@* are supported",
					     SLICE_ARG(name));
		t->name = name;
		return OK;
	}
	if (name.n >= 2 && name.p[0] == '/' && name.p[name.n - 1] == '/') {
		struct slice pattern = slice_of(name.p + 1, name.n - 2);
		if (rule_set_regex(l->set, pattern, true, &t->regex, l->d) != OK) {
			struct diag why = *l->d;
			diag_init(l->d);
			return seclang__fail(l, ERR_CONFIG, "%s:%.*s: %s", rule_variable_name(t->var), SLICE_ARG(name),
					     why.text);
		}
		return OK;
	}
	t->name = rule_lower(&l->set->arena, name);
	if (t->var == VAR_TX)
		t->slot = rule_set_slot(l->set, t->name);
	return OK;
}

enum err seclang__target(struct seclang *l, struct slice text, struct rule_target *ret)
{
	size_t colon = slice_find(text, ':');
	struct slice name = slice_first(text, colon);
	struct rule_target t = { .var = rule_variable_find(name), .slot = RULE_SLOT_NONE };

	if (t.var == VAR_COUNT)
		return seclang__fail(l, ERR_CONFIG, "variable %.*s is not supported", SLICE_ARG(name));
	if (colon != SIZE_MAX) {
		if (rule_variable_kind(t.var) == VARIABLE_SCALAR)
			return seclang__fail(l, ERR_CONFIG, "%.*s is one value and takes no name", SLICE_ARG(name));
		TRY(seclang__selector(l, slice_from(text, colon + 1), &t));
	}
	*ret = t;
	return OK;
}

enum err seclang__targets(struct seclang *l, struct slice list, bool commas, struct rule_target **ret, size_t *ret_n)
{
	size_t most = 1, n = 0;
	struct rule_target *targets;

	for (size_t i = 0; i < list.n; i++)
		most += list.p[i] == '|' || list.p[i] == ',';
	TRY(seclang__alloc(l, most * sizeof *targets, &targets));
	while (list.n) {
		size_t length = seclang__target_length(list, commas);
		struct slice one = slice_trim(slice_first(list, length));
		list = slice_from(list, length + 1);
		bool exclude = one.n && one.p[0] == '!';
		one = slice_from(one, exclude);
		bool count = one.n && one.p[0] == '&';
		one = slice_from(one, count);
		TRY(seclang__target(l, one, &targets[n]));
		targets[n].exclude = exclude;
		targets[n].count = count;
		n++;
	}
	if (n == 0)
		return seclang__fail(l, ERR_CONFIG, "a list of variables is empty");
	*ret = targets;
	*ret_n = n;
	return OK;
}
