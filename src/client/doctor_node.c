/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_node: see doctor.h: folders, secrets, ports, what the node says of itself. */
#include "client/doctor.h"
#include "client/probe.h"
#include "client/target.h"
#include "supervisor/rundir.h"
#include "sys/clock.h"
#include "sys/sock.h"

#include <arpa/nameser.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { DOCTOR_NODE__LOOKS = 25, DOCTOR_NODE__LOOK_MS = 100 };

/* ---- folders and secrets ---- */

static void doctor_node__data(struct doctor *d)
{
	const char *data = d->cli->node->data;
	struct statvfs fs;
	struct stat s;

	if (stat(data, &s) != 0) {
		doctor_say(d, d->runs || errno != ENOENT ? DOCTOR_FAIL : DOCTOR_NOTE, "DATA",
			   cli_format(d->cli, "%s: %s", data, strerrordesc_np(errno)),
			   errno == ENOENT ? "the first start makes it"
					   : "run this as root, or as the user of the node");
		return;
	}
	if (s.st_mode & S_IWOTH)
		doctor_say(d, DOCTOR_FAIL, "DATA", cli_format(d->cli, "%s can be written by everybody", data),
			   cli_format(d->cli, "chmod o-w %s", data));
	else
		doctor_say(d, DOCTOR_OK, "DATA", data, NULL);
	if (statvfs(data, &fs) == 0) {
		uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
		const char *found = cli_format(d->cli, "%llu MiB free", (unsigned long long)mib);
		doctor_say(d,
			   mib < 64     ? DOCTOR_FAIL
			   : mib < 1024 ? DOCTOR_WARN
					: DOCTOR_OK,
			   "disk", found,
			   mib < 1024 ? cli_format(d->cli, "make room below %s; a full disk stops changes", data)
				      : NULL);
	}
}

static void doctor_node__secret(struct doctor *d, const char *name)
{
	const char *path = cli_format(d->cli, "%s/%s", d->cli->node->data, name);
	struct stat s;

	if (lstat(path, &s) != 0)
		return;
	if (!S_ISREG(s.st_mode) || (s.st_mode & (S_IRWXG | S_IRWXO)))
		doctor_say(d, DOCTOR_FAIL, name, cli_format(d->cli, "%s can be used by others than its owner", path),
			   cli_format(d->cli, "chmod 600 %s; if others may have read it, replace it", path));
	else
		doctor_say(d, DOCTOR_OK, name, "only for its owner", NULL);
}

/* ---- ports ---- */

static const char *doctor_node__kind(enum listen_kind kind)
{
	static const char *const names[LISTEN_KINDS] = { "http", "https",         "dns (UDP)",     "dns (TCP)",
							 "api",  "platform http", "platform https" };

	return names[kind];
}

/* The inode of the socket that listens on a port, out of /proc/net/tcp and tcp6; 0 when none does. */
static uint64_t doctor_node__inode(uint16_t port)
{
	static const char *const files[] = { "/proc/net/tcp", "/proc/net/tcp6" };
	char line[512], want[16];
	uint64_t inode = 0;

	snprintf(want, sizeof want, ":%04X ", port);
	for (size_t i = 0; i < 2 && !inode; i++) {
		FILE *f = fopen(files[i], "re");
		while (f && !inode && fgets(line, sizeof line, f)) {
			/* sl local rem st …: 0A is LISTEN; the inode is the tenth word. */
			struct slice rest = slice_trim(slice_str(line)), word = slice_of(NULL, 0), local = word,
				     state = word;
			for (int n = 0; n < 10 && rest.p; n++) {
				word = slice_split(&rest, ' ');
				rest = rest.p ? slice_trim(rest) : rest;
				local = n == 1 ? word : local;
				state = n == 3 ? word : state;
			}
			if (slice_eq(state, SLICE("0A")) && local.n > 5 &&
			    slice_eq(slice_from(local, local.n - 5), slice_first(slice_str(want), 5)))
				slice_u64(word, &inode);
		}
		if (f)
			fclose(f);
	}
	return inode;
}

static bool doctor_node__holds(const char *pid, const char *socket)
{
	char path[512], link[64];
	bool found = false;

	snprintf(path, sizeof path, "/proc/%s/fd", pid);
	DIR *fds = opendir(path);
	for (struct dirent *e; fds && !found && (e = readdir(fds));) {
		snprintf(path, sizeof path, "/proc/%.32s/fd/%.32s", pid, e->d_name);
		ssize_t n = readlink(path, link, sizeof link - 1);
		found = n > 0 && slice_eq(slice_of(link, (size_t)n), slice_str(socket));
	}
	if (fds)
		closedir(fds);
	return found;
}

