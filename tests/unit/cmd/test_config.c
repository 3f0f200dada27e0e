/* SPDX-License-Identifier: Apache-2.0 */
/* test_config: what a configuration becomes, and every refusal with file, line and key. */
#include "test_cmd.h"

#include "base/mem.h"
#include "cmd/config.h"

#include <stdio.h>
#include <unistd.h>

static enum err parse(const char *text, const char *set, struct node_config *node, struct diag *d)
{
	const struct config_source source = { "/etc/seawall/s.conf", slice_str(text), &set, set != NULL };

	diag_init(d);
	return config_parse(&source, node, d);
}

static void everything_is_read(void **state)
{
	struct node_config n;
	struct diag d;

	assert_int_equal(parse("\xef\xbb\xbf; a comment\n# another\n"
			       "[node]\nname = edge-1\ndata = data/\nuser = www-data ; why\n  workers=3\r\n"
			       "\n[listen]\n http = 127.0.0.1:80, [::1]:0,0.0.0.0:81\n"
			       "[plan]\nfolder: ../plan\n[log]\naccess = -\ndns = -\n[limits]\nidle_ms = "
			       "5s\ncache_bytes_max=2M\n",
			       NULL, &n, &d),
			 OK);
	assert_string_equal(n.name, "edge-1");
	assert_string_equal(n.data, "/etc/seawall/data");
	assert_string_equal(n.user, "www-data");
	assert_int_equal(n.workers, 3);
	assert_int_equal(n.listens_n, 3);
	assert_int_equal(n.listens[0].at.port, 80);
	assert_int_equal(n.listens[1].at.ip.family, 6);
	assert_string_equal(n.plan_folder, "/etc/seawall/../plan");
	assert_string_equal(n.access_log, "-");
	assert_string_equal(n.dns_log, "-");
	assert_int_equal(n.limits.idle_ms, 5000);
	assert_int_equal(n.limits.cache_bytes_max, 2 << 20);
}

static void the_rest_has_defaults(void **state)
{
	struct node_config n;
	struct diag d;

	assert_int_equal(parse("[listen]\nhttp=127.0.0.1:80", NULL, &n, &d), OK);
	assert_string_equal(n.name, "seawall");
	assert_string_equal(n.data, "/var/lib/seawall");
	assert_string_equal(n.plan_folder, "/var/lib/seawall/plan");
	assert_string_equal(n.user, "");
	assert_string_equal(n.access_log, "");
	assert_true(n.workers >= 1 && n.workers <= NODE_WORKERS_MAX);
}

static void set_overrides(void **state)
{
	struct node_config n;
	struct diag d;
	char cwd[NODE_PATH_BYTES], want[NODE_PATH_BYTES * 2];

	assert_non_null(getcwd(cwd, sizeof cwd));
	snprintf(want, sizeof want, "%s/here", cwd);
	assert_int_equal(parse("[listen]\nhttp=127.0.0.1:80\n[node]\ndata=x\n", "node.data=here", &n, &d), OK);
	assert_string_equal(n.data, want);
	assert_int_equal(parse("", "listen.http=127.0.0.1:1", &n, &d), OK);
	assert_int_equal(parse("[listen]\nhttp=127.0.0.1:80\n", "limits.idle_ms=7s", &n, &d), OK);
	assert_int_equal(n.limits.idle_ms, 7000);
}

static void the_edge_has_names_and_addresses(void **state)
{
	struct node_config n;
	struct diag d;

	assert_int_equal(parse("[listen]\nhttp=127.0.0.1:80\napi=127.0.0.1:0,[::1]:81\n[edge]\naddresses = 192.0.2.1, "
			       "2001:db8::1"
			       "\nnameservers = NS1.Example.net., "
			       "ns2.example.net\nactivation=immediate\n[platform]\nregion=OSC-fr1\nsuffix = "
			       "Example.net.\n[origin]\n"
			       "allow_private=yes\n",
			       NULL, &n, &d),
			 OK);
	assert_int_equal(node_listens(&n, LISTEN_API), 2);
	assert_int_equal(node_listens(&n, LISTEN_HTTP), 1);
	assert_int_equal(n.addresses_n, 2);
	assert_int_equal(n.addresses[1].family, 6);
	assert_string_equal(n.platform_region, "osc-fr1");
	assert_string_equal(n.platform_suffix, "example.net");
	assert_int_equal(n.nameservers_n, 2);
	assert_string_equal(n.nameservers[0], "ns1.example.net");
	assert_true(n.activate_at_once && n.allow_private);
	assert_int_equal(parse("[listen]\nhttp=127.0.0.1:80\n[node]\nname=me\n", NULL, &n, &d), OK);
	assert_int_equal(n.nameservers_n, 2);
	assert_string_equal(n.nameservers[1], "ns2.me.internal");
	assert_false(n.activate_at_once || n.allow_private);
}

