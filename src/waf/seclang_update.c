/* SPDX-License-Identifier: Apache-2.0 */
/* seclang_update: SecRuleRemoveBy… and SecRuleUpdate…: noted as they are read, applied once all rules are known. */
#include "waf/seclang_int.h"

static enum err seclang__note_update(struct seclang *l, struct seclang_update u)
{
	struct seclang_update *kept;

	TRY(seclang__alloc(l, sizeof *kept, &kept));
	*kept = u;
	kept->file = l->file;
	kept->line = l->line;
	*l->updates_end = kept;
	l->updates_end = &kept->next;
	return OK;
}

static enum err seclang__update_pattern(struct seclang *l, struct slice pattern, struct regex **ret)
{
	if (pattern.n == 0 || rule_set_regex(l->set, pattern, false, ret, NULL) != OK)
		return seclang__fail(l, ERR_CONFIG, "\"%.*s\" is not a pattern", SLICE_ARG(pattern));
	return OK;
}

static enum err seclang__remove_by_id(struct seclang *l, const struct slice *words, size_t n)
{
	if (n == 0)
		return seclang__fail(l, ERR_CONFIG, "SecRuleRemoveById needs ids or ranges");
	for (size_t i = 0; i < n; i++) {
		struct slice list = words[i];
		while (list.p && list.n) {
			struct slice one = slice_split(&list, list.n && slice_find(list, ',') != SIZE_MAX ? ',' : ' ');
			struct seclang_update u = { .change = CHANGE_REMOVE };
			if (slice_trim(one).n == 0)
				continue;
			TRY(seclang__ids(l, slice_trim(one), &u.first, &u.last));
			TRY(seclang__note_update(l, u));
		}
	}
	return OK;
}

enum err seclang__update(struct seclang *l, struct slice name, const struct slice *words, size_t n)
{
	struct slice rest = name;
	struct seclang_update u = { .change = CHANGE_REMOVE };

	if (slice_eq_nocase(name, SLICE("SecRuleRemoveById")))
		return seclang__remove_by_id(l, words, n);
	if (slice_starts_nocase(name, SLICE("SecRuleRemoveBy"))) {
		rest = slice_from(name, 15);
	} else if (slice_starts_nocase(name, SLICE("SecRuleUpdateTargetBy"))) {
		rest = slice_from(name, 21);
		u.change = CHANGE_TARGETS;
	} else if (slice_eq_nocase(name, SLICE("SecRuleUpdateActionById"))) {
		rest = slice_from(name, 21);
		u.change = CHANGE_ACTIONS;
	} else {
		return ERR_NOT_FOUND;
	}
	size_t want = u.change == CHANGE_REMOVE ? 1 : 2;
	if (n != want)
		return seclang__fail(l, ERR_CONFIG, "%.*s takes %zu values, not %zu", SLICE_ARG(name), want, n);
	if (slice_eq_nocase(rest, SLICE("Id")))
		TRY(seclang__ids(l, words[0], &u.first, &u.last));
	else if (slice_eq_nocase(rest, SLICE("Tag")))
		TRY(seclang__update_pattern(l, words[0], &u.tag));
	else if (slice_eq_nocase(rest, SLICE("Msg")))
		TRY(seclang__update_pattern(l, words[0], &u.msg));
	else
		return ERR_NOT_FOUND;
	if (u.change == CHANGE_TARGETS)
		TRY(seclang__targets(l, words[1], true, &u.targets, &u.targets_n));
	if (u.change == CHANGE_ACTIONS)
		u.actions = words[1];
	return seclang__note_update(l, u);
}

static bool seclang__update_meets(const struct seclang_update *u, const struct rule *r)
{
	if (r->is_marker)
		return false;
	if (u->tag)
		return rule_has_tag(r, u->tag);
	if (u->msg)
		return r->msg.source.n && regex_test(u->msg, r->msg.source);
	return r->id >= u->first && r->id <= u->last;
}

static enum err seclang__add_targets(struct seclang *l, const struct seclang_update *u, struct rule *r)
{
	struct rule_target *all;

	TRY(seclang__alloc(l, (r->targets_n + u->targets_n) * sizeof *all, &all));
	if (r->targets_n)
		memcpy(all, r->targets, r->targets_n * sizeof *all);
	memcpy(all + r->targets_n, u->targets, u->targets_n * sizeof *all);
	r->targets = all;
	r->targets_n += u->targets_n;
	return OK;
}

/* Actions of an update: transformations replace those of the rule, other ones are added or written over. */
static enum err seclang__add_actions(struct seclang *l, const struct seclang_update *u, struct rule *r)
{
	struct rule changed = *r;

	changed.transforms_n = 0;
	TRY(seclang__actions(l, u->actions, &changed));
	if (changed.id != r->id || changed.phase != r->phase || changed.chained != r->chained)
		return seclang__fail(l, ERR_CONFIG, "SecRuleUpdateActionById cannot change id, phase or chain");
	if (changed.transforms_n == 0 && changed.transforms_none == r->transforms_none) {
		memcpy(changed.transforms, r->transforms, sizeof changed.transforms);
		changed.transforms_n = r->transforms_n;
	}
	*r = changed;
	return OK;
}

enum err seclang__apply_updates(struct seclang *l)
{
	for (const struct seclang_update *u = l->updates; u; u = u->next) {
		size_t met = 0;
		l->file = u->file;
		l->line = u->line;
		for (size_t i = 0; i < l->set->rules_n; i++) {
			struct rule *r = l->set->rules[i];
			if (!seclang__update_meets(u, r))
				continue;
			met++;
			if (u->change == CHANGE_REMOVE)
				r->removed = true;
			else if (u->change == CHANGE_TARGETS)
				TRY(seclang__add_targets(l, u, r));
			else
				TRY(seclang__add_actions(l, u, r));
		}
		if (!met)
			rule_set_note(l->set, u->file, u->line, "no rule is meant by this");
	}
	return OK;
}
