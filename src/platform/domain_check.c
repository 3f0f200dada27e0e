/* SPDX-License-Identifier: Apache-2.0 */
/* domain_check: does a name lead here? See domain_keeper_int.h. */
#include "base/crypto.h"
#include "platform/domain_keeper_int.h"
#include "state/record_input.h"

#include <stdio.h>

enum { DOMAIN_CHECK__MS = 10000, DOMAIN_CHECK__BYTES = 4096, DOMAIN_CHECK__PORT = 80 };

/* A redirect to the same question over HTTPS, which an authority follows: the order will tell whether that works. */
static bool domain_check__to_https(const struct domain_task *t, const struct web_answer *a)
{
	char want[STATE_NAME_BYTES + 128];

	snprintf(want, sizeof want, "https://%s/.well-known/acme-challenge/%s", t->d.name, t->token);
	return a->status >= 301 && a->status <= 308 && strcmp(a->location, want) == 0;
}

static void domain_check__answered(void *arg, const struct web_answer *a)
{
	struct domain_task *t = arg;
	char why[DOMAIN_TASK_WHY_BYTES];

	t->call = NULL;
	if (a->error != OK)
		snprintf(why, sizeof why, "http://%.200s does not answer: %.120s", t->d.name, a->reason);
	else if (a->status == 200 && slice_eq(slice_trim(a->body), slice_str(t->answer)))
		why[0] = '\0';
	else if (domain_check__to_https(t, a))
		why[0] = '\0';
	else
		snprintf(why, sizeof why, "http://%.200s is answered by another server (status %u)", t->d.name,
			 a->status);
	domain_keeper_checked(t, why[0] ? why : NULL);
}

/* Whether no public authority could reach that address: then neither do we ask it. */
static bool domain_check__may(const struct domain_task *t, const struct ip *ip)
{
	return t->owner->to.order.node->allow_private || !state_record_input_private(ip);
}

static void domain_check__ask(struct domain_task *t, const struct ip *ip)
{
	const struct node_config *node = t->owner->to.order.node;
	char url[STATE_NAME_BYTES + 128], connect[IP_PORT_TEXT_BYTES];
	const struct ip_port at = { *ip, node->platform_check_port ? node->platform_check_port : DOMAIN_CHECK__PORT };
	const struct web_request r = { .method = "GET",
				       .url = url,
				       .connect = connect,
				       .timeout_ms = DOMAIN_CHECK__MS,
				       .body_bytes_max = DOMAIN_CHECK__BYTES };

	ip_port_print(&at, connect);
	snprintf(url, sizeof url, "http://%s/.well-known/acme-challenge/%s", t->d.name, t->token);
	t->call = web_send(t->owner->to.order.web, &r, domain_check__answered, t);
}

static void domain_check__resolved(void *arg, const struct resolve_answer *a)
{
	struct domain_task *t = arg;
	char why[DOMAIN_TASK_WHY_BYTES];

	t->asking = false;
	for (size_t i = 0; a->status == RESOLVE_OK && i < a->ips_n; i++) {
		if (!domain_check__may(t, &a->ips[i]))
			continue;
		domain_check__ask(t, &a->ips[i]);
		return;
	}
	if (a->status == RESOLVE_OK)
		snprintf(why, sizeof why, "%.250s has private addresses only", t->d.name);
	else if (a->status == RESOLVE_FAILED)
		snprintf(why, sizeof why, "%.250s cannot be resolved: %.100s", t->d.name, a->reason ? a->reason : "?");
	else
		snprintf(why, sizeof why, "%.250s has no address", t->d.name);
	domain_keeper_checked(t, why);
}

void domain_check_start(struct domain_task *t)
{
	uint8_t nonce[ACME_PROBE_NONCE_BYTES];

	if (!t->owner->to.resolve) {
		domain_keeper_checked(t, "this node has no resolver to look names up with");
		return;
	}
	if (crypto_random(nonce, sizeof nonce) != OK)
		memset(nonce, 0, sizeof nonce);
	acme_probe_token(nonce, t->token);
	if (acme_probe_answer(t->owner->to.order.seal, slice_str(t->d.name), slice_str(t->token), t->answer) != OK) {
		domain_keeper_checked(t, "the question cannot be made");
		return;
	}
	t->asking = true;
	resolve_addresses(t->owner->to.resolve, t->d.name, domain_check__resolved, t);
}
