/* SPDX-License-Identifier: Apache-2.0 */
/* control_command: `seawall control`, started by the supervisor: confines itself and runs control. */
#include "api/activating.h"
#include "api/dnssec_keeper.h"
#include "api/hashing.h"
#include "api/issuing.h"
#include "api/offenders.h"
#include "api/origin_pull.h"
#include "api/renewing.h"
#include "api/resolving.h"
#include "api/server.h"
#include "api/shield.h"
#include "api/ssl_doctor.h"
#include "api/traffic.h"
#include "base/base64.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/entry.h"
#include "control/control.h"
#include "control/staple.h"
#include "platform/domain_keeper.h"
#include "platform/logs_stream.h"
#include "platform/processes.h"
#include "state/token.h"
#include "supervisor/sandbox.h"
#include "supervisor/say.h"
#include "supervisor/supervisor.h"
#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { CONTROL_COMMAND__KEY_BYTES = 1024 };

/* What lives on the loop of control besides itself. */
struct control_command {
	const struct entry *entry;
	struct control *control;
	struct state *state;
	struct api *api;
	struct platform *platform;
	struct platform_processes *processes;
	struct domain_keeper *domains;
	struct api_server *server;
	struct resolve *resolve;
	struct api_resolving *resolving;
	struct api_activating *activating; /* NULL: zones are active at once */
	struct api_dnssec_keeper *dnssec;
	struct web *web;
	struct staple *staple;
	struct ssl_doctor *doctor;
	struct hashing *hashing;
	struct api_issuing *issuing;
	struct api_renewing *renewing;
	struct api_shield *shield;
	struct api_offenders *offenders;
	struct api_traffic *traffic;
	struct buf binding_key; /* of [acme] eab_hmac_key_file */
};

static void control_command__path(const struct node_config *node, char ret[static NODE_PATH_BYTES + 32])
{
	snprintf(ret, NODE_PATH_BYTES + 32, "%s/state/state.db", node->data);
}

static bool control_command__open(struct control_command *cc)
{
	char path[NODE_PATH_BYTES + 32], text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	struct diag d;

	diag_init(&d);
	control_command__path(&cc->entry->node, path);
	enum err e = state_open(path, clock_wall_ms(), &cc->state, &d);
	if (e == OK && cc->entry->handoff->has_admin)
		e = state_token_admin(cc->state, cc->entry->handoff->admin_hash);
	if (e == OK)
		return true;
	if (cc->state)
		diag_set(&d, e, path, "the administrator's token cannot be stored: %s", store_reason(cc->state->store));
	say("control", "event=start_refused %s", diag_print(&d, text, sizeof text));
	return false;
}

/* The sockets of the API, each with its address. */
static bool control_command__listen(struct control_command *cc)
{
	const struct handoff *h = cc->entry->handoff;
	struct api_server_listen *listens = mem_alloc_array(HANDOFF_LISTENS_MAX, sizeof *listens);
	size_t n = 0;

	for (size_t i = 0; i < h->listens_n; i++)
		for (size_t k = 0; k < h->listens[i].fds_n && n < HANDOFF_LISTENS_MAX; k++)
			listens[n++] = (struct api_server_listen){ h->listens[i].fds[k], h->listens[i].bound };
	enum err e =
		api_server_new(cc->api, control_loop(cc->control), &cc->entry->node.limits, listens, n, &cc->server);
	mem_free(listens);
	return e == OK;
}

static void control_command__committed(void *arg)
{
	struct control_command *cc = arg;

	if (cc->resolving)
		api_resolving_wake(cc->resolving);
	if (cc->activating)
		api_activating_wake(cc->activating);
	if (cc->issuing)
		api_issuing_wake(cc->issuing);
	if (cc->renewing)
		api_renewing_wake(cc->renewing);
	platform_committed(cc->platform);
	if (cc->processes)
		platform_processes_wake(cc->processes);
	if (cc->domains)
		domain_keeper_wake(cc->domains);
}

/* Who asks for names elsewhere. Without it records elsewhere stay unresolved, which is said once and is no reason not
 * to start. */
static void control_command__resolver(struct control_command *cc)
{
	const struct node_config *node = &cc->entry->node;
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	struct loop *l = control_loop(cc->control);
	struct diag d;

	diag_init(&d);
	if (resolve_new(l, node->resolvers, node->resolvers_n, true, &cc->resolve, &d) != OK) {
		say("control", "event=no_resolver reason=\"%s\"", diag_print(&d, text, sizeof text));
		return;
	}
	cc->resolving = api_resolving_new(cc->api, cc->state, l, cc->resolve);
	if (!node->activate_at_once) {
		const struct api_activating_setup setup = { cc->api, cc->state, l, cc->resolve, node };

		cc->activating = api_activating_new(&setup);
	}
}

