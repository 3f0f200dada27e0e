/* SPDX-License-Identifier: Apache-2.0 */
/* notify: the service manager's readiness protocol (sd_notify(3)), written directly: a datagram to $NOTIFY_SOCKET. */
#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

/* Sends "READY=1" and the like; lines are separated by \n. Without $NOTIFY_SOCKET, or when it fails: nothing. */
void notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
