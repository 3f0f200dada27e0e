/* SPDX-License-Identifier: Apache-2.0 */
/* test_kernel_drop: which interfaces lead to the world, and that a node starts whatever the kernel says. */
#include "test_supervisor.h"

#include "base/mem.h"
#include "supervisor/kernel_drop.h"

#define HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define ZERO "00000000000000000000000000000000"

enum { MAX = 4 };

static void default_routes_are_found(void **state)
{
	char names[MAX][IF_NAMESIZE];
	struct slice v4 = SLICE(HEAD "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
				     "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
				     "tun0\t00000000\t00000000\t0003\t0\t0\t50\t00000080\t0\t0\t0\n"
				     "wan1\t00000000\t00000000\t0003\t0\t0\t50\t00000000\t0\t0\t0\n"
				     "eth0\t00000000\t0102A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n");
	struct slice v6 =
		SLICE("fd980000000000000000000000000000 40 " ZERO " 00 " ZERO
		      " 00000100 00000001 00000000 00000001     eth1\n" ZERO " 00 " ZERO
		      " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth2\n" ZERO
		      " 00 " ZERO " 00 " ZERO " ffffffff 00000001 00000000 00200200       lo\n");

	assert_int_equal(kernel_drop_routes(v4, 4, MAX, names), 2);
	assert_string_equal(names[0], "eth0");
	assert_string_equal(names[1], "wan1");
	assert_int_equal(kernel_drop_routes(v4, 4, 1, names), 1);
	assert_int_equal(kernel_drop_routes(v6, 6, MAX, names), 1);
	assert_string_equal(names[0], "eth2");
	/* Whatever stands there: no more than there is room for, no name that is none. */
	assert_int_equal(kernel_drop_routes(SLICE(""), 4, MAX, names), 0);
	assert_int_equal(kernel_drop_routes(SLICE("a\nb c\n\n\t\t\n"), 6, MAX, names), 0);
	assert_int_equal(
		kernel_drop_routes(SLICE("a-name-that-is-too-long 00000000 x x x x x 00000000"), 4, MAX, names), 0);
}

static void off_and_loopback_need_nothing(void **state)
{
	struct node_config *node = mem_alloc(sizeof *node);
	struct handoff *h = handoff_new();

	h->listens_n = 1;
	h->listens[0].kind = LISTEN_HTTP;
	assert_int_equal(ip_port_parse(SLICE("127.0.0.1:80"), false, &h->listens[0].bound), OK);
	kernel_drop_open(node, h);
	assert_string_equal(
		h->kernel_drop,
		"{\"state\":\"off\",\"reason\":\"nothing listens but on loopback addresses\",\"interfaces\":[]}");
	node->kernel_drop_off = true;
	kernel_drop_open(node, h);
	assert_string_equal(h->kernel_drop,
			    "{\"state\":\"off\",\"reason\":\"[shield] kernel_drop = off\",\"interfaces\":[]}");
	assert_int_equal(h->kernel_drop_sum, 0);
	assert_int_equal(h->xdp.maps[0], -1);
	handoff_free(h);
	mem_free(node);
}

int test_kernel_drop(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_routes_are_found),
		cmocka_unit_test(off_and_loopback_need_nothing),
	};

	return cmocka_run_group_tests_name("kernel_drop", tests, NULL, NULL);
}
