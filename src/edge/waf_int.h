/* SPDX-License-Identifier: Apache-2.0 */
/* waf_int: the state of an inspection and what its parts share: waf.c, waf_body.c, waf_report.c. */
#ifndef EDGE_WAF_INT_H
#define EDGE_WAF_INT_H

#include "base/buf.h"
#include "edge/firewall.h"
#include "edge/waf.h"
#include "model/zone_waf.h"

/* What became of a request that was inspected. */
enum waf_outcome {
	WAF_PASSED,   /* nothing that counts was found */
	WAF_DETECTED, /* it would have been refused; the zone only detects */
	WAF_BLOCKED,
	WAF_CHALLENGED
};

enum { WAF_MANAGED_MAX = 8, WAF_IDS_MAX = 64, WAF_CUTS_MAX = 64 };

struct waf_state {
	struct waf_state *next_free;
	struct zone_waf zone; /* as it is for this request */
	uint8_t detects;      /* enum zone_waf_set: that only detect */
	bool head_only;       /* nobody asked for the firewall: bodies stream on, unseen */
	const struct rule_managed *managed[WAF_MANAGED_MAX];
	size_t managed_n;
	struct http_request q; /* as sent, before rules of the zone rewrote anything */
	struct firewall_rules *rules;
	bool rules_held; /* with a reference */
	struct arena arena;
	struct eval *eval; /* NULL: it is over */
	struct eval_verdict verdict;
	struct eval_overlay overlay;
	uint8_t *challenged; /* bit of a rule's index: it challenges instead of refusing; NULL: none does */
	const char *gave_up; /* why the rules did not run to their end; NULL: they did */

	/* the body */
	bool waits;      /* some of it is to be seen */
	bool reading;    /* the visitor was asked for it */
	bool cut;        /* there is more than what is looked at */
	struct buf body; /* what was collected; sent to the origin from body_sent on */
	size_t body_sent, body_counted;
	uint64_t body_total; /* bytes there were, as far as known */
	size_t body_inspected;

	/* the answer */
	bool answer_seen, answer_collects, answer_cut, answer_ended, answer_given;
	struct buf answer; /* what was collected of its body */

	/* what came of it */
	uint8_t outcome; /* enum waf_outcome */
	bool reported;
	int64_t score, answer_score;
	uint32_t ids[WAF_IDS_MAX]; /* matched rules that are meant for logs, each once */
	size_t ids_n, ids_dropped;
};

/* waf_conf.c: how the engine runs for the request, into s->zone; false: not at all. */
bool waf_conf_read(struct request *r);
/* waf_conf.c: what that makes of s->rules, into s->overlay. False: no memory. */
bool waf_conf_overlay(struct request *r);
/* waf.c: the verdict of the engine, or what became of an inspection that failed, as the next step. FLOW_WAIT: go on. */
enum flow waf_decide(struct request *r, enum err e);
/* waf.c: runs the last phase, reports and frees what only the rules needed. */
void waf_close(struct request *r);

/* waf_report.c: counts, writes the audit line and tells control. Once, when the rules have run. */
void waf_report(struct request *r);

#endif
