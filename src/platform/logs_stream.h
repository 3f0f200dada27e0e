/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs_stream: the log of an app over HTTP, at the URL that the API gives out: the newest lines as text, or all that
 *come as server-sent events or over a WebSocket. The token in the URL is the credential; no other is asked for.
 *
 *	GET /apps/APP-ID/logs?token=…[&n=100][&filter=web|router][&stream=true]
 *	GET /apps/APP-ID/logs/0?token=…        a file of the archive, the newest first
 */
#ifndef PLATFORM_LOGS_STREAM_H
#define PLATFORM_LOGS_STREAM_H

#include "http/exchange.h"
#include "platform/platform.h"

/* Answers a request below /apps/; for api_server_take. arg: the struct platform. */
void platform_logs_stream(void *arg, struct exchange *x);

#endif
