/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admit: who goes on to the origins of a zone. Before step pick asks for a connection: the visitor is looked up in the
 * ledger, the autopilot's orders are followed (unknown visitors, or what has a signature, show something first), and
 * who is too much for the origin waits at the gate, known visitors first. What the cache answers never comes here.
 * Private to the edge room. A zone whose autopilot is off pays nothing.
 */
#ifndef EDGE_ADMIT_H
#define EDGE_ADMIT_H

#include "shield/ledger.h"
#include "shield/shield_load.h"
#include "sys/loop.h"

struct request;

struct worker;

/* Part of a request; zero: was not asked, or nothing of it is left. */
struct admission {
	struct shield_load *load; /* NULL: the zone is not watched */
	uint64_t visitor;         /* key in the ledger; 0: none */
	uint64_t sent_ns;         /* when it went in; 0: it is not inside */
	bool has_past;            /* its address was answered well before all this: it is not banned */
	bool asked, known;        /* asked: it may go on, or waits for that */
	bool gated;               /* it went in through the gate */
	bool late;                /* it waited too long */
	bool again;               /* it waited: the orders may have changed meanwhile */
	struct gate_wait wait;
	struct loop_timer timer;
};

/* What admission does: nothing, or says *ret instead of going on. enum flow as int: request.h includes this file. */
bool admit(struct request *r, int *ret);
/* The origin has begun to answer: it has room for the next one. */
void admit_answered(struct request *r);
/* The request is over, or has failed: whatever admission still holds is given back. Safe at any time. */
void admit_over(struct request *r);

#endif