/* "nginx (pid 12)" of who listens on a port, as far as we may see. */
static const char *doctor_node__holder(struct doctor *d, uint16_t port)
{
	uint64_t inode = doctor_node__inode(port);
	char socket[64], name[64] = "", path[64];
	const char *who = "another process";
	DIR *proc = inode ? opendir("/proc") : NULL;

	snprintf(socket, sizeof socket, "socket:[%llu]", (unsigned long long)inode);
	for (struct dirent *e; proc && (e = readdir(proc));) {
		uint64_t pid;
		if (!slice_u64(slice_str(e->d_name), &pid) || !doctor_node__holds(e->d_name, socket))
			continue;
		snprintf(path, sizeof path, "/proc/%llu/comm", (unsigned long long)pid);
		FILE *f = fopen(path, "re");
		if (f && fgets(name, sizeof name, f))
			name[strcspn(name, "\n")] = '\0';
		if (f)
			fclose(f);
		who = cli_format(d->cli, "%s (pid %llu)", cli_clean(d->cli, name), (unsigned long long)pid);
		break;
	}
	if (proc)
		closedir(proc);
	return who;
}

/* Whether the node could listen there, when it does not run. */
static void doctor_node__free(struct doctor *d, const struct node_listen *l, const char *what)
{
	struct diag why;
	bool udp = l->kind == LISTEN_DNS_UDP;
	struct ip_port bound;
	int fd;

	diag_init(&why);
	enum err e =
		udp ? sock_bind_udp(&l->at, &fd, &bound, &why) : sock_listen_tcp(&l->at, false, 16, &fd, &bound, &why);
	int no = errno;
	if (e == OK) {
		sock_close(fd);
		doctor_say(d, DOCTOR_OK, what, "free", NULL);
		return;
	}
	if (no == EADDRINUSE)
		doctor_say(d, DOCTOR_FAIL, what,
			   udp ? "taken by another process"
			       : cli_format(d->cli, "taken by %s", doctor_node__holder(d, l->at.port)),
			   "stop it, or choose another port in [listen]");
	else if (no == EACCES)
		doctor_say(d, DOCTOR_NOTE, what, "not for this user: ports below 1024 need CAP_NET_BIND_SERVICE",
			   "start the node as root or with the systemd unit; it gives root up by itself");
	else
		doctor_say(d, DOCTOR_FAIL, what, why.text, "an address of this machine in [listen]");
}

static struct ip_port doctor_node__reach(const struct ip_port *at)
{
	static const struct ip any4 = { .family = 4 }, any6 = { .family = 6 };
	struct ip_port to = *at;

	if (ip_eq(&at->ip, &any4))
		to.ip.b[0] = 127, to.ip.b[3] = 1;
	if (ip_eq(&at->ip, &any6))
		to.ip.b[15] = 1;
	return to;
}

/* Whether the running node answers there. */
static void doctor_node__answers(struct doctor *d, const struct node_listen *l, const char *what)
{
	struct ip_port to = doctor_node__reach(&l->at);
	struct probe_dns answer;

	if (l->at.port == 0) {
		doctor_say(d, DOCTOR_NOTE, what, "the kernel chose the port: see run/listen.json", NULL);
		return;
	}
	enum err e = l->kind == LISTEN_DNS_UDP ? probe_dns_ask(&to, "version.bind", ns_t_txt, &answer) : probe_tcp(&to);
	if (e == OK)
		doctor_say(d, DOCTOR_OK, what, "answers", NULL);
	else
		doctor_say(d, DOCTOR_FAIL, what, cli_format(d->cli, "does not answer: %s", err_text(e)),
			   "`seawall status` and the node's output say more");
}

static void doctor_node__ports(struct doctor *d)
{
	const struct node_config *node = d->cli->node;
	char text[IP_PORT_TEXT_BYTES];

	for (size_t i = 0; i < node->listens_n; i++) {
		const struct node_listen *l = &node->listens[i];
		ip_port_print(&l->at, text);
		const char *what = cli_format(d->cli, "%s %s", doctor_node__kind(l->kind), text);
		if (d->runs)
			doctor_node__answers(d, l, what);
		else
			doctor_node__free(d, l, what);
		if (l->kind == LISTEN_API && !ip_is_loopback(&l->at.ip))
			doctor_say(d, DOCTOR_WARN, what,
				   "the API speaks plain HTTP on an address that others may reach",
				   "[listen] api = 127.0.0.1:PORT, or a private network with a firewall in front");
	}
}

