/* SPDX-License-Identifier: Apache-2.0 */
/* runner_command: `seawall runner`, started by the supervisor: gives up what it does not need and runs the instances of
 * apps. */
#include "cmd/cmd.h"
#include "cmd/entry.h"
#include "runner/runner.h"
#include "supervisor/sandbox.h"
#include "supervisor/say.h"
#include "supervisor/supervisor.h"

static int runner_command__run(struct entry *e)
{
	struct sandbox_user control;
	struct diag d;

	diag_init(&d);
	if (sandbox_user_find(e->node.user, &control, &d) != OK) {
		say("runner", "event=start_refused [node] user: %s", d.text);
		return SUPERVISOR_EXIT_CONFIG;
	}
	const struct runner_setup setup = { .node = &e->node,
					    .listen_fd = e->handoff->runner_fd,
					    .control_uid = control.uid,
					    .ready_fd = e->handoff->ready_fd };
	/* No key is needed here, beside processes of strangers. */
	seal_fini(&e->seal);
	handoff_free(e->handoff);
	e->handoff = NULL;
	return runner_run(&setup);
}

int runner_command_main(int argc, char **argv)
{
	struct entry e;
	int status = SUPERVISOR_EXIT_CONFIG;

	if (entry_begin(&e, "runner", argc, argv) && entry_narrow(&e))
		status = runner_command__run(&e);
	entry_end(&e);
	return status;
}
