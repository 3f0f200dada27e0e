/* SPDX-License-Identifier: Apache-2.0 */
/* ws_accept: the server's half of a WebSocket handshake (RFC 6455 4.2.2). Pure. */
#ifndef WIRE_WS_ACCEPT_H
#define WIRE_WS_ACCEPT_H

#include "base/err.h"
#include "base/slice.h"

enum { WS_ACCEPT_KEY_BYTES = 24, WS_ACCEPT_BYTES = 28 };

/* Whether it can be the value of Sec-WebSocket-Key: 16 bytes in base64 (RFC 6455 4.1). */
bool ws_accept_is_key(struct slice key);
/* The value of Sec-WebSocket-Accept for a key that ws_accept_is_key likes; WS_ACCEPT_BYTES, no NUL. errors: ERR_SYNTAX
 * (another key), ERR_SYSTEM. */
enum err ws_accept_make(struct slice key, char ret[static WS_ACCEPT_BYTES]) MUST_USE;

#endif
