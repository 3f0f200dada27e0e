/* SPDX-License-Identifier: Apache-2.0 */
/* sample_app: the command `seawall sample-app`; the app itself is the room sample. */
#include "cmd/cmd.h"
#include "sample/sample.h"

int sample_app_main(int argc, char **argv)
{
	return sample_main(argc, argv);
}
