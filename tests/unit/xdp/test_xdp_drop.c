/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_xdp_drop: what the kernel's program says of packets, run by the kernel itself without an interface. Where BPF is
 * not permitted the tests are skipped, but for what is said of that.
 */
#include "base/mem.h"
#include "xdp/xdp_drop.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

enum { PORT = 443, DNS_PORT = 53, OTHER_PORT = 22, SYN = 0x02, ACK = 0x10, FRAME_BYTES = 128 };

struct frame {
	uint8_t b[FRAME_BYTES];
	size_t n;
};

static void put16(struct frame *f, unsigned v)
{
	f->b[f->n++] = (uint8_t)(v >> 8);
	f->b[f->n++] = (uint8_t)v;
}

static void zeros(struct frame *f, size_t n)
{
	memset(f->b + f->n, 0, n);
	f->n += n;
}

static struct frame begin(unsigned tags, unsigned type)
{
	struct frame f = { .n = 0 };

	zeros(&f, 12);
	for (unsigned i = 0; i < tags; i++) {
		put16(&f, i + 1 < tags ? 0x88a8 : 0x8100);
		put16(&f, 7);
	}
	put16(&f, type);
	return f;
}

static void transport(struct frame *f, bool udp, unsigned port, unsigned flags)
{
	put16(f, 50000);
	put16(f, port);
	if (udp) {
		zeros(f, 4);
		return;
	}
	zeros(f, 8);
	f->b[f->n++] = 0x50;
	f->b[f->n++] = (uint8_t)flags;
	zeros(f, 6);
}

/* options: 32-bit words behind the IPv4 header; fragment: the field of flags and offset. */
static struct frame v4(const char *from, unsigned options, unsigned fragment, bool udp, unsigned port, unsigned flags)
{
	struct frame f = begin(0, 0x0800);
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(from), &ip), OK);
	f.b[f.n++] = (uint8_t)(0x45 + options);
	zeros(&f, 5);
	put16(&f, fragment);
	f.b[f.n++] = 64;
	f.b[f.n++] = udp ? 17 : 6;
	zeros(&f, 2);
	memcpy(f.b + f.n, ip.b, 4);
	f.n += 4;
	zeros(&f, 4 + options * 4);
	transport(&f, udp, port, flags);
	return f;
}

static struct frame v6(const char *from, bool extension, unsigned port, unsigned flags)
{
	struct frame f = begin(0, 0x86dd);
	struct ip ip;

	assert_int_equal(ip_parse(slice_str(from), &ip), OK);
	f.b[f.n++] = 0x60;
	zeros(&f, 5);
	f.b[f.n++] = extension ? 0 : 6;
	f.b[f.n++] = 64;
	memcpy(f.b + f.n, ip.b, 16);
	f.n += 16;
	zeros(&f, 16);
	if (extension) { /* hop by hop, 16 bytes */
		f.b[f.n++] = 6;
		f.b[f.n++] = 1;
		zeros(&f, 14);
	}
	transport(&f, false, port, flags);
	return f;
}

static struct frame tagged(unsigned tags, const struct frame *plain)
{
	struct frame f = begin(tags, (unsigned)(plain->b[12] << 8 | plain->b[13]));

	memcpy(f.b + f.n, plain->b + 14, plain->n - 14);
	f.n += plain->n - 14;
	return f;
}

/* ---- a loaded program ---- */

static uint64_t boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct xdp_drop_setup setup_of(uint32_t nets, uint32_t per_s, uint32_t at_once)
{
	return (struct xdp_drop_setup){
		.ports = { { PORT, XDP_PORT_TCP }, { DNS_PORT, XDP_PORT_UDP }, { DNS_PORT, XDP_PORT_TCP } },
		.ports_n = 3,
		.nets_max = nets,
		.clients_max = 1024,
		.opens_per_s = per_s,
		.opens_at_once = at_once
	};
}

/* Skips the test where the kernel does not permit it. */
static void open_with(const struct xdp_drop_setup *s, struct xdp_drop *x)
{
	struct diag d;

	diag_init(&d);
	xdp_drop_init(x);
	if (xdp_drop_open(s, x, &d) == OK)
		return;
	assert_true(strstr(d.text, "the kernel does not load the program: ") != NULL);
	xdp_drop_close(x);
	skip();
}

static bool drops(const struct xdp_drop *x, const struct frame *f)
{
	bool dropped = false;

	assert_int_equal(xdp_drop_try(x, f->b, f->n, 1, &dropped, NULL), OK);
	return dropped;
}

static struct xdp_drop_net net(const char *text, int64_t until_s, bool allowed)
{
	struct xdp_drop_net n = { .until_s = until_s, .allowed = allowed };

