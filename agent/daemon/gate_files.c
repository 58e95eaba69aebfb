/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files on a tmpfs: no call here waits for a device. What is read is bounded and judged like any input. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate_files.h"

#define NAME_SIZE 80

static const char *const suffixes[] = { "request", "taken", "result", "unfinished", "draft" };

static const char *name_file(char name[static NAME_SIZE], uint32_t ticket, const char *suffix)
{
        (void)snprintf(name, NAME_SIZE, TG_GATE_DIRECTORY "/%u.%s", ticket, suffix);
        return name;
}

int tg_gate_files_open(void)
{
        struct stat st;

        if (mkdir(TG_GATE_DIRECTORY, 0700) < 0 && errno != EEXIST)
                return -errno;
        if (lstat(TG_GATE_DIRECTORY, &st) < 0)
                return -errno;
        return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

void tg_gate_files_clear(void)
{
        DIR *directory = opendir(TG_GATE_DIRECTORY);
        struct dirent *entry;

        while (directory && (entry = readdir(directory)))
                if (entry->d_name[0] != '.')
                        (void)unlinkat(dirfd(directory), entry->d_name, 0);
        if (directory)
                (void)closedir(directory);
}

static int write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600), r = 0;
        size_t len = strlen(text);

        if (fd < 0)
                return -errno;
        while (len > 0 && r == 0) {
                ssize_t n = write(fd, text, len);

                if (n < 0 && errno != EINTR)
                        r = -errno;
                text += n > 0 ? n : 0;
                len -= n > 0 ? (size_t)n : 0;
        }
        (void)close(fd);
        return r;
}

int tg_gate_files_write(const struct tg_gate_request *request)
{
        struct json_object *object = tg_gate_request_encode(request);
        char draft[NAME_SIZE], path[NAME_SIZE];
        int r;

        if (!object)
                return -ENOMEM;
        name_file(draft, request->ticket, "draft");
        r = write_text(draft, json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        if (r == 0 && rename(draft, name_file(path, request->ticket, "request")) < 0)
                r = -errno;
        if (r < 0)
                (void)unlink(draft);
        json_object_put(object);
        return r;
}

bool tg_gate_files_withdraw(uint32_t ticket)
{
        char path[NAME_SIZE];

        return unlink(name_file(path, ticket, "request")) == 0;
}

static int read_text(const char *path, char *text, size_t size)
{
        int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        size_t len = 0;
        ssize_t n = 1;

        if (fd < 0)
                return -errno;
        while (n > 0 && len + 1 < size) {
                n = read(fd, text + len, size - 1 - len);
                len += n > 0 ? (size_t)n : 0;
        }
        (void)close(fd);
        text[len] = '\0';
        return n < 0 ? -EIO : n > 0 ? -EFBIG : 0;
}

int tg_gate_files_read(uint32_t ticket, struct tg_gate_result *out, char error[static TG_FIELD_ERROR_MAX])
{
        char path[NAME_SIZE], text[TG_GATE_RESULT_BYTES_MAX + 2];
        int r = read_text(name_file(path, ticket, "result"), text, sizeof(text));
        struct json_object *object;

        if (r < 0) {
                (void)snprintf(error, TG_FIELD_ERROR_MAX, "%s", strerror(-r));
                return r;
        }
        object = json_tokener_parse(text);
        r = tg_gate_result_decode(object, out, error);
        json_object_put(object);
        if (r == 0 && out->ticket != ticket) {
                (void)snprintf(error, TG_FIELD_ERROR_MAX, "it is of another run");
                r = -EINVAL;
        }
        return r < 0 ? -EBADMSG : 0;
}

void tg_gate_files_remove(uint32_t ticket)
{
        char path[NAME_SIZE];

        for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
                (void)unlink(name_file(path, ticket, suffixes[i]));
}
