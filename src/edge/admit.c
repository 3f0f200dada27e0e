/* SPDX-License-Identifier: Apache-2.0 */
/* admit: see admit.h. */
#include "edge/admit.h"

#include "base/text.h"
#include "edge/passage.h"
#include "edge/rules.h"
#include "edge/shield.h"
#include "wire/uri.h"

enum { ADMIT__HASH_BYTES = 2048, ADMIT__WORD_MAX = 24, ADMIT__NS_PER_US = 1000, ADMIT__SHOWN = 120 };

/* ---- what a request is like */

static uint32_t admit__hash(const struct request *r, struct slice s)
{
	return (uint32_t)rate_key(r->w->rate, s);
}

/*
 * Method and path; shape: digits are one digit, words that only a machine makes are one word, what is below the fourth
 * segment does not matter.
 */
static uint32_t admit__path(const struct request *r, bool shape)
{
	char memory[ADMIT__HASH_BYTES];
	struct text t = text_of(memory, sizeof memory);
	struct slice path = slice_first(uri_path(r->q->path), ADMIT__HASH_BYTES - 64);
	size_t word = 0, slashes = 0;

	text_add(&t, slice_first(r->q->method, 16));
	text_byte(&t, ' ');
	if (!shape)
		text_add(&t, path);
	for (size_t i = 0; shape && i < path.n; i++) {
		char c = path.p[i];
		slashes += c == '/';
		word = c == '/' ? 0 : word + 1;
		if (slashes > 4)
			break;
		if (slice_is_digit(c) && (i == 0 || !slice_is_digit(path.p[i - 1])))
			text_byte(&t, '0');
		else if (!slice_is_digit(c) && word <= ADMIT__WORD_MAX)
			text_byte(&t, c);
	}
	return admit__hash(r, text_slice(&t));
}

static uint32_t admit__fields(const struct request *r)
{
	char memory[ADMIT__HASH_BYTES];
	struct text t = text_of(memory, sizeof memory);

	for (size_t i = 0; i < r->q->fields_n && t.n < ADMIT__HASH_BYTES - 128; i++) {
		/* Cookies come and go with visits. */
		if (r->q->fields[i].id == FIELD_COOKIE)
			continue;
		text_add(&t, slice_first(r->q->fields[i].name, 64));
		text_byte(&t, ',');
	}
	return admit__hash(r, text_slice(&t));
}

static uint32_t admit__query(const struct request *r)
{
	char memory[ADMIT__HASH_BYTES];
	struct text t = text_of(memory, sizeof memory);
	struct slice rest = uri_query(r->q->path);

	while (rest.p && t.n < ADMIT__HASH_BYTES - 128) {
		struct slice value = slice_split(&rest, '&');
		text_add(&t, slice_first(slice_split(&value, '='), 64));
		text_byte(&t, '&');
	}
	return admit__hash(r, text_slice(&t));
}

static void admit__sample(const struct request *r, struct signature_sample *q)
{
	const struct field *agent = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);
	struct ip ip = r->q->client.ip, client = ip_network(&ip, ip.family == 6 ? 64 : 32),
		  net = ip_network(&ip, ip.family == 6 ? 48 : 24);

	q->at_ms = (uint32_t)loop_now_ms(r->w->loop);
	q->f[SIGNATURE_CLIENT] = admit__hash(r, slice_of(&client, sizeof client));
	q->f[SIGNATURE_NETWORK] = admit__hash(r, slice_of(&net, sizeof net));
	q->f[SIGNATURE_AGENT] = admit__hash(r, agent ? agent->value : SLICE(""));
	q->f[SIGNATURE_FIELDS] = admit__fields(r);
	q->f[SIGNATURE_SHAPE] = admit__path(r, true);
	q->f[SIGNATURE_PATH] = admit__path(r, false);
	q->f[SIGNATURE_QUERY] = admit__query(r);
	q->f[SIGNATURE_TLS] = admit__hash(r, r->q->tls_version ? slice_str(r->q->tls_version) : SLICE(""));
}

static void admit__text(struct text *t, const char *name, struct slice s)
{
	text_printf(t, "%s\"%s\":", t->n > 1 ? "," : "", name);
	text_json(t, slice_first(s, ADMIT__SHOWN));
}