	assert_int_equal(ip_prefix_parse(slice_str(text), &n.net), OK);
	return n;
}

enum { NOW = 1000000 };

static bool drops_v4(const struct xdp_drop *x, const char *from)
{
	struct frame f = v4(from, 0, 0, false, PORT, ACK);

	return drops(x, &f);
}

static bool drops_v6(const struct xdp_drop *x, const char *from)
{
	struct frame f = v6(from, false, PORT, ACK);

	return drops(x, &f);
}

static void test_bans(void **state)
{
	struct xdp_drop_setup s = setup_of(100, 0, 1);
	const struct xdp_drop_net nets[] = {
		net("192.0.2.9", NOW + 60, false),         net("198.51.100.0/24", NOW + 60, false),
		net("198.51.100.8/29", 0, true),           net("203.0.113.1", NOW, false),
		net("2001:db8:bad::/48", NOW + 60, false), net("2001:db8:bad:1::1", 0, true),
		net("10.0.0.0/8", NOW + 60, false),
	};
	uint64_t counts[XDP_COUNTS];
	struct xdp_drop x;

	open_with(&s, &x);
	assert_int_equal(xdp_drop_sync(x.maps, nets, sizeof nets / sizeof nets[0], NOW, boot_ns()), OK);
	assert_true(drops_v4(&x, "192.0.2.9"));
	assert_false(drops_v4(&x, "192.0.2.8"));
	assert_true(drops_v4(&x, "198.51.100.255"));
	assert_false(drops_v4(&x, "198.51.100.9")); /* allowed within */
	assert_false(drops_v4(&x, "203.0.113.1"));  /* over */
	assert_true(drops_v4(&x, "10.255.1.2"));
	assert_true(drops_v6(&x, "2001:db8:bad:1::2"));
	assert_false(drops_v6(&x, "2001:db8:bad:1::1"));
	assert_false(drops_v6(&x, "2001:db8:bae::1"));
	assert_int_equal(xdp_drop_count(x.maps[XDP_DROP_COUNTS], counts), OK);
	assert_int_equal(counts[XDP_COUNT_BANNED], 4);
	assert_int_equal(counts[XDP_COUNT_PACED], 0);
	/* The next list counts instead: what is in it no more passes. */
	assert_int_equal(xdp_drop_sync(x.maps, nets, 1, NOW, boot_ns()), OK);
	assert_true(drops_v4(&x, "192.0.2.9"));
	assert_false(drops_v4(&x, "198.51.100.255"));
	assert_false(drops_v6(&x, "2001:db8:bad:1::2"));
	assert_int_equal(xdp_drop_sync(x.maps, NULL, 0, NOW, boot_ns()), OK);
	assert_false(drops_v4(&x, "192.0.2.9"));
	xdp_drop_close(&x);
}

/* A network that is allowed inside is allowed whatever smaller ban lies in it. */
static void test_allow_wins(void **state)
{
	struct xdp_drop_setup s = setup_of(100, 0, 1);
	const struct xdp_drop_net nets[] = { net("192.0.2.0/24", 0, true), net("192.0.2.9", NOW + 60, false) };
	struct xdp_drop x;

	open_with(&s, &x);
	assert_int_equal(xdp_drop_sync(x.maps, nets, 2, NOW, boot_ns()), OK);
	assert_false(drops_v4(&x, "192.0.2.9"));
	xdp_drop_close(&x);
}

/* Only packets to our ports, in whatever wrapping; what is not understood passes. */
static void test_packets(void **state)
{
	struct xdp_drop_setup s = setup_of(100, 0, 1);
	const struct xdp_drop_net nets[] = { net("192.0.2.0/24", NOW + 60, false),
					     net("2001:db8::/32", NOW + 60, false) };
	struct xdp_drop x;

	open_with(&s, &x);
	assert_int_equal(xdp_drop_sync(x.maps, nets, 2, NOW, boot_ns()), OK);
	struct frame plain = v4("192.0.2.1", 0, 0, false, PORT, SYN), six = v6("2001:db8::1", false, PORT, SYN);
	struct frame yes[] = { plain,
			       tagged(1, &plain),
			       tagged(2, &plain),
			       tagged(2, &six),
			       v4("192.0.2.1", 10, 0, false, PORT, ACK),
			       v4("192.0.2.1", 0, 0x4000, false, PORT, ACK), /* may not be cut */
			       v4("192.0.2.1", 0, 0, true, DNS_PORT, 0),
			       v4("192.0.2.1", 0, 0, false, DNS_PORT, ACK),
			       six,
			       v6("2001:db8::1", true, PORT, ACK) };
	struct frame no[] = { v4("192.0.2.1", 0, 0, false, OTHER_PORT, SYN),
			      v4("192.0.2.1", 0, 0, true, PORT, 0),  /* nothing of ours listens on that port over UDP */
			      v4("192.0.2.1", 0, 9, false, PORT, 0), /* a later fragment has no ports */
			      v4("198.51.100.1", 0, 0, false, PORT, SYN), v6("2001:db9::1", false, PORT, SYN) };
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		assert_true(drops(&x, &yes[i]));
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_false(drops(&x, &no[i]));
	/* Cut anywhere before the ports, they pass; the kernel wants an Ethernet header. */
	for (size_t n = 14; n < plain.n; n++) {
		struct frame cut = plain, cut6 = six;
		cut.n = cut6.n = n;
		assert_int_equal(drops(&x, &cut), n >= 14 + 20 + 4);
		assert_false(n < 14 + 40 + 4 && drops(&x, &cut6));
	}
	xdp_drop_close(&x);
}

