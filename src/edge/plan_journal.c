/* SPDX-License-Identifier: Apache-2.0 */
/* plan_journal: see plan_journal.h. */
#include "edge/plan_journal.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/cursor.h"
#include "base/map.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PLAN_JOURNAL__RECORD_MAGIC = 0x5ea70a1d,
	PLAN_JOURNAL__HEAD_BYTES = 12,
	PLAN_JOURNAL__BODY_MAX = 64 * 1024 * 1024 + 4096, /* plan_item_bytes_max may be that large */
	PLAN_JOURNAL__DEAD_BYTES = 1024 * 1024,
	PLAN_JOURNAL__KEY_BYTES = 512,
};

enum { PLAN_JOURNAL__PUT = 1, PLAN_JOURNAL__DELETE = 2 };

#define PLAN_JOURNAL__NAME "plan.journal"
#define PLAN_JOURNAL__NEW PLAN_JOURNAL__NAME ".new"

/* Where the last record of a key stands; length 0: deleted. The key stands behind the entry. */
struct plan_journal_entry {
	uint64_t offset, length;
	size_t key_n;
	char key[];
};

struct plan_journal {
	int dir_fd, fd;
	bool unnamed; /* a copy that has not taken the journal's name yet */
	uint64_t bytes, live_bytes;
	struct map index;
	struct buf scratch; /* one record */
};

struct plan_journal__record {
	uint8_t type;
	struct plan_journal_item item;
};

/* ---- records ---- */

/* errors: ERR_AGAIN (cut off), ERR_CORRUPT. */
static enum err plan_journal__read(struct slice bytes, struct plan_journal__record *ret, size_t *ret_used)
{
	struct cursor c = cursor_of(bytes);
	uint32_t magic = cursor_u32(&c), length = cursor_u32(&c), check = cursor_u32(&c);

	if (c.bad)
		return ERR_AGAIN;
	if (magic != PLAN_JOURNAL__RECORD_MAGIC || length > PLAN_JOURNAL__BODY_MAX)
		return ERR_CORRUPT;
	struct slice body = cursor_bytes(&c, length);
	if (c.bad)
		return ERR_AGAIN;
	if (hash_check32(body) != check)
		return ERR_CORRUPT;
	struct cursor b = cursor_of(body);
	ret->type = cursor_u8(&b);
	ret->item.revision = cursor_u64(&b);
	ret->item.kind = cursor_bytes(&b, cursor_u16(&b));
	ret->item.name = cursor_bytes(&b, cursor_u16(&b));
	ret->item.json = cursor_bytes(&b, cursor_left(&b));
	if (b.bad || (ret->type != PLAN_JOURNAL__PUT && ret->type != PLAN_JOURNAL__DELETE))
		return ERR_CORRUPT;
	*ret_used = c.at;
	return OK;
}

static bool plan_journal__write(struct buf *b, const struct plan_journal__record *r)
{
	const struct plan_journal_item *it = &r->item;
	size_t n = 13 + it->kind.n + it->name.n + it->json.n;

	if (n > PLAN_JOURNAL__BODY_MAX || it->kind.n > UINT16_MAX || it->name.n > UINT16_MAX)
		return false;
	char *at = buf_room(b, PLAN_JOURNAL__HEAD_BYTES + n);
	if (!at)
		return false;
	struct cursor_out body = cursor_out_of(at + PLAN_JOURNAL__HEAD_BYTES, n);
	cursor_put_u8(&body, r->type);
	cursor_put_u64(&body, it->revision);
	cursor_put_u16(&body, (uint16_t)it->kind.n);
	cursor_put_bytes(&body, it->kind);
	cursor_put_u16(&body, (uint16_t)it->name.n);
	cursor_put_bytes(&body, it->name);
	cursor_put_bytes(&body, it->json);
	CHECK(!body.bad && body.at == n);
	struct cursor_out head = cursor_out_of(at, PLAN_JOURNAL__HEAD_BYTES);
	cursor_put_u32(&head, PLAN_JOURNAL__RECORD_MAGIC);
	cursor_put_u32(&head, (uint32_t)n);
	cursor_put_u32(&head, hash_check32(slice_of(body.p, n)));
	buf_commit(b, PLAN_JOURNAL__HEAD_BYTES + n);
	return true;
}

