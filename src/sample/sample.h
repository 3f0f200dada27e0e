/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample: `seawall sample-app`, a small web site to stand behind an edge in demonstrations and tests. It uses the same
 * floors as the edge does (loop, sockets, HTTP/1 sessions) and is the smallest example of an exchange handler.
 */
#ifndef SAMPLE_SAMPLE_H
#define SAMPLE_SAMPLE_H

/*
 * Runs the sample app until SIGTERM or SIGINT.
 * in: argv[0] is the command's own name ("sample-app"), options follow. Prints one line when it is ready, sentences on
 * standard error otherwise. Returns the exit status: 0, 1 (cannot listen), 2 (wrong options). Main thread only.
 */
int sample_main(int argc, char **argv);

#endif
