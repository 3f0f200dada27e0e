/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: see sandbox.h. The one room of libcap-ng and libseccomp. */
#include "supervisor/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- who ---- */

static enum err sandbox__user_set(const char *name, const struct passwd *pw, struct sandbox_user *ret)
{
	*ret = (struct sandbox_user){ .drop = pw->pw_uid != geteuid(), .uid = pw->pw_uid, .gid = pw->pw_gid };
	snprintf(ret->name, sizeof ret->name, "%s", name);
	return OK;
}

enum err sandbox_user_find(const char *configured, struct sandbox_user *ret, struct diag *d)
{
	const struct passwd *pw;

	if (geteuid() != 0) {
		pw = configured[0] ? getpwnam(configured) : NULL;
		if (configured[0] && (!pw || pw->pw_uid != geteuid()))
			return diag_set(d, ERR_CONFIG, NULL, "only root can start children as user \"%s\"", configured);
		*ret = (struct sandbox_user){ .uid = geteuid(), .gid = getegid(), .name = "self" };
		return OK;
	}
	if (configured[0]) {
		pw = getpwnam(configured);
		if (!pw)
			return diag_set(d, ERR_CONFIG, NULL, "there is no user \"%s\"", configured);
		return sandbox__user_set(configured, pw, ret);
	}
	pw = getpwnam("seawall");
	if (pw)
		return sandbox__user_set("seawall", pw, ret);
	pw = getpwnam("nobody");
	if (!pw)
		return diag_set(d, ERR_CONFIG, NULL,
				"there is neither a user \"seawall\" nor \"nobody\"; set [node] user");
	return sandbox__user_set("nobody", pw, ret);
}

/* ---- giving up ---- */

/* To the supervisor's life, and to what we are now. After a change of user, which clears the first one. */
static enum err sandbox__bind(struct diag *d)
{
	enum err e = OK;

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		e = diag_set(d, ERR_SYSTEM, NULL, "PR_SET_PDEATHSIG: %s", strerrordesc_np(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		e = diag_set(d, ERR_SYSTEM, NULL, "PR_SET_NO_NEW_PRIVS: %s", strerrordesc_np(errno));
	return e;
}

enum err sandbox_drop(const struct sandbox_user *user, struct diag *d)
{
	enum err e = OK;

	capng_clear(CAPNG_SELECT_ALL);
	if (geteuid() != 0) {
		/* Not root, yet a service manager may have given us some (AmbientCapabilities). */
		if (capng_apply(CAPNG_SELECT_CAPS) != 0)
			e = diag_set(d, ERR_SYSTEM, NULL, "cannot drop capabilities");
	} else {
		if (user->drop) {
			int r = capng_change_id((int)user->uid, (int)user->gid,
						CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
			if (r != 0)
				e = diag_set(d, ERR_SYSTEM, NULL, "cannot become user %s (%d): %s", user->name, r,
					     strerrordesc_np(errno));
		}
		if ((!user->drop || e != OK) && capng_apply(CAPNG_SELECT_CAPS) != 0)
			e = diag_set(d, ERR_SYSTEM, NULL, "cannot drop capabilities");
	}
	/* A leak check traces its own process, which a change of user forbids. */
	if (SEAWALL_SANITIZED && prctl(PR_SET_DUMPABLE, 1) != 0)
		e = diag_set(d, ERR_SYSTEM, NULL, "PR_SET_DUMPABLE: %s", strerrordesc_np(errno));
	enum err bound = sandbox__bind(d);
	return bound != OK ? bound : e;
}

enum err sandbox_narrow(struct diag *d)
{
	static const unsigned kept[] = { CAP_SETUID, CAP_SETGID, CAP_KILL };
	enum err e = OK;

	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < sizeof kept / sizeof kept[0] && geteuid() == 0; i++)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		e = diag_set(d, ERR_SYSTEM, NULL, "cannot drop capabilities");
	enum err bound = sandbox__bind(d);
	return bound != OK ? bound : e;
}

/* ---- system calls ---- */

struct sandbox__row {
	int nr;
	unsigned profiles;
};

enum { E = SANDBOX_EDGE, C = SANDBOX_CONTROL, B = SANDBOX_EDGE | SANDBOX_CONTROL };

static const struct sandbox__row sandbox__rows[] = {
#define SYSCALL(name, profiles) { SCMP_SYS(name), profiles },
#include "supervisor/syscalls.def"
#undef SYSCALL
};

/* What the run-time of a build with sanitizers does besides: leak check with a tracer, symbols, shadow memory. */
static const int sandbox__sanitizer_calls[] = {
	SCMP_SYS(mmap),       SCMP_SYS(mprotect),
	SCMP_SYS(prctl),      SCMP_SYS(ptrace),
	SCMP_SYS(clone),      SCMP_SYS(wait4),
	SCMP_SYS(open),       SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
	SCMP_SYS(tgkill),     SCMP_SYS(kill),
	SCMP_SYS(getppid),    SCMP_SYS(process_vm_readv),
	SCMP_SYS(prlimit64),  SCMP_SYS(stat),
	SCMP_SYS(getdents),   SCMP_SYS(pipe),
	SCMP_SYS(dup),        SCMP_SYS(getrlimit),
};

static bool sandbox__call(scmp_filter_ctx f, int nr)
{
	int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0);

	return r == 0 || r == -EEXIST;
}

/* Argument number `arg` is v; or is v under the mask. */
static struct scmp_arg_cmp sandbox__equal(unsigned arg, scmp_datum_t v)
{
	return (struct scmp_arg_cmp){ arg, SCMP_CMP_EQ, v, 0 };
}

static struct scmp_arg_cmp sandbox__masked(unsigned arg, scmp_datum_t mask, scmp_datum_t v)
{
	return (struct scmp_arg_cmp){ arg, SCMP_CMP_MASKED_EQ, mask, v };
}

/* Calls that are allowed with some arguments only, in every build. */
static bool sandbox__narrowed(scmp_filter_ctx f, unsigned profile)
{
	static const scmp_datum_t maps[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
					     BPF_MAP_GET_NEXT_KEY };
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };
	bool ok = true;

	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				       sandbox__equal(0, (scmp_datum_t)families[i])) == 0;
	/* The maps of the kernel's program, by their descriptors. */
	for (size_t i = 0; i < sizeof maps / sizeof maps[0] && profile == SANDBOX_EDGE; i++)
		ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1, sandbox__equal(0, maps[i])) == 0;
	/* libc tries clone3 first, whose flags a filter cannot see, and falls back to clone on ENOSYS only. */
	return ok && seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