/* ---- index ---- */

/* The record of that key now stands at offset; length 0: the key is gone. Keeps live_bytes right. */
static void plan_journal__note(struct plan_journal *j, const struct plan_journal_item *it, uint64_t offset,
			       uint64_t length)
{
	char key[PLAN_JOURNAL__KEY_BYTES];
	int n = snprintf(key, sizeof key, "%.*s/%.*s", SLICE_ARG(it->kind), SLICE_ARG(it->name));

	CHECK(n > 0);
	struct slice k = slice_of(key, (size_t)n < sizeof key ? (size_t)n : sizeof key - 1);
	struct plan_journal_entry *e = map_get(&j->index, k);
	if (!e) {
		if (length == 0)
			return;
		e = mem_alloc(sizeof *e + k.n);
		e->key_n = k.n;
		memcpy(e->key, k.p, k.n);
		map_put(&j->index, slice_of(e->key, k.n), e);
	}
	j->live_bytes += length;
	j->live_bytes -= e->length;
	e->offset = offset;
	e->length = length;
}

static void plan_journal__index_fini(struct map *index)
{
	struct slice key;
	void *value;

	for (size_t at = 0; map_next(index, &at, &key, &value);)
		mem_free(value);
	map_fini(index);
}

/* ---- scanning ---- */

/* The offset of the next whole record at or after from, or the end. */
static size_t plan_journal__resync(struct slice all, size_t from)
{
	static const uint8_t magic[4] = { PLAN_JOURNAL__RECORD_MAGIC >> 24, PLAN_JOURNAL__RECORD_MAGIC >> 16 & 0xff,
					  PLAN_JOURNAL__RECORD_MAGIC >> 8 & 0xff, PLAN_JOURNAL__RECORD_MAGIC & 0xff };
	struct plan_journal__record r;
	size_t used;

	while (from < all.n) {
		const char *hit = memmem(all.p + from, all.n - from, magic, sizeof magic);
		if (!hit)
			break;
		from = (size_t)(hit - all.p);
		if (plan_journal__read(slice_from(all, from), &r, &used) == OK)
			return from;
		from++;
	}
	return all.n;
}

/* Builds the index; returns where the good records end. */
static size_t plan_journal__scan(struct plan_journal *j, struct slice all, struct plan_journal_report *report)
{
	struct plan_journal__record r;
	size_t at = 0, used;

	while (at < all.n) {
		if (plan_journal__read(slice_from(all, at), &r, &used) == OK) {
			plan_journal__note(j, &r.item, at, r.type == PLAN_JOURNAL__PUT ? used : 0);
			at += used;
			continue;
		}
		size_t next = plan_journal__resync(all, at + 1);
		if (next == all.n) {
			report->torn_bytes = all.n - at;
			break;
		}
		report->damaged_bytes += next - at;
		at = next;
	}
	return at;
}

static enum err plan_journal__map(int fd, size_t n, struct slice *ret)
{
	*ret = slice_of(NULL, 0);
	if (n == 0)
		return OK;
	void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return ERR_SYSTEM;
	*ret = slice_of(p, n);
	return OK;
}

static void plan_journal__unmap(struct slice all)
{
	if (all.n)
		munmap((void *)(uintptr_t)all.p, all.n);
}

/* ---- files ---- */

static enum err plan_journal__write_all(int fd, struct slice s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_SYSTEM;
		s = slice_from(s, (size_t)n);
	}
	return OK;
}

/* Writes the live records of `all` to a new locked file; on success it is the journal's own, not named yet. */
static enum err plan_journal__copy(struct plan_journal *j, struct slice all)
{
	struct plan_journal copy = { .dir_fd = j->dir_fd, .unnamed = true };
	struct slice key;
	void *value;

