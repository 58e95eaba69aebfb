/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files whose reading may hang for ever: those of a cluster file system. */
#pragma once

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#define TG_FILE_BYTES_MAX (1024 * 1024) /* pmxcfs's own limit */

/* Reads a file through a process of its own. *out gets memory with the text, for free(). Returns 0, -ENOENT, -ETIMEDOUT (left hanging),
   -EFBIG, or another -errno. */
int tg_file_read(const char *path, int64_t deadline_ns, char **out);

/* The same, as JSON; an empty file gives -ENODATA, one that is no JSON object -EBADMSG. *out is the caller's. */
int tg_file_read_json(const char *path, int64_t deadline_ns, struct json_object **out);