/* What signed zones need with time. */
static void control_command__dnssec(struct control_command *cc)
{
	const struct api_dnssec_keeper_setup setup = { .api = cc->api,
						       .state = cc->state,
						       .loop = control_loop(cc->control),
						       .resolve = cc->resolve,
						       .check_ms = cc->entry->node.limits.dnssec_check_ms };

	cc->dnssec = api_dnssec_keeper_new(&setup);
}

/* With an API, and also when there was one: what was made over it stays live when nobody listens any more. */
static bool control_command__has_state(const struct node_config *node)
{
	char path[NODE_PATH_BYTES + 32];

	control_command__path(node, path);
	return node_listens(node, LISTEN_API) > 0 || access(path, F_OK) == 0;
}

/* The key of the external account binding, when there is to be one. Without it authorities say what they miss. */
static void control_command__binding(struct control_command *cc)
{
	const char *path = cc->entry->node.acme_eab_key_file;
	char text[CONTROL_COMMAND__KEY_BYTES];

	buf_init(&cc->binding_key, sizeof text);
	if (!path[0])
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
	if (fd >= 0)
		close(fd);
	struct slice key = slice_of(text, n > 0 ? (size_t)n : 0);
	while (key.n && (key.p[key.n - 1] == '\n' || key.p[key.n - 1] == '\r'))
		key.n--;
	if (n < 0)
		say("control",
		    "event=acme_eab_key_unreadable path=%s reason=\"%s\"; it must be readable for the user of control",
		    path, strerrordesc_np(errno));
	else if (n == sizeof text || base64_read(slice_trim(key), &cc->binding_key) != OK)
		say("control", "event=acme_eab_key_unreadable path=%s reason=\"it is no key in base64url\"", path);
	crypto_wipe(text, sizeof text);
}

/* Requests to servers elsewhere; false, and said, when there can be none. */
static bool control_command__web(struct control_command *cc)
{
	if (!cc->web && web_new(control_loop(cc->control), &cc->web) != OK)
		say("control", "event=no_requests_elsewhere reason=\"libcurl cannot be started\"");
	return cc->web != NULL;
}

/* What authorities say of the certificates that edges show. */
static void control_command__staple(struct control_command *cc)
{
	if (node_listens(&cc->entry->node, LISTEN_HTTPS) && control_command__web(cc))
		cc->staple = staple_new(cc->control, cc->web);
}

static void control_command__log(void *arg, const char *app, const char *source, int64_t wall_ms, struct slice line)
{
	platform_logs_add(arg, app, source, wall_ms, line);
}

/* What apps need with time: their processes, and whether their domains lead here. */
static void control_command__apps(struct control_command *cc)
{
	const struct node_config *node = &cc->entry->node;
	struct loop *l = control_loop(cc->control);
	const struct platform_processes_setup processes = { .api = cc->api,
							    .state = cc->state,
							    .loop = l,
							    .node = node,
							    .seal = &cc->entry->seal,
							    .log = control_command__log,
							    .log_arg = platform_logs(cc->platform) };
	const struct domain_keeper_setup domains = { .order = { .api = cc->api,
								.state = cc->state,
								.control = cc->control,
								.loop = l,
								.web = cc->web,
								.node = node,
								.seal = &cc->entry->seal,
								.binding_key = buf_slice(&cc->binding_key) },
						     .resolve = cc->resolve };

	cc->processes = platform_processes_new(&processes);
	if (control_command__web(cc))
		cc->domains = domain_keeper_new(&domains);
}

/* Certificates of authorities, when there are any to ask. Without, those of the node's own stay. */
static void control_command__issuing(struct control_command *cc)
{
	const struct node_config *node = &cc->entry->node;
	struct loop *l = control_loop(cc->control);

	if (node->acme_n == 0)
		return;
	if (node->acme_ca_file[0] && access(node->acme_ca_file, R_OK) != 0)
		say("control",
		    "event=acme_ca_file_unreadable path=%s; it must be readable for the user of control, with the "
		    "folders above it",
		    node->acme_ca_file);
	if (!control_command__web(cc))
		return;
	control_command__binding(cc);
	const struct api_issuing_setup setup = { .api = cc->api,
						 .state = cc->state,
						 .control = cc->control,
						 .loop = l,
						 .web = cc->web,
						 .node = node,
						 .seal = &cc->entry->seal,
						 .binding_key = buf_slice(&cc->binding_key) };
	cc->issuing = api_issuing_new(&setup);
	cc->renewing = api_renewing_new(&setup);
}

