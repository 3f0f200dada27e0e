/* SPDX-License-Identifier: Apache-2.0 */
/* method: request methods by number (RFC 9110 section 9). Prototypes in h1_head.h. */
#include "wire/h1_head.h"

#define METHOD__IS(name, id)                                                                                           \
	if (memcmp(method.p, name, sizeof(name) - 1) == 0)                                                             \
		return METHOD_##id;

enum method method_lookup(struct slice method)
{
	switch (method.n) {
	case 3:
		METHOD__IS("GET", GET)
		METHOD__IS("PUT", PUT)
		break;
	case 4:
		METHOD__IS("POST", POST)
		METHOD__IS("HEAD", HEAD)
		break;
	case 5:
		METHOD__IS("PATCH", PATCH)
		METHOD__IS("TRACE", TRACE)
		METHOD__IS("PURGE", PURGE)
		break;
	case 6:
		METHOD__IS("DELETE", DELETE)
		break;
	case 7:
		METHOD__IS("OPTIONS", OPTIONS)
		METHOD__IS("CONNECT", CONNECT)
		break;
	default:
		break;
	}
	return METHOD_OTHER;
}

bool method_is_safe(enum method m)
{
	return m == METHOD_GET || m == METHOD_HEAD || m == METHOD_OPTIONS || m == METHOD_TRACE;
}

bool method_is_idempotent(enum method m)
{
	return method_is_safe(m) || m == METHOD_PUT || m == METHOD_DELETE;
}
