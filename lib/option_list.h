/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options that are lists: of what sources may match (source.allow), of sets of addresses (source.alias, source.group), and of units
   (gate.units). */
#pragma once

#include <timeguard/options.h>

/* Add the entries of one line, which blanks or commas separate; for sets the line is one set. Return 0 or -EINVAL, then with what is
   wrong in `detail`, TG_OPTION_ERROR_MAX bytes, and the list as it was. `field` is the list. */
int tg_option_matches_set(void *field, const struct tg_option *option, const char *text, char *detail);
int tg_option_sets_set(void *field, const struct tg_option *option, const char *text, char *detail);
int tg_option_units_set(void *field, const struct tg_option *option, const char *text, char *detail);
/* Write the list as it would be read; sets are separated by " | ". What does not fit is cut; an empty list writes nothing, not even
   the end of the text. */
void tg_option_matches_text(const struct tg_source_match_list *list, char *buf, size_t size);
void tg_option_units_text(const struct tg_unit_list *list, char *buf, size_t size);
void tg_option_sets_text(const struct tg_source_set_list *list, char *buf, size_t size);
