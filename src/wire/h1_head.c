/* SPDX-License-Identifier: Apache-2.0 */
/* h1_head: finds where a head may end; the parsers are in h1_request.c, h1_response.c and h1_trailer.c. */
#include "wire/h1_head.h"

bool h1_head_may_be_complete(struct slice in, size_t *scanned_from)
{
	size_t at = *scanned_from;

	while (at < in.n) {
		const char *lf = memchr(in.p + at, '\n', in.n - at);
		if (!lf)
			break;
		size_t next = (size_t)(lf - in.p) + 1;
		if (next < in.n && in.p[next] == '\r')
			next++;
		if (next == in.n) {
			*scanned_from = (size_t)(lf - in.p);
			return false;
		}
		if (in.p[next] == '\n')
			return true;
		at = next;
	}
	*scanned_from = in.n;
	return false;
}
