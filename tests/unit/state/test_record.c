/* SPDX-License-Identifier: Apache-2.0 */
/* test_record: bodies of the API as records, the rules between them, filters, the slip of the dot. */
#include "test_state.h"

#include "state/account.h"
#include "state/record_dot.h"
#include "state/record_input.h"
#include "state/record_list.h"

#include <stdio.h>
#include <stdlib.h>

static const struct state_record_rules strict = { false, NULL, 0 };

static struct state_zone zone_new(struct state *st)
{
	struct state_zone z = { .type = "full", .name = "example.com", .status = "active" };
	struct state_account a;

	assert_int_equal(state_account_get(st, &a), OK);
	memcpy(z.account, a.id, sizeof z.account);
	assert_int_equal(state_zone_add(st, &z), OK);
	return z;
}

/* Bodies are written with ' for ", a quote inside a string with ". */
static json_t *body_of(const char *text)
{
	char copy[4096];
	json_error_t e;
	json_t *v;
	size_t n = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '"')
			copy[n++] = '\\';
		copy[n++] = *p == '\'' ? '"' : *p;
		assert_true(n < sizeof(copy) - 2);
	}
	copy[n] = '\0';
	v = json_loads(copy, 0, &e);
	if (!v)
		fail_msg("%s: %s", copy, e.text);
	return v;
}

