/* SPDX-License-Identifier: Apache-2.0 */
/* test_probe: an instance in quarantine comes back when it accepts a connection. */
#include "test_router.h"

#include "router/probe.h"
#include "sys/sock.h"

static struct limits quick_limits(void)
{
	struct limits limits;

	limits_init(&limits);
	limits.router_quarantine_ms = 10;
	limits.router_quarantine_ms_max = 20;
	limits.router_connect_ms = 1000;
	return limits;
}

static void an_instance_comes_back(void **state)
{
	const struct limits limits = quick_limits();
	struct app *app = an_app("a", "[\"a.test\"]", 1, "i", "");
	struct balance *b = balance_new(app, NULL);
	const struct ip_port any = { .ip = { .family = 4, .b = { 127, 0, 0, 1 } } };
	struct ip_port at;
	struct probe_set set;
	struct loop *loop;
	struct diag d;
	int fd;

	diag_init(&d);
	assert_int_equal(loop_new(&loop), OK);
	assert_int_equal(sock_listen_tcp(&any, false, 4, &fd, &at, &d), OK);
	sock_close(fd); /* the port, with nobody there */
	b->at[0]->at = at;
	probe_init(&set, loop, &limits);
	probe_cut(&set, b->at[0]);
	probe_cut(&set, b->at[0]); /* one probe is enough */
	assert_true(set.list != NULL && b->at[0]->out);
	for (int i = 0; i < 20; i++)
		loop_turn(loop, 5);
	assert_true(b->at[0]->out && b->at[0]->failures_n > 1);
	assert_int_equal(sock_listen_tcp(&at, false, 4, &fd, &at, &d), OK);
	bool back = false;
	for (int i = 0; i < 1000 && !back; i++) {
		loop_turn(loop, 5);
		back = !b->at[0]->out;
	}
	assert_true(back && set.list == NULL);
	sock_close(fd);
	probe_fini(&set);
	loop_free(loop);
	balance_free(b);
	app_unref(app);
}

static void nobody_probes_what_is_gone(void **state)
{
	const struct limits limits = quick_limits();
	struct app *app = an_app("a", "[\"a.test\"]", 2, "i", "");
	struct balance *b = balance_new(app, NULL);
	struct probe_set set;
	struct loop *loop;

	assert_int_equal(loop_new(&loop), OK);
	probe_init(&set, loop, &limits);
	probe_cut(&set, b->at[0]);
	probe_cut(&set, b->at[1]);
	balance_replaced(b, NULL);
	balance_free(b);
	for (int i = 0; i < 1000 && set.list; i++)
		loop_turn(loop, 5);
	assert_null(set.list);
	/* What is under way at the end is given up. */
	b = balance_new(app, NULL);
	probe_cut(&set, b->at[0]);
	probe_fini(&set);
	assert_null(set.list);
	balance_free(b);
	loop_free(loop);
	app_unref(app);
}

int test_probe(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instance_comes_back),
		cmocka_unit_test(nobody_probes_what_is_gone),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
