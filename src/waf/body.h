/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body: the processors of request bodies. Each is linear, without recursion, and stops at the limits of the options;
 * what it had read until then stays. Faults of the body set REQBODY_ERROR, never an error of ours.
 */
#ifndef WAF_BODY_H
#define WAF_BODY_H

#include "waf/input.h"

enum { BODY_JSON_DEPTH_MAX = 10000, BODY_XML_DEPTH_MAX = 512, BODY_PARTS_MAX = 1024 };

/* Pairs name=value, split at the separator. Also for the query. values, names: where to. False: arena full. */
bool body_urlencoded(struct input *in, struct slice s, enum variable values, enum variable names);
/* multipart/form-data (RFC 7578, RFC 2046 5.1). type: the value of Content-Type. False: arena full. */
bool body_multipart(struct input *in, struct slice type, struct slice s);
/* JSON (RFC 8259): leaves become arguments json.a.b, elements of arrays json.a.array_0. False: arena full. */
bool body_json(struct input *in, struct slice s);
/* XML 1.0: all text as XML:/ *, each attribute's value as XML://@*. No DTD, no entities but the five. False: arena
 * full. */
bool body_xml(struct input *in, struct slice s);

#endif