static void good_bodies(void **state)
{
	/* What each body becomes: name, content, data (NULL: none), ttl, priority (-1: none). */
	static const struct {
		const char *in, *name, *content, *data;
		int ttl, priority;
	} rows[] = {
		{ "{'type':'A','name':'www','content':'192.0.2.1'}", "www.example.com", "192.0.2.1", NULL, 1, -1 },
		{ "{'type':'a','name':'WWW.Example.com.','content':' 192.0.2.1 ','ttl':300}", "www.example.com",
		  "192.0.2.1", NULL, 300, -1 },
		{ "{'type':'A','name':'@','content':'192.0.2.1','proxied':true,'ttl':3600}", "example.com", "192.0.2.1",
		  NULL, 1, -1 },
		{ "{'type':'AAAA','name':'example.com','content':'2001:DB8:0:0::1'}", "example.com", "2001:db8::1",
		  NULL, 1, -1 },
		{ "{'type':'CNAME','name':'b\xc3\xbc"
		  "cher','content':'Target.Example.NET.'}",
		  "xn--bcher-kva.example.com", "Target.Example.NET", NULL, 1, -1 },
		{ "{'type':'CNAME','name':'a','content':'b\xc3\xbc"
		  "cher.example'}",
		  "a.example.com", "xn--bcher-kva.example", NULL, 1, -1 },
		{ "{'type':'MX','name':'@','content':'mail.example.net','priority':10}", "example.com",
		  "mail.example.net", NULL, 1, 10 },
		{ "{'type':'MX','name':'@','content':'.','priority':0}", "example.com", ".", NULL, 1, 0 },
		{ "{'type':'TXT','name':'_acme-challenge.a','content':'bare value; with = signs'}",
		  "_acme-challenge.a.example.com", "bare value; with = signs", NULL, 1, -1 },
		{ "{'type':'TXT','name':'q','content':'\"quoted\" \"twice\"'}", "q.example.com", "\"quoted\" \"twice\"",
		  NULL, 1, -1 },
		{ "{'type':'SRV','name':'_s._tcp','data':{'priority':1,'weight':'2','port':443,'target':'h.example.net."
		  "'}}",
		  "_s._tcp.example.com", "2 443 h.example.net",
		  "{'priority':1,'weight':2,'port':443,'target':'h.example.net.'}", 1, 1 },
		{ "{'type':'SRV','name':'_s._tcp','content':'1 2 443 h.example.net'}", "_s._tcp.example.com",
		  "2 443 h.example.net", "{'priority':1,'weight':2,'port':443,'target':'h.example.net'}", 1, 1 },
		{ "{'type':'SRV','name':'_s._tcp','content':'2 443 h.example.net','priority':5}", "_s._tcp.example.com",
		  "2 443 h.example.net", "{'priority':5,'weight':2,'port':443,'target':'h.example.net'}", 1, 5 },
		{ "{'type':'SRV','name':'_s._tcp','content':'7 5 5061 h.example.net','priority':1}",
		  "_s._tcp.example.com", "5 5061 h.example.net",
		  "{'priority':7,'weight':5,'port':5061,'target':'h.example.net'}", 1, 7 },
		{ "{'type':'SRV','data':{'service':'_sip','proto':'_udp','name':'@','priority':0,'weight':0,'port':1,"
		  "'target':'.'}}",
		  "_sip._udp.example.com", "0 1 .", "{'priority':0,'weight':0,'port':1,'target':'.'}", 1, 0 },
		{ "{'type':'CAA','name':'@','data':{'flags':0,'tag':'issue','value':'ca.example; a=\"b'}}",
		  "example.com", "0 issue \"ca.example; a=\\\"b\"",
		  "{'flags':0,'tag':'issue','value':'ca.example; a=\"b'}", 1, -1 },
		{ "{'type':'CAA','name':'@','content':'0 issue \"letsencrypt.org\"'}", "example.com",
		  "0 issue \"letsencrypt.org\"", "{'flags':0,'tag':'issue','value':'letsencrypt.org'}", 1, -1 },
		{ "{'type':'URI','name':'u','priority':10,'data':{'weight':1,'target':'https://example.net/a b'}}",
		  "u.example.com", "1 \"https://example.net/a b\"", "{'weight':1,'target':'https://example.net/a b'}",
		  1, 10 },
		{ "{'type':'TLSA','name':'_443._tcp','data':{'usage':3,'selector':1,'matching_type':1,'certificate':'"
		  "aB cd'}}",
		  "_443._tcp.example.com", "3 1 1 aBcd",
		  "{'usage':3,'selector':1,'matching_type':1,'certificate':'aB cd'}", 1, -1 },
		{ "{'type':'SSHFP','name':'h','content':'4 2 abcd'}", "h.example.com", "4 2 abcd",
		  "{'algorithm':4,'type':2,'fingerprint':'abcd'}", 1, -1 },
		{ "{'type':'DS','name':'sub','content':'1 ECDSAP256SHA256 2 abcd'}", "sub.example.com", "1 13 2 ABCD",
		  "{'key_tag':1,'algorithm':13,'digest_type':2,'digest':'ABCD'}", 1, -1 },
		{ "{'type':'DNSKEY','name':'k','data':{'flags':257,'protocol':3,'algorithm':13,'public_key':'bWVo'}}",
		  "k.example.com", "257 3 13 bWVo", "{'flags':257,'protocol':3,'algorithm':13,'public_key':'bWVo'}", 1,
		  -1 },
		{ "{'type':'CERT','name':'c','data':{'type':1,'key_tag':0,'algorithm':0,'certificate':'bWVo'}}",
		  "c.example.com", "1 0 0 bWVo", "{'type':1,'key_tag':0,'algorithm':0,'certificate':'bWVo'}", 1, -1 },
		{ "{'type':'NAPTR','name':'n','content':'100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:i@example.com!\" .'}",
		  "n.example.com", "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:i@example.com!\" .",
		  "{'order':100,'preference':10,'flags':'u','service':'E2U+sip','regex':'!^.*$!sip:i@example.com!',"
		  "'replacement':'.'}",
		  1, -1 },
		{ "{'type':'HTTPS','name':'@','data':{'priority':1,'target':'.','value':'alpn=\"h3,h2\" port=443'}}",
		  "example.com", "1 . alpn=\"h3,h2\" port=443",
		  "{'priority':1,'target':'.','value':'alpn=\"h3,h2\" port=443'}", 1, 1 },
		{ "{'type':'SVCB','name':'_s','content':'0 svc.example.net'}", "_s.example.com", "0 svc.example.net",
		  "{'priority':0,'target':'svc.example.net','value':''}", 1, 0 },
		{ "{'type':'LOC','name':'l','data':{'lat_degrees':37,'lat_minutes':46,'lat_seconds':46,'lat_direction':"
		  "'N',"
		  "'long_degrees':122,'long_minutes':23,'long_seconds':35.5,'long_direction':'W','altitude':0,'size':"
		  "100,"
		  "'precision_horz':0,'precision_vert':0}}",
		  "l.example.com", "37 46 46.000 N 122 23 35.500 W 0.00m 100.00m 0.00m 0.00m",
		  "{'lat_degrees':37,'lat_minutes':46,'lat_seconds':46,'lat_direction':'N','long_degrees':122,"
		  "'long_minutes':23,'long_seconds':35.5,'long_direction':'W','altitude':0,'size':100,'precision_horz':"
		  "0,"
		  "'precision_vert':0}",
		  1, -1 },
		{ "{'type':'LOC','name':'l','content':'52 N 4 E -2m'}", "l.example.com",
		  "52 0 0.000 N 4 0 0.000 E -2.00m 1.00m 10000.00m 10.00m",
		  "{'lat_degrees':52,'lat_minutes':0,'lat_seconds':0,'lat_direction':'N','long_degrees':4,'long_"
		  "minutes':0,"
		  "'long_seconds':0,'long_direction':'E','altitude':-2,'size':1,'precision_horz':10000,'precision_vert'"
		  ":10}",
		  1, -1 },
		{ "{'type':'OPENPGPKEY','name':'o','content':'bWVo'}", "o.example.com", "bWVo", NULL, 1, -1 },
		/* What clients send and nobody means. */
		{ "{'type':'A','name':'x','content':'192.0.2.1','priority':0,'proxied':false,'tags':null,'comment':'','"
		  "settings':"
		  "{},'unknown':1}",
		  "x.example.com", "192.0.2.1", NULL, 1, -1 },
		{ "{'type':'A','name':'other.net','content':'192.0.2.1'}", "other.net.example.com", "192.0.2.1", NULL,
		  1, -1 },
		{ "{'type':'A','name':'*.w','content':'192.0.2.1'}", "*.w.example.com", "192.0.2.1", NULL, 1, -1 },
	};
	struct state *st = test_state_new();

	test_state_begin(st);
	struct state_zone z = zone_new(st);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct state_refusal why = { 0 };
		struct state_record r;
		json_t *body = body_of(rows[i].in), *data = rows[i].data ? body_of(rows[i].data) : NULL;

		state_record_init(&r);
		if (state_record_input_read(&z, &strict, body, &r, &why) != OK)
			fail_msg("%s: %d %s %s", rows[i].in, why.code, why.pointer, why.text);
		assert_string_equal(r.name, rows[i].name);
		assert_string_equal(r.content, rows[i].content);
		if (data ? !json_equal(data, r.data) : r.data != NULL)
			fail_msg("%s: data is %s", rows[i].in, json_dumps(r.data, 0));
		assert_int_equal(r.ttl, rows[i].ttl);
		assert_int_equal(r.has_priority ? r.priority : -1, rows[i].priority);
		/* What is shown makes the same record again, whole and from content alone. */
		for (int from_content = 0; from_content < 2; from_content++) {
			struct state_record again;
			json_t *shown = state_record_body(&r);

			if (from_content)
				json_object_del(shown, "data");
			state_record_init(&again);
			if (state_record_input_read(&z, &strict, shown, &again, &why) != OK)
				fail_msg("%s again: %d %s %s", rows[i].in, why.code, why.pointer, why.text);
			assert_int_equal(again.rdata.n, r.rdata.n);
			assert_memory_equal(again.rdata.p, r.rdata.p, r.rdata.n);
			assert_string_equal(again.content, r.content);
			state_record_fini(&again);
			json_decref(shown);
		}
		state_record_fini(&r);
		json_decref(body);
		json_decref(data);
	}
	state_rollback(st);
	state_close(st);
}