/* It goes on and on: control decides what becomes of it. */
static void admit__report(struct request *r, uint32_t held)
{
	const struct field *agent = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);
	char memory[ADMIT__HASH_BYTES], ip[IP_TEXT_BYTES];
	struct text t = text_of(memory, sizeof memory);

	ip_print(&r->q->client.ip, ip);
	text_byte(&t, '{');
	admit__text(&t, "zone", r->site->zone->name);
	text_printf(&t, ",\"client\":\"%s\",\"held\":%u,\"features\":[\"client\"],\"request\":{\"client\":\"%s\"", ip,
		    held, ip);
	admit__text(&t, "ray", slice_of(r->ray_text, r->ray_n));
	admit__text(&t, "method", r->q->method);
	admit__text(&t, "path", r->q->path);
	admit__text(&t, "agent", agent ? agent->value : SLICE(""));
	text_add(&t, SLICE("}}"));
	if (!t.bad)
		events_send(r->w, "offender", text_slice(&t));
}

/* It is held back; after so many the address is one that goes on whatever it is told. */
static void admit__held(struct request *r)
{
	uint32_t after = (uint32_t)r->w->limits->ban_after,
		 held = ledger_held(r->w->ledger, r->admission.visitor, loop_now_ms(r->w->loop));

	if (after && held && held % after == 0 && !r->admission.has_past)
		admit__report(r, held);
}

/* The first request that meets a signature, for people. */
static void admit__show(struct request *r, struct shield_load *l, unsigned signature)
{
	const struct field *agent = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);
	struct text t = text_of(l->evidence[signature].json, SHIELD_EVIDENCE_BYTES - 1);
	char ip[IP_TEXT_BYTES];

	text_byte(&t, '{');
	admit__text(&t, "ray", slice_of(r->ray_text, r->ray_n));
	admit__text(&t, "client", slice_of(ip, ip_print(&r->q->client.ip, ip)));
	admit__text(&t, "method", r->q->method);
	admit__text(&t, "path", r->q->path);
	admit__text(&t, "agent", agent ? agent->value : SLICE(""));
	text_byte(&t, '}');
	bool whole = !t.bad;
	if (!whole) { /* many escapes: what matters most */
		t = text_of(l->evidence[signature].json, SHIELD_EVIDENCE_BYTES);
		text_byte(&t, '{');
		admit__text(&t, "ray", slice_of(r->ray_text, r->ray_n));
		text_byte(&t, '}');
	}
	shield_load_shown(l, signature, t.n);
}

/* ---- orders */

static void admit__count(uint64_t *n, uint64_t add)
{
	__atomic_add_fetch(n, add, __ATOMIC_RELAXED);
}

static bool admit__writes(const struct request *r)
{
	return r->q->method_id != METHOD_GET && r->q->method_id != METHOD_HEAD;
}

/* Whoever an owner's rule excepts from the zone's security level, and validations of certificates. */
static bool admit__is_excepted(const struct request *r)
{
	return (r->rules && (r->rules->allowed || r->rules->skips & RULE_SKIP_LEVEL)) ||
	       secure_is_validation(r->q, r->site);
}

/* Whether the orders of the moment hold this request back. */
static bool admit__is_held(struct request *r, struct shield_load *l, const struct signature_sample *q,
			   enum clearance_level *ret_need)
{
	unsigned level = __atomic_load_n(&l->level, __ATOMIC_RELAXED), at;

	if (level == AUTOPILOT_CALM || admit__is_excepted(r))
		return false;
	*ret_need = level >= AUTOPILOT_WORK ? CLEARANCE_WORK : CLEARANCE_COOKIE;
	at = shield_load_match(l, q);
	if (at < AUTOPILOT_SIGNATURES && shield_load_wants(l, at))
		admit__show(r, l, at);
	/* A signature that names an address is about what that address does now, known or not. */
	bool meant = at < AUTOPILOT_SIGNATURES && (!r->admission.known || l->orders[at].mask >> SIGNATURE_CLIENT & 1);
	if (!meant && (level < AUTOPILOT_COOKIES || r->admission.known))
		return false;
	return !passage_is_clear(r, *ret_need);
}

/* ---- the gate */

static struct gate *admit__gate(const struct request *r)
{
	return &r->admission.load->gates[r->w->number];
}

static unsigned admit__limit(const struct request *r)
{
	unsigned all = __atomic_load_n(&r->admission.load->limit, __ATOMIC_RELAXED);
	unsigned own = all / r->w->workers_n;

	return own ? own : 1;
}