	unlinkat(j->dir_fd, PLAN_JOURNAL__NEW, 0); /* of an edge that ended before it was ready */
	copy.fd = openat(j->dir_fd, PLAN_JOURNAL__NEW, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (copy.fd < 0)
		return ERR_SYSTEM;
	map_init(&copy.index);
	enum err e = flock(copy.fd, LOCK_EX | LOCK_NB) == 0 ? OK : ERR_SYSTEM;
	for (size_t at = 0; e == OK && map_next(&j->index, &at, &key, &value);) {
		const struct plan_journal_entry *entry = value;
		struct plan_journal__record r;
		size_t used;
		if (entry->length == 0)
			continue;
		struct slice bytes = slice_first(slice_from(all, entry->offset), entry->length);
		if (plan_journal__read(bytes, &r, &used) != OK)
			continue; /* damaged since it was written: control sends it again */
		e = plan_journal__write_all(copy.fd, bytes);
		plan_journal__note(&copy, &r.item, copy.bytes, used);
		copy.bytes += used;
	}
	if (e != OK || fdatasync(copy.fd) != 0) {
		plan_journal__index_fini(&copy.index);
		close(copy.fd);
		unlinkat(j->dir_fd, PLAN_JOURNAL__NEW, 0);
		return ERR_SYSTEM;
	}
	plan_journal__index_fini(&j->index);
	close(j->fd);
	copy.scratch = j->scratch;
	*j = copy;
	return OK;
}

/* True when that name is the own file, not one that another edge has put there. */
static bool plan_journal__is_ours(const struct plan_journal *j, const char *name)
{
	struct stat own, named;

	return fstat(j->fd, &own) == 0 && fstatat(j->dir_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

/* The own file takes the name of the journal. */
static enum err plan_journal__rename(struct plan_journal *j)
{
	if (!plan_journal__is_ours(j, PLAN_JOURNAL__NEW) ||
	    renameat(j->dir_fd, PLAN_JOURNAL__NEW, j->dir_fd, PLAN_JOURNAL__NAME) != 0 || fsync(j->dir_fd) != 0)
		return ERR_SYSTEM;
	j->unnamed = false;
	return OK;
}

static bool plan_journal__worth_it(const struct plan_journal *j)
{
	uint64_t dead = j->bytes - j->live_bytes;

	return dead > PLAN_JOURNAL__DEAD_BYTES && dead > j->live_bytes;
}

/* Compacts into a new file. One that is not the node's journal (any more, or yet) is left as it is. */
static enum err plan_journal__compact(struct plan_journal *j)
{
	struct slice all;

	if (j->unnamed || !plan_journal__is_ours(j, PLAN_JOURNAL__NAME))
		return OK;
	TRY(plan_journal__map(j->fd, j->bytes, &all));
	enum err e = plan_journal__copy(j, all);
	plan_journal__unmap(all);
	if (e == OK)
		e = plan_journal__rename(j);
	return e;
}

static void plan_journal__deliver(struct plan_journal *j, struct slice all, plan_journal_fn each, void *arg)
{
	struct slice key;
	void *value;

	for (size_t at = 0; map_next(&j->index, &at, &key, &value);) {
		const struct plan_journal_entry *entry = value;
		struct plan_journal__record r;
		size_t used;
		if (entry->length &&
		    plan_journal__read(slice_first(slice_from(all, entry->offset), entry->length), &r, &used) == OK)
			each(arg, &r.item);
	}
}

static enum err plan_journal__load(struct plan_journal *j, plan_journal_fn each, void *arg,
				   struct plan_journal_report *report)
{
	struct stat st;
	struct slice all;

	j->fd = openat(j->dir_fd, PLAN_JOURNAL__NAME, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->fd < 0 || fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return ERR_SYSTEM;
	report->copied = flock(j->fd, LOCK_EX | LOCK_NB) != 0;
	TRY(plan_journal__map(j->fd, (size_t)st.st_size, &all));
	j->bytes = plan_journal__scan(j, all, report);
	plan_journal__deliver(j, all, each, arg);
	enum err e = OK;
	if (report->copied)
		e = plan_journal__copy(j, all);
	plan_journal__unmap(all);
	if (e == OK && !report->copied && report->torn_bytes && ftruncate(j->fd, (off_t)j->bytes) != 0)
		e = ERR_SYSTEM;
	if (e == OK && !report->copied && plan_journal__worth_it(j))
		e = plan_journal__compact(j);
	return e;
}

enum err plan_journal_open(const char *dir, plan_journal_fn each, void *arg, struct plan_journal **ret_journal,
			   struct plan_journal_report *ret_report, struct diag *d)
{
	struct plan_journal *j = mem_alloc(sizeof *j);
	struct plan_journal_report report = { 0 };

	j->fd = -1;
	map_init(&j->index);
	buf_init(&j->scratch, PLAN_JOURNAL__BODY_MAX + PLAN_JOURNAL__HEAD_BYTES);
	j->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* One edge at a time decides who holds the name. */
	enum err e = j->dir_fd >= 0 && flock(j->dir_fd, LOCK_EX) == 0 ? OK : ERR_SYSTEM;
	if (e == OK)
		e = plan_journal__load(j, each, arg, &report);
	if (e != OK) {
		diag_set(d, e, dir, "cannot open " PLAN_JOURNAL__NAME ": %s", strerrordesc_np(errno));
		plan_journal_close(j);
		return e;
	}
	flock(j->dir_fd, LOCK_UN);
	struct slice key;
	void *value;
	for (size_t at = 0; map_next(&j->index, &at, &key, &value);)
		report.items += ((const struct plan_journal_entry *)value)->length != 0;
	*ret_journal = j;
	*ret_report = report;
	return OK;
}

void plan_journal_close(struct plan_journal *j)
{
	if (!j)
		return;
	if (j->unnamed && plan_journal__is_ours(j, PLAN_JOURNAL__NEW))
		unlinkat(j->dir_fd, PLAN_JOURNAL__NEW, 0);
	plan_journal__index_fini(&j->index);
	buf_fini(&j->scratch);
	if (j->fd >= 0)
		close(j->fd);
	if (j->dir_fd >= 0)
		close(j->dir_fd);
	mem_free(j);
}

enum err plan_journal_claim(struct plan_journal *j)
{
	if (!j->unnamed)
		return OK;
	if (flock(j->dir_fd, LOCK_EX) != 0)
		return ERR_SYSTEM;
	enum err e = plan_journal__rename(j);
	flock(j->dir_fd, LOCK_UN);
	return e;
}

static enum err plan_journal__append(struct plan_journal *j, const struct plan_journal__record *r)
{
	buf_clear(&j->scratch);
	if (!plan_journal__write(&j->scratch, r))
		return ERR_MEMORY;
	uint64_t n = buf_len(&j->scratch);
	if (plan_journal__write_all(j->fd, buf_slice(&j->scratch)) != OK) {
		/* A torn record is cut at the next start even when this fails. */
		if (ftruncate(j->fd, (off_t)j->bytes) != 0)
			return ERR_SYSTEM;
		return ERR_SYSTEM;
	}
	plan_journal__note(j, &r->item, j->bytes, r->type == PLAN_JOURNAL__PUT ? n : 0);
	j->bytes += n;
	if (j->scratch.cap > PLAN_JOURNAL__DEAD_BYTES)
		buf_fini(&j->scratch);
	return OK;
}

enum err plan_journal_put(struct plan_journal *j, const struct plan_journal_item *item)
{
	struct plan_journal__record r = { PLAN_JOURNAL__PUT, *item };

	return plan_journal__append(j, &r);
}

enum err plan_journal_delete(struct plan_journal *j, const struct plan_journal_item *item)
{
	struct plan_journal__record r = { PLAN_JOURNAL__DELETE, *item };

	r.item.json = slice_of(NULL, 0);
	return plan_journal__append(j, &r);
}

enum err plan_journal_sync(struct plan_journal *j)
{
	if (fdatasync(j->fd) != 0)
		return ERR_SYSTEM;
	if (!plan_journal__worth_it(j))
		return OK;
	if (flock(j->dir_fd, LOCK_EX) != 0)
		return ERR_SYSTEM;
	enum err e = plan_journal__compact(j);
	flock(j->dir_fd, LOCK_UN);
	return e;
}
