/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all fuzz targets share: properties that end the process when they do not hold, a cursor over the input, and texts. A target
   is LLVMFuzzerTestOneInput; it leaves nothing behind and does the same each time for the same bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A property, with a printf-formatted sentence that tells what was found instead. */
#define FUZZ_REQUIRE(CONDITION, ...)                                                                                           \
        do {                                                                                                                   \
                if (!(CONDITION))                                                                                              \
                        fuzz_fail(__FILE__, __LINE__, #CONDITION, __VA_ARGS__);                                                \
        } while (0)

_Noreturn void fuzz_fail(const char *file, int line, const char *condition, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* Reading past the end gives zeros, so that every input is a whole one. Little-endian. */
struct fuzz_input {
        const uint8_t *data;
        size_t size, pos;
};

static inline size_t fuzz_left(const struct fuzz_input *in)
{
        return in->size - in->pos;
}

uint64_t fuzz_take(struct fuzz_input *in, size_t bytes);
/* 0 .. n-1 from one byte; n up to 256. */
uint32_t fuzz_pick(struct fuzz_input *in, uint32_t n);
/* A number from low to high, both included, that likes the ends, their neighbours and small sizes: 1 to 9 bytes of input. */
int64_t fuzz_number(struct fuzz_input *in, int64_t low, int64_t high);
/* At most max bytes of the input; *len tells how many. */
const uint8_t *fuzz_bytes(struct fuzz_input *in, size_t max, size_t *len);

/* A text of a report, a snapshot or an alert: ends within its `size` bytes and holds nothing but printable ASCII. */
void fuzz_check_text(const char *what, const char *text, size_t size);
/* As above, without blanks: names. */
void fuzz_check_name(const char *what, const char *text, size_t size);

/* What libFuzzer calls; the latter two only where a target has them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
