/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xdp_bench: see bench/xdp. `xdp_bench cost NETS`: nanoseconds that the kernel's program takes for a packet, run by the
 * kernel without an interface. `xdp_bench drop INTERFACE SECONDS`: attaches it with one network banned, waits, and says
 * how many packets it dropped and in which mode. `xdp_bench send INTERFACE MAC FROM PACKETS`: a flood of SYN packets
 * with that source address, and how long sending took.
 */
#include "base/mem.h"
#include "xdp/xdp_drop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 8080, FRAME = 60, BATCH = 64, TIMES = 1000000, ROUNDS = 5 };

static uint64_t ns(clockid_t c)
{
	struct timespec t;

	clock_gettime(c, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "xdp_bench: %s\n", what);
	exit(1);
}

static void checksum(uint8_t *at, const uint8_t *bytes, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

/* A SYN to PORT. */
static void frame(const char *from, uint8_t b[static FRAME])
{
	memset(b, 0, FRAME);
	b[12] = 8;
	b[14] = 0x45;
	b[17] = 40;
	b[22] = 64;
	b[23] = 6;
	if (inet_pton(AF_INET, from, b + 26) != 1)
		die("that is no IPv4 address");
	inet_pton(AF_INET, "10.98.0.1", b + 30);
	b[36] = PORT >> 8;
	b[37] = PORT & 255;
	b[46] = 0x50;
	b[47] = 2;
	checksum(b + 24, b + 14, 20, 0);
	/* TCP sums the addresses, its number and its length too. */
	checksum(b + 50, b + 26, 28, 6 + 20);
}

static void open_with(struct xdp_drop *x, uint32_t nets, uint32_t per_s)
{
	const struct xdp_drop_setup s = { .ports = { { PORT, XDP_PORT_TCP } },
					  .ports_n = 1,
					  .nets_max = nets + 16,
					  .clients_max = 65536,
					  .opens_per_s = per_s,
					  .opens_at_once = 1000 };
	struct diag d;

	diag_init(&d);
	xdp_drop_init(x);
	if (xdp_drop_open(&s, x, &d) != OK)
		die(d.text);
}

/* Random /32 and /24 of 20.0.0.0/6, and one that is asked for. */
static void ban(struct xdp_drop *x, uint32_t n)
{
	struct xdp_drop_net *nets = mem_alloc_array(n + 1, sizeof *nets);
	uint32_t seed = 1;

	for (uint32_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t at = htonl(20u << 24 | (seed >> 6 & 0xffffff));
		nets[i] = (struct xdp_drop_net){ .net = { .ip.family = 4, .bits = i % 4 ? 32 : 24 }, .until_s = 1000 };
		memcpy(nets[i].net.ip.b, &at, 4);
		if (nets[i].net.bits == 24)
			nets[i].net.ip.b[3] = 0;
	}
	nets[n] = (struct xdp_drop_net){ .net = { .ip = { 4, { 10, 98, 0, 3 } }, .bits = 32 }, .until_s = 1000 };
	uint64_t from = ns(CLOCK_MONOTONIC);
	if (xdp_drop_sync(x->maps, nets, n + 1, 0, ns(CLOCK_BOOTTIME)) != OK)
		die("the networks do not fit");
	printf("%u networks told in %.1f ms\n", n + 1, (double)(ns(CLOCK_MONOTONIC) - from) / 1e6);
	mem_free(nets);
}

static void cost(const char *what, const struct xdp_drop *x, const char *from, bool want)
{
	uint32_t best = UINT32_MAX, took;
	uint8_t b[FRAME];
	bool dropped;

	frame(from, b);
	for (int i = 0; i < ROUNDS; i++) {
		if (xdp_drop_try(x, b, FRAME, TIMES, &dropped, &took) != OK)
			die("the kernel does not run the program");
		best = took < best ? took : best;
	}
	if (dropped != want)
		die("the program says something else than expected");
	printf("%-48s %4u ns  %5.1f million packets a second and core\n", what, best, 1e3 / best);
}

static void costs(uint32_t nets)
{
	struct xdp_drop x, paced;

	open_with(&x, nets, 0);
	ban(&x, nets);
	cost("banned: dropped", &x, "10.98.0.3", true);
	cost("not banned: passed", &x, "10.98.0.2", false);
	open_with(&paced, nets, 1);
	cost("opens connections too fast: dropped", &paced, "10.98.0.2", true);
	xdp_drop_close(&x);
	xdp_drop_close(&paced);
}

static void drop(const char *interface, int seconds)
{
	uint64_t counts[XDP_COUNTS], last = 0, first_at = 0, last_at = 0;
	struct xdp_drop x;
	struct diag d;

	diag_init(&d);
	open_with(&x, 16, 0);
	if (xdp_drop_attach(&x, interface, &d) != OK)
		die(d.text);
	ban(&x, 0);
	printf("attached in %s mode\n", x.links[0].driver ? "driver" : "generic");
	fflush(stdout);
	uint64_t until = ns(CLOCK_MONOTONIC) + (uint64_t)seconds * 1000000000;
	while (ns(CLOCK_MONOTONIC) < until) {
		poll(NULL, 0, 5);
		if (xdp_drop_count(x.maps[XDP_DROP_COUNTS], counts) != OK)
			die("the counts cannot be read");
		if (counts[XDP_COUNT_BANNED] != last) {
			last_at = ns(CLOCK_MONOTONIC);
			first_at = first_at ? first_at : last_at;
			last = counts[XDP_COUNT_BANNED];
		}
	}
	printf("dropped %llu in %.2f s: %.0f a second\n", (unsigned long long)last, (double)(last_at - first_at) / 1e9,
	       last_at > first_at ? (double)last * 1e9 / (double)(last_at - first_at) : 0);
	xdp_drop_close(&x);
}

static void send_all(const char *interface, const char *mac, const char *from, long packets)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(interface),
				  .sll_halen = 6 };
	uint8_t b[FRAME];
	struct iovec v = { b, FRAME };
	struct mmsghdr m[BATCH] = { 0 };

	frame(from, b);
	if (fd < 0 || sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", b, b + 1, b + 2, b + 3, b + 4, b + 5) != 6)
		die("no packet socket, or no MAC");
	memcpy(b + 6, b, 6);
	b[11] ^= 1;
	for (int i = 0; i < BATCH; i++)
		m[i].msg_hdr =
			(struct msghdr){ .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &v, .msg_iovlen = 1 };
	uint64_t began = ns(CLOCK_MONOTONIC), cpu = ns(CLOCK_PROCESS_CPUTIME_ID);
	long sent = 0;
	while (sent < packets) {
		int n = sendmmsg(fd, m, BATCH, 0);
		if (n < 0 && errno != ENOBUFS)
			die(strerror(errno));
		sent += n > 0 ? n : 0;
	}
	printf("sent %ld: %.0f ns of CPU a packet, the receiver's part within, %.0f a second\n", sent,
	       (double)(ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)sent,
	       (double)sent * 1e9 / (double)(ns(CLOCK_MONOTONIC) - began));
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "cost") == 0)
		costs((uint32_t)atol(argv[2]));
	else if (argc == 4 && strcmp(argv[1], "drop") == 0)
		drop(argv[2], atoi(argv[3]));
	else if (argc == 6 && strcmp(argv[1], "send") == 0)
		send_all(argv[2], argv[3], argv[4], atol(argv[5]));
	else
		die("see bench/xdp");
	return 0;
}