static void test_pace(void **state)
{
	struct xdp_drop_setup s = setup_of(100, 1, 5);
	const struct xdp_drop_net nets[] = { net("198.51.100.7", 0, true) };
	struct frame a = v4("192.0.2.1", 0, 0, false, PORT, SYN), b = v4("192.0.2.2", 0, 0, false, PORT, SYN),
		     more = v4("192.0.2.1", 0, 0, false, PORT, ACK), free_ = v4("198.51.100.7", 0, 0, false, PORT, SYN),
		     six = v6("2001:db8::1", false, PORT, SYN), near = v6("2001:db8::ffff", false, PORT, SYN),
		     far = v6("2001:db8:0:1::1", false, PORT, SYN), ssh = v4("192.0.2.1", 0, 0, false, OTHER_PORT, SYN);
	uint64_t counts[XDP_COUNTS];
	struct xdp_drop x;
	int passed = 0;

	open_with(&s, &x);
	assert_int_equal(xdp_drop_sync(x.maps, nets, 1, NOW, boot_ns()), OK);
	for (int i = 0; i < 20; i++)
		passed += !drops(&x, &a);
	assert_in_range(passed, 5, 7);  /* one more for each second that the test takes */
	assert_false(drops(&x, &more)); /* connections that are open go on */
	assert_false(drops(&x, &ssh));
	assert_false(drops(&x, &b));
	for (int i = 0; i < 20; i++)
		assert_false(drops(&x, &free_));
	/* IPv6: the /64 is the client. */
	passed = 0;
	for (int i = 0; i < 10; i++)
		passed += !drops(&x, &six) + !drops(&x, &near);
	assert_in_range(passed, 5, 7);
	assert_false(drops(&x, &far));
	assert_int_equal(xdp_drop_count(x.maps[XDP_DROP_COUNTS], counts), OK);
	assert_in_range(counts[XDP_COUNT_PACED], 26, 30);
	xdp_drop_close(&x);
}

/* More than fit: those that do count, and the next list that fits is whole. */
static void test_full(void **state)
{
	struct xdp_drop_setup s = setup_of(4, 0, 1);
	struct xdp_drop_net nets[8];
	char text[32];
	struct xdp_drop x;
	int dropped = 0;

	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof text, "192.0.2.%d", i);
		nets[i] = net(text, NOW + 60, false);
	}
	open_with(&s, &x);
	assert_int_equal(xdp_drop_sync(x.maps, nets, 8, NOW, boot_ns()), ERR_RANGE);
	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof text, "192.0.2.%d", i);
		dropped += drops_v4(&x, text);
	}
	assert_int_equal(dropped, 4);
	/* Four others: no room until the old ones are gone. */
	assert_int_equal(xdp_drop_sync(x.maps, nets + 4, 4, NOW, boot_ns()), OK);
	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof text, "192.0.2.%d", i);
		assert_int_equal(drops_v4(&x, text), i >= 4);
	}
	xdp_drop_close(&x);
}

static void test_attach(void **state)
{
	struct xdp_drop_setup s = setup_of(4, 0, 1);
	struct xdp_drop x;
	struct diag d;

	open_with(&s, &x);
	diag_init(&d);
	assert_int_equal(xdp_drop_attach(&x, "not-there0", &d), ERR_NOT_FOUND);
	assert_string_equal(d.text, "there is no such interface");
	xdp_drop_close(&x);
	xdp_drop_close(&x); /* nothing is open any more */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bans), cmocka_unit_test(test_allow_wins), cmocka_unit_test(test_packets),
		cmocka_unit_test(test_pace), cmocka_unit_test(test_full),       cmocka_unit_test(test_attach),
	};

	return cmocka_run_group_tests_name("xdp_drop", tests, NULL, NULL);
}
