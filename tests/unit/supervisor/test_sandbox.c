/* SPDX-License-Identifier: Apache-2.0 */
/* test_sandbox: what a confined child may and may not do, tried in children of this program. */
#include "test_supervisor.h"

#include "supervisor/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs fn in a child and gives what it returned. */
static int in_child(int (*fn)(unsigned profile), unsigned profile)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct diag d;
		diag_init(&d);
		if (sandbox_filter(profile, false, &d) != OK)
			_exit(100);
		_exit(fn(profile));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static bool eperm(long result)
{
	return result == -1 && errno == EPERM;
}

/* Returns 0, or the number of the thing that was allowed. */
static int forbidden(unsigned profile)
{
	char *none[] = { NULL };

	if (!eperm(execve("/bin/true", none, none)))
		return 1;
	if (!eperm(socket(AF_NETLINK, SOCK_RAW, 0)))
		return 2;
	if (!eperm(socket(AF_PACKET, SOCK_RAW, 0)))
		return 3;
	if (!eperm(syscall(SYS_mount, "", "", "", 0, NULL)))
		return 4;
	if (!eperm(syscall(SYS_setuid, 0)))
		return 5;
	if (!eperm(syscall(SYS_bpf, 0, NULL, 0)))
		return 6;
	if (!eperm(syscall(SYS_io_uring_setup, 1, NULL)))
		return 7;
	if (!eperm(syscall(SYS_chmod, "/tmp", 0777)))
		return 8;
	if (!eperm(bind(0, NULL, 0)))
		return 9;
	if (!eperm(syscall(SYS_symlink, "a", "b")))
		return 10;
	if (profile == SANDBOX_EDGE && !eperm(syscall(SYS_inotify_init1, 0)))
		return 11;
	return 0;
}

/* The same for what sanitizers need and other builds forbid. */
static int forbidden_unless_sanitized(unsigned profile)
{
	if (!eperm(ptrace(PTRACE_TRACEME, 0, NULL, NULL)))
		return 1;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return 2;
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return 6;
	if (!eperm(fork()))
		return 3;
	if (!eperm(kill(getppid(), 0)))
		return 4;
	if (!eperm(prctl(PR_SET_DUMPABLE, 1)))
		return 5;
	return 0;
}

static void *in_thread(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static int allowed(unsigned profile)
{
	pthread_t thread;
	int ran = 0, fd;

	if (socket(AF_INET, SOCK_STREAM, 0) < 0 || socket(AF_UNIX, SOCK_STREAM, 0) < 0 ||
	    socket(AF_INET6, SOCK_STREAM, 0) < 0)
		return 1;
	if (pthread_create(&thread, NULL, in_thread, &ran) != 0 || pthread_join(thread, NULL) != 0 || !ran)
		return 2;
	fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	if (fd < 0 || close(fd) != 0)
		return 3;
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return 4;
	if (kill(getpid(), 0) != 0)
		return 5;
	if (profile == SANDBOX_CONTROL && syscall(SYS_inotify_init1, 0) < 0)
		return 6;
	return 0;
}

static void the_filter_holds(void **state)
{
	assert_int_equal(in_child(forbidden, SANDBOX_EDGE), 0);
	assert_int_equal(in_child(forbidden, SANDBOX_CONTROL), 0);
	assert_int_equal(in_child(allowed, SANDBOX_EDGE), 0);
	assert_int_equal(in_child(allowed, SANDBOX_CONTROL), 0);
	if (!TEST_SANITIZED)
		assert_int_equal(in_child(forbidden_unless_sanitized, SANDBOX_EDGE), 0);
}

static int after_drop(void)
{
	struct sandbox_user user;
	struct diag d;
	uid_t r, e, s;

	diag_init(&d);
	if (sandbox_user_find("nobody", &user, &d) != OK || !user.drop)
		return 1;
	if (sandbox_drop(&user, &d) != OK)
		return 2;
	if (getresuid(&r, &e, &s) != 0 || r != user.uid || e != user.uid || s != user.uid || getegid() != user.gid)
		return 3;
	if (getgroups(0, NULL) != 0)
		return 4;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 5;
	if (setuid(0) == 0)
		return 6;
	for (int cap = 0; cap < 38; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return 7;
	return 0;
}

static void root_is_given_up(void **state)
{
	int status;

	if (geteuid() != 0)
		skip();
	pid_t pid = fork();
	if (pid == 0)
		_exit(after_drop());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void users_are_found(void **state)
{
	struct sandbox_user user;
	struct diag d;

	diag_init(&d);
	assert_int_equal(sandbox_user_find("", &user, &d), OK);
	assert_int_equal(user.drop, geteuid() == 0);
	assert_int_equal(sandbox_user_find("no-such-user-here", &user, &d), ERR_CONFIG);
	if (geteuid() == 0) {
		assert_int_equal(sandbox_user_find("root", &user, &d), OK);
		assert_false(user.drop);
	}
}

int test_sandbox(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_filter_holds),
		cmocka_unit_test(root_is_given_up),
		cmocka_unit_test(users_are_found),
	};

	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
