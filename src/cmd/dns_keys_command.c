/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_keys_command: `seawall dns-keys`: new keys for a DNS zone of the plan folder, sealed under this node's key, as
 * the member `dnssec` of its item; and the DS record for the parent.
 */
#include "cmd/cmd.h"
#include "cmd/settings.h"
#include "dns/dns_key.h"
#include "supervisor/nodekey.h"

#include <stdio.h>

static void dns_keys_command__ds(const struct dns_key *key, const struct dns_name *zone)
{
	uint8_t ds[DNS_KEY_DS_BYTES];
	char text[DNS_NAME_TEXT_BYTES];
	struct text t = text_of(text, sizeof text);

	if (dns_key_ds(key, zone, ds) != OK)
		return;
	dns_name_print(zone, &t);
	fprintf(stderr, "for the parent: %.*s DS %u %d %d ", SLICE_ARG(text_slice(&t)), key->tag, DNS_KEY_ALGORITHM,
		DNS_KEY_DIGEST_SHA256);
	for (size_t i = 4; i < sizeof ds; i++)
		fprintf(stderr, "%02X", ds[i]);
	fprintf(stderr, "\n");
}

static enum err dns_keys_command__make(const struct seal *seal, const struct dns_name *zone, struct buf *b)
{
	static const uint16_t flags[] = { DNS_KEY_KSK, DNS_KEY_ZSK };
	char text[DNS_NAME_TEXT_BYTES];
	struct text t = text_of(text, sizeof text);
	enum err e = OK;

	dns_name_print_bare(zone, &t);
	buf_printf(b, "{\"keys\":[");
	for (size_t i = 0; i < 2 && e == OK; i++) {
		struct dns_key key;
		e = dns_key_draw(flags[i], text_slice(&t), seal, &key);
		if (e != OK)
			break;
		if (i)
			buf_add_byte(b, ',');
		e = dns_key_json(&key, b);
		if (i == 0)
			dns_keys_command__ds(&key, zone);
		dns_key_fini(&key);
	}
	buf_printf(b, "],\"cds\":\"publish\"}\n");
	return e;
}

static bool dns_keys_command__run(const struct settings *s, const char *zone)
{
	uint8_t node_key[SEAL_KEY_BYTES];
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct dns_name name;
	struct seal seal;
	struct buf b;
	struct diag d;

	diag_init(&d);
	if (!zone || dns_name_parse(slice_str(zone), &dns_name_root, &name) != OK || name.n == 1) {
		fprintf(stderr, "seawall: --zone names the zone, like --zone example.test\n");
		return false;
	}
	if (nodekey_get(&s->node, node_key, &d) != OK) {
		fprintf(stderr, "seawall: %s\n", diag_print(&d, text, sizeof text));
		return false;
	}
	dns_name_lower(&name);
	seal_init(&seal, node_key);
	crypto_wipe(node_key, sizeof node_key);
	buf_init(&b, 65536);
	enum err e = dns_keys_command__make(&seal, &name, &b);
	seal_fini(&seal);
	if (e == OK)
		printf("%.*s", SLICE_ARG(buf_slice(&b)));
	else
		fprintf(stderr, "seawall: no key could be made: %s\n", err_text(e));
	buf_fini(&b);
	return e == OK;
}

int dns_keys_command_main(int argc, char **argv)
{
	struct settings *s = settings_new();
	const char *zone = NULL;
	const struct args_option options[] = { SETTINGS_OPTIONS(s),
					       { "--zone", ARGS_TEXT, &zone },
					       { NULL, ARGS_FLAG, NULL } };

	bool usage = args_read(argc, argv, options);
	bool ok = usage && settings_read(s) && dns_keys_command__run(s, zone);
	settings_free(s);
	return ok ? CMD_OK : usage ? CMD_FAILED : CMD_USAGE;
}
