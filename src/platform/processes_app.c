/* SPDX-License-Identifier: Apache-2.0 */
/* processes_app: one app's processes: see processes_int.h. */
#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "platform/processes_int.h"
#include "state/variable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void processes_app_row_id(uint64_t id, char ret[static STATE_APP_ID_BYTES])
{
	snprintf(ret, STATE_APP_ID_BYTES, "%024" PRIx64, id);
}

/* ---- the environment of one ---- */

struct processes__env {
	struct runner_variable items[STATE_VARIABLES_MAX + 16];
	size_t n;
};

/* A later one of the same name counts (runner/spawn.c); so ours come behind those of people. */
static void processes__env_add(struct processes__env *env, struct slice name, struct slice value)
{
	if (env->n == sizeof env->items / sizeof env->items[0] || value.n > RUNNER_VALUE_BYTES_MAX)
		return;
	env->items[env->n++] =
		(struct runner_variable){ slice_of(mem_dup(name), name.n), slice_of(mem_dup(value), value.n) };
}

static void processes__env_variable(void *arg, const struct state_variable *v)
{
	processes__env_add(arg, slice_str(v->name), v->value);
}

static void processes__env_free(struct processes__env *env)
{
	for (size_t i = 0; i < env->n; i++) {
		/* Both were made by processes__env_add. */
		char *name = (char *)(uintptr_t)env->items[i].name.p, *value = (char *)(uintptr_t)env->items[i].value.p;
		crypto_wipe(value, env->items[i].value.n);
		mem_free(name);
		mem_free(value);
	}
	mem_free(env);
}

static void processes__env_text(struct processes__env *env, const char *name, const char *value)
{
	processes__env_add(env, slice_str(name), slice_str(value));
}

/* Source: the variables that Scalingo's platform sets in a container. */
static enum err processes__env_make(const struct processes_app *a, struct state *st, const struct state_app *app,
				    const struct state_process *type, const char *label, struct processes__env *env)
{
	const struct state_process_size *size = state_process_size(slice_str(type->size));
	const struct node_config *node = a->owner->to.node;
	char text[128];

	TRY(state_variable_each(st, a->owner->to.seal, a->id, processes__env_variable, env));
	processes__env_text(env, "APP", app->name);
	processes__env_text(env, "CONTAINER", label);
	processes__env_text(env, "CONTAINER_SIZE", type->size);
	snprintf(text, sizeof text, "%lld", size ? (long long)size->memory_bytes : 0);
	processes__env_text(env, "CONTAINER_MEMORY", text);
	snprintf(text, sizeof text, "%" PRIu64, a->formation.generation);
	processes__env_text(env, "CONTAINER_VERSION", text);
	snprintf(text, sizeof text, "%s-%s", app->name, label);
	processes__env_text(env, "HOSTNAME", text);
	processes__env_text(env, "REGION_NAME", node->platform_region);
	processes__env_text(env, "SCALINGO_APPLICATION_ID", app->id);
	return OK;
}

/* ---- what is wanted ---- */

struct processes__types {
	struct state_process *list;
	size_t n;
};

static void processes__type(void *arg, const struct state_process *p)
{
	struct processes__types *t = arg;

	if (p->command[0] && t->n < STATE_PROCESS_TYPES_MAX)
		t->list[t->n++] = *p;
}

static const struct state_process *processes__find(const struct state_process *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

/* Another size needs new processes; the rest of a type is looked at when one starts. */
static void processes__resized(struct processes_app *a, const struct processes__types *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct state_process *before = processes__find(a->types, a->types_n, now->list[i].name);
		if (before && strcmp(before->size, now->list[i].size) != 0)
			formation_restart(&a->formation, before->name, 0, a->formation.generation + 1);
	}
}

static enum err processes__want(struct processes_app *a, struct state *st)
{
	struct processes__types now = { mem_alloc_array(STATE_PROCESS_TYPES_MAX, sizeof *now.list), 0 };
	struct formation_type types[FORMATION_TYPES_MAX];
	enum err e = a->gone ? OK : state_process_each(st, a->id, processes__type, &now);