/* ---- what the node says of itself ---- */

static void doctor_node__items(struct doctor *d, const json_t *status)
{
	json_t *item;
	size_t i, refused = 0;

	json_array_foreach(json_object_get(status, "items"), i, item)
	{
		if (!json_object_get(item, "reason"))
			continue;
		refused++;
		doctor_say(d, DOCTOR_FAIL, cli_format(d->cli, "plan file %s", cli_member(d->cli, item, "file")),
			   cli_member(d->cli, item, "reason"),
			   "correct the file; the last good version is served meanwhile");
	}
	if (!refused)
		doctor_say(d, DOCTOR_OK, "plan", cli_format(d->cli, "%zu files, none refused", i), NULL);
}

static bool doctor_node__synced(const json_t *status)
{
	json_t *edge;
	size_t i, synced = 0;

	json_array_foreach(json_object_get(status, "edges"), i, edge)
	{
		synced += json_is_true(json_object_get(edge, "synced"));
	}
	return synced > 0;
}

static void doctor_node__edges(struct doctor *d, const json_t *status)
{
	const json_t *edges = json_object_get(status, "edges");

	if (doctor_node__synced(status))
		doctor_say(d, DOCTOR_OK, "edge", "has the whole plan", NULL);
	else
		doctor_say(d, DOCTOR_FAIL, "edge",
			   json_array_size(edges) ? "has not got the whole plan" : "is not connected",
			   "the node's output says why; visitors are served what was live before");
}

/* The file follows a change within a second or so: an edge that seems to lack the plan is looked at again. NULL with
 * the reason in *bad. The caller's reference. */
static json_t *doctor_node__load(const char *path, json_error_t *bad)
{
	json_t *status = json_load_file(path, 0, bad);

	for (int i = 0; i < DOCTOR_NODE__LOOKS && status && !doctor_node__synced(status); i++) {
		poll(NULL, 0, DOCTOR_NODE__LOOK_MS);
		json_decref(status);
		status = json_load_file(path, 0, bad);
	}
	return status;
}

static void doctor_node__status(struct doctor *d)
{
	const char *path = cli_format(d->cli, "%s/run/status.json", d->cli->node->data);
	json_error_t bad;
	json_t *status = doctor_node__load(path, &bad);

	if (!status) {
		doctor_say(d, DOCTOR_FAIL, "control", cli_format(d->cli, "%s cannot be read: %s", path, bad.text),
			   "run this as root, or as the user of the node");
		return;
	}
	long long age = (clock_wall_ms() - json_integer_value(json_object_get(status, "time_ms"))) / 1000;
	if (age > 30)
		doctor_say(d, DOCTOR_FAIL, "control", cli_format(d->cli, "said its last word %lld s ago", age),
			   "the node's output says why; visitors are served all the same");
	else
		doctor_say(d, DOCTOR_OK, "control", "runs", NULL);
	doctor_node__edges(d, status);
	doctor_node__items(d, status);
	json_decref(status);
}

static void doctor_node__names(struct doctor *d)
{
	const struct node_config *node = d->cli->node;

	if (node_listens(node, LISTEN_DNS_UDP) && node->addresses_n == 0)
		doctor_say(d, DOCTOR_WARN, "[edge] addresses", "none: proxied names cannot be answered",
			   "[edge] addresses = the addresses that visitors reach this node at");
	for (size_t i = 0; i < node->nameservers_n; i++)
		if (slice_ends(slice_str(node->nameservers[i]), SLICE(".internal")))
			doctor_say(d, DOCTOR_NOTE, "[edge] nameservers",
				   cli_format(d->cli, "%s is a name that the Internet does not know",
					      node->nameservers[i]),
				   "[edge] nameservers = ns1.your.domain, ns2.your.domain, before zones move here");
}

void doctor_node(struct doctor *d)
{
	int pid = rundir_pid(d->cli->node);

	d->runs = pid != 0;
	doctor_node__data(d);
	doctor_node__secret(d, "admin.token");
	doctor_node__secret(d, "node.key");
	if (pid)
		doctor_say(d, DOCTOR_OK, "node", cli_format(d->cli, "runs, supervisor %d", pid), NULL);
	else
		doctor_say(d, DOCTOR_NOTE, "node", "does not run", "seawall serve --config FILE");
	doctor_node__ports(d);
	doctor_node__names(d);
	if (pid)
		doctor_node__status(d);
}
