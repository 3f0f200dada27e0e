/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff: what one process of the node gives the next one it executes: numbers of inherited descriptors, the listening
 * addresses, and for an upgrade the children that live on. A text in a memfd, one "key values" per line; lines with an
 * unknown key are skipped, so that neighbouring versions understand each other.
 */
#ifndef SUPERVISOR_HANDOFF_H
#define SUPERVISOR_HANDOFF_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/ip.h"
#include "base/seal.h"
#include "supervisor/node.h"
#include "xdp/xdp_drop.h"

enum {
	HANDOFF_LISTENS_MAX = NODE_LISTENS_ALL,
	HANDOFF_FDS_MAX = 256,
	HANDOFF_CHILDREN_MAX = 32,
	HANDOFF_KERNEL_DROP_BYTES = 4096,
	HANDOFF_BYTES_MAX = 1 << 20
};

enum handoff_role { HANDOFF_EDGE, HANDOFF_CONTROL, HANDOFF_RUNNER, HANDOFF_ROLES };

/* One address with its sockets, one or more for each worker (LISTEN_API: one in all). */
struct handoff_listen {
	struct ip_port configured; /* as in the configuration: the port may be 0 */
	struct ip_port bound;
	enum listen_kind kind;
	size_t fds_n;
	int fds[HANDOFF_FDS_MAX];
};

struct handoff_child {
	enum handoff_role role;
	uint32_t generation;
	int32_t pid;
	bool ready;
};

/* Large: keep it on the heap. Descriptors are -1 when absent. */
struct handoff {
	uint32_t generation;
	int ready_fd, config_fd, door_fd, pid_fd;
	int runner_fd;                      /* listening, where control finds the runner; -1 without one */
	bool has_admin;                     /* admin_hash is set: for control, when there is an API */
	uint8_t admin_hash[SEAL_KEY_BYTES]; /* SHA-256 of the administrator's token */
	bool has_node_key;                  /* node_key is set: for children, which make a struct seal of it */
	uint8_t node_key[SEAL_KEY_BYTES];
	struct xdp_drop xdp;      /* what the kernel drops: the supervisor holds all of it, edges the maps */
	uint32_t kernel_drop_sum; /* of what was wanted when it was opened; 0: nothing */
	char kernel_drop[HANDOFF_KERNEL_DROP_BYTES]; /* what became of it, JSON in one line (kernel_drop.h) */
	size_t listens_n, children_n;
	struct handoff_listen listens[HANDOFF_LISTENS_MAX];
	struct handoff_child children[HANDOFF_CHILDREN_MAX];
};

/* Nothing in it; the caller frees with handoff_free. */
struct handoff *handoff_new(void) __attribute__((returns_nonnull));
/* Wipes and frees; NULL is fine. */
void handoff_free(struct handoff *h);
/* Writes the text; with a key in it, the caller ends b with seal_wipe_buf. errors: ERR_QUEUE_FULL. */
enum err handoff_write(const struct handoff *h, struct buf *b) MUST_USE;
/* Reads it into h (from handoff_new). errors: ERR_CONFIG with the line in d. */
enum err handoff_read(struct slice text, struct handoff *h, struct diag *d) MUST_USE;

/* A close-on-exec memfd with these bytes, sealed against changes. errors: ERR_SYSTEM. */
enum err handoff_to_fd(struct slice bytes, int *ret_fd) MUST_USE;
/* Reads a whole memfd from its start into b and closes it. errors: ERR_SYSTEM, ERR_QUEUE_FULL. */
enum err handoff_from_fd(int fd, struct buf *b) MUST_USE;
/* What a child of that role gets: edges the sockets of visitors, control the door and the sockets of the API, the
 * runner its own socket and nothing else. */
void handoff_for(const struct handoff *h, enum handoff_role role, struct handoff *ret);
/* "http", "https", "dns-udp", "dns-tcp", "api", "platform-http", "platform-https". Process lifetime. */
const char *handoff_kind_name(enum listen_kind kind);
/* Sets close-on-exec on (true) or off for each descriptor that h names. */
void handoff_cloexec(const struct handoff *h, bool on);

#endif