static void bad_bodies(void **state)
{
	static const struct {
		const char *in;
		int code;
		const char *pointer, *part;
	} rows[] = {
		{ "[]", 1004, "", "object" },
		{ "{'name':'a','content':'192.0.2.1'}", 1004, "/type", "required" },
		{ "{'type':'SOA','name':'a','content':'x'}", 1004, "/type", "not a record type of this API" },
		{ "{'type':'A','content':'192.0.2.1'}", 1004, "/name", "required" },
		{ "{'type':'A','name':'a..b','content':'192.0.2.1'}", 9000, "/name", "DNS name is invalid" },
		{ "{'type':'A','name':'a b','content':'192.0.2.1'}", 9000, "/name", "DNS name is invalid" },
		{ "{'type':'A','name':'a'}", 9101, "/content", "required" },
		{ "{'type':'A','name':'a','content':5}", 9005, "/content", "string" },
		{ "{'type':'A','name':'a','content':'1.2.3'}", 9005, "/content",
		  "Content for A record must be a valid IPv4 address." },
		{ "{'type':'A','name':'a','content':'1.2.3.4 5'}", 9005, "/content", "IPv4" },
		{ "{'type':'A','name':'a','content':'1.2.3.4\\n'}", 9005, "/content", "IPv4" },
		{ "{'type':'AAAA','name':'a','content':'1.2.3.4'}", 9006, "/content",
		  "Content for AAAA record must be a valid IPv6 address." },
		{ "{'type':'CNAME','name':'a','content':'not a host'}", 9007, "/content", "CNAME" },
		{ "{'type':'MX','name':'a','content':'mail.example.net'}", 9101, "/priority", "required" },
		{ "{'type':'MX','name':'a','content':'mail.example.net','priority':70000}", 9009, "/content", "65535" },
		{ "{'type':'SRV','name':'a','data':{'priority':1,'weight':1,'port':1}}", 9101, "/data/target",
		  "required" },
		{ "{'type':'SRV','name':'a','data':{'priority':1,'weight':1,'port':-1,'target':'a.b'}}", 9102,
		  "/data/port", "number" },
		{ "{'type':'SRV','name':'a','data':'x'}", 9102, "/data", "object" },
		{ "{'type':'SRV','name':'a','content':'1 2 3 h.example.net more'}", 9102, "/content", "more than" },
		{ "{'type':'SRV','name':'a','content':'1 2 3 h.example.net more','priority':1}", 9102, "/content", "" },
		{ "{'type':'CAA','name':'a','data':{'flags':0,'tag':'is sue','value':'x'}}", 9102, "/data/tag",
		  "does not belong" },
		{ "{'type':'CAA','name':'a','data':{'flags':256,'tag':'issue','value':'x'}}", 9102, "/data/",
		  "at most 255" },
		{ "{'type':'TLSA','name':'a','data':{'usage':3,'selector':1,'matching_type':1,'certificate':'xyz'}}",
		  9102, "/data/", "not hexadecimal" },
		{ "{'type':'HTTPS','name':'a','data':{'priority':1,'target':'.','value':'alpn=h2 ; x'}}", 9102,
		  "/data/", "semicolon" },
		{ "{'type':'HTTPS','name':'a','data':{'priority':1,'target':'.','value':'alpn=h2\\nx'}}", 9102,
		  "/data/value", "one line" },
		{ "{'type':'TXT','name':'a','content':'\"open'}", 9102, "/content", "not closed" },
		{ "{'type':'TXT','name':'a','content':'\"a\" b'}", 9102, "/content", "quotes do not match" },
		{ "{'type':'TXT','name':'a','content':''}", 9101, "/content", "required" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','ttl':0}", 9021, "/ttl",
		  "Invalid TTL. Must be between" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','ttl':86401}", 9021, "/ttl", "Invalid TTL" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','ttl':'x'}", 9021, "/ttl", "Invalid TTL" },
		{ "{'type':'TXT','name':'a','content':'x','proxied':true}", 9004, "/proxied",
		  "This kind of record cannot be proxied" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','proxied':'yes'}", 1004, "/proxied", "true or false" },
		{ "{'type':'A','name':'a','content':'127.0.0.1','proxied':true}", 9003, "/content",
		  "is not allowed for a proxied record" },
		{ "{'type':'AAAA','name':'a','content':'fd00::1','proxied':true}", 9003, "/content", "not allowed" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','comment':'two\\nlines'}", 9205, "/comment",
		  "one line" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','tags':['ok','not ok:x']}", 9301, "/tags/1",
		  "name:value" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','tags':'x'}", 9300, "/tags", "list" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','settings':{'ipv4_only':true}}", 1004,
		  "/settings/ipv4_only", "not acted on" },
		{ "{'type':'A','name':'a','content':'192.0.2.1','settings':{'flatten_cname':true}}", 1004,
		  "/settings/flatten_cname", "CNAME" },
	};
	struct state *st = test_state_new();

	test_state_begin(st);
	struct state_zone z = zone_new(st);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct state_refusal why = { 0 };
		struct state_record r;
		json_t *body = body_of(rows[i].in);

		state_record_init(&r);
		assert_int_equal(state_record_input_read(&z, &strict, body, &r, &why), ERR_PLAN);
		if (why.code != rows[i].code || strcmp(why.pointer, rows[i].pointer) || !strstr(why.text, rows[i].part))
			fail_msg("%s: got %d %s \"%s\"", rows[i].in, why.code, why.pointer, why.text);
		state_record_fini(&r);
		json_decref(body);
	}
	state_rollback(st);
	state_close(st);
}

