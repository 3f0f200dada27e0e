/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app: one plan item of kind "app" as the router reads it: the names that lead to it, its instances, and how it wants
 * to be routed. Built off the data path from JSON, immutable afterwards. Lifetime: snapshot; whoever keeps one across a
 * loop turn takes a reference.
 */
#ifndef MODEL_APP_H
#define MODEL_APP_H

#include "base/ip.h"
#include "model/kind.h"

#include <stdatomic.h>

enum { APP_HOSTS_MAX = 256, APP_INSTANCES_MAX = 256, APP_NAME_MAX = 63, APP_INSTANCE_TEXT_MAX = 128 };

enum app_status {
	APP_RUNNING,
	APP_STOPPED, /* no instance of any kind runs */
	APP_NO_WEB   /* others run, but none that answers the web: maintenance */
};

/* Pages of the app's owner that stand for ours; the status stays. */
enum app_page { APP_PAGE_ERROR, APP_PAGE_TIMEOUT, APP_PAGE_STOPPED, APP_PAGE_NO_FRONT, APP_PAGES };

struct app_instance {
	struct slice name; /* "web-1" */
	struct slice id;   /* tells it from an earlier one of that name */
	struct ip_port at;
};

struct app_live; /* router/apps.h: what the router knows of it beside the plan */

struct app {
	uint32_t magic; /* OBJ_APP */
	atomic_uint refs;
	uint64_t revision;
	struct slice name, id;
	enum app_status status;
	struct slice *hosts; /* canonical; "*.example.test" covers one level */
	size_t hosts_n;      /* 1 to APP_HOSTS_MAX */
	struct slice default_host;
	struct slice canonical; /* all other hosts are redirected here; empty: none */
	bool force_https, sticky_session, router_logs;
	uint64_t generation; /* grows with each deploy, restart and scale */
	uint32_t in_flight;  /* requests that one instance takes at a time; 0: any number */
	const struct app_instance *instances;
	size_t instances_n;
	struct slice pages[APP_PAGES];               /* HTML; empty: ours */
	uint64_t connect_ms, first_byte_ms, read_ms; /* 0: the limit's default */
	/* The publisher's, and how its reference is given back. */
	struct app_live *live;
	void (*live_drop)(struct app_live *live);
};

/*
 * Reads an item of kind "app" strictly (docs/PLAN.md). out: *ret_app with one reference. errors: ERR_PLAN with the
 * member's path, or line:column of a syntax error. Any thread, allocates.
 */
enum err app_from_json(struct slice json, uint64_t revision, const struct limits *limits, struct app **ret_app,
		       struct diag *d) MUST_USE;
/* Takes one more reference; a must be readable now (snapshot or own reference). */
void app_ref(struct app *a);
/* Drops one; the last frees. NULL is fine. */
void app_unref(struct app *a);

/* The kind for control and edge; no two apps have one host. */
extern const struct kind app_kind;

#endif
