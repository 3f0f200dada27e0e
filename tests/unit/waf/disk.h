/* SPDX-License-Identifier: Apache-2.0 */
/* disk: a seclang_source that reads real files, for tests and benchmarks. */
#ifndef TESTS_UNIT_WAF_DISK_H
#define TESTS_UNIT_WAF_DISK_H

#include "waf/seclang.h"

enum { DISK_FILES_MAX = 512 };

struct disk {
	struct seclang_source source;
	char *files[DISK_FILES_MAX];
	size_t n;
};

/* A source over the file system. */
void disk_init(struct disk *disk);
/* Frees what it read. */
void disk_fini(struct disk *disk);
/* Loads a text that is mostly Include lines; NULL with the reason on stderr when it is refused. Freed by rule_set_free.
 */
struct rule_set *disk_rules(struct disk *disk, const char *text);
/* The Core Rule Set of Debian's package, with its set-up file and `before` in front; NULL when it is not installed. */
struct rule_set *disk_debian_crs(struct disk *disk, const char *before);

#endif
