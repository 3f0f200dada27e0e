/* SPDX-License-Identifier: Apache-2.0 */
/* test_nodekey: the key is made once, kept, and refused when it cannot be trusted. */
#include "test_supervisor.h"

#include "supervisor/nodekey.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct box {
	struct node_config node;
	char key[NODE_PATH_BYTES + 32];
};

static void open_box(struct box *b)
{
	memset(b, 0, sizeof *b);
	snprintf(b->node.data, sizeof b->node.data, "/tmp/seawall-nodekey-XXXXXX");
	assert_non_null(mkdtemp(b->node.data));
	snprintf(b->key, sizeof b->key, "%s/node.key", b->node.data);
}

static void close_box(const struct box *b)
{
	unlink(b->key);
	assert_int_equal(rmdir(b->node.data), 0); /* nothing else was left behind */
}

static enum err get(const struct box *b, uint8_t key[static SEAL_KEY_BYTES], struct diag *d)
{
	diag_init(d);
	return nodekey_get(&b->node, key, d);
}

static void it_is_made_once(void **state)
{
	uint8_t first[SEAL_KEY_BYTES] = { 0 }, again[SEAL_KEY_BYTES] = { 0 }, none[SEAL_KEY_BYTES] = { 0 };
	struct box b, other;
	struct stat st;
	struct diag d;

	open_box(&b);
	open_box(&other);
	assert_int_equal(get(&b, first, &d), OK);
	assert_int_equal(stat(b.key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(get(&b, again, &d), OK);
	assert_memory_equal(first, again, sizeof first);
	assert_memory_not_equal(first, none, sizeof first);
	assert_int_equal(get(&other, again, &d), OK);
	assert_memory_not_equal(first, again, sizeof first);
	close_box(&b);
	close_box(&other);
}

static void write_key(const struct box *b, const char *text, mode_t mode)
{
	int fd = open(b->key, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899aabbccddeef"

static void what_is_no_key_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "\n",
					   "seawall-node-key 1 \n",
					   "seawall-node-key 1 " DIGITS "\n",
					   "seawall-node-key 1 " DIGITS "f",
					   "seawall-node-key 1 " DIGITS "ff\n",
					   "seawall-node-key 1 " DIGITS "g\n",
					   "seawall-node-key 1 " DIGITS "F\n",
					   "seawall-node-key 2 " DIGITS "f\n" };
	uint8_t key[SEAL_KEY_BYTES] = { 0 }, none[SEAL_KEY_BYTES] = { 0 };
	struct box b;
	struct diag d;

	open_box(&b);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		write_key(&b, bad[i], 0600);
		assert_int_equal(get(&b, key, &d), ERR_CONFIG);
		assert_string_equal(d.where, b.key);
		assert_null(strstr(d.text, "0011")); /* no secret in a message */
	}
	assert_memory_equal(key, none, sizeof key);
	write_key(&b, "seawall-node-key 1 " DIGITS "f\n", 0640);
	assert_int_equal(get(&b, key, &d), ERR_CONFIG);
	assert_non_null(strstr(d.text, "640"));
	write_key(&b, "seawall-node-key 1 " DIGITS "f\n", 0600);
	assert_int_equal(get(&b, key, &d), OK);
	assert_int_equal(key[0], 0);
	assert_int_equal(key[10], 0xaa);
	assert_int_equal(key[31], 0xff);
	close_box(&b);
}

static void links_and_folders_are_not_followed(void **state)
{
	uint8_t key[SEAL_KEY_BYTES];
	struct box b;
	struct diag d;

	open_box(&b);
	assert_int_equal(symlink("/etc/hostname", b.key), 0);
	assert_int_equal(get(&b, key, &d), ERR_SYSTEM);
	assert_int_equal(unlink(b.key), 0);
	assert_int_equal(mkdir(b.key, 0700), 0);
	assert_int_equal(get(&b, key, &d), ERR_CONFIG);
	assert_int_equal(rmdir(b.key), 0);
	close_box(&b);
}

int test_nodekey(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_made_once),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(links_and_folders_are_not_followed),
	};
	return cmocka_run_group_tests_name("nodekey", tests, NULL, NULL);
}
