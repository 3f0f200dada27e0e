/* SPDX-License-Identifier: Apache-2.0 */
/* app_from: builds an app from its JSON form, see app.h and docs/PLAN.md. One allocation: struct, hosts, instances,
 * text. */
#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/app.h"
#include "model/json_read.h"
#include "wire/uri.h"

enum { APP_FROM__HOST_MAX = 253 };

static const struct json_read_member app_from__members[] = {
	{ "kind", JSON_READ_STRING, true },
	{ "name", JSON_READ_STRING, true },
	{ "id", JSON_READ_STRING, true },
	{ "status", JSON_READ_STRING, true },
	{ "hosts", JSON_READ_ARRAY, true },
	{ "default_host", JSON_READ_STRING, true },
	{ "canonical", JSON_READ_STRING, false },
	{ "force_https", JSON_READ_BOOL, false },
	{ "sticky_session", JSON_READ_BOOL, false },
	{ "router_logs", JSON_READ_BOOL, false },
	{ "generation", JSON_READ_INT, true },
	{ "in_flight", JSON_READ_INT, false },
	{ "instances", JSON_READ_ARRAY, true },
	{ "pages", JSON_READ_OBJECT, false },
	{ "timeouts", JSON_READ_OBJECT, false },
	{ NULL, JSON_READ_STRING, false },
};

static const struct json_read_member app_from__instance_members[] = {
	{ "name", JSON_READ_STRING, true },
	{ "id", JSON_READ_STRING, true },
	{ "address", JSON_READ_STRING, true },
	{ NULL, JSON_READ_STRING, false },
};

static const struct json_read_member app_from__timeout_members[] = {
	{ "connect_ms", JSON_READ_INT, false },
	{ "first_byte_ms", JSON_READ_INT, false },
	{ "read_ms", JSON_READ_INT, false },
	{ NULL, JSON_READ_INT, false },
};

static const char *const app_from__pages[APP_PAGES + 1] = { "error", "timeout", "stopped", "no_front", NULL };

/* What the build carries from member to member. */
struct app_from {
	struct json_read r;
	struct app *app;
	struct app_instance *instances; /* the app's, still being filled */
	struct text memory;             /* the room behind them */
};

static struct slice app_from__keep(struct app_from *b, struct slice s)
{
	size_t at = b->memory.n;

	text_add(&b->memory, s);
	CHECK(!b->memory.bad);
	return slice_of(b->memory.p + at, s.n);
}

/* Letters, digits and a few marks that are safe in log lines and cookies. errors: ERR_PLAN at the current path. */
static enum err app_from__word(struct app_from *b, const json_t *obj, const char *member, size_t max, struct slice *ret)
{
	struct slice s = json_read_string(json_object_get(obj, member));
	size_t mark = json_read_in(&b->r, member);

	if (s.n == 0 || s.n > max)
		return json_read_fail(&b->r, "must be 1 to %zu bytes long", max);
	for (size_t i = 0; i < s.n; i++) {
		char c = slice_lower(s.p[i]);
		if (!(c >= 'a' && c <= 'z') && !slice_is_digit(c) && !memchr("-_.:", c, 4))
			return json_read_fail(&b->r, "must be of letters, digits, '-', '_', '.' and ':'");
	}
	*ret = app_from__keep(b, s);
	json_read_out(&b->r, mark);
	return OK;
}

/* A host name, or with wild also "*." and one. errors: ERR_PLAN at the current path. */
static enum err app_from__host(struct app_from *b, struct slice s, bool wild, struct slice *ret)
{
	char canonical[2 + 256] = "*.";
	struct uri_host host;
	size_t star = wild && slice_starts(s, SLICE("*.")) ? 2 : 0;

	if (uri_host_parse(slice_from(s, star), &host) != OK || host.name.n != s.n - star || host.is_ip)
		return json_read_fail(&b->r, "\"%.*s\" is not a host name%s", SLICE_ARG(slice_first(s, 80)),
				      wild ? ", or \"*.\" and one" : "");
	struct slice name = uri_host_canonical(host.name, canonical + star);
	if (star + name.n > APP_FROM__HOST_MAX)
		return json_read_fail(&b->r, "is longer than %d bytes", APP_FROM__HOST_MAX);
	*ret = app_from__keep(b, slice_of(canonical, star + name.n));
	return OK;
}

static enum err app_from__hosts(struct app_from *b, const json_t *root)
{
	const json_t *hosts = json_object_get(root, "hosts");
	size_t mark = json_read_in(&b->r, "hosts"), n = json_array_size(hosts);

