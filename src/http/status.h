/* SPDX-License-Identifier: Apache-2.0 */
/* status: reason phrases of HTTP status codes, the edge's own 52x and 530 included. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include "base/slice.h"

/* The phrase for a status, empty for unknown ones. Process lifetime. */
struct slice status_reason(uint16_t status);
/* "HTTP/1.1 200 OK\r\n" ready-made for known statuses; empty for others. Process lifetime. */
struct slice status_line_h1(uint16_t status);
/* True when a response with this status never has content: 1xx, 204, 304 (RFC 9110 6.4.1). */
bool status_has_no_body(uint16_t status);

#endif
