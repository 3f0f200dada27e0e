/* SPDX-License-Identifier: Apache-2.0 */
/* test_spawn: users, ports, and what a process finds when it starts. */
#include "test_runner.h"

#include "runner/spawn.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool nothing_taken_uid(void *arg, uid_t uid)
{
	return false;
}

static bool one_taken_uid(void *arg, uid_t uid)
{
	return uid == *(uid_t *)arg;
}

static bool nothing_taken(void *arg, uint16_t port)
{
	return false;
}

static void apps_have_users_of_their_own(void **state)
{
	struct spawn_user a, b, again;
	struct diag d;

	diag_init(&d);
	assert_int_equal(spawn_user_find("", SLICE("one"), nothing_taken_uid, NULL, &a, &d), OK);
	if (geteuid() != 0) {
		assert_true(a.uid == geteuid() && !a.change);
		assert_int_equal(spawn_user_find("daemon", SLICE("one"), nothing_taken_uid, NULL, &a, &d), ERR_CONFIG);
		return;
	}
	assert_true(a.change && a.uid >= SPAWN_UID_FIRST && a.uid < SPAWN_UID_FIRST + SPAWN_UID_COUNT);
	assert_int_equal(spawn_user_find("", SLICE("two"), nothing_taken_uid, NULL, &b, &d), OK);
	assert_true(a.uid != b.uid);
	assert_int_equal(spawn_user_find("", SLICE("one"), one_taken_uid, &a.uid, &again, &d), OK);
	assert_true(again.uid != a.uid);
	assert_int_equal(spawn_user_find("root", SLICE("one"), nothing_taken_uid, NULL, &a, &d), ERR_CONFIG);
	assert_string_equal(d.text, "apps do not run as root");
	diag_init(&d);
	assert_int_equal(spawn_user_find("no-such-user", SLICE("one"), nothing_taken_uid, NULL, &a, &d), ERR_CONFIG);
	assert_int_equal(spawn_user_find("nobody", SLICE("one"), nothing_taken_uid, NULL, &a, &d), OK);
}

static void a_port_in_use_is_passed_over(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint16_t port, next;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint64_t seed = (uint64_t)getpid() * 7;

	assert_int_equal(spawn_port(seed, nothing_taken, NULL, &port), OK);
	assert_false(spawn_answers(port));
	at.sin_port = htons(port);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_true(spawn_answers(port));
	assert_int_equal(spawn_port(seed, nothing_taken, NULL, &next), OK);
	assert_int_not_equal(next, port);
	close(fd);
}

/* Runs a command to its end; its output in text. */
static int command(const char *line, const char *folder, char *text, size_t cap)
{
	struct runner_start start = { .id = 1,
				      .flags = RUNNER_WEB,
				      .app = SLICE("app"),
				      .label = SLICE("web-1"),
				      .command = slice_str(line),
				      .folder = slice_str(folder),
				      .variables_n = 2,
				      /* COLOR=blue, PORT=1 */
				      .variables = SLICE("\0\5COLOR\0\4blue\0\4PORT\0\0011") };
	struct limits limits;
	struct spawn_user user;
	struct diag d;
	pid_t pid;
	int fd, status;
	size_t n = 0;

	limits_init(&limits);
	diag_init(&d);
	assert_int_equal(spawn_user_find("", SLICE("app"), nothing_taken_uid, NULL, &user, &d), OK);
	const struct spawn s = { .start = &start, .user = &user, .port = 23456, .limits = &limits };
	assert_int_equal(spawn_start(&s, &pid, &fd, &d), OK);
	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		assert_int_equal(poll(&p, 1, 20000), 1);
		ssize_t got = read(fd, text + n, cap - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void an_instance_sees_what_it_should(void **state)
{
	char text[8192], want[64];
	int secret = open("/dev/null", O_RDONLY); /* inheritable: it must not be there */

	assert_int_equal(command("echo $COLOR $PORT; pwd; ulimit -c; grep -E 'NoNewPrivs|SigBlk|CapEff' "
				 "/proc/self/status; id -u; "
				 "ls /proc/self/fd | tr '\\n' ' '; echo; cat; echo to-stderr >&2; exit 3",
				 "/tmp", text, sizeof text),
			 3 << 8);
	close(secret);
	assert_non_null(strstr(text, "blue 23456\n/tmp\n0\n"));
	assert_non_null(strstr(text, "NoNewPrivs:\t1\n"));
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000\n"));
	assert_non_null(strstr(text, "CapEff:\t0000000000000000\n"));
	assert_non_null(strstr(text, "\n0 1 2 3 \n")); /* 3 is the listing's own */
	assert_non_null(strstr(text, "to-stderr\n"));
	snprintf(want, sizeof want, "\n%u\n", (unsigned)geteuid());
	if (geteuid() == 0)
		assert_null(strstr(text, "\n0\n0 1 2"));
	else
		assert_non_null(strstr(text, want));
}

static void what_cannot_start_says_why(void **state)
{
	char text[1024];

	assert_int_equal(command("true", "/no/such/folder", text, sizeof text), 126 << 8);
	assert_string_equal(text,
			    "seawall: the instance cannot be started: /no/such/folder: No such file or directory\n");
	assert_int_equal(command("exec /no/such/program", "/", text, sizeof text), 127 << 8);
}

int test_spawn(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apps_have_users_of_their_own),
		cmocka_unit_test(a_port_in_use_is_passed_over),
		cmocka_unit_test(an_instance_sees_what_it_should),
		cmocka_unit_test(what_cannot_start_says_why),
	};

	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
