/* SPDX-License-Identifier: Apache-2.0 */
/* unit-base: runs the groups of all test files. */
#include "groups.h"

#include <stdio.h>

void assert_slice_eq(struct slice got, struct slice want, const char *file, int line)
{
	if (slice_eq(got, want))
		return;
	fprintf(stderr, "got \"%.*s\", want \"%.*s\"\n", SLICE_ARG(got), SLICE_ARG(want));
	_fail(file, line);
}

int main(void)
{
	return test_slice() + test_err() + test_diag() + test_arena() + test_buf() + test_cursor() + test_hash() +
	       test_map() + test_ip() + test_limits() + test_text() + test_base64() + test_seal() + test_p256() +
	       test_password() + test_totp();
}