	if (e == OK) {
		processes__resized(a, &now);
		memcpy(a->types, now.list, now.n * sizeof *now.list);
		a->types_n = now.n;
		for (size_t i = 0; i < now.n; i++) {
			snprintf(types[i].name, sizeof types[i].name, "%s", now.list[i].name);
			types[i].amount = (uint32_t)now.list[i].amount;
		}
		formation_want(&a->formation, types, now.n);
	}
	mem_free(now.list);
	return e;
}

/* ---- doing ---- */

static enum err processes__start(struct processes_app *a, struct state *st, const struct state_app *app,
				 const struct formation_action *action)
{
	const struct state_process *type = processes__find(a->types, a->types_n, action->type);
	struct processes__env *env;
	char label[RUNNER_LABEL_BYTES];

	if (!type)
		return OK;
	const struct state_process_size *size = state_process_size(slice_str(type->size));
	formation_label(action->type, action->index, label);
	env = mem_alloc(sizeof *env);
	enum err e = processes__env_make(a, st, app, type, label, env);
	if (e == OK) {
		const struct runner_start start = { .id = action->id,
						    .generation = action->generation,
						    .memory_bytes = size ? (uint64_t)size->memory_bytes : 0,
						    .flags = strcmp(type->name, "web") == 0 ? RUNNER_WEB : 0,
						    .app = slice_str(a->id),
						    .label = slice_str(label),
						    .command = slice_str(type->command),
						    .variables_n = (uint16_t)env->n };
		runner_link_start(a->owner->link, &start, env->items);
		processes_say(a, label, action->id, "is starting", NULL);
	}
	processes__env_free(env);
	return e;
}

static enum err processes__act(struct processes_app *a, struct state *st, const struct state_app *app)
{
	uint64_t now = loop_now_ms(a->owner->to.loop);

	for (;;) {
		struct formation_action action = formation_next(&a->formation, a->owner->next_id, now);
		switch (action.kind) {
		case FORMATION_NOTHING:
			return OK;
		case FORMATION_START:
			a->owner->next_id++;
			TRY(processes__start(a, st, app, &action));
			break;
		case FORMATION_STOP:
			runner_link_stop(a->owner->link, action.id);
			break;
		case FORMATION_PUBLISH:
			a->publishing = action.version;
			break;
		}
	}
}

/* ---- storing ---- */

/* An instance as its row should be. */
static void processes__row(const struct processes_app *a, const struct formation_instance *i,
			   struct state_instance *ret)
{
	static const char *const states[] = { "booting", "booting", "running", "stopping", "stopping" };
	const struct state_process *type = processes__find(a->types, a->types_n, i->type);

	*ret = (struct state_instance){ .number = i->index };
	processes_app_row_id(i->id, ret->id);
	memcpy(ret->app, a->id, sizeof ret->app);
	memcpy(ret->type, i->type, sizeof i->type);
	snprintf(ret->state, sizeof ret->state, "%s", states[i->phase]);
	if (i->port)
		snprintf(ret->address, sizeof ret->address, "127.0.0.1:%u", i->port);
	if (!type)
		return;
	memcpy(ret->size, type->size, sizeof ret->size);
	memcpy(ret->command, type->command, sizeof ret->command);
}

struct processes__rows {
	struct state_instance *list;
	size_t n, cap;
};

static void processes__collect(void *arg, const struct state_instance *i)
{
	struct processes__rows *rows = arg;

	if (i->registered)
		return;
	if (rows->n == rows->cap) {
		rows->cap = rows->cap ? rows->cap * 2 : 16;
		rows->list = mem_resize(rows->list, rows->cap * sizeof *rows->list);
	}
	rows->list[rows->n++] = *i;
}

static struct state_instance *processes__stored(const struct processes__rows *rows, const char *id)
{
	for (size_t k = 0; k < rows->n; k++)
		if (strcmp(rows->list[k].id, id) == 0)
			return &rows->list[k];
	return NULL;
}

