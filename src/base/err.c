/* SPDX-License-Identifier: Apache-2.0 */
/* err: look-ups into err.def, a switch each so that a new row needs no other edit. */
#include "base/err.h"

const char *err_name(enum err e)
{
	switch (e) {
	case OK:
		return "OK";
#define ERR(name, value, class, status, text)                                                                          \
	case name:                                                                                                     \
		return #name;
#include "base/err.def"
#undef ERR
	}
	return "ERR_?";
}

const char *err_text(enum err e)
{
	switch (e) {
	case OK:
		return "ok";
#define ERR(name, value, class, status, text)                                                                          \
	case name:                                                                                                     \
		return text;
#include "base/err.def"
#undef ERR
	}
	return "unknown error";
}

enum err_class err_class(enum err e)
{
	switch (e) {
	case OK:
		return ERRC_NONE;
#define ERR(name, value, class, status, text)                                                                          \
	case name:                                                                                                     \
		return ERRC_##class;
#include "base/err.def"
#undef ERR
	}
	return ERRC_SYSTEM;
}

int err_status(enum err e)
{
	switch (e) {
	case OK:
		return 0;
#define ERR(name, value, class, status, text)                                                                          \
	case name:                                                                                                     \
		return status;
#include "base/err.def"
#undef ERR
	}
	return 500;
}