static void strings_of_txt(void **state)
{
	struct state *st = test_state_new();
	char text[700];
	struct state_record r;
	struct state_refusal why = { 0 };

	test_state_begin(st);
	struct state_zone z = zone_new(st);

	/* 600 characters become strings of 255, 255 and 90; 2,049 are refused. */
	memset(text, 'x', 600);
	json_t *body = json_pack("{s:s,s:s,s:s#}", "type", "TXT", "name", "t", "content", text, 600);
	state_record_init(&r);
	assert_int_equal(state_record_input_read(&z, &strict, body, &r, &why), OK);
	assert_int_equal(r.rdata.n, 603);
	assert_int_equal((uint8_t)r.rdata.p[0], 255);
	assert_int_equal((uint8_t)r.rdata.p[512], 90);
	assert_int_equal(r.plain.n, 600);
	state_record_fini(&r);
	json_decref(body);
	char *large = malloc(2049);
	memset(large, 'y', 2049);
	body = json_pack("{s:s,s:s,s:s#}", "type", "TXT", "name", "t", "content", large, 2049);
	state_record_init(&r);
	assert_int_equal(state_record_input_read(&z, &strict, body, &r, &why), ERR_PLAN);
	assert_non_null(strstr(why.text, "2048"));
	state_record_fini(&r);
	json_decref(body);
	free(large);
	state_rollback(st);
	state_close(st);
}