static enum err processes__store_one(struct state *st, const struct processes__rows *rows, struct state_instance *want,
				     bool *changed)
{
	struct state_instance *there = processes__stored(rows, want->id);

	if (!there) {
		*changed = true;
		return state_instance_add(st, want);
	}
	bool same = strcmp(there->state, want->state) == 0 && strcmp(there->address, want->address) == 0;
	there->id[0] = '\0'; /* it stays */
	if (same)
		return OK;
	*changed = true;
	return state_instance_save(st, want);
}

/* Makes the rows be what runs. */
static enum err processes__store(struct processes_app *a, struct state *st, bool *changed)
{
	struct processes__rows rows = { NULL, 0, 0 };
	enum err e = state_instance_each(st, a->id, processes__collect, &rows);

	for (const struct formation_instance *i = a->formation.instances; i && e == OK; i = i->next) {
		struct state_instance want;
		processes__row(a, i, &want);
		e = processes__store_one(st, &rows, &want, changed);
	}
	for (size_t k = 0; k < rows.n && e == OK; k++) {
		if (!rows.list[k].id[0])
			continue;
		*changed = true;
		e = state_instance_remove(st, &rows.list[k]);
	}
	mem_free(rows.list);
	return e;
}

/* ---- operations ---- */

/* "web", "web-2". */
static void processes__restart(struct processes_app *a, const char *scope, uint64_t generation)
{
	char type[FORMATION_TYPE_BYTES];
	struct slice s = slice_str(scope);
	size_t at = slice_rfind(s, '-');
	uint64_t index = 0;

	if (at != SIZE_MAX && slice_u64(slice_from(s, at + 1), &index))
		s = slice_first(s, at);
	if (slice_cstr(s, type, sizeof type))
		formation_restart(&a->formation, type, index <= FORMATION_AMOUNT_MAX ? (uint32_t)index : 0, generation);
}

enum err processes_app_begin(struct processes_app *a, struct state *st, struct state_operation *o)
{
	uint64_t generation = a->formation.generation + 1;

	memcpy(a->op, o->id, sizeof a->op);
	a->formation.why[0] = '\0';
	if (strcmp(o->type, "restart") == 0) {
		if (json_array_size(o->scope) == 0)
			formation_restart(&a->formation, NULL, 0, generation);
		for (size_t i = 0; i < json_array_size(o->scope); i++) {
			const char *scope = json_string_value(json_array_get(o->scope, i));
			if (scope)
				processes__restart(a, scope, generation);
		}
	}
	return state_operation_begin(st, o);
}

static enum err processes__end_op(struct processes_app *a, struct state *st, struct state_app *app)
{
	struct state_operation o;
	enum err e = state_operation_get(st, a->id, slice_str(a->op), &o);

	a->op_ended = true;
	if (e == ERR_NOT_FOUND)
		return OK;
	TRY(e);
	e = state_operation_end(st, &o, app, a->formation.why);
	state_operation_fini(&o);
	return e;
}

static enum err processes__crashed(struct processes_app *a, struct state *st, struct state_app *app)
{
	if (formation_given_up(&a->formation) == 0 || formation_live(&a->formation, NULL) > 0 ||
	    strcmp(app->status, "crashed") == 0)
		return OK;
	snprintf(app->status, sizeof app->status, "crashed");
	return state_app_save(st, app);
}

enum err processes_app_look(struct processes_app *a, struct state *st)
{
	struct state_app app;
	bool changed = false;
	enum err e = state_app_get(st, slice_str(a->id), &app);

	a->gone = e == ERR_NOT_FOUND;
	if (e != OK && !a->gone)
		return e;
	TRY(processes__want(a, st));
	if (!a->formation.connected)
		return OK;
	TRY(processes__act(a, st, &app));
	if (a->gone)
		return OK;
	TRY(processes__store(a, st, &changed));
	if (changed)
		TRY(state_app_settle(st, &app));
	if (a->op[0] && formation_settled(&a->formation))
		TRY(processes__end_op(a, st, &app));
	return a->op[0] && !a->op_ended ? OK : processes__crashed(a, st, &app);
}
