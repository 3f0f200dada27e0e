/* SPDX-License-Identifier: Apache-2.0 */
/* seclang_option: directives that set how the engine runs, and those of other servers that change nothing here. */
#include "waf/seclang_int.h"

enum { SECLANG_BODY_MAX = 1024 * 1024 * 1024 };

struct seclang__option {
	const char *name;
	enum err (*read)(struct seclang *l, struct slice value, struct rule_options *o);
};

static enum err seclang__engine(struct seclang *l, struct slice value, struct rule_options *o)
{
	bool on;

	if (slice_eq_nocase(value, SLICE("DetectionOnly"))) {
		o->engine = ENGINE_DETECTION;
		return OK;
	}
	TRY(seclang__on_off(l, value, &on));
	o->engine = on ? ENGINE_ON : ENGINE_OFF;
	return OK;
}

static enum err seclang__request_access(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__on_off(l, value, &o->request_body);
}

static enum err seclang__response_access(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__on_off(l, value, &o->response_body);
}

static enum err seclang__request_limit(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__number(l, value, SECLANG_BODY_MAX, &o->request_body_max);
}

static enum err seclang__no_files_limit(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__number(l, value, SECLANG_BODY_MAX, &o->request_body_no_files_max);
}

static enum err seclang__response_limit(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__number(l, value, SECLANG_BODY_MAX, &o->response_body_max);
}

static enum err seclang__limit_action(struct seclang *l, struct slice value, bool *ret_partial)
{
	if (slice_eq_nocase(value, SLICE("ProcessPartial")))
		*ret_partial = true;
	else if (slice_eq_nocase(value, SLICE("Reject")))
		*ret_partial = false;
	else
		return seclang__fail(l, ERR_CONFIG, "\"%.*s\" is neither Reject nor ProcessPartial", SLICE_ARG(value));
	return OK;
}

static enum err seclang__request_action(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__limit_action(l, value, &o->request_body_partial);
}

static enum err seclang__response_action(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__limit_action(l, value, &o->response_body_partial);
}

static enum err seclang__json_depth(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__number(l, value, 10000, &o->json_depth_max);
}

static enum err seclang__arguments(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__number(l, value, 100000, &o->arguments_max);
}

/* The limits of patterns can be lowered, never lifted. */
static enum err seclang__match_limit(struct seclang *l, struct slice value, struct rule_options *o)
{
	uint64_t n;

	TRY(seclang__number(l, value, UINT32_MAX, &n));
	if (n && n < o->match_limit)
		o->match_limit = n;
	return OK;
}

static enum err seclang__work_limit(struct seclang *l, struct slice value, struct rule_options *o)
{
	return seclang__number(l, value, 10000000000, &o->work_max);
}

static enum err seclang__separator(struct seclang *l, struct slice value, struct rule_options *o)
{
	if (value.n != 1)
		return seclang__fail(l, ERR_CONFIG, "SecArgumentSeparator is one character");
	o->argument_separator = value.p[0];
	return OK;
}

static enum err seclang__signature(struct seclang *l, struct slice value, struct rule_options *o)
{
	o->signature = value;
	return OK;
}

static enum err seclang__cookie_format(struct seclang *l, struct slice value, struct rule_options *o)
{
	if (!slice_eq(value, SLICE("0")))
		return seclang__fail(l, ERR_CONFIG,
				     "SecCookieFormat %.*s: only format 0 (today's cookies) is supported",
				     SLICE_ARG(value));
	return OK;
}

static const struct seclang__option seclang__options[] = {
	{ "SecRuleEngine", seclang__engine },
	{ "SecRequestBodyAccess", seclang__request_access },
	{ "SecResponseBodyAccess", seclang__response_access },
	{ "SecRequestBodyLimit", seclang__request_limit },
	{ "SecRequestBodyNoFilesLimit", seclang__no_files_limit },
	{ "SecResponseBodyLimit", seclang__response_limit },
	{ "SecRequestBodyLimitAction", seclang__request_action },
	{ "SecResponseBodyLimitAction", seclang__response_action },
	{ "SecRequestBodyJsonDepthLimit", seclang__json_depth },
	{ "SecArgumentsLimit", seclang__arguments },
	{ "SecPcreMatchLimit", seclang__match_limit },
	{ "SecPcreMatchLimitRecursion", seclang__match_limit },
	{ "SecSeawallWorkLimit", seclang__work_limit },
	{ "SecArgumentSeparator", seclang__separator },
	{ "SecComponentSignature", seclang__signature },
	{ "SecCookieFormat", seclang__cookie_format },
};

/* Files, logs and names of other servers: ours are set in our configuration. */
static const char *const seclang__elsewhere[] = {
	"SecAuditEngine",
	"SecAuditLog",
	"SecAuditLog2",
	"SecAuditLogDirMode",
	"SecAuditLogFileMode",
	"SecAuditLogFormat",
	"SecAuditLogParts",
	"SecAuditLogPrefix",
	"SecAuditLogRelevantStatus",
	"SecAuditLogStorageDir",
	"SecAuditLogType",
	"SecCollectionTimeout",
	"SecConnEngine",
	"SecDataDir",
	"SecDebugLog",
	"SecDebugLogLevel",
	"SecGeoLookupDb",
	"SecGuardianLog",
	"SecHashEngine",
	"SecHttpBlKey",
	"SecRequestBodyInMemoryLimit",
	"SecSensorId",
	"SecServerSignature",
	"SecStatusEngine",
	"SecTmpDir",
	"SecTmpSaveUploadedFiles",
	"SecUnicodeMapFile",
	"SecUploadDir",
	"SecUploadFileLimit",
	"SecUploadFileMode",
	"SecUploadKeepFiles",
	"SecWebAppId",
};

static enum err seclang__mime_types(struct seclang *l, const struct slice *words, size_t n)
{
	struct slice all = slice_of(NULL, 0);

	for (size_t i = 0; i < n; i++) {
		all = arena_printf(&l->set->arena, "%.*s%s%.*s", SLICE_ARG(all), i ? " " : "", SLICE_ARG(words[i]));
		if (!all.p)
			return seclang__fail(l, ERR_MEMORY, "rules take more memory than is allowed");
	}
	l->set->options.mime_types = all;
	return OK;
}

enum err seclang__option(struct seclang *l, struct slice name, const struct slice *words, size_t n)
{
	if (slice_eq_nocase(name, SLICE("SecResponseBodyMimeType")))
		return seclang__mime_types(l, words, n);
	if (slice_eq_nocase(name, SLICE("SecResponseBodyMimeTypesClear"))) {
		l->set->options.mime_types = slice_of(NULL, 0);
		return OK;
	}
	for (size_t i = 0; i < sizeof seclang__options / sizeof *seclang__options; i++) {
		if (!slice_eq_nocase(name, slice_str(seclang__options[i].name)))
			continue;
		if (n != 1)
			return seclang__fail(l, ERR_CONFIG, "%.*s takes one value, not %zu", SLICE_ARG(name), n);
		return seclang__options[i].read(l, words[0], &l->set->options);
	}
	for (size_t i = 0; i < sizeof seclang__elsewhere / sizeof *seclang__elsewhere; i++)
		if (slice_eq_nocase(name, slice_str(seclang__elsewhere[i]))) {
			rule_set_note(l->set, l->file, l->line, "%.*s has no effect here", SLICE_ARG(name));
			return OK;
		}
	return ERR_NOT_FOUND;
}
