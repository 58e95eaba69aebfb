/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the exit codes of timeguard mean. */
#pragma once

#include <stdio.h>

enum tg_exit {
        TG_EXIT_AGREED = 0,
        TG_EXIT_AT_RISK = 1,
        TG_EXIT_BROKEN = 2,
        TG_EXIT_UNPROVEN = 3,
        TG_EXIT_USAGE = 64,       /* sysexits.h: EX_USAGE */
        TG_EXIT_UNAVAILABLE = 69, /* EX_UNAVAILABLE */
        TG_EXIT_OUTPUT = 74,      /* EX_IOERR */
        TG_EXIT_DENIED = 77,      /* EX_NOPERM */
};

/* Of the commands that give no verdict. */
#define TG_EXIT_DONE TG_EXIT_AGREED
#define TG_EXIT_NOT  TG_EXIT_AT_RISK

/* The code for a verdict, an enum tg_doc_verdict. */
enum tg_exit tg_exit_of_verdict(int verdict);
/* Writes the table of codes, for --help. */
void tg_exit_explain(FILE *out);
