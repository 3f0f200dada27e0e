/* SPDX-License-Identifier: Apache-2.0 */
/* say: lines for the operator on standard error, one write each, with the time in front. For the rims of the program:
 * supervisor, control, the plan thread of an edge; engines return errors instead. */
#ifndef SUPERVISOR_SAY_H
#define SUPERVISOR_SAY_H

/* Writes "2026-01-31T12:00:00.123Z <who>: <text>\n"; line breaks and control bytes in the text become spaces; cut at
 * 1000 bytes. Any thread. */
void say(const char *who, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
