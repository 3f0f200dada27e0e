/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema: see schema.h. Times are milliseconds since 1970, 0 or NULL for never; ids are 32 hexadecimal digits; columns
 * named *_json hold JSON text. Columns exist for what is joined, filtered or sorted; the rest of an object is JSON.
 */
#include "state/schema.h"

static const struct store_migration state_schema__steps[] = {
	{ 1,
	  /* Who owns zones. One of each is made with the database. */
	  "CREATE TABLE account("
	  "id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, settings_json TEXT NOT NULL,"
	  "created_ms INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE user("
	  "id TEXT PRIMARY KEY, email TEXT NOT NULL, profile_json TEXT NOT NULL, created_ms INTEGER NOT NULL,"
	  "modified_ms INTEGER NOT NULL) STRICT;"
	  /* name is in ASCII (Punycode); original_json: what the parent said before, NULL until it was asked. */
	  "CREATE TABLE zone("
	  "id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), name TEXT NOT NULL UNIQUE,"
	  "status TEXT NOT NULL, type TEXT NOT NULL, paused INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
	  "modified_ms INTEGER NOT NULL, activated_ms INTEGER NOT NULL, checked_ms INTEGER NOT NULL,"
	  "vanity_json TEXT, original_json TEXT) STRICT;"
	  /* hash: SHA-256 of the token's value, which is nowhere kept. admin: may do everything. */
	  "CREATE TABLE token("
	  "id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,"
	  "admin INTEGER NOT NULL, policies_json TEXT NOT NULL, condition_json TEXT, issued_ms INTEGER NOT NULL,"
	  "modified_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL, not_before_ms INTEGER NOT NULL,"
	  "expires_ms INTEGER NOT NULL) STRICT;"
	  /* What was changed, by whom. Rows stay when the zone goes. */
	  "CREATE TABLE audit("
	  "seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at_ms INTEGER NOT NULL, token_id TEXT NOT NULL,"
	  "token_name TEXT NOT NULL, address TEXT NOT NULL, action TEXT NOT NULL, noun TEXT NOT NULL,"
	  "object_id TEXT NOT NULL, zone_id TEXT NOT NULL, zone_name TEXT NOT NULL, before_json TEXT, after_json TEXT)"
	  " STRICT;"
	  "CREATE INDEX audit_zone ON audit(zone_id, seq)" },
	{ 2,
	  /* type: number of the DNS type; content: as clients see it; plain: without quotes and escapes, for filters;
	   * rdata: wire form. */
	  "CREATE TABLE dns_record("
	  "id TEXT PRIMARY KEY, zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE, name TEXT NOT NULL,"
	  "type INTEGER NOT NULL, content TEXT NOT NULL, plain TEXT NOT NULL, rdata BLOB NOT NULL, ttl INTEGER NOT "
	  "NULL,"
	  "proxied INTEGER NOT NULL, flatten INTEGER NOT NULL, priority INTEGER, data_json TEXT,"
	  "settings_json TEXT NOT NULL, comment TEXT, tags_json TEXT NOT NULL, created_ms INTEGER NOT NULL,"
	  "modified_ms INTEGER NOT NULL, comment_ms INTEGER NOT NULL, tags_ms INTEGER NOT NULL,"
	  "UNIQUE(zone_id, name, type, rdata)) STRICT" },
	{ 3, "CREATE TABLE setting("
	     "zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE, id TEXT NOT NULL, value_json TEXT NOT NULL,"
	     "modified_ms INTEGER NOT NULL, PRIMARY KEY(zone_id, id)) STRICT, WITHOUT ROWID;"
	     /* Numbers are never used twice, so that an edge can say up to which it knows. */
	     "CREATE TABLE purge("
	     "id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, order_json TEXT NOT NULL) STRICT" },
	{ 4,
	  /* What is known of names elsewhere; due_ms: when to ask again. Who points to them: the index. */
	  "CREATE TABLE resolved("
	  "name TEXT PRIMARY KEY, known INTEGER NOT NULL, ttl INTEGER NOT NULL, a_json TEXT NOT NULL,"
	  "aaaa_json TEXT NOT NULL, good_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, failures INTEGER NOT NULL)"
	  " STRICT;"
	  "CREATE INDEX resolved_due ON resolved(due_ms);"
	  "CREATE INDEX dns_record_target ON dns_record(rdata) WHERE type = 5" },
	{ 5,
	  /* Zones that are signed; stages and statuses: dnssec.h. sealed: the private part, under the node's key. */
	  "CREATE TABLE dnssec("
	  "zone_id TEXT PRIMARY KEY REFERENCES zone(id) ON DELETE CASCADE, status TEXT NOT NULL, modified_ms INTEGER "
	  "NOT NULL,"
	  "checked_ms INTEGER NOT NULL, parent_has_ds INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE dnssec_key("
	  "zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE, flags INTEGER NOT NULL, tag INTEGER NOT NULL,"
	  "stage TEXT NOT NULL, since_ms INTEGER NOT NULL, public TEXT NOT NULL, sealed TEXT NOT NULL) STRICT;"
	  "CREATE INDEX dnssec_key_zone ON dnssec_key(zone_id)" },
	{ 6,
	  /* owner_id: of a zone or an account; zone_id: the same for a zone. One ruleset for a phase. */
	  "CREATE TABLE ruleset("
	  "id TEXT PRIMARY KEY, owner_id TEXT NOT NULL, zone_id TEXT REFERENCES zone(id) ON DELETE CASCADE,"
	  "phase TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, version INTEGER NOT NULL,"
	  "modified_ms INTEGER NOT NULL, rules_json TEXT NOT NULL, UNIQUE(owner_id, phase)) STRICT;"
	  "CREATE INDEX ruleset_zone ON ruleset(zone_id);"
	  "CREATE TABLE ruleset_version("
	  "ruleset_id TEXT NOT NULL REFERENCES ruleset(id) ON DELETE CASCADE, version INTEGER NOT NULL,"
	  "set_json TEXT NOT NULL, PRIMARY KEY(ruleset_id, version)) STRICT, WITHOUT ROWID;"
	  /* Address rules, lockdowns, agent rules. key: what may be there once. */
	  "CREATE TABLE access("
	  "seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner_id TEXT NOT NULL,"
	  "zone_id TEXT REFERENCES zone(id) ON DELETE CASCADE, noun TEXT NOT NULL, key TEXT NOT NULL,"
	  "body_json TEXT NOT NULL, UNIQUE(owner_id, noun, key)) STRICT;"
	  "CREATE INDEX access_zone ON access(zone_id)" },
	{ 7, "CREATE TABLE delegation("
	     "zone_id TEXT PRIMARY KEY REFERENCES zone(id) ON DELETE CASCADE, due_ms INTEGER NOT NULL,"
	     "looked_ms INTEGER NOT NULL, misses INTEGER NOT NULL) STRICT" },
	{ 8,
	  /* Named lists for rules. items_json: as clients see them. list_operation: changes that were done, a bounded
	     number. */
	  "CREATE TABLE list("
	  "id TEXT PRIMARY KEY, owner_id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, description TEXT NOT "
	  "NULL,"
	  "created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, items_json TEXT NOT NULL, UNIQUE(owner_id, name))"
	  " STRICT;"
	  "CREATE TABLE list_operation("
	  "seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL) STRICT" },
	{ 9,
	  /* Certificates of authorities: certificate.h. hosts_json: compact array; gone: to be taken off the edges. */
	  "CREATE TABLE certificate("
	  "id TEXT PRIMARY KEY, zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE, hosts_json TEXT NOT NULL,"
	  "chain TEXT NOT NULL, sealed TEXT NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,"
	  "renewal_id TEXT NOT NULL, due_ms INTEGER NOT NULL, failures INTEGER NOT NULL, error TEXT NOT NULL,"
	  "gone INTEGER NOT NULL) STRICT;"
	  "CREATE INDEX certificate_zone ON certificate(zone_id);"
	  "CREATE INDEX certificate_due ON certificate(due_ms) WHERE gone = 0;"
	  "CREATE TABLE certificate_issued(zone_name TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;"
	  "CREATE INDEX certificate_issued_zone ON certificate_issued(zone_name, at_ms);"
	  "CREATE TABLE certificate_txt("
	  "certificate_id TEXT NOT NULL REFERENCES certificate(id) ON DELETE CASCADE,"
	  "zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE, name TEXT NOT NULL, value TEXT NOT NULL) "
	  "STRICT;"
	  "CREATE INDEX certificate_txt_zone ON certificate_txt(zone_id);"
	  "CREATE INDEX certificate_txt_certificate ON certificate_txt(certificate_id);"
	  "CREATE TABLE acme_account(directory TEXT PRIMARY KEY, sealed TEXT NOT NULL, url TEXT NOT NULL) STRICT" },
	{ 10,
	  /* Apps. generation: counts changes of what requests are routed to; variables are sealed under the node's key;
	   * app_domain.status and the rest: domain.h; app_certificate.source: "custom" or "automatic". */
	  "CREATE TABLE app("
	  "id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, status TEXT NOT NULL,"
	  "force_https INTEGER NOT NULL, sticky_session INTEGER NOT NULL, router_logs INTEGER NOT NULL,"
	  "generation INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
	  "deployed_ms INTEGER NOT NULL, deployed_by TEXT NOT NULL, deployment_id TEXT NOT NULL, more_json TEXT NOT "
	  "NULL"
	  ") STRICT;"
	  "CREATE TABLE app_process("
	  "app_id TEXT NOT NULL REFERENCES app(id) ON DELETE CASCADE, name TEXT NOT NULL, amount INTEGER NOT NULL,"
	  "size TEXT NOT NULL, command TEXT NOT NULL, PRIMARY KEY(app_id, name)) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE app_instance("
	  "id TEXT PRIMARY KEY, app_id TEXT NOT NULL REFERENCES app(id) ON DELETE CASCADE, type TEXT NOT NULL,"
	  "number INTEGER NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL, registered INTEGER NOT NULL,"
	  "size TEXT NOT NULL, command TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT;"
	  "CREATE INDEX app_instance_app ON app_instance(app_id, type, number);"
	  "CREATE TABLE app_operation("
	  "id TEXT PRIMARY KEY, app_id TEXT NOT NULL REFERENCES app(id) ON DELETE CASCADE, type TEXT NOT NULL,"
	  "status TEXT NOT NULL, created_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL, error TEXT NOT NULL,"
	  "scope_json TEXT NOT NULL) STRICT;"
	  "CREATE INDEX app_operation_app ON app_operation(app_id, created_ms);"
	  "CREATE TABLE app_domain("
	  "id TEXT PRIMARY KEY, app_id TEXT NOT NULL REFERENCES app(id) ON DELETE CASCADE, name TEXT NOT NULL UNIQUE,"
	  "canonical INTEGER NOT NULL, letsencrypt_enabled INTEGER NOT NULL, status TEXT NOT NULL,"
	  "created_ms INTEGER NOT NULL, checked_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, failures INTEGER NOT "
	  "NULL,"
	  "error TEXT NOT NULL, dns_fqdn TEXT NOT NULL, dns_value TEXT NOT NULL, dns_error_json TEXT) STRICT;"
	  "CREATE INDEX app_domain_app ON app_domain(app_id);"
	  "CREATE INDEX app_domain_due ON app_domain(due_ms);"
	  "CREATE TABLE app_certificate("
	  "domain_id TEXT NOT NULL REFERENCES app_domain(id) ON DELETE CASCADE, source TEXT NOT NULL,"
	  "subject TEXT NOT NULL, key_text TEXT NOT NULL, chain TEXT NOT NULL, sealed TEXT NOT NULL,"
	  "from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY(domain_id, source)) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE app_variable("
	  "id TEXT PRIMARY KEY, app_id TEXT NOT NULL REFERENCES app(id) ON DELETE CASCADE, name TEXT NOT NULL,"
	  "value TEXT NOT NULL, UNIQUE(app_id, name)) STRICT;"
	  "CREATE TABLE app_event("
	  "seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, app_id TEXT NOT NULL, app_name TEXT NOT "
	  "NULL,"
	  "at_ms INTEGER NOT NULL, type TEXT NOT NULL, user TEXT NOT NULL, data_json TEXT NOT NULL) STRICT;"
	  "CREATE INDEX app_event_app ON app_event(app_id, seq)" },
	{ 11,
	  /* directory: where it was had; ask_ms: when that one is asked again when to renew (RFC 9773). */
	  "ALTER TABLE certificate ADD COLUMN directory TEXT NOT NULL DEFAULT '';"
	  "ALTER TABLE certificate ADD COLUMN ask_ms INTEGER NOT NULL DEFAULT 0" },
	{ 12,
	  /* Authorities of client certificates, and the hosts that ask for certificates of them. */
	  "CREATE TABLE client_ca("
	  "id TEXT PRIMARY KEY, account_id TEXT NOT NULL, name TEXT NOT NULL, chain TEXT NOT NULL,"
	  "issuer TEXT NOT NULL, serial TEXT NOT NULL, signature TEXT NOT NULL, until_ms INTEGER NOT NULL,"
	  "created_ms INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE client_ca_host("
	  "zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE, host TEXT NOT NULL,"
	  "ca_id TEXT NOT NULL REFERENCES client_ca(id) ON DELETE CASCADE, PRIMARY KEY(zone_id, host)) STRICT, WITHOUT "
	  "ROWID" },
	{ 13,
	  /* Pages of apps that stand for the router's own. */
	  "CREATE TABLE app_page("
	  "app_id TEXT NOT NULL REFERENCES app(id) ON DELETE CASCADE, name TEXT NOT NULL, html TEXT NOT NULL,"
	  "PRIMARY KEY(app_id, name)) STRICT" },
	{ 14,
	  /* Certificates that users uploaded: custom_certificate.h. certificate_gone: rows that went, whatever took
	   * them: edges are to let go of their items. */
	  "CREATE TABLE custom_certificate("
	  "id TEXT PRIMARY KEY, zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE, type TEXT NOT NULL,"
	  "hosts_json TEXT NOT NULL, issuer TEXT NOT NULL, signature TEXT NOT NULL, bundle_method TEXT NOT NULL,"
	  "chain TEXT NOT NULL, sealed TEXT NOT NULL, priority INTEGER NOT NULL, from_ms INTEGER NOT NULL,"
	  "until_ms INTEGER NOT NULL, uploaded_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL) STRICT;"
	  "CREATE INDEX custom_certificate_zone ON custom_certificate(zone_id);"
	  "CREATE TABLE certificate_gone(id TEXT NOT NULL, zone_id TEXT NOT NULL, kind TEXT NOT NULL) STRICT;"
	  "CREATE INDEX certificate_gone_zone ON certificate_gone(zone_id);"
	  "CREATE TRIGGER certificate_went AFTER DELETE ON certificate BEGIN "
	  "INSERT INTO certificate_gone VALUES(old.id, old.zone_id, 'certificate'),(old.id, old.zone_id, 'order'); END;"
	  "CREATE TRIGGER custom_certificate_went AFTER DELETE ON custom_certificate BEGIN "
	  "INSERT INTO certificate_gone VALUES(old.id, old.zone_id, 'custom'); END" },
	{ 15, "CREATE TABLE shield_event("
	      "seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, zone_name TEXT NOT NULL,"
	      "event_json TEXT NOT NULL) STRICT;"
	      "CREATE INDEX shield_event_zone ON shield_event(zone_name, seq)" },
	{ 16,
	  /* Client certificates that origins are shown. zone_id "": the node's own; its and others' keys are sealed.
	   * origin_pull_zone: zones that show their own; origin_pull_host: host names that do. */
	  "CREATE TABLE origin_pull("
	  "id TEXT PRIMARY KEY, zone_id TEXT NOT NULL, for_hosts INTEGER NOT NULL, chain TEXT NOT NULL,"
	  "sealed TEXT NOT NULL, info_json TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT;"
	  "CREATE INDEX origin_pull_zone_id ON origin_pull(zone_id, for_hosts, created_ms);"
	  "CREATE TABLE origin_pull_zone("
	  "zone_id TEXT PRIMARY KEY REFERENCES zone(id) ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE origin_pull_host("
	  "zone_id TEXT NOT NULL REFERENCES zone(id) ON DELETE CASCADE, host TEXT NOT NULL,"
	  "cert_id TEXT NOT NULL REFERENCES origin_pull(id) ON DELETE CASCADE, enabled INTEGER NOT NULL,"
	  "modified_ms INTEGER NOT NULL, PRIMARY KEY(zone_id, host)) STRICT, WITHOUT ROWID;"
	  "CREATE TRIGGER origin_pull_gone AFTER DELETE ON zone BEGIN "
	  "DELETE FROM origin_pull WHERE zone_id = OLD.id; END" },
	{ 17,
	  /* Sign-ins of the dashboard: session.h. */
	  "CREATE TABLE session("
	  "id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, token_id TEXT NOT NULL REFERENCES token(id) ON DELETE "
	  "CASCADE,"
	  "address TEXT NOT NULL, agent TEXT NOT NULL, created_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL) STRICT;"
	  "CREATE INDEX session_token ON session(token_id, seen_ms)" },
	{ 18, "CREATE TABLE waf_event(seq INTEGER PRIMARY KEY, event_json TEXT NOT NULL) STRICT" },
	{ 19,
	  /* What zones' visitors asked for: traffic.h. span: seconds; s: by hundreds of the status; u: by time. */
	  "CREATE TABLE traffic(zone_name TEXT NOT NULL, span INTEGER NOT NULL, at_s INTEGER NOT NULL,"
	  "requests INTEGER NOT NULL, bytes INTEGER NOT NULL, cached INTEGER NOT NULL, cached_bytes INTEGER NOT NULL, "
	  "threats INTEGER NOT NULL, s0 INTEGER NOT NULL, s1 INTEGER NOT NULL, s2 INTEGER NOT NULL, s3 INTEGER NOT "
	  "NULL,"
	  "s4 INTEGER NOT NULL, s5 INTEGER NOT NULL, u0 INTEGER NOT NULL, u1 INTEGER NOT NULL, u2 INTEGER NOT NULL, u3 "
	  "INTEGER NOT NULL, u4 INTEGER NOT NULL, u5 INTEGER NOT NULL, u6 INTEGER NOT NULL,"
	  "u7 INTEGER NOT NULL, u8 INTEGER NOT NULL, u9 INTEGER NOT NULL, u10 INTEGER NOT NULL, u11 INTEGER NOT NULL, "
	  "u12 INTEGER NOT NULL, u13 INTEGER NOT NULL, u14 INTEGER NOT NULL, u15 INTEGER NOT NULL,"
	  "PRIMARY KEY(zone_name, span, at_s)) STRICT, WITHOUT ROWID;"
	  "CREATE INDEX traffic_at ON traffic(span, at_s)" },
	{ 20,
	  /* Networks that are banned until a time (ban.h), and with until_ms 0 those that never can be. */
	  "CREATE TABLE ban("
	  "id TEXT PRIMARY KEY, network TEXT NOT NULL, allowed INTEGER NOT NULL, reason TEXT NOT NULL, source TEXT NOT "
	  "NULL,"
	  "created_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, UNIQUE(allowed, network)) STRICT" },
	{ 21,
	  /* People who sign in with a password, each with a row of the tokens: login.h. */
	  "CREATE TABLE login("
	  "token_id TEXT PRIMARY KEY REFERENCES token(id) ON DELETE CASCADE, email TEXT NOT NULL UNIQUE,"
	  "admin INTEGER NOT NULL, password TEXT NOT NULL, totp TEXT NOT NULL, totp_on INTEGER NOT NULL,"
	  "totp_step INTEGER NOT NULL, changed_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE login_code("
	  "token_id TEXT NOT NULL REFERENCES login(token_id) ON DELETE CASCADE, hash BLOB NOT NULL,"
	  "PRIMARY KEY(token_id, hash)) STRICT, WITHOUT ROWID" },
	{ 22,
	  /* What was asked for most: top.h. day: since 1970; kind: enum state_top_kind. */
	  "CREATE TABLE top(zone_name TEXT NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL, value TEXT NOT NULL,"
	  "n INTEGER NOT NULL, PRIMARY KEY(zone_name, day, kind, value)) STRICT, WITHOUT ROWID;"
	  "CREATE INDEX top_day ON top(day)" },
};

const struct store_migration *state_schema_steps(size_t *ret_n)
{
	*ret_n = sizeof state_schema__steps / sizeof state_schema__steps[0];
	return state_schema__steps;
}
