/* SPDX-License-Identifier: Apache-2.0 */
/* serve: `seawall serve`: judges the configuration and becomes the supervisor, at first or in place of an older program
 * (--adopt-fd). */
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/settings.h"
#include "control/waf_load.h"
#include "supervisor/sandbox.h"
#include "supervisor/say.h"
#include "supervisor/supervisor.h"
#include "waf/waf_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SERVE__RULES_BYTES_MAX = 128 << 20 };

struct serve {
	struct settings *settings;
	struct handoff *adopted;
	struct buf old_config; /* of the program before, when ours cannot be read */
	struct buf config;     /* packed, for the children */
	char **argv;
	char program[NODE_PATH_BYTES];
};

/* False when name/word is not a file that we may execute. */
static bool serve__executable(struct slice folder, const char *word, char out[static NODE_PATH_BYTES])
{
	int n = snprintf(out, NODE_PATH_BYTES, "%.*s%s%s", SLICE_ARG(folder), folder.n ? "/" : "", word);

	return n > 0 && n < NODE_PATH_BYTES && out[0] == '/' && access(out, X_OK) == 0;
}

/*
 * The path to execute at an upgrade: the one that we were called by, so that a symbolic link that is turned to a new
 * version counts; when that cannot be told, the file that we are.
 */
static bool serve__find_program(char out[static NODE_PATH_BYTES])
{
	char command[NODE_PATH_BYTES] = "", cwd[NODE_PATH_BYTES];
	struct slice path = slice_str(getenv("PATH"));
	FILE *f = fopen("/proc/self/cmdline", "re");

	if (f) {
		size_t n = fread(command, 1, sizeof command - 1, f);
		command[n] = '\0'; /* argv[0] ends at the first NUL */
		fclose(f);
	}
	if (command[0] == '/' && serve__executable(SLICE(""), command, out))
		return true;
	if (strchr(command, '/') && getcwd(cwd, sizeof cwd) && serve__executable(slice_str(cwd), command, out))
		return true;
	while (command[0] && !strchr(command, '/') && path.p)
		if (serve__executable(slice_split(&path, ':'), command, out))
			return true;
	ssize_t n = readlink("/proc/self/exe", out, NODE_PATH_BYTES - 1);
	if (n <= 0)
		return false;
	out[n] = '\0';
	return true;
}

/* The options to start again with: what was given, without what is for this start only. */
static char **serve__argv_again(const struct serve *v)
{
	const struct settings *s = v->settings;

	char **argv = mem_alloc_array(s->sets.n * 2 + 5, sizeof *argv);
	size_t n = 0;

	/* execv takes pointers to what it does not change. */
	argv[n++] = (char *)(uintptr_t)v->program;
	argv[n++] = (char *)(uintptr_t) "serve";
	argv[n++] = (char *)(uintptr_t) "--config";
	argv[n++] = (char *)(uintptr_t)s->file;
	for (size_t i = 0; i < s->sets.n; i++) {
		argv[n++] = (char *)(uintptr_t) "--set";
		argv[n++] = (char *)(uintptr_t)s->sets.items[i];
	}
	return argv;
}

static bool serve__read_handoff(struct serve *v, int fd)
{
	struct buf text;
	struct diag d;

	diag_init(&d);
	buf_init(&text, HANDOFF_BYTES_MAX);
	v->adopted = handoff_new();
	enum err e = handoff_from_fd(fd, &text);
	if (e == OK)
		e = handoff_read(buf_slice(&text), v->adopted, &d);
	seal_wipe_buf(&text);
	if (e != OK)
		say("supervisor", "event=adopt_failed %s: %s", d.where, d.code == OK ? err_text(e) : d.text);
	return e == OK;
}

/* The configuration changed between the check and now and is bad: go on with the one of the program before. */
static bool serve__old_config(struct serve *v)
{
	struct settings *s = v->settings;
	struct diag d;
	int fd = v->adopted->config_fd;

	diag_init(&d);
	v->adopted->config_fd = -1;
	if (fd < 0 || handoff_from_fd(fd, &v->old_config) != OK ||
	    config_unpack(v->old_config.p + v->old_config.from, buf_len(&v->old_config), s->set_items, &s->source) !=
		    OK)
		return false;
	say("supervisor",
	    "event=config_kept reason=\"the file cannot be read any more; the settings from before stay\"");
	return config_parse(&s->source, &s->node, &d) == OK;
}

static int serve__run(struct serve *v)
{
	if (!serve__find_program(v->program)) {
		fprintf(stderr, "seawall serve: the path of this program cannot be found out\n");
		return CMD_FAILED;
	}
	if (config_pack(&v->settings->source, &v->config) != OK) {
		fprintf(stderr, "seawall serve: the configuration is too large\n");
		return CMD_FAILED;
	}
	v->argv = serve__argv_again(v);
	struct supervisor_setup setup = {
		.node = &v->settings->node,
		.config = buf_slice(&v->config),
		.argv = v->argv,
		.program_path = v->program,
		.adopted = v->adopted,
	};
	return supervisor_run(&setup);
}

/* Loads the firewall's rules as control will at its start. */
static bool serve__check_rules(const struct settings *s)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES];
	struct waf_rules *rules = NULL;
	struct diag d;
	struct buf item;

	diag_init(&d);
	buf_init(&item, SERVE__RULES_BYTES_MAX);
	enum err e = waf_load(&s->node, &item, &rules, &d);
	buf_fini(&item);
	waf_rules_free(rules);
	if (e != OK)
		fprintf(stderr, "seawall: %s: [waf] rules: %s\n", s->file, diag_print(&d, text, sizeof text));
	return e == OK;
}

/* What --check looks at besides the file itself. */
static bool serve__check(const struct settings *s)
{
	struct sandbox_user user;
	struct diag d;
	bool good = true;

	diag_init(&d);
	if (sandbox_user_find(s->node.user, &user, &d) != OK) {
		fprintf(stderr, "seawall: %s: [node] user: %s\n", s->file, d.text);
		good = false;
	}
	return serve__check_rules(s) && good;
}

int serve_main(int argc, char **argv)
{
	struct serve v = { .settings = settings_new() };
	bool check = false;
	int adopt_fd = -1, status = CMD_USAGE;
	const struct args_option options[] = {
		SETTINGS_OPTIONS(v.settings),
		{ "--check", ARGS_FLAG, &check },
		{ "--adopt-fd", ARGS_NUMBER, &adopt_fd },
		{ NULL, ARGS_FLAG, NULL },
	};

	buf_init(&v.config, CONFIG_BYTES_MAX * 2);
	buf_init(&v.old_config, CONFIG_BYTES_MAX * 2);
	bool ok = args_read(argc, argv, options) && (adopt_fd < 0 || serve__read_handoff(&v, adopt_fd)) &&
		  (settings_read(v.settings) || (v.adopted && serve__old_config(&v)));
	if (ok && check)
		status = serve__check(v.settings) ? CMD_OK : CMD_FAILED;
	else if (ok)
		status = serve__run(&v);
	else if (v.settings->file)
		status = SUPERVISOR_EXIT_CONFIG;
	mem_free(v.argv);
	handoff_free(v.adopted);
	buf_fini(&v.config);
	buf_fini(&v.old_config);
	settings_free(v.settings);
	return status;
}