static void admit__inside(struct request *r, bool gated)
{
	r->admission.gated = gated;
	r->admission.sent_ns = loop_fine_ns(r->w->loop);
	admit__count(&r->admission.load->counts.sent, 1);
}

/* Takes the request out of the line. */
static void admit__unwait(struct request *r)
{
	struct admission *a = &r->admission;

	if (!a->wait.prev)
		return;
	gate_cancel(admit__gate(r), &a->wait);
	loop_timer_cancel(r->w->loop, &a->timer);
	__atomic_sub_fetch(&a->load->counts.waiting, 1, __ATOMIC_RELAXED);
}

/*
 * Lets in who may go. Each of them runs at once and may leave at once: the outermost call goes on then, so that a long
 * line does not become a deep stack.
 */
static void admit__let_in(struct gate *g, unsigned limit, struct worker *w)
{
	struct gate_wait *next;

	if (w->letting_in)
		return;
	w->letting_in = true;
	while ((next = gate_next(g, limit))) {
		struct request *r = LOOP_OWNER(next, struct request, admission.wait);
		loop_timer_cancel(w->loop, &r->admission.timer);
		__atomic_sub_fetch(&r->admission.load->counts.waiting, 1, __ATOMIC_RELAXED);
		admit__inside(r, true);
		r->admission.again = true;
		request_run(r);
	}
	w->letting_in = false;
}

static void admit__late(struct loop_timer *t)
{
	struct request *r = LOOP_OWNER(t, struct request, admission.timer);

	admit__unwait(r);
	r->admission.late = true;
	request_run(r);
}

/* No room for it: an old copy, or the sentence that says to come again. */
static int admit__refuse(struct request *r)
{
	counter_add(&r->w->counters, gate_refused, 1);
	r->error = ERR_OVERLOAD;
	if (store_serve_stale(r))
		return FLOW_NEXT;
	return request_fail(r, ERR_OVERLOAD, 0);
}

/* Who waited has to go: his place is a known visitor's. */
static void admit__send_away(struct gate_wait *w)
{
	struct request *r = LOOP_OWNER(w, struct request, admission.wait);

	loop_timer_cancel(r->w->loop, &r->admission.timer);
	__atomic_sub_fetch(&r->admission.load->counts.waiting, 1, __ATOMIC_RELAXED);
	r->admission.late = true;
	request_run(r);
}

static bool admit__enter(struct request *r, int *ret)
{
	struct admission *a = &r->admission;
	const struct limits *l = r->w->limits;
	struct gate *g = admit__gate(r);
	struct gate_wait *gone = NULL;

	if (gate_enter(g, admit__limit(r), a->known)) {
		admit__inside(r, true);
		return false;
	}
	if (g->waiting >= l->gate_queue_max && !(a->known && l->gate_queue_max && (gone = gate_yield(g)))) {
		*ret = admit__refuse(r);
		return true;
	}
	gate_wait(g, &a->wait, a->known);
	admit__count((uint64_t *)&a->load->counts.waiting, 1);
	counter_add(&r->w->counters, gate_waited, 1);
	loop_timer_init(&a->timer, admit__late);
	loop_timer_set(r->w->loop, &a->timer, loop_now_ms(r->w->loop) + l->gate_wait_ms);
	if (gone)
		admit__send_away(gone); /* last: whatever he asks next finds the line full */
	*ret = FLOW_WAIT;
	return true;
}

/* ---- the way in */

/* It is not held back. Who has passed a challenge of the moment is as good as known. was_held: somebody at its address
 * was.
 */
static void admit__goes_on(struct request *r, bool calm, bool was_held)
{
	struct admission *a = &r->admission;

	bool unknown = !calm && !a->known, clear = (unknown || was_held) && passage_is_clear(r, CLEARANCE_COOKIE);
	if (unknown && clear)
		a->known = true;
	if (was_held && clear)
		ledger_passed(r->w->ledger, a->visitor, loop_now_ms(r->w->loop));
	if (!calm && a->known)
		counter_add(&r->w->counters, attack_spared, 1);
}