	if (n == 0 || n > APP_HOSTS_MAX)
		return json_read_fail(&b->r, "must hold 1 to %d names", APP_HOSTS_MAX);
	for (size_t i = 0; i < n; i++) {
		size_t inner = json_read_in_index(&b->r, i);
		const json_t *v = json_array_get(hosts, i);
		if (!json_is_string(v))
			return json_read_fail(&b->r, "must be a string");
		TRY(app_from__host(b, json_read_string(v), true, &b->app->hosts[i]));
		for (size_t k = 0; k < i; k++)
			if (slice_eq(b->app->hosts[k], b->app->hosts[i]))
				return json_read_fail(&b->r, "\"%.*s\" is already hosts[%zu]",
						      SLICE_ARG(b->app->hosts[i]), k);
		json_read_out(&b->r, inner);
	}
	b->app->hosts_n = n;
	json_read_out(&b->r, mark);
	return OK;
}

/* A member that names one host; *ret stays when it is absent. */
static enum err app_from__one_host(struct app_from *b, const json_t *root, const char *member, struct slice *ret)
{
	const json_t *v = json_object_get(root, member);
	size_t mark = json_read_in(&b->r, member);

	if (v)
		TRY(app_from__host(b, json_read_string(v), false, ret));
	json_read_out(&b->r, mark);
	return OK;
}

/* Redirects to a name that the app does not answer would lead nowhere. */
static enum err app_from__canonical(struct app_from *b, const json_t *root)
{
	const struct app *a = b->app;

	TRY(app_from__one_host(b, root, "canonical", &b->app->canonical));
	for (size_t i = 0; i < a->hosts_n && a->canonical.n; i++)
		if (slice_eq(a->hosts[i], a->canonical))
			return OK;
	if (!a->canonical.n)
		return OK;
	json_read_in(&b->r, "canonical");
	return json_read_fail(&b->r, "\"%.*s\" is not one of hosts", SLICE_ARG(a->canonical));
}

static enum err app_from__instance(struct app_from *b, const json_t *v, struct app_instance *ret)
{
	TRY(json_read_object(&b->r, v, app_from__instance_members));
	TRY(app_from__word(b, v, "name", APP_INSTANCE_TEXT_MAX, &ret->name));
	TRY(app_from__word(b, v, "id", APP_INSTANCE_TEXT_MAX, &ret->id));
	struct slice address = json_read_string(json_object_get(v, "address"));
	size_t mark = json_read_in(&b->r, "address");
	if (ip_port_parse(address, false, &ret->at) != OK)
		return json_read_fail(&b->r, "\"%.*s\" is not an address with a port, like 127.0.0.1:4001",
				      SLICE_ARG(slice_first(address, 80)));
	json_read_out(&b->r, mark);
	return OK;
}

static enum err app_from__instances(struct app_from *b, const json_t *root)
{
	const json_t *list = json_object_get(root, "instances");
	size_t mark = json_read_in(&b->r, "instances"), n = json_array_size(list);

	if (n > APP_INSTANCES_MAX)
		return json_read_fail(&b->r, "holds %zu, at most %d", n, APP_INSTANCES_MAX);
	for (size_t i = 0; i < n; i++) {
		size_t inner = json_read_in_index(&b->r, i);
		TRY(app_from__instance(b, json_array_get(list, i), &b->instances[i]));
		for (size_t k = 0; k < i; k++)
			if (slice_eq(b->instances[k].name, b->instances[i].name))
				return json_read_fail(&b->r, "has the name of instances[%zu]", k);
		json_read_out(&b->r, inner);
	}
	b->app->instances_n = n;
	json_read_out(&b->r, mark);
	return OK;
}

static enum err app_from__read_pages(struct app_from *b, const json_t *root)
{
	const json_t *pages = json_object_get(root, "pages");
	struct json_read_member members[APP_PAGES + 1] = { { NULL, JSON_READ_STRING, false } };
	size_t mark = json_read_in(&b->r, "pages");

	if (!pages) {
		json_read_out(&b->r, mark);
		return OK;
	}
	for (size_t i = 0; i <= APP_PAGES; i++)
		members[i] = (struct json_read_member){ app_from__pages[i], JSON_READ_STRING, false };
	TRY(json_read_object(&b->r, pages, members));
	for (size_t i = 0; i < APP_PAGES; i++)
		b->app->pages[i] = app_from__keep(b, json_read_string(json_object_get(pages, app_from__pages[i])));
	json_read_out(&b->r, mark);
	return OK;
}

static enum err app_from__timeouts(struct app_from *b, const json_t *root)
{
	const json_t *obj = json_object_get(root, "timeouts");
	uint64_t *const to[] = { &b->app->connect_ms, &b->app->first_byte_ms, &b->app->read_ms };
	static const int64_t range[2] = { 10, 6000000 };
	size_t mark = json_read_in(&b->r, "timeouts");

	if (obj)
		TRY(json_read_object(&b->r, obj, app_from__timeout_members));
	for (size_t i = 0; i < sizeof to / sizeof to[0] && obj; i++) {
		int64_t v = 0;
		TRY(json_read_int(&b->r, obj, app_from__timeout_members[i].name, range, &v));
		*to[i] = (uint64_t)v;
	}
	json_read_out(&b->r, mark);
	return OK;
}

