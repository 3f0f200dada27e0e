/* SPDX-License-Identifier: Apache-2.0 */
/* test_rundir: folders, the lock, files that are written in one step. */
#include "test_supervisor.h"

#include "supervisor/rundir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct box {
	char path[64];
	struct node_config node;
	struct sandbox_user user;
};

static void open_box(struct box *b)
{
	*b = (struct box){ .path = "/tmp/seawall-rundir-XXXXXX", .user = { .uid = geteuid(), .gid = getegid() } };
	assert_non_null(mkdtemp(b->path));
	snprintf(b->node.data, sizeof b->node.data, "%s/deep/data", b->path);
	snprintf(b->node.plan_folder, sizeof b->node.plan_folder, "%s/deep/data/plan", b->path);
}

static void close_box(struct box *b)
{
	char command[100];

	snprintf(command, sizeof command, "rm -rf %s", b->path);
	assert_int_equal(system(command), 0);
}

static mode_t mode_of(const struct box *b, const char *name)
{
	char path[NODE_PATH_BYTES + 32];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", b->node.data, name);
	return lstat(path, &st) == 0 ? st.st_mode : 0;
}

static void folders_are_made(void **state)
{
	struct box b;
	struct diag d;

	open_box(&b);
	diag_init(&d);
	assert_int_equal(rundir_prepare(&b.node, &b.user, &d), OK);
	assert_int_equal(rundir_prepare(&b.node, &b.user, &d), OK);
	assert_true(S_ISDIR(mode_of(&b, "run")) && S_ISDIR(mode_of(&b, "edge")) && S_ISDIR(mode_of(&b, "plan")));
	assert_int_equal(mode_of(&b, "edge") & 077, 0);
	close_box(&b);
}

static void for_another_user_they_change_owner(void **state)
{
	struct box b;
	struct diag d;
	char path[NODE_PATH_BYTES + 32];
	struct stat st;

	if (geteuid() != 0)
		skip();
	open_box(&b);
	diag_init(&d);
	b.user = (struct sandbox_user){ .drop = true, .uid = 65534, .gid = 65534 };
	assert_int_equal(rundir_prepare(&b.node, &b.user, &d), OK);
	assert_int_equal(mode_of(&b, "run") & 07777, 01775);
	assert_int_equal(mode_of(&b, "edge") & 07777, 0700);
	snprintf(path, sizeof path, "%s/edge", b.node.data);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 65534);
	snprintf(path, sizeof path, "%s/run", b.node.data);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_gid, 65534);
	close_box(&b);
}

static void a_link_is_not_a_folder(void **state)
{
	struct box b;
	struct diag d;
	char path[NODE_PATH_BYTES + 32];

	open_box(&b);
	diag_init(&d);
	assert_int_equal(rundir_prepare(&b.node, &b.user, &d), OK);
	snprintf(path, sizeof path, "%s/edge", b.node.data);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_int_equal(rundir_prepare(&b.node, &b.user, &d), ERR_SYSTEM);
	assert_string_equal(d.where, path);
	close_box(&b);
}

static void one_supervisor_has_the_lock(void **state)
{
	struct box b;
	struct diag d;
	int fd, status;

	open_box(&b);
	diag_init(&d);
	assert_int_equal(rundir_pid(&b.node), 0);
	assert_int_equal(rundir_prepare(&b.node, &b.user, &d), OK);
	assert_int_equal(rundir_pid(&b.node), 0);
	assert_int_equal(rundir_lock(&b.node, &fd, &d), OK);
	pid_t pid = fork();
	if (pid == 0) {
		int other;
		bool ok = rundir_lock(&b.node, &other, &d) == ERR_EXISTS && rundir_pid(&b.node) == getppid() &&
			  strstr(d.text, "runs already");
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	assert_int_equal(rundir_lock(&b.node, &fd, &d), OK);
	close(fd);
	close_box(&b);
}

static void files_are_replaced_not_followed(void **state)
{
	struct box b;
	struct diag d;
	char path[NODE_PATH_BYTES + 32], text[20] = "";

	open_box(&b);
	diag_init(&d);
	assert_int_equal(rundir_prepare(&b.node, &b.user, &d), OK);
	snprintf(path, sizeof path, "%s/run/x.json", b.node.data);
	assert_int_equal(symlink("/nonexistent/target", path), 0);
	assert_int_equal(rundir_write(&b.node, "x.json", SLICE("hello"), &d), OK);
	assert_true(S_ISREG(mode_of(&b, "run/x.json")));
	FILE *f = fopen(path, "r");
	assert_non_null(fgets(text, sizeof text, f));
	fclose(f);
	assert_string_equal(text, "hello");
	rundir_remove(&b.node, "x.json");
	assert_int_equal(mode_of(&b, "run/x.json"), 0);
	close_box(&b);
}

int test_rundir(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_are_made),
		cmocka_unit_test(for_another_user_they_change_owner),
		cmocka_unit_test(a_link_is_not_a_folder),
		cmocka_unit_test(one_supervisor_has_the_lock),
		cmocka_unit_test(files_are_replaced_not_followed),
	};

	return cmocka_run_group_tests_name("rundir", tests, NULL, NULL);
}