/* Looks at the visitor; true when he is held back, *ret is what comes then. */
static bool admit__judge(struct request *r, bool acts, int *ret)
{
	struct admission *a = &r->admission;
	struct shield_load *l = a->load;
	enum clearance_level need;
	struct ledger_entry e;
	struct signature_sample q;

	admit__sample(r, &q);
	admit__count(&l->counts.begun, 1);
	a->visitor = ledger_key(r->w->ledger, r->site->zone->name, &r->q->client.ip);
	bool calm = __atomic_load_n(&l->level, __ATOMIC_RELAXED) == AUTOPILOT_CALM;
	uint32_t since_s = __atomic_load_n(&l->known_since_s, __ATOMIC_RELAXED);
	ledger_request(r->w->ledger, a->visitor, loop_now_ms(r->w->loop), calm, &e);
	a->known = ledger_is_known(&e, calm ? UINT32_MAX : since_s);
	a->has_past = ledger_has_past(&e, calm ? UINT32_MAX : since_s);
	/* Who had many wrong passwords in a row works for the next one, attack or not. */
	bool guesses = admit__writes(r) && e.denied >= LEDGER_DENIED && !admit__is_excepted(r) &&
		       !passage_is_clear(r, CLEARANCE_WORK);
	need = CLEARANCE_WORK;
	if (guesses || admit__is_held(r, l, &q, &need)) {
		counter_add(&r->w->counters, autopilot_held, 1);
		admit__count(&l->counts.held, 1);
		if (acts) {
			admit__held(r);
			*ret = passage_challenge(r, need);
			return true;
		}
	}
	admit__goes_on(r, calm, e.held > 0);
	shield_load_sample(l, &q);
	return false;
}

/* Who waited while an attack began meets its orders now, and makes room. */
static bool admit__judge_again(struct request *r, int *ret)
{
	struct admission *a = &r->admission;
	enum clearance_level need;
	struct signature_sample q;

	a->again = false;
	if (__atomic_load_n(&a->load->level, __ATOMIC_RELAXED) == AUTOPILOT_CALM)
		return false;
	admit__sample(r, &q);
	if (!admit__is_held(r, a->load, &q, &need))
		return false;
	counter_add(&r->w->counters, autopilot_held, 1);
	a->sent_ns = 0;
	gate_leave(admit__gate(r)); /* who let it in goes on with the next one */
	admit__held(r);
	*ret = passage_challenge(r, need);
	return true;
}

bool admit(struct request *r, int *ret)
{
	struct admission *a = &r->admission;
	enum zone_autopilot mode = r->site->zone->settings.shield.autopilot;

	if (a->late) {
		a->late = false;
		*ret = admit__refuse(r);
		return true;
	}
	if (a->again)
		return admit__judge_again(r, ret);
	if (a->asked || mode == ZONE_AUTOPILOT_OFF || !r->x || !r->site->zone->shield)
		return false;
	a->asked = true;
	a->load = shield_handle_load(r->site->zone->shield);
	if (admit__judge(r, mode == ZONE_AUTOPILOT_ACT, ret))
		return true;
	/* How long an upload takes is the visitor's doing: it must neither hold a place nor say how the origin feels.
	 */
	if (r->q->has_body)
		return false;
	if (mode == ZONE_AUTOPILOT_ACT && !secure_is_validation(r->q, r->site))
		return admit__enter(r, ret);
	admit__inside(r, false);
	return false;
}

/* It leaves the gate. */
static void admit__leave(struct request *r)
{
	struct admission *a = &r->admission;
	struct gate *g = admit__gate(r);

	a->sent_ns = 0;
	if (!a->gated)
		return;
	unsigned limit = admit__limit(r);
	gate_leave(g);
	admit__let_in(g, limit, r->w);
}

/* The origin has answered with that status, or not at all: 0. */
static void admit__done(struct request *r, unsigned status)
{
	struct shield_load *l = r->admission.load;

	admit__count(&l->counts.latency_us, (loop_fine_ns(r->w->loop) - r->admission.sent_ns) / ADMIT__NS_PER_US);
	admit__count(&l->counts.done, 1);
	if (!status || status >= 500)
		admit__count(&l->counts.failed, 1);
	admit__leave(r);
}

void admit_answered(struct request *r)
{
	if (!r->admission.load)
		return;
	ledger_answer(r->w->ledger, r->admission.visitor, r->origin_status, admit__writes(r));
	if (r->admission.sent_ns)
		admit__done(r, r->origin_status);
}

void admit_over(struct request *r)
{
	if (!r->admission.load)
		return;
	admit__unwait(r);
	if (!r->admission.sent_ns)
		return;
	if (r->error != OK && err_class(r->error) != ERRC_CLOSED) {
		admit__done(r, 0);
		return;
	}
	/* Nobody waits for the answer any more: that says nothing of how long one takes. */
	admit__count(&r->admission.load->counts.left, 1);
	admit__leave(r);
}
