/* SPDX-License-Identifier: Apache-2.0 */
/* cmd: the commands of the program, one function each, argv[0] being the command's name. They return exit statuses:
 * 0, 1 (it failed), 2 (wrong use). main.c has the table. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "client/client.h"

enum { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2 };

/* The supervisor, or with --check a judgement on the configuration. */
int serve_main(int argc, char **argv);
/* A child of the supervisor: the edge. */
int edge_command_main(int argc, char **argv);
/* A child of the supervisor: control. */
int control_command_main(int argc, char **argv);
/* A child of the supervisor: the instances of apps. */
int runner_command_main(int argc, char **argv);
/* What the node does, from DATA/run/status.json. */
int status_main(int argc, char **argv);
/* Asks the running supervisor to take over with the program that is installed now. */
int upgrade_command_main(int argc, char **argv);
/* One of the commands of the client room. others, n: the program's other commands, for completion. */
int client_command_main(const struct client_other *others, size_t n, int argc, char **argv);
/* The internal certification authority. */
int ca_command_main(int argc, char **argv);
/* The state as one checked file, while the node runs; and back, while it does not. */
int copy_command_backup(int argc, char **argv);
int copy_command_restore(int argc, char **argv);
/* The table of limits. */
int limits_command_main(int argc, char **argv);
/* Keys for a signed zone of the plan folder. */
int dns_keys_command_main(int argc, char **argv);
#endif
