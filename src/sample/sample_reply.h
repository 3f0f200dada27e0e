/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_reply: how the routes answer. Every answer carries Date, X-Sample-App and X-Sample-Count. A body in memory is
 * written as the client takes it; after sample_reply_end (which the others call when they are done) the request is
 * gone.
 */
#ifndef SAMPLE_SAMPLE_REPLY_H
#define SAMPLE_SAMPLE_REPLY_H

#include "base/text.h"
#include "sample/sample_site.h"

/* What a number of the query may be. */
struct sample_range {
	uint64_t def, min, max;
};

#define SAMPLE_TEXT SLICE("text/plain; charset=utf-8")
#define SAMPLE_HTML SLICE("text/html; charset=utf-8")
#define SAMPLE_JSON SLICE("application/json")

/* Adds a field to the answer's head. Both slices must live until the head is sent. At most SAMPLE_FIELDS_MAX in all. */
void sample_reply_field(struct sample_request *rq, struct slice name, struct slice value);
/* A writer into memory that lives as long as the request; once per request. cap >= 1. */
struct text sample_reply_room(struct sample_request *rq, size_t cap);

/*
 * Sends the head. type: the Content-Type, p NULL for none. Returns true when the caller is to send the body and to end;
 * false when this request wants none (HEAD): it is ended then.
 */
bool sample_reply_head(struct sample_request *rq, uint16_t status, struct slice type, enum http_body body,
		       uint64_t length) MUST_USE;
/* A whole answer. body must live as long as the request: static, in its arena or from sample_reply_room. */
void sample_reply_send(struct sample_request *rq, uint16_t status, struct slice type, struct slice body);
/* The same with what was written into sample_reply_room; 500 when it did not fit. */
void sample_reply_text(struct sample_request *rq, uint16_t status, struct slice type, const struct text *t);
/* A line of plain text. */
void sample_reply_note(struct sample_request *rq, uint16_t status, struct slice sentence);
/* An answer without body: 204, 205, 304. */
void sample_reply_empty(struct sample_request *rq, uint16_t status);
/* Begins to receive the request's body for flow->on_body; sends 100 when the client waits for it. Only when the request
 * has a body. */
void sample_reply_read(struct sample_request *rq, const struct sample_flow *flow);
/* Ends the answer and the request. */
void sample_reply_end(struct sample_request *rq, const struct field *trailers, size_t n);
/* Frees what the request holds outside its arena; for sample_reply_end and on_gone. */
void sample_reply_drop(struct sample_request *rq);

/*
 * The number `name` of the query, range->def when it is absent. Answers 400 and returns false when it is not a decimal
 * within the range; the request is ended then.
 */
bool sample_reply_number(struct sample_request *rq, struct slice name, const struct sample_range *range,
			 uint64_t *ret_value) MUST_USE;

#endif
