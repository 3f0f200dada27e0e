/* SPDX-License-Identifier: Apache-2.0 */
/* records_transfer: `seawall records import ZONE --from SERVER`: a zone by AXFR, see records_extra.h. */
#include "base/crypto.h"
#include "client/records_extra.h"
#include "client/talk.h"

int records_transfer_read(struct cli *c, struct slice *ret)
{
	const char *file = cli_text(c, "--tsig-file"), *text;
	struct dns_tsig_key key = { .secret_n = 0 };
	struct ip_port server;
	struct dns_name zone;
	struct buf out;
	size_t n = 0;
	int status = records_extra_zone_name(c, &zone);

	if (status == CLIENT_OK)
		status = talk_server(c, cli_text(c, "--from"), &server, &text);
	if (status == CLIENT_OK && file)
		status = talk_key_file(c, file, &key);
	if (status != CLIENT_OK)
		return status;
	struct talk *t = talk_open(c, &server, text, file ? &key : NULL);
	buf_init(&out, TALK_ZONE_BYTES_MAX);
	status = t ? talk_transfer(t, &zone, &out, &n) : CLIENT_FAILED;
	talk_close(t);
	crypto_wipe(&key, sizeof key);
	if (status == CLIENT_OK) {
		*ret = arena_copy(&c->arena, buf_slice(&out));
		if (arena_full(&c->arena))
			status = cli_fail(c, "out of memory");
	}
	buf_fini(&out);
	return status;
}
