/* SPDX-License-Identifier: Apache-2.0 */
/* test_target: where the API is and with which token. */
#include "test_client.h"

#include "client/target.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void urls_are_completed(void **state)
{
	int status;
	struct cli *c = RUN(&status, "zones", "list");

	assert_string_equal(target_base(c, "127.0.0.1:9080"), "http://127.0.0.1:9080/client/v4");
	assert_string_equal(target_base(c, "[::1]:9080"), "http://[::1]:9080/client/v4");
	assert_string_equal(target_base(c, "https://api.test/"), "https://api.test/client/v4");
	assert_string_equal(target_base(c, "https://api.test/other/v4/"), "https://api.test/other/v4");
	assert_null(target_base(c, "ftp://api.test"));
	assert_null(target_base(c, "http://"));
	assert_null(target_base(c, "http://user@api.test"));
	assert_null(target_base(c, "http://api.test/?x"));
	assert_null(target_base(c, "http://api test"));
	run_free(c);
}

static int token_of(struct cli *c, const char *text, const char **ret)
{
	char path[] = "/tmp/seawall-token-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	int status = target_token_file(c, path, ret);
	unlink(path);
	return status;
}

static void a_token_is_one_line(void **state)
{
	int status;
	const char *token;
	struct cli *c = RUN(&status, "zones", "list");

	assert_int_equal(token_of(c, "abc-_.~123\r\n", &token), CLIENT_OK);
	assert_string_equal(token, "abc-_.~123");
	assert_int_equal(token_of(c, "", &token), CLIENT_FAILED);
	assert_int_equal(token_of(c, "two words", &token), CLIENT_FAILED);
	assert_int_equal(token_of(c, "two\nlines", &token), CLIENT_FAILED);
	assert_int_equal(target_token_file(c, "/nonexistent/token", &token), CLIENT_FAILED);
	run_free(c);
}

int test_target(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_completed),
		cmocka_unit_test(a_token_is_one_line),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
