/* SPDX-License-Identifier: Apache-2.0 */
/* static_path: see static_path.h. An extension is at most 7 bytes, so that it compares as one machine word. */
#include "cache/static_path.h"

#include "wire/uri.h"

enum { STATIC_PATH__EXT_BYTES = 8 };

static const char static_path__exts[][STATIC_PATH__EXT_BYTES] = {
	"7z",   "apk", "avi", "avif", "bin",  "bmp", "bz2",  "class", "css",  "csv",   "dmg",  "doc",  "docx", "ejs",
	"eot",  "eps", "exe", "flac", "gif",  "gz",  "ico",  "iso",   "jar",  "jpg",   "jpeg", "js",   "mid",  "midi",
	"mkv",  "mp3", "mp4", "ogg",  "otf",  "pdf", "pict", "pls",   "png",  "ppt",   "pptx", "ps",   "rar",  "svg",
	"svgz", "swf", "tar", "tif",  "tiff", "ttf", "webm", "webp",  "woff", "woff2", "xls",  "xlsx", "zip",  "zst",
};

static uint64_t static_path__word(const char bytes[static STATIC_PATH__EXT_BYTES])
{
	uint64_t w;

	memcpy(&w, bytes, sizeof w);
	return w;
}

bool static_path__is(struct slice path)
{
	char lower[STATIC_PATH__EXT_BYTES] = { 0 };
	struct slice bare = uri_path(path), ext = uri_extension(bare);

	if (slice_eq(bare, SLICE("/robots.txt")))
		return true;
	if (ext.n == 0 || ext.n >= sizeof lower)
		return false;
	for (size_t i = 0; i < ext.n; i++)
		lower[i] = slice_lower(ext.p[i]);
	for (size_t i = 0; i < sizeof static_path__exts / sizeof static_path__exts[0]; i++)
		if (static_path__word(static_path__exts[i]) == static_path__word(lower))
			return true;
	return false;
}
