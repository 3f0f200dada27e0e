/* SPDX-License-Identifier: Apache-2.0 */
/* domain_keeper_int: what domain_keeper.c, domain_check.c and domain_wildcard.c share. */
#ifndef PLATFORM_DOMAIN_KEEPER_INT_H
#define PLATFORM_DOMAIN_KEEPER_INT_H

#include "acme/acme_probe.h"
#include "platform/dns_provider.h"
#include "platform/domain_keeper.h"
#include "state/domain.h"

enum { DOMAIN_TASK_WHY_BYTES = STATE_DOMAIN_ERROR_BYTES };

/* One domain that is being looked after. */
struct domain_task {
	struct domain_task *next;
	struct domain_keeper *owner;
	struct state_domain d; /* as it was when the task began; what is learned is put in */
	/* the check */
	char token[ACME_PROBE_TOKEN_BYTES], answer[ACME_PROBE_ANSWER_BYTES];
	struct web_call *call; /* under way, or NULL */
	bool asking;           /* the resolver */
	/* the order */
	struct domain_order *order;
	struct dns_provider *provider; /* of a wildcard; NULL: none */
	struct loop_timer timer;       /* until the TXT record is looked for again */
	char fqdn[STATE_DOMAIN_DNS_BYTES], txt[64];
	/* what is to be stored */
	struct buf chain, sealed;
	struct state_domain_certificate about;
	bool good;                                            /* there is one */
	bool count;                                           /* it counts for the week */
	bool touch;                                           /* routers are to be told, whatever else */
	unsigned looks;                                       /* for the record */
	bool by_hand;                                         /* somebody publishes the record */
	int64_t begun_due_ms;                                 /* due_ms when the task began */
	void (*then)(struct domain_task *t, const char *why); /* of domain_keeper_save */
};

struct domain_keeper {
	uint32_t magic; /* OBJ_DOMAIN_KEEPER */
	struct domain_keeper_setup to;
	struct loop_timer timer;
	struct domain_task *tasks;
	size_t tasks_n;
	bool freeing;
};

/* domain_check.c: asks the name; ends with domain_keeper_checked. why NULL: it leads here. */
void domain_check_start(struct domain_task *t);
void domain_keeper_checked(struct domain_task *t, const char *why);

/* domain_wildcard.c: a record to be seen; ends with domain_order_shown. */
void domain_wildcard_look(struct loop_timer *timer);
void domain_wildcard_show(struct domain_task *t, const char *fqdn, const char *txt);
/* The order has ended: the record can go. */
void domain_wildcard_hide(struct domain_task *t);
/* Reads the app's variables. False when some are missing: what is known of it is in t->d.dns_error then. */
bool domain_wildcard_provider(struct domain_task *t);

/* Stores what is in t->d now, without ending the task. then: called when it is stored, with why NULL, or not. */
void domain_keeper_save(struct domain_task *t, void (*then)(struct domain_task *t, const char *why));

#endif
