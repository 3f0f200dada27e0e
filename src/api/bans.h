/* SPDX-License-Identifier: Apache-2.0 */
/* bans: what others ask of the list of bans. Private to the api room. */
#ifndef API_BANS_H
#define API_BANS_H

#include "api/api_call.h"
#include "base/ip.h"

/*
 * Whether something in the network can never be banned: what the node spares by itself (control/own.h), and the allowed
 * networks of the state. out: *ret_met: which, when it says so. errors: as store_done.
 */
enum err api_bans_spared(struct api_call *call, const struct ip_prefix *net, bool *ret,
			 struct ip_prefix *ret_met) MUST_USE;

#endif
