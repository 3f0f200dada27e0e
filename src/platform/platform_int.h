/* SPDX-License-Identifier: Apache-2.0 */
/* platform_int: what the files of this room share. */
#ifndef PLATFORM_PLATFORM_INT_H
#define PLATFORM_PLATFORM_INT_H

#include "api/api_call.h"
#include "platform/bearer.h"
#include "platform/numbers.h"
#include "platform/pages.h"
#include "platform/platform.h"

struct platform {
	uint32_t magic; /* OBJ_PLATFORM */
	struct platform_setup setup;
	struct bearer_key key;
	struct api_dialect dialect;
	struct platform_logs *logs;
	struct platform_numbers *numbers;
	struct platform_pages *pages;  /* NULL: nothing is fetched */
	int64_t seen_event;            /* number of the last one in the logs */
	char gone[STATE_APP_ID_BYTES]; /* an app whose log goes when its end is stored */
	char logs_folder[NODE_PATH_BYTES + 16];
};

/* The platform of a call below /v1. */
static inline struct platform *platform_of(const struct api_call *call)
{
	return call->dialect->arg;
}

#endif