/* And those that sanitizers need without bounds. */
static bool sandbox__narrowed_unless_sanitized(scmp_filter_ctx f)
{
	static const int prctls[] = { PR_SET_NAME, PR_GET_NAME, PR_SET_VMA };
	static const int kills[] = { SCMP_SYS(tgkill), SCMP_SYS(kill) };
	static const int maps[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	const uint32_t threads = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
	bool ok = true;

	if (SEAWALL_SANITIZED)
		return true;
	for (size_t i = 0; i < sizeof prctls / sizeof prctls[0]; i++)
		ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				       sandbox__equal(0, (scmp_datum_t)prctls[i])) == 0;
	for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
		ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, maps[i], 1, sandbox__masked(2, PROT_EXEC, 0)) == 0;
	ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, threads, threads)) ==
	      0;
	/* abort(), raise(), pthread_kill(), kill(getpid()): at ourselves. */
	for (size_t i = 0; i < sizeof kills / sizeof kills[0]; i++)
		ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, kills[i], 1, sandbox__equal(0, (scmp_datum_t)getpid())) == 0;
	/* Reading a resource limit, not setting one. */
	return ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, sandbox__equal(2, 0)) == 0;
}

static bool sandbox__allow(scmp_filter_ctx f, unsigned profile)
{
	size_t extra = SEAWALL_SANITIZED ? sizeof sandbox__sanitizer_calls / sizeof sandbox__sanitizer_calls[0] : 0;

	for (size_t i = 0; i < sizeof sandbox__rows / sizeof sandbox__rows[0]; i++)
		if (sandbox__rows[i].profiles & profile && !sandbox__call(f, sandbox__rows[i].nr))
			return false;
	for (size_t i = 0; i < extra; i++)
		if (!sandbox__call(f, sandbox__sanitizer_calls[i]))
			return false;
	return sandbox__narrowed(f, profile) && sandbox__narrowed_unless_sanitized(f);
}

enum err sandbox_filter(unsigned profile, bool log, struct diag *d)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!f)
		return diag_set(d, ERR_SYSTEM, NULL, "seccomp cannot be set up");
	bool ok = sandbox__allow(f, profile);
	seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	seccomp_attr_set(f, SCMP_FLTATR_CTL_LOG, log);
	int r = ok ? seccomp_load(f) : -EINVAL;
	seccomp_release(f);
	if (r != 0)
		return diag_set(d, ERR_SYSTEM, NULL, "the seccomp filter is refused: %s", strerrordesc_np(-r));
	return OK;
}