/* The pages of apps that come from elsewhere. */
static void control_command__pages(struct control_command *cc)
{
	if (control_command__web(cc))
		platform_fetch(cc->platform, cc->api, cc->web);
}

/* The state, what it wants live, and the API itself. */
static bool control_command__api(struct control_command *cc)
{
	const struct node_config *node = &cc->entry->node;

	if (!control_command__has_state(node))
		return true;
	if (!control_command__open(cc))
		return false;
	const struct ssl_doctor_setup doctor = { cc->control, node };
	struct diag d;
	diag_init(&d);
	if (ssl_doctor_new(&doctor, &cc->doctor, &d) != OK)
		say("control", "event=no_ssl_doctor reason=\"%s%s%s\"", d.where, d.where[0] ? ": " : "", d.text);
	const struct platform_setup apps = {
		.state = cc->state, .control = cc->control, .node = node, .seal = &cc->entry->seal
	};
	diag_init(&d);
	if (api_origin_pull_prepare(cc->state, node, &cc->entry->seal, &d) != OK)
		say("control", "event=no_origin_pull_certificate reason=\"%s%s%s\"", d.where, d.where[0] ? ": " : "",
		    d.text);
	if (hashing_new(control_loop(cc->control), node->limits.password_queue_max, &cc->hashing) != OK)
		say("control", "event=no_passwords reason=\"a thread cannot be started\"");
	cc->platform = platform_new(&apps);
	const struct api_setup setup = { .state = cc->state,
					 .control = cc->control,
					 .node = node,
					 .seal = &cc->entry->seal,
					 .doctor = cc->doctor,
					 .kernel_drop = cc->entry->handoff->kernel_drop,
					 .hashing = cc->hashing,
					 .dialect = platform_dialect(cc->platform) };
	cc->api = api_new(&setup);
	if (api_start(cc->api) == OK && control_command__listen(cc)) {
		api_server_take(cc->server, "/apps/", platform_logs_stream, cc->platform);
		control_command__resolver(cc);
		control_command__dnssec(cc);
		control_command__pages(cc);
		control_command__issuing(cc);
		cc->shield = api_shield_new(cc->api, cc->control);
		cc->offenders = api_offenders_new(cc->api, cc->control, control_loop(cc->control));
		cc->traffic = api_traffic_new(cc->api, cc->control, control_loop(cc->control));
		control_command__apps(cc);
		api_on_commit(cc->api, control_command__committed, cc);
		return true;
	}
	say("control", "event=start_refused the API cannot be started: %s", store_reason(cc->state->store));
	return false;
}

static int control_command__run(const struct entry *e)
{
	struct control_command cc = { .entry = e };
	struct control_setup setup = {
		.node = &e->node,
		.door_fd = e->handoff->door_fd,
		.ready_fd = e->handoff->ready_fd,
		.seal = &e->seal,
	};
	/* A state that cannot be used does not end the node: edges serve on, and whoever mends it finds control
	 * trying again. */
	int status = CMD_FAILED;

	if (control_new(&setup, &cc.control) != OK)
		return SUPERVISOR_EXIT_CONFIG;
	if (control_command__api(&cc)) {
		control_command__staple(&cc);
		control_run(cc.control);
		status = 0;
	}
	if (cc.api)
		api_stop(cc.api);
	staple_free(cc.staple);
	hashing_free(cc.hashing);
	web_free(cc.web);         /* no request elsewhere ends any more; it needs one more turn of a whole loop */
	resolve_free(cc.resolve); /* no question ends any more */
	control_end(cc.control);  /* who waits for edges is told, while there is a state to commit to */
	loop_turn(control_loop(cc.control), 0); /* and the answer leaves */
	ssl_doctor_free(cc.doctor);             /* before the calls that it answers */
	api_server_free(cc.server);
	api_free(cc.api);
	api_activating_free(cc.activating);
	api_resolving_free(cc.resolving); /* its jobs have ended with the api */
	api_dnssec_keeper_free(cc.dnssec);
	api_issuing_free(cc.issuing);
	api_renewing_free(cc.renewing);
	api_shield_free(cc.shield);
	api_offenders_free(cc.offenders);
	api_traffic_free(cc.traffic);
	platform_processes_free(cc.processes);
	domain_keeper_free(cc.domains);
	seal_wipe_buf(&cc.binding_key);
	platform_free(cc.platform);
	state_close(cc.state);
	control_free(cc.control);
	return status;
}

int control_command_main(int argc, char **argv)
{
	struct entry e;
	int status = SUPERVISOR_EXIT_CONFIG;

	if (entry_begin(&e, "control", argc, argv) && entry_confine(&e, SANDBOX_CONTROL))
		status = control_command__run(&e);
	entry_end(&e);
	return status;
}
