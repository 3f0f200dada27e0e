/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node: the settings of this node as plain data: what the configuration file says (cmd/config.c reads it), with
 * defaults filled in and paths made absolute. Supervisor, control and edge each hold one. Lifetime: process, read-only.
 */
#ifndef SUPERVISOR_NODE_H
#define SUPERVISOR_NODE_H

#include "base/ip.h"
#include "base/limits.h"

#include <net/if.h>

enum {
	NODE_NAME_BYTES = 64,
	NODE_USER_BYTES = 33,
	NODE_PATH_BYTES = 512,
	NODE_LISTENS_MAX = 64, /* addresses of one setting */
	NODE_WORKERS_MAX = 256,
	NODE_ACME_MAX = 4,
	NODE_WAF_RULES_MAX = 16,
	NODE_HEADER_BYTES = 64,
	NODE_ADDRESSES_MAX = 64,
	NODE_NAMESERVERS_MAX = 8,
	NODE_RESOLVERS_MAX = 8,
	NODE_HOST_BYTES = 254, /* a host name without its final dot, and a NUL */
	NODE_TRUSTED_EDGES_MAX = 256,
	NODE_SHIELD_ALLOW_MAX = 256,
	NODE_KERNEL_DROP_MAX = 16,
};

/* What is spoken on a listening socket. One address of [listen] dns becomes two: the same port over UDP and TCP. */
enum listen_kind {
	LISTEN_HTTP,
	LISTEN_HTTPS,
	LISTEN_DNS_UDP,
	LISTEN_DNS_TCP,
	LISTEN_API,
	LISTEN_PLATFORM_HTTP, /* the app router */
	LISTEN_PLATFORM_HTTPS,
	LISTEN_KINDS
};

/* One address to listen on. A port of 0: the kernel picks one. */
struct node_listen {
	enum listen_kind kind;
	struct ip_port at;
};

/* How names are proved to certificate authorities. By DNS a zone has one certificate with its wildcard, and each deeper
 * name one; by the others each proxied name has one. */
enum node_challenge { NODE_CHALLENGE_DNS, NODE_CHALLENGE_HTTP, NODE_CHALLENGE_TLS_ALPN };

enum { NODE_LISTENS_ALL = NODE_LISTENS_MAX * LISTEN_KINDS };

struct node_config {
	char name[NODE_NAME_BYTES]; /* letters, digits and '-'; [node] name, default "seawall" */
	char data[NODE_PATH_BYTES]; /* DATA; [node] data, default /var/lib/seawall */
	char user[NODE_USER_BYTES]; /* [node] user; empty: the default of supervisor/sandbox.h */
	uint32_t workers;           /* 1 to NODE_WORKERS_MAX; [node] workers, default one per core */
	/* [listen], grouped by kind in no promised order; node_listens counts one. At least one is LISTEN_HTTP or of
	 * the platform. */
	struct node_listen listens[NODE_LISTENS_ALL];
	size_t listens_n;
	/* [edge] addresses: what proxied names answer with; empty: none known. No port. */
	struct ip addresses[NODE_ADDRESSES_MAX];
	size_t addresses_n;
	/* [edge] nameservers: of every zone, lower case, without the final dot. */
	char nameservers[NODE_NAMESERVERS_MAX][NODE_HOST_BYTES];
	size_t nameservers_n; /* >= 1 */
	/* [resolver] servers: who is asked for names elsewhere; empty: the system's. */
	struct ip_port resolvers[NODE_RESOLVERS_MAX];
	size_t resolvers_n;
	char acme[NODE_ACME_MAX]
		 [NODE_PATH_BYTES]; /* [acme] directory: https URLs in order; none: the node's own authority */
	size_t acme_n;
	char acme_ca_file[NODE_PATH_BYTES]; /* [acme] ca_file: whom to trust for the directories themselves; empty: the
					       system */
	char acme_contact[NODE_HOST_BYTES]; /* [acme] contact: an e-mail address; empty: none */
	enum node_challenge acme_challenge; /* [acme] challenge */
	/* [acme] eab_kid, eab_hmac_key_file: external account binding at the first directory; both or none. */
	char acme_eab_kid[NODE_HOST_BYTES], acme_eab_key_file[NODE_PATH_BYTES];
	bool activate_at_once;                /* [edge] activation = immediate: a new zone is active without a check */
	bool allow_private;                   /* [origin] allow_private: API-made origins may be private addresses */
	bool platform_processes;              /* [platform] processes: apps may have commands that this node runs */
	uint16_t platform_check_port;         /* [platform] check_port: where custom domains are checked; 0: 80 */
	char platform_user[NODE_USER_BYTES];  /* [platform] user: whom they run as; empty: runner/spawn.h picks */
	char origin_ca_file[NODE_PATH_BYTES]; /* [origin] ca_file: authorities of origins besides the system's; or empty
					       */
	/* [platform] region, suffix: the default domain of an app is NAME.region.suffix; lower case, no final dot. */
	char platform_region[NODE_NAME_BYTES], platform_suffix[NODE_HOST_BYTES];
	/* [platform] trusted_edges: whose X-Forwarded fields the router continues. */
	struct ip_prefix trusted_edges[NODE_TRUSTED_EDGES_MAX];
	size_t trusted_edges_n;
	/* [shield] allow: networks that can never be banned. */
	struct ip_prefix shield_allow[NODE_SHIELD_ALLOW_MAX];
	size_t shield_allow_n;
	/* [shield] kernel_drop: on which interfaces the kernel drops what is banned; none and not off: it is found out.
	 */
	char kernel_drop[NODE_KERNEL_DROP_MAX][IF_NAMESIZE];
	size_t kernel_drop_n;
	bool kernel_drop_off;
	char plan_folder[NODE_PATH_BYTES]; /* [plan] folder, default DATA/plan */
	char dns_log[NODE_PATH_BYTES];     /* [log] dns, as access_log; one in limits.dns_log_every queries */
	char waf_rules[NODE_WAF_RULES_MAX][NODE_PATH_BYTES]; /* [waf] rules: files and folders, in order */
	size_t waf_rules_n;
	char audit_log[NODE_PATH_BYTES];         /* [log] audit, as access_log: what the firewall found */
	char audit_id_header[NODE_HEADER_BYTES]; /* [log] audit_id_header: whose value is the line's id; empty: none */
	char access_log[NODE_PATH_BYTES];        /* [log] access; "-": standard output; empty: off */
	struct limits limits;                    /* [limits] */
};

/* How many addresses of that kind are configured. */
static inline size_t node_listens(const struct node_config *node, enum listen_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < node->listens_n; i++)
		n += node->listens[i].kind == kind;
	return n;
}

#endif