static void long_lists_fit(void **state)
{
	char text[4096] = "[listen]\nhttp = 127.0.0.1:1";
	struct node_config n;
	struct diag d;

	for (int i = 2; i <= NODE_LISTENS_MAX; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), ", 127.0.0.1:%d", i);
	assert_int_equal(parse(text, NULL, &n, &d), OK);
	assert_int_equal(n.listens_n, NODE_LISTENS_MAX);
	strcat(text, ", 127.0.0.1:999");
	assert_int_equal(parse(text, NULL, &n, &d), ERR_CONFIG);
	assert_non_null(strstr(d.text, "more than 64"));
}

#define F "/etc/seawall/s.conf"
#define L "[listen]\nhttp=127.0.0.1:80\n"

static void errors_name_file_line_and_key(void **state)
{
	static const struct {
		const char *text, *set, *where, *what;
	} rows[] = {
		{ "", NULL, F, "[listen] http is missing" },
		{ "http = 127.0.0.1:80\n", NULL, F ":1: [] http", "before the first [section]" },
		{ L "[nod]\n", NULL, F ":3", "there is no section [nod]" },
		{ L "[nod]\nname=x\n", NULL, F ":3", "there is no section [nod]" },
		{ L "\n[node]\nnmae=x\n", NULL, F ":5: [node] nmae",
		  "there is no such setting; [node] has name, data" },
		{ L "[node]\nname\n", NULL, F ":4", "is neither" },
		{ L "[node\n", NULL, F ":3", "" },
		{ L "[node]\nname=\n", NULL, F ":4: [node] name", "1 to 63 bytes" },
		{ L "[node]\nname=a b\n", NULL, F ":4: [node] name", "letters, digits" },
		{ L "[node]\nname=a_b\n", NULL, F ":4: [node] name", "letters, digits" },
		{ L "[node]\nname=a\nname=b\n", NULL, F ":5: [node] name", "is given twice, first on line 4" },
		{ L "[limits]\nidle_ms=5s\nidle_ms=6s\n", NULL, F ":5: [limits] idle_ms",
		  "given twice, first on line 4" },
		{ L "[node]\nworkers=0\n", NULL, F ":4: [node] workers", "from 1 to 256" },
		{ L "[node]\nworkers=257\n", NULL, F ":4: [node] workers", "from 1 to 256" },
		{ L "[node]\nworkers=-1\n", NULL, F ":4: [node] workers", "from 1 to 256" },
		{ L "[node]\nuser=a/b\n", NULL, F ":4: [node] user", "not a user name" },
		{ L "[node]\ndata=\n", NULL, F ":4: [node] data", "is empty" },
		{ "[listen]\nhttp=localhost:80\n", NULL, F ":2: [listen] http", "\"localhost:80\" is not an address" },
		{ "[listen]\nhttp=127.0.0.1\n", NULL, F ":2: [listen] http", "is not an address with a port" },
		{ "[listen]\nhttp=127.0.0.1:80,\n", NULL, F ":2: [listen] http", "\"\" is not an address" },
		{ "[listen]\nhttp=127.0.0.1:80 127.0.0.1:81\n", NULL, F ":2: [listen] http", "is not an address" },
		{ "[listen]\nhttp=127.0.0.1:80,127.0.0.1:80\n", NULL, F ":2: [listen] http", "is listed twice" },
		{ L "api=127.0.0.1:80,127.0.0.1:80\n", NULL, F ":3: [listen] api", "is listed twice" },
		{ L "[edge]\naddresses=192.0.2.1:80\n", NULL, F ":4: [edge] addresses", "is not an address" },
		{ L "[platform]\nregion=a.b\n", NULL, F ":4: [platform] region", "one label" },
		{ L "[platform]\nsuffix=a..b\n", NULL, F ":4: [platform] suffix", "must be a host name" },
		{ L "[edge]\nnameservers=ns1\n", NULL, F ":4: [edge] nameservers", "is not a host name" },
		{ L "[edge]\nnameservers=a.b,A.b.\n", NULL, F ":4: [edge] nameservers", "\"a.b\" is listed twice" },
		{ L "[edge]\nactivation=soon\n", NULL, F ":4: [edge] activation", "delegation or immediate" },
		{ L "[origin]\nallow_private=maybe\n", NULL, F ":4: [origin] allow_private", "must be yes or no" },
		{ L "https=443\n", NULL, F ":3: [listen] https", "is not an address with a port" },
		{ L "[limits]\nidle=5s\n", NULL, F ":4: [limits] idle", "there is no limit \"idle\"" },
		{ L "[limits]\nidle_ms=x\n", NULL, F ":4: [limits] idle_ms", "is not a number of ms" },
		{ L "[limits]\nidle_ms=1\n", NULL, F ":4: [limits] idle_ms", "must be from 1000" },
		{ L, "node.name", "--set node.name", "must be section.key=value" },
		{ L, "name=x", "--set name", "must be section.key=value" },
		{ L, "node.nmae=x", "--set node.nmae", "there is no such setting" },
		{ L, "nod.name=x", "--set nod.name", "there is no section [nod]" },
		{ L, "node.name=x\ny", "--set node.name", "must be section.key=value" },
		{ L, "limits.idle_ms=1", "--set limits.idle_ms", "must be from" },
		{ L "[node]\ndata=/"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "a\n",
		  NULL, "[node] data", "is longer than" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct node_config n;
		struct diag d;
		enum err e = parse(rows[i].text, rows[i].set, &n, &d);
		if (e != ERR_CONFIG || strcmp(d.where, rows[i].where) != 0 || !strstr(d.text, rows[i].what))
			fail_msg("%s\ngave %s at \"%s\": %s\nnot \"%s\": %s", rows[i].text, err_name(e), d.where,
				 d.text, rows[i].where, rows[i].what);
	}
}

static void odd_bytes_are_refused(void **state)
{
	static char long_line[9000];
	struct node_config n;
	struct diag d;
	const struct config_source nul = { "f", SLICE(L "[node]\nname=a\0b\n"), NULL, 0 };

	diag_init(&d);
	assert_int_equal(config_parse(&nul, &n, &d), ERR_CONFIG);
	assert_string_equal(d.where, "f:4");
	memset(long_line, 'x', sizeof long_line - 1);
	assert_int_equal(parse(long_line, NULL, &n, &d), ERR_CONFIG);
	assert_string_equal(d.where, F ":1");
}

static void it_is_packed_and_unpacked(void **state)
{
	const char *sets[] = { "node.name=x", "node.workers=2" };
	const struct config_source source = { "dir/s.conf", SLICE("[node]\nname=y\n\n[listen]\n"), sets, 2 };
	const char *got_sets[CONFIG_SETS_MAX];
	struct config_source got;
	struct buf blob;

	buf_init(&blob, 10000);
	assert_int_equal(config_pack(&source, &blob), OK);
	for (size_t n = 0; n < buf_len(&blob); n++) {
		char *cut = mem_dup(slice_first(buf_slice(&blob), n));
		(void)!config_unpack(cut, n, got_sets, &got);
		mem_free(cut);
	}
	assert_int_equal(config_unpack(blob.p + blob.from, buf_len(&blob), got_sets, &got), OK);
	assert_string_equal(got.file, "dir/s.conf");
	assert_int_equal(got.sets_n, 2);
	assert_string_equal(got.sets[1], "node.workers=2");
	assert_true(slice_eq(got.text, source.text));
	buf_fini(&blob);
	char bad[] = "f\n999\n";
	assert_int_equal(config_unpack(bad, sizeof bad - 1, got_sets, &got), ERR_CONFIG);
}

static void files_are_loaded(void **state)
{
	struct buf text;
	struct diag d;

	diag_init(&d);
	buf_init(&text, CONFIG_BYTES_MAX);
	assert_int_equal(config_load("/nonexistent/s.conf", &text, &d), ERR_CONFIG);
	assert_string_equal(d.where, "/nonexistent/s.conf");
	diag_init(&d);
	assert_int_equal(config_load("/tmp", &text, &d), ERR_CONFIG);
	diag_init(&d);
	assert_int_equal(config_load("/proc/self/status", &text, &d), OK);
	assert_true(buf_len(&text) > 100);
	buf_fini(&text);
}

int test_config(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(the_rest_has_defaults),
		cmocka_unit_test(set_overrides),
		cmocka_unit_test(the_edge_has_names_and_addresses),
		cmocka_unit_test(long_lists_fit),
		cmocka_unit_test(the_edge_has_names_and_addresses),
		cmocka_unit_test(errors_name_file_line_and_key),
		cmocka_unit_test(odd_bytes_are_refused),
		cmocka_unit_test(it_is_packed_and_unpacked),
		cmocka_unit_test(files_are_loaded),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
