/* SPDX-License-Identifier: Apache-2.0 */
/* test_notify: what a service manager gets, by path and by abstract name. */
#include "test_supervisor.h"

#include "supervisor/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void send_and_receive(const char *name, socklen_t name_n)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[100] = "", env[120];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(un.sun_path, name, name_n);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_n)),
			 0);
	snprintf(env, sizeof env, "%s%s", name[0] ? "" : "@", name[0] ? name : name + 1);
	setenv("NOTIFY_SOCKET", env, 1);
	notify_send("READY=%d\n", 1);
	assert_int_equal(recv(fd, text, sizeof text, 0), 8);
	assert_string_equal(text, "READY=1\n");
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}

static void by_path(void **state)
{
	char path[] = "/tmp/seawall-notify-XXXXXX";

	assert_non_null(mkdtemp(path));
	char name[64];
	snprintf(name, sizeof name, "%s/n", path);
	send_and_receive(name, (socklen_t)strlen(name) + 1);
	unlink(name);
	rmdir(path);
}

static void by_abstract_name(void **state)
{
	char name[64];

	int n = snprintf(name, sizeof name, "%cseawall-test-%d", 0, (int)getpid());
	send_and_receive(name, (socklen_t)n);
}

static void nobody_listens(void **state)
{
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_send("READY=1");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	notify_send("READY=1");
	unsetenv("NOTIFY_SOCKET");
}

int test_notify(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_path),
		cmocka_unit_test(by_abstract_name),
		cmocka_unit_test(nobody_listens),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
