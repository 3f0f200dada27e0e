/* SPDX-License-Identifier: Apache-2.0 */
/* config_platform: lists: whom the app router and the shield trust, where the kernel drops; as config_value.h has the
 * others. */
#ifndef CMD_CONFIG_PLATFORM_H
#define CMD_CONFIG_PLATFORM_H

#include "cmd/config_value.h"

/* One for each setting, named as it. errors: ERR_CONFIG with the reason. */
enum err config_platform_trusted_edges(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_platform_shield_allow(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_platform_kernel_drop(struct config_value *v, struct slice s, struct diag *d) MUST_USE;

#endif