static enum err app_from__settings(struct app_from *b, const json_t *root)
{
	static const char *const statuses[] = { "running", "stopped", "no_web", NULL };
	static const int64_t generations[2] = { 0, INT64_C(1) << 53 }, in_flights[2] = { 0, 65536 };
	int64_t generation = 0, in_flight = 0;
	int status = 0;

	TRY(json_read_choice(&b->r, root, "status", statuses, &status));
	TRY(json_read_int(&b->r, root, "generation", generations, &generation));
	TRY(json_read_int(&b->r, root, "in_flight", in_flights, &in_flight));
	b->app->status = (enum app_status)status;
	b->app->generation = (uint64_t)generation;
	b->app->in_flight = (uint32_t)in_flight;
	b->app->force_https = json_read_bool(root, "force_https", false);
	b->app->sticky_session = json_read_bool(root, "sticky_session", false);
	b->app->router_logs = json_read_bool(root, "router_logs", false);
	return OK;
}

static enum err app_from__build(struct app_from *b, const json_t *root)
{
	static const char *const kinds[] = { "app", NULL };
	int kind = 0;

	TRY(json_read_choice(&b->r, root, "kind", kinds, &kind));
	TRY(app_from__word(b, root, "name", APP_NAME_MAX, &b->app->name));
	TRY(app_from__word(b, root, "id", APP_NAME_MAX, &b->app->id));
	TRY(app_from__settings(b, root));
	TRY(app_from__hosts(b, root));
	TRY(app_from__one_host(b, root, "default_host", &b->app->default_host));
	TRY(app_from__canonical(b, root));
	TRY(app_from__instances(b, root));
	TRY(app_from__read_pages(b, root));
	return app_from__timeouts(b, root);
}

static size_t app_from__text(const json_t *obj, const char *member)
{
	return json_string_length(json_object_get(obj, member));
}

/* Bytes that the texts of the app need at most. */
static size_t app_from__bytes(const json_t *root, size_t hosts_n, size_t instances_n)
{
	static const char *const own[] = { "name", "id", "default_host", "canonical" };
	const json_t *hosts = json_object_get(root, "hosts"), *instances = json_object_get(root, "instances");
	const json_t *pages = json_object_get(root, "pages");
	size_t bytes = 0;

	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		bytes += app_from__text(root, own[i]);
	for (size_t i = 0; i < hosts_n; i++)
		bytes += json_string_length(json_array_get(hosts, i));
	for (size_t i = 0; i < instances_n; i++)
		bytes += app_from__text(json_array_get(instances, i), "name") +
			 app_from__text(json_array_get(instances, i), "id");
	for (size_t i = 0; i < APP_PAGES; i++)
		bytes += app_from__text(pages, app_from__pages[i]);
	return bytes;
}

/* Lists that are too long are refused later; here they only must not count. */
static size_t app_from__count(const json_t *list, size_t max)
{
	size_t n = json_array_size(list);

	return n < max ? n : max;
}

static void app_from__alloc(struct app_from *b, const json_t *root)
{
	size_t hosts = app_from__count(json_object_get(root, "hosts"), APP_HOSTS_MAX);
	size_t instances = app_from__count(json_object_get(root, "instances"), APP_INSTANCES_MAX);
	size_t bytes = app_from__bytes(root, hosts, instances);
	struct app *a = mem_alloc(sizeof *a + instances * sizeof *b->instances + hosts * sizeof *a->hosts + bytes);

	a->magic = OBJ_APP;
	atomic_init(&a->refs, 1);
	b->instances = (struct app_instance *)(void *)(a + 1);
	a->instances = b->instances;
	a->hosts = (struct slice *)(void *)(b->instances + instances);
	b->memory = text_of(a->hosts + hosts, bytes);
	b->app = a;
}

enum err app_from_json(struct slice json, uint64_t revision, const struct limits *limits, struct app **ret_app,
		       struct diag *d)
{
	struct app_from b = { .r = json_read_at_root(d) };
	json_t *root;

	if (json.n > limits->plan_item_bytes_max)
		return diag_set(d, ERR_PLAN, NULL, "is %zu bytes long, at most %llu (limit plan_item_bytes_max)",
				json.n, (unsigned long long)limits->plan_item_bytes_max);
	TRY(json_read_parse(json, d, &root));
	enum err e = json_read_object(&b.r, root, app_from__members);
	if (e == OK) {
		app_from__alloc(&b, root);
		e = app_from__build(&b, root);
	}
	json_decref(root);
	if (e != OK) {
		app_unref(b.app);
		return e;
	}
	b.app->revision = revision;
	*ret_app = b.app;
	return OK;
}
