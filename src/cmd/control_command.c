/* SPDX-License-Identifier: Apache-2.0 */
/* control_command: `seawall control`, started by the supervisor: confines itself and runs control. */
#include "cmd/cmd.h"
#include "cmd/entry.h"
#include "control/control.h"
#include "supervisor/sandbox.h"
#include "supervisor/supervisor.h"

int control_command_main(int argc, char **argv)
{
	struct entry e;
	int status = SUPERVISOR_EXIT_CONFIG;

	if (entry_begin(&e, "control", argc, argv) && entry_confine(&e, SANDBOX_CONTROL)) {
		struct control_setup setup = {
			.node = &e.node,
			.door_fd = e.handoff->door_fd,
			.ready_fd = e.handoff->ready_fd,
			.seal = &e.seal,
		};
		struct control *c;
		if (control_new(&setup, &c) == OK) {
			control_run(c);
			control_free(c);
			status = 0;
		}
	}
	entry_end(&e);
	return status;
}
