/* SPDX-License-Identifier: Apache-2.0 */
/* status: see status.h; all rows come from status.def. */
#include "http/status.h"

struct slice status_reason(uint16_t status)
{
	switch (status) {
#define STATUS(code, reason)                                                                                           \
	case code:                                                                                                     \
		return SLICE(reason);
#include "http/status.def"
#undef STATUS
	default:
		return slice_of(NULL, 0);
	}
}

struct slice status_line_h1(uint16_t status)
{
	switch (status) {
#define STATUS(code, reason)                                                                                           \
	case code:                                                                                                     \
		return SLICE("HTTP/1.1 " #code " " reason "\r\n");
#include "http/status.def"
#undef STATUS
	default:
		return slice_of(NULL, 0);
	}
}

bool status_has_no_body(uint16_t status)
{
	return status < 200 || status == 204 || status == 304;
}
