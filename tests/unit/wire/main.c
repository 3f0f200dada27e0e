/* SPDX-License-Identifier: Apache-2.0 */
/* unit-wire: runs the groups of all test files. */
#include "groups.h"

#include <stdio.h>
#include <stdlib.h>

void assert_slice_eq(struct slice got, struct slice want, const char *file, int line)
{
	if (slice_eq(got, want))
		return;
	fprintf(stderr, "got \"%.*s\", want \"%.*s\"\n", SLICE_ARG(got), SLICE_ARG(want));
	_fail(file, line);
}

void assert_err_eq(enum err got, enum err want, const char *what, const char *file, int line)
{
	if (got == want)
		return;
	fprintf(stderr, "%s: got %s, want %s\n", what, err_name(got), err_name(want));
	_fail(file, line);
}

char *exact_copy(struct slice s)
{
	char *p = malloc(s.n ? s.n : 1);

	assert_non_null(p);
	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

int main(void)
{
	return test_scan() + test_field() + test_field_list() + test_uri() + test_date() + test_sf() +
	       test_cache_control() + test_validator() + test_h1_head() + test_h1_request() + test_h1_response() +
	       test_h1_trailer() + test_h1_chunk() + test_rfc3339() + test_dns_msg() + test_dns_rdata() +
	       test_dns_rr() + test_zonefile() + test_multipart() + test_ws();
}