/* Adds a record; returns 0 or the code of the refusal. */
static int add(struct state *st, const struct state_zone *z, const char *text, char *ret_id)
{
	struct state_refusal why = { 0 };
	struct state_record r;
	json_t *body = body_of(text);
	enum err e;

	state_record_init(&r);
	e = state_record_input_read(z, &strict, body, &r, &why);
	if (e == OK)
		e = state_record_add(st, z, &r, &why);
	assert_true((e == OK) == (why.code == 0));
	if (ret_id)
		memcpy(ret_id, r.id, STATE_ID_BYTES);
	state_record_fini(&r);
	json_decref(body);
	return why.code;
}

static void conflicts(void **state)
{
	struct state *st = test_state_new();

	test_state_begin(st);
	struct state_zone z = zone_new(st);
	const struct {
		const char *body;
		int code;
	} rows[] = {
		{ "{'type':'A','name':'a','content':'192.0.2.1'}", 0 },
		{ "{'type':'A','name':'a','content':'192.0.2.2'}", 0 },
		{ "{'type':'A','name':'A','content':'192.0.2.2'}", 81058 },
		{ "{'type':'CNAME','name':'a','content':'x.net'}", 81053 },
		{ "{'type':'CNAME','name':'c','content':'x.net'}", 0 },
		{ "{'type':'CNAME','name':'c','content':'X.net.'}", 81058 },
		{ "{'type':'CNAME','name':'c','content':'y.net'}", 81053 },
		{ "{'type':'A','name':'c','content':'192.0.2.1'}", 81054 },
		{ "{'type':'TXT','name':'c','content':'beside'}", 0 },
		{ "{'type':'TXT','name':'c','content':'\"beside\"'}", 81058 },
		{ "{'type':'MX','name':'c','content':'x.net','priority':1}", 0 },
		{ "{'type':'MX','name':'c','content':'x.net','priority':2}", 0 },
		{ "{'type':'NS','name':'a','content':'ns.x.net'}", 81056 },
		{ "{'type':'NS','name':'d','content':'ns.x.net'}", 0 },
		{ "{'type':'NS','name':'d','content':'ns2.x.net'}", 0 },
		{ "{'type':'DS','name':'d','content':'1 13 2 abcd'}", 0 },
		{ "{'type':'TXT','name':'d','content':'x'}", 81056 },
		{ "{'type':'NS','name':'@','content':'ns.x.net'}", 0 },
		{ "{'type':'A','name':'@','content':'192.0.2.1'}", 0 },
		{ "{'type':'DS','name':'@','content':'1 13 2 abcd'}", 9102 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int code = add(st, &z, rows[i].body, NULL);

		if (code != rows[i].code)
			fail_msg("%s: %d, want %d", rows[i].body, code, rows[i].code);
	}
	assert_int_equal(state_record_count(st, z.id), 11);
	assert_int_equal(state_commit(st), OK);
	test_state_begin(st);
	assert_int_equal(state_zone_remove(st, z.id), OK);
	assert_int_equal(state_record_count(st, z.id), 0);
	state_rollback(st);
	state_close(st);
}

static void a_record_changes(void **state)
{
	struct state *st = test_state_new();
	char id[STATE_ID_BYTES], other[STATE_ID_BYTES];
	struct state_refusal why = { 0 };
	struct state_record old, r;

	test_state_begin(st);
	struct state_zone z = zone_new(st);

	assert_int_equal(add(st, &z,
			     "{'type':'SRV','name':'s','data':{'priority':1,'weight':2,'port':3,'target':'t.net'},"
			     "'comment':'c','tags':['a:b']}",
			     id),
			 0);
	assert_int_equal(add(st, &z, "{'type':'A','name':'a','content':'192.0.2.1'}", other), 0);
	state_at(st, TEST_NOW_MS + 5000);
	state_record_init(&old);
	state_record_init(&r);
	assert_int_equal(state_record_get(st, z.id, slice_str(id), &old), OK);
	json_t *patch = body_of("{'data':{'port':4},'comment':null}"), *merged = state_record_input_merge(&old, patch);
	assert_int_equal(state_record_input_read(&z, &strict, merged, &r, &why), OK);
	assert_int_equal(state_record_save(st, &z, &r, &old, &why), OK);
	state_record_fini(&r);
	state_record_init(&r);
	assert_int_equal(state_record_get(st, z.id, slice_str(id), &r), OK);
	assert_string_equal(r.content, "2 4 t.net");
	assert_null(r.comment);
	assert_int_equal(r.comment_ms, TEST_NOW_MS + 5000);
	assert_int_equal(r.tags_ms, TEST_NOW_MS);
	assert_int_equal(r.created_ms, TEST_NOW_MS);
	assert_int_equal(r.modified_ms, TEST_NOW_MS + 5000);
	json_t *shown = state_record_json(&z, &r);
	assert_string_equal(json_object_iter_key(json_object_iter(shown)), "id");
	json_decref(shown);
	json_decref(patch);
	json_decref(merged);
	/* Another zone's id does not find it. */
	assert_int_equal(state_record_get(st, "0123456789abcdef0123456789abcdef", slice_str(id), &r), ERR_NOT_FOUND);
	assert_int_equal(state_record_remove(st, &z, id), OK);
	assert_int_equal(state_record_remove(st, &z, id), ERR_NOT_FOUND);
	state_record_fini(&old);
	state_record_fini(&r);
	state_rollback(st);
	state_close(st);
}

static void seen(void *arg, const struct state_record *r)
{
	struct text *t = arg;

	text_printf(t, "%s%.*s", t->n ? " " : "", (int)strcspn(r->name, "."), r->name);
}

static void filters(void **state)
{
	struct state *st = test_state_new();

	test_state_begin(st);
	struct state_zone z = zone_new(st);
	static const char *const bodies[] = {
		"{'type':'A','name':'a1','content':'192.0.2.1','tags':['env:prod','x'],'ttl':60}",
		"{'type':'A','name':'a2','content':'192.0.2.2','comment':'Second one','proxied':true}",
		"{'type':'TXT','name':'t1','content':'\"Has \\\\\"quotes\\\\\"\"','tags':['env:test'],'ttl':120}",
		"{'type':'MX','name':'m','content':'a1.example.net','priority':3,'ttl':90}",
	};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(add(st, &z, bodies[i], NULL), 0);
#define T(field, op, lit)                                                                                              \
	{                                                                                                              \
		STATE_RECORD_##field, STATE_RECORD_##op, SLICE_INIT(lit), 0                                            \
	}
	const struct {
		struct state_record_filter f;
		const char *names;
		int total;
	} rows[] = {
		{ { .n = 0, .limit = -1 }, "a1 a2 m t1", 4 },
		{ { .n = 0, .limit = 2, .offset = 1 }, "a2 m", 4 },
		{ { .n = 0, .limit = 2, .offset = 10 }, "", 4 },
		{ { .n = 0, .limit = -1, .order = STATE_RECORD_BY_NAME, .descending = true }, "t1 m a2 a1", 4 },
		{ { .n = 0, .limit = -1, .order = STATE_RECORD_BY_TTL }, "a2 a1 m t1", 4 },
		{ { .terms = { T(NAME, EXACT, "a1.example.com") }, .n = 1, .limit = -1 }, "a1", 1 },
		{ { .terms = { T(NAME, STARTS, "a") }, .n = 1, .limit = -1 }, "a1 a2", 2 },
		{ { .terms = { T(NAME, ENDS, "1.example.com") }, .n = 1, .limit = -1 }, "a1 t1", 2 },
		{ { .terms = { T(NAME, CONTAINS, "2.ex") }, .n = 1, .limit = -1 }, "a2", 1 },
		{ { .terms = { T(CONTENT, EXACT, "has \"quotes\"") }, .n = 1, .limit = -1 }, "t1", 1 },
		{ { .terms = { T(CONTENT, STARTS, "192.0.2.") }, .n = 1, .limit = -1 }, "a1 a2", 2 },
		{ { .terms = { T(COMMENT, PRESENT, "") }, .n = 1, .limit = -1 }, "a2", 1 },
		{ { .terms = { T(COMMENT, ABSENT, "") }, .n = 1, .limit = -1 }, "a1 m t1", 3 },
		{ { .terms = { T(COMMENT, CONTAINS, "second") }, .n = 1, .limit = -1 }, "a2", 1 },
		{ { .terms = { T(TAG, PRESENT, "ENV") }, .n = 1, .limit = -1 }, "a1 t1", 2 },
		{ { .terms = { T(TAG, ABSENT, "env") }, .n = 1, .limit = -1 }, "a2 m", 2 },
		{ { .terms = { T(TAG, EXACT, "env:prod") }, .n = 1, .limit = -1 }, "a1", 1 },
		{ { .terms = { T(TAG, CONTAINS, "env:es") }, .n = 1, .limit = -1 }, "t1", 1 },
		{ { .terms = { T(TAG, STARTS, "env:p") }, .n = 1, .limit = -1 }, "a1", 1 },
		{ { .terms = { T(TAG, ENDS, "env:st") }, .n = 1, .limit = -1 }, "t1", 1 },
		{ { .terms = { T(TAG, PRESENT, "x"), T(TAG, EXACT, "env:test") }, .n = 2, .limit = -1 }, "", 0 },
		{ { .terms = { T(TAG, PRESENT, "x"), T(TAG, EXACT, "env:test") },
		    .n = 2,
		    .limit = -1,
		    .tag_any = true },
		  "a1 t1",
		  2 },
		{ { .terms = { T(NAME, STARTS, "m"), T(TAG, PRESENT, "x") }, .n = 2, .limit = -1, .any = true },
		  "a1 m",
		  2 },
		{ { .terms = { { STATE_RECORD_TYPE, STATE_RECORD_EXACT, { NULL, 0 }, DNS_TYPE_A },
			       { STATE_RECORD_PROXIED, STATE_RECORD_EXACT, { NULL, 0 }, 1 } },
		    .n = 2,
		    .limit = -1 },
		  "a2",
		  1 },
		{ { .terms = { T(SEARCH, CONTAINS, "A1") }, .n = 1, .limit = -1 }, "a1 m", 2 },
		/* A comparison that a field does not have finds nothing; a percent sign is a percent sign. */
		{ { .terms = { T(NAME, PRESENT, "x") }, .n = 1, .limit = -1 }, "", 0 },
		{ { .terms = { T(NAME, CONTAINS, "%") }, .n = 1, .limit = -1 }, "", 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[1024];
		struct text t = text_of(out, sizeof(out) - 1);
		int64_t total;

		assert_int_equal(state_record_list(st, z.id, &rows[i].f, seen, &t, &total), OK);
		out[t.n] = '\0';
		if (total != rows[i].total || strcmp(out, rows[i].names))
			fail_msg("row %zu: total %d, want %d: %s", i, (int)total, rows[i].total, out);
	}
	state_rollback(st);
	state_close(st);
}

static void the_dot(void **state)
{
	static const struct {
		const char *name, *meant;
	} rows[] = {
		{ "app.example.net.example.com", "app.example.net" },
		{ "www.example.com.example.com", "www.example.com" },
		{ "a.b.fr.example.com", "a.b.fr" },
		{ "app.example.com", NULL },
		{ "a.b.example.com", NULL }, /* one letter is no top-level domain */
		{ "a.staging.example.com", NULL },
		{ "example.com", NULL },
		{ "example.net", NULL },
		{ "com.example.com", NULL },
	};
	struct state *st = test_state_new();
	struct state_refusal why = { 0 };
	struct state_record r;
	char meant[STATE_NAME_BYTES];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(state_record_dot_looks("example.com", rows[i].name, meant), rows[i].meant != NULL);
		if (rows[i].meant)
			assert_string_equal(meant, rows[i].meant);
	}
	test_state_begin(st);
	struct state_zone z = zone_new(st);
	json_t *body = body_of("{'type':'CNAME','name':'www','content':'app.example.net.example.com'}");
	state_record_init(&r);
	assert_int_equal(state_record_input_read(&z, &strict, body, &r, &why), OK);
	assert_int_equal(state_record_add(st, &z, &r, &why), OK);
	assert_non_null(strstr(r.warning, "\"app.example.net.\" was probably meant"));
	assert_int_equal(state_record_remove(st, &z, r.id), OK);
	state_record_fini(&r);
	/* The name is there: it is meant. */
	assert_int_equal(add(st, &z, "{'type':'A','name':'app.example.net','content':'192.0.2.1'}", NULL), 0);
	state_record_init(&r);
	assert_int_equal(state_record_input_read(&z, &strict, body, &r, &why), OK);
	assert_int_equal(state_record_add(st, &z, &r, &why), OK);
	assert_string_equal(r.warning, "");
	state_record_fini(&r);
	json_decref(body);
	body = body_of("{'type':'CNAME','name':'short','content':'app'}");
	state_record_init(&r);
	assert_int_equal(state_record_input_read(&z, &strict, body, &r, &why), OK);
	assert_int_equal(state_record_add(st, &z, &r, &why), OK);
	assert_non_null(strstr(r.warning, "\"app.example.com\" was probably meant"));
	state_record_fini(&r);
	json_decref(body);
	state_rollback(st);
	state_close(st);
}

int test_record(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_bodies), cmocka_unit_test(bad_bodies),       cmocka_unit_test(strings_of_txt),
		cmocka_unit_test(conflicts),   cmocka_unit_test(a_record_changes), cmocka_unit_test(filters),
		cmocka_unit_test(the_dot),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
