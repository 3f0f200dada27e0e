/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_host: see doctor.h: what the machine is like. */
#include "client/doctor.h"
#include "client/probe.h"

#include <arpa/nameser.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>

enum { DOCTOR_HOST__FILE_BYTES = 65536, DOCTOR_HOST__RESOLVERS_MAX = 8 };

/* The number in a file of /proc/sys, or false. */
static bool doctor_host__sysctl(struct doctor *d, const char *path, uint64_t *ret)
{
	char text[64] = "";
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(text, sizeof text, f);

	if (f)
		fclose(f);
	struct slice s = slice_str(text);
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == ' '))
		s.n--;
	return ok && slice_u64(s, ret);
}

static void doctor_host__clock(struct doctor *d)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	if (state == -1)
		doctor_say(d, DOCTOR_NOTE, "clock", "the kernel does not tell whether the clock is kept in step", NULL);
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC))
		doctor_say(d, DOCTOR_WARN, "clock", "nothing keeps the clock in step with the world",
			   "install and start chrony or systemd-timesyncd; certificates and signatures depend on the "
			   "time");
	else
		doctor_say(d, DOCTOR_OK, "clock", "kept in step", NULL);
}

static void doctor_host__files(struct doctor *d)
{
	struct rlimit r;
	const struct node_config *node = d->cli->node;
	uint64_t workers = node ? node->workers : 1, conns = node ? node->limits.conns_max : 0;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	const char *found = cli_format(d->cli, "%llu open files are allowed", (unsigned long long)r.rlim_max);
	if (r.rlim_max == RLIM_INFINITY || r.rlim_max >= workers * conns + 4096)
		doctor_say(d, DOCTOR_OK, "file limit", found, NULL);
	else
		doctor_say(d, r.rlim_max < 4096 ? DOCTOR_FAIL : DOCTOR_WARN, "file limit",
			   cli_format(d->cli, "%s, too few for %llu workers with conns_max = %llu connections each",
				      found, (unsigned long long)workers, (unsigned long long)conns),
			   "LimitNOFILE=1048576 in the systemd unit (or ulimit -Hn), or a smaller [limits] conns_max");
}

static void doctor_host__kernel(struct doctor *d)
{
	uint64_t n;

	if (!doctor_host__sysctl(d, "/proc/sys/net/ipv4/tcp_syncookies", &n))
		doctor_say(d, DOCTOR_NOTE, "SYN cookies", "the kernel does not tell", NULL);
	else if (n == 0)
		doctor_say(d, DOCTOR_WARN, "SYN cookies", "off: a flood of SYN packets locks visitors out",
			   "sysctl -w net.ipv4.tcp_syncookies=1, and the same line in /etc/sysctl.d/");
	else
		doctor_say(d, DOCTOR_OK, "SYN cookies", "on", NULL);
	if (doctor_host__sysctl(d, "/proc/sys/net/core/somaxconn", &n) && n < 1024)
		doctor_say(d, DOCTOR_WARN, "listen queue",
			   cli_format(d->cli, "net.core.somaxconn is %llu: bursts of connections are dropped",
				      (unsigned long long)n),
			   "sysctl -w net.core.somaxconn=4096");
	else
		doctor_say(d, DOCTOR_OK, "listen queue", "long enough", NULL);
}

static void doctor_host__memory(struct doctor *d)
{
	struct sysinfo info;

	if (!d->cli->node || sysinfo(&info) != 0)
		return;
	uint64_t all = (uint64_t)info.totalram * info.mem_unit, cache = d->cli->node->limits.cache_bytes_max;
	const char *found = cli_format(d->cli, "%llu MiB, of which the cache may take %llu",
				       (unsigned long long)(all >> 20), (unsigned long long)(cache >> 20));
	if (cache > all / 10 * 8)
		doctor_say(d, DOCTOR_WARN, "memory", found, "a smaller [limits] cache_bytes_max, or more memory");
	else
		doctor_say(d, DOCTOR_OK, "memory", found, NULL);
}

/* ---- resolvers ---- */

static void doctor_host__resolver(struct doctor *d, const char *word)
{
	struct ip_port at = { .port = 53 };
	struct probe_dns answer;

	if (ip_parse(slice_str(word), &at.ip) != OK)
		return;
	enum err e = probe_dns_ask(&at, ".", ns_t_ns, &answer);
	const char *what = cli_format(d->cli, "resolver %s", word);
	if (e != OK)
		doctor_say(d, DOCTOR_WARN, what, e == ERR_TIMEOUT ? "does not answer" : "cannot be asked",
			   "another nameserver in /etc/resolv.conf; origins and CNAME targets are looked up there");
	else if (answer.rcode != 0 || answer.answers == 0)
		doctor_say(d, DOCTOR_WARN, what,
			   cli_format(d->cli, "answers, but not for the root: code %u, %u records", answer.rcode,
				      answer.answers),
			   "check that it resolves names of the Internet");
	else
		doctor_say(d, DOCTOR_OK, what, "answers", NULL);
}

static void doctor_host__resolvers(struct doctor *d)
{
	struct slice text;
	FILE *f = fopen("/etc/resolv.conf", "re");
	char line[1024];
	size_t n = 0;

	while (f && n < DOCTOR_HOST__RESOLVERS_MAX && fgets(line, sizeof line, f)) {
		text = slice_str(line);
		if (!slice_starts(text, SLICE("nameserver")))
			continue;
		text = slice_trim(slice_from(text, 10));
		while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == ' '))
			text.n--;
		doctor_host__resolver(d, cli_format(d->cli, "%.*s", SLICE_ARG(text)));
		n++;
	}
	if (f)
		fclose(f);
	if (n == 0)
		doctor_say(d, DOCTOR_WARN, "resolver", "/etc/resolv.conf names none",
			   "a line `nameserver ADDRESS` there; origins and CNAME targets are looked up there");
}

void doctor_host(struct doctor *d)
{
	doctor_host__clock(d);
	doctor_host__files(d);
	doctor_host__kernel(d);
	doctor_host__memory(d);
	doctor_host__resolvers(d);
}
