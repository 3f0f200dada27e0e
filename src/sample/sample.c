/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample: options, the listening socket, signals, and the loop of `seawall sample-app`. One thread.
 */
#include "sample/sample.h"

#include "base/check.h"
#include "proto/h1_server.h"
#include "sample/sample_site.h"
#include "sys/sock.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

enum { SAMPLE__NAME_MAX = 64, SAMPLE__BACKLOG = 1024, SAMPLE__ACCEPTS_PER_TURN = 64, SAMPLE__REST_MS = 100 };
enum { SAMPLE__FAILED = 1, SAMPLE__USAGE = 2 };

struct sample_options {
	struct slice listen, name;
	bool help;
};

struct sample_app {
	struct sample_site site;
	struct limits limits;
	struct counters counters;
	struct loop *loop;
	struct loop_io listener, signals;
	struct loop_timer rest; /* out of descriptors: accept again later */
	bool resting;
};

static const char sample__help[] =
	"Usage: seawall sample-app --listen ADDRESS:PORT [--name NAME]\n"
	"A small web site to stand behind an edge, for demonstrations and tests.\n"
	"\n"
	"  --listen ADDRESS:PORT  where to listen, e.g. 127.0.0.1:3000 or [::1]:3000; port 0 takes a free one\n"
	"  --name NAME            shown on the page and in X-Sample-App (letters, digits, '.', '_', '-'); \"one\" by "
	"default\n"
	"  --help                 this text\n"
	"\n"
	"When it is ready it prints one line with its address. SIGTERM and SIGINT end it.\n"
	"Paths: / /static/* /api/time /api/headers /counter /form /upload /download?bytes= /stream?bytes= /slow?ms=\n"
	"/drip?bytes=&ms= /events?n= /ws /status/NNN /cookie /private /vary /redirect /trailers /early\n";

/* ---- options */

static int sample__wrong(const char *sentence, struct slice what)
{
	fprintf(stderr, "seawall sample-app: ");
	fprintf(stderr, "%.*s: %s; --help says more\n", SLICE_ARG(what), sentence);
	return SAMPLE__USAGE;
}

static bool sample__is_name(struct slice s)
{
	if (s.n == 0 || s.n > SAMPLE__NAME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], low = slice_lower(c);
		if (!slice_is_digit(c) && !(low >= 'a' && low <= 'z') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

/* "--key value" and "--key=value". Returns 0 or an exit status. */
static int sample__options(int argc, char **argv, struct sample_options *o)
{
	*o = (struct sample_options){ .name = SLICE("one") };
	for (int i = 1; i < argc; i++) {
		struct slice value = slice_str(argv[i]), key = slice_split(&value, '=');
		struct slice *to = slice_eq(key, SLICE("--listen")) ? &o->listen
				   : slice_eq(key, SLICE("--name")) ? &o->name
								    : NULL;
		if (slice_eq(key, SLICE("--help")) || slice_eq(key, SLICE("-h"))) {
			o->help = true;
			return 0;
		}
		if (!to)
			return sample__wrong("there is no such option", slice_str(argv[i]));
		if (!value.p && ++i == argc)
			return sample__wrong("a value is missing behind this option", key);
		*to = value.p ? value : slice_str(argv[i]);
	}
	if (!o->listen.n)
		return sample__wrong("this option is needed, e.g. 127.0.0.1:3000", SLICE("--listen"));
	if (!sample__is_name(o->name))
		return sample__wrong("a name has 1 to 64 letters, digits, '.', '_' and '-'", o->name);
	return 0;
}

/* ---- events */

static void sample__rest_over(struct loop_timer *t)
{
	struct sample_app *a = LOOP_OWNER(t, struct sample_app, rest);

	a->resting = loop_io_add_level(a->loop, &a->listener) != OK;
	if (a->resting)
		loop_timer_set(a->loop, t, loop_now_ms(a->loop) + SAMPLE__REST_MS);
}

static void sample__accept(struct loop_io *io, uint32_t events)
{
	struct sample_app *a = LOOP_OWNER(io, struct sample_app, listener);
	struct ip_port peer, local = { 0 };
	int fd;

	for (int i = 0; i < SAMPLE__ACCEPTS_PER_TURN; i++) {
		enum err e = sock_accept(io->fd, &fd, &peer);
		if (e == ERR_AGAIN)
			return;
		if (e == ERR_CLOSED)
			continue;
		if (e != OK) {
			loop_io_del(a->loop, io);
			a->resting = true;
			loop_timer_set(a->loop, &a->rest, loop_now_ms(a->loop) + SAMPLE__REST_MS);
			return;
		}
		sock_local(fd, &local);
		h1_server_accept(&a->site.proto, fd, &peer, &local);
	}
}

static void sample__signal(struct loop_io *io, uint32_t events)
{
	loop_stop(LOOP_OWNER(io, struct sample_app, signals)->loop);
}

/* SIGTERM and SIGINT as a descriptor. */
static enum err sample__signals(struct sample_app *a)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_SYSTEM;
	a->signals = (struct loop_io){ signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), sample__signal };
	return a->signals.fd >= 0 ? loop_io_add_level(a->loop, &a->signals) : ERR_SYSTEM;
}

static void sample__ready(const struct sample_app *a, const struct ip_port *bound)
{
	char at[IP_PORT_TEXT_BYTES];

	ip_port_print(bound, at);
	printf("sample-app \"%.*s\" on http://%s/\n", SLICE_ARG(a->site.name), at);
	fflush(stdout);
}

/* ---- life */

static int sample__serve(struct sample_app *a, const struct sample_options *o, const struct ip_port *bound)
{
	limits_init(&a->limits);
	if (loop_new(&a->loop) != OK || sample__signals(a) != OK || loop_io_add_level(a->loop, &a->listener) != OK) {
		fprintf(stderr, "seawall sample-app: the system refuses an event loop or a signal descriptor\n");
		return SAMPLE__FAILED;
	}
	loop_timer_init(&a->rest, sample__rest_over);
	sample_site_init(&a->site, o->name, a->loop, &a->limits, &a->counters);
	sample__ready(a, bound);
	loop_run(a->loop);
	loop_timer_cancel(a->loop, &a->rest);
	loop_io_del(a->loop, &a->signals);
	if (!a->resting)
		loop_io_del(a->loop, &a->listener);
	sample_site_fini(&a->site);
	return 0;
}

int sample_main(int argc, char **argv)
{
	struct sample_app a = { .listener = { -1, sample__accept }, .signals = { -1, NULL } };
	struct sample_options o;
	struct ip_port at, bound;
	struct diag d;
	char reason[DIAG_WHERE_BYTES + DIAG_TEXT_BYTES];
	int status = sample__options(argc, argv, &o);

	if (o.help) {
		fputs(sample__help, stdout);
		return 0;
	}
	if (status)
		return status;
	if (ip_port_parse(o.listen, true, &at) != OK)
		return sample__wrong("--listen takes an address and a port, e.g. 127.0.0.1:3000 or [::1]:3000",
				     o.listen);
	diag_init(&d);
	if (sock_listen_tcp(&at, false, SAMPLE__BACKLOG, &a.listener.fd, &bound, &d) != OK) {
		fprintf(stderr, "seawall sample-app: %s\n", diag_print(&d, reason, sizeof reason));
		return SAMPLE__FAILED;
	}
	status = sample__serve(&a, &o, &bound);
	sock_close(a.signals.fd);
	sock_close(a.listener.fd);
	loop_free(a.loop);
	return status;
}
