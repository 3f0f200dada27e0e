/* SPDX-License-Identifier: Apache-2.0 */
/* processes: see processes.h. Its noun is the look: one job of the api after the other, while something is to be done.
 */
#include "platform/processes.h"

#include "api/api_call.h"
#include "base/check.h"
#include "base/mem.h"
#include "platform/processes_int.h"
#include "supervisor/say.h"

#include <inttypes.h>
#include <stdio.h>

enum { PROCESSES__AGAIN_MS = 1000 };

static const char processes__off[] =
	"this node runs no processes: [platform] processes is off; set it to yes, or register instances";

static void processes__due(struct platform_processes *p, uint64_t ms)
{
	loop_timer_set(p->to.loop, &p->timer, loop_now_ms(p->to.loop) + ms);
}

/* Something happened that a look must see. */
static void processes__dirty(struct platform_processes *p)
{
	p->again = true;
	if (!p->busy)
		processes__due(p, 0);
}

void processes_say(const struct processes_app *a, const char *label, uint64_t id, const char *what, const char *why)
{
	const struct platform_processes *p = a->owner;
	char text[RUNNER_WHY_BYTES + 160], row[STATE_APP_ID_BYTES];

	processes_app_row_id(id, row);
	int n = snprintf(text, sizeof text, "container [%s] (%s) %s%s%s", label, row, what, why && why[0] ? ": " : "",
			 why ? why : "");
	if (p->to.log && n > 0)
		p->to.log(p->to.log_arg, a->id, "manager", loop_wall_ms(p->to.loop),
			  slice_of(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

/* ---- apps ---- */

static struct processes_app *processes__app(struct platform_processes *p, struct slice id)
{
	for (struct processes_app *a = p->apps; a; a = a->next)
		if (slice_eq(id, slice_str(a->id)))
			return a;
	return NULL;
}

static struct processes_app *processes__get(struct platform_processes *p, struct slice id)
{
	struct processes_app *a = processes__app(p, id);

	if (a)
		return a;
	a = mem_alloc(sizeof *a);
	a->owner = p;
	slice_cstr(id, a->id, sizeof a->id);
	formation_init(&a->formation, &p->to.node->limits);
	a->formation.connected = p->connected;
	a->next = p->apps;
	p->apps = a;
	return a;
}

static void processes__free_app(struct platform_processes *p, struct processes_app *a)
{
	for (struct processes_app **at = &p->apps; *at; at = &(*at)->next) {
		if (*at == a) {
			*at = a->next;
			break;
		}
	}
	formation_fini(&a->formation);
	mem_free(a);
}

/* ---- the runner ---- */

static void processes__lost(void *arg)
{
	struct platform_processes *p = arg;

	p->connected = false;
	for (struct processes_app *a = p->apps; a; a = a->next)
		formation_relist(&a->formation);
}

static void processes__listed(void *arg)
{
	struct platform_processes *p = arg;

	p->connected = true;
	for (struct processes_app *a = p->apps; a; a = a->next)
		formation_listed(&a->formation, loop_now_ms(p->to.loop));
	processes__dirty(p);
}

static void processes__told(void *arg, const struct runner_instance *i)
{
	struct platform_processes *p = arg;
	struct processes_app *a = processes__get(p, i->app);
	char label[RUNNER_LABEL_BYTES], why[RUNNER_WHY_BYTES];

	slice_cstr(i->label, label, sizeof label);
	slice_cstr(i->why, why, sizeof why);
	switch (formation_told(&a->formation, i, loop_now_ms(p->to.loop))) {
	case FORMATION_IS_READY:
		processes_say(a, label, i->id, "has been started", NULL);
		break;
	case FORMATION_ENDED:
		processes_say(a, label, i->id, "has been stopped", NULL);
		break;
	case FORMATION_FAILED:
		processes_say(a, label, i->id, "could not start", why);
		break;
	case FORMATION_CRASHED:
		processes_say(a, label, i->id, "has crashed", why);
		break;
	case FORMATION_NO_NEWS:
		if (i->state != RUNNER_ENDED)
			return; /* numbers only */
		break;
	}
	if (i->state == RUNNER_ENDED)
		runner_link_forget(p->link, i->id);
	processes__dirty(p);
}

static void processes__output(void *arg, const struct runner_output *o)
{
	struct platform_processes *p = arg;
	char app[STATE_APP_ID_BYTES], label[RUNNER_LABEL_BYTES], text[80];
	struct slice rest = o->lines;

	if (!p->to.log || !slice_cstr(o->app, app, sizeof app) || !slice_cstr(o->label, label, sizeof label))
		return;
	while (rest.n) {
		struct slice line = slice_split(&rest, '\n');
		p->to.log(p->to.log_arg, app, label, (int64_t)o->wall_ms, line);
	}
	if (o->dropped == 0)
		return;
	int n = snprintf(text, sizeof text, "[%s] %u lines were dropped: it writes too much", label, o->dropped);
	p->to.log(p->to.log_arg, app, "manager", (int64_t)o->wall_ms, slice_of(text, (size_t)n));
}

/* ---- the look ---- */

static void processes__seen(void *arg, const char *app_id)
{
	processes__get(arg, slice_str(app_id));
}

/* Operations nobody here can do end at once. */
static enum err processes__refuse(struct state *st, struct state_operation *o)
{
	struct state_app app;
	enum err e = state_app_get(st, slice_str(o->app), &app);

	if (e == ERR_NOT_FOUND)
		return state_operation_begin(st, o);
	TRY(e);
	return state_operation_end(st, o, &app, processes__off);
}

/* Those that are pending; and after a start those that the control before had begun. */
static enum err processes__take(struct platform_processes *p, struct state *st, const char *status)
{
	struct state_operation o;
	enum err e;

	while ((e = state_operation_next(st, status, &o)) == OK) {
		if (p->link)
			e = processes_app_begin(processes__get(p, slice_str(o.app)), st, &o);
		else
			e = processes__refuse(st, &o);
		state_operation_fini(&o);
		TRY(e);
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

/* The job. */
static void processes__look(struct api_call *call)
{
	struct platform_processes *p = api_call_arg(call);
	enum err e;

	p->again = false;
	e = state_process_apps(call->state, processes__seen, p);
	if (e == OK)
		e = processes__take(p, call->state, "pending");
	for (struct processes_app *a = p->apps; a && e == OK && p->link; a = a->next)
		e = processes_app_look(a, call->state);
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static uint64_t processes__wait(const struct platform_processes *p)
{
	uint64_t next = UINT64_MAX;

	for (const struct processes_app *a = p->apps; a; a = a->next) {
		uint64_t ms = formation_wait_ms(&a->formation, loop_now_ms(p->to.loop));
		if (ms < next)
			next = ms;
	}
	return next;
}

/* What the job did is committed (or not) for this app. */
static void processes__decided(struct processes_app *a, bool good)
{
	struct platform_processes *p = a->owner;

	if (a->publishing && good) {
		formation_published(&a->formation, a->publishing, loop_now_ms(p->to.loop));
		p->again = true;
	} else if (a->publishing) {
		formation_not_published(&a->formation);
	}
	if (!good || a->op_ended)
		a->op[0] = '\0'; /* not good: it is still pending, and taken again */
	a->publishing = 0;
	a->op_ended = false;
}

static void processes__done(void *arg, const char *why)
{
	struct platform_processes *p = arg;

	p->busy = false;
	for (struct processes_app *a = p->apps, *next; a; a = next) {
		next = a->next;
		processes__decided(a, why == NULL);
		if (p->connected && a->types_n == 0 && !a->formation.instances && !a->op[0])
			processes__free_app(p, a);
	}
	if (why)
		say("platform", "event=processes_not_stored reason=\"%s\"", why);
	uint64_t wait = why ? PROCESSES__AGAIN_MS : p->again ? 0 : processes__wait(p);
	if (wait != UINT64_MAX)
		processes__due(p, wait);
}

static void processes__any(void *arg, const char *app_id)
{
	*(bool *)arg = true;
}

/* Whether a look could find anything: nodes without such apps pay two questions for each change of their state. */
static bool processes__needed(const struct platform_processes *p)
{
	struct state_operation o;
	bool any = p->apps != NULL;

	if (!any && state_operation_next(p->to.state, "pending", &o) == OK) {
		state_operation_fini(&o);
		any = true;
	}
	return any || (state_process_apps(p->to.state, processes__any, &any) == OK && any);
}

static void processes__timer(struct loop_timer *t)
{
	struct platform_processes *p = LOOP_OWNER(t, struct platform_processes, timer);
	const struct api_job job = { processes__look, processes__done, p };

	OBJ(p, OBJ_PROCESSES);
	if (p->busy || !processes__needed(p))
		return;
	p->busy = true;
	api_do(p->to.api, &job);
}

/* ---- life ---- */

struct platform_processes *platform_processes_new(const struct platform_processes_setup *setup)
{
	struct platform_processes *p = mem_alloc(sizeof *p);
	const struct runner_link_owner owner = { processes__lost, processes__listed, processes__told, processes__output,
						 p };
	char path[NODE_PATH_BYTES + 32];

	p->magic = OBJ_PROCESSES;
	p->to = *setup;
	/* Never the same twice, also not after a start of control. */
	p->next_id = (uint64_t)loop_wall_ms(setup->loop) << 20;
	loop_timer_init(&p->timer, processes__timer);
	snprintf(path, sizeof path, "%s/run/runner.sock", setup->node->data);
	if (setup->node->platform_processes)
		p->link = runner_link_new(setup->loop, path, &owner);
	processes__due(p, 0);
	return p;
}

void platform_processes_free(struct platform_processes *p)
{
	if (!p)
		return;
	OBJ(p, OBJ_PROCESSES);
	loop_timer_cancel(p->to.loop, &p->timer);
	runner_link_free(p->link);
	while (p->apps)
		processes__free_app(p, p->apps);
	p->magic = OBJ_FREED;
	mem_free(p);
}

void platform_processes_wake(struct platform_processes *p)
{
	/* A commit while a job is under way is its own, or one that it saw. */
	if (!p->busy)
		processes__due(p, 0);
}

bool platform_processes_use(const struct platform_processes *p, const char *instance_id,
			    struct platform_processes_use *ret)
{
	char row[STATE_APP_ID_BYTES];

	for (const struct processes_app *a = p->apps; a; a = a->next) {
		for (const struct formation_instance *i = a->formation.instances; i; i = i->next) {
			processes_app_row_id(i->id, row);
			if (strcmp(row, instance_id) != 0)
				continue;
			*ret = (struct platform_processes_use){ i->used_bytes, i->cpu_ms, (int64_t)i->wall_ms };
			return true;
		}
	}
	return false;
}
