/* SPDX-License-Identifier: Apache-2.0 */
/* edge_command: `seawall edge`, started by the supervisor: confines itself and runs the edge. */
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/entry.h"
#include "edge/edge.h"
#include "supervisor/sandbox.h"
#include "supervisor/supervisor.h"

/* The sockets grouped by worker. Where there are more sockets than workers (after an upgrade to fewer of them), a
 * worker gets several, so that none is left with connections that nobody takes. */
static size_t edge_command__listens(const struct entry *e, struct edge_listen *out)
{
	const struct handoff *h = e->handoff;
	size_t n = 0;

	for (uint32_t w = 0; w < e->node.workers; w++)
		for (size_t i = 0; i < h->listens_n; i++)
			for (size_t k = w; k < h->listens[i].fds_n; k += e->node.workers)
				out[n++] = (struct edge_listen){ .fd = h->listens[i].fds[k],
								 .kind = h->listens[i].kind,
								 .worker = w,
								 .addr = h->listens[i].bound };
	return n;
}

static int edge_command__run(const struct entry *e)
{
	size_t all = 1;

	for (size_t i = 0; i < e->handoff->listens_n; i++)
		all += e->handoff->listens[i].fds_n;
	struct edge_listen *listens = mem_alloc_array(all, sizeof *listens);
	struct edge_setup setup = {
		.node = &e->node,
		.listens = listens,
		.listens_n = edge_command__listens(e, listens),
		.ready_fd = e->handoff->ready_fd,
		.kernel_maps = e->handoff->xdp.maps[0] < 0 ? NULL : e->handoff->xdp.maps,
		.generation = e->handoff->generation,
		.seal = &e->seal,
	};
	int status = edge_run(&setup);
	mem_free(listens);
	return status;
}

int edge_command_main(int argc, char **argv)
{
	struct entry e;
	int status = SUPERVISOR_EXIT_CONFIG;

	if (entry_begin(&e, "edge", argc, argv) && entry_confine(&e, SANDBOX_EDGE))
		status = edge_command__run(&e);
	entry_end(&e);
	return status;
}
