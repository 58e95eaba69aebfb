/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with configuration files: a list of "FILE:LINE: what", in the order of the lines of each file. */
#pragma once

#include <stddef.h>

struct tg_fault {
        unsigned line; /* 0: the file as a whole */
        char *text;
};

struct tg_faults {
        size_t n;
        size_t n_more; /* beyond what the list holds */
        struct tg_fault *list;
};

#define TG_FAULTS_MAX 100

void tg_fault_add(struct tg_faults *faults, const char *path, unsigned line, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* Sorts the faults from `first` on by their line. */
void tg_faults_sort(struct tg_faults *faults, size_t first);
void tg_faults_clear(struct tg_faults *faults);
